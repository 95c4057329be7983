//! The fast path: reflectance of skin and the darkening over a vein without following photons.
//!
//! A table of Monte Carlo results for reference optics, scaled to one person by ratios of the diffusion
//! equation. What it is off by is a claim of its own (`light-kernel-camera`).

use serde::{Deserialize, Serialize};

use crate::diffusion::{Slab, contrast, reflectance};
use crate::error::check;
use crate::ledger::SHEET_M;
use crate::table::{KernelTable, PROFILE_FAT_M, PROFILE_PIGMENT};
use crate::{LightError, SkinOptics};

/// Cross-section of a vein as the camera's model sees it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VeinSection {
    /// Depth of the lumen's top below the skin [m].
    pub top_depth_m: f64,
    /// Semi-axis of the lumen across [m].
    pub semi_h_m: f64,
    /// Semi-axis of the lumen along depth [m].
    pub semi_v_m: f64,
}

/// Depths of the top [m] and thicknesses [m] at which the diffusion ratios are kept.
const RATIO_DEPTHS_M: [f64; 9] = [0.3e-3, 1e-3, 1.7e-3, 2.5e-3, 3.5e-3, 5e-3, 7e-3, 9.5e-3, 13e-3];
const RATIO_THICKNESSES_M: [f64; 5] = [0.5e-3, 1.2e-3, 2.4e-3, 4e-3, 7e-3];
/// Relative growth of the light's way through the epidermis with its own scattering μs′d over that of the
/// reference. Fitted to the engine: four runs of 250 000 photons with thickness or scattering changed by ± 40 %.
const PIGMENT_PATH: f64 = 0.06;
/// Fat thicknesses at which the background is kept [m].
const BACKGROUND_FATS_M: [f64; 8] = [0.5e-3, 1e-3, 2e-3, 3.5e-3, 6e-3, 10e-3, 18e-3, 40e-3];

/// Emulator of what the Monte Carlo engine would say, for one person's optics and layers.
///
/// # Error
/// Against the engine on 20 drawn persons and veins: 0.63 % of the background root mean square, the engine's own noise
/// included; the engine's veins darken 0.94 times as much as the kernels'. A change of the blood's oxygenation darkens as
/// photons say to 8 % of the change at 760 and 940 nm, and by 0.56 of it at 850 nm.
/// # Valid
/// 740 to 950 nm, veins whose tops lie below the epidermis, 0.1 to 10 mm of fat above them; one vein at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelCamera {
    optics: SkinOptics,
    table: &'static KernelTable,
    /// Diffuse reflectance at [`BACKGROUND_FATS_M`].
    background: [f64; BACKGROUND_FATS_M.len()],
    /// Factor on the table's contrast, shape [depth, thickness].
    ratio: [[f64; RATIO_THICKNESSES_M.len()]; RATIO_DEPTHS_M.len()],
    /// Factor on the table's contrast by the blood's absorption, by row of the profiles; 1 where the ratio holds it.
    response: Vec<f64>,
}

/// Wavelength for which the table was made [nm].
const MADE_AT_NM: f64 = 850.0;

