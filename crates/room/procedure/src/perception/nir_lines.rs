//! Dark lines in a bright skin: the detector behind both the camera and the photograph.
//!
//! 1. divide by the skin's own brightness: the shading of a round limb towards its rim, then a wide blur within the
//!    region, so that shape, lamps and pigment drop out;
//! 2. oriented filters at several widths, threshold with hysteresis at multiples of the measured noise;
//! 3. skeleton, graph, twigs off;
//! 4. for each line: the mean profile across it gives contrast on either side, width and noise.
//!
//! Works at a pixel of 0.5 to 1 mm whatever the picture's own is.

use proband_core::ops;
use proband_volume::{OrientedLines, OrientedSpec, Plane, SkeletonGraph, gaussian, hysteresis, thin, without_specks};

use super::nir::NIR_EDGE_COUNT_MAX;
use super::nir_prepare::{Working, prepare};
use super::nir_profile::{Measured, Shape, confidence, mean_profile, noise_by_width, spread};

/// Standard deviations of the filters across the line [m]: apparent widths of 2 to 9 mm.
const SCALES_M: [f64; 4] = [1.2e-3, 1.9e-3, 2.9e-3, 4.2e-3];
/// Standard deviation along the line over that across [1], and directions over half a turn.
const ELONGATION: f32 = 2.5;
const DIRECTION_COUNT: u32 = 12;
/// Thresholds of the hysteresis over the noise of the response [1]. Priors: unverified, tuned on simulated arms.
const HIGH: f32 = 2.6;
const LOW: f32 = 1.6;
/// Shortest line that is kept, and longest twig that is cut [m].
const LENGTH_MIN_M: f64 = 6e-3;
const TWIG_M: f64 = 4e-3;
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
    measure(&working, &blurred, &graph, |path| centred(&working, &tubes, path), |_, line| confidence(line))
}

