//! Contact of nodes with the faces of another body during one step.
//!
//! The same augmented Lagrangian as for tools. Within a round the point of the surface under each node and its normal are held,
//! so that every round minimises a convex addition to the energy; between rounds they are found anew.

use proband_math::sparse::BlockMatrix;

use super::pairs::PENALTY;
use super::surface::{BodyTouch, Foot, Surface};
use crate::fem::mat3::dot3;
use crate::fem::model::FemModel;
use crate::fem::state::FemState;

/// A block of the matrix that its pattern has no place for: row node, column node, block; its mirror goes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coupling {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) block: [f64; 9],
}

/// A point of a surface that moves with it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    corners: [u32; 3],
    triangle: u32,
    weights: [f64; 3],
}

/// One node near another body.
#[derive(Clone, Debug)]
struct Row {
    pair: u32,
    node: u32,
    near: Vec<u32>,
    /// Penalty [N/m].
    penalty: f64,
    normal_n: f64,
    friction_n: [f64; 3],
    bound_n: f64,
    /// Point under the node in this round; none: it is over no face.
    under: Option<(Held, [f64; 3])>,
    /// Point that the node would stick to.
    anchor: Option<Held>,
    slides: bool,
}

/// Forces of a row at a trial state.
struct Answer {
    gap_m: f64,
    normal_n: f64,
    friction_n: [f64; 3],
    trial_n: [f64; 3],
    /// ‖trial friction‖ over the bound; more than one: slides.
    excess: f64,
}

/// All nodes of a step that may touch another body.
#[derive(Clone, Debug)]
pub(crate) struct BodyContacts<'a> {
    model: &'a FemModel,
    rows: Vec<Row>,
}

impl<'a> BodyContacts<'a> {
    /// Nodes that are near at the beginning of a step whose first guess is `guess_m`. `matrix` is that of the step without contact.
    pub(crate) fn new(model: &'a FemModel, state: &FemState, guess_m: &[[f64; 3]], matrix: &BlockMatrix) -> Self {
        let mut rows = Vec::new();
        let mut known = state.body_touches.iter().peekable();
        let u = &state.displacement_m;
        let place = |n: u32| -> [f64; 3] { std::array::from_fn(|k| model.nodes_m[n as usize][k] + u[n as usize][k]) };
        let guessed = |n: u32| -> [f64; 3] { std::array::from_fn(|k| model.nodes_m[n as usize][k] + guess_m[n as usize][k]) };
        for (index, surface) in model.surfaces.iter().enumerate() {
            let way_m = way_m(surface, u, guess_m);
            for (&node, near) in surface.nodes.iter().zip(surface.near(&place, way_m.min(surface.reach_m))) {
                let remembered = known.next_if(|t| (t.pair as usize, t.node) == (index, node));
                if near.is_empty() {
                    continue;
                }
                let block = |n: u32| {
                    let b = &matrix.blocks[matrix.pattern().diagonal(n as usize)];
                    (b[0] + b[4] + b[8]) / 3.0
                };
                let held = |foot: &Foot| Held { corners: surface.corners(foot.triangle), triangle: foot.triangle, weights: foot.weights };
                let kept = remembered.map(|t| t.triangle);
                let before = surface.foot(place(node), &near, kept, &place);
                let under = surface.foot(guessed(node), &near, kept, &guessed).or(before);
                let mut row = Row {
                    pair: index as u32,
                    node,
                    penalty: PENALTY * block(node),
                    normal_n: 0.0,
                    friction_n: [0.0; 3],
                    bound_n: 0.0,
                    anchor: before.or(under).as_ref().map(held),
                    under: under.as_ref().map(|f| (held(f), f.normal)),
                    near,
                    slides: false,
                };
                if let Some(touch) = remembered {
                    row.normal_n = touch.normal_n;
                    row.friction_n = touch.friction_n;
                    row.bound_n = surface.friction * touch.normal_n;
                    row.anchor = Some(Held { corners: surface.corners(touch.triangle), triangle: touch.triangle, weights: touch.weights });
                }
                rows.push(row);
            }
        }
        Self { model, rows }
    }

    fn place(&self, node: u32, u: &[[f64; 3]]) -> [f64; 3] {
        let n = node as usize;
        std::array::from_fn(|k| self.model.nodes_m[n][k] + u[n][k])
    }

    fn point(&self, held: &Held, u: &[[f64; 3]]) -> [f64; 3] {
        let c = held.corners.map(|n| self.place(n, u));
        std::array::from_fn(|k| (0..3).map(|i| held.weights[i] * c[i][k]).sum())
    }

