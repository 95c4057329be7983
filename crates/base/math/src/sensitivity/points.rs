//! Points that fill a cube evenly.

use proband_core::Stream;

use super::SensitivityError;
use super::error::in_range;

/// Greatest dimension of the Sobol sequence: ten inputs with two matrices.
pub const SOBOL_DIMENSION_MAX: usize = 21;

/// Degree, coefficients and first direction numbers of dimensions 2 to 21.
///
/// # Source
/// Joe & Kuo 2008, SIAM J Sci Comput 30:2635–2654, file new-joe-kuo-6.
const DIRECTIONS: [(u32, u32, [u32; 7]); SOBOL_DIMENSION_MAX - 1] = [
    (1, 0, [1, 0, 0, 0, 0, 0, 0]),
    (2, 1, [1, 3, 0, 0, 0, 0, 0]),
    (3, 1, [1, 3, 1, 0, 0, 0, 0]),
    (3, 2, [1, 1, 1, 0, 0, 0, 0]),
    (4, 1, [1, 1, 3, 3, 0, 0, 0]),
    (4, 4, [1, 3, 5, 13, 0, 0, 0]),
    (5, 2, [1, 1, 5, 5, 17, 0, 0]),
    (5, 4, [1, 1, 5, 5, 5, 0, 0]),
    (5, 7, [1, 1, 7, 11, 19, 0, 0]),
    (5, 11, [1, 1, 5, 1, 1, 0, 0]),
    (5, 13, [1, 1, 1, 3, 11, 0, 0]),
    (5, 14, [1, 3, 5, 5, 31, 0, 0]),
    (6, 1, [1, 3, 3, 9, 7, 49, 0]),
    (6, 13, [1, 1, 1, 15, 21, 21, 0]),
    (6, 16, [1, 3, 1, 13, 27, 49, 0]),
    (6, 19, [1, 1, 1, 15, 7, 5, 0]),
    (6, 22, [1, 3, 1, 15, 13, 25, 0]),
    (6, 25, [1, 1, 5, 5, 19, 61, 0]),
    (7, 1, [1, 3, 7, 11, 23, 15, 103]),
    (7, 4, [1, 3, 7, 13, 13, 15, 69]),
];

/// Sobol's sequence, each dimension scrambled by itself (Owen), so that replicates are independent and no point is at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct SobolSequence {
    /// Direction numbers, shape [dimension][32].
    directions: Vec<[u32; 32]>,
    /// Scrambling seed of each dimension.
    seeds: Vec<u32>,
}

impl SobolSequence {
    /// A sequence scrambled with draws from `stream`.
    ///
    /// # Source
    /// Sobol' 1967, USSR Comput Math 7:86; Owen 1995; hash of Laine & Karras 2011 as improved by Burley 2020, J Comput Graph Tech 9(4):1.
    /// # Errors
    /// [`SensitivityError::OutOfRange`] for a dimension of 0 or above [`SOBOL_DIMENSION_MAX`].
    pub fn new(dimension: usize, stream: &mut Stream) -> Result<Self, SensitivityError> {
        in_range("dimension of the Sobol sequence", dimension as f64, 1.0, SOBOL_DIMENSION_MAX as f64)?;
        let directions = (0..dimension).map(directions).collect();
        Ok(Self { directions, seeds: (0..dimension).map(|_| stream.next_u32()).collect() })
    }

    /// Coordinate of a point, in (0, 1).
    #[must_use]
    pub fn at(&self, index: u32, dimension: usize) -> f64 {
        (f64::from(scramble(self.plain(index, dimension), self.seeds[dimension])) + 0.5) / 4_294_967_296.0
    }

    fn plain(&self, index: u32, dimension: usize) -> u32 {
        let mut bits = index;
        let mut x = 0;
        while bits != 0 {
            let bit = bits.trailing_zeros();
            x ^= self.directions[dimension][bit as usize];
            bits &= bits - 1;
        }
        x
    }
}

