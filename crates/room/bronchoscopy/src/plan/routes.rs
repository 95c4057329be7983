//! Ways to the target, ranked, and why the others are none.

use nalgebra::Vector3;
use proband_anatomy::made::{ArterySegment, LungShape};
use proband_robot::scope::ScopeSpec;
use serde::{Deserialize, Serialize};

use super::gates::{Refusal, passage};
use super::hit::hit_probability;
use crate::error::{BronchoscopyError, range};
use crate::map::{AirwayMap, angle};

/// What a planner may assume.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSpec {
    /// Scope diameter over lumen diameter that an airway still lets pass [1].
    pub stretch: f64,
    /// How far the needle reaches beyond the scope [m].
    pub needle_reach_m: f64,
    /// Part of it that is kept for errors of the tip's place [m].
    pub needle_margin_m: f64,
    /// Largest angle between needle and airway [rad].
    pub exit_angle_max_rad: f64,
    /// Length of the bending section [m] and the largest angle between its root and the needle [rad].
    pub bend_length_m: f64,
    /// See `bend_length_m`.
    pub bend_angle_max_rad: f64,
    /// Least distance of the needle from arteries and from the pleura [m].
    pub vessel_clearance_m: f64,
    /// See `vessel_clearance_m`.
    pub pleura_clearance_m: f64,
    /// Root mean square error of the tip's place against the target [m] at the airway.
    pub error_rms_m: f64,
    /// How much of the distance to the target adds to that error [1]: the lung between them is stretched.
    pub error_growth: f64,
}

impl PlanSpec {
    /// Usual limits.
    ///
    /// # Source
    /// Stretch 10–20 %, needle 30 mm, exit angle, pleura 5 mm, vessels 2 mm: prior, unverified. Error 4.5 mm: nodules against their place
    /// registered through the airways with an expiration CT, 4.5 ± 3.3 mm (PMC6026261); growth: prior, unverified.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            stretch: 1.2,
            needle_reach_m: 30e-3,
            needle_margin_m: 4e-3,
            exit_angle_max_rad: 0.75,
            bend_length_m: 22e-3,
            bend_angle_max_rad: 1.6,
            vessel_clearance_m: 2e-3,
            pleura_clearance_m: 5e-3,
            error_rms_m: 4.5e-3,
            error_growth: 0.1,
        }
    }

    fn check(&self) -> Result<(), BronchoscopyError> {
        range("stretch", self.stretch, "1", 1.0, 2.0)?;
        range("needle_reach_m", self.needle_reach_m, "m", 1e-3, 0.1)?;
        range("needle_margin_m", self.needle_margin_m, "m", 0.0, self.needle_reach_m)?;
        range("exit_angle_max_rad", self.exit_angle_max_rad, "rad", 0.0, 3.0)?;
        range("bend_length_m", self.bend_length_m, "m", 1e-3, 0.2)?;
        range("bend_angle_max_rad", self.bend_angle_max_rad, "rad", 0.0, 4.0)?;
        range("vessel_clearance_m", self.vessel_clearance_m, "m", 0.0, 0.05)?;
        range("pleura_clearance_m", self.pleura_clearance_m, "m", 0.0, 0.05)?;
        range("error_rms_m", self.error_rms_m, "m", 0.0, 0.1)?;
        range("error_growth", self.error_growth, "1", 0.0, 1.0)
    }
}

/// A ball to be sampled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Centre [m].
    pub centre_m: [f64; 3],
    /// Radius [m].
    pub radius_m: f64,
}

/// What lies around the airways, as far as the CT shows it.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Arteries.
    pub arteries: &'a [ArterySegment],
    /// Lungs; `None`: the pleura is not known and not watched.
    pub lungs: Option<&'a LungShape>,
}

