//! The kernel builder: one set of photon paths in a stack without veins is scored against many veins at once.
//!
//! A vein is taken as extra absorption on the paths (it scatters about as fat does), and light is the same
//! everywhere, so each path that leaves at x_e tells the darkening at every offset u = x_e − x_vein:
//! C(u) = 1 − ⟨w exp(−Δμ L(u))⟩/⟨w⟩, L the way within the ellipse, w the weight by what the layers absorbed.

use proband_core::ops;
use rayon::prelude::*;

use crate::engine::{Entry, Scene, Tally, follow};
use crate::physics::specular;
use crate::random::{PhotonStream, Photons};
use crate::{LightError, SkinOptics, TissueSpec};

/// Cells of the path grid: across and down [m].
const CELL_X_M: f64 = 0.25e-3;
const CELL_Z_M: f64 = 0.2e-3;
const COLUMNS: usize = 144;
const ROWS: usize = 90;
/// A path that has lost this much by the weakest absorption is given up: e⁻⁹ of it is left.
const ABSORPTION_MAX: f64 = 9.0;
const CHUNK: u64 = 256;

/// What the builder is asked for. Lengths in metres.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LedgerSpec {
    pub(crate) photon_count: u64,
    pub(crate) seed: u64,
    /// Fat above the lumen.
    pub(crate) fat_above_m: Vec<f64>,
    pub(crate) semi_h_m: Vec<f64>,
    pub(crate) semi_v_m: Vec<f64>,
    pub(crate) offset_m: Vec<f64>,
    /// Absorption of the epidermis times its thickness.
    pub(crate) pigment: Vec<f64>,
    /// Index of the pigmentation for which the profiles are kept.
    pub(crate) profile_pigment: usize,
    /// Blood's absorption beyond fat's over that of the reference, at which darkening is summed too; may be empty.
    pub(crate) blood_level: Vec<f64>,
}

/// What the paths said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ledger {
    /// Reflectance per pigmentation.
    pub(crate) background: Vec<f64>,
    /// Contrast by [fat above][semi_h][semi_v][offset].
    pub(crate) profile: Vec<f64>,
    /// Contrast of a sheet 3 mm thick by [pigment][fat above].
    pub(crate) sheet: Vec<f64>,
    /// Contrast summed over the offsets at other absorptions of blood, by [blood level][fat above][semi_h][semi_v].
    pub(crate) levels: Vec<f64>,
}

struct Sums<'a> {
    spec: &'a LedgerSpec,
    /// Absorption of each layer; the epidermis carries none.
    absorption: &'a [f64],
    epidermis_m: f64,
    skin_m: f64,
    /// Whether there are veins to score.
    scored: bool,
    extra_per_m: f64,
    // Of the path under way: places of cells relative to the entry, one row per depth.
    layer_m: Vec<f64>,
    steps: Vec<(f64, f64, f64)>,
    lost: f64,
    // Sums over paths.
    background: Vec<f64>,
    profile: Vec<f64>,
    sheet: Vec<f64>,
    levels: Vec<f64>,
    // Scratch.
    grid: Vec<f64>,
    prefix: Vec<f64>,
    exited: Option<f64>,
}

impl Tally<f64> for Sums<'_> {
    fn absorbed(&mut self, _: usize, _: Option<usize>, _: [f64; 3], _: f64) {}
    #[inline]
    fn passed(&mut self, layer: usize, _: Option<usize>, middle: [f64; 3], length: f64) {
        self.layer_m[layer] += length;
        self.lost += self.absorption[layer] * length;
        if self.scored && middle[2] > self.skin_m {
            self.steps.push((middle[0], middle[2], length));
        }
    }
    fn reflected(&mut self, position: [f64; 3], _: [f64; 3], _: f64) {
        self.exited = Some(position[0]);
    }
    fn transmitted(&mut self, _: [f64; 3], _: [f64; 3], _: f64) {}
    #[inline]
    fn wanted(&mut self, _: f64, _: &mut PhotonStream) -> bool {
        self.lost < ABSORPTION_MAX
    }
}

