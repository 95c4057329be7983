//! A tree of boxes over the triangles of a surface: closest points, signed distance, rays.

use crate::closest::{Feature, closest_on_triangle};
use crate::surface::Surface;
use crate::vector::{V3, add, along, bounds, cross, dot, norm, scale, sub, unit};
use proband_core::ops;

/// Triangles in a leaf.
const LEAF_COUNT: usize = 4;

/// A surface prepared for questions of distance. Answers depend on the surface alone.
#[derive(Clone, Debug)]
pub struct SurfaceTree {
    surface: Surface,
    /// Triangles in the order of leaves.
    pub(crate) order: Vec<u32>,
    pub(crate) boxes: Vec<TreeNode>,
    face_normals: Vec<V3>,
    edge_normals: Vec<[V3; 3]>,
    vertex_normals: Vec<V3>,
}

/// A box with its triangles (`count` > 0) or its two children (at `first` and the place after this node).
#[derive(Clone, Debug)]
pub(crate) struct TreeNode {
    pub(crate) low: V3,
    pub(crate) high: V3,
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// The point of a surface that is closest to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closest {
    /// The closest point [m].
    pub point_m: [f64; 3],
    /// Its triangle.
    pub triangle: u32,
    /// Distance [m], never negative.
    pub distance_m: f64,
    /// Signed distance [m], negative inside a closed surface.
    pub signed_m: f64,
}

/// Where a ray meets a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RayHit {
    /// Way along the ray [m] for a unit direction.
    pub along_m: f64,
    /// The triangle.
    pub triangle: u32,
}

impl SurfaceTree {
    /// Prepare a surface. A surface without triangles is infinitely far from everything.
    #[must_use]
    pub fn new(surface: Surface) -> Self {
        let middles: Vec<V3> = (0..surface.triangles.len() as u32)
            .map(|t| {
                let [a, b, c] = surface.corners_m(t);
                scale(add(add(a, b), c), 1.0 / 3.0)
            })
            .collect();
        let mut order: Vec<u32> = (0..surface.triangles.len() as u32).collect();
        let mut boxes = Vec::with_capacity(order.len());
        if !order.is_empty() {
            build(&surface, &middles, &mut order, 0, &mut boxes);
        }
        let face_normals: Vec<V3> = surface.triangles.iter().map(|t| unit(surface.doubled_normal(t))).collect();
        let edge_normals = edge_normals(&surface, &face_normals);
        let vertex_normals = angle_normals(&surface, &face_normals);
        Self { surface, order, boxes, face_normals, edge_normals, vertex_normals }
    }

    /// The surface that was prepared.
    #[must_use]
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Closest point of the surface; `None` for a surface without triangles or a point that is no number.
    #[must_use]
    pub fn closest(&self, p_m: [f64; 3]) -> Option<Closest> {
        let mut best = (f64::INFINITY, [0.0; 3], 0_u32, Feature::Face);
        let mut stack = [0_u32; 64];
        let mut depth = usize::from(!self.boxes.is_empty());
        while depth > 0 {
            depth -= 1;
            let index = stack[depth];
            let node = &self.boxes[index as usize];
            if box_distance_squared(node, p_m) >= best.0 {
                continue;
            }
            if node.count > 0 {
                for &t in &self.order[node.first as usize..(node.first + node.count) as usize] {
                    let (point, feature) = closest_on_triangle(p_m, &self.surface.corners_m(t));
                    let d = sub(p_m, point);
                    let squared = dot(d, d);
                    if squared < best.0 {
                        best = (squared, point, t, feature);
                    }
                }
            } else {
                let (near, far) = (index + 1, node.first);
                let swap = box_distance_squared(&self.boxes[far as usize], p_m) < box_distance_squared(&self.boxes[near as usize], p_m);
                let (near, far) = if swap { (far, near) } else { (near, far) };
                stack[depth] = far;
                stack[depth + 1] = near;
                depth += 2;
            }
        }
        let (squared, point_m, triangle, feature) = best;
        if squared == f64::INFINITY {
            return None;
        }
        let normal = match feature {
            Feature::Face => self.face_normals[triangle as usize],
            Feature::Edge(k) => self.edge_normals[triangle as usize][usize::from(k)],
            Feature::Vertex(k) => self.vertex_normals[self.surface.triangles[triangle as usize][usize::from(k)] as usize],
        };
        let distance_m = squared.sqrt();
        let signed_m = if dot(sub(p_m, point_m), normal) < 0.0 { -distance_m } else { distance_m };
        Some(Closest { point_m, triangle, distance_m, signed_m })
    }

    /// Signed distance [m], negative inside; infinite for a surface without triangles, NaN never.
    ///
    /// The sign is the side of the pseudo-normal at the closest point; it means something for closed surfaces only.
    ///
    /// # Source
    /// Bærentzen & Aanæs 2005, IEEE TVCG 11:243–253 (angle-weighted pseudo-normals).
    #[must_use]
    pub fn signed_distance_m(&self, p_m: [f64; 3]) -> f64 {
        self.closest(p_m).map_or(f64::INFINITY, |c| c.signed_m)
    }

    /// First place where a ray from `origin_m` along the unit `direction` meets the surface.
    #[must_use]
    pub fn first_hit(&self, origin_m: [f64; 3], direction: [f64; 3]) -> Option<RayHit> {
        let mut best: Option<RayHit> = None;
        self.each_hit(origin_m, direction, |hit| {
            if best.is_none_or(|b| (hit.along_m, hit.triangle) < (b.along_m, b.triangle)) {
                best = Some(hit);
            }
            best.map_or(f64::INFINITY, |b| b.along_m)
        });
        best
    }

