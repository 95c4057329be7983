//! A body linearised at rest, condensed to the points that needles hold.
//!
//! u = Σ A⁻¹ Jᵀ f over the points: three solves of the factored stiffness for a new point, products of small matrices for a tick.

use proband_math::sparse::{BlockMatrix, BlockPattern, EnvelopeCholesky, reverse_cuthill_mckee};

use super::boxed::{At, solve_boxed};
use super::place::{Finder, Spread};
use super::row::{Hold, Row, Spot, shaft_compliance_m_per_n};
use crate::TissueError;
use crate::error::check;
use crate::fem::assemble::{Buffers, Into, assemble};
use crate::fem::element::Want;
use crate::fem::mat3::{M3, dot3, times};
use crate::fem::model::FemModel;
use crate::fem::spec::FemSpec;

/// Most entries of the factor: 0.8 GB.
const ENTRY_COUNT_MAX: f64 = 1e8;

/// A body whose stiffness is that at rest: small displacements, no inertia. Immutable.
#[derive(Clone, Debug)]
pub struct LinearBody {
    pub(crate) model: FemModel,
    pub(crate) finder: Finder,
    factor: EnvelopeCholesky,
    /// Place of each node in the factor.
    place: Vec<u32>,
    blur_m: f64,
    /// Factor on all stiffness [1].
    scale: f64,
}

impl LinearBody {
    /// Factor the stiffness of a body at rest. `blur_m`: a needle's force on a point is spread over a cube of this half width [m]; half a
    /// cell makes the answer even from cell to cell, and stands for the needle's thickness.
    ///
    /// # Errors
    /// [`TissueError`] names the field that does not fit; a body that is not held is [`TissueError::Sparse`].
    pub fn new(spec: &FemSpec, blur_m: f64) -> Result<Self, TissueError> {
        check("blur_m", blur_m, 0.0, 1.0, "m")?;
        let model = FemModel::new(spec)?;
        let count = model.nodes_m.len();
        let mut matrix = BlockMatrix::zero(model.pattern.clone());
        let (zero, mut force) = (vec![[0.0; 3]; count], vec![[0.0; 3]; count]);
        assemble(&model, &[], &zero, Want::Tangent, &mut Into { force: &mut force, matrix: Some(&mut matrix) }, &mut Buffers::default());
        for (node, axes) in model.fixed.iter().enumerate() {
            for (axis, fixed) in axes.iter().enumerate() {
                if *fixed {
                    matrix.fix(node, axis);
                }
            }
        }
        let (place, first) = ordered(matrix.pattern());
        let entries: f64 = first.iter().enumerate().map(|(row, first)| (row - *first as usize + 1) as f64).sum();
        check("entries of the factor", entries, 1.0, ENTRY_COUNT_MAX, "1")?;
        let mut factor = EnvelopeCholesky::with_envelope(first)?;
        for node in 0..count {
            for slot in matrix.pattern().slots(node) {
                let (p, q) = (place[node] as usize, place[matrix.pattern().column(slot)] as usize);
                if q > p {
                    continue;
                }
                for (k, v) in matrix.blocks[slot].iter().enumerate() {
                    let (row, column) = (3 * p + k / 3, 3 * q + k % 3);
                    if column <= row {
                        factor.add(row, column, *v);
                    }
                }
            }
        }
        factor.factor()?;
        let finder = Finder::new(&model);
        Ok(Self { model, finder, factor, place, blur_m, scale: 1.0 })
    }

    /// Displacements [m] of all nodes under dead forces [N] on nodes, shape [node_count, 3].
    #[must_use]
    pub fn displacements_m(&self, forces_n: &[(u32, [f64; 3])]) -> Vec<[f64; 3]> {
        let mut x = vec![0.0; 3 * self.model.nodes_m.len()];
        for (node, force) in forces_n {
            for (axis, v) in force.iter().enumerate() {
                if !self.model.fixed[*node as usize][axis] {
                    x[3 * *node as usize + axis] += v;
                }
            }
        }
        self.solve(&mut x);
        x.chunks_exact(3).map(|v| [v[0], v[1], v[2]]).collect()
    }

    fn solve(&self, x: &mut [f64]) {
        let mut y = vec![0.0; x.len()];
        for (node, &place) in self.place.iter().enumerate() {
            y[3 * place as usize..3 * place as usize + 3].copy_from_slice(&x[3 * node..3 * node + 3]);
        }
        self.factor.solve(&mut y);
        for (node, &place) in self.place.iter().enumerate() {
            for k in 0..3 {
                x[3 * node + k] = y[3 * place as usize + k] / self.scale;
            }
        }
    }

    /// The same body, everything stiffer by a factor [1].
    ///
    /// # Errors
    /// [`TissueError::OutOfRange`] for a factor outside 1e-6 to 1e6.
    pub fn stiffened(mut self, factor: f64) -> Result<Self, TissueError> {
        check("factor", factor, 1e-6, 1e6, "1")?;
        self.scale *= factor;
        Ok(self)
    }

