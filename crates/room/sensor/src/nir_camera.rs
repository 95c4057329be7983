//! The near-infrared camera: lamps, lens, photoelectrons, exposure control, dropouts.
//!
//! Photoelectrons per pixel = QE · t · λ/(h c) · (E R/π) · T · A · π/(4 N²), E the irradiance of the lamps on the
//! skin and R its reflectance. Each picture is the difference of one with the lamps on and one with them off.

use proband_core::{Camera, Patient, Pose, Position, Stream};
use proband_volume::Plane;
use serde::{Deserialize, Serialize};

use crate::error::{Check, SensorError};
use crate::{NirFrame, NirSkin, RangeMap};

/// Camera, lamps and depth sensor as bought. Units SI; angles follow from the geometry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirCameraSpec {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Focal length [px].
    pub focal_px: f64,
    /// Side of a pixel on the chip [m].
    pub pixel_pitch_m: f64,
    /// Focal ratio of the lens [1].
    pub f_number: f64,
    /// Transmission of lens, filter and crossed polarisers [1].
    pub transmission: f64,
    /// Photoelectrons per photon [1].
    pub quantum_efficiency: f64,
    /// Irradiance of the lamp ring on a surface facing it at 0.3 m on the axis [W/m²].
    pub lamp_irradiance_w_m2: f64,
    /// Radius of the lamp ring around the lens [m].
    pub lamp_radius_m: f64,
    /// Part of the surface's mirror reflection that passes the crossed polarisers [1].
    pub glare_passed: f64,
    /// Full well [photoelectrons].
    pub full_well_e: f64,
    /// Read noise [photoelectrons, standard deviation].
    pub read_noise_e: f64,
    /// Dark current [photoelectrons/s].
    pub dark_e_per_s: f64,
    /// Bits of the converter.
    pub adc_bits: u32,
    /// Shortest and longest exposure [s].
    pub exposure_s: [f64; 2],
    /// Level to which exposure control brings the 95th percentile of the picture [1 of full scale].
    pub target_level: f64,
    /// Probability that a picture is lost [1].
    pub drop_probability: f64,
    /// Noise of the depth sensor [m, standard deviation per sample].
    pub range_noise_m: f64,
    /// Constant error of the depth sensor, one draw per run from this standard deviation [m].
    pub range_bias_sd_m: f64,
}

impl NirCameraSpec {
    /// A 640 × 480 camera of one third of a millimetre per pixel at 0.3 m, 12 bits, 10 000 electrons, lamps far
    /// below the limit for long viewing.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement; full well, read noise and bits of usual industrial chips. The
    /// lamps stay under 100 W/m², the limit of IEC 62471 for long infrared exposure of the eye.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            width: 640,
            height: 480,
            focal_px: 900.0,
            pixel_pitch_m: 4.8e-6,
            f_number: 2.8,
            transmission: 0.2,
            quantum_efficiency: 0.3,
            lamp_irradiance_w_m2: 20.0,
            lamp_radius_m: 0.03,
            glare_passed: 0.02,
            full_well_e: 10_000.0,
            read_noise_e: 5.0,
            dark_e_per_s: 50.0,
            adc_bits: 12,
            exposure_s: [0.2e-3, 60e-3],
            target_level: 0.7,
            drop_probability: 0.005,
            range_noise_m: 0.5e-3,
            range_bias_sd_m: 0.3e-3,
        }
    }
}

/// What changes from picture to picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirCameraState {
    /// Exposure of the next picture [s].
    pub exposure_s: f64,
    /// Pictures asked for so far.
    pub index: u32,
    /// Pictures lost so far.
    pub dropped_count: u32,
    /// Error of the depth sensor in this run [m].
    pub range_bias_m: f64,
    /// Noise of this camera.
    pub stream: Stream,
}

