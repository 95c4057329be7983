//! Range sensor on the imaging head: distance to the skin.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use crate::delay::{DELAY_TICKS_MAX, Delayed, DropoutSpec};
use crate::error::{Check, SensorError};

/// Figures of a range sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeSpec {
    /// Nearest distance [m].
    pub near_m: f64,
    /// Farthest distance [m].
    pub far_m: f64,
    /// Standard deviation of the zero error [m]; one draw per run.
    pub bias_sd_m: f64,
    /// Standard deviation of a reading [m].
    pub noise_sd_m: f64,
    /// Smallest step of a reading [m].
    pub resolution_m: f64,
    /// Time until the reading arrives [s].
    pub delay_s: f64,
    /// Lost readings.
    pub dropout: DropoutSpec,
}

impl RangeSpec {
    /// A laser triangulation sensor of 20 to 150 mm. Its light enters skin: the bias stands for that too.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement.
    #[must_use]
    pub fn triangulation() -> Self {
        Self {
            near_m: 0.02,
            far_m: 0.15,
            bias_sd_m: 0.15e-3,
            noise_sd_m: 0.05e-3,
            resolution_m: 0.01e-3,
            delay_s: 0.004,
            dropout: DropoutSpec { rate_1_s: 0.1, mean_s: 0.01 },
        }
    }
}

/// State: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeState {
    /// Zero error [m].
    pub bias_m: f64,
    /// Readings are being lost.
    pub lost: bool,
    /// Readings on their way [m].
    pub delay: Delayed<Option<f64>>,
}

/// The immutable sensor.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSensor {
    spec: RangeSpec,
    tick_s: f64,
    delay_ticks: u32,
}

impl RangeSensor {
    /// A sensor read once per `tick_s` [s].
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &RangeSpec, tick_s: f64) -> Result<Self, SensorError> {
        let check = Check("range sensor");
        check.not_negative("near_m", spec.near_m)?;
        check.positive("far_m - near_m", spec.far_m - spec.near_m)?;
        check.not_negative("bias_sd_m", spec.bias_sd_m)?;
        check.not_negative("noise_sd_m", spec.noise_sd_m)?;
        check.positive("resolution_m", spec.resolution_m)?;
        spec.dropout.check(check)?;
        let delay_ticks = check.ticks("delay_s", spec.delay_s, tick_s, DELAY_TICKS_MAX)?;
        Ok(Self { spec: spec.clone(), tick_s, delay_ticks })
    }

    /// The sensor's figures.
    #[must_use]
    pub fn spec(&self) -> &RangeSpec {
        &self.spec
    }

    /// A sensor at rest; its zero error is drawn.
    ///
    /// # Errors
    /// None after `new`; kept for the delay line.
    pub fn start(&self, stream: &mut Stream) -> Result<RangeState, SensorError> {
        Ok(RangeState { bias_m: self.spec.bias_sd_m * stream.normal(), lost: false, delay: Delayed::new(self.delay_ticks, None)? })
    }

    /// One tick: the reading [m], or none when it is lost or out of range. `distance_m`: true distance to the skin [m].
    /// One uniform and one normal are drawn; nothing is allocated.
    pub fn step(&self, state: &mut RangeState, distance_m: f64, stream: &mut Stream) -> Option<f64> {
        self.spec.dropout.step(&mut state.lost, stream, self.tick_s);
        let raw = distance_m + state.bias_m + self.spec.noise_sd_m * stream.normal();
        let inside = (self.spec.near_m..=self.spec.far_m).contains(&raw);
        let reading = (inside && !state.lost).then(|| (raw / self.spec.resolution_m).round() * self.spec.resolution_m);
        state.delay.push(reading)
    }
}
