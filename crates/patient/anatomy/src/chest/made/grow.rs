//! Airways that fill a lobe.
//!
//! The lobe is strewn with points, each the place of one terminal unit. A branch shares its points between two daughters by a plane
//! through their centre that holds the branch's direction; each daughter grows 40 % of the way to the centre of its points, at most
//! 60° off its mother (volume-filling branching: Tawhai, Pullan, Hunter 2000, Ann Biomed Eng 28:793). The plane stands across the
//! widest spread of the points, so that planes turn from generation to generation by themselves. Diameters share the flow:
//! d₀ⁿ = d₁ⁿ + d₂ⁿ (Kitaoka, Takaki, Suki 1999, J Appl Physiol 87:2207) with n = 3, as 2^(−1/3) from generation to generation asks
//! for (Weibel 1963, Morphometry of the Human Lung), and flow by the number of points.

use nalgebra::Vector3;
use proband_core::{Stream, ops};

use super::course::{branch, shaken};
use super::lungs::LungShape;
use crate::AirwayBranch;

/// Share of the way to the centre of its points that a branch grows, and the largest angle to its mother [rad].
const GROWTH: f64 = 0.4;
const ANGLE_MAX_RAD: f64 = std::f64::consts::FRAC_PI_3;
/// Exponent of diameters against flow.
const FLOW_EXPONENT: f64 = 3.0;
/// Smallest diameter that still branches, smallest and largest length of a branch [m], most generations; spread of the diameter [1]
/// and of the direction [rad]. Prior: unverified.
const DIAMETER_MIN_M: f64 = 0.8e-3;
const LENGTH_M: [f64; 2] = [2e-3, 35e-3];
const GENERATION_MAX: u32 = 24;
const DIAMETER_SPREAD: f64 = 0.04;
const DIRECTION_SPREAD_RAD: f64 = 0.05;
/// Least depth below the pleura of the end of a branch [m]. Prior: unverified.
const DEPTH_MIN_M: f64 = 1.5e-3;

/// One end of the growing tree.
struct Tip {
    branch: usize,
    end: Vector3<f64>,
    direction: Vector3<f64>,
    diameter_m: f64,
    points: Vec<u32>,
}

/// Grow below branch `root` until every point has its end.
pub(super) fn grow(
    branches: &mut Vec<AirwayBranch>,
    root: usize,
    diameter_m: f64,
    points: &[Vector3<f64>],
    lungs: &LungShape,
    stream: &mut Stream,
) {
    let start = &branches[root];
    let mut open = vec![Tip {
        branch: root,
        end: start.points_m[start.points_m.len() - 1].into(),
        direction: start.direction_at_end().into(),
        diameter_m,
        points: (0..points.len() as u32).collect(),
    }];
    // A stack: depth first, so that the order of random numbers is that of the tree.
    while let Some(tip) = open.pop() {
        let generation = branches[tip.branch].generation + 1;
        if tip.points.len() < 2 || tip.diameter_m < DIAMETER_MIN_M || generation > GENERATION_MAX {
            continue;
        }
        let total = tip.points.len() as f64;
        for own in shared(&tip, points) {
            let share = own.len() as f64 / total;
            let Some(direction) = towards(&tip, &own, points, stream) else { continue };
            let spread = 1.0 + DIAMETER_SPREAD * stream.normal().clamp(-2.5, 2.5);
            let diameter_m = (tip.diameter_m * ops::powf(share, 1.0 / FLOW_EXPONENT) * spread).min(0.95 * tip.diameter_m);
            let mut length = (GROWTH * (centre(&own, points) - tip.end).norm()).clamp(LENGTH_M[0], LENGTH_M[1]);
            let mut end = tip.end + direction * length;
            for _ in 0..12 {
                if lungs.depth_m(end.into()) > DEPTH_MIN_M || generation < 4 {
                    break;
                }
                length *= 0.8;
                end = tip.end + direction * length;
            }
            if length < 0.5 * LENGTH_M[0] {
                continue;
            }
            let radius = [0.5 * f64::min(tip.diameter_m, 1.25 * diameter_m), 0.5 * diameter_m];
            branches.push(branch(Some(tip.branch), generation, tip.end, end, tip.direction, radius));
            let at = branches.len() - 1;
            let leaves = branches[at].direction_at_end().into();
            open.push(Tip { branch: at, end, direction: leaves, diameter_m, points: own });
        }
    }
}

fn centre(of: &[u32], points: &[Vector3<f64>]) -> Vector3<f64> {
    of.iter().map(|i| points[*i as usize]).sum::<Vector3<f64>>() / of.len().max(1) as f64
}

/// The points in two halves by the plane through their centre that holds the direction and stands across their widest spread.
fn shared(tip: &Tip, points: &[Vector3<f64>]) -> [Vec<u32>; 2] {
    let middle = centre(&tip.points, points);
    let u = any_across(tip.direction);
    let v = tip.direction.cross(&u);
    let (mut uu, mut uv, mut vv) = (0.0, 0.0, 0.0);
    for i in &tip.points {
        let gap = points[*i as usize] - middle;
        let (a, b) = (gap.dot(&u), gap.dot(&v));
        (uu, uv, vv) = (uu + a * a, uv + a * b, vv + b * b);
    }
    let angle = 0.5 * ops::atan2(2.0 * uv, uu - vv);
    let (sin, cos) = ops::sin_cos(angle);
    let normal = u * cos + v * sin;
    let (a, b): (Vec<u32>, Vec<u32>) = tip.points.iter().partition(|i| (points[**i as usize] - middle).dot(&normal) < 0.0);
    [a, b]
}

/// A unit vector across another.
pub(super) fn any_across(d: Vector3<f64>) -> Vector3<f64> {
    let other = if d.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    d.cross(&other).normalize()
}

/// Direction of a daughter towards its points, held within the largest angle. `None` without points.
fn towards(tip: &Tip, own: &[u32], points: &[Vector3<f64>], stream: &mut Stream) -> Option<Vector3<f64>> {
    if own.is_empty() {
        return None;
    }
    let wanted = (centre(own, points) - tip.end).try_normalize(1e-9)?;
    let wanted = shaken(wanted, DIRECTION_SPREAD_RAD, stream);
    let cos = wanted.dot(&tip.direction);
    if cos >= ops::cos(ANGLE_MAX_RAD) {
        return Some(wanted);
    }
    let side = (wanted - tip.direction * cos).try_normalize(1e-9).unwrap_or_else(|| any_across(tip.direction));
    let (sin_max, cos_max) = ops::sin_cos(ANGLE_MAX_RAD);
    Some(tip.direction * cos_max + side * sin_max)
}
