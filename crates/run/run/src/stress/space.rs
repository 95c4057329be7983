//! What may vary, and how likely it is.

use proband_core::{Distribution, ops};
use proband_procedure::Phase;
use proband_scene::FaultKind;
use serde::{Deserialize, Serialize};

/// Farthest from the median that a search may go [standard deviations].
pub const COORDINATE_MAX: f64 = 8.0;

/// What a coordinate changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// A parameter of the patient, by its name in the twin's table.
    Parameter(String),
    /// Which member of the population.
    Patient,
    /// The seed of all random streams.
    Seed,
    /// A part of a fault, by the fault's place in the problem.
    Fault(u32, FaultPart),
}

/// What may vary of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultPart {
    /// Which of its kinds.
    Kind,
    /// In which of its phases.
    Phase,
    /// How long after the phase began [s].
    Delay,
    /// How long it lasts [s].
    Duration,
    /// Its magnitude [SI], or where it lies between the least and the greatest of its kind [1] when kinds vary.
    Size,
}

/// A fault of which parts may vary; the others have these values.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    /// Kinds that it may have.
    pub kinds: Vec<FaultKind>,
    /// Phases in which it may come.
    pub phases: Vec<Phase>,
    /// How long after the phase began [s].
    pub delay_s: f64,
    /// How long it lasts [s]; none: as is usual for its kind.
    pub duration_s: Option<f64>,
    /// Its magnitude [SI], or, of several kinds, where it lies in the kind's range [1]; none: as is usual.
    pub size: Option<f64>,
}

/// One thing that may vary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vary {
    /// Name in reports.
    pub name: String,
    /// What it changes.
    pub target: Target,
    /// Its law, in SI units.
    pub law: Distribution,
    /// SI unit.
    pub unit: String,
}

impl Vary {
    /// Whether the value is one of a list, of which no two are nearer to each other than others.
    #[must_use]
    pub fn is_choice(&self) -> bool {
        matches!(self.target, Target::Patient | Target::Seed | Target::Fault(_, FaultPart::Kind | FaultPart::Phase))
    }

    /// The value at a coordinate in standard normal space.
    #[must_use]
    pub fn value(&self, u: f64) -> f64 {
        if u.is_nan() {
            return f64::NAN;
        }
        let value = self.law.quantile(ops::normal_cdf(u));
        match self.target {
            // A number among many: the law's upper end is not reached.
            Target::Patient | Target::Seed | Target::Fault(_, FaultPart::Kind | FaultPart::Phase) => value.floor(),
            Target::Parameter(_) | Target::Fault(..) => value,
        }
    }

    /// Log-probability of the value relative to the law's most likely one: 0 everywhere where all are equally likely.
    ///
    /// For a law reached from a normal value the density is that of the coordinate, −½u²: the same as in AST's marginalised score.
    #[must_use]
    pub fn ln_probability(&self, u: f64) -> f64 {
        match self.law {
            // A fault that is left out.
            _ if u.is_nan() => 0.0,
            Distribution::Constant { .. } | Distribution::Uniform { .. } => 0.0,
            Distribution::Bernoulli { probability } => {
                let own = if self.value(u) > 0.5 { probability } else { 1.0 - probability };
                ops::ln(own.max(1e-300) / probability.max(1.0 - probability))
            }
            Distribution::Normal { .. } | Distribution::TruncatedNormal { .. } | Distribution::LogNormal { .. } => -0.5 * u * u,
        }
    }
}

/// Everything that may vary, one coordinate each, all independent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// The coordinates in order.
    pub varied: Vec<Vary>,
}

impl Space {
    /// Number of coordinates.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.varied.len()
    }

    /// Values at a point in standard normal space, SI units, shape [dimension].
    #[must_use]
    pub fn values(&self, u: &[f64]) -> Vec<f64> {
        self.varied.iter().zip(u).map(|(v, u)| v.value(*u)).collect()
    }

    /// Log-probability of a point relative to the most likely one.
    #[must_use]
    pub fn ln_probability(&self, u: &[f64]) -> f64 {
        self.varied.iter().zip(u).map(|(v, u)| v.ln_probability(*u)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vary(target: Target, law: Distribution) -> Vary {
        Vary { name: "x".into(), target, law, unit: "1".into() }
    }

    /// Give medians at 0, whole numbers for patients, and no price for what is equally likely.
    #[test]
    fn coordinates_become_values() {
        let space = Space {
            varied: vec![
                vary(Target::Parameter("a".into()), Distribution::Normal { mean: 3.0, sd: 2.0 }),
                vary(Target::Patient, Distribution::Uniform { low: 0.0, high: 10.0 }),
                vary(Target::Parameter("b".into()), Distribution::Bernoulli { probability: 0.1 }),
            ],
        };
        assert_eq!(space.values(&[0.0, 0.0, 0.0]), [3.0, 5.0, 0.0]);
        assert_eq!(space.values(&[1.0, 8.0, 2.0])[1..], [9.0, 1.0]);
        assert!((space.values(&[1.0, 0.0, 0.0])[0] - 5.0).abs() < 1e-9);
        assert_eq!(space.ln_probability(&[2.0, 3.0, 0.0]), -2.0);
        assert!((space.ln_probability(&[0.0, 0.0, 2.0]) - proband_core::ops::ln(1.0 / 9.0)).abs() < 1e-12);
    }
}
