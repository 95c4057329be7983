//! From drawn values to the specifications of the subsystems.

use proband_anatomy::{
    ArmSpec, ArterySpec, BoneSpec, NerveSpec, ShapeSpec, Topology, VeinSpec, VesselKind, standard_course, standard_veins,
};
use proband_light::{MelanosomeFormula, SkinOptics};
use proband_physiology::{LeakSpec, MotionSpec, VasovagalSpec, VenousSpec, feed_resistance_pa_s_per_m3};
use proband_sound::{AcousticSpec, TissueSound};
use proband_tissue::{LayerMechanics, NeedleTissueSpec, RollingMechanics, VesselWallMechanics};

use crate::prior::{DEPTH_MAX_M, DEPTH_MIN_M, DIAMETER_MAX_M, DIAMETER_MIN_M};
use crate::values::Values;
use crate::{Person, TwinError};

/// Wavelength at which the optics are given [nm]; a lamp of another colour takes [`crate::Truth::optics_at`].
pub(crate) const WAVELENGTH_NM: f64 = 850.0;
/// Viscosity of blood in the feeding vein [Pa s]; prior: unverified.
const VISCOSITY_PA_S: f64 = 3.5e-3;

/// The pattern of the superficial veins.
pub(crate) fn topology(v: &Values) -> Result<Topology, TwinError> {
    Ok(if v.is("arm.pattern.median_cubital")? {
        Topology::MedianCubital
    } else if v.is("arm.pattern.median_split")? {
        Topology::MedianSplit
    } else {
        Topology::Separate
    })
}

/// The arm.
pub(crate) fn arm(person: &Person, v: &Values) -> Result<ArmSpec, TwinError> {
    let half_width_m = v.get("arm.half_width_m")?;
    let topology = topology(v)?;
    let veins = standard_veins(topology).iter().map(|k| vein(topology, *k, half_width_m, v));
    let artery_radius = 0.5 * v.get("artery.diameter_m")?;
    let nerve_radius = radius_m(v.get("nerve.median.area_m2")?);
    // The nerve lies beside the artery, never in it.
    let apart = artery_radius + v.get("artery.wall_m")? + nerve_radius + 3.0e-4;
    let radius = v.get("bone.radius_m")?;
    let spec = ArmSpec {
        side: person.side,
        topology,
        shape: ShapeSpec {
            half_width_m,
            half_height_m: half_width_m * v.get("arm.height_per_width")?,
            width_taper_per_m: v.get("arm.width_taper_per_m")?,
            height_taper_per_m: v.get("arm.height_taper_per_m")?,
            belly: v.get("arm.belly")?,
        },
        epidermis_m: v.get("skin.epidermis_m")?,
        dermis_m: v.get("skin.dermis_m")?,
        fat_m: v.get("arm.fat_m")?.clamp(0.001, 0.030),
        fat_medial_gradient: v.get("arm.fat_medial_gradient")?,
        fat_proximal_gradient_per_m: v.get("arm.fat_proximal_gradient_per_m")?,
        veins: veins.collect::<Result<_, _>>()?,
        artery: ArterySpec {
            medial_m: v.get("artery.medial_m")?,
            depth_m: v.get("artery.depth_m")?,
            diameter_m: 2.0 * artery_radius,
            wall_m: v.get("artery.wall_m")?,
        },
        nerves: NerveSpec {
            median_offset_m: v.get("nerve.median.offset_m")?.max(apart),
            median_radius_m: nerve_radius,
            cutaneous_gap_m: v.get("nerve.cutaneous.gap_m")?,
            cutaneous_radius_m: radius_m(v.get("nerve.cutaneous.area_m2")?),
        },
        bones: BoneSpec { depth_m: 1.05 * half_width_m * v.get("arm.height_per_width")?, radius_m: radius, spread_m: 0.38 * half_width_m },
    };
    Ok(spec.settled())
}

fn radius_m(area_m2: f64) -> f64 {
    (area_m2 / std::f64::consts::PI).sqrt()
}

fn vein(topology: Topology, kind: VesselKind, half_width_m: f64, v: &Values) -> Result<VeinSpec, TwinError> {
    let name = kind.name();
    let own = |what: &str| v.get(&format!("vein.{name}.{what}"));
    let place = |what: &str| v.get(&format!("{}{name}.{what}", crate::prior::LAYOUT_PREFIX));
    let standard = standard_course(topology, kind, half_width_m, place("shift_m")?)
        .ok_or_else(|| TwinError::Parameter { name: format!("vein.{name}"), what: format!("is no vein of the {topology:?} pattern") })?;
    let size = own("diameter_factor")?;
    let diameter = |m: f64| (m * size).clamp(DIAMETER_MIN_M, DIAMETER_MAX_M);
    Ok(VeinSpec {
        kind,
        course: standard.course,
        starts_on: standard.starts_on,
        ends_on: standard.ends_on,
        depth_m: (v.get("vein.reference.depth_m")? * own("depth_factor")?).clamp(DEPTH_MIN_M, DEPTH_MAX_M),
        diameter_v_m: diameter(v.get("vein.reference.diameter_v_m")?),
        diameter_h_m: diameter(v.get("vein.reference.diameter_h_m")?),
        taper_per_m: v.get("vein.taper_per_m")?,
        wall_m: v.get("vein.wall_m")?,
        tortuosity_m: place("tortuosity_m")?.min(0.0025),
        wavelength_m: place("wavelength_m")?,
        phase_rad: place("phase_rad")?,
        valve_spacing_m: v.get("vein.valve_spacing_m")?,
        valve_first_m: own("valve_first_m")?,
    })
}

