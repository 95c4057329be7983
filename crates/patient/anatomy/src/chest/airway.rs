//! Airways from CT: growth up to the leak, then a front that goes on where a wall is around, then pruning by evidence.

use std::collections::BinaryHeap;

use proband_core::Warnings;
use proband_volume::{Connectivity, Volume, components3, grow_dark, grow_until_leak};

use super::outside::Outside;
use super::ring::Rings;
use super::trachea::{index_of, trachea_seed};
use super::tree::AirwayTree;
use crate::AnatomyError;

/// Airways of a CT.
#[derive(Clone, Debug, PartialEq)]
pub struct Airways {
    /// 1 in an airway.
    pub mask: Volume<u8>,
    /// Voxel in the trachea from which all grew.
    pub seed: [u32; 3],
    /// Threshold up to which plain growth went [HU]: below the leak, and below where growth enters noisy lung.
    pub threshold_hu: i16,
    /// Volume found by that growth alone [m³].
    pub grown_m3: f64,
    /// Volume of the mask [m³].
    pub volume_m3: f64,
}

/// Thresholds between which plain growth is tried [HU].
const GROWTH_HU: (i16, i16) = (-960, -700);
/// The first threshold lies at least this far above the seed's value [HU]. Prior: unverified.
const SEED_MARGIN_HU: i16 = 20;
/// Volume that may be added at once before it counts as a leak, and largest airway tree [m³]. Prior: unverified.
const JUMP_M3: f64 = 20e-6;
const TREE_MAX_M3: f64 = 300e-6;
/// Steps of the threshold [HU], and multiple of the smallest rise of a step so far above which growth has sped up [%].
const KNEE_STEP_HU: i16 = 10;
const KNEE_RISE: u64 = 130;
/// Plain growth stops this far below that: the front goes on with more care [HU].
const KNEE_MARGIN_HU: i16 = 20;
/// The front: brightest voxel entered [HU], contrast with one sector left out from which a voxel is a candidate, and
/// contrasts at which evidence is even, in lung and in bright tissue [HU]. Chosen on made chests (seeds 7, 8 and 20).
const ENTERED_HU: i16 = -150;
const CANDIDATE_HU: f64 = 40.0;
const EVEN_LUNG_HU: f64 = 85.0;
const EVEN_TISSUE_HU: f64 = 60.0;
/// Core above which the surroundings cannot be lung [HU].
const TISSUE_CORE_HU: f64 = -600.0;
/// Contrast that counts as one unit of evidence [HU], its bounds, and evidence that a new limb must bring.
const EVIDENCE_HU: f64 = 40.0;
const EVIDENCE_MIN: f64 = -0.5;
const EVIDENCE_MAX: f64 = 1.5;
const LIMB_EVIDENCE: f64 = 12.0;
/// Gaps: neighbours that must be airway, and how much brighter than them a voxel may be [HU]; share of the contrast
/// between the darkest neighbour and the wall that a voxel must keep.
const FILL_NEIGHBOURS: u32 = 3;
const FILL_HU: f64 = 50.0;
const KEEP_SHARE: f64 = 0.5;
/// Neighbours of 26 that make a voxel airway whatever its value, and how often that is done.
const HOLE_NEIGHBOURS: u8 = 17;
const HOLE_ROUNDS: u32 = 3;
/// Most voxels that the front may enter.
const FRONT_MAX: usize = 2_000_000;

/// Find the airways of a CT in Hounsfield units.
///
/// Works on the values as they are: smoothing first would lose half of the tree to partial volume.
///
/// # Errors
/// [`AnatomyError::NoTrachea`] when no trachea is found, [`AnatomyError::Volume`] when growth leaks at once.
pub fn find_airways(ct: &Volume<i16>, warnings: &Warnings) -> Result<Airways, AnatomyError> {
    let seed = trachea_seed(ct).ok_or(AnatomyError::NoTrachea)?;
    find_airways_from(ct, index_of(ct, seed), warnings)
}

