//! Conditioning on the person keeps the published margins.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_core::{Stream, ops};
use proband_twin::{Population, Sex, Truth, Twin, Unrecorded};

/// Latent score of a value under a log-normal margin.
fn score(value: f64, mean: f64, sd: f64) -> f64 {
    let sigma2 = ops::ln_1p((sd / mean) * (sd / mean));
    (ops::ln(value) - ops::ln(mean) + 0.5 * sigma2) / sigma2.sqrt()
}

fn mean_sd(z: &[f64]) -> (f64, f64) {
    let n = z.len() as f64;
    let mean = z.iter().sum::<f64>() / n;
    (mean, (z.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt())
}

/// Keep mean 0, variance 1 and no skew of the latent scores over the population, in a pool of seeds.
#[test]
fn margins_survive_conditioning() {
    let population = Population::adult();
    for (name, mean, sd) in [
        ("vein.reference.depth_m", 4.81e-3, 2.17e-3),
        ("vein.reference.diameter_v_m", 3.01e-3, 1.10e-3),
        ("vein.reference.diameter_h_m", 4.46e-3, 1.60e-3),
    ] {
        let mut z = Vec::new();
        for seed in 100..104 {
            for index in 0..4000 {
                let (_, values) = population.values(seed, index).unwrap();
                z.push(score(values.iter().find(|(n, _)| n == name).unwrap().1, mean, sd));
            }
        }
        let n = z.len() as f64;
        let (m, s) = mean_sd(&z);
        let skew = z.iter().map(|v| v * v * v).sum::<f64>() / n;
        assert!(m.abs() < 4.0 / n.sqrt(), "{name}: mean score {m}");
        assert!((s - 1.0).abs() < 4.0 / (2.0 * n).sqrt(), "{name}: spread {s}");
        // The skew of two-valued conditions is of third order in their loading.
        assert!(skew.abs() < 4.0 * (15.0 / n).sqrt() + 0.02, "{name}: third moment {skew}");
    }
}

/// Move a person's veins the way the sources say: deeper with mass, wider in men, narrower when hard to reach.
#[test]
fn conditions_move_the_priors() {
    let person = Twin::built_in().person;
    let mean = |change: &dyn Fn(&mut proband_twin::Person), name: &str| {
        let mut other = person.clone();
        change(&mut other);
        Twin::new(other).unwrap().parameter(name).unwrap().value.distribution.mean()
    };
    let (depth, width) = ("vein.reference.depth_m", "vein.reference.diameter_v_m");
    assert!(mean(&|p| p.mass_kg = 110.0, depth) > 1.2 * mean(&|_| (), depth));
    assert!(mean(&|p| p.sex = Sex::Male, width) > mean(&|_| (), width));
    assert!(mean(&|p| p.conditions.difficult_access_before = true, width) < 0.9 * mean(&|_| (), width));
    assert!(mean(&|p| p.conditions.dehydrated = true, "venous.resting_pressure_pa") < mean(&|_| (), "venous.resting_pressure_pa"));
    // What is not known is not conditioned on: the prior is wider.
    let sd = |unknown: Vec<Unrecorded>| {
        let mut other = person.clone();
        other.not_recorded = unknown;
        Twin::new(other).unwrap().parameter(depth).unwrap().value.distribution.sd()
    };
    assert!(sd(vec![Unrecorded::Mass]) > 1.05 * sd(Vec::new()));
}

/// Draw the diameters of one twin with the correlation that is left when the person is known.
#[test]
fn one_twin_keeps_the_correlation_of_its_diameters() {
    let twin = Twin::built_in();
    let mut stream = Stream::new(8, 0, "test.pairs");
    let (mut v, mut h) = (Vec::new(), Vec::new());
    for _ in 0..4000 {
        let values = Truth::draw_values(&twin, &mut stream);
        let get = |name: &str| ops::ln(values.iter().find(|(n, _)| n == name).unwrap().1);
        v.push(get("vein.reference.diameter_v_m"));
        h.push(get("vein.reference.diameter_h_m"));
    }
    let ((mv, sv), (mh, sh)) = (mean_sd(&v), mean_sd(&h));
    let rho = v.iter().zip(&h).map(|(a, b)| (a - mv) * (b - mh)).sum::<f64>() / (4000.0 * sv * sh);
    // The person explains R² = 0.139 of both: (0.7 − R²)/(1 − R²).
    let explained = 0.10 * 0.10 + 0.25 * 0.25 + 0.05 * 0.05 + 0.20 * 0.20 + 0.12 * 0.12 + 0.05 * 0.05 + 0.08 * 0.08 + 0.05 * 0.05;
    let expected = (0.7 - explained) / (1.0 - explained);
    assert!((rho - expected).abs() < 4.0 * (1.0 - expected * expected) / 4000.0_f64.sqrt(), "{rho}, expected {expected}");
}
