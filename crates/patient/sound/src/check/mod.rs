//! Measurements that the model makes of itself: what the verification cases compare with theory.

mod against;
mod engine;
mod motion;

use proband_anatomy::Tissue;
use proband_core::{Stream, ops};

use crate::{
    AcousticSpec, Apodisation, ArraySpec, BModeModel, BModeScratch, BModeSpec, Beamformer, COLUMN_COUNT, Field, LinearArray, NeedleTrack,
    PixelGrid, Pulse, ROW_COUNT, Scatterer, Section, SoundError, TimeWindow, Transmission, Transmit, envelope, half_width_samples,
};

pub use against::{AgainstReference, fast_against_reference, needle_fall_db};
pub use engine::{BeamError, beam_error, engine_attenuation_slope_db_m, engine_doppler_shift_hz, engine_point_widths, recurrence_error};
pub use motion::{Tracking, across_plane_correlation, pressed_tissue_tracking, refraction_shift_m, reverberation_peaks_m, tissue_tracking};

/// Columns left out at both sides, where the aperture ends.
const RIM: usize = 8;

/// A specification without loss, compensation and focus, so that theory is simple; tissue `Dermis` has no septa.
fn plain(seed: u64) -> (BModeSpec, AcousticSpec) {
    let mut spec = BModeSpec::linear_10_mhz(seed);
    spec.tgc_db_per_m = 0.0;
    spec.focus_range_m = 1e6;
    spec.noise_db = -150.0;
    let mut acoustics = AcousticSpec::textbook();
    acoustics.dermis.attenuation_db_cm_mhz = 0.0;
    acoustics.dermis.speed_m_s = spec.scanner_speed_m_s;
    (spec, acoustics)
}

fn envelope_at(scratch: &BModeScratch, column: usize, fine_row: usize) -> f64 {
    let (re, im) = scratch.iq(column);
    ops::hypot(f64::from(re[fine_row]), f64::from(im[fine_row]))
}

/// Envelope of the fast path in uniform tissue, before averaging for display, at places at least one
/// resolution cell apart; every picture from fresh scatterers.
///
/// `picture_count`: 1,372 samples per picture.
///
/// # Errors
/// Never for the built-in specification.
pub fn fast_speckle(picture_count: u32) -> Result<Vec<f64>, SoundError> {
    let mut scratch = BModeScratch::new();
    let mut out = Vec::new();
    for picture in 0..picture_count {
        let (spec, acoustics) = plain(100 + u64::from(picture));
        let model = BModeModel::new(&spec, &acoustics)?;
        let mut section = Section::uniform(Tissue::Dermis, 0.1);
        // A tilted plane somewhere in the tissue, as in use.
        section.texture.origin_m = [0.013, 0.002, 0.031 * f64::from(picture)];
        section.texture.axial = [0.05, (1.0_f64 - 0.05 * 0.05).sqrt(), 0.0];
        model.echoes(&section, &mut scratch);
        for column in (RIM..COLUMN_COUNT - RIM).step_by(4) {
            for row in (14..2 * ROW_COUNT - 14).step_by(6) {
                out.push(envelope_at(&scratch, column, row));
            }
        }
    }
    Ok(out)
}

/// −6 dB widths of the fast path's point spread over those of theory: (lateral, axial) [1].
///
/// # Errors
/// Never for the built-in specification.
pub fn fast_point_widths(transmit: Transmit) -> Result<(f64, f64), SoundError> {
    let (mut spec, acoustics) = plain(1);
    (spec.transmit, spec.width_m, spec.depth_m) = (transmit, 3.4e-3, 2.6e-3);
    spec.focus_depth_m = 1.3e-3;
    let model = BModeModel::new(&spec, &acoustics)?;
    let mut scratch = BModeScratch::new();
    let (column, row) = (COLUMN_COUNT / 2, ROW_COUNT);
    model.echo_of_point(column, row, &mut scratch);
    let lateral: Vec<f64> = (0..COLUMN_COUNT).map(|c| envelope_at(&scratch, c, row)).collect();
    let axial: Vec<f64> = (0..2 * ROW_COUNT).map(|r| envelope_at(&scratch, column, r)).collect();
    let lateral_m = half_width_samples(&lateral).unwrap_or(f64::NAN) * spec.column_pitch_m();
    let axial_m = half_width_samples(&axial).unwrap_or(f64::NAN) * 0.5 * spec.row_pitch_m();
    Ok((lateral_m / crate::lateral_width_m(&spec), axial_m / crate::axial_width_m(&spec)))
}

