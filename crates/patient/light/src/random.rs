//! Random numbers of one photon: a function of the seed and the photon's number alone.

use proband_core::subsystem_id;

use crate::azimuth::Azimuth;
use crate::exponential::Exponential;
use crate::real::Real;

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
    azimuth: &'static Azimuth,
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

/// The photons of one seed.
#[derive(Clone, Copy)]
pub(crate) struct Photons {
    seed: u64,
    exponential: &'static Exponential,
    azimuth: &'static Azimuth,
}

impl Photons {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: mix(seed ^ (DOMAIN as u64) << 32), exponential: Exponential::shared(), azimuth: Azimuth::shared() }
    }

    /// Numbers of one photon.
    #[inline(always)]
    pub(crate) fn stream(&self, photon: u64) -> PhotonStream {
        let low = mix(self.seed.wrapping_add(photon.wrapping_mul(GOLDEN)));
        // All zeros would stay zeros.
        PhotonStream { low, high: mix(low ^ GOLDEN) | 1, exponential: self.exponential, azimuth: self.azimuth }
    }
}

impl PhotonStream {
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

    /// A uniform number of 40 bits in (0, 1) and the cosine and sine of an even angle of 24 bits, from one word.
    #[inline(always)]
    pub(crate) fn turn<R: Real>(&mut self) -> (R, (R, R)) {
        let word = self.next_u64();
        // In single precision 23 bits and a half fill the number; more would round up to 1.
        let uniform = if size_of::<R>() == 4 {
            (R::whole(word >> 41) + R::HALF) * R::of(1.0 / 8_388_608.0)
        } else {
            (R::whole(word >> 24) + R::HALF) * R::of(1.0 / 1_099_511_627_776.0)
        };
        (uniform, self.azimuth.cos_sin(word))
    }

    /// Exponential with mean 1: the dimensionless way to the next interaction.
    #[inline]
    pub(crate) fn exponential<R: Real>(&mut self) -> R {
        let table = self.exponential;
        R::of(table.draw(self))
    }
}
