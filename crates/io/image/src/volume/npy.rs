//! NumPy arrays: values alone, without their place.

use proband_volume::AnyVolume;

use crate::ImageError;
use crate::volume::samples::pack;

/// An `.npy` (format 1.0) of shape [k, j, i].
///
/// # Errors
/// [`ImageError::Write`] for a kind of value that NumPy does not name.
pub fn write_npy(volume: &AnyVolume) -> Result<Vec<u8>, ImageError> {
    let kind = match volume.kind() {
        "uint8" => "|u1",
        "int8" => "|i1",
        "uint16" => "<u2",
        "int16" => "<i2",
        "uint32" => "<u4",
        "int32" => "<i4",
        "float32" => "<f4",
        "float64" => "<f8",
        other => return Err(ImageError::Write { format: "NPY", what: format!("no type for {other}") }),
    };
    let [x, y, z] = volume.grid().size();
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({z}, {y}, {x}), }}");
    // Magic, version and length take 10 bytes; the values begin at a multiple of 64.
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(&pack(volume));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proband_volume::{Grid, Volume};

    use super::*;

    /// Write the header that NumPy 1.0 files have.
    #[test]
    fn the_header_is_numpys() {
        let grid = Grid::<Patient>::aligned([3, 2, 1], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
        let bytes = write_npy(&Volume::from_fn(grid, |[x, y, _]| (x + 3 * y) as i16).into()).unwrap();
        assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
        let text = String::from_utf8_lossy(&bytes[10..128]);
        assert!(text.starts_with("{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2, 3), }") && text.ends_with('\n'));
        assert_eq!(&bytes[128..], [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
    }
}
