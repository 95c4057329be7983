//! Several patients side by side: `N` numbers that go through the same arithmetic.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `N` lanes of f64. No operation looks across lanes, so that a lane's bits depend on that lane alone.
///
/// Elementary functions are written in plain arithmetic: same bits on every platform, and the compiler may put the
/// lanes into vector registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pack<const N: usize>(pub [f64; N]);

impl<const N: usize> Pack<N> {
    /// The same number in every lane.
    #[inline(always)]
    #[must_use]
    pub fn of(x: f64) -> Self {
        Self([x; N])
    }
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = self.0;
        for x in &mut out {
            *x = f(*x);
        }
        Self(out)
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut out = self.0;
        for (x, y) in out.iter_mut().zip(other.0) {
            *x = f(*x, y);
        }
        Self(out)
    }
    /// Lane-wise larger; the second where the first is not a number.
    #[inline(always)]
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    /// Lane-wise smaller; the second where the first is not a number.
    #[inline(always)]
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    /// max(x, 0).
    #[inline(always)]
    #[must_use]
    pub fn plus(self) -> Self {
        self.map(|a| if a > 0.0 { a } else { 0.0 })
    }
    /// Within bounds.
    #[inline(always)]
    #[must_use]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        self.max(Self::of(low)).min(Self::of(high))
    }
    /// Absolute value.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        self.map(f64::abs)
    }
    /// Square root.
    #[inline(always)]
    #[must_use]
    pub fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }
    /// `yes` where this is above 0, else `no`.
    #[inline(always)]
    #[must_use]
    pub fn above_zero(self, yes: Self, no: Self) -> Self {
        let mut out = no.0;
        for ((o, y), c) in out.iter_mut().zip(yes.0).zip(self.0) {
            *o = if c > 0.0 { y } else { *o };
        }
        Self(out)
    }
    /// eˣ, x taken within ±700. Relative error below 4e-16 · (1 + |x|) (tested).
    #[inline(always)]
    #[must_use]
    pub fn exp(self) -> Self {
        self.map(exp)
    }
    /// ln x of a positive normal number. Error below 3e-15 (tested).
    #[inline(always)]
    #[must_use]
    pub fn ln(self) -> Self {
        self.map(ln)
    }
    /// xʸ for x > 0.
    #[inline(always)]
    #[must_use]
    pub fn powf(self, y: f64) -> Self {
        (self.ln() * y).exp()
    }
    /// sin²(πu/2) of u taken within 0 to 1. Error below 1e-11 (tested).
    #[inline(always)]
    #[must_use]
    pub fn half_wave(self) -> Self {
        self.map(|u| {
            let x = std::f64::consts::FRAC_PI_2 * if u > 0.0 { if u < 1.0 { u } else { 1.0 } } else { 0.0 };
            let s = x * x;
            // Taylor's series of the sine to x¹⁵.
            let tail = -1.0 / 39_916_800.0 + s * (1.0 / 6_227_020_800.0 - s / 1_307_674_368_000.0);
            let sine = x * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s * (1.0 / 362_880.0 + s * tail)))));
            sine * sine
        })
    }
}

/// Adding this rounds a double to a whole number and leaves it in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn exp(x: f64) -> f64 {
    let x = if x > -700.0 { if x < 700.0 { x } else { 700.0 } } else { -700.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    // ln 2 in two parts, the first with zeros at its end, so that k times it is exact.
    let r = (x - k * 0.693_147_180_369_123_8) - k * 1.908_214_929_270_587_7e-10;
    let high = 1.0 / 40_320.0 + r * (1.0 / 362_880.0 + r * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0 + r * (1.0 / 479_001_600.0))));
    let middle = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5_040.0 + r * high)));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * middle)));
    series * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

#[inline(always)]
fn ln(x: f64) -> f64 {
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    // Take √½ off, so that the mantissa falls into √½ to √2.
    let bits = x.to_bits().wrapping_sub(0x3fe6_a09e_667f_3bcd);
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_667f_3bcd));
    // The exponent as a double, by its bits: 2⁵² plus the biased exponent.
    let exponent = f64::from_bits(0x4330_0000_0000_0000 | (bits.wrapping_add(ONE) >> 52)) - (4_503_599_627_370_496.0 + 1023.0);
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let tail = 1.0 / 13.0 + z * (1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0 + z * (1.0 / 21.0))));
    let series = 1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * tail))));
    2.0 * s * (1.0 + z * series) + exponent * std::f64::consts::LN_2
}

macro_rules! operator {
    ($($trait:ident $method:ident $op:tt),*) => {$(
        impl<const N: usize> $trait for Pack<N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self { self.zip(other, |a, b| a $op b) }
        }
        impl<const N: usize> $trait<f64> for Pack<N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f64) -> Self { self.map(|a| a $op other) }
        }
    )*};
}
operator!(Add add +, Sub sub -, Mul mul *, Div div /);

