//! Calibration: from what a patient shows at rest to the numbers of the whole patient, with what remains unknown.
//!
//! Eight factors on groups of numbers ([`FACTORS`]) differ from person to person; [`Reading`]s narrow them.
//! The joint belief is Gaussian in the logarithms, so that a later update starts from the last one.

mod belief;
mod emulator;
mod factor;
mod fit;
mod outcome;
mod reading;

pub use belief::WholeBelief;
pub(crate) use belief::{Matrix, Vector};
pub(crate) use emulator::Emulator;
pub(crate) use factor::variant_of;
pub use factor::{FACTOR_COUNT, FACTORS, Factor, variant};
pub use fit::calibrate;
pub use outcome::{Calibration, FactorOutcome, Interval, ReadingOutcome};
pub use reading::Reading;
