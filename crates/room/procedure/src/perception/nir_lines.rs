//! Dark lines in a bright skin: the detector behind both the camera and the photograph.
//!
//! 1. divide by the skin's own brightness: the shading of a round limb towards its rim, then a wide blur within the
//!    region, so that shape, lamps and pigment drop out;
//! 2. oriented filters at several widths, threshold with hysteresis at multiples of the measured noise;
//! 3. skeleton, graph, twigs off;
//! 4. for each line: the mean profile across it gives contrast on either side, width and noise.
//!
//! Works at a pixel of 0.5 to 1 mm whatever the picture's own is.

use nalgebra::{Matrix4, Vector4};
use proband_core::ops;
use proband_volume::{
    OrientedLines, OrientedSpec, Plane, SkeletonGraph, blur_wide, closing, distance_to, gaussian, hysteresis, thin, without_specks,
};

use super::nir::NIR_EDGE_COUNT_MAX;

/// Pixel that the search works with at most [m].
const WORKING_PIXEL_M: f64 = 1.0e-3;
/// Standard deviations of the filters across the line [m]: apparent widths of 2 to 9 mm.
const SCALES_M: [f64; 4] = [1.2e-3, 1.9e-3, 2.9e-3, 4.2e-3];
/// Standard deviation along the line over that across [1], and directions over half a turn.
const ELONGATION: f32 = 2.5;
const DIRECTION_COUNT: u32 = 12;
/// Dark lines up to this width are taken for hairs and furrows [m]; a vein's shadow is wider than its depth.
const HAIR_M: f64 = 1.6e-3;
/// Half height over half width of a limb [1], for its shading.
const ROUNDNESS: f64 = 0.85;
/// Standard deviation of the blur that gives the skin's brightness [m].
const BACKGROUND_M: f64 = 11e-3;
/// Thresholds of the hysteresis over the noise of the response [1]. Priors: unverified, tuned on simulated arms.
const HIGH: f32 = 2.6;
const LOW: f32 = 1.6;
/// Distance from the rim of the region within which a line is not believed [m].
const RIM_M: f64 = 4.5e-3;
/// Distance from the rim within which the region may be drawn wrongly [m].
const SURE_M: f64 = 2e-3;
/// Shortest line that is kept, and longest twig that is cut [m].
const LENGTH_MIN_M: f64 = 6e-3;
const TWIG_M: f64 = 4e-3;
/// Reach of a profile across a line [m] and its samples.
const PROFILE_REACH_M: f64 = 12e-3;
const PROFILE_SAMPLES: usize = 41;
/// Lines below this are dropped.
const CONFIDENCE_MIN: f64 = 0.05;
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
    let scales_px: Vec<f32> = SCALES_M.iter().map(|s| (s / working.pixel_m) as f32).filter(|s| *s >= 0.8).collect();
    let spec = OrientedSpec { scales_px, elongation: ELONGATION, direction_count: DIRECTION_COUNT };
    let Ok(mut tubes) = OrientedLines::dark(&working.relative, &spec) else { return none };
    for (response, inside) in tubes.response.samples_mut().iter_mut().zip(working.inside.samples()) {
        if !inside {
            *response = 0.0;
        }
    }
    let noise = spread(tubes.response.samples().iter().zip(working.inside.samples()).filter(|(_, i)| **i).map(|(r, _)| *r).collect());
    let Some(noise) = noise else { return none };
    let Ok(blurred) = gaussian(&working.relative, 1.0) else { return none };
    damp_edges(&mut tubes, &blurred, LOW * noise);
    let mask = hysteresis(&tubes.response, LOW * noise, HIGH * noise);
    let area = (LENGTH_MIN_M / working.pixel_m) * 2.0;
    let graph = SkeletonGraph::trace(&thin(&without_specks(&mask, area as u32))).pruned(TWIG_M / working.pixel_m);
    measure(&working, &tubes, &blurred, &graph)
}

