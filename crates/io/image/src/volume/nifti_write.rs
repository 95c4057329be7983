//! NIfTI-1 with its whole header.

use nalgebra::{Matrix3, Rotation3, UnitQuaternion};
use proband_volume::AnyVolume;

use crate::ImageError;
use crate::volume::inflate::gzip;
use crate::volume::nifti_header::RAS;
use crate::volume::samples::pack;

/// Bytes before the values: the header and an empty extension flag.
const DATA_AT: usize = 352;

/// A `.nii` (or `.nii.gz`) of one volume: RAS millimetres, sform, and qform where the axes are perpendicular.
///
/// # Errors
/// [`ImageError::Write`] when packing fails.
pub fn write_nifti(volume: &AnyVolume, packed: bool) -> Result<Vec<u8>, ImageError> {
    let mut bytes = header(volume)?;
    bytes.extend_from_slice(&pack(volume));
    if packed { gzip(&bytes, "NIfTI") } else { Ok(bytes) }
}

fn header(volume: &AnyVolume) -> Result<Vec<u8>, ImageError> {
    let datatype: i16 = match volume.kind() {
        "uint8" => 2,
        "int16" => 4,
        "int32" => 8,
        "float32" => 16,
        "float64" => 64,
        "int8" => 256,
        "uint16" => 512,
        "uint32" => 768,
        other => return Err(ImageError::Write { format: "NIfTI", what: format!("no datatype for {other}") }),
    };
    let grid = volume.grid();
    let mut out = vec![0_u8; DATA_AT];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348_i32.to_le_bytes());
    put(38, b"r");
    put(40, &3_i16.to_le_bytes());
    for axis in 0..7 {
        let side = grid.size().get(axis).map_or(1, |n| i16::try_from(*n).unwrap_or(i16::MAX));
        put(42 + 2 * axis, &side.to_le_bytes());
    }
    put(70, &datatype.to_le_bytes());
    put(72, &(8 * volume.value_bytes() as i16).to_le_bytes());
    let spacing = grid.spacing_m();
    for axis in 0..7 {
        let step = spacing.get(axis).map_or(1.0, |s| (s * 1e3) as f32);
        put(80 + 4 * axis, &step.to_le_bytes());
    }
    put(108, &(DATA_AT as f32).to_le_bytes());
    put(112, &1_f32.to_le_bytes());
    // Lengths in millimetres (2), times in seconds (8).
    put(123, &[2 | 8]);
    put(148, b"Proband: research and engineering use, not a medical device");
    let origin = grid.origin().0;
    let ras = |axis: usize, row: usize| grid.step(axis).0[row] * RAS[row] * 1e3;
    for (row, sign) in RAS.iter().enumerate() {
        for axis in 0..3 {
            put(280 + 16 * row + 4 * axis, &(ras(axis, row) as f32).to_le_bytes());
        }
        let shift = ((origin.coords[row] * sign * 1e3) as f32).to_le_bytes();
        put(292 + 16 * row, &shift);
        put(268 + 4 * row, &shift);
    }
    // 1 is "scanner anatomical".
    put(254, &1_i16.to_le_bytes());
    let columns = Matrix3::from_fn(|row, axis| ras(axis, row) / (spacing[axis] * 1e3));
    let flip = if columns.determinant() < 0.0 { -1.0 } else { 1.0 };
    put(76, &(flip as f32).to_le_bytes());
    let mut rotation = columns;
    rotation.column_mut(2).scale_mut(flip);
    if (rotation.transpose() * rotation - Matrix3::identity()).abs().max() < 1e-4 {
        let q = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(rotation));
        let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
        put(252, &1_i16.to_le_bytes());
        for (place, part) in [q.i, q.j, q.k].into_iter().enumerate() {
            put(256 + 4 * place, &((sign * part) as f32).to_le_bytes());
        }
    }
    put(344, b"n+1\0");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proband_core::frame::{Direction, Position};
    use proband_core::{Patient, Warnings};
    use proband_volume::{Grid, Volume};
    use proptest::prelude::*;

    use super::*;
    use crate::volume::read_nifti;

    fn made(skew: f64, mirrored: bool) -> AnyVolume {
        let (s, c) = (0.6_f64, 0.8_f64);
        let z = if mirrored { -2.5e-3 } else { 2.5e-3 };
        let steps =
            [Direction::new(7e-4 * c, 7e-4 * s, 0.0), Direction::new(-9e-4 * s, 9e-4 * c, skew * 1e-4), Direction::new(0.0, 0.0, z)];
        let grid = Grid::<Patient>::new([5, 4, 3], Position::new(-0.12, 0.034, -1.4), steps).unwrap();
        Volume::from_fn(grid, |[x, y, z]| x as i16 - 100 * y as i16 + 1000 * z as i16).into()
    }

    /// Read back what was written: values to the bit, places within a tenth of a micrometre.
    #[test]
    fn a_volume_survives() {
        for (skew, mirrored, packed) in [(0.0, false, false), (0.0, true, true), (3.0, false, true)] {
            let volume = made(skew, mirrored);
            let warnings = Warnings::new();
            let mut bytes = write_nifti(&volume, packed).unwrap();
            let back = read_nifti(&bytes, &warnings).unwrap();
            assert_eq!((back.format, back.placed_by, back.frames.len()), ("NIfTI-1", "sform", 1));
            assert!(warnings.is_empty(), "{:?}", warnings.list());
            assert!(back.frames[0].grid().coincides(volume.grid(), 1.5e-7));
            assert_eq!(back.frames[0].to_i16().data(), volume.to_i16().data());
            if !packed {
                // Without its sform the file is placed the same by its qform.
                bytes[254] = 0;
                let back = read_nifti(&bytes, &warnings).unwrap();
                assert_eq!(back.placed_by, "qform");
                assert!(back.frames[0].grid().coincides(volume.grid(), 1.5e-7));
            }
        }
    }

    proptest! {
        /// Take a file cut anywhere and with any byte changed to a volume or an error.
        #[test]
        fn damaged_files_are_volumes_or_errors(packed in any::<bool>(), cut in 0_usize..472, at in 0_usize..472, value in any::<u8>()) {
            let mut bytes = write_nifti(&made(0.0, false), packed).unwrap();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read_nifti(&bytes, &Warnings::new());
            let whole = write_nifti(&made(0.0, false), packed).unwrap();
            let cut = cut % whole.len();
            prop_assert!(read_nifti(&whole[..cut], &Warnings::new()).is_err());
        }

        /// Take any bytes behind a NIfTI header's first four to a volume or an error.
        #[test]
        fn any_bytes_are_a_volume_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..700), size in prop_oneof![Just(348_i32), Just(540)]) {
            let _ = read_nifti(&[&size.to_le_bytes()[..], &bytes].concat(), &Warnings::new());
            let _ = read_nifti(&bytes, &Warnings::new());
        }
    }
}
