//! What tissue looks like below the resolution: scatterers, and the septa and fibres that vary their strength.

use proband_core::{Stream, ops, philox4x32};

use crate::bmode::Raster;
use crate::{BModeSpec, Strain, Texture};

const LINE_COUNT: usize = 32;
/// Fine rows copied at a time from one line of scatterers.
pub(crate) const RUN: usize = 16;
/// Columns of a pattern of septa or fibres.
const PATTERN_COLUMNS: usize = 64;
/// Width of a pattern's column [m].
const PATTERN_PITCH_M: f64 = 0.4e-3;
/// How far a pattern moves sideways per distance across the plane: septa and fibres run obliquely [1].
const PATTERN_SLANT: f64 = 0.6;

/// Which pattern varies a tissue's echoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Lobules with bright septa, roughly parallel to the skin.
    Fat,
    /// Muscle cut across its fibres.
    MuscleAcross,
    /// Muscle cut along its fibres.
    MuscleAlong,
}

/// Scatterers and patterns of one patient, built once.
///
/// Scatterers are circular complex Gaussian weights on a lattice fixed to the tissue: the sum over the many
/// scatterers of a lattice cell. A line of the lattice along the depth is picked from a stock by a hash
/// (Philox) of its place in the tissue, so that the same anatomy gives the same speckle. Positions are
/// rounded to half a cell (0.1 mm along the elements, 0.04 mm along the depth); across the plane two
/// neighbouring lines are blended over the slice's thickness. The lattice is one for planes across the arm
/// and another for planes along it.
#[derive(Clone, Debug)]
pub(crate) struct Textures {
    key: [u32; 2],
    column_count: usize,
    /// Fine rows of a line of scatterers, before it repeats.
    line_length: usize,
    /// Room of one column of a pattern.
    pattern_stride: usize,
    column_pitch_m: f64,
    fine_pitch_m: f64,
    slice_m: f64,
    lines_re: Vec<f32>,
    lines_im: Vec<f32>,
    patterns: [Vec<f32>; 3],
}

/// Where a column of the picture lies in the lattice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lattice {
    /// Which patient axes run along the elements, the depth and across the plane.
    axes: [usize; 3],
    sign: f64,
    /// Plane along the arm.
    pub along: bool,
}

impl Lattice {
    pub(crate) fn of(texture: &Texture) -> Self {
        let largest = |v: &[f64; 3], not: Option<usize>| {
            (0..3).filter(|&i| Some(i) != not).fold(0, |best, i| if Some(best) == not || v[i].abs() > v[best].abs() { i } else { best })
        };
        let axial = largest(&texture.axial, None);
        let lateral = largest(&texture.lateral, Some(axial));
        let across = 3 - axial - lateral;
        Self { axes: [lateral, axial, across], sign: if texture.axial[axial] < 0.0 { -1.0 } else { 1.0 }, along: lateral == 2 }
    }
}

impl Textures {
    pub(crate) fn new(spec: &BModeSpec, raster: &Raster) -> Self {
        let fine_row_count = raster.fine_row_count();
        // 1024 fine rows of scatterers and 512 of septa in the loop's picture; as much tissue in a finer one.
        let line_length = (1024 * raster.row_count).div_ceil(crate::ROW_COUNT).next_power_of_two();
        let pattern_length = line_length / 2;
        let pattern_stride = pattern_length + fine_row_count;
        let mut stream = Stream::new(spec.seed, 0, "sound.texture");
        let fill = |stream: &mut Stream| {
            let mut lines = vec![0.0_f32; LINE_COUNT * (line_length + RUN)];
            for line in lines.chunks_mut(line_length + RUN) {
                stream.fill_normal(&mut line[..line_length]);
                let (body, tail) = line.split_at_mut(line_length);
                // Mean power 1 of the complex weight: 1/2 in each part.
                let power = body.iter().map(|x| f64::from(x * x)).sum::<f64>() / line_length as f64;
                let scale = (0.5 / power).sqrt() as f32;
                body.iter_mut().for_each(|x| *x *= scale);
                tail.copy_from_slice(&body[..RUN]);
            }
            lines
        };
        let (lines_re, lines_im) = (fill(&mut stream), fill(&mut stream));
        let fine_pitch_m = spec.depth_m / fine_row_count as f64;
        let shape = (pattern_length, pattern_stride);
        let patterns = [
            pattern(&mut stream, shape, fine_pitch_m, 2.2e-3, 0.8e-3, 2.5, 9.0, 0.16e-3),
            pattern(&mut stream, shape, fine_pitch_m, 0.9e-3, 0.35e-3, 3.0, 8.0, 0.10e-3),
            pattern(&mut stream, shape, fine_pitch_m, 6.0e-3, 0.45e-3, 2.5, 10.0, 0.12e-3),
        ];
        Self {
            key: [spec.seed as u32, (spec.seed >> 32) as u32 ^ 0x7E57],
            column_count: raster.column_count,
            line_length,
            pattern_stride,
            column_pitch_m: spec.width_m / raster.column_count as f64,
            fine_pitch_m,
            slice_m: spec.elevation_width_m,
            lines_re,
            lines_im,
            patterns,
        }
    }

