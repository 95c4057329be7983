//! Values that are not known exactly: a distribution, its unit, where it came from, and how far to trust it.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{CoreError, ops, random::Stream};

/// How far a figure may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Printed in a cited source.
    Published,
    /// Derived from published figures by a stated computation.
    Computed,
    /// Engineering judgement, unverified: good to sample from, not to quote.
    Prior,
    /// Measured on this patient.
    Measured,
}

/// Shape of the uncertainty, in SI units of the value it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Distribution {
    /// Known exactly.
    Constant {
        /// The value.
        value: f64,
    },
    /// Equally likely between two ends.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Gaussian.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, > 0.
        sd: f64,
    },
    /// Gaussian cut at two ends.
    TruncatedNormal {
        /// Mean before the cut.
        mean: f64,
        /// Standard deviation before the cut, > 0.
        sd: f64,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// ln x is Gaussian.
    LogNormal {
        /// Mean of ln x, x in SI.
        mu: f64,
        /// Standard deviation of ln x, > 0.
        sigma: f64,
    },
    /// 1 with the given probability, else 0.
    Bernoulli {
        /// Probability of 1.
        probability: f64,
    },
}

fn standard_normal() -> Normal {
    Normal::standard()
}

impl Distribution {
    /// Log-normal with the given mean and standard deviation (moment matching:
    /// σ² = ln(1 + (sd/mean)²), μ = ln mean − σ²/2).
    #[must_use]
    pub fn log_normal_from_moments(mean: f64, sd: f64) -> Self {
        let sigma2 = ops::ln_1p((sd / mean) * (sd / mean));
        Self::LogNormal { mu: ops::ln(mean) - 0.5 * sigma2, sigma: sigma2.sqrt() }
    }

    /// Check that the parameters make a distribution.
    ///
    /// # Errors
    /// [`CoreError::BadDistribution`] that names the offending parameter.
    pub fn check(&self) -> Result<(), CoreError> {
        let bad = |what: String| Err(CoreError::BadDistribution { what });
        let finite = |name: &str, x: f64| {
            if x.is_finite() { Ok(()) } else { Err(CoreError::BadDistribution { what: format!("{name} = {x} is not finite") }) }
        };
        match *self {
            Self::Constant { value } => finite("value", value),
            Self::Uniform { low, high } => {
                finite("low", low)?;
                finite("high", high)?;
                if low <= high { Ok(()) } else { bad(format!("low = {low} is above high = {high}")) }
            }
            Self::Normal { mean, sd } => {
                finite("mean", mean)?;
                finite("sd", sd)?;
                if sd > 0.0 { Ok(()) } else { bad(format!("sd = {sd} is not positive")) }
            }
            Self::TruncatedNormal { mean, sd, low, high } => {
                finite("mean", mean)?;
                finite("sd", sd)?;
                if sd <= 0.0 {
                    return bad(format!("sd = {sd} is not positive"));
                }
                if low < high { Ok(()) } else { bad(format!("low = {low} is not below high = {high}")) }
            }
            Self::LogNormal { mu, sigma } => {
                finite("mu", mu)?;
                finite("sigma", sigma)?;
                if sigma > 0.0 { Ok(()) } else { bad(format!("sigma = {sigma} is not positive")) }
            }
            Self::Bernoulli { probability } => {
                if (0.0..=1.0).contains(&probability) {
                    Ok(())
                } else {
                    bad(format!("probability = {probability} is outside 0 to 1"))
                }
            }
        }
    }

