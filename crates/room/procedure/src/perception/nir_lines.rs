//! Dark lines in a bright skin: the detector behind both the camera and the photograph.
//!
//! 1. divide by the skin's own brightness (a wide blur within the region), so that lamps and pigment drop out;
//! 2. multi-scale tubeness, threshold with hysteresis at multiples of the measured noise;
//! 3. skeleton, graph, twigs off;
//! 4. for each line: the mean profile across it gives contrast on either side, width and noise.
//!
//! Works at a pixel of about 0.65 mm whatever the picture's own is.

use proband_volume::{Plane, SkeletonGraph, Tubeness, Vesselness, blur_wide, gaussian, hysteresis, thin, without_specks};

use super::nir::NIR_EDGE_COUNT_MAX;

/// Pixel that the search works with at most [m].
const WORKING_PIXEL_M: f64 = 0.7e-3;
/// Half widths of the tubes that are looked for (scale of the filter) [m]: apparent widths of 2 to 11 mm.
const SCALES_M: [f64; 5] = [1.0e-3, 1.5e-3, 2.2e-3, 3.2e-3, 4.6e-3];
/// Standard deviation of the blur that gives the skin's brightness [m].
const BACKGROUND_M: f64 = 9e-3;
/// Thresholds of the hysteresis over the noise of the response [1]. Priors: unverified, tuned on simulated arms.
const HIGH: f32 = 5.0;
const LOW: f32 = 2.5;
/// Distance from the rim of the region within which a line is not believed [m].
const RIM_M: f64 = 2.5e-3;
/// Shortest line that is kept, and longest twig that is cut [m].
const LENGTH_MIN_M: f64 = 6e-3;
const TWIG_M: f64 = 4e-3;
/// Reach of a profile across a line [m] and its samples.
const PROFILE_REACH_M: f64 = 12e-3;
const PROFILE_SAMPLES: usize = 41;
/// Points kept per line.
const POINT_COUNT_MAX: usize = 400;

/// A dark line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Ends, as indices into [`Lines::nodes_px`].
    pub nodes: [u32; 2],
    /// Middle line in pixels of the whole picture.
    pub path_px: Vec<[f64; 2]>,
    /// Length [m].
    pub length_m: f64,
    /// Full width at half depth of the mean profile [m].
    pub width_m: f64,
    /// Darkening of the middle against both sides [1]: the mean of the two.
    pub contrast: f64,
    /// Darkening against the brighter and the darker side, the smaller over the larger [1]: 1 for a line, 0 for an edge.
    pub evenness: f64,
    /// Contrast over the noise of the skin at this width [1].
    pub contrast_to_noise: f64,
    /// 0 to 1.
    pub confidence: f64,
}

/// What was found in a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lines {
    pub nodes_px: Vec<[f64; 2]>,
    pub lines: Vec<Line>,
}

/// The picture at the working pixel.
struct Working {
    factor: u32,
    pixel_m: f64,
    /// Brightness over that of the skin around [1]; 1 outside of the region.
    relative: Plane<f32>,
    /// Where lines are believed.
    inside: Plane<bool>,
}

/// Find dark lines. `region`: where the skin is; none for the whole picture. `pixel_m`: side of a pixel [m].
pub(super) fn find_lines(picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_m: f64) -> Lines {
    let none = Lines { nodes_px: Vec::new(), lines: Vec::new() };
    if !(pixel_m.is_finite() && pixel_m > 1e-6 && pixel_m < 0.01) {
        return none;
    }
    let Some(working) = prepare(picture, region, pixel_m) else { return none };
    let scales: Vec<f32> = SCALES_M.iter().map(|s| (s / working.pixel_m) as f32).filter(|s| *s >= 0.8).collect();
    let Ok(mut tubes) = Vesselness::dark(&working.relative, &scales, Tubeness::Sato) else { return none };
    for (response, inside) in tubes.response.samples_mut().iter_mut().zip(working.inside.samples()) {
        if !inside {
            *response = 0.0;
        }
    }
    let noise = spread(tubes.response.samples().iter().zip(working.inside.samples()).filter(|(_, i)| **i).map(|(r, _)| *r).collect());
    let Some(noise) = noise else { return none };
    let mask = hysteresis(&tubes.response, LOW * noise, HIGH * noise);
    let area = (LENGTH_MIN_M / working.pixel_m) * 2.0;
    let graph = SkeletonGraph::trace(&thin(&without_specks(&mask, area as u32))).pruned(TWIG_M / working.pixel_m);
    measure(&working, &tubes, &graph)
}