/// A way to the target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Branch from which the needle goes.
    pub branch: u32,
    /// Its generation.
    pub generation: u32,
    /// Distance of that place from the top of the trachea [m].
    pub distance_m: f64,
    /// Narrowest lumen on the way [m].
    pub lumen_m: f64,
    /// Sum of turns [rad].
    pub turn_rad: f64,
    /// From the scope's tip to the target's centre [m].
    pub needle_m: f64,
    /// Angle between needle and airway [rad].
    pub needle_angle_rad: f64,
    /// Clearance of the needle from arteries [m].
    pub vessel_m: f64,
    /// Clearance of the needle from the pleura [m]; infinite when the pleura is not known.
    pub pleura_m: f64,
    /// Probability that the needle ends in the target under the expected error [1].
    pub hit_probability: f64,
    /// What the ranking goes by [1].
    pub score: f64,
    /// No other way is better in all of hit, clearances, angle and length.
    pub pareto: bool,
}

/// A branch that is no way, and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Which branch.
    pub branch: u32,
    /// From its closest point to the target's centre [m].
    pub gap_m: f64,
    /// Why.
    pub refusal: Refusal,
}

/// What the planner found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Ways, best first; empty when there is none.
    pub routes: Vec<Route>,
    /// Branches near the target that are no way, the closest first.
    pub rejections: Vec<Rejection>,
    /// Places on centrelines that were examined.
    pub examined: u32,
}

/// Most ways and rejections that are told.
const ROUTE_COUNT_MAX: usize = 8;
const REJECTION_COUNT_MAX: usize = 12;
/// Distance between places that are examined [m], and how far beyond the needle's reach branches are still told of [m].
const STEP_M: f64 = 1e-3;
const NEAR_M: f64 = 20e-3;
/// First part of the needle's way that does not count against arteries [m]: it is in the airway's wall, and the artery beside the
/// airway is seen and avoided there by turning. Prior: unverified.
const WALL_M: f64 = 4e-3;
/// Price of a longer needle [1/m] and of its angle [1/rad] in the ranking. Prior: unverified.
const NEEDLE_PRICE: f64 = 4.0;
const ANGLE_PRICE: f64 = 0.4;

/// Ways to a target.
///
/// # Errors
/// [`BronchoscopyError`] when a limit is impossible or the target is nowhere near an airway.
pub fn plan_routes(
    map: &AirwayMap,
    around: &Surroundings<'_>,
    target: &Target,
    scope: &ScopeSpec,
    spec: &PlanSpec,
) -> Result<Plan, BronchoscopyError> {
    spec.check()?;
    range("target radius", target.radius_m, "m", 1e-3, 0.1)?;
    for v in target.centre_m {
        range("target", v, "m", -100.0, 100.0)?;
    }
    let centre = Vector3::from(target.centre_m);
    let gaps: Vec<f64> = (0..map.count()).map(|b| map.closest(b, centre).1).collect();
    let closest = gaps.iter().copied().fold(f64::INFINITY, f64::min);
    if closest > 0.1 {
        return Err(BronchoscopyError::TargetAway { target_m: target.centre_m, gap_m: closest });
    }
    let passages = passage(map, scope, spec);
    let far = spec.needle_reach_m + target.radius_m;
    let near: Vec<ArterySegment> =
        around.arteries.iter().filter(|a| a.clearance_m(target.centre_m, target.centre_m) < far + 0.02).copied().collect();
    let mut plan = Plan { routes: Vec::new(), rejections: Vec::new(), examined: 0 };
    for branch in 0..map.count() {
        let gap_m = gaps[branch as usize];
        if gap_m > far + NEAR_M {
            continue;
        }
        let [from, to] = map.span_m(branch);
        let own = passages[branch as usize];
        let mut best: Option<Route> = None;
        let mut refusal = own.stop.unwrap_or(Refusal::NeedleShort(gap_m - target.radius_m, spec.needle_reach_m));
        let steps = ((to - from) / STEP_M).ceil().max(1.0) as u32;
        for k in 1..=steps {
            let at = from + (to - from) * f64::from(k) / f64::from(steps);
            if at > own.reach_m + 1e-9 {
                break;
            }
            plan.examined += 1;
            match needle(map, around, &near, target, spec, branch, at) {
                Ok(mut route) => {
                    route.lumen_m = own.lumen_m;
                    if best.is_none_or(|b| route.score > b.score) {
                        best = Some(route);
                    }
                }
                Err(why) if own.stop.is_none() || why.order() > refusal.order() => {
                    if why.order() >= refusal.order() {
                        refusal = why;
                    }
                }
                Err(_) => {}
            }
        }
        match best {
            Some(route) => plan.routes.push(route),
            None => plan.rejections.push(Rejection { branch, gap_m, refusal }),
        }
    }
    rank(&mut plan);
    Ok(plan)
}

