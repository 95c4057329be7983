//! A needle in a long-axis picture: a bright straight line that ends.

use proband_core::ops;
use proband_sensor::UltrasoundFrame;

use super::ultrasound::NeedleDetection;
use super::ultrasound_accuracy::NEEDLE_BIAS_ALONG_M;
use super::ultrasound_picture::PictureScratch;

/// What is known about the needle before looking.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NeedleSearch {
    /// Angle of the shaft below the face, atan of displayed depth over the way along the elements [rad].
    pub angle_rad: f64,
    /// How far the angle may be off [rad].
    pub angle_tolerance_rad: f64,
    /// A point near which the shaft's line passes [m along the elements, m displayed depth], and how far off it may be [m].
    pub line_near: Option<([f64; 2], f64)>,
    /// Shortest piece of shaft that is believed [m].
    pub visible_min_m: f64,
}

impl NeedleSearch {
    /// Shaft at about `angle_rad`, anywhere. Tolerance 4° and least length 3 mm: prior, unverified.
    #[must_use]
    pub fn at_angle(angle_rad: f64) -> Self {
        Self { angle_rad, angle_tolerance_rad: 0.07, line_near: None, visible_min_m: 3e-3 }
    }
}

/// Rows above and below a line against which it must stand out.
const RIDGE_ROWS: usize = 3;
/// Share of the shaft's grey level below which there is no needle [1].
const DARK_SHARE: f32 = 0.6;
/// How much more a dark column counts against the shaft than a column without ridge [1].
const DARK_WEIGHT: f32 = 3.0;
/// The same where the tip is sought.
const TIP_COLUMNS: i32 = 1;
/// Columns to one side of the fall at the tip.
const EDGE_COLUMNS: usize = 5;
/// How much of the difference between both sides of a line counts against it [1].
const EDGE_SHARE: f32 = 0.2;
/// Columns to one side over which the picture is averaged along the needle.
const ALONG_COLUMNS: i32 = 6;
/// Angles of the first search.
const ANGLE_COUNT: usize = 9;
/// Step of a line's height in the first search [rows].
const OFFSET_STEP: f32 = 1.5;
/// Step along a line in the first search [columns].
const STRIDE: usize = 2;
/// Ridge above the picture's mean that a column must show to lengthen the line in the first search [grey levels].
const TOLL: f32 = 3.0;
/// Most that one column counts in the first search [grey levels].
const GLINT_MAX: f32 = 15.0;
/// How far above a line its source may lie when the line is a reverberation [rows].
const REVERBERATION_ROWS: (u32, u32) = (4, 13);
/// A source is brighter than its reverberation, up to the end of the grey scale [1].
const REVERBERATION_DIM: f32 = 0.9;
/// Share of a line's total that its source shows at least [1].
const REVERBERATION_SHARE: f32 = 0.55;
/// How far apart both may end [columns].
const REVERBERATION_STEPS: usize = 24;
/// Least total of a line [grey levels].
const SCORE_MIN: f32 = 30.0;

/// Find the needle, see [`detect_needle_in`].
#[must_use]
pub fn detect_needle(frame: &UltrasoundFrame, angle_rad: f64) -> Option<NeedleDetection> {
    detect_needle_in(frame, &NeedleSearch::at_angle(angle_rad), &mut PictureScratch::new())
}

