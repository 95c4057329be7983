//! From one near-infrared frame to veins on the skin.

use proband_sensor::NirFrame;
use proband_volume::{Plane, gaussian, without_specks};

use super::nir::{NirDetection, NirEdge, NirNode};
use super::nir_lines::{Line, Lines, find_lines};

/// Find veins in a frame: picture, calibrated pose and measured distances only.
///
/// Edges are sorted by confidence; sizes are bounded.
/// # Valid
/// A camera that looks down on an arm on a darker support. What lies deeper than about 6 mm shows too little.
#[must_use]
pub fn detect_nir(frame: &NirFrame) -> NirDetection {
    let skin = skin_region(frame);
    place(frame, find_lines(&frame.counts, Some(&skin), frame.pixel_on_skin_m()))
}

/// Lines of a frame set onto the skin.
pub(super) fn place(frame: &NirFrame, found: Lines) -> NirDetection {
    let placed = smoothed(frame);
    let edges: Vec<NirEdge> = found.lines.iter().map(|line| edge(&placed, line)).collect();
    let nodes = found.nodes_px.iter().map(|p| NirNode { p_px: *p, p_patient: placed.skin_at(p[0], p[1]) }).collect();
    NirDetection { time_s: frame.time_s, nodes, edges }
}

/// The frame with its distances smoothed: skin is smooth, the depth sensor is noisy.
fn smoothed(frame: &NirFrame) -> NirFrame {
    let mut range = frame.range.clone();
    // Places without a distance keep none and do not pull their neighbours.
    let known = range.range_m.map(|r| f32::from(u8::from(*r > 0.0)));
    if let (Ok(sum), Ok(weight)) = (gaussian(&range.range_m, 1.0), gaussian(&known, 1.0)) {
        for (index, value) in range.range_m.samples_mut().iter_mut().enumerate() {
            if *value > 0.0 {
                *value = sum.samples()[index] / weight.samples()[index].max(1e-3);
            }
        }
    }
    // Only the distances are asked for: a one-pixel picture would do, but its size gives the principal point.
    NirFrame { range, ..frame.clone() }
}

fn edge(frame: &NirFrame, line: &Line) -> NirEdge {
    let on_skin: Vec<_> = line.path_px.iter().filter_map(|p| frame.skin_at(p[0], p[1])).collect();
    let path_patient = if on_skin.len() == line.path_px.len() { on_skin } else { Vec::new() };
    let length_m = if path_patient.is_empty() { line.length_m } else { path_patient.windows(2).map(|p| p[0].distance(&p[1])).sum() };
    NirEdge {
        nodes: line.nodes,
        path_px: line.path_px.clone(),
        path_patient,
        length_m,
        width_m: line.width_m,
        contrast: line.contrast,
        contrast_to_noise: line.contrast_to_noise,
        confidence: line.confidence,
    }
}

/// Part of the way from the support's brightness to the arm's at which skin begins [1]. Prior: unverified.
const SIDE_LEVEL: f32 = 0.2;

/// Where the picture shows skin: brighter than the support, the largest piece, no full pixels.
pub(super) fn skin_region(frame: &NirFrame) -> Plane<bool> {
    let blurred = frame.counts.shrink(4).and_then(|small| gaussian(&small, 1.0));
    let Ok(blurred) = blurred else { return Plane::like(&frame.counts, true) };
    let mut sorted: Vec<f32> = blurred.samples().to_vec();
    let place = sorted.len() * 98 / 100;
    let (_, top, _) = sorted.select_nth_unstable_by(place, f32::total_cmp);
    let (support, lit) = two_classes(&blurred, top.max(1e-4));
    // Nearer to the support than to the middle of the arm: the arm's sides are dark by their slope.
    let bright = blurred.map(|v| *v > support + SIDE_LEVEL * (lit - support));
    let (_, pieces) = proband_volume::components(&bright);
    let largest = pieces.iter().map(|p| p.pixel_count).max().unwrap_or(0);
    let skin = without_specks(&bright, largest.max(1));
    let mut region = Plane::like(&frame.counts, false);
    for y in 0..region.height() {
        let (from, counts) = (skin.row((y / 4).min(skin.height() - 1)), frame.counts.row(y));
        for (x, value) in region.row_mut(y).iter_mut().enumerate() {
            *value = from[(x / 4).min(from.len() - 1)] && counts[x] < 0.995;
        }
    }
    region
}

/// Means of the darker and the brighter class of a picture (Otsu 1979, IEEE Trans Syst Man Cybern 9:62), brightness in
/// 256 steps up to `top`.
fn two_classes(picture: &Plane<f32>, top: f32) -> (f32, f32) {
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
