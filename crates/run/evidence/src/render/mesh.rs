//! Triangles of tubes, rods, balls and height fields.

use nalgebra::Vector3;
use proband_core::ops;

use crate::view::{Skin, Tube};

type V = Vector3<f64>;

/// Points around a tube.
const RING: usize = 32;
/// Longest piece of a tube before it is divided [m].
const PIECE_M: f64 = 1.5e-3;
/// Most rings of one tube.
const RING_COUNT_MAX: usize = 1500;

/// Triangles with normals at their corners.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mesh {
    /// Corners [m] with unit normals.
    pub vertices: Vec<(V, V)>,
    /// Indices of corners.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    fn push(&mut self, p: V, n: V) -> u32 {
        self.vertices.push((p, n.try_normalize(1e-15).unwrap_or_else(V::y)));
        (self.vertices.len() - 1) as u32
    }

    fn quad(&mut self, a: u32, b: u32, c: u32, d: u32) {
        self.triangles.push([a, b, c]);
        self.triangles.push([a, c, d]);
    }

    /// A tube of elliptic cross-section through all nodes, with flat ends.
    pub fn tube(tube: &Tube) -> Self {
        let path = refine(tube);
        let mut mesh = Self::default();
        let mut previous: Option<u32> = None;
        for (i, (p, h, v)) in path.iter().enumerate() {
            let before = path[i.saturating_sub(1)].0;
            let after = path[(i + 1).min(path.len() - 1)].0;
            let tangent = (after - before).try_normalize(1e-15).unwrap_or_else(V::z);
            let across = tangent.cross(&V::y()).try_normalize(1e-9).unwrap_or_else(V::x);
            let upright = across.cross(&tangent);
            let ring = mesh.ring(*p, across, upright, *h, *v);
            match previous {
                Some(last) => mesh.join(last, ring),
                None => mesh.cap(*p, -tangent, ring),
            }
            if i + 1 == path.len() {
                mesh.cap(*p, tangent, ring);
            }
            previous = Some(ring);
        }
        mesh
    }

    /// A round rod from `a` with the radius `radius_a` to `b` with the radius `radius_b` (zero makes a point).
    pub fn rod(a: V, b: V, radius_a: f64, radius_b: f64) -> Self {
        let mut mesh = Self::default();
        let Some(axis) = (b - a).try_normalize(1e-12) else { return mesh };
        let across = axis.cross(&V::y()).try_normalize(1e-6).unwrap_or_else(V::x);
        let upright = across.cross(&axis);
        let first = mesh.ring(a, across, upright, radius_a, radius_a);
        let last = mesh.ring(b, across, upright, radius_b, radius_b);
        mesh.join(first, last);
        mesh.cap(a, -axis, first);
        mesh.cap(b, axis, last);
        mesh
    }

    /// The skin.
    pub fn skin(skin: &Skin) -> Self {
        // Coarser than recorded where that is finer than half a millimetre: no pixel would show it.
        let stride = |d: f64| ((0.5e-3 / d).floor() as usize).max(1);
        let pick = |n: usize, s: usize| (0..n).filter(|i| i % s == 0 || *i == n - 1).collect::<Vec<_>>();
        let (columns, rows) = (pick(skin.nx, stride(skin.dx_m)), pick(skin.nz, stride(skin.dz_m)));
        let y = |i: usize, k: usize| skin.y_m[k * skin.nx + i];
        let mut mesh = Self::default();
        let ends: Vec<[usize; 2]> = (0..skin.nz).map(|k| arm_of_row(skin, k)).collect();
        for k in &rows {
            // Beyond the sides of the arm the height field goes on level; that is no skin. Points there are drawn in
            // to the side, averaged over neighbouring rows, where their triangles vanish.
            let near = &ends[k.saturating_sub(6)..(k + 7).min(skin.nz)];
            let side = |i: usize| skin.x0_m + skin.dx_m * near.iter().map(|e| e[i] as f64).sum::<f64>() / near.len() as f64;
            let (low, high) = (side(0), side(1).max(side(0)));
            for i in &columns {
                let (i0, i1) = (i.saturating_sub(1), (i + 1).min(skin.nx - 1));
                let (k0, k1) = (k.saturating_sub(1), (k + 1).min(skin.nz - 1));
                let slope_x = (y(i1, *k) - y(i0, *k)) / (skin.dx_m * (i1 - i0) as f64);
                let slope_z = (y(*i, k1) - y(*i, k0)) / (skin.dz_m * (k1 - k0) as f64);
                let x = (skin.x0_m + skin.dx_m * *i as f64).clamp(low, high);
                let z = skin.z0_m + skin.dz_m * *k as f64;
                mesh.push(V::new(x, skin.y_at(x, z).unwrap_or_else(|| y(*i, *k)), z), V::new(slope_x, -1.0, slope_z));
            }
        }
        let width = columns.len() as u32;
        for k in 1..rows.len() as u32 {
            for i in 1..width {
                mesh.quad((k - 1) * width + i - 1, (k - 1) * width + i, k * width + i, k * width + i - 1);
            }
        }
        mesh
    }

    fn ring(&mut self, p: V, across: V, upright: V, semi_h: f64, semi_v: f64) -> u32 {
        let first = self.vertices.len() as u32;
        for i in 0..RING {
            let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * i as f64 / RING as f64);
            let normal = if semi_h > 0.0 && semi_v > 0.0 {
                across * (cos / semi_h) + upright * (sin / semi_v)
            } else {
                across * cos + upright * sin
            };
            self.push(p + across * (semi_h * cos) + upright * (semi_v * sin), normal);
        }
        first
    }

    fn join(&mut self, a: u32, b: u32) {
        let n = RING as u32;
        for i in 0..n {
            let next = (i + 1) % n;
            self.quad(a + i, a + next, b + next, b + i);
        }
    }

    fn cap(&mut self, centre: V, normal: V, ring: u32) {
        let middle = self.push(centre, normal);
        let first = self.vertices.len() as u32;
        for i in 0..RING {
            let p = self.vertices[ring as usize + i].0;
            self.push(p, normal);
        }
        let n = RING as u32;
        for i in 0..n {
            self.triangles.push([middle, first + i, first + (i + 1) % n]);
        }
    }
}