    /// Value below which the fraction `p` (clamped into (0, 1)) of the distribution lies: the map by which
    /// a Gaussian copula and every random draw go, so that correlated draws keep their margins.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let p = p.clamp(1e-15, 1.0 - 1e-15);
        let z = |p: f64| standard_normal().inverse_cdf(p);
        match *self {
            Self::Constant { value } => value,
            Self::Uniform { low, high } => low + (high - low) * p,
            Self::Normal { mean, sd } => mean + sd * z(p),
            Self::TruncatedNormal { mean, sd, low, high } => {
                let (a, b) = (ops::normal_cdf((low - mean) / sd), ops::normal_cdf((high - mean) / sd));
                (mean + sd * z((a + (b - a) * p).clamp(1e-15, 1.0 - 1e-15))).clamp(low, high)
            }
            Self::LogNormal { mu, sigma } => ops::exp(mu + sigma * z(p)),
            Self::Bernoulli { probability } => f64::from(u8::from(p > 1.0 - probability)),
        }
    }

    /// One draw.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.uniform_open())
    }

    /// Mean. For the truncated normal by its closed form.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.moments().0
    }

    /// Standard deviation.
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.moments().1
    }

    fn moments(&self) -> (f64, f64) {
        match *self {
            Self::Constant { value } => (value, 0.0),
            Self::Uniform { low, high } => (0.5 * (low + high), (high - low) / 12.0_f64.sqrt()),
            Self::Normal { mean, sd } => (mean, sd),
            Self::TruncatedNormal { mean, sd, low, high } => {
                let (a, b) = ((low - mean) / sd, (high - mean) / sd);
                let density = |x: f64| if x.is_finite() { ops::exp(-0.5 * x * x) / std::f64::consts::TAU.sqrt() } else { 0.0 };
                let times = |x: f64| if x.is_finite() { x * density(x) } else { 0.0 };
                let mass = (ops::normal_cdf(b) - ops::normal_cdf(a)).max(f64::MIN_POSITIVE);
                let shift = (density(a) - density(b)) / mass;
                let variance = 1.0 + (times(a) - times(b)) / mass - shift * shift;
                (mean + sd * shift, sd * variance.max(0.0).sqrt())
            }
            Self::LogNormal { mu, sigma } => {
                let mean = ops::exp(mu + 0.5 * sigma * sigma);
                (mean, mean * ops::exp_m1(sigma * sigma).sqrt())
            }
            Self::Bernoulli { probability } => (probability, (probability * (1.0 - probability)).sqrt()),
        }
    }
}

/// A named value with its uncertainty, unit and source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uncertain {
    /// What is not known, in SI units.
    pub distribution: Distribution,
    /// SI unit as text, `"1"` for a fraction or a count.
    pub unit: String,
    /// Citation, or the reasoning behind a prior. Never empty.
    pub source: String,
    /// How far to trust it.
    pub status: Status,
}

impl Uncertain {
    /// A value with everything that must be said about it.
    #[must_use]
    pub fn new(distribution: Distribution, unit: &str, status: Status, source: &str) -> Self {
        Self { distribution, unit: unit.into(), source: source.into(), status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match the log-normal parameters printed for antecubital vein depth, 4.81 ± 2.17 mm.
    #[test]
    fn moment_matching_follows_the_printed_row() {
        let Distribution::LogNormal { mu, sigma } = Distribution::log_normal_from_moments(4.81, 2.17) else { unreachable!() };
        assert!((mu - 1.4781).abs() < 1e-4 && (sigma - 0.4304).abs() < 1e-4);
    }

    /// Sample each shape and find its own mean and spread.
    #[test]
    fn samples_have_the_stated_moments() {
        let shapes = [
            Distribution::Uniform { low: -1.0, high: 3.0 },
            Distribution::Normal { mean: 2.0, sd: 0.5 },
            Distribution::TruncatedNormal { mean: 0.0, sd: 1.0, low: -0.5, high: 2.0 },
            Distribution::log_normal_from_moments(3.0, 1.0),
            Distribution::Bernoulli { probability: 0.3 },
        ];
        for shape in shapes {
            shape.check().unwrap();
            let mut stream = Stream::new(11, 0, "moments");
            let n = 40_000;
            let draws: Vec<f64> = (0..n).map(|_| shape.sample(&mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let sd = (draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n)).sqrt();
            assert!((mean - shape.mean()).abs() < 5.0 * shape.sd() / f64::from(n).sqrt(), "{shape:?}: mean {mean}");
            assert!((sd / shape.sd() - 1.0).abs() < 0.03, "{shape:?}: sd {sd}");
        }
    }

    /// Refuse parameters that make no distribution.
    #[test]
    fn bad_parameters_are_named() {
        assert!(Distribution::Normal { mean: f64::NAN, sd: 1.0 }.check().is_err());
        assert!(Distribution::Uniform { low: 2.0, high: 1.0 }.check().is_err());
        assert!(Distribution::Bernoulli { probability: 1.5 }.check().is_err());
    }
}
