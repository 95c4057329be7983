//! Inference: what signals say about states and parameters.
//!
//! * [`Unscented`]: unscented Kalman filter, for tens of states that are nearly Gaussian.
//! * [`ensemble_update`], [`local_ensemble_update`]: ensemble Kalman filters, stochastic, by square root, localised.
//! * [`Particles`]: bootstrap particle filter with systematic resampling and regularised copies.
//! * [`levenberg_marquardt`]: least squares with the singular values that tell what cannot be identified.
//! * [`stretch_sample`]: affine-invariant ensemble Monte Carlo, the reference where a density can be evaluated.
//!
//! Randomness comes from streams that are given; sums run in order; the same stream gives the same bits.

mod ensemble;
mod error;
mod least_squares;
mod particle;
mod stretch;
mod unscented;

pub use ensemble::{EnsembleScheme, ensemble_update, inflate, local_ensemble_update, rotate};
pub use error::InferError;
pub use least_squares::{LeastSquaresFit, LeastSquaresOptions, levenberg_marquardt, multi_start};
pub use particle::Particles;
pub use stretch::{StretchChain, stretch_sample};
pub use unscented::{Unscented, UnscentedSpec};
