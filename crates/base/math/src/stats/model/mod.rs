//! Linear models: least squares, adjusted comparisons, patients measured several times.

mod adjusted;
mod least_squares;
mod longley;
mod mixed;

pub use adjusted::{AdjustedDifference, ControlVariate, ancova, control_variate};
pub use least_squares::{LeastSquares, PREDICTOR_COUNT_MAX, least_squares};
pub use longley::LONGLEY;
pub use mixed::{MixedFit, random_intercept};
