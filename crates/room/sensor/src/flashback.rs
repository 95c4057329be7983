//! Flashback: blood runs up the empty needle and shows in a window of the hub.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use crate::delay::{DELAY_TICKS_MAX, Delayed};
use crate::error::{Check, SensorError};

/// Figures of the needle's bore, the hub's window and its eye.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlashbackSpec {
    /// Inner radius of the needle [m].
    pub inner_radius_m: f64,
    /// Length from the tip to the window [m].
    pub length_m: f64,
    /// Blood in the window that can be seen [m³].
    pub window_m3: f64,
    /// Viscosity of blood [Pa s].
    pub viscosity_pa_s: f64,
    /// Noise of the eye behind the window, in units of its step from empty to full [1].
    pub noise_sd: f64,
    /// Level above which blood counts as seen [1].
    pub threshold: f64,
    /// Time until the reading arrives [s].
    pub delay_s: f64,
}

impl FlashbackSpec {
    /// A 21G needle of 32 mm with a clear hub and an optical eye.
    ///
    /// # Source
    /// Bore 0.51 mm: ISO 9626 band, prior. Viscosity 3.5 mPa s: usual figure for large vessels, prior. Window 5 µL, noise
    /// and delay: prior, unverified, engineering judgement.
    #[must_use]
    pub fn clear_hub_21g() -> Self {
        Self {
            inner_radius_m: 0.255e-3,
            length_m: 0.032,
            window_m3: 5e-9,
            viscosity_pa_s: 3.5e-3,
            noise_sd: 0.1,
            threshold: 0.5,
            delay_s: 0.02,
        }
    }
}

/// What is at the tip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlashbackInput {
    /// The opening of the bevel lies in blood.
    pub tip_in_blood: bool,
    /// Pressure of the blood over the hub's [Pa].
    pub pressure_pa: f64,
}

/// Reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlashbackOutput {
    /// Level of the eye [1]: near 0 empty, near 1 full, with noise.
    pub level: f64,
    /// Blood seen in the hub.
    pub blood_in_hub: bool,
}

/// State: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlashbackState {
    /// How far blood stands in the bore [m].
    pub front_m: f64,
    /// Blood in the window [m³].
    pub window_m3: f64,
    /// Readings on their way [1].
    pub delay: Delayed<f64>,
}

/// The immutable sensor.
///
/// The front x of a liquid that fills an empty tube: x dx/dt = r² ΔP/(8 μ) (Washburn 1921, Phys Rev 17:273–283, without
/// capillary pressure); at the window it goes on as Poiseuille flow. Blood that has come stays: it is not sucked back.
#[derive(Clone, Debug, PartialEq)]
pub struct FlashbackSensor {
    spec: FlashbackSpec,
    tick_s: f64,
    delay_ticks: u32,
}

impl FlashbackSensor {
    /// A sensor read once per `tick_s` [s].
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &FlashbackSpec, tick_s: f64) -> Result<Self, SensorError> {
        let check = Check("flashback sensor");
        check.positive("inner_radius_m", spec.inner_radius_m)?;
        check.positive("length_m", spec.length_m)?;
        check.positive("window_m3", spec.window_m3)?;
        check.positive("viscosity_pa_s", spec.viscosity_pa_s)?;
        check.not_negative("noise_sd", spec.noise_sd)?;
        check.fraction("threshold", spec.threshold)?;
        let delay_ticks = check.ticks("delay_s", spec.delay_s, tick_s, DELAY_TICKS_MAX)?;
        Ok(Self { spec: spec.clone(), tick_s, delay_ticks })
    }

    /// The sensor's figures.
    #[must_use]
    pub fn spec(&self) -> &FlashbackSpec {
        &self.spec
    }

    /// An empty needle.
    ///
    /// # Errors
    /// None after `new`; kept for the delay line.
    pub fn start(&self) -> Result<FlashbackState, SensorError> {
        Ok(FlashbackState { front_m: 0.0, window_m3: 0.0, delay: Delayed::new(self.delay_ticks, 0.0)? })
    }

    /// Time from the first blood at the tip until the front reaches the window, at constant pressure [s]: 4 μ L²/(r² ΔP).
    #[must_use]
    pub fn transit_s(&self, pressure_pa: f64) -> f64 {
        let spec = &self.spec;
        4.0 * spec.viscosity_pa_s * spec.length_m * spec.length_m / (spec.inner_radius_m * spec.inner_radius_m * pressure_pa)
    }

    /// One tick. One normal is drawn; nothing is allocated.
    pub fn step(&self, state: &mut FlashbackState, input: &FlashbackInput, stream: &mut Stream) -> FlashbackOutput {
        let spec = &self.spec;
        if input.tip_in_blood && input.pressure_pa > 0.0 && input.pressure_pa.is_finite() {
            let r2 = spec.inner_radius_m * spec.inner_radius_m;
            if state.front_m < spec.length_m {
                // Exact for constant pressure: x² grows by r² ΔP dt/(4 μ).
                let square = state.front_m * state.front_m + r2 * input.pressure_pa * self.tick_s / (4.0 * spec.viscosity_pa_s);
                state.front_m = square.sqrt().min(spec.length_m);
            } else {
                let flow = std::f64::consts::PI * r2 * r2 * input.pressure_pa / (8.0 * spec.viscosity_pa_s * spec.length_m);
                state.window_m3 = (state.window_m3 + flow * self.tick_s).min(spec.window_m3);
            }
        }
        let reading = state.window_m3 / spec.window_m3 + spec.noise_sd * stream.normal();
        let level = state.delay.push(reading);
        FlashbackOutput { level, blood_in_hub: level > spec.threshold }
    }
}
