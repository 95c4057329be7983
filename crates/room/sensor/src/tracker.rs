//! Optical marker on the arm: how far it has moved since registration.

use nalgebra::Vector3;
use proband_core::{Direction, Patient, Stream};
use serde::{Deserialize, Serialize};

use crate::delay::{DELAY_TICKS_MAX, Delayed, DropoutSpec};
use crate::error::{Check, SensorError};

/// Figures of a tracker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackerSpec {
    /// Time between two pictures [s].
    pub period_s: f64,
    /// Time from picture to reading [s].
    pub delay_s: f64,
    /// Standard deviation of a reading, each axis [m].
    pub noise_sd_m: f64,
    /// Lost readings.
    pub dropout: DropoutSpec,
    /// Gain of the position part of the velocity filter [1].
    pub alpha: f64,
    /// Gain of the velocity part [1].
    pub beta: f64,
}

impl TrackerSpec {
    /// A stereo camera on a marker band at 200 Hz.
    ///
    /// # Source
    /// Noise 0.1 mm: class of optical trackers at rest (makers state 0.12–0.25 mm RMS over the volume); all figures:
    /// prior, unverified, engineering judgement.
    #[must_use]
    pub fn marker_band() -> Self {
        Self {
            period_s: 0.005,
            delay_s: 0.012,
            noise_sd_m: 0.1e-3,
            dropout: DropoutSpec { rate_1_s: 0.05, mean_s: 0.04 },
            alpha: 0.3,
            beta: 0.05,
        }
    }
}

/// What the tracker looks at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackerInput {
    /// True displacement of the arm since registration [m].
    pub displacement_m: Direction<Patient>,
    /// Something stands before the marker.
    pub occluded: bool,
}

/// Reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackerOutput {
    /// Last valid displacement [m].
    pub displacement_m: Direction<Patient>,
    /// Velocity by an alpha–beta filter over the valid readings [m/s].
    pub velocity_m_s: Direction<Patient>,
    /// Age of the picture behind the last valid reading [s].
    pub age_s: f64,
    /// A valid reading arrived in this tick.
    pub fresh: bool,
}

/// State: plain data. Grouped by the stage that writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackerState {
    // --- written by the camera ---
    /// Ticks until the next picture.
    pub wait_ticks: u32,
    /// Readings are being lost.
    pub lost: bool,
    /// Pictures on their way; none where no picture was taken or the marker was not seen [m].
    pub delay: Delayed<Option<[f64; 3]>>,
    // --- written by the reader ---
    /// Last valid reading [m].
    pub last_m: [f64; 3],
    /// Ticks since it arrived.
    pub silent_ticks: u32,
    /// Filtered position [m].
    pub filter_m: [f64; 3],
    /// Filtered velocity [m/s].
    pub filter_m_s: [f64; 3],
}

/// The immutable tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracker {
    spec: TrackerSpec,
    tick_s: f64,
    period_ticks: u32,
    delay_ticks: u32,
}

impl Tracker {
    /// A tracker in a loop of period `tick_s` [s].
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &TrackerSpec, tick_s: f64) -> Result<Self, SensorError> {
        let check = Check("arm tracker");
        check.positive("period_s", spec.period_s)?;
        check.not_negative("noise_sd_m", spec.noise_sd_m)?;
        check.fraction("alpha", spec.alpha)?;
        check.fraction("beta", spec.beta)?;
        spec.dropout.check(check)?;
        let period_ticks = check.ticks("period_s", spec.period_s, tick_s, DELAY_TICKS_MAX)?.max(1);
        let delay_ticks = check.ticks("delay_s", spec.delay_s, tick_s, DELAY_TICKS_MAX)?;
        Ok(Self { spec: spec.clone(), tick_s, period_ticks, delay_ticks })
    }

    /// The tracker's figures.
    #[must_use]
    pub fn spec(&self) -> &TrackerSpec {
        &self.spec
    }

    /// A tracker that has just been registered with the arm at rest.
    ///
    /// # Errors
    /// None after `new`; kept for the delay line.
    pub fn start(&self) -> Result<TrackerState, SensorError> {
        Ok(TrackerState {
            wait_ticks: 0,
            lost: false,
            delay: Delayed::new(self.delay_ticks, None)?,
            last_m: [0.0; 3],
            silent_ticks: 0,
            filter_m: [0.0; 3],
            filter_m_s: [0.0; 3],
        })
    }

    /// One tick. One uniform is drawn, and three normals when a picture is taken; nothing is allocated.
    pub fn step(&self, state: &mut TrackerState, input: &TrackerInput, stream: &mut Stream) -> TrackerOutput {
        self.spec.dropout.step(&mut state.lost, stream, self.tick_s);
        let mut picture = None;
        if state.wait_ticks == 0 {
            state.wait_ticks = self.period_ticks;
            let noise = [0.0; 3].map(|_: f64| self.spec.noise_sd_m * stream.normal());
            let seen = Vector3::from(noise) + input.displacement_m.0;
            if !input.occluded && !state.lost && seen.iter().all(|x| x.is_finite()) {
                picture = Some(seen.into());
            }
        }
        state.wait_ticks -= 1;
        let reading = state.delay.push(picture);
        let gap_ticks = state.silent_ticks.saturating_add(1);
        state.silent_ticks = gap_ticks;
        if let Some(reading) = reading {
            state.silent_ticks = 0;
            state.last_m = reading;
            self.filter(state, &reading, f64::from(gap_ticks) * self.tick_s);
        }
        TrackerOutput {
            displacement_m: Direction::new(state.last_m[0], state.last_m[1], state.last_m[2]),
            velocity_m_s: Direction::new(state.filter_m_s[0], state.filter_m_s[1], state.filter_m_s[2]),
            age_s: f64::from(state.silent_ticks.saturating_add(self.delay_ticks)) * self.tick_s,
            fresh: reading.is_some(),
        }
    }

    fn filter(&self, state: &mut TrackerState, reading: &[f64; 3], gap_s: f64) {
        for (axis, &seen) in reading.iter().enumerate() {
            let predicted = state.filter_m[axis] + state.filter_m_s[axis] * gap_s;
            let surprise = seen - predicted;
            state.filter_m[axis] = predicted + self.spec.alpha * surprise;
            state.filter_m_s[axis] += self.spec.beta * surprise / gap_s;
        }
    }
}
