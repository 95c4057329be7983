//! Counter-based random streams: every draw is a function of (seed, patient, subsystem, position).
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
//! 1, 2, 3", SC'11). It is written here, not taken from a crate, because a stream's position is part of
//! a saved run: the state is plain data and is checked against the authors' known answers.

use serde::{Deserialize, Serialize};

use crate::ops;

const MULTIPLIER_0: u64 = 0xD251_1F53;
const MULTIPLIER_1: u64 = 0xCD9E_8D57;
const WEYL_0: u32 = 0x9E37_79B9;
const WEYL_1: u32 = 0xBB67_AE85;

/// Ten rounds of Philox4x32: 128 random bits for one counter and key.
#[inline]
#[must_use]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut c = counter;
    let mut k = key;
    for _ in 0..10 {
        let product_0 = MULTIPLIER_0 * u64::from(c[0]);
        let product_1 = MULTIPLIER_1 * u64::from(c[2]);
        c = [(product_1 >> 32) as u32 ^ c[1] ^ k[0], product_1 as u32, (product_0 >> 32) as u32 ^ c[3] ^ k[1], product_0 as u32];
        k = [k[0].wrapping_add(WEYL_0), k[1].wrapping_add(WEYL_1)];
    }
    c
}

/// FNV-1a of a name, so that a subsystem is named by a word and not by a number that two authors may pick.
#[must_use]
pub const fn subsystem_id(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let mut hash: u32 = 0x811C_9DC5;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u32).wrapping_mul(0x0100_0193);
        index += 1;
    }
    hash
}

/// One stream of random numbers. Plain data: saving it saves its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    key: [u32; 2],
    patient: u32,
    subsystem: u32,
    /// Index of the next block of four words.
    block: u64,
    buffer: [u32; 4],
    /// Words of `buffer` that are used up.
    used: u32,
}

impl Stream {
    /// The stream of one subsystem of one patient in one study.
    ///
    /// `seed`: the study's seed; `patient`: the patient's number in the study; `subsystem`: a name such
    /// as `"sensor.force"`. Different names give independent streams.
    #[must_use]
    pub fn new(seed: u64, patient: u32, subsystem: &str) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], patient, subsystem: subsystem_id(subsystem), block: 0, buffer: [0; 4], used: 4 }
    }

    /// An independent stream for the `index`-th member of this one, whatever was drawn from this one before.
    #[must_use]
    pub fn child(&self, index: u32) -> Self {
        let mixed = philox4x32([index, self.subsystem, self.patient, 0x5EED], self.key);
        Self { key: [mixed[0], mixed[1]], patient: self.patient, subsystem: mixed[2], block: 0, buffer: [0; 4], used: 4 }
    }

    #[inline]
    fn refill(&mut self) {
        self.buffer = philox4x32([self.block as u32, (self.block >> 32) as u32, self.patient, self.subsystem], self.key);
        self.block = self.block.wrapping_add(1);
        self.used = 0;
    }

    /// 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.used >= 4 {
            self.refill();
        }
        let word = self.buffer[self.used as usize];
        self.used += 1;
        word
    }

    /// 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let low = u64::from(self.next_u32());
        low | (u64::from(self.next_u32()) << 32)
    }

    /// Uniform in [0, 1) with 53 bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in (0, 1]: safe under a logarithm.
    #[inline]
    pub fn uniform_open(&mut self) -> f64 {
        1.0 - self.uniform()
    }

    /// Uniform in [low, high).
    #[inline]
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform index in [0, count). `count` must be positive.
    #[inline]
    pub fn index(&mut self, count: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(count)) >> 32) as u32
    }

    /// True with probability `probability`.
    #[inline]
    pub fn bernoulli(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Standard normal by Box–Muller (one of the pair; the other is discarded so that one call is one position).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * ops::ln(self.uniform_open())).sqrt();
        radius * ops::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -ops::ln(self.uniform_open())
    }

    /// Poisson count with the given mean: by inversion below 30, by a rounded normal above
    /// (relative error of the variance below 1/mean).
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean.is_nan() || mean <= 0.0 {
            return 0;
        }
        if mean >= 30.0 {
            return (mean + mean.sqrt() * self.normal() + 0.5).max(0.0) as u64;
        }
        let limit = ops::exp(-mean);
        let mut product = self.uniform_open();
        let mut count = 0;
        while product > limit {
            product *= self.uniform_open();
            count += 1;
        }
        count
    }

    /// Fill a slice with standard normals in single precision, two per pair of 32-bit words (Box–Muller):
    /// for image noise, where millions are needed. Starts at a fresh block.
    pub fn fill_normal(&mut self, out: &mut [f32]) {
        for chunk in out.chunks_mut(4) {
            self.refill();
            self.used = 4;
            let mut four = [0.0_f32; 4];
            for pair in 0..2 {
                let u = (self.buffer[2 * pair] >> 8) as f32 * (1.0 / 16_777_216.0) + (0.5 / 16_777_216.0);
                let v = (self.buffer[2 * pair + 1] >> 8) as f32 * (1.0 / 16_777_216.0);
                let radius = (-2.0 * ops::ln_f32(u)).sqrt();
                let (sin, cos) = ops::sin_cos_f32(std::f32::consts::TAU * v);
                four[2 * pair] = radius * cos;
                four[2 * pair + 1] = radius * sin;
            }
            chunk.copy_from_slice(&four[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match the known answers published with Random123 (`kat_vectors`, philox4x32, 10 rounds).
    #[test]
    fn philox_gives_the_known_answers() {
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// Resume a saved stream at the same number.
    #[test]
    fn a_saved_stream_resumes() {
        let mut stream = Stream::new(7, 3, "test");
        for _ in 0..5 {
            stream.next_u32();
        }
        let saved = postcard::to_stdvec(&stream).unwrap();
        let mut restored: Stream = postcard::from_bytes(&saved).unwrap();
        assert_eq!((0..9).map(|_| stream.next_u32()).collect::<Vec<_>>(), (0..9).map(|_| restored.next_u32()).collect::<Vec<_>>());
    }

    /// Keep mean and variance of the normal within five standard errors.
    #[test]
    fn normals_have_unit_variance() {
        let mut stream = Stream::new(1, 0, "normal");
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 5.0 / f64::from(n).sqrt());
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / f64::from(n)).sqrt());
        let mut fast = vec![0.0_f32; n as usize];
        stream.fill_normal(&mut fast);
        let variance = fast.iter().map(|x| f64::from(x * x)).sum::<f64>() / f64::from(n);
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / f64::from(n)).sqrt());
    }
}
