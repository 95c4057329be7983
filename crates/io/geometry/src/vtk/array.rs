//! Numbers of a DataArray, however they are written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::xml::{Element, find};
use crate::error::{GeometryError, damaged, shown};

/// How the file writes its binary data.
pub(crate) struct Encoding<'a> {
    pub(crate) format: &'static str,
    is_big_endian: bool,
    header_bytes: usize,
    is_zlib: bool,
    /// Bytes behind the underscore of the appended data, and whether they are base64.
    appended: Option<(&'a [u8], bool)>,
}

impl<'a> Encoding<'a> {
    pub(crate) fn new(format: &'static str, bytes: &'a [u8], elements: &[Element<'a>]) -> Result<Self, GeometryError> {
        let Some(file) = elements.iter().find(|e| e.name == "VTKFile") else {
            return Err(damaged(format, "byte 0", "there is no VTKFile element"));
        };
        let unsupported = |what: String| GeometryError::Unsupported { format, what };
        let is_big_endian = match file.get("byte_order") {
            None | Some("LittleEndian") => false,
            Some("BigEndian") => true,
            Some(other) => return Err(unsupported(format!("byte order {}", shown(other)))),
        };
        let header_bytes = match file.get("header_type") {
            None | Some("UInt32") => 4,
            Some("UInt64") => 8,
            Some(other) => return Err(unsupported(format!("header type {}", shown(other)))),
        };
        let is_zlib = match file.get("compressor") {
            None | Some("") => false,
            Some("vtkZLibDataCompressor") => true,
            Some(other) => return Err(unsupported(format!("compressor {}", shown(other)))),
        };
        let appended = match elements.iter().find(|e| e.name == "AppendedData") {
            None => None,
            Some(e) => {
                let start =
                    find(bytes, e.end, b"_").ok_or_else(|| damaged(format, format!("byte {}", e.end), "appended data without '_'"))? + 1;
                Some((&bytes[start..], e.get("encoding") == Some("base64")))
            }
        };
        Ok(Self { format, is_big_endian, header_bytes, is_zlib, appended })
    }

    /// The numbers of an array; integers up to 2⁵³ are exact.
    pub(crate) fn numbers(&self, array: &Element<'_>) -> Result<Vec<f64>, GeometryError> {
        let kind = array.get("type").unwrap_or("");
        match array.get("format").unwrap_or("ascii") {
            "ascii" => {
                let text = std::str::from_utf8(array.text).map_err(|_| self.fail(array, "no text"))?;
                text.split_ascii_whitespace()
                    .map(|w| w.parse().map_err(|_| self.fail(array, &format!("{} is no number", shown(w)))))
                    .collect()
            }
            "binary" => {
                let text: Vec<u8> = array.text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
                self.values(array, kind, &self.block(array, &text, true)?)
            }
            "appended" => {
                let offset: usize = array.get("offset").and_then(|o| o.trim().parse().ok()).ok_or_else(|| self.fail(array, "no offset"))?;
                let Some((data, is_base64)) = self.appended else { return Err(self.fail(array, "there is no appended data")) };
                let data = data.get(offset..).ok_or_else(|| self.fail(array, &format!("offset {offset} lies behind the end")))?;
                self.values(array, kind, &self.block(array, data, is_base64)?)
            }
            other => Err(self.fail(array, &format!("format {}", shown(other)))),
        }
    }

    fn fail(&self, array: &Element<'_>, what: &str) -> GeometryError {
        damaged(self.format, format!("array {} in {}", shown(array.get("Name").unwrap_or("")), array.parent()), what)
    }

    /// The bytes of a block: header, then data, maybe compressed, maybe in base64.
    fn block(&self, array: &Element<'_>, data: &[u8], is_base64: bool) -> Result<Vec<u8>, GeometryError> {
        let h = self.header_bytes;
        // Header and data are two base64 texts when compressed, one when not.
        let part = |at: usize, length: usize| -> Option<Vec<u8>> {
            if !is_base64 {
                return data.get(at..at.checked_add(length)?).map(<[u8]>::to_vec);
            }
            let text = data.get(at..at.checked_add(length.checked_add(2)? / 3 * 4)?)?;
            let mut bytes = STANDARD.decode(text).ok()?;
            (bytes.len() >= length).then(|| bytes.truncate(length))?;
            Some(bytes)
        };
        let encoded = |length: usize| if is_base64 { length.div_ceil(3) * 4 } else { length };
        let short = || self.fail(array, "the data end too early, or are no base64");
        if !self.is_zlib {
            let length = self.word(&part(0, h).or_else(|| part(0, h.next_multiple_of(3))).ok_or_else(short)?, 0).ok_or_else(short)?;
            let all = part(0, h.checked_add(length).ok_or_else(short)?).ok_or_else(short)?;
            return all.get(h..).map(<[u8]>::to_vec).ok_or_else(short);
        }
        let head = part(0, if is_base64 { (3 * h).next_multiple_of(3) } else { 3 * h }).ok_or_else(short)?;
        let word = |bytes: &[u8], k: usize| self.word(bytes, k * h).ok_or_else(short);
        let (count, size, last) = (word(&head, 0)?, word(&head, 1)?, word(&head, 2)?);
        if count == 0 {
            return Ok(Vec::new());
        }
        let header_length = count.checked_add(3).and_then(|n| n.checked_mul(h)).filter(|&n| n <= data.len()).ok_or_else(short)?;
        let head = part(0, header_length).ok_or_else(short)?;
        let lengths: Vec<usize> = (0..count).map(|k| word(&head, 3 + k)).collect::<Result<_, _>>()?;
        let total = lengths.iter().try_fold(0_usize, |sum, &l| sum.checked_add(l)).ok_or_else(short)?;
        let packed = part(encoded(header_length), total).ok_or_else(short)?;
        let (mut out, mut at) = (Vec::new(), 0);
        for (k, &length) in lengths.iter().enumerate() {
            let limit = if k + 1 == count && last > 0 { last } else { size };
            // Zlib shrinks by at most 1032: more is a lie.
            if limit > length.saturating_mul(1040).saturating_add(64) {
                return Err(self.fail(array, &format!("block {k}: {length} bytes cannot hold {limit}")));
            }
            let block = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&packed[at..at + length], limit);
            out.extend(block.map_err(|_| self.fail(array, &format!("block {k} cannot be decompressed to {limit} bytes")))?);
            at += length;
        }
        Ok(out)
    }