impl KernelCamera {
    /// Prepare the kernels of one person; about a millisecond.
    ///
    /// `fat_m`: typical thickness of his subcutaneous fat [m]; what lies under a vein changes its contrast a little.
    ///
    /// # Errors
    /// [`LightError::OutOfRange`] that names the offending field.
    pub fn new(optics: &SkinOptics, fat_m: f64) -> Result<Self, LightError> {
        optics.check()?;
        check("fat_m", fat_m, 0.0, 0.1)?;
        let table = KernelTable::builtin()?;
        // The diffusion equation cannot see a layer as thin as the epidermis: the table has the pigment, and the
        // ratio is taken with the same epidermis on both sides.
        let reference = SkinOptics::reference(850.0, 0.0);
        let same_epidermis = |of: &SkinOptics, fat: f64| {
            let mut layers = slabs(of, fat);
            layers[0] = Slab {
                absorption: pigment(optics) / reference.epidermis_m,
                scattering: reference.skin_reduced_scattering_per_m,
                thickness: reference.epidermis_m,
            };
            layers
        };
        let longer =
            optics.skin_reduced_scattering_per_m * optics.epidermis_m / (reference.skin_reduced_scattering_per_m * reference.epidermis_m);
        let seen_pigment = pigment(optics) * (1.0 + PIGMENT_PATH * (longer - 1.0));
        let background = BACKGROUND_FATS_M.map(|fat| {
            let scale = reflectance(&same_epidermis(optics, fat), None) / reflectance(&same_epidermis(&reference, fat), None);
            table.background_at(fat, seen_pigment) * scale
        });
        // The profiles were made at one pigmentation, over deep fat; their ratio to this person's layers.
        let made_at = &reference;
        let made_slabs = with_pigment(slabs(made_at, PROFILE_FAT_M), table.pigment[PROFILE_PIGMENT] / made_at.epidermis_m);
        let own_pigment = table.pigment_factor(seen_pigment);
        // Away from the wavelength of the table blood is far from the reference's, and a sheet of the diffusion equation, which is
        // dark through and through, answers it by half as much as a tube: the paths' own answer is taken. At that wavelength the
        // diffusion equation keeps it: persons differ by a tenth there, and its error stays below 3 % of the contrast.
        let beyond_fat = made_at.vein_absorption_per_m() - made_at.fat_absorption_per_m;
        let (blood_absorption, response) = if optics.wavelength_nm == MADE_AT_NM {
            (optics.vein_absorption_per_m(), vec![1.0; table.profile.len() / table.offset_m.len()])
        } else {
            let level = (optics.vein_absorption_per_m() - optics.fat_absorption_per_m) / beyond_fat;
            (optics.fat_absorption_per_m + beyond_fat, table.responses(level))
        };
        let mut ratio = [[1.0; RATIO_THICKNESSES_M.len()]; RATIO_DEPTHS_M.len()];
        for (row, depth) in ratio.iter_mut().zip(RATIO_DEPTHS_M) {
            for (value, thickness) in row.iter_mut().zip(RATIO_THICKNESSES_M) {
                // Shallower than the table goes, the table's first depth stands for it.
                let depth_made = depth.max(made_at.epidermis_m + made_at.dermis_m + table.fat_above_m[0]);
                let made = (depth_made, depth_made + thickness, made_at.vein_absorption_per_m(), made_at.blood_reduced_scattering_per_m);
                let own = (depth, depth + thickness, blood_absorption, optics.blood_reduced_scattering_per_m);
                // Pigment is left to the table: the diffusion equation sees it only roughly.
                let fat = fat_m.max(depth + thickness - optics.epidermis_m - optics.dermis_m);
                let layers = with_pigment(slabs(optics, fat), table.pigment[PROFILE_PIGMENT] / optics.epidermis_m);
                *value =
                    own_pigment(depth_made - made_at.epidermis_m - made_at.dermis_m) * contrast(&layers, own) / contrast(&made_slabs, made);
            }
        }
        Ok(Self { optics: optics.clone(), table, background, ratio, response })
    }

    /// The optics that it was made for.
    #[must_use]
    pub fn optics(&self) -> &SkinOptics {
        &self.optics
    }

    /// Diffuse reflectance of skin without a vein over `fat_m` [m] of fat [1].
    #[must_use]
    pub fn background(&self, fat_m: f64) -> f64 {
        let (i, t) = place(&BACKGROUND_FATS_M, fat_m);
        self.background[i] + t * (self.background[i + 1] - self.background[i])
    }

    /// Darkening over a sheet of blood without end sideways: the limit of a wide vein [1].
    #[must_use]
    pub fn sheet_contrast(&self, top_depth_m: f64, thickness_m: f64) -> f64 {
        let reference = SkinOptics::reference(850.0, 0.0);
        let table = self.table;
        let fat_above = top_depth_m - REFERENCE_SKIN_M;
        let (d, t) = place(&table.fat_above_m, fat_above);
        let row = &table.sheet[PROFILE_PIGMENT * table.fat_above_m.len()..][..table.fat_above_m.len()];
        let (shallow, deep) = (row[d].max(1e-9), row[d + 1].max(1e-9));
        let made = proband_core::ops::exp((1.0 - t) * proband_core::ops::ln(shallow) + t * proband_core::ops::ln(deep));
        let (i, ti) = place(&RATIO_DEPTHS_M, top_depth_m);
        let (w, tw) = place(&RATIO_THICKNESSES_M, thickness_m);
        let mixed = |row: &[f64; RATIO_THICKNESSES_M.len()]| row[w] + tw * (row[w + 1] - row[w]);
        let ratio = mixed(&self.ratio[i]) + ti * (mixed(&self.ratio[i + 1]) - mixed(&self.ratio[i]));
        // From the table's thickness to this one, by the diffusion equation in the reference layers.
        let layers = with_pigment(slabs(&reference, PROFILE_FAT_M), table.pigment[PROFILE_PIGMENT] / reference.epidermis_m);
        let depth = top_depth_m.max(REFERENCE_SKIN_M);
        let sheet = |thickness: f64| {
            contrast(&layers, (depth, depth + thickness, reference.vein_absorption_per_m(), reference.blood_reduced_scattering_per_m))
        };
        // A sheet answers blood as the widest vein of its thickness does.
        let widest = *table.semi_h_m.last().unwrap_or(&4e-3);
        let corners = table.corners(fat_above, widest, 0.5 * thickness_m);
        let whole: f64 = corners.iter().map(|(_, weight)| weight).sum();
        let answered: f64 = corners.iter().map(|(row, weight)| weight * self.response[*row]).sum();
        let answer = if whole > 0.0 { answered / whole } else { 1.0 };
        table.blood_factor * made * ratio * answer * sheet(thickness_m) / sheet(SHEET_M)
    }