/// The array that stands for the fast path's probe.
#[must_use]
pub fn reference_array(spec: &BModeSpec) -> LinearArray {
    LinearArray {
        element_count: 192,
        pitch_m: 0.5 * spec.scanner_speed_m_s / spec.frequency_hz,
        frequency_hz: spec.frequency_hz,
        fractional_bandwidth: spec.fractional_bandwidth,
        f_number: spec.f_number,
        speed_m_s: spec.scanner_speed_m_s,
    }
}

/// −6 dB widths of the reference path's point spread at 12 mm over those of theory: (lateral, axial) [1].
///
/// # Errors
/// Never for the built-in specification.
pub fn reference_point_widths(transmit: Transmit) -> Result<(f64, f64), SoundError> {
    let (mut spec, _) = plain(1);
    spec.transmit = transmit;
    let array = reference_array(&spec);
    array.check()?;
    let point = [0.0, 12e-3];
    let amplitude = |pixel: [f64; 2]| {
        let [re, im] = array.point_response(transmit, pixel, point);
        ops::hypot(re, im)
    };
    let step_m = 10e-6;
    let along = |unit: [f64; 2]| -> Vec<f64> {
        (-40..=40).map(|i| amplitude([point[0] + unit[0] * f64::from(i) * step_m, point[1] + unit[1] * f64::from(i) * step_m])).collect()
    };
    let width = |curve: &[f64]| half_width_samples(curve).unwrap_or(f64::NAN) * step_m;
    Ok((width(&along([1.0, 0.0])) / crate::lateral_width_m(&spec), width(&along([0.0, 1.0])) / crate::axial_width_m(&spec)))
}

/// Envelope of the reference path (plane wave, delay and sum) in scenes of alike scatterers at random places,
/// `per_cell` of them in an effective resolution cell, sampled one cell apart: 940 samples per scene.
///
/// # Errors
/// Never for the built-in array.
pub fn reference_speckle(scene_count: u32, per_cell: f64, stream: &mut Stream) -> Result<Vec<f64>, SoundError> {
    // Three quarters of a wavelength apart: grating lobes would add power wherever they meet the scene, and not elsewhere.
    let array = ArraySpec {
        element_count: 166,
        pitch_m: 0.152e-3,
        width_m: 0.13e-3,
        fractional_bandwidth: 0.6,
        pulse: Pulse::Cosine,
        ..ArraySpec::l11_5v()
    };
    let f_number = 1.5;
    let lateral_m = 1.207 * array.speed_m_s / array.frequency_hz * f_number;
    let axial_m = array.speed_m_s / (2.0 * array.fractional_bandwidth * array.frequency_hz);
    // Effective cell: 1.13 times the product of the −6 dB widths.
    let density = per_cell / (1.13 * lateral_m * axial_m);
    let (half_x, top, bottom) = (6.5e-3, 7.4e-3, 18.6e-3);
    let grid =
        PixelGrid { x_first_m: -9.5 * 0.55e-3, x_step_m: 0.55e-3, column_count: 20, z_first_m: 8e-3, z_step_m: 0.215e-3, row_count: 47 };
    let sent = Transmission::plane_wave(&array, 0.0)?;
    let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, half_x, top, bottom))?;
    let mut out = Vec::new();
    for _ in 0..scene_count {
        let count = stream.poisson(density * 2.0 * half_x * (bottom - top));
        let scene: Vec<Scatterer> =
            (0..count).map(|_| Scatterer::new(stream.uniform_in(-half_x, half_x), stream.uniform_in(top, bottom), 1.0)).collect();
        let mut spectra = field.silence();
        field.add(&scene, &mut spectra)?;
        let channels = field.channels(&spectra, 4)?;
        let beams = Beamformer::new(&array, &sent, &grid, f_number, Apodisation::Rectangular, &channels)?;
        // Level over depth varies with spreading: statistics are taken per depth, as if it were compensated.
        let pixels = envelope(&beams.form(&channels)?);
        out.extend(pixels.iter().enumerate().map(|(i, a)| f64::from(*a) * grid.place_m(0, i / 20)[1].sqrt()));
    }
    Ok(out)
}

