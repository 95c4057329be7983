//! Force sensor behind the needle: one axial and two lateral channels.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::delay::{DELAY_TICKS_MAX, Delayed};
use crate::error::{Check, SensorError};

/// Figures of a force sensor; each holds for all three channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceSensorSpec {
    /// Standard deviation of the zero error that is left after taring [N].
    pub bias_sd_n: f64,
    /// Drift of the zero, a random walk [N/√s].
    pub drift_n_sqrt_s: f64,
    /// One-sided density of the white noise [N/√Hz].
    pub noise_n_sqrt_hz: f64,
    /// Corner frequency of the mechanics [Hz], first order.
    pub bandwidth_hz: f64,
    /// Lateral force that shows in the axial channel, and axial force in each lateral one [1].
    pub crosstalk: f64,
    /// Smallest step of the reading [N].
    pub resolution_n: f64,
    /// Largest reading [N].
    pub range_n: f64,
    /// Time until the reading arrives [s].
    pub delay_s: f64,
}

impl ForceSensorSpec {
    /// A miniature load cell of ±20 N at the needle's hub.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement (0.2 mN/√Hz gives 4.5 mN at 1 kHz, a two-thousandth of the range).
    #[must_use]
    pub fn needle_hub() -> Self {
        Self {
            bias_sd_n: 0.01,
            drift_n_sqrt_s: 0.5e-3,
            noise_n_sqrt_hz: 0.2e-3,
            bandwidth_hz: 200.0,
            crosstalk: 0.01,
            resolution_n: 1e-3,
            range_n: 20.0,
            delay_s: 1e-3,
        }
    }
}

/// Forces on the needle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceInput {
    /// Axial force [N], positive when tissue pushes back.
    pub axial_n: f64,
    /// Lateral force in the needle's x and y [N].
    pub lateral_n: [f64; 2],
}

/// Reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceOutput {
    /// Axial force [N], positive when tissue pushes back.
    pub axial_n: f64,
    /// Lateral force in the needle's x and y [N].
    pub lateral_n: [f64; 2],
    /// A channel stands at the end of its range.
    pub saturated: bool,
}

/// State: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceState {
    /// Zero errors: axial, lateral x, lateral y [N].
    pub bias_n: [f64; 3],
    /// Mechanics [N].
    pub filtered_n: [f64; 3],
    /// Readings on their way [N].
    pub delay: Delayed<[f64; 3]>,
}

/// The immutable sensor: reading = delay(quantise(clamp(lowpass(force) + bias + noise))).
#[derive(Clone, Debug, PartialEq)]
pub struct ForceSensor {
    spec: ForceSensorSpec,
    tick_s: f64,
    follow: f64,
    delay_ticks: u32,
}

impl ForceSensor {
    /// A sensor read once per `tick_s` [s].
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &ForceSensorSpec, tick_s: f64) -> Result<Self, SensorError> {
        let check = Check("force sensor");
        check.not_negative("bias_sd_n", spec.bias_sd_n)?;
        check.not_negative("drift_n_sqrt_s", spec.drift_n_sqrt_s)?;
        check.not_negative("noise_n_sqrt_hz", spec.noise_n_sqrt_hz)?;
        check.positive("bandwidth_hz", spec.bandwidth_hz)?;
        check.fraction("crosstalk", spec.crosstalk)?;
        check.positive("resolution_n", spec.resolution_n)?;
        check.positive("range_n", spec.range_n)?;
        let delay_ticks = check.ticks("delay_s", spec.delay_s, tick_s, DELAY_TICKS_MAX)?;
        let follow = 1.0 - ops::exp(-std::f64::consts::TAU * spec.bandwidth_hz * tick_s);
        Ok(Self { spec: spec.clone(), tick_s, follow, delay_ticks })
    }

    /// The sensor's figures.
    #[must_use]
    pub fn spec(&self) -> &ForceSensorSpec {
        &self.spec
    }

    /// Standard deviation of the white noise of one reading, before quantisation [N]: density × √(1/(2 tick)).
    #[must_use]
    pub fn noise_sd_n(&self) -> f64 {
        self.spec.noise_n_sqrt_hz * (0.5 / self.tick_s).sqrt()
    }

    /// A tared sensor at rest; its three zero errors are drawn.
    ///
    /// # Errors
    /// None after `new`; kept for the delay line.
    pub fn start(&self, stream: &mut Stream) -> Result<ForceState, SensorError> {
        let bias_n = [0.0; 3].map(|_: f64| self.spec.bias_sd_n * stream.normal());
        Ok(ForceState { bias_n, filtered_n: [0.0; 3], delay: Delayed::new(self.delay_ticks, bias_n)? })
    }

    /// One tick. Six normals are drawn; nothing is allocated. A force that is not finite reads as the last one.
    pub fn step(&self, state: &mut ForceState, input: &ForceInput, stream: &mut Stream) -> ForceOutput {
        let spec = &self.spec;
        let [x, y] = input.lateral_n;
        let cross = spec.crosstalk;
        let seen = [input.axial_n + cross * (x + y), x + cross * input.axial_n, y + cross * input.axial_n];
        let (noise, drift) = (self.noise_sd_n(), spec.drift_n_sqrt_s * self.tick_s.sqrt());
        let mut reading = [0.0; 3];
        for channel in 0..3 {
            if seen[channel].is_finite() {
                state.filtered_n[channel] += (seen[channel] - state.filtered_n[channel]) * self.follow;
            }
            state.bias_n[channel] += drift * stream.normal();
            let raw = state.filtered_n[channel] + state.bias_n[channel] + noise * stream.normal();
            reading[channel] = (raw.clamp(-spec.range_n, spec.range_n) / spec.resolution_n).round() * spec.resolution_n;
        }
        let [axial_n, x, y] = state.delay.push(reading);
        let end = spec.range_n - spec.resolution_n;
        ForceOutput { axial_n, lateral_n: [x, y], saturated: axial_n.abs() >= end || x.abs() >= end || y.abs() >= end }
    }
}
