//! The in-loop picture against full photon runs in three dimensions, on patches of drawn forearms.

use proband_anatomy::{Vessel, VesselKind, VesselNode};
use proband_core::{Direction, Distribution, Patient, Position, Stream, ops};
use proband_light::{KernelCamera, MelanosomeFormula, PatchPicture, SkinOptics, SkinPatch, StraightVein};

use crate::{NirSkinModel, SensorError};

/// Half of a compared patch across and along [m].
pub const PATCH_HALF_M: [f64; 2] = [11e-3, 7e-3];
/// Pixels of a compared patch across and along, 2 mm each.
pub const PATCH_PIXELS: [u32; 2] = [11, 7];
/// Images of a vein in the mirrors are kept as far as this beyond the patch [m].
const BEYOND_M: f64 = 25e-3;
/// Length between two nodes of a vein [m].
const NODE_M: f64 = 0.5e-3;
/// Places looked at per pixel and direction.
const SAMPLES: u32 = 5;

/// In-loop picture against photon picture of one patch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchComparison {
    /// Mean reflectance by photons [1].
    pub mean: f64,
    /// Root mean square difference of the pictures over the photons' mean [1]. Holds the photons' noise.
    pub rms: f64,
    /// Root mean square standard error of the photons' picture over its mean [1].
    pub rms_noise: f64,
    /// Mean difference over the mean [1], in-loop minus photons.
    pub bias: f64,
    /// Root mean square difference after each picture was divided by its own mean [1].
    pub rms_shape: f64,
    /// Greatest darkening of a pixel by photons [1].
    pub darkening: f64,
    /// χ² per pixel of the unsmoothed pale picture about the smoothed one [1]: 1 when smoothing hides nothing.
    pub pale_chi2: f64,
}

/// The `index`-th patch of a seed: optics around the reference by log-normal factors, every pigmentation, three
/// wavelengths, venous saturations from 0.5 to 0.9, one to two that slope and run obliquely: alone, crossing one over the other, joined, or side by side.
///
/// # Source
/// Spreads of 20 % on scattering and 30 % on absorption, prior: unverified. Depths and diameters of veins of the elbow
/// after Park 2023, J Vasc Access.
#[must_use]
pub fn draw_patch(seed: u64, index: u32) -> SkinPatch {
    let mut stream = Stream::new(seed, index, "sensor.nir_patch");
    let mut factor = |sigma: f64| Distribution::LogNormal { mu: 0.0, sigma }.sample(&mut stream);
    let mut optics = SkinOptics::reference([850.0, 760.0, 940.0][index as usize / 4 % 3], 0.0);
    optics.skin_reduced_scattering_per_m *= factor(0.2);
    optics.fat_reduced_scattering_per_m *= factor(0.2);
    optics.muscle_reduced_scattering_per_m *= factor(0.2);
    optics.blood_reduced_scattering_per_m *= factor(0.2);
    optics.fat_absorption_per_m *= factor(0.3);
    optics.muscle_absorption_per_m *= factor(0.3);
    optics.melanosome_scale = factor(0.3);
    optics.dermis_blood_fraction *= factor(0.5);
    optics.epidermis_m *= factor(0.2);
    optics.dermis_m *= factor(0.15);
    optics.haemoglobin_kg_per_m3 *= factor(0.1);
    optics.melanin_fraction = stream.uniform_in(0.01, 0.43);
    optics.vein_saturation = stream.uniform_in(0.5, 0.9);
    optics.melanosome = [MelanosomeFormula::A, MelanosomeFormula::B, MelanosomeFormula::C][stream.index(3) as usize];
    let skin_m = optics.epidermis_m + optics.dermis_m;
    let gap_m = 0.4e-3 * ops::powf(12.5, stream.uniform());
    let semi_v_m = stream.uniform_in(0.5e-3, 2e-3);
    let semi_h_m = semi_v_m * stream.uniform_in(1.0, 1.7);
    let heading_rad = stream.uniform_in(-0.6, 0.6);
    let steepest = (0.6 * gap_m / 9e-3).min(0.15);
    let slope = stream.uniform_in(-steepest, steepest);
    let main = StraightVein {
        centre_m: [stream.uniform_in(-3e-3, 3e-3), 0.0, skin_m + gap_m + semi_v_m],
        heading_rad,
        slope,
        semi_h_m,
        semi_v_m,
        begins: false,
    };
    let mut veins = vec![main.clone()];
    let second = stream.uniform();
    match index % 4 {
        1 => {
            // Deeper, the other way.
            let semi_v_m = stream.uniform_in(0.5e-3, 1.5e-3);
            let depth = main.depths(PATCH_HALF_M)[1] + 0.4e-3 + semi_v_m;
            let heading_rad = if heading_rad > 0.0 { heading_rad - 0.7 } else { heading_rad + 0.7 };
            veins.push(StraightVein {
                centre_m: [0.0, 0.0, depth],
                heading_rad,
                slope: 0.0,
                semi_h_m: 1.3 * semi_v_m,
                semi_v_m,
                begins: false,
            });
        }
        2 => {
            let turn = if second < 0.5 { 0.5 + 0.4 * second } else { -0.5 - 0.4 * (second - 0.5) };
            let part = stream.uniform_in(0.5, 0.65);
            let (semi_h_m, semi_v_m) = (part * semi_h_m, part * semi_v_m);
            veins.push(StraightVein { heading_rad: heading_rad + turn, semi_h_m, semi_v_m, begins: true, ..main.clone() });
        }
        3 => {
            veins[0].heading_rad *= 0.4;
            veins[0].centre_m[0] = -4.5e-3;
            let (semi_h_m, semi_v_m) = (0.8 * semi_h_m.min(2e-3), 0.8 * semi_v_m);
            let centre_m = [stream.uniform_in(1.5e-3, 5e-3), 0.0, main.centre_m[2] + 1e-3 * second];
            veins.push(StraightVein { centre_m, heading_rad: veins[0].heading_rad, slope, semi_h_m, semi_v_m, begins: false });
        }
        _ => {}
    }
    let bottom = veins.iter().map(|vein| vein.depths(PATCH_HALF_M)[1]).fold(0.0, f64::max);
    SkinPatch { optics, fat_m: bottom - skin_m + stream.uniform_in(0.3e-3, 5e-3), half_m: PATCH_HALF_M, veins }
}

