//! Choosing vein, site, angle, depth and speed from what is believed.

use nalgebra::{Point3, Vector3};
use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::interface::SiteNote;
use crate::success::{SuccessCalibration, SuccessInput, mechanistic_success, predicted_success};

/// What is believed about one candidate site: a place on a vein where the tip could go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Name for the report.
    pub name: String,
    /// Centre of the lumen [m], patient frame.
    pub p_centre_m: [f64; 3],
    /// Unit vector along the vein, towards the shoulder, patient frame.
    pub tangent: [f64; 3],
    /// Unit vector into the arm, patient frame.
    pub inward: [f64; 3],
    /// Depth of the front wall: mean and standard deviation [m].
    pub depth_m: [f64; 2],
    /// Vertical diameter: mean and standard deviation [m].
    pub diameter_v_m: [f64; 2],
    /// Horizontal diameter: mean and standard deviation [m].
    pub diameter_h_m: [f64; 2],
    /// Standard deviation of the lateral position [m].
    pub lateral_sd_m: f64,
    /// Length over which the vein was seen straight [m].
    pub straight_m: f64,
    /// Largest lateral deviation from straight [m].
    pub bend_m: f64,
    /// Distance to the nearest artery seen [m]; infinite when none was seen.
    pub artery_distance_m: f64,
    /// Distance to the nearest nerve zone [m]; infinite when none is near.
    pub nerve_distance_m: f64,
    /// Vertical diameter when pressed over that at light contact [1]; NaN when not tried.
    pub pressed_ratio: f64,
    /// Confidence of the detection [1].
    pub confidence: f64,
    /// Whether it was given up after a failed attempt.
    pub spent: bool,
}

/// Rules of the planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSpec {
    /// Length of needle that may go in [m].
    pub needle_usable_m: f64,
    /// Bevel length [m].
    pub bevel_m: f64,
    /// Flattest angle [rad]; 15–25° is the working band (prior), 15.2° the mean of six nurses (PMC3726589).
    pub angle_min_rad: f64,
    /// Steepest angle [rad]; textbooks say 30°.
    pub angle_max_rad: f64,
    /// Reject veins narrower than this [m]. Prior: unverified, 1.5 mm.
    pub diameter_min_m: f64,
    /// Reject veins deeper than this [m]. Prior: unverified, 10 mm.
    pub depth_max_m: f64,
    /// Reject sites nearer to an artery than this [m]. Prior: unverified.
    pub artery_min_m: f64,
    /// Reject sites nearer to a nerve zone than this [m]. Prior: unverified.
    pub nerve_min_m: f64,
    /// Fraction of the lumen's height under the front wall at which the tip should rest [1]. The human
    /// technique is front wall plus half a lumen (computed from PMC3726589 and Park 2023).
    pub lumen_fraction: f64,
    /// Standard deviation of the needle's lateral error [m].
    pub needle_sd_m: f64,
    /// Reject sites with a smaller predicted success [1].
    pub success_min: f64,
    /// Calibration of the prediction.
    pub calibration: SuccessCalibration,
}

/// A plan for one attempt. Lengths are along the needle from the skin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Index of the site in the list that was ranked.
    pub site: u32,
    /// Entry point on the skin [m], patient frame.
    pub entry_m: [f64; 3],
    /// Unit vector of the needle into the patient, patient frame.
    pub direction: [f64; 3],
    /// Unit vector into the arm at the site, patient frame: with `direction` it spans the plane of the stick.
    pub inward: [f64; 3],
    /// Angle to the skin [rad].
    pub angle_rad: f64,
    /// Where the front wall is expected [m].
    pub front_m: f64,
    /// Standard deviation of that [m].
    pub front_sd_m: f64,
    /// Where the tip should rest [m].
    pub target_m: f64,
    /// Where the back wall is expected [m].
    pub back_m: f64,
    /// Predicted probability of first-stick success.
    pub predicted_success: f64,
    /// The same before calibration: what tells sites apart.
    pub mechanistic_success: f64,
}

/// Angle for a vein whose centre lies `depth_m` deep: as flat as the needle's length allows, within the band.
///
/// A flat needle has the longest path in the lumen (d_v / sin α), so it forgives most; sin α ≥ depth / length.
#[must_use]
pub fn choose_angle(spec: &PlanSpec, depth_m: f64) -> f64 {
    let steepest = (depth_m / spec.needle_usable_m).clamp(0.0, 1.0);
    ops::asin(steepest).clamp(spec.angle_min_rad, spec.angle_max_rad)
}

