//! The fast path against the reference: the same scatterers through both.

use proband_anatomy::Tissue;
use proband_core::ops;

use super::engine::plane_wave_envelope;
use super::envelope_at;
use crate::form::Strip;
use crate::psf::REACH_MAX;
use crate::texture::Lattice;
use crate::{
    AcousticSpec, ArraySpec, BModeModel, BModeScratch, BModeSpec, Field, PixelGrid, Pulse, Raster, Scatterer, Section, SoundError,
    TimeWindow, Transmission, Transmit, envelope_snr, half_width_samples,
};

/// What both paths make of the same scatterers.
#[derive(Clone, Debug)]
pub struct AgainstReference {
    /// Scatterers in the scene.
    pub scatterer_count: usize,
    /// Correlation of the two envelopes [1].
    pub correlation: f64,
    /// Width of the speckle's grain, fast over reference: across, along the depth [1].
    pub grain: [f64; 2],
    /// Mean over standard deviation of the envelope in tissue: fast, reference [1].
    pub snr: [f64; 2],
    /// Level of fast over reference, both 0 in tissue at 4.5 mm [dB]: name, difference.
    pub levels_db: Vec<(&'static str, f64)>,
}

/// Depth of the vessel's middle, and its half axes: outer wall, lumen [m].
const VESSEL_M: f64 = 8e-3;
const OUTER_M: [f64; 2] = [2.0e-3, 1.9e-3];
const LUMEN_M: [f64; 2] = [1.5e-3, 1.4e-3];

/// Tissue without pattern, one speed and density (no interfaces, no bending), loss and echo levels as in an arm.
fn plain_arm(loss: f64) -> AcousticSpec {
    let mut acoustics = AcousticSpec::textbook();
    for (tissue, db_cm_mhz, level_db) in
        [(&mut acoustics.dermis, 0.63, 0.0), (&mut acoustics.blood, 0.18, -15.0), (&mut acoustics.vessel_wall, 1.75, 6.0)]
    {
        (tissue.density_kg_m3, tissue.speed_m_s, tissue.attenuation_exponent) = (1_000.0, 1_540.0, 1.0);
        (tissue.attenuation_db_cm_mhz, tissue.echogenicity_db) = (loss * db_cm_mhz, level_db);
    }
    acoustics
}

fn scanner() -> (BModeSpec, Raster) {
    let spec = BModeSpec {
        transmit: Transmit::PlaneWave,
        focus_range_m: 1e6,
        width_m: 6.4e-3,
        depth_m: 15e-3,
        tgc_db_per_m: 0.0,
        noise_db: -150.0,
        clutter_db: -120.0,
        ..BModeSpec::linear_10_mhz(21)
    };
    // Pitches of the full raster over 25.6 mm × 24 mm.
    (spec, Raster { column_count: 128, row_count: 320, ..Raster::FULL })
}

/// Tissue and mean attenuation down to a place [dB/cm/MHz].
fn inside(x_m: f64, z_m: f64) -> Tissue {
    let within = |half: [f64; 2]| {
        let (u, v) = (x_m / half[0], (z_m - VESSEL_M) / half[1]);
        u * u + v * v < 1.0
    };
    if within(LUMEN_M) {
        Tissue::VeinLumen
    } else if within(OUTER_M) {
        Tissue::VeinWall
    } else {
        Tissue::Dermis
    }
}

fn section(model: &BModeModel) -> Section {
    let columns = model.raster().column_count;
    let mut section = Section::uniform_wide(Tissue::Dermis, 0.05, columns);
    for (index, column) in section.columns.iter_mut().enumerate() {
        let x_m = (index as f64 - 0.5 * (columns as f64 - 1.0)) * model.column_pitch_m();
        for (tissue, half) in [(Tissue::VeinWall, OUTER_M), (Tissue::VeinLumen, LUMEN_M)] {
            let u = x_m / half[0];
            if u.abs() < 1.0 {
                let h = half[1] * (1.0 - u * u).sqrt();
                column.paint(tissue, (VESSEL_M - h) as f32, (VESSEL_M + h) as f32, 0.0, 0.0);
            }
        }
    }
    section
}

/// The fast path's scatterers as points: a complex weight is two points in quadrature, a sixteenth of a wavelength above and below.
fn points(spec: &BModeSpec, raster: Raster, top_m: f64) -> Result<Vec<Scatterer>, SoundError> {
    let model = BModeModel::with_raster(spec, &plain_arm(0.0), raster)?;
    let lossy = plain_arm(1.0);
    let section = section(&model);
    let lattice = Lattice::of(&section.texture);
    let fine = raster.fine_row_count();
    let fine_pitch_m = spec.depth_m / fine as f64;
    let half_wave_m = 0.5 * spec.scanner_speed_m_s / spec.frequency_hz;
    let mut strip = Strip::new(fine);
    let mut out = Vec::new();
    for index in 0..raster.column_count {
        model.fill_column(&section, &lattice, index, None, &mut strip);
        let x_m = (index as f64 - 0.5 * (raster.column_count as f64 - 1.0)) * model.column_pitch_m();
        let mut lost_db_mhz = 0.0;
        for row in 0..fine {
            let z_m = (row as f64 + 0.5) * fine_pitch_m;
            let loss = lossy.of(inside(x_m, z_m)).map_or(0.0, |t| t.attenuation_db_cm_mhz);
            lost_db_mhz += loss * 100.0 * fine_pitch_m;
            let (re, im) = (f64::from(strip.field_re[REACH_MAX + row]), f64::from(strip.field_im[REACH_MAX + row]));
            if z_m < top_m || (re == 0.0 && im == 0.0) {
                continue;
            }
            // The carrier at a point is exp(−2i k z), so that two points an eighth of a wavelength apart are in quadrature.
            let first_m = z_m - 0.125 * half_wave_m;
            let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * first_m / half_wave_m);
            let attenuation_db_cm_mhz = lost_db_mhz / (100.0 * z_m);
            let mut put = |z_m: f64, strength: f64| out.push(Scatterer { x_m, z_m, strength, attenuation_db_cm_mhz });
            put(first_m, re * cos - im * sin);
            put(first_m + 0.25 * half_wave_m, -(re * sin + im * cos));
        }
    }
    Ok(out)
}

