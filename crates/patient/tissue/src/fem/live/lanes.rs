//! Eight cells side by side.

use std::ops::{Add, Div, Mul, Sub};

use wide::{f32x8, f64x8};

/// Cells that are computed together.
pub(crate) const LANES: usize = 8;

/// Eight numbers.
pub(crate) trait Lane: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// One of them.
    type One: Copy;
    /// The same number eight times.
    fn every(value: f64) -> Self;
    /// The first eight of a slice.
    fn load(from: &[Self::One]) -> Self;
    /// Add to the first eight of a slice.
    fn add_to(self, to: &mut [Self::One]);
}

macro_rules! lane {
    ($lane:ident, $one:ident) => {
        impl Lane for $lane {
            type One = $one;
            #[inline(always)]
            fn every(value: f64) -> Self {
                $lane::splat(value as $one)
            }
            #[inline(always)]
            fn load(from: &[$one]) -> Self {
                let mut eight = [0.0; LANES];
                eight.copy_from_slice(&from[..LANES]);
                $lane::new(eight)
            }
            #[inline(always)]
            fn add_to(self, to: &mut [$one]) {
                let sum = (Self::load(to) + self).to_array();
                to[..LANES].copy_from_slice(&sum);
            }
        }
    };
}
lane!(f32x8, f32);
lane!(f64x8, f64);
