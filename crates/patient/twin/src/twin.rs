//! One patient: who, and what is known and not known about him.

use serde::{Deserialize, Serialize};

use crate::{Parameter, Person, TwinError};

/// Something that happened to a twin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// Place in the history, from 0.
    pub index: u32,
    /// What happened: `created`, `measured`, `updated`, …
    pub event: String,
    /// Details in words, without anything that identifies the patient.
    pub text: String,
    /// Hash of the entry before, empty for the first.
    pub previous: String,
    /// Hash over this entry's other fields.
    pub hash: String,
}

/// One patient's twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// Who.
    pub person: Person,
    /// Every uncertain value, sorted as [`crate::priors`] gives them.
    pub parameters: Vec<Parameter>,
    /// What happened, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Twin {
    /// A twin about whom only the person is known: every parameter is its prior.
    ///
    /// # Errors
    /// [`TwinError`] when the person is not possible.
    pub fn new(person: Person) -> Result<Self, TwinError> {
        let parameters = crate::priors(&person);
        Ok(Self { person, parameters, history: Vec::new() })
    }
}
