//! Photon packets through a box of voxels: any anatomy, one medium per voxel.
//!
//! The same interaction kernel as in layers. A photon flies on at once as far as the tissue around is known to be the
//! same (distance to the nearest other voxel), and from face to face only near a border. Borders are the faces of
//! voxels: a curved surface is a staircase, which turns reflections by up to 45°; halve the voxels to see what it does.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{Medium, STEP_COUNT_MAX};
use crate::error::check;
use crate::physics::{Heading, fresnel};
use crate::random::{PhotonStream, Photons};
use crate::run::{Estimate, PHOTON_COUNT_MAX, estimate};
use crate::voxel_safe::safe_steps;
use crate::{LightError, VoxelTissue};

/// Speed of light in vacuum [m/s], exact by the definition of the metre.
const LIGHT_M_S: f64 = 299_792_458.0;
/// Photons per chunk.
const CHUNK: u64 = 1024;
/// Most numbers that all sums together hold.
const SUMS_MAX: usize = 1 << 27;
/// Sums that are filled side by side; each takes its chunks in order, so that the bits do not depend on threads.
const LANES_MAX: usize = 16;
/// Chunks of each lane after which the caller may stop the run: a lane takes the same chunks in the same order whatever this is.
const WAVE: u64 = 4;

/// How to shine into a box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoxelRun {
    /// Photons.
    pub photon_count: u64,
    /// Seed; each photon's numbers follow from it and from the photon's own number.
    pub seed: u64,
    /// Where the beam starts, within the box or on its face [m]. It starts inside: no light is lost on entry.
    pub start_m: [f64; 3],
    /// Direction of the beam, of any length but 0.
    pub direction: [f64; 3],
    /// Whether to keep what each voxel absorbs.
    pub per_voxel: bool,
    /// Time after which a photon is no longer followed [s]; infinity for none.
    pub gate_s: f64,
}

/// Where the light went, as fractions of what was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct VoxelBalance {
    /// Absorbed [1].
    pub absorbed: Estimate,
    /// Left through the faces [1].
    pub left: Estimate,
    /// Still on its way at the gate [1].
    pub late: f64,
    /// Net weight given by roulette [1].
    pub roulette: f64,
    /// Absorbed by medium [1], shape [media].
    pub absorbed_per_medium: Vec<f64>,
    /// Its standard error [1], from the spread among up to 16 parts of the run; 0 where there is one part only.
    pub absorbed_per_medium_error: Vec<f64>,
    /// Absorbed by voxel [1], in the order of the labels; empty when not asked for.
    pub absorbed_per_voxel: Vec<f64>,
    /// Its standard error [1], as above.
    pub absorbed_per_voxel_error: Vec<f64>,
}

impl VoxelBalance {
    /// Absorbed + left + late − roulette − 1: rounding only.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        self.absorbed.mean + self.left.mean + self.late - self.roulette - 1.0
    }
}

/// A box ready for photons.
struct Box {
    size: [usize; 3],
    voxel_m: [f64; 3],
    inverse_voxel_1_m: [f64; 3],
    /// Far corner [m].
    high_m: [f64; 3],
    labels: Vec<u8>,
    media: Vec<Medium<f64>>,
    /// Length that a photon may fly from anywhere in a voxel without meeting another label [m].
    safe_m: Vec<f32>,
    outside: f64,
}

#[derive(Clone)]
struct Sums {
    photons: u64,
    absorbed: [f64; 2],
    left: [f64; 2],
    late: f64,
    roulette: f64,
    media: Vec<f64>,
    voxels: Vec<f64>,
    /// Voxels with what they absorbed, not yet added up: one after the other each would wait for its memory, in a row
    /// they wait together.
    waiting: Vec<(u32, f64)>,
}

/// Entries of a row.
const WAITING: usize = 2048;

impl Sums {
    #[inline(always)]
    fn voxel(&mut self, place: usize, lost: f64) {
        self.waiting.push((place as u32, lost));
        if self.waiting.len() == WAITING {
            self.settle();
        }
    }

    #[inline(never)]
    fn settle(&mut self) {
        for (place, lost) in self.waiting.drain(..) {
            self.voxels[place as usize] += lost;
        }
    }
}

