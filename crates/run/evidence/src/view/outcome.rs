//! Endpoints of the run by name.

use crate::columns::Columns;

/// One endpoint.
#[derive(Clone, Debug)]
pub(crate) struct OutcomeValue {
    /// Recorded name, unit as suffix.
    pub name: String,
    /// Value; NaN when missing.
    pub value: f64,
    /// Unit.
    pub unit: String,
    /// What exactly is meant.
    pub definition: String,
}

/// All endpoints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// In recorded order.
    pub values: Vec<OutcomeValue>,
}

impl Outcome {
    /// Read the table `outcome`.
    pub fn read(columns: &mut Columns<'_, '_>) -> Self {
        let (name, value) = (columns.words("name"), columns.numbers("value"));
        let (unit, definition) = (columns.words("unit"), columns.words("definition"));
        let values = name
            .into_iter()
            .zip(value)
            .zip(unit.into_iter().zip(definition))
            .map(|((name, value), (unit, definition))| OutcomeValue { name, value, unit, definition })
            .collect();
        Self { values }
    }

    /// A finite value by name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.find(name).map(|v| v.value).filter(|v| v.is_finite())
    }

    /// An entry by name.
    pub fn find(&self, name: &str) -> Option<&OutcomeValue> {
        self.values.iter().find(|v| v.name == name)
    }

    /// A truth value (recorded as 0 or 1).
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|v| v > 0.5)
    }
}