/// Find the airways from a voxel in the trachea.
///
/// # Errors
/// As [`find_airways`].
pub fn find_airways_from(ct: &Volume<i16>, seed: [u32; 3], warnings: &Warnings) -> Result<Airways, AnatomyError> {
    let at = ct.grid().offset(seed.map(i64::from)).ok_or(AnatomyError::NoTrachea)?;
    let voxel_m3 = ct.grid().voxel_m3();
    let voxels = |m3: f64| (m3 / voxel_m3).max(1.0) as u64;
    // A threshold below the seed's own value would grow nothing, and all that follows would count as a leak.
    let low = GROWTH_HU.0.max(ct.data()[at].saturating_add(SEED_MARGIN_HU));
    let outside = Outside::of(ct);
    let (threshold_hu, region) = {
        let mut walled = ct.clone();
        walled.data_mut().iter_mut().enumerate().filter(|(i, _)| !outside.holds(at) && outside.holds(*i)).for_each(|(_, v)| *v = i16::MAX);
        let (leak, _) = grow_until_leak(&walled, &[at], low, GROWTH_HU.1, voxels(JUMP_M3), voxels(TREE_MAX_M3))?;
        let knee = knee(&walled, at, low, leak)?;
        (knee, grow_dark(&walled, &[at], knee, u64::MAX)?)
    };
    let mut mask = Volume::filled(*ct.grid(), 0_u8);
    region.paint(&mut mask);
    let core: Vec<u32> = region.runs.iter().flat_map(|(start, count)| *start..*start + *count).collect();
    let front = Front::advance(ct, &mask, &core, warnings);
    front.settle(ct, &mut mask);
    fill_holes(&mut mask);
    // What trimming cut off goes.
    let pieces = components3(&mask.map(|v| v > 0), Connectivity::TwentySix);
    let own = pieces.labels.data()[at];
    mask.data_mut().iter_mut().zip(pieces.labels.data()).for_each(|(v, label)| *v = u8::from(own > 0 && *label == own));
    let count = mask.data().iter().filter(|v| **v > 0).count();
    Ok(Airways { mask, seed, threshold_hu, grown_m3: region.voxel_count as f64 * voxel_m3, volume_m3: count as f64 * voxel_m3 })
}

/// The threshold from which growth speeds up again: then it enters noisy lung rather than the next thinner airway [HU].
fn knee(ct: &Volume<i16>, seed: usize, low: i16, leak: i16) -> Result<i16, AnatomyError> {
    let mut count = grow_dark(ct, &[seed], low, u64::MAX)?.voxel_count;
    let (mut good, mut least) = (low, u64::MAX);
    while good < leak {
        let next = good.saturating_add(KNEE_STEP_HU).min(leak);
        let own = grow_dark(ct, &[seed], next, u64::MAX)?.voxel_count;
        let rise = (own - count) / (next - good) as u64;
        if own - count > KNEE_RISE * least.saturating_mul((next - good) as u64) / 100 {
            break;
        }
        least = least.min(rise.max(1));
        (good, count) = (next, own);
    }
    Ok(good.saturating_sub(KNEE_MARGIN_HU).max(low))
}

/// A voxel that waits, the clearest first; ties in the order of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    contrast: i32,
    voxel: u32,
    parent: u32,
    /// Evidence in thousandths.
    evidence: i32,
    wall_hu: i16,
}

/// Voxels that a front entered, each after its parent.
struct Front {
    voxels: Vec<u32>,
    parents: Vec<u32>,
    evidence: Vec<f64>,
    walls_hu: Vec<i16>,
}

const NO_PARENT: u32 = u32::MAX;

impl Airways {
    /// The airways as a tree, from their end nearest to the head.
    ///
    /// # Errors
    /// As [`AirwayTree::from_mask`].
    pub fn tree(&self) -> Result<AirwayTree, AnatomyError> {
        let grid = self.mask.grid();
        let height = |at: usize| grid.position(grid.cell(at).map(f64::from)).0.z;
        let all = self.mask.data().iter().enumerate().filter(|(_, v)| **v > 0).map(|(at, _)| at);
        let top = all.reduce(|a, b| if height(b) > height(a) { b } else { a });
        AirwayTree::from_mask(&self.mask, top.map_or(self.seed, |at| grid.cell(at)))
    }
}

impl Front {
    fn advance(ct: &Volume<i16>, mask: &Volume<u8>, core: &[u32], warnings: &Warnings) -> Self {
        let rings = Rings::new(ct.grid());
        let mut seen: Vec<bool> = mask.data().iter().map(|v| *v > 0).collect();
        let mut waiting = BinaryHeap::new();
        let mut front = Self { voxels: Vec::new(), parents: Vec::new(), evidence: Vec::new(), walls_hu: Vec::new() };
        for voxel in core {
            look(ct, &rings, *voxel, NO_PARENT, &mut seen, &mut waiting);
        }
        while let Some(next) = waiting.pop() {
            let own = front.voxels.len() as u32;
            front.voxels.push(next.voxel);
            front.parents.push(next.parent);
            front.evidence.push(f64::from(next.evidence) * 1e-3);
            front.walls_hu.push(next.wall_hu);
            if front.voxels.len() >= FRONT_MAX {
                warnings.note("airways", format!("the front was stopped at {FRONT_MAX} voxels: thin airways may be absent"));
                break;
            }
            look(ct, &rings, next.voxel, own, &mut seen, &mut waiting);
        }
        front
    }