/// Weaken the response where only one side is brighter: the foot of a step is no line.
fn damp_edges(tubes: &mut OrientedLines, blurred: &Plane<f32>, threshold: f32) {
    for y in 0..blurred.height() {
        for x in 0..blurred.width() {
            let Some(response) = tubes.response.get(x, y).copied().filter(|r| *r > threshold) else { continue };
            let across = tubes.across(x, y);
            let scale = tubes.scale_at(x, y);
            let reach = 2.0 * scale;
            // Mean of five places along the line: skin is uneven too.
            let at = |s: f32| {
                let place = |k: i32| {
                    let t = k as f32 * scale;
                    blurred.sample_bilinear(x as f32 + s * across[0] + t * across[1], y as f32 + s * across[1] - t * across[0])
                };
                0.2 * (-2..=2).map(place).sum::<f32>()
            };
            let (middle, one, other) = (at(0.0), at(reach), at(-reach));
            let (less, more) = ((one - middle).min(other - middle).max(0.0), (one - middle).max(other - middle).max(1e-6));
            tubes.response.set(x, y, response * (less / more / EVEN).min(1.0));
        }
    }
}

/// Evenness of the two sides from which on a line is fully believed [1]. Prior: unverified.
const EVEN: f32 = 0.25;

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
    let small = without_hairs(picture, pixel_m)?.shrink(factor).ok()?;
    let pixel_m = pixel_m * f64::from(factor);
    let within = match region {
        Some(region) if region.same_size(picture) => region.map(|r| f32::from(u8::from(*r))).shrink(factor).ok()?.map(|part| *part > 0.99),
        _ => Plane::like(&small, true),
    };
    let to_rim = rim_distance(&within);
    // The rim of a region is never drawn exactly.
    let sure = to_rim.as_ref().map_or_else(|| within.clone(), |d| d.map(|d| *d > (SURE_M / pixel_m) as f32));
    let mut flat = small;
    if let Some(to_rim) = &to_rim {
        unshade(&mut flat, &sure, to_rim);
    }
    let weight = sure.map(|w| f32::from(u8::from(*w)));
    let mut lit = flat.clone();
    for (value, w) in lit.samples_mut().iter_mut().zip(weight.samples()) {
        *value = value.max(0.0) * w;
    }
    let sigma = (BACKGROUND_M / pixel_m) as f32;
    let sigma = sigma.min(side as f32 / 4.0).max(1.0);
    let (light, cover) = (blur_wide(&lit, sigma).ok()?, blur_wide(&weight, sigma).ok()?);
    let mut relative = Plane::like(&flat, 1.0_f32);
    for (index, value) in relative.samples_mut().iter_mut().enumerate() {
        let background = light.samples()[index] / cover.samples()[index].max(1e-3);
        if sure.samples()[index] && background > 1e-4 {
            *value = (flat.samples()[index] / background).clamp(0.2, 1.8);
        }
    }
    let inside = match to_rim {
        None => within,
        Some(to_rim) => {
            extend(&mut relative, &sure)?;
            to_rim.map(|d| *d > (RIM_M / pixel_m) as f32)
        }
    };
    Some(Working { factor, pixel_m, relative, inside })
}

/// Dark lines thinner than a hair's shadow are closed; a little blur first, so that closing does not pick out noise.
fn without_hairs(picture: &Plane<f32>, pixel_m: f64) -> Option<Plane<f32>> {
    let radius = (0.5 * HAIR_M / pixel_m).round() as u32;
    if radius == 0 {
        return Some(picture.clone());
    }
    Some(closing(&gaussian(picture, 0.8).ok()?, radius.min(50)))
}