/// A photon on its way.
struct Packet {
    position: [f64; 3],
    heading: Heading<f64>,
    voxel: [usize; 3],
    weight: f64,
    /// Way times refractive index [m].
    optical_m: f64,
}

impl VoxelRun {
    /// Send the photons.
    ///
    /// # Errors
    /// [`LightError`] for a bad box, no or too many photons, a start outside or a direction without length.
    pub fn run(&self, tissue: &VoxelTissue) -> Result<VoxelBalance, LightError> {
        self.run_while(tissue, &mut |_| true).map(|(balance, _)| balance)
    }

    /// [`VoxelRun::run`] that can be stopped: `go_on` is told from time to time how many photons are done; when it says
    /// no, what was counted so far comes back, with the number of photons.
    ///
    /// # Errors
    /// As [`VoxelRun::run`].
    pub fn run_while(&self, tissue: &VoxelTissue, go_on: &mut dyn FnMut(u64) -> bool) -> Result<(VoxelBalance, u64), LightError> {
        let direction = self.check(tissue)?;
        let space = Box::new(tissue);
        let lanes = (SUMS_MAX / space.labels.len()).clamp(1, LANES_MAX);
        let chunks = self.photon_count.div_ceil(CHUNK);
        let empty = || Sums {
            photons: 0,
            absorbed: [0.0; 2],
            left: [0.0; 2],
            late: 0.0,
            roulette: 0.0,
            media: vec![0.0; space.media.len()],
            voxels: vec![0.0; if self.per_voxel { space.labels.len() } else { 0 }],
            waiting: Vec::with_capacity(WAITING),
        };
        let mut parts: Vec<Sums> = (0..lanes).map(|_| empty()).collect();
        let mut done = 0;
        while done < chunks {
            let last = chunks.min(done + WAVE * lanes as u64);
            parts.par_iter_mut().enumerate().for_each(|(lane, sums)| {
                for chunk in (done + lane as u64..last).step_by(lanes) {
                    for photon in chunk * CHUNK..((chunk + 1) * CHUNK).min(self.photon_count) {
                        self.photon(&space, direction, photon, sums);
                    }
                }
                sums.settle();
            });
            done = last;
            if !go_on((done * CHUNK).min(self.photon_count)) {
                break;
            }
        }
        let done = (done * CHUNK).min(self.photon_count);
        Ok((balance(&parts, done), done))
    }

    /// Check every number. Returns the beam's direction.
    fn check(&self, tissue: &VoxelTissue) -> Result<[f64; 3], LightError> {
        tissue.check()?;
        check("photon_count", self.photon_count as f64, 1.0, PHOTON_COUNT_MAX as f64)?;
        for axis in 0..3 {
            check("start_m", self.start_m[axis], 0.0, f64::from(tissue.size[axis]) * tissue.voxel_m[axis])?;
            check("direction", self.direction[axis], -1e6, 1e6)?;
        }
        let length = self.direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        check("length of the direction", length, 1e-6, 2e6)?;
        check("gate_s", if self.gate_s.is_nan() { self.gate_s } else { self.gate_s.min(1.0) }, 0.0, 1.0)?;
        Ok(self.direction.map(|d| d / length))
    }

    fn photon(&self, space: &Box, direction: [f64; 3], photon: u64, sums: &mut Sums) {
        let voxel = std::array::from_fn(|a| space.voxel_at(self.start_m[a], a));
        let mut packet = Packet { position: self.start_m, heading: Heading::new(direction), voxel, weight: 1.0, optical_m: 0.0 };
        let before = sums.absorbed[0];
        let mut absorbed = 0.0;
        packet.follow(space, &mut Photons::new(self.seed).stream(photon), self.gate_s * LIGHT_M_S, sums, &mut absorbed);
        sums.photons += 1;
        sums.absorbed[0] = before + absorbed;
        sums.absorbed[1] += absorbed * absorbed;
    }
}

