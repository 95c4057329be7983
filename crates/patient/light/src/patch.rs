//! A flat patch of forearm with veins as tubes, and its picture by photons in three dimensions: what the camera's
//! kernels are held against.
//!
//! The patch is lit evenly from above and closed by mirrors at its sides, so that no light is lost sideways and the
//! picture goes on beyond them as in a mirror. Photons scatter as they do in tissue and blood; absorption is charged
//! along each path, once with the veins full of blood and once with blood as pale as fat. The ratio of the two tells
//! the darkening with a fifth of the noise of the light itself; what pale veins change (they scatter less and bend
//! light) is faint and wide, and is smoothed.

use proband_core::ops;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Entry, Medium, Scene, Tally, Tube, follow};
use crate::error::check;
use crate::physics::specular;
use crate::random::{PhotonStream, Photons};
use crate::run::{Estimate, PHOTON_COUNT_MAX, estimate};
use crate::{LightError, SkinOptics, TissueSpec};

/// A straight vein within the fat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StraightVein {
    /// A point of its axis: across, along, and depth below the skin [m].
    pub centre_m: [f64; 3],
    /// Direction seen from above, from along towards across [rad].
    pub heading_rad: f64,
    /// Depth gained per length along the skin [1].
    pub slope: f64,
    /// Semi-axis of the lumen across [m].
    pub semi_h_m: f64,
    /// Semi-axis of the lumen along the depth [m].
    pub semi_v_m: f64,
    /// Whether it begins at `centre_m`, within another vein, and goes on in the direction of its heading only.
    pub begins: bool,
}

/// Layers, veins and mirrors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkinPatch {
    /// What light meets.
    pub optics: SkinOptics,
    /// Thickness of the fat [m].
    pub fat_m: f64,
    /// Half of the patch across and along [m]; mirrors stand there.
    pub half_m: [f64; 2],
    /// Veins, 0 to 8.
    pub veins: Vec<StraightVein>,
}

/// Reflectance of a patch, pixel by pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchPicture {
    /// Pixels across and along.
    pub size: [u32; 2],
    /// Diffuse reflectance [1], shape [along][across]: `pale` smoothed, times (1 − `darkening`).
    pub reflectance: Vec<Estimate>,
    /// With veins as pale as fat [1], same shape, as counted.
    pub pale: Vec<Estimate>,
    /// Darkening by the blood's absorption [1], same shape.
    pub darkening: Vec<Estimate>,
    /// Mean of `pale` [1].
    pub pale_mean: Estimate,
}

/// Photons per chunk.
const CHUNK: u64 = 4096;
/// Most pixels.
const PIXELS_MAX: f64 = 65_536.0;
/// Loss [1] after which, again and again, a path goes on only with the chance that is left of it.
const LOSS_PER_ROULETTE: f64 = 1.5;
/// Width of the smoothing of what pale veins change [m], standard deviation.
const SMOOTHING_M: f64 = 3e-3;
/// Fractions of the plastic number's powers: points that fill a square evenly (Roberts 2018, the R2 sequence).
const EVEN: [f64; 2] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_2];

/// Of one pixel: pale, its square, darkening, its square, their product; the square of a chunk's pale.
type Pixel = [f64; 6];
/// Chunks from which on a picture's error is taken from the spread among them: entries fill the patch evenly, so that
/// the spread among photons would overstate it.
const CHUNKS_MIN: u64 = 24;

struct Paths<'a> {
    absorption: &'a [f64],
    /// Beyond that of fat [1/m].
    blood_extra_per_m: f64,
    half_m: [f64; 2],
    size: [usize; 2],
    /// Chance to live on at each roulette.
    chance: f64,
    // Of the path under way.
    lost: f64,
    paid: f64,
    in_veins_m: f64,
    // Sums.
    pixels: Vec<Pixel>,
    whole: [f64; 2],
}