/// Find a needle that comes in from the side of the picture where it is shallow.
///
/// Brightness over that of the rows above and below is summed along lines of every angle and height in
/// reach (a Hough sum from where the line enters, so that it may end anywhere); the best line is fitted to
/// the ridge column by column; the tip is where
/// it falls half way to the background. Corrected along the line by [`NEEDLE_BIAS_ALONG_M`].
pub fn detect_needle_in(frame: &UltrasoundFrame, search: &NeedleSearch, picture: &mut PictureScratch) -> Option<NeedleDetection> {
    if !picture.load(frame) || search.angle_rad.is_nan() || search.angle_rad.abs() >= 1.3 || picture.rows < 4 * RIDGE_ROWS {
        return None;
    }
    let aspect = (frame.column_pitch_m / frame.row_pitch_m) as f32;
    let slope = ops::tan(search.angle_rad) as f32 * aspect;
    let ridge = ridge_of(&average_along(picture, slope, ALONG_COLUMNS), picture.columns, picture.rows, EDGE_SHARE);
    let sharp = ridge_of(&average_along(picture, slope, TIP_COLUMNS), picture.columns, picture.rows, EDGE_SHARE);
    let grid = Grid { ridge: &ridge, columns: picture.columns, rows: picture.rows, aspect };
    let sharp = Grid { ridge: &sharp, ..grid };
    // Walk in the direction in which the shaft goes deeper.
    let forward = search.angle_rad >= 0.0;
    let pooled = pool_rows(&grid);
    let toll = TOLL + pooled.iter().sum::<f32>() / pooled.len() as f32;
    let mut coarse = hough(&grid, &pooled, toll, frame, search, forward)?;
    let (line, _) = refine(&grid, &coarse, forward)?;
    coarse = uppermost(&grid, &pooled, toll, forward, Shaft { line, ..coarse });
    let (line, scatter) = refine(&grid, &coarse, forward)?;
    let shaft = Shaft { line, ..coarse };
    let end = end_of(picture, &grid, &sharp, &shaft, forward)?;
    let tip_step = end.tip_step;
    let column = if forward { tip_step } else { grid.columns as f32 - 1.0 - tip_step };
    let angle = ops::atan(f64::from(line.slope) / f64::from(grid.aspect));
    let (sin, cos) = ops::sin_cos(angle.abs());
    let sign = if forward { 1.0 } else { -1.0 };
    let visible_m = f64::from(end.seen) * frame.column_pitch_m / cos;
    let ramp = |v: f32, low: f32, high: f32| ((v - low) / (high - low)).clamp(0.0, 1.0);
    let confidence = ramp(end.brightness - end.background, 5.0, 12.0)
        * (1.0 - ramp(end.gaps, 0.15, 0.5))
        * (1.0 - ramp(scatter, 0.8, 2.0))
        * ramp((visible_m / search.visible_min_m) as f32, 0.7, 1.3);
    let row = line.row_at(tip_step);
    Some(NeedleDetection {
        tip_m: [frame.x_m(f64::from(column)) - sign * NEEDLE_BIAS_ALONG_M * cos, frame.depth_m(f64::from(row)) - NEEDLE_BIAS_ALONG_M * sin],
        angle_rad: sign * angle.abs(),
        visible_m,
        confidence: f64::from(confidence),
    })
}

/// Ridge picture with what is needed to walk it.
#[derive(Clone, Copy)]
struct Grid<'a> {
    ridge: &'a [f32],
    columns: usize,
    rows: usize,
    /// Column pitch over row pitch [1].
    aspect: f32,
}

/// A line over steps in the walking direction: row = start + slope·step.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: f32,
    slope: f32,
}

/// A line with the steps between which the needle was seen on it.
#[derive(Clone, Copy, Debug)]
struct Shaft {
    line: Line,
    first: usize,
    last: usize,
}

impl Line {
    fn row_at(&self, step: f32) -> f32 {
        self.start + self.slope * step
    }
}

impl Grid<'_> {
    /// Ridge at a step of the walk and a row between pixels; 0 outside.
    #[inline]
    fn at(&self, step: usize, row: f32, forward: bool) -> f32 {
        if step >= self.columns || !(row >= 0.0 && row < self.rows as f32 - 1.0) {
            return 0.0;
        }
        let column = if forward { step } else { self.columns - 1 - step };
        let (j, v) = (row as usize, row - row.floor());
        let a = self.ridge[j * self.columns + column];
        let b = self.ridge[(j + 1) * self.columns + column];
        a + (b - a) * v
    }
}

