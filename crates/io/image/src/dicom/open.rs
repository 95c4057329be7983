//! A DICOM file opened, within bounds.

use std::io::{Cursor, Read};

use dicom_object::file::ReadPreamble;
use dicom_object::meta::FileMetaTable;
use dicom_object::{DefaultDicomObject, OpenFileOptions};

use super::guard::{self, Encoding};
use super::{damaged, unsupported};
use crate::ImageError;

/// Largest DICOM file [bytes].
const FILE_BYTES_MAX: u64 = 2 << 30;
/// Most bytes that a deflated data set may have once inflated.
const INFLATED_BYTES_MAX: u64 = 1 << 30;

/// Whether bytes begin as a DICOM file does: 128 bytes of anything, then `DICM`.
#[must_use]
pub fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

/// Open a file that is wholly in memory.
pub(super) fn open(bytes: &[u8]) -> Result<DefaultDicomObject, ImageError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ImageError::FileTooLarge { bytes: bytes.len() as u64, max: FILE_BYTES_MAX });
    }
    if !is_dicom(bytes) {
        return Err(damaged("preamble", "no \"DICM\" at byte 128: no DICOM file, or one without its meta information"));
    }
    let explicit = Encoding { explicit: true, big: false };
    let length = meta_bytes(bytes).ok_or_else(|| damaged("meta information", "(0002,0000) does not fit the file"))?;
    guard::check(&bytes[..132 + length], 132, explicit)?;
    let mut cursor = Cursor::new(&bytes[128..]);
    let meta = FileMetaTable::from_reader(&mut cursor).map_err(|e| damaged("meta information", e))?;
    let start = 128 + usize::try_from(cursor.position()).unwrap_or(usize::MAX);
    match meta.transfer_syntax() {
        "1.2.840.10008.1.2.1.99" => {
            let inflated = inflate(bytes.get(start..).unwrap_or_default())?;
            guard::check(&inflated, 0, explicit)?;
        }
        "1.2.840.10008.1.2.2" => guard::check(bytes, start, Encoding { explicit: true, big: true })?,
        "1.2.840.10008.1.2" => guard::check(bytes, start, Encoding { explicit: false, big: false })?,
        _ => guard::check(bytes, start, explicit)?,
    }
    OpenFileOptions::new().read_preamble(ReadPreamble::Always).from_reader(Cursor::new(bytes)).map_err(|e| damaged("data set", deepest(&e)))
}

/// The innermost cause: the outer ones say only "could not read".
fn deepest(error: &dyn std::error::Error) -> String {
    let mut found = error;
    while let Some(source) = found.source() {
        found = source;
    }
    found.to_string()
}

/// Bytes of the meta information behind `DICM`, from its group length where that is plausible.
fn meta_bytes(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(132..144)?;
    if head[..4] != [2, 0, 0, 0] || &head[4..6] != b"UL" {
        return None;
    }
    let length = u32::from_le_bytes(head[8..12].try_into().ok()?) as usize + 12;
    (132 + length <= bytes.len()).then_some(length)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    flate2::read::DeflateDecoder::new(bytes)
        .take(INFLATED_BYTES_MAX + 1)
        .read_to_end(&mut out)
        .map_err(|e| damaged("deflated data set", e))?;
    if out.len() as u64 > INFLATED_BYTES_MAX {
        return Err(unsupported(format_args!("a data set that inflates to more than {INFLATED_BYTES_MAX} bytes")));
    }
    Ok(out)
}
