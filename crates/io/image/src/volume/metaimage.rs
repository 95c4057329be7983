//! MetaImage: `.mha` with its values, `.mhd` with a file beside it.

use std::collections::BTreeMap;

use proband_core::Warnings;

use crate::ImageError;
use crate::volume::VolumeFile;
use crate::volume::inflate::{Packing, first_bytes};
use crate::volume::samples::{Endian, Kind, Layout, data_bytes, frames, grid_lps};
use crate::volume::text_header::{line, numbers, shorten, sides};

const FORMAT: &str = "MetaImage";

fn damaged(what: impl Into<String>) -> ImageError {
    ImageError::Damaged { format: FORMAT, place: "header", what: what.into() }
}

struct Header {
    fields: BTreeMap<String, String>,
    data_at: usize,
}

fn parse(bytes: &[u8]) -> Result<Header, ImageError> {
    let (mut fields, mut at) = (BTreeMap::new(), 0);
    loop {
        // The last line of a detached header may have no end.
        let (text, next) = match line(bytes, at) {
            Some(found) => found,
            None => {
                let rest = bytes.get(at..).filter(|r| !r.is_empty() && r.len() < 10_000);
                (rest.ok_or_else(|| damaged("no ElementDataFile"))?, bytes.len())
            }
        };
        let text = String::from_utf8_lossy(text);
        let (name, value) = text.split_once('=').ok_or_else(|| damaged(format!("line \"{}\" has no \"=\"", shorten(&text))))?;
        at = next;
        fields.insert(name.trim().to_owned(), value.trim().to_owned());
        if fields.contains_key("ElementDataFile") {
            return Ok(Header { fields, data_at: at });
        }
        if fields.len() > 1000 {
            return Err(damaged("more than 1000 fields"));
        }
    }
}

/// The file that holds the values, when a header names one instead of `LOCAL`.
///
/// # Errors
/// [`ImageError`] when this is no MetaImage header.
pub fn metaimage_data_file(header: &[u8]) -> Result<Option<String>, ImageError> {
    let fields = parse(header)?.fields;
    Ok(fields.get("ElementDataFile").filter(|f| !f.eq_ignore_ascii_case("LOCAL")).cloned())
}

/// Read an `.mha`. Its LPS millimetres become metres.
///
/// # Errors
/// [`ImageError`] that names the place: header, size, data.
pub fn read_metaimage(bytes: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let header = parse(bytes)?;
    if !header.fields["ElementDataFile"].eq_ignore_ascii_case("LOCAL") {
        let what = format!("the values lie in \"{}\"; give that file too", shorten(&header.fields["ElementDataFile"]));
        return Err(ImageError::Unsupported { format: FORMAT, what });
    }
    read(&header, &bytes[header.data_at..], warnings)
}

/// Read an `.mhd` with the bytes of its data file.
///
/// # Errors
/// As [`read_metaimage`].
pub fn read_metaimage_with(header: &[u8], data: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    read(&parse(header)?, data, warnings)
}

impl Header {
    fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.fields.get(*name)).map(String::as_str)
    }

    fn is_true(&self, names: &[&str]) -> bool {
        self.any(names).is_some_and(|v| v.eq_ignore_ascii_case("true") || v == "1")
    }

    fn exactly(&self, names: &[&str], count: usize) -> Result<Option<Vec<f64>>, ImageError> {
        let Some(text) = self.any(names) else { return Ok(None) };
        let found = numbers(FORMAT, names[0], text)?;
        if found.len() == count {
            Ok(Some(found))
        } else {
            Err(damaged(format!("{}: {} numbers instead of {count}", names[0], found.len())))
        }
    }

    fn kind(&self) -> Result<Kind, ImageError> {
        if let Some(channels) = self.any(&["ElementNumberOfChannels"]).filter(|c| *c != "1") {
            return Err(ImageError::Unsupported { format: FORMAT, what: format!("{} values in a voxel", shorten(channels)) });
        }
        Ok(match self.any(&["ElementType"]).ok_or_else(|| damaged("ElementType is absent"))? {
            "MET_CHAR" => Kind::I8,
            "MET_UCHAR" => Kind::U8,
            "MET_SHORT" => Kind::I16,
            "MET_USHORT" => Kind::U16,
            "MET_INT" | "MET_LONG" => Kind::I32,
            "MET_UINT" | "MET_ULONG" => Kind::U32,
            "MET_LONG_LONG" => Kind::I64,
            "MET_ULONG_LONG" => Kind::U64,
            "MET_FLOAT" => Kind::F32,
            "MET_DOUBLE" => Kind::F64,
            other => return Err(ImageError::Unsupported { format: FORMAT, what: format!("ElementType \"{}\"", shorten(other)) }),
        })
    }
}

