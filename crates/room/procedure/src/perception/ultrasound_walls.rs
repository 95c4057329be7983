//! Front and back wall of a vessel in a long-axis picture.

use proband_sensor::UltrasoundFrame;

use super::ultrasound::WallDetection;
use super::ultrasound_accuracy::WALL_BIAS;
use super::ultrasound_picture::PictureScratch;

/// Walls are followed this far to both sides of the target [m].
const REACH_M: f64 = 4e-3;
/// Columns between two samples.
const SAMPLE_STEP: usize = 2;
/// Columns averaged to one side of a sample.
const SAMPLE_REACH: i32 = 2;
/// How far from the expected depth the lumen's middle may lie [m].
const SEEK_M: f32 = 1.6e-3;
/// Highest lumen that is followed [m].
const HEIGHT_MAX_M: f32 = 8e-3;
/// Distance from the fitted curve at which a sample counts for nothing [m].
const OUTLIER_M: f64 = 0.35e-3;

/// Find the walls around `x_m` along the elements; `depth_m`: where the lumen is expected, as displayed [m].
///
/// The darkest band near the expected depth is taken for the lumen; from its middle, each sample's walls are
/// where the grey level passes half way to that of the walls' surroundings. A parabola per wall, with
/// outliers (a needle, a valve) weighed down, replaces samples that are far off. Corrected by [`WALL_BIAS`].
#[must_use]
pub fn detect_walls(frame: &UltrasoundFrame, x_m: f64, depth_m: f64) -> Option<WallDetection> {
    let mut picture = PictureScratch::new();
    if !picture.load(frame) || !x_m.is_finite() || !depth_m.is_finite() {
        return None;
    }
    let pitch_m = frame.row_pitch_m as f32;
    let first = frame.column(x_m - REACH_M).ceil().max(0.0) as usize;
    let last = (frame.column(x_m + REACH_M).floor().max(0.0) as usize).min(picture.columns.checked_sub(1)?);
    if last < first + 4 * SAMPLE_STEP {
        return None;
    }
    let profile: Vec<f32> =
        (0..picture.rows as i32).map(|row| picture.mean(first as i32, last as i32 + 1, row, row + 1).unwrap_or(0.0)).collect();
    let band = seek_band(&profile, frame.row(depth_m) as f32, SEEK_M / pitch_m, HEIGHT_MAX_M / pitch_m)?;
    let (mut x, mut front, mut back) = (Vec::new(), Vec::new(), Vec::new());
    let mut missed = 0;
    let mut column = first;
    while column <= last {
        let lo = column as i32 - SAMPLE_REACH;
        let level = |row: i32| picture.mean(lo, lo + 2 * SAMPLE_REACH + 1, row, row + 1).unwrap_or(255.0);
        let up = crossing(&level, &band, -1, picture.rows as i32);
        let down = crossing(&level, &band, 1, picture.rows as i32);
        x.push(frame.x_m(column as f64));
        missed += usize::from(up.is_none()) + usize::from(down.is_none());
        front.push(up.unwrap_or(f64::NAN));
        back.push(down.unwrap_or(f64::NAN));
        column += SAMPLE_STEP;
    }
    let (rough_front, front) = straighten(&x, &front.iter().map(|row| frame.depth_m(*row)).collect::<Vec<_>>(), x_m)?;
    let (rough_back, back) = straighten(&x, &back.iter().map(|row| frame.depth_m(*row)).collect::<Vec<_>>(), x_m)?;
    let ramp = |v: f64, low: f64, high: f64| ((v - low) / (high - low)).clamp(0.0, 1.0);
    let found = 1.0 - missed as f64 / (2 * x.len()) as f64;
    let contrast = f64::from((band.around - band.inside) / (band.around + band.inside + 10.0));
    let confidence = ramp(found, 0.5, 0.95) * ramp(contrast, 0.15, 0.5) * (1.0 - ramp(rough_front.max(rough_back), 0.15, 0.6));
    Some(WallDetection {
        x_first_m: x[0],
        x_pitch_m: SAMPLE_STEP as f64 * frame.column_pitch_m,
        front_m: front.iter().map(|d| d - WALL_BIAS.front_m).collect(),
        back_m: back.iter().map(|d| d - WALL_BIAS.back_m).collect(),
        confidence,
    })
}

/// A dark band across the picture [rows].
struct Band {
    middle: f32,
    front: f32,
    back: f32,
    inside: f32,
    around: f32,
}

