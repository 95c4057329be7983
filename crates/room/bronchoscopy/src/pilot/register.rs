//! Where the map lies in the tracker's frame: the tour's points laid onto the centrelines.

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

use crate::map::AirwayMap;

/// From the tracker's frame to the map's: x_map = turn · x + shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Turn.
    pub turn: Matrix3<f64>,
    /// Shift [m].
    pub shift_m: Vector3<f64>,
    /// Root mean square distance of the points from the centrelines [m]; NaN before.
    pub residual_m: f64,
}

impl Registration {
    /// As the tracker comes.
    #[must_use]
    pub fn start() -> Self {
        Self { turn: Matrix3::identity(), shift_m: Vector3::zeros(), residual_m: f64::NAN }
    }

    /// A point in the map's frame [m].
    #[must_use]
    pub fn map(&self, p: [f64; 3]) -> Vector3<f64> {
        self.turn * Vector3::from(p) + self.shift_m
    }
}

const ROUNDS: u32 = 25;
const POINTS_MIN: usize = 12;

/// Lay points [m] onto the centrelines of `branches`: closest points and the best rigid motion in turns.
///
/// # Source
/// Besl & McKay 1992, IEEE Trans PAMI 14:239; rigid motion by singular values: Kabsch 1976, Acta Cryst A32:922.
#[must_use]
pub fn register(map: &AirwayMap, branches: &[u32], points: &[[f64; 3]], start: Registration) -> Registration {
    if points.len() < POINTS_MIN || branches.is_empty() {
        return start;
    }
    let mut best = start;
    for _ in 0..ROUNDS {
        let pairs: Vec<(Vector3<f64>, Vector3<f64>)> = points
            .iter()
            .map(|p| {
                let own = best.map(*p);
                let at = branches.iter().map(|b| (map.closest(*b, own), *b)).min_by(|a, b| a.0.1.total_cmp(&b.0.1));
                let onto = at.map_or(own, |((distance, _), branch)| map.place(branch, distance).point_m);
                (Vector3::from(*p), onto)
            })
            .collect();
        let count = pairs.len() as f64;
        let from = pairs.iter().map(|p| p.0).sum::<Vector3<f64>>() / count;
        let onto = pairs.iter().map(|p| p.1).sum::<Vector3<f64>>() / count;
        let spread: Matrix3<f64> = pairs.iter().map(|(a, b)| (b - onto) * (a - from).transpose()).sum();
        let svd = spread.svd(true, true);
        let (Some(u), Some(v)) = (svd.u, svd.v_t) else { break };
        let mut flip = Matrix3::identity();
        flip[(2, 2)] = if (u * v).determinant() < 0.0 { -1.0 } else { 1.0 };
        let turn = u * flip * v;
        let shift_m = onto - turn * from;
        let residual_m = (pairs.iter().map(|(a, b)| (turn * a + shift_m - b).norm_squared()).sum::<f64>() / count).sqrt();
        best = Registration { turn, shift_m, residual_m };
    }
    best
}