impl<'a> Sums<'a> {
    fn new(spec: &'a LedgerSpec, absorption: &'a [f64], optics: &SkinOptics) -> Self {
        let veins = spec.fat_above_m.len() * spec.semi_h_m.len() * spec.semi_v_m.len();
        Self {
            spec,
            absorption,
            epidermis_m: optics.epidermis_m,
            skin_m: optics.epidermis_m + optics.dermis_m,
            scored: !spec.fat_above_m.is_empty(),
            extra_per_m: optics.vein_absorption_per_m() - optics.fat_absorption_per_m,
            layer_m: vec![0.0; absorption.len()],
            steps: Vec::new(),
            lost: 0.0,
            background: vec![0.0; spec.pigment.len()],
            profile: vec![0.0; veins * spec.offset_m.len()],
            sheet: vec![0.0; spec.pigment.len() * spec.fat_above_m.len()],
            levels: vec![0.0; veins * spec.blood_level.len()],
            grid: vec![0.0; COLUMNS * ROWS],
            prefix: vec![0.0; (COLUMNS + 1) * ROWS],
            exited: None,
        }
    }

    fn photon(&mut self, scene: &Scene<f64>, weight: f64, photon: u64) {
        self.layer_m.fill(0.0);
        self.steps.clear();
        self.lost = 0.0;
        self.exited = None;
        let mut stream = Photons::new(self.spec.seed).stream(photon);
        follow(scene, Entry::down(0.0, weight), &mut stream, self);
        let Some(x_exit) = self.exited else { return };
        let layers = weight * ops::exp(-self.lost);
        let weights: Vec<f64> = self.spec.pigment.iter().map(|p| layers * ops::exp(-p * self.layer_m[0] / self.epidermis_m)).collect();
        for (sum, w) in self.background.iter_mut().zip(&weights) {
            *sum += w;
        }
        let rows = self.fill_grid(x_exit);
        self.score_sheets(&weights);
        self.score_veins(weights[self.spec.profile_pigment], rows);
    }

    /// Ways per cell relative to the place of exit, and their running sums along each row. Returns the rows used.
    fn fill_grid(&mut self, x_exit: f64) -> usize {
        let mut rows = 0;
        for &(x, z, length) in &self.steps {
            let row = ((z - self.skin_m) / CELL_Z_M) as usize;
            let column = (x - x_exit) / CELL_X_M + 0.5 * COLUMNS as f64;
            if row < ROWS && column >= 0.0 && column < COLUMNS as f64 {
                self.grid[row * COLUMNS + column as usize] += length;
                rows = rows.max(row + 1);
            }
        }
        for row in 0..rows {
            let mut sum = 0.0;
            for column in 0..COLUMNS {
                sum += self.grid[row * COLUMNS + column];
                self.prefix[row * (COLUMNS + 1) + column + 1] = sum;
            }
            self.grid[row * COLUMNS..(row + 1) * COLUMNS].fill(0.0);
        }
        rows
    }

    fn score_sheets(&mut self, weights: &[f64]) {
        let depths = self.spec.fat_above_m.len();
        for (d, top) in self.spec.fat_above_m.iter().enumerate() {
            let (top, bottom) = (self.skin_m + top, self.skin_m + top + SHEET_M);
            let within: f64 = self.steps.iter().filter(|s| s.1 > top && s.1 <= bottom).map(|s| s.2).sum();
            if within > 0.0 {
                let dark = -ops::exp_m1(-self.extra_per_m * within);
                for (p, w) in weights.iter().enumerate() {
                    self.sheet[p * depths + d] += w * dark;
                }
            }
        }
    }

