//! Contact of a body's surface with rigid tools: no penetration (Signorini) and Coulomb friction.
//!
//! Each surface node and tool is a pair with a normal and a tangential multiplier. The augmented Lagrangian of
//! Simo & Laursen 1992 (Comput Struct 42:97) in its symmetrised form (Laursen & Simo 1993, Comput Methods Appl Mech Eng 108:133):
//! within a round the bound of friction is that of the round before, so that every round minimises an energy.

mod pairs;
mod tool;

pub(crate) use pairs::Contacts;
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
        let node = touch.node as usize;
        let at: [f64; 3] = std::array::from_fn(|k| model.nodes_m[node][k] + state.displacement_m[node][k] - pose.position_m[k]);
        let on_node = pose.out(std::array::from_fn(|k| touch.normal_n * touch.normal[k] + touch.friction_n[k]));
        let on_tool = on_node.map(|v| -v);
        let moment = cross(at, on_tool);
        for k in 0..3 {
            out.force_n[k] += on_tool[k];
            out.moment_nm[k] += moment[k];
        }
        out.normal_n += touch.normal_n;
        out.touch_count += 1;
        out.slide_count += u32::from(touch.slides);
    }
    forces
}
