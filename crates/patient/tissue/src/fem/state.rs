//! What a body remembers, what acts on it, what it reports.

use serde::{Deserialize, Serialize};

use super::contact::{ToolPose, Touch};

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
            tool_poses,
            quarantined: false,
        }
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
    /// Nodes that touch a tool at the end.
    pub touch_count: u32,
    /// Deepest node inside a tool at the end [m].
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
