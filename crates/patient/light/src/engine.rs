//! Photon packets through layers and cylinders (the reference path).
//!
//! After Wang, Jacques and Zheng 1995 (Comput Methods Programs Biomed 47:131): Beer–Lambert steps, weight lost
//! at each interaction, Henyey–Greenstein scattering, Fresnel boundaries, Russian roulette. Photons are
//! independent: each has its own random numbers, whatever thread carries it.

use crate::physics::{HenyeyGreenstein, fresnel, scatter};
use crate::random::PhotonStream;
use crate::{LightError, TissueSpec};

/// Weight below which roulette is played.
const ROULETTE_WEIGHT: f64 = 1e-4;
/// Chance to survive the roulette; survivors gain its inverse.
const ROULETTE_CHANCE: f64 = 0.1;
/// Interactions after which a photon is given up (its weight is reported as lost).
pub(crate) const STEP_COUNT_MAX: u32 = 50_000_000;

/// A medium ready for stepping.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    pub(crate) index: f64,
    pub(crate) total_per_m: f64,
    pub(crate) inverse_per_m: f64,
    /// μa/μt.
    absorbed: f64,
    turn: HenyeyGreenstein,
}

impl Medium {
    pub(crate) fn new(index: f64, absorption_per_m: f64, scattering_per_m: f64, anisotropy: f64) -> Self {
        let total_per_m = absorption_per_m + scattering_per_m;
        let (inverse_per_m, absorbed) =
            if total_per_m > 0.0 { (1.0 / total_per_m, absorption_per_m / total_per_m) } else { (f64::INFINITY, 0.0) };
        Self { index, total_per_m, inverse_per_m, absorbed, turn: HenyeyGreenstein::new(anisotropy) }
    }
}

/// What an interaction did to the weight.
pub(crate) struct Met {
    /// Absorbed.
    pub(crate) lost: f64,
    /// Given (positive) or taken (negative) by roulette.
    pub(crate) given: f64,
}

impl Medium {
    /// The interaction kernel of every geometry: lose weight, turn, play roulette. A weight of 0 ends the photon.
    #[inline(always)]
    pub(crate) fn interact(&self, weight: &mut f64, direction: &mut [f64; 3], stream: &mut PhotonStream) -> Met {
        let lost = *weight * self.absorbed;
        *weight -= lost;
        *direction = scatter(*direction, self.turn.cosine(stream.uniform()), stream);
        let mut given = 0.0;
        if *weight < ROULETTE_WEIGHT {
            let after = if stream.uniform() >= ROULETTE_CHANCE { 0.0 } else { *weight / ROULETTE_CHANCE };
            given = after - *weight;
            *weight = after;
        }
        Met { lost, given }
    }
}

/// An ellipse in the x–z plane with its medium.
#[derive(Clone, Debug)]
struct Ellipse {
    centre: [f64; 2],
    inverse_semi: [f64; 2],
    layer: usize,
    medium: Medium,
}

/// Tissue ready for photons.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    index_above: f64,
    index_below: f64,
    layers: Vec<Medium>,
    /// Depth of the layers' boundaries, one more than layers.
    bounds: Vec<f64>,
    ellipses: Vec<Ellipse>,
}

impl Scene {
    pub(crate) fn new(spec: &TissueSpec) -> Result<Self, LightError> {
        spec.check()?;
        let mut bounds = vec![0.0];
        let mut layers = Vec::new();
        for layer in &spec.layers {
            bounds.push(bounds[bounds.len() - 1] + layer.thickness_m);
            layers.push(Medium::new(layer.index, layer.absorption_per_m, layer.scattering_per_m, layer.anisotropy));
        }
        let ellipses = spec
            .cylinders
            .iter()
            .map(|c| Ellipse {
                centre: [c.centre_x_m, c.centre_z_m],
                inverse_semi: [1.0 / c.semi_x_m, 1.0 / c.semi_z_m],
                layer: spec.layer_around(c).unwrap_or(0),
                medium: Medium::new(c.index, c.absorption_per_m, c.scattering_per_m, c.anisotropy),
            })
            .collect();
        Ok(Self { index_above: spec.index_above, index_below: spec.index_below, layers, bounds, ellipses })
    }

    pub(crate) fn layer_count(&self) -> usize {
        self.layers.len()
    }
}

