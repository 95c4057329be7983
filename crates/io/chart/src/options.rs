//! What a caller allows a chart to be.

/// Limits and the key of the pseudonym.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Largest file that is read.
    pub size_bytes_max: u64,
    /// Most entries of a bundle.
    pub entry_count_max: u32,
    /// Secret under which the patient's identifier is hashed into the pseudonym: the same key gives the same pseudonym for the same patient
    /// in every export. `None`: the bytes of the file are the secret, so the pseudonym belongs to this file alone.
    pub pseudonym_key: Option<[u8; 32]>,
}

impl ReadOptions {
    /// 256 MiB, a million entries, and a pseudonym that belongs to the file alone.
    #[must_use]
    pub fn usual() -> Self {
        Self { size_bytes_max: 256 << 20, entry_count_max: 1_000_000, pseudonym_key: None }
    }
}
