//! Rigid tools on a body of boxes, in compliance space.
//!
//! How far every contact node yields to a force on any of them is solved once, at rest, and turned with the nodes
//! (compliance warping: Saupin, Duriez, Cotin 2008, CGI). A tick is solved with the forces of contact as dead loads, the contact problem
//! then gives better forces, and so on in rounds until they stay: at the end it does not matter how good the compliance was.

use serde::{Deserialize, Serialize};

use super::model::LiveModel;
use super::step::{LiveInput, LiveOutput, LiveState, LiveWorkspace, NEWTON_MAX, check_input, finish, guess, load, newton, solve, weigh};
use crate::TissueError;
use crate::error::check;
use crate::fem::contact::{ToolForce, Touch};
use crate::fem::mat3::{M3, dot3, product};
use crate::fem::tool_loop::{ContactCopy, SweepLimit, settle};
use crate::fem::{Tool, ToolPose};

/// Most nodes that tools may touch: the compliance has the square of three times as many entries.
const NODE_COUNT_MAX: f64 = 1200.0;
/// Rounds of a tick before its contact counts as not settled.
const ROUND_MAX: u32 = 40;
/// Rounds after which steps are halved.
const HALF_FROM: u32 = 12;
/// Largest change of a contact force in the last round against the largest contact force [1].
const ROUND_TOLERANCE: f64 = 1e-3;
/// The contact problem of a round.
const SWEEPS: SweepLimit = SweepLimit { relative: 1e-4, sweep_count_max: 200 };
/// Sweeps of the first round end at this change [1]; those of later rounds at a share of the change of the round before.
const SWEEP_FIRST: f64 = 1e-2;
const SWEEP_SHARE: f64 = 0.05;
/// Least share of its residual that the linear solve of a round keeps [1]: the contact forces change anyway.
const ROUND_FORCING: f64 = 0.2;
/// Residual of the solves for the compliance [1].
const COMPLIANCE_RESIDUAL: f64 = 1e-4;
/// Residual of the solve for where the nodes go by themselves [1].
const GO_ON_RESIDUAL: f64 = 3e-2;
/// How deep a tool may begin inside tissue [m]: rounding, no more.
const INSIDE_MAX_M: f64 = 1e-9;

/// Tools and the nodes that they may touch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveToolsSpec {
    /// Tools.
    pub tools: Vec<Tool>,
    /// Nodes that they may touch, by place in x, y, z; each once.
    pub contact: Vec<[u32; 3]>,
}

/// A body of boxes and tools, ready to touch it.
#[derive(Clone, Debug)]
pub struct LiveTools {
    model: LiveModel,
    tools: Vec<Tool>,
    /// Index in a plane of each contact node.
    node: Vec<u32>,
    rest_m: Vec<[f64; 3]>,
    /// A cell beside each node: group and lane.
    cell: Vec<(u32, u32)>,
    /// Compliance at rest [m/N], shape [3n, 3n].
    compliance: Vec<f64>,
    /// Gap within which nodes take part [m].
    reach_m: f64,
}

/// A body of boxes and what touches it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveTouch {
    /// The body.
    pub body: LiveState,
    /// Nodes that touch, by tool and order of the contact nodes; `node` counts these.
    pub touches: Vec<Touch>,
    /// Where the tools are.
    pub tool_poses: Vec<ToolPose>,
}

/// How a tick with tools ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveTouchOutput {
    /// The tissue's tick.
    pub tick: LiveOutput,
    /// The forces of contact settled.
    pub settled: bool,
    /// Their last change against the largest [1].
    pub change_relative: f64,
    /// Rounds.
    pub round_count: u32,
    /// Deepest contact node inside a tool [m].
    pub penetration_m: f64,
}

/// Memory of a tick with contact; nothing that a result depends on outlives the tick.
#[derive(Clone, Debug)]
pub struct LiveTouchWorkspace {
    live: LiveWorkspace,
    rows: ContactCopy,
    before: Vec<f64>,
}

impl LiveTouchWorkspace {
    /// Memory for a body and its tools.
    #[must_use]
    pub fn new(tools: &LiveTools) -> Self {
        Self { live: LiveWorkspace::new(&tools.model), rows: ContactCopy::default(), before: Vec::new() }
    }
}