/// Receives what happens on the way. The compiler removes what is left empty.
pub(crate) trait Tally {
    /// Weight `lost` was absorbed at `position` in `layer` (or in a cylinder of that layer).
    fn absorbed(&mut self, layer: usize, cylinder: Option<usize>, position: [f64; 3], lost: f64);
    /// A straight way of `length` in `layer` with its middle at `middle`.
    fn passed(&mut self, _layer: usize, _middle: [f64; 3], _length: f64) {}
    /// Weight left through the surface.
    fn reflected(&mut self, position: [f64; 3], weight: f64);
    /// Weight left below the last layer.
    fn transmitted(&mut self, position: [f64; 3], weight: f64);
    /// Weight was given (positive) or taken (negative) by roulette, or given up.
    fn roulette(&mut self, _change: f64) {}
    /// Whether the photon is worth following; asked after each interaction.
    fn wanted(&mut self) -> bool {
        true
    }
}

/// Where a straight step ends.
enum Event {
    Interaction,
    Boundary,
    Surface(usize),
}

/// A photon on its way.
struct Packet {
    position: [f64; 3],
    direction: [f64; 3],
    weight: f64,
    layer: usize,
    /// Ellipse that it is in.
    inside: Option<usize>,
    /// Dimensionless way to the next interaction.
    step: f64,
}

/// Follow one photon that enters at `x` straight down with weight `weight`.
pub(crate) fn follow<T: Tally>(scene: &Scene, x: f64, weight: f64, stream: &mut PhotonStream, tally: &mut T) {
    let mut packet = Packet { position: [x, 0.0, 0.0], direction: [0.0, 0.0, 1.0], weight, layer: 0, inside: None, step: 0.0 };
    for _ in 0..STEP_COUNT_MAX {
        if packet.step <= 0.0 {
            packet.step = stream.exponential();
        }
        let medium = packet.inside.map_or(&scene.layers[packet.layer], |i| &scene.ellipses[i].medium);
        let (length, event) = packet.ahead(scene, packet.step * medium.inverse_per_m);
        if !length.is_finite() {
            // No interaction and no boundary ahead: the photon runs sideways for ever.
            tally.roulette(-packet.weight);
            return;
        }
        let half = 0.5 * length;
        let middle = std::array::from_fn(|axis| packet.position[axis] + half * packet.direction[axis]);
        tally.passed(packet.layer, middle, length);
        for axis in 0..3 {
            packet.position[axis] += length * packet.direction[axis];
        }
        let goes_on = match event {
            Event::Interaction => packet.interact(medium, stream, tally),
            Event::Boundary => {
                packet.step = (packet.step - length * medium.total_per_m).max(0.0);
                packet.cross_boundary(scene, medium.index, stream, tally)
            }
            Event::Surface(i) => {
                packet.step = (packet.step - length * medium.total_per_m).max(0.0);
                let (around, within) = (scene.layers[packet.layer].index, scene.ellipses[i].medium.index);
                let (from, to) = if packet.inside.is_some() { (within, around) } else { (around, within) };
                let normal = scene.ellipses[i].normal(packet.position);
                if cross_surface(&mut packet.direction, normal, from, to, stream) {
                    packet.inside = if packet.inside.is_some() { None } else { Some(i) };
                }
                true
            }
        };
        if !goes_on {
            return;
        }
    }
    tally.roulette(-packet.weight);
}

impl Packet {
    /// The nearest of interaction (after `length`), layer boundary and cylinder surface.
    #[inline(always)]
    fn ahead(&self, scene: &Scene, length: f64) -> (f64, Event) {
        let (mut length, mut event) = (length, Event::Interaction);
        if self.inside.is_none() {
            // The division waits until it is known that the step ends beyond the boundary.
            let (z, down) = (self.position[2], self.direction[2]);
            let bound = scene.bounds[self.layer + usize::from(down > 0.0)];
            let end = z + length * down;
            let beyond = if down > 0.0 { end >= bound } else { end <= bound };
            if beyond && down != 0.0 {
                (length, event) = (((bound - z) / down).clamp(0.0, length), Event::Boundary);
            }
        }
        for (i, ellipse) in scene.ellipses.iter().enumerate() {
            if ellipse.layer == self.layer && self.inside.is_none_or(|known| known == i) {
                let hit = ellipse.distance(self.position, self.direction, self.inside.is_some());
                if hit <= length {
                    (length, event) = (hit, Event::Surface(i));
                }
            }
        }
        (length, event)
    }

