//! What a body remembers, what acts on it, what it reports.

use serde::{Deserialize, Serialize};

use super::contact::{BodyTouch, ToolPose, Touch};
use super::model::FemModel;
use crate::TissueError;

/// Motion and memory of a body. Plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FemState {
    /// Displacement from rest [m], shape [node_count, 3].
    pub displacement_m: Vec<[f64; 3]>,
    /// Velocity [m/s], shape [node_count, 3].
    pub velocity_m_per_s: Vec<[f64; 3]>,
    /// Acceleration [m/s²], shape [node_count, 3]; used by Newmark.
    pub acceleration_m_per_s2: Vec<[f64; 3]>,
    /// Displacement one step ago [m], shape [node_count, 3]; used by BDF2 and to guess quasi-static steps.
    pub displacement_before_m: Vec<[f64; 3]>,
    /// Velocity one step ago [m/s], shape [node_count, 3]; used by BDF2.
    pub velocity_before_m_per_s: Vec<[f64; 3]>,
    /// Length of the last step [s]; zero before the first.
    pub last_step_s: f64,
    /// Viscoelastic memory [Pa].
    pub memory_pa: Vec<f64>,
    /// Pressure on the faces at the end of the last step [Pa].
    pub pressure_pa: f64,
    /// Nodes that touch a tool, by tool and node.
    pub touches: Vec<Touch>,
    /// Nodes that touch another body, by pair and node.
    pub body_touches: Vec<BodyTouch>,
    /// Where the tools are.
    pub tool_poses: Vec<ToolPose>,
    /// A step failed and could not be rescued: the state is the last good one and will not move again.
    pub quarantined: bool,
}

impl FemState {
    pub(crate) fn at_rest(node_count: usize, memory_len: usize, tool_poses: Vec<ToolPose>) -> Self {
        let zero = vec![[0.0; 3]; node_count];
        Self {
            displacement_m: zero.clone(),
            velocity_m_per_s: zero.clone(),
            acceleration_m_per_s2: zero.clone(),
            displacement_before_m: zero.clone(),
            velocity_before_m_per_s: zero,
            last_step_s: 0.0,
            memory_pa: vec![0.0; memory_len],
            pressure_pa: 0.0,
            touches: Vec::new(),
            body_touches: Vec::new(),
            tool_poses,
            quarantined: false,
        }
    }
}

impl FemState {
    /// Whether a state, perhaps one that was read from a file, belongs to a model.
    pub(crate) fn check(&self, model: &FemModel) -> Result<(), TissueError> {
        let n = model.nodes_m.len();
        for (field, found, wanted) in [
            ("state.displacement_m", self.displacement_m.len(), n),
            ("state.velocity_m_per_s", self.velocity_m_per_s.len(), n),
            ("state.acceleration_m_per_s2", self.acceleration_m_per_s2.len(), n),
            ("state.displacement_before_m", self.displacement_before_m.len(), n),
            ("state.velocity_before_m_per_s", self.velocity_before_m_per_s.len(), n),
            ("state.memory_pa", self.memory_pa.len(), model.memory_len),
            ("state.tool_poses", self.tool_poses.len(), model.tools.len()),
        ] {
            if found != wanted {
                let what = format!("{found} entries where the body has {wanted}: this state belongs to another body");
                return Err(TissueError::Contradiction { field, what });
            }
        }
        for pose in &self.tool_poses {
            pose.check()?;
        }
        let place = |t: &Touch| (t.tool, t.node);
        for (index, touch) in self.touches.iter().enumerate() {
            let known = (touch.tool as usize) < model.tools.len() && model.contact_nodes.binary_search(&touch.node).is_ok();
            if !known || (index > 0 && place(&self.touches[index - 1]) >= place(touch)) {
                let what = format!("tool {} and node {} may not touch, or are out of order", touch.tool, touch.node);
                return Err(TissueError::Contradiction { field: "state.touches", what });
            }
        }
        let place = |t: &BodyTouch| (t.pair, t.node);
        for (index, touch) in self.body_touches.iter().enumerate() {
            let known = model.surfaces.get(touch.pair as usize).is_some_and(|s| {
                s.nodes.binary_search(&touch.node).is_ok() && s.triangles.get(touch.triangle as usize).is_some_and(Option::is_some)
            });
            if !known || (index > 0 && place(&self.body_touches[index - 1]) >= place(touch)) {
                let what =
                    format!("node {} may not touch triangle {} of pair {}, or is out of order", touch.node, touch.triangle, touch.pair);
                return Err(TissueError::Contradiction { field: "state.body_touches", what });
            }
        }
        Ok(())
    }
}

/// What acts on a body during one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FemInput<'a> {
    /// Acceleration by gravity [m/s²].
    pub gravity_m_per_s2: [f64; 3],
    /// Displacement at the end of the step [m] of the nodes held, in the order of the specification; empty: all zero.
    pub led_m: &'a [[f64; 3]],
    /// Dead forces on nodes [N].
    pub forces_n: &'a [(u32, [f64; 3])],
    /// Pressure on the pressure faces at the end of the step [Pa], positive inwards; it follows the faces.
    pub pressure_pa: f64,
    /// Where the tools are at the end of the step; empty: where they were.
    pub tool_poses: &'a [ToolPose],
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FemOutput {
    /// The residual reached its bound, or the step bound was met, in every sub-step.
    pub converged: bool,
    /// Last residual against external force (without one: internal force) [1].
    pub residual_relative: f64,
    /// Newton steps, all sub-steps together.
    pub newton_count: u32,
    /// Conjugate-gradient iterations, all together.
    pub pcg_count: u32,
    /// Trials of the line searches beyond the first.
    pub backtrack_count: u32,
    /// Newton steps that needed the tangent made positive.
    pub projected_count: u32,
    /// Rounds of the multipliers of contact.
    pub contact_round_count: u32,
    /// Nodes that touch a tool or another body at the end.
    pub touch_count: u32,
    /// Deepest node inside a tool or another body at the end [m].
    pub penetration_m: f64,
    /// Energy taken by friction in the step [J].
    pub friction_j: f64,
    /// How often the step was halved.
    pub halving_count: u32,
    /// Least det F over all points [1].
    pub det_min: f64,
    /// Greatest det F over all points [1].
    pub det_max: f64,
    /// Stored energy [J].
    pub elastic_j: f64,
    /// Energy of motion [J].
    pub kinetic_j: f64,
    /// Work of gravity, forces, pressure, led nodes and tools on the body in the step [J].
    pub work_j: f64,
    /// Energy taken out in the step by the integrator and by viscosity, beside the instantaneous elastic energy [J];
    /// negative where they give back.
    pub loss_j: f64,
    /// Change of energy + loss − work [J]: what the unsolved residual leaves open.
    pub unbalanced_j: f64,
}

impl FemOutput {
    pub(crate) const NOTHING: Self = Self {
        converged: true,
        residual_relative: 0.0,
        newton_count: 0,
        pcg_count: 0,
        backtrack_count: 0,
        projected_count: 0,
        contact_round_count: 0,
        touch_count: 0,
        penetration_m: 0.0,
        friction_j: 0.0,
        halving_count: 0,
        det_min: f64::INFINITY,
        det_max: f64::NEG_INFINITY,
        elastic_j: 0.0,
        kinetic_j: 0.0,
        work_j: 0.0,
        loss_j: 0.0,
        unbalanced_j: 0.0,
    };
}