impl LiveTools {
    /// Check tools and solve for the compliance: three linear solves per contact node.
    ///
    /// # Errors
    /// [`TissueError`] names the field, node or tool that does not fit.
    pub fn new(model: LiveModel, spec: &LiveToolsSpec) -> Result<Self, TissueError> {
        check("tools", spec.tools.len() as f64, 1.0, 64.0, "tools")?;
        check("contact", spec.contact.len() as f64, 1.0, NODE_COUNT_MAX, "nodes")?;
        let (mut node, mut rest_m, mut cell) = (Vec::new(), Vec::new(), Vec::new());
        let edge_m = model.cell_m.iter().fold(0.0_f64, |m, d| m.max(*d));
        for (index, place) in spec.contact.iter().enumerate() {
            if (0..3).any(|a| place[a] as usize > model.grid.cells[a]) {
                return Err(TissueError::Contradiction { field: "contact", what: format!("node {place:?} is outside the lattice") });
            }
            let n = model.node(*place);
            let beside = model.cell_beside(*place);
            let Some(beside) = beside.filter(|_| model.free[n] > 0.0) else {
                let what = format!("node {place:?} is held or belongs to no cell");
                return Err(TissueError::Contradiction { field: "contact", what });
            };
            if node.contains(&(n as u32)) {
                return Err(TissueError::Contradiction {
                    field: "contact",
                    what: format!("node {place:?} is there twice (number {index})"),
                });
            }
            node.push(n as u32);
            rest_m.push(model.rest_m(*place));
            cell.push(beside);
        }
        for (index, tool) in spec.tools.iter().enumerate() {
            tool.check()?;
            let most = tool.shape.edge_max_m();
            if edge_m > most * (1.0 + 1e-9) {
                let what = format!("tool {index} could slip through between nodes {edge_m:.3e} m apart: at most {most:.3e} m for it");
                return Err(TissueError::Contradiction { field: "tools", what });
            }
            for (at, place) in rest_m.iter().zip(&spec.contact) {
                let inside_m = -tool.shape.distance(tool.pose.point_back(*at)).0;
                if inside_m > INSIDE_MAX_M {
                    let what = format!("tool {index} begins {inside_m:.3e} m inside the tissue, at node {place:?}");
                    return Err(TissueError::Contradiction { field: "tools.pose", what });
                }
            }
        }
        let compliance = compliance(&model, &node);
        Ok(Self { model, tools: spec.tools.clone(), node, rest_m, cell, compliance, reach_m: edge_m })
    }

    /// The body.
    #[must_use]
    pub fn model(&self) -> &LiveModel {
        &self.model
    }

    /// The body at rest; nothing touches yet.
    #[must_use]
    pub fn state(&self) -> LiveTouch {
        LiveTouch { body: self.model.state(), touches: Vec::new(), tool_poses: self.tools.iter().map(|t| t.pose).collect() }
    }

    /// Force on each tool at the end of the last tick.
    #[must_use]
    pub fn forces(&self, touch: &LiveTouch) -> Vec<ToolForce> {
        let mut forces = vec![ToolForce::default(); self.tools.len()];
        for one in &touch.touches {
            let Some(pose) = touch.tool_poses.get(one.tool as usize) else { continue };
            if (one.node as usize) < self.node.len() && touch.body.displacement_m.len() == 3 * self.model.plane() {
                forces[one.tool as usize].add(one, pose, self.place(&touch.body.displacement_m, one.node as usize));
            }
        }
        forces
    }

    fn place(&self, u: &[f64], contact: usize) -> [f64; 3] {
        let (n, node) = (self.model.grid.node_count, self.node[contact] as usize);
        std::array::from_fn(|k| self.rest_m[contact][k] + u[k * n + node])
    }

    /// Contact nodes near a tool at displacement `u`, with the forces remembered.
    fn gather(&self, u: &[f64], touch: &LiveTouch, poses: &[ToolPose], wanted: impl Fn(u32) -> bool, rows: &mut ContactCopy) {
        rows.clear();
        let mut known = touch.touches.iter().peekable();
        for (tool, (spec, pose)) in self.tools.iter().zip(poses).enumerate() {
            for contact in 0..self.node.len() {
                let remembered = known.next_if(|t| (t.tool as usize, t.node as usize) == (tool, contact));
                if !wanted(tool as u32) {
                    continue;
                }
                let at = self.place(u, contact);
                match remembered {
                    Some(t) => {
                        let force = pose.out(std::array::from_fn(|k| t.normal_n * t.normal[k] + t.friction_n[k]));
                        rows.push(contact as u32, tool as u32, at, force, t.anchor_m, t.slides);
                    }
                    None => {
                        let mine = pose.point_back(at);
                        if spec.shape.distance(mine).0 < self.reach_m {
                            rows.push(contact as u32, tool as u32, at, [0.0; 3], mine, false);
                        }
                    }
                }
            }
        }
    }

