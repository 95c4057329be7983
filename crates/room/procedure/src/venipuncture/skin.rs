//! The skin as the camera's depth sensor measured it: heights, slopes, and how it falls away from a probe's face.

use nalgebra::{SMatrix, SVector, Vector3};
use proband_core::{Patient, Pose, Position, Probe, ops};
use proband_sensor::NirFrame;
use serde::{Deserialize, Serialize};

/// Pixels between two skin points: the depth sensor's own pitch.
const STEP_PX: f64 = 8.0;
/// Depth below the highest skin beyond which a point is no place for needle or probe [m].
const FLANK_M: f64 = 0.022;
/// Points kept at most.
const POINT_COUNT_MAX: usize = 16_384;
/// Width of the Gaussian weights of a fit [m]: over it the skin counts as a paraboloid.
const FLAT_M: f64 = 7e-3;
/// Distance beyond which a point has no weight, over [`FLAT_M`] [1].
const REACH: f64 = 2.2;
/// Grid of fits over the forearm [m]: all that needle and probe may touch.
const PITCH_M: f64 = 8e-3;
const X_FIRST_M: f64 = -0.040;
const Z_FIRST_M: f64 = -0.088;
const COLUMNS: usize = 11;
const ROWS: usize = 14;
/// Sum of weights that a fit needs [1].
const WEIGHT_MIN: f64 = 6.0;
/// Distance of a node from the middle of its points, over [`FLAT_M`], beyond which a fit would be an extrapolation [1].
const LEAN_MAX: f64 = 0.6;

/// Add the points of the skin [m], patient frame, that the camera's depth sensor gives within the grid.
pub(super) fn collect(frame: &NirFrame, points: &mut Vec<[f64; 3]>) {
    let (columns, rows) = (f64::from(frame.counts.width()), f64::from(frame.counts.height()));
    let (x_max, z_max) = (X_FIRST_M + PITCH_M * COLUMNS as f64, Z_FIRST_M + PITCH_M * ROWS as f64);
    let mut y = 0.0;
    while y < rows {
        let mut x = 0.0;
        while x < columns {
            if let Some(p) = frame.skin_at(x, y)
                && (X_FIRST_M - PITCH_M..x_max).contains(&p.0.x)
                && (Z_FIRST_M - PITCH_M..z_max).contains(&p.0.z)
                && points.len() < POINT_COUNT_MAX
            {
                points.push(p.0.coords.into());
            }
            x += STEP_PX;
        }
        y += STEP_PX;
    }
}

/// The measured skin: a paraboloid fitted with Gaussian weights at each node of a grid over the forearm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Skin {
    /// Per node, x fastest: height, and coefficients of dx, dz, dx², dx·dz, dz² over [`FLAT_M`] [m]; `None` where too
    /// little was measured.
    nodes: Vec<Option<[f64; 6]>>,
}

impl Skin {
    /// Nothing measured yet.
    pub const fn unknown() -> Self {
        Self { nodes: Vec::new() }
    }

    /// From points of the skin [m], patient frame.
    pub fn fitted(points: &[[f64; 3]]) -> Self {
        let crest = points.iter().map(|p| p[1]).filter(|y| y.is_finite()).fold(f64::INFINITY, f64::min);
        let near: Vec<[f64; 3]> = points.iter().filter(|p| p[1] < crest + FLANK_M).copied().collect();
        let x = |index: usize| X_FIRST_M + PITCH_M * (index % COLUMNS) as f64;
        let z = |index: usize| Z_FIRST_M + PITCH_M * (index / COLUMNS) as f64;
        Self { nodes: (0..COLUMNS * ROWS).map(|index| fit(&near, x(index), z(index))).collect() }
    }