/// Median of the positive values: the response of skin without veins is mostly noise, and veins are a small part.
fn spread(mut values: Vec<f32>) -> Option<f32> {
    if values.len() < 100 {
        return None;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    Some(median.max(1e-5))
}

fn prepare(picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_m: f64) -> Option<Working> {
    let side = picture.width().min(picture.height());
    let factor = ((WORKING_PIXEL_M / pixel_m) as u32).clamp(1, (side / 8).max(1));
    let small = picture.shrink(factor).ok()?;
    let pixel_m = pixel_m * f64::from(factor);
    let within = match region {
        Some(region) if region.same_size(picture) => region.map(|r| f32::from(u8::from(*r))).shrink(factor).ok()?.map(|part| *part > 0.99),
        _ => Plane::like(&small, true),
    };
    // Brightness of the skin: blur within the region only.
    let weight = within.map(|w| f32::from(u8::from(*w)));
    let mut lit = small.clone();
    for (value, w) in lit.samples_mut().iter_mut().zip(weight.samples()) {
        *value = value.max(0.0) * w;
    }
    let sigma = (BACKGROUND_M / pixel_m) as f32;
    let sigma = sigma.min(side as f32 / 4.0).max(1.0);
    let (light, cover) = (blur_wide(&lit, sigma).ok()?, blur_wide(&weight, sigma).ok()?);
    let mut relative = Plane::like(&small, 1.0_f32);
    for (index, value) in relative.samples_mut().iter_mut().enumerate() {
        let background = light.samples()[index] / cover.samples()[index].max(1e-3);
        if within.samples()[index] && background > 1e-4 {
            *value = (small.samples()[index] / background).clamp(0.2, 1.8);
        }
    }
    let rim = (RIM_M / pixel_m) as f32;
    let outside = within.map(|w| !w);
    let inside = if within.samples().iter().all(|w| *w) { within } else { proband_volume::distance_to(&outside).map(|d| *d > rim) };
    Some(Working { factor, pixel_m, relative, inside })
}

fn measure(working: &Working, tubes: &Vesselness, graph: &SkeletonGraph) -> Lines {
    let whole = |p: [f64; 2]| {
        let f = f64::from(working.factor);
        p.map(|c| c * f + 0.5 * (f - 1.0))
    };
    let blurred = gaussian(&working.relative, 0.8).unwrap_or_else(|_| working.relative.clone());
    let noises = noise_by_width(working);
    let mut lines: Vec<Line> = Vec::new();
    for edge in &graph.edges {
        let path = smooth(&centred(working, tubes, &edge.path_px));
        let length_m = length(&path) * working.pixel_m;
        if length_m < LENGTH_MIN_M || path.len() < 3 {
            continue;
        }
        let profile = mean_profile(working, &blurred, &path);
        let shape = Shape::of(&profile);
        let noise = noises.at(shape.width_m, length_m);
        let contrast = 0.5 * (shape.left + shape.right);
        let evenness = (shape.left.min(shape.right) / shape.left.max(shape.right).max(1e-9)).clamp(0.0, 1.0);
        let contrast_to_noise = contrast / noise;
        if contrast <= 0.0 {
            continue;
        }
        let stride = path.len().div_ceil(POINT_COUNT_MAX).max(1);
        let mut kept: Vec<[f64; 2]> = path.iter().step_by(stride).copied().collect();
        if (path.len() - 1) % stride != 0 {
            kept.push(path[path.len() - 1]);
        }
        lines.push(Line {
            nodes: edge.nodes,
            path_px: kept.into_iter().map(whole).collect(),
            length_m,
            width_m: shape.width_m,
            contrast,
            evenness,
            contrast_to_noise,
            confidence: confidence(contrast_to_noise, length_m, evenness, contrast),
        });
    }
    lines.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(b.length_m.total_cmp(&a.length_m)));
    lines.truncate(NIR_EDGE_COUNT_MAX);
    Lines { nodes_px: graph.nodes.iter().map(|n| whole(n.p_px)).collect(), lines }
}

/// Belief that a line is a vein: needs contrast over noise, length, and darkness against both sides; a line that
/// is much darker than blood can make skin is a shadow or a pen. Prior: unverified; the order matters more than the value.
fn confidence(contrast_to_noise: f64, length_m: f64, evenness: f64, contrast: f64) -> f64 {
    let seen = contrast_to_noise * contrast_to_noise / (contrast_to_noise * contrast_to_noise + 25.0);
    let long = length_m / (length_m + 6e-3);
    let even = (evenness / 0.45).min(1.0);
    let dark = if contrast > 0.45 { 0.3 } else { 1.0 };
    (1.25 * seen * long * even * dark).min(1.0)
}