    /// Every place where a ray meets the surface, near ones first.
    #[must_use]
    pub fn hits(&self, origin_m: [f64; 3], direction: [f64; 3]) -> Vec<RayHit> {
        let mut hits = Vec::new();
        self.each_hit(origin_m, direction, |hit| {
            hits.push(hit);
            f64::INFINITY
        });
        hits.sort_by(|a, b| a.along_m.total_cmp(&b.along_m).then(a.triangle.cmp(&b.triangle)));
        hits
    }

    /// Call `found` with every hit that is not farther than what it last gave back.
    fn each_hit(&self, origin: V3, direction: V3, mut found: impl FnMut(RayHit) -> f64) {
        let mut limit = f64::INFINITY;
        let mut stack = [0_u32; 64];
        let mut depth = usize::from(!self.boxes.is_empty());
        while depth > 0 {
            depth -= 1;
            let index = stack[depth];
            let node = &self.boxes[index as usize];
            if !ray_meets_box(node, origin, direction, limit) {
                continue;
            }
            if node.count == 0 {
                stack[depth] = node.first;
                stack[depth + 1] = index + 1;
                depth += 2;
                continue;
            }
            for &triangle in &self.order[node.first as usize..(node.first + node.count) as usize] {
                if let Some(along_m) = ray_meets_triangle(&self.surface.corners_m(triangle), origin, direction) {
                    limit = found(RayHit { along_m, triangle });
                }
            }
        }
    }
}

/// Halves at the median of the longest side of the middles: depth at most log₂ of the count, plus one.
fn build(surface: &Surface, middles: &[V3], order: &mut [u32], offset: u32, boxes: &mut Vec<TreeNode>) {
    let (low, high) = bounds(order.iter().flat_map(|&t| surface.corners_m(t)));
    let place = boxes.len();
    boxes.push(TreeNode { low, high, first: offset, count: order.len() as u32 });
    if order.len() <= LEAF_COUNT {
        return;
    }
    let (low, high) = bounds(order.iter().map(|&t| middles[t as usize]));
    let size = sub(high, low);
    let axis = (0..3).fold(0, |best, i| if size[i] > size[best] { i } else { best });
    let half = order.len() / 2;
    order.select_nth_unstable_by(half, |&a, &b| middles[a as usize][axis].total_cmp(&middles[b as usize][axis]).then(a.cmp(&b)));
    let (left, right) = order.split_at_mut(half);
    left.sort_unstable();
    right.sort_unstable();
    build(surface, middles, left, offset, boxes);
    boxes[place].first = boxes.len() as u32;
    boxes[place].count = 0;
    build(surface, middles, right, offset + half as u32, boxes);
}

/// For each edge k → k + 1 of each triangle, the sum of the normals of the triangles at it.
fn edge_normals(surface: &Surface, face_normals: &[V3]) -> Vec<[V3; 3]> {
    let mut edges = Vec::with_capacity(surface.triangles.len() * 3);
    for (t, v) in surface.triangles.iter().enumerate() {
        for k in 0..3 {
            let (a, b) = (v[k], v[(k + 1) % 3]);
            edges.push((a.min(b), a.max(b), t as u32, k as u32));
        }
    }
    edges.sort_unstable();
    let mut normals = vec![[[0.0; 3]; 3]; surface.triangles.len()];
    for same in edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let sum = same.iter().fold([0.0; 3], |sum, e| add(sum, face_normals[e.2 as usize]));
        for e in same {
            normals[e.2 as usize][e.3 as usize] = sum;
        }
    }
    normals
}

/// Normals at vertices, weighted by the angle of each triangle there.
fn angle_normals(surface: &Surface, face_normals: &[V3]) -> Vec<V3> {
    let mut normals = vec![[0.0; 3]; surface.vertices_m.len()];
    for (t, v) in surface.triangles.iter().enumerate() {
        let x = surface.corners_m(t as u32);
        for k in 0..3 {
            let (u, w) = (unit(sub(x[(k + 1) % 3], x[k])), unit(sub(x[(k + 2) % 3], x[k])));
            let angle = ops::atan2(norm(cross(u, w)), dot(u, w));
            normals[v[k] as usize] = along(normals[v[k] as usize], face_normals[t], angle);
        }
    }
    normals
}

fn box_distance_squared(node: &TreeNode, p: V3) -> f64 {
    (0..3)
        .map(|i| {
            let out = (node.low[i] - p[i]).max(p[i] - node.high[i]).max(0.0);
            out * out
        })
        .sum()
}

fn ray_meets_box(node: &TreeNode, origin: V3, direction: V3, limit: f64) -> bool {
    let (mut enter, mut leave) = (0.0_f64, limit);
    for i in 0..3 {
        if direction[i] == 0.0 {
            if origin[i] < node.low[i] || origin[i] > node.high[i] {
                return false;
            }
            continue;
        }
        let (a, b) = ((node.low[i] - origin[i]) / direction[i], (node.high[i] - origin[i]) / direction[i]);
        // A grain of slack, so that rounding opens no gap between boxes.
        enter = enter.max(a.min(b) * (1.0 - 1e-12) - 1e-300);
        leave = leave.min(a.max(b) * (1.0 + 1e-12) + 1e-300);
    }
    enter <= leave
}

/// Möller & Trumbore 1997, J Graphics Tools 2:21: way along the ray, borders included.
fn ray_meets_triangle([a, b, c]: &[V3; 3], origin: V3, direction: V3) -> Option<f64> {
    let (e1, e2) = (sub(*b, *a), sub(*c, *a));
    let p = cross(direction, e2);
    let determinant = dot(e1, p);
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let from = sub(origin, *a);
    let u = dot(from, p) / determinant;
    let q = cross(from, e1);
    let v = dot(direction, q) / determinant;
    let t = dot(e2, q) / determinant;
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t >= 0.0).then_some(t)
}