fn balance(parts: &[Sums], photon_count: u64) -> VoxelBalance {
    let n = photon_count as f64;
    let sum = |of: fn(&Sums) -> f64| parts.iter().map(of).sum::<f64>();
    let pair =
        |of: fn(&Sums) -> [f64; 2]| estimate(parts.iter().fold([0.0; 2], |sum, part| std::array::from_fn(|i| sum[i] + of(part)[i])), n);
    // Totals, and the spread of the parts about their shares.
    let filled = parts.iter().filter(|part| part.photons > 0).count() as f64;
    let add_up = |of: fn(&Sums) -> &[f64]| {
        let (mut totals, mut errors) = (vec![0.0; of(&parts[0]).len()], vec![0.0; of(&parts[0]).len()]);
        for part in parts {
            totals.iter_mut().zip(of(part)).for_each(|(total, add)| *total += add);
        }
        totals.iter_mut().for_each(|total| *total /= n);
        for part in parts {
            for ((error, mean), add) in errors.iter_mut().zip(&totals).zip(of(part)) {
                let off = add - mean * part.photons as f64;
                *error += off * off;
            }
        }
        let scale = if filled > 1.0 { filled / (filled - 1.0) } else { 0.0 };
        errors.iter_mut().for_each(|error| *error = (*error * scale).sqrt() / n);
        (totals, errors)
    };
    let (absorbed_per_medium, absorbed_per_medium_error) = add_up(|s| &s.media);
    let (absorbed_per_voxel, absorbed_per_voxel_error) = add_up(|s| &s.voxels);
    VoxelBalance {
        absorbed: pair(|s| s.absorbed),
        left: pair(|s| s.left),
        late: sum(|s| s.late) / n,
        roulette: sum(|s| s.roulette) / n,
        absorbed_per_medium,
        absorbed_per_medium_error,
        absorbed_per_voxel,
        absorbed_per_voxel_error,
    }
}

impl Box {
    fn new(tissue: &VoxelTissue) -> Self {
        let medium = |m: &crate::VoxelMedium| Medium::new(m.index, m.absorption_per_m, m.scattering_per_m, m.anisotropy);
        let size = tissue.size.map(|n| n as usize);
        let shortest = tissue.voxel_m.iter().copied().fold(f64::INFINITY, f64::min);
        let safe_m = safe_steps(size, &tissue.labels).iter().map(|steps| (f64::from(*steps) * shortest) as f32).collect();
        Self {
            size,
            voxel_m: tissue.voxel_m,
            inverse_voxel_1_m: tissue.voxel_m.map(|edge| 1.0 / edge),
            high_m: std::array::from_fn(|a| f64::from(tissue.size[a]) * tissue.voxel_m[a]),
            labels: tissue.labels.clone(),
            media: tissue.media.iter().map(medium).collect(),
            safe_m,
            outside: tissue.index_outside,
        }
    }

    #[inline]
    fn voxel_at(&self, position: f64, axis: usize) -> usize {
        ((position * self.inverse_voxel_1_m[axis]) as u32 as usize).min(self.size[axis] - 1)
    }

    #[inline]
    fn flat(&self, voxel: [usize; 3]) -> usize {
        (voxel[2] * self.size[1] + voxel[1]) * self.size[0] + voxel[0]
    }
}

impl Packet {
    fn follow(&mut self, space: &Box, stream: &mut PhotonStream, gate_m: f64, sums: &mut Sums, absorbed: &mut f64) {
        let per_voxel = !sums.voxels.is_empty();
        // Dimensionless way to the next interaction.
        let mut step: f64 = stream.exponential();
        // What is known of the place: its label, and how far it goes on. Looked up again only when that is used up.
        let (mut label, mut safe) = (usize::from(space.labels[space.flat(self.voxel)]), -1.0);
        for _ in 0..STEP_COUNT_MAX {
            let mut wanted = step * space.media[label].inverse_per_m;
            if wanted > safe {
                let here = space.flat(self.voxel);
                (label, safe) = (usize::from(space.labels[here]), f64::from(space.safe_m[here]));
                wanted = step * space.media[label].inverse_per_m;
            }
            let medium = &space.media[label];
            let (length, face) = if wanted <= safe { self.ahead_in_box(space, wanted) } else { self.ahead(space, wanted, safe) };
            safe -= length;
            self.optical_m += length * medium.index;
            if self.optical_m > gate_m {
                sums.late += self.weight;
                return;
            }
            for axis in 0..3 {
                self.position[axis] += length * self.heading.along[axis];
            }
            if face.is_none() && length >= wanted {
                step = stream.exponential();
                self.voxel = std::array::from_fn(|a| space.voxel_at(self.position[a], a));
                let met = medium.interact(&mut self.weight, &mut self.heading, stream);
                sums.media[label] += met.lost;
                if per_voxel {
                    sums.voxel(space.flat(self.voxel), met.lost);
                }
                *absorbed += met.lost;
                sums.roulette += met.given;
                if self.weight <= 0.0 {
                    return;
                }
                continue;
            }
            step -= length * medium.total_per_m;
            if step <= 0.0 {
                step = stream.exponential();
            }
            match face {
                None => self.voxel = std::array::from_fn(|a| space.voxel_at(self.position[a], a)),
                Some(axis) => {
                    safe = -1.0;
                    if !self.cross(space, axis, medium.index, stream) {
                        sums.left[0] += self.weight;
                        sums.left[1] += self.weight * self.weight;
                        return;
                    }
                }
            }
        }
        sums.roulette -= self.weight;
    }

