//! How often a detection in ultrasound is right, from the detector's own score.
//!
//! Knots of rising lines, fitted on made pictures of drawn adults by `proband train ultrasound-confidence`; other adults test
//! them in the verification cases (600 adults: 768 lumens, 549 with colour, 424 needles; a third of the needle pictures
//! hold none). Pictures of people hold more than these: take the numbers for an upper bound there.

use super::calibration::interpolate;

/// Confidence of a lumen → frequency with which a vessel is there.
const LUMEN: &[(f64, f64)] = &[(0.0388, 0.0692), (0.2686, 0.5308), (0.9488, 0.9992)];
/// Pulsatility over a lumen → frequency with which it is an artery's.
const ARTERY: &[(f64, f64)] = &[(0.1638, 0.0014), (0.4017, 0.0106), (0.5619, 0.0957), (2.2319, 0.9944)];
/// Confidence of a needle → frequency with which its tip is within 1.5 mm along the shaft.
const NEEDLE: &[(f64, f64)] = &[(0.1775, 0.1301), (0.5720, 0.2671), (0.8503, 0.3378), (0.9821, 0.5811), (1.0000, 0.8589)];

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
