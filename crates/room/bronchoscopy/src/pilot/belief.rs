//! Where the tip is on the map: particles on the tree, each with its own idea of how the map is shifted here.
//!
//! A particle is (branch, distance, shift). Insertion moves it; the tracker's place and direction and the openings that the camera
//! sees weigh it; the weights choose the next generation (sampling, importance, resampling: Gordon, Salmond, Smith 1993, IEE Proc F 140:107).

use nalgebra::Vector3;
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::map::{AirwayMap, angle};
use crate::room::CameraFrame;

/// Number of particles.
const COUNT: usize = 120;
/// Spread of the motion: share of the insertion and a constant [m]; drift of the shift per metre^½ [m^½]; what the breath moves the
/// tip off its mean [m], across and along; noise of the direction [rad]; of the distance at which a division is seen [m].
/// Prior: unverified.
const MOVE_SHARE: f64 = 0.03;
const MOVE_M: f64 = 0.03e-3;
const DRIFT: f64 = 16e-3;
const PLACE_M: f64 = 3e-3;
const HEADING_RAD: f64 = 0.5;
const DIVISION_M: f64 = 6e-3;
/// Spread of the shift at the start [m].
const SHIFT_START_M: f64 = 4e-3;
const SHIFT_REGISTERED_M: f64 = 2.5e-3;
/// Distance at which the camera tells daughters apart [m].
const SEEN_M: f64 = 12e-3;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Particle {
    branch: u32,
    distance_m: f64,
    shift_m: Vector3<f64>,
    log_weight: f64,
}

/// The most likely branch and the mean in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Branch.
    pub branch: u32,
    /// Distance from the top of the trachea [m].
    pub distance_m: f64,
    /// Shift of the tracker's reading against the map here [m].
    pub shift_m: [f64; 3],
    /// Share of the belief that lies in this branch [1].
    pub share: f64,
}

/// The belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Belief {
    particles: Vec<Particle>,
    stream: Stream,
    estimate: Estimate,
}

/// What is measured at once.
pub(super) struct Measured<'a> {
    /// Insertion since the last update [m].
    pub moved_m: f64,
    /// Tip by the tracker in the map's frame [m], and its direction.
    pub tip_m: Vector3<f64>,
    /// See `tip_m`.
    pub heading: Vector3<f64>,
    /// The camera.
    pub camera: Option<&'a CameraFrame>,
    /// How far the breath is from its usual mean: tells how little to believe the place.
    pub breath_off: f64,
}

impl Belief {
    /// In the trachea, `distance_m` [m] from its top.
    #[must_use]
    pub fn new(distance_m: f64, mut stream: Stream) -> Self {
        let particles = (0..COUNT)
            .map(|_| Particle {
                branch: 0,
                distance_m: distance_m + 1e-3 * stream.normal(),
                shift_m: Vector3::new(stream.normal(), stream.normal(), stream.normal()) * SHIFT_START_M,
                log_weight: 0.0,
            })
            .collect();
        let estimate = Estimate { branch: 0, distance_m, shift_m: [0.0; 3], share: 1.0 };
        Self { particles, stream, estimate }
    }

    /// The registration has changed: the shift is small again.
    pub fn registered(&mut self) {
        for p in &mut self.particles {
            let s = &mut self.stream;
            p.shift_m = Vector3::new(s.normal(), s.normal(), s.normal()) * SHIFT_REGISTERED_M;
        }
    }

