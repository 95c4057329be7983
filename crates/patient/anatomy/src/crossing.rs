//! Ray against tubes: each pair of neighbouring nodes bounds a piece of an elliptic cylinder between the two
//! mitre planes at the nodes, so that the pieces of a bent tube neither overlap nor leave gaps.

use nalgebra::{Point3, Vector3};
use proband_core::ops;

use crate::{Crossing, Ray, Structure, VesselDeform, VesselNode};

/// Pieces of one tube that lie closer together than this along a ray are one crossing [m].
const MERGE_GAP_M: f64 = 5e-5;
/// Beyond this many widths the displacement of a vessel is left out (its Gaussian is below 1e-4 of the peak).
const SHIFT_REACH: f64 = 4.3;

/// A tube's nodes as the ray needs them, with the box around its axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TubeIndex {
    structure: Structure,
    nodes: Vec<VesselNode>,
    low: Vector3<f64>,
    high: Vector3<f64>,
    semi_max: f64,
}

/// A ray with bare vectors.
#[derive(Clone, Copy)]
struct Line {
    o: Point3<f64>,
    d: Vector3<f64>,
    length: f64,
}

/// The part of a tube between two nodes, and where their axis points are now.
#[derive(Clone, Copy)]
struct Piece<'a> {
    a: &'a VesselNode,
    b: &'a VesselNode,
    pa: Point3<f64>,
    pb: Point3<f64>,
}

/// One segment hit: the crossing and how badly the closest approach fits the segment.
struct Hit {
    crossing: Crossing,
    score: f64,
}

impl TubeIndex {
    pub(crate) fn new(structure: Structure, nodes: &[VesselNode]) -> Self {
        let mut low = Vector3::repeat(f64::MAX);
        let mut high = Vector3::repeat(f64::MIN);
        let mut semi_max: f64 = 0.0;
        for n in nodes {
            low = low.inf(&n.p.0.coords);
            high = high.sup(&n.p.0.coords);
            semi_max = semi_max.max(n.semi_h_m).max(n.semi_v_m);
        }
        Self { structure, nodes: nodes.to_vec(), low, high, semi_max }
    }

    /// Append the crossings of this tube, in the order of entry.
    pub(crate) fn crossings(&self, ray: &Ray, deform: Option<&VesselDeform>, out: &mut Vec<Crossing>) {
        let line = Line { o: ray.origin.0, d: ray.direction.0, length: ray.length_m };
        let (scale_h, scale_v, shift) = deform.map_or((1.0, 1.0, 0.0), |d| (d.scale_h, d.scale_v, d.shift.0.norm()));
        if scale_h <= 0.0 || scale_v <= 0.0 {
            return;
        }
        let grow = self.semi_max * scale_h.max(scale_v) + shift;
        let Some((z_min, z_max)) = line.z_range_in(&self.low, &self.high, grow) else { return };
        let first = self.nodes.partition_point(|n| n.p.0.z < z_min - grow).saturating_sub(1);
        let last = (self.nodes.partition_point(|n| n.p.0.z <= z_max + grow) + 1).min(self.nodes.len());
        let mut place = Placer::new(deform, shift);
        let mut hits = MergedHits::new(out);
        let mut from = place.at(&self.nodes[first.min(self.nodes.len() - 1)]);
        for pair in self.nodes[first..last].windows(2) {
            let to = place.at(&pair[1]);
            if let Some(hit) = self.hit(&line, &Piece { a: &pair[0], b: &pair[1], pa: from, pb: to }, scale_h, scale_v) {
                hits.push(hit);
            }
            from = to;
        }
        hits.finish();
    }

