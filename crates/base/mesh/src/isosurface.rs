//! Surfaces from regular grids: marching tetrahedra.

use rayon::prelude::*;

use crate::error::MeshError;
use crate::grid::GridFrame;
use crate::surface::Surface;
use crate::vector::{V3, cross, dot, mix};

/// Steps of the seven edges that belong to a grid point; bit i of (number + 1) = upwards along axis i.
const EDGE_COUNT: u8 = 7;
/// Order in which the six tetrahedra of a cube go from its lowest to its highest corner along the axes.
const PATHS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
/// Crossings keep this fraction of an edge away from its ends, so that no triangle has a side of length zero.
const END_GAP: f64 = 1e-3;

/// The surface where a function on a grid crosses a level; inside is below it. Always closed, oriented, each edge used twice.
///
/// Each cube is split into six tetrahedra around one diagonal (Kuhn 1960), so that there are no ambiguous cases;
/// vertices lie where the values on an edge, taken as linear, cross the level. A layer around the grid, a half
/// step away, counts as outside, as do values that are no numbers.
///
/// `values`: shape [size of the frame], x fastest.
///
/// # Source
/// Doi & Koide 1991, IEICE Trans E74:214–224 (marching tetrahedra).
/// # Error
/// Area and volume of a ball of radius R on a grid of step h: both fall with h²; see the claim `mesh-isosurface`.
/// # Errors
/// [`MeshError::Count`] when there are not as many values as the frame has points.
pub fn isosurface(frame: &GridFrame, values: &[f32], level: f32) -> Result<Surface, MeshError> {
    frame.check_count(values.len())?;
    let grid = Padded { frame, values, level };
    let [nx, ny, nz] = grid.dims();
    let layer = (nx * ny) as usize;
    let slabs: Vec<(Vec<u8>, Vec<V3>)> = (0..nz).into_par_iter().map(|z| crossings(&grid, z)).collect();
    let mut first_of_layer = Vec::with_capacity(slabs.len());
    let (mut masks, mut vertices_m) = (Vec::with_capacity(layer * slabs.len()), Vec::new());
    for (mask, vertices) in &slabs {
        first_of_layer.push(vertices_m.len() as u32);
        masks.extend_from_slice(mask);
        vertices_m.extend_from_slice(vertices);
    }
    let mut offsets = Vec::with_capacity(masks.len());
    let mut next = 0_u32;
    for mask in &masks {
        offsets.push(next);
        next += mask.count_ones();
    }
    let parts: Vec<Vec<[u32; 3]>> = (0..nz - 1).into_par_iter().map(|z| triangles(&grid, z, &masks, &offsets)).collect();
    let flip = determinant(&frame.step_m) < 0.0;
    let triangles = parts.into_iter().flatten().map(|t| if flip { [t[0], t[2], t[1]] } else { t }).collect();
    Ok(Surface { vertices_m, triangles })
}

fn determinant(m: &[V3; 3]) -> f64 {
    dot(m[0], cross(m[1], m[2]))
}

/// The grid with a layer of outside around it.
struct Padded<'a> {
    frame: &'a GridFrame,
    values: &'a [f32],
    level: f32,
}

impl Padded<'_> {
    fn dims(&self) -> [u32; 3] {
        self.frame.size.map(|n| n + 2)
    }

    /// Value minus level; `None` in the layer around the grid.
    fn value(&self, at: [u32; 3]) -> Option<f64> {
        let [nx, ny, nz] = self.frame.size;
        let [x, y, z] = at.map(|i| i.wrapping_sub(1));
        (x < nx && y < ny && z < nz).then(|| {
            let value = f64::from(self.values[(x + nx * (y + ny * z)) as usize]) - f64::from(self.level);
            if value.is_nan() { f64::INFINITY } else { value }
        })
    }

    fn is_inside(&self, at: [u32; 3]) -> bool {
        self.value(at).is_some_and(|v| v < 0.0)
    }

    fn position_m(&self, at: [u32; 3]) -> V3 {
        self.frame.position_m(at.map(|i| f64::from(i) - 1.0))
    }
}

