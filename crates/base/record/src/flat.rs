//! Refuses Parquet footers that do not describe a flat table, before the Parquet library sees them.
//!
//! The library builds the schema by recursion and makes room for as many children as a group declares: a few
//! kilobytes can ask it for a stack or a memory that does not exist, and neither failure can be caught. A table
//! of ours has one level, so this walk over the footer (Thrift's compact protocol, `parquet.thrift`:
//! `FileMetaData.schema` is field 2, `SchemaElement.num_children` field 5) settles the matter first.

use crate::RecordError;
use crate::decode::format;

/// Footers longer than this are refused [bytes].
const FOOTER_BYTES_MAX: usize = 16 << 20;
/// Nested structures in a footer.
const DEPTH_MAX: u32 = 32;

/// Check that the footer describes one level of at most `column_count_max` columns.
pub(crate) fn check(bytes: &[u8], column_count_max: u32) -> Result<(), RecordError> {
    let tail_start = bytes.len().checked_sub(8).filter(|_| bytes.len() >= 12 && bytes.starts_with(b"PAR1"));
    let tail = tail_start.map(|start| &bytes[start..]).filter(|tail| tail.ends_with(b"PAR1"));
    let (Some(tail_start), Some(tail)) = (tail_start, tail) else { return Err(format("not a Parquet file, or cut short")) };
    let length = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]) as usize;
    let start = tail_start.checked_sub(length).filter(|start| *start >= 4 && length <= FOOTER_BYTES_MAX);
    let start = start.ok_or_else(|| format("the footer's length is wrong"))?;
    let mut walk = Walk { rest: &bytes[start..tail_start] };
    walk.file_metadata(column_count_max).map_err(|what| format(format!("the footer {what}")))
}

struct Walk<'a> {
    rest: &'a [u8],
}

/// Field types of the compact protocol.
const BOOL_TRUE: u8 = 1;
const BOOL_FALSE: u8 = 2;
const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl<'a> Walk<'a> {
    fn file_metadata(&mut self, column_count_max: u32) -> Result<(), &'static str> {
        let mut id = 0_i64;
        let mut schemas = 0;
        while let Some(kind) = self.field(&mut id)? {
            if id == 2 {
                if kind != LIST {
                    return Err("has a schema that is no list");
                }
                self.schema(column_count_max)?;
                schemas += 1;
            } else {
                self.skip(kind, 0)?;
            }
        }
        if schemas == 1 { Ok(()) } else { Err("has no single schema") }
    }

    fn schema(&mut self, column_count_max: u32) -> Result<(), &'static str> {
        let (count, kind) = self.list()?;
        if kind != STRUCT || count == 0 {
            return Err("has no schema");
        }
        if count - 1 > u64::from(column_count_max) {
            return Err("declares too many columns");
        }
        for index in 0..count {
            let mut id = 0_i64;
            let mut children = 0_i64;
            while let Some(kind) = self.field(&mut id)? {
                if id == 5 && kind == I32 {
                    children = self.zigzag()?;
                } else {
                    self.skip(kind, 0)?;
                }
            }
            let expected = if index == 0 { i64::try_from(count - 1).unwrap_or(0) } else { 0 };
            if children != expected {
                return Err("describes nested columns");
            }
        }
        Ok(())
    }

    /// Type of the next field; `id` becomes its number. `None` at the end of the structure.
    fn field(&mut self, id: &mut i64) -> Result<Option<u8>, &'static str> {
        let head = self.byte()?;
        if head & 0x0F == 0 {
            return Ok(None);
        }
        *id = match head >> 4 {
            0 => self.zigzag()?,
            delta => id.checked_add(i64::from(delta)).ok_or("has a field number out of range")?,
        };
        Ok(Some(head & 0x0F))
    }

    fn list(&mut self) -> Result<(u64, u8), &'static str> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // Every element takes at least one byte.
        if count > self.rest.len() as u64 {
            return Err("declares a list that is longer than the footer");
        }
        Ok((count, head & 0x0F))
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Result<(), &'static str> {
        if depth > DEPTH_MAX {
            return Err("is nested too deeply");
        }
        match kind {
            BOOL_TRUE | BOOL_FALSE => Ok(()),
            3 => self.take(1).map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.take(8).map(drop),
            8 => {
                let length = self.varint()?;
                self.take(length).map(drop)
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.skip_element(kind, depth + 1)?;
                }
                Ok(())
            }
            11 => {
                let count = self.varint()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                for _ in 0..count {
                    self.skip_element(kinds >> 4, depth + 1)?;
                    self.skip_element(kinds & 0x0F, depth + 1)?;
                }
                Ok(())
            }
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Ok(())
            }
            13 => self.take(16).map(drop),
            _ => Err("has a field of unknown type"),
        }
    }

    /// In a collection a truth value takes a byte; in a structure it stands in the field's head.
    fn skip_element(&mut self, kind: u8, depth: u32) -> Result<(), &'static str> {
        if matches!(kind, BOOL_TRUE | BOOL_FALSE) { self.take(1).map(drop) } else { self.skip(kind, depth) }
    }

    fn zigzag(&mut self) -> Result<i64, &'static str> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("has a number that does not end")
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        self.take(1).map(|b| b[0])
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], &'static str> {
        let count = usize::try_from(count).ok().filter(|n| *n <= self.rest.len()).ok_or("is cut short")?;
        let (head, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(footer: &[u8]) -> Vec<u8> {
        let mut bytes = b"PAR1".to_vec();
        bytes.extend_from_slice(footer);
        bytes.extend_from_slice(&(footer.len() as u32).to_le_bytes());
        bytes.extend_from_slice(b"PAR1");
        bytes
    }

    #[track_caller]
    fn refuse(footer: &[u8], why: &str) {
        let error = check(&file(footer), 8).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    /// Accept one level and refuse what would make the library recurse or ask for memory.
    #[test]
    fn only_flat_schemas_pass() {
        // version: i32 1; schema: list of 2 structs: root with 1 child, then a leaf.
        let flat = [0x15, 0x02, 0x19, 0x2C, 0x55, 0x02, 0x00, 0x15, 0x0A, 0x00, 0x00];
        check(&file(&flat), 8).unwrap();
        refuse(&[0x15, 0x02, 0x19, 0x2C, 0x55, 0x02, 0x00, 0x55, 0x02, 0x00, 0x00], "nested");
        refuse(&[0x15, 0x02, 0x19, 0x1C, 0x55, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0x00, 0x00], "nested");
        refuse(&[0x19, 0xFC, 0x80, 0x01, 0x00], "longer");
        refuse(&[0x15, 0x02, 0x00], "no single schema");
        refuse(&[0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "cut short");
        refuse(&[0x15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], "does not end");
    }

    /// Refuse structures inside structures without end.
    #[test]
    fn nesting_has_a_bound() {
        refuse(&[0x1C; 4000], "nested too deeply");
    }
}