    /// Keep limbs that bring evidence, close their gaps, and trim what is hardly darker than the wall.
    fn settle(&self, ct: &Volume<i16>, mask: &mut Volume<u8>) {
        let mut sums = self.evidence.clone();
        for at in (0..sums.len()).rev() {
            if self.parents[at] != NO_PARENT && sums[at] > 0.0 {
                let own = sums[at];
                sums[self.parents[at] as usize] += own;
            }
        }
        let mut kept = vec![false; sums.len()];
        for at in 0..sums.len() {
            kept[at] =
                if self.parents[at] == NO_PARENT { sums[at] > LIMB_EVIDENCE } else { kept[self.parents[at] as usize] && sums[at] > 0.0 };
            if kept[at] {
                mask.data_mut()[self.voxels[at] as usize] = 1;
            }
        }
        let data = ct.data();
        let gaps = self.voxels.iter().filter(|v| mask.data()[**v as usize] == 0).filter(|v| {
            let (mut count, mut sum) = (0_u32, 0.0);
            each_neighbour(ct, **v, |to| {
                if mask.data()[to] > 0 {
                    count += 1;
                    sum += f64::from(data[to]);
                }
            });
            count >= FILL_NEIGHBOURS && f64::from(data[**v as usize]) <= sum / f64::from(count) + FILL_HU
        });
        let gaps: Vec<u32> = gaps.copied().collect();
        gaps.iter().for_each(|v| mask.data_mut()[*v as usize] = 1);
        let faint = self.voxels.iter().zip(&self.walls_hu).filter(|(v, wall)| {
            let own = data[**v as usize];
            let mut darkest = own;
            each_neighbour(ct, **v, |to| {
                if mask.data()[to] > 0 {
                    darkest = darkest.min(data[to]);
                }
            });
            let wall = f64::from(**wall);
            wall - f64::from(own) < KEEP_SHARE * (wall - f64::from(darkest)).max(1.0)
        });
        let faint: Vec<u32> = faint.map(|(v, _)| *v).collect();
        faint.iter().for_each(|v| mask.data_mut()[*v as usize] = 0);
    }
}

/// Fill voxels that are nearly surrounded: noise leaves holes in wide airways, and a skeleton goes around each.
fn fill_holes(mask: &mut Volume<u8>) {
    let [nx, ny, _] = mask.size().map(|n| n as usize);
    let grid = *mask.grid();
    for _ in 0..HOLE_ROUNDS {
        let mut around = vec![0_u8; mask.data().len()];
        for (at, _) in mask.data().iter().enumerate().filter(|(_, v)| **v > 0) {
            let cell = grid.cell(at);
            let inside = (0..3).all(|a| cell[a] > 0 && cell[a] + 1 < grid.size()[a]);
            for code in (0..27_usize).filter(|c| *c != 13 && inside) {
                around[at + code % 3 + code / 3 % 3 * nx + code / 9 * nx * ny - 1 - nx - nx * ny] += 1;
            }
        }
        let mut filled = 0_u64;
        for (v, count) in mask.data_mut().iter_mut().zip(&around) {
            if *v == 0 && *count >= HOLE_NEIGHBOURS {
                *v = 1;
                filled += 1;
            }
        }
        if filled == 0 {
            break;
        }
    }
}

/// Neighbours by face, edge and corner.
fn each_neighbour(ct: &Volume<i16>, voxel: u32, mut visit: impl FnMut(usize)) {
    let at = ct.grid().cell(voxel as usize).map(i64::from);
    for code in (0..27_i64).filter(|c| *c != 13) {
        let to = [at[0] + code % 3 - 1, at[1] + code / 3 % 3 - 1, at[2] + code / 9 - 1];
        if let Some(to) = ct.grid().offset(to) {
            visit(to);
        }
    }
}

/// Put those neighbours that may be airway into the queue.
fn look(ct: &Volume<i16>, rings: &Rings, voxel: u32, parent: u32, seen: &mut [bool], waiting: &mut BinaryHeap<Waiting>) {
    let size = ct.size();
    each_neighbour(ct, voxel, |to| {
        if std::mem::replace(&mut seen[to], true) || ct.data()[to] > ENTERED_HU {
            return;
        }
        let cell = ct.grid().cell(to);
        if (0..3).any(|a| cell[a] < rings.reach[a] || cell[a] + rings.reach[a] >= size[a]) {
            return;
        }
        let found = rings.contrast(ct.data(), to);
        if found.second < CANDIDATE_HU {
            return;
        }
        let even = if found.core > TISSUE_CORE_HU { EVEN_TISSUE_HU } else { EVEN_LUNG_HU };
        let evidence = ((found.weakest - even) / EVIDENCE_HU).clamp(EVIDENCE_MIN, EVIDENCE_MAX);
        waiting.push(Waiting {
            contrast: found.weakest as i32,
            voxel: to as u32,
            parent,
            evidence: (evidence * 1e3) as i32,
            wall_hu: (found.core + found.second) as i16,
        });
    });
}
