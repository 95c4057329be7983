//! The arm: built once from its specification, then only asked.

use nalgebra::Point3;
use proband_core::{Direction, Patient, Position, ops};
use serde::{Deserialize, Serialize};

use crate::course::Course;
use crate::crossing::TubeIndex;
use crate::fat::FatMap;
use crate::skin::Skin;
use crate::{
    AnatomyError, ArmSpec, Crossing, Interfaces, Layers, Ray, Structure, Tissue, Tube, Vessel, VesselDeform, VesselKind, check, deep, fit,
};

/// A forearm and elbow, palm up, z from −120 to +60 mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    spec: ArmSpec,
    skin: Skin,
    fat: FatMap,
    vessels: Vec<Vessel>,
    nerves: Vec<Tube>,
    bones: Vec<Tube>,
    index: Vec<TubeIndex>,
}

/// A vein at one place, as an instrument over the skin would measure it without error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// On the axis.
    pub p: Position<Patient>,
    /// Nearest point of the skin.
    pub p_skin: Position<Patient>,
    /// Arc length along the vessel [m].
    pub arc_m: f64,
    /// Skin to the lumen side of the front wall along the skin's normal [m].
    pub depth_m: f64,
    /// Lumen diameter along the depth [m].
    pub diameter_v_m: f64,
    /// Lumen diameter across [m].
    pub diameter_h_m: f64,
    /// Angle of the axis seen from the palm side, from +z towards +x [rad].
    pub heading_rad: f64,
}

impl Arm {
    /// Distal end of the window [m].
    pub const Z_MIN_M: f64 = -0.120;
    /// Proximal end of the window [m].
    pub const Z_MAX_M: f64 = 0.060;

    /// Build and check an arm. Deterministic.
    ///
    /// # Errors
    /// [`AnatomyError`] that names the first field or structure that is wrong.
    pub fn new(spec: &ArmSpec) -> Result<Self, AnatomyError> {
        check::check_spec(spec)?;
        let skin = Skin::new(spec.shape);
        let courses = courses(spec)?;
        let mut vessels: Vec<Vessel> = Vec::new();
        for vein in &spec.veins {
            if let Some((_, course)) = courses.iter().find(|(k, _)| *k == vein.kind) {
                vessels.push(course.vessel(vein, spec.side, &skin));
            }
        }
        let nerves = deep::nerves(spec, &skin, &vessels, &courses);
        let fat = FatMap::new(spec, &skin, &vessels);
        vessels.push(deep::artery(spec, &skin));
        let bones = deep::bones(spec, &skin);
        fit::check_fit(spec, &skin, &fat, &vessels, &nerves, &bones)?;
        let mut index = Vec::new();
        index.extend(vessels.iter().zip(0..).map(|(v, i)| TubeIndex::new(Structure::Vessel(i), &v.nodes)));
        index.extend(nerves.iter().zip(0..).map(|(v, i)| TubeIndex::new(Structure::Nerve(i), &v.nodes)));
        index.extend(bones.iter().zip(0..).map(|(v, i)| TubeIndex::new(Structure::Bone(i), &v.nodes)));
        Ok(Self { spec: spec.clone(), skin, fat, vessels, nerves, bones, index })
    }

    /// What it was built from.
    #[must_use]
    pub fn spec(&self) -> &ArmSpec {
        &self.spec
    }

    /// Half width of the arm at a place along it [m].
    #[must_use]
    pub fn half_width_m(&self, z: f64) -> f64 {
        self.skin.section(z).half_width
    }

    /// Height of the palm-side skin: y [m] over a place (x, z) [m]. Beyond the sides: y of the arm's widest line.
    #[must_use]
    pub fn skin_y(&self, x: f64, z: f64) -> f64 {
        self.skin.y(x, z)
    }

    /// Outward unit normal of the palm-side skin over a place (x, z) [m].
    #[must_use]
    pub fn skin_normal(&self, x: f64, z: f64) -> Direction<Patient> {
        Direction::from_raw(-self.skin.inward(x, z))
    }