    /// Darkening (R₀ − R)/R₀ of the skin at a distance across from a vein's axis [1].
    #[must_use]
    pub fn contrast(&self, vein: &VeinSection, offset_m: f64) -> f64 {
        let mut out = [0.0_f32];
        self.fill_profile(vein, offset_m.abs(), 0.0, &mut out);
        f64::from(out[0])
    }

    /// Darkening at the distances `first_m + i·step_m` from the axis, i = 0, 1, … [1]. No allocation.
    pub fn fill_profile(&self, vein: &VeinSection, first_m: f64, step_m: f64, out: &mut [f32]) {
        out.fill(0.0);
        if !(vein.semi_h_m > 0.0 && vein.semi_v_m > 0.0 && vein.top_depth_m.is_finite()) {
            return;
        }
        let table = self.table;
        let (d, td) = place(&RATIO_DEPTHS_M, vein.top_depth_m);
        let (w, tw) = place(&RATIO_THICKNESSES_M, 2.0 * vein.semi_v_m);
        let mixed = |row: &[f64; RATIO_THICKNESSES_M.len()]| row[w] + tw * (row[w + 1] - row[w]);
        let factor = table.blood_factor * (mixed(&self.ratio[d]) + td * (mixed(&self.ratio[d + 1]) - mixed(&self.ratio[d])));
        let reference_skin = REFERENCE_SKIN_M;
        let corners = table
            .corners(vein.top_depth_m - reference_skin, vein.semi_h_m, vein.semi_v_m)
            .map(|(row, weight)| (row, weight * self.response[row]));
        let count = table.offset_m.len();
        let last = table.offset_m[count - 1];
        for (i, value) in out.iter_mut().enumerate() {
            let offset = first_m + i as f64 * step_m;
            if offset >= last * 1.25 {
                break;
            }
            let (u, tu) = place(&table.offset_m, offset);
            let mut sum = 0.0;
            for (row, weight) in corners {
                let profile = &table.profile[row * count..(row + 1) * count];
                sum += weight * (profile[u] + tu * (profile[u + 1] - profile[u]));
            }
            // Beyond the table the profile runs out linearly.
            let fade = if offset > last { (last * 1.25 - offset) / (last * 0.25) } else { 1.0 };
            *value = (factor * sum * fade).clamp(0.0, 1.0) as f32;
        }
    }
}

/// Epidermis and dermis of the reference skin [m].
const REFERENCE_SKIN_M: f64 = 1.56e-3;

/// Absorption of the epidermis times its thickness [1].
fn pigment(optics: &SkinOptics) -> f64 {
    optics.epidermis_absorption_per_m() * optics.epidermis_m
}

fn slabs(optics: &SkinOptics, fat_m: f64) -> Vec<Slab> {
    let skin = optics.skin_reduced_scattering_per_m;
    vec![
        Slab { absorption: optics.epidermis_absorption_per_m(), scattering: skin, thickness: optics.epidermis_m },
        Slab { absorption: optics.dermis_absorption_per_m(), scattering: skin, thickness: optics.dermis_m },
        Slab { absorption: optics.fat_absorption_per_m, scattering: optics.fat_reduced_scattering_per_m, thickness: fat_m },
        Slab { absorption: optics.muscle_absorption_per_m, scattering: optics.muscle_reduced_scattering_per_m, thickness: 1.0 },
    ]
}

fn with_pigment(mut slabs: Vec<Slab>, absorption_per_m: f64) -> Vec<Slab> {
    slabs[0].absorption = absorption_per_m;
    slabs
}

/// Interval of a rising axis that holds `x`, and the place within it, 0 to 1: clamped to the ends.
fn place(axis: &[f64], x: f64) -> (usize, f64) {
    let i = axis.partition_point(|a| *a <= x).clamp(1, axis.len() - 1) - 1;
    (i, ((x - axis[i]) / (axis[i + 1] - axis[i])).clamp(0.0, 1.0))
}