    /// Nodes at rest [m].
    #[must_use]
    pub fn nodes_m(&self) -> &[[f64; 3]] {
        &self.model.nodes_m
    }

    /// Displacement along a direction by a unit force along it at a point at rest [m/N]; `None` outside the body.
    #[must_use]
    pub fn compliance_m_per_n(&self, at_m: [f64; 3], direction: [f64; 3]) -> Option<f64> {
        Some(dot3(direction, times(&self.compliance_at(at_m)?, direction)))
    }

    /// Displacement by unit forces at a point at rest [m/N], axis by axis; `None` outside the body.
    pub(crate) fn compliance_at(&self, at_m: [f64; 3]) -> Option<M3> {
        let spread = self.finder.find_blurred(&self.model, at_m, self.blur_m)?;
        Some(carried(&self.columns(&spread), &spread))
    }

    /// Displacement of all nodes for unit forces along x, y, z on a point.
    fn columns(&self, spread: &Spread) -> [Vec<f64>; 3] {
        std::array::from_fn(|axis| {
            let mut x = vec![0.0; 3 * self.model.nodes_m.len()];
            for &(node, weight) in &spread.nodes {
                if !self.model.fixed[node as usize][axis] {
                    x[3 * node as usize + axis] = weight;
                }
            }
            self.solve(&mut x);
            x
        })
    }
}

/// Order of the nodes in the factor and where its rows begin: as they are numbered, or by Cuthill & McKee where that keeps less.
fn ordered(pattern: &BlockPattern) -> (Vec<u32>, Vec<u32>) {
    let count = pattern.row_count();
    let neighbours: Vec<Vec<u32>> = (0..count).map(|n| pattern.columns(n).to_vec()).collect();
    let mut turned = vec![0; count];
    for (new, old) in reverse_cuthill_mckee(&neighbours).into_iter().enumerate() {
        turned[old as usize] = new as u32;
    }
    let first = |place: &[u32]| -> Vec<u32> {
        let mut first: Vec<u32> = (0..count as u32).collect();
        for (node, list) in neighbours.iter().enumerate() {
            let least = list.iter().map(|&n| place[n as usize]).min().unwrap_or(place[node]);
            first[place[node] as usize] = least.min(place[node]);
        }
        first.into_iter().flat_map(|least| [3 * least; 3]).collect()
    };
    let natural: Vec<u32> = (0..count as u32).collect();
    let size = |first: &[u32]| -> u64 { first.iter().enumerate().map(|(row, first)| row as u64 - u64::from(*first)).sum() };
    let (plain, other) = (first(&natural), first(&turned));
    if size(&other) < size(&plain) { (turned, other) } else { (natural, plain) }
}

/// Motion of a point for the unit forces that made the columns: rows are axes of motion, columns axes of force.
fn carried(columns: &[Vec<f64>; 3], spread: &Spread) -> M3 {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| spread.nodes.iter().map(|&(node, weight)| weight * columns[j][3 * node as usize + i]).sum())
    })
}

/// Memory for the points that needles hold. Nothing in it but what follows from the state.
#[derive(Clone, Debug, Default)]
pub struct LinearSpace {
    points_m: Vec<[f64; 3]>,
    spreads: Vec<Spread>,
    columns: Vec<[Vec<f64>; 3]>,
    /// Motion of point i for forces on point k.
    blocks: Vec<Vec<M3>>,
    w: Vec<f64>,
}

impl LinearSpace {
    /// Make the points of a state known: columns are computed for those that are new.
    pub(crate) fn know(&mut self, body: &LinearBody, points_m: &[[f64; 3]]) {
        let same = self.points_m.iter().zip(points_m).take_while(|(a, b)| a == b).count();
        self.points_m.truncate(same);
        self.spreads.truncate(same);
        self.columns.truncate(same);
        self.blocks.truncate(same);
        for row in &mut self.blocks {
            row.truncate(same);
        }
        for &at in &points_m[same..] {
            let spread = body.finder.find_blurred(&body.model, at, body.blur_m).unwrap_or_default();
            let columns = body.columns(&spread);
            for (row, other) in self.blocks.iter_mut().zip(&self.spreads) {
                row.push(carried(&columns, other));
            }
            let mut row: Vec<M3> = self.blocks.iter().map(|row| transpose(&row[row.len() - 1])).collect();
            row.push(carried(&columns, &spread));
            self.blocks.push(row);
            self.points_m.push(at);
            self.spreads.push(spread);
            self.columns.push(columns);
        }
    }

    /// Motion of a spot along `along` for a unit force on another along `by`.
    fn between(&self, one: Spot, along: [f64; 3], other: Spot, by: [f64; 3]) -> f64 {
        let mut sum = 0.0;
        for (i, p) in one.ends() {
            for (k, q) in other.ends() {
                if p != 0.0 && q != 0.0 {
                    sum += p * q * dot3(along, times(&self.blocks[i][k], by));
                }
            }
        }
        sum
    }