fn directions(dimension: usize) -> [u32; 32] {
    let mut v = [0_u32; 32];
    if dimension == 0 {
        for (i, v) in v.iter_mut().enumerate() {
            *v = 1 << (31 - i);
        }
        return v;
    }
    let (degree, coefficients, first) = DIRECTIONS[dimension - 1];
    let s = degree as usize;
    for i in 0..32 {
        if i < s {
            v[i] = first[i] << (31 - i);
        } else {
            v[i] = v[i - s] ^ (v[i - s] >> s);
            for k in 1..s {
                v[i] ^= ((coefficients >> (s - 1 - k)) & 1) * v[i - k];
            }
        }
    }
    v
}

/// Owen's nested scrambling: each bit is flipped by a hash of the bits above it.
fn scramble(x: u32, seed: u32) -> u32 {
    let mut x = x.reverse_bits();
    x ^= x.wrapping_mul(0x3d20_adea);
    x = x.wrapping_add(seed);
    x = x.wrapping_mul((seed >> 16) | 1);
    x ^= x.wrapping_mul(0x0552_6c56);
    x ^= x.wrapping_mul(0x53a2_2864);
    x.reverse_bits()
}

/// `count` points of which each coordinate falls once into each of `count` equal parts, shape [count][dimension].
///
/// # Source
/// McKay, Beckman & Conover 1979, Technometrics 21:239–245.
#[must_use]
pub fn latin_hypercube(count: u32, dimension: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut points = vec![vec![0.0; dimension]; count as usize];
    let mut order: Vec<u32> = (0..count).collect();
    for column in 0..dimension {
        for i in (1..count).rev() {
            order.swap(i as usize, stream.index(i + 1) as usize);
        }
        for (point, part) in points.iter_mut().zip(&order) {
            point[column] = (f64::from(*part) + stream.uniform()) / f64::from(count);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keep the first points of the plain sequence, and every elementary interval of each dimension after scrambling.
    #[test]
    fn sobol_points_fill_every_part() {
        let sequence = SobolSequence::new(SOBOL_DIMENSION_MAX, &mut Stream::new(1, 0, "sobol")).unwrap();
        let plain = |i, d| f64::from(sequence.plain(i, d)) / 4_294_967_296.0;
        // Points 1 to 4 of the classical sequence, in binary (not Gray) order.
        let rows = [[0.5, 0.5, 0.5], [0.25, 0.75, 0.75], [0.75, 0.25, 0.25], [0.125, 0.625, 0.375]];
        for (i, row) in rows.iter().enumerate() {
            for (d, value) in row.iter().enumerate() {
                assert_eq!(plain(i as u32 + 1, d), *value, "{i} {d}");
            }
        }
        for d in 0..SOBOL_DIMENSION_MAX {
            let mut seen = vec![0; 256];
            (0..256).for_each(|i| seen[(sequence.at(i, d) * 256.0) as usize] += 1);
            assert!(seen.iter().all(|s| *s == 1), "{d}");
        }
        // The first two dimensions are a (0, m, 2) net: every box of area 1/256 holds one point of 256.
        for split in 0..=8 {
            let (a, b) = (1 << split, 256 >> split);
            let mut seen = vec![0; 256];
            (0..256).for_each(|i| {
                seen[(sequence.at(i, 0) * f64::from(a)) as usize * b as usize + (sequence.at(i, 1) * f64::from(b)) as usize] += 1
            });
            assert!(seen.iter().all(|s| *s == 1), "{split}");
        }
        assert!(
            SobolSequence::new(0, &mut Stream::new(1, 0, "s")).is_err() && SobolSequence::new(22, &mut Stream::new(1, 0, "s")).is_err()
        );
    }

    /// Put one point into each part of each coordinate.
    #[test]
    fn latin_points_fill_every_part() {
        let points = latin_hypercube(50, 3, &mut Stream::new(1, 0, "latin"));
        for d in 0..3 {
            let mut parts: Vec<u32> = points.iter().map(|p| (p[d] * 50.0) as u32).collect();
            parts.sort_unstable();
            assert_eq!(parts, (0..50).collect::<Vec<_>>());
        }
    }
}