    /// Height of the skin at (x, z) [m] and its slopes dy/dx, dy/dz. `None` where it was not measured.
    pub fn at(&self, x_m: f64, z_m: f64) -> Option<[f64; 3]> {
        let (column, row) = ((x_m - X_FIRST_M) / PITCH_M, (z_m - Z_FIRST_M) / PITCH_M);
        if !(0.0..(COLUMNS - 1) as f64).contains(&column) || !(0.0..(ROWS - 1) as f64).contains(&row) {
            return None;
        }
        let (left, low) = (column.floor(), row.floor());
        let (right_share, high_share) = (column - left, row - low);
        let (mut sum, mut weights) = ([0.0; 3], 0.0);
        for (dc, dr) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let weight = (if dc == 1 { right_share } else { 1.0 - right_share }) * (if dr == 1 { high_share } else { 1.0 - high_share });
            let Some(Some(c)) = self.nodes.get((low as usize + dr) * COLUMNS + left as usize + dc) else { continue };
            let u = (column - left - dc as f64) * PITCH_M / FLAT_M;
            let w = (row - low - dr as f64) * PITCH_M / FLAT_M;
            sum[0] += weight * (c[0] + c[1] * u + c[2] * w + c[3] * u * u + c[4] * u * w + c[5] * w * w);
            sum[1] += weight * (c[1] + 2.0 * c[3] * u + c[4] * w) / FLAT_M;
            sum[2] += weight * (c[2] + c[4] * u + 2.0 * c[5] * w) / FLAT_M;
            weights += weight;
        }
        (weights > 0.2).then(|| sum.map(|value| value / weights))
    }

    /// Unit vector into the arm where the skin lies over `p` [m]; `start` where nothing was measured.
    pub fn inward_over(&self, p: &Vector3<f64>, start: &Vector3<f64>) -> Vector3<f64> {
        let mut inward = *start;
        for _ in 0..3 {
            // Up to the skin along the normal found so far.
            let Some(up) = self.along(p, &-inward) else { return *start };
            let foot = p - inward * up;
            let Some([_, dx, dz]) = self.at(foot.x, foot.z) else { return *start };
            inward = Vector3::new(-dx, 1.0, -dz).normalize();
        }
        inward
    }

    /// Distance from `p` to the skin along a direction [m].
    fn along(&self, p: &Vector3<f64>, direction: &Vector3<f64>) -> Option<f64> {
        let mut distance = 0.0;
        for _ in 0..6 {
            let here = p + direction * distance;
            let [height, dx, dz] = self.at(here.x, here.z)?;
            // Newton: how fast the skin comes nearer.
            let rate = direction.y - dx * direction.x - dz * direction.z;
            if rate.abs() < 0.1 {
                return None;
            }
            distance += (height - here.y) / rate;
        }
        Some(distance)
    }

    /// How much farther below a probe's face the skin lies at `x_m` along the elements than under the middle [m].
    ///
    /// A difference of two measured heights: an offset of the camera against the probe's axes cancels.
    pub fn sag(&self, pose: &Pose<Patient, Probe>, x_m: f64) -> Option<f64> {
        let inward = pose.axis(2).0;
        let at = |x_m: f64| self.along(&(*pose * Position::new(x_m, 0.0, 0.0)).0.coords, &inward);
        Some(at(x_m)? - at(0.0)?)
    }

    /// Where a needle's line meets the skin: distance along the line from `p` [m], backwards counted negative.
    pub fn met_by(&self, p: &Vector3<f64>, direction: &Vector3<f64>) -> Option<f64> {
        self.along(p, direction)
    }
}

/// Paraboloid over (x, z) with Gaussian weights; `None` where the points near are too few or lie all to one side.
fn fit(points: &[[f64; 3]], x_m: f64, z_m: f64) -> Option<[f64; 6]> {
    let mut normal = SMatrix::<f64, 6, 6>::zeros();
    let mut right = SVector::<f64, 6>::zeros();
    for p in points {
        let (u, w) = ((p[0] - x_m) / FLAT_M, (p[2] - z_m) / FLAT_M);
        let distance2 = u * u + w * w;
        if distance2 > REACH * REACH {
            continue;
        }
        let weight = ops::exp(-0.5 * distance2);
        let row = SVector::from([1.0, u, w, u * u, u * w, w * w]);
        normal += row * row.transpose() * weight;
        right += row * (weight * p[1]);
    }
    let (sum, lean) = (normal[(0, 0)], normal[(0, 1)].abs().max(normal[(0, 2)].abs()));
    if sum < WEIGHT_MIN || lean > LEAN_MAX * sum {
        return None;
    }
    Some(normal.cholesky()?.solve(&right).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Direction;

    /// Points of a cylinder of 45 mm along z, highest at x = 0 with y = 0.
    fn cylinder() -> Vec<[f64; 3]> {
        let radius = 0.045_f64;
        let mut points = Vec::new();
        for i in -15..=15 {
            for k in -15..=15 {
                let (x, z) = (f64::from(i) * 2e-3, f64::from(k) * 3e-3);
                points.push([x, radius - (radius * radius - x * x).sqrt(), z]);
            }
        }
        points
    }

    /// Find how a round arm falls away from a flat face, and where into the arm is.
    #[test]
    fn a_round_arm_falls_away() {
        let skin = Skin::fitted(&cylinder());
        let pose = Pose::from_axes(Position::new(0.0, 0.3e-3, 0.0), Direction::new(1.0, 0.0, 0.0), Direction::new(0.0, 1.0, 0.0));
        let sag_m = skin.sag(&pose, 0.01).unwrap();
        let exact = 0.045 - (0.045_f64 * 0.045 - 1e-4).sqrt();
        assert!((sag_m - exact).abs() < 0.02e-3, "{sag_m}, exact {exact}");
        let inward = skin.inward_over(&Vector3::new(0.01, 5e-3, 0.0), &Vector3::y());
        let radial = Vector3::new(-0.01, 0.045 - 5e-3, 0.0).normalize();
        assert!(inward.dot(&radial) > 0.9999, "{inward}");
    }

    /// Say nothing where nothing was measured.
    #[test]
    fn an_unseen_skin_is_unknown() {
        let few: Vec<[f64; 3]> = cylinder().into_iter().take(3).collect();
        for skin in [Skin::unknown(), Skin::fitted(&[]), Skin::fitted(&few)] {
            assert!(skin.at(0.0, 0.0).is_none());
            assert_eq!(skin.inward_over(&Vector3::zeros(), &Vector3::y()), Vector3::y());
        }
        assert!(Skin::fitted(&cylinder()).at(0.5, f64::NAN).is_none());
    }
}
