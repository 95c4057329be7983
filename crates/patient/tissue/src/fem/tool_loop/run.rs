//! One tick of the tool loop.

use serde::{Deserialize, Serialize};

use super::copy::{CONTACT_COUNT_MAX, ContactCopy};
use super::sweep::{SweepLimit, settle};
use crate::TissueError;
use crate::error::check;
use crate::fem::mat3::dot3;
use crate::fem::{Tool, ToolPose};

/// What a loop is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopSpec {
    /// The tool.
    pub tool: Tool,
    /// Length of a loop tick [s]; a force is held for one.
    pub period_s: f64,
    /// Loop ticks in a tissue tick; a new copy is blended in over as many.
    pub tick_count: u32,
    /// Most contacts that a copy may have.
    pub contact_count_max: u32,
    /// Most Gauss–Seidel sweeps for a copy in a tick.
    pub sweep_count_max: u32,
    /// Sweeps end when no force changes by more than this of the largest [1].
    pub tolerance_relative: f64,
    /// Energy that the loop may give to the tool beyond what it got from it [J]: what tissue that moves by itself may do.
    /// Zero for passive tissue: the loop then holds force back rather than give more.
    pub yield_max_j: f64,
}

impl LoopSpec {
    /// 1 kHz beside tissue of 200 Hz, 20 sweeps, passive.
    #[must_use]
    pub fn usual(tool: Tool) -> Self {
        Self { tool, period_s: 1e-3, tick_count: 5, contact_count_max: 64, sweep_count_max: 20, tolerance_relative: 1e-3, yield_max_j: 0.0 }
    }
}

/// A checked loop.
#[derive(Clone, Copy, Debug)]
pub struct LoopModel {
    spec: LoopSpec,
}

/// What a loop remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    old: ContactCopy,
    new: ContactCopy,
    /// Nodes and anchors of the newest copy when the tissue's present tick began [m].
    sampled: Vec<(u32, [f64; 3])>,
    /// Ticks until the newest copy counts alone.
    blend_left: u32,
    /// Ticks since the last copy came; saturates.
    age_ticks: u32,
    pose: Option<ToolPose>,
    force_n: [f64; 3],
    moment_nm: [f64; 3],
    work_j: f64,
    withheld_j: f64,
}

/// What a tick gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopOutput {
    /// Force on the tool, held until the next tick [N].
    pub force_n: [f64; 3],
    /// Moment about the tool's origin [N m].
    pub moment_nm: [f64; 3],
    /// Nodes that touch in the newest copy.
    pub touch_count: u32,
    /// Sweeps done for both copies.
    pub sweep_count: u32,
    /// Last change of a force against the largest, of the worse copy [1].
    pub change_relative: f64,
    /// Share of the newest copy in the force [1].
    pub share: f64,
    /// Largest difference between the copies' forces at this pose [N].
    pub apart_n: f64,
    /// No copy came for more than a tissue tick: the last one is used on.
    pub stale: bool,
    /// Work of the tool on the tissue so far [J].
    pub work_j: f64,
    /// Energy held back so far so that the loop gives no more than it may [J].
    pub withheld_j: f64,
}

impl LoopModel {
    /// Check a specification.
    ///
    /// # Errors
    /// [`TissueError::OutOfRange`] names the field.
    pub fn new(spec: &LoopSpec) -> Result<Self, TissueError> {
        spec.tool.check()?;
        check("period_s", spec.period_s, 1e-5, 0.1, "s")?;
        check("tick_count", f64::from(spec.tick_count), 1.0, 1000.0, "ticks")?;
        check("contact_count_max", f64::from(spec.contact_count_max), 1.0, f64::from(CONTACT_COUNT_MAX), "contacts")?;
        check("sweep_count_max", f64::from(spec.sweep_count_max), 1.0, 1e4, "sweeps")?;
        check("tolerance_relative", spec.tolerance_relative, 1e-12, 0.1, "1")?;
        check("yield_max_j", spec.yield_max_j, 0.0, 1e9, "J")?;
        Ok(Self { spec: *spec })
    }

