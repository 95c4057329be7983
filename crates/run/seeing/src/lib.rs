//! Detectors trained, calibrated and put to the test on made pictures of drawn patients.
//!
//! Pictures come from the twin's optics through the kernel camera; the truth is known because it made them. A detector
//! sees the picture alone.

mod bias;
mod bias_pairs;
mod error;
mod nir_picture;
mod nir_score;
mod nir_train;
mod ultrasound;

pub use bias::{BiasCell, BiasMap, BiasSpec, Means, NirDetector, bias};
pub use bias_pairs::BiasPair;
pub use error::SeeingError;
pub use nir_picture::{MadePicture, Split, Under, View, made_picture, shot};
pub use nir_score::{NirRule, NirScore, Tally, best_rule, line_cases, score_filter, score_network};
pub use nir_train::{NirTraining, Round, Told, judge_nir, nir_pictures, train_nir};
pub use ultrasound::{UltrasoundCases, ultrasound_cases};
