//! Wider, narrower, opened and closed masks, by balls in metres.
//!
//! A ball of radius r holds every voxel whose centre is at most r away, whatever the shape of the voxels. What lies
//! beyond the grid is unknown: it neither widens nor eats a mask.

use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::{Volume, VolumeError, distance3};

/// Largest radius of a ball [m].
pub const BALL_RADIUS_MAX_M: f64 = 1.0;

fn checked(radius_m: f64) -> Result<f32, VolumeError> {
    if (0.0..=BALL_RADIUS_MAX_M).contains(&radius_m) {
        // A hair of tolerance, so that a radius of whole voxels reaches them whatever the rounding.
        Ok((radius_m * (1.0 + 1e-5)) as f32)
    } else {
        Err(VolumeError::OutOfRange { name: "radius", value: radius_m, min: 0.0, max: BALL_RADIUS_MAX_M })
    }
}

fn set<F: Frame>(mask: &mut Volume<bool, F>, distance: &Volume<f32, F>, inside: impl Fn(f32) -> bool + Sync) {
    mask.data_mut().par_iter_mut().zip(distance.data()).with_min_len(1 << 16).for_each(|(m, d)| *m = inside(*d));
}

/// Every voxel at most `radius_m` from one of the mask.
///
/// # Errors
/// [`VolumeError::OutOfRange`] unless the radius is 0 to 1 m.
pub fn dilate3<F: Frame>(mask: &Volume<bool, F>, radius_m: f64) -> Result<Volume<bool, F>, VolumeError> {
    let radius = checked(radius_m)?;
    let mut out = mask.map(|m| !m);
    let distance = distance3(&out);
    set(&mut out, &distance, |d| d <= radius);
    Ok(out)
}

/// Every voxel of the mask that is more than `radius_m` from all voxels outside of it.
///
/// # Errors
/// As [`dilate3`].
pub fn erode3<F: Frame>(mask: &Volume<bool, F>, radius_m: f64) -> Result<Volume<bool, F>, VolumeError> {
    let radius = checked(radius_m)?;
    let distance = distance3(mask);
    let mut out = mask.map(|_| false);
    set(&mut out, &distance, |d| d > radius);
    Ok(out)
}

/// What balls that fit into the mask cover: parts thinner than the ball go.
///
/// # Errors
/// As [`dilate3`].
pub fn open3<F: Frame>(mask: &Volume<bool, F>, radius_m: f64) -> Result<Volume<bool, F>, VolumeError> {
    dilate3(&erode3(mask, radius_m)?, radius_m)
}

/// The mask with all gaps filled into which the ball does not fit.
///
/// # Errors
/// As [`dilate3`].
pub fn close3<F: Frame>(mask: &Volume<bool, F>, radius_m: f64) -> Result<Volume<bool, F>, VolumeError> {
    erode3(&dilate3(mask, radius_m)?, radius_m)
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    fn grid() -> Grid {
        Grid::<Patient>::aligned([9, 8, 7], [0.7e-3, 1e-3, 1.5e-3], Position::new(0.0, 0.0, 0.0)).unwrap()
    }

    fn below(a: &Volume<bool>, b: &Volume<bool>) -> bool {
        a.data().iter().zip(b.data()).all(|(a, b)| !a || *b)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Equal the definition by brute force, and hold the laws of opening and closing.
        #[test]
        fn balls_are_exact(bits in proptest::collection::vec(0_u8..10, 9 * 8 * 7), level in 1_u8..10, radius in 0.0..3e-3_f64) {
            let mask = Volume::new(grid(), bits.iter().map(|b| *b >= level).collect()).unwrap();
            let (wide, narrow) = (dilate3(&mask, radius).unwrap(), erode3(&mask, radius).unwrap());
            let place = |at: usize| grid().position(grid().cell(at).map(f64::from));
            for at in 0..bits.len() {
                let near = |inside: bool| (0..bits.len()).filter(|o| mask.data()[*o] == inside).map(|o| place(at).distance(&place(o))).fold(f64::INFINITY, f64::min);
                let (to_mask, to_outside) = (near(true), near(false));
                if (to_mask / radius - 1.0).abs() > 1e-4 {
                    prop_assert_eq!(wide.data()[at], to_mask <= radius);
                }
                if (to_outside / radius - 1.0).abs() > 1e-4 {
                    prop_assert_eq!(narrow.data()[at], to_outside > radius);
                }
            }
            let (opened, closed) = (open3(&mask, radius).unwrap(), close3(&mask, radius).unwrap());
            prop_assert!(below(&opened, &mask) && below(&mask, &closed));
            prop_assert_eq!(&open3(&opened, radius).unwrap(), &opened);
            prop_assert_eq!(&close3(&closed, radius).unwrap(), &closed);
        }
    }

    /// Refuse radii that are none.
    #[test]
    fn bad_radii_are_refused() {
        let mask = Volume::filled(grid(), true);
        for radius in [-1.0, f64::NAN, 2.0] {
            assert!(dilate3(&mask, radius).is_err() && erode3(&mask, radius).is_err());
        }
        assert!(erode3(&mask, 0.5).unwrap().data().iter().all(|m| *m), "the border of the grid eats nothing");
    }
}
