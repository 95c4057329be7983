//! A lamp, tissue and whatever is to be counted, each with its standard error.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Entry, Scene, Tally, follow};
use crate::error::check;
use crate::lens::Lens;
use crate::physics::{Heading, fresnel};
use crate::random::{PhotonStream, Photons};
use crate::run::{BIN_COUNT_MAX, Estimate, PHOTON_COUNT_MAX, chunk_error, estimate, wave};
use crate::source::{Lamp, Source};
use crate::{LightError, RingGrid, TissueSpec};

/// Speed of light in vacuum [m/s], exact by the definition of the metre.
const LIGHT_M_S: f64 = 299_792_458.0;
/// Photons per chunk at least.
const CHUNK: u64 = 4096;

/// What to count. Counts of 0 leave a tally out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tallies {
    /// Rings for reflectance and transmittance by distance from the origin; the last one holds all that is farther.
    pub radius_count: u32,
    /// Width of a ring [m].
    pub radius_step_m: f64,
    /// Bins for reflectance and transmittance by the angle outside, over a right angle.
    pub angle_count: u32,
    /// Bins for reflectance by time since entry; the last one holds all that is later.
    pub time_count: u32,
    /// Width of a time bin [s].
    pub time_step_s: f64,
    /// Time after which light is no longer followed [s]; infinity for none.
    pub gate_s: f64,
    /// Absorbed energy by radius and depth.
    pub rings: Option<RingGrid>,
    /// A camera.
    pub lens: Option<Lens>,
}

impl Tallies {
    /// Totals only.
    #[must_use]
    pub fn totals() -> Self {
        Self {
            radius_count: 0,
            radius_step_m: 1e-4,
            angle_count: 0,
            time_count: 0,
            time_step_s: 1e-12,
            gate_s: f64::INFINITY,
            rings: None,
            lens: None,
        }
    }
}

/// Photons from a source through layers (with cylinders, if any).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// What light meets.
    pub tissue: TissueSpec,
    /// Where it comes from.
    pub source: Source,
    /// What is counted.
    pub tallies: Tallies,
    /// Photons.
    pub photon_count: u64,
    /// Seed; each photon's numbers follow from it and from the photon's own number.
    pub seed: u64,
}

/// What was counted, as fractions of the light that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Photons sent: fewer than asked for when the run was stopped.
    pub photon_count: u64,
    /// Mirrored at the surface before entering [1].
    pub specular: Estimate,
    /// Came back out of the tissue [1].
    pub diffuse_reflectance: Estimate,
    /// Left below [1].
    pub transmittance: Estimate,
    /// Absorbed [1].
    pub absorbed: Estimate,
    /// Still on its way at the gate [1].
    pub late: Estimate,
    /// Net weight given by roulette, less what ran sideways for ever [1].
    pub roulette: f64,
    /// Diffuse reflectance by ring [1].
    pub reflectance_by_radius: Vec<Estimate>,
    /// Diffuse reflectance by angle [1].
    pub reflectance_by_angle: Vec<Estimate>,
    /// Diffuse reflectance by time [1].
    pub reflectance_by_time: Vec<Estimate>,
    /// Transmittance by ring [1].
    pub transmittance_by_radius: Vec<Estimate>,
    /// Transmittance by angle [1].
    pub transmittance_by_angle: Vec<Estimate>,
    /// Absorbed by ring of the map [1], shape [depth_count, radius_count]; the error from the spread among chunks, 0
    /// from a single one.
    pub absorbed_by_ring: Vec<Estimate>,
    /// Light from within that the camera's pixels catch [1], shape [along][across].
    pub picture: Vec<Estimate>,
    /// Light mirrored at the surface that they catch [1], same shape.
    pub glare: Vec<Estimate>,
}

impl Counted {
    /// All parts − roulette − 1: rounding only.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        [self.specular, self.diffuse_reflectance, self.transmittance, self.absorbed, self.late].iter().map(|e| e.mean).sum::<f64>()
            - self.roulette
            - 1.0
    }
}

/// A weight's sum and its square's.
type Pair = [f64; 2];

fn add(pair: &mut Pair, weight: f64) {
    pair[0] += weight;
    pair[1] += weight * weight;
}

