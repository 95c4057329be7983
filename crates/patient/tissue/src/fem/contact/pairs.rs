//! Pairs of surface nodes and tools during one step.

use proband_math::sparse::BlockMatrix;

use super::Touch;
use super::tool::{Tool, ToolPose};
use crate::fem::mat3::dot3;
use crate::fem::model::FemModel;
use crate::fem::state::FemState;

/// Stiffness of the penalty against that of the node [1]. Each round divides the error by about this number.
pub(super) const PENALTY: f64 = 20.0;

/// One node and one tool.
#[derive(Clone, Debug)]
struct Pair {
    node: usize,
    tool: usize,
    /// Penalty [N/m].
    penalty: f64,
    /// Normal multiplier [N].
    normal_n: f64,
    /// Multiplier of friction [N].
    friction_n: [f64; 3],
    /// Most friction in this round [N].
    bound_n: f64,
    /// Normal of this round: friction acts across it.
    across: [f64; 3],
    /// Place that the node would stick to [m].
    anchor_m: [f64; 3],
    slides: bool,
}

/// Normal force and friction of a pair at a trial state.
struct Answer {
    normal: [f64; 3],
    normal_n: f64,
    friction_n: [f64; 3],
    /// ‖trial friction‖ over the bound; more than one: slides.
    excess: f64,
    /// Trial friction [N].
    trial_n: [f64; 3],
    gap_m: f64,
}

/// All pairs of a step, with the tools where the step ends.
#[derive(Clone, Debug)]
pub(crate) struct Contacts<'a> {
    model: &'a FemModel,
    poses: Vec<ToolPose>,
    pairs: Vec<Pair>,
}

impl<'a> Contacts<'a> {
    /// Pairs at the beginning of a step that ends with the tools at `poses`. `matrix` is that of the step without contact.
    pub(crate) fn new(model: &'a FemModel, state: &FemState, poses: &[ToolPose], guess_m: &[[f64; 3]], matrix: &BlockMatrix) -> Self {
        let mut pairs = Vec::with_capacity(model.tools.len() * model.contact_nodes.len());
        let mut touches = state.touches.iter().peekable();
        for (tool, (spec, pose)) in model.tools.iter().zip(poses).enumerate() {
            for &node in &model.contact_nodes {
                let known = touches.next_if(|t| (t.tool as usize, t.node) == (tool, node));
                let n = node as usize;
                let block = &matrix.blocks[matrix.pattern().diagonal(n)];
                let penalty = PENALTY * (block[0] + block[4] + block[8]) / 3.0;
                let at = |u: &[[f64; 3]]| -> [f64; 3] { std::array::from_fn(|k| model.nodes_m[n][k] + u[n][k]) };
                let pair = match known {
                    Some(touch) => Pair {
                        node: n,
                        tool,
                        penalty,
                        normal_n: touch.normal_n,
                        friction_n: pose.out(touch.friction_n),
                        bound_n: spec.friction * touch.normal_n,
                        across: pose.out(touch.normal),
                        anchor_m: pose.point_out(touch.anchor_m),
                        slides: false,
                    },
                    None => {
                        let before = state.tool_poses[tool];
                        let (from, to) = (before.point_back(at(&state.displacement_m)), pose.point_back(at(guess_m)));
                        let anchor = first_touch(spec, from, to);
                        let (_, normal) = spec.shape.distance(to);
                        Pair {
                            node: n,
                            tool,
                            penalty,
                            normal_n: 0.0,
                            friction_n: [0.0; 3],
                            bound_n: 0.0,
                            across: pose.out(normal),
                            anchor_m: pose.point_out(anchor),
                            slides: false,
                        }
                    }
                };
                pairs.push(pair);
            }
        }
        Self { model, poses: poses.to_vec(), pairs }
    }

    fn place(&self, pair: &Pair, u: &[[f64; 3]]) -> [f64; 3] {
        std::array::from_fn(|k| self.model.nodes_m[pair.node][k] + u[pair.node][k])
    }

    fn answer(&self, pair: &Pair, u: &[[f64; 3]]) -> Answer {
        let x = self.place(pair, u);
        let pose = &self.poses[pair.tool];
        let (gap_m, normal) = self.model.tools[pair.tool].shape.distance(pose.point_back(x));
        let normal_n = (pair.normal_n - pair.penalty * gap_m).max(0.0);
        let mut trial_n = [0.0; 3];
        let mut excess = 0.0;
        let mut friction_n = [0.0; 3];
        if pair.bound_n > 0.0 {
            let slip: [f64; 3] = std::array::from_fn(|k| x[k] - pair.anchor_m[k]);
            let pushed: [f64; 3] = std::array::from_fn(|k| pair.friction_n[k] - pair.penalty * slip[k]);
            let out = dot3(pushed, pair.across);
            trial_n = std::array::from_fn(|k| pushed[k] - out * pair.across[k]);
            let size = dot3(trial_n, trial_n).sqrt();
            excess = size / pair.bound_n;
            let share = if excess > 1.0 { 1.0 / excess } else { 1.0 };
            friction_n = trial_n.map(|v| share * v);
        }
        Answer { normal: pose.out(normal), normal_n, friction_n, excess, trial_n, gap_m }
    }