    /// A word of a header.
    fn word(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let raw = bytes.get(at..at + self.header_bytes)?;
        let value = raw.iter().enumerate().fold(0_u64, |sum, (i, &b)| {
            let shift = if self.is_big_endian { self.header_bytes - 1 - i } else { i };
            sum | (u64::from(b) << (8 * shift))
        });
        usize::try_from(value).ok()
    }

    fn values(&self, array: &Element<'_>, kind: &str, bytes: &[u8]) -> Result<Vec<f64>, GeometryError> {
        macro_rules! decode {
            ($type:ty) => {
                Ok(bytes
                    .chunks_exact(size_of::<$type>())
                    .map(|c| {
                        let mut raw = [0_u8; size_of::<$type>()];
                        raw.copy_from_slice(c);
                        if self.is_big_endian {
                            raw.reverse();
                        }
                        <$type>::from_le_bytes(raw) as f64
                    })
                    .collect())
            };
        }
        match kind {
            "Float32" => decode!(f32),
            "Float64" => decode!(f64),
            "Int8" => decode!(i8),
            "UInt8" => decode!(u8),
            "Int16" => decode!(i16),
            "UInt16" => decode!(u16),
            "Int32" => decode!(i32),
            "UInt32" => decode!(u32),
            "Int64" => decode!(i64),
            "UInt64" => decode!(u64),
            other => Err(self.fail(array, &format!("type {}", shown(other)))),
        }
    }
}
