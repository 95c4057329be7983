//! What cuts: a flat convex piece of surface.

use crate::error::{MeshError, in_range};
use crate::vector::{V3, along, cross, dot, is_finite, norm, scale, sub, unit};

/// Most corners of a blade.
const CORNER_COUNT_MAX: usize = 16;
/// Distance of a corner from the plane of the others against the blade's width [1] up to which it counts as flat.
const FLAT: f64 = 1e-6;

/// A flat convex polygon that tissue is parted along.
#[derive(Clone, Debug, PartialEq)]
pub struct Blade {
    origin_m: V3,
    normal: V3,
    /// A corner, and the direction in the plane that leads out over the side from it.
    sides: Vec<(V3, V3)>,
    width_m: f64,
}

impl Blade {
    /// The polygon with these corners [m], in either sense of rotation.
    ///
    /// # Errors
    /// [`MeshError`] for fewer than three corners, no area, corners off the plane of the others or a polygon that is not convex.
    pub fn polygon(corners_m: &[[f64; 3]]) -> Result<Self, MeshError> {
        let count = corners_m.len();
        in_range("blade.corners", count as f64, "corners", 3.0, CORNER_COUNT_MAX as f64)?;
        for (node, p) in corners_m.iter().enumerate() {
            if let Some(axis) = (0..3).find(|&k| !p[k].is_finite()) {
                return Err(MeshError::NotFinite { node: node as u32, axis: axis as u8, value: p[axis] });
            }
        }
        let area = (1..count - 1)
            .fold([0.0; 3], |sum, k| along(sum, cross(sub(corners_m[k], corners_m[0]), sub(corners_m[k + 1], corners_m[0])), 0.5));
        let width_m =
            (0..count).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| norm(sub(corners_m[i], corners_m[j]))).fold(0.0, f64::max);
        in_range("blade.width_m", width_m, "m", 1e-9, 1e6)?;
        in_range("blade.area_m2", norm(area), "m²", 1e-9 * width_m * width_m, width_m * width_m)?;
        let (normal, origin_m) = (unit(area), corners_m[0]);
        for p in corners_m {
            in_range(
                "blade: distance of a corner from the plane of the others",
                dot(normal, sub(*p, origin_m)).abs(),
                "m",
                0.0,
                FLAT * width_m,
            )?;
        }
        let sides: Vec<(V3, V3)> =
            (0..count).map(|k| (corners_m[k], unit(cross(sub(corners_m[(k + 1) % count], corners_m[k]), normal)))).collect();
        let this = Self { origin_m, normal, sides, width_m };
        if corners_m.iter().any(|p| this.outside_m(*p) > FLAT * width_m) {
            return Err(MeshError::Empty { what: "the blade is not convex" });
        }
        Ok(this)
    }

    /// What an edge from `from` to `to` sweeps while its ends go straight to their places: one flat piece, or two triangles.
    ///
    /// # Errors
    /// As [`Blade::polygon`].
    pub fn swept(from: [[f64; 3]; 2], to: [[f64; 3]; 2]) -> Result<Vec<Self>, MeshError> {
        if let Ok(flat) = Self::polygon(&[from[0], from[1], to[1], to[0]]) {
            return Ok(vec![flat]);
        }
        [[from[0], from[1], to[1]], [from[0], to[1], to[0]]].iter().map(|t| Self::polygon(t)).collect()
    }

    /// Unit normal.
    #[must_use]
    pub fn normal(&self) -> [f64; 3] {
        self.normal
    }

    /// Signed height of a point over the plane [m].
    #[must_use]
    pub fn height_m(&self, p_m: [f64; 3]) -> f64 {
        dot(self.normal, sub(p_m, self.origin_m))
    }

    /// Number of sides.
    pub(crate) fn side_count(&self) -> usize {
        self.sides.len()
    }

    /// How far a point lies out over one side [m], negative within.
    pub(crate) fn beyond_m(&self, side: usize, p_m: V3) -> f64 {
        let (corner, out) = self.sides[side];
        dot(out, sub(p_m, corner))
    }

    /// How far a point lies out over the sides at most [m], negative within the polygon (height left out).
    #[must_use]
    pub fn outside_m(&self, p_m: [f64; 3]) -> f64 {
        (0..self.sides.len()).map(|k| self.beyond_m(k, p_m)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The same blade shifted [m].
    #[must_use]
    pub fn shifted(&self, by_m: [f64; 3]) -> Self {
        let moved = |p: V3| along(p, by_m, 1.0);
        debug_assert!(is_finite(by_m));
        Self { origin_m: moved(self.origin_m), sides: self.sides.iter().map(|(c, o)| (moved(*c), *o)).collect(), ..self.clone() }
    }

    /// Greatest distance between two corners [m].
    #[must_use]
    pub fn width_m(&self) -> f64 {
        self.width_m
    }

    /// A square blade of a given half side around a point [m], for a normal of any length.
    ///
    /// # Errors
    /// As [`Blade::polygon`].
    pub fn square(centre_m: [f64; 3], normal: [f64; 3], half_m: f64) -> Result<Self, MeshError> {
        let n = unit(normal);
        let helper = if n[0].abs() < 0.7 { [1.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0] };
        let u = scale(unit(cross(n, helper)), half_m);
        let v = cross(n, u);
        let corner = |s: f64, t: f64| along(along(centre_m, u, s), v, t);
        Self::polygon(&[corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)])
    }
}
