//! The large airways, which every person has: trachea, main, lobar bronchi; and the bend with which a branch leaves its parent.

use nalgebra::Vector3;
use proband_core::Stream;

use super::lungs::Lobe;
use crate::AirwayBranch;

/// A large airway: its parent's place in the list, direction, length and diameter [m], and the lobe that it feeds.
pub(super) struct Large {
    pub parent: Option<usize>,
    pub direction: [f64; 3],
    pub length_m: f64,
    pub diameter_m: f64,
    pub lobe: Option<Lobe>,
}

/// From the vocal cords' side to the lobes, usual chest. Diameters and lengths: prior, unverified, rounded from the usual figures of
/// casts (Weibel 1963, Morphometry of the Human Lung; Horsfield 1971, J Appl Physiol 31:207); directions: prior, unverified.
pub(super) const LARGE: [Large; 9] = [
    Large { parent: None, direction: [0.0, 0.06, -1.0], length_m: 0.1, diameter_m: 17e-3, lobe: None },
    Large { parent: Some(0), direction: [-0.5, 0.12, -0.85], length_m: 0.022, diameter_m: 13.5e-3, lobe: None },
    Large { parent: Some(0), direction: [0.72, 0.14, -0.68], length_m: 0.046, diameter_m: 12e-3, lobe: None },
    Large { parent: Some(1), direction: [-0.95, -0.05, 0.15], length_m: 0.014, diameter_m: 9.5e-3, lobe: Some(Lobe::RightUpper) },
    Large { parent: Some(1), direction: [-0.35, 0.1, -0.93], length_m: 0.023, diameter_m: 11e-3, lobe: None },
    Large { parent: Some(4), direction: [-0.4, -0.72, -0.5], length_m: 0.018, diameter_m: 7.5e-3, lobe: Some(Lobe::RightMiddle) },
    Large { parent: Some(4), direction: [-0.25, 0.35, -0.9], length_m: 0.012, diameter_m: 9.5e-3, lobe: Some(Lobe::RightLower) },
    Large { parent: Some(2), direction: [0.72, -0.55, 0.3], length_m: 0.012, diameter_m: 9.5e-3, lobe: Some(Lobe::LeftUpper) },
    Large { parent: Some(2), direction: [0.3, 0.4, -0.86], length_m: 0.013, diameter_m: 9.5e-3, lobe: Some(Lobe::LeftLower) },
];

/// Largest distance between points of a centreline [m].
const POINT_GAP_M: f64 = 1.5e-3;
/// Share of a branch's length over which it turns from its parent's direction into its own. Prior: unverified.
const BEND: f64 = 0.35;

/// A branch from `from` that leaves along `before` and ends at `to`: a quadratic Bézier curve whose first arm lies between the two.
pub(super) fn branch(
    parent: Option<usize>,
    generation: u32,
    from: Vector3<f64>,
    to: Vector3<f64>,
    before: Vector3<f64>,
    radius_m: [f64; 2],
) -> AirwayBranch {
    let chord = to - from;
    let length = chord.norm().max(1e-6);
    let arm = (before + chord / length).try_normalize(1e-9).unwrap_or(chord / length);
    let control = from + arm * (BEND * length);
    let count = ((length / POINT_GAP_M).ceil() as usize).clamp(2, 400);
    let mut points_m = Vec::with_capacity(count + 1);
    let mut radii = Vec::with_capacity(count + 1);
    for i in 0..=count {
        let t = i as f64 / count as f64;
        let p = from * (1.0 - t) * (1.0 - t) + control * (2.0 * t * (1.0 - t)) + to * t * t;
        points_m.push(p.into());
        // The lumen narrows from the parent's side over the first quarter.
        let open = (1.0 - 4.0 * t).max(0.0);
        radii.push(radius_m[1] + (radius_m[0] - radius_m[1]).max(0.0) * open * open);
    }
    AirwayBranch { parent, generation, points_m, radius_m: radii }
}

/// A direction turned a little: standard deviation `sd` [rad] about each axis across.
pub(super) fn shaken(direction: Vector3<f64>, sd: f64, stream: &mut Stream) -> Vector3<f64> {
    let shake = Vector3::new(stream.normal(), stream.normal(), stream.normal()) * sd;
    (direction + shake - direction * shake.dot(&direction)).try_normalize(1e-9).unwrap_or(direction)
}
