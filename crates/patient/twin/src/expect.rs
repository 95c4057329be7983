//! What a twin's parameters let one expect of a vein at a place, in closed form.

use proband_anatomy::{CoursePoint, Topology, VesselKind, standard_course};
use proband_core::{Distribution, ops};

use crate::adult::{Covariates, DIAMETER, RHO_DIAMETERS, residual_correlation};
use crate::prior::LAYOUT_PREFIX;
use crate::{Twin, TwinError};

/// How much a tourniquet widens the lumen: area 8.2 → 10.8 mm² (Mollison, cephalic vein at the wrist), hence 15 % in
/// the mean diameter, ...
const DISTENSION_MEAN: f64 = 0.14;
/// ... and how much this differs between people and with the pressure of the probe [1]; prior: unverified. Also holds
/// the change from day to day (intraclass correlation 0.67, Matsumoto 2022, BMC Med Imaging 22).
pub(crate) const DISTENSION_SD: f64 = 0.20;
/// Spread of a vein's place beyond its standard course [m] and of its direction [rad]; prior: unverified.
const COURSE_SD_M: f64 = 2.0e-3;
const HEADING_SD_RAD: f64 = 0.15;
/// Spread of depth along one vein, of the logarithm [1]; prior: unverified.
const DEPTH_ALONG_SD: f64 = 0.10;

const TOPOLOGIES: [Topology; 3] = [Topology::MedianCubital, Topology::MedianSplit, Topology::Separate];

/// Whether a vein may pass at a place in any pattern.
pub(crate) fn passes(vein: VesselKind, z_m: f64) -> bool {
    TOPOLOGIES.iter().any(|t| standard_course(*t, vein, 1.0, 0.0).is_some_and(|c| line_at(&c.course, z_m).is_some()))
}

/// Place and slope of a course at z, linear between its points.
fn line_at(course: &[CoursePoint], z_m: f64) -> Option<(f64, f64)> {
    let pair = course.windows(2).find(|p| (p[0].z_m..=p[1].z_m).contains(&z_m))?;
    let slope = (pair[1].medial_m - pair[0].medial_m) / (pair[1].z_m - pair[0].z_m);
    Some((pair[0].medial_m + slope * (z_m - pair[0].z_m), slope))
}

/// Mean and variance of the logarithm of a positive parameter.
fn log_moments(distribution: &Distribution) -> (f64, f64) {
    match *distribution {
        Distribution::LogNormal { mu, sigma } => (mu, sigma * sigma),
        ref other => {
            let (mean, sd) = (other.mean().max(1e-12), other.sd());
            let variance = ops::ln_1p((sd / mean) * (sd / mean));
            (ops::ln(mean) - 0.5 * variance, variance)
        }
    }
}

/// Mean and covariance of (lateral, ln depth, ln vertical diameter, ln horizontal diameter, heading).
pub(crate) fn site(twin: &Twin, vein: VesselKind, z_m: f64) -> Result<([f64; 5], [[f64; 5]; 5]), TwinError> {
    let of = |name: &str| Ok::<&Distribution, TwinError>(&twin.parameter(name)?.value.distribution);
    let name = vein.name();
    let (lateral, heading) = place(twin, vein, z_m)?;
    let moments = |size: &str, factor: &str| -> Result<(f64, f64, f64), TwinError> {
        let (mu, shared) = log_moments(of(&format!("vein.reference.{size}_m"))?);
        let (own_mu, own) = log_moments(of(&format!("vein.{name}.{factor}_factor"))?);
        Ok((mu + own_mu, shared, own))
    };
    let (depth, depth_shared, depth_own) = moments("depth", "depth")?;
    let (v, v_shared, v_own) = moments("diameter_v", "diameter")?;
    let (h, h_shared, h_own) = moments("diameter_h", "diameter")?;
    let taper = ops::ln_1p((of("vein.taper_per_m")?.mean() * z_m).max(-0.5));
    let wide = taper + DISTENSION_MEAN;
    let distension = DISTENSION_SD * DISTENSION_SD;
    let rho = residual_correlation(&Covariates::of(&twin.person), &DIAMETER, &DIAMETER, RHO_DIAMETERS);
    let mut covariance = [[0.0; 5]; 5];
    covariance[0][0] = lateral[1] * lateral[1];
    covariance[1][1] = depth_shared + depth_own + DEPTH_ALONG_SD * DEPTH_ALONG_SD;
    covariance[2][2] = v_shared + v_own + distension;
    covariance[3][3] = h_shared + h_own + distension;
    // The factor of a vein acts on both of its diameters.
    covariance[2][3] = rho * (v_shared * h_shared).sqrt() + v_own.min(h_own);
    covariance[3][2] = covariance[2][3];
    covariance[4][4] = heading[1] * heading[1];
    Ok(([lateral[0], depth, v + wide, h + wide, heading[0]], covariance))
}

/// Mean and standard deviation of lateral place [m] and heading [rad] over the patterns that have the vein.
fn place(twin: &Twin, vein: VesselKind, z_m: f64) -> Result<([f64; 2], [f64; 2]), TwinError> {
    let of = |name: &str| Ok::<&Distribution, TwinError>(&twin.parameter(name)?.value.distribution);
    let cubital = of("arm.pattern.median_cubital")?.mean();
    let split = (1.0 - cubital) * of("arm.pattern.median_split")?.mean();
    let half_width = of("arm.half_width_m")?;
    let mut sums = [0.0; 5];
    for (topology, weight) in TOPOLOGIES.into_iter().zip([cubital, split, 1.0 - cubital - split]) {
        let Some(standard) = standard_course(topology, vein, half_width.mean(), 0.0) else { continue };
        let Some((medial, slope)) = line_at(&standard.course, z_m) else { continue };
        // Not quite zero: a pattern that the twin excludes must still give an answer.
        let weight = weight.max(1e-9);
        let heading = ops::atan(slope);
        for (sum, value) in sums.iter_mut().zip([1.0, medial, medial * medial, heading, heading * heading]) {
            *sum += weight * value;
        }
    }
    if sums[0] <= 0.0 {
        let what = format!("does not pass at z = {z_m} m in any pattern");
        return Err(TwinError::Parameter { name: format!("vein.{}", vein.name()), what });
    }
    let [medial, medial2, heading, heading2] = [1, 2, 3, 4].map(|i| sums[i] / sums[0]);
    let sign = twin.person.side.medial_sign();
    let shift = of(&format!("{LAYOUT_PREFIX}{}.shift_m", vein.name()))?;
    let winding = of(&format!("{LAYOUT_PREFIX}{}.tortuosity_m", vein.name()))?.mean();
    let width = half_width.sd() / half_width.mean() * medial;
    let spread = (medial2 - medial * medial).max(0.0) + shift.sd() * shift.sd() + 0.5 * winding * winding + width * width;
    let turn = (heading2 - heading * heading).max(0.0) + HEADING_SD_RAD * HEADING_SD_RAD;
    Ok(([sign * medial, (spread + COURSE_SD_M * COURSE_SD_M).sqrt()], [sign * heading, turn.sqrt()]))
}