/// The needle from one place.
fn needle(
    map: &AirwayMap,
    around: &Surroundings<'_>,
    arteries: &[ArterySegment],
    target: &Target,
    spec: &PlanSpec,
    branch: u32,
    at: f64,
) -> Result<Route, Refusal> {
    let place = map.place(branch, at);
    let way = Vector3::from(target.centre_m) - place.point_m;
    let needle_m = way.norm();
    let reach_m = spec.needle_reach_m - spec.needle_margin_m;
    if needle_m - target.radius_m > reach_m {
        return Err(Refusal::NeedleShort(needle_m - target.radius_m, reach_m));
    }
    let axis: Vector3<f64> = place.frame.column(2).into();
    // Inside the target any direction will do.
    let needle_angle_rad = if needle_m > 1e-3 { angle(axis, way / needle_m) } else { 0.0 };
    if needle_angle_rad > spec.exit_angle_max_rad && needle_m > 0.5 * target.radius_m {
        return Err(Refusal::ExitAngle(needle_angle_rad, spec.exit_angle_max_rad));
    }
    // The section bends from where its root lies, one section's length back.
    let root: Vector3<f64> = map.way_smooth(branch, at - spec.bend_length_m, 5e-3).frame.column(2).into();
    let bend = if needle_m > 1e-3 { angle(root, way / needle_m) } else { 0.0 };
    if bend > spec.bend_angle_max_rad && needle_m > 0.5 * target.radius_m {
        return Err(Refusal::ExitAngle(bend, spec.bend_angle_max_rad));
    }
    let end = target.centre_m;
    let pleura_m = around.lungs.map_or(f64::INFINITY, |l| l.depth_m(end).min(l.depth_m((place.point_m + way * 0.5).into())));
    if pleura_m < spec.pleura_clearance_m {
        return Err(Refusal::Pleura(pleura_m, spec.pleura_clearance_m));
    }
    let begin = place.point_m + way * (WALL_M / needle_m.max(WALL_M));
    let vessel_m = arteries.iter().map(|a| a.clearance_m(begin.into(), end)).fold(f64::INFINITY, f64::min);
    if vessel_m < spec.vessel_clearance_m {
        return Err(Refusal::Vessel(vessel_m, spec.vessel_clearance_m));
    }
    let error = (spec.error_rms_m.powi(2) + (spec.error_growth * needle_m).powi(2)).sqrt();
    let hit = hit_probability(target.radius_m, error);
    Ok(Route {
        branch,
        generation: map.tree().branches[branch as usize].generation,
        distance_m: at,
        lumen_m: 0.0,
        turn_rad: map.turn_rad(branch, at),
        needle_m,
        needle_angle_rad,
        vessel_m,
        pleura_m,
        hit_probability: hit,
        score: hit - NEEDLE_PRICE * needle_m - ANGLE_PRICE * needle_angle_rad,
        pareto: false,
    })
}

/// Best first; mark what nothing beats in everything; keep a few.
fn rank(plan: &mut Plan) {
    let values = |r: &Route| [r.hit_probability, r.vessel_m, r.pleura_m, -r.needle_angle_rad, -r.distance_m];
    for i in 0..plan.routes.len() {
        let own = values(&plan.routes[i]);
        let beaten = plan.routes.iter().any(|other| {
            let other = values(other);
            (0..5).all(|k| other[k] >= own[k]) && (0..5).any(|k| other[k] > own[k])
        });
        plan.routes[i].pareto = !beaten;
    }
    plan.routes.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.branch.cmp(&b.branch)));
    plan.routes.truncate(ROUTE_COUNT_MAX);
    plan.rejections.sort_by(|a, b| a.gap_m.total_cmp(&b.gap_m).then(a.branch.cmp(&b.branch)));
    plan.rejections.truncate(REJECTION_COUNT_MAX);
}
