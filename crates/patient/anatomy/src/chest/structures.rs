//! What a CT of the chest shows beside the airways: body, lungs, vessels, bones, the region of the heart. Each with a
//! confidence, and a list of what was not found.

use proband_core::Warnings;
use proband_volume::{Connectivity, Volume, close3, components3, open3};

use super::airway::Airways;
use super::lungs::{AIRWAY, LEFT_LUNG, RIGHT_LUNG, label_chest};
use crate::AnatomyError;

/// Value of the vessels within the lungs, bones, the region of the heart and the rest of the body in a label map.
pub const LUNG_VESSEL: u8 = 4;
/// See [`LUNG_VESSEL`].
pub const BONE: u8 = 5;
/// See [`LUNG_VESSEL`].
pub const HEART_REGION: u8 = 6;
/// See [`LUNG_VESSEL`].
pub const BODY: u8 = 7;

/// CT values [HU]: body from, vessel in lung from, bone from, blood with contrast from. Prior: unverified, usual values.
const BODY_HU: i16 = -300;
const VESSEL_HU: i16 = -500;
const BONE_HU: i16 = 200;
const CONTRAST_HU: i16 = 150;
/// Ball that closes the lungs over their vessels, ball that must fit into the region of the heart [m]. Prior: unverified.
const CLOSING_M: f64 = 6e-3;
const HEART_BALL_M: f64 = 12e-3;
/// Rounds of neighbours around an airway that count as its wall [voxels].
const WALL_ROUNDS: u32 = 2;
/// Volumes of an adult's lung that are usual [m³], for the confidence. Prior: unverified.
const LUNG_M3: std::ops::RangeInclusive<f64> = 0.8e-3..=4.5e-3;
/// Voxels of a piece of bone, at least [m³].
const BONE_PIECE_M3: f64 = 0.5e-6;

/// One structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure3 {
    /// Name, as `right lung`.
    pub name: &'static str,
    /// Its value in the label map.
    pub label: u8,
    /// Volume [m³].
    pub volume_m3: f64,
    /// Standard deviation of the volume from partial volume alone [m³]: all voxels at the border wrong by the same share,
    /// uniform between none and all of the voxel, which is the worst case.
    pub volume_sd_m3: f64,
    /// How far the outline can be trusted, 0 to 1; a judgement by rules, no probability.
    pub confidence: f64,
    /// Why not more.
    pub why: String,
}

/// Structures of a chest.
#[derive(Clone, Debug, PartialEq)]
pub struct ChestStructures {
    /// 0 outside; else the structure.
    pub labels: Volume<u8>,
    /// What was found, by label.
    pub found: Vec<Structure3>,
    /// What was looked for and not found, and what was not looked for.
    pub missing: Vec<String>,
}

/// Name the structures of a chest whose airways are known.
///
/// By thresholds and places: no structure's outline was compared with a reader's but that of the heart, whose region also
/// holds the great vessels and what else lies between the lungs.
///
/// # Errors
/// [`AnatomyError::Volume`] when the lungs' closing does not suit the grid; that does not happen.
pub fn find_structures(ct: &Volume<i16>, airways: &Airways, warnings: &Warnings) -> Result<ChestStructures, AnatomyError> {
    let before = warnings.list().len();
    let mut labels = label_chest(ct, &airways.mask, airways.seed, warnings);
    let one_piece = warnings.list().len() > before;
    let body = body_of(ct);
    let lungs = close3(&labels.map(|l| l == RIGHT_LUNG || l == LEFT_LUNG || l == AIRWAY), CLOSING_M)?;
    let wall = wall_of(&airways.mask);
    let contrast = has_contrast(ct, &labels);
    let heart = heart_region(&labels, &body, &lungs)?;
    let data = ct.data();
    for (at, label) in labels.data_mut().iter_mut().enumerate().filter(|(_, l)| **l == 0) {
        *label = if lungs.data()[at] && data[at] > VESSEL_HU && wall.data()[at] == 0 {
            LUNG_VESSEL
        } else if heart.data()[at] {
            HEART_REGION
        } else if body.data()[at] {
            BODY
        } else {
            0
        };
    }
    bones(ct, &mut labels);
    let mut out = ChestStructures { labels, found: Vec::new(), missing: Vec::new() };
    out.judge(ct, one_piece, contrast);
    Ok(out)
}

