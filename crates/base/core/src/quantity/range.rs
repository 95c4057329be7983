//! A range that values must lie in, with the one who says so.

use super::value::number_text;
use super::{Quantity, Unit};
use crate::CoreError;

/// A closed range in a stated unit, with its source.
///
/// ```
/// use proband_core::{Quantity, Range};
///
/// const VEIN_DEPTH: Range = Range { min: 0.3, max: 15.0, unit: "mm", source: "prior: unverified, engineering judgement" };
/// assert_eq!(VEIN_DEPTH.check("depth", &Quantity::parse("4.8 mm")?)?, 0.0048);
/// let error = VEIN_DEPTH.check("depth", &Quantity::parse("4.8 cm")?).unwrap_err().to_string();
/// assert_eq!(error, "depth = 48 mm is outside 0.3 to 15 mm (prior: unverified, engineering judgement)");
/// # Ok::<(), proband_core::CoreError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest value that is accepted, in `unit`.
    pub min: f64,
    /// Greatest value that is accepted, in `unit`.
    pub max: f64,
    /// Unit of both ends.
    pub unit: &'static str,
    /// Citation, or the reasoning behind a prior.
    pub source: &'static str,
}

impl Range {
    /// Value in SI of a quantity that lies inside, ends included.
    ///
    /// # Errors
    /// [`CoreError::OutOfRange`]; [`CoreError::Quantity`] when it measures something else.
    pub fn check(&self, name: &str, quantity: &Quantity) -> Result<f64, CoreError> {
        self.check_value(name, quantity.value_in(&Unit::parse(self.unit)?)?)?;
        Ok(quantity.si())
    }

    /// The same for a bare value in SI.
    ///
    /// # Errors
    /// [`CoreError::OutOfRange`] also for NaN; [`CoreError::Quantity`] when the range's unit cannot be read.
    pub fn check_si(&self, name: &str, si: f64) -> Result<f64, CoreError> {
        self.check_value(name, Unit::parse(self.unit)?.of_si(si))?;
        Ok(si)
    }

    /// Read a text and check it. Returns the value in SI.
    ///
    /// # Errors
    /// As [`Range::check`], and those of [`Quantity::parse_as`].
    pub fn read(&self, name: &str, text: &str) -> Result<f64, CoreError> {
        let unit = Unit::parse(self.unit)?;
        let si = Quantity::parse_as(text, unit.dimension())?;
        self.check_value(name, unit.of_si(si))?;
        Ok(si)
    }

    fn check_value(&self, name: &str, value: f64) -> Result<(), CoreError> {
        // The conversion there and back may move the last digits of a value on the edge.
        let slack = 1e-12 * self.min.abs().max(self.max.abs());
        if self.min - slack <= value && value <= self.max + slack {
            return Ok(());
        }
        Err(CoreError::OutOfRange {
            name: name.into(),
            value: number_text(format!("{value:.14e}").parse().unwrap_or(value)),
            min: self.min,
            max: self.max,
            unit: self.unit.into(),
            source_text: self.source.into(),
        })
    }
}
