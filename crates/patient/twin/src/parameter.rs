//! Named uncertain values.

use proband_core::{Distribution, Status, Uncertain};
use serde::{Deserialize, Serialize};

/// One thing that is not known exactly about a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Dotted name with the unit last: `vein.reference.depth_m`.
    pub name: String,
    /// Distribution, unit, source, status.
    pub value: Uncertain,
}

/// What a prior without a citation is called.
pub(crate) const GUESS: &str = "prior: unverified, engineering judgement";

/// A growing list of parameters.
pub(crate) struct List(pub(crate) Vec<Parameter>);

impl List {
    /// A parameter with everything that must be said about it.
    pub(crate) fn add(&mut self, name: impl Into<String>, unit: &str, distribution: Distribution, status: Status, source: &str) {
        self.0.push(Parameter { name: name.into(), value: Uncertain::new(distribution, unit, status, source) });
    }

    /// A parameter that rests on judgement alone.
    pub(crate) fn guess(&mut self, name: impl Into<String>, unit: &str, distribution: Distribution) {
        self.add(name, unit, distribution, Status::Prior, GUESS);
    }
}

/// Gaussian cut at two standard deviations on either side.
pub(crate) fn bell(mean: f64, sd: f64) -> Distribution {
    Distribution::TruncatedNormal { mean, sd, low: mean - 2.0 * sd, high: mean + 2.0 * sd }
}

/// Log-normal by its median and the standard deviation of the logarithm.
pub(crate) fn around(median: f64, sigma: f64) -> Distribution {
    Distribution::LogNormal { mu: proband_core::ops::ln(median), sigma }
}

/// Equally likely between two ends.
pub(crate) fn between(low: f64, high: f64) -> Distribution {
    Distribution::Uniform { low, high }
}