/// What a picture is taken of.
#[derive(Clone, Copy, Debug)]
pub struct NirInput<'a> {
    /// Time of the exposure [s].
    pub time_s: f64,
    /// The arm as light sees it.
    pub skin: &'a NirSkin,
    /// Where the camera truly is, movement of the arm included.
    pub pose_patient_camera: Pose<Patient, Camera>,
    /// Where calibration and tracking say that it is.
    pub pose_patient_camera_measured: Pose<Patient, Camera>,
    /// Room light on the arm within the filter's band [W/m²].
    pub ambient_irradiance_w_m2: f64,
}

/// One picture, or none when it was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct NirOutput {
    /// The picture.
    pub frame: Option<NirFrame>,
}

/// The immutable camera.
#[derive(Clone, Debug, PartialEq)]
pub struct NirCamera {
    spec: NirCameraSpec,
}

/// Planck's constant times the speed of light [J m] (SI, exact).
const PLANCK_LIGHT_J_M: f64 = 6.626_070_15e-34 * 299_792_458.0;
/// Reflectance of skin's surface at normal incidence, index 1.4.
const SURFACE: f64 = 0.0278;
/// Roughness of skin's surface (Beckmann slope) [1]; prior: unverified.
const ROUGHNESS: f64 = 0.35;
/// Pixels between the places whose geometry is computed.
const STEP_PX: u32 = 8;
/// Pixels per sample of the depth sensor.
const RANGE_STEP_PX: u32 = 16;
/// Lamps in the ring.
const LAMP_COUNT: u32 = 8;

/// What a pixel sees: map column and row, irradiance per lamp setting, range.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    column: f32,
    row: f32,
    /// Photoelectrons per second for reflectance 1 by the lamps.
    rate: f32,
    /// Photoelectrons per second by glare.
    glare: f32,
    /// Photoelectrons per second for reflectance 1 by 1 W/m² of room light.
    ambient: f32,
    range_m: f32,
}

impl NirCamera {
    /// A camera.
    ///
    /// # Errors
    /// [`SensorError::Parameter`] that names the field.
    pub fn new(spec: &NirCameraSpec) -> Result<Self, SensorError> {
        let check = Check("near-infrared camera");
        let whole = |field, value: u32, ok: bool, allowed| {
            if ok {
                Ok(())
            } else {
                Err(SensorError::Parameter { sensor: "near-infrared camera", field, value: f64::from(value), allowed })
            }
        };
        whole("width", spec.width, (16..=4096).contains(&spec.width), "16 to 4096")?;
        whole("height", spec.height, (16..=4096).contains(&spec.height), "16 to 4096")?;
        whole("adc_bits", spec.adc_bits, (6..=16).contains(&spec.adc_bits), "6 to 16")?;
        for (field, value) in [
            ("focal_px", spec.focal_px),
            ("pixel_pitch_m", spec.pixel_pitch_m),
            ("f_number", spec.f_number),
            ("lamp_irradiance_w_m2", spec.lamp_irradiance_w_m2),
            ("full_well_e", spec.full_well_e),
            ("exposure_s[0]", spec.exposure_s[0]),
            ("exposure_s[1] - exposure_s[0]", spec.exposure_s[1] - spec.exposure_s[0]),
        ] {
            check.positive(field, value)?;
        }
        for (field, value) in [
            ("lamp_radius_m", spec.lamp_radius_m),
            ("read_noise_e", spec.read_noise_e),
            ("dark_e_per_s", spec.dark_e_per_s),
            ("range_noise_m", spec.range_noise_m),
            ("range_bias_sd_m", spec.range_bias_sd_m),
        ] {
            check.not_negative(field, value)?;
        }
        for (field, value) in [
            ("transmission", spec.transmission),
            ("quantum_efficiency", spec.quantum_efficiency),
            ("glare_passed", spec.glare_passed),
            ("target_level", spec.target_level),
            ("drop_probability", spec.drop_probability),
        ] {
            check.fraction(field, value)?;
        }
        Ok(Self { spec: spec.clone() })
    }

