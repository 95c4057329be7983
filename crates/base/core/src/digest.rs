//! Digests of plain data: equal digests mean equal bits.

use serde::Serialize;

/// BLAKE3 of a value's postcard encoding (floats by their bits, little-endian), with the encoded size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Digest {
    /// Size of the encoding.
    pub size_bytes: u64,
    /// Lower-case hexadecimal hash, 64 characters.
    pub hash: String,
}

impl Digest {
    /// Digest of raw bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { size_bytes: bytes.len() as u64, hash: blake3::hash(bytes).to_hex().to_string() }
    }

    /// Digest of any plain value.
    ///
    /// # Errors
    /// When the value cannot be encoded (a sequence of unknown length).
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, crate::CoreError> {
        let bytes = postcard::to_stdvec(value).map_err(|e| crate::CoreError::Encoding { what: e.to_string() })?;
        Ok(Self::of_bytes(&bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.size_bytes, self.hash.get(..16).unwrap_or(&self.hash))
    }
}
