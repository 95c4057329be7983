//! Statistics of trials: intervals, moments, calibration, goodness of fit, regression.
//!
//! Every function says what it refuses; none of them drops a value that it does not like.

mod calibration;
mod error;
mod interval;
mod ks;
mod linear;
mod logistic;
mod moments;

pub use calibration::{Calibration, ReliabilityBin, brier_score, calibration};
pub use error::StatsError;
pub use interval::{Interval, clopper_pearson, newcombe, normal_quantile, wilson};
pub use ks::{KolmogorovSmirnov, kolmogorov_p_value, ks_one_sample, ks_two_sample};
pub use linear::{LinearFit, linear_regression};
pub use logistic::{LogisticFit, logistic_regression};
pub use moments::{MOMENT_CHUNK_COUNT, Moments, quantile};
