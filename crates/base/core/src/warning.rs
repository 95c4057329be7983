//! A reporter for partial failure that a caller cannot overlook: it is a parameter.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

/// One thing that went on with less than it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Where: a JSON path, a DICOM tag, a subsystem.
    pub place: String,
    /// What was found and what was done instead.
    pub text: String,
    /// How often it was noted with the same place and text.
    pub count: u32,
}

/// Distinct warnings kept; the rest is counted only.
pub const WARNING_COUNT_MAX: usize = 1000;

/// Collects warnings. Shared by reference; bounded.
#[derive(Debug, Default)]
pub struct Warnings {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    list: Vec<Warning>,
    dropped: u32,
}

impl Warnings {
    /// An empty reporter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Note a warning. The same place and text twice is one warning with a count.
    pub fn note(&self, place: impl Into<String>, text: impl Into<String>) {
        let (place, text) = (place.into(), text.into());
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = inner.list.iter_mut().find(|w| w.place == place && w.text == text) {
            known.count = known.count.saturating_add(1);
        } else if inner.list.len() < WARNING_COUNT_MAX {
            inner.list.push(Warning { place, text, count: 1 });
        } else {
            inner.dropped = inner.dropped.saturating_add(1);
        }
    }

    /// All warnings in the order of their first note; the last line says how many were not kept.
    #[must_use]
    pub fn list(&self) -> Vec<Warning> {
        let inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut list = inner.list.clone();
        if inner.dropped > 0 {
            list.push(Warning { place: "warnings".into(), text: "further warnings were counted, not kept".into(), count: inner.dropped });
        }
        list
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }
}