    /// The camera's figures.
    #[must_use]
    pub fn spec(&self) -> &NirCameraSpec {
        &self.spec
    }

    /// A camera that has taken no picture; the depth sensor's error is drawn.
    #[must_use]
    pub fn start(&self, mut stream: Stream) -> NirCameraState {
        let range_bias_m = self.spec.range_bias_sd_m * stream.normal();
        let [shortest, longest] = self.spec.exposure_s;
        NirCameraState { exposure_s: (shortest * longest).sqrt(), index: 0, dropped_count: 0, range_bias_m, stream }
    }

    /// Take one picture and set the exposure of the next.
    ///
    /// The noise of the two exposures is drawn together: variance = signal on + signal off + 2 read² (+ dark).
    pub fn step(&self, state: &mut NirCameraState, input: &NirInput<'_>) -> NirOutput {
        state.index = state.index.saturating_add(1);
        if state.stream.bernoulli(self.spec.drop_probability) {
            state.dropped_count = state.dropped_count.saturating_add(1);
            return NirOutput { frame: None };
        }
        let (columns, rows) = (self.spec.width.div_ceil(STEP_PX) + 1, self.spec.height.div_ceil(STEP_PX) + 1);
        let mut grid = vec![Seen::default(); columns as usize * rows as usize];
        for (index, seen) in grid.iter_mut().enumerate() {
            let (i, j) = (index as u32 % columns, index as u32 / columns);
            *seen = self.look(input, f64::from(i * STEP_PX), f64::from(j * STEP_PX));
        }
        let Ok(mut counts) = Plane::filled(self.spec.width, self.spec.height, 0.0_f32) else { return NirOutput { frame: None } };
        state.stream.fill_normal(counts.samples_mut());
        let saturated = self.expose(input, state.exposure_s, &grid, columns, &mut counts);
        let range = self.measure_range(state, &grid, columns);
        let frame = NirFrame {
            index: state.index - 1,
            time_s: input.time_s,
            saturated_fraction: f64::from(saturated) / (f64::from(self.spec.width) * f64::from(self.spec.height)),
            exposure_s: state.exposure_s,
            full_scale_e: self.spec.full_well_e,
            focal_px: self.spec.focal_px,
            pose_patient_camera: input.pose_patient_camera_measured,
            range,
            counts,
        };
        state.exposure_s = self.next_exposure(&frame);
        NirOutput { frame: Some(frame) }
    }

    /// Turn standard normals into counts. Returns the number of saturated pixels.
    fn expose(&self, input: &NirInput<'_>, exposure_s: f64, grid: &[Seen], columns: u32, counts: &mut Plane<f32>) -> u32 {
        let spec = &self.spec;
        let time = exposure_s as f32;
        let dark = (spec.dark_e_per_s * exposure_s) as f32;
        let well = spec.full_well_e as f32;
        let read2 = 2.0 * (spec.read_noise_e * spec.read_noise_e) as f32;
        let levels = ((1_u32 << spec.adc_bits) - 1) as f32;
        let room = input.ambient_irradiance_w_m2 as f32;
        let (to_level, from_level) = (levels / well, 1.0 / levels);
        let mut saturated = 0;
        let mut line = vec![Seen::default(); columns as usize];
        for y in 0..counts.height() {
            let (j, v) = (y / STEP_PX, (y % STEP_PX) as f32 / STEP_PX as f32);
            let (above, below) = (&grid[(j * columns) as usize..], &grid[((j + 1) * columns) as usize..]);
            for ((seen, a), b) in line.iter_mut().zip(above).zip(below) {
                *seen = mix(a, b, v);
            }
            for (block, ends) in counts.row_mut(y).chunks_mut(STEP_PX as usize).zip(line.windows(2)) {
                let (mut seen, slope) = (ends[0], ends[1].less(&ends[0], 1.0 / STEP_PX as f32));
                for value in block {
                    let reflectance = input.skin.sample(seen.column, seen.row);
                    let off = seen.ambient * room * reflectance * time + dark;
                    let lamp = (seen.rate * reflectance + seen.glare) * time;
                    let mut difference = lamp + (lamp + 2.0 * off + read2).max(0.0).sqrt() * *value;
                    if difference + off > well {
                        saturated += 1;
                        difference = well - off;
                    }
                    // Rounded through an integer: `round` is a function call on the oldest x86-64.
                    *value = ((difference * to_level + 4_096.5) as i32 - 4_096) as f32 * from_level;
                    seen.step(&slope);
                }
            }
        }
        saturated
    }

