//! From the specification of a vein to its axis.

use nalgebra::Vector3;
use proband_core::{Direction, Position, ops};

use crate::skin::{Skin, x_of_medial};
use crate::{AnatomyError, Side, VeinSpec, Vessel, VesselKind, VesselNode};

/// Distance of nodes along z [m].
const NODE_SPACING_M: f64 = 0.002;
/// Length over which winding and depth fade into a joint, at least [m].
const JOINT_FADE_M: f64 = 0.012;

/// The axis of a vein as a function of z, in skin coordinates.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    z: Vec<f64>,
    medial: Vec<f64>,
    slope: Vec<f64>,
    winding: [f64; 3],
    taper_per_m: f64,
    semi: [f64; 2],
    front_depth: f64,
    start: Option<Joint>,
    end: Option<Joint>,
}

/// Depth of the other vein's axis at a joint, the lumen that passes into it, and how far the joint is felt.
#[derive(Clone, Copy, Debug)]
struct Joint {
    centre_depth: f64,
    semi: [f64; 2],
    fade: f64,
}

impl Course {
    /// The course of a vein; `parents` are the courses on which it may start or end.
    pub(crate) fn new(spec: &VeinSpec, parents: &[(VesselKind, Course)]) -> Result<Self, AnatomyError> {
        let mut z: Vec<f64> = spec.course.iter().map(|p| p.z_m).collect();
        let mut medial: Vec<f64> = spec.course.iter().map(|p| p.medial_m).collect();
        let semi = [0.5 * spec.diameter_h_m, 0.5 * spec.diameter_v_m];
        let length = z[z.len() - 1] - z[0];
        let mut join = |which: Option<VesselKind>, at: usize| -> Result<Option<Joint>, AnatomyError> {
            let Some(kind) = which else { return Ok(None) };
            let Some((_, parent)) = parents.iter().find(|(k, _)| *k == kind) else {
                return Err(AnatomyError::Course {
                    vein: spec.kind.name(),
                    what: format!("joins the {} vein, which is not there", kind.name()),
                });
            };
            let (first, last) = parent.range();
            let slack = 1e-9;
            if z[at] < first - slack || z[at] > last + slack {
                let what = format!("joins the {} vein at z = {} m, which it does not reach", kind.name(), z[at]);
                return Err(AnatomyError::Course { vein: spec.kind.name(), what });
            }
            z[at] = z[at].clamp(first, last);
            medial[at] = parent.medial(z[at]);
            let centre_depth = parent.centre_depth(z[at]);
            // Long enough that the change of depth bends the axis with three times its half height.
            let change = (centre_depth - spec.depth_m - semi[1]).abs();
            let fade = (18.0 * change * semi[1]).sqrt().max(JOINT_FADE_M).min(0.45 * length);
            // A tributary narrows to the vein that it joins, so that it lies as deep as that one.
            let parent_semi = parent.semi_axes(z[at]);
            Ok(Some(Joint { centre_depth, semi: [semi[0].min(parent_semi[0]), semi[1].min(parent_semi[1])], fade }))
        };
        let start = join(spec.starts_on, 0)?;
        let end = join(spec.ends_on, spec.course.len() - 1)?;
        let slope = slopes(&z, &medial);
        let winding = [spec.tortuosity_m, std::f64::consts::TAU / spec.wavelength_m, spec.phase_rad];
        Ok(Self { z, medial, slope, winding, taper_per_m: spec.taper_per_m, semi, front_depth: spec.depth_m, start, end })
    }

