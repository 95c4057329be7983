//! Levels, powers and coverages by simulation and by binomial sums.

use proband_core::{Stream, ops};
use proband_math::stats::{
    BootstrapKind, PairedCounts, Sides, Spending, StatsError, bootstrap, fisher_exact, log_rank, miettinen_nurminen_difference,
    non_inferiority_p, random_intercept, spending_bounds, t_test_pooled, t_test_welch, tango, wilcoxon_rank_sum,
};

use super::text;
use crate::Obtained;

/// Share of `count` runs in which something happens; run i draws from child i.
fn share(name: &str, count: u32, mut happens: impl FnMut(&mut Stream) -> Result<bool, StatsError>) -> Result<Obtained, String> {
    let root = Stream::new(11, 0, name);
    let mut found = 0_u32;
    for i in 0..count {
        found += u32::from(happens(&mut root.child(i)).map_err(text)?);
    }
    Ok(Obtained::new(name, f64::from(found) / f64::from(count)))
}

fn normals(stream: &mut Stream, count: usize, mean: f64, sd: f64) -> Vec<f64> {
    (0..count).map(|_| mean + sd * stream.normal()).collect()
}

pub(super) fn error_rates() -> Result<Vec<Obtained>, String> {
    let mut obtained = means()?;
    obtained.extend(counts()?);
    obtained.push(share("log-rank, 60 and 60, a third cut off, rejects at 5 %", 5000, |stream| {
        let pairs: Vec<(f64, f64)> = (0..120).map(|_| (stream.exponential(), 2.0 * stream.exponential())).collect();
        let times: Vec<f64> = pairs.iter().map(|(t, c)| t.min(*c)).collect();
        let events: Vec<bool> = pairs.iter().map(|(t, c)| t <= c).collect();
        let groups: Vec<u32> = (0..120).map(|i| i % 2).collect();
        Ok(log_rank(&times, &events, &groups)?.p_value < 0.05)
    })?);
    let bounds = spending_bounds(Spending::ObrienFleming, &[0.25, 0.5, 0.75, 1.0], 0.05, Sides::Two).map_err(text)?;
    obtained.push(share("four looks by spending, rejects at 5 %", 20_000, |stream| {
        let mut sum = 0.0;
        Ok((1..=4).any(|look| {
            sum += 5.0 * stream.normal(); // 25 patients more
            (sum / (25.0 * f64::from(look)).sqrt()).abs() >= bounds[look as usize - 1]
        }))
    })?);
    obtained.push(share("BCa, mean of 40 exponential values, covers", 1000, |stream| {
        let values: Vec<f64> = (0..40).map(|_| stream.exponential()).collect();
        let mean = |places: &[u32]| places.iter().map(|p| values[*p as usize]).sum::<f64>() / places.len() as f64;
        Ok(bootstrap(40, mean, 1000, BootstrapKind::Bca, 0.95, stream)?.contains(1.0))
    })?);
    obtained.push(share("random intercept, 15 clusters of 4, covers", 2000, |stream| {
        let clusters: Vec<u32> = (0..60).map(|i| i / 4).collect();
        let levels = normals(stream, 15, 0.0, 1.0);
        let y: Vec<f64> = clusters.iter().map(|c| levels[*c as usize] + stream.normal()).collect();
        let fit = random_intercept(&vec![Vec::new(); 60], &y, &clusters)?;
        Ok(fit.coefficients[0].abs() <= 1.959_964 * fit.standard_errors[0])
    })?);
    Ok(obtained)
}

fn means() -> Result<Vec<Obtained>, String> {
    Ok(vec![
        share("Welch, unequal variances, rejects at 5 %", 20_000, |stream| {
            let (a, b) = (normals(stream, 20, 0.0, 3.0), normals(stream, 35, 0.0, 1.0));
            Ok(t_test_welch(&a, &b, 0.0, 0.95)?.p_two_sided < 0.05)
        })?,
        share("t test, 64 per arm, d 0.5, power", 20_000, |stream| {
            let (a, b) = (normals(stream, 64, 0.5, 1.0), normals(stream, 64, 0.0, 1.0));
            Ok(t_test_pooled(&a, &b, 0.95)?.p_two_sided < 0.05)
        })?,
        share("rank sum, 8 and 9, rejects at 5 %", 5000, |stream| {
            let (a, b) = (normals(stream, 8, 0.0, 1.0), normals(stream, 9, 0.0, 1.0));
            Ok(wilcoxon_rank_sum(&a, &b, 0.95)?.p_two_sided < 0.05)
        })?,
    ])
}

/// Binomial probabilities of 0 to n events.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mut mass = ops::powf(1.0 - p, n as f64);
    (0..=n)
        .map(|k| {
            let here = mass;
            mass *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            here
        })
        .collect()
}

fn counts() -> Result<Vec<Obtained>, String> {
    let law = binomial(30, 0.3);
    let mut rejects = 0.0;
    for (a, p) in law.iter().enumerate() {
        for (b, q) in law.iter().enumerate() {
            rejects += if fisher_exact((a as u64, 30), (b as u64, 30)).map_err(text)?.p_two_sided < 0.05 { p * q } else { 0.0 };
        }
    }
    let (mut covered, mut cases) = (0.0, 0.0);
    let mut intervals = Vec::new();
    for a in 0..=20 {
        for b in 0..=30 {
            intervals.push((a, b, miettinen_nurminen_difference((a, 20), (b, 30), 0.95).map_err(text)?));
        }
    }
    for (p, q) in (1..=9).flat_map(|i| (1..=9).map(move |j| (f64::from(i) / 10.0, f64::from(j) / 10.0))) {
        let (first, second) = (binomial(20, p), binomial(30, q));
        let inside = |low: f64, high: f64| low - 1e-12 <= p - q && p - q <= high + 1e-12;
        covered += intervals.iter().filter(|i| inside(i.2.low, i.2.high)).map(|i| first[i.0 as usize] * second[i.1 as usize]).sum::<f64>();
        cases += 1.0;
    }
    Ok(vec![
        Obtained::new("Fisher, 30 and 30, rejects at 5 %", rejects),
        Obtained::new("Miettinen-Nurminen, 20 and 30, covers, mean over p", covered / cases),
        share("non-inferiority at the margin, 268 per arm, claims at 2.5 %", 20_000, |stream| {
            let count = |stream: &mut Stream, p: f64| (0..268).filter(|_| stream.bernoulli(p)).count() as f64 / 268.0;
            let (new, old) = (count(stream, 0.75), count(stream, 0.85));
            let error = ((new * (1.0 - new) + old * (1.0 - old)) / 268.0).sqrt();
            Ok(non_inferiority_p(new - old, error, 0.10)? < 0.025)
        })?,
        share("Tango, 30 pairs, covers", 5000, |stream| {
            let mut pairs = PairedCounts { both: 0, first_only: 0, second_only: 0, neither: 0 };
            for _ in 0..30 {
                let u = stream.uniform();
                let cell = [(0.4, &mut pairs.both), (0.6, &mut pairs.first_only), (0.7, &mut pairs.second_only), (1.1, &mut pairs.neither)];
                if let Some((_, cell)) = cell.into_iter().find(|(end, _)| u < *end) {
                    *cell += 1;
                }
            }
            Ok(tango(pairs, 0.95)?.contains(0.1))
        })?,
    ])
}
