//! Block Gauss–Seidel on a small contact problem: Signorini and Coulomb, one node at a time.
//!
//! A node sticks to its anchor if Coulomb's cone allows it, else it slides against the direction of its slip
//! (the block scheme of Duriez, Dubois, Kheddar, Andriot 2006, IEEE Trans Vis Comput Graph 12:36).

use super::copy::ContactCopy;
use crate::fem::mat3::dot3;
use crate::fem::{Tool, ToolPose};

/// When the sweeps end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SweepLimit {
    /// Largest change of a force in a sweep against the largest force [1].
    pub(crate) relative: f64,
    pub(crate) sweep_count_max: u32,
}

/// How they ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settled {
    pub(crate) sweep_count: u32,
    /// Last largest change of a force against the largest force [1].
    pub(crate) change_relative: f64,
}

/// Find forces with which no node is inside a tool and none is pulled, warm from those that are there. Places are renewed.
pub(crate) fn settle(copy: &mut ContactCopy, tools: &[Tool], poses: &[ToolPose], limit: SweepLimit) -> Settled {
    let mut out = Settled { sweep_count: 0, change_relative: 0.0 };
    let mut quick = false;
    while out.sweep_count < limit.sweep_count_max {
        out.sweep_count += 1;
        let (mut changed, mut largest) = (0.0_f64, 0.0_f64);
        for c in 0..copy.len() {
            let before = copy.force(c);
            // Between full sweeps only nodes that touch are visited: the others seldom change.
            if quick && before == [0.0; 3] {
                continue;
            }
            let after = visit(copy, tools, poses, c);
            let change = (0..3).map(|k| (after[k] - before[k]).abs()).fold(0.0, f64::max);
            changed = changed.max(change);
            largest = largest.max(dot3(after, after));
            copy.force_n[3 * c..3 * c + 3].copy_from_slice(&after);
        }
        out.change_relative = if largest > 0.0 { changed / largest.sqrt() } else { changed.min(1.0) };
        if out.change_relative <= limit.relative {
            if !quick {
                break;
            }
            quick = false;
        } else {
            quick = true;
        }
    }
    copy.set_places();
    out
}

/// New force on a node, the others' held.
fn visit(copy: &mut ContactCopy, tools: &[Tool], poses: &[ToolPose], c: usize) -> [f64; 3] {
    let before = copy.force(c);
    let (tool, pose) = (&tools[copy.tool[c] as usize], &poses[copy.tool[c] as usize]);
    let yielded = copy.yielded(c);
    let at: [f64; 3] = std::array::from_fn(|k| copy.free_m[c][k] + yielded[k]);
    let (gap, normal) = tool.shape.distance(pose.point_back(at));
    if gap >= 0.0 && before == [0.0; 3] {
        copy.slides[c] = false;
        return before;
    }
    let n = pose.out(normal);
    let w = own(copy, c);
    let push = times(&w, before);
    // The tool's surface is taken as its tangent plane here; `open` is the gap without this node's force.
    let open = gap - dot3(n, push);
    if !(open < 0.0) {
        copy.slides[c] = false;
        return [0.0; 3];
    }
    let alone: [f64; 3] = std::array::from_fn(|k| at[k] - push[k]);
    let mut along = [0.0; 3];
    if tool.friction > 0.0 {
        let anchor = pose.point_out(copy.anchor_m[c]);
        let off: [f64; 3] = std::array::from_fn(|k| anchor[k] - at[k]);
        let out = gap + dot3(n, off);
        let wanted: [f64; 3] = std::array::from_fn(|k| anchor[k] - out * n[k] - alone[k]);
        let Some(stick) = solve(&w, wanted) else { return before };
        let into = dot3(stick, n);
        let flat: [f64; 3] = std::array::from_fn(|k| stick[k] - into * n[k]);
        let size = dot3(flat, flat).sqrt();
        if into > 0.0 && size <= tool.friction * into {
            copy.slides[c] = false;
            return stick;
        }
        // Against the slip of the last visit, by the return map: where it settles, friction is Coulomb's.
        let unit = |v: [f64; 3], size: f64| if size > 0.0 { v.map(|v| v / size) } else { [0.0; 3] };
        along = if copy.slides[c] {
            let held = dot3(before, n);
            let give = (w[0][0] + w[1][1] + w[2][2]) / 3.0;
            let trial: [f64; 3] = std::array::from_fn(|k| before[k] - held * n[k] + (off[k] - dot3(n, off) * n[k]) / give);
            unit(trial, dot3(trial, trial).sqrt())
        } else {
            unit(flat, size)
        };
        copy.slides[c] = true;
    }
    let way: [f64; 3] = std::array::from_fn(|k| n[k] + tool.friction * along[k]);
    let give = dot3(n, times(&w, way));
    if give > 0.0 { way.map(|v| -open / give * v) } else { n.map(|v| -open / dot3(n, times(&w, n)).max(1e-30) * v) }
}

/// A node's own compliance [m/N].
fn own(copy: &ContactCopy, c: usize) -> [[f64; 3]; 3] {
    let n = copy.force_n.len();
    std::array::from_fn(|i| std::array::from_fn(|k| copy.compliance_m_per_n[(3 * c + i) * n + 3 * c + k]))
}

fn times(w: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    w.map(|row| dot3(row, v))
}

/// w⁻¹ v by cofactors; `None` for a singular block.
fn solve(w: &[[f64; 3]; 3], v: [f64; 3]) -> Option<[f64; 3]> {
    use crate::fem::mat3::cross;
    let (a, b, c) = (cross(w[1], w[2]), cross(w[2], w[0]), cross(w[0], w[1]));
    let det = dot3(w[0], a);
    // Symmetric: columns are rows.
    (det > 0.0 && det.is_finite()).then(|| std::array::from_fn(|k| (a[k] * v[0] + b[k] * v[1] + c[k] * v[2]) / det))
}
