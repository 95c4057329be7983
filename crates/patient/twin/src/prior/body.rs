//! Blood, motion, and what happens after the needle.

use proband_core::{Distribution, Status};
use proband_physiology::PA_PER_MMHG;

use crate::Person;
use crate::parameter::{List, around, bell, between};

fn mmhg(distribution: &Distribution) -> Distribution {
    let f = PA_PER_MMHG;
    match *distribution {
        Distribution::Uniform { low, high } => Distribution::Uniform { low: low * f, high: high * f },
        Distribution::TruncatedNormal { mean, sd, low, high } => {
            Distribution::TruncatedNormal { mean: mean * f, sd: sd * f, low: low * f, high: high * f }
        }
        ref other => other.clone(),
    }
}

pub(super) fn add_venous(list: &mut List, person: &Person) {
    let c = &person.conditions;
    let dry = if c.dehydrated { 2.0 } else { 0.0 };
    list.guess("venous.resting_pressure_pa", "Pa", mmhg(&bell(9.0 - dry, 1.5)));
    list.guess("venous.central_drop_pa", "Pa", mmhg(&between(2.0, 4.0)));
    list.guess("venous.tissue_pressure_pa", "Pa", mmhg(&between(0.0, 2.0)));
    let age = person.known_age_y().unwrap_or(41.0);
    let kidney = if c.chronic_kidney_disease { 10.0 } else { 0.0 };
    list.guess("vitals.systolic_pa", "Pa", mmhg(&bell(118.0 + 0.4 * (age - 41.0) + kidney, 12.0)));
    list.guess("vitals.diastolic_pa", "Pa", mmhg(&bell(76.0, 7.0)));
    let flow = if c.dehydrated { 0.8 } else { 1.0 };
    list.guess("venous.inflow_m3_s", "m3/s", around(0.5e-6 * flow, 0.3));
    list.guess("venous.unstressed_volume_m3", "m3", around(55e-6 * flow, 0.2));
    let stiff = if c.diabetes || c.chronic_kidney_disease { 1.2 } else { 1.0 };
    list.add(
        "venous.wall_stiffness_factor",
        "1",
        around(stiff, 0.3),
        Status::Prior,
        "spread and effect of diabetes and kidney disease prior: unverified; median by the physiology's fit to forearm veins under occlusion (Mollison)",
    );
    list.guess("venous.feed_length_m", "m", between(0.05, 0.15));
    list.guess("venous.wall_time_s", "s", between(0.1, 0.5));
    list.guess("venous.height_share_distended", "1", between(0.6, 0.9));
    list.guess("venous.height_share_collapsed", "1", between(0.9, 1.1));
}

pub(super) fn add_motion(list: &mut List, person: &Person) {
    list.guess("motion.tremor_low_hz", "Hz", between(4.0, 7.0));
    list.guess("motion.tremor_band_hz", "Hz", between(2.0, 5.0));
    list.guess("motion.tremor_peak_m", "m", around(if person.conditions.tremor { 6.0e-4 } else { 1.3e-4 }, 0.4));
    list.guess("motion.breathing_hz", "Hz", between(0.2, 0.3));
    list.guess("motion.breathing_m", "m", around(1.8e-4, 0.35));
    list.guess("motion.startle_probability", "1", between(0.005, 0.05));
    list.guess("motion.startle_latency_s", "s", between(0.15, 0.25));
    list.guess("motion.startle_speed_m_s", "m/s", between(0.2, 0.5));
    list.guess("motion.startle_distance_m", "m", between(0.020, 0.060));
    list.guess("motion.startle_hold_s", "s", between(0.5, 2.0));
    list.guess("motion.startle_return_s", "s", between(1.0, 3.0));
    list.guess("motion.startle_rotation_rad", "rad", between(0.0, 0.3));
}

pub(super) fn add_after(list: &mut List, person: &Person) {
    list.guess("leak.area_fraction", "1", between(0.1, 0.5));
    list.guess("leak.closing_compressed_s", "s", between(60.0, 180.0));
    list.guess("leak.uncompressed_factor", "1", between(3.0, 5.0));
    let anticoagulated = if person.conditions.anticoagulated { between(3.0, 5.0) } else { Distribution::Constant { value: 1.0 } };
    list.guess("leak.anticoagulant_factor", "1", anticoagulated);
    list.add(
        "vasovagal.probability",
        "1",
        between(0.02, 0.07),
        Status::Published,
        "Newman 2013, donors with 16G needles: an upper bound for a blood draw",
    );
}