fn crossings(grid: &Padded<'_>, z: u32) -> (Vec<u8>, Vec<V3>) {
    let dims = grid.dims();
    let mut masks = vec![0_u8; (dims[0] * dims[1]) as usize];
    let mut vertices = Vec::new();
    for y in 0..dims[1] {
        for x in 0..dims[0] {
            let inside = grid.is_inside([x, y, z]);
            for edge in 0..EDGE_COUNT {
                let up = u32::from(edge) + 1;
                let other = [x + (up & 1), y + ((up >> 1) & 1), z + (up >> 2)];
                if other[0] >= dims[0] || other[1] >= dims[1] || other[2] >= dims[2] || inside == grid.is_inside(other) {
                    continue;
                }
                masks[(x + dims[0] * y) as usize] |= 1 << edge;
                let t = match (grid.value([x, y, z]), grid.value(other)) {
                    (Some(a), Some(b)) if a.is_finite() && b.is_finite() => a / (a - b),
                    _ => 0.5,
                };
                let t = if t.is_finite() { t.clamp(END_GAP, 1.0 - END_GAP) } else { 0.5 };
                vertices.push(mix(grid.position_m([x, y, z]), grid.position_m(other), t));
            }
        }
    }
    (masks, vertices)
}

fn triangles(grid: &Padded<'_>, z: u32, masks: &[u8], offsets: &[u32]) -> Vec<[u32; 3]> {
    let dims = grid.dims();
    let mut out = Vec::new();
    for y in 0..dims[1] - 1 {
        for x in 0..dims[0] - 1 {
            // Corner c of the cube lies upwards along axis i where bit i of c is set.
            let inside =
                (0..8_u32).fold(0_u8, |all, c| all | (u8::from(grid.is_inside([x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)])) << c));
            if inside == 0 || inside == u8::MAX {
                continue;
            }
            let vertex = |a: u8, b: u8| {
                let (low, high) = (a & b, a | b);
                let at = [x + u32::from(low & 1), y + u32::from((low >> 1) & 1), z + u32::from(low >> 2)];
                let index = (at[0] + dims[0] * (at[1] + dims[1] * at[2])) as usize;
                let edge = (high & !low) - 1;
                offsets[index] + (masks[index] & ((1 << edge) - 1)).count_ones()
            };
            for path in PATHS {
                let second = 1_u8 << path[0];
                let tet = [0, second, second | (1 << path[1]), 7];
                // Paths that are odd permutations of the axes give tetrahedra that are turned over.
                let is_odd = [[0, 2, 1], [1, 0, 2], [2, 1, 0]].contains(&path);
                march(tet, inside, is_odd, &vertex, &mut out);
            }
        }
    }
    out
}

/// Triangles of one tetrahedron, seen from outside.
fn march(tet: [u8; 4], inside: u8, is_odd: bool, vertex: &impl Fn(u8, u8) -> u32, out: &mut Vec<[u32; 3]>) {
    let is_in = |k: usize| inside & (1 << tet[k]) != 0;
    let ins: Vec<usize> = (0..4).filter(|&k| is_in(k)).collect();
    let outs: Vec<usize> = (0..4).filter(|&k| !is_in(k)).collect();
    let v = |i: usize, j: usize| vertex(tet[i], tet[j]);
    // Whether going through the corners in this order turns the tetrahedron over.
    let turned = |order: [usize; 4]| {
        is_odd != ((0..4).flat_map(|i| (0..i).map(move |j| (j, i))).filter(|&(j, i)| order[j] > order[i]).count() % 2 == 1)
    };
    let mut push = |t: [u32; 3], flip: bool| out.push(if flip { [t[0], t[2], t[1]] } else { t });
    match (ins.as_slice(), outs.as_slice()) {
        (&[a], &[b, c, d]) => push([v(a, b), v(a, c), v(a, d)], turned([a, b, c, d])),
        (&[b, c, d], &[a]) => push([v(a, b), v(a, d), v(a, c)], turned([a, b, c, d])),
        (&[a, b], &[c, d]) => {
            let flip = turned([a, b, c, d]);
            push([v(a, c), v(a, d), v(b, d)], flip);
            push([v(a, c), v(b, d), v(b, c)], flip);
        }
        _ => {}
    }
}
