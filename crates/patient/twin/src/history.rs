//! What happened to a twin: a chain in which each entry is hashed with the one before.

use proband_core::Digest;
use serde::{Deserialize, Serialize};

use crate::TwinError;

/// Bytes of an entry's text, at most.
const TEXT_LENGTH_MAX: usize = 2000;
/// Entries, at most.
pub(crate) const ENTRY_COUNT_MAX: usize = 100_000;

/// Something that happened to a twin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// Place in the history, from 0.
    pub index: u32,
    /// What happened: `created`, `measured`, `updated`, …
    pub event: String,
    /// Details in words, without anything that identifies the patient.
    pub text: String,
    /// Hash of the entry before, empty for the first.
    pub previous: String,
    /// BLAKE3 over this entry's other fields.
    pub hash: String,
}

impl HistoryEntry {
    /// The entry that follows another one.
    ///
    /// # Errors
    /// [`TwinError::Text`] for text that is too long or holds control characters.
    pub fn after(previous: Option<&Self>, event: &str, text: &str) -> Result<Self, TwinError> {
        for (field, value) in [("history.event", event), ("history.text", text)] {
            if value.len() > TEXT_LENGTH_MAX || value.chars().any(char::is_control) {
                let what = format!("has more than {TEXT_LENGTH_MAX} bytes or a control character");
                return Err(TwinError::Text { field: field.into(), what });
            }
        }
        let mut entry = Self {
            index: previous.map_or(0, |p| p.index.saturating_add(1)),
            event: event.into(),
            text: text.into(),
            previous: previous.map_or(String::new(), |p| p.hash.clone()),
            hash: String::new(),
        };
        entry.hash = entry.expected_hash();
        Ok(entry)
    }

    /// Hash over all fields but the hash. Fields are separated by line feeds, which none of them may hold.
    fn expected_hash(&self) -> String {
        let text = format!("{}\n{}\n{}\n{}", self.index, self.event, self.text, self.previous);
        Digest::of_bytes(text.as_bytes()).hash
    }

    /// Check that this entry follows another one and was not changed. The error says what is wrong.
    pub(crate) fn check_after(&self, previous: Option<&Self>) -> Result<(), String> {
        let (index, hash) = previous.map_or((0, ""), |p| (p.index.saturating_add(1), p.hash.as_str()));
        if self.index != index {
            return Err(format!("index is {}, expected {index}", self.index));
        }
        if self.previous != hash {
            return Err("does not follow the entry before: `previous` is not its hash".into());
        }
        if self.hash != self.expected_hash() {
            return Err("was changed after it was written: its hash does not match".into());
        }
        Ok(())
    }
}