/// Place of an image's point within the patch: `x` folded at mirrors at ± `half`.
fn folded(x: f64, half: f64) -> f64 {
    let turn = (x + half) / (4.0 * half);
    let t = 4.0 * half * (turn - turn.floor());
    if t > 2.0 * half { 3.0 * half - t } else { t - half }
}

/// A vein and its images in the mirrors along the arm, from `first` to `last`, as the in-loop picture knows veins;
/// `image` says how x goes over into the image across.
fn vessel(vein: &StraightVein, half_m: f64, [first, last]: [f64; 2], image: impl Fn(f64) -> f64) -> Vessel {
    let (sin, cos) = ops::sin_cos(vein.heading_rad);
    let count = ((last - first) / NODE_M).ceil().max(1.0) as u32;
    let points: Vec<[f64; 3]> = (0..=count)
        .map(|i| {
            let z = first + (last - first) * f64::from(i) / f64::from(count);
            let way = (folded(z, half_m) - vein.centre_m[1]) / cos;
            [image(vein.centre_m[0] + way * sin), vein.centre_m[2] + way * vein.slope, z]
        })
        .collect();
    let mut arc_m = 0.0;
    let nodes = points.iter().enumerate().map(|(i, p)| {
        let (a, b) = (points[i.saturating_sub(1)], points[(i + 1).min(points.len() - 1)]);
        let before = points[i.saturating_sub(1)];
        arc_m += (0..3).map(|k| (p[k] - before[k]) * (p[k] - before[k])).sum::<f64>().sqrt();
        let tangent = Direction::new(b[0] - a[0], b[1] - a[1], b[2] - a[2]).normalised();
        let down = Direction::<Patient>::new(0.0, 1.0, 0.0).0;
        let inward = Direction::from_raw(down - tangent.0 * tangent.0.dot(&down)).normalised();
        VesselNode { p: Position::new(p[0], p[1], p[2]), arc_m, semi_h_m: vein.semi_h_m, semi_v_m: vein.semi_v_m, tangent, inward }
    });
    Vessel { kind: VesselKind::MedianCubital, nodes: nodes.collect(), wall_m: 0.0, valves_arc_m: Vec::new(), is_artery: false }
}