/// Brightness over that of the rows above and below [grey levels], limited so that one glint does not win; below 0 where
/// there is no ridge.
fn ridge_of(picture: &[f32], columns: usize, rows: usize, part: f32) -> Vec<f32> {
    let mut ridge = vec![0.0_f32; columns * rows];
    for row in RIDGE_ROWS..rows - RIDGE_ROWS {
        let line = |r: usize| &picture[r * columns..(r + 1) * columns];
        let (above, here, below) = (line(row - RIDGE_ROWS), line(row), line(row + RIDGE_ROWS));
        let out = &mut ridge[row * columns..(row + 1) * columns];
        for i in 0..columns {
            let (a, b) = (above[i], below[i]);
            // Between the mean of both sides and the brighter one: the edge of a bright layer is hardly a ridge.
            out[i] = (here[i] - 0.5 * (a + b) - part * (a - b).abs()).clamp(-20.0, 60.0);
        }
    }
    ridge
}

/// Mean over a short stretch of the direction in which the needle is expected: layers and septa that run
/// otherwise are smeared, speckle is averaged.
fn average_along(picture: &PictureScratch, slope: f32, reach: i32) -> Vec<f32> {
    let (columns, rows) = (picture.columns as i32, picture.rows as i32);
    let mut out = vec![0.0_f32; picture.smooth.len()];
    for k in -reach..=reach {
        let down = (slope * k as f32).round() as i32;
        for row in 0..rows {
            let from = (row + down).clamp(0, rows - 1);
            let (first, last) = ((-k).max(0), columns - k.max(0));
            let source = &picture.smooth[(from * columns + first + k) as usize..(from * columns + last + k) as usize];
            let target = &mut out[(row * columns + first) as usize..(row * columns + last) as usize];
            target.iter_mut().zip(source).for_each(|(t, s)| *t += s);
        }
    }
    let scale = 1.0 / (2 * reach + 1) as f32;
    out.iter_mut().for_each(|v| *v *= scale);
    out
}

/// The line with the largest total of ridge from where it enters the picture, less a toll that ends it.
fn hough(grid: &Grid<'_>, pooled: &[f32], toll: f32, frame: &UltrasoundFrame, search: &NeedleSearch, forward: bool) -> Option<Shaft> {
    let mut best: Option<(f32, Shaft)> = None;
    for k in 0..ANGLE_COUNT {
        let part = k as f64 / (ANGLE_COUNT - 1) as f64 * 2.0 - 1.0;
        let angle = search.angle_rad.abs() + part * search.angle_tolerance_rad;
        if angle <= 0.02 {
            continue;
        }
        let slope = ops::tan(angle) as f32 * grid.aspect;
        // Heights at the first step: from lines that enter through the top far along to the lower half of the side.
        let (mut low, mut high) = (-slope * grid.columns as f32 * 0.7, grid.rows as f32 * 0.6);
        if let Some((near, off_m)) = search.line_near {
            let column = frame.column(near[0]) as f32;
            let step = if forward { column } else { grid.columns as f32 - 1.0 - column };
            let middle = frame.row(near[1]) as f32 - slope * step;
            let reach = (off_m / frame.row_pitch_m) as f32;
            (low, high) = (low.max(middle - reach), high.min(middle + reach));
        }
        let mut start = low;
        while start <= high {
            let line = Line { start, slope };
            let (score, shaft) = walk(grid, pooled, line, toll, forward);
            if best.is_none_or(|(top, _)| score > top) {
                best = Some((score, shaft));
            }
            start += OFFSET_STEP;
        }
    }
    best.filter(|(score, _)| *score > SCORE_MIN).map(|(_, shaft)| shaft)
}