    /// The most likely place.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        self.estimate
    }

    pub(super) fn update(&mut self, map: &AirwayMap, seen: &Measured<'_>) {
        let drift = DRIFT * seen.moved_m.abs().sqrt();
        let openings = seen.camera.filter(|c| c.blood < 0.5 && !c.wall).map(|c| c.count);
        for p in &mut self.particles {
            let noise = (MOVE_SHARE * seen.moved_m.abs() + MOVE_M) * self.stream.normal();
            p.distance_m = (p.distance_m + seen.moved_m + noise).max(0.0);
            for a in 0..3 {
                p.shift_m[a] += drift * self.stream.normal();
            }
            settle(map, p, seen.heading, &mut self.stream);
            p.log_weight += weigh(map, p, seen, openings);
        }
        self.choose();
        self.estimate = self.mean();
    }

    /// Draw the next generation when few particles carry the weight.
    fn choose(&mut self) {
        let most = self.particles.iter().map(|p| p.log_weight).fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        let mut squares = 0.0;
        for p in &mut self.particles {
            p.log_weight = (p.log_weight - most).max(-40.0);
            let w = ops::exp(p.log_weight);
            sum += w;
            squares += w * w;
        }
        if sum * sum / squares > 0.5 * COUNT as f64 {
            return;
        }
        let start = self.stream.uniform();
        let mut next = Vec::with_capacity(COUNT);
        let (mut reached, mut at) = (ops::exp(self.particles[0].log_weight), 0);
        for k in 0..COUNT {
            let wanted = (k as f64 + start) / COUNT as f64 * sum;
            while reached < wanted && at + 1 < COUNT {
                at += 1;
                reached += ops::exp(self.particles[at].log_weight);
            }
            next.push(Particle { log_weight: 0.0, ..self.particles[at] });
        }
        self.particles = next;
    }

    fn mean(&self) -> Estimate {
        // Few branches hold particles at once: a short list in order of appearance is enough.
        let mut shares: Vec<(u32, f64)> = Vec::with_capacity(8);
        let mut total = 0.0;
        for p in &self.particles {
            let w = ops::exp(p.log_weight);
            total += w;
            match shares.iter_mut().find(|(b, _)| *b == p.branch) {
                Some((_, sum)) => *sum += w,
                None => shares.push((p.branch, w)),
            }
        }
        let Some((branch, own)) = shares.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)) else { return self.estimate };
        let (mut distance, mut shift) = (0.0, Vector3::zeros());
        for p in self.particles.iter().filter(|p| p.branch == branch) {
            let w = ops::exp(p.log_weight);
            distance += w * p.distance_m;
            shift += p.shift_m * w;
        }
        Estimate { branch, distance_m: distance / own, shift_m: (shift / own).into(), share: own / total.max(1e-300) }
    }
}

/// Put a particle into the branch that its distance says; at a division the direction decides by chance.
fn settle(map: &AirwayMap, p: &mut Particle, heading: Vector3<f64>, stream: &mut Stream) {
    p.branch = map.on_the_way(p.branch, p.distance_m);
    for _ in 0..4 {
        let end = map.span_m(p.branch)[1];
        if p.distance_m <= end {
            return;
        }
        let children = map.children(p.branch);
        if children.is_empty() {
            p.distance_m = end;
            return;
        }
        let fit = |c: u32| {
            let [from, to] = map.span_m(c);
            let off = angle(map.place(c, (from + 6e-3).min(to)).frame.column(2).into(), heading);
            ops::exp(-0.5 * (off / HEADING_RAD).powi(2)) + 0.02
        };
        let sum: f64 = children.iter().map(|c| fit(*c)).sum();
        let mut left = stream.uniform() * sum;
        let mut chosen = children[children.len() - 1];
        for c in children {
            left -= fit(*c);
            if left < 0.0 {
                chosen = *c;
                break;
            }
        }
        p.branch = chosen;
    }
}

/// Logarithm of how well a particle explains what is seen.
fn weigh(map: &AirwayMap, p: &Particle, seen: &Measured<'_>, openings: Option<u32>) -> f64 {
    let place = map.place(p.branch, p.distance_m);
    let gap = place.frame.transpose() * (seen.tip_m - p.shift_m - place.point_m);
    let loose = PLACE_M * (1.0 + seen.breath_off);
    let across = loose * loose + 0.25 * place.radius_m * place.radius_m;
    let mut log = -0.5 * (gap.x * gap.x + gap.y * gap.y) / across - 0.5 * gap.z * gap.z / (loose * loose);
    let off = angle(place.frame.column(2).into(), seen.heading);
    log -= 0.25 * (off / HEADING_RAD).powi(2);
    // The shift is not free: it costs to be far off.
    log -= 0.01 * p.shift_m.norm_squared() / (PLACE_M * PLACE_M);
    if let Some(count) = openings {
        let rest = map.span_m(p.branch)[1] - p.distance_m;
        let expected = if rest > SEEN_M { 1 } else { map.children(p.branch).len() as u32 };
        if count != expected && count > 0 {
            let near = (rest - SEEN_M).abs() / DIVISION_M;
            log -= near.min(1.0);
        }
    }
    // Ten readings a second are not ten independent ones.
    0.3 * log
}