    /// Displacement of a spot under the forces of rows [m].
    pub(crate) fn displacement(&self, spot: Spot, rows: &[Row]) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for row in rows.iter().filter(|r| r.force_n != 0.0) {
            for (i, p) in spot.ends() {
                for (k, q) in row.spot.ends() {
                    if p != 0.0 && q != 0.0 {
                        let moved = times(&self.blocks[i][k], row.direction);
                        for axis in 0..3 {
                            sum[axis] += p * q * row.force_n * moved[axis];
                        }
                    }
                }
            }
        }
        sum
    }

    /// Displacement of any point at rest [m]; zero outside the body.
    pub(crate) fn displacement_at(&self, body: &LinearBody, at_m: [f64; 3], rows: &[Row]) -> [f64; 3] {
        let mut sum = [0.0; 3];
        let Some((_, spread)) = body.finder.find(&body.model, at_m) else { return sum };
        for row in rows.iter().filter(|r| r.force_n != 0.0) {
            for (k, q) in row.spot.ends() {
                if q != 0.0 {
                    let moved = times(&carried(&self.columns[k], &spread), row.direction);
                    for axis in 0..3 {
                        sum[axis] += q * row.force_n * moved[axis];
                    }
                }
            }
        }
        sum
    }

    /// Displacement of every node [m].
    pub(crate) fn field_m(&self, body: &LinearBody, rows: &[Row]) -> Vec<[f64; 3]> {
        let mut u = vec![[0.0; 3]; body.model.nodes_m.len()];
        for row in rows.iter().filter(|r| r.force_n != 0.0) {
            for (k, q) in row.spot.ends() {
                for axis in 0..3 {
                    let s = q * row.force_n * row.direction[axis];
                    if s != 0.0 {
                        for (u, c) in u.as_flattened_mut().iter_mut().zip(&self.columns[k][axis]) {
                            *u += s * c;
                        }
                    }
                }
            }
        }
        u
    }

    /// Motion that one row makes in another, the bending of a shared shaft included [m/N].
    pub(crate) fn compliance(&self, one: &Row, other: &Row, bending_n_m2: &[f64]) -> f64 {
        let tissue = self.between(one.spot, one.direction, other.spot, other.direction);
        if one.name.0 != other.name.0 {
            return tissue;
        }
        let shared = dot3(one.across, other.across);
        if shared == 0.0 {
            return tissue;
        }
        tissue + shared * shaft_compliance_m_per_n(bending_n_m2[usize::from(one.name.0)], [one.from_hub_m, other.from_hub_m])
    }

    /// Find the forces of all rows. Returns whether the search settled; otherwise the forces stay within their bounds.
    pub(crate) fn settle(&mut self, rows: &mut [Row], bending_n_m2: &[f64]) -> bool {
        let n = rows.len();
        let mut w = std::mem::take(&mut self.w);
        w.clear();
        w.resize(n * n, 0.0);
        for i in 0..n {
            for k in 0..=i {
                let v = self.compliance(&rows[i], &rows[k], bending_n_m2);
                w[i * n + k] = v;
                w[k * n + i] = v;
            }
        }
        let of = |get: fn(&Row) -> f64| -> Vec<f64> { rows.iter().map(get).collect() };
        let (wanted, low, high, mut f) = (of(|r| r.wanted_m), of(|r| r.low_n), of(|r| r.high_n), of(|r| r.force_n));
        let mut at: Vec<At> = rows
            .iter()
            .map(|r| match r.hold {
                _ if r.low_n >= r.high_n => At::High,
                Hold::Low => At::Low,
                Hold::High => At::High,
                Hold::Meets => At::Between,
            })
            .collect();
        let settled = solve_boxed(&w, &wanted, &low, &high, &mut at, &mut f).is_some();
        for (row, (f, at)) in rows.iter_mut().zip(f.iter().zip(&at)) {
            row.force_n = f.clamp(row.low_n, row.high_n);
            row.hold = match at {
                At::Low => Hold::Low,
                At::Between => Hold::Meets,
                At::High => Hold::High,
            };
        }
        self.w = w;
        settled
    }

    /// Energy that tissue and shafts hold under the forces of rows [J]: ½ fᵀ W f.
    pub(crate) fn stored_j(&self, rows: &[Row], bending_n_m2: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (i, one) in rows.iter().enumerate() {
            for (k, other) in rows[..=i].iter().enumerate() {
                let v = one.force_n * other.force_n;
                if v != 0.0 {
                    sum += if i == k { 0.5 } else { 1.0 } * v * self.compliance(one, other, bending_n_m2);
                }
            }
        }
        sum
    }
}

fn transpose(m: &M3) -> M3 {
    std::array::from_fn(|i| std::array::from_fn(|k| m[k][i]))
}