    fn score_veins(&mut self, weight: f64, rows: usize) {
        let spec = self.spec;
        let veins = self.profile.len() / spec.offset_m.len().max(1);
        let mut index = 0;
        for top in &spec.fat_above_m {
            if (top / CELL_Z_M) as usize >= rows {
                break;
            }
            for semi_h in &spec.semi_h_m {
                for semi_v in &spec.semi_v_m {
                    // Half chord of each row in columns.
                    let centre = top + semi_v;
                    let (first, last) = ((top / CELL_Z_M) as usize, (((top + 2.0 * semi_v) / CELL_Z_M).ceil() as usize).min(rows));
                    let mut chords = [0.0_f64; ROWS];
                    for (row, chord) in chords.iter_mut().enumerate().take(last).skip(first) {
                        *chord = row_chord((row as f64 * CELL_Z_M - centre) / semi_v, CELL_Z_M / semi_v) * semi_h / CELL_X_M;
                    }
                    for offset in &spec.offset_m {
                        let mut dark = 0.0;
                        for side in [-1.0, 1.0] {
                            let axis = 0.5 * COLUMNS as f64 + side * offset / CELL_X_M;
                            let within: f64 = (first..last).map(|row| self.between(row, axis - chords[row], axis + chords[row])).sum();
                            if within > 0.0 {
                                dark -= ops::exp_m1(-self.extra_per_m * within);
                                let vein = index / spec.offset_m.len();
                                for (level, blood) in spec.blood_level.iter().enumerate() {
                                    self.levels[level * veins + vein] -= 0.5 * weight * ops::exp_m1(-self.extra_per_m * blood * within);
                                }
                            }
                        }
                        self.profile[index] += 0.5 * weight * dark;
                        index += 1;
                    }
                }
            }
        }
    }

    /// Way within a row between two columns, parts of columns by proportion.
    #[inline]
    fn between(&self, row: usize, left: f64, right: f64) -> f64 {
        let sums = &self.prefix[row * (COLUMNS + 1)..(row + 1) * (COLUMNS + 1)];
        let at = |column: f64| {
            let column = column.clamp(0.0, COLUMNS as f64 - 1e-9);
            let i = column as usize;
            sums[i] + (sums[i + 1] - sums[i]) * (column - i as f64)
        };
        at(right) - at(left)
    }
}

/// Thickness of the sheets by which pigmentations are compared [m].
pub(crate) const SHEET_M: f64 = 3e-3;

/// Mean half chord of the unit circle over the row from `from` to `from + height`.
fn row_chord(from: f64, height: f64) -> f64 {
    let integral = |t: f64| {
        let t = t.clamp(-1.0, 1.0);
        0.5 * (t * (1.0 - t * t).max(0.0).sqrt() + ops::asin(t))
    };
    (integral(from + height) - integral(from)) / height
}

impl Ledger {
    /// Send the photons through the reference layers over `fat_m` of fat.
    pub(crate) fn build(optics: &SkinOptics, fat_m: f64, spec: &LedgerSpec) -> Result<Self, LightError> {
        let mut layers = optics.layers(fat_m);
        let absorption: Vec<f64> = layers.iter().enumerate().map(|(i, l)| if i == 0 { 0.0 } else { l.absorption_per_m }).collect();
        for layer in &mut layers {
            layer.absorption_per_m = 0.0;
        }
        let weight = 1.0 - specular(1.0, layers[0].index);
        let scene = Scene::<f64>::new(&TissueSpec::in_air(layers))?;
        let chunk_count = spec.photon_count.div_ceil(CHUNK);
        let mut total = Sums::new(spec, &absorption, optics);
        let mut first = 0;
        while first < chunk_count {
            let last = (first + 64).min(chunk_count);
            let parts: Vec<[Vec<f64>; 4]> = (first..last)
                .into_par_iter()
                .map(|chunk| {
                    let mut sums = Sums::new(spec, &absorption, optics);
                    for photon in chunk * CHUNK..((chunk + 1) * CHUNK).min(spec.photon_count) {
                        sums.photon(&scene, weight, photon);
                    }
                    [sums.background, sums.profile, sums.sheet, sums.levels]
                })
                .collect();
            for part in &parts {
                for (sum, add) in [&mut total.background, &mut total.profile, &mut total.sheet, &mut total.levels].into_iter().zip(part) {
                    for (s, a) in sum.iter_mut().zip(add) {
                        *s += a;
                    }
                }
            }
            first = last;
        }
        let depths = spec.fat_above_m.len();
        let kept = total.background[spec.profile_pigment];
        Ok(Self {
            profile: total.profile.iter().map(|sum| sum / kept).collect(),
            sheet: total.sheet.iter().enumerate().map(|(i, sum)| sum / total.background[i / depths]).collect(),
            levels: total.levels.iter().map(|sum| sum / kept).collect(),
            background: total.background.iter().map(|sum| sum / spec.photon_count as f64).collect(),
        })
    }
}