/// Everything that does not hang together with the sides of the volume by air.
fn body_of(ct: &Volume<i16>) -> Volume<bool> {
    let [nx, ny, _] = ct.size().map(|n| n as usize);
    let pieces = components3(&ct.map(|v| v < BODY_HU), Connectivity::Six);
    let mut outside = vec![false; pieces.voxel_counts.len() + 1];
    for (at, label) in pieces.labels.data().iter().enumerate().filter(|(_, l)| **l > 0) {
        let (x, y) = (at % nx, at / nx % ny);
        outside[*label as usize] |= x == 0 || y == 0 || x + 1 == nx || y + 1 == ny;
    }
    pieces.labels.map(|label| !outside[label as usize])
}

/// Voxels within two steps of an airway.
fn wall_of(airway: &Volume<u8>) -> Volume<u8> {
    let [nx, ny, _] = airway.size().map(|n| n as usize);
    let mut wall = airway.clone();
    let mut front: Vec<usize> = airway.data().iter().enumerate().filter(|(_, v)| **v > 0).map(|(at, _)| at).collect();
    for _ in 0..WALL_ROUNDS {
        let mut next = Vec::new();
        for at in front {
            let cell = airway.grid().cell(at);
            if (0..3).any(|a| cell[a] == 0 || cell[a] + 1 == airway.size()[a]) {
                continue;
            }
            for code in 0..27 {
                let to = at + code % 3 + code / 3 % 3 * nx + code / 9 * nx * ny - 1 - nx - nx * ny;
                if wall.data()[to] == 0 {
                    wall.data_mut()[to] = 1;
                    next.push(to);
                }
            }
        }
        front = next;
    }
    wall
}

/// The rows' parts between the two lungs.
fn each_between(labels: &Volume<u8>, mut visit: impl FnMut(usize, usize)) {
    let nx = labels.size()[0] as usize;
    for (row, line) in labels.data().chunks_exact(nx).enumerate() {
        let span = |label: u8| Some((line.iter().position(|l| *l == label)?, line.iter().rposition(|l| *l == label)?));
        let (Some(a), Some(b)) = (span(RIGHT_LUNG), span(LEFT_LUNG)) else { continue };
        let (low, high) = if a.1 < b.0 { (a.1 + 1, b.0) } else { (b.1 + 1, a.0) };
        if low < high {
            visit(row * nx + low, row * nx + high);
        }
    }
}

/// Whether a good part of what lies between the lungs is as bright as blood with contrast.
fn has_contrast(ct: &Volume<i16>, labels: &Volume<u8>) -> bool {
    let (mut all, mut bright) = (0_u64, 0_u64);
    each_between(labels, |from, to| {
        all += (to - from) as u64;
        bright += ct.data()[from..to].iter().filter(|v| **v > CONTRAST_HU).count() as u64;
    });
    all > 0 && bright as f64 > 0.15 * all as f64
}

/// What lies between the lungs and is thick: the largest piece into which a ball fits.
fn heart_region(labels: &Volume<u8>, body: &Volume<bool>, lungs: &Volume<bool>) -> Result<Volume<bool>, AnatomyError> {
    let mut between = labels.map(|_| false);
    each_between(labels, |from, to| {
        for at in from..to {
            between.data_mut()[at] = body.data()[at] && !lungs.data()[at];
        }
    });
    let opened = open3(&between, HEART_BALL_M)?;
    let pieces = components3(&opened, Connectivity::Six);
    let largest = pieces.largest().unwrap_or(u32::MAX);
    Ok(pieces.labels.map(|label| label == largest))
}

