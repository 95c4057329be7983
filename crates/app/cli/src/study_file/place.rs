//! From the name of a value, `arm.1.tourniquet`, to where it stands in the file.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::scenario::Problem;
use crate::source_text::SourceText;

/// Finds places in a TOML text.
pub(crate) struct Pointer<'a> {
    source: &'a SourceText,
    table: toml::Spanned<DeTable<'a>>,
}

impl<'a> Pointer<'a> {
    pub(crate) fn new(source: &'a SourceText) -> Result<Self, Failure> {
        let table = DeTable::parse(&source.text).map_err(|error| source.wrong_toml(&error))?;
        Ok(Self { source, table })
    }

    /// A failure that points at a value, or at what comes nearest to one that is not there.
    pub(crate) fn wrong(&self, place: &str, problem: Problem) -> Failure {
        let span = self.span(place);
        // A span of a text takes its quotation marks in; a problem counts from the text behind the first one.
        let at = problem.at.map_or(span.clone(), |at| (span.start + 1 + at.start).min(span.end)..(span.start + 1 + at.end).min(span.end));
        let help = (!problem.help.is_empty()).then_some(problem.help);
        self.source.wrong(at, format!("{}: {}: {}", self.source.name, place, problem.what), problem.label, help)
    }

    fn span(&self, place: &str) -> Range<usize> {
        let mut parts = place.split('.');
        let Some(first) = parts.next() else { return 0..0 };
        let table = self.table.get_ref();
        let Some((key, mut value)) = table.iter().find(|(key, _)| key.get_ref() == first) else { return 0..0 };
        let mut span = if value.get_ref().is_table() { key.span() } else { value.span() };
        for part in parts {
            let next = match value.get_ref() {
                DeValue::Table(table) => table.iter().find(|(key, _)| key.get_ref() == part).map(|(key, value)| (Some(key), value)),
                DeValue::Array(array) => part.parse::<usize>().ok().and_then(|i| array.get(i)).map(|value| (None, value)),
                _ => None,
            };
            let Some((key, found)) = next else { break };
            span = match key {
                Some(key) if found.get_ref().is_table() => key.span(),
                _ => found.span(),
            };
            value = found;
        }
        span
    }
}
