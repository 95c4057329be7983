//! What needles and their channels remember, what moves them, what they report.

use serde::{Deserialize, Serialize};

use super::row::Row;
use crate::fem::mat3::{cross, dot3};
use crate::io::NeedleEvents;
use crate::{NeedleEnergy, TissueError};

/// Where a straight, unbent needle is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShaftPose {
    /// Its tip [m].
    pub tip_m: [f64; 3],
    /// Unit direction from the hub to the tip [1].
    pub axis: [f64; 3],
    /// Unit direction across the axis: the first lateral one [1].
    pub side: [f64; 3],
}

impl ShaftPose {
    /// A needle along a direction of any length; the lateral direction is the one nearest to `side`.
    ///
    /// # Errors
    /// [`TissueError::Contradiction`] for numbers that are not finite, or directions that are zero or parallel.
    pub fn new(tip_m: [f64; 3], axis: [f64; 3], side: [f64; 3]) -> Result<Self, TissueError> {
        let what = || TissueError::Contradiction { field: "pose", what: format!("tip {tip_m:?}, axis {axis:?}, side {side:?}") };
        let unit = |v: [f64; 3]| -> Option<[f64; 3]> {
            let length = dot3(v, v).sqrt();
            (length > 1e-9 && length.is_finite()).then(|| v.map(|x| x / length))
        };
        let axis = unit(axis).ok_or_else(what)?;
        let along = dot3(side, axis);
        let side = unit(std::array::from_fn(|k| side[k] - along * axis[k])).ok_or_else(what)?;
        if tip_m.iter().all(|v| v.is_finite() && v.abs() < 1e3) { Ok(Self { tip_m, axis, side }) } else { Err(what()) }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let one = |v: [f64; 3]| (dot3(v, v) - 1.0).abs() < 1e-6;
        self.tip_m.iter().all(|v| v.is_finite() && v.abs() < 1e3)
            && one(self.axis)
            && one(self.side)
            && dot3(self.axis, self.side).abs() < 1e-6
    }

    pub(crate) fn across(&self, k: usize) -> [f64; 3] {
        if k == 0 { self.side } else { cross(self.axis, self.side) }
    }

    /// A share of the way to another pose; directions turn along the chord.
    #[must_use]
    pub fn between(&self, to: &Self, share: f64) -> Self {
        if share >= 1.0 {
            return *to;
        }
        let mix = |a: [f64; 3], b: [f64; 3]| -> [f64; 3] { std::array::from_fn(|k| a[k] + share * (b[k] - a[k])) };
        Self::new(mix(self.tip_m, to.tip_m), mix(self.axis, to.axis), mix(self.side, to.side)).unwrap_or(*to)
    }
}

/// A point of tissue on the channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vertex {
    /// Number of the material point.
    pub(crate) point: u32,
    /// Length of the channel from the entry to here at rest [m].
    pub(crate) arc_m: f64,
    /// What lies between here and the next vertex.
    pub(crate) region: u16,
    /// It is far enough from the holding vertex before it to hold the shaft.
    pub(crate) may_hold: bool,
    /// The shaft is held here.
    pub(crate) on: bool,
    /// Place of the shaft that is held here, from its tip [m].
    pub(crate) shaft_m: f64,
    /// How far the channel lies beside the unbent shaft here [m].
    pub(crate) offset_m: [f64; 2],
    /// −1, 0, 1: the shaft slides out, sticks, slides in.
    pub(crate) slide: i8,
    /// Slip of this tick [m].
    pub(crate) slip_m: f64,
}

/// A surface in front of the tip that has not given way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Surface {
    /// Region that it leads into.
    pub(crate) into: u16,
    /// It is the far wall of the tube that the tip is in.
    pub(crate) exit_of: Option<u16>,
    /// Force at which it gives way beyond cutting [N], without dryness and speed; infinite: never.
    pub(crate) hold_n: f64,
    /// Length of the lumen behind it along the needle [m]; zero for other surfaces.
    pub(crate) chord_m: f64,
    /// The near wall touches the far one.
    pub(crate) walls_touch: bool,
}

