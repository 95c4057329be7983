//! Standard normals of the generator on which the reference chest was made.
//!
//! PCG64 (O'Neill 2014, HMC-CS-2014-0905; XSL-RR 128/64), seeded by the seed sequence hash of the "randutils" family
//! (O'Neill 2015), normals by the 256-layer ziggurat (Marsaglia and Tsang 2000, J Stat Softw 5(8); Doornik 2005).
//! It is here so that the published figures of one instance can be compared to the voxel; everything else in the
//! program draws from `proband_core::Stream`.

use proband_core::ops;

const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;
/// Where the base layer's tail begins, and the area of each layer (256 layers).
const TAIL: f64 = 3.654_152_885_361_009;
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// Draws of `numpy.random.default_rng(seed).standard_normal()`.
#[derive(Clone, Debug)]
pub struct ReferenceNormals {
    state: u128,
    increment: u128,
    table: Box<Ziggurat>,
}

#[derive(Clone, Debug)]
struct Ziggurat {
    k: [u64; 256],
    w: [f64; 256],
    f: [f64; 256],
}

impl ReferenceNormals {
    /// The generator for a seed.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let words = seed_words(seed);
        let wide = |at: usize| u128::from(words[at]) << 64 | u128::from(words[at + 1]);
        let mut new = Self { state: 0, increment: wide(2) << 1 | 1, table: Box::new(Ziggurat::new()) };
        new.next_u64();
        new.state = new.state.wrapping_add(wide(0));
        new.next_u64();
        new
    }

    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next standard normal.
    pub fn normal(&mut self) -> f64 {
        loop {
            let bits = self.next_u64();
            let layer = (bits & 0xFF) as usize;
            let magnitude = bits >> 9 & 0x000F_FFFF_FFFF_FFFF;
            let x = magnitude as f64 * self.table.w[layer];
            let x = if bits >> 8 & 1 == 1 { -x } else { x };
            if magnitude < self.table.k[layer] {
                return x;
            }
            if layer == 0 {
                return self.tail(magnitude >> 8 & 1 == 1);
            }
            let (above, below) = (self.table.f[layer - 1], self.table.f[layer]);
            if (above - below) * self.uniform() + below < ops::exp(-0.5 * x * x) {
                return x;
            }
        }
    }

    fn tail(&mut self, negative: bool) -> f64 {
        loop {
            let x = -ops::ln_1p(-self.uniform()) / TAIL;
            let y = -ops::ln_1p(-self.uniform());
            if y + y > x * x {
                return if negative { -(TAIL + x) } else { TAIL + x };
            }
        }
    }
}

impl Ziggurat {
    fn new() -> Self {
        let density = |x: f64| ops::exp(-0.5 * x * x);
        let tail_area = (std::f64::consts::PI / 2.0).sqrt() * (1.0 - ops::erf(TAIL / 2.0_f64.sqrt()));
        let area = TAIL * density(TAIL) + tail_area;
        let base = area / density(TAIL);
        let (mut k, mut w, mut f) = ([0; 256], [0.0; 256], [0.0; 256]);
        (k[0], w[0], f[0]) = ((TAIL / base * TWO_52) as u64, base / TWO_52, 1.0);
        (w[255], f[255]) = (TAIL / TWO_52, density(TAIL));
        let mut outer = TAIL;
        for layer in (1..255).rev() {
            let inner = (-2.0 * ops::ln(area / outer + density(outer))).sqrt();
            k[layer + 1] = (inner / outer * TWO_52) as u64;
            (w[layer], f[layer]) = (inner / TWO_52, density(inner));
            outer = inner;
        }
        Self { k, w, f }
    }
}

/// Four words of state from a seed.
fn seed_words(seed: u32) -> [u64; 4] {
    let (mut pool, mut hash) = ([seed, 0, 0, 0], 0x43B0_D7E5_u32);
    let mut scramble = |value: u32| {
        let value = value ^ hash;
        hash = hash.wrapping_mul(0x931E_8875);
        let value = value.wrapping_mul(hash);
        value ^ value >> 16
    };
    pool.iter_mut().for_each(|word| *word = scramble(*word));
    for from in 0..4 {
        for to in (0..4).filter(|to| *to != from) {
            let mixed = pool[to].wrapping_mul(0xCA01_F9DD).wrapping_sub(scramble(pool[from]).wrapping_mul(0x4973_F715));
            pool[to] = mixed ^ mixed >> 16;
        }
    }
    let mut hash = 0x8B51_F9DD_u32;
    let mut words = [0_u64; 4];
    for at in 0..8 {
        let value = pool[at % 4] ^ hash;
        hash = hash.wrapping_mul(0x58F3_8DED);
        let value = value.wrapping_mul(hash);
        words[at / 2] |= u64::from(value ^ value >> 16) << (32 * (at % 2));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw the first six normals of seed 7, as published with the reference chest.
    #[test]
    fn known_answers() {
        let mut normals = ReferenceNormals::new(7);
        let expected = [0.001_230_153_357_482_6, 0.298_745_54, -0.274_137_86, -0.890_591_84, -0.454_670_79, -0.991_646_55];
        for (at, expected) in expected.into_iter().enumerate() {
            let found = normals.normal();
            assert!((found - expected).abs() < if at == 0 { 1e-15 } else { 5e-9 }, "{at}: {found} instead of {expected}");
        }
    }
}
