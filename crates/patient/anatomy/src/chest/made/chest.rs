//! A made chest: everything together.

use nalgebra::Vector3;
use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::course::{LARGE, branch, shaken};
use super::grow::{any_across, grow};
use super::lungs::{Lobe, LungShape};
use super::nodule::{Nodule, NoduleSpec, place};
use crate::{AirwayBranch, AirwayTree, AnatomyError};

/// What is unusual about a chest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChestVariant {
    /// Nothing.
    Usual,
    /// Left and right exchanged.
    SitusInversus,
    /// A bronchus on the way to the nodule is narrowed by this share of its diameter, 0 to 0.9.
    Stenosis(f64),
    /// Trachea and main bronchi give way in expiration by this share of their diameter, 0 to 0.9.
    Malacia(f64),
}

/// What chest shall be made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MadeChestSpec {
    /// Size against the usual adult chest [1], 0.7 to 1.3.
    pub scale: f64,
    /// Terminal units in both lungs, 50 to 20 000: how far the tree goes.
    pub terminal_count: u32,
    /// What is unusual.
    pub variant: ChestVariant,
    /// The nodule.
    pub nodule: NoduleSpec,
}

impl MadeChestSpec {
    /// A usual chest with 1200 terminal units (about 4 mL each) and a nodule that is drawn.
    #[must_use]
    pub const fn usual() -> Self {
        let nodule = NoduleSpec { lobe: None, diameter_m: None, bronchus_sign: None };
        Self { scale: 1.0, terminal_count: 1200, variant: ChestVariant::Usual, nodule }
    }
}

/// A piece of a pulmonary artery: a capsule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArterySegment {
    /// Where it begins [m].
    pub from_m: [f64; 3],
    /// Where it ends [m].
    pub to_m: [f64; 3],
    /// Its radius [m].
    pub radius_m: f64,
}

impl ArterySegment {
    /// Distance of its surface from a straight line between two points [m]; negative when the line cuts it.
    #[must_use]
    pub fn clearance_m(&self, a: [f64; 3], b: [f64; 3]) -> f64 {
        segments_apart(self.from_m.into(), self.to_m.into(), a.into(), b.into()) - self.radius_m
    }
}

/// A chest at full inspiration, as its CT shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MadeChest {
    /// Airways.
    pub airways: AirwayTree,
    /// The lobe that each branch lies in; `None` before the lobes.
    pub lobes: Vec<Option<Lobe>>,
    /// Arteries beside the airways, one per branch beyond the main bronchi.
    pub arteries: Vec<ArterySegment>,
    /// Lungs.
    pub lungs: LungShape,
    /// The target.
    pub nodule: Nodule,
    /// What is unusual.
    pub variant: ChestVariant,
}

/// Artery against airway: diameters' ratio, and the wall between them against the airway's radius plus a constant [m].
/// Prior: unverified (the ratio is near 1 in healthy adults).
const ARTERY_RATIO: f64 = 0.95;
const WALL: (f64, f64) = (0.25, 0.3e-3);
/// Spread of a large airway's length and diameter [1] and direction [rad]. Prior: unverified.
const LARGE_SPREAD: f64 = 0.06;
const LARGE_TURN_RAD: f64 = 0.07;

/// Make a chest. The same stream gives the same chest.
///
/// # Errors
/// [`AnatomyError::ChestOutOfRange`] names the number that does not fit.
pub fn made_chest(spec: &MadeChestSpec, stream: &mut Stream) -> Result<MadeChest, AnatomyError> {
    let range = |field, value: f64, min, max| {
        if (min..=max).contains(&value) { Ok(()) } else { Err(AnatomyError::ChestOutOfRange { field, value, min, max }) }
    };
    range("scale", spec.scale, 0.7, 1.3)?;
    range("terminal_count", f64::from(spec.terminal_count), 50.0, 20_000.0)?;
    if let ChestVariant::Stenosis(share) | ChestVariant::Malacia(share) = spec.variant {
        range("share of the variant", share, 0.0, 0.9)?;
    }
    let lungs = LungShape { scale: spec.scale, mirror: 1.0 };
    let mut branches: Vec<AirwayBranch> = Vec::new();
    let mut lobes: Vec<Option<Lobe>> = Vec::new();
    for large in &LARGE {
        let generation = large.parent.map_or(0, |p: usize| branches[p].generation + 1);
        let direction = shaken(Vector3::from(large.direction).normalize(), LARGE_TURN_RAD, stream);
        let length = large.length_m * spec.scale * (1.0 + LARGE_SPREAD * stream.normal().clamp(-2.5, 2.5));
        let diameter = large.diameter_m * spec.scale * (1.0 + LARGE_SPREAD * stream.normal().clamp(-2.5, 2.5));
        // The carina is the origin: the trachea ends there.
        let (from, before, wide) = match large.parent {
            None => (-direction * length, direction, 0.5 * diameter),
            Some(p) => {
                let mother = &branches[p];
                let last = mother.points_m.len() - 1;
                (mother.points_m[last].into(), mother.direction_at_end().into(), mother.radius_m[last])
            }
        };
        let radius = [wide.min(0.55 * diameter), 0.5 * diameter];
        branches.push(branch(large.parent, generation, from, from + direction * length, before, radius));
        lobes.push(large.lobe);
    }
    let points = strewn(&lungs, spec.terminal_count, stream);
    for (at, large) in LARGE.iter().enumerate() {
        let Some(lobe) = large.lobe else { continue };
        let own = &points[Lobe::ALL.iter().position(|l| *l == lobe).unwrap_or(0)];
        let diameter = 2.0 * branches[at].radius_m[branches[at].radius_m.len() - 1];
        grow(&mut branches, at, diameter, own, &lungs, stream);
        lobes.resize(branches.len(), Some(lobe));
    }
    let nodule = place(&spec.nodule, &branches, &lobes, &lungs, stream)?;
    if let ChestVariant::Stenosis(share) = spec.variant {
        narrow(&mut branches, nodule.centre_m.into(), share);
    }
    let arteries = accompanying(&branches, stream);
    let airways = AirwayTree::new(branches)?;
    let mut chest = MadeChest { airways, lobes, arteries, lungs, nodule, variant: spec.variant };
    if spec.variant == ChestVariant::SitusInversus {
        mirror(&mut chest);
    }
    Ok(chest)
}