    /// Way through tissue that is the same: to the interaction, or to a face of the box with its axis.
    #[inline(always)]
    fn ahead_in_box(&mut self, space: &Box, wanted: f64) -> (f64, Option<usize>) {
        let (p, d, high) = (self.position, self.heading.along, space.high_m);
        let end: [f64; 3] = std::array::from_fn(|a| p[a] + wanted * d[a]);
        if (0..3).all(|a| end[a] > 0.0 && end[a] < high[a]) {
            return (wanted, None);
        }
        let (mut length, mut face) = (wanted, None);
        for axis in 0..3 {
            if end[axis] <= 0.0 || end[axis] >= high[axis] {
                let wall = if d[axis] > 0.0 { high[axis] } else { 0.0 };
                let way = ((wall - p[axis]) / d[axis]).max(0.0);
                if way < length {
                    (length, face) = (way, Some(axis));
                }
            }
        }
        if let Some(axis) = face {
            self.voxel = std::array::from_fn(|a| space.voxel_at((p[a] + length * d[a]).max(0.0), a));
            self.voxel[axis] = if d[axis] > 0.0 { space.size[axis] - 1 } else { 0 };
        }
        (length, face)
    }

    /// Way to the next face of the voxel with its axis, to the end of what is safe, or to the interaction.
    #[inline]
    fn ahead(&mut self, space: &Box, wanted: f64, safe: f64) -> (f64, Option<usize>) {
        let (mut length, mut face) = (wanted, None);
        for axis in 0..3 {
            let d = self.heading.along[axis];
            if d != 0.0 {
                let wall = (self.voxel[axis] + usize::from(d > 0.0)) as f64 * space.voxel_m[axis];
                let way = ((wall - self.position[axis]) / d).max(0.0);
                if way < length {
                    (length, face) = (way, Some(axis));
                }
            }
        }
        if face.is_some() && safe > length { self.ahead_in_box(space, safe) } else { (length, face) }
    }

    /// Go through a face, or back from it. False when the photon has left the box.
    #[inline]
    fn cross(&mut self, space: &Box, axis: usize, index: f64, stream: &mut PhotonStream) -> bool {
        let up = self.heading.along[axis] > 0.0;
        let last = if up { space.size[axis] - 1 } else { 0 };
        let leaves = self.voxel[axis] == last;
        // On the face to the last bit, whatever the sum of lengths says.
        self.position[axis] = (self.voxel[axis] + usize::from(up)) as f64 * space.voxel_m[axis];
        let mut next = self.voxel;
        if !leaves {
            next[axis] = if up { next[axis] + 1 } else { next[axis] - 1 };
        }
        let beyond = if leaves { space.outside } else { space.media[space.labels[space.flat(next)] as usize].index };
        if beyond != index {
            let (reflectance, cosine) = fresnel(index, beyond, self.heading.along[axis].abs());
            if reflectance >= 1.0 || stream.uniform() < reflectance {
                self.heading.mirror(axis);
                return true;
            }
            let ratio = index / beyond;
            let along = self.heading.along;
            self.heading.bend(std::array::from_fn(|a| if a == axis { cosine.copysign(along[a]) } else { along[a] * ratio }));
        }
        self.voxel = next;
        !leaves
    }
}