    /// Position of the middle of column `column` on the face, in the tissue [m].
    fn origin(&self, texture: &Texture, column: usize) -> [f64; 3] {
        let x = (column as f64 - 0.5 * (self.column_count as f64 - 1.0)) * self.column_pitch_m;
        std::array::from_fn(|i| texture.origin_m[i] + texture.lateral[i] * x)
    }

    /// Scatterers of one column, fine rows `range`; `salt` tells tissue (0) from the blood of an epoch.
    #[expect(clippy::too_many_arguments, reason = "where to read and where to write, all needed")]
    pub(crate) fn scatterers(
        &self,
        texture: &Texture,
        lattice: &Lattice,
        column: usize,
        strain: &Strain,
        range: std::ops::Range<usize>,
        salt: u32,
        re: &mut [f32],
        im: &mut [f32],
    ) {
        let origin = self.origin(texture, column);
        let [lateral, axial, across] = lattice.axes;
        let mut last = ([i64::MAX; 2], [(0_usize, 0_usize); 2]);
        let mut row = range.start;
        while row < range.end {
            let count = RUN.min(range.end - row);
            let mut depth_m = (row as f64 + 0.5 * RUN as f64) * self.fine_pitch_m;
            if strain.lift_m != 0.0 {
                depth_m = strain.before_m(depth_m);
            }
            let at = |axis: usize| origin[axis] + texture.axial[axis] * depth_m;
            let cell = (at(lateral) / self.column_pitch_m).floor() as i64;
            let slice = at(across) / self.slice_m;
            let slab = slice.floor();
            let along = (lattice.sign * at(axial) / self.fine_pitch_m).round() as i64 - RUN as i64 / 2;
            if last.0 != [cell, slab as i64] {
                last.0 = [cell, slab as i64];
                last.1 = std::array::from_fn(|k| {
                    let hash = philox4x32([cell as u32, (slab as i64 + k as i64) as u32, u32::from(lattice.along), salt], self.key);
                    (hash[0] as usize % LINE_COUNT, hash[1] as usize % self.line_length)
                });
            }
            // Weights whose squares sum to 1 keep the power constant between two slabs.
            let part = (slice - slab) as f32;
            let (w0, w1) = ((1.0 - part).sqrt(), part.sqrt());
            let start = |k: usize| {
                let (line, offset) = last.1[k];
                line * (self.line_length + RUN) + (along + offset as i64).rem_euclid(self.line_length as i64) as usize
            };
            let (a, b) = (start(0), start(1));
            blend(&mut re[row..row + count], &self.lines_re[a..a + count], &self.lines_re[b..b + count], w0, w1);
            blend(&mut im[row..row + count], &self.lines_im[a..a + count], &self.lines_im[b..b + count], w0, w1);
            row += count;
        }
    }

    /// Amplitude factors of a pattern in one column for the fine rows from `first_row` on; `skin_row` is where the skin begins.
    pub(crate) fn pattern(
        &self,
        texture: &Texture,
        lattice: &Lattice,
        pattern: Pattern,
        column: usize,
        skin_row: usize,
        first_row: usize,
    ) -> &[f32] {
        let origin = self.origin(texture, column);
        let [lateral, _, across] = lattice.axes;
        let place = ((origin[lateral] + PATTERN_SLANT * origin[across]) / PATTERN_PITCH_M).floor() as i64;
        let start = place.rem_euclid(PATTERN_COLUMNS as i64) as usize * self.pattern_stride + first_row.saturating_sub(skin_row);
        &self.patterns[pattern as usize][start..]
    }
}