    /// First and last z [m].
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.z[0], self.z[self.z.len() - 1])
    }

    /// Distance of the axis from the midline [m].
    pub(crate) fn medial(&self, z: f64) -> f64 {
        let next = self.z.partition_point(|&k| k < z).clamp(1, self.z.len() - 1);
        let (z0, z1) = (self.z[next - 1], self.z[next]);
        let h = z1 - z0;
        let t = ((z - z0) / h).clamp(0.0, 1.0);
        let (t2, t3) = (t * t, t * t * t);
        let smooth = (2.0 * t3 - 3.0 * t2 + 1.0) * self.medial[next - 1]
            + (t3 - 2.0 * t2 + t) * h * self.slope[next - 1]
            + (3.0 * t2 - 2.0 * t3) * self.medial[next]
            + (t3 - t2) * h * self.slope[next];
        let [amplitude, wave, phase] = self.winding;
        smooth + amplitude * self.away_from_joints(z) * ops::sin(wave * z + phase)
    }

    /// 0 at a joint, 1 away from joints.
    fn away_from_joints(&self, z: f64) -> f64 {
        self.fade(z, 1.0, |_| 0.0)
    }

    /// Depth of the axis along the skin's inward normal [m].
    pub(crate) fn centre_depth(&self, z: f64) -> f64 {
        self.fade(z, self.front_depth + self.own_semi(z, 1), |j| j.centre_depth)
    }

    /// Lumen semi-axes across and along the depth [m].
    pub(crate) fn semi_axes(&self, z: f64) -> [f64; 2] {
        [0, 1].map(|i| self.fade(z, self.own_semi(z, i), |j| j.semi[i]))
    }

    fn own_semi(&self, z: f64, axis: usize) -> f64 {
        self.semi[axis] * (1.0 + self.taper_per_m * z)
    }

    /// A value of this vein, fading into that of a joint near it.
    fn fade(&self, z: f64, own: f64, at_joint: impl Fn(&Joint) -> f64) -> f64 {
        let (first, last) = self.range();
        let mut value = own;
        for (joint, distance) in [(&self.start, z - first), (&self.end, last - z)] {
            if let Some(j) = joint {
                let there = at_joint(j);
                value = there + (value - there) * smoothstep(distance / j.fade);
            }
        }
        value
    }

    /// The vessel with its nodes and valves.
    pub(crate) fn vessel(&self, spec: &VeinSpec, side: Side, skin: &Skin) -> Vessel {
        let (first, last) = self.range();
        let count = ((last - first) / NODE_SPACING_M).ceil().max(2.0) as u32;
        let points = (0..=count).map(|i| {
            let z = first + (last - first) * f64::from(i) / f64::from(count);
            let x = x_of_medial(side, self.medial(z));
            let [semi_h, semi_v] = self.semi_axes(z);
            (skin.below(x, z, self.centre_depth(z)), skin.inward(x, z), semi_h, semi_v)
        });
        let nodes = nodes_from(points.collect());
        let length = nodes[nodes.len() - 1].arc_m;
        let valve_count = ((length - spec.valve_first_m) / spec.valve_spacing_m).floor().clamp(-1.0, 1000.0) as i32 + 1;
        let valves_arc_m = (0..valve_count).map(|i| spec.valve_first_m + f64::from(i) * spec.valve_spacing_m).collect();
        Vessel { kind: spec.kind, nodes, wall_m: spec.wall_m, valves_arc_m, is_artery: false }
    }
}

/// Nodes with arc lengths and frames from axis points, inward directions and semi-axes (across, along the depth).
pub(crate) fn nodes_from(points: Vec<(nalgebra::Point3<f64>, Vector3<f64>, f64, f64)>) -> Vec<VesselNode> {
    let last = points.len() - 1;
    let mut arc = 0.0;
    points
        .iter()
        .enumerate()
        .map(|(i, (p, inward, semi_h, semi_v))| {
            if i > 0 {
                arc += (p - points[i - 1].0).norm();
            }
            let tangent = (points[(i + 1).min(last)].0 - points[i.saturating_sub(1)].0).normalize();
            let inward = (inward - tangent * tangent.dot(inward)).normalize();
            VesselNode {
                p: Position::from_raw(*p),
                arc_m: arc,
                semi_h_m: *semi_h,
                semi_v_m: *semi_v,
                tangent: Direction::from_raw(tangent),
                inward: Direction::from_raw(inward),
            }
        })
        .collect()
}

/// Slopes of a smooth curve through the points: three-point differences inside, chords at the ends.
fn slopes(z: &[f64], m: &[f64]) -> Vec<f64> {
    let chord = |i: usize| (m[i + 1] - m[i]) / (z[i + 1] - z[i]);
    let last = z.len() - 1;
    (0..=last)
        .map(|i| {
            if i == 0 {
                chord(0)
            } else if i == last {
                chord(last - 1)
            } else {
                let (before, after) = (z[i] - z[i - 1], z[i + 1] - z[i]);
                (chord(i - 1) * after + chord(i) * before) / (before + after)
            }
        })
        .collect()
}

/// 0 below 0, 1 above 1, with level ends.
pub(crate) fn smoothstep(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