    /// R_c W_cd R_dᵀ of the rows.
    fn turned_compliance(&self, rows: &mut ContactCopy, space: &LiveWorkspace) {
        let (count, all) = (rows.len(), 3 * self.node.len());
        rows.compliance_m_per_n.resize(9 * count * count, 0.0);
        let turn = |c: usize| -> M3 {
            let (group, lane) = self.cell[rows.node[c] as usize];
            space.groups[group as usize].turn.map(|row| row.map(|v| f64::from(v.to_array()[lane as usize])))
        };
        let turns: Vec<M3> = (0..count).map(turn).collect();
        for c in 0..count {
            for d in 0..=c {
                let (i, j) = (3 * rows.node[c] as usize, 3 * rows.node[d] as usize);
                let w: M3 = std::array::from_fn(|a| std::array::from_fn(|b| self.compliance[(i + a) * all + j + b]));
                let half = product(&turns[c], &w);
                for a in 0..3 {
                    for b in 0..3 {
                        let v = dot3(half[a], turns[d][b]);
                        rows.compliance_m_per_n[(3 * c + a) * 3 * count + 3 * d + b] = v;
                        rows.compliance_m_per_n[(3 * d + b) * 3 * count + 3 * c + a] = v;
                    }
                }
            }
        }
    }
}

/// W = J A⁻¹ Jᵀ at rest, made symmetric [m/N].
fn compliance(model: &LiveModel, node: &[u32]) -> Vec<f64> {
    let (n, all) = (model.grid.node_count, 3 * node.len());
    let mut space = LiveWorkspace::new(model);
    let mut w = vec![0.0; all * all];
    for (c, &from) in node.iter().enumerate() {
        for axis in 0..3 {
            space.r.fill(0.0);
            space.r[axis * n + from as usize] = 1.0;
            solve(model, COMPLIANCE_RESIDUAL, &mut space);
            for (d, &to) in node.iter().enumerate() {
                for k in 0..3 {
                    w[(3 * d + k) * all + 3 * c + axis] = f64::from(space.d[k * n + to as usize]);
                }
            }
        }
    }
    for i in 0..all {
        for j in 0..i {
            let mean = 0.5 * (w[i * all + j] + w[j * all + i]);
            (w[i * all + j], w[j * all + i]) = (mean, mean);
        }
    }
    w
}