impl<const N: usize> Neg for Pack<N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}
impl<const N: usize> AddAssign for Pack<N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl<const N: usize> SubAssign for Pack<N> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<const N: usize> Serialize for Pack<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        for x in self.0 {
            tuple.serialize_element(&x)?;
        }
        tuple.end()
    }
}

struct Lanes<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Lanes<N> {
    type Value = Pack<N>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{N} numbers")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pack<N>, A::Error> {
        let mut out = [0.0; N];
        for (i, x) in out.iter_mut().enumerate() {
            *x = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(i, &self))?;
        }
        Ok(Pack(out))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Pack<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(N, Lanes)
    }
}

/// Something made of packs, which can be spread over lanes and taken out of them.
pub trait Laned<const N: usize>: Clone {
    /// The same thing for one patient.
    type One: Laned<1>;
    /// Every pack in a fixed order.
    fn packs(&mut self, see: &mut dyn FnMut(&mut Pack<N>));
    /// Room for one lane per patient; every lane a copy of `one`.
    fn spread(one: &Self::One) -> Self;

    /// Put a patient into a lane.
    fn put(&mut self, lane: usize, one: &Self::One) {
        let mut values = Vec::new();
        one.clone().packs(&mut |p: &mut Pack<1>| values.push(p.0[0]));
        let mut next = values.into_iter();
        self.packs(&mut |p| {
            if let (Some(to), Some(x)) = (p.0.get_mut(lane), next.next()) {
                *to = x;
            }
        });
    }

    /// Take a patient out of a lane; `one` gives the shape.
    fn take(&self, lane: usize, one: &mut Self::One) {
        let mut values = Vec::new();
        self.clone().packs(&mut |p| values.push(p.0.get(lane).copied().unwrap_or(f64::NAN)));
        let mut next = values.into_iter();
        one.packs(&mut |p: &mut Pack<1>| {
            if let Some(x) = next.next() {
                p.0[0] = x;
            }
        });
    }
}

/// Declares a struct whose fields are packs or arrays of packs, and makes it [`Laned`].
macro_rules! laned {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident $([$len:expr])? ,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name<const N: usize> {
            $($(#[$fdoc])* pub $field: laned!(@type N $([$len])?),)*
        }
        impl<const N: usize> $crate::whole::pack::Laned<N> for $name<N> {
            type One = $name<1>;
            fn packs(&mut self, see: &mut dyn FnMut(&mut $crate::whole::pack::Pack<N>)) {
                $(laned!(@see self.$field, see $([$len])?);)*
            }
            fn spread(one: &$name<1>) -> Self {
                Self { $($field: laned!(@spread one.$field, $([$len])?),)* }
            }
        }
    };
    (@type $n:ident) => { $crate::whole::pack::Pack<$n> };
    (@type $n:ident [$len:expr]) => { [$crate::whole::pack::Pack<$n>; $len] };
    (@see $field:expr, $see:ident) => { $see(&mut $field) };
    (@see $field:expr, $see:ident [$len:expr]) => { $field.iter_mut().for_each(|p| $see(p)) };
    (@spread $field:expr,) => { $crate::whole::pack::Pack::of($field.0[0]) };
    (@spread $field:expr, [$len:expr]) => { std::array::from_fn(|i| $crate::whole::pack::Pack::of($field[i].0[0])) };
}
pub(crate) use laned;

#[cfg(test)]
mod tests {
    use proband_core::ops;

    use super::*;

    /// Agree with the elementary functions of the house.
    #[test]
    fn functions_agree() {
        for i in -70_000..70_000_i32 {
            let x = f64::from(i) * 0.009_973;
            let (ours, theirs) = (exp(x), ops::exp(x));
            assert!((ours / theirs - 1.0).abs() < 4e-16 * (1.0 + x.abs()), "{x}: {ours} {theirs}");
            let y = theirs.clamp(1e-300, 1e300);
            assert!((ln(y) - ops::ln(y)).abs() < 3e-15 * (1.0 + ops::ln(y).abs()), "{y}: {} {}", ln(y), ops::ln(y));
            let u = f64::from(i.rem_euclid(1000)) * 1e-3;
            let s = ops::sin(std::f64::consts::FRAC_PI_2 * u);
            assert!((Pack([u]).half_wave().0[0] - s * s).abs() < 1e-10);
        }
    }

    /// Bring a pack through postcard unchanged.
    #[test]
    fn packs_survive_the_disk() {
        let pack = Pack([1.0, -0.0, f64::MAX]);
        let bytes = postcard::to_stdvec(&pack).unwrap();
        assert_eq!((bytes.len(), postcard::from_bytes::<Pack<3>>(&bytes).unwrap()), (24, pack));
    }
}
