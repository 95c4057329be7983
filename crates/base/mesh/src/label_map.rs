//! Label maps as fields: a smoothed signed distance for every label, so that surfaces lie between voxels.

use rayon::prelude::*;

use crate::distance_grid::squared_distance_to;
use crate::error::{MeshError, in_range};
use crate::field::LabelField;
use crate::grid::GridFrame;

/// Distances are kept up to this many voxels (of the shortest side).
const REACH_VOXELS: f64 = 4.0;
/// Voxels kept around a label's box.
const MARGIN: i64 = 6;
/// Different labels that one map may have.
pub const LABEL_COUNT_MAX: usize = 1024;
/// Parts of a voxel's side when its volume is shared out.
const VOXEL_PARTS: u32 = 3;
/// Rounds in which volumes are brought back to those of the voxels.
const VOLUME_ROUNDS: usize = 4;

/// A label map between whose voxels materials are told apart: 0 is outside.
///
/// For each label a signed distance to its voxels is blurred, so that steps between voxels go. Blurring makes
/// rounded bodies smaller; a constant for each label gives back the volume of its voxels.
pub struct LabelMapField {
    frame: GridFrame,
    /// Outside first, then by rising label.
    layers: Vec<Layer>,
}

/// The smoothed distance of one label in a box of the grid.
struct Layer {
    label: u16,
    low: [i64; 3],
    size: [u32; 3],
    values: Vec<f32>,
    /// Taken from the values, so that the volume is kept [m].
    offset_m: f64,
    /// What holds away from the box [m].
    far_m: f64,
    volume_m3: f64,
}

impl LabelMapField {
    /// Prepare a label map.
    ///
    /// `labels`: shape [size of the frame], x fastest. `blur_voxels`: standard deviation of the blur in voxels of
    /// the shortest side, 0 to 3; 1 takes the steps of voxels away and rounds details of two voxels.
    ///
    /// # Errors
    /// [`MeshError`] when counts do not agree, there is nothing but 0, the blur is out of its range, or there are
    /// more than [`LABEL_COUNT_MAX`] labels.
    pub fn new(frame: GridFrame, labels: &[u16], blur_voxels: f64) -> Result<Self, MeshError> {
        frame.check_count(labels.len())?;
        in_range("blur_voxels", blur_voxels, "voxels", 0.0, 3.0)?;
        let boxes = label_boxes(&frame, labels)?;
        let layers = boxes.into_par_iter().map(|(label, low, high)| Layer::new(&frame, labels, label, low, high, blur_voxels)).collect();
        let mut field = Self { frame, layers };
        field.keep_volumes(labels);
        Ok(field)
    }

    /// Labels that occur with the volumes of their voxels [m³].
    #[must_use]
    pub fn label_volumes_m3(&self) -> Vec<(u16, f64)> {
        self.layers.iter().skip(1).map(|l| (l.label, l.volume_m3)).collect()
    }

    /// Lowest and highest corner of the box that holds every label, in the frame's coordinates [m].
    #[must_use]
    pub fn bounds_m(&self) -> ([f64; 3], [f64; 3]) {
        crate::vector::bounds(self.layers.iter().skip(1).flat_map(|layer| {
            (0..8_u32).map(move |c| {
                let index = std::array::from_fn(|i| {
                    let up = f64::from((c >> i) & 1);
                    // Half a voxel and one more beyond the label's own voxels.
                    layer.low[i] as f64 + (MARGIN as f64 - 1.5) + up * (f64::from(layer.size[i]) - 1.0 - 2.0 * (MARGIN as f64 - 1.5))
                });
                self.frame.position_m(index)
            })
        }))
    }

    /// Values of all layers at a voxel or between; `f64::INFINITY` far away.
    fn value(&self, layer: &Layer, index: [f64; 3]) -> f64 {
        layer.at(index) - layer.offset_m
    }

    /// How far inside a label's own region a place lies [m]: half the difference to the next best label.
    fn depth(&self, layer: &Layer, index: [f64; 3]) -> f64 {
        let best = self.layers.iter().filter(|l| l.label != layer.label).map(|l| self.value(l, index)).fold(f64::INFINITY, f64::min);
        0.5 * (best - self.value(layer, index))
    }

    /// Part of a voxel that belongs to a label, and how fast it grows with the depth times the voxel's side.
    fn part_inside(&self, layer: &Layer, index: [f64; 3], h: f64) -> (f64, f64) {
        let n = f64::from(VOXEL_PARTS);
        let (mut part, mut near) = (0.0, 0.0);
        for k in 0..VOXEL_PARTS.pow(3) {
            let place = [k % VOXEL_PARTS, (k / VOXEL_PARTS) % VOXEL_PARTS, k / (VOXEL_PARTS * VOXEL_PARTS)];
            let at = std::array::from_fn(|i| index[i] + (f64::from(place[i]) + 0.5) / n - 0.5);
            let deep = self.depth(layer, at) / h * n;
            part += (0.5 + deep).clamp(0.0, 1.0);
            near += if deep.abs() < 0.5 { n } else { 0.0 };
        }
        (part / (n * n * n), near / (n * n * n))
    }

