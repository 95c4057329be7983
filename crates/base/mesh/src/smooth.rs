//! Smoothing of surfaces.

use crate::error::{MeshError, in_range};
use crate::surface::Surface;
use crate::vector::{V3, add, along, norm, scale, sub};

/// Largest number of rounds.
const ROUND_COUNT_MAX: u32 = 10_000;

impl Surface {
    /// The surface smoothed by pairs of steps inwards and outwards that keep its size.
    ///
    /// `rounds`: pairs of steps; `drift_max_m`: farthest that a vertex may end from where it was [m].
    /// Vertices at open edges move along with the others.
    ///
    /// # Source
    /// Taubin 1995, SIGGRAPH, λ = 0.5, μ = −0.53 (pass band 0.11).
    /// # Errors
    /// [`MeshError::OutOfRange`] for more than 10 000 rounds or a drift that is negative or no number.
    pub fn smoothed(&self, rounds: u32, drift_max_m: f64) -> Result<Self, MeshError> {
        in_range("rounds", f64::from(rounds), "", 0.0, f64::from(ROUND_COUNT_MAX))?;
        in_range("drift_max_m", drift_max_m, "m", 0.0, f64::MAX)?;
        let mut edges: Vec<(u32, u32)> = self.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
        edges.iter_mut().for_each(|e| *e = (e.0.min(e.1), e.0.max(e.1)));
        edges.sort_unstable();
        edges.dedup();
        let mut degree = vec![0_u32; self.vertices_m.len()];
        for &(a, b) in &edges {
            degree[a as usize] += 1;
            degree[b as usize] += 1;
        }
        let mut at = self.vertices_m.clone();
        let mut sum: Vec<V3> = vec![[0.0; 3]; at.len()];
        for _ in 0..rounds {
            for weight in [0.5, -0.53] {
                sum.fill([0.0; 3]);
                for &(a, b) in &edges {
                    sum[a as usize] = add(sum[a as usize], at[b as usize]);
                    sum[b as usize] = add(sum[b as usize], at[a as usize]);
                }
                for (v, p) in at.iter_mut().enumerate().filter(|(v, _)| degree[*v] > 0) {
                    let mean = scale(sum[v], 1.0 / f64::from(degree[v]));
                    *p = along(*p, sub(mean, *p), weight);
                }
            }
        }
        for (p, home) in at.iter_mut().zip(&self.vertices_m) {
            let way = sub(*p, *home);
            let length = norm(way);
            if length > drift_max_m {
                *p = along(*home, way, drift_max_m / length);
            }
        }
        Ok(Self { vertices_m: at, triangles: self.triangles.clone() })
    }
}