/// Continue the picture smoothly beyond what is skin for sure, so that the rim itself is no edge.
fn extend(relative: &mut Plane<f32>, sure: &Plane<bool>) -> Option<()> {
    let known = sure.map(|s| f32::from(u8::from(*s)));
    let mut shown = relative.clone();
    for (value, k) in shown.samples_mut().iter_mut().zip(known.samples()) {
        *value *= k;
    }
    let (near, near_cover) = (gaussian(&shown, 2.5).ok()?, gaussian(&known, 2.5).ok()?);
    let (far, far_cover) = (blur_wide(&shown, 8.0).ok()?, blur_wide(&known, 8.0).ok()?);
    for (index, value) in relative.samples_mut().iter_mut().enumerate() {
        if !sure.samples()[index] {
            // The narrow blur first; the wide one where the narrow one sees nothing.
            *value = if near_cover.samples()[index] > 0.02 {
                near.samples()[index] / near_cover.samples()[index]
            } else if far_cover.samples()[index] > 0.02 {
                far.samples()[index] / far_cover.samples()[index]
            } else {
                1.0
            };
        }
    }
    Some(())
}

/// Distance to the nearest place outside of the region [px]; none when the region is the whole picture.
fn rim_distance(within: &Plane<bool>) -> Option<Plane<f32>> {
    if within.samples().iter().all(|w| *w) { None } else { Some(distance_to(&within.map(|w| !w))) }
}

/// Divide by the shading of a round limb, fitted to the picture.
///
/// The place across the limb is u = 1 − (distance to the rim)/(half width there), the half width being the largest
/// distance to the rim nearby. ln I is fitted by 1, the slope of an elliptic cylinder ln cos(u), u² and u⁴: too smooth
/// to take a vein away that runs along the rim.
fn unshade(picture: &mut Plane<f32>, sure: &Plane<bool>, to_rim: &Plane<f32>) {
    let half_width = half_widths(to_rim);
    let basis = |u: f64| {
        let (u2, height2) = (u * u, (1.0 - u * u).max(1e-3));
        [1.0, 0.5 * ops::ln(height2 / (height2 + u2 * ROUNDNESS * ROUNDNESS)), u2, u2 * u2]
    };
    // Tables over u: a logarithm for each pixel would cost more than all else.
    let table: Vec<[f64; 4]> = (0..=TABLE).map(|i| basis(i as f64 / TABLE as f64)).collect();
    let place = |index: usize| {
        let u = 1.0 - to_rim.samples()[index] / half_width.samples()[index].max(1.0);
        ((u.clamp(0.0, 1.0) * TABLE as f32) as usize).min(TABLE)
    };
    let (mut normal, mut right, mut count, mut square) = (Matrix4::<f64>::zeros(), Vector4::<f64>::zeros(), 0_u32, 0.0);
    for (index, value) in picture.samples().iter().enumerate().step_by(5) {
        if sure.samples()[index] && *value > 1e-4 {
            let row = Vector4::from(table[place(index)]);
            normal += row * row.transpose();
            let log = ops::ln(f64::from(*value));
            right += row * log;
            square += log * log;
            count += 1;
        }
    }
    // A little weight holds back what the picture does not determine.
    normal += Matrix4::identity() * (1e-4 * f64::from(count));
    let Some(fit) = normal.cholesky().map(|c| c.solve(&right)) else { return };
    if count < 100 || !fit.iter().all(|f| f.is_finite()) {
        return;
    }
    // Where the lamp and not the shape makes the brightness, the fit explains little and would do harm.
    let variance = square - right[0] * right[0] / f64::from(count);
    let explained = right.dot(&fit) - right[0] * right[0] / f64::from(count);
    if explained < EXPLAINED_MIN * variance {
        return;
    }
    let centre = fit[0];
    let factors: Vec<f32> = table.iter().map(|row| ops::exp((centre - fit.dot(&Vector4::from(*row))).clamp(-3.0, 3.0)) as f32).collect();
    for (index, value) in picture.samples_mut().iter_mut().enumerate() {
        *value *= factors[place(index)];
    }
}

/// Part of the brightness's variance that the shape of the limb must explain before it is taken off [1].
const EXPLAINED_MIN: f64 = 0.6;
/// Places across a limb in the tables of its shading.
const TABLE: usize = 256;

