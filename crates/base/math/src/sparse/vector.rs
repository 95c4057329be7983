//! Vectors: sums over chunks of fixed size, in order.

use rayon::prelude::*;

/// Entries summed together before sums are added; part of what a result's last bits depend on.
pub const DOT_CHUNK: usize = 1024;

/// Vectors longer than this are worth more than one thread.
const PARALLEL_FROM: usize = 1 << 16;

/// Σ aᵢbᵢ in eight running sums, added in a fixed order.
#[inline]
pub(super) fn dot_in_lanes(a: &[f64], b: &[f64]) -> f64 {
    let mut lane = [0.0; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for k in 0..8 {
            lane[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lane[k] += a * b;
    }
    ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]))
}

/// Σ aᵢbᵢ. Eight running sums within a chunk, chunks added in order: same bits for any number of threads.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let chunk = |(a, b): (&[f64], &[f64])| dot_in_lanes(a, b);
    if a.len() >= PARALLEL_FROM {
        let sums: Vec<f64> = a.par_chunks(DOT_CHUNK).zip(b.par_chunks(DOT_CHUNK)).with_min_len(16).map(chunk).collect();
        sums.iter().sum()
    } else {
        a.chunks(DOT_CHUNK).zip(b.chunks(DOT_CHUNK)).map(chunk).sum()
    }
}

/// Euclidean length.
#[must_use]
pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// y ← y + s x.
pub fn axpy(y: &mut [f64], s: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += s * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Give the same bits at one thread and at four.
    #[test]
    fn dot_does_not_depend_on_threads() {
        let a: Vec<f64> = (0..200_003).map(|i| 1.0 / (1.0 + f64::from(i))).collect();
        let b: Vec<f64> = (0..200_003).map(|i| f64::from(i % 7) - 3.1).collect();
        let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| dot(&a, &b));
        assert_eq!(on(1).to_bits(), on(4).to_bits());
        let plain: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        assert!((dot(&a, &b) - plain).abs() < 1e-9);
    }
}