    /// A loop that has seen nothing yet.
    #[must_use]
    pub fn state(&self) -> LoopState {
        LoopState {
            old: ContactCopy::default(),
            new: ContactCopy::default(),
            sampled: Vec::with_capacity(self.spec.contact_count_max as usize),
            blend_left: 0,
            age_ticks: 0,
            pose: None,
            force_n: [0.0; 3],
            moment_nm: [0.0; 3],
            work_j: 0.0,
            withheld_j: 0.0,
        }
    }
}

impl LoopState {
    /// Remember where nodes hold on to the tool: call it at the tick whose pose goes to the tissue.
    ///
    /// What slips between this tick and the one at which the tissue's answer arrives is added to the answer's anchors.
    pub fn sample(&mut self) {
        self.sampled.clear();
        self.sampled.extend(self.new.node.iter().copied().zip(self.new.anchor_m.iter().copied()));
    }

    /// The newest copy, solved for the last pose.
    #[must_use]
    pub fn newest(&self) -> &ContactCopy {
        &self.new
    }
}

/// One tick: the force for the tool at `pose`, to be held for a period.
///
/// A copy in `arrived` is taken over; the caller gets an old one back to write the next into, so that nothing is allocated.
/// The force is (1 − s) F_old + s F_new with s growing from 0 in steps of 1/`tick_count`: from tick to tick it changes at most by
/// L |Δx| + |F_new − F_old| / `tick_count`, L being the stiffness that the copies show to the tool.
/// It is that of the pose expected in the middle of the period for which it is held: held forces would otherwise give
/// K |Δx|²/2 a tick to the tool (Colgate & Schenkel 1997, J Robot Syst 14:37).
///
/// # Errors
/// [`TissueError`] for a pose or a copy that is out of bounds; the state is then as it was.
pub fn tool_loop_step(
    model: &LoopModel,
    state: &mut LoopState,
    pose: &ToolPose,
    arrived: Option<&mut ContactCopy>,
) -> Result<LoopOutput, TissueError> {
    let spec = &model.spec;
    pose.check()?;
    if let Some(copy) = arrived {
        copy.check(spec.contact_count_max, 1)?;
        take(state, copy);
        state.blend_left = spec.tick_count;
        state.age_ticks = 0;
    } else {
        state.age_ticks = state.age_ticks.saturating_add(1);
    }
    let before = state.pose.replace(*pose).unwrap_or(*pose);
    let way: [f64; 3] = std::array::from_fn(|k| pose.position_m[k] - before.position_m[k]);
    let turned = turn_between(&before, pose);
    state.work_j -= dot3(state.force_n, way) + dot3(state.moment_nm, turned);
    let middle = before.between(pose, 1.5);
    let limit = SweepLimit { relative: spec.tolerance_relative, sweep_count_max: spec.sweep_count_max };
    let (tools, poses) = ([spec.tool], [middle]);
    let mut out = LoopOutput {
        force_n: [0.0; 3],
        moment_nm: [0.0; 3],
        touch_count: 0,
        sweep_count: 0,
        change_relative: 0.0,
        share: 1.0 - f64::from(state.blend_left) / f64::from(spec.tick_count),
        apart_n: 0.0,
        stale: state.age_ticks >= spec.tick_count,
        work_j: state.work_j,
        withheld_j: state.withheld_j,
    };
    let fresh = settle(&mut state.new, &tools, &poses, limit);
    let (force, moment, touch_count) = state.new.on_loop_tool(&middle);
    let (mut old_force, mut old_moment) = (force, moment);
    (out.sweep_count, out.change_relative, out.touch_count) = (fresh.sweep_count, fresh.change_relative, touch_count);
    if state.blend_left > 0 {
        let past = settle(&mut state.old, &tools, &poses, limit);
        (old_force, old_moment, _) = state.old.on_loop_tool(&middle);
        out.sweep_count += past.sweep_count;
        out.change_relative = out.change_relative.max(past.change_relative);
        state.blend_left -= 1;
        slip(&mut state.old, &middle);
    }
    slip(&mut state.new, &middle);
    let s = out.share;
    out.force_n = std::array::from_fn(|k| (1.0 - s) * old_force[k] + s * force[k]);
    out.moment_nm = std::array::from_fn(|k| (1.0 - s) * old_moment[k] + s * moment[k]);
    let apart: [f64; 3] = std::array::from_fn(|k| force[k] - old_force[k]);
    out.apart_n = dot3(apart, apart).sqrt();
    // If the tool goes on as it does, does the loop give more than it may?
    let given = dot3(out.force_n, way) + dot3(out.moment_nm, turned);
    let left = state.work_j + spec.yield_max_j;
    if given > left.max(0.0) {
        let keep = left.max(0.0) / given;
        out.force_n = out.force_n.map(|v| keep * v);
        out.moment_nm = out.moment_nm.map(|v| keep * v);
        state.withheld_j += (1.0 - keep) * given;
        out.withheld_j = state.withheld_j;
    }
    (state.force_n, state.moment_nm) = (out.force_n, out.moment_nm);
    Ok(out)
}

