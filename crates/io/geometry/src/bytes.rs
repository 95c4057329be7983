//! Numbers in little- or big-endian bytes.

/// The number at a place, if there are enough bytes.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The number at a place, if there are enough bytes.
pub(crate) fn f32_at(bytes: &[u8], at: usize) -> Option<f32> {
    Some(f32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
