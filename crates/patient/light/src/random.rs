//! Random numbers of one photon: a function of the seed and the photon's number alone.

use proband_core::subsystem_id;

use crate::exponential::Exponential;

/// Numbers of one photon, as many as it needs.
///
/// Seed and photon are hashed to the state of a xoroshiro128++ generator (Blackman and Vigna 2021, ACM Trans Math
/// Softw 47:36), as its authors advise with SplitMix64 (Steele, Lea and Flood 2014, OOPSLA). Photons of one seed
/// never start alike, because the hash is one to one; with a period of 2¹²⁸ the chance that two of 10¹⁰ photons with
/// 10⁶ numbers each overlap is 10⁻¹².
pub(crate) struct PhotonStream {
    low: u64,
    high: u64,
    exponential: &'static Exponential,
}

/// Keeps these numbers apart from those of other users of the same seed.
const DOMAIN: u32 = subsystem_id("light.photon");
/// 2⁶⁴ over the golden ratio, odd: steps of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Finaliser of SplitMix64: one to one, each bit in moves half of the bits out.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 2⁻⁵³, the spacing of the numbers.
const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;

impl PhotonStream {
    pub(crate) fn new(seed: u64, photon: u64) -> Self {
        let low = mix(mix(seed ^ (DOMAIN as u64) << 32).wrapping_add(photon.wrapping_mul(GOLDEN)));
        // All zeros would stay zeros.
        Self { low, high: mix(low ^ GOLDEN) | 1, exponential: Exponential::shared() }
    }

    #[inline]
    pub(crate) fn next_u64(&mut self) -> u64 {
        let (low, mut high) = (self.low, self.high);
        let out = low.wrapping_add(high).rotate_left(17).wrapping_add(low);
        high ^= low;
        self.low = low.rotate_left(49) ^ high ^ (high << 21);
        self.high = high.rotate_left(28);
        out
    }

    /// Uniform in (0, 1), never an end.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) * UNIT
    }

    /// Uniform in (−1, 1).
    #[inline]
    pub(crate) fn signed(&mut self) -> f64 {
        2.0 * self.uniform() - 1.0
    }

    /// Two independent numbers, uniform in (−1, 1), of 32 bits each.
    #[inline]
    pub(crate) fn signed_pair(&mut self) -> (f64, f64) {
        const HALF_UNIT: f64 = 1.0 / 2_147_483_648.0;
        let word = self.next_u64();
        // Sign and size of a 32-bit integer, in the middle of its step.
        (((word >> 32) as i32 as f64 + 0.5) * HALF_UNIT, (word as i32 as f64 + 0.5) * HALF_UNIT)
    }

    /// Exponential with mean 1: the dimensionless way to the next interaction.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        let table = self.exponential;
        table.draw(self)
    }
}