    /// Energy of the round at a trial state [J], and the sum of the sizes of its parts.
    pub(crate) fn energy(&self, u: &[[f64; 3]]) -> (f64, f64) {
        let (mut sum, mut size) = (0.0, 0.0);
        for pair in &self.pairs {
            let a = self.answer(pair, u);
            let (pressed, held) = (a.normal_n * a.normal_n, pair.normal_n * pair.normal_n);
            let mut one = 0.5 * (pressed - held) / pair.penalty;
            size += 0.5 * (pressed + held) / pair.penalty;
            if pair.bound_n > 0.0 {
                let trial = dot3(a.trial_n, a.trial_n);
                let held = dot3(pair.friction_n, pair.friction_n);
                let slid = if a.excess > 1.0 { pair.bound_n * trial.sqrt() - 0.5 * pair.bound_n * pair.bound_n } else { 0.5 * trial };
                one += (slid - 0.5 * held) / pair.penalty;
                size += (slid + 0.5 * held) / pair.penalty;
            }
            sum += one;
        }
        (sum, size)
    }

    /// Add the forces on the nodes [N], and their stiffness if a matrix is given.
    ///
    /// The curvature of the tool is left out of the stiffness: that keeps it positive and costs a Newton step now and then.
    pub(crate) fn add(&self, u: &[[f64; 3]], force: &mut [[f64; 3]], mut matrix: Option<&mut BlockMatrix>) {
        for pair in &self.pairs {
            let a = self.answer(pair, u);
            if a.normal_n == 0.0 && pair.bound_n == 0.0 {
                continue;
            }
            for k in 0..3 {
                force[pair.node][k] += a.normal_n * a.normal[k] + a.friction_n[k];
            }
            let Some(matrix) = &mut matrix else { continue };
            let diagonal = matrix.pattern().diagonal(pair.node);
            let block = &mut matrix.blocks[diagonal];
            let into = if a.normal_n > 0.0 { pair.penalty } else { 0.0 };
            let along = if pair.bound_n > 0.0 { pair.penalty / a.excess.max(1.0) } else { 0.0 };
            let size2 = dot3(a.trial_n, a.trial_n);
            let turns = if a.excess > 1.0 { along / size2 } else { 0.0 };
            for i in 0..3 {
                for k in 0..3 {
                    let same = f64::from(u8::from(i == k));
                    block[3 * i + k] += into * a.normal[i] * a.normal[k] + along * (same - pair.across[i] * pair.across[k])
                        - turns * a.trial_n[i] * a.trial_n[k];
                }
            }
        }
    }

    /// Take the forces at `u` as multipliers. Returns how far they moved, against the largest [1].
    pub(crate) fn renew(&mut self, u: &[[f64; 3]]) -> f64 {
        let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
        for index in 0..self.pairs.len() {
            let a = self.answer(&self.pairs[index], u);
            let friction = self.model.tools[self.pairs[index].tool].friction;
            let pair = &mut self.pairs[index];
            let change: [f64; 3] = std::array::from_fn(|k| a.friction_n[k] - pair.friction_n[k]);
            let bound_n = friction * a.normal_n;
            moved = moved.max((a.normal_n - pair.normal_n).abs()).max(dot3(change, change).sqrt()).max((bound_n - pair.bound_n).abs());
            largest = largest.max(a.normal_n);
            pair.normal_n = a.normal_n;
            pair.bound_n = bound_n;
            // What the new normal and bound do not allow is dropped now: the next round would otherwise push it into the normal.
            let out = dot3(a.friction_n, a.normal);
            let flat: [f64; 3] = std::array::from_fn(|k| a.friction_n[k] - out * a.normal[k]);
            let size = dot3(flat, flat).sqrt();
            let share = if size > bound_n { bound_n / size } else { 1.0 };
            pair.friction_n = flat.map(|v| share * v);
            pair.across = a.normal;
            pair.slides = a.excess > 1.0 || bound_n == 0.0;
        }
        if largest > 0.0 { moved / largest } else { moved }
    }

    /// Deepest point inside a tool [m].
    pub(crate) fn penetration_m(&self, u: &[[f64; 3]]) -> f64 {
        self.pairs.iter().map(|pair| -self.answer(pair, u).gap_m).fold(0.0, f64::max)
    }

    /// What the touching nodes remember.
    pub(crate) fn touches(&self, u: &[[f64; 3]]) -> Vec<Touch> {
        let mut touches = Vec::new();
        for pair in self.pairs.iter().filter(|p| p.normal_n > 0.0) {
            let pose = &self.poses[pair.tool];
            let anchor_m = pose.point_back(if pair.slides { self.place(pair, u) } else { pair.anchor_m });
            touches.push(Touch {
                node: pair.node as u32,
                tool: pair.tool as u32,
                normal_n: pair.normal_n,
                normal: pose.back(pair.across),
                friction_n: pose.back(pair.friction_n),
                anchor_m,
                slides: pair.slides,
            });
        }
        touches
    }

    /// Energy taken by friction in the step [J], not negative but for rounding: force times slip.
    pub(crate) fn friction_loss_j(&self, u: &[[f64; 3]]) -> f64 {
        let loss = |pair: &Pair| {
            let x = self.place(pair, u);
            -(0..3).map(|k| pair.friction_n[k] * (x[k] - pair.anchor_m[k])).sum::<f64>()
        };
        self.pairs.iter().filter(|p| p.slides && p.normal_n > 0.0).map(loss).sum()
    }
}

/// Where on its way through the tool's frame a point meets the tool's surface; its end, if it does not.
fn first_touch(tool: &Tool, from: [f64; 3], to: [f64; 3]) -> [f64; 3] {
    let (start, end) = (tool.shape.distance(from).0, tool.shape.distance(to).0);
    if !(start > 0.0 && end < 0.0) {
        return if end < 0.0 { from } else { to };
    }
    let share = start / (start - end);
    std::array::from_fn(|k| from[k] + share * (to[k] - from[k]))
}