/// First and last column of a row that lie on the arm: from its top outwards, until the side has been steep and
/// then runs level.
fn arm_of_row(skin: &Skin, k: usize) -> [usize; 2] {
    let y = &skin.y_m[k * skin.nx..(k + 1) * skin.nx];
    let top = (0..y.len()).fold(0, |best, i| if y[i] < y[best] { i } else { best });
    let mut ends = [0, y.len() - 1];
    for (end, step) in ends.iter_mut().zip([-1_isize, 1]) {
        let (mut i, mut steep) = (top, false);
        while let Some(next) = i.checked_add_signed(step).filter(|n| *n < y.len()) {
            let slope = (y[next] - y[i]) / skin.dx_m;
            if steep && slope < 0.15 {
                *end = i;
                break;
            }
            steep |= slope > 0.9;
            i = next;
        }
    }
    ends
}

/// Nodes of a tube with pieces of at most [`PIECE_M`], by Catmull–Rom.
fn refine(tube: &Tube) -> Vec<(V, f64, f64)> {
    let nodes = &tube.nodes;
    let at = |i: isize| &nodes[i.clamp(0, nodes.len() as isize - 1) as usize];
    let mut out = Vec::new();
    for i in 0..nodes.len() - 1 {
        let i = i as isize;
        let (a, b, c, d) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        let pieces = (((c.p - b.p).norm() / PIECE_M).ceil() as usize).clamp(1, 40);
        for piece in 0..pieces {
            let t = piece as f64 / pieces as f64;
            let spline = |a: f64, b: f64, c: f64, d: f64| {
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            let p = V::new(spline(a.p.x, b.p.x, c.p.x, d.p.x), spline(a.p.y, b.p.y, c.p.y, d.p.y), spline(a.p.z, b.p.z, c.p.z, d.p.z));
            out.push((p, b.semi_h_m + t * (c.semi_h_m - b.semi_h_m), b.semi_v_m + t * (c.semi_v_m - b.semi_v_m)));
        }
        if out.len() > RING_COUNT_MAX {
            break;
        }
    }
    let last = &nodes[nodes.len() - 1];
    out.push((last.p, last.semi_h_m, last.semi_v_m));
    out
}