    /// What lies under a pixel: the ray meets the skin's height field, lamps and lens follow from the geometry.
    fn look(&self, input: &NirInput<'_>, x_px: f64, y_px: f64) -> Seen {
        let spec = &self.spec;
        let pose = &input.pose_patient_camera;
        let ray = Position::<Camera>::new(
            (x_px - 0.5 * (f64::from(spec.width) - 1.0)) / spec.focal_px,
            (y_px - 0.5 * (f64::from(spec.height) - 1.0)) / spec.focal_px,
            1.0,
        );
        let origin = pose.origin().0;
        let along = pose.0.rotation * ray.0.coords;
        if along.y < 1e-3 {
            return Seen { column: -1.0, row: -1.0, ..Seen::default() };
        }
        // The camera looks down on a flat height field: the fixed point converges within a few steps.
        let mut range = -origin.y / along.y;
        for _ in 0..6 {
            let p = origin + along * range;
            range += 0.8 * (input.skin.skin_y(p.x, p.z) - p.y) / along.y;
        }
        let p = origin + along * range;
        let normal = input.skin.normal(p.x, p.z).0;
        let axis = pose.axis(2).0;
        let to_eye = (origin - p).normalize();
        let mut irradiance = 0.0;
        let mut mirrored = 0.0;
        for lamp in 0..LAMP_COUNT {
            let (sin, cos) = proband_core::ops::sin_cos(std::f64::consts::TAU * f64::from(lamp) / f64::from(LAMP_COUNT));
            let at = (*pose * Position::<Camera>::new(spec.lamp_radius_m * cos, spec.lamp_radius_m * sin, 0.0)).0;
            let to_lamp = at - p;
            let distance2 = to_lamp.norm_squared();
            let to_lamp = to_lamp / distance2.sqrt();
            let share = to_lamp.dot(&normal).max(0.0) * (-to_lamp.dot(&axis)).max(0.0) / distance2;
            irradiance += share;
            let half = (to_lamp + to_eye).normalize().dot(&normal).max(0.05);
            let tan2 = (1.0 - half * half).max(0.0) / (half * half);
            let lobe =
                proband_core::ops::exp(-tan2 / (ROUGHNESS * ROUGHNESS)) / (std::f64::consts::PI * ROUGHNESS * ROUGHNESS * half.powi(4));
            // Radiance of the glare for this lamp's irradiance, times π to compare with a reflectance.
            mirrored +=
                share * std::f64::consts::PI * SURFACE * lobe / (4.0 * to_lamp.dot(&normal).max(0.2) * to_eye.dot(&normal).max(0.2));
        }
        let reference = REFERENCE_DISTANCE_M * REFERENCE_DISTANCE_M + spec.lamp_radius_m * spec.lamp_radius_m;
        let on_axis = f64::from(LAMP_COUNT) * REFERENCE_DISTANCE_M * REFERENCE_DISTANCE_M / (reference * reference);
        let scale = spec.lamp_irradiance_w_m2 / on_axis;
        // Photoelectrons per second and W/m² on a perfect diffuser, with the lens's cos⁴.
        let slant2 = 1.0 / ray.0.coords.norm_squared();
        let area = spec.pixel_pitch_m * spec.pixel_pitch_m;
        let optics = spec.transmission * area / (4.0 * spec.f_number * spec.f_number) * slant2 * slant2;
        let per_watt = spec.quantum_efficiency * input.skin.wavelength_m() / PLANCK_LIGHT_J_M * optics;
        let (column, row) = input.skin.cell(p.x, p.z);
        Seen {
            column,
            row,
            rate: (per_watt * irradiance * scale) as f32,
            glare: (per_watt * mirrored * scale * spec.glare_passed) as f32,
            ambient: per_watt as f32,
            range_m: range as f32,
        }
    }

