//! Claims about the statistics of `proband-math`.

use proband_core::{Stream, ops};
use proband_math::stats::{
    Interval, StatsError, clopper_pearson, kolmogorov_p_value, ks_one_sample, linear_regression, logistic_regression, newcombe, wilson,
};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        id: "binomial-intervals",
        case: include_str!("../../../../../verify/binomial-intervals/case.toml"),
        compute: binomial_intervals,
    },
    Claim {
        id: "regression-known-answers",
        case: include_str!("../../../../../verify/regression-known-answers/case.toml"),
        compute: regression_known_answers,
    },
    Claim {
        id: "kolmogorov-smirnov",
        case: include_str!("../../../../../verify/kolmogorov-smirnov/case.toml"),
        compute: kolmogorov_smirnov,
    },
];

fn text(error: StatsError) -> String {
    error.to_string()
}

fn ends(name: &str, interval: Interval) -> [Obtained; 2] {
    [Obtained::new(format!("{name}, lower"), interval.low), Obtained::new(format!("{name}, upper"), interval.high)]
}

fn binomial_intervals() -> Result<Vec<Obtained>, String> {
    let mut obtained = Vec::new();
    obtained.extend(ends("Wilson 27/31", wilson(27, 31, 0.95).map_err(text)?));
    obtained.extend(ends("Wilson 81/263", wilson(81, 263, 0.95).map_err(text)?));
    obtained.extend(ends("Clopper-Pearson 81/263", clopper_pearson(81, 263, 0.95).map_err(text)?));
    obtained.push(Obtained::new("Clopper-Pearson 0/100, upper", clopper_pearson(0, 100, 0.95).map_err(text)?.high));
    obtained.extend(ends("Newcombe 56/70 - 48/80", newcombe((56, 70), (48, 80), 0.95).map_err(text)?));
    let exact = coverage(20, |k, n| clopper_pearson(k, n, 0.95)).map_err(text)?;
    let score = coverage(20, |k, n| wilson(k, n, 0.95)).map_err(text)?;
    obtained.push(Obtained::new("exact 95 % interval of 20 covers, least over p", exact.iter().copied().fold(1.0, f64::min)));
    obtained.push(Obtained::new("Wilson 95 % interval of 20 covers, mean over p", score.iter().sum::<f64>() / score.len() as f64));
    Ok(obtained)
}

/// Probability that the interval of n trials holds p, for p = 0.0005, 0.0015, … 0.9995, from binomial sums.
fn coverage(n: u64, interval: impl Fn(u64, u64) -> Result<Interval, StatsError>) -> Result<Vec<f64>, StatsError> {
    let intervals = (0..=n).map(|k| interval(k, n)).collect::<Result<Vec<_>, _>>()?;
    let grid = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0);
    let at = |p: f64| {
        let mut mass = ops::powf(1.0 - p, n as f64);
        let mut covered = 0.0;
        for (k, interval) in intervals.iter().enumerate() {
            covered += if interval.contains(p) { mass } else { 0.0 };
            mass *= (n as f64 - k as f64) / (k as f64 + 1.0) * p / (1.0 - p);
        }
        covered
    };
    Ok(grid.map(at).collect())
}

/// Norris: ozone monitor against reference, y then x (NIST Statistical Reference Datasets).
const NORRIS: [[f64; 2]; 36] = [
    [0.1, 0.2],
    [338.8, 337.4],
    [118.1, 118.2],
    [888.0, 884.6],
    [9.2, 10.1],
    [228.1, 226.5],
    [668.5, 666.3],
    [998.5, 996.3],
    [449.1, 448.6],
    [778.9, 777.0],
    [559.2, 558.2],
    [0.3, 0.4],
    [0.1, 0.6],
    [778.1, 775.5],
    [668.8, 666.9],
    [339.3, 338.0],
    [448.9, 447.5],
    [10.8, 11.6],
    [557.7, 556.0],
    [228.3, 228.1],
    [998.0, 995.8],
    [888.8, 887.6],
    [119.6, 120.2],
    [0.3, 0.3],
    [0.6, 0.3],
    [557.6, 556.8],
    [339.3, 339.1],
    [888.0, 887.2],
    [998.5, 999.0],
    [778.9, 779.0],
    [10.2, 11.1],
    [117.6, 118.3],
    [228.9, 229.2],
    [668.4, 669.1],
    [449.2, 448.9],
    [0.2, 0.5],
];

fn regression_known_answers() -> Result<Vec<Obtained>, String> {
    let (y, x): (Vec<f64>, Vec<f64>) = NORRIS.iter().map(|[y, x]| (*y, *x)).unzip();
    let line = linear_regression(&x, &y).map_err(text)?;
    let exposed: Vec<Vec<f64>> = (0..80).map(|i| vec![f64::from(u8::from(i < 40))]).collect();
    let happened: Vec<bool> = (0..80).map(|i| i < 30 || (40..50).contains(&i)).collect();
    let odds = logistic_regression(&exposed, &happened).map_err(text)?;
    if !odds.converged {
        return Err(format!("logistic regression stopped after {} iterations", odds.iteration_count));
    }
    Ok(vec![
        Obtained::new("Norris, intercept", line.intercept),
        Obtained::new("Norris, slope", line.slope),
        Obtained::new("Norris, error of the slope", line.slope_se),
        Obtained::new("Norris, residual deviation", line.residual_sd),
        Obtained::new("odds ratio 9, coefficient", odds.coefficients[1]),
        Obtained::new("odds ratio 9, error", odds.standard_errors[1]),
        Obtained::new("odds ratio 9, iterations", f64::from(odds.iteration_count)),
    ])
}

fn kolmogorov_smirnov() -> Result<Vec<Obtained>, String> {
    // A sample so large that the correction for its size is nothing.
    let limit = |lambda: f64| kolmogorov_p_value(lambda / 1e8, 1e16);
    let mut stream = Stream::new(1, 0, "verify.kolmogorov_smirnov");
    let mut rejected = 0_u32;
    for _ in 0..2000 {
        let sample: Vec<f64> = (0..50).map(|_| stream.normal()).collect();
        rejected += u32::from(ks_one_sample(&sample, ops::normal_cdf).map_err(text)?.p_value < 0.05);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if kolmogorov_p_value(middle, 50.0) > 0.05 { low = middle } else { high = middle }
    }
    Ok(vec![
        Obtained::new("p-value at lambda 1.3581", limit(1.3581)),
        Obtained::new("p-value at lambda 1.6276", limit(1.6276)),
        Obtained::new("true hypotheses of 2000 rejected at 5 %", f64::from(rejected) / 2000.0),
        Obtained::new("critical D, n = 50, 5 %", low),
    ])
}