/// The array of the reference: half a wavelength apart, wide enough for every pixel's aperture.
fn array(spec: &BModeSpec) -> ArraySpec {
    let pitch_m = 0.65 * spec.scanner_speed_m_s / spec.frequency_hz;
    ArraySpec {
        element_count: 160,
        pitch_m,
        width_m: 0.8 * pitch_m,
        frequency_hz: spec.frequency_hz,
        fractional_bandwidth: spec.fractional_bandwidth,
        pulse: Pulse::Cosine,
        speed_m_s: spec.scanner_speed_m_s,
        ..ArraySpec::linear_10_mhz()
    }
}

/// One vessel in plain tissue through both paths, 6.4 mm × 15 mm, 10 MHz, plane wave, F# 1.8.
///
/// # Errors
/// Never for the built-in scene.
pub fn fast_against_reference() -> Result<AgainstReference, SoundError> {
    let (spec, raster) = scanner();
    let top_m = 3.0e-3;
    let scene = points(&spec, raster, top_m)?;
    let model = BModeModel::with_raster(&spec, &plain_arm(1.0), raster)?;
    let mut scratch = BModeScratch::new();
    model.echoes(&section(&model), &mut scratch);
    let fine_pitch_m = spec.depth_m / raster.fine_row_count() as f64;
    // Where neither path feels the end of the scatterers.
    let (first_column, columns) = (12, raster.column_count - 24);
    let first_row = (3.6e-3 / fine_pitch_m) as usize;
    let rows = (14.3e-3 / fine_pitch_m) as usize - first_row;
    let half = 0.5 * (raster.column_count as f64 - 1.0);
    let grid = PixelGrid {
        x_first_m: (first_column as f64 - half) * model.column_pitch_m(),
        x_step_m: model.column_pitch_m(),
        column_count: columns as u32,
        z_first_m: (first_row as f64 + 0.5) * fine_pitch_m,
        z_step_m: fine_pitch_m,
        row_count: rows as u32,
    };
    let raw = plane_wave_envelope(&array(&spec), &scene, &grid, spec.f_number)?;
    let place = |i: usize| grid.place_m(i % columns, i / columns);
    // In a slice in focus everywhere, speckle falls with 1/√z: taken out, as the fast path has none.
    let reference: Vec<f64> = raw.iter().enumerate().map(|(i, a)| f64::from(*a) * place(i)[1].sqrt()).collect();
    let fast: Vec<f64> = (0..rows * columns).map(|i| envelope_at(&scratch, first_column + i % columns, first_row + i / columns)).collect();
    let boxes: [(&'static str, [f64; 2], [f64; 2], Tissue); 7] = [
        ("tissue at 4.5 mm", [-2.4e-3, 2.4e-3], [4.0e-3, 5.0e-3], Tissue::Dermis),
        ("tissue beside the vessel", [-2.6e-3, 2.6e-3], [6.5e-3, 9.5e-3], Tissue::Dermis),
        ("tissue behind the vessel", [-0.8e-3, 0.8e-3], [10.4e-3, 12.4e-3], Tissue::Dermis),
        ("tissue behind the vessel's sides", [-2.6e-3, 2.6e-3], [11.0e-3, 13.0e-3], Tissue::Dermis),
        ("tissue at 13.6 mm", [-2.6e-3, 2.6e-3], [13.0e-3, 14.2e-3], Tissue::Dermis),
        ("wall", [-1.0e-3, 1.0e-3], [5.5e-3, 10.5e-3], Tissue::VeinWall),
        ("blood", [-0.9e-3, 0.9e-3], [7.2e-3, 8.8e-3], Tissue::VeinLumen),
    ];
    let level = |picture: &[f64], (_, x, z, tissue): &(&str, [f64; 2], [f64; 2], Tissue)| {
        let (mut sum, mut count) = (0.0, 0.0);
        for (i, a) in picture.iter().enumerate() {
            let [px, pz] = place(i);
            if px > x[0] && px < x[1] && pz > z[0] && pz < z[1] && inside(px, pz) == *tissue {
                sum += a * a;
                count += 1.0;
            }
        }
        10.0 * ops::log10(sum / count)
    };
    let base = level(&fast, &boxes[0]) - level(&reference, &boxes[0]);
    let levels_db = boxes[1..].iter().map(|b| (b.0, level(&fast, b) - level(&reference, b) - base)).collect();
    let (flat_fast, flat_reference) = (flattened(&fast, columns), flattened(&reference, columns));
    // Beside the vessel's height, tissue alone: above and below it.
    let tissue = |picture: &[f64]| -> Vec<f64> {
        picture.iter().enumerate().filter(|(i, _)| !(5.6e-3..10.5e-3).contains(&place(*i)[1])).map(|(_, a)| *a).collect()
    };
    let width = |picture: &[f64]| grain(picture, columns);
    let (a, b) = (width(&flat_fast), width(&flat_reference));
    Ok(AgainstReference {
        scatterer_count: scene.len(),
        correlation: correlation(&flat_fast, &flat_reference),
        grain: [a[0] / b[0], a[1] / b[1]],
        snr: [envelope_snr(&tissue(&flat_fast))?, envelope_snr(&tissue(&flat_reference))?],
        levels_db,
    })
}

/// Each row over its root mean square: loss over depth taken out.
fn flattened(picture: &[f64], columns: usize) -> Vec<f64> {
    let mut out = picture.to_vec();
    for row in out.chunks_exact_mut(columns) {
        let mean = (row.iter().map(|a| a * a).sum::<f64>() / columns as f64).sqrt();
        row.iter_mut().for_each(|a| *a /= mean);
    }
    out
}

pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    ab / (aa * bb).sqrt()
}