/// Optics at a wavelength [nm].
pub(crate) fn optics(arm: &ArmSpec, v: &Values, wavelength_nm: f64) -> Result<SkinOptics, TwinError> {
    let mut o = SkinOptics::reference(wavelength_nm, v.get("optics.melanin_fraction")?);
    o.melanosome = match v.get("optics.melanosome_formula")? {
        f if f < 1.0 => MelanosomeFormula::A,
        f if f < 2.0 => MelanosomeFormula::B,
        _ => MelanosomeFormula::C,
    };
    o.melanosome_scale = v.get("optics.melanosome_scale")?;
    o.epidermis_m = arm.epidermis_m;
    o.dermis_m = arm.dermis_m;
    o.dermis_blood_fraction = v.get("optics.dermis_blood_fraction")?;
    o.dermis_saturation = v.get("optics.dermis_saturation")?;
    o.vein_saturation = v.get("optics.vein_saturation")?;
    o.haemoglobin_kg_per_m3 = v.get("blood.haemoglobin_kg_m3")?;
    o.skin_reduced_scattering_per_m *= v.get("optics.skin_scattering_factor")?;
    o.fat_reduced_scattering_per_m *= v.get("optics.fat_scattering_factor")?;
    o.muscle_reduced_scattering_per_m *= v.get("optics.muscle_scattering_factor")?;
    o.blood_reduced_scattering_per_m *= v.get("optics.blood_scattering_factor")?;
    o.fat_absorption_per_m *= v.get("optics.fat_absorption_factor")?;
    o.muscle_absorption_per_m *= v.get("optics.muscle_absorption_factor")?;
    o.skin_index = v.get("optics.skin_index")?;
    o.fat_index = v.get("optics.fat_index")?;
    o.muscle_index = v.get("optics.muscle_index")?;
    o.mottle_relative = v.get("optics.mottle_relative")?;
    o.mottle_length_m = v.get("optics.mottle_length_m")?;
    o.texture_relative = v.get("optics.texture_relative")?;
    o.hair_density_per_m2 = v.get("optics.hair_density_per_m2")?.min(1.0e5);
    o.check().map_err(|e| refused("optics", &e))?;
    Ok(o)
}

/// Acoustics. Epidermis goes with the dermis, nerve and bone keep their textbook values.
pub(crate) fn acoustics(v: &Values) -> Result<AcousticSpec, TwinError> {
    let textbook = AcousticSpec::textbook();
    let tissue = |name: &str, base: TissueSound| -> Result<TissueSound, TwinError> {
        Ok(TissueSound {
            speed_m_s: v.get(&format!("sound.{name}.speed_m_s"))?,
            attenuation_db_cm_mhz: base.attenuation_db_cm_mhz * v.get(&format!("sound.{name}.attenuation_factor"))?,
            echogenicity_db: base.echogenicity_db + v.get(&format!("sound.{name}.echogenicity_db"))?,
            ..base
        })
    };
    let spec = AcousticSpec {
        epidermis: tissue("skin", textbook.epidermis)?,
        dermis: tissue("skin", textbook.dermis)?,
        fat: tissue("fat", textbook.fat)?,
        muscle: tissue("muscle", textbook.muscle)?,
        blood: tissue("blood", textbook.blood)?,
        vessel_wall: tissue("vessel_wall", textbook.vessel_wall)?,
        ..textbook
    };
    spec.check().map_err(|e| refused("sound", &e))?;
    Ok(spec)
}

