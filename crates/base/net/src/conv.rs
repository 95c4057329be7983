//! The pieces: 3 × 3 convolution and its gradients, ReLU, halving by means, doubling by repetition.

use crate::maps::Maps;

/// Numbers of one kernel.
pub(crate) const TAPS: usize = 9;
/// Partial sums of a dot product, so that it becomes vector instructions with one order of additions.
const LANES: usize = 8;

/// out += kernels ∗ source. `kernels`: shape [out channels, source channels, 9].
pub(crate) fn add_convolution(source: &Maps, kernels: &[f32], out: &mut Maps) {
    for (to, rows) in kernels.chunks_exact(source.channels() * TAPS).enumerate() {
        for (from, kernel) in rows.chunks_exact(TAPS).enumerate() {
            for y in 0..out.height() {
                let three = source.three(from, y);
                add_row(out.row_mut(to, y), three, kernel);
            }
        }
    }
}

/// gradient of source += turned kernels ∗ gradient of out.
pub(crate) fn add_turned_convolution(gradient: &Maps, kernels: &[f32], source_gradient: &mut Maps) {
    let channels = source_gradient.channels();
    for (to, rows) in kernels.chunks_exact(channels * TAPS).enumerate() {
        for (from, kernel) in rows.chunks_exact(TAPS).enumerate() {
            let mut turned = [0.0; TAPS];
            turned.copy_from_slice(kernel);
            turned.reverse();
            for y in 0..gradient.height() {
                let three = gradient.three(to, y);
                add_row(source_gradient.row_mut(from, y), three, &turned);
            }
        }
    }
}

#[inline]
fn add_row(out: &mut [f32], [above, here, below]: [&[f32]; 3], k: &[f32]) {
    let n = out.len();
    let (a, b, c) = (&above[..n + 2], &here[..n + 2], &below[..n + 2]);
    let (a0, a1, a2) = (&a[..n], &a[1..=n], &a[2..n + 2]);
    let (b0, b1, b2) = (&b[..n], &b[1..=n], &b[2..n + 2]);
    let (c0, c1, c2) = (&c[..n], &c[1..=n], &c[2..n + 2]);
    for x in 0..n {
        out[x] += (k[0] * a0[x] + k[1] * a1[x] + k[2] * a2[x])
            + (k[3] * b0[x] + k[4] * b1[x] + k[5] * b2[x])
            + (k[6] * c0[x] + k[7] * c1[x] + k[8] * c2[x]);
    }
}

/// gradient of kernels += gradient of out · source, summed over the grid.
pub(crate) fn add_kernel_gradient(source: &Maps, gradient: &Maps, kernels: &mut [f32]) {
    let channels = source.channels();
    for (to, rows) in kernels.chunks_exact_mut(channels * TAPS).enumerate() {
        for (from, kernel) in rows.chunks_exact_mut(TAPS).enumerate() {
            let mut sums = [[0.0_f32; LANES]; TAPS];
            for y in 0..gradient.height() {
                let g = gradient.row(to, y);
                let three = source.three(from, y);
                for (row, sums) in three.iter().zip(sums.chunks_exact_mut(3)) {
                    dot_three(g, row, sums);
                }
            }
            for (value, lanes) in kernel.iter_mut().zip(&sums) {
                *value += lanes.iter().sum::<f32>();
            }
        }
    }
}

/// Three dot products of `g` with `row` at shifts 0, 1, 2, in lanes.
#[inline]
fn dot_three(g: &[f32], row: &[f32], sums: &mut [[f32; LANES]]) {
    let blocks = g.len() / LANES;
    let [mut s0, mut s1, mut s2] = [sums[0], sums[1], sums[2]];
    for (i, block) in g.chunks_exact(LANES).enumerate() {
        let r = &row[i * LANES..i * LANES + LANES + 2];
        for l in 0..LANES {
            s0[l] += block[l] * r[l];
            s1[l] += block[l] * r[l + 1];
            s2[l] += block[l] * r[l + 2];
        }
    }
    for x in blocks * LANES..g.len() {
        s0[0] += g[x] * row[x];
        s1[0] += g[x] * row[x + 1];
        s2[0] += g[x] * row[x + 2];
    }
    (sums[0], sums[1], sums[2]) = (s0, s1, s2);
}

/// Add a bias to each channel and cut off what is negative.
pub(crate) fn bias_relu(maps: &mut Maps, bias: &[f32]) {
    for (channel, b) in bias.iter().enumerate() {
        for y in 0..maps.height() {
            for value in maps.row_mut(channel, y) {
                *value = (*value + b).max(0.0);
            }
        }
    }
}

/// Gradient through ReLU, and the gradient of the biases.
pub(crate) fn through_relu(activation: &Maps, gradient: &mut Maps, bias: &mut [f32]) {
    for (channel, b) in bias.iter_mut().enumerate() {
        let mut sum = 0.0;
        for y in 0..activation.height() {
            let active = activation.row(channel, y);
            for (g, a) in gradient.row_mut(channel, y).iter_mut().zip(active) {
                *g = if *a > 0.0 { *g } else { 0.0 };
                sum += *g;
            }
        }
        *b += sum;
    }
}

/// Means of 2 × 2 places.
pub(crate) fn halve(source: &Maps, out: &mut Maps) {
    for channel in 0..source.channels() {
        for y in 0..out.height() {
            for dy in 0..2 {
                let row = source.row(channel, 2 * y + dy);
                for (o, pair) in out.row_mut(channel, y).iter_mut().zip(row.chunks_exact(2)) {
                    *o += 0.25 * (pair[0] + pair[1]);
                }
            }
        }
    }
}

/// gradient of source += that of the means.
pub(crate) fn through_halve(gradient: &Maps, source_gradient: &mut Maps) {
    for channel in 0..gradient.channels() {
        for y in 0..source_gradient.height() {
            let row = gradient.row(channel, y / 2);
            for (pair, g) in source_gradient.row_mut(channel, y).chunks_exact_mut(2).zip(row) {
                pair[0] += 0.25 * g;
                pair[1] += 0.25 * g;
            }
        }
    }
}

/// Each place repeated 2 × 2 times.
pub(crate) fn double(source: &Maps, out: &mut Maps) {
    for channel in 0..source.channels() {
        for y in 0..out.height() {
            let row = source.row(channel, y / 2);
            for (pair, s) in out.row_mut(channel, y).chunks_exact_mut(2).zip(row) {
                pair.fill(*s);
            }
        }
    }
}

/// gradient of source += that of its repetitions.
pub(crate) fn through_double(gradient: &Maps, source_gradient: &mut Maps) {
    for channel in 0..gradient.channels() {
        for y in 0..gradient.height() {
            let row = gradient.row(channel, y);
            for (s, pair) in source_gradient.row_mut(channel, y / 2).iter_mut().zip(row.chunks_exact(2)) {
                *s += pair[0] + pair[1];
            }
        }
    }
}
