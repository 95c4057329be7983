//! A stress test's file as it is written.

use std::path::PathBuf;

use proband_core::Distribution;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) title: Option<String>,
    pub(super) scenario: Option<PathBuf>,
    pub(super) aim: Option<String>,
    pub(super) method: String,
    pub(super) goal: Option<String>,
    pub(super) budget: Option<i64>,
    pub(super) seed: Option<i64>,
    pub(super) reach: Option<f64>,
    pub(super) confidence: Option<f64>,
    pub(super) replicates: Option<i64>,
    pub(super) per_level: Option<i64>,
    pub(super) points: Option<i64>,
    pub(super) levels: Option<i64>,
    #[serde(default)]
    pub(super) vary: Vec<WrittenVary>,
    #[serde(default)]
    pub(super) fault: Vec<WrittenFault>,
    #[serde(default)]
    pub(super) require: Vec<WrittenRequirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenVary {
    pub(super) parameter: Option<String>,
    pub(super) patient: Option<[i64; 2]>,
    pub(super) seed: Option<[i64; 2]>,
    pub(super) law: Option<Distribution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenFault {
    pub(super) kinds: Vec<String>,
    pub(super) phases: Vec<String>,
    pub(super) delay: Option<Spread>,
    pub(super) duration: Option<Spread>,
    pub(super) size: Option<Spread>,
}

/// A number, a range, or a law.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Spread {
    Fixed(f64),
    Range([f64; 2]),
    Law(Distribution),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRequirement {
    pub(super) name: String,
    pub(super) formula: String,
    pub(super) when_broken: Option<String>,
}