    /// Lose weight, turn, play roulette. False when the photon ends.
    #[inline(always)]
    fn interact<T: Tally>(&mut self, medium: &Medium, stream: &mut PhotonStream, tally: &mut T) -> bool {
        self.step = 0.0;
        let met = medium.interact(&mut self.weight, &mut self.direction, stream);
        if met.lost > 0.0 {
            tally.absorbed(self.layer, self.inside, self.position, met.lost);
        }
        if met.given != 0.0 {
            tally.roulette(met.given);
        }
        self.weight > 0.0 && tally.wanted()
    }

    /// Reflect, go into the next layer, or leave. False when the photon left.
    #[inline]
    fn cross_boundary<T: Tally>(&mut self, scene: &Scene, index: f64, stream: &mut PhotonStream, tally: &mut T) -> bool {
        let down = self.direction[2] > 0.0;
        self.position[2] = scene.bounds[if down { self.layer + 1 } else { self.layer }];
        let next = match (down, self.layer) {
            (true, l) if l + 1 < scene.layers.len() => Some(l + 1),
            (false, l) if l > 0 => Some(l - 1),
            _ => None,
        };
        let outside = if down { scene.index_below } else { scene.index_above };
        let index_next = next.map_or(outside, |l| scene.layers[l].index);
        let (reflectance, cosine) = fresnel(index, index_next, self.direction[2].abs());
        if reflectance > 0.0 && (reflectance >= 1.0 || stream.uniform() < reflectance) {
            self.direction[2] = -self.direction[2];
            return true;
        }
        let Some(next) = next else {
            if down {
                tally.transmitted(self.position, self.weight);
            } else {
                tally.reflected(self.position, self.weight);
            }
            return false;
        };
        let ratio = index / index_next;
        self.direction = [self.direction[0] * ratio, self.direction[1] * ratio, cosine.copysign(self.direction[2])];
        self.layer = next;
        true
    }
}

/// Refract (true) or reflect (false) at a curved surface with the unit normal `normal`, either sense.
fn cross_surface(direction: &mut [f64; 3], normal: [f64; 3], from: f64, to: f64, stream: &mut PhotonStream) -> bool {
    let along = direction[0] * normal[0] + direction[2] * normal[2];
    let (reflectance, refracted) = fresnel(from, to, along.abs().min(1.0));
    if reflectance > 0.0 && (reflectance >= 1.0 || stream.uniform() < reflectance) {
        for axis in 0..3 {
            direction[axis] -= 2.0 * along * normal[axis];
        }
        return false;
    }
    if from != to {
        let ratio = from / to;
        for axis in 0..3 {
            direction[axis] = ratio * (direction[axis] - along * normal[axis]) + refracted.copysign(along) * normal[axis];
        }
    }
    true
}

impl Ellipse {
    /// Distance along the ray to the surface; infinite when it is not hit. Whether the photon is inside is known
    /// to the caller, so that a point on the surface is never taken for the wrong side.
    #[inline]
    fn distance(&self, position: [f64; 3], direction: [f64; 3], inside: bool) -> f64 {
        let p = [(position[0] - self.centre[0]) * self.inverse_semi[0], (position[2] - self.centre[1]) * self.inverse_semi[1]];
        let d = [direction[0] * self.inverse_semi[0], direction[2] * self.inverse_semi[1]];
        let b = p[0] * d[0] + p[1] * d[1];
        if !inside && b >= 0.0 {
            return f64::INFINITY;
        }
        let a = d[0] * d[0] + d[1] * d[1];
        let c = p[0] * p[0] + p[1] * p[1] - 1.0;
        let discriminant = b * b - a * c;
        if a <= 0.0 {
            return f64::INFINITY;
        }
        if inside {
            ((-b + discriminant.max(0.0).sqrt()) / a).max(0.0)
        } else if discriminant > 0.0 {
            ((-b - discriminant.sqrt()) / a).max(0.0)
        } else {
            f64::INFINITY
        }
    }

    fn normal(&self, position: [f64; 3]) -> [f64; 3] {
        let nx = (position[0] - self.centre[0]) * self.inverse_semi[0] * self.inverse_semi[0];
        let nz = (position[2] - self.centre[1]) * self.inverse_semi[1] * self.inverse_semi[1];
        let norm = (nx * nx + nz * nz).sqrt().max(f64::MIN_POSITIVE);
        [nx / norm, 0.0, nz / norm]
    }
}
