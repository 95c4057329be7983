//! The ventilator and the patient's own deep breaths.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

/// How the patient breathes. `s` is how far the lung is let out against the CT at full inspiration (0) and full expiration (1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreathSpec {
    /// Breaths per second [1/s].
    pub rate_hz: f64,
    /// Share of a breath that is inspiration [1].
    pub inspiration: f64,
    /// `s` at the end of expiration on the ventilator [1].
    pub end_expiration: f64,
    /// By how much a breath lowers `s` [1].
    pub tidal: f64,
    /// Coughs or deep breaths per second [1/s], and how much they lower `s` [1].
    pub deep_hz: f64,
    /// See `deep_hz`.
    pub deep: f64,
    /// Longest hold of the breath [s].
    pub hold_max_s: f64,
}

impl BreathSpec {
    /// A patient under general anaesthesia: 12 breaths a minute of about 0.4 L of a vital capacity of 4 L.
    ///
    /// # Source
    /// All: prior, unverified.
    #[must_use]
    pub const fn anaesthesia() -> Self {
        Self { rate_hz: 0.2, inspiration: 0.35, end_expiration: 0.8, tidal: 0.12, deep_hz: 1.0 / 600.0, deep: 0.35, hold_max_s: 60.0 }
    }
}

/// State of the breath.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreathState {
    /// Place in the breath, 0 to 1; inspiration first.
    pub phase: f64,
    /// Held for so long [s].
    pub held_s: f64,
    /// Rest of a deep breath [s].
    pub deep_s: f64,
}

/// Length of a deep breath or cough [s]. Prior: unverified.
const DEEP_S: f64 = 3.0;

impl BreathState {
    pub(super) const fn start() -> Self {
        Self { phase: 0.99, held_s: 0.0, deep_s: 0.0 }
    }

    pub(super) fn step(&mut self, spec: &BreathSpec, hold: bool, stream: &mut Stream, dt_s: f64) {
        if stream.uniform() < spec.deep_hz * dt_s {
            self.deep_s = DEEP_S;
        }
        self.deep_s = (self.deep_s - dt_s).max(0.0);
        // The end of expiration is the last tenth of the breath: nothing moves there.
        if hold && self.phase > 0.9 && self.held_s < spec.hold_max_s {
            self.held_s += dt_s;
        } else {
            self.phase += spec.rate_hz * dt_s;
            self.held_s = if hold { self.held_s } else { 0.0 };
            if self.phase >= 1.0 {
                self.phase -= 1.0;
                self.held_s = 0.0;
            }
        }
    }

    /// How full the breath is, 0 to 1.
    pub(super) fn filled(&self, spec: &BreathSpec) -> f64 {
        let wave = |x: f64| 0.5 * (1.0 - ops::cos(std::f64::consts::PI * x.clamp(0.0, 1.0)));
        if self.phase < spec.inspiration {
            wave(self.phase / spec.inspiration)
        } else {
            wave(1.0 - (self.phase - spec.inspiration) / (0.9 - spec.inspiration))
        }
    }

    /// How far the lung is let out.
    pub(super) fn let_out(&self, spec: &BreathSpec) -> f64 {
        let deep = ops::sin(std::f64::consts::PI * (self.deep_s / DEEP_S).clamp(0.0, 1.0));
        (spec.end_expiration - spec.tidal * self.filled(spec) - spec.deep * deep).clamp(0.0, 1.0)
    }

    /// What the ventilator's flow shows: above 1 in a deep breath.
    pub(super) fn shown(&self, spec: &BreathSpec) -> f64 {
        (spec.end_expiration - self.let_out(spec)) / spec.tidal
    }
}
