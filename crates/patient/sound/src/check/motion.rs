//! Speckle that moves with tissue, rays that bend, and what reverberates.

use proband_anatomy::Tissue;
use proband_core::ops;

use super::against::correlation;
use super::{envelope_at, plain};
use crate::{AcousticSpec, BModeModel, BModeScratch, BModeSpec, NeedleTrack, Raster, Section, SoundError, Strain};

/// Imposed and tracked displacement.
#[derive(Clone, Copy, Debug)]
pub struct Tracking {
    /// What was imposed [m].
    pub imposed_m: f64,
    /// What the speckle shows [m].
    pub tracked_m: f64,
}

fn full(seed: u64) -> Result<BModeModel, SoundError> {
    let (spec, acoustics) = plain(seed);
    BModeModel::with_raster(&spec, &acoustics, Raster::FULL)
}

/// Envelope of columns × fine rows in a window.
fn window(scratch: &BModeScratch, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Vec<f64> {
    columns.flat_map(|c| rows.clone().map(move |r| (c, r))).map(|(c, r)| envelope_at(scratch, c, r)).collect()
}

/// Place of the largest of three values about the middle one, by a parabola.
fn vertex(a: f64, b: f64, c: f64) -> f64 {
    let curve = a - 2.0 * b + c;
    if curve < 0.0 { 0.5 * (a - c) / curve } else { 0.0 }
}

/// Lag (columns, fine rows) at which a window of `before` is found in `now`, by correlation with a parabola through its peak.
fn lag(before: &BModeScratch, now: &BModeScratch, columns: (usize, usize), rows: (usize, usize), reach: [i64; 2]) -> [f64; 2] {
    let kernel = window(before, columns.0..columns.1, rows.0..rows.1);
    let score = |dc: i64, dr: i64| {
        let shifted = |v: usize, d: i64| (v as i64 + d).max(0) as usize;
        let there = window(now, shifted(columns.0, dc)..shifted(columns.1, dc), shifted(rows.0, dr)..shifted(rows.1, dr));
        correlation(&kernel, &there)
    };
    let (mut best, mut at) = (f64::MIN, (0, 0));
    for dc in -reach[0]..=reach[0] {
        for dr in -reach[1]..=reach[1] {
            let value = score(dc, dr);
            if value > best {
                (best, at) = (value, (dc, dr));
            }
        }
    }
    let part_c = vertex(score(at.0 - 1, at.1), best, score(at.0 + 1, at.1));
    let part_r = vertex(score(at.0, at.1 - 1), best, score(at.0, at.1 + 1));
    [at.0 as f64 + part_c, at.1 as f64 + part_r]
}

/// The plane moves through tissue by some steps; the speckle is tracked: across, along the depth.
///
/// # Errors
/// Never for the built-in scanner.
pub fn tissue_tracking() -> Result<Vec<[Tracking; 2]>, SoundError> {
    let model = full(5)?;
    let fine_m = 0.5 * model.row_pitch_m();
    let mut section = Section::uniform_wide(Tissue::Dermis, 0.05, 512);
    let (mut before, mut now) = (BModeScratch::new(), BModeScratch::new());
    model.echoes(&section, &mut before);
    let steps_m = [[0.13e-3, 0.0], [0.0, 0.09e-3], [0.31e-3, -0.17e-3], [-0.46e-3, 0.23e-3], [-0.22e-3, -0.28e-3]];
    let mut out = Vec::new();
    for step_m in steps_m {
        section.texture.origin_m = [step_m[0], step_m[1], 0.0];
        model.echoes(&section, &mut now);
        // The probe goes one way, the picture the other.
        let found = lag(&before, &now, (200, 250), (400, 480), [12, 16]);
        out.push([
            Tracking { imposed_m: -step_m[0], tracked_m: found[0] * model.column_pitch_m() },
            Tracking { imposed_m: -step_m[1], tracked_m: found[1] * fine_m },
        ]);
    }
    Ok(out)
}

/// The face presses tissue by 1 mm, evenly down to 20 mm; the speckle below it is tracked at four depths.
///
/// # Errors
/// Never for the built-in scanner.
pub fn pressed_tissue_tracking() -> Result<Vec<Tracking>, SoundError> {
    let model = full(6)?;
    let fine_m = 0.5 * model.row_pitch_m();
    let mut section = Section::uniform_wide(Tissue::Dermis, 0.05, 512);
    let (mut before, mut now) = (BModeScratch::new(), BModeScratch::new());
    model.echoes(&section, &mut before);
    // The face has moved 1 mm into the tissue: coordinates are the face's.
    let strain = Strain { top_m: 0.0, bottom_m: 19e-3, lift_m: 1e-3 };
    section.columns.iter_mut().for_each(|c| c.strain = strain);
    section.texture.origin_m[1] = 1e-3;
    model.echoes(&section, &mut now);
    [4e-3_f64, 8e-3, 12e-3, 16e-3]
        .iter()
        .map(|depth_m| {
            // Where tissue now at this depth was, below the face as it was.
            let moved_m = strain.before_m(*depth_m) + 1e-3 - depth_m;
            let row = (depth_m / fine_m) as usize;
            let found = lag(&now, &before, (200, 260), (row - 12, row + 12), [1, 60]);
            Ok(Tracking { imposed_m: moved_m, tracked_m: found[1] * fine_m })
        })
        .collect()
}

/// Correlation of the envelope with itself after a move across the plane, of 0 and of parts of the slice's thickness [1].
///
/// # Errors
/// Never for the built-in scanner.
pub fn across_plane_correlation(parts: &[f64]) -> Result<Vec<f64>, SoundError> {
    let model = full(8)?;
    let mut section = Section::uniform_wide(Tissue::Dermis, 0.05, 512);
    let (mut before, mut now) = (BModeScratch::new(), BModeScratch::new());
    model.echoes(&section, &mut before);
    let all = |s: &BModeScratch| window(s, 60..450, 100..900);
    let first = all(&before);
    parts
        .iter()
        .map(|part| {
            section.texture.origin_m[2] = part * model.spec().elevation_width_m;
            model.echoes(&section, &mut now);
            Ok(correlation(&first, &all(&now)))
        })
        .collect()
}

/// How far aside a vessel is shown that lies `below_m` under a fat–muscle boundary of 8 mm mean depth tilted by `tilt_rad`:
/// shown minus true place along the elements [m], read off the columns whose bent rays meet it.
///
/// # Errors
/// Never for the built-in scanner.
pub fn refraction_shift_m(tilt_rad: f64, below_m: f64) -> Result<f64, SoundError> {
    let (spec, mut acoustics) = plain(4);
    acoustics.fat.speed_m_s = 1_450.0;
    acoustics.muscle.speed_m_s = 1_580.0;
    acoustics.blood.speed_m_s = 1_580.0;
    let model = BModeModel::with_raster(&BModeSpec { depth_m: 30e-3, ..spec }, &acoustics, Raster::FULL)?;
    let slope = ops::tan(tilt_rad);
    let mut section = Section::uniform_wide(Tissue::Muscle, 0.06, 512);
    let x_of = |index: usize| (index as f64 - 255.5) * model.column_pitch_m();
    let (middle_m, radius_m) = (8e-3 + below_m, 1e-3);
    for (index, column) in section.columns.iter_mut().enumerate() {
        let x_m = x_of(index);
        column.paint(Tissue::Fat, 0.0, (8e-3 + slope * x_m) as f32, 0.0, slope.abs() as f32);
        if x_m.abs() < radius_m {
            let half = (radius_m * radius_m - x_m * x_m).sqrt();
            column.paint(Tissue::VeinLumen, (middle_m - half) as f32, (middle_m + half) as f32, 0.0, 0.0);
        }
    }
    let mut bent = section.clone();
    model.refract(&section, &mut bent);
    let (mut sum, mut count) = (0.0, 0.0);
    for (index, column) in bent.columns.iter().enumerate() {
        if column.spans().iter().any(|s| s.tissue == Tissue::VeinLumen) {
            sum += x_of(index);
            count += 1.0;
        }
    }
    Ok(sum / count)
}

/// Depths of the comet tail's peaks under a level needle of 0.82 mm at 6 mm in blood, read off the picture [m].
///
/// # Errors
/// Never for the built-in scanner.
pub fn reverberation_peaks_m() -> Result<Vec<f64>, SoundError> {
    let (spec, mut acoustics) = plain(9);
    (acoustics.blood.speed_m_s, acoustics.blood.attenuation_db_cm_mhz) = (spec.scanner_speed_m_s, 0.0);
    let spec = BModeSpec { clutter_db: -120.0, ..spec };
    let model = BModeModel::with_raster(&spec, &AcousticSpec { ..acoustics }, Raster::FULL)?;
    let mut section = Section::uniform_wide(Tissue::VeinLumen, 0.05, 512);
    section.needle =
        Some(NeedleTrack { start_m: [-10e-3, 0.0, 6e-3], tip_m: [10e-3, 0.0, 6e-3], outer_diameter_m: 0.82e-3, steer_rad: 0.0 });
    let mut scratch = BModeScratch::new();
    model.echoes(&section, &mut scratch);
    let curve: Vec<f64> = (0..1024).map(|r| (200..300).map(|c| envelope_at(&scratch, c, r)).sum::<f64>()).collect();
    let fine_m = 0.5 * model.row_pitch_m();
    let top = curve.iter().copied().fold(0.0, f64::max);
    let from = (5.5e-3 / fine_m) as usize;
    Ok((from..1000)
        .filter(|r| curve[*r] > 0.003 * top && (r - 12..=r + 12).all(|i| curve[i] <= curve[*r]))
        .map(|r| (r as f64 + 0.5 + vertex(curve[r - 1], curve[r], curve[r + 1])) * fine_m)
        .collect())
}
