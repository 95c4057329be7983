//! Conditions with bounded forces: W f = w where the force is between its bounds, and the bound where it is not.

/// Rounds of guessing which forces are at their bounds.
const ROUND_MAX: u32 = 40;
/// Sweeps of the fallback.
const SWEEP_MAX: u32 = 4000;
/// Share of a row's own compliance that is added to it, so that two rows at one point can be told apart [1].
const SOFTENED: f64 = 1e-9;

/// Where a force is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Low,
    Between,
    High,
}

/// Find f with bounds: primal–dual active sets (Hintermüller, Ito & Kunisch 2002, SIAM J Optim 13:865), which is exact in a few
/// rounds; projected Gauss–Seidel where the rounds do not settle. `w`: symmetric, row by row. Returns the rounds, or `None` if neither
/// settled.
pub(crate) fn solve_boxed(w: &[f64], wanted: &[f64], low: &[f64], high: &[f64], at: &mut [At], f: &mut [f64]) -> Option<u32> {
    let n = wanted.len();
    let mut factor = Vec::new();
    for round in 1..=ROUND_MAX {
        let free: Vec<usize> = (0..n).filter(|&i| at[i] == At::Between).collect();
        for i in 0..n {
            match at[i] {
                At::Low => f[i] = low[i],
                At::High => f[i] = high[i],
                At::Between => {}
            }
        }
        let m = free.len();
        factor.clear();
        factor.resize(m * m, 0.0);
        let mut right = vec![0.0; m];
        for (r, &i) in free.iter().enumerate() {
            right[r] = wanted[i] - (0..n).filter(|&k| at[k] != At::Between).map(|k| w[i * n + k] * f[k]).sum::<f64>();
            for (s, &k) in free[..=r].iter().enumerate() {
                factor[r * m + s] = w[i * n + k];
            }
            factor[r * m + r] *= 1.0 + SOFTENED;
        }
        if !cholesky_solve(&mut factor, &mut right) {
            return None;
        }
        for (r, &i) in free.iter().enumerate() {
            f[i] = right[r];
        }
        let mut changed = false;
        for i in 0..n {
            let slack = 1e-12 * (1.0 + f[i].abs());
            let next = match at[i] {
                At::Between if f[i] > high[i] + slack => At::High,
                At::Between if f[i] < low[i] - slack => At::Low,
                At::Between => At::Between,
                bound => {
                    let gap = wanted[i] - (0..n).map(|k| w[i * n + k] * f[k]).sum::<f64>();
                    let push = gap / w[i * n + i];
                    match bound {
                        At::High if push < -slack && high[i] > low[i] => At::Between,
                        At::Low if push > slack && high[i] > low[i] => At::Between,
                        same => same,
                    }
                }
            };
            changed |= next != at[i];
            at[i] = next;
        }
        if !changed {
            return Some(round);
        }
    }
    sweep(w, wanted, low, high, at, f)
}

fn sweep(w: &[f64], wanted: &[f64], low: &[f64], high: &[f64], at: &mut [At], f: &mut [f64]) -> Option<u32> {
    let n = wanted.len();
    for i in 0..n {
        f[i] = f[i].clamp(low[i], high[i]);
    }
    for sweep in 1..=SWEEP_MAX {
        let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
        for i in 0..n {
            let gap = wanted[i] - (0..n).map(|k| w[i * n + k] * f[k]).sum::<f64>();
            let next = (f[i] + gap / w[i * n + i]).clamp(low[i], high[i]);
            moved = moved.max((next - f[i]).abs());
            largest = largest.max(next.abs());
            f[i] = next;
            at[i] = if next >= high[i] {
                At::High
            } else if next <= low[i] {
                At::Low
            } else {
                At::Between
            };
        }
        if moved <= 1e-9 * largest {
            return Some(ROUND_MAX + sweep);
        }
    }
    None
}

/// Solve in place by Cholesky's factor of the lower triangle.
fn cholesky_solve(a: &mut [f64], x: &mut [f64]) -> bool {
    let n = x.len();
    for i in 0..n {
        for j in 0..=i {
            let (done, row) = a.split_at_mut(i * n);
            let sum: f64 = if j < i {
                row[..j].iter().zip(&done[j * n..j * n + j]).map(|(p, q)| p * q).sum()
            } else {
                row[..j].iter().map(|p| p * p).sum()
            };
            if j < i {
                row[j] = (row[j] - sum) / done[j * n + j];
            } else {
                let pivot = row[i] - sum;
                if !(pivot > 0.0) {
                    return false;
                }
                row[i] = pivot.sqrt();
            }
        }
    }
    for i in 0..n {
        let sum: f64 = a[i * n..i * n + i].iter().zip(&x[..i]).map(|(p, q)| p * q).sum();
        x[i] = (x[i] - sum) / a[i * n + i];
    }
    for i in (0..n).rev() {
        x[i] /= a[i * n + i];
        let v = x[i];
        for k in 0..i {
            x[k] -= a[i * n + k] * v;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Meet every condition whose force is between its bounds, and push as far as allowed where it is not met.
        #[test]
        fn conditions_or_bounds(seed in any::<u64>(), n in 1_usize..12) {
            let mut stream = proband_core::Stream::new(seed % (1 << 62), 0, "boxed");
            let a: Vec<f64> = (0..n * n).map(|_| stream.uniform() - 0.5).collect();
            let w: Vec<f64> = (0..n * n).map(|i| {
                let (r, c) = (i / n, i % n);
                (0..n).map(|k| a[r * n + k] * a[c * n + k]).sum::<f64>() + if r == c { 0.1 } else { 0.0 }
            }).collect();
            let wanted: Vec<f64> = (0..n).map(|_| stream.uniform() - 0.5).collect();
            let low: Vec<f64> = (0..n).map(|_| -stream.uniform()).collect();
            let high: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
            let (mut at, mut f) = (vec![At::Between; n], vec![0.0; n]);
            prop_assert!(solve_boxed(&w, &wanted, &low, &high, &mut at, &mut f).is_some());
            for i in 0..n {
                let gap = wanted[i] - (0..n).map(|k| w[i * n + k] * f[k]).sum::<f64>();
                prop_assert!(f[i] >= low[i] - 1e-9 && f[i] <= high[i] + 1e-9);
                if f[i] < high[i] - 1e-9 { prop_assert!(gap < 1e-7, "{} {}", f[i], gap); }
                if f[i] > low[i] + 1e-9 { prop_assert!(gap > -1e-7, "{} {}", f[i], gap); }
            }
        }
    }
}