/// Sums of one chunk.
struct Sums<'a> {
    spec: &'a Tallies,
    indices: &'a [f64],
    tube_indices: &'a [f64],
    // Of the photon under way.
    optical_m: f64,
    gate_m: f64,
    photon_absorbed: f64,
    // Sums: specular, reflected, transmitted, absorbed, late.
    totals: [Pair; 5],
    roulette: f64,
    reflected: [Vec<Pair>; 3],
    transmitted: [Vec<Pair>; 2],
    rings: Vec<f64>,
    picture: Vec<Pair>,
    glare: Vec<Pair>,
}

impl<'a> Sums<'a> {
    fn new(spec: &'a Tallies, indices: &'a [f64], tube_indices: &'a [f64]) -> Self {
        let bins = |count: u32| vec![[0.0; 2]; count as usize];
        let pixels = spec.lens.as_ref().map_or(0, |lens| lens.pixels[0] * lens.pixels[1]);
        Self {
            spec,
            indices,
            tube_indices,
            optical_m: 0.0,
            gate_m: spec.gate_s * LIGHT_M_S,
            photon_absorbed: 0.0,
            totals: [[0.0; 2]; 5],
            roulette: 0.0,
            reflected: [bins(spec.radius_count), bins(spec.angle_count), bins(spec.time_count)],
            transmitted: [bins(spec.radius_count), bins(spec.angle_count)],
            rings: vec![0.0; spec.rings.as_ref().map_or(0, |g| g.radius_count as usize * g.depth_count as usize)],
            picture: bins(pixels),
            glare: bins(pixels),
        }
    }

    fn photon(&mut self, scene: &Scene<f64>, lamp: &Lamp, above: f64, stream: &mut PhotonStream) {
        let (place, direction) = lamp.ray(stream);
        let index = self.indices[0];
        let (mirrored, cosine) = fresnel(above, index, direction[2]);
        add(&mut self.totals[0], mirrored);
        if let Some(lens) = &self.spec.lens
            && let Some(pixel) = lens.pixel(place, [direction[0], direction[1], -direction[2]])
        {
            add(&mut self.glare[pixel], mirrored * lens.mirrored());
        }
        (self.optical_m, self.photon_absorbed) = (0.0, 0.0);
        let ratio = above / index;
        let mut heading = Heading::new([0.0, 0.0, 1.0]);
        if direction[2] < 1.0 {
            heading.bend([direction[0] * ratio, direction[1] * ratio, cosine]);
        }
        if mirrored < 1.0 {
            follow(scene, Entry { x: place[0], y: place[1], heading, weight: 1.0 - mirrored }, stream, self);
        }
        let absorbed = self.photon_absorbed;
        add(&mut self.totals[3], absorbed);
    }

    fn add(&mut self, other: &Self) {
        let of = |a: &mut [Pair], b: &[Pair]| {
            for (a, b) in a.iter_mut().zip(b) {
                a[0] += b[0];
                a[1] += b[1];
            }
        };
        of(&mut self.totals, &other.totals);
        self.reflected.iter_mut().zip(&other.reflected).for_each(|(a, b)| of(a, b));
        self.transmitted.iter_mut().zip(&other.transmitted).for_each(|(a, b)| of(a, b));
        of(&mut self.picture, &other.picture);
        of(&mut self.glare, &other.glare);
        self.roulette += other.roulette;
    }
}

/// Place of the angle outside among bins over a right angle.
fn angle_bin(cosine: f64, count: usize) -> usize {
    let angle = proband_core::ops::acos(cosine.abs().min(1.0));
    ((angle / std::f64::consts::FRAC_PI_2 * count as f64) as usize).min(count - 1)
}

/// Adds a weight to a bin, the last one for all beyond.
fn bin(bins: &mut [Pair], place: f64, weight: f64) {
    if let Some(last) = bins.len().checked_sub(1) {
        add(&mut bins[(place as usize).min(last)], weight);
    }
}