/// Of parallel lines of like strength and end, the uppermost: those below it are its reverberations.
fn uppermost(grid: &Grid<'_>, pooled: &[f32], toll: f32, forward: bool, shaft: Shaft) -> Shaft {
    let (score, mut top) = walk(grid, pooled, shaft.line, toll, forward);
    for up in REVERBERATION_ROWS.0..=REVERBERATION_ROWS.1 {
        let line = Line { start: shaft.line.start - up as f32, ..shaft.line };
        let (above, candidate) = walk(grid, pooled, line, toll, forward);
        let brighter = brightness(grid, &candidate, forward) >= REVERBERATION_DIM * brightness(grid, &shaft, forward);
        if brighter && above >= REVERBERATION_SHARE * score && candidate.last.abs_diff(shaft.last) <= REVERBERATION_STEPS {
            top = candidate;
        }
    }
    top
}

/// Mean ridge along a shaft.
fn brightness(grid: &Grid<'_>, shaft: &Shaft, forward: bool) -> f32 {
    let sum: f32 = (shaft.first..=shaft.last).map(|step| grid.at(step, shaft.line.row_at(step as f32), forward)).sum();
    sum / (shaft.last + 1 - shaft.first) as f32
}

/// Largest running total of (ridge − toll) along a line from where it enters the picture.
fn walk(grid: &Grid<'_>, pooled: &[f32], line: Line, toll: f32, forward: bool) -> (f32, Shaft) {
    // A line that would enter beyond the picture has no shaft in it.
    let first = ((-line.start / line.slope).ceil().max(0.0) as usize).min(grid.columns - 1);
    let (mut total, mut top, mut last) = (0.0_f32, 0.0_f32, first);
    let mut step = first;
    while step < grid.columns {
        let row = (line.row_at(step as f32) + 0.5) as usize;
        if row >= grid.rows {
            break;
        }
        let column = if forward { step } else { grid.columns - 1 - step };
        total += pooled[row * grid.columns + column] - toll;
        if total > top {
            (top, last) = (total, step);
        }
        step += STRIDE;
    }
    (top, Shaft { line, first, last })
}

/// Largest ridge among a row and its neighbours, limited so that crossing a bright layer counts little.
fn pool_rows(grid: &Grid<'_>) -> Vec<f32> {
    let columns = grid.columns;
    let mut out = grid.ridge.to_vec();
    for row in 1..grid.rows - 1 {
        let line = |r: usize| &grid.ridge[r * columns..(r + 1) * columns];
        let (a, c) = (line(row - 1), line(row + 1));
        for (o, (x, y)) in out[row * columns..(row + 1) * columns].iter_mut().zip(a.iter().zip(c)) {
            *o = o.max(x.max(*y)).min(GLINT_MAX);
        }
    }
    out
}

/// Fit the line to the ridge's crest near it; comes with the crest's scatter [rows].
fn refine(grid: &Grid<'_>, shaft: &Shaft, forward: bool) -> Option<(Line, f32)> {
    let coarse = shaft.line;
    let mut line = coarse;
    let mut scatter = 0.0;
    for round in 0..3 {
        let reach = if round == 0 { 3 } else { 2 };
        let (mut w, mut wx, mut wy, mut wxx, mut wxy, mut wdd) = (0.0_f64, 0.0, 0.0, 0.0, 0.0, 0.0);
        for step in shaft.first..=shaft.last {
            let expected = line.row_at(step as f32);
            let (mut mass, mut moment) = (0.0_f32, 0.0_f32);
            for k in -reach..=reach {
                let row = expected.round() + k as f32;
                let value = grid.at(step, row, forward).max(0.0);
                mass += value * value;
                moment += value * value * row;
            }
            if mass < 50.0 {
                continue;
            }
            let row = moment / mass;
            let weight = f64::from(mass.sqrt());
            let (x, y, d) = (step as f64, f64::from(row), f64::from(row - expected));
            w += weight;
            wx += weight * x;
            wy += weight * y;
            wxx += weight * x * x;
            wxy += weight * x * y;
            wdd += weight * d * d;
        }
        let determinant = w * wxx - wx * wx;
        if w < 50.0 || determinant < 1e-6 {
            return None;
        }
        scatter = (wdd / w).sqrt() as f32;
        let slope = (w * wxy - wx * wy) / determinant;
        // A crest that leads elsewhere is not the needle: stay near the line that was found.
        let slope = (slope as f32).clamp(coarse.slope - 0.06, coarse.slope + 0.06);
        line = Line { start: ((wy - f64::from(slope) * wx) / w) as f32, slope };
    }
    Some((line, scatter))
}

