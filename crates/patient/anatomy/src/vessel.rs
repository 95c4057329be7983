//! Vessels, nerves and bones as tubes with an elliptic cross-section.

use proband_core::{Direction, Patient, Position};
use serde::{Deserialize, Serialize};

use crate::{TubeKind, VesselKind};

/// A point of a tube's axis with the cross-section there. The reference state: at rest, no tourniquet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VesselNode {
    /// On the axis.
    pub p: Position<Patient>,
    /// Arc length from the first node (the distal end) [m].
    pub arc_m: f64,
    /// Lumen semi-axis across [m].
    pub semi_h_m: f64,
    /// Lumen semi-axis along the depth [m].
    pub semi_v_m: f64,
    /// Unit tangent, towards the head.
    pub tangent: Direction<Patient>,
    /// Unit direction of `semi_v_m`: into the arm, perpendicular to the tangent.
    pub inward: Direction<Patient>,
}

impl VesselNode {
    /// Unit direction of `semi_h_m`, perpendicular to tangent and depth; its x component is positive.
    #[must_use]
    pub fn lateral(&self) -> Direction<Patient> {
        let across = self.inward.0.cross(&self.tangent.0);
        Direction::from_raw(if across.x < 0.0 { -across } else { across })
    }
}

/// A vessel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vessel {
    /// Which vessel.
    pub kind: VesselKind,
    /// Axis and cross-sections from the hand towards the head, z strictly rising.
    pub nodes: Vec<VesselNode>,
    /// Thickness of the wall [m].
    pub wall_m: f64,
    /// Arc lengths of the valves [m], rising.
    pub valves_arc_m: Vec<f64>,
    /// Whether it is an artery.
    pub is_artery: bool,
}

impl Vessel {
    /// The axis and cross-section at an arc length, linear between nodes, clamped to the ends.
    #[must_use]
    pub fn at_arc(&self, arc_m: f64) -> VesselNode {
        let next = self.nodes.partition_point(|n| n.arc_m < arc_m).clamp(1, self.nodes.len() - 1);
        let (a, b) = (&self.nodes[next - 1], &self.nodes[next]);
        mix(a, b, ((arc_m - a.arc_m) / (b.arc_m - a.arc_m)).clamp(0.0, 1.0))
    }

    /// The axis and cross-section at a place along the arm, clamped to the ends.
    #[must_use]
    pub fn at_z(&self, z_m: f64) -> VesselNode {
        let next = self.nodes.partition_point(|n| n.p.0.z < z_m).clamp(1, self.nodes.len() - 1);
        let (a, b) = (&self.nodes[next - 1], &self.nodes[next]);
        mix(a, b, ((z_m - a.p.0.z) / (b.p.0.z - a.p.0.z)).clamp(0.0, 1.0))
    }

    /// Length of the axis [m].
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.nodes.last().map_or(0.0, |n| n.arc_m)
    }
}

fn mix(a: &VesselNode, b: &VesselNode, t: f64) -> VesselNode {
    let line = |x: f64, y: f64| x + (y - x) * t;
    let tangent = Direction::from_raw(a.tangent.0 + (b.tangent.0 - a.tangent.0) * t).normalised();
    let inward = a.inward.0 + (b.inward.0 - a.inward.0) * t;
    let inward = Direction::from_raw(inward - tangent.0 * tangent.0.dot(&inward)).normalised();
    VesselNode {
        p: Position::from_raw(a.p.0 + (b.p.0 - a.p.0) * t),
        arc_m: line(a.arc_m, b.arc_m),
        semi_h_m: line(a.semi_h_m, b.semi_h_m),
        semi_v_m: line(a.semi_v_m, b.semi_v_m),
        tangent,
        inward,
    }
}

/// A nerve or a bone: round, `semi_h_m = semi_v_m = radius`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tube {
    /// Which one.
    pub kind: TubeKind,
    /// Axis and radius from the hand towards the head, z strictly rising.
    pub nodes: Vec<VesselNode>,
}

/// How a vessel differs now from its reference state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VesselDeform {
    /// Lumen semi-axis across now, over that of the reference [1]. 0 is a closed vessel.
    pub scale_h: f64,
    /// Lumen semi-axis along the depth now, over that of the reference [1]. 0 is a closed vessel.
    pub scale_v: f64,
    /// Displacement of the axis at `shift_arc_m` [m].
    pub shift: Direction<Patient>,
    /// Arc length at which the axis is displaced most [m].
    pub shift_arc_m: f64,
    /// Standard deviation of the Gaussian by which the displacement falls off along the vessel [m].
    pub shift_width_m: f64,
}

impl VesselDeform {
    /// The reference state.
    #[must_use]
    pub fn none() -> Self {
        Self { scale_h: 1.0, scale_v: 1.0, shift: Direction::new(0.0, 0.0, 0.0), shift_arc_m: 0.0, shift_width_m: 1.0 }
    }
}
