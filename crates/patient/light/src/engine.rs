//! Photon packets through layers with tubes in them (the reference path).
//!
//! After Wang, Jacques and Zheng 1995 (Comput Methods Programs Biomed 47:131): Beer–Lambert steps, weight lost
//! at each interaction, Henyey–Greenstein scattering, Fresnel boundaries, Russian roulette. Photons are
//! independent: each has its own random numbers, whatever thread carries it.

use crate::physics::{Heading, HenyeyGreenstein, fresnel};
use crate::random::PhotonStream;
use crate::real::Real;
use crate::{LightError, TissueSpec};

/// Weight below which roulette is played.
const ROULETTE_WEIGHT: f64 = 1e-4;
/// Chance to survive the roulette; survivors gain its inverse.
const ROULETTE_CHANCE: f64 = 0.1;
/// Interactions after which a photon is given up (its weight is reported as lost).
pub(crate) const STEP_COUNT_MAX: u32 = 50_000_000;

/// A medium ready for stepping.
#[derive(Clone, Debug)]
pub(crate) struct Medium<R> {
    pub(crate) index: R,
    pub(crate) total_per_m: R,
    pub(crate) inverse_per_m: R,
    /// μa/μt.
    absorbed: R,
    turn: HenyeyGreenstein<R>,
}

impl<R: Real> Medium<R> {
    pub(crate) fn new(index: f64, absorption_per_m: f64, scattering_per_m: f64, anisotropy: f64) -> Self {
        let total = absorption_per_m + scattering_per_m;
        let (inverse, absorbed) = if total > 0.0 { (1.0 / total, absorption_per_m / total) } else { (f64::INFINITY, 0.0) };
        Self {
            index: R::of(index),
            total_per_m: R::of(total),
            inverse_per_m: R::of(inverse),
            absorbed: R::of(absorbed),
            turn: HenyeyGreenstein::new(anisotropy),
        }
    }
}

/// What an interaction did to the weight.
pub(crate) struct Met<R> {
    /// Absorbed.
    pub(crate) lost: R,
    /// Given (positive) or taken (negative) by roulette.
    pub(crate) given: R,
}

impl<R: Real> Medium<R> {
    /// The interaction kernel of every geometry: lose weight, turn, play roulette. A weight of 0 ends the photon.
    #[inline(always)]
    pub(crate) fn interact(&self, weight: &mut R, heading: &mut Heading<R>, stream: &mut PhotonStream) -> Met<R> {
        let lost = *weight * self.absorbed;
        *weight -= lost;
        let (uniform, azimuth) = stream.turn();
        heading.turn(self.turn.cosine(uniform), azimuth);
        let mut given = R::ZERO;
        if *weight < R::of(ROULETTE_WEIGHT) {
            let after = if stream.uniform() >= ROULETTE_CHANCE { R::ZERO } else { *weight * R::of(1.0 / ROULETTE_CHANCE) };
            given = after - *weight;
            *weight = after;
        }
        Met { lost, given }
    }
}

/// A straight tube with an elliptic cross-section and its medium.
#[derive(Clone, Debug)]
pub(crate) struct Tube<R> {
    /// A point of the axis.
    centre: [R; 3],
    /// Two directions across over the semi-axes along them [1/m].
    across: [[R; 3]; 2],
    /// Direction of the axis.
    axis: [R; 3],
    /// Where the tube begins along its axis, from `centre` [m]; −∞ for a tube without an end.
    start: R,
    layer: usize,
    /// Shorter semi-axis [m].
    least: R,
    medium: Medium<R>,
}

/// Tissue ready for photons.
#[derive(Clone, Debug)]
pub(crate) struct Scene<R> {
    index_above: R,
    index_below: R,
    layers: Vec<Medium<R>>,
    /// Depth of the layers' boundaries, one more than layers.
    bounds: Vec<R>,
    tubes: Vec<Tube<R>>,
    /// Mirrors at ± these places along x and y [m]; infinite for none.
    walls: [R; 2],
}

