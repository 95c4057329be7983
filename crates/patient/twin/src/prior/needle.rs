//! How the tissue answers the needle.

use proband_core::{Distribution, Status};

use crate::Person;
use crate::parameter::{List, around, between};

pub(super) fn add(list: &mut List, person: &Person) {
    let old = person.known_age_y().map_or(0.0, |a| ((a - 60.0) / 30.0).clamp(0.0, 1.0));
    let frail = if person.conditions.steroids { 1.0 } else { old };
    list.guess("needle.skin_puncture_n", "N", around(1.0 - 0.2 * frail, 0.4));
    list.guess("needle.is_dry", "1", Distribution::Bernoulli { probability: 0.05 });
    list.add(
        "needle.dry_factor",
        "1",
        between(1.5, 3.0),
        Status::Published,
        "dry needles need 1.5 to 3 times the force (UM-HSRI 1978, 883 tests)",
    );
    list.add(
        "needle.speed_exponent",
        "1",
        between(0.0, 0.1),
        Status::Prior,
        "sources disagree whether force grows with speed; prior: unverified",
    );
    list.guess("needle.vein_pop_n", "N", around(0.2, 0.5));
    list.add(
        "needle.no_pop",
        "1",
        Distribution::Bernoulli { probability: 0.3 },
        Status::Computed,
        "no force peak in 4 of 14 rabbit ear vein recordings (Saito and Togawa), rounded",
    );
    list.guess("needle.no_pop_factor", "1", between(0.05, 0.2));
    list.guess("needle.wall_stiffness_n_per_m", "N/m", between(100.0, 600.0));
    list.guess("needle.clearance_per_chord", "1", between(0.35, 0.85));
    // Veins of the old and of skin under steroids are held less firmly.
    let held = 1.0 - 0.4 * frail;
    list.guess(
        "needle.lateral_stiffness_n_per_m",
        "N/m",
        Distribution::TruncatedNormal { mean: 220.0 * held, sd: 110.0 * held, low: 50.0 * held, high: 500.0 * held },
    );
    list.guess("needle.roll_friction", "1", between(0.1, 0.3));
    list.guess("needle.traction_factor", "1", between(2.0, 4.0));
    list.guess("needle.skin_drag_n_per_m", "N/m", around(60.0, 0.25));
    list.guess("needle.fat_drag_n_per_m", "N/m", between(20.0, 50.0));
    list.guess("needle.muscle_drag_n_per_m", "N/m", around(40.0, 0.25));
    list.guess("needle.cutting_factor", "1", around(1.0, 0.3));
    list.guess("needle.stiffness_factor", "1", around(1.0, 0.3));
    list.guess("needle.fascia_puncture_n", "N", between(0.0, 0.5));
    list.guess("needle.artery_pop_factor", "1", between(3.0, 5.0));
    list.guess("needle.relaxation_s", "s", between(0.005, 0.020));
    list.guess("needle.bed_stiffness_factor", "1", around(1.0, 0.4));
}