    /// Ray against the piece between two nodes.
    fn hit(&self, line: &Line, piece: &Piece, scale_h: f64, scale_v: f64) -> Option<Hit> {
        let Piece { a, b, pa, pb } = *piece;
        let chord = pb - pa;
        let w = line.o - pa;
        let cross = line.d.cross(&chord);
        let cross2 = cross.norm_squared();
        let chord2 = chord.norm_squared();
        let semi_max = a.semi_h_m.max(b.semi_h_m).max(a.semi_v_m.max(b.semi_v_m)) * scale_h.max(scale_v);
        let parallel = cross2 < 1e-12 * chord2;
        // Distance of the two lines, before anything costly.
        let miss = w.dot(&cross);
        if !parallel && miss * miss > semi_max * semi_max * cross2 {
            return None;
        }
        // Where along the chord the lines are closest.
        let u = if parallel { 0.5 } else { (w.dot(&chord) - w.dot(&line.d) * chord.dot(&line.d)) / (chord2 - chord.dot(&line.d).powi(2)) };
        let inside = u.clamp(0.0, 1.0);
        let semi_h = (a.semi_h_m + (b.semi_h_m - a.semi_h_m) * inside) * scale_h;
        let semi_v = (a.semi_v_m + (b.semi_v_m - a.semi_v_m) * inside) * scale_v;
        let length = chord2.sqrt();
        let tangent = chord / length;
        let inward = a.inward.0 + b.inward.0;
        let inward = (inward - tangent * tangent.dot(&inward)).normalize();
        let across = inward.cross(&tangent);
        let lateral = if across.x < 0.0 { -across } else { across };
        let (enter, exit) = line.in_cylinder(&w, &lateral, &inward, semi_h, semi_v)?;
        let (enter, exit) = line.clip(enter, exit, w.dot(&a.tangent.0), a.tangent.0.dot(&line.d))?;
        let (enter, exit) = line.clip(enter, exit, -(line.o - pb).dot(&b.tangent.0), -b.tangent.0.dot(&line.d))?;
        // Direction of the miss, on the lateral side.
        let normal = if parallel { lateral } else { cross / cross2.sqrt() };
        let (n_l, n_v) = (normal.dot(&lateral), normal.dot(&inward));
        let sign = if n_l < -1e-9 || (n_l.abs() <= 1e-9 && n_v < 0.0) { -1.0 } else { 1.0 };
        let semi_lateral = ops::hypot(semi_h * n_l, semi_v * n_v);
        let offset = sign * normal.dot(&w);
        Some(Hit {
            crossing: Crossing {
                structure: self.structure,
                enter_m: enter,
                exit_m: exit,
                arc_m: a.arc_m + (b.arc_m - a.arc_m) * inside,
                offset_m: offset,
                semi_lateral_m: semi_lateral,
                semi_depth_m: ops::hypot(semi_h * n_v, semi_v * n_l),
            },
            score: (u - inside).abs() * length + offset.abs() * 1e-3,
        })
    }

    /// Whether a point lies within the tube grown by `wall_m`.
    pub(crate) fn contains(&self, p: &Point3<f64>, wall_m: f64) -> bool {
        let grow = self.semi_max + wall_m;
        if (0..3).any(|i| p[i] < self.low[i] - grow || p[i] > self.high[i] + grow) {
            return false;
        }
        let first = self.nodes.partition_point(|n| n.p.0.z < p.z - grow).saturating_sub(1);
        let last = (self.nodes.partition_point(|n| n.p.0.z <= p.z + grow) + 1).min(self.nodes.len());
        self.nodes[first..last].windows(2).any(|pair| {
            let (a, b) = (&pair[0], &pair[1]);
            let from_a = p - a.p.0;
            if from_a.dot(&a.tangent.0) < 0.0 || (p - b.p.0).dot(&b.tangent.0) > 0.0 {
                return false;
            }
            let chord = b.p.0 - a.p.0;
            let u = (from_a.dot(&chord) / chord.norm_squared()).clamp(0.0, 1.0);
            let inward = a.inward.0 + b.inward.0;
            let tangent = chord.normalize();
            let inward = (inward - tangent * tangent.dot(&inward)).normalize();
            let lateral = inward.cross(&tangent);
            let semi_h = a.semi_h_m + (b.semi_h_m - a.semi_h_m) * u + wall_m;
            let semi_v = a.semi_v_m + (b.semi_v_m - a.semi_v_m) * u + wall_m;
            let (l, v) = (from_a.dot(&lateral) / semi_h, from_a.dot(&inward) / semi_v);
            l * l + v * v <= 1.0
        })
    }
}

