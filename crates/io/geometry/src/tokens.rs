//! Words of a text with the line that each stands in.

use crate::error::{GeometryError, damaged, shown};

/// Words one after the other.
pub(crate) struct Tokens<'a> {
    format: &'static str,
    rest: &'a str,
    pub(crate) line: u64,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(format: &'static str, text: &'a str) -> Self {
        Self { format, rest: text, line: 1 }
    }

    /// The next word, none at the end.
    pub(crate) fn word(&mut self) -> Option<&'a str> {
        let start = self.rest.find(|c: char| !c.is_ascii_whitespace())?;
        self.line += self.rest.as_bytes()[..start].iter().filter(|&&b| b == b'\n').count() as u64;
        let after = &self.rest[start..];
        let end = after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len());
        self.rest = &after[end..];
        Some(&after[..end])
    }

    /// What is left of the line.
    pub(crate) fn line_rest(&mut self) -> &'a str {
        let end = self.rest.find('\n').map_or(self.rest.len(), |e| e + 1);
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += u64::from(line.ends_with('\n'));
        line.trim()
    }

    /// Bytes that are left: nothing that the text announces can be more.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn fail(&self, what: impl Into<String>) -> GeometryError {
        damaged(self.format, format!("line {}", self.line), what)
    }

    pub(crate) fn need(&mut self, what: &str) -> Result<&'a str, GeometryError> {
        match self.word() {
            Some(word) => Ok(word),
            None => Err(self.fail(format!("the text ends where {what} should be"))),
        }
    }

    pub(crate) fn expect(&mut self, wanted: &str) -> Result<(), GeometryError> {
        let found = self.need(wanted)?;
        if found.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(self.fail(format!("{} where '{wanted}' should be", shown(found)))) }
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, GeometryError> {
        let found = self.need(what)?;
        found.parse().map_err(|_| self.fail(format!("{} is no {what}", shown(found))))
    }

    /// A count that the rest of the text can hold, one item in two bytes at least.
    pub(crate) fn count(&mut self, what: &str) -> Result<usize, GeometryError> {
        let count: u64 = self.number(what)?;
        let most = self.left() as u64 / 2 + 1;
        if count <= most {
            Ok(count as usize)
        } else {
            Err(self.fail(format!("{what} = {count}, the file is too short for more than {most}")))
        }
    }

    pub(crate) fn point(&mut self, unit_m: f64) -> Result<[f64; 3], GeometryError> {
        let mut p = [0.0; 3];
        for x in &mut p {
            *x = self.number::<f64>("coordinate")? * unit_m;
        }
        Ok(p)
    }
}
