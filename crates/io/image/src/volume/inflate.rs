//! Packed bytes to plain ones, never more than was asked for.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::ImageError;

/// Largest volume file, packed or not [bytes].
pub const VOLUME_BYTES_MAX: u64 = 4 << 30;

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Raw,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
}

/// Whether bytes begin as a gzip stream does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// At most the first `limit` bytes. Memory grows with what really comes out, so that a lying header costs nothing.
pub(crate) fn first_bytes(bytes: &[u8], packing: Packing, limit: u64, format: &'static str) -> Result<Vec<u8>, ImageError> {
    let limit = limit.min(VOLUME_BYTES_MAX);
    let mut out = Vec::new();
    let damaged = |e: std::io::Error| ImageError::Damaged { format, place: "packed data", what: e.to_string() };
    match packing {
        Packing::Raw => out.extend_from_slice(&bytes[..bytes.len().min(usize::try_from(limit).unwrap_or(usize::MAX))]),
        Packing::Gzip => {
            MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out).map_err(damaged)?;
        }
        Packing::Zlib => {
            ZlibDecoder::new(bytes).take(limit).read_to_end(&mut out).map_err(damaged)?;
        }
    }
    Ok(out)
}

/// Pack as gzip. No time and no name go into the header, so that the same volume gives the same bytes.
pub(crate) fn gzip(bytes: &[u8], format: &'static str) -> Result<Vec<u8>, ImageError> {
    use std::io::Write;
    let mut encoder = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::new(4));
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|e| ImageError::Write { format, what: e.to_string() })
}
