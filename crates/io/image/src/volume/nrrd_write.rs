//! NRRD with its place in LPS millimetres.

use std::fmt::Write as _;

use proband_volume::AnyVolume;

use crate::ImageError;
use crate::volume::inflate::gzip;
use crate::volume::samples::pack;

/// An attached `.nrrd` of one volume, raw or gzip.
///
/// # Errors
/// [`ImageError::Write`] when packing fails.
pub fn write_nrrd(volume: &AnyVolume, packed: bool) -> Result<Vec<u8>, ImageError> {
    let kind = match volume.kind() {
        "float32" => "float",
        "float64" => "double",
        other => other,
    };
    let grid = volume.grid();
    let [x, y, z] = grid.size();
    let triple = |v: [f64; 3]| {
        let [a, b, c] = v.map(|m| m * 1e3);
        format!("({a},{b},{c})")
    };
    let steps: Vec<_> = (0..3).map(|axis| triple(grid.step(axis).0.into())).collect();
    let encoding = if packed { "gzip" } else { "raw" };
    let mut text = String::from("NRRD0004\n");
    let _ = write!(
        text,
        "type: {kind}\ndimension: 3\nspace: left-posterior-superior\nsizes: {x} {y} {z}\nspace directions: {}\nkinds: domain domain domain\nendian: little\nencoding: {encoding}\nspace units: \"mm\" \"mm\" \"mm\"\nspace origin: {}\n\n",
        steps.join(" "),
        triple(grid.origin().0.coords.into()),
    );
    let mut bytes = text.into_bytes();
    let data = pack(volume);
    bytes.extend_from_slice(&if packed { gzip(&data, "NRRD")? } else { data });
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proband_core::frame::{Direction, Position};
    use proband_core::{Patient, Warnings};
    use proband_volume::{Grid, Volume};
    use proptest::prelude::*;

    use super::*;
    use crate::volume::read_nrrd;

    fn made() -> AnyVolume {
        let steps = [Direction::new(7e-4, 1e-4, 0.0), Direction::new(-1e-4, 7e-4, 0.0), Direction::new(0.0, 0.0, -1.25e-3)];
        let grid = Grid::<Patient>::new([5, 4, 3], Position::new(-0.12, 0.034, -1.4), steps).unwrap();
        Volume::from_fn(grid, |[x, y, z]| x as f32 - 0.5 * y as f32 + 10.0 * z as f32).into()
    }

    /// Read back what was written.
    #[test]
    fn a_volume_survives() {
        for packed in [false, true] {
            let warnings = Warnings::new();
            let back = read_nrrd(&write_nrrd(&made(), packed).unwrap(), &warnings).unwrap();
            assert!(warnings.is_empty(), "{:?}", warnings.list());
            assert!(back.frames[0].grid().coincides(made().grid(), 1e-12));
            assert_eq!(back.frames[0].to_f32().data(), made().to_f32().data());
        }
    }

    /// Turn RAS and LAS into LPS, and take vectors apart.
    #[test]
    fn spaces_and_components() {
        let text = |space: &str| {
            format!(
                "NRRD0004\ntype: uchar\ndimension: 4\nspace: {space}\nsizes: 2 2 1 1\nspace directions: none (2,0,0) (0,3,0) (0,0,4)\nencoding: raw\nspace origin: (1,2,3)\n\n"
            )
        };
        let read = |space: &str| read_nrrd(&[text(space).as_bytes(), &[1, 2, 3, 4]].concat(), &Warnings::new()).unwrap();
        let ras = read("RAS");
        assert_eq!(ras.frames.len(), 2);
        assert_eq!(ras.frames[0].to_i16().data(), [1, 3]);
        assert_eq!(ras.frames[1].to_i16().data(), [2, 4]);
        assert_eq!(ras.frames[0].grid().origin().0, nalgebra::Point3::new(-1e-3, -2e-3, 3e-3));
        assert_eq!(read("LAS").frames[0].grid().origin().0, nalgebra::Point3::new(1e-3, -2e-3, 3e-3));
        assert!(read_nrrd(text("RAS").replace("RAS", "everywhere").as_bytes(), &Warnings::new()).is_err());
    }

    proptest! {
        /// Take a file cut anywhere to an error, and with any byte changed to a volume or an error.
        #[test]
        fn damaged_files_are_volumes_or_errors(packed in any::<bool>(), cut in any::<usize>(), at in any::<usize>(), value in any::<u8>()) {
            let whole = write_nrrd(&made(), packed).unwrap();
            let mut bytes = whole.clone();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read_nrrd(&bytes, &Warnings::new());
            prop_assert!(read_nrrd(&whole[..cut % whole.len()], &Warnings::new()).is_err() || packed);
        }

        /// Take any text behind the first line to a volume or an error.
        #[test]
        fn any_header_is_a_volume_or_an_error(text in "(type|sizes|dimension|space|space directions|spacings|encoding|byte skip): ?[0-9a-z(),. -]{0,20}\n{1,9}") {
            let _ = read_nrrd(format!("NRRD0004\n{text}").as_bytes(), &Warnings::new());
        }
    }
}
