//! Contact of a body's surface with rigid tools and with other bodies: no penetration (Signorini) and Coulomb friction.
//!
//! Each surface node and tool is a pair with a normal and a tangential multiplier. The augmented Lagrangian of
//! Simo & Laursen 1992 (Comput Struct 42:97) in its symmetrised form (Laursen & Simo 1993, Comput Methods Appl Mech Eng 108:133):
//! within a round the bound of friction is that of the round before, so that every round minimises an energy.

mod bodies;
mod pairs;
mod surface;
mod tool;

pub(crate) use bodies::{BodyContacts, Coupling};
pub(crate) use pairs::Contacts;
pub(crate) use surface::Surface;
pub use surface::{BodyTouch, SurfacePair};
pub use tool::{Tool, ToolPose, ToolShape};

use serde::{Deserialize, Serialize};

use super::mat3::cross;
use super::model::FemModel;
use super::state::FemState;

/// Rounds of multipliers before a step counts as failed.
pub(crate) const ROUND_COUNT_MAX: u32 = 60;

/// What a touching node remembers from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Touch {
    /// Node of the body.
    pub node: u32,
    /// Tool.
    pub tool: u32,
    /// Normal force on the node [N], not negative.
    pub normal_n: f64,
    /// Outward normal of the tool there, in the tool's frame [1].
    pub normal: [f64; 3],
    /// Force of friction on the node [N], in the tool's frame.
    pub friction_n: [f64; 3],
    /// Point of the tool's frame that the node holds on to [m].
    pub anchor_m: [f64; 3],
    /// The node slid in the last step.
    pub slides: bool,
}

/// What a tool feels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolForce {
    /// Force of the tissue on the tool [N].
    pub force_n: [f64; 3],
    /// Moment of that force about the tool's origin [N m].
    pub moment_nm: [f64; 3],
    /// Sum of the normal forces [N].
    pub normal_n: f64,
    /// Nodes that touch.
    pub touch_count: u32,
    /// Of these, nodes that slide.
    pub slide_count: u32,
}

/// Force on each tool at the end of the last step, in the order of the tools.
#[must_use]
pub fn tool_forces(model: &FemModel, state: &FemState) -> Vec<ToolForce> {
    let mut forces = vec![ToolForce::default(); model.tools.len()];
    for touch in &state.touches {
        let (Some(pose), Some(out)) = (state.tool_poses.get(touch.tool as usize), forces.get_mut(touch.tool as usize)) else { continue };
        let Some((rest, u)) = model.nodes_m.get(touch.node as usize).zip(state.displacement_m.get(touch.node as usize)) else { continue };
        out.add(touch, pose, std::array::from_fn(|k| rest[k] + u[k]));
    }
    forces
}

impl ToolForce {
    /// Add what a node at a place [m] does to its tool.
    pub(crate) fn add(&mut self, touch: &Touch, pose: &ToolPose, place_m: [f64; 3]) {
        let arm: [f64; 3] = std::array::from_fn(|k| place_m[k] - pose.position_m[k]);
        let on_tool = pose.out(std::array::from_fn(|k| -(touch.normal_n * touch.normal[k] + touch.friction_n[k])));
        let moment = cross(arm, on_tool);
        for k in 0..3 {
            self.force_n[k] += on_tool[k];
            self.moment_nm[k] += moment[k];
        }
        self.normal_n += touch.normal_n;
        self.touch_count += 1;
        self.slide_count += u32::from(touch.slides);
    }
}
