//! Slices of one series to a volume.

use proband_core::Warnings;
use proband_volume::{AnyVolume, Volume};
use rayon::prelude::*;

use super::damaged;
use super::series::DicomVolume;
use super::slice::{Slice, Values};
use crate::ImageError;
use crate::volume::samples::grid_lps;

/// Steps between slices that count as equal: 1 % of the median.
const STEP_TOLERANCE: f64 = 0.01;
/// Angle of the stack against the slices' normal from which a gantry counts as tilted [rad].
const TILT_RAD: f64 = 0.002;

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn cross([a, b, c]: [f64; 3], [d, e, f]: [f64; 3]) -> [f64; 3] {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

/// Sort, drop doubles, close gaps, and place the volume.
pub(super) fn stack(mut slices: Vec<Slice>, warnings: &Warnings) -> Result<DicomVolume, ImageError> {
    let normal = cross(slices[0].along, slices[0].down);
    let length = dot(normal, normal).sqrt();
    if (length - 1.0).abs() > 0.02 {
        return Err(damaged("(0020,0037) ImageOrientationPatient", "the two directions are not perpendicular unit vectors"));
    }
    let height = |s: &Slice| dot(s.position_mm, normal) / length;
    slices.sort_by(|a, b| height(a).total_cmp(&height(b)).then(a.acquisition.cmp(&b.acquisition)));
    let before = slices.len();
    slices.dedup_by(|later, kept| (height(later) - height(kept)).abs() < 1e-3);
    if slices.len() < before {
        warnings.note(
            "series",
            format!("{} slices at a position that another one has; the one of the earliest acquisition kept", before - slices.len()),
        );
    }
    let heights: Vec<f64> = slices.iter().map(&height).collect();
    let plan = plan(&heights, &slices[0], warnings)?;
    let (first, last) = (&slices[0], &slices[slices.len() - 1]);
    let third = if slices.len() > 1 {
        let whole = minus(last.position_mm, first.position_mm);
        let tilt = dot(whole, normal) / (dot(whole, whole).sqrt() * length);
        if tilt < 1.0 - 0.5 * TILT_RAD * TILT_RAD {
            let angle = proband_core::ops::acos(tilt.clamp(-1.0, 1.0)).to_degrees();
            warnings.note("gantry", format!("tilted by {angle:.1} degrees: the volume's axes are oblique"));
        }
        whole.map(|v| v / f64::from(plan.count - 1))
    } else {
        normal.map(|v| v / length * first.gap_mm.unwrap_or(1.0))
    };
    let steps = [first.along.map(|v| v * first.spacing_mm[0]), first.down.map(|v| v * first.spacing_mm[1]), third];
    let size = [first.columns, first.rows, plan.count];
    let grid = grid_lps(size, first.position_mm, steps, [1.0; 3], 1e-3, super::FORMAT)?;
    let (modality, slice_count) = (first.modality.clone(), slices.len() as u32);
    let wrong = |e: proband_volume::VolumeError| damaged("series", e);
    let volume: AnyVolume = if slices.iter().all(|s| matches!(s.values, Values::Whole(_))) {
        Volume::new(
            grid,
            values(
                &slices,
                &plan,
                |v: &Values, at| if let Values::Whole(v) = v { v[at] } else { 0 },
                |a, b, t| (f64::from(a) + t * (f64::from(b) - f64::from(a))).round() as i16,
            ),
        )
        .map_err(wrong)?
        .into()
    } else {
        Volume::new(grid, values(&slices, &plan, float, |a, b, t| (f64::from(a) + t * (f64::from(b) - f64::from(a))) as f32))
            .map_err(wrong)?
            .into()
    };
    Ok(DicomVolume { modality, slice_count, volume })
}

fn float(values: &Values, at: usize) -> f32 {
    match values {
        Values::Whole(v) => f32::from(v[at]),
        Values::Float(v) => v[at],
    }
}

/// For each slice of the volume: the slices on both sides and how far it lies between them.
struct Plan {
    count: u32,
    between: Vec<(usize, usize, f64)>,
}

fn plan(heights: &[f64], first: &Slice, warnings: &Warnings) -> Result<Plan, ImageError> {
    let mut steps: Vec<f64> = heights.windows(2).map(|w| w[1] - w[0]).collect();
    let even = |count: usize| Plan { count: count as u32, between: (0..count).map(|i| (i, i, 0.0)).collect() };
    if steps.is_empty() {
        if first.gap_mm.is_none() {
            warnings.note("series", "one slice: 1 mm thick is assumed");
        }
        return Ok(even(1));
    }
    steps.sort_by(f64::total_cmp);
    let median = steps[steps.len() / 2];
    if steps.iter().all(|s| (s - median).abs() <= STEP_TOLERANCE * median) {
        return Ok(even(heights.len()));
    }
    let span = heights[heights.len() - 1] - heights[0];
    let count = (span / median).round() + 1.0;
    if count > 16_384.0 {
        return Err(damaged("series", format_args!("slices {median} mm apart over {span} mm: too far apart to be one volume")));
    }
    let missing = steps.iter().filter(|s| **s > 1.5 * median).count();
    let what = if missing > 0 {
        format!("{missing} gaps between slices, usual step {median:.3} mm; values between neighbours were filled in")
    } else {
        format!("steps from {:.3} to {:.3} mm; resampled to equal ones", steps[0], steps[steps.len() - 1])
    };
    warnings.note("series", what);
    let step = span / (count - 1.0);
    let between = (0..count as usize)
        .map(|k| {
            let at = heights[0] + k as f64 * step;
            let above = heights.partition_point(|h| *h < at - 1e-6).min(heights.len() - 1);
            let below = if heights[above] <= at + 1e-6 { above } else { above.saturating_sub(1) };
            let gap = heights[above] - heights[below];
            (below, above, if gap > 0.0 { ((at - heights[below]) / gap).clamp(0.0, 1.0) } else { 0.0 })
        })
        .collect();
    Ok(Plan { count: count as u32, between })
}

fn values<T: Copy + Send + Sync + Default>(
    slices: &[Slice],
    plan: &Plan,
    value: impl Fn(&Values, usize) -> T + Sync,
    mix: impl Fn(T, T, f64) -> T + Sync,
) -> Vec<T> {
    let pixels = slices[0].columns as usize * slices[0].rows as usize;
    let mut out = vec![T::default(); pixels * plan.between.len()];
    out.par_chunks_mut(pixels).zip(&plan.between).for_each(|(row, (below, above, t))| {
        let (below, above) = (&slices[*below].values, &slices[*above].values);
        for (at, out) in row.iter_mut().enumerate() {
            *out = if *t == 0.0 { value(below, at) } else { mix(value(below, at), value(above, at), *t) };
        }
    });
    out
}
