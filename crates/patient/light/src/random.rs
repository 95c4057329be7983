//! Random numbers of one photon: a function of the seed and the photon's number alone.

use proband_core::{philox4x32, subsystem_id};

/// Blocks made at a time: independent chains keep the processor busy.
const BLOCKS: usize = 4;

/// Numbers of one photon, as many as it needs.
pub(crate) struct PhotonStream {
    key: [u32; 2],
    photon: [u32; 2],
    block: u32,
    words: [u32; 4 * BLOCKS],
    used: usize,
}

/// Keeps these numbers apart from those of other users of the same seed.
const DOMAIN: u32 = subsystem_id("light.photon");

impl PhotonStream {
    pub(crate) fn new(seed: u64, photon: u64) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        Self { key, photon: [photon as u32, (photon >> 32) as u32], block: 0, words: [0; 4 * BLOCKS], used: 4 * BLOCKS }
    }

    #[cold]
    fn refill(&mut self) {
        for (i, four) in self.words.chunks_exact_mut(4).enumerate() {
            let counter = [self.block.wrapping_add(i as u32), self.photon[0], self.photon[1], DOMAIN];
            four.copy_from_slice(&philox4x32(counter, self.key));
        }
        self.block = self.block.wrapping_add(BLOCKS as u32);
        self.used = 0;
    }

    #[inline]
    pub(crate) fn next_u32(&mut self) -> u32 {
        if self.used >= self.words.len() {
            self.refill();
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// Uniform in (0, 1), never an end.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        (f64::from(self.next_u32()) + 0.5) * (1.0 / 4_294_967_296.0)
    }

    /// Uniform in (−1, 1).
    #[inline]
    pub(crate) fn signed(&mut self) -> f64 {
        (f64::from(self.next_u32()) + 0.5) * (2.0 / 4_294_967_296.0) - 1.0
    }
}