impl KernelTable {
    /// Background of the reference skin: cubic in pigment (in the logarithm), linear in fat.
    fn background_at(&self, fat_m: f64, pigment: f64) -> f64 {
        let (f, t) = place(&self.fat_m, fat_m);
        let count = self.pigment.len();
        let at = |row: usize| {
            let row = &self.background[row * count..(row + 1) * count];
            let logs: Vec<f64> = row.iter().map(|r| proband_core::ops::ln(r.max(1e-9))).collect();
            proband_core::ops::exp(cubic(&self.pigment, &logs, pigment))
        };
        at(f) + t * (at(f + 1) - at(f))
    }

    /// Factor on the contrast of each row of the profiles by the blood's absorption beyond fat's, over that of the reference: straight
    /// between logarithms, kept at the table's ends.
    fn responses(&self, level: f64) -> Vec<f64> {
        let logs: Vec<f64> = self.blood_level.iter().map(|l| proband_core::ops::ln(*l)).collect();
        let (i, t) = place(&logs, proband_core::ops::ln(level.max(self.blood_level[0])));
        let rows = self.response.len() / logs.len();
        let at = |level: usize, row: usize| proband_core::ops::ln(self.response[level * rows + row]);
        (0..rows).map(|row| proband_core::ops::exp((1.0 - t) * at(i, row) + t * at(i + 1, row))).collect()
    }

    /// Factor on the contrast by pigment, as a function of the fat above the lumen.
    fn pigment_factor(&self, pigment: f64) -> impl Fn(f64) -> f64 + '_ {
        let depths = self.fat_above_m.len();
        let (p, t) = place(&self.pigment, pigment);
        move |fat_above_m| {
            let (d, td) = place(&self.fat_above_m, fat_above_m);
            let at = |d: usize| {
                let sheet = |p: usize| self.sheet[p * depths + d];
                (sheet(p) + t * (sheet(p + 1) - sheet(p))) / sheet(PROFILE_PIGMENT).max(1e-9)
            };
            at(d) + td * (at(d + 1) - at(d))
        }
    }

    /// The eight rows of the profile table around a vein with their weights. Depth is mixed in the logarithm's
    /// manner (contrast falls exponentially), sizes linearly, from zero for a closed vein.
    fn corners(&self, fat_above_m: f64, semi_h_m: f64, semi_v_m: f64) -> [(usize, f64); 8] {
        let (d, t) = place(&self.fat_above_m, fat_above_m);
        let peak = |d: usize| self.profile[((d * self.semi_h_m.len() + 2) * self.semi_v_m.len() + 2) * self.offset_m.len()].max(1e-6);
        let (shallow, deep) = (peak(d), peak(d + 1));
        // A geometric mean of the peaks, spread over the two rows in proportion.
        let geometric = proband_core::ops::exp((1.0 - t) * proband_core::ops::ln(shallow) + t * proband_core::ops::ln(deep));
        let linear = (1.0 - t) * shallow + t * deep;
        let depths = [(d, (1.0 - t) * geometric / linear), (d + 1, t * geometric / linear)];
        let from_zero = |axis: &[f64], x: f64| {
            if x < axis[0] {
                [(0, x / axis[0]), (0, 0.0)]
            } else {
                let (i, t) = place(axis, x);
                [(i, 1.0 - t), (i + 1, t)]
            }
        };
        let (across, down) = (from_zero(&self.semi_h_m, semi_h_m), from_zero(&self.semi_v_m, semi_v_m));
        std::array::from_fn(|corner| {
            let ((d, wd), (h, wh), (v, wv)) = (depths[corner & 1], across[(corner >> 1) & 1], down[corner >> 2]);
            ((d * self.semi_h_m.len() + h) * self.semi_v_m.len() + v, wd * wh * wv)
        })
    }
}

/// Cubic through the four nearest points of a table (Lagrange), extrapolated at most to the ends.
fn cubic(axis: &[f64], values: &[f64], x: f64) -> f64 {
    if axis.len() < 4 {
        let (i, t) = place(axis, x);
        return values[i] + t * (values[i + 1] - values[i]);
    }
    let x = x.clamp(axis[0], axis[axis.len() - 1]);
    let first = place(axis, x).0.saturating_sub(1).min(axis.len() - 4);
    (first..first + 4)
        .map(|i| (first..first + 4).filter(|j| *j != i).map(|j| (x - axis[j]) / (axis[i] - axis[j])).product::<f64>() * values[i])
        .sum()
}