/// The veins of a patch and their images in its mirrors.
fn vessels(patch: &SkinPatch) -> Vec<Vessel> {
    let [across, along] = patch.half_m;
    let mut out = Vec::new();
    for vein in &patch.veins {
        let ends: Vec<[f64; 2]> = if vein.begins {
            // From its beginning to the mirror and back to the beginning's image, again and again.
            let z = vein.centre_m[1];
            let piece = if ops::cos(vein.heading_rad) > 0.0 { [z, 2.0 * along - z] } else { [-2.0 * along - z, z] };
            (-2..=2)
                .map(|turn| piece.map(|end| end + 4.0 * along * f64::from(turn)))
                .filter(|p| p[0] < along + BEYOND_M && p[1] > -along - BEYOND_M)
                .collect()
        } else {
            vec![[-along - BEYOND_M, along + BEYOND_M]]
        };
        for ends in ends {
            for side in [0.0, 2.0 * across, -2.0 * across] {
                out.push(vessel(vein, along, ends, |x| if side == 0.0 { x } else { side - x }));
            }
        }
    }
    out
}

/// The in-loop picture of a patch: means over its pixels, shape [along][across].
///
/// # Errors
/// [`SensorError`] when the patch makes no map.
pub fn patch_in_loop(patch: &SkinPatch, size: [u32; 2]) -> Result<Vec<f64>, SensorError> {
    let bad = |_| SensorError::Parameter {
        sensor: "near-infrared camera",
        field: "patch optics",
        value: f64::NAN,
        allowed: "what light can meet",
    };
    let kernels = KernelCamera::new(&patch.optics, patch.fat_m).map_err(bad)?;
    let [across, along] = patch.half_m;
    // The map holds the images too: a vein beyond a map's edge would darken the edge.
    let skin = NirSkinModel::flat(vessels(patch), patch.fat_m, 3.0 * across + 2e-3, &kernels)?.skin(&[]);
    let place = |i: u32, count: u32, half: f64| half * (2.0 * (f64::from(i) + 0.5) / f64::from(count * SAMPLES) - 1.0);
    let mut out = Vec::new();
    for row in 0..size[1] {
        for column in 0..size[0] {
            let mut sum = 0.0;
            for j in 0..SAMPLES {
                for i in 0..SAMPLES {
                    sum += skin.reflectance_at(place(column * SAMPLES + i, size[0], across), place(row * SAMPLES + j, size[1], along));
                }
            }
            out.push(sum / f64::from(SAMPLES * SAMPLES));
        }
    }
    Ok(out)
}

/// Compare the in-loop picture of a patch with its picture by photons.
///
/// # Errors
/// [`SensorError`] when the patch makes no map.
pub fn compare_patch(patch: &SkinPatch, photons: &PatchPicture) -> Result<PatchComparison, SensorError> {
    let fast = patch_in_loop(patch, photons.size)?;
    let count = fast.len() as f64;
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count;
    let full = mean(&mut photons.reflectance.iter().map(|e| e.mean));
    let fast_mean = mean(&mut fast.iter().copied());
    let pairs = || fast.iter().zip(&photons.reflectance);
    let square = |x: f64| x * x;
    let rms = mean(&mut pairs().map(|(f, e)| square((f - e.mean) / full))).sqrt();
    let rms_shape = mean(&mut pairs().map(|(f, e)| square(f / fast_mean - e.mean / full))).sqrt();
    let rms_noise = mean(&mut photons.reflectance.iter().map(|e| square(e.error / full))).sqrt();
    let smoothed = |e: &proband_light::Estimate, d: &proband_light::Estimate| e.mean / (1.0 - d.mean);
    let chi2 = photons
        .reflectance
        .iter()
        .zip(&photons.darkening)
        .zip(&photons.pale)
        .map(|((r, d), p)| square((smoothed(r, d) - p.mean) / p.error.max(1e-12)));
    let pale_chi2 = mean(&mut chi2.into_iter());
    let darkening = photons.darkening.iter().map(|d| d.mean).fold(0.0, f64::max);
    Ok(PatchComparison { mean: full, rms, rms_noise, bias: (fast_mean - full) / full, rms_shape, darkening, pale_chi2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw only patches that photons and kernels accept.
    #[test]
    fn drawn_patches_are_valid() {
        for index in 0..200 {
            let patch = draw_patch(1, index);
            patch.check().unwrap();
            let picture = patch_in_loop(&patch, [4, 3]).unwrap();
            assert!(picture.iter().all(|r| *r > 0.01 && *r < 0.9), "{index} {picture:?}");
        }
    }

    /// Fold as mirrors do.
    #[test]
    fn places_fold_at_mirrors() {
        for (x, expected) in [(0.5, 0.5), (1.25, 0.75), (-1.5, -0.5), (3.25, -0.75), (4.5, 0.5), (-3.0, 1.0)] {
            assert!((folded(x, 1.0) - expected).abs() < 1e-12, "{x}");
        }
    }
}