/// Full width at half height of the envelope's autocovariance, across and along the depth [pixels].
fn grain(picture: &[f64], columns: usize) -> [f64; 2] {
    let mean = picture.iter().sum::<f64>() / picture.len() as f64;
    let rows = picture.len() / columns;
    let at = |r: usize, c: usize| picture[r * columns + c] - mean;
    let covariance = |lag: usize, across: bool| {
        let (dr, dc) = if across { (0, lag) } else { (lag, 0) };
        let (mut sum, mut count) = (0.0, 0.0);
        for r in 0..rows - dr {
            for c in 0..columns - dc {
                sum += at(r, c) * at(r + dr, c + dc);
                count += 1.0;
            }
        }
        sum / count
    };
    [true, false].map(|across| {
        let half: Vec<f64> = (0..24).map(|lag| covariance(lag, across)).collect();
        let curve: Vec<f64> = half.iter().rev().chain(&half[1..]).copied().collect();
        half_width_samples(&curve).unwrap_or(f64::NAN)
    })
}

/// Echo of a steel line through the focus at a tilt over that at right angles to the beam [dB]: points a tenth of a wavelength
/// apart, one beam focused on it, sent and received at F# 1.8, 10 MHz.
///
/// # Errors
/// When the tilt is beyond 40°.
pub fn needle_fall_db(tilt_rad: f64) -> Result<f64, SoundError> {
    crate::error::in_range("tilt_rad", tilt_rad, -0.7, 0.7)?;
    let spec = BModeSpec::linear_10_mhz(1);
    let array = array(&spec);
    let focus = [0.0, 10e-3];
    let sent = Transmission::focused(&array, focus, spec.f_number)?;
    let echo = |tilt_rad: f64| -> Result<f64, SoundError> {
        let (sin, cos) = ops::sin_cos(tilt_rad);
        let step_m = 0.1 * spec.scanner_speed_m_s / spec.frequency_hz;
        let scene: Vec<Scatterer> = (-260..=260)
            .map(|i| f64::from(i) * step_m)
            // Ends fade, so that they do not echo themselves.
            .map(|s| (s, 0.5 + 0.5 * ops::cos(std::f64::consts::PI * s / (261.0 * step_m))))
            .map(|(s, weight)| Scatterer::new(focus[0] + s * cos, focus[1] + s * sin, weight))
            .collect();
        let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene))?;
        let mut spectra = field.silence();
        field.add(&scene, &mut spectra)?;
        let channels = field.channels(&spectra, 4)?;
        // The brightest place along the depth about the focus.
        let grid = PixelGrid { x_first_m: 0.0, x_step_m: 1e-5, column_count: 1, z_first_m: 9.8e-3, z_step_m: 5e-6, row_count: 81 };
        let line =
            crate::Beamformer::new(&array, &sent, &grid, spec.f_number, crate::Apodisation::Rectangular, &channels)?.form(&channels)?;
        Ok(line.iter().map(|[a, b]| ops::hypot(f64::from(*a), f64::from(*b))).fold(0.0, f64::max))
    };
    Ok(20.0 * ops::log10(echo(tilt_rad)? / echo(0.0)?))
}
