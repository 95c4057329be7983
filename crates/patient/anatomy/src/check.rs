//! Every number of a specification in its range, every vein in its place, before anything is built.

use crate::{AnatomyError, Arm, ArmSpec, Topology, VeinSpec, VesselKind};

fn in_range(field: impl Into<String>, value: f64, unit: &'static str, min: f64, max: f64) -> Result<(), AnatomyError> {
    // Also refuses NaN.
    if value >= min && value <= max { Ok(()) } else { Err(AnatomyError::OutOfRange { field: field.into(), value, unit, min, max }) }
}

/// Check a specification without building it.
pub(crate) fn check_spec(spec: &ArmSpec) -> Result<(), AnatomyError> {
    let s = &spec.shape;
    in_range("shape.half_width_m", s.half_width_m, "m", 0.020, 0.100)?;
    in_range("shape.half_height_m", s.half_height_m, "m", 0.018, 0.090)?;
    in_range("shape.width_taper_per_m", s.width_taper_per_m, "1/m", -2.0, 3.0)?;
    in_range("shape.height_taper_per_m", s.height_taper_per_m, "1/m", -2.0, 3.0)?;
    in_range("shape.belly", s.belly, "1", -0.1, 0.2)?;
    in_range("epidermis_m", spec.epidermis_m, "m", 2e-5, 5e-4)?;
    in_range("dermis_m", spec.dermis_m, "m", 2e-4, 5e-3)?;
    in_range("fat_m", spec.fat_m, "m", 5e-4, 0.040)?;
    in_range("fat_medial_gradient", spec.fat_medial_gradient, "1", -0.5, 0.5)?;
    in_range("fat_proximal_gradient_per_m", spec.fat_proximal_gradient_per_m, "1/m", -3.0, 3.0)?;
    let a = &spec.artery;
    in_range("artery.medial_m", a.medial_m, "m", -0.5 * s.half_width_m, 0.7 * s.half_width_m)?;
    in_range("artery.depth_m", a.depth_m, "m", 0.003, s.half_height_m)?;
    in_range("artery.diameter_m", a.diameter_m, "m", 0.001, 0.010)?;
    in_range("artery.wall_m", a.wall_m, "m", 1e-4, 2e-3)?;
    let n = &spec.nerves;
    in_range("nerves.median_offset_m", n.median_offset_m, "m", 0.002, 0.030)?;
    in_range("nerves.median_radius_m", n.median_radius_m, "m", 5e-4, 5e-3)?;
    in_range("nerves.cutaneous_gap_m", n.cutaneous_gap_m, "m", 5e-4, 0.015)?;
    in_range("nerves.cutaneous_radius_m", n.cutaneous_radius_m, "m", 2e-4, 2e-3)?;
    let b = &spec.bones;
    in_range("bones.radius_m", b.radius_m, "m", 0.003, 0.020)?;
    in_range("bones.spread_m", b.spread_m, "m", 1.05 * b.radius_m, 0.8 * s.half_width_m)?;
    in_range("bones.depth_m", b.depth_m, "m", 0.008, 1.8 * s.half_height_m)?;
    check_topology(spec)?;
    spec.veins.iter().try_for_each(|v| check_vein(v, spec))
}

/// The veins that a topology has.
pub(crate) fn veins_of(topology: Topology) -> &'static [VesselKind] {
    use VesselKind::{Basilic, Cephalic, MedianAntebrachial, MedianBasilic, MedianCephalic, MedianCubital};
    match topology {
        Topology::MedianCubital => &[Cephalic, Basilic, MedianCubital, MedianAntebrachial],
        Topology::MedianSplit => &[Cephalic, Basilic, MedianAntebrachial, MedianCephalic, MedianBasilic],
        Topology::Separate => &[Cephalic, Basilic, MedianAntebrachial],
    }
}

fn check_topology(spec: &ArmSpec) -> Result<(), AnatomyError> {
    let wanted = veins_of(spec.topology);
    for kind in wanted {
        let count = spec.veins.iter().filter(|v| v.kind == *kind).count();
        if count != 1 {
            return Err(AnatomyError::Veins {
                what: format!("the {:?} pattern needs one {} vein, {count} are given", spec.topology, kind.name()),
            });
        }
    }
    match spec.veins.iter().find(|v| !wanted.contains(&v.kind)) {
        Some(v) => Err(AnatomyError::Veins { what: format!("the {:?} pattern has no {}", spec.topology, v.kind.name()) }),
        None => Ok(()),
    }
}

fn check_vein(vein: &VeinSpec, spec: &ArmSpec) -> Result<(), AnatomyError> {
    let name = vein.kind.name();
    let field = |f: &str| format!("veins.{name}.{f}");
    let skin = spec.epidermis_m + spec.dermis_m;
    in_range(field("diameter_v_m"), vein.diameter_v_m, "m", 3e-4, 0.012)?;
    in_range(field("diameter_h_m"), vein.diameter_h_m, "m", 3e-4, 0.015)?;
    in_range(field("wall_m"), vein.wall_m, "m", 5e-5, 1.5e-3)?;
    in_range(field("depth_m"), vein.depth_m, "m", skin + vein.wall_m, 0.022)?;
    in_range(field("taper_per_m"), vein.taper_per_m, "1/m", -2.5, 2.5)?;
    in_range(field("tortuosity_m"), vein.tortuosity_m, "m", 0.0, 0.004)?;
    in_range(field("wavelength_m"), vein.wavelength_m, "m", 0.020, 1.0)?;
    in_range(field("phase_rad"), vein.phase_rad, "rad", -10.0, 10.0)?;
    in_range(field("valve_spacing_m"), vein.valve_spacing_m, "m", 0.005, 1.0)?;
    in_range(field("valve_first_m"), vein.valve_first_m, "m", 0.0, 1.0)?;
    let bad = |what: String| Err(AnatomyError::Course { vein: name, what });
    if vein.course.len() < 2 || vein.course.len() > 64 {
        return bad(format!("{} points; 2 to 64 are allowed", vein.course.len()));
    }
    for point in &vein.course {
        in_range(field("course.z_m"), point.z_m, "m", Arm::Z_MIN_M, Arm::Z_MAX_M)?;
        in_range(field("course.medial_m"), point.medial_m, "m", -0.9 * spec.shape.half_width_m, 0.9 * spec.shape.half_width_m)?;
    }
    if let Some(pair) = vein.course.windows(2).find(|p| p[1].z_m - p[0].z_m < 0.002) {
        return bad(format!("z does not rise by 2 mm from {} m to {} m", pair[0].z_m, pair[1].z_m));
    }
    if vein.starts_on == Some(vein.kind) || vein.ends_on == Some(vein.kind) {
        return bad("joins itself".into());
    }
    Ok(())
}