/// Terminal units, evenly in both lungs, by lobe.
fn strewn(lungs: &LungShape, count: u32, stream: &mut Stream) -> [Vec<Vector3<f64>>; 5] {
    let mut out: [Vec<Vector3<f64>>; 5] = std::array::from_fn(|_| Vec::new());
    let [low, high] = lungs.bounds_m();
    let mut found = 0;
    // About half of the box is lung: the bound is never met.
    for _ in 0..count.saturating_mul(40) {
        let p: [f64; 3] = std::array::from_fn(|a| stream.uniform_in(low[a], high[a]));
        if lungs.depth_m(p) > 2e-3 {
            let lobe = lungs.lobe(p);
            out[Lobe::ALL.iter().position(|l| *l == lobe).unwrap_or(0)].push(p.into());
            found += 1;
            if found == count {
                break;
            }
        }
    }
    out
}

/// Narrow the middle of the third branch after the main bronchus on the way to the airway closest to the target.
fn narrow(branches: &mut [AirwayBranch], target: Vector3<f64>, share: f64) {
    let gap = |i: &usize| super::nodule::closest_m(&branches[*i], target);
    let closest = (0..branches.len()).filter(|i| branches[*i].generation >= 4).min_by(|a, b| gap(a).total_cmp(&gap(b)));
    let mut at = closest;
    while let Some(i) = at {
        if branches[i].generation == 4 {
            let count = branches[i].radius_m.len() as f64;
            for (k, r) in branches[i].radius_m.iter_mut().enumerate() {
                let off = (k as f64 + 0.5) / count - 0.5;
                *r *= 1.0 - share * (1.0 - (4.0 * off) * (4.0 * off)).max(0.0);
            }
            return;
        }
        at = branches[i].parent;
    }
}

/// An artery beside each branch from generation 2 on, on one side of it that goes on from mother to daughter.
fn accompanying(branches: &[AirwayBranch], stream: &mut Stream) -> Vec<ArterySegment> {
    let mut sides: Vec<Vector3<f64>> = Vec::with_capacity(branches.len());
    let mut out = Vec::new();
    for branch in branches {
        let direction: Vector3<f64> = branch.direction_at_end().into();
        let before = branch.parent.map_or_else(|| any_across(direction), |p| sides[p]);
        let turned = shaken(before, 0.3, stream);
        let side = (turned - direction * turned.dot(&direction)).try_normalize(1e-6).unwrap_or_else(|| any_across(direction));
        sides.push(side);
        if branch.generation < 2 {
            continue;
        }
        let last = branch.points_m.len() - 1;
        let radius = branch.radius_m[last];
        let shift = side * (radius * (1.0 + WALL.0) + WALL.1 + ARTERY_RATIO * radius);
        let [from, to] = [branch.points_m[0], branch.points_m[last]].map(|p| (Vector3::from(p) + shift).into());
        out.push(ArterySegment { from_m: from, to_m: to, radius_m: ARTERY_RATIO * radius });
    }
    out
}

fn mirror(chest: &mut MadeChest) {
    chest.lungs.mirror = -1.0;
    chest.nodule.centre_m[0] *= -1.0;
    for point in chest.airways.branches.iter_mut().flat_map(|b| &mut b.points_m) {
        point[0] *= -1.0;
    }
    for artery in &mut chest.arteries {
        artery.from_m[0] *= -1.0;
        artery.to_m[0] *= -1.0;
    }
}

/// Smallest distance of two straight pieces (Ericson 2005, Real-Time Collision Detection, 5.1.9).
fn segments_apart(p1: Vector3<f64>, q1: Vector3<f64>, p2: Vector3<f64>, q2: Vector3<f64>) -> f64 {
    let (d1, d2, r) = (q1 - p1, q2 - p2, p1 - p2);
    let (a, e, f) = (d1.norm_squared(), d2.norm_squared(), d2.dot(&r));
    let (s, t);
    if a <= 1e-18 {
        s = 0.0;
        t = if e <= 1e-18 { 0.0 } else { (f / e).clamp(0.0, 1.0) };
    } else {
        let c = d1.dot(&r);
        if e <= 1e-18 {
            t = 0.0;
            s = (-c / a).clamp(0.0, 1.0);
        } else {
            let b = d1.dot(&d2);
            let denominator = a * e - b * b;
            let first = if denominator > 1e-18 { ((b * f - c * e) / denominator).clamp(0.0, 1.0) } else { 0.0 };
            let along = (b * first + f) / e;
            if along < 0.0 {
                t = 0.0;
                s = (-c / a).clamp(0.0, 1.0);
            } else if along > 1.0 {
                t = 1.0;
                s = ((b - c) / a).clamp(0.0, 1.0);
            } else {
                t = along;
                s = first;
            }
        }
    }
    (p1 + d1 * s - p2 - d2 * t).norm()
}