#[inline]
fn blend(out: &mut [f32], a: &[f32], b: &[f32], w0: f32, w1: f32) {
    for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
        *o = w0 * x + w1 * y;
    }
}

/// A pattern of amplitude factors with mean power 1: log-normal mottle of `mottle_db`, and bright sheets of
/// `sheet_db` and thickness `sheet_m` along the zero lines of a smooth noise with the given grain [m].
/// Sheets of random course look like septa and fibre bundles; grain and levels are priors, unverified.
/// `shape`: fine rows before it repeats, and room of one column.
#[expect(clippy::too_many_arguments, reason = "the numbers of one pattern")]
fn pattern(
    stream: &mut Stream,
    shape: (usize, usize),
    fine_pitch_m: f64,
    lateral_m: f64,
    axial_m: f64,
    mottle_db: f64,
    sheet_db: f64,
    sheet_m: f64,
) -> Vec<f32> {
    let (columns, rows) = (PATTERN_COLUMNS, shape.0);
    let smooth = |stream: &mut Stream| {
        let mut noise = vec![0.0_f32; columns * rows];
        stream.fill_normal(&mut noise);
        for _ in 0..3 {
            box_blur(&mut noise, columns, rows, 1, rows, (axial_m / fine_pitch_m).round() as usize);
            box_blur(&mut noise, rows, columns, rows, 1, (lateral_m / PATTERN_PITCH_M).round() as usize);
        }
        let power = noise.iter().map(|x| f64::from(x * x)).sum::<f64>() / noise.len() as f64;
        let scale = (1.0 / power).sqrt() as f32;
        noise.iter_mut().for_each(|x| *x *= scale);
        noise
    };
    let (mottle, course) = (smooth(stream), smooth(stream));
    let at = |c: usize, r: usize| f64::from(course[(c % columns) * rows + r % rows]);
    let ten = std::f64::consts::LN_10 / 20.0;
    let mut out = vec![0.0_f64; columns * rows];
    for c in 0..columns {
        for r in 0..rows {
            let slope_axial = (at(c, r + 1) - at(c, r + rows - 1)) / (2.0 * fine_pitch_m);
            let slope_lateral = (at(c + 1, r) - at(c + columns - 1, r)) / (2.0 * PATTERN_PITCH_M);
            let distance_m = at(c, r) / ops::hypot(slope_axial, slope_lateral).max(1e-6);
            let sheet = sheet_db * ops::exp(-0.5 * (distance_m / sheet_m) * (distance_m / sheet_m));
            out[c * rows + r] = ops::exp(ten * (mottle_db * f64::from(mottle[c * rows + r]) + sheet));
        }
    }
    let power = out.iter().map(|x| x * x).sum::<f64>() / out.len() as f64;
    let scale = 1.0 / power.sqrt();
    let mut strided = vec![0.0_f32; columns * shape.1];
    for c in 0..columns {
        for r in 0..shape.1 {
            strided[c * shape.1 + r] = (out[c * rows + r % rows] * scale) as f32;
        }
    }
    strided
}

/// Periodic moving average of `2·reach + 1` samples along lines of `length` samples `step` apart; `lines` lines `line_step` apart.
fn box_blur(data: &mut [f32], lines: usize, length: usize, step: usize, line_step: usize, reach: usize) {
    let mut copy = vec![0.0_f32; length];
    let reach = reach.min(length / 2 - 1);
    for line in 0..lines {
        let base = line * line_step;
        for (i, value) in copy.iter_mut().enumerate() {
            *value = data[base + i * step];
        }
        let mut sum: f32 = (0..=2 * reach).map(|i| copy[(i + length - reach) % length]).sum();
        for i in 0..length {
            data[base + i * step] = sum / (2 * reach + 1) as f32;
            sum += copy[(i + reach + 1) % length] - copy[(i + length - reach) % length];
        }
    }
}