/// Take a copy over as the newest. Forces start from those known, anchors go on by what slipped while the tissue was being solved.
fn take(state: &mut LoopState, copy: &mut ContactCopy) {
    std::mem::swap(&mut state.old, &mut state.new);
    std::mem::swap(&mut state.new, copy);
    let (old, new) = (&state.old, &mut state.new);
    for c in 0..new.node.len() {
        let node = new.node[c];
        let Some(known) = old.node.iter().position(|n| *n == node) else { continue };
        if let Some((_, sampled)) = state.sampled.iter().find(|s| s.0 == node) {
            for k in 0..3 {
                new.anchor_m[c][k] += old.anchor_m[known][k] - sampled[k];
            }
        }
        new.force_n[3 * c..3 * c + 3].copy_from_slice(&old.force(known));
        new.slides[c] = old.slides[known];
    }
}

/// A node that slides, or does not touch, holds on where it is now.
fn slip(copy: &mut ContactCopy, pose: &ToolPose) {
    for c in 0..copy.len() {
        if copy.slides[c] || copy.force(c) == [0.0; 3] {
            copy.anchor_m[c] = pose.point_back(copy.place_m[c]);
        }
    }
}

/// Small turn from one pose to another as a vector [rad].
fn turn_between(from: &ToolPose, to: &ToolPose) -> [f64; 3] {
    let ([a, b, c, d], [w, x, y, z]) = (from.turn, to.turn);
    // Vector part of to · from⁻¹.
    let real = w * a + x * b + y * c + z * d;
    let sign = if real < 0.0 { -2.0 } else { 2.0 };
    [-w * b + x * a - y * d + z * c, -w * c + x * d + y * a - z * b, -w * d - x * c + y * b + z * a].map(|v| sign * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Find the turn from one pose to another, whatever the sign of the quaternions.
    #[test]
    fn turns() {
        let from = ToolPose::turned([0.0; 3], [1.0, 2.0, 0.5], 0.7);
        let by = ToolPose::turned([0.0; 3], [0.0, 0.0, 1.0], 1e-4);
        // by · from
        let ([a, b, c, d], [w, x, y, z]) = (by.turn, from.turn);
        let both =
            [a * w - b * x - c * y - d * z, a * x + b * w + c * z - d * y, a * y - b * z + c * w + d * x, a * z + b * y - c * x + d * w];
        for sign in [1.0, -1.0] {
            let to = ToolPose { position_m: [0.0; 3], turn: both.map(|v| sign * v) };
            let t = turn_between(&from, &to);
            assert!(t[0].abs() < 1e-12 && t[1].abs() < 1e-12 && (t[2] - 1e-4).abs() < 1e-11, "{t:?}");
        }
    }
}