/// The dark band whose middle is nearest to where it is expected, from the mean profile over the columns.
fn seek_band(profile: &[f32], expected: f32, seek: f32, height_max: f32) -> Option<Band> {
    let rows = profile.len() as i32;
    let low = ((expected - seek).ceil() as i32).max(4);
    let high = ((expected + seek).floor() as i32).min(rows - 5);
    let average = |row: i32| (row - 1..=row + 1).map(|r| profile[r as usize]).sum::<f32>() / 3.0;
    let darkest = (low..=high).min_by(|a, b| average(*a).total_cmp(&average(*b)))?;
    let inside = average(darkest);
    let reach = height_max as i32;
    let brightest = |range: std::ops::Range<i32>| range.filter(|r| (1..rows - 1).contains(r)).map(average).fold(0.0, f32::max);
    let (above, below) = (brightest(darkest - reach / 2..darkest), brightest(darkest + 1..darkest + reach / 2));
    // The first edge counts, not the brightest line behind it: half way to a cautious level.
    let around = above.min(below);
    if around - inside < 12.0 {
        return None;
    }
    let threshold = inside + 0.5 * (around - inside);
    let edge = |step: i32| {
        let mut row = darkest;
        while (1..rows - 1).contains(&row) && (row - darkest).abs() <= reach {
            if profile[row as usize] >= threshold {
                return Some(row as f32 - step as f32 * 0.5);
            }
            row += step;
        }
        None
    };
    let (front, back) = (edge(-1)?, edge(1)?);
    (back - front >= 2.0 && back - front <= height_max).then_some(Band { middle: 0.5 * (front + back), front, back, inside, around })
}

/// Row, between pixels, where the level passes the threshold first, going up (−1) or down (1) from the middle.
fn crossing(level: &impl Fn(i32) -> f32, band: &Band, step: i32, rows: i32) -> Option<f64> {
    let edge = if step < 0 { band.front } else { band.back };
    let reach = (edge - band.middle).abs() + 8.0;
    let start = band.middle.round() as i32;
    let inside = level(start).min(band.inside + 0.25 * (band.around - band.inside));
    let threshold = inside + 0.5 * (band.around - inside);
    let mut last = level(start);
    for k in 1..=reach as i32 {
        let row = start + step * k;
        if !(0..rows).contains(&row) {
            return None;
        }
        let value = level(row);
        if value >= threshold {
            let part = if value > last { ((threshold - last) / (value - last)).clamp(0.0, 1.0) } else { 0.5 };
            return Some(f64::from(row) - f64::from(step) * (1.0 - f64::from(part)));
        }
        last = value;
    }
    None
}

/// Robust parabola through a wall: its roughness [mm] and the samples with what is far off or missing replaced.
fn straighten(x_m: &[f64], depth_m: &[f64], centre_m: f64) -> Option<(f64, Vec<f64>)> {
    let mut sorted: Vec<f64> = depth_m.iter().copied().filter(|d| d.is_finite()).collect();
    if sorted.len() < 5 {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let mut fit = nalgebra::Vector3::new(median, 0.0, 0.0);
    let row = |x: f64| {
        let u = (x - centre_m) * 1e3;
        nalgebra::Vector3::new(1.0, u, u * u)
    };
    let mut rough = 0.0;
    for round in 0..6 {
        let outlier = if round == 0 { 4.0 * OUTLIER_M } else { OUTLIER_M * (1.0 + 2.0 / f64::from(round)) };
        // A weak pull to a straight level line keeps the fit defined.
        let mut matrix = nalgebra::Matrix3::from_diagonal(&nalgebra::Vector3::new(1e-9, 1e-3, 1.0));
        let mut right = nalgebra::Vector3::zeros();
        let (mut sum, mut square) = (0.0, 0.0);
        for (x, d) in x_m.iter().zip(depth_m).filter(|(_, d)| d.is_finite()) {
            let r = row(*x);
            let miss = d - r.dot(&fit);
            let t = (miss / outlier).abs().min(1.0);
            let weight = (1.0 - t * t) * (1.0 - t * t);
            matrix += r * r.transpose() * weight;
            right += r * (weight * d);
            sum += weight;
            square += weight * miss * miss;
        }
        if sum < 3.0 {
            return None;
        }
        rough = (square / sum).sqrt() * 1e3;
        fit = matrix.cholesky()?.solve(&right);
    }
    let out = x_m
        .iter()
        .zip(depth_m)
        .map(|(x, d)| {
            let smooth = row(*x).dot(&fit);
            if d.is_finite() && (d - smooth).abs() < OUTLIER_M { 0.5 * (d + smooth) } else { smooth }
        })
        .collect();
    Some((rough, out))
}