    /// The point of the palm-side skin over a place (x, z) [m].
    #[must_use]
    pub fn skin_point(&self, x: f64, z: f64) -> Position<Patient> {
        Position::new(x, self.skin.y(x, z), z)
    }

    /// The point at a depth [m] under the palm-side skin over (x, z), along the inward normal.
    #[must_use]
    pub fn point_below(&self, x: f64, z: f64, depth_m: f64) -> Position<Patient> {
        Position::from_raw(self.skin.below(x, z, depth_m))
    }

    /// Distance to the nearest skin [m], negative outside of the arm. The inverse of [`Arm::point_below`].
    #[must_use]
    pub fn depth_below_skin(&self, p: Position<Patient>) -> f64 {
        self.skin.foot(&p.0).depth
    }

    /// Thickness of the layers under the palm-side skin at (x, z) [m], along the inward normal.
    #[must_use]
    pub fn layers_at(&self, x: f64, z: f64) -> Layers {
        Layers { epidermis_m: self.spec.epidermis_m, dermis_m: self.spec.dermis_m, fat_m: self.fat.at(x, z) }
    }

    /// What fills a point of the undeformed arm.
    #[must_use]
    pub fn tissue_at(&self, p: Position<Patient>) -> Tissue {
        let foot = self.skin.foot(&p.0);
        if foot.depth < 0.0 {
            return Tissue::Air;
        }
        if let Some(inside) = self.tube_at(&p.0) {
            return inside;
        }
        let below_epidermis = foot.depth - self.spec.epidermis_m;
        let below_dermis = below_epidermis - self.spec.dermis_m;
        if below_epidermis < 0.0 {
            Tissue::Epidermis
        } else if below_dermis < 0.0 {
            Tissue::Dermis
        } else if below_dermis < self.fat.at(foot.x, p.0.z) {
            Tissue::Fat
        } else {
            Tissue::Muscle
        }
    }

    /// The tube around a point: lumina before walls, so that a joint is open.
    fn tube_at(&self, p: &Point3<f64>) -> Option<Tissue> {
        let (tubes, vessels) = (&self.index, &self.vessels);
        let lumen = vessels.iter().zip(tubes).find(|(_, t)| t.contains(p, 0.0));
        if let Some((vessel, _)) = lumen {
            return Some(if vessel.is_artery { Tissue::ArteryLumen } else { Tissue::VeinLumen });
        }
        let wall = vessels.iter().zip(tubes).find(|(v, t)| t.contains(p, v.wall_m));
        if let Some((vessel, _)) = wall {
            return Some(if vessel.is_artery { Tissue::ArteryWall } else { Tissue::VeinWall });
        }
        let rest = tubes.iter().skip(vessels.len()).position(|t| t.contains(p, 0.0))?;
        Some(if rest < self.nerves.len() { Tissue::Nerve } else { Tissue::Bone })
    }

    /// Where a ray passes from layer to layer: 0 for what it has behind it, infinite for what it does not reach.
    #[must_use]
    pub fn interfaces(&self, ray: &Ray) -> Interfaces {
        let top = self.spec.epidermis_m + self.spec.dermis_m;
        let skin_m = self.reach(ray, 0.0, |_, _| 0.0);
        let dermis_m = self.reach(ray, skin_m, |_, _| self.spec.epidermis_m);
        let fat_m = self.reach(ray, dermis_m, |_, _| top);
        let muscle_m = self.reach(ray, fat_m, |x, z| top + self.fat.at(x, z));
        Interfaces { skin_m, dermis_m, fat_m, muscle_m }
    }

