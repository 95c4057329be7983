//! Single-precision vectors; sums in chunks of fixed size, added in double precision.

/// Entries summed together in single precision.
const CHUNK: usize = 1024;

/// Σ aᵢbᵢ.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(|(a, b)| f64::from(lanes(a, b))).sum()
}

#[inline(always)]
fn lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lane = [0.0_f32; 16];
    let (a16, a_rest) = a.as_chunks::<16>();
    let (b16, b_rest) = b.as_chunks::<16>();
    for (a, b) in a16.iter().zip(b16) {
        for k in 0..16 {
            lane[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lane[k] += a * b;
    }
    for half in [8, 4, 2, 1] {
        for k in 0..half {
            lane[k] += lane[k + half];
        }
    }
    lane[0]
}

/// y ← y + s x.
pub(super) fn axpy(y: &mut [f32], s: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += s * x;
    }
}
