//! Many photons, summed in a fixed order.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Entry, Scene, Tally, follow};
use crate::error::check;
use crate::physics::specular;
use crate::random::{PhotonStream, Photons};
use crate::{LightError, TissueSpec};

/// Photons per chunk. Chunks are summed in order, so the result does not depend on the number of threads.
pub(crate) const CHUNK: u64 = 4096;
/// Chunks that are under way at once: enough for every thread to be busy nearly to the end. Chunks are added up in their order, so
/// that their number changes no bit.
pub(crate) fn wave(each: u64) -> u64 {
    (each * rayon::current_num_threads() as u64).clamp(16, 4096)
}

/// Most photons of one run.
pub const PHOTON_COUNT_MAX: u64 = 1 << 40;
/// Most bins of a profile.
pub const BIN_COUNT_MAX: u32 = 4096;

/// How to shine and what to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonteCarlo {
    /// Photons.
    pub photon_count: u64,
    /// Seed; each photon's numbers follow from it and from the photon's own number.
    pub seed: u64,
    /// Half width of the evenly lit strip across the cylinder [m]; 0 is a pencil beam at x = 0.
    pub half_width_m: f64,
    /// Bins of the reflectance profile across, over the lit strip; 0 for none. Light that leaves beyond the
    /// strip comes back on the other side (periodic veins), so that no bin is short of light.
    pub bin_count: u32,
}

/// A fraction of the light with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean [1].
    pub mean: f64,
    /// Standard error of the mean [1].
    pub error: f64,
}

/// Mean and standard error from the sums of `n` photons' weights and of their squares.
pub(crate) fn estimate([sum, square]: [f64; 2], n: f64) -> Estimate {
    let mean = sum / n;
    Estimate { mean, error: ((square / n - mean * mean).max(0.0) / (n - 1.0).max(1.0)).sqrt() }
}

/// Standard error of a mean over `n` photons from the sums of equal chunks and of their squares; 0 from a single chunk.
pub(crate) fn chunk_error(sum: f64, square: f64, chunks: f64, n: f64) -> f64 {
    if chunks > 1.0 { ((square - sum * sum / chunks).max(0.0) * chunks / (chunks - 1.0)).sqrt() / n } else { 0.0 }
}

/// Where the light went, as fractions of what was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// Mirrored at the surface before entering [1].
    pub specular: f64,
    /// Came back out of the tissue [1].
    pub diffuse_reflectance: Estimate,
    /// Left below [1].
    pub transmittance: Estimate,
    /// Absorbed, all layers [1].
    pub absorbed: Estimate,
    /// Absorbed in each layer, its cylinders included [1], shape [layer_count].
    pub absorbed_per_layer: Vec<f64>,
    /// Its standard error [1], from the spread among chunks of photons; 0 from a single chunk.
    pub absorbed_per_layer_error: Vec<f64>,
    /// Absorbed in all cylinders [1].
    pub absorbed_in_cylinders: f64,
    /// Net weight given by roulette, minus what ran sideways for ever [1]: the sum of all others minus this is 1 exactly.
    pub roulette: f64,
    /// Reflectance by exit position across, relative to the light that fell on the bin [1], shape [bin_count].
    pub profile: Vec<Estimate>,
}

impl Balance {
    /// Specular + diffuse + absorbed + transmitted − roulette − 1: rounding only.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        self.specular + self.diffuse_reflectance.mean + self.absorbed.mean + self.transmittance.mean - self.roulette - 1.0
    }
}

impl MonteCarlo {
    /// Send the photons, straight down.
    ///
    /// # Errors
    /// [`LightError`] for bad tissue, no photons, or too many photons or bins.
    pub fn run(&self, tissue: &TissueSpec) -> Result<Balance, LightError> {
        self.run_while(tissue, &mut |_| true).map(|(balance, _)| balance)
    }

    /// [`MonteCarlo::run`] that can be stopped: `go_on` is told from time to time how many photons are done; when it
    /// says no, what was counted so far comes back, with the number of photons.
    ///
    /// # Errors
    /// As [`MonteCarlo::run`].
    pub fn run_while(&self, tissue: &TissueSpec, go_on: &mut dyn FnMut(u64) -> bool) -> Result<(Balance, u64), LightError> {
        self.check()?;
        let scene = Scene::<f64>::new(tissue)?;
        let mirrored = specular(tissue.index_above, tissue.layers[0].index);
        let chunk_count = self.photon_count.div_ceil(CHUNK);
        // Waves of chunks bound the memory; within a wave the results are collected in order.
        let mut total = Sums::new(&scene, self);
        let mut first = 0;
        while first < chunk_count {
            let last = (first + 256).min(chunk_count);
            let parts: Vec<Sums> = (first..last).into_par_iter().map(|chunk| self.chunk(&scene, 1.0 - mirrored, chunk)).collect();
            for part in &parts {
                total.add(part);
            }
            first = last;
            if !go_on((first * CHUNK).min(self.photon_count)) {
                break;
            }
        }
        let done = (first * CHUNK).min(self.photon_count);
        Ok((total.into_balance(mirrored, done), done))
    }

