//! What can be wrong with a twin.

use std::path::PathBuf;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TwinError {
    /// A number outside its range, or not a number.
    #[error("{field} = {value} {unit} is not in [{min}, {max}] {unit}")]
    OutOfRange {
        /// Name of the field.
        field: String,
        /// The value.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
    },
    /// A parameter that is missing, double, or not of its kind.
    #[error("parameter {name}: {what}")]
    Parameter {
        /// Name of the parameter.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A word that is not allowed where it stands.
    #[error("{field}: {what}")]
    Text {
        /// Name of the field.
        field: String,
        /// What is wrong.
        what: String,
    },
    /// A file of a twin that cannot be used.
    #[error("{}: {what}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the place in the file where known.
        what: String,
    },
    /// The drawn values make no arm.
    #[error(transparent)]
    Anatomy(#[from] proband_anatomy::AnatomyError),
    /// The whole patient cannot be.
    #[error(transparent)]
    Physiology(#[from] proband_physiology::PhysiologyError),
    /// A word of the base crate that does not hold.
    #[error(transparent)]
    Core(#[from] proband_core::CoreError),
    /// A table or file that cannot be read or written.
    #[error(transparent)]
    Record(#[from] proband_record::RecordError),
}
