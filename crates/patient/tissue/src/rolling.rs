//! A vein that rolls off the tip.

use proband_core::ops;

use crate::RollingMechanics;

/// What pressing on a vein beside its centre line does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RollOutcome {
    /// The tip sticks to the wall, or meets it in the middle: no side force.
    Holds,
    /// The wall slips under the tip, but the pop comes first.
    Shifts {
        /// Lateral shift of the vein when the wall pops [m], ≥ 0.
        shift_m: f64,
    },
    /// The vein is gone before the wall pops.
    Rolls {
        /// Force at which it was gone [N].
        force_n: f64,
    },
}

/// Tangent of the angle between the needle and the wall's normal; 0 at the middle. `offset_m` of either sign.
pub(crate) fn wall_tangent(offset_m: f64, radius_m: f64) -> f64 {
    if radius_m <= 0.0 {
        return 0.0;
    }
    let ratio = (offset_m.abs() / radius_m).min(1.0 - 1e-9);
    ops::tan(ops::asin(ratio))
}

/// Force at which a vein pressed at an offset is gone [N]; infinite when it holds.
pub(crate) fn roll_force_n(rolling: &RollingMechanics, traction: bool, offset_m: f64, radius_m: f64) -> f64 {
    let tangent = wall_tangent(offset_m, radius_m);
    if tangent <= rolling.friction || tangent <= 0.0 {
        return f64::INFINITY;
    }
    (radius_m - offset_m.abs()).max(0.0) * lateral_stiffness(rolling, traction) / tangent
}

/// Lateral stiffness in force [N/m].
pub(crate) fn lateral_stiffness(rolling: &RollingMechanics, traction: bool) -> f64 {
    rolling.lateral_stiffness_n_per_m * if traction { rolling.traction_factor } else { 1.0 }
}

/// Press on a vein until its wall pops or it is gone.
///
/// β = asin(e/R), F_side = F tan β; the wall slips when tan β > μ; shift s = F_side/k_l; a miss when s + e > R
/// before F reaches the pop force.
///
/// `offset_m`: e, of either sign [m]; `radius_m`: R [m]; `pop_n`: force at which the wall gives way [N].
///
/// # Source
/// prior: unverified, engineering proposal (elastic ring on a Winkler foundation).
#[must_use]
pub fn roll_outcome(rolling: &RollingMechanics, traction: bool, offset_m: f64, radius_m: f64, pop_n: f64) -> RollOutcome {
    let tangent = wall_tangent(offset_m, radius_m);
    if tangent <= rolling.friction || tangent <= 0.0 {
        return RollOutcome::Holds;
    }
    let gone_n = roll_force_n(rolling, traction, offset_m, radius_m);
    if gone_n < pop_n {
        RollOutcome::Rolls { force_n: gone_n }
    } else {
        RollOutcome::Shifts { shift_m: pop_n * tangent / lateral_stiffness(rolling, traction) }
    }
}