/// Needle mechanics.
pub(crate) fn needle(v: &Values) -> Result<NeedleTissueSpec, TwinError> {
    let mut n = NeedleTissueSpec::reference_adult();
    let (stiffness, cutting) = (v.get("needle.stiffness_factor")?, v.get("needle.cutting_factor")?);
    n.stiffness_n_per_m *= stiffness;
    n.stiffness_n_per_m2 *= stiffness;
    n.skin_puncture_n = v.get("needle.skin_puncture_n")?;
    n.dry_factor = if v.is("needle.is_dry")? { v.get("needle.dry_factor")? } else { 1.0 };
    n.speed_exponent = v.get("needle.speed_exponent")?;
    n.relaxation_s = v.get("needle.relaxation_s")?;
    let layer = |base: &LayerMechanics, drag: f64| LayerMechanics::from_drag(cutting * base.cutting_n, drag);
    let fat_drag = v.get("needle.fat_drag_n_per_m")?;
    n.skin = layer(&n.skin, v.get("needle.skin_drag_n_per_m")?);
    n.fat = layer(&n.fat, fat_drag);
    n.muscle = layer(&n.muscle, v.get("needle.muscle_drag_n_per_m")?);
    n.nerve = layer(&n.nerve, fat_drag);
    n.fascia_puncture_n = v.get("needle.fascia_puncture_n")?;
    n.vein = VesselWallMechanics {
        pop_n: v.get("needle.vein_pop_n")?,
        pop_factor: if v.is("needle.no_pop")? { v.get("needle.no_pop_factor")? } else { 1.0 },
        back_factor: n.vein.back_factor,
        stiffness_n_per_m: v.get("needle.wall_stiffness_n_per_m")?,
        clearance_per_chord: v.get("needle.clearance_per_chord")?,
    };
    n.artery = VesselWallMechanics { pop_n: n.vein.pop_n * v.get("needle.artery_pop_factor")?, pop_factor: 1.0, ..n.artery };
    n.rolling = RollingMechanics {
        lateral_stiffness_n_per_m: v.get("needle.lateral_stiffness_n_per_m")?,
        friction: v.get("needle.roll_friction")?,
        traction_factor: v.get("needle.traction_factor")?,
    };
    n.bed_stiffness_n_per_m2 *= v.get("needle.bed_stiffness_factor")?;
    n.check().map_err(|e| refused("needle", &e))?;
    Ok(n)
}

/// Veins as a hydraulic system, for a site in the given vein.
pub(crate) fn venous(reference: &VeinSpec, v: &Values) -> Result<VenousSpec, TwinError> {
    let mut s = VenousSpec::reference_adult();
    s.resting_pressure_pa = v.get("venous.resting_pressure_pa")?;
    s.central_pressure_pa = s.resting_pressure_pa - v.get("venous.central_drop_pa")?;
    s.tissue_pressure_pa = v.get("venous.tissue_pressure_pa")?;
    s.systolic_pa = v.get("vitals.systolic_pa")?;
    s.diastolic_pa = v.get("vitals.diastolic_pa")?.min(0.9 * s.systolic_pa);
    s.inflow_m3_s = v.get("venous.inflow_m3_s")?;
    s.unstressed_volume_m3 = v.get("venous.unstressed_volume_m3")?;
    s.wall_stiffness_pa *= v.get("venous.wall_stiffness_factor")?;
    let (semi_h, semi_v) = (0.5 * reference.diameter_h_m, 0.5 * reference.diameter_v_m);
    s.feed_resistance_pa_s_per_m3 = feed_resistance_pa_s_per_m3(semi_h, semi_v, v.get("venous.feed_length_m")?, VISCOSITY_PA_S);
    s.wall_time_s = v.get("venous.wall_time_s")?;
    s.height_share_distended = v.get("venous.height_share_distended")?;
    s.height_share_collapsed = v.get("venous.height_share_collapsed")?;
    s.check().map_err(|e| refused("venous", &e))?;
    Ok(s)
}

/// Motion of the arm.
pub(crate) fn motion(v: &Values) -> Result<MotionSpec, TwinError> {
    let mut m = MotionSpec::reference_adult();
    m.tremor_low_hz = v.get("motion.tremor_low_hz")?;
    m.tremor_high_hz = m.tremor_low_hz + v.get("motion.tremor_band_hz")?;
    m.tremor_peak_m = v.get("motion.tremor_peak_m")?.min(0.004);
    m.breathing_hz = v.get("motion.breathing_hz")?;
    m.breathing_m = v.get("motion.breathing_m")?;
    m.startle_probability = v.get("motion.startle_probability")?;
    m.startle_latency_s = v.get("motion.startle_latency_s")?;
    m.startle_speed_m_s = v.get("motion.startle_speed_m_s")?;
    m.startle_distance_m = v.get("motion.startle_distance_m")?;
    m.startle_hold_s = v.get("motion.startle_hold_s")?;
    m.startle_return_s = v.get("motion.startle_return_s")?;
    m.startle_rotation_rad = v.get("motion.startle_rotation_rad")?;
    m.check().map_err(|e| refused("motion", &e))?;
    Ok(m)
}

/// Leaks after the needle.
pub(crate) fn leak(v: &Values) -> Result<LeakSpec, TwinError> {
    let mut l = LeakSpec::reference_adult();
    l.area_fraction = v.get("leak.area_fraction")?;
    l.closing_compressed_s = v.get("leak.closing_compressed_s")?;
    l.uncompressed_factor = v.get("leak.uncompressed_factor")?;
    l.anticoagulant_factor = v.get("leak.anticoagulant_factor")?;
    l.check().map_err(|e| refused("leak", &e))?;
    Ok(l)
}

/// Vasovagal reactions.
pub(crate) fn vasovagal(v: &Values) -> Result<VasovagalSpec, TwinError> {
    let mut s = VasovagalSpec::reference_adult();
    s.probability = v.get("vasovagal.probability")?;
    Ok(s)
}

fn refused(group: &str, error: &dyn std::fmt::Display) -> TwinError {
    TwinError::Parameter { name: group.into(), what: format!("drawn values are refused: {error}") }
}
