//! Totals in single precision: for when only reflectance and transmittance are wanted.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Entry, Scene, Tally, follow};
use crate::physics::specular;
use crate::random::Photons;
use crate::run::{CHUNK, Estimate, estimate};
use crate::{LightError, MonteCarlo, TissueSpec};

/// Where the light went, as fractions of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Mirrored at the surface before entering [1].
    pub specular: f64,
    /// Came back out of the tissue [1].
    pub diffuse_reflectance: Estimate,
    /// Left below [1].
    pub transmittance: Estimate,
    /// The rest, roulette's gifts included [1].
    pub absorbed: f64,
}

/// Sums of weights and of their squares, in double precision.
#[derive(Clone, Copy, Default)]
struct Sums {
    reflected: [f64; 2],
    transmitted: [f64; 2],
    roulette: f64,
}

impl Tally<f32> for Sums {
    #[inline]
    fn absorbed(&mut self, _: usize, _: Option<usize>, _: [f32; 3], _: f32) {}
    #[inline]
    fn reflected(&mut self, _: [f32; 3], _: [f32; 3], weight: f32) {
        let weight = f64::from(weight);
        self.reflected[0] += weight;
        self.reflected[1] += weight * weight;
    }
    #[inline]
    fn transmitted(&mut self, _: [f32; 3], _: [f32; 3], weight: f32) {
        let weight = f64::from(weight);
        self.transmitted[0] += weight;
        self.transmitted[1] += weight * weight;
    }
    #[inline]
    fn roulette(&mut self, change: f32) {
        self.roulette += f64::from(change);
    }
}

impl MonteCarlo {
    /// Send the photons in single precision and keep totals only. The profile's bins are not filled.
    ///
    /// # Error
    /// Directions and places are rounded to 6·10⁻⁸ at each step; reflectance and transmittance agree with
    /// [`MonteCarlo::run`] within their standard errors at 10⁷ photons (claim `light-slabs-single`).
    /// # Errors
    /// As [`MonteCarlo::run`].
    pub fn run_single(&self, tissue: &TissueSpec) -> Result<Totals, LightError> {
        self.check()?;
        let scene = Scene::<f32>::new(tissue)?;
        let mirrored = specular(tissue.index_above, tissue.layers[0].index);
        let weight = (1.0 - mirrored) as f32;
        let photons = Photons::new(self.seed);
        let chunk_count = self.photon_count.div_ceil(CHUNK);
        let mut total = Sums::default();
        for first in (0..chunk_count).step_by(4096) {
            let parts: Vec<Sums> = (first..chunk_count.min(first + 4096))
                .into_par_iter()
                .map(|chunk| {
                    let mut sums = Sums::default();
                    for photon in chunk * CHUNK..((chunk + 1) * CHUNK).min(self.photon_count) {
                        let mut stream = photons.stream(photon);
                        let x = self.entry(&mut stream);
                        follow(&scene, Entry::down(x as f32, weight), &mut stream, &mut sums);
                    }
                    sums
                })
                .collect();
            for part in &parts {
                for i in 0..2 {
                    total.reflected[i] += part.reflected[i];
                    total.transmitted[i] += part.transmitted[i];
                }
                total.roulette += part.roulette;
            }
        }
        let n = self.photon_count as f64;
        let (reflected, transmitted) = (estimate(total.reflected, n), estimate(total.transmitted, n));
        let absorbed = f64::from(weight) + total.roulette / n - reflected.mean - transmitted.mean;
        Ok(Totals { specular: mirrored, diffuse_reflectance: reflected, transmittance: transmitted, absorbed })
    }
}