/// The plan for a site, whether or not it is acceptable.
#[must_use]
pub fn plan_site(spec: &PlanSpec, index: u32, site: &Site) -> Plan {
    let inward = Vector3::from(site.inward);
    let tangent = Vector3::from(site.tangent);
    let along = (tangent - inward * inward.dot(&tangent)).normalize();
    let below_front = spec.lumen_fraction * site.diameter_v_m[0];
    let tip_depth = site.depth_m[0] + below_front;
    let angle = choose_angle(spec, tip_depth + 0.5 * site.diameter_v_m[1]);
    let (sin, cos) = ops::sin_cos(angle);
    let direction = along * cos + inward * sin;
    let length = tip_depth / sin;
    // The lumen's centre is known; the tip rests `lumen_fraction` below the front wall on the same vertical.
    let tip = Point3::from(site.p_centre_m) + inward * (below_front - 0.5 * site.diameter_v_m[0]);
    let entry = tip - direction * length;
    let input = SuccessInput {
        depth_m: site.depth_m,
        diameter_v_m: site.diameter_v_m,
        diameter_h_m: site.diameter_h_m,
        lateral_sd_m: site.lateral_sd_m,
        needle_sd_m: spec.needle_sd_m,
        angle_rad: angle,
        bevel_m: spec.bevel_m,
    };
    Plan {
        site: index,
        entry_m: entry.into(),
        direction: direction.into(),
        inward: site.inward,
        angle_rad: angle,
        front_m: site.depth_m[0] / sin,
        front_sd_m: ops::hypot(site.depth_m[1], 0.1e-3) / sin,
        target_m: length,
        back_m: (site.depth_m[0] + site.diameter_v_m[0]) / sin,
        predicted_success: predicted_success(&input, &spec.calibration),
        mechanistic_success: mechanistic_success(&input),
    }
}

/// Why a site is not acceptable, or an empty string.
#[must_use]
pub fn reject_reason(spec: &PlanSpec, site: &Site, plan: &Plan) -> String {
    let mm = |m: f64| m * 1e3;
    if site.spent {
        return "tried before".into();
    }
    if site.diameter_v_m[0] < spec.diameter_min_m {
        return format!("vertical diameter {:.1} mm below {:.1} mm", mm(site.diameter_v_m[0]), mm(spec.diameter_min_m));
    }
    if site.depth_m[0] > spec.depth_max_m {
        return format!("depth {:.1} mm beyond {:.1} mm", mm(site.depth_m[0]), mm(spec.depth_max_m));
    }
    if plan.target_m > spec.needle_usable_m * 1.02 {
        return format!("needs {:.1} mm of needle, {:.1} mm usable", mm(plan.target_m), mm(spec.needle_usable_m));
    }
    if site.artery_distance_m < spec.artery_min_m {
        return format!("artery {:.1} mm away", mm(site.artery_distance_m));
    }
    if site.nerve_distance_m < spec.nerve_min_m {
        return format!("nerve zone {:.1} mm away", mm(site.nerve_distance_m));
    }
    if plan.predicted_success < spec.success_min {
        return format!("predicted success {:.0} % below {:.0} %", 100.0 * plan.predicted_success, 100.0 * spec.success_min);
    }
    String::new()
}

/// Score of a site in [0, 1]: the mechanistic chance of success weighted by safety and by how sure the detection is.
///
/// Weights are priors: unverified (no published score for robots; van Loon 2019 names the same factors for humans).
#[must_use]
pub fn score(site: &Site, plan: &Plan) -> f64 {
    let soft = |distance: f64, scale: f64| if distance.is_finite() { 1.0 - ops::exp(-distance.max(0.0) / scale) } else { 1.0 };
    let straight = (site.straight_m / 0.03).min(1.0) * ops::exp(-site.bend_m / 4e-3);
    let compressible = if site.pressed_ratio.is_finite() { (1.25 - site.pressed_ratio).clamp(0.2, 1.0) } else { 0.7 };
    let safety = soft(site.artery_distance_m, 3e-3) * soft(site.nerve_distance_m, 2e-3);
    (plan.mechanistic_success * safety * (0.5 + 0.5 * straight) * (0.6 + 0.4 * compressible) * (0.5 + 0.5 * site.confidence))
        .clamp(0.0, 1.0)
}

