//! A steel needle in the picture: its line, its tip, its comet tail and the shadow behind it.

use proband_core::ops;

use crate::bmode::BModeModel;
use crate::form::{Edge, put};
use crate::law::mirror_overlap;
use crate::section::{Column, NeedleTrack, Section};

/// Way from the tip over which the shadow reaches its full depth [m]. Prior: unverified.
const PENUMBRA_M: f64 = 2.5e-3;
/// Reverberations drawn under the line.
const REVERBERATION_COUNT: u32 = 4;
/// How much brighter than the rough shaft the tip's edge is [dB]. Prior: unverified.
const TIP_OVER_ROUGH_DB: f64 = 8.0;

/// Where a column of the picture meets the needle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NeedleHit {
    /// Fine row of the needle as displayed.
    row: f32,
    /// Echo over a mirror's at right angles [1].
    echo: f32,
    /// What the mirror part of it is: the part that reverberates [1].
    mirror: f32,
    /// Echo of the tip, at `tip_row` [1].
    tip: f32,
    tip_row: f32,
    /// Amplitude left behind the needle [1].
    shadow: f32,
    /// Displayed distance of the reverberations [fine rows].
    spacing: f32,
}

impl NeedleHit {
    /// Darken what lies behind the needle.
    pub(crate) fn cast_shadow(&self, amplitude: &mut [f32], edges: &mut [Edge]) {
        let first = (self.row.max(0.0) as usize + 1).min(amplitude.len());
        amplitude[first..].iter_mut().for_each(|a| *a *= self.shadow);
        edges.iter_mut().filter(|e| e.row > self.row).for_each(|e| e.strength *= self.shadow);
    }
}

/// Displayed fine row of a true depth in a column.
pub(crate) fn displayed_row(model: &BModeModel, column: &Column, depth_m: f32) -> f32 {
    let per_m = model.raster.fine_row_count() as f32 / model.spec.depth_m as f32;
    let mut row = column.gel_m.min(depth_m) * per_m;
    let mut top_m = column.gel_m;
    for span in column.spans() {
        if depth_m <= top_m {
            break;
        }
        row += (span.bottom_m.min(depth_m) - top_m) * model.media[span.tissue as usize].stretch * per_m;
        top_m = span.bottom_m;
    }
    row
}

impl BModeModel {
    /// Depth at which the picture shows what lies at a true depth below the face in a column [m].
    #[must_use]
    pub fn displayed_depth_m(&self, column: &Column, depth_m: f64) -> f64 {
        f64::from(displayed_row(self, column, depth_m as f32)) * self.spec.depth_m / self.raster.fine_row_count() as f64
    }