/// Half width of the limb at each place: the largest distance to the rim in a square about as wide as the limb.
fn half_widths(to_rim: &Plane<f32>) -> Plane<f32> {
    let largest = to_rim.samples().iter().copied().fold(1.0_f32, f32::max);
    let factor = ((largest / 8.0) as u32).clamp(1, to_rim.width().min(to_rim.height()));
    let Ok(small) = to_rim.shrink(factor) else { return Plane::like(to_rim, largest) };
    let reach = (1.2 * largest / factor as f32).ceil() as i64;
    let highest = |plane: &Plane<f32>, dx: i64, dy: i64| {
        Plane::from_fn(plane.width(), plane.height(), |x, y| {
            (-reach..=reach).filter_map(|k| plane.at(i64::from(x) + k * dx, i64::from(y) + k * dy)).copied().fold(0.0, f32::max)
        })
    };
    let wide = highest(&small, 1, 0).and_then(|rows| highest(&rows, 0, 1)).and_then(|p| gaussian(&p, (0.5 * reach as f32).max(0.5)));
    let Ok(wide) = wide else { return Plane::like(to_rim, largest) };
    let mut out = Plane::like(to_rim, 0.0_f32);
    let (scale, shift) = (1.0 / factor as f32, 0.5 - 0.5 / factor as f32);
    for y in 0..out.height() {
        for (x, value) in out.row_mut(y).iter_mut().enumerate() {
            *value = wide.sample_bilinear(x as f32 * scale - shift, y as f32 * scale - shift);
        }
    }
    // A block's mean is below its peak; the rim itself is never beyond u = 1.
    for (value, distance) in out.samples_mut().iter_mut().zip(to_rim.samples()) {
        *value = value.max(*distance);
    }
    out
}

fn measure(working: &Working, tubes: &OrientedLines, blurred: &Plane<f32>, graph: &SkeletonGraph) -> Lines {
    let whole = |p: [f64; 2]| {
        let f = f64::from(working.factor);
        p.map(|c| c * f + 0.5 * (f - 1.0))
    };
    let noises = noise_by_width(working);
    let mut lines: Vec<Line> = Vec::new();
    for edge in &graph.edges {
        let path = smooth(&darkest(working, blurred, &smooth(&centred(working, tubes, &edge.path_px))));
        let length_m = length(&path) * working.pixel_m;
        if length_m < LENGTH_MIN_M || path.len() < 3 {
            continue;
        }
        let profile = mean_profile(working, blurred, &path);
        let shape = Shape::of(&profile);
        let noise = noises.at(shape.width_m, length_m);
        let contrast = 0.5 * (shape.left + shape.right);
        let evenness = (shape.left.min(shape.right) / shape.left.max(shape.right).max(1e-9)).clamp(0.0, 1.0);
        let contrast_to_noise = contrast / noise;
        let confidence = confidence(contrast_to_noise, length_m, evenness, contrast);
        if contrast <= 0.0 || confidence < CONFIDENCE_MIN {
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
            confidence,
        });
    }
    lines.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(b.length_m.total_cmp(&a.length_m)));
    lines.truncate(NIR_EDGE_COUNT_MAX);
    Lines { nodes_px: graph.nodes.iter().map(|n| whole(n.p_px)).collect(), lines }
}