impl Tally<f64> for Paths<'_> {
    fn absorbed(&mut self, _: usize, _: Option<usize>, _: [f64; 3], _: f64) {}
    #[inline]
    fn passed(&mut self, layer: usize, tube: Option<usize>, _: [f64; 3], length: f64) {
        self.lost += self.absorption[layer] * length;
        if tube.is_some() {
            self.in_veins_m += length;
        }
    }
    fn reflected(&mut self, position: [f64; 3], _: [f64; 3], weight: f64) {
        let pale = weight * ops::exp(self.paid - self.lost);
        let dark = if self.in_veins_m > 0.0 { -pale * ops::exp_m1(-self.blood_extra_per_m * self.in_veins_m) } else { 0.0 };
        let place = |axis: usize| {
            let part = (position[axis] + self.half_m[axis]) / (2.0 * self.half_m[axis]) * self.size[axis] as f64;
            (part as usize).min(self.size[axis] - 1)
        };
        let pixel = &mut self.pixels[place(1) * self.size[0] + place(0)];
        for (sum, add) in pixel.iter_mut().zip([pale, pale * pale, dark, dark * dark, pale * dark]) {
            *sum += add;
        }
        self.whole[0] += pale;
        self.whole[1] += pale * pale;
    }
    fn transmitted(&mut self, _: [f64; 3], _: [f64; 3], _: f64) {}
    #[inline]
    fn wanted(&mut self, _: f64, stream: &mut PhotonStream) -> bool {
        if self.lost - self.paid < LOSS_PER_ROULETTE {
            return true;
        }
        self.paid += LOSS_PER_ROULETTE;
        stream.uniform() < self.chance
    }
}

impl SkinPatch {
    /// Check every number.
    ///
    /// # Errors
    /// [`LightError`] that names the field or the vein.
    pub fn check(&self) -> Result<(), LightError> {
        self.optics.check()?;
        check("fat_m", self.fat_m, 1e-4, 0.1)?;
        for half in self.half_m {
            check("half_m", half, 1e-3, 0.2)?;
        }
        check("vein count", self.veins.len() as f64, 0.0, 8.0)?;
        let skin_m = self.optics.epidermis_m + self.optics.dermis_m;
        for (i, vein) in self.veins.iter().enumerate() {
            for (axis, value) in vein.centre_m.iter().enumerate() {
                check("centre_m", *value, if axis == 2 { 0.0 } else { -0.3 }, 0.3)?;
            }
            check("heading_rad", vein.heading_rad, -10.0, 10.0)?;
            check("slope", vein.slope, -1.0, 1.0)?;
            check("semi_h_m", vein.semi_h_m, 1e-5, 0.02)?;
            check("semi_v_m", vein.semi_v_m, 1e-5, 0.02)?;
            let [top, bottom] = vein.depths(self.half_m);
            if top < skin_m || bottom > skin_m + self.fat_m {
                let what = format!("vein {i} from {top} to {bottom} m does not lie within the fat, {skin_m} to {} m", skin_m + self.fat_m);
                return Err(LightError::BadTissue { what });
            }
        }
        Ok(())
    }

    /// Send photons and take the picture.
    ///
    /// # Errors
    /// [`LightError`] for a bad patch, no photons or no pixels.
    pub fn picture(&self, photon_count: u64, seed: u64, size: [u32; 2]) -> Result<PatchPicture, LightError> {
        self.check()?;
        check("photon_count", photon_count as f64, 1.0, PHOTON_COUNT_MAX as f64)?;
        check("pixel count", f64::from(size[0]) * f64::from(size[1]), 1.0, PIXELS_MAX)?;
        let mut layers = self.optics.layers(self.fat_m);
        let absorption: Vec<f64> = layers.iter().map(|layer| layer.absorption_per_m).collect();
        layers.iter_mut().for_each(|layer| layer.absorption_per_m = 0.0);
        let weight = 1.0 - specular(1.0, layers[0].index);
        let scene = Scene::new(&TissueSpec::in_air(layers))?.with_tubes(self.tubes(), self.half_m);
        let size_usize = size.map(|n| n as usize);
        let empty = || Paths {
            absorption: &absorption,
            blood_extra_per_m: self.optics.vein_absorption_per_m() - self.optics.fat_absorption_per_m,
            half_m: self.half_m,
            size: size_usize,
            chance: ops::exp(-LOSS_PER_ROULETTE),
            lost: 0.0,
            paid: 0.0,
            in_veins_m: 0.0,
            pixels: vec![[0.0; 6]; size_usize[0] * size_usize[1]],
            whole: [0.0; 2],
        };
        let photons = Photons::new(seed);
        let chunk_count = photon_count.div_ceil(CHUNK);
        let mut total = empty();
        for first in (0..chunk_count).step_by(64) {
            let parts: Vec<Paths<'_>> = (first..chunk_count.min(first + 64))
                .into_par_iter()
                .map(|chunk| {
                    let mut paths = empty();
                    for photon in chunk * CHUNK..((chunk + 1) * CHUNK).min(photon_count) {
                        (paths.lost, paths.paid, paths.in_veins_m) = (0.0, 0.0, 0.0);
                        let [x, y]: [f64; 2] = std::array::from_fn(|axis| {
                            let even = 0.5 + EVEN[axis] * photon as f64;
                            self.half_m[axis] * (2.0 * (even - even.floor()) - 1.0)
                        });
                        follow(&scene, Entry { y, ..Entry::down(x, weight) }, &mut photons.stream(photon), &mut paths);
                    }
                    paths.pixels.iter_mut().for_each(|pixel| pixel[5] = pixel[0] * pixel[0]);
                    paths
                })
                .collect();
            for part in &parts {
                for (sum, add) in total.pixels.iter_mut().flatten().zip(part.pixels.iter().flatten()) {
                    *sum += add;
                }
                total.whole[0] += part.whole[0];
                total.whole[1] += part.whole[1];
            }
        }
        Ok(self.develop(&total.pixels, total.whole, photon_count, size))
    }