/// Rank all sites, best first, with the reason for each rejection, and the plan of the best acceptable one.
#[must_use]
pub fn rank(spec: &PlanSpec, sites: &[Site]) -> (Vec<SiteNote>, Option<Plan>) {
    let mut ranked: Vec<(SiteNote, Plan)> = sites
        .iter()
        .enumerate()
        .map(|(index, site)| {
            let plan = plan_site(spec, index as u32, site);
            let note = SiteNote {
                vein: site.name.clone(),
                target_m: site.p_centre_m,
                depth_m: site.depth_m[0],
                diameter_m: site.diameter_v_m[0],
                straight_m: site.straight_m,
                artery_distance_m: site.artery_distance_m,
                nerve_distance_m: site.nerve_distance_m,
                score: score(site, &plan),
                predicted_success: plan.predicted_success,
                chosen: false,
                reject_reason: reject_reason(spec, site, &plan),
            };
            (note, plan)
        })
        .collect();
    ranked.sort_by(|a, b| {
        a.0.reject_reason
            .is_empty()
            .cmp(&b.0.reject_reason.is_empty())
            .reverse()
            .then(b.0.score.total_cmp(&a.0.score))
            .then(a.1.site.cmp(&b.1.site))
    });
    let best = ranked.first_mut().filter(|(note, _)| note.reject_reason.is_empty()).map(|(note, plan)| {
        note.chosen = true;
        plan.clone()
    });
    (ranked.into_iter().map(|(note, _)| note).collect(), best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> PlanSpec {
        PlanSpec {
            needle_usable_m: 0.026,
            bevel_m: 2.5e-3,
            angle_min_rad: 15_f64.to_radians(),
            angle_max_rad: 30_f64.to_radians(),
            diameter_min_m: 1.5e-3,
            depth_max_m: 10e-3,
            artery_min_m: 3e-3,
            nerve_min_m: 1e-3,
            lumen_fraction: 0.5,
            needle_sd_m: 0.35e-3,
            success_min: 0.3,
            calibration: SuccessCalibration { intercept: 0.0, slope: 1.0 },
        }
    }

    fn site(depth_mm: f64, diameter_mm: f64) -> Site {
        Site {
            name: "test".into(),
            p_centre_m: [0.0, (depth_mm + 0.5 * diameter_mm) * 1e-3, 0.0],
            tangent: [0.0, 0.0, 1.0],
            inward: [0.0, 1.0, 0.0],
            depth_m: [depth_mm * 1e-3, 0.2e-3],
            diameter_v_m: [diameter_mm * 1e-3, 0.2e-3],
            diameter_h_m: [1.4 * diameter_mm * 1e-3, 0.2e-3],
            lateral_sd_m: 0.2e-3,
            straight_m: 0.03,
            bend_m: 0.0,
            artery_distance_m: 0.01,
            nerve_distance_m: 0.01,
            pressed_ratio: 0.4,
            confidence: 0.9,
            spent: false,
        }
    }

    /// Reach the planned tip from the planned entry, which lies on the skin plane.
    #[test]
    fn entry_and_length_meet_at_the_tip() {
        let plan = plan_site(&spec(), 0, &site(4.81, 3.01));
        let tip = Point3::from(plan.entry_m) + Vector3::from(plan.direction) * plan.target_m;
        assert!(plan.entry_m[1].abs() < 1e-12, "entry on the skin");
        assert!((tip.y - (4.81e-3 + 1.505e-3)).abs() < 1e-12);
        assert!(plan.front_m < plan.target_m && plan.target_m < plan.back_m);
    }

    /// Prefer the wider of two veins and refuse what the rules refuse.
    #[test]
    fn rules_and_ranking() {
        let mut deep = site(12.0, 4.0);
        deep.name = "deep".into();
        let mut near_artery = site(4.0, 4.0);
        near_artery.artery_distance_m = 1e-3;
        let (notes, plan) = rank(&spec(), &[site(4.0, 2.0), deep, site(4.0, 4.0), near_artery, site(4.0, 1.0)]);
        assert_eq!(plan.map(|p| p.site), Some(2));
        assert!(notes[0].chosen && notes.iter().filter(|n| n.chosen).count() == 1);
        assert_eq!(notes.iter().filter(|n| !n.reject_reason.is_empty()).count(), 3);
    }

    /// Say so when nothing is acceptable.
    #[test]
    fn nothing_acceptable_is_no_plan() {
        assert!(rank(&spec(), &[site(4.0, 1.0)]).1.is_none());
        assert!(rank(&spec(), &[]).1.is_none());
    }
}
