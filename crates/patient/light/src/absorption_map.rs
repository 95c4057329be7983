//! Where layers absorb a pencil beam: energy by radius and depth.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Entry, Scene, Tally, follow};
use crate::error::check;
use crate::physics::specular;
use crate::random::Photons;
use crate::run::{CHUNK, Sums, chunk_error, wave};
use crate::{Balance, LightError, MonteCarlo, TissueSpec};

/// Most rings of a map, all depths together.
pub const RING_COUNT_MAX: u64 = 1 << 22;

/// Rings round the beam's axis, stacked from the surface down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RingGrid {
    /// Width of a ring [m].
    pub radius_step_m: f64,
    /// Height of a ring [m].
    pub depth_step_m: f64,
    /// Rings across.
    pub radius_count: u32,
    /// Rings down.
    pub depth_count: u32,
}

/// What each ring absorbs of the light that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsorptionMap {
    /// Absorbed fraction by ring [1], shape [depth_count, radius_count].
    pub absorbed: Vec<f64>,
    /// Its standard error [1], from the spread among chunks of photons; 0 from a single chunk.
    pub error: Vec<f64>,
    /// Absorbed beyond the rings [1].
    pub beyond: f64,
}

impl RingGrid {
    /// Check every number.
    ///
    /// # Errors
    /// [`LightError`] that names the field.
    pub fn check(&self) -> Result<(), LightError> {
        check("radius_step_m", self.radius_step_m, 1e-9, 1.0)?;
        check("depth_step_m", self.depth_step_m, 1e-9, 1.0)?;
        check("radius_count", f64::from(self.radius_count), 1.0, RING_COUNT_MAX as f64)?;
        check("ring count", f64::from(self.radius_count) * f64::from(self.depth_count), 1.0, RING_COUNT_MAX as f64)?;
        Ok(())
    }

    /// Volume of a ring [m³] by its place across.
    #[must_use]
    pub fn volume_m3(&self, across: u32) -> f64 {
        let inner = f64::from(across);
        std::f64::consts::PI * (2.0 * inner + 1.0) * self.radius_step_m * self.radius_step_m * self.depth_step_m
    }
}

/// The sums of a run and the rings beside them.
struct Mapped {
    sums: Sums,
    rings: Vec<f64>,
    beyond: f64,
    inverse_step: [f64; 2],
    count: [usize; 2],
}

impl Tally<f64> for Mapped {
    #[inline]
    fn absorbed(&mut self, layer: usize, cylinder: Option<usize>, position: [f64; 3], lost: f64) {
        self.sums.absorbed(layer, cylinder, position, lost);
        let across = (position[0] * position[0] + position[1] * position[1]).sqrt() * self.inverse_step[0];
        // Through 32 bits: a float becomes one with fewer instructions.
        let (across, down) = (across as i32 as usize, (position[2] * self.inverse_step[1]) as i32 as usize);
        if across < self.count[0] && down < self.count[1] {
            self.rings[down * self.count[0] + across] += lost;
        } else {
            self.beyond += lost;
        }
    }
    #[inline]
    fn reflected(&mut self, position: [f64; 3], outside: [f64; 3], weight: f64) {
        self.sums.reflected(position, outside, weight);
    }
    #[inline]
    fn transmitted(&mut self, position: [f64; 3], outside: [f64; 3], weight: f64) {
        self.sums.transmitted(position, outside, weight);
    }
    #[inline]
    fn roulette(&mut self, change: f64) {
        self.sums.roulette(change);
    }
}

impl MonteCarlo {
    /// [`MonteCarlo::run`], and where the light was absorbed.
    ///
    /// # Errors
    /// As [`MonteCarlo::run`], and [`LightError`] for bad rings.
    pub fn run_with_map(&self, tissue: &TissueSpec, grid: &RingGrid) -> Result<(Balance, AbsorptionMap), LightError> {
        self.run_with_map_while(tissue, grid, &mut |_| true).map(|(balance, map, _)| (balance, map))
    }

    /// [`MonteCarlo::run_with_map`] that can be stopped: `go_on` is told from time to time how many photons are done; when it says no,
    /// what was counted so far comes back, with the number of photons.
    ///
    /// # Errors
    /// As [`MonteCarlo::run_with_map`].
    pub fn run_with_map_while(
        &self,
        tissue: &TissueSpec,
        grid: &RingGrid,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(Balance, AbsorptionMap, u64), LightError> {
        self.check()?;
        grid.check()?;
        let scene = Scene::<f64>::new(tissue)?;
        let mirrored = specular(tissue.index_above, tissue.layers[0].index);
        let count = [grid.radius_count as usize, grid.depth_count as usize];
        let empty = || Mapped {
            sums: Sums::new(&scene, self),
            rings: vec![0.0; count[0] * count[1]],
            beyond: 0.0,
            inverse_step: [1.0 / grid.radius_step_m, 1.0 / grid.depth_step_m],
            count,
        };
        // Chunks long enough that adding up the rings costs little, in waves that bound the memory.
        let chunk_length = CHUNK * (1 + count[0] as u64 * count[1] as u64 / 10_000).min(16);
        let chunk_count = self.photon_count.div_ceil(chunk_length);
        let (mut total, mut squares) = (empty(), vec![0.0; count[0] * count[1]]);
        // Small maps add up in no time, and small chunks are soon done.
        let wave = wave(if chunk_length == CHUNK { 32 } else { 8 });
        let mut done = 0;
        while done < chunk_count {
            let chunks = done..chunk_count.min(done + wave);
            done = chunks.end;
            let parts: Vec<Mapped> = chunks
                .into_par_iter()
                .map(|chunk| {
                    let mut mapped = empty();
                    let photons = Photons::new(self.seed);
                    for photon in chunk * chunk_length..((chunk + 1) * chunk_length).min(self.photon_count) {
                        let mut stream = photons.stream(photon);
                        let x = self.entry(&mut stream);
                        mapped.sums.begin();
                        follow(&scene, Entry::down(x, 1.0 - mirrored), &mut stream, &mut mapped);
                        mapped.sums.end();
                    }
                    mapped
                })
                .collect();
            for part in &parts {
                total.sums.add(&part.sums);
                total.beyond += part.beyond;
                for ((sum, square), add) in total.rings.iter_mut().zip(&mut squares).zip(&part.rings) {
                    *sum += add;
                    *square += add * add;
                }
            }
            if !go_on((done * chunk_length).min(self.photon_count)) {
                break;
            }
        }
        let photons = (done * chunk_length).min(self.photon_count);
        let n = photons as f64;
        let error = total.rings.iter().zip(&squares).map(|(sum, square)| chunk_error(*sum, *square, done as f64, n)).collect();
        let map = AbsorptionMap { error, absorbed: total.rings.iter().map(|sum| sum / n).collect(), beyond: total.beyond / n };
        Ok((total.sums.into_balance(mirrored, photons), map, photons))
    }
}
