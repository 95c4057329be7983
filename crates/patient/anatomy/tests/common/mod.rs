//! A plain adult arm for tests, built by hand.

#![allow(clippy::unwrap_used, reason = "a helper of tests: what fails stops the test")]

use proband_anatomy::{
    ArmSpec, ArterySpec, BoneSpec, NerveSpec, ShapeSpec, Side, Topology, VeinSpec, VesselKind, standard_course, standard_veins,
};

pub const HALF_WIDTH_M: f64 = 0.043;

pub fn vein(topology: Topology, kind: VesselKind) -> VeinSpec {
    let standard = standard_course(topology, kind, HALF_WIDTH_M, 0.0).unwrap();
    VeinSpec {
        kind,
        course: standard.course,
        starts_on: standard.starts_on,
        ends_on: standard.ends_on,
        depth_m: 4.0e-3,
        diameter_v_m: 3.0e-3,
        diameter_h_m: 4.4e-3,
        taper_per_m: 1.0,
        wall_m: 4.0e-4,
        tortuosity_m: 1.0e-3,
        wavelength_m: 0.045,
        phase_rad: 0.7,
        valve_spacing_m: 0.030,
        valve_first_m: 0.012,
    }
}

pub fn arm(side: Side, topology: Topology) -> ArmSpec {
    ArmSpec {
        side,
        topology,
        shape: ShapeSpec { half_width_m: HALF_WIDTH_M, half_height_m: 0.036, width_taper_per_m: 0.9, height_taper_per_m: 1.1, belly: 0.05 },
        epidermis_m: 6.0e-5,
        dermis_m: 1.4e-3,
        fat_m: 6.0e-3,
        fat_medial_gradient: 0.1,
        fat_proximal_gradient_per_m: 0.8,
        veins: standard_veins(topology).iter().map(|k| vein(topology, *k)).collect(),
        artery: ArterySpec { medial_m: 0.010, depth_m: 0.013, diameter_m: 4.0e-3, wall_m: 4.0e-4 },
        nerves: NerveSpec { median_offset_m: 0.007, median_radius_m: 1.7e-3, cutaneous_gap_m: 1.5e-3, cutaneous_radius_m: 1.0e-3 },
        bones: BoneSpec { depth_m: 0.042, radius_m: 0.008, spread_m: 0.016 },
    }
    .settled()
}
