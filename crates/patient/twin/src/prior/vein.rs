//! Superficial veins: a reference vein with the published margins, the others relative to it.

use proband_anatomy::VesselKind;
use proband_core::{Distribution, Status};

use crate::adult::{Covariates, DEPTH, DIAMETER, Loading};
use crate::parameter::{List, around, bell, between};

/// Depths outside of these are taken as these: a vein lies below the dermis and above the muscle's vessels [m].
pub(crate) const DEPTH_MIN_M: f64 = 0.0013;
pub(crate) const DEPTH_MAX_M: f64 = 0.0155;
/// Diameters outside of these are taken as these [m].
pub(crate) const DIAMETER_MIN_M: f64 = 0.0006;
pub(crate) const DIAMETER_MAX_M: f64 = 0.0105;
/// Parameters that only place the veins; they may be drawn again when an arm does not hold together.
pub(crate) const LAYOUT_PREFIX: &str = "course.";

const PARK: &str = "Park 2023, J Vasc Access (461 persons): margin; conditioned on the person through a Gaussian copula with prior \
                    correlations; depth taken as skin to front wall";

/// Mean and standard deviation over the population, 461 persons [m].
const DEPTH_M: (f64, f64) = (4.81e-3, 2.17e-3);
const DIAMETER_V_M: (f64, f64) = (3.01e-3, 1.10e-3);
const DIAMETER_H_M: (f64, f64) = (4.46e-3, 1.60e-3);

/// Depth and diameter relative to the reference vein: median and spread of the logarithm. The median cubital and
/// the median basilic vein are the reference: they are what an antecubital survey meets in the middle of the fossa.
/// All prior: unverified; that the basilic vein is the largest in 55 % only is published (Sharp 2015).
const RELATIVE: [(VesselKind, [f64; 2], [f64; 2]); 6] = [
    (VesselKind::MedianCubital, [1.0, 0.0], [1.0, 0.0]),
    (VesselKind::MedianBasilic, [1.0, 0.0], [1.0, 0.0]),
    (VesselKind::MedianCephalic, [0.95, 0.12], [0.85, 0.15]),
    (VesselKind::Cephalic, [0.92, 0.15], [0.88, 0.15]),
    (VesselKind::Basilic, [1.12, 0.15], [1.02, 0.15]),
    (VesselKind::MedianAntebrachial, [0.85, 0.15], [0.72, 0.18]),
];

/// Log-normal margin, conditioned on a person.
fn conditioned((mean, sd): (f64, f64), covariates: &Covariates, loading: &Loading) -> Distribution {
    let margin = Distribution::log_normal_from_moments(mean, sd);
    let score = covariates.score(loading);
    match margin {
        Distribution::LogNormal { mu, sigma } => Distribution::LogNormal { mu: mu + sigma * score.mean, sigma: sigma * score.sd() },
        other => other,
    }
}

pub(super) fn add(list: &mut List, covariates: &Covariates) {
    list.add("vein.reference.depth_m", "m", conditioned(DEPTH_M, covariates, &DEPTH), Status::Computed, PARK);
    list.add("vein.reference.diameter_v_m", "m", conditioned(DIAMETER_V_M, covariates, &DIAMETER), Status::Computed, PARK);
    list.add("vein.reference.diameter_h_m", "m", conditioned(DIAMETER_H_M, covariates, &DIAMETER), Status::Computed, PARK);
    list.guess("vein.taper_per_m", "1/m", bell(0.9, 0.4));
    list.guess("vein.valve_spacing_m", "m", between(0.020, 0.045));
    for (kind, depth, diameter) in RELATIVE {
        let factor = |[median, sigma]: [f64; 2]| {
            if sigma > 0.0 { around(median, sigma) } else { Distribution::Constant { value: median } }
        };
        let name = kind.name();
        list.guess(format!("vein.{name}.depth_factor"), "1", factor(depth));
        list.guess(format!("vein.{name}.diameter_factor"), "1", factor(diameter));
        list.guess(format!("{LAYOUT_PREFIX}{name}.shift_m"), "m", bell(0.0, 1.6e-3));
        list.guess(format!("{LAYOUT_PREFIX}{name}.tortuosity_m"), "m", around(6.0e-4, 0.45));
        list.guess(format!("{LAYOUT_PREFIX}{name}.wavelength_m"), "m", between(0.035, 0.090));
        list.guess(format!("{LAYOUT_PREFIX}{name}.phase_rad"), "rad", between(-std::f64::consts::PI, std::f64::consts::PI));
        list.guess(format!("vein.{name}.valve_first_m"), "m", between(0.0, 0.030));
    }
}