fn read(header: &Header, data: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let sides = sides(FORMAT, "DimSize", header.any(&["DimSize"]).ok_or_else(|| damaged("DimSize is absent"))?)?;
    let count = sides.len();
    if !(1..=4).contains(&count) {
        return Err(damaged(format!("DimSize: {count} dimensions; 1 to 4 are read")));
    }
    let size = std::array::from_fn(|a| sides.get(a).map_or(1, |n| u32::try_from(*n).unwrap_or(u32::MAX)));
    let frame_count = sides.get(3).copied().unwrap_or(1);
    let spacing = header.exactly(&["ElementSpacing", "ElementSize"], count)?;
    if spacing.is_none() {
        warnings.note("ElementSpacing", "absent; 1 mm assumed");
    }
    // One row of the matrix for each axis: the direction in which its index grows.
    let matrix = header.exactly(&["TransformMatrix", "Rotation", "Orientation"], count * count)?;
    let steps = std::array::from_fn(|axis| {
        let length = spacing.as_ref().and_then(|s| s.get(axis)).copied().unwrap_or(1.0);
        std::array::from_fn(|row| {
            let own = if row == axis { 1.0 } else { 0.0 };
            let inside = axis < count && row < count;
            length * if inside { matrix.as_ref().map_or(own, |m| m[axis * count + row]) } else { own }
        })
    });
    let offset = header.exactly(&["Offset", "Position", "Origin"], count)?;
    if offset.is_none() {
        warnings.note("Offset", "absent; the origin is the first voxel");
    }
    let origin = std::array::from_fn(|a| offset.as_ref().and_then(|o| o.get(a)).copied().unwrap_or(0.0));
    if let Some(other) = header.any(&["AnatomicalOrientation"]).filter(|o| !["RAI", "???"].contains(o)) {
        warnings.note("AnatomicalOrientation", format!("\"{}\" is not used: the matrix and offset are taken as LPS", shorten(other)));
    }
    let grid = grid_lps(size, origin, steps, [1.0; 3], 1e-3, FORMAT)?;
    let kind = header.kind()?;
    let big = header.is_true(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]);
    let layout = Layout { kind, endian: if big { Endian::Big } else { Endian::Little }, slope: 1.0, intercept: 0.0, interleaved: false };
    let wanted = data_bytes(&grid, frame_count, kind, FORMAT)?;
    let bytes = plain(header, data, wanted)?;
    Ok(VolumeFile { format: FORMAT, frames: frames(grid, frame_count, &bytes, &layout, FORMAT)?, placed_by: "TransformMatrix and Offset" })
}

fn plain(header: &Header, data: &[u8], wanted: u64) -> Result<Vec<u8>, ImageError> {
    if header.any(&["BinaryData"]).is_some_and(|b| b.eq_ignore_ascii_case("false")) {
        return Err(ImageError::Unsupported { format: FORMAT, what: "values written as text".into() });
    }
    let skip = match header.any(&["HeaderSize"]) {
        None => 0,
        Some("-1") => (data.len() as u64).saturating_sub(wanted),
        Some(text) => text.parse::<u64>().map_err(|_| damaged(format!("HeaderSize: \"{}\"", shorten(text))))?,
    };
    let data = data.get(usize::try_from(skip).unwrap_or(usize::MAX)..).unwrap_or_default();
    if !header.is_true(&["CompressedData"]) {
        return first_bytes(data, Packing::Raw, wanted, FORMAT);
    }
    // What follows the packed bytes belongs to nobody.
    let own = match header.any(&["CompressedDataSize"]) {
        Some(text) => text.parse::<usize>().map_err(|_| damaged(format!("CompressedDataSize: \"{}\"", shorten(text))))?.min(data.len()),
        None => data.len(),
    };
    first_bytes(&data[..own], Packing::Zlib, wanted, FORMAT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made() -> Vec<u8> {
        let text = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = True\nTransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 10 20 -30\nElementSpacing = 2 3 4\nDimSize = 3 2 1\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
        let mut bytes = text.as_bytes().to_vec();
        (0..6_i16).for_each(|v| bytes.extend_from_slice(&(100 * v).to_be_bytes()));
        bytes
    }

    /// Take rows of the matrix as the directions of the axes, and big-endian values as they are.
    #[test]
    fn rows_are_directions() {
        let file = read_metaimage(&made(), &Warnings::new()).unwrap();
        let grid = file.frames[0].grid();
        assert!((grid.step(0).0 - nalgebra::Vector3::new(0.0, 2e-3, 0.0)).norm() < 1e-12);
        assert!((grid.step(1).0 - nalgebra::Vector3::new(-3e-3, 0.0, 0.0)).norm() < 1e-12);
        assert!((grid.origin().0 - nalgebra::Point3::new(0.01, 0.02, -0.03)).norm() < 1e-12);
        assert_eq!(file.frames[0].to_i16().data(), [0, 100, 200, 300, 400, 500]);
    }

    proptest! {
        /// Take a file cut anywhere to an error, and with any byte changed to a volume or an error.
        #[test]
        fn damaged_files_are_volumes_or_errors(cut in any::<usize>(), at in any::<usize>(), value in any::<u8>()) {
            let whole = made();
            let mut bytes = whole.clone();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read_metaimage(&bytes, &Warnings::new());
            prop_assert!(read_metaimage(&whole[..cut % whole.len()], &Warnings::new()).is_err());
        }
    }
}