    fn answer(&self, row: &Row, u: &[[f64; 3]]) -> Option<Answer> {
        let (under, normal) = row.under?;
        let x = self.place(row.node, u);
        let p = self.point(&under, u);
        let gap_m = (0..3).map(|k| normal[k] * (x[k] - p[k])).sum::<f64>();
        let normal_n = (row.normal_n - row.penalty * gap_m).max(0.0);
        let (mut trial_n, mut friction_n, mut excess) = ([0.0; 3], [0.0; 3], 0.0);
        if row.bound_n > 0.0
            && let Some(anchor) = &row.anchor
        {
            let a = self.point(anchor, u);
            let pushed: [f64; 3] = std::array::from_fn(|k| row.friction_n[k] - row.penalty * (x[k] - a[k]));
            let out = dot3(pushed, normal);
            trial_n = std::array::from_fn(|k| pushed[k] - out * normal[k]);
            let size = dot3(trial_n, trial_n).sqrt();
            excess = size / row.bound_n;
            friction_n = trial_n.map(|v| v / excess.max(1.0));
        }
        Some(Answer { gap_m, normal_n, friction_n, trial_n, excess })
    }

    /// Energy of the round at a trial state [J], and the sum of the sizes of its parts.
    pub(crate) fn energy(&self, u: &[[f64; 3]]) -> (f64, f64) {
        let (mut sum, mut size) = (0.0, 0.0);
        for row in &self.rows {
            let Some(a) = self.answer(row, u) else { continue };
            let (pressed, before) = (a.normal_n * a.normal_n, row.normal_n * row.normal_n);
            let (mut up, mut down) = (pressed, before);
            if row.bound_n > 0.0 {
                let trial = dot3(a.trial_n, a.trial_n);
                up += if a.excess > 1.0 { 2.0 * row.bound_n * trial.sqrt() - row.bound_n * row.bound_n } else { trial };
                down += dot3(row.friction_n, row.friction_n);
            }
            sum += 0.5 * (up - down) / row.penalty;
            size += 0.5 * (up + down) / row.penalty;
        }
        (sum, size)
    }

    /// Add the forces on the nodes [N], and their stiffness if a matrix is given; what the pattern has no place for goes to `couplings`.
    pub(crate) fn add(&self, u: &[[f64; 3]], force: &mut [[f64; 3]], mut matrix: Option<(&mut BlockMatrix, &mut Vec<Coupling>)>) {
        for row in &self.rows {
            let Some(a) = self.answer(row, u) else { continue };
            let Some((under, normal)) = row.under else { continue };
            let pressed = a.normal_n > 0.0;
            if pressed {
                spread(row.node, &under, normal.map(|n| a.normal_n * n), force);
            }
            let rubs = row.anchor.filter(|_| row.bound_n > 0.0);
            if let Some(anchor) = &rubs {
                spread(row.node, anchor, a.friction_n, force);
            }
            let Some((matrix, couplings)) = &mut matrix else { continue };
            if pressed {
                let block: [f64; 9] = std::array::from_fn(|i| row.penalty * normal[i / 3] * normal[i % 3]);
                stiffen(row.node, &under, &block, matrix, couplings);
            }
            if let Some(anchor) = &rubs {
                let along = row.penalty / a.excess.max(1.0);
                let turns = if a.excess > 1.0 { along / dot3(a.trial_n, a.trial_n) } else { 0.0 };
                let block: [f64; 9] = std::array::from_fn(|i| {
                    let (p, q) = (i / 3, i % 3);
                    let same = if p == q { 1.0 } else { 0.0 };
                    along * (same - normal[p] * normal[q]) - turns * a.trial_n[p] * a.trial_n[q]
                });
                stiffen(row.node, anchor, &block, matrix, couplings);
            }
        }
    }