    /// Distance along a ray, from `from_m` on, at which the depth reaches `target(x, z)`.
    fn reach(&self, ray: &Ray, from_m: f64, target: impl Fn(f64, f64) -> f64) -> f64 {
        let (o, d) = (ray.origin.0, ray.direction.0);
        let miss = |s: f64| {
            let p = o + d * s;
            let foot = self.skin.foot(&p);
            (foot.depth - target(foot.x, p.z), foot.inward.dot(&d))
        };
        if from_m > ray.length_m {
            return f64::INFINITY;
        }
        let (mut low, mut high) = (from_m, ray.length_m);
        let (at_low, rate) = miss(low);
        if at_low >= 0.0 {
            return low;
        }
        if miss(high).0 < 0.0 {
            // It may go in and out again: the deepest point of a straight line through the arm is near its middle.
            high = 0.5 * (low + high);
            if miss(high).0 < 0.0 {
                return f64::INFINITY;
            }
        }
        // Newton's method, kept inside a bracket.
        let mut s = if rate > 0.02 { low - at_low / rate } else { 0.5 * (low + high) };
        for _ in 0..80 {
            if s <= low || s >= high {
                s = 0.5 * (low + high);
            }
            let (value, rate) = miss(s);
            if value.abs() < 1e-9 {
                break;
            }
            if value < 0.0 {
                low = s
            } else {
                high = s
            }
            s = if rate > 0.02 { s - value / rate } else { 0.5 * (low + high) };
        }
        s
    }

    /// Veins in the order of the specification, then the artery.
    #[must_use]
    pub fn vessels(&self) -> &[Vessel] {
        &self.vessels
    }

    /// Place of a vessel in [`Arm::vessels`], if the arm has it.
    #[must_use]
    pub fn vessel_index(&self, kind: VesselKind) -> Option<u16> {
        self.vessels.iter().zip(0..).find(|(v, _)| v.kind == kind).map(|(_, i)| i)
    }

    /// Nerves.
    #[must_use]
    pub fn nerves(&self) -> &[Tube] {
        &self.nerves
    }

    /// Bones.
    #[must_use]
    pub fn bones(&self) -> &[Tube] {
        &self.bones
    }

    /// Every tube that a ray hits, in the order of entry.
    ///
    /// `deform[i]` says how vessel `i` differs from its reference; a shorter slice leaves the rest undeformed.
    /// `out` is cleared first. Where two veins join, both are hit.
    pub fn crossings(&self, ray: &Ray, deform: &[VesselDeform], out: &mut Vec<Crossing>) {
        out.clear();
        for (i, tube) in self.index.iter().enumerate() {
            let deform = if i < self.vessels.len() { deform.get(i) } else { None };
            tube.crossings(ray, deform, out);
        }
        out.sort_unstable_by(|a, b| a.enter_m.total_cmp(&b.enter_m).then(a.structure.cmp(&b.structure)));
    }

    /// The vessel with this index at a place along the arm; `None` beyond its ends.
    #[must_use]
    pub fn site(&self, vessel: u16, z_m: f64) -> Option<Site> {
        let vessel = self.vessels.get(usize::from(vessel))?;
        if z_m < vessel.nodes.first()?.p.0.z || z_m > vessel.nodes.last()?.p.0.z {
            return None;
        }
        let node = vessel.at_z(z_m);
        let foot = self.skin.foot(&node.p.0);
        Some(Site {
            p: node.p,
            p_skin: self.skin_point(foot.x, z_m),
            arc_m: node.arc_m,
            depth_m: foot.depth - node.semi_v_m,
            diameter_v_m: 2.0 * node.semi_v_m,
            diameter_h_m: 2.0 * node.semi_h_m,
            heading_rad: ops::atan2(node.tangent.0.x, node.tangent.0.z),
        })
    }
}

/// The courses of all veins, each after those on which it starts or ends.
fn courses(spec: &ArmSpec) -> Result<Vec<(VesselKind, Course)>, AnatomyError> {
    let mut done: Vec<(VesselKind, Course)> = Vec::new();
    while done.len() < spec.veins.len() {
        let ready = |k: Option<VesselKind>| k.is_none_or(|k| done.iter().any(|(d, _)| *d == k));
        let next = spec
            .veins
            .iter()
            .find(|v| done.iter().all(|(d, _)| *d != v.kind) && ready(v.starts_on) && ready(v.ends_on))
            .ok_or_else(|| AnatomyError::Veins { what: "veins join in a circle, or one joins a vein that is not there".into() })?;
        let course = Course::new(next, &done)?;
        done.push((next.kind, course));
    }
    Ok(done)
}
