//! What can be wrong with a grid.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VolumeError {
    /// Width, height and number of samples do not fit together, or are zero or too large.
    #[error("plane of {width} x {height} pixels with {sample_count} samples: {what}")]
    BadSize {
        /// Columns asked for.
        width: u32,
        /// Rows asked for.
        height: u32,
        /// Samples given.
        sample_count: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A parameter outside its range.
    #[error("{name} = {value} is outside {min} to {max}")]
    OutOfRange {
        /// Name of the parameter.
        name: &'static str,
        /// The offending value.
        value: f64,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// A grid in space that cannot be, or values that do not fit it.
    #[error("grid of {} x {} x {} voxels: {what}", size[0], size[1], size[2])]
    BadGrid {
        /// Voxels along i, j and k.
        size: [u32; 3],
        /// What is wrong.
        what: &'static str,
    },
}
