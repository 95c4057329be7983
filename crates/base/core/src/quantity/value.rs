//! A number in SI and what it measures.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parse::{self, Mistake};
use super::{Dimension, Unit};
use crate::CoreError;

/// A finite number in SI and its dimension. Stored as text in base units: `"0.0048 m"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity {
    si: f64,
    dimension: Dimension,
}

impl Quantity {
    /// A value in SI.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] when it is not finite.
    pub fn new(si: f64, dimension: Dimension) -> Result<Self, CoreError> {
        if si.is_finite() {
            Ok(Self { si, dimension })
        } else {
            Err(CoreError::Quantity { text: format!("{si} {dimension}"), position: 0, what: "not a finite number".into() })
        }
    }

    /// Read a number and a unit: `"5 mg/kg"`, `"37 degC"`, `"0.5"`.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] with the offending place.
    pub fn parse(text: &str) -> Result<Self, CoreError> {
        let (number, scale, unit_start) = parse::quantity(text).map_err(|m| error(text, m))?;
        let si = scale.to_si(number);
        if si.is_finite() {
            Ok(Self { si, dimension: scale.dimension })
        } else {
            Err(error(text, Mistake { at: unit_start, what: "the value is too large in this unit".into() }))
        }
    }

    /// Read a number and a unit of a known dimension. Returns the value in SI.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] with the offending place.
    pub fn parse_as(text: &str, dimension: Dimension) -> Result<f64, CoreError> {
        let found = Self::parse(text)?;
        if found.dimension == dimension {
            return Ok(found.si);
        }
        let at = parse::quantity(text).map_or(0, |(_, _, unit_start)| unit_start);
        let what = format!("this is {}, but {} is needed", found.dimension.describe(), dimension.describe());
        Err(error(text, Mistake { at, what }))
    }

    /// Value in SI.
    #[must_use]
    pub fn si(&self) -> f64 {
        self.si
    }

    /// What it measures.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// Value in a unit.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] when the unit measures something else.
    pub fn value_in(&self, unit: &Unit) -> Result<f64, CoreError> {
        if unit.dimension() == self.dimension {
            return Ok(unit.of_si(self.si));
        }
        let what = format!("this is {}, but {} is {}", self.dimension.describe(), unit.text(), unit.dimension().describe());
        Err(error(&self.to_string(), Mistake { at: 0, what }))
    }

    /// Number and unit as text, 15 significant digits: `print_in("mm")` gives `"4.8 mm"`.
    ///
    /// # Errors
    /// [`CoreError::Quantity`] when the unit cannot be read or measures something else.
    pub fn print_in(&self, unit: &str) -> Result<String, CoreError> {
        let unit = Unit::parse(unit)?;
        let value = self.value_in(&unit)?;
        // The last digit of a quotient is noise: 0.0048 / 0.001 is 4.8 and a bit.
        let rounded = format!("{value:.14e}").parse().unwrap_or(value);
        let number = number_text(rounded);
        Ok(match unit.text() {
            "" | "1" => number,
            text => format!("{number} {text}"),
        })
    }
}

impl fmt::Display for Quantity {
    /// In base units with all digits: reading it back gives the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = number_text(self.si);
        if self.dimension == Dimension::NONE { f.write_str(&number) } else { write!(f, "{number} {}", self.dimension) }
    }
}

impl std::str::FromStr for Quantity {
    type Err = CoreError;
    fn from_str(text: &str) -> Result<Self, CoreError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Quantity {
    type Error = CoreError;
    fn try_from(text: String) -> Result<Self, CoreError> {
        Self::parse(&text)
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.to_string()
    }
}

/// Shortest decimal that reads back as the same number; an exponent where there would be many zeros.
pub(super) fn number_text(x: f64) -> String {
    if x == 0.0 || (1e-5..1e15).contains(&x.abs()) { format!("{x}") } else { format!("{x:e}") }
}

/// The error for a place in a text. Only the part of a long text is kept that was looked at.
pub(super) fn error(text: &str, mistake: Mistake) -> CoreError {
    let kept: String = text.chars().take(parse::TEXT_BYTES_MAX).collect();
    CoreError::Quantity { text: kept.escape_debug().to_string(), position: mistake.at as u32, what: mistake.what }
}
