//! What can be wrong with a mesh file.

use proband_mesh::MeshError;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// More bytes than a file may have.
    #[error("file: {bytes} bytes, at most {max} are read")]
    FileTooLarge {
        /// Bytes given.
        bytes: u64,
        /// Bytes allowed.
        max: u64,
    },
    /// The first bytes belong to no format that is known here.
    #[error("not an STL, VTP, VTU, MSH, OBJ or GLB file: {what}")]
    UnknownFormat {
        /// What was found.
        what: String,
    },
    /// The file contradicts its format.
    #[error("{format}, {place}: {what}")]
    Damaged {
        /// Name of the format.
        format: &'static str,
        /// Line, byte or element.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The file is right but uses what is not read here.
    #[error("{format}: {what} is not supported")]
    Unsupported {
        /// Name of the format.
        format: &'static str,
        /// What is not read.
        what: String,
    },
    /// The mesh in the file makes no sense.
    #[error("{format}: {source}")]
    Mesh {
        /// Name of the format.
        format: &'static str,
        /// What is wrong.
        source: MeshError,
    },
    /// A unit that is no length.
    #[error("unit_m = {value} is outside 1e-9 to 1e3 m")]
    BadUnit {
        /// The offending value [m].
        value: f64,
    },
}

/// `Damaged` at a place.
pub(crate) fn damaged(format: &'static str, place: impl Into<String>, what: impl Into<String>) -> GeometryError {
    GeometryError::Damaged { format, place: place.into(), what: what.into() }
}

/// A mesh error with the format that it was met in.
pub(crate) fn in_format(format: &'static str) -> impl Fn(MeshError) -> GeometryError {
    move |source| GeometryError::Mesh { format, source }
}

/// Check the size of a file and the unit of its lengths.
pub(crate) fn check(bytes: &[u8], unit_m: f64) -> Result<(), GeometryError> {
    if bytes.len() as u64 > crate::FILE_BYTES_MAX {
        return Err(GeometryError::FileTooLarge { bytes: bytes.len() as u64, max: crate::FILE_BYTES_MAX });
    }
    if (1e-9..=1e3).contains(&unit_m) { Ok(()) } else { Err(GeometryError::BadUnit { value: unit_m }) }
}

/// Text of a file, or where it is none.
pub(crate) fn text<'a>(format: &'static str, bytes: &'a [u8]) -> Result<&'a str, GeometryError> {
    std::str::from_utf8(bytes).map_err(|e| damaged(format, format!("byte {}", e.valid_up_to()), "not text in UTF-8"))
}

/// The first characters of something that was found, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(24).map(|c| if c.is_control() { '.' } else { c }).collect();
    format!("'{short}'")
}
