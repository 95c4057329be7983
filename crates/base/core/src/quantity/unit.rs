//! A unit by itself.

use super::parse::{self, Scale};
use super::value::error;
use super::{Dimension, Quantity};
use crate::CoreError;

/// A unit: its text, its size in SI and its dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    text: String,
    scale: Scale,
}

impl Unit {
    /// Read a unit: `"mmHg"`, `"mL/min/1.73m2"`, `"kg/m2"`, `"1"`. The empty text is the unit 1.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] with the offending place.
    pub fn parse(text: &str) -> Result<Self, CoreError> {
        let scale = parse::unit(text).map_err(|m| error(text, m))?;
        Ok(Self { text: text.trim().into(), scale })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it measures.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        self.scale.dimension
    }

    /// A value in this unit, in SI.
    #[must_use]
    pub fn to_si(&self, value: f64) -> f64 {
        self.scale.to_si(value)
    }

    /// A value in SI, in this unit.
    #[must_use]
    pub fn of_si(&self, si: f64) -> f64 {
        self.scale.of_si(si)
    }

    /// A value in this unit as a quantity.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] when the value in SI is not finite.
    pub fn quantity(&self, value: f64) -> Result<Quantity, CoreError> {
        Quantity::new(self.to_si(value), self.dimension())
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
