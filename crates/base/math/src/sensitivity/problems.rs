//! Functions of which the indices are known.

use proband_core::ops;

/// Ishigami and Homma's function of the unit cube: sin x₁ + a sin² x₂ + b x₃⁴ sin x₁, xᵢ = π (2uᵢ − 1).
///
/// # Source
/// Ishigami & Homma 1990, ISUMA, p. 398.
#[must_use]
pub fn ishigami(u: &[f64], a: f64, b: f64) -> f64 {
    let x = |i: usize| std::f64::consts::PI * (2.0 * u[i] - 1.0);
    let (s1, s2, x3) = (ops::sin(x(0)), ops::sin(x(1)), x(2));
    s1 + a * s2 * s2 + b * x3 * x3 * x3 * x3 * s1
}

/// Variance, first-order and total indices of [`ishigami`].
///
/// # Source
/// Closed form; Sobol' & Levitan 1999, Comput Phys Commun 117:52.
#[must_use]
pub fn ishigami_indices(a: f64, b: f64) -> (f64, [f64; 3], [f64; 3]) {
    let pi4 = std::f64::consts::PI.powi(4);
    let v1 = 0.5 * (1.0 + b * pi4 / 5.0) * (1.0 + b * pi4 / 5.0);
    let v2 = a * a / 8.0;
    let v13 = b * b * pi4 * pi4 * 8.0 / 225.0;
    let v = v1 + v2 + v13;
    (v, [v1 / v, v2 / v, 0.0], [(v1 + v13) / v, v2 / v, v13 / v])
}

/// Sobol's g-function Π (|4uᵢ − 2| + aᵢ)/(1 + aᵢ).
///
/// # Source
/// Saltelli & Sobol' 1995, Reliab Eng Syst Saf 50:225.
#[must_use]
pub fn g_function(u: &[f64], a: &[f64]) -> f64 {
    u.iter().zip(a).map(|(u, a)| ((4.0 * u - 2.0).abs() + a) / (1.0 + a)).product()
}

/// Variance, first-order and total indices of [`g_function`]: Vᵢ = 1/(3(1 + aᵢ)²), V = Π(1 + Vᵢ) − 1.
///
/// # Source
/// Closed form, as above.
#[must_use]
pub fn g_function_indices(a: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let parts: Vec<f64> = a.iter().map(|a| 1.0 / (3.0 * (1.0 + a) * (1.0 + a))).collect();
    let all: f64 = parts.iter().map(|v| 1.0 + v).product();
    let v = all - 1.0;
    (v, parts.iter().map(|p| p / v).collect(), parts.iter().map(|p| p * all / (1.0 + p) / v).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Design, Morris, Sobol, morris, sobol_indices};
    use super::*;
    use proband_core::Stream;

    /// Match the closed forms of Ishigami's function.
    #[test]
    fn ishigami_is_exact() {
        let (v, first, total) = ishigami_indices(7.0, 0.1);
        assert!((v - 13.844_587_940_719_254).abs() < 1e-12);
        assert!((first[0] - 0.313_905_191_147_81).abs() < 1e-13 && (first[1] - 0.442_411_144_790_04).abs() < 1e-13);
        assert!((total[0] - 0.557_588_855_209_95).abs() < 1e-13 && (total[2] - 0.243_683_664_062_15).abs() < 1e-13);
    }

    const SETTINGS: Sobol = Sobol { count: 8192, second_order: false, design: Design::SobolSequence, replicates: 100, confidence: 0.95 };

    /// Find Ishigami's indices within 0.01 at 8192 points, and its pair.
    #[test]
    fn ishigami_is_found() {
        let (v, first, total) = ishigami_indices(7.0, 0.1);
        let found = sobol_indices(3, SETTINGS, &mut |u| ishigami(u, 7.0, 0.1), &mut Stream::new(1, 0, "sobol")).unwrap();
        assert!((found.mean - 3.5).abs() < 0.01 && (found.variance - v).abs() < 0.05 && found.calls == 5 * 8192);
        for i in 0..3 {
            assert!((found.first[i].value - first[i]).abs() < 0.01 && (found.total[i].value - total[i]).abs() < 0.01, "{found:?}");
            assert!(found.total[i].contains(total[i]));
        }
        let pairs = Sobol { count: 2048, second_order: true, ..SETTINGS };
        let found = sobol_indices(3, pairs, &mut |u| ishigami(u, 7.0, 0.1), &mut Stream::new(1, 0, "sobol")).unwrap();
        assert!(found.calls == 8 * 2048 && (found.second[1].index.value - 0.243_68).abs() < 0.03, "{:?}", found.second);
    }

    /// Find the g-function's indices with Latin hypercubes in 12 dimensions.
    #[test]
    fn g_function_is_found() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i) * 0.8).collect();
        let (_, first, total) = g_function_indices(&a);
        let settings = Sobol { count: 6000, design: Design::LatinHypercube, ..SETTINGS };
        let found = sobol_indices(12, settings, &mut |u| g_function(u, &a), &mut Stream::new(3, 0, "g")).unwrap();
        for i in 0..12 {
            assert!((found.first[i].value - first[i]).abs() < 0.05 && (found.total[i].value - total[i]).abs() < 0.03, "{i} {found:?}");
        }
    }

    /// Count failed runs instead of imputing them; refuse constants, odd counts and too many failures.
    #[test]
    fn failed_runs_are_counted() {
        let mut stream = Stream::new(2, 0, "failed");
        let mut calls = 0;
        let mut sometimes = |u: &[f64]| {
            calls += 1;
            if calls % 101 == 0 { f64::NAN } else { u[0] + u[1] }
        };
        let small = Sobol { count: 1024, ..SETTINGS };
        let found = sobol_indices(2, small, &mut sometimes, &mut stream).unwrap();
        assert!(found.failed_rows > 30 && found.failed_rows < 50 && (found.first[0].value - 0.5).abs() < 0.05);
        assert!(
            sobol_indices(2, small, &mut |_| 1.0, &mut stream).is_err() && sobol_indices(2, small, &mut |_| f64::NAN, &mut stream).is_err()
        );
        assert!(sobol_indices(2, Sobol { count: 1000, ..SETTINGS }, &mut |u| u[0], &mut stream).is_err());
        assert!(sobol_indices(11, small, &mut |u| u[0], &mut stream).is_err());
    }

    /// Match elementary effects of Ishigami's function as SALib 1.6 finds them, within four standard errors.
    #[test]
    fn elementary_effects_are_found() {
        let settings = Morris { trajectories: 2000, levels: 4, replicates: 100, confidence: 0.95 };
        let found = morris(3, settings, &mut |u| ishigami(u, 7.0, 0.1), &mut Stream::new(5, 0, "morris")).unwrap();
        for (effect, (size, sd)) in found.iter().zip([(7.6166, 6.2513), (7.875, 7.8683), (6.5862, 9.0771)]) {
            assert!((effect.mean_size.value - size).abs() < 0.6 && (effect.sd - sd).abs() < 0.5, "{effect:?}");
        }
        let linear = morris(2, Morris { trajectories: 10, ..settings }, &mut |u| 3.0 * u[0] - u[1], &mut Stream::new(5, 0, "m")).unwrap();
        assert!((linear[0].mean - 3.0).abs() < 1e-12 && linear[1].sd < 1e-12 && (linear[1].mean_size.value - 1.0).abs() < 1e-12);
        assert!(morris(2, Morris { levels: 3, ..settings }, &mut |u| u[0], &mut Stream::new(5, 0, "m")).is_err());
    }
}