    /// Find the needle in every column.
    pub(crate) fn needle_hits(&self, section: &Section, hits: &mut [Option<NeedleHit>]) {
        hits.fill(None);
        let Some(track) = &section.needle else { return };
        let column_count = self.raster.column_count;
        let [dx, dy, dz] = std::array::from_fn(|i| track.tip_m[i] - track.start_m[i]);
        let length_m = (dx * dx + dy * dy + dz * dz).sqrt();
        if length_m.is_nan() || length_m <= 1e-6 {
            return;
        }
        // Tilt of the shaft against the plane perpendicular to the (steered) beam.
        let (sin_steer, cos_steer) = ops::sin_cos(track.steer_rad);
        let sine = ((dz * cos_steer - dx * sin_steer) / length_m).clamp(-1.0, 1.0);
        let tilt_tan = (sine / (1.0 - sine * sine).max(1e-12).sqrt()) as f32;
        let mirror = mirror_overlap(tilt_tan, self.spec.f_number as f32);
        let rough = ops::powf(10.0, self.spec.needle_rough_db / 20.0) as f32;
        let tip = rough * ops::powf(10.0, TIP_OVER_ROUGH_DB / 20.0) as f32;
        let template = Template {
            mirror,
            rough,
            tip,
            spacing: (track.outer_diameter_m / self.spec.depth_m) as f32 * self.raster.fine_row_count() as f32,
        };
        let pitch_m = self.column_pitch_m();
        let column_of = |x: f64| x / pitch_m + 0.5 * (column_count as f64 - 1.0);
        let along_plane = (dx * dx + dz * dz).sqrt() / length_m > 0.5 && (dx / length_m).abs() > 0.2;
        let tip_column = column_of(track.tip_m[0]).round();
        if along_plane {
            let (a, b) = (column_of(track.start_m[0]), column_of(track.tip_m[0]));
            let (first, last) = (a.min(b).ceil().max(0.0) as usize, a.max(b).floor());
            let count = (last + 1.0).clamp(0.0, column_count as f64) as usize;
            for (column, slot) in hits.iter_mut().enumerate().take(count).skip(first) {
                let t = (column as f64 - a) / (b - a);
                let mut hit = self.hit(track, t, &template, &section.columns[column]);
                // Near the tip part of the aperture looks past it.
                let inside_m = (column as f64 - b).abs() * pitch_m;
                hit.shadow = 1.0 - (1.0 - hit.shadow) * (inside_m / PENUMBRA_M).min(1.0) as f32;
                *slot = Some(hit);
            }
        } else {
            // The needle crosses the plane: where it comes nearest, over its own width.
            let t = if dy.abs() > 1e-9 { (-track.start_m[1] / dy).clamp(0.0, 1.0) } else { 1.0 };
            let x = track.start_m[0] + t * dx;
            let half = (0.5 * track.outer_diameter_m).max(0.5 * pitch_m);
            let (first, last) = (column_of(x - half).ceil().max(0.0) as usize, column_of(x + half).floor());
            let count = (last + 1.0).clamp(0.0, column_count as f64) as usize;
            for (column, slot) in hits.iter_mut().enumerate().take(count).skip(first) {
                *slot = Some(self.hit(track, t, &template, &section.columns[column]));
            }
        }
        if (0.0..column_count as f64).contains(&tip_column) {
            let column = tip_column as usize;
            let hit = hits[column].get_or_insert_with(|| {
                let mut hit = self.hit(track, 1.0, &template, &section.columns[column]);
                (hit.echo, hit.mirror, hit.shadow) = (0.0, 0.0, 1.0);
                hit
            });
            hit.tip = template.tip * self.slice_weight(track.tip_m[1]);
            hit.tip_row = displayed_row(self, &section.columns[column], track.tip_m[2] as f32);
        }
    }

    /// Amplitude of an echo off the plane, two-way [1]: Gaussian slice, −6 dB at half the slice's thickness.
    fn slice_weight(&self, off_m: f64) -> f32 {
        let u = 2.0 * off_m / self.spec.elevation_width_m;
        ops::exp(-std::f64::consts::LN_2 * u * u) as f32
    }

    fn hit(&self, track: &NeedleTrack, t: f64, template: &Template, column: &Column) -> NeedleHit {
        let at: [f64; 3] = std::array::from_fn(|i| track.start_m[i] + t * (track.tip_m[i] - track.start_m[i]));
        let weight = self.slice_weight(at[1]);
        let dark = 1.0 - ops::powf(10.0, -self.spec.needle_shadow_db / 20.0) as f32;
        NeedleHit {
            row: displayed_row(self, column, at[2] as f32),
            echo: weight * template.mirror.max(template.rough),
            mirror: weight * template.mirror,
            tip: 0.0,
            tip_row: 0.0,
            shadow: 1.0 - dark * weight,
            spacing: template.spacing,
        }
    }

    /// Echoes of the needle in one column: line, comet tail, tip.
    pub(crate) fn put_needle(&self, hit: &NeedleHit, gain: &[f32], field: &mut [f32]) {
        let echo = |row: f32, strength: f32, kernel: &[f32], field: &mut [f32]| {
            if row >= 0.0 && row < field.len() as f32 {
                put(field, row, strength * self.specular_gain * kernel[row as usize]);
            }
        };
        let level = |row: f32| if row >= 0.0 { gain.get(row as usize).copied().unwrap_or(0.0) } else { 0.0 };
        echo(hit.row, hit.echo * level(hit.row), &self.kernels.interface_gain, field);
        echo(hit.tip_row, hit.tip * level(hit.tip_row), &self.kernels.point_gain, field);
        let fade = ops::powf(10.0, -self.spec.needle_reverberation_db / 20.0) as f32;
        let mut strength = hit.mirror * level(hit.row);
        let mut row = hit.row;
        for _ in 0..REVERBERATION_COUNT {
            strength *= fade;
            row += hit.spacing;
            echo(row, strength, &self.kernels.interface_gain, field);
        }
    }
}

/// What all columns share.
struct Template {
    mirror: f32,
    rough: f32,
    tip: f32,
    spacing: f32,
}
