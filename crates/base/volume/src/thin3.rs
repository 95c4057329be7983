//! Masks peeled down to lines one voxel wide.

use proband_core::frame::Frame;

use crate::Volume;

/// Neighbourhoods of 27 voxels as bits: dx + 3 dy + 9 dz, each from 0 to 2; the centre is bit 13.
const CENTRE: u32 = 13;
const ALL: u32 = (1 << 27) - 1;

const fn offset(code: u32) -> [i32; 3] {
    [code as i32 % 3 - 1, code as i32 / 3 % 3 - 1, code as i32 / 9 - 1]
}

/// For each place, the places of the neighbourhood that share a face (`steps` = 1) or at least a corner (3) with it.
const fn adjacency(steps: i32) -> [u32; 27] {
    let mut out = [0; 27];
    let mut a = 0;
    while a < 27 {
        let mut b = 0;
        while b < 27 {
            let (p, q) = (offset(a), offset(b));
            let gap = [(p[0] - q[0]).abs(), (p[1] - q[1]).abs(), (p[2] - q[2]).abs()];
            if a != b && gap[0] <= 1 && gap[1] <= 1 && gap[2] <= 1 && gap[0] + gap[1] + gap[2] <= steps {
                out[a as usize] |= 1 << b;
            }
            b += 1;
        }
        a += 1;
    }
    out
}

const BY_FACE: [u32; 27] = adjacency(1);
const BY_CORNER: [u32; 27] = adjacency(3);
const FACES: u32 = BY_FACE[CENTRE as usize];
/// Places that share a face or an edge with the centre.
const NEAR: u32 = adjacency(2)[CENTRE as usize];

/// All places of `among` that hang together with `start`.
fn flood(start: u32, among: u32, adjacency: &[u32; 27]) -> u32 {
    let (mut seen, mut open) = (start, start);
    while open != 0 {
        let mut next = 0;
        while open != 0 {
            next |= adjacency[open.trailing_zeros() as usize];
            open &= open - 1;
        }
        open = next & among & !seen;
        seen |= open;
    }
    seen
}

/// Whether the centre can go without a piece, hole or tunnel being made or lost, 26 neighbours inside and 6 outside.
///
/// # Source
/// Malandain and Bertrand 1992, "Fast characterization of 3D simple points", ICPR III:232.
fn is_simple(around: u32) -> bool {
    let inside = around & !(1 << CENTRE);
    if inside == 0 || flood(inside & inside.wrapping_neg(), inside, &BY_CORNER) != inside {
        return false;
    }
    let outside = !around & NEAR;
    let faces = outside & FACES;
    faces != 0 && flood(faces & faces.wrapping_neg(), outside, &BY_FACE) & faces == faces
}

/// Simple, and no end of a line.
fn may_go(around: u32) -> bool {
    (around & !(1 << CENTRE)).count_ones() > 1 && is_simple(around)
}

/// The part of a mask that holds it, with a border of one voxel, as bytes.
struct Work {
    data: Vec<u8>,
    size: [usize; 3],
    low: [usize; 3],
}

impl Work {
    fn new<F: Frame>(mask: &Volume<bool, F>) -> Option<Self> {
        let [nx, ny, _] = mask.size().map(|n| n as usize);
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        for (row, line) in mask.data().chunks_exact(nx).enumerate() {
            let Some(first) = line.iter().position(|m| *m) else { continue };
            let last = line.iter().rposition(|m| *m).unwrap_or(first);
            let at = [row % ny, row / ny];
            low = [low[0].min(first), low[1].min(at[0]), low[2].min(at[1])];
            high = [high[0].max(last), high[1].max(at[0]), high[2].max(at[1])];
        }
        if low[0] == usize::MAX {
            return None;
        }
        let size: [usize; 3] = std::array::from_fn(|a| high[a] - low[a] + 3);
        let mut data = vec![0_u8; size.iter().product()];
        for z in 1..size[2] - 1 {
            for y in 1..size[1] - 1 {
                let from = (z + low[2] - 1) * nx * ny + (y + low[1] - 1) * nx + low[0];
                let to = (z * size[1] + y) * size[0] + 1;
                for (out, m) in data[to..to + size[0] - 2].iter_mut().zip(&mask.data()[from..]) {
                    *out = u8::from(*m);
                }
            }
        }
        Some(Self { data, size, low })
    }

    fn around(&self, at: usize) -> u32 {
        let (row, slice) = (self.size[0], self.size[0] * self.size[1]);
        let mut bits = 0;
        for line in 0..9 {
            let from = at + line / 3 * slice + line % 3 * row - slice - row - 1;
            let three = &self.data[from..from + 3];
            bits |= u32::from(three[0] | three[1] << 1 | three[2] << 2) << (3 * line);
        }
        bits & ALL
    }

    /// Distances in memory to the six neighbours by face.
    fn faces(&self) -> [isize; 6] {
        let (row, slice) = (self.size[0] as isize, (self.size[0] * self.size[1]) as isize);
        [-slice, slice, -row, row, 1, -1]
    }
}

