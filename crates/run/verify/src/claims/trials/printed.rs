//! Sizes, sequential bounds, survival, multiplicity.

use proband_math::stats::{
    Sides, Spending, benjamini_hochberg, cox_regression, crude_cov, crude_runs_for_cov, events_log_rank, holm, jeffreys, kaplan_meier,
    kish_size, log_rank, miettinen_nurminen_difference, naive_error, neyman_allocation, obrien_fleming_bounds, obrien_fleming_constant,
    pocock_constant, runs_without_failure, size_non_inferiority, size_t_two_sample, size_two_proportions, spending_bounds,
    stratified_error, t_power_two_sample,
};

use super::text;
use crate::Obtained;

pub(super) fn sizes() -> Result<Vec<Obtained>, String> {
    let two = Sides::Two;
    let interval = jeffreys(10, 50, 0.95).map_err(text)?;
    let score = miettinen_nurminen_difference((56, 70), (48, 80), 0.95).map_err(text)?;
    let mut obtained = vec![
        Obtained::new("t test, d 0.5, per arm", size_t_two_sample(0.5, 0.05, two, 0.8).map_err(text)?),
        Obtained::new("t test, power at 64 per arm", t_power_two_sample(0.5, 64.0, 0.05, two).map_err(text)?),
        Obtained::new("0.80 against 0.65, per arm", size_two_proportions(0.80, 0.65, 0.05, two, 0.9).map_err(text)?),
        Obtained::new("non-inferiority 0.85 margin 0.10, per arm", size_non_inferiority(0.85, 0.10, 0.025, 0.9).map_err(text)?),
        Obtained::new("log-rank, ratio 0.5, events", events_log_rank(0.5, 0.5, 0.05, two, 0.8).map_err(text)?),
        Obtained::new("plain runs for 10 % at 1e-6", crude_runs_for_cov(1e-6, 0.1).map_err(text)?),
        Obtained::new("Jeffreys 10/50, lower", interval.low),
        Obtained::new("Jeffreys 10/50, upper", interval.high),
        Obtained::new("Miettinen-Nurminen 56/70 - 48/80, lower", score.low),
        Obtained::new("Miettinen-Nurminen 56/70 - 48/80, upper", score.high),
    ];
    for p in [0.01, 0.001, 0.0001] {
        let runs = runs_without_failure(p, 0.95).map_err(text)?;
        obtained.push(Obtained::new(format!("runs without failure, p below {p}"), runs as f64));
    }
    Ok(obtained)
}

pub(super) fn sequential() -> Result<Vec<Obtained>, String> {
    let mut obtained = Vec::new();
    for looks in [2, 4] {
        obtained.push(Obtained::new(format!("Pocock, {looks} looks"), pocock_constant(looks, 0.05).map_err(text)?));
        let constant = obrien_fleming_constant(looks, 0.05).map_err(text)?;
        obtained.push(Obtained::new(format!("O'Brien-Fleming constant, {looks} looks"), constant));
    }
    let mut list = |name: &str, bounds: Vec<f64>| {
        let count = bounds.len();
        obtained.extend(bounds.iter().enumerate().map(|(i, b)| Obtained::new(format!("{name}, look {} of {count}", i + 1), *b)));
    };
    list("O'Brien-Fleming", obrien_fleming_bounds(4, 0.05).map_err(text)?);
    for information in [vec![0.25, 0.5, 0.75, 1.0], vec![0.5, 1.0]] {
        let bounds = |spending| spending_bounds(spending, &information, 0.05, Sides::Two).map_err(text);
        list("spending as O'Brien-Fleming", bounds(Spending::ObrienFleming)?);
        list("spending as Pocock", bounds(Spending::Pocock)?);
    }
    for looks in [2, 3, 4, 5, 10] {
        obtained.push(Obtained::new(format!("error of {looks} looks at 1.96"), naive_error(looks, 0.05).map_err(text)?));
    }
    Ok(obtained)
}