impl<R: Real> Scene<R> {
    pub(crate) fn new(spec: &TissueSpec) -> Result<Self, LightError> {
        spec.check()?;
        let mut bounds = vec![0.0];
        let mut layers = Vec::new();
        for layer in &spec.layers {
            bounds.push(bounds[bounds.len() - 1] + layer.thickness_m);
            layers.push(Medium::new(layer.index, layer.absorption_per_m, layer.scattering_per_m, layer.anisotropy));
        }
        let tubes = spec.cylinders.iter().map(|c| {
            let medium = Medium::new(c.index, c.absorption_per_m, c.scattering_per_m, c.anisotropy);
            let across = [[1.0 / c.semi_x_m, 0.0, 0.0], [0.0, 0.0, 1.0 / c.semi_z_m]];
            let layer = spec.layer_around(c).unwrap_or(0);
            Tube::new([c.centre_x_m, 0.0, c.centre_z_m], across, [0.0, 1.0, 0.0], f64::NEG_INFINITY, layer, medium)
        });
        Ok(Self {
            index_above: R::of(spec.index_above),
            index_below: R::of(spec.index_below),
            layers,
            bounds: bounds.into_iter().map(R::of).collect(),
            tubes: tubes.collect(),
            walls: [R::INFINITY; 2],
        })
    }

    /// Add tubes, and mirrors beside them.
    pub(crate) fn with_tubes(self, tubes: Vec<Tube<R>>, walls: [f64; 2]) -> Self {
        Self { tubes, walls: walls.map(R::of), ..self }
    }

    /// Whether there is anything but layers.
    pub(crate) fn is_flat(&self) -> bool {
        self.tubes.is_empty() && self.walls.iter().all(|wall| !wall.is_finite())
    }

    pub(crate) fn layer_count(&self) -> usize {
        self.layers.len()
    }
}

/// Receives what happens on the way. The compiler removes what is left empty.
pub(crate) trait Tally<R> {
    /// Weight `lost` was absorbed at `position` in `layer`, or in a tube of that layer.
    fn absorbed(&mut self, layer: usize, tube: Option<usize>, position: [R; 3], lost: R);
    /// A straight way of `length` in `layer`, or in a tube of that layer, with its middle at `middle`.
    fn passed(&mut self, _layer: usize, _tube: Option<usize>, _middle: [R; 3], _length: R) {}
    /// Weight left through the surface; `outside` is its direction there.
    fn reflected(&mut self, position: [R; 3], outside: [R; 3], weight: R);
    /// Weight left below the last layer.
    fn transmitted(&mut self, position: [R; 3], outside: [R; 3], weight: R);
    /// Weight was given (positive) or taken (negative) by roulette, or given up.
    fn roulette(&mut self, _change: R) {}
    /// Whether the photon is worth following; asked after each interaction.
    fn wanted(&mut self, _weight: R, _stream: &mut PhotonStream) -> bool {
        true
    }
}

/// Where a straight step ends.
enum Event {
    Interaction,
    Boundary,
    Surface(usize),
    Wall(usize),
}

/// How a photon enters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<R> {
    pub(crate) x: R,
    pub(crate) y: R,
    pub(crate) heading: Heading<R>,
    pub(crate) weight: R,
}

impl<R: Real> Entry<R> {
    /// Straight down at a place across.
    #[inline(always)]
    pub(crate) fn down(x: R, weight: R) -> Self {
        Self { x, y: R::ZERO, heading: Heading::new([R::ZERO, R::ZERO, R::ONE]), weight }
    }
}

/// A photon on its way.
struct Packet<R> {
    position: [R; 3],
    heading: Heading<R>,
    weight: R,
    layer: usize,
    /// Tube that it is in.
    inside: Option<usize>,
    /// Length that it may fly without meeting a tube, as far as is known [m].
    clear: R,
}

