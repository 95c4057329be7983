//! The tree of a branching mask: centrelines with radius, from a root outwards.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use nalgebra::Vector3;
use proband_core::Position;
use proband_core::frame::Frame;
use proband_core::ops;

use crate::{Volume, VolumeError, distance3, thin3};

/// How a skeleton becomes a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CentrelineSpec {
    /// Side branches shorter than this go [m].
    pub spur_m: f64,
    /// So do those shorter than this many radii of the branch that they leave [1].
    pub spur_radii: f64,
    /// Two branchings closer than this count as one [m].
    pub merge_m: f64,
    /// Standard deviation of the smoothing along a line [m].
    pub smooth_m: f64,
    /// Distance between points of the result, at most [m].
    pub step_m: f64,
}

/// One line of the tree, from one branching to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Centreline {
    /// Place of the line from which this one leaves; each line stands after its parent.
    pub parent: Option<u32>,
    /// Points from proximal to distal [m]; the first is the parent's last.
    pub points_m: Vec<[f64; 3]>,
    /// Radius at each point [m]. Inside of the parent's lumen: the radius just outside of it.
    pub radius_m: Vec<f64>,
    /// Voxels of the skeleton along the line, as places in memory, without the parent's last.
    pub voxels: Vec<u32>,
}

/// A voxel that waits for its way from the root.
#[derive(PartialEq)]
struct Open {
    cost: f64,
    node: u32,
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.total_cmp(&self.cost).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Centrelines of the piece of a mask in which `root` lies, as a tree from the root.
///
/// The mask is thinned; the cheapest ways from the root over the skeleton (length over radius) make a tree, so that rings
/// open where they are farthest; spurs go; peeled ends are led on as long as the tube keeps its width; the lines are
/// smoothed and walked in equal steps. The radius is the
/// largest exact distance to a voxel outside, here and at the neighbours: some centre outside lies close to the border.
/// # Error
/// Radius: about half a voxel. Length of a straight tube: below 1 %, up to a voxel at each end.
/// # Errors
/// [`VolumeError::OutOfRange`] when the root lies outside the mask, or a number of `spec` is not finite, negative, or
/// above 1 m (steps: below 1e-5 m).
pub fn centrelines3<F: Frame>(mask: &Volume<bool, F>, root: [u32; 3], spec: &CentrelineSpec) -> Result<Vec<Centreline>, VolumeError> {
    for (name, value, min) in [
        ("spur_m", spec.spur_m, 0.0),
        ("spur_radii", spec.spur_radii, 0.0),
        ("merge_m", spec.merge_m, 0.0),
        ("smooth_m", spec.smooth_m, 0.0),
        ("step_m", spec.step_m, 1e-5),
    ] {
        let max = if name == "spur_radii" { 1e3 } else { 1.0 };
        if !(min..=max).contains(&value) {
            return Err(VolumeError::OutOfRange { name, value, min, max });
        }
    }
    let root_at = mask.grid().offset(root.map(i64::from)).filter(|at| mask.data()[*at]);
    let Some(root_at) = root_at else {
        return Err(VolumeError::OutOfRange { name: "root in the mask", value: 0.0, min: 1.0, max: 1.0 });
    };
    let skeleton = Skeleton::new(mask, root_at);
    let ways = skeleton.ways();
    let kept = skeleton.without_spurs(&ways, spec);
    let paths = skeleton.paths(&ways, &kept, spec);
    let mut is_parent = vec![false; paths.len()];
    paths.iter().filter_map(|(_, parent)| *parent).for_each(|p| is_parent[p as usize] = true);
    Ok(paths.iter().zip(&is_parent).map(|((path, parent), goes_on)| skeleton.line(path, *parent, !goes_on, spec)).collect())
}

/// Voxels of a skeleton in the order of memory.
struct Skeleton<F: Frame> {
    distance: Volume<f32, F>,
    /// Place in memory of each.
    voxels: Vec<u32>,
    p_m: Vec<Vector3<f64>>,
    radius_m: Vec<f64>,
    /// Neighbours of each: `links[starts[n]..starts[n + 1]]`.
    starts: Vec<u32>,
    links: Vec<u32>,
    root: u32,
}

/// The tree of cheapest ways.
struct Ways {
    parents: Vec<u32>,
    children: Vec<Vec<u32>>,
    /// From the root outwards.
    order: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<F: Frame> Skeleton<F> {
    fn new(mask: &Volume<bool, F>, root_at: usize) -> Self {
        let grid = mask.grid();
        let distance = distance3(mask);
        let half = 0.5 * ops::cbrt(grid.voxel_m3());
        let thin = thin3(mask);
        let voxels: Vec<u32> = thin.data().iter().enumerate().filter(|(_, v)| **v).map(|(at, _)| at as u32).collect();
        drop(thin);
        let (mut p_m, mut radius_m, mut starts, mut links) = (Vec::new(), Vec::new(), vec![0_u32], Vec::new());
        for at in &voxels {
            let cell = grid.cell(*at as usize).map(i64::from);
            p_m.push(grid.position(cell.map(|c| c as f64)).0.coords);
            let mut deepest = f64::from(distance.data()[*at as usize]);
            for code in (0..27_i64).filter(|c| *c != 13) {
                let to = [cell[0] + code % 3 - 1, cell[1] + code / 3 % 3 - 1, cell[2] + code / 9 - 1];
                let Some(to) = grid.offset(to) else { continue };
                // The skeleton may pass beside the deepest voxel.
                deepest = deepest.max(f64::from(distance.data()[to]));
                if let Ok(node) = voxels.binary_search(&(to as u32)) {
                    links.push(node as u32);
                }
            }
            starts.push(links.len() as u32);
            // A mask that fills the grid has no border at all.
            let deepest = if deepest.is_finite() { deepest } else { half };
            radius_m.push(deepest.max(half));
        }
        let p_root = grid.position(grid.cell(root_at).map(f64::from)).0.coords;
        let nearest = (0..voxels.len()).min_by(|a, b| (p_m[*a] - p_root).norm_squared().total_cmp(&(p_m[*b] - p_root).norm_squared()));
        Self { distance, voxels, p_m, radius_m, starts, links, root: nearest.unwrap_or(0) as u32 }
    }

    fn neighbours(&self, node: u32) -> &[u32] {
        &self.links[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }

    fn gap(&self, a: u32, b: u32) -> f64 {
        (self.p_m[a as usize] - self.p_m[b as usize]).norm()
    }

    /// Cheapest ways from the end of the skeleton that is nearest to the root.
    fn ways(&self) -> Ways {
        let count = self.voxels.len();
        let (mut costs, mut done) = (vec![f64::INFINITY; count], vec![false; count]);
        let mut ways = Ways { parents: vec![NONE; count], children: vec![Vec::new(); count], order: Vec::new() };
        let mut open = BinaryHeap::new();
        costs[self.root as usize] = 0.0;
        open.push(Open { cost: 0.0, node: self.root });
        while let Some(Open { cost, node }) = open.pop() {
            if std::mem::replace(&mut done[node as usize], true) {
                continue;
            }
            ways.order.push(node);
            let parent = ways.parents[node as usize];
            if parent != NONE {
                ways.children[parent as usize].push(node);
            }
            for to in self.neighbours(node) {
                let next = cost + self.gap(node, *to) / self.radius_m[*to as usize];
                if next < costs[*to as usize] {
                    costs[*to as usize] = next;
                    ways.parents[*to as usize] = node;
                    open.push(Open { cost: next, node: *to });
                }
            }
        }
        ways
    }

    /// Which voxels stay when spurs are cut.
    fn without_spurs(&self, ways: &Ways, spec: &CentrelineSpec) -> Vec<bool> {
        let mut reach = vec![0.0_f64; self.voxels.len()];
        for node in ways.order.iter().rev() {
            let parent = ways.parents[*node as usize];
            if parent != NONE {
                let own = reach[*node as usize] + self.gap(*node, parent);
                reach[parent as usize] = reach[parent as usize].max(own);
            }
        }
        let mut kept = vec![false; self.voxels.len()];
        kept[self.root as usize] = true;
        for node in &ways.order {
            let children = &ways.children[*node as usize];
            if !kept[*node as usize] || children.is_empty() {
                continue;
            }
            let far = |c: &u32| reach[*c as usize] + self.gap(*c, *node);
            let least = spec.spur_m.max(spec.spur_radii * self.radius_m[*node as usize]);
            let farthest = children.iter().copied().reduce(|a, b| if far(&b) > far(&a) { b } else { a });
            for child in children {
                kept[*child as usize] = far(child) >= least || Some(*child) == farthest;
            }
        }
        kept
    }

    /// Voxels of each line, the parent's last first, and its parent.
    fn paths(&self, ways: &Ways, kept: &[bool], spec: &CentrelineSpec) -> Vec<(Vec<u32>, Option<u32>)> {
        let next = |node: u32| -> Vec<u32> { ways.children[node as usize].iter().copied().filter(|c| kept[*c as usize]).collect() };
        let mut out: Vec<(Vec<u32>, Option<u32>)> = Vec::new();
        // Ways that are still to be walked: the voxels so far, the branching first, and the line that they leave.
        let mut open: Vec<(Vec<u32>, Option<u32>)> = vec![(vec![self.root], None)];
        while let Some((mut path, parent)) = open.pop() {
            let mut length: f64 = path.windows(2).map(|w| self.gap(w[0], w[1])).sum();
            let children = loop {
                let last = path[path.len() - 1];
                let children = next(last);
                let [only] = children[..] else { break children };
                length += self.gap(last, only);
                path.push(only);
            };
            // A short way between two branchings belongs to both lines that go on.
            if parent.is_some() && !children.is_empty() && length < spec.merge_m {
                for child in children.iter().rev() {
                    let mut longer = path.clone();
                    longer.push(*child);
                    open.push((longer, parent));
                }
                continue;
            }
            let own = out.len() as u32;
            let last = path[path.len() - 1];
            out.push((path, parent));
            open.extend(children.iter().rev().map(|child| (vec![last, *child], Some(own))));
        }
        out
    }

    fn line(&self, path: &[u32], parent: Option<u32>, ends: bool, spec: &CentrelineSpec) -> Centreline {
        let mut raw: Vec<Vector3<f64>> = path.iter().map(|n| self.p_m[*n as usize]).collect();
        let mut radii: Vec<f64> = path.iter().map(|n| self.radius_m[*n as usize]).collect();
        if parent.is_some() {
            // Within the parent's lumen the border is the parent's.
            let outside = raw.iter().position(|p| (p - raw[0]).norm() > radii[0]).unwrap_or(raw.len() - 1);
            let own = radii[outside].min(radii[0]);
            radii[..outside].fill(own);
        }
        if ends {
            self.lead_on(&mut raw, &mut radii);
        }
        if parent.is_none() {
            raw.reverse();
            radii.reverse();
            self.lead_on(&mut raw, &mut radii);
            raw.reverse();
            radii.reverse();
        }
        let (points, radii) = smoothed(&raw, &radii, spec.smooth_m);
        let (points_m, radius_m) = stepped(&points, &radii, spec.step_m);
        let voxels = path.iter().skip(usize::from(parent.is_some())).map(|n| self.voxels[*n as usize]).collect();
        Centreline { parent, points_m, radius_m, voxels }
    }
}

impl<F: Frame> Skeleton<F> {
    /// Lead the end of a line on as long as the tube keeps its width: peeling eats up to a radius there.
    fn lead_on(&self, points: &mut Vec<Vector3<f64>>, radii: &mut Vec<f64>) {
        let (Some(end), Some(radius)) = (points.last().copied(), radii.last().copied()) else { return };
        let at = arc(points);
        let whole = at[at.len() - 1];
        // The direction of the last stretch, without the very end, which may lean to a side.
        let (near, far) = (whole - radius, whole - 4.0 * radius.max(1e-3));
        if near <= 0.0 {
            return;
        }
        let (from, to) = (points[at.partition_point(|s| *s < far.max(0.0))], points[at.partition_point(|s| *s < near)]);
        let way = to - from;
        if way.norm() < radius.max(1e-3) {
            return;
        }
        let grid = self.distance.grid();
        let half = 0.5 * ops::cbrt(grid.voxel_m3());
        let way = way.normalize() * half;
        let width = |p: Vector3<f64>| {
            let index = grid.index(&Position::from_raw(p.into())).map(|v| v.round() as i64);
            self.distance.get(index).map_or(0.0, |d| f64::from(*d))
        };
        // What peeling can have taken, and no more.
        let steps = (1.5 * radius / half) as usize;
        for step in 1..=steps {
            let p = end + way * step as f64;
            if width(p) < radius - 0.75 * half {
                break;
            }
            points.push(p);
            radii.push(radius);
        }
    }
}

/// Arc length at each point.
fn arc(points: &[Vector3<f64>]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut out = vec![0.0];
    for w in points.windows(2) {
        sum += (w[1] - w[0]).norm();
        out.push(sum);
    }
    out
}

/// Gaussian means along a line, over a window that is as long on both sides; so the ends stay and straight lines stay straight.
fn smoothed(points: &[Vector3<f64>], radii: &[f64], sigma: f64) -> (Vec<Vector3<f64>>, Vec<f64>) {
    let at = arc(points);
    let whole = at[at.len() - 1];
    let mut out = (Vec::with_capacity(points.len()), Vec::with_capacity(points.len()));
    for (i, own) in at.iter().enumerate() {
        let window = (3.0 * sigma).min(*own).min(whole - own);
        let from = at.partition_point(|s| *s < own - window - 1e-9);
        let (mut p, mut r, mut weights) = (Vector3::zeros(), 0.0, 0.0);
        for j in (from..at.len()).take_while(|j| at[*j] <= own + window + 1e-9) {
            let gap = (at[j] - own) / sigma.max(1e-9);
            let weight = if i == j { 1.0 } else { ops::exp(-0.5 * gap * gap) };
            p += weight * points[j];
            r += weight * radii[j];
            weights += weight;
        }
        out.0.push(p / weights);
        out.1.push(r / weights);
    }
    out
}

/// The same line in equal steps of at most `step` [m].
fn stepped(points: &[Vector3<f64>], radii: &[f64], step: f64) -> (Vec<[f64; 3]>, Vec<f64>) {
    let at = arc(points);
    let whole = at[at.len() - 1];
    let count = ((whole / step).ceil() as usize).max(1);
    let (mut p, mut r) = (Vec::with_capacity(count + 1), Vec::with_capacity(count + 1));
    let mut piece = 0;
    for i in 0..=count {
        let s = whole * i as f64 / count as f64;
        while piece + 2 < at.len() && at[piece + 1] < s {
            piece += 1;
        }
        let next = (piece + 1).min(points.len() - 1);
        let length = at[next] - at[piece];
        let t = if length > 0.0 { ((s - at[piece]) / length).clamp(0.0, 1.0) } else { 0.0 };
        p.push((points[piece] + (points[next] - points[piece]) * t).into());
        r.push(radii[piece] + (radii[next] - radii[piece]) * t);
    }
    (p, r)
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    fn spec() -> CentrelineSpec {
        CentrelineSpec { spur_m: 2e-3, spur_radii: 1.0, merge_m: 1.5e-3, smooth_m: 1.5e-3, step_m: 1e-3 }
    }

    /// Voxels closer than the radius to one of some straight tubes with round ends [m].
    fn tubes(size: [u32; 3], spacing: [f64; 3], tubes: &[([f64; 3], [f64; 3], f64)]) -> Volume<bool> {
        let grid = Grid::<Patient>::aligned(size, spacing, Position::new(0.0, 0.0, 0.0)).unwrap();
        Volume::from_fn(grid, |at| {
            let p: Vector3<f64> = grid.position(at.map(f64::from)).0.coords;
            tubes.iter().any(|(from, to, radius)| {
                let (from, to) = (Vector3::from(*from), Vector3::from(*to));
                let axis: Vector3<f64> = to - from;
                let t = ((p - from).dot(&axis) / axis.norm_squared()).clamp(0.0, 1.0);
                (p - from - axis * t).norm() < *radius
            })
        })
    }

    fn length(line: &Centreline) -> f64 {
        line.points_m.windows(2).map(|w| (Vector3::from(w[1]) - Vector3::from(w[0])).norm()).sum()
    }

    fn root(mask: &Volume<bool>, p: [f64; 3]) -> [u32; 3] {
        mask.grid().index(&Position::new(p[0], p[1], p[2])).map(|v| v.round() as u32)
    }

    /// Find length and radius of a straight tube in any direction, in voxels that are no cubes.
    #[test]
    fn a_straight_tube() {
        for (to, radius) in
            [([0.05, 0.02, 0.04], 3e-3), ([0.05, 0.02, 0.01], 2e-3), ([0.012, 0.02, 0.055], 4e-3), ([0.03, 0.05, 0.03], 5e-3)]
        {
            let from = [0.012, 0.02, 0.01];
            let mask = tubes([90, 90, 66], [0.7e-3, 0.7e-3, 1e-3], &[(from, to, radius)]);
            let lines = centrelines3(&mask, root(&mask, from), &spec()).unwrap();
            assert_eq!(lines.len(), 1);
            let expected = (Vector3::from(to) - Vector3::from(from)).norm();
            assert!((length(&lines[0]) - expected).abs() < 1.5e-3 + 0.01 * expected, "{} {expected}", length(&lines[0]));
            let mean = lines[0].radius_m.iter().sum::<f64>() / lines[0].radius_m.len() as f64;
            assert!((mean - radius).abs() < 0.4e-3, "{mean} {radius}");
        }
    }

    /// Find three lines and one branching in a Y, with the lumen of each.
    #[test]
    fn a_fork() {
        let (a, b, c, d) = ([0.03, 0.03, 0.06], [0.03, 0.03, 0.035], [0.015, 0.03, 0.01], [0.045, 0.03, 0.01]);
        let mask = tubes([90, 90, 70], [0.7e-3, 0.7e-3, 1e-3], &[(a, b, 4e-3), (b, c, 2.5e-3), (b, d, 3e-3)]);
        let lines = centrelines3(&mask, root(&mask, a), &spec()).unwrap();
        assert_eq!(lines.iter().map(|l| l.parent).collect::<Vec<_>>(), [None, Some(0), Some(0)]);
        assert_eq!(lines[1].points_m[0], *lines[0].points_m.last().unwrap());
        let mut lumens: Vec<f64> = lines.iter().map(|l| l.radius_m.iter().sum::<f64>() / l.radius_m.len() as f64).collect();
        lumens.sort_by(f64::total_cmp);
        for (found, expected) in lumens.iter().zip([2.5e-3, 3e-3, 4e-3]) {
            assert!((found - expected).abs() < 0.5e-3, "{lumens:?}");
        }
    }

    /// Open a ring once.
    #[test]
    fn a_ring_opens() {
        let corners = [[0.01, 0.01, 0.02], [0.05, 0.01, 0.02], [0.05, 0.05, 0.02], [0.01, 0.05, 0.02]];
        let ring: Vec<_> = (0..4).map(|i| (corners[i], corners[(i + 1) % 4], 2.5e-3)).collect();
        let mask = tubes([60, 60, 40], [1e-3; 3], &ring);
        let lines = centrelines3(&mask, root(&mask, corners[0]), &spec()).unwrap();
        let whole: f64 = lines.iter().map(length).sum();
        assert!((0.14..0.165).contains(&whole), "{whole}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Make a tree of any mask: parents before children, lines that begin where their parent ends, radii above 0.
        #[test]
        fn any_mask_gives_a_tree(bits in proptest::collection::vec(0_u8..10, 9 * 8 * 7), level in 0_u8..9) {
            let grid = Grid::<Patient>::aligned([9, 8, 7], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let mask = Volume::new(grid, bits.iter().map(|b| *b >= level).collect()).unwrap();
            let Some(first) = mask.data().iter().position(|m| *m) else { return Ok(()) };
            let lines = centrelines3(&mask, grid.cell(first), &spec()).unwrap();
            for (at, line) in lines.iter().enumerate() {
                prop_assert!(line.points_m.len() >= 2 && line.points_m.len() == line.radius_m.len());
                prop_assert!(line.radius_m.iter().all(|r| *r > 0.0 && r.is_finite()));
                match line.parent {
                    None => prop_assert_eq!(at, 0),
                    Some(parent) => {
                        prop_assert!((parent as usize) < at);
                        let end = lines[parent as usize].points_m.last().unwrap();
                        prop_assert!(line.points_m[0].iter().zip(end).all(|(a, b)| (a - b).abs() < 1e-12));
                    }
                }
            }
        }
    }
}
