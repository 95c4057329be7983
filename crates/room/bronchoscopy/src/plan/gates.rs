//! Which airways a scope passes.

use proband_robot::scope::ScopeSpec;
use serde::{Deserialize, Serialize};

use super::routes::PlanSpec;
use crate::map::{AirwayMap, angle};

/// Why a branch, or a needle from it, is no way to the target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// The lumen on the way is too narrow: narrowest diameter, and the least that the scope passes [m].
    TooNarrow(f64, f64),
    /// A bend on the way is too tight: its radius, and the scope's smallest [m].
    TooTight(f64, f64),
    /// The way turns too much in all: sum of turns, and the scope's largest [rad].
    TooTurned(f64, f64),
    /// The way is too long: its length, and the scope's reach [m].
    TooLong(f64, f64),
    /// The needle is too short: distance to the target's surface, and the needle's reach [m].
    NeedleShort(f64, f64),
    /// The needle would have to leave at too large an angle: least angle, and the largest allowed [rad].
    ExitAngle(f64, f64),
    /// The needle would come too close to an artery: clearance, and the least allowed [m].
    Vessel(f64, f64),
    /// The needle would come too close to the pleura: clearance, and the least allowed [m].
    Pleura(f64, f64),
}

impl Refusal {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let mm = |v: f64| format!("{:.1} mm", v * 1e3);
        let deg = |v: f64| format!("{:.0}°", v.to_degrees());
        match *self {
            Self::TooNarrow(is, needed) => format!("lumen {}, the scope needs {}", mm(is), mm(needed)),
            Self::TooTight(is, least) => format!("bend of radius {}, the scope bends to {}", mm(is), mm(least)),
            Self::TooTurned(is, most) => format!("turns by {} in all, the scope by {}", deg(is), deg(most)),
            Self::TooLong(is, most) => format!("{} from the top of the trachea, the scope reaches {}", mm(is), mm(most)),
            Self::NeedleShort(is, most) => format!("target {} away, the needle reaches {}", mm(is), mm(most)),
            Self::ExitAngle(is, most) => format!("needle at {} to the airway, at most {}", deg(is), deg(most)),
            Self::Vessel(is, least) => format!("artery {} from the needle, at least {}", mm(is), mm(least)),
            Self::Pleura(is, least) => format!("pleura {} from the needle, at least {}", mm(is), mm(least)),
        }
    }

    /// How far through the gates it came: later gates are closer to success.
    pub(super) const fn order(&self) -> u32 {
        match self {
            Self::TooLong(..) => 0,
            Self::TooNarrow(..) => 1,
            Self::TooTight(..) | Self::TooTurned(..) => 2,
            Self::NeedleShort(..) => 3,
            Self::ExitAngle(..) => 4,
            Self::Pleura(..) => 5,
            Self::Vessel(..) => 6,
        }
    }
}

/// How far a scope gets in a branch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// Furthest distance from the root that it reaches [m]; below the branch's begin when it does not get in.
    pub reach_m: f64,
    /// Narrowest lumen up to there [m].
    pub lumen_m: f64,
    /// What stops it there; `None` at the branch's end.
    pub stop: Option<Refusal>,
}

/// Length over which a bend is measured [m]: the shaft rounds what is shorter. Prior: unverified, a few scope diameters.
const BEND_WINDOW_M: f64 = 12e-3;
/// Step along the way [m].
const STEP_M: f64 = 1.5e-3;

/// How far a scope gets in each branch, by one pass from the trachea.
#[must_use]
pub fn passage(map: &AirwayMap, scope: &ScopeSpec, spec: &PlanSpec) -> Vec<Passage> {
    let needed = scope.outer_diameter_m / spec.stretch;
    let mut out: Vec<Passage> = Vec::with_capacity(map.count() as usize);
    for branch in 0..map.count() {
        let [from, to] = map.span_m(branch);
        let before = map.parent(branch).map(|p| out[p as usize]);
        if let Some(before) = before.filter(|b| b.stop.is_some()) {
            out.push(before);
            continue;
        }
        let mut own = Passage { reach_m: from, lumen_m: before.map_or(f64::INFINITY, |b| b.lumen_m), stop: None };
        let steps = ((to - from) / STEP_M).ceil().max(1.0) as u32;
        for k in 1..=steps {
            let at = from + (to - from) * f64::from(k) / f64::from(steps);
            let place = map.place(branch, at);
            let lumen = 2.0 * place.radius_m;
            let behind = map.way(branch, at - BEND_WINDOW_M).frame;
            let bend = angle(behind.column(2).into(), place.frame.column(2).into());
            // A wide airway lets the shaft cut the corner: it bends over a longer stretch.
            let wide = lumen.max(2.0 * map.way(branch, at - BEND_WINDOW_M).radius_m);
            let radius = (BEND_WINDOW_M + (wide - scope.outer_diameter_m).max(0.0)) / bend.max(1e-6);
            let turn = map.turn_rad(branch, at);
            own.stop = if at > scope.insertion_max_m {
                Some(Refusal::TooLong(at, scope.insertion_max_m))
            } else if lumen < needed {
                Some(Refusal::TooNarrow(lumen, needed))
            } else if radius < scope.bend_radius_min_m {
                Some(Refusal::TooTight(radius, scope.bend_radius_min_m))
            } else if turn > scope.turn_max_rad {
                Some(Refusal::TooTurned(turn, scope.turn_max_rad))
            } else {
                None
            };
            if own.stop.is_some() {
                break;
            }
            own.lumen_m = own.lumen_m.min(lumen);
            own.reach_m = at;
        }
        out.push(own);
    }
    out
}
