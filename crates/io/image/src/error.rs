//! What can be wrong with a file of a picture or a volume.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Of no format that is read.
    #[error("first bytes: not {expected} (found {found})")]
    UnknownFormat {
        /// What would have been read.
        expected: &'static str,
        /// The first bytes in hexadecimal.
        found: String,
    },
    /// More bytes than a picture file may have.
    #[error("file: {bytes} bytes, at most {max} are read")]
    FileTooLarge {
        /// Bytes given.
        bytes: u64,
        /// Bytes allowed.
        max: u64,
    },
    /// A side of zero, or too large.
    #[error("{format} header: {width} x {height} pixels, allowed are 1 to {side_max} on a side and {pixel_max} in all")]
    BadSize {
        /// `JPEG` or `PNG`.
        format: &'static str,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Longest side allowed.
        side_max: u32,
        /// Most pixels allowed.
        pixel_max: u64,
    },
    /// The file contradicts its format.
    #[error("{format} {place}: {what}")]
    Damaged {
        /// Name of the format.
        format: &'static str,
        /// `header`, `pixels`, `data`…
        place: &'static str,
        /// What the decoder says.
        what: String,
    },
    /// A file that is in order but of a kind that is not read.
    #[error("{format}: {what}: not supported")]
    Unsupported {
        /// Name of the format.
        format: &'static str,
        /// What is not supported.
        what: String,
    },
    /// A picture or volume that cannot be written.
    #[error("writing {format}: {what}")]
    Write {
        /// Name of the format.
        format: &'static str,
        /// What is wrong.
        what: String,
    },
}