/// Move a body and its tools by one tick; `poses`: where the tools are at its end.
///
/// As [`super::live_step`], with contact of the nodes named: none goes into a tool, none is pulled, friction is Coulomb's.
/// Contact that does not settle is reported, not hidden: the tick then ends with the last forces.
///
/// # Errors
/// [`TissueError`] for input out of bounds or a state that does not belong to the tools.
pub fn live_touch_step(
    tools: &LiveTools,
    state: &mut LiveTouch,
    input: &LiveInput<'_>,
    poses: &[ToolPose],
    space: &mut LiveTouchWorkspace,
) -> Result<LiveTouchOutput, TissueError> {
    let model = &tools.model;
    check_input(model, input)?;
    tools.check(state, poses)?;
    let mut out =
        LiveTouchOutput { tick: LiveOutput::NOTHING, settled: false, change_relative: f64::NAN, round_count: 0, penetration_m: f64::NAN };
    if state.body.quarantined {
        return Ok(out);
    }
    let LiveTouchWorkspace { live: space, rows: copy, before } = space;
    let mut u = std::mem::take(&mut space.trial);
    load(model, input, space);
    let mut at = guess(model, &state.body, input, &mut u, space);
    tools.gather(&u, state, poses, |_| true, copy);
    tools.turned_compliance(copy, space);
    tools.add_load(copy, space);
    at = weigh(model, &u, at, space);
    let mut sweeps = SweepLimit { relative: SWEEP_FIRST, ..SWEEPS };
    loop {
        // One step of Newton's method a round: body and contact settle together.
        let moves = newton(model, &mut u, &mut at, (1, ROUND_FORCING), space, &mut out.tick);
        out.round_count += 1;
        if !moves {
            out.tick.converged = false;
            break;
        }
        for c in 0..copy.len() {
            copy.place_m[c] = tools.place(&u, copy.node[c] as usize);
        }
        out.penetration_m = tools.penetration_m(&u, poses);
        copy.set_free();
        before.clear();
        before.extend_from_slice(&copy.force_n);
        settle(copy, &tools.tools, poses, sweeps);
        let (mut changed, mut largest) = (0.0_f64, 0.0_f64);
        for (a, b) in copy.force_n.iter().zip(before.iter()) {
            changed = changed.max((a - b).abs());
            largest = largest.max(a.abs()).max(b.abs());
        }
        out.change_relative = if largest > 0.0 { changed / largest } else { 0.0 };
        out.settled = out.tick.converged && out.change_relative <= ROUND_TOLERANCE;
        if out.settled || out.round_count >= ROUND_MAX {
            // The state belongs to the forces that it was solved with.
            copy.force_n.copy_from_slice(before);
            break;
        }
        // A few nodes that change between holding and sliding from round to round settle on half steps.
        if out.round_count > HALF_FROM {
            for (a, b) in copy.force_n.iter_mut().zip(before.iter()) {
                *a = 0.5 * (*a + b);
            }
        }
        sweeps.relative = (SWEEP_SHARE * out.change_relative).clamp(SWEEPS.relative, SWEEP_FIRST);
        tools.change_load(copy, before, space);
        at = weigh(model, &u, at, space);
    }
    if out.round_count >= ROUND_MAX && !out.tick.converged {
        // Forces that do not settle: the body at least comes to rest under the last ones.
        at = weigh(model, &u, at, space);
        newton(model, &mut u, &mut at, (NEWTON_MAX, ROUND_FORCING), space, &mut out.tick);
    }
    if out.tick.converged {
        tools.remember(&u, copy, poses, state);
        finish(model, &mut state.body, &u, space, &mut out.tick);
    } else {
        state.body.quarantined = true;
    }
    space.trial = u;
    Ok(out)
}

impl LiveTools {
    fn check(&self, touch: &LiveTouch, poses: &[ToolPose]) -> Result<(), TissueError> {
        for (field, found) in [("poses", poses.len()), ("touch.tool_poses", touch.tool_poses.len())] {
            if found != self.tools.len() {
                let what = format!("{found} poses for {} tools", self.tools.len());
                return Err(TissueError::Contradiction { field, what });
            }
        }
        for pose in poses.iter().chain(&touch.tool_poses) {
            pose.check()?;
        }
        let n = 3 * self.model.plane();
        for (field, found) in [
            ("displacement_m", touch.body.displacement_m.len()),
            ("velocity_m_per_s", touch.body.velocity_m_per_s.len()),
            ("velocity_before_m_per_s", touch.body.velocity_before_m_per_s.len()),
        ] {
            if found != n {
                return Err(TissueError::Contradiction { field, what: format!("{found} numbers where {n} belong") });
            }
        }
        let bad = touch.touches.iter().find(|t| t.node as usize >= self.node.len() || t.tool as usize >= self.tools.len());
        if let Some(bad) = bad {
            let what = format!("contact node {} and tool {} do not exist", bad.node, bad.tool);
            return Err(TissueError::Contradiction { field: "touch.touches", what });
        }
        Ok(())
    }

    fn add_load(&self, rows: &ContactCopy, space: &mut LiveWorkspace) {
        for c in 0..rows.len() {
            let node = self.node[rows.node[c] as usize] as usize;
            for k in 0..3 {
                space.load[k * self.model.grid.node_count + node] += rows.force_n[3 * c + k];
            }
        }
    }

    fn change_load(&self, rows: &ContactCopy, before: &[f64], space: &mut LiveWorkspace) {
        for c in 0..rows.len() {
            let node = self.node[rows.node[c] as usize] as usize;
            for k in 0..3 {
                space.load[k * self.model.grid.node_count + node] += rows.force_n[3 * c + k] - before[3 * c + k];
            }
        }
    }

    fn penetration_m(&self, u: &[f64], poses: &[ToolPose]) -> f64 {
        let mut deepest = 0.0_f64;
        for contact in 0..self.node.len() {
            let at = self.place(u, contact);
            for (tool, pose) in self.tools.iter().zip(poses) {
                deepest = deepest.max(-tool.shape.distance(pose.point_back(at)).0);
            }
        }
        deepest
    }

