//! A walk over the elements before anything is read: no announced length may exceed the bytes that are there.
//!
//! The reader behind it takes memory as an element announces; this walk keeps that within the size of the file.

use super::damaged;
use crate::ImageError;

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    pub explicit: bool,
    pub big: bool,
}

/// Deepest nesting of sequences.
const DEPTH_MAX: usize = 64;
const UNDEFINED: u32 = u32::MAX;
/// Kinds of value with two bytes of length.
const SHORT_KINDS: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI",
    b"UL", b"US",
];

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: Encoding,
}

impl Walk<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(N)?)?.try_into().ok()?;
        self.at += N;
        Some(bytes)
    }
    fn u16(&mut self) -> Option<u16> {
        let big = self.encoding.big;
        self.take().map(|b| if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
    }
    fn u32(&mut self) -> Option<u32> {
        let big = self.encoding.big;
        self.take().map(|b| if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
    }

    /// Group, element, value representation and length of the next element.
    fn header(&mut self) -> Option<(u16, u16, [u8; 2], u32)> {
        let (group, element) = (self.u16()?, self.u16()?);
        if group == 0xFFFE {
            return Some((group, element, *b"  ", self.u32()?));
        }
        if !self.encoding.explicit {
            return Some((group, element, *b"  ", self.u32()?));
        }
        let kind: [u8; 2] = self.take()?;
        // What is none of these has four bytes of length, unknown kinds too (PS3.5, 7.1.2).
        if !SHORT_KINDS.contains(&&kind) {
            self.u16()?;
            return Some((group, element, kind, self.u32()?));
        }
        Some((group, element, kind, self.u16()?.into()))
    }
}

/// A sequence, or packed pixels, that is open.
struct Open {
    /// Where it ends, when it says so.
    end: Option<usize>,
    /// How elements outside are written.
    outside: Encoding,
    /// Whether its items are fragments of pixels and no data sets.
    fragments: bool,
}

/// Check all lengths and the depth of nesting from `at` on.
pub(super) fn check(bytes: &[u8], at: usize, encoding: Encoding) -> Result<(), ImageError> {
    let mut walk = Walk { bytes, at, encoding };
    let mut open: Vec<Open> = Vec::new();
    while walk.at < bytes.len() {
        while let Some(last) = open.pop_if(|o| o.end.is_some_and(|end| walk.at >= end)) {
            walk.encoding = last.outside;
        }
        let start = walk.at;
        let Some((group, element, kind, length)) = walk.header() else {
            // Fewer bytes than an element's head: padding, or a file cut short; the reader behind says which.
            return Ok(());
        };
        let in_fragments = open.last().is_some_and(|o| o.fragments);
        let end = (length != UNDEFINED).then(|| walk.at.saturating_add(length as usize));
        if end.is_some_and(|end| end > bytes.len()) {
            let what = format!("({group:04X},{element:04X}) at byte {start} announces {length} bytes, {} are left", bytes.len() - walk.at);
            return Err(damaged("data set", what));
        }
        match (group, element) {
            (0xFFFE, 0xE0DD) => walk.encoding = open.pop().map_or(encoding, |o| o.outside),
            (0xFFFE, 0xE00D) => {}
            (0xFFFE, 0xE000) if !in_fragments => {}
            _ if end.is_none() || holds_items(&kind, &walk, length) => {
                if open.len() >= DEPTH_MAX {
                    return Err(damaged("data set", format_args!("sequences nested deeper than {DEPTH_MAX}")));
                }
                let fragments = end.is_none() && (group, element) == (0x7FE0, 0x0010);
                open.push(Open { end, outside: walk.encoding, fragments });
                if &kind == b"UN" {
                    // What was of unknown kind when it was written is implicit inside (PS3.5, 6.2.2).
                    walk.encoding = Encoding { explicit: false, big: false };
                }
            }
            _ => walk.at = end.unwrap_or(bytes.len()),
        }
    }
    // A file may end within padding, but packed pixels that nothing closes were cut off.
    if open.iter().any(|o| o.fragments) {
        return Err(damaged("(7FE0,0010) PixelData", "no end of the packed pixels: the file is cut short"));
    }
    Ok(())
}

/// Whether a value of known length is a sequence: by its kind, or by its first bytes where kinds are not written.
fn holds_items(kind: &[u8; 2], walk: &Walk<'_>, length: u32) -> bool {
    let item: [u8; 4] = if walk.encoding.big { [0xFF, 0xFE, 0xE0, 0x00] } else { [0xFE, 0xFF, 0x00, 0xE0] };
    kind == b"SQ" || (kind == b"  " && length >= 8 && walk.bytes.get(walk.at..walk.at + 4) == Some(&item))
}