    fn tubes(&self) -> Vec<Tube<f64>> {
        let blood = self.optics.blood_layer(1e-3);
        let medium = || Medium::new(blood.index, 0.0, blood.scattering_per_m, blood.anisotropy);
        self.veins
            .iter()
            .map(|vein| {
                let [axis, lateral, down] = vein.axes();
                let across = [lateral.map(|v| v / vein.semi_h_m), down.map(|v| v / vein.semi_v_m)];
                let start = if vein.begins { 0.0 } else { f64::NEG_INFINITY };
                Tube::new(vein.centre_m, across, axis, start, FAT, medium())
            })
            .collect()
    }

    fn develop(&self, sums: &[Pixel], whole: [f64; 2], photon_count: u64, size: [u32; 2]) -> PatchPicture {
        let n = photon_count as f64;
        let pixels = sums.len() as f64;
        let chunks = photon_count.div_ceil(CHUNK) as f64;
        let pale: Vec<Estimate> = sums
            .iter()
            .map(|s| {
                let mut e = estimate([s[0], s[1]], n);
                if chunks >= CHUNKS_MIN as f64 {
                    e.error = ((s[5] - s[0] * s[0] / chunks).max(0.0) * chunks / (chunks - 1.0)).sqrt() / n;
                }
                Estimate { mean: e.mean * pixels, error: e.error * pixels }
            })
            .collect();
        let darkening: Vec<Estimate> = sums
            .iter()
            .map(|[p, pp, d, dd, pd, _]| {
                let mean = if *p > 0.0 { d / p } else { 0.0 };
                let error = if *p > 0.0 { (dd - 2.0 * mean * pd + mean * mean * pp).max(0.0).sqrt() / p } else { 0.0 };
                Estimate { mean, error }
            })
            .collect();
        let smooth = self.smooth(&pale, size);
        let reflectance = smooth
            .iter()
            .zip(&darkening)
            .map(|(p, d)| {
                let (light, shade) = (p.error * (1.0 - d.mean), p.mean * d.error);
                Estimate { mean: p.mean * (1.0 - d.mean), error: (light * light + shade * shade).sqrt() }
            })
            .collect();
        PatchPicture { size, reflectance, pale, darkening, pale_mean: estimate(whole, n) }
    }

    /// Gaussian over pixels, mirrored at the sides as the patch is.
    fn smooth(&self, of: &[Estimate], size: [u32; 2]) -> Vec<Estimate> {
        let kernels: [Vec<Vec<f64>>; 2] = std::array::from_fn(|axis| {
            let (count, pixel_m) = (size[axis] as i64, 2.0 * self.half_m[axis] / f64::from(size[axis]));
            (0..count)
                .map(|i| {
                    let mut row = vec![0.0; count as usize];
                    for j in -count..2 * count {
                        let folded = if j < 0 {
                            -1 - j
                        } else if j >= count {
                            2 * count - 1 - j
                        } else {
                            j
                        };
                        let apart = (j - i) as f64 * pixel_m / SMOOTHING_M;
                        row[folded as usize] += ops::exp(-0.5 * apart * apart);
                    }
                    let sum: f64 = row.iter().sum();
                    row.iter().map(|v| v / sum).collect()
                })
                .collect()
        });
        let (columns, rows) = (size[0] as usize, size[1] as usize);
        (0..columns * rows)
            .map(|at| {
                let (across, along) = (&kernels[0][at % columns], &kernels[1][at / columns]);
                let (mut mean, mut variance) = (0.0, 0.0);
                for (j, e) in of.iter().enumerate() {
                    let w = across[j % columns] * along[j / columns];
                    mean += w * e.mean;
                    variance += w * w * e.error * e.error;
                }
                Estimate { mean, error: variance.sqrt() }
            })
            .collect()
    }
}