/// Belief that a line is a vein: needs contrast over noise, length, and darkness against both sides; a line that
/// is much darker than blood can make skin is a shadow or a pen. Prior: unverified; the order matters more than the value.
fn confidence(contrast_to_noise: f64, length_m: f64, evenness: f64, contrast: f64) -> f64 {
    let seen = contrast_to_noise * contrast_to_noise / (contrast_to_noise * contrast_to_noise + 100.0);
    let long = length_m / (length_m + 12e-3);
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
fn centred(working: &Working, tubes: &OrientedLines, path: &[[u32; 2]]) -> Vec<[f64; 2]> {
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

/// The path moved onto the darkest place across it, brightness averaged along nine points of the path: the oriented
/// filter's own maximum wanders with the direction that it chose.
fn darkest(working: &Working, blurred: &Plane<f32>, path: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let normals: Vec<[f64; 2]> = (0..path.len())
        .map(|i| {
            let (a, b) = (path[i.saturating_sub(3)], path[(i + 3).min(path.len() - 1)]);
            let norm = ops::hypot(b[0] - a[0], b[1] - a[1]).max(1e-9);
            [-(b[1] - a[1]) / norm, (b[0] - a[0]) / norm]
        })
        .collect();
    let reach = (2.0e-3 / working.pixel_m / STEP_PX).ceil() as i32;
    let mut values = vec![0.0_f64; 2 * reach as usize + 1];
    (0..path.len())
        .map(|i| {
            let part = i.saturating_sub(4)..=(i + 4).min(path.len() - 1);
            for (value, k) in values.iter_mut().zip(-reach..=reach) {
                let s = f64::from(k) * STEP_PX;
                let at =
                    |j: usize| blurred.sample_bilinear((path[j][0] + s * normals[j][0]) as f32, (path[j][1] + s * normals[j][1]) as f32);
                *value = part.clone().map(|j| f64::from(at(j))).sum();
            }
            // The nearest dip to the path, not a darker place further off.
            let middle = reach as usize;
            let dip = |k: &usize| values[*k] <= values[k - 1] && values[*k] <= values[k + 1];
            let Some(k) = (1..values.len() - 1).filter(dip).min_by_key(|k| k.abs_diff(middle)) else { return path[i] };
            let bend = values[k - 1] - 2.0 * values[k] + values[k + 1];
            let part_step = if bend > 0.0 { (0.5 * (values[k - 1] - values[k + 1]) / bend).clamp(-0.5, 0.5) } else { 0.0 };
            let shift = (k as f64 - f64::from(reach) + part_step) * STEP_PX;
            [path[i][0] + shift * normals[i][0], path[i][1] + shift * normals[i][1]]
        })
        .collect()
}

/// Step across a line while its darkest place is looked for [px].
const STEP_PX: f64 = 0.5;

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
    path.windows(2).map(|p| ops::hypot(p[1][0] - p[0][0], p[1][1] - p[0][1])).sum()
}

/// Mean brightness at distances across the path from −12 to 12 mm; NaN where the region gives none.
fn mean_profile(working: &Working, blurred: &Plane<f32>, path: &[[f64; 2]]) -> [f64; PROFILE_SAMPLES] {
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

/// Means of the darker and the brighter class of a picture (Otsu 1979, IEEE Trans Syst Man Cybern 9:62), brightness in
/// 256 steps up to `top`.
pub(super) fn two_classes(picture: &Plane<f32>, top: f32) -> (f32, f32) {
    let mut histogram = [0_u32; 256];
    for value in picture.samples() {
        histogram[((value / top).clamp(0.0, 1.0) * 255.0) as usize] += 1;
    }
    let total: f64 = histogram.iter().map(|c| f64::from(*c)).sum();
    let sum: f64 = histogram.iter().enumerate().map(|(i, c)| i as f64 * f64::from(*c)).sum();
    let (mut below, mut sum_below, mut best, mut means) = (0.0, 0.0, -1.0, (0.0, 255.0));
    for (i, count) in histogram.iter().enumerate() {
        below += f64::from(*count);
        sum_below += i as f64 * f64::from(*count);
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let (low, high) = (sum_below / below, (sum - sum_below) / above);
            let between = below * above * (high - low) * (high - low);
            if between > best {
                (best, means) = (between, (low, high));
            }
        }
    }
    let scale = |mean: f64| (mean + 0.5) as f32 / 256.0 * top;
    (scale(means.0), scale(means.1))
}
