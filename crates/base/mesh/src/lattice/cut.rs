//! Sampling: materials at lattice points, cut points on edges between different ones.

use rayon::prelude::*;

use super::grid::{DIRECTION_COUNT, Lattice, ON_INTERFACE, Place, SHORT, bit_direction, edge_bit, is_owner, reversed};
use crate::field::LabelField;
use crate::vector::{V3, mix};

/// Lattice points that one task looks at.
const CHUNK: usize = 1 << 14;
/// Layers of cells, and cells along the other axes, that are asked for one point and its certainty first.
const BLOCK: u32 = 4;
/// Masks, fractions and owners of the cut edges of a chunk of points.
type ChunkCuts = (Vec<u16>, Vec<f64>, Vec<(u32, u8)>);
/// No moved position.
pub(crate) const UNMOVED: u32 = u32::MAX;

/// The lattice with everything that is known about its points and edges.
pub(crate) struct Sampled {
    pub(crate) lattice: Lattice,
    /// Material of each point; [`ON_INTERFACE`] after it was moved there.
    pub(crate) labels: Vec<u16>,
    /// Edges of each point, as their owner, that have a cut point.
    pub(crate) masks: Vec<u16>,
    /// Number of the first cut point of each owner.
    pub(crate) offsets: Vec<u32>,
    /// Fraction of the way from owner to neighbour, per cut point.
    pub(crate) cuts: Vec<f64>,
    /// Owner of each cut point, and the edge's bit.
    pub(crate) owners: Vec<(u32, u8)>,
    /// Place in `moved_m` of each point, [`UNMOVED`] for most.
    pub(crate) moved: Vec<u32>,
    /// New positions of points that were moved [m].
    pub(crate) moved_m: Vec<V3>,
}

impl Sampled {
    /// Ask a field for every point and edge of a lattice.
    pub(crate) fn new<F: LabelField + ?Sized>(lattice: Lattice, field: &F, cut_steps: u32) -> Self {
        let labels = sample_labels(&lattice, field);
        let mut sampled = Self {
            masks: vec![0; labels.len()],
            offsets: vec![0; labels.len()],
            cuts: Vec::new(),
            owners: Vec::new(),
            moved: vec![UNMOVED; labels.len()],
            moved_m: Vec::new(),
            labels,
            lattice,
        };
        sampled.find_cuts(field, cut_steps);
        sampled
    }

    /// Where a point is now [m].
    pub(crate) fn position_m(&self, node: u32) -> V3 {
        match self.moved[node as usize] {
            UNMOVED => self.lattice.position_m(self.lattice.place(node)),
            moved => self.moved_m[moved as usize],
        }
    }

    /// Move a point to an interface.
    pub(crate) fn snap(&mut self, node: u32, to_m: V3) {
        self.moved[node as usize] = self.moved_m.len() as u32;
        self.moved_m.push(to_m);
        self.labels[node as usize] = ON_INTERFACE;
    }

    /// Number of the cut point on an edge, known by owner and bit; there must be one.
    pub(crate) fn cut_number(&self, owner: u32, bit: u8) -> u32 {
        let before = self.masks[owner as usize] & ((1_u16 << bit) - 1);
        self.offsets[owner as usize] + before.count_ones()
    }

    /// The other end of an owner's edge.
    pub(crate) fn other_end(&self, owner: u32, bit: u8) -> u32 {
        let place = self.lattice.place(owner);
        self.lattice.neighbour(place, bit_direction(bit)).map_or(owner, |p| self.lattice.node(p))
    }

    /// Where a cut point is [m].
    pub(crate) fn cut_position_m(&self, cut: u32) -> V3 {
        let (owner, bit) = self.owners[cut as usize];
        let place = self.lattice.place(owner);
        let other = self.lattice.neighbour(place, bit_direction(bit)).unwrap_or(place);
        mix(self.lattice.position_m(place), self.lattice.position_m(other), self.cuts[cut as usize])
    }

    /// Fraction along the edge from a point in a direction at which it is cut, if it was.
    pub(crate) fn cut_from(&self, place: Place, direction: u8) -> Option<f64> {
        let other = self.lattice.neighbour(place, direction)?;
        let owned = is_owner(place.is_middle, direction);
        let (owner, toward) = if owned { (place, direction) } else { (other, reversed(direction)) };
        let owner = self.lattice.node(owner);
        let bit = edge_bit(toward).trailing_zeros() as u8;
        if self.masks[owner as usize] & (1 << bit) == 0 {
            return None;
        }
        let t = self.cuts[self.cut_number(owner, bit) as usize];
        Some(if owned { t } else { 1.0 - t })
    }