/// Follow one photon.
#[inline]
pub(crate) fn follow<R: Real, T: Tally<R>>(scene: &Scene<R>, entry: Entry<R>, stream: &mut PhotonStream, tally: &mut T) {
    if scene.is_flat() { walk::<R, T, true>(scene, entry, stream, tally) } else { walk::<R, T, false>(scene, entry, stream, tally) }
}

#[inline]
fn walk<R: Real, T: Tally<R>, const FLAT: bool>(scene: &Scene<R>, entry: Entry<R>, stream: &mut PhotonStream, tally: &mut T) {
    let Entry { x, y, heading, weight } = entry;
    let mut packet = Packet { position: [x, y, R::ZERO], heading, weight, layer: 0, inside: None, clear: R::ZERO };
    // Dimensionless way to the next interaction.
    let mut step: R = stream.exponential();
    for _ in 0..STEP_COUNT_MAX {
        let medium = if FLAT { &scene.layers[packet.layer] } else { packet.medium(scene) };
        let (length, event) = packet.ahead::<FLAT>(scene, step * medium.inverse_per_m);
        if !length.is_finite() {
            // No interaction and no boundary ahead: the photon runs sideways for ever.
            tally.roulette(-packet.weight);
            return;
        }
        let half = R::HALF * length;
        let middle = std::array::from_fn(|axis| packet.position[axis] + half * packet.heading.along[axis]);
        tally.passed(packet.layer, packet.inside, middle, length);
        for axis in 0..3 {
            packet.position[axis] += length * packet.heading.along[axis];
        }
        let goes_on = if let Event::Interaction = event {
            step = stream.exponential();
            packet.interact(medium, stream, tally)
        } else {
            step -= length * medium.total_per_m;
            if step <= R::ZERO {
                // Used up to the last bit on the border: without memory, a new one is as good.
                step = stream.exponential();
            }
            match event {
                Event::Interaction => true,
                Event::Boundary => packet.cross_boundary(scene, medium.index, stream, tally),
                Event::Surface(tube) => packet.cross_tube(scene, tube, stream),
                Event::Wall(axis) => {
                    packet.position[axis] = scene.walls[axis].copysign(packet.position[axis]);
                    packet.heading.mirror(axis);
                    true
                }
            }
        };
        if !goes_on {
            return;
        }
    }
    tally.roulette(-packet.weight);
}