/// One needle in the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shaft {
    pub(crate) pose: Option<ShaftPose>,
    /// From the entry inwards; the last one is ahead of the deepest cut.
    pub(crate) channel: Vec<Vertex>,
    /// Deepest cut, along the channel [m].
    pub(crate) bottom_m: f64,
    /// The tip along the channel [m], at most `bottom_m`; negative: outside.
    pub(crate) tip_arc_m: f64,
    pub(crate) surface: Option<Surface>,
    /// How far the channel lies beside the unbent shaft at the tip [m].
    pub(crate) tip_offset_m: [f64; 2],
    /// The tip slips along a wall: not held across.
    pub(crate) slips: bool,
    /// The tip has left the body at its far side.
    pub(crate) through: bool,
    /// Tubes that have rolled off, and far walls that have a hole, by number of the tube.
    pub(crate) rolled: Vec<u16>,
    pub(crate) back_open: Vec<u16>,
    pub(crate) speed_factor: f64,
    pub(crate) under_surface: bool,
    /// What the tip was in at the end of the last tick.
    pub(crate) inside: Option<u16>,
    /// The tip was held across in the last solve.
    pub(crate) tip_held: bool,
    pub(crate) energy: NeedleEnergy,
}

/// State of all needles in a body. Plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NeedlingState {
    /// Material points at rest [m].
    pub(crate) points_m: Vec<[f64; 3]>,
    /// Conditions of the last solve.
    pub(crate) rows: Vec<Row>,
    pub(crate) shafts: Vec<Shaft>,
    /// Energy that tissue and shafts hold [J].
    pub(crate) stored_j: f64,
}

impl NeedlingState {
    /// Energy that tissue and shafts hold [J].
    #[must_use]
    pub fn stored_j(&self) -> f64 {
        self.stored_j
    }

    /// Where the work on one needle went; `geometry_j` is not used and zero.
    #[must_use]
    pub fn energy(&self, needle: usize) -> Option<NeedleEnergy> {
        self.shafts.get(needle).map(|s| s.energy)
    }

    /// Channel of one needle at rest from the entry to its deepest point [m], and what it goes through by number: parts of the body
    /// first, then tubes.
    #[must_use]
    pub fn channel_m(&self, needle: usize) -> Vec<([f64; 3], u16)> {
        let Some(shaft) = self.shafts.get(needle) else { return Vec::new() };
        shaft.channel.iter().filter(|v| v.arc_m <= shaft.bottom_m).map(|v| (self.points_m[v.point as usize], v.region)).collect()
    }
}

/// What one needle feels and does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShaftOutput {
    /// Force that the driver must push with along the axis [N]; negative when the tissue holds the needle back from leaving.
    pub force_axial_n: f64,
    /// Force of the tissue on the needle along the lateral directions [N].
    pub force_lateral_n: [f64; 2],
    /// Part of `force_axial_n` on the tip [N].
    pub tip_force_n: f64,
    /// Bending: tip from the unbent axis along both lateral directions [m].
    pub deflection_m: [f64; 2],
    /// Tip along the channel [m]; negative: outside.
    pub depth_m: f64,
    /// How far the tissue at the tip has moved along the axis [m].
    pub moved_m: f64,
    /// How far the wall at the tip is driven towards the far one [m].
    pub tent_m: f64,
    /// Part of the body (or parts + tube) that the tip is in; `None` outside.
    pub region: Option<u16>,
    /// Tube whose wall the tip presses on.
    pub pressed: Option<u16>,
    /// Displacement of that tube's axis beside the tip [m].
    pub tube_moved_m: [f64; 3],
    /// It rolled off the tip.
    pub rolled: bool,
    /// The last vessel whose lumen the channel goes through before the tip: its number, and how far the tip is behind its near wall and
    /// before its far one [m].
    pub lumen: Option<(u16, f64, f64)>,
    /// Points that hold the shaft.
    pub hold_count: u32,
    /// A pose that was not finite, or no direction, was replaced by the last one.
    pub input_held: bool,
    /// The needle jumped further than can be followed and was taken out.
    pub lost: bool,
    /// The search for forces did not settle at least once in this step.
    pub unsettled: bool,
    /// What happened.
    pub events: NeedleEvents,
}