/// Peel a mask down to lines that are one voxel wide, with as many pieces (26 neighbours), holes and tunnels as it had.
///
/// Layer by layer, from six sides in turn: a voxel goes when that changes no topology and it is no end of a line.
/// Voxels of one turn go in the order of memory, each looked at again before it goes; so the result is always the same.
/// A ring becomes a ring, a ball one or a few voxels, a hollow shell stays a shell one voxel thick.
/// # Source
/// Lee, Kashyap and Chu 1994, CVGIP: Graph Models Image Process 56:462 (the turns and the second look).
#[must_use]
pub fn thin3<F: Frame>(mask: &Volume<bool, F>) -> Volume<bool, F> {
    let mut out = mask.map(|_| false);
    let Some(mut work) = Work::new(mask) else { return out };
    let faces = work.faces();
    let beside = |at: usize, step: isize| (at as isize + step) as usize;
    // Voxels with a face outside, 2 in the work marks that a voxel is listed.
    let mut border: Vec<u32> = Vec::new();
    for at in 0..work.data.len() {
        if work.data[at] != 0 && faces.iter().any(|f| work.data[beside(at, *f)] == 0) {
            border.push(at as u32);
        }
    }
    let mut listed = vec![0_u64; work.data.len().div_ceil(64)];
    border.iter().for_each(|at| listed[*at as usize / 64] |= 1 << (at % 64));
    let (mut chosen, mut fresh) = (Vec::new(), Vec::new());
    loop {
        let mut gone = 0_u64;
        for side in faces {
            chosen.clear();
            chosen.extend(
                border
                    .iter()
                    .map(|at| *at as usize)
                    .filter(|at| work.data[*at] != 0 && work.data[beside(*at, side)] == 0 && may_go(work.around(*at))),
            );
            for at in &chosen {
                // The second look sees ends too: a strip two voxels wide would else be unzipped to nothing.
                if !may_go(work.around(*at)) {
                    continue;
                }
                work.data[*at] = 0;
                gone += 1;
                for step in faces {
                    let to = beside(*at, step);
                    if work.data[to] != 0 && listed[to / 64] >> (to % 64) & 1 == 0 {
                        listed[to / 64] |= 1 << (to % 64);
                        fresh.push(to as u32);
                    }
                }
            }
        }
        if gone == 0 {
            break;
        }
        border.retain(|at| work.data[*at as usize] != 0);
        border.append(&mut fresh);
        border.sort_unstable();
    }
    let [nx, ny, _] = mask.size().map(|n| n as usize);
    for (at, _) in work.data.iter().enumerate().filter(|(_, v)| **v != 0) {
        let (x, y, z) = (at % work.size[0], at / work.size[0] % work.size[1], at / (work.size[0] * work.size[1]));
        out.data_mut()[(z + work.low[2] - 1) * nx * ny + (y + work.low[1] - 1) * nx + x + work.low[0] - 1] = true;
    }
    out
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::{Connectivity, Grid, components3};

    fn volume(size: [u32; 3], inside: impl Fn([f64; 3]) -> bool) -> Volume<bool> {
        let grid = Grid::<Patient>::aligned(size, [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
        Volume::from_fn(grid, |at| inside(at.map(f64::from)))
    }

    fn count(mask: &Volume<bool>) -> usize {
        mask.data().iter().filter(|m| **m).count()
    }

    /// Pieces inside (26 neighbours) and outside (6 neighbours, in a grid with a margin).
    fn pieces(mask: &Volume<bool>) -> (usize, usize) {
        let size = mask.size();
        let wide = volume(size.map(|n| n + 2), |at| {
            let at = at.map(|v| v as i64 - 1);
            mask.get(at).copied().unwrap_or(false)
        });
        let outside = wide.map(|m| !m);
        (components3(&wide, Connectivity::TwentySix).voxel_counts.len(), components3(&outside, Connectivity::Six).voxel_counts.len())
    }

    /// Leave a line of a bar, hardly anything of a ball, a ring of a torus and a shell of a hollow ball.
    #[test]
    fn known_shapes() {
        let square = |v: f64| v * v;
        let bar = thin3(&volume([40, 11, 11], |[x, y, z]| (2.0..38.0).contains(&x) && square(y - 5.0) + square(z - 5.0) < 10.0));
        assert!((28..=36).contains(&count(&bar)) && pieces(&bar) == (1, 1));
        let ball = thin3(&volume([21; 3], |p| p.iter().map(|v| square(v - 10.0)).sum::<f64>() < 64.0));
        assert!((1..=3).contains(&count(&ball)), "{}", count(&ball));
        let torus =
            thin3(&volume([41, 41, 11], |[x, y, z]| square((square(x - 20.0) + square(y - 20.0)).sqrt() - 13.0) + square(z - 5.0) < 12.0));
        assert!((60..=90).contains(&count(&torus)), "{}", count(&torus));
        let shell = volume([21; 3], |p| (16.0..64.0).contains(&p.iter().map(|v| square(v - 10.0)).sum::<f64>()));
        assert_eq!(pieces(&thin3(&shell)), (1, 2));
        assert_eq!(count(&thin3(&volume([5; 3], |_| false))), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Keep pieces and holes of any mask, add nothing, and have nothing left to peel but ends.
        #[test]
        fn topology_stays(bits in proptest::collection::vec(0_u8..10, 8 * 7 * 6), level in 1_u8..10) {
            let grid = Grid::<Patient>::aligned([8, 7, 6], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let mask = Volume::new(grid, bits.iter().map(|b| *b >= level).collect()).unwrap();
            let thin = thin3(&mask);
            prop_assert_eq!(pieces(&thin), pieces(&mask));
            prop_assert!(thin.data().iter().zip(mask.data()).all(|(t, m)| !t || *m));
            prop_assert_eq!(&thin3(&thin), &thin);
        }
    }
}
