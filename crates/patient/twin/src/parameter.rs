//! Named uncertain values.

use proband_core::Uncertain;
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
