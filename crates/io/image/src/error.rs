//! What can be wrong with a picture file.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Neither JPEG nor PNG.
    #[error("first bytes: neither JPEG nor PNG (found {found})")]
    UnknownFormat {
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
        /// `JPEG` or `PNG`.
        format: &'static str,
        /// `header` or `pixels`.
        place: &'static str,
        /// What the decoder says.
        what: String,
    },
    /// A picture that cannot be written.
    #[error("writing PNG: {what}")]
    Write {
        /// What is wrong.
        what: String,
    },
}