impl Tally<f64> for Sums<'_> {
    #[inline]
    fn absorbed(&mut self, _: usize, _: Option<usize>, position: [f64; 3], lost: f64) {
        self.photon_absorbed += lost;
        if let Some(grid) = &self.spec.rings {
            let across = (position[0] * position[0] + position[1] * position[1]).sqrt() / grid.radius_step_m;
            let (across, down) = (across as usize, (position[2] / grid.depth_step_m) as usize);
            if across < grid.radius_count as usize && down < grid.depth_count as usize {
                self.rings[down * grid.radius_count as usize + across] += lost;
            }
        }
    }
    #[inline]
    fn passed(&mut self, layer: usize, tube: Option<usize>, _: [f64; 3], length: f64) {
        self.optical_m += length * tube.map_or(self.indices[layer], |i| self.tube_indices[i]);
    }
    fn reflected(&mut self, position: [f64; 3], outside: [f64; 3], weight: f64) {
        if self.optical_m > self.gate_m {
            return add(&mut self.totals[4], weight);
        }
        add(&mut self.totals[1], weight);
        let radius = (position[0] * position[0] + position[1] * position[1]).sqrt();
        bin(&mut self.reflected[0], radius / self.spec.radius_step_m, weight);
        if !self.reflected[1].is_empty() {
            let place = angle_bin(outside[2], self.reflected[1].len());
            add(&mut self.reflected[1][place], weight);
        }
        bin(&mut self.reflected[2], self.optical_m / (LIGHT_M_S * self.spec.time_step_s), weight);
        if let Some(lens) = &self.spec.lens
            && let Some(pixel) = lens.pixel([position[0], position[1]], outside)
        {
            add(&mut self.picture[pixel], weight * lens.passed());
        }
    }
    fn transmitted(&mut self, position: [f64; 3], outside: [f64; 3], weight: f64) {
        if self.optical_m > self.gate_m {
            return add(&mut self.totals[4], weight);
        }
        add(&mut self.totals[2], weight);
        let radius = (position[0] * position[0] + position[1] * position[1]).sqrt();
        bin(&mut self.transmitted[0], radius / self.spec.radius_step_m, weight);
        if !self.transmitted[1].is_empty() {
            let place = angle_bin(outside[2], self.transmitted[1].len());
            add(&mut self.transmitted[1][place], weight);
        }
    }
    fn roulette(&mut self, change: f64) {
        self.roulette += change;
    }
    #[inline]
    fn wanted(&mut self, weight: f64, _: &mut PhotonStream) -> bool {
        if self.optical_m <= self.gate_m {
            return true;
        }
        add(&mut self.totals[4], weight);
        false
    }
}

impl Experiment {
    /// Check every number.
    ///
    /// # Errors
    /// [`LightError`] that names the field.
    pub fn check(&self) -> Result<(), LightError> {
        self.tissue.check()?;
        check("photon_count", self.photon_count as f64, 1.0, PHOTON_COUNT_MAX as f64)?;
        let spec = &self.tallies;
        for (name, count) in [("radius_count", spec.radius_count), ("angle_count", spec.angle_count), ("time_count", spec.time_count)] {
            check(name, f64::from(count), 0.0, f64::from(BIN_COUNT_MAX))?;
        }
        check("radius_step_m", spec.radius_step_m, 1e-9, 10.0)?;
        check("time_step_s", spec.time_step_s, 1e-16, 1.0)?;
        check("gate_s", if spec.gate_s.is_nan() { spec.gate_s } else { spec.gate_s.min(1.0) }, 0.0, 1.0)?;
        spec.rings.as_ref().map_or(Ok(()), RingGrid::check)?;
        spec.lens.as_ref().map_or(Ok(()), Lens::check)
    }

