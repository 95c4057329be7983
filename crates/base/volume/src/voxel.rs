//! Volumes whose kind of value is known only when they are read.

use proband_core::Patient;
use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::{Grid, Volume, VolumeError};

macro_rules! kinds {
    ($($variant:ident $kind:ty, $name:literal;)*) => {
        /// A volume with values of one of the kinds that files hold.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum AnyVolume<F: Frame = Patient> {
            $(#[doc = $name] $variant(Volume<$kind, F>),)*
        }

        impl<F: Frame> AnyVolume<F> {
            /// Where the voxels lie.
            #[must_use]
            pub fn grid(&self) -> &Grid<F> {
                match self { $(Self::$variant(v) => v.grid(),)* }
            }

            /// Name of the kind: `int16`, `float32`…
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// Bytes of one value.
            #[must_use]
            pub fn value_bytes(&self) -> usize {
                match self { $(Self::$variant(_) => size_of::<$kind>(),)* }
            }

            /// Values in single precision.
            #[must_use]
            pub fn to_f32(&self) -> Volume<f32, F> {
                match self { $(Self::$variant(v) => v.map(|x| x as f32),)* }
            }

            /// Values as 16-bit whole numbers (Hounsfield units): rounded towards zero and held within the range; not a number becomes 0.
            #[must_use]
            pub fn to_i16(&self) -> Volume<i16, F> {
                match self { $(Self::$variant(v) => v.map(|x| (x as f64) as i16),)* }
            }

            /// Labels 0 to 255.
            ///
            /// # Errors
            /// [`VolumeError::OutOfRange`] when a value is no whole number from 0 to 255.
            pub fn to_labels(&self) -> Result<Volume<u8, F>, VolumeError> {
                match self { $(Self::$variant(v) => {
                    let wrong = v.data().par_iter().with_min_len(1 << 16).map(|x| *x as f64).find_first(|x| f64::from(*x as u8) != *x);
                    match wrong {
                        Some(value) => Err(VolumeError::OutOfRange { name: "label", value, min: 0.0, max: 255.0 }),
                        None => Ok(v.map(|x| x as u8)),
                    }
                })* }
            }

            /// Smallest and largest value and their mean; values that are not finite are left out.
            #[must_use]
            pub fn statistics(&self) -> Statistics {
                match self { $(Self::$variant(v) => { let data = v.data(); statistics(data.len(), |at| data[at] as f64) })* }
            }
        }

        $(impl<F: Frame> From<Volume<$kind, F>> for AnyVolume<F> {
            fn from(volume: Volume<$kind, F>) -> Self {
                Self::$variant(volume)
            }
        })*
    };
}

kinds! {
    U8 u8, "uint8";
    I8 i8, "int8";
    U16 u16, "uint16";
    I16 i16, "int16";
    U32 u32, "uint32";
    I32 i32, "int32";
    F32 f32, "float32";
    F64 f64, "float64";
}

/// What the values of a volume are like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Smallest finite value.
    pub min: f64,
    /// Largest finite value.
    pub max: f64,
    /// Mean of the finite values.
    pub mean: f64,
    /// How many values are finite.
    pub finite_count: u64,
}

/// Values that one sum runs over: fixed, so that the mean does not depend on the number of threads.
const CHUNK: usize = 1 << 16;

fn statistics(count: usize, value: impl Fn(usize) -> f64 + Sync) -> Statistics {
    let parts: Vec<_> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut part = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_u64);
            for at in chunk * CHUNK..count.min((chunk + 1) * CHUNK) {
                let v = value(at);
                if v.is_finite() {
                    part = (part.0.min(v), part.1.max(v), part.2 + v, part.3 + 1);
                }
            }
            part
        })
        .collect();
    let all = parts.iter().fold((f64::INFINITY, f64::NEG_INFINITY, 0.0, 0), |a, p| (a.0.min(p.0), a.1.max(p.1), a.2 + p.2, a.3 + p.3));
    if all.3 == 0 {
        return Statistics { min: f64::NAN, max: f64::NAN, mean: f64::NAN, finite_count: 0 };
    }
    Statistics { min: all.0, max: all.1, mean: all.2 / all.3 as f64, finite_count: all.3 }
}

#[cfg(test)]
mod tests {
    use proband_core::Position;

    use super::*;

    /// Convert between kinds without wrapping round.
    #[test]
    fn kinds_convert_within_their_range() {
        let grid = Grid::<Patient>::aligned([4, 1, 1], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
        let any = AnyVolume::from(Volume::new(grid, vec![-1e9_f32, 1.0, 70_000.0, f32::NAN]).unwrap());
        assert_eq!(any.to_i16().data(), [i16::MIN, 1, i16::MAX, 0]);
        assert!(any.to_labels().is_err());
        let labels = AnyVolume::from(Volume::new(grid, vec![0_i16, 1, 2, 255]).unwrap());
        assert_eq!(labels.to_labels().unwrap().data(), [0, 1, 2, 255]);
        let s = any.statistics();
        assert_eq!((s.finite_count, s.min, s.max), (3, -1e9, 70_000.0));
    }
}
