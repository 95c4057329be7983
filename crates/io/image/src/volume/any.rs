//! Any volume file, known by its first bytes.

use proband_core::Warnings;

use crate::ImageError;
use crate::volume::inflate::{Packing, first_bytes, is_gzip};
use crate::volume::{
    VolumeFile, metaimage_data_file, nrrd_data_file, read_metaimage, read_metaimage_with, read_nifti, read_nrrd, read_nrrd_with,
};

/// Read a volume of any format of this crate that has one file, or a header and one file of values.
///
/// `beside`: gives the bytes of the file of that name in the header's folder. Names that lead out of the folder
/// are refused before it is asked.
///
/// # Errors
/// [`ImageError`]; [`ImageError::UnknownFormat`] when the first bytes are of no format that is read.
pub fn read_volume(
    bytes: &[u8],
    beside: &mut dyn FnMut(&str) -> Result<Vec<u8>, ImageError>,
    warnings: &Warnings,
) -> Result<VolumeFile, ImageError> {
    if bytes.starts_with(b"NRRD") {
        return match nrrd_data_file(bytes)? {
            Some(name) => read_nrrd_with(bytes, &beside(plain_name("NRRD", &name)?)?, warnings),
            None => read_nrrd(bytes, warnings),
        };
    }
    if bytes.starts_with(b"ObjectType") || bytes.starts_with(b"NDims") {
        return match metaimage_data_file(bytes)? {
            Some(name) => read_metaimage_with(bytes, &beside(plain_name("MetaImage", &name)?)?, warnings),
            None => read_metaimage(bytes, warnings),
        };
    }
    let packing = if is_gzip(bytes) { Packing::Gzip } else { Packing::Raw };
    let first = first_bytes(bytes, packing, 4, "file")?;
    let size = <[u8; 4]>::try_from(&first[..]).map(|b| (i32::from_le_bytes(b), i32::from_be_bytes(b)));
    if let Ok((348 | 540, _) | (_, 348 | 540)) = size {
        return read_nifti(bytes, warnings);
    }
    let found = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
    Err(ImageError::UnknownFormat { expected: "NIfTI, NRRD or MetaImage", found: if found.is_empty() { "nothing".into() } else { found } })
}

/// A name without folders.
fn plain_name<'a>(format: &'static str, name: &'a str) -> Result<&'a str, ImageError> {
    let plain = name.strip_prefix("./").unwrap_or(name);
    if plain.is_empty() || plain == ".." || plain.contains(['/', '\\', '\0', ':', '%']) || plain.starts_with("LIST") {
        let what = "the values lie in several files or in another folder".into();
        return Err(ImageError::Unsupported { format, what });
    }
    Ok(plain)
}