/// Slope of the fast path's mean echo power over depth in tissue of the given attenuation [dB/m]; negative.
///
/// # Errors
/// When the attenuation is out of range.
pub fn attenuation_slope_db_m(attenuation_db_cm_mhz: f64) -> Result<f64, SoundError> {
    let (mut power, mut rows) = (vec![0.0; 2 * ROW_COUNT], 0.0);
    let mut fine_pitch_m = 0.0;
    let mut scratch = BModeScratch::new();
    for picture in 0..6_u32 {
        let (spec, mut acoustics) = plain(300 + u64::from(picture));
        acoustics.dermis.attenuation_db_cm_mhz = attenuation_db_cm_mhz;
        let model = BModeModel::new(&spec, &acoustics)?;
        fine_pitch_m = 0.5 * spec.row_pitch_m();
        model.echoes(&Section::uniform(Tissue::Dermis, 0.1), &mut scratch);
        for column in RIM..COLUMN_COUNT - RIM {
            for (row, sum) in power.iter_mut().enumerate() {
                *sum += envelope_at(&scratch, column, row).powi(2);
            }
        }
        rows += 1.0;
    }
    // Straight line through the level over depth, without the entry echo.
    let points: Vec<(f64, f64)> =
        (12..2 * ROW_COUNT - 12).map(|r| ((r as f64 + 0.5) * fine_pitch_m, 10.0 * ops::log10(power[r] / rows))).collect();
    let count = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    let (sxy, sxx) = points.iter().fold((0.0, 0.0), |(a, b), p| (a + (p.0 - mx) * (p.1 - my), b + (p.0 - mx) * (p.0 - mx)));
    Ok(sxy / sxx)
}

/// Displayed depth of an interface at a true depth below tissue of one speed, read off the picture's brightest row [m].
///
/// # Errors
/// When the speed is out of range.
pub fn displayed_interface_m(true_depth_m: f64, speed_m_s: f64) -> Result<f64, SoundError> {
    let (spec, mut acoustics) = plain(7);
    // The layer above does not scatter; the interface below is strong and flat.
    acoustics.dermis.speed_m_s = speed_m_s;
    acoustics.dermis.echogenicity_db = -90.0;
    let spec = BModeSpec { clutter_db: -120.0, ..spec };
    let model = BModeModel::new(&spec, &acoustics)?;
    let mut section = Section::uniform(Tissue::Dermis, 0.05);
    section.columns.iter_mut().for_each(|c| {
        c.paint(Tissue::Bone, true_depth_m as f32, 0.05, 0.0, 0.0);
    });
    let mut scratch = BModeScratch::new();
    model.echoes(&section, &mut scratch);
    let curve: Vec<f64> = (0..2 * ROW_COUNT).map(|r| envelope_at(&scratch, COLUMN_COUNT / 2, r)).collect();
    let from = 10;
    let top = (from..curve.len() - 1).max_by(|a, b| curve[*a].total_cmp(&curve[*b])).unwrap_or(from);
    // Parabola through the peak.
    let (a, b, c) = (curve[top - 1], curve[top], curve[top + 1]);
    let part = if (a - 2.0 * b + c).abs() > 0.0 { 0.5 * (a - c) / (a - 2.0 * b + c) } else { 0.0 };
    Ok((top as f64 + part + 0.5) * 0.5 * spec.row_pitch_m())
}

/// Mean level of a needle's line over the diffuse muscle echo, in blood, at a tilt against the face [dB].
///
/// # Errors
/// Never for the built-in specification.
pub fn needle_level_db(tilt_rad: f64) -> Result<f64, SoundError> {
    let (spec, acoustics) = plain(9);
    let model = BModeModel::new(&spec, &acoustics)?;
    let mut section = Section::uniform(Tissue::VeinLumen, 0.05);
    let (sin, cos) = ops::sin_cos(tilt_rad);
    let start = [-10e-3 * cos, 0.0, 10e-3 - 10e-3 * sin];
    let tip = [10e-3 * cos, 0.0, 10e-3 + 10e-3 * sin];
    section.needle = Some(NeedleTrack { start_m: start, tip_m: tip, outer_diameter_m: 0.82e-3, steer_rad: 0.0 });
    let mut scratch = BModeScratch::new();
    model.echoes(&section, &mut scratch);
    let (mut sum, mut count) = (0.0, 0.0);
    for column in COLUMN_COUNT / 2 - 15..COLUMN_COUNT / 2 + 15 {
        let peak = (40..2 * ROW_COUNT).map(|r| envelope_at(&scratch, column, r)).fold(0.0, f64::max);
        sum += peak * peak;
        count += 1.0;
    }
    Ok(10.0 * ops::log10(sum / count))
}

/// Largest grey level in a picture of nothing: no scatterers, no noise, no interface.
///
/// # Errors
/// Never for the built-in specification.
pub fn picture_of_nothing() -> Result<u8, SoundError> {
    let (spec, _) = plain(11);
    let model = BModeModel::new(&BModeSpec { noise_db: -200.0, ..spec }, &AcousticSpec::textbook())?;
    let mut section = Section::uniform(Tissue::Air, 0.05);
    section.columns.iter_mut().for_each(|c| c.gel_m = 0.04);
    let mut pixels = Vec::new();
    model.form(&section, &mut BModeScratch::new(), &mut Stream::new(1, 0, "nothing"), &mut pixels);
    Ok(pixels.iter().copied().max().unwrap_or(255))
}
