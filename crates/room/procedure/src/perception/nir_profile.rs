//! What a line looks like across: contrast, width, noise, and how far to believe in it.

use proband_core::ops;
use proband_volume::{Plane, gaussian};

use super::nir_prepare::Working;

/// Reach of a profile across a line [m] and its samples.
const PROFILE_REACH_M: f64 = 12e-3;
const PROFILE_SAMPLES: usize = 41;

/// What was measured of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub contrast_to_noise: f64,
    pub length_m: f64,
    pub evenness: f64,
    pub contrast: f64,
}

/// Belief that a line is a vein: needs contrast over noise, length, and darkness against both sides; a line that
/// is much darker than blood can make skin is a shadow or a pen. Prior: unverified; the order matters more than the value.
pub(super) fn confidence(line: &Measured) -> f64 {
    let Measured { contrast_to_noise, length_m, evenness, contrast } = *line;
    let seen = contrast_to_noise * contrast_to_noise / (contrast_to_noise * contrast_to_noise + 100.0);
    let long = length_m / (length_m + 12e-3);
    let even = (evenness / 0.6).min(1.0);
    let dark = if contrast > 0.45 { 0.3 } else { (contrast / SHADING).min(1.0) };
    (1.25 * seen * long * even * dark).min(1.0)
}

/// Darkening that a misjudged shading of the limb can make [1]: measured on made limbs without a vein, doubled.
const SHADING: f64 = 0.02;

/// Noise of the mean darkening of a line, by its width: the spread of differences between blurs over the skin.
pub(super) struct Noises {
    /// (width [m], standard deviation of one independent patch).
    by_width: Vec<(f64, f64)>,
}

pub(super) fn noise_by_width(working: &Working) -> Noises {
    let mut by_width = Vec::new();
    for width_m in [2e-3, 4e-3, 8e-3] {
        let sigma = (0.4 * width_m / working.pixel_m).max(0.5) as f32;
        let (Ok(fine), Ok(wide)) = (gaussian(&working.relative, sigma), gaussian(&working.relative, 2.0 * sigma)) else { continue };
        let mut deviations: Vec<f32> = Vec::new();
        for (index, inside) in working.inside.samples().iter().enumerate() {
            if *inside {
                deviations.push((fine.samples()[index] - wide.samples()[index]).abs());
            }
        }
        if let Some(median) = spread(deviations) {
            by_width.push((width_m, 1.4826 * f64::from(median)));
        }
    }
    Noises { by_width }
}

impl Noises {
    /// A line averages as many independent patches as its length holds widths, at most ten.
    pub fn at(&self, width_m: f64, length_m: f64) -> f64 {
        let patch = self.by_width.iter().min_by(|a, b| (a.0 - width_m).abs().total_cmp(&(b.0 - width_m).abs())).map_or(0.02, |n| n.1);
        let count = (length_m / width_m.max(1e-3)).clamp(1.0, 10.0);
        (patch / count.sqrt()).max(1e-4)
    }
}

/// Median of the positive values: the response of skin without veins is mostly noise, and veins are a small part.
pub(super) fn spread(mut values: Vec<f32>) -> Option<f32> {
    if values.len() < 100 {
        return None;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    Some(median.max(1e-5))
}

/// Mean brightness at distances across the path from −12 to 12 mm; NaN where the region gives none.
pub(super) fn mean_profile(working: &Working, blurred: &Plane<f32>, path: &[[f64; 2]]) -> [f64; PROFILE_SAMPLES] {
    let mut sums = [0.0; PROFILE_SAMPLES];
    let mut counts = [0_u32; PROFILE_SAMPLES];
    let stride = (path.len() / 60).max(1);
    for i in (1..path.len() - 1).step_by(stride) {
        let (before, after) = (path[i.saturating_sub(3)], path[(i + 3).min(path.len() - 1)]);
        let (dx, dy) = (after[0] - before[0], after[1] - before[1]);
        let norm = ops::hypot(dx, dy);
        if norm < 1e-9 {
            continue;
        }
        for (k, (sum, count)) in sums.iter_mut().zip(&mut counts).enumerate() {
            let s = (k as f64 / (PROFILE_SAMPLES - 1) as f64 * 2.0 - 1.0) * PROFILE_REACH_M / working.pixel_m;
            let (x, y) = (path[i][0] - s * dy / norm, path[i][1] + s * dx / norm);
            if working.inside.at(x.round() as i64, y.round() as i64) == Some(&true) {
                *sum += f64::from(blurred.sample_bilinear(x as f32, y as f32));
                *count += 1;
            }
        }
    }
    std::array::from_fn(|k| if counts[k] > 0 { sums[k] / f64::from(counts[k]) } else { f64::NAN })
}

/// Darkening and width read from a mean profile.
pub(super) struct Shape {
    pub left: f64,
    pub right: f64,
    pub width_m: f64,
}

impl Shape {
    pub fn of(profile: &[f64; PROFILE_SAMPLES]) -> Self {
        let middle = PROFILE_SAMPLES / 2;
        let step_m = 2.0 * PROFILE_REACH_M / (PROFILE_SAMPLES - 1) as f64;
        let floor = profile[middle - 1..=middle + 1].iter().copied().filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min);
        let floor = if floor.is_finite() { floor } else { 1.0 };
        // The shoulder on a side: the brightest place before the profile falls again by a third of what it rose.
        let climb = |side: i64| {
            let (mut best, mut at) = (floor, 0_usize);
            for k in 1..=middle {
                let value = profile[(middle as i64 + side * k as i64) as usize];
                if !value.is_finite() || value < best - 0.34 * (best - floor) - 1e-4 {
                    break;
                }
                if value > best {
                    (best, at) = (value, k);
                }
            }
            (best - floor, at)
        };
        let half = |side: i64, rise: f64| {
            let level = floor + 0.5 * rise;
            let mut before = floor;
            for k in 1..=middle {
                let value = profile[(middle as i64 + side * k as i64) as usize];
                if !value.is_finite() {
                    return (k - 1) as f64;
                }
                if value >= level {
                    let part = if value > before { (level - before) / (value - before) } else { 0.0 };
                    return (k - 1) as f64 + part.clamp(0.0, 1.0);
                }
                before = value;
            }
            middle as f64
        };
        let ((left, _), (right, _)) = (climb(-1), climb(1));
        // Both half widths at the level of the smaller rise: a slope on one side does not widen a vein.
        let rise = left.min(right).max(1e-6);
        Self { left, right, width_m: (half(-1, rise) + half(1, rise)) * step_m }
    }
}
