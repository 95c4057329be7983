//! The body-centred cubic lattice: two cubic grids, one in the middles of the other's cells.

use crate::vector::V3;

/// Material number of a lattice point that lies on an interface: it belongs to every material around it.
pub(crate) const ON_INTERFACE: u16 = u16::MAX;

/// Box of `cells` cubes. Corners come first in the numbering, then middles; x runs fastest.
#[derive(Clone, Debug)]
pub(crate) struct Lattice {
    pub(crate) cells: [u32; 3],
    pub(crate) cell_m: f64,
    pub(crate) origin_m: V3,
}

/// A lattice point: corner or middle, and its indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) is_middle: bool,
    pub(crate) at: [u32; 3],
}

/// Directions from a point: 0–5 are +x −x +y −y +z −z, 6–13 the eight short edges, bit i of (direction − 6) = upwards on axis i.
pub(crate) const DIRECTION_COUNT: u8 = 14;
/// First of the short directions.
pub(crate) const SHORT: u8 = 6;

impl Lattice {
    fn corner_dims(&self) -> [u64; 3] {
        self.cells.map(|c| u64::from(c) + 1)
    }

    pub(crate) fn corner_count(&self) -> usize {
        self.corner_dims().iter().product::<u64>() as usize
    }

    pub(crate) fn node_count(&self) -> usize {
        self.corner_count() + self.cells.iter().map(|&c| u64::from(c)).product::<u64>() as usize
    }

    pub(crate) fn corner(&self, at: [u32; 3]) -> u32 {
        let [nx, ny, _] = self.cells.map(|c| c + 1);
        at[0] + nx * (at[1] + ny * at[2])
    }

    pub(crate) fn middle(&self, at: [u32; 3]) -> u32 {
        self.corner_count() as u32 + at[0] + self.cells[0] * (at[1] + self.cells[1] * at[2])
    }

    pub(crate) fn node(&self, place: Place) -> u32 {
        if place.is_middle { self.middle(place.at) } else { self.corner(place.at) }
    }

    pub(crate) fn place(&self, node: u32) -> Place {
        let corners = self.corner_count() as u32;
        let is_middle = node >= corners;
        let (index, [nx, ny]) =
            if is_middle { (node - corners, [self.cells[0], self.cells[1]]) } else { (node, [self.cells[0] + 1, self.cells[1] + 1]) };
        Place { is_middle, at: [index % nx, (index / nx) % ny, index / (nx * ny)] }
    }

    pub(crate) fn position_m(&self, place: Place) -> V3 {
        let half = if place.is_middle { 0.5 } else { 0.0 };
        std::array::from_fn(|i| self.origin_m[i] + self.cell_m * (f64::from(place.at[i]) + half))
    }

    /// Whether a point belongs to the outermost layer, where nothing may be.
    pub(crate) fn is_outermost(&self, place: Place) -> bool {
        (0..3).any(|i| place.at[i] == 0 || place.at[i] + u32::from(place.is_middle) == self.cells[i])
    }

    /// The point in a direction, if the lattice has it.
    pub(crate) fn neighbour(&self, place: Place, direction: u8) -> Option<Place> {
        let mut step = [0_i64; 3];
        if direction < SHORT {
            step[usize::from(direction / 2)] = if direction.is_multiple_of(2) { 1 } else { -1 };
        } else {
            let up = direction - SHORT;
            for (i, s) in step.iter_mut().enumerate() {
                *s = i64::from((up >> i) & 1) - i64::from(!place.is_middle);
            }
        }
        let is_middle = place.is_middle != (direction >= SHORT);
        let mut at = [0; 3];
        for i in 0..3 {
            let limit = i64::from(self.cells[i]) - i64::from(is_middle);
            let x = i64::from(place.at[i]) + step[i];
            if x < 0 || x > limit {
                return None;
            }
            at[i] = x as u32;
        }
        Some(Place { is_middle, at })
    }
}

/// The direction back.
pub(crate) fn reversed(direction: u8) -> u8 {
    if direction < SHORT { direction ^ 1 } else { SHORT + 7 - (direction - SHORT) }
}

/// Whether the edge in a direction is kept at this end: upwards for long edges, at the middle for short ones.
pub(crate) fn is_owner(is_middle: bool, direction: u8) -> bool {
    if direction < SHORT { direction.is_multiple_of(2) } else { is_middle }
}

/// Bit of an edge in its owner's mask.
pub(crate) fn edge_bit(direction: u8) -> u16 {
    if direction < SHORT { 1 << (direction / 2) } else { 1 << (3 + direction - SHORT) }
}

/// Direction of a bit in its owner's mask.
pub(crate) fn bit_direction(bit: u8) -> u8 {
    if bit < 3 { 2 * bit } else { SHORT + bit - 3 }
}