    /// Check every number.
    pub(crate) fn check(&self) -> Result<(), LightError> {
        check("photon_count", self.photon_count as f64, 1.0, PHOTON_COUNT_MAX as f64)?;
        check("half_width_m", self.half_width_m, 0.0, 1.0)?;
        check("bin_count", f64::from(self.bin_count), 0.0, f64::from(BIN_COUNT_MAX))?;
        if self.bin_count > 0 {
            check("half_width_m", self.half_width_m, 1e-6, 1.0)?;
        }
        Ok(())
    }

    /// Where a photon enters [m].
    #[inline]
    pub(crate) fn entry(&self, stream: &mut PhotonStream) -> f64 {
        if self.half_width_m > 0.0 { self.half_width_m * stream.signed() } else { 0.0 }
    }

    fn chunk(&self, scene: &Scene<f64>, weight: f64, chunk: u64) -> Sums {
        let mut sums = Sums::new(scene, self);
        let photons = Photons::new(self.seed);
        for photon in chunk * CHUNK..((chunk + 1) * CHUNK).min(self.photon_count) {
            let mut stream = photons.stream(photon);
            let x = self.entry(&mut stream);
            sums.begin();
            follow(scene, Entry::down(x, weight), &mut stream, &mut sums);
            sums.end();
        }
        sums
    }
}

/// Sums over photons of weights and of their squares.
#[derive(Clone)]
pub(crate) struct Sums {
    half_width: f64,
    reflected: [f64; 2],
    transmitted: [f64; 2],
    absorbed: [f64; 2],
    layers: Vec<f64>,
    /// Squares of the chunks' sums.
    layers_square: Vec<f64>,
    chunks: u32,
    cylinders: f64,
    roulette: f64,
    bins: Vec<[f64; 2]>,
    // Of the photon under way.
    photon_absorbed: f64,
}

impl Sums {
    pub(crate) fn new(scene: &Scene<f64>, run: &MonteCarlo) -> Self {
        Self {
            half_width: run.half_width_m,
            reflected: [0.0; 2],
            transmitted: [0.0; 2],
            absorbed: [0.0; 2],
            layers: vec![0.0; scene.layer_count()],
            layers_square: vec![0.0; scene.layer_count()],
            chunks: 0,
            cylinders: 0.0,
            roulette: 0.0,
            bins: vec![[0.0; 2]; run.bin_count as usize],
            photon_absorbed: 0.0,
        }
    }

    #[inline]
    pub(crate) fn begin(&mut self) {
        self.photon_absorbed = 0.0;
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        self.absorbed[0] += self.photon_absorbed;
        self.absorbed[1] += self.photon_absorbed * self.photon_absorbed;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for i in 0..2 {
            self.reflected[i] += other.reflected[i];
            self.transmitted[i] += other.transmitted[i];
            self.absorbed[i] += other.absorbed[i];
        }
        self.cylinders += other.cylinders;
        self.roulette += other.roulette;
        self.chunks += 1;
        for ((a, square), b) in self.layers.iter_mut().zip(&mut self.layers_square).zip(&other.layers) {
            *a += b;
            *square += b * b;
        }
        for (a, b) in self.bins.iter_mut().zip(&other.bins) {
            a[0] += b[0];
            a[1] += b[1];
        }
    }

    pub(crate) fn into_balance(self, specular: f64, photon_count: u64) -> Balance {
        let n = photon_count as f64;
        let estimate = |sums| estimate(sums, n);
        let share = self.bins.len() as f64;
        let bin = |sums: &[f64; 2]| {
            let e = estimate(*sums);
            Estimate { mean: e.mean * share, error: e.error * share }
        };
        Balance {
            specular,
            diffuse_reflectance: estimate(self.reflected),
            transmittance: estimate(self.transmitted),
            absorbed: estimate(self.absorbed),
            absorbed_per_layer_error: self
                .layers
                .iter()
                .zip(&self.layers_square)
                .map(|(sum, square)| chunk_error(*sum, *square, f64::from(self.chunks), n))
                .collect(),
            absorbed_per_layer: self.layers.iter().map(|sum| sum / n).collect(),
            absorbed_in_cylinders: self.cylinders / n,
            roulette: self.roulette / n,
            profile: self.bins.iter().map(bin).collect(),
        }
    }
}

impl Tally<f64> for Sums {
    #[inline]
    fn absorbed(&mut self, layer: usize, cylinder: Option<usize>, _position: [f64; 3], lost: f64) {
        self.layers[layer] += lost;
        if cylinder.is_some() {
            self.cylinders += lost;
        }
        self.photon_absorbed += lost;
    }
    #[inline]
    fn reflected(&mut self, position: [f64; 3], _: [f64; 3], weight: f64) {
        self.reflected[0] += weight;
        self.reflected[1] += weight * weight;
        if !self.bins.is_empty() {
            let turns = (position[0] + self.half_width) / (2.0 * self.half_width);
            let place = (turns - turns.floor()) * self.bins.len() as f64;
            let index = (place as usize).min(self.bins.len() - 1);
            self.bins[index][0] += weight;
            self.bins[index][1] += weight * weight;
        }
    }
    #[inline]
    fn transmitted(&mut self, _: [f64; 3], _: [f64; 3], weight: f64) {
        self.transmitted[0] += weight;
        self.transmitted[1] += weight * weight;
    }
    #[inline]
    fn roulette(&mut self, change: f64) {
        self.roulette += change;
    }
}