/// Where the shaft ends.
struct End {
    /// Step of the tip, between columns.
    tip_step: f32,
    /// Ridge along the shaft, and on parallel lines beside it [grey levels].
    brightness: f32,
    background: f32,
    /// Columns of shaft.
    seen: f32,
    /// Share of them without a ridge [1].
    gaps: f32,
}

/// Find the end of the shaft: the largest running total of ridge over half way between shaft and background,
/// then, between columns, where the ridge passes that level.
fn end_of(picture: &PictureScratch, grid: &Grid<'_>, sharp: &Grid<'_>, shaft: &Shaft, forward: bool) -> Option<End> {
    let along = |grid: &Grid<'_>| -> Vec<f32> {
        let level = |step: usize, off: f32| grid.at(step, shaft.line.row_at(step as f32) + off, forward);
        (0..grid.columns).map(|step| 0.5 * level(step, 0.0) + 0.25 * (level(step, -0.6) + level(step, 0.6))).collect()
    };
    let profile = along(grid);
    let glow = along(&Grid { ridge: &picture.smooth, ..*grid });
    let level = |step: usize, off: f32| grid.at(step, shaft.line.row_at(step as f32) + off, forward);
    let mut background = Vec::new();
    for off in [-9.0, -7.0, 7.0, 9.0] {
        background.extend((shaft.first..grid.columns).step_by(3).map(|step| level(step, off)));
    }
    let background = median(&mut background)?;
    let (mut first, mut last) = (shaft.first, shaft.last);
    let (mut brightness, mut half) = (0.0, 0.0);
    for _ in 0..3 {
        brightness = median(&mut profile.get(first..=last)?.to_vec())?;
        half = background + 0.5 * (brightness - background);
        let limit = brightness - half;
        if limit <= 1.0 {
            return None;
        }
        // Steel in a dark lumen is plain to see: where the line is dark, there is no needle.
        let dark = DARK_SHARE * median(&mut glow.get(first..=last)?.to_vec())?;
        let (mut total, mut start, mut top) = (0.0_f32, first, 0.0_f32);
        for (i, value) in profile.iter().enumerate().skip(shaft.first) {
            if total <= 0.0 {
                (total, start) = (0.0, i);
            }
            total += if glow[i] < dark { -DARK_WEIGHT * limit } else { (value - half).clamp(-limit, limit) };
            if total > top {
                (top, first, last) = (total, start, i);
            }
        }
    }
    if last < first + 4 {
        return None;
    }
    // The tip on the less averaged picture: the steepest fall near the end found.
    let fine = along(sharp);
    let reach = ALONG_COLUMNS as usize + 2;
    let window = last.saturating_sub(reach)..(last + reach).min(grid.columns - 1);
    let mean = |range: std::ops::RangeInclusive<usize>| -> f32 {
        let values = fine.get(range).unwrap_or(&[]);
        values.iter().sum::<f32>() / values.len().max(1) as f32
    };
    let step = |i: usize| mean(i.saturating_sub(EDGE_COLUMNS - 1)..=i) - mean(i + 1..=(i + EDGE_COLUMNS).min(fine.len() - 1));
    let edge = window.max_by(|a, b| step(*a).total_cmp(&step(*b))).unwrap_or(last);
    let (here, next) = (fine[edge], fine.get(edge + 1).copied().unwrap_or(background));
    let part = if here > next { ((here - half) / (here - next)).clamp(0.0, 1.0) } else { 0.5 };
    let gaps = profile[first..=last].iter().filter(|v| **v < half).count() as f32 / (last - first + 1) as f32;
    Some(End { tip_step: edge as f32 + part, brightness, background, seen: (last - first + 1) as f32, gaps })
}

fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
