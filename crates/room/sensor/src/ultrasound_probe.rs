//! Taking pictures: when, of what, and what arrives.

use proband_core::Stream;
use proband_sound::{AcousticSpec, BModeModel, BModeScratch, BModeSpec, Raster, SoundError};

use crate::error::Check;
use crate::ultrasound_doppler::doppler;
use crate::ultrasound_label::{LumenLabel, labels};
use crate::ultrasound_section::Builder;
use crate::{SensorError, UltrasoundFrame, UltrasoundInput, UltrasoundProbeSpec, UltrasoundState};

/// Most pictures on their way at once; the oldest is given up beyond that.
pub const ULTRASOUND_PENDING_MAX: usize = 16;

const PROBE: &str = "ultrasound probe";

impl UltrasoundProbeSpec {
    /// A hand-sized 10 MHz linear probe at 25 pictures per second.
    ///
    /// # Source
    /// Picture rate 20–30 Hz for image servoing; delay, losses, gel and Doppler settings: prior, unverified.
    #[must_use]
    pub const fn linear_10_mhz(seed: u64) -> Self {
        Self {
            bmode: BModeSpec::linear_10_mhz(seed),
            frame_period_s: 0.04,
            delay_s: 0.05,
            dropout_probability: 0.005,
            gel_m: 2.5e-3,
            compression_depth_m: 20e-3,
            face_length_m: 25.6e-3,
            doppler_noise_hz: 25.0,
            wall_filter_hz: 120.0,
            doppler_steer_rad: 0.26,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SensorError::Parameter`] with the first wrong field.
    pub fn check(&self) -> Result<(), SensorError> {
        self.bmode.check().map_err(|e| from_sound(&e))?;
        let check = Check(PROBE);
        check.positive("frame_period_s", self.frame_period_s)?;
        check.not_negative("delay_s", self.delay_s)?;
        check.fraction("dropout_probability", self.dropout_probability)?;
        check.not_negative("gel_m", self.gel_m)?;
        check.positive("compression_depth_m", self.compression_depth_m)?;
        check.positive("face_length_m", self.face_length_m)?;
        check.not_negative("doppler_noise_hz", self.doppler_noise_hz)?;
        check.not_negative("wall_filter_hz", self.wall_filter_hz)?;
        check.fraction("doppler_steer_rad", self.doppler_steer_rad.abs())
    }
}

fn from_sound(error: &SoundError) -> SensorError {
    match *error {
        SoundError::OutOfRange { field, value, .. } => SensorError::Parameter { sensor: PROBE, field, value, allowed: "in its range" },
        _ => SensorError::Parameter { sensor: PROBE, field: "acoustics", value: f64::NAN, allowed: "usable" },
    }
}

/// A probe and scanner on one patient.
#[derive(Clone, Debug)]
pub struct UltrasoundProbe {
    spec: UltrasoundProbeSpec,
    model: BModeModel,
}

/// Working memory of one probe; holds nothing between pictures.
#[derive(Clone, Debug)]
pub struct UltrasoundScratch {
    bmode: BModeScratch,
    builder: Builder,
}

impl UltrasoundScratch {
    /// Memory for one probe.
    #[must_use]
    pub fn new() -> Self {
        Self { bmode: BModeScratch::new(), builder: Builder::new() }
    }
}

impl Default for UltrasoundScratch {
    fn default() -> Self {
        Self::new()
    }
}

impl UltrasoundProbe {
    /// Prepare a probe for a patient (some milliseconds of work: once per patient).
    ///
    /// # Errors
    /// [`SensorError::Parameter`] with the first wrong number of the probe or of the tissues.
    pub fn new(spec: &UltrasoundProbeSpec, acoustics: &AcousticSpec) -> Result<Self, SensorError> {
        Self::with_raster(spec, acoustics, Raster::LOOP)
    }

    /// Prepare a probe whose pictures have another raster: finer ones also bend the sound at interfaces, carry speckle with
    /// tissue that the face presses, and estimate colour Doppler from an ensemble of pulses.
    ///
    /// # Errors
    /// As [`UltrasoundProbe::new`].
    pub fn with_raster(spec: &UltrasoundProbeSpec, acoustics: &AcousticSpec, raster: Raster) -> Result<Self, SensorError> {
        spec.check()?;
        Ok(Self { spec: *spec, model: BModeModel::with_raster(&spec.bmode, acoustics, raster).map_err(|e| from_sound(&e))? })
    }

    /// What it was made from.
    #[must_use]
    pub fn spec(&self) -> &UltrasoundProbeSpec {
        &self.spec
    }

    /// Nothing taken, nothing on its way, the first picture due at once.
    #[must_use]
    pub fn start(&self) -> UltrasoundState {
        UltrasoundState { index: 0, dropped_count: 0, next_time_s: f64::NEG_INFINITY, pending: Vec::new() }
    }

    /// Take a picture when one is due, deliver one that has arrived. Call it every tick; it costs nothing in between.
    ///
    /// `stream`: electronic noise, losses, Doppler noise.
    pub fn step(
        &self,
        state: &mut UltrasoundState,
        input: &UltrasoundInput<'_>,
        scratch: &mut UltrasoundScratch,
        stream: &mut Stream,
    ) -> Option<UltrasoundFrame> {
        // Half a microsecond of slack: ticks are sums of a fraction.
        const SLACK_S: f64 = 5e-7;
        if input.expose && input.time_s + SLACK_S >= state.next_time_s {
            let due_s = state.next_time_s + self.spec.frame_period_s;
            state.next_time_s = if due_s > input.time_s { due_s } else { input.time_s + self.spec.frame_period_s };
            let index = state.index;
            state.index = state.index.wrapping_add(1);
            if stream.bernoulli(self.spec.dropout_probability) {
                state.dropped_count = state.dropped_count.wrapping_add(1);
            } else {
                if state.pending.len() >= ULTRASOUND_PENDING_MAX {
                    state.pending.remove(0);
                    state.dropped_count = state.dropped_count.wrapping_add(1);
                }
                let frame = self.capture(index, input, scratch, stream);
                state.pending.push((input.time_s + self.spec.delay_s, frame));
            }
        }
        let arrived = state.pending.first().is_some_and(|(time_s, _)| *time_s <= input.time_s + SLACK_S);
        arrived.then(|| state.pending.remove(0).1)
    }

    /// The picture of this moment, without delay or loss. `index` also renews the speckle of the blood.
    pub fn capture(
        &self,
        index: u32,
        input: &UltrasoundInput<'_>,
        scratch: &mut UltrasoundScratch,
        stream: &mut Stream,
    ) -> UltrasoundFrame {
        let raster = self.model.raster();
        scratch.builder.build(&self.spec, &raster, input, index);
        let mut pixels = Vec::with_capacity(raster.column_count * raster.row_count);
        self.model.form(&scratch.builder.section, &mut scratch.bmode, stream, &mut pixels);
        let doppler = input.doppler.then(|| doppler(&self.spec, &self.model, input, &scratch.builder, stream));
        UltrasoundFrame {
            index,
            time_s: input.time_s,
            column_count: raster.column_count as u32,
            row_count: raster.row_count as u32,
            column_pitch_m: self.model.column_pitch_m(),
            row_pitch_m: self.model.row_pitch_m(),
            pixels,
            doppler,
            pose_patient_probe: input.pose_patient_probe_measured,
        }
    }

    /// What truly is in the picture that was captured last with `scratch`.
    #[must_use]
    pub fn labels(&self, scratch: &UltrasoundScratch) -> Vec<LumenLabel> {
        labels(&self.model, &scratch.builder)
    }

    /// Displayed depths of a vessel's front and back wall at `x_m` along the elements in the picture captured last
    /// with `scratch` [m], without blur; `None` where it is not in the plane. For measuring detectors.
    #[must_use]
    pub fn lumen_at(&self, scratch: &UltrasoundScratch, x_m: f64, vessel: u16) -> Option<(f64, f64)> {
        let column = column_at(&self.model, x_m);
        let span = scratch.builder.lumens.iter().find(|l| l.column == column && l.vessel == vessel)?;
        let tissue = &scratch.builder.section.columns[column];
        Some((self.model.displayed_depth_m(tissue, span.top_m), self.model.displayed_depth_m(tissue, span.bottom_m)))
    }

    /// Displayed depth of a point of the plane at `x_m` along the elements and `depth_m` below the face, in the
    /// picture that was captured last with `scratch` [m]. For measuring detectors.
    #[must_use]
    pub fn displayed_depth_m(&self, scratch: &UltrasoundScratch, x_m: f64, depth_m: f64) -> f64 {
        self.model.displayed_depth_m(&scratch.builder.section.columns[column_at(&self.model, x_m)], depth_m)
    }
}

fn column_at(model: &BModeModel, x_m: f64) -> usize {
    let last = model.raster().column_count as f64 - 1.0;
    let column = (x_m / model.column_pitch_m() + 0.5 * last).round();
    column.clamp(0.0, last) as usize
}