    /// Take the forces at `u` as multipliers and find the points under the nodes anew. Returns how far forces moved, against the largest [1].
    pub(crate) fn renew(&mut self, u: &[[f64; 3]]) -> f64 {
        let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            let surface = &self.model.surfaces[row.pair as usize];
            let answer = self.answer(row, u);
            let place = |n: u32| self.place(n, u);
            let foot = surface.foot(place(row.node), &row.near, row.under.map(|h| h.0.triangle), &place);
            let (normal_n, friction_n, excess, gap_m) =
                answer.map_or((0.0, [0.0; 3], 0.0, f64::INFINITY), |a| (a.normal_n, a.friction_n, a.excess, a.gap_m));
            let change: [f64; 3] = std::array::from_fn(|k| friction_n[k] - row.friction_n[k]);
            let bound_n = surface.friction * normal_n;
            moved = moved.max((normal_n - row.normal_n).abs()).max(dot3(change, change).sqrt()).max((bound_n - row.bound_n).abs());
            largest = largest.max(normal_n);
            if let (Some(foot), Some((_, normal))) = (&foot, row.under) {
                // A node that is now over another place of the surface: the force that this will make.
                let bent: [f64; 3] = std::array::from_fn(|k| foot.normal[k] - normal[k]);
                let deeper = row.penalty * (foot.gap_m.min(0.0) - gap_m.min(0.0)).abs();
                moved = moved.max(deeper).max(normal_n * dot3(bent, bent).sqrt());
            } else if foot.is_some_and(|f| f.gap_m < 0.0) {
                moved = f64::INFINITY;
            }
            let row = &mut self.rows[index];
            row.normal_n = normal_n;
            row.bound_n = bound_n;
            if let Some(foot) = foot {
                let held = Held { corners: surface.corners(foot.triangle), triangle: foot.triangle, weights: foot.weights };
                row.under = Some((held, foot.normal));
                row.anchor = row.anchor.or(Some(held));
            } else if normal_n == 0.0 {
                row.under = None;
            }
            let normal = row.under.map_or([0.0; 3], |h| h.1);
            let out = dot3(friction_n, normal);
            let flat: [f64; 3] = std::array::from_fn(|k| friction_n[k] - out * normal[k]);
            let size = dot3(flat, flat).sqrt();
            let share = if size > bound_n { bound_n / size } else { 1.0 };
            row.friction_n = flat.map(|v| share * v);
            row.slides = excess > 1.0 || bound_n == 0.0;
        }
        if largest > 0.0 { moved / largest } else { moved }
    }

    /// Deepest node inside another body [m].
    pub(crate) fn penetration_m(&self, u: &[[f64; 3]]) -> f64 {
        self.rows.iter().filter_map(|row| self.answer(row, u)).map(|a| -a.gap_m).fold(0.0, f64::max)
    }

    /// What the touching nodes remember.
    pub(crate) fn touches(&self) -> Vec<BodyTouch> {
        let mut touches = Vec::new();
        for row in self.rows.iter().filter(|r| r.normal_n > 0.0) {
            let Some((under, normal)) = row.under else { continue };
            let held = if row.slides { under } else { row.anchor.unwrap_or(under) };
            touches.push(BodyTouch {
                pair: row.pair,
                node: row.node,
                normal_n: row.normal_n,
                normal,
                friction_n: row.friction_n,
                triangle: held.triangle,
                weights: held.weights,
                slides: row.slides,
            });
        }
        touches
    }

    /// Energy taken by friction in the step [J].
    pub(crate) fn friction_loss_j(&self, u: &[[f64; 3]]) -> f64 {
        let loss = |row: &Row| {
            let Some(anchor) = &row.anchor else { return 0.0 };
            let (x, a) = (self.place(row.node, u), self.point(anchor, u));
            -(0..3).map(|k| row.friction_n[k] * (x[k] - a[k])).sum::<f64>()
        };
        self.rows.iter().filter(|r| r.slides && r.normal_n > 0.0).map(loss).sum()
    }
}

/// Greatest way of a node of a pair towards the guess, counted double for both sides [m].
fn way_m(surface: &Surface, u: &[[f64; 3]], guess_m: &[[f64; 3]]) -> f64 {
    let way = |n: u32| -> f64 { (0..3).map(|k| (guess_m[n as usize][k] - u[n as usize][k]).powi(2)).sum() };
    let corners = surface.triangles.iter().flatten().flatten();
    2.0 * surface.nodes.iter().chain(corners).map(|n| way(*n)).fold(0.0, f64::max).sqrt()
}

fn spread(node: u32, held: &Held, f: [f64; 3], force: &mut [[f64; 3]]) {
    for k in 0..3 {
        force[node as usize][k] += f[k];
        for i in 0..3 {
            force[held.corners[i] as usize][k] -= held.weights[i] * f[k];
        }
    }
}

fn stiffen(node: u32, held: &Held, block: &[f64; 9], matrix: &mut BlockMatrix, couplings: &mut Vec<Coupling>) {
    let all: [(u32, f64); 4] = std::array::from_fn(|i| if i == 0 { (node, 1.0) } else { (held.corners[i - 1], -held.weights[i - 1]) });
    for (i, (a, wa)) in all.iter().enumerate() {
        for (j, (b, wb)) in all.iter().enumerate() {
            let w = wa * wb;
            if w == 0.0 {
                continue;
            }
            if let Some(slot) = matrix.pattern().slot(*a, *b) {
                for (to, v) in matrix.blocks[slot as usize].iter_mut().zip(block) {
                    *to += w * v;
                }
            } else if i < j {
                // The block is symmetric, so its mirror is itself.
                couplings.push(Coupling { row: *a, column: *b, block: block.map(|v| w * v) });
            }
        }
    }
}