/// Weeks in remission with 6-mercaptopurine; cut off when negative.
const DRUG: [f64; 21] =
    [6.0, 6.0, 6.0, -6.0, 7.0, -9.0, 10.0, -10.0, -11.0, 13.0, 16.0, -17.0, -19.0, -20.0, 22.0, 23.0, -25.0, -32.0, -32.0, -34.0, -35.0];
/// Weeks in remission with placebo.
const PLACEBO: [f64; 21] =
    [1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 8.0, 8.0, 8.0, 8.0, 11.0, 11.0, 12.0, 12.0, 15.0, 17.0, 22.0, 23.0];

pub(super) fn survival() -> Result<Vec<Obtained>, String> {
    let all: Vec<f64> = DRUG.iter().chain(&PLACEBO).copied().collect();
    let times: Vec<f64> = all.iter().map(|t| t.abs()).collect();
    let events: Vec<bool> = all.iter().map(|t| *t > 0.0).collect();
    let groups: Vec<u32> = (0..42).map(|i| u32::from(i >= 21)).collect();
    let arm: Vec<Vec<f64>> = groups.iter().map(|g| vec![f64::from(*g)]).collect();
    let test = log_rank(&times, &events, &groups).map_err(text)?;
    let cox = cox_regression(&times, &events, &arm).map_err(text)?;
    let drug = kaplan_meier(&times[..21], &events[..21], 0.95).map_err(text)?;
    let placebo = kaplan_meier(&times[21..], &events[21..], 0.95).map_err(text)?;
    Ok(vec![
        Obtained::new("log-rank chi2", test.chi2),
        Obtained::new("log-rank p", test.p_value),
        Obtained::new("Cox coefficient, Efron", cox.coefficients[0]),
        Obtained::new("Cox error, Efron", cox.standard_errors[0]),
        Obtained::new("median, drug", drug.median().unwrap_or(f64::NAN)),
        Obtained::new("median, placebo", placebo.median().unwrap_or(f64::NAN)),
        Obtained::new("S(10), drug", drug.at(10.0)),
        Obtained::new("S(10), placebo", placebo.at(10.0)),
    ])
}

pub(super) fn multiplicity() -> Result<Vec<Obtained>, String> {
    let p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216];
    let adjusted = holm(&p).map_err(text)?;
    let mut obtained: Vec<Obtained> =
        adjusted.iter().enumerate().map(|(i, p)| Obtained::new(format!("Holm {} of 10", i + 1), *p)).collect();
    let discovery = benjamini_hochberg(&[0.01, 0.02, 0.03, 0.04, 0.05]).map_err(text)?;
    let apart = discovery.iter().map(|q| (q - 0.05).abs()).fold(0.0, f64::max);
    obtained.push(Obtained::new("Benjamini-Hochberg, greatest distance from 0.05", apart));

    let (prevalence, risk) = ([1e-4, 0.9999], [0.3, 1e-3]);
    let total = prevalence[0] * risk[0] + prevalence[1] * risk[1];
    let weights: Vec<f64> = (0..1000).map(|i| prevalence[i / 500] / 0.5).collect();
    obtained.push(Obtained::new("rare stratum, total", total));
    obtained.push(Obtained::new("rare stratum, share", prevalence[0] * risk[0] / total));
    obtained.push(Obtained::new("rare stratum, Kish size of 500 + 500", kish_size(&weights).map_err(text)?));
    let error = stratified_error(&prevalence, &risk, &[500.0, 500.0]).map_err(text)?;
    obtained.push(Obtained::new("rare stratum, error of 500 + 500", error));
    let plain = total * crude_cov(total, 1000.0).map_err(text)?;
    obtained.push(Obtained::new("rare stratum, error of plain 1000", plain));
    obtained.push(Obtained::new("rare stratum, share of Neyman", neyman_allocation(&prevalence, &risk).map_err(text)?[0]));
    Ok(obtained)
}
