//! One patient: who, and what is known and not known about him.

use proband_anatomy::{Arm, Side};
use proband_core::{Distribution, Status};
use serde::{Deserialize, Serialize};

use crate::history::HistoryEntry;
use crate::truth::assemble_all;
use crate::values::Values;
use crate::{Conditions, Parameter, Person, Sex, TwinError, WholeBelief, assemble};

/// One patient's twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// Who.
    pub person: Person,
    /// Every uncertain value, sorted as [`crate::priors`] gives them.
    pub parameters: Vec<Parameter>,
    /// What a calibration found about the whole patient; nothing before the first.
    #[serde(default)]
    pub physiology: Option<WholeBelief>,
    /// What happened, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Twin {
    /// A twin about whom only the person is known: every parameter is its prior.
    ///
    /// # Errors
    /// [`TwinError`] when the person is not possible.
    pub fn new(person: Person) -> Result<Self, TwinError> {
        person.check()?;
        let parameters = crate::priors(&person);
        let mut twin = Self { person, parameters, physiology: None, history: Vec::new() };
        twin.note("created", "every parameter is its prior")?;
        Ok(twin)
    }

    /// The synthetic patient on whom every command runs when no twin is given: a woman of 45 with average veins.
    #[must_use]
    pub fn built_in() -> Self {
        let person = Person {
            pseudonym: "built-in".into(),
            age_y: 45.0,
            sex: Sex::Female,
            height_m: 1.66,
            mass_kg: 68.0,
            not_recorded: Vec::new(),
            ita_deg: None,
            melanin_fraction: Some(0.06),
            side: Side::Right,
            conditions: Conditions::none(),
        };
        let parameters = crate::priors(&person);
        Self { person, parameters, physiology: None, history: Vec::new() }
    }

    /// A parameter by name.
    ///
    /// # Errors
    /// [`TwinError::Parameter`] when there is none.
    pub fn parameter(&self, name: &str) -> Result<&Parameter, TwinError> {
        let found = self.parameters.iter().find(|p| p.name == name);
        found.ok_or_else(|| TwinError::Parameter { name: name.into(), what: "is missing".into() })
    }

    /// Replace a parameter's prior by what was measured on this patient, and note it in the history.
    ///
    /// # Errors
    /// [`TwinError`] when there is no such parameter or the distribution is none.
    pub fn measured(&mut self, name: &str, distribution: Distribution, source: &str) -> Result<(), TwinError> {
        distribution.check()?;
        let parameter = self.parameters.iter_mut().find(|p| p.name == name);
        let parameter = parameter.ok_or_else(|| TwinError::Parameter { name: name.into(), what: "is missing".into() })?;
        parameter.value.distribution = distribution;
        parameter.value.status = Status::Measured;
        parameter.value.source = source.into();
        self.note("measured", name)
    }

    /// Check that the medians of all parameters make a patient: what comes from a file may be any number.
    pub(crate) fn check_middle(&self) -> Result<(), TwinError> {
        let values = Values::middle(self);
        let arm = assemble::arm(&self.person, &values)?;
        Arm::new(&arm)?;
        assemble_all(arm, values, 0).map(|_| ())
    }

    /// Add an entry to the history.
    ///
    /// # Errors
    /// [`TwinError::Text`] for text that is too long or holds control characters.
    pub fn note(&mut self, event: &str, text: &str) -> Result<(), TwinError> {
        let entry = HistoryEntry::after(self.history.last(), event, text)?;
        self.history.push(entry);
        Ok(())
    }
}