    fn remember(&self, u: &[f64], rows: &ContactCopy, poses: &[ToolPose], touch: &mut LiveTouch) {
        touch.touches.clear();
        for c in 0..rows.len() {
            let force = rows.force(c);
            if force == [0.0; 3] {
                continue;
            }
            let (tool, pose) = (rows.tool[c] as usize, &poses[rows.tool[c] as usize]);
            let mine = pose.point_back(self.place(u, rows.node[c] as usize));
            let (_, normal) = self.tools[tool].shape.distance(mine);
            let force = pose.back(force);
            let normal_n = dot3(force, normal);
            touch.touches.push(Touch {
                node: rows.node[c],
                tool: rows.tool[c],
                normal_n,
                normal,
                friction_n: std::array::from_fn(|k| force[k] - normal_n * normal[k]),
                anchor_m: if rows.slides[c] { mine } else { rows.anchor_m[c] },
                slides: rows.slides[c],
            });
        }
        touch.tool_poses.copy_from_slice(poses);
    }

    /// Write the contact problem round one tool for a loop: after [`live_touch_step`], with its workspace.
    ///
    /// Nodes within a cell's length of the tool, the nearest `count_max` of them; their compliance is that of one tick of tissue,
    /// inertia included. Their free places are those at the end of the next tick, when the copy is used: A d = M (v/h + a), one more solve.
    ///
    /// # Errors
    /// [`TissueError`] for a tool that is not there.
    pub fn publish(
        &self,
        touch: &LiveTouch,
        tool: u32,
        count_max: u32,
        space: &mut LiveTouchWorkspace,
        into: &mut ContactCopy,
    ) -> Result<(), TissueError> {
        check("tool", f64::from(tool), 0.0, self.tools.len() as f64 - 1.0, "1")?;
        self.check(touch, &touch.tool_poses)?;
        self.gather(&touch.body.displacement_m, touch, &touch.tool_poses, |t| t == tool, into);
        let left_out = if into.len() > count_max as usize { self.nearest(into, touch, count_max as usize) } else { Vec::new() };
        self.turned_compliance(into, &space.live);
        into.set_free();
        if !into.is_empty() {
            self.go_on(&touch.body, &mut space.live, into);
        }
        into.tool.fill(0);
        into.set_beyond(&left_out);
        into.tick += 1;
        Ok(())
    }

    /// Let free places go on by themselves for a tick.
    fn go_on(&self, body: &LiveState, live: &mut LiveWorkspace, into: &mut ContactCopy) {
        let (n, h) = (self.model.grid.node_count, self.model.tick_s);
        for (i, r) in live.r.iter_mut().enumerate() {
            let push = self.model.mass_kg[i % n] * (2.0 * body.velocity_m_per_s[i] - body.velocity_before_m_per_s[i]) / h;
            *r = self.model.free[i] * push as f32;
        }
        if live.r.iter().all(|r| *r == 0.0) {
            return;
        }
        solve(&self.model, GO_ON_RESIDUAL, live);
        for (free, node) in into.free_m.iter_mut().zip(&into.node) {
            for (axis, free) in free.iter_mut().enumerate() {
                *free += f64::from(live.d[axis * n + self.node[*node as usize] as usize]);
            }
        }
    }

    /// Keep the contacts with the greatest forces, then those nearest to their tool, in their order. Gives place and force of the others that touch.
    fn nearest(&self, rows: &mut ContactCopy, touch: &LiveTouch, count: usize) -> Vec<([f64; 3], [f64; 3])> {
        let rank = |c: usize| {
            let tool = rows.tool[c] as usize;
            let force = rows.force(c);
            let gap_m = self.tools[tool].shape.distance(touch.tool_poses[tool].point_back(rows.place_m[c])).0;
            (-dot3(force, force), gap_m)
        };
        let mut order: Vec<((f64, f64), usize)> = (0..rows.len()).map(|c| (rank(c), c)).collect();
        order.sort_by(|a, b| a.0.0.total_cmp(&b.0.0).then(a.0.1.total_cmp(&b.0.1)).then(a.1.cmp(&b.1)));
        let mut kept: Vec<usize> = order[..count].iter().map(|o| o.1).collect();
        kept.sort_unstable();
        let left_out = order[count..].iter().map(|o| (rows.place_m[o.1], rows.force(o.1))).filter(|o| o.1 != [0.0; 3]).collect();
        let all = std::mem::take(rows);
        rows.tick = all.tick;
        for c in kept {
            rows.push(all.node[c], all.tool[c], all.place_m[c], all.force(c), all.anchor_m[c], all.slides[c]);
        }
        left_out
    }
}
