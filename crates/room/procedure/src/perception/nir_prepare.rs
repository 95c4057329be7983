//! The picture made ready: skin at even brightness, at the working pixel, without hairs.

use nalgebra::{Matrix4, Vector4};
use proband_core::ops;
use proband_volume::{Plane, blur_wide, closing, distance_to, gaussian};

/// Pixel that the search works with at most [m].
const WORKING_PIXEL_M: f64 = 1.0e-3;
/// Dark lines up to this width are taken for hairs and furrows [m]; a vein's shadow is wider than its depth.
const HAIR_M: f64 = 1.6e-3;
/// Half height over half width of a limb [1], for its shading.
const ROUNDNESS: f64 = 0.85;
/// Standard deviation of the blur that gives the skin's brightness [m].
const BACKGROUND_M: f64 = 11e-3;
/// Distance from the rim of the region within which a line is not believed [m].
const RIM_M: f64 = 4.5e-3;
/// Distance from the rim within which the region may be drawn wrongly [m].
const SURE_M: f64 = 2e-3;

/// The picture at the working pixel.
#[derive(Clone, Debug)]
pub(super) struct Working {
    pub factor: u32,
    pub pixel_m: f64,
    /// Brightness over that of the skin around [1]; 1 outside of the region.
    pub relative: Plane<f32>,
    /// Where lines are believed.
    pub inside: Plane<bool>,
}

/// Make a picture ready; none when it is too small.
pub(super) fn prepare(picture: &Plane<f32>, region: Option<&Plane<bool>>, pixel_m: f64) -> Option<Working> {
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