    fn measure_range(&self, state: &mut NirCameraState, grid: &[Seen], columns: u32) -> RangeMap {
        let every = RANGE_STEP_PX / STEP_PX;
        let (width, height) = (self.spec.width / RANGE_STEP_PX + 1, self.spec.height / RANGE_STEP_PX + 1);
        let rows = grid.len() as u32 / columns;
        // The sizes were checked by `new`.
        #[allow(clippy::expect_used, reason = "sizes from 2 x 2 to 257 x 257")]
        let mut range_m = Plane::filled(width, height, 0.0_f32).expect("a small plane");
        state.stream.fill_normal(range_m.samples_mut());
        let (noise, bias) = (self.spec.range_noise_m as f32, state.range_bias_m as f32);
        for j in 0..height {
            for (i, value) in range_m.row_mut(j).iter_mut().enumerate() {
                let (gi, gj) = ((i as u32 * every).min(columns - 1), (j * every).min(rows - 1));
                let seen = &grid[(gj * columns + gi) as usize];
                *value = if seen.range_m > 0.0 { (seen.range_m + bias + noise * *value).max(0.0) } else { 0.0 };
            }
        }
        RangeMap { step_px: RANGE_STEP_PX, range_m }
    }

    /// Step towards the target level, at most four times at once; back off quickly when pixels are full.
    fn next_exposure(&self, frame: &NirFrame) -> f64 {
        let mut histogram = [0_u32; 257];
        let mut total = 0_u32;
        for value in frame.counts.samples().iter().step_by(7) {
            histogram[(value.clamp(0.0, 1.0) * 256.0) as usize] += 1;
            total += 1;
        }
        let wanted = total - total / 20;
        let mut below = 0;
        let bin = histogram.iter().position(|count| {
            below += count;
            below >= wanted
        });
        let level = (bin.unwrap_or(256) as f64 + 0.5) / 256.0;
        let factor = if frame.saturated_fraction > 0.02 { 0.5 } else { (self.spec.target_level / level).clamp(0.25, 4.0) };
        (frame.exposure_s * factor).clamp(self.spec.exposure_s[0], self.spec.exposure_s[1])
    }
}

/// Distance at which the irradiance of the lamps is stated [m].
const REFERENCE_DISTANCE_M: f64 = 0.3;

impl Seen {
    /// (self − other) · factor, for the fields that a pixel needs.
    fn less(&self, other: &Self, factor: f32) -> Self {
        Self {
            column: (self.column - other.column) * factor,
            row: (self.row - other.row) * factor,
            rate: (self.rate - other.rate) * factor,
            glare: (self.glare - other.glare) * factor,
            ambient: (self.ambient - other.ambient) * factor,
            range_m: 0.0,
        }
    }

    #[inline]
    fn step(&mut self, slope: &Self) {
        self.column += slope.column;
        self.row += slope.row;
        self.rate += slope.rate;
        self.glare += slope.glare;
        self.ambient += slope.ambient;
    }
}

#[inline]
fn mix(a: &Seen, b: &Seen, t: f32) -> Seen {
    let line = |x: f32, y: f32| x + t * (y - x);
    Seen {
        column: line(a.column, b.column),
        row: line(a.row, b.row),
        rate: line(a.rate, b.rate),
        glare: line(a.glare, b.glare),
        ambient: line(a.ambient, b.ambient),
        range_m: line(a.range_m, b.range_m),
    }
}
