//! What can be wrong with a sensor.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensorError {
    /// A parameter outside its range.
    #[error("{sensor}: {field} = {value} is not {allowed}")]
    Parameter {
        /// Which sensor.
        sensor: &'static str,
        /// Name of the field, with its unit.
        field: &'static str,
        /// The value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
}

/// Checks the parameters of one sensor.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub &'static str);

impl Check {
    fn require(self, field: &'static str, value: f64, ok: bool, allowed: &'static str) -> Result<(), SensorError> {
        if value.is_finite() && ok { Ok(()) } else { Err(SensorError::Parameter { sensor: self.0, field, value, allowed }) }
    }
    pub(crate) fn positive(self, field: &'static str, value: f64) -> Result<(), SensorError> {
        self.require(field, value, value > 0.0, "finite and positive")
    }
    pub(crate) fn not_negative(self, field: &'static str, value: f64) -> Result<(), SensorError> {
        self.require(field, value, value >= 0.0, "finite and not negative")
    }
    pub(crate) fn fraction(self, field: &'static str, value: f64) -> Result<(), SensorError> {
        self.require(field, value, (0.0..=1.0).contains(&value), "between 0 and 1")
    }
    /// A time as whole ticks, rounded.
    pub(crate) fn ticks(self, field: &'static str, time_s: f64, tick_s: f64, max: u32) -> Result<u32, SensorError> {
        self.positive("tick_s", tick_s)?;
        let ticks = (time_s / tick_s).round();
        self.require(field, time_s, (0.0..=f64::from(max)).contains(&ticks), "between 0 and the longest delay line")?;
        Ok(ticks as u32)
    }
}
