//! Claims about `proband-anatomy`. The arms are those of sampled adults.

use proband_anatomy::{Arm, Ray, Structure, Tissue, Topology, VesselKind};
use proband_core::{Direction, Position, Stream};
use proband_twin::Population;

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("anatomy-ray-depth", ray_depth), claim!("anatomy-ray-tissue", ray_tissue), claim!("anatomy-skin-depth", skin_depth)];

const SEED: u64 = 401;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn arm(index: u32) -> Result<Arm, String> {
    let patient = Population::adult().patient(SEED, index).map_err(text)?;
    Arm::new(&patient.truth.arm).map_err(text)
}

fn ray_depth() -> Result<Vec<Obtained>, String> {
    let (mut count, mut depth_error, mut height_error) = (0.0, 0.0_f64, 0.0_f64);
    let mut hits = Vec::new();
    for index in 0..150 {
        let arm = arm(index)?;
        if arm.spec().topology != Topology::MedianCubital {
            continue;
        }
        let kind = VesselKind::MedianCubital;
        let vessel = arm.vessel_index(kind).ok_or("no median cubital vein")?;
        let spec = arm.spec().veins.iter().find(|v| v.kind == kind).ok_or("no specification of the vein")?;
        let site = arm.site(vessel, 0.0).ok_or("the vein does not pass the crease")?;
        let inward = -arm.skin_normal(site.p_skin.0.x, site.p_skin.0.z);
        arm.crossings(&Ray { origin: site.p_skin, direction: inward, length_m: 0.04 }, &[], &mut hits);
        let hit = hits.iter().find(|h| h.structure == Structure::Vessel(vessel)).ok_or("the ray misses the vein")?;
        depth_error = depth_error.max((hit.enter_m - spec.depth_m).abs());
        height_error = height_error.max((hit.exit_m - hit.enter_m - spec.diameter_v_m).abs());
        count += 1.0;
    }
    Ok(vec![
        Obtained::new("arms measured of 150", count),
        Obtained::new("largest error of depth", depth_error * 1e3),
        Obtained::new("largest error of height", height_error * 1e3),
    ])
}

/// Rays like a needle's, like an ultrasound column's, and any.
fn ray(arm: &Arm, kind: u32, stream: &mut Stream) -> Ray {
    let z = stream.uniform_in(-0.110, 0.050);
    let x = stream.uniform_in(-0.65, 0.65) * arm.half_width_m(z);
    let direction = match kind % 3 {
        0 => Direction::new(stream.uniform_in(-0.3, 0.3), stream.uniform_in(0.2, 0.5), 1.0),
        1 => -arm.skin_normal(x, z),
        _ => Direction::new(stream.normal(), 0.2 + stream.normal().abs(), stream.normal()),
    };
    Ray { origin: Position::new(x, arm.skin_y(x, z) - 0.002, z), direction: direction.normalised(), length_m: 0.045 }
}

fn ray_tissue() -> Result<Vec<Obtained>, String> {
    let (mut compared, mut in_lumen, mut wrong, mut wrong_border) = (0.0, 0.0, 0.0, 0.0);
    let mut hits = Vec::new();
    for index in 0..80 {
        let arm = arm(index)?;
        let mut stream = Stream::new(SEED, index, "verify.rays");
        for kind in 0..60 {
            let ray = ray(&arm, kind, &mut stream);
            arm.crossings(&ray, &[], &mut hits);
            hits.retain(|h| matches!(h.structure, Structure::Vessel(_)));
            for step in 0..45 {
                let s = (f64::from(step) + 0.5) * 1e-3;
                let tissue = arm.tissue_at(ray.origin + ray.direction * s);
                let lumen = matches!(tissue, Tissue::VeinLumen | Tissue::ArteryLumen);
                let crossed = hits.iter().any(|h| (h.enter_m..=h.exit_m).contains(&s));
                // Distance to the border along the ray, and across it for a ray that only grazes the tube.
                let near = hits.iter().any(|h| {
                    let across = h.semi_lateral_m - h.offset_m.abs();
                    (h.enter_m - s).abs().min((h.exit_m - s).abs()).min(across) < 5e-5
                });
                compared += 1.0;
                in_lumen += f64::from(u8::from(lumen));
                // Outside of the skin there are no tubes: a crossing there would be a vein above the skin.
                wrong += f64::from(u8::from(lumen != crossed && !near));
            }
            let found = arm.interfaces(&ray);
            let spec = arm.spec();
            for (at, depth) in [(found.skin_m, 0.0), (found.dermis_m, spec.epidermis_m), (found.fat_m, spec.epidermis_m + spec.dermis_m)] {
                let there = arm.depth_below_skin(ray.origin + ray.direction * at);
                wrong_border += f64::from(u8::from(at.is_finite() && (there - depth).abs() > 1e-6));
            }
        }
    }
    Ok(vec![
        Obtained::new("points compared", compared),
        Obtained::new("points in a vessel's lumen", in_lumen),
        Obtained::new("points that disagree further than 50 um from a border", wrong),
        Obtained::new("layer borders that disagree with the depth", wrong_border),
    ])
}

fn skin_depth() -> Result<Vec<Obtained>, String> {
    let mut worst = 0.0_f64;
    for index in 0..20 {
        let arm = arm(index)?;
        let mut stream = Stream::new(SEED, index, "verify.skin");
        for _ in 0..200 {
            let z = stream.uniform_in(-0.115, 0.055);
            let x = stream.uniform_in(-0.7, 0.7) * arm.half_width_m(z);
            // Beyond the centre of curvature another point of the skin is nearer.
            let depth = stream.uniform_in(0.0, 0.5 * arm.half_width_m(z)).min(0.020);
            worst = worst.max((arm.depth_below_skin(arm.point_below(x, z, depth)) - depth).abs());
        }
    }
    Ok(vec![Obtained::new("largest error to 20 mm of depth", worst * 1e3)])
}