/// Noise of the mean darkening of a line, by its width: the spread of differences between blurs over the skin.
struct Noises {
    /// (width [m], standard deviation of one independent patch).
    by_width: Vec<(f64, f64)>,
}

fn noise_by_width(working: &Working) -> Noises {
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
    fn at(&self, width_m: f64, length_m: f64) -> f64 {
        let patch = self.by_width.iter().min_by(|a, b| (a.0 - width_m).abs().total_cmp(&(b.0 - width_m).abs())).map_or(0.02, |n| n.1);
        let count = (length_m / width_m.max(1e-3)).clamp(1.0, 10.0);
        (patch / count.sqrt()).max(1e-4)
    }
}

/// The path moved onto the darkest line nearby, by the parabola through three samples across.
fn centred(working: &Working, tubes: &Vesselness, path: &[[u32; 2]]) -> Vec<[f64; 2]> {
    let response = &tubes.response;
    path.iter()
        .map(|&[x, y]| {
            let across = tubes.across(x, y);
            let at = |s: f32| response.sample_bilinear(x as f32 + s * across[0], y as f32 + s * across[1]);
            let reach = (1.2e-3 / working.pixel_m).ceil() as i32;
            let best =
                (-reach..=reach).max_by(|a, b| at(*a as f32).total_cmp(&at(*b as f32)).then(b.abs().cmp(&a.abs()))).unwrap_or(0) as f32;
            let (l, m, r) = (at(best - 1.0), at(best), at(best + 1.0));
            let bend = l - 2.0 * m + r;
            let shift = if bend < 0.0 { best + (0.5 * (l - r) / bend).clamp(-0.5, 0.5) } else { best };
            [f64::from(x as f32 + shift * across[0]), f64::from(y as f32 + shift * across[1])]
        })
        .collect()
}

/// Moving average over seven points, shorter at the ends.
fn smooth(path: &[[f64; 2]]) -> Vec<[f64; 2]> {
    (0..path.len())
        .map(|i| {
            let reach = 3.min(i).min(path.len() - 1 - i);
            let part = &path[i - reach..=i + reach];
            let sum = part.iter().fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
            sum.map(|s| s / part.len() as f64)
        })
        .collect()
}

/// Length of a path in its own unit.
pub(super) fn length(path: &[[f64; 2]]) -> f64 {
    path.windows(2).map(|p| proband_core::ops::hypot(p[1][0] - p[0][0], p[1][1] - p[0][1])).sum()
}

/// Mean brightness at distances across the path from −12 to 12 mm; NaN where the region gives none.
fn mean_profile(working: &Working, blurred: &Plane<f32>, path: &[[f64; 2]]) -> [f64; PROFILE_SAMPLES] {
    let mut sums = [0.0; PROFILE_SAMPLES];
    let mut counts = [0_u32; PROFILE_SAMPLES];
    let stride = (path.len() / 60).max(1);
    for i in (1..path.len() - 1).step_by(stride) {
        let (before, after) = (path[i.saturating_sub(3)], path[(i + 3).min(path.len() - 1)]);
        let (dx, dy) = (after[0] - before[0], after[1] - before[1]);
        let norm = proband_core::ops::hypot(dx, dy);
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
struct Shape {
    left: f64,
    right: f64,
    width_m: f64,
}

impl Shape {
    fn of(profile: &[f64; PROFILE_SAMPLES]) -> Self {
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

/// Largest two-class split of the brightness (Otsu 1979, IEEE Trans Syst Man Cybern 9:62) in 256 steps up to `top`.
pub(super) fn otsu(picture: &Plane<f32>, top: f32) -> f32 {
    let mut histogram = [0_u32; 256];
    for value in picture.samples() {
        histogram[((value / top).clamp(0.0, 1.0) * 255.0) as usize] += 1;
    }
    let total: f64 = histogram.iter().map(|c| f64::from(*c)).sum();
    let sum: f64 = histogram.iter().enumerate().map(|(i, c)| i as f64 * f64::from(*c)).sum();
    let (mut below, mut sum_below, mut best, mut split) = (0.0, 0.0, -1.0, 0);
    for (i, count) in histogram.iter().enumerate() {
        below += f64::from(*count);
        sum_below += i as f64 * f64::from(*count);
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let difference = sum_below / below - (sum - sum_below) / above;
            let between = below * above * difference * difference;
            if between > best {
                (best, split) = (between, i);
            }
        }
    }
    (split as f32 + 1.0) / 256.0 * top
}
