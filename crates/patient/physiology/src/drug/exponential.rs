//! Exponential of a small matrix without negative elements off the diagonal.

use proband_core::ops;

/// Largest matrix.
pub(crate) const SIZE_MAX: usize = 10;

/// A square matrix; rows and columns from `n` on are not used.
pub(crate) type Matrix = [[f64; SIZE_MAX]; SIZE_MAX];

/// e^(A·t) of the upper left n × n part of a matrix whose elements off the diagonal are ≥ 0.
///
/// With q the largest rate on the diagonal, e^(At) = e^(−qt)·e^((A+qI)t): every term of the series is ≥ 0, so nothing
/// cancels and small elements are as exact as large ones (uniformisation; Jensen 1953, Skand Aktuarietidskr 36:87).
/// Scaled to qt ≤ ½ and squared back: relative error of an element about 2^s·10⁻¹⁶, with s the number of squarings.
pub(crate) fn exponential(a: &Matrix, n: usize, t: f64) -> Matrix {
    let mut rate = 0.0_f64;
    for (i, row) in a.iter().enumerate().take(n) {
        rate = rate.max(-row[i]);
    }
    let mut squarings = 0;
    let mut h = t;
    while rate * h > 0.5 && squarings < 60 {
        h *= 0.5;
        squarings += 1;
    }
    let mut shifted = *a;
    for (i, row) in shifted.iter_mut().enumerate().take(n) {
        row[i] += rate;
        for element in row.iter_mut().take(n) {
            *element *= h;
        }
    }
    let scale = ops::exp(-rate * h);
    let mut sum = [[0.0; SIZE_MAX]; SIZE_MAX];
    let mut term = sum;
    for i in 0..n {
        term[i][i] = scale;
        sum[i][i] = scale;
    }
    for k in 1..=18 {
        term = product(&term, &shifted, n, 1.0 / f64::from(k));
        for i in 0..n {
            for j in 0..n {
                sum[i][j] += term[i][j];
            }
        }
    }
    for _ in 0..squarings {
        sum = product(&sum, &sum, n, 1.0);
    }
    sum
}

fn product(a: &Matrix, b: &Matrix, n: usize, factor: f64) -> Matrix {
    let mut c = [[0.0; SIZE_MAX]; SIZE_MAX];
    for i in 0..n {
        for k in 0..n {
            let aik = a[i][k] * factor;
            if aik != 0.0 {
                for j in 0..n {
                    c[i][j] += aik * b[k][j];
                }
            }
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match a stiff chain whose exponential is known: x → y, rates 3 and 0.001.
    #[test]
    fn a_chain_follows_batemans_equation() {
        let mut a = [[0.0; SIZE_MAX]; SIZE_MAX];
        a[0][0] = -3.0;
        a[1][0] = 3.0;
        a[1][1] = -0.001;
        for t in [0.01, 1.0, 300.0, 5000.0] {
            let e = exponential(&a, 2, t);
            let expected = 3.0 / (3.0 - 0.001) * (ops::exp(-0.001 * t) - ops::exp(-3.0 * t));
            assert!((e[1][0] / expected - 1.0).abs() < 1e-11, "t = {t}: {} against {expected}", e[1][0]);
            assert!((e[1][1] / ops::exp(-0.001 * t) - 1.0).abs() < 1e-11);
        }
    }
}