impl<R: Real> Packet<R> {
    fn medium<'a>(&self, scene: &'a Scene<R>) -> &'a Medium<R> {
        self.inside.map_or(&scene.layers[self.layer], |i| &scene.tubes[i].medium)
    }

    /// The nearest of interaction (after `length`), layer boundary, surface of a tube and mirror.
    #[inline(always)]
    fn ahead<const FLAT: bool>(&mut self, scene: &Scene<R>, length: R) -> (R, Event) {
        let (mut length, mut event) = (length, Event::Interaction);
        if FLAT || self.inside.is_none() {
            // The division waits until it is known that the step ends beyond the boundary; the product asks for both
            // senses at once, since up or down cannot be foretold by the processor.
            let (z, down) = (self.position[2], self.heading.along[2]);
            let bound = scene.bounds[self.layer + usize::from(down > R::ZERO)];
            if (z + length * down - bound) * down > R::ZERO {
                (length, event) = (((bound - z) / down).max(R::ZERO).min(length), Event::Boundary);
            }
        }
        if FLAT {
            return (length, event);
        }
        if self.inside.is_none() && self.clear < length {
            // Rounding must not let a photon slip through a surface.
            let least = |clear: R, tube: &Tube<R>| clear.min(tube.clearance(self.position));
            self.clear = scene.tubes.iter().fold(R::INFINITY, least) * R::of(0.999);
        }
        if self.inside.is_some() || self.clear < length {
            for (i, tube) in scene.tubes.iter().enumerate() {
                if tube.layer == self.layer && self.inside.is_none_or(|known| known == i) {
                    let hit = tube.distance(self.position, self.heading.along, self.inside.is_some());
                    if hit <= length {
                        (length, event) = (hit, Event::Surface(i));
                    }
                }
            }
        }
        for axis in 0..2 {
            let (at, d, wall) = (self.position[axis], self.heading.along[axis], scene.walls[axis]);
            if (at + length * d).abs() > wall {
                (length, event) = (((wall.copysign(d) - at) / d).max(R::ZERO).min(length), Event::Wall(axis));
            }
        }
        self.clear -= length;
        (length, event)
    }

    /// In or out of a tube, or back from its wall. Where tubes join, one goes over into the other.
    fn cross_tube(&mut self, scene: &Scene<R>, index: usize, stream: &mut PhotonStream) -> bool {
        let tube = &scene.tubes[index];
        if self.inside.is_some() {
            let joined = |i: &usize| *i != index && scene.tubes[*i].layer == self.layer && scene.tubes[*i].holds(self.position);
            if let Some(other) = (0..scene.tubes.len()).find(joined) {
                self.inside = Some(other);
                return true;
            }
        }
        let (around, within) = (scene.layers[self.layer].index, tube.medium.index);
        let (from, to) = if self.inside.is_some() { (within, around) } else { (around, within) };
        if cross_surface(&mut self.heading, tube.normal(self.position), from, to, stream) {
            self.inside = if self.inside.is_some() { None } else { Some(index) };
            self.clear = R::ZERO;
        }
        true
    }

    /// Lose weight, turn, play roulette. False when the photon ends.
    #[inline(always)]
    fn interact<T: Tally<R>>(&mut self, medium: &Medium<R>, stream: &mut PhotonStream, tally: &mut T) -> bool {
        let met = medium.interact(&mut self.weight, &mut self.heading, stream);
        if met.lost > R::ZERO {
            tally.absorbed(self.layer, self.inside, self.position, met.lost);
        }
        if met.given != R::ZERO {
            tally.roulette(met.given);
        }
        self.weight > R::ZERO && tally.wanted(self.weight, stream)
    }

    /// Reflect, go into the next layer, or leave. False when the photon left.
    #[inline]
    fn cross_boundary<T: Tally<R>>(&mut self, scene: &Scene<R>, index: R, stream: &mut PhotonStream, tally: &mut T) -> bool {
        let down = self.heading.along[2] > R::ZERO;
        self.position[2] = scene.bounds[if down { self.layer + 1 } else { self.layer }];
        let next = match (down, self.layer) {
            (true, l) if l + 1 < scene.layers.len() => Some(l + 1),
            (false, l) if l > 0 => Some(l - 1),
            _ => None,
        };
        let outside = if down { scene.index_below } else { scene.index_above };
        let index_next = next.map_or(outside, |l| scene.layers[l].index);
        let (reflectance, cosine) = fresnel(index, index_next, self.heading.along[2].abs());
        if reflectance > R::ZERO && (reflectance >= R::ONE || stream.uniform() < reflectance.to_f64()) {
            self.heading.mirror(2);
            return true;
        }
        let (ratio, [x, y, z]) = (index / index_next, self.heading.along);
        let bent = [x * ratio, y * ratio, cosine.copysign(z)];
        let Some(next) = next else {
            if down {
                tally.transmitted(self.position, bent, self.weight);
            } else {
                tally.reflected(self.position, bent, self.weight);
            }
            return false;
        };
        if index != index_next {
            self.heading.bend(bent);
        }
        self.layer = next;
        true
    }
}

