//! Even angles without trigonometry and without rejection.

use std::sync::OnceLock;

use proband_core::ops;

use crate::real::Real;

/// Sectors of the circle whose middles are kept.
const SECTORS: usize = 256;

/// Cosine and sine at the sectors' middles.
pub(crate) struct Azimuth {
    middle: [(f64, f64); SECTORS],
}

impl Azimuth {
    /// The one table of the program.
    pub(crate) fn shared() -> &'static Self {
        static TABLE: OnceLock<Azimuth> = OnceLock::new();
        TABLE.get_or_init(|| {
            let angle = |sector: usize| std::f64::consts::TAU * sector as f64 / SECTORS as f64;
            Self {
                middle: std::array::from_fn(|sector| {
                    let (s, c) = ops::sin_cos(angle(sector));
                    (c, s)
                }),
            }
        })
    }

    /// Cosine and sine of the angle that the lowest 24 bits of a word choose: 8 for the sector, 16 for the place in it.
    ///
    /// # Error
    /// The series within a sector (at most 1/81 rad) ends at the fifth power: 5·10⁻¹⁵.
    #[inline(always)]
    pub(crate) fn cos_sin<R: Real>(&self, word: u64) -> (R, R) {
        let (c, s) = self.middle[(word & 255) as usize];
        let (c, s) = (R::of(c), R::of(s));
        let place = R::whole((word >> 8) & 0xffff) - R::of(32_767.5);
        let angle = place * R::of(std::f64::consts::TAU / (SECTORS as f64 * 65_536.0));
        let square = angle * angle;
        let sine = angle * (R::ONE - square * (R::of(1.0 / 6.0) - square * R::of(1.0 / 120.0)));
        let cosine = R::ONE - square * (R::HALF - square * R::of(1.0 / 24.0));
        (c * cosine - s * sine, s * cosine + c * sine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Point into every direction alike: unit length, even sectors, no preferred side.
    #[test]
    fn angles_are_even() {
        let table = Azimuth::shared();
        let (mut sums, mut worst) = ([0.0; 4], 0.0_f64);
        let step = 37_u64;
        let count = (1_u64 << 24) / step;
        for i in 0..count {
            let (c, s) = table.cos_sin::<f64>(i * step);
            worst = worst.max((c * c + s * s - 1.0).abs());
            for (sum, add) in sums.iter_mut().zip([c, s, c * s, c * c - 0.5]) {
                *sum += add;
            }
        }
        assert!(worst < 2e-14, "{worst}");
        for sum in sums {
            assert!((sum / count as f64).abs() < 1e-5, "{sums:?}");
        }
    }
}
