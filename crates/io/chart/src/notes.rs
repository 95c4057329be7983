//! Warnings of one reading: bounded by kind, counted beyond, and free of the patient's identity.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proband_core::Warnings;

use crate::record::Counts;
use crate::scrub::Scrub;

/// Warnings of one kind that are given with their place; the rest is counted.
const SHOWN_PER_KIND_MAX: u32 = 60;
/// Distinct names of ignored things that are counted one by one.
const NAMES_MAX: usize = 1_000;

/// Kinds of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A value of another shape than FHIR says.
    Shape,
    /// A list that was cut.
    Size,
    /// A unit that is missing, unknown or contradicts itself.
    Unit,
    /// A unit written otherwise than UCUM does.
    UnitSpelling,
    /// A value that no body has.
    Impossible,
    /// A date that is none, or in the wrong order.
    Date,
    /// An extension that changes the meaning and is not understood.
    Modifier,
    /// A resource about someone else.
    Subject,
    /// A reference that leads nowhere.
    Reference,
    /// A string that holds part of the patient's identity.
    Identity,
    /// A code that is missing or not understood.
    Code,
    /// Anything about the file as a whole.
    File,
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Self::Shape => "values of a wrong shape",
            Self::Size => "lists that were cut",
            Self::Unit => "values without a usable unit",
            Self::UnitSpelling => "units written otherwise than UCUM does",
            Self::Impossible => "impossible values",
            Self::Date => "dates that are none",
            Self::Modifier => "resources with a modifier that is not understood",
            Self::Subject => "resources about someone else",
            Self::Reference => "references that lead nowhere",
            Self::Identity => "strings that hold part of the patient's identity",
            Self::Code => "codes that are missing or not understood",
            Self::File => "remarks about the file",
        }
    }
}

/// Where a reading puts what it noticed.
pub(crate) struct Notes<'w> {
    warnings: &'w Warnings,
    /// Takes identity out of strings.
    pub(crate) scrub: Scrub,
    shown: RefCell<BTreeMap<Kind, u32>>,
    counts: RefCell<Counts>,
}

impl<'w> Notes<'w> {
    pub(crate) fn new(warnings: &'w Warnings, scrub: Scrub) -> Self {
        Self { warnings, scrub, shown: RefCell::new(BTreeMap::new()), counts: RefCell::new(Counts::default()) }
    }

    /// Note a warning. `text` must not hold a string of the file that was not scrubbed.
    pub(crate) fn warn(&self, kind: Kind, place: &str, text: impl Into<String>) {
        let mut shown = self.shown.borrow_mut();
        let count = shown.entry(kind).or_insert(0);
        *count = count.saturating_add(1);
        if *count <= SHOWN_PER_KIND_MAX {
            self.warnings.note(place, text);
        }
    }

    /// A resource that was read.
    pub(crate) fn count_read(&self, resource_type: &str) {
        bump(&mut self.counts.borrow_mut().read, resource_type, 1);
    }

    /// A resource that was not looked into.
    pub(crate) fn count_ignored_resources(&self, resource_type: &str, count: u32) {
        bump(&mut self.counts.borrow_mut().ignored_resources, self.plain_name(resource_type), count);
    }

    /// A field that was not looked at.
    pub(crate) fn count_ignored_field(&self, resource_type: &str, field: &str) {
        let name = format!("{resource_type}.{}", self.plain_name(field));
        bump(&mut self.counts.borrow_mut().ignored_fields, &name, 1);
    }

    /// Something that was looked at and not used.
    pub(crate) fn count_excluded(&self, reason: &str) {
        bump(&mut self.counts.borrow_mut().excluded, reason, 1);
    }

    /// A name of FHIR's own shape, else "(unnamed)": keys of a hostile file may hold anything.
    fn plain_name<'n>(&self, name: &'n str) -> &'n str {
        let plain = !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        if plain && !self.scrub.hits(name) { name } else { "(unnamed)" }
    }

    /// A string of the file that is safe to keep and to show: short, printable, without identity.
    pub(crate) fn safe(&self, text: &str, place: &str) -> String {
        let (clean, hit) = self.scrub.clean(text);
        if hit {
            self.warn(Kind::Identity, place, "held part of the patient's identity; taken out");
        }
        clean
    }

    /// End of the reading: says what was not shown and gives the counts.
    pub(crate) fn finish(self, entries: u32) -> Counts {
        for (kind, count) in self.shown.borrow().iter().filter(|(_, count)| **count > SHOWN_PER_KIND_MAX) {
            self.warnings.note("chart", format!("{} further {} are not listed", count - SHOWN_PER_KIND_MAX, kind.text()));
        }
        Counts { entries, ..self.counts.into_inner() }
    }
}

/// Add to a count by name; names beyond the limit are counted together.
pub(crate) fn bump(map: &mut BTreeMap<String, u32>, name: &str, more: u32) {
    let name = if map.contains_key(name) || map.len() < NAMES_MAX { name } else { "(other)" };
    let count = map.entry(name.to_owned()).or_insert(0);
    *count = count.saturating_add(more);
}