/// Refract (true) or reflect (false) at a curved surface with the unit normal `normal`, either sense.
fn cross_surface<R: Real>(heading: &mut Heading<R>, normal: [R; 3], from: R, to: R, stream: &mut PhotonStream) -> bool {
    let direction = heading.along;
    let along = dot(direction, normal);
    let (reflectance, refracted) = fresnel(from, to, along.abs().min(R::ONE));
    if reflectance > R::ZERO && (reflectance >= R::ONE || stream.uniform() < reflectance.to_f64()) {
        heading.bend(std::array::from_fn(|axis| direction[axis] - R::TWO * along * normal[axis]));
        return false;
    }
    if from != to {
        let ratio = from / to;
        heading
            .bend(std::array::from_fn(|axis| ratio * (direction[axis] - along * normal[axis]) + refracted.copysign(along) * normal[axis]));
    }
    true
}

impl<R: Real> Tube<R> {
    /// `across`: two directions at right angles to the axis, each over its semi-axis.
    pub(crate) fn new(centre: [f64; 3], across: [[f64; 3]; 2], axis: [f64; 3], start: f64, layer: usize, medium: Medium<R>) -> Self {
        let least = across.iter().map(|v| 1.0 / dot(*v, *v).sqrt()).fold(f64::INFINITY, f64::min);
        let across = across.map(|v| v.map(R::of));
        Self { centre: centre.map(R::of), across, axis: axis.map(R::of), start: R::of(start), layer, least: R::of(least), medium }
    }

    /// A point or direction in the plane across, where the surface is the unit circle.
    #[inline(always)]
    fn plane(&self, v: [R; 3]) -> [R; 2] {
        self.across.map(|row| dot(row, v))
    }

    #[inline(always)]
    fn offset(&self, position: [R; 3]) -> [R; 3] {
        std::array::from_fn(|a| position[a] - self.centre[a])
    }

    /// At most the distance of a point from the surface, negative inside.
    #[inline]
    fn clearance(&self, position: [R; 3]) -> R {
        let [p, q] = self.plane(self.offset(position));
        ((p * p + q * q).sqrt() - R::ONE) * self.least
    }

    /// Whether a point lies inside.
    fn holds(&self, position: [R; 3]) -> bool {
        let from = self.offset(position);
        let [p, q] = self.plane(from);
        p * p + q * q < R::ONE && dot(self.axis, from) >= self.start
    }

    /// Distance along the ray to the surface; infinite when it is not hit. Whether the photon is inside is known
    /// to the caller, so that a point on the surface is never taken for the wrong side.
    #[inline]
    fn distance(&self, position: [R; 3], direction: [R; 3], inside: bool) -> R {
        let from = self.offset(position);
        let (p, d) = (self.plane(from), self.plane(direction));
        let b = p[0] * d[0] + p[1] * d[1];
        if !inside && b >= R::ZERO {
            return R::INFINITY;
        }
        let a = d[0] * d[0] + d[1] * d[1];
        let c = p[0] * p[0] + p[1] * p[1] - R::ONE;
        let discriminant = b * b - a * c;
        if inside {
            let out = if a > R::ZERO { ((-b + discriminant.max(R::ZERO).sqrt()) / a).max(R::ZERO) } else { R::INFINITY };
            // The end of a tube lies in the one that it joins.
            let back = dot(self.axis, direction);
            if back < R::ZERO && self.start.is_finite() { out.min(((self.start - dot(self.axis, from)) / back).max(R::ZERO)) } else { out }
        } else if a > R::ZERO && discriminant > R::ZERO {
            let hit = ((-b - discriminant.sqrt()) / a).max(R::ZERO);
            if dot(self.axis, from) + hit * dot(self.axis, direction) >= self.start { hit } else { R::INFINITY }
        } else {
            R::INFINITY
        }
    }

    fn normal(&self, position: [R; 3]) -> [R; 3] {
        let [p, q] = self.plane(self.offset(position));
        let n: [R; 3] = std::array::from_fn(|a| p * self.across[0][a] + q * self.across[1][a]);
        let norm = dot(n, n).sqrt().max(R::of(1e-30));
        n.map(|v| v / norm)
    }
}

#[inline(always)]
fn dot<R: Real>(a: [R; 3], b: [R; 3]) -> R {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