    /// Newton's steps for the offsets: the volume of what a label wins, voxels at its border counted in part.
    fn keep_volumes(&mut self, labels: &[u16]) {
        let spacing = self.frame.spacing_m();
        let h = spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let voxel = self.frame.voxel_volume_m3();
        let [nx, ny, _] = self.frame.size;
        for _ in 0..VOLUME_ROUNDS {
            let changes: Vec<f64> = (1..self.layers.len())
                .into_par_iter()
                .map(|own| {
                    let layer = &self.layers[own];
                    let (mut volume, mut band) = (0.0, 0.0_f64);
                    for z in layer.range(2, &self.frame) {
                        for y in layer.range(1, &self.frame) {
                            for x in layer.range(0, &self.frame) {
                                let index = [x as f64, y as f64, z as f64];
                                let mine = self.value(layer, index);
                                if mine.abs() > REACH_VOXELS * h * 0.75 {
                                    // Far from its border the voxel's own label holds.
                                    let at = (x as u32 + nx * (y as u32 + ny * z as u32)) as usize;
                                    volume += f64::from(u8::from(labels[at] == layer.label));
                                    continue;
                                }
                                let deep = self.depth(layer, index) / h;
                                if deep.abs() > 1.5 {
                                    volume += f64::from(u8::from(deep > 0.0));
                                } else {
                                    let (part, near) = self.part_inside(layer, index, h);
                                    volume += part;
                                    band += near;
                                }
                            }
                        }
                    }
                    if band < 1.0 { 0.0 } else { ((layer.volume_m3 / voxel - volume) * 2.0 * h / band).clamp(-0.5 * h, 0.5 * h) }
                })
                .collect();
            for (layer, change) in self.layers[1..].iter_mut().zip(changes) {
                layer.offset_m = (layer.offset_m + change).clamp(-h, h);
            }
        }
    }
}

impl LabelField for LabelMapField {
    fn label(&self, p_m: [f64; 3]) -> (u16, f64) {
        let index = self.frame.index_of(p_m);
        let mut best = (f64::INFINITY, 0);
        for layer in &self.layers {
            let value = self.value(layer, index);
            if value < best.0 {
                best = (value, layer.label);
            }
        }
        (best.1, 0.0)
    }

    fn balance(&self, p_m: [f64; 3], a: u16, b: u16) -> f64 {
        let index = self.frame.index_of(p_m);
        let value = |label: u16| self.layers.iter().find(|l| l.label == label).map_or(f64::INFINITY, |l| self.value(l, index));
        value(a) - value(b)
    }
}

impl Layer {
    fn new(frame: &GridFrame, labels: &[u16], label: u16, low: [i64; 3], high: [i64; 3], blur_voxels: f64) -> Self {
        let spacing = frame.spacing_m();
        let h = spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let reach = REACH_VOXELS * h;
        let low = low.map(|x| x - MARGIN);
        let size: [u32; 3] = std::array::from_fn(|i| (high[i] + MARGIN - low[i] + 1) as u32);
        let count = size.iter().map(|&n| n as usize).product();
        let mut is_label = Vec::with_capacity(count);
        let mut own = 0_u64;
        for z in 0..size[2] {
            for y in 0..size[1] {
                for x in 0..size[0] {
                    let at = [i64::from(x) + low[0], i64::from(y) + low[1], i64::from(z) + low[2]];
                    let is = label_at(frame, labels, at) == label;
                    own += u64::from(is);
                    is_label.push(is);
                }
            }
        }
        let to_label = squared_distance_to(&is_label, true, size, spacing);
        let to_rest = squared_distance_to(&is_label, false, size, spacing);
        let mut values: Vec<f32> = is_label
            .iter()
            .zip(to_label.iter().zip(&to_rest))
            .map(|(&is, (&out, &inn))| {
                // Half a voxel lies between the last centre inside and the border.
                let d = if is { 0.5 * h - inn.sqrt() } else { out.sqrt() - 0.5 * h };
                d.clamp(-reach, reach) as f32
            })
            .collect();
        if blur_voxels > 0.0 {
            for (axis, step) in spacing.iter().enumerate() {
                blur_axis(&mut values, size, axis, blur_voxels * h / step);
            }
        }
        let far_m = if label == 0 { -reach } else { reach };
        Self { label, low, size, values, offset_m: 0.0, far_m, volume_m3: own as f64 * frame.voxel_volume_m3() }
    }

