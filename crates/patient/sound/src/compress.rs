//! A logarithm for display: no library call, the same bits everywhere, fit for a vector unit.

/// Largest error of [`log2_fast`]; in decibels of power 3.01 times as much.
#[cfg(test)]
const LOG2_ERROR_MAX: f64 = 3e-5;

/// Least-squares fit of (log₂(1 + t)/t − 1)/(1 − t) on [0, 1].
const FIT: [f32; 4] = [0.441_740_3, -0.266_029_9, 0.146_314_34, -0.044_004_69];

/// Binary logarithm of a positive normal number, to within 3·10⁻⁵.
#[inline]
#[must_use]
pub(crate) fn log2_fast(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    // Mantissa in [1, 2), less 1. The fit is exact at both ends, so that octaves join.
    let t = f32::from_bits((bits & 0x007F_FFFF) | 0x3F80_0000) - 1.0;
    let p = FIT[0] + t * (FIT[1] + t * (FIT[2] + t * FIT[3]));
    exponent as f32 + t * (1.0 + (1.0 - t) * p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::ops;

    /// Stay within the stated error over sixty decades of power.
    #[test]
    fn the_fast_logarithm_is_close() {
        let mut x = 1e-30_f32;
        while x < 1e30 {
            assert!((f64::from(log2_fast(x)) - ops::log2(f64::from(x))).abs() < LOG2_ERROR_MAX + 1e-5, "{x}");
            x *= 1.003_7;
        }
    }
}