impl Line {
    /// z-range of the part of the ray inside a box grown by `grow`.
    fn z_range_in(&self, low: &Vector3<f64>, high: &Vector3<f64>, grow: f64) -> Option<(f64, f64)> {
        let (mut enter, mut exit) = (0.0_f64, self.length);
        for i in 0..3 {
            let (low, high) = (low[i] - grow - self.o[i], high[i] + grow - self.o[i]);
            if self.d[i].abs() < 1e-12 {
                if low > 0.0 || high < 0.0 {
                    return None;
                }
            } else {
                let inverse = 1.0 / self.d[i];
                let (a, b) = (low * inverse, high * inverse);
                enter = enter.max(a.min(b));
                exit = exit.min(a.max(b));
            }
        }
        if enter > exit {
            return None;
        }
        let (a, b) = (self.o.z + enter * self.d.z, self.o.z + exit * self.d.z);
        Some((a.min(b), a.max(b)))
    }

    /// Part of the ray inside an endless elliptic cylinder through `o − w` with the given axes.
    fn in_cylinder(&self, w: &Vector3<f64>, lateral: &Vector3<f64>, inward: &Vector3<f64>, semi_h: f64, semi_v: f64) -> Option<(f64, f64)> {
        let (ql, qv) = (w.dot(lateral) / semi_h, w.dot(inward) / semi_v);
        let (dl, dv) = (self.d.dot(lateral) / semi_h, self.d.dot(inward) / semi_v);
        let (a, b, c) = (dl * dl + dv * dv, ql * dl + qv * dv, ql * ql + qv * qv - 1.0);
        if a < 1e-12 {
            return if c <= 0.0 { Some((0.0, self.length)) } else { None };
        }
        let discriminant = b * b - a * c;
        if discriminant <= 0.0 {
            return None;
        }
        let root = discriminant.sqrt();
        let (enter, exit) = (((-b - root) / a).max(0.0), ((-b + root) / a).min(self.length));
        (enter < exit).then_some((enter, exit))
    }

    /// Keep the part where `at + s·rate ≥ 0`.
    fn clip(&self, enter: f64, exit: f64, at: f64, rate: f64) -> Option<(f64, f64)> {
        let (enter, exit) = if rate.abs() < 1e-12 {
            if at < 0.0 {
                return None;
            }
            (enter, exit)
        } else if rate > 0.0 {
            (enter.max(-at / rate), exit)
        } else {
            (enter, exit.min(-at / rate))
        };
        (enter < exit).then_some((enter, exit))
    }
}

/// Moves nodes by the Gaussian displacement of a vessel.
struct Placer<'a> {
    deform: Option<&'a VesselDeform>,
}

impl<'a> Placer<'a> {
    fn new(deform: Option<&'a VesselDeform>, shift: f64) -> Self {
        Self { deform: deform.filter(|d| shift > 0.0 && d.shift_width_m > 0.0) }
    }

    fn at(&mut self, node: &VesselNode) -> Point3<f64> {
        let Some(d) = self.deform else { return node.p.0 };
        let t = (node.arc_m - d.shift_arc_m) / d.shift_width_m;
        if t.abs() > SHIFT_REACH {
            return node.p.0;
        }
        node.p.0 + d.shift.0 * ops::exp(-0.5 * t * t)
    }
}

/// Joins the touching pieces of one tube into crossings at the end of `out`.
struct MergedHits<'a> {
    out: &'a mut Vec<Crossing>,
    start: usize,
    score: f64,
}

impl<'a> MergedHits<'a> {
    fn new(out: &'a mut Vec<Crossing>) -> Self {
        let start = out.len();
        Self { out, start, score: f64::MAX }
    }

    /// Pieces come in the order of the tube: one that touches the last crossing extends it.
    fn push(&mut self, hit: Hit) {
        let new = hit.crossing;
        if self.out.len() > self.start
            && let Some(last) = self.out.last_mut()
            && new.enter_m <= last.exit_m + MERGE_GAP_M
            && new.exit_m >= last.enter_m - MERGE_GAP_M
        {
            let (enter_m, exit_m) = (last.enter_m.min(new.enter_m), last.exit_m.max(new.exit_m));
            if hit.score < self.score {
                *last = new;
                self.score = hit.score;
            }
            (last.enter_m, last.exit_m) = (enter_m, exit_m);
            return;
        }
        self.score = hit.score;
        self.out.push(new);
    }

    fn finish(self) {
        self.out[self.start..].sort_unstable_by(|a, b| a.enter_m.total_cmp(&b.enter_m));
    }
}