    /// Voxels of the grid along an axis that lie in this layer's box.
    fn range(&self, axis: usize, frame: &GridFrame) -> std::ops::Range<i64> {
        self.low[axis].max(0)..(self.low[axis] + i64::from(self.size[axis])).min(i64::from(frame.size[axis]))
    }

    /// Linear between voxels.
    fn at(&self, index: [f64; 3]) -> f64 {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for i in 0..3 {
            let x = index[i] - self.low[i] as f64;
            if !(x >= 0.0 && x <= f64::from(self.size[i]) - 1.0) {
                return self.far_m;
            }
            let whole = x.floor().min(f64::from(self.size[i]) - 2.0);
            base[i] = whole as usize;
            t[i] = x - whole;
        }
        let (sy, sz) = (self.size[0] as usize, self.size[0] as usize * self.size[1] as usize);
        let at = base[0] + sy * base[1] + sz * base[2];
        let v = |o: usize| f64::from(self.values[at + o]);
        let line = |o: usize| v(o) + t[0] * (v(o + 1) - v(o));
        let plane = |o: usize| {
            let a = line(o);
            a + t[1] * (line(o + sy) - a)
        };
        let a = plane(0);
        a + t[2] * (plane(sz) - a)
    }
}

/// Label of a voxel, 0 around the grid.
fn label_at(frame: &GridFrame, labels: &[u16], at: [i64; 3]) -> u16 {
    let [nx, ny, nz] = frame.size.map(i64::from);
    if (0..nx).contains(&at[0]) && (0..ny).contains(&at[1]) && (0..nz).contains(&at[2]) {
        labels[(at[0] + nx * (at[1] + ny * at[2])) as usize]
    } else {
        0
    }
}

/// A label with the first and last voxel of its box.
type LabelBox = (u16, [i64; 3], [i64; 3]);

/// Outside (over the box of all labels) and every label that occurs, with the first and last voxel of its box.
fn label_boxes(frame: &GridFrame, labels: &[u16]) -> Result<Vec<LabelBox>, MeshError> {
    let mut found: std::collections::BTreeMap<u16, ([i64; 3], [i64; 3])> = std::collections::BTreeMap::new();
    let [nx, ny, _] = frame.size.map(|n| n as usize);
    for (row, line) in labels.chunks(nx).enumerate() {
        for (x, &label) in line.iter().enumerate() {
            if label != 0 {
                let at = [x as i64, (row % ny) as i64, (row / ny) as i64];
                let entry = found.entry(label).or_insert((at, at));
                for (i, &x) in at.iter().enumerate() {
                    entry.0[i] = entry.0[i].min(x);
                    entry.1[i] = entry.1[i].max(x);
                }
            }
        }
    }
    if found.is_empty() {
        return Err(MeshError::Empty { what: "every label is 0" });
    }
    if found.len() > LABEL_COUNT_MAX || found.contains_key(&u16::MAX) {
        return Err(MeshError::TooLarge { what: "labels, or a label of 65535", found: found.len() as f64, max: LABEL_COUNT_MAX as f64 });
    }
    let (mut low, mut high) = ([i64::MAX; 3], [i64::MIN; 3]);
    for (a, b) in found.values() {
        for i in 0..3 {
            low[i] = low[i].min(a[i]);
            high[i] = high[i].max(b[i]);
        }
    }
    Ok(std::iter::once((0, low, high)).chain(found.into_iter().map(|(label, (a, b))| (label, a, b))).collect())
}

/// Gaussian along one axis; the border's values hold beyond it.
fn blur_axis(values: &mut [f32], size: [u32; 3], axis: usize, sigma: f64) {
    if sigma < 0.05 {
        return;
    }
    let radius = (3.0 * sigma).ceil() as i64;
    let weights: Vec<f64> = (-radius..=radius).map(|k| proband_core::ops::exp(-0.5 * (k as f64 / sigma) * (k as f64 / sigma))).collect();
    let total: f64 = weights.iter().sum();
    let n = size[axis] as i64;
    let [nx, ny, _] = size.map(|s| s as usize);
    let stride = [1, nx, nx * ny][axis];
    let mut line = vec![0.0_f64; n as usize];
    for start in crate::distance_grid::line_starts(size, axis) {
        for (k, x) in line.iter_mut().enumerate() {
            *x = f64::from(values[start + k * stride]);
        }
        for k in 0..n {
            let sum: f64 = (-radius..=radius).map(|d| weights[(d + radius) as usize] * line[(k + d).clamp(0, n - 1) as usize]).sum();
            values[start + k as usize * stride] = (sum / total) as f32;
        }
    }
}
