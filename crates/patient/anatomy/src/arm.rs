//! The arm: built once from its specification, then only asked.

use proband_core::{Direction, Patient, Position};

use crate::{AnatomyError, ArmSpec, Crossing, Interfaces, Layers, Ray, Tissue, Tube, Vessel, VesselDeform};

/// A forearm and elbow, palm up, z from −120 to +60 mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    spec: ArmSpec,
    vessels: Vec<Vessel>,
    nerves: Vec<Tube>,
    bones: Vec<Tube>,
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
        let _ = spec;
        Err(AnatomyError::Veins { what: "the builder is being written".into() })
    }

    /// What it was built from.
    #[must_use]
    pub fn spec(&self) -> &ArmSpec {
        &self.spec
    }

    /// Height of the palm-side skin: y [m] over a place (x, z) [m]. Beyond the sides: y of the arm's widest line.
    #[must_use]
    pub fn skin_y(&self, x: f64, z: f64) -> f64 {
        let _ = (x, z);
        0.0
    }

    /// Outward unit normal of the palm-side skin over a place (x, z) [m].
    #[must_use]
    pub fn skin_normal(&self, x: f64, z: f64) -> Direction<Patient> {
        let _ = (x, z);
        Direction::new(0.0, -1.0, 0.0)
    }

    /// Distance to the nearest skin [m], negative outside of the arm.
    #[must_use]
    pub fn depth_below_skin(&self, p: Position<Patient>) -> f64 {
        p.0.y - self.skin_y(p.0.x, p.0.z)
    }

    /// Thickness of the layers under the palm-side skin at (x, z) [m], along the inward normal.
    #[must_use]
    pub fn layers_at(&self, x: f64, z: f64) -> Layers {
        let _ = (x, z);
        Layers { epidermis_m: self.spec.epidermis_m, dermis_m: self.spec.dermis_m, fat_m: self.spec.fat_m }
    }

    /// What fills a point of the undeformed arm.
    #[must_use]
    pub fn tissue_at(&self, p: Position<Patient>) -> Tissue {
        let _ = p;
        Tissue::Air
    }

    /// Where a ray from outside (or just inside) passes from layer to layer.
    #[must_use]
    pub fn interfaces(&self, ray: &Ray) -> Interfaces {
        let _ = ray;
        Interfaces { skin_m: f64::INFINITY, dermis_m: f64::INFINITY, fat_m: f64::INFINITY, muscle_m: f64::INFINITY }
    }

    /// Veins, then the artery.
    #[must_use]
    pub fn vessels(&self) -> &[Vessel] {
        &self.vessels
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
        let _ = (ray, deform);
        out.clear();
    }
}