/// Place of the fat among the layers.
const FAT: usize = 2;

impl StraightVein {
    /// Unit vectors: along the axis, across (level), and across (down).
    #[must_use]
    pub fn axes(&self) -> [[f64; 3]; 3] {
        let (sin, cos) = ops::sin_cos(self.heading_rad);
        let norm = (1.0 + self.slope * self.slope).sqrt();
        [[sin / norm, cos / norm, self.slope / norm], [cos, -sin, 0.0], [-self.slope * sin / norm, -self.slope * cos / norm, 1.0 / norm]]
    }

    /// Least and greatest depth of the lumen within a patch [m].
    #[must_use]
    pub fn depths(&self, half_m: [f64; 2]) -> [f64; 2] {
        let [axis, ..] = self.axes();
        // Farthest ways along the axis within the box; the axis is level to first order.
        let reach = |sign: f64| {
            (0..2)
                .map(|a| {
                    let d = sign * axis[a];
                    if d == 0.0 { f64::INFINITY } else { ((half_m[a].copysign(d) - self.centre_m[a]) / d).max(0.0) }
                })
                .fold(f64::INFINITY, f64::min)
        };
        let ends = [if self.begins { 0.0 } else { -reach(-1.0) }, reach(1.0)].map(|way| self.centre_m[2] + way * axis[2]);
        let high = self.semi_v_m * (1.0 + self.slope * self.slope).sqrt();
        [ends[0].min(ends[1]) - high, ends[0].max(ends[1]) + high]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(veins: Vec<StraightVein>) -> SkinPatch {
        SkinPatch { optics: SkinOptics::reference(850.0, 0.1), fat_m: 8e-3, half_m: [10e-3, 5e-3], veins }
    }

    fn vein() -> StraightVein {
        StraightVein { centre_m: [0.0, 0.0, 4e-3], heading_rad: 0.3, slope: 0.05, semi_h_m: 1.5e-3, semi_v_m: 1e-3, begins: false }
    }

    /// Agree with the layered engine without veins, and darken over a vein.
    #[test]
    fn a_patch_without_veins_is_layers() {
        let bare = patch(Vec::new());
        let found = bare.picture(10_000, 1, [5, 2]).unwrap();
        let run = crate::MonteCarlo { photon_count: 20_000, seed: 2, half_width_m: 0.0, bin_count: 0 };
        let layers = run.run(&TissueSpec::in_air(bare.optics.layers(bare.fat_m))).unwrap().diffuse_reflectance;
        let error = (layers.error * layers.error + found.pale_mean.error * found.pale_mean.error).sqrt();
        assert!((layers.mean - found.pale_mean.mean).abs() < 4.0 * error, "{layers:?} {:?}", found.pale_mean);
        assert!(found.darkening.iter().all(|d| d.mean == 0.0));
        let dark = patch(vec![vein()]).picture(10_000, 1, [5, 1]).unwrap();
        assert!(dark.darkening[2].mean > 2.0 * dark.darkening[0].mean, "{:?}", dark.darkening);
    }

    /// Change nothing when a vein is cut in two that go over into one another.
    #[test]
    fn joined_halves_are_one_vein() {
        let half =
            |turn: f64| StraightVein { heading_rad: 0.3 + turn, slope: if turn == 0.0 { 0.05 } else { -0.05 }, begins: true, ..vein() };
        let whole = patch(vec![vein()]).picture(15_000, 1, [5, 2]).unwrap();
        let halves = patch(vec![half(0.0), half(std::f64::consts::PI)]).picture(15_000, 2, [5, 2]).unwrap();
        for (a, b) in whole.darkening.iter().zip(&halves.darkening) {
            assert!((a.mean - b.mean).abs() < 4.5 * (a.error * a.error + b.error * b.error).sqrt(), "{a:?} {b:?}");
        }
    }

    /// Refuse veins that leave the fat, and say which.
    #[test]
    fn veins_outside_the_fat_are_named() {
        let high = StraightVein { centre_m: [0.0, 0.0, 2e-3], ..vein() };
        assert!(matches!(patch(vec![vein(), high]).check(), Err(LightError::BadTissue { what }) if what.contains("vein 1")));
        assert!(patch(vec![StraightVein { semi_h_m: f64::NAN, ..vein() }]).check().is_err());
    }
}
