//! Stiff equations of a few states: the Rosenbrock method of order 4(3) of Kaps & Rentrop with Shampine's constants.
//!
//! # Source
//! Kaps & Rentrop 1979, Numer Math 33:55; Shampine 1982, ACM Trans Math Softw 8:93.

use proband_core::ops;

/// Most steps of one call.
const STEP_COUNT_MAX: u32 = 1_000_000;

/// Solve (I/(γh) − J) g = r by elimination with pivoting; false when it is singular.
fn solve<const N: usize>(mut a: [[f64; N]; N], r: &mut [f64; N]) -> bool {
    for column in 0..N {
        let mut pivot = column;
        for row in column + 1..N {
            if a[row][column].abs() > a[pivot][column].abs() {
                pivot = row;
            }
        }
        if a[pivot][column] == 0.0 || !a[pivot][column].is_finite() {
            return false;
        }
        a.swap(column, pivot);
        r.swap(column, pivot);
        for row in column + 1..N {
            let factor = a[row][column] / a[column][column];
            let upper = a[column];
            for (element, above) in a[row].iter_mut().zip(upper).skip(column) {
                *element -= factor * above;
            }
            r[row] -= factor * r[column];
        }
    }
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|k| a[row][k] * r[k]).sum();
        r[row] = (r[row] - known) / a[row][row];
    }
    true
}

/// Advance ẏ = f(y) by `t` with relative tolerance `tolerance` and scale `scale`; nothing when it does not come to an end.
pub(crate) fn integrate<const N: usize>(
    y0: [f64; N],
    t: f64,
    tolerance: f64,
    scale: [f64; N],
    slope: impl Fn(&[f64; N]) -> [f64; N],
    jacobian: impl Fn(&[f64; N]) -> [[f64; N]; N],
) -> Option<[f64; N]> {
    let mut y = y0;
    let (mut done, mut h) = (0.0, 1e-4_f64.min(t));
    let sum = |y: &[f64; N], terms: &[(f64, &[f64; N])]| -> [f64; N] {
        std::array::from_fn(|i| y[i] + terms.iter().map(|(c, g)| c * g[i]).sum::<f64>())
    };
    for _ in 0..STEP_COUNT_MAX {
        if done >= t {
            return y.iter().all(|v| v.is_finite()).then_some(y);
        }
        h = h.min(t - done);
        let j = jacobian(&y);
        let matrix: [[f64; N]; N] = std::array::from_fn(|r| std::array::from_fn(|c| if r == c { 2.0 / h - j[r][c] } else { -j[r][c] }));
        let mut g1 = slope(&y);
        let mut ok = solve(matrix, &mut g1);
        let mut g2 = sum(&slope(&sum(&y, &[(2.0, &g1)])), &[(-8.0 / h, &g1)]);
        ok &= solve(matrix, &mut g2);
        let at = slope(&sum(&y, &[(48.0 / 25.0, &g1), (6.0 / 25.0, &g2)]));
        let mut g3 = sum(&at, &[(372.0 / 25.0 / h, &g1), (12.0 / 5.0 / h, &g2)]);
        ok &= solve(matrix, &mut g3);
        let mut g4 = sum(&at, &[(-112.0 / 125.0 / h, &g1), (-54.0 / 125.0 / h, &g2), (-2.0 / 5.0 / h, &g3)]);
        ok &= solve(matrix, &mut g4);
        let next = sum(&y, &[(19.0 / 9.0, &g1), (0.5, &g2), (25.0 / 108.0, &g3), (125.0 / 108.0, &g4)]);
        let mut error = 0.0_f64;
        for i in 0..N {
            let e = 17.0 / 54.0 * g1[i] + 7.0 / 36.0 * g2[i] + 125.0 / 108.0 * g4[i];
            error = error.max(e.abs() / (tolerance * (scale[i] + y[i].abs().max(next[i].abs()))));
        }
        if ok && error.is_finite() && error <= 1.0 {
            y = next;
            done += h;
            h *= (0.9 * ops::powf(error.max(1e-10), -0.25)).clamp(0.2, 2.5);
        } else {
            h *= if error.is_finite() { (0.9 * ops::powf(error.max(1e-10), -1.0 / 3.0)).clamp(0.1, 0.5) } else { 0.1 };
            if h < 1e-14 * t.max(1.0) {
                return None;
            }
        }
    }
    None
}
