//! A picture prepared for detectors: blurred, with sums over any rectangle at four look-ups.

use proband_sensor::UltrasoundFrame;

/// Largest side of a picture that is looked at [px].
const SIDE_MAX: u32 = 1024;

/// Grey levels in single precision, lightly blurred against speckle, and their integral.
///
/// Reused from picture to picture; holds nothing of the last one.
#[derive(Clone, Debug)]
pub struct PictureScratch {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Binomial blur over 5 × 5 pixels, shape [rows, columns].
    pub(super) smooth: Vec<f32>,
    line: Vec<f32>,
    /// Sums of raw grey levels above and left of a corner, shape [rows + 1, columns + 1].
    sums: Vec<u32>,
    work: Vec<f32>,
}

impl PictureScratch {
    /// Memory for one detector.
    #[must_use]
    pub const fn new() -> Self {
        Self { columns: 0, rows: 0, smooth: Vec::new(), line: Vec::new(), sums: Vec::new(), work: Vec::new() }
    }

    /// Take a picture in; `false` when its size and its pixels disagree or there is nothing to look at.
    pub(super) fn load(&mut self, frame: &UltrasoundFrame) -> bool {
        let (columns, rows) = (frame.column_count as usize, frame.row_count as usize);
        let sizes = 16..=SIDE_MAX;
        let pitches =
            frame.column_pitch_m > 0.0 && frame.row_pitch_m > 0.0 && frame.column_pitch_m.is_finite() && frame.row_pitch_m.is_finite();
        if !sizes.contains(&frame.column_count) || !sizes.contains(&frame.row_count) || frame.pixels.len() != columns * rows || !pitches {
            return false;
        }
        (self.columns, self.rows) = (columns, rows);
        self.blur(&frame.pixels);
        self.integrate(&frame.pixels);
        true
    }

    /// [1 4 6 4 1]/16 along both directions; the rim repeats.
    fn blur(&mut self, pixels: &[u8]) {
        let (columns, rows) = (self.columns, self.rows);
        self.smooth.clear();
        self.smooth.resize(columns * rows, 0.0);
        self.line.clear();
        self.line.resize(columns + 4, 0.0);
        self.work.clear();
        self.work.resize(columns * rows, 0.0);
        for (row, out) in self.work.chunks_exact_mut(columns).enumerate() {
            let at = |k: i32| &pixels[(row as i32 + k).clamp(0, rows as i32 - 1) as usize * columns..][..columns];
            let (a, b, c, d, e) = (at(-2), at(-1), at(0), at(1), at(2));
            for (i, o) in out.iter_mut().enumerate() {
                let sum = u32::from(a[i]) + u32::from(e[i]) + 4 * (u32::from(b[i]) + u32::from(d[i])) + 6 * u32::from(c[i]);
                *o = sum as f32 * (1.0 / 256.0);
            }
        }
        for (source, out) in self.work.chunks_exact(columns).zip(self.smooth.chunks_exact_mut(columns)) {
            let line = &mut self.line[..];
            line[2..columns + 2].copy_from_slice(source);
            (line[0], line[1]) = (source[0], source[0]);
            (line[columns + 2], line[columns + 3]) = (source[columns - 1], source[columns - 1]);
            for (i, o) in out.iter_mut().enumerate() {
                *o = line[i] + line[i + 4] + 4.0 * (line[i + 1] + line[i + 3]) + 6.0 * line[i + 2];
            }
        }
    }

    fn integrate(&mut self, pixels: &[u8]) {
        let stride = self.columns + 1;
        self.sums.clear();
        self.sums.resize(stride * (self.rows + 1), 0);
        for row in 0..self.rows {
            let mut sum = 0;
            for column in 0..self.columns {
                sum += u32::from(pixels[row * self.columns + column]);
                self.sums[(row + 1) * stride + column + 1] = self.sums[row * stride + column + 1] + sum;
            }
        }
    }

    /// Mean grey level over columns `x0..x1` and rows `y0..y1`, cut at the rim; `None` when nothing is left.
    #[inline]
    pub(super) fn mean(&self, x0: i32, x1: i32, y0: i32, y1: i32) -> Option<f32> {
        let (x0, x1) = (x0.max(0) as usize, x1.clamp(0, self.columns as i32) as usize);
        let (y0, y1) = (y0.max(0) as usize, y1.clamp(0, self.rows as i32) as usize);
        if x0 >= x1 || y0 >= y1 {
            return None;
        }
        let stride = self.columns + 1;
        let sum = self.sums[y1 * stride + x1] + self.sums[y0 * stride + x0] - self.sums[y0 * stride + x1] - self.sums[y1 * stride + x0];
        Some(sum as f32 / ((x1 - x0) * (y1 - y0)) as f32)
    }

    /// Blurred grey level between pixels, clamped to the picture.
    #[inline]
    pub(super) fn at(&self, column: f32, row: f32) -> f32 {
        let x = column.clamp(0.0, self.columns as f32 - 1.001);
        let y = row.clamp(0.0, self.rows as f32 - 1.001);
        let (i, j) = (x as usize, y as usize);
        let (u, v) = (x - i as f32, y - j as f32);
        let k = j * self.columns + i;
        let (a, b) = (self.smooth[k], self.smooth[k + 1]);
        let (c, d) = (self.smooth[k + self.columns], self.smooth[k + self.columns + 1]);
        (a + (b - a) * u) * (1.0 - v) + (c + (d - c) * u) * v
    }
}

impl Default for PictureScratch {
    fn default() -> Self {
        Self::new()
    }
}