/// Find lines where a map of probabilities on the working pixels says so: the network's way from places to veins.
/// The confidence of a line is the mean probability along it.
pub(super) fn lines_of_probability(working: &Working, probability: &Plane<f32>, low: f32, high: f32) -> Lines {
    let Ok(blurred) = gaussian(&working.relative, 1.0) else { return Lines { nodes_px: Vec::new(), lines: Vec::new() } };
    let mask = hysteresis(probability, low, high);
    let area = (LENGTH_MIN_M / working.pixel_m) * 2.0;
    let graph = SkeletonGraph::trace(&thin(&without_specks(&mask, area as u32))).pruned(TWIG_M / working.pixel_m);
    let plain = |path: &[[u32; 2]]| path.iter().map(|p| p.map(f64::from)).collect();
    measure(working, &blurred, &graph, plain, |path, _| {
        let sum: f64 = path.iter().map(|p| f64::from(probability.sample_bilinear(p[0] as f32, p[1] as f32))).sum();
        (sum / path.len() as f64).clamp(0.0, 1.0)
    })
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

/// Lines of a graph. `place`: a skeleton's path set onto the picture; `believe`: the confidence of a path with what was
/// measured across it.
fn measure(
    working: &Working,
    blurred: &Plane<f32>,
    graph: &SkeletonGraph,
    place: impl Fn(&[[u32; 2]]) -> Vec<[f64; 2]>,
    believe: impl Fn(&[[f64; 2]], &Measured) -> f64,
) -> Lines {
    let whole = |p: [f64; 2]| {
        let f = f64::from(working.factor);
        p.map(|c| c * f + 0.5 * (f - 1.0))
    };
    let noises = noise_by_width(working);
    let mut lines: Vec<Line> = Vec::new();
    for edge in &graph.edges {
        let path = smooth(&darkest(working, blurred, &smooth(&place(&edge.path_px))));
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
        let confidence = believe(&path, &Measured { contrast_to_noise, length_m, evenness, contrast });
        if contrast <= 0.0 || confidence < CONFIDENCE_MIN {
            continue;
        }
        let stride = path.len().div_ceil(POINT_COUNT_MAX).max(1);
        let mut kept: Vec<[f64; 2]> = path.iter().step_by(stride).copied().collect();
        if !(path.len() - 1).is_multiple_of(stride) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;
    use proptest::prelude::*;

    const PIXEL_M: f64 = 0.4e-3;

    /// A limb 80 mm wide, shaded to its rim, with a line of the given depth and width (standard deviation) at an angle.
    fn limb(line: Option<(f64, f64, f64)>, noise: f64, seed: u64) -> (Plane<f32>, Plane<bool>) {
        let (width, height) = (280_u32, 240_u32);
        let mut noises = vec![0.0_f32; (width * height) as usize];
        Stream::new(seed, 0, "test.limb").fill_normal(&mut noises);
        let across = |x: u32| (f64::from(x) - 139.5) / 100.0;
        let picture = Plane::from_fn(width, height, |x, y| {
            let u = across(x);
            if u.abs() >= 1.0 {
                return 0.03;
            }
            let shade = (1.0 - u * u).sqrt() / (1.0 - u * u + u * u * 0.7).sqrt();
            let dark = line.map_or(0.0, |(depth, width_m, angle)| {
                let (sin, cos) = ops::sin_cos(angle);
                let offset = ((f64::from(x) - 139.5) * cos - (f64::from(y) - 119.5) * sin) * PIXEL_M / width_m;
                depth * ops::exp(-0.5 * offset * offset)
            });
            (0.6 * shade * (1.0 - dark) * (1.0 + noise * f64::from(noises[(y * width + x) as usize]))) as f32
        });
        (picture.unwrap(), Plane::from_fn(width, height, |x, _| across(x).abs() < 1.0).unwrap())
    }

    /// Find a line with its place, contrast and width.
    #[test]
    fn a_line_is_found_where_it_is() {
        for (angle, seed) in [(0.0, 1), (0.3, 2), (-0.5, 3)] {
            let (depth, sd_m) = (0.08, 2.2e-3);
            let (picture, region) = limb(Some((depth, sd_m, angle)), 0.02, seed);
            let found = find_lines(&picture, Some(&region), PIXEL_M);
            let line = &found.lines[0];
            assert!(line.confidence > 0.6 && line.length_m > 60e-3, "{angle}: {} {}", line.confidence, line.length_m);
            let (sin, cos) = ops::sin_cos(angle);
            let aside = line.path_px.iter().map(|p| ((p[0] - 139.5) * cos - (p[1] - 119.5) * sin) * PIXEL_M);
            let rms = (aside.map(|a| a * a).sum::<f64>() / line.path_px.len() as f64).sqrt();
            assert!(rms < 0.6e-3, "{angle}: {rms}");
            assert!((line.contrast / depth - 1.0).abs() < 0.3, "{angle}: contrast {}", line.contrast);
            assert!((line.width_m / (2.355 * sd_m) - 1.0).abs() < 0.35, "{angle}: width {}", line.width_m);
        }
    }

    /// Find nothing sure on a limb without a line, nor at a step of brightness, nor a hair.
    #[test]
    fn rims_steps_and_hairs_are_no_veins() {
        let sure = |picture: &Plane<f32>, region: &Plane<bool>| {
            find_lines(picture, Some(region), PIXEL_M).lines.iter().filter(|l| l.confidence > 0.5).count()
        };
        for seed in 0..3 {
            let (bare, region) = limb(None, 0.02, seed);
            assert_eq!(sure(&bare, &region), 0, "bare {seed}");
            let (hair, region) = limb(Some((0.3, 0.15e-3, 0.2)), 0.02, seed);
            assert_eq!(sure(&hair, &region), 0, "hair {seed}");
            let mut step = bare.clone();
            for y in 0..step.height() {
                for value in &mut step.row_mut(y)[140..] {
                    *value *= 0.9;
                }
            }
            assert_eq!(sure(&step, &region), 0, "step {seed}");
        }
    }

    proptest! {
        /// Take any picture of any pixel size to a bounded, finite answer.
        #[test]
        fn any_picture_gives_a_bounded_answer(
            width in 1_u32..60, height in 1_u32..60, seed in 0_u64..1000, pixel in prop_oneof![Just(f64::NAN), 1e-9..1.0_f64, Just(3e-4)], wild in any::<bool>()
        ) {
            let mut stream = Stream::new(seed, 0, "test.wild");
            let picture = Plane::from_fn(width, height, |_, _| {
                if wild && stream.bernoulli(0.05) { f32::NAN } else { stream.uniform_in(-1.0, 3.0) as f32 }
            }).unwrap();
            let region = Plane::from_fn(width, height, |x, y| !(x * y + seed as u32).is_multiple_of(5)).unwrap();
            for region in [None, Some(&region)] {
                let found = find_lines(&picture, region, pixel);
                prop_assert!(found.lines.len() <= NIR_EDGE_COUNT_MAX);
                for line in &found.lines {
                    prop_assert!((0.0..=1.0).contains(&line.confidence) && line.path_px.len() <= POINT_COUNT_MAX + 1);
                    prop_assert!(line.nodes.iter().all(|n| (*n as usize) < found.nodes_px.len()));
                }
            }
        }
    }
}
