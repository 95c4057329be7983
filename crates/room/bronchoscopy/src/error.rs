//! What can go wrong in a bronchoscopy.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BronchoscopyError {
    /// A number outside its range, or not a number.
    #[error("{field} = {value} {unit} is not in [{min}, {max}] {unit}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// The value.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
    },
    /// The scope's figures are impossible.
    #[error(transparent)]
    Scope(#[from] proband_robot::RobotError),
    /// The chest cannot be made.
    #[error(transparent)]
    Chest(#[from] proband_anatomy::AnatomyError),
    /// No airway is close to the target.
    #[error("the target at ({}, {}, {}) m is {gap_m} m from the closest airway: is it in the same frame as the airways?", target_m[0], target_m[1], target_m[2])]
    TargetAway {
        /// Where it should be [m].
        target_m: [f64; 3],
        /// Distance of the closest centreline [m].
        gap_m: f64,
    },
}

/// Check a number.
pub(crate) fn range(field: &'static str, value: f64, unit: &'static str, min: f64, max: f64) -> Result<(), BronchoscopyError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(BronchoscopyError::OutOfRange { field, value, unit, min, max }) }
}