    /// Send the photons. `go_on` is told from time to time how many are done; when it says no, what was counted so far
    /// comes back.
    ///
    /// # Errors
    /// [`LightError`] for bad tissue, a bad source or tally, no photons or too many.
    pub fn run(&self, go_on: &mut dyn FnMut(u64) -> bool) -> Result<Counted, LightError> {
        self.check()?;
        let lamp = self.source.lamp()?;
        let scene = Scene::<f64>::new(&self.tissue)?;
        let indices: Vec<f64> = self.tissue.layers.iter().map(|l| l.index).collect();
        let tube_indices: Vec<f64> = self.tissue.cylinders.iter().map(|c| c.index).collect();
        let empty = || Sums::new(&self.tallies, &indices, &tube_indices);
        let photons = Photons::new(self.seed);
        // Chunks long enough that adding up costs little beside them.
        let tallied = empty().rings.len() + 2 * empty().picture.len();
        let chunk_length = CHUNK * (1 + tallied as u64 / 10_000).min(256);
        let chunks = self.photon_count.div_ceil(chunk_length);
        let (mut total, mut rings) = (empty(), vec![[0.0; 2]; empty().rings.len()]);
        let (mut done, wave) = (0, wave(8));
        while done < chunks {
            let last = chunks.min(done + wave);
            let parts: Vec<Sums<'_>> = (done..last)
                .into_par_iter()
                .map(|chunk| {
                    let mut sums = empty();
                    for photon in chunk * chunk_length..((chunk + 1) * chunk_length).min(self.photon_count) {
                        sums.photon(&scene, &lamp, self.tissue.index_above, &mut photons.stream(photon));
                    }
                    sums
                })
                .collect();
            for part in &parts {
                total.add(part);
                rings.iter_mut().zip(&part.rings).for_each(|(pair, sum)| add(pair, *sum));
            }
            done = last;
            if !go_on((done * chunk_length).min(self.photon_count)) {
                break;
            }
        }
        Ok(total.counted((done * chunk_length).min(self.photon_count), done, &rings))
    }
}

impl Sums<'_> {
    fn counted(self, photon_count: u64, chunks: u64, rings: &[Pair]) -> Counted {
        let (n, c) = (photon_count as f64, chunks as f64);
        let all = |pairs: &[Pair]| pairs.iter().map(|pair| estimate(*pair, n)).collect();
        let ring = |[sum, square]: &Pair| Estimate { mean: sum / n, error: chunk_error(*sum, *square, c, n) };
        let [specular, diffuse_reflectance, transmittance, absorbed, late] = self.totals.map(|pair| estimate(pair, n));
        Counted {
            photon_count,
            specular,
            diffuse_reflectance,
            transmittance,
            absorbed,
            late,
            roulette: self.roulette / n,
            reflectance_by_radius: all(&self.reflected[0]),
            reflectance_by_angle: all(&self.reflected[1]),
            reflectance_by_time: all(&self.reflected[2]),
            transmittance_by_radius: all(&self.transmitted[0]),
            transmittance_by_angle: all(&self.transmitted[1]),
            absorbed_by_ring: rings.iter().map(ring).collect(),
            picture: all(&self.picture),
            glare: all(&self.glare),
        }
    }
}

/// Fluence [1/m²] per energy sent, from what rings absorbed: φ = A/(μa V), by the layer at each ring's middle.
///
/// # Errors
/// [`LightError::BadTissue`] when a ring lies in a layer that absorbs nothing and so cannot tell.
pub fn fluence_per_m2(absorbed: &[Estimate], grid: &RingGrid, tissue: &TissueSpec) -> Result<Vec<Estimate>, LightError> {
    grid.check()?;
    tissue.check()?;
    check("rings", absorbed.len() as f64, 0.0, f64::from(grid.radius_count) * f64::from(grid.depth_count))?;
    let mut out = Vec::with_capacity(absorbed.len());
    for (i, e) in absorbed.iter().enumerate() {
        let (across, down) = (i as u32 % grid.radius_count, i as u32 / grid.radius_count);
        let depth = (f64::from(down) + 0.5) * grid.depth_step_m;
        let mut bottom = 0.0;
        let layer = tissue.layers.iter().find(|layer| {
            bottom += layer.thickness_m;
            depth < bottom
        });
        let per_m = layer.map_or(f64::INFINITY, |layer| layer.absorption_per_m);
        if per_m <= 0.0 {
            return Err(LightError::BadTissue {
                what: format!("the layer at {depth} m absorbs nothing: its fluence cannot be told from what it absorbs"),
            });
        }
        let scale = 1.0 / (per_m * grid.volume_m3(across));
        out.push(Estimate { mean: e.mean * scale, error: e.error * scale });
    }
    Ok(out)
}
