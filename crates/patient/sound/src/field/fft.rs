//! A fast Fourier transform of length 2ⁿ, enough for echoes of some thousand samples.

use proband_core::ops;

/// Factors of one length.
pub(super) struct Fft {
    /// exp(2πi k/length), k below half the length.
    roots: Vec<[f64; 2]>,
}

impl Fft {
    /// For `length` values, a power of two.
    pub(super) fn new(length: usize) -> Self {
        let turn = |k: usize| std::f64::consts::TAU * k as f64 / length as f64;
        Self { roots: (0..length / 2).map(|k| ops::sin_cos(turn(k))).map(|(s, c)| [c, s]).collect() }
    }

    /// Σ x_k exp(+2πi j k/length) for every j, in place, unscaled.
    pub(super) fn synthesise(&self, data: &mut [[f64; 2]]) {
        let length = data.len();
        debug_assert_eq!(length, (2 * self.roots.len()).max(1));
        let bits = length.trailing_zeros();
        for i in 0..length {
            let j = i.reverse_bits() >> (usize::BITS - bits.max(1));
            if bits > 0 && i < j {
                data.swap(i, j);
            }
        }
        let mut half = 1;
        while half < length {
            let stride = length / (2 * half);
            for block in data.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let [c, s] = self.roots[k * stride];
                    let t = [b[0] * c - b[1] * s, b[0] * s + b[1] * c];
                    *b = [a[0] - t[0], a[1] - t[1]];
                    *a = [a[0] + t[0], a[1] + t[1]];
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agree with the sum that it stands for.
    #[test]
    fn synthesis_is_the_sum() {
        let length = 32;
        let spectrum: Vec<[f64; 2]> = (0..length).map(|k| [f64::from(k * k % 7) - 2.0, f64::from(k * 5 % 11) - 4.0]).collect();
        let mut fast = spectrum.clone();
        Fft::new(length as usize).synthesise(&mut fast);
        for (j, got) in fast.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (k, [a, b]) in spectrum.iter().enumerate() {
                let (s, c) = ops::sin_cos(std::f64::consts::TAU * (j * k) as f64 / f64::from(length));
                re += a * c - b * s;
                im += a * s + b * c;
            }
            assert!((got[0] - re).abs() < 1e-11 && (got[1] - im).abs() < 1e-11, "{j}");
        }
    }
}
