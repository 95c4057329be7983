//! Calibration: from what a patient shows at rest to the numbers of the whole patient, with what remains unknown.
//!
//! Nine factors on groups of numbers ([`FACTORS`]) differ from person to person; [`Reading`]s narrow them.
//! The joint belief is Gaussian in the logarithms, so that a later update starts from the last one.

mod belief;
mod dose;
mod emulator;
mod factor;
mod fit;
mod outcome;
mod outlook;
mod reading;

pub use belief::WholeBelief;
pub(crate) use belief::{Matrix, Vector};
pub use dose::{RunningDose, acts_under};
pub(crate) use emulator::Emulator;
pub(crate) use factor::variant_of;
pub use factor::{FACTOR_COUNT, FACTORS, Factor, variant};
pub use fit::calibrate;
pub use outcome::{Calibration, FactorOutcome, Interval, ReadingOutcome};
pub use outlook::Drift;
pub use reading::Reading;
