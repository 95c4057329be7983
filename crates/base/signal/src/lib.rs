//! Sampled signals: filters, beats of the heart, breaths, quality.
//!
//! Numbers in, sample indices out. Knows no file and no patient; a lost sample is NaN.

mod breath;
mod compare;
mod ecg;
mod error;
mod filter;
mod plethysmogram;
mod prepare;
mod pulse;
mod quality;
mod summary;

pub use breath::{BREATH_RATE_HZ_MIN, breaths};
pub use compare::{Score, score};
pub use ecg::{ECG_RATE_HZ_MIN, r_peaks};
pub use error::SignalError;
pub use filter::{Biquad, band_pass, high_pass, low_pass, zero_phase};
pub use plethysmogram::plethysmogram_beats;
pub use prepare::{Part, flat_parts, median, quantile, saturated_parts};
pub use pulse::{Beat, PULSE_RATE_HZ_MIN, pulse_beats};
pub use quality::{ArterialGate, QualityKind, WindowQuality, arterial_gate, quality, template_correlation};
pub use summary::{PulseSpread, PulseSummary, pulse_summary};