    fn find_cuts<F: LabelField + ?Sized>(&mut self, field: &F, steps: u32) {
        let (lattice, labels) = (&self.lattice, &self.labels);
        let found: Vec<ChunkCuts> = (0..labels.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let first = chunk * CHUNK;
                let last = labels.len().min(first + CHUNK);
                let (mut masks, mut cuts, mut owners) = (vec![0_u16; last - first], Vec::new(), Vec::new());
                for node in first..last {
                    let place = lattice.place(node as u32);
                    for direction in (0..DIRECTION_COUNT).filter(|&d| is_owner(place.is_middle, d)) {
                        let Some(other) = lattice.neighbour(place, direction) else { continue };
                        let (a, b) = (labels[node], labels[lattice.node(other) as usize]);
                        if a != b {
                            let bit = edge_bit(direction);
                            masks[node - first] |= bit;
                            owners.push((node as u32, bit.trailing_zeros() as u8));
                            cuts.push(crossing(field, lattice.position_m(place), lattice.position_m(other), a, b, steps));
                        }
                    }
                }
                (masks, cuts, owners)
            })
            .collect();
        for (chunk, (masks, cuts, owners)) in found.into_iter().enumerate() {
            let mut next = self.cuts.len() as u32;
            for (i, mask) in masks.into_iter().enumerate() {
                self.masks[chunk * CHUNK + i] = mask;
                self.offsets[chunk * CHUNK + i] = next;
                next += mask.count_ones();
            }
            self.cuts.extend(cuts);
            self.owners.extend(owners);
        }
    }
}

/// Fraction of the way from u (material a) to v (material b) at which the balance changes sign.
///
/// Regula falsi with the Illinois rule (Dowell & Jarratt 1971, BIT 11:168): brackets always, faster than halving.
fn crossing<F: LabelField + ?Sized>(field: &F, u: V3, v: V3, a: u16, b: u16, steps: u32) -> f64 {
    let at = |t: f64| field.balance(mix(u, v, t), a, b);
    let (mut low, mut high) = (0.0, 1.0);
    let (mut f_low, mut f_high) = (at(low), at(high));
    if !(f_low <= 0.0 && f_high >= 0.0 && f_high - f_low > 0.0) {
        // A third material lies between, or the field is no number here.
        return 0.5;
    }
    let mut t = 0.5;
    for _ in 0..=steps {
        t = low + (high - low) * (f_low / (f_low - f_high)).clamp(0.0, 1.0);
        let f = at(t);
        if f == 0.0 || f.is_nan() {
            break;
        }
        if f < 0.0 {
            if low > 0.0 && t > low {
                f_high *= 0.5;
            }
            (low, f_low) = (t, f);
        } else {
            if high < 1.0 && t < high {
                f_low *= 0.5;
            }
            (high, f_high) = (t, f);
        }
        if high - low < 1e-9 {
            break;
        }
    }
    t.clamp(0.0, 1.0)
}

/// Material of every point, block by block: where the field is certain for a whole block, its points are not asked.
fn sample_labels<F: LabelField + ?Sized>(lattice: &Lattice, field: &F) -> Vec<u16> {
    let [nx, ny, _] = lattice.cells;
    let corner_layer = ((nx + 1) * (ny + 1)) as usize;
    let middle_layer = (nx * ny) as usize;
    let mut labels = vec![0_u16; lattice.node_count()];
    let (corners, middles) = labels.split_at_mut(lattice.corner_count());
    let slabs = corners.par_chunks_mut(corner_layer * BLOCK as usize).enumerate();
    let mut rest = middles;
    let mut parts = Vec::new();
    for _ in 0..(lattice.cells[2] + 1).div_ceil(BLOCK) {
        let take = rest.len().min(middle_layer * BLOCK as usize);
        let (part, after) = rest.split_at_mut(take);
        parts.push(part);
        rest = after;
    }
    slabs.zip(parts.into_par_iter()).for_each(|((slab, corners), middles)| {
        let z = slab as u32 * BLOCK;
        for y in (0..=ny).step_by(BLOCK as usize) {
            for x in (0..=nx).step_by(BLOCK as usize) {
                sample_block(lattice, field, [x, y, z], corners, middles);
            }
        }
    });
    labels
}

fn sample_block<F: LabelField + ?Sized>(lattice: &Lattice, field: &F, first: [u32; 3], corners: &mut [u16], middles: &mut [u16]) {
    // The block's points lie within (BLOCK − ½) cells of its first corner along each axis.
    let half = 0.5 * (f64::from(BLOCK) - 0.5);
    let centre = std::array::from_fn(|i| lattice.origin_m[i] + lattice.cell_m * (f64::from(first[i]) + half));
    let (block_label, sure_m) = field.label(centre);
    let is_sure = sure_m > 1.001 * half * 3.0_f64.sqrt() * lattice.cell_m;
    for (is_middle, out) in [(false, corners), (true, middles)] {
        let dims = lattice.cells.map(|c| c + u32::from(!is_middle));
        let end: [u32; 3] = std::array::from_fn(|i| dims[i].min(first[i] + BLOCK));
        for z in first[2]..end[2] {
            for y in first[1]..end[1] {
                for x in first[0]..end[0] {
                    let place = Place { is_middle, at: [x, y, z] };
                    let index = x + dims[0] * (y + dims[1] * (z - first[2]));
                    out[index as usize] = if lattice.is_outermost(place) {
                        0
                    } else if is_sure {
                        block_label
                    } else {
                        field.label(lattice.position_m(place)).0
                    };
                }
            }
        }
    }
}

/// Length of an edge over the cell's side: 1 for long ones, √3/2 for short ones.
pub(crate) fn relative_length(direction: u8) -> f64 {
    if direction < SHORT { 1.0 } else { 0.5 * 3.0_f64.sqrt() }
}