/// Bright pieces of the body outside of lungs and heart.
fn bones(ct: &Volume<i16>, labels: &mut Volume<u8>) {
    let mut bright = ct.map(|v| v > BONE_HU);
    bright.data_mut().iter_mut().zip(labels.data()).for_each(|(b, l)| *b &= *l == BODY);
    let pieces = components3(&bright, Connectivity::TwentySix);
    let least = (BONE_PIECE_M3 / ct.grid().voxel_m3()) as u64;
    for (label, piece) in labels.data_mut().iter_mut().zip(pieces.labels.data()) {
        if *piece > 0 && pieces.voxel_counts[*piece as usize - 1] >= least {
            *label = BONE;
        }
    }
}

impl ChestStructures {
    /// Volumes, confidences, and what is missing.
    fn judge(&mut self, ct: &Volume<i16>, one_piece: bool, contrast: bool) {
        let [nx, ny, nz] = self.labels.size().map(|n| n as usize);
        let (mut counts, mut borders, mut cut) = ([0_u64; 8], [0_u64; 8], [0_u64; 8]);
        let data = self.labels.data();
        for (at, label) in data.iter().enumerate().filter(|(_, l)| **l > 0) {
            let own = usize::from(*label).min(7);
            let (x, y, z) = (at % nx, at / nx % ny, at / (nx * ny));
            counts[own] += 1;
            let differs = |inside: bool, to: usize| inside && data[to] != *label;
            borders[own] += u64::from(
                differs(x > 0, at.wrapping_sub(1))
                    || differs(x + 1 < nx, at + 1)
                    || differs(y > 0, at.wrapping_sub(nx))
                    || differs(y + 1 < ny, at + nx)
                    || differs(z > 0, at.wrapping_sub(nx * ny))
                    || differs(z + 1 < nz, at + nx * ny),
            );
            cut[own] += u64::from(x == 0 || y == 0 || z == 0 || x + 1 == nx || y + 1 == ny || z + 1 == nz);
        }
        let spacing = ct.grid().spacing_m();
        let thick = spacing.iter().copied().fold(0.0, f64::max);
        let voxel = ct.grid().voxel_m3();
        let names = ["right lung", "left lung", "airways", "vessels in the lungs", "bones", "region of the heart", "rest of the body"];
        for (at, name) in names.into_iter().enumerate() {
            let label = at as u8 + 1;
            let own = usize::from(label);
            if counts[own] == 0 {
                self.missing.push(format!("{name}: nothing found"));
                continue;
            }
            let volume_m3 = counts[own] as f64 * voxel;
            let (mut confidence, mut why) = (1.0_f64, Vec::new());
            let mut less = |factor: f64, reason: &str| {
                confidence *= factor;
                why.push(reason.to_owned());
            };
            let base = match label {
                RIGHT_LUNG | LEFT_LUNG => 0.95,
                AIRWAY => 0.8,
                LUNG_VESSEL => 0.6,
                BONE => 0.6,
                HEART_REGION => 0.5,
                _ => 0.9,
            };
            less(base, "by threshold and place");
            if cut[own] > 0 && label != BODY {
                less(0.8, "cut by the border of the scan");
            }
            if thick > 2e-3 && label != BODY {
                less(0.7, "voxels longer than 2 mm");
            }
            if (label == RIGHT_LUNG || label == LEFT_LUNG) && !LUNG_M3.contains(&volume_m3) {
                less(0.5, "unusual volume");
            }
            if (label == RIGHT_LUNG || label == LEFT_LUNG) && one_piece {
                less(0.7, "both lungs hang together and were split in a plane");
            }
            if label == BONE && contrast {
                less(0.6, "contrast in vessels is as bright as bone");
            }
            let volume_sd_m3 = borders[own] as f64 * voxel / 12_f64.sqrt();
            self.found.push(Structure3 { name, label, volume_m3, volume_sd_m3, confidence, why: why.join("; ") });
        }
        self.missing.push("fissures: not looked for; lobes are shared out by the bronchi that reach them".into());
        self.missing.push("oesophagus, lymph nodes, diaphragm, chest wall muscles: not looked for".into());
    }
}
