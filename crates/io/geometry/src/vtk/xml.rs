//! Elements of an XML text, one after the other: as much XML as VTK writes, in one pass.
//!
//! No entities are expanded and no document type is read, so nothing can grow or be fetched.

use crate::error::{GeometryError, damaged, shown};

/// An opening tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
    /// Names of the elements around it, outermost first.
    pub(crate) path: Vec<&'a str>,
    /// Text up to the next tag.
    pub(crate) text: &'a [u8],
    /// Place of the first byte after the tag.
    pub(crate) end: usize,
}

impl<'a> Element<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    /// The element that directly contains this one.
    pub(crate) fn parent(&self) -> &'a str {
        self.path.last().copied().unwrap_or("")
    }
}

const DEPTH_MAX: usize = 32;
const ATTRIBUTE_COUNT_MAX: usize = 64;

/// Every element of a text up to `AppendedData`, behind which bytes may be anything.
pub(crate) fn elements<'a>(format: &'static str, bytes: &'a [u8]) -> Result<Vec<Element<'a>>, GeometryError> {
    let mut out: Vec<Element<'a>> = Vec::new();
    let mut open: Vec<&'a str> = Vec::new();
    let mut at = 0;
    let fail = |at: usize, what: String| damaged(format, format!("byte {at}"), what);
    while let Some(start) = find(bytes, at, b"<") {
        let rest = &bytes[start..];
        if rest.starts_with(b"<!--") {
            at = find(bytes, start + 4, b"-->").map_or(bytes.len(), |e| e + 3);
            continue;
        }
        let Some(close) = tag_end(bytes, start) else { return Err(fail(start, "a tag that does not end".into())) };
        let inside = std::str::from_utf8(&bytes[start + 1..close]).map_err(|_| fail(start, "a tag that is no text".into()))?;
        at = close + 1;
        if inside.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = inside.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return Err(fail(start, format!("{} closes what is not open", shown(name))));
            }
            continue;
        }
        let closes_itself = inside.ends_with('/');
        let body = inside.strip_suffix('/').unwrap_or(inside);
        let name_end = body.find(|c: char| c.is_ascii_whitespace()).unwrap_or(body.len());
        let attributes = attributes(&body[name_end..]).ok_or_else(|| fail(start, "attributes that cannot be read".into()))?;
        let text_end = find(bytes, at, b"<").unwrap_or(bytes.len());
        let name = &body[..name_end];
        let is_appended = name == "AppendedData";
        out.push(Element { name, attributes, path: open.clone(), text: &bytes[at..text_end], end: at });
        if is_appended {
            return Ok(out);
        }
        if !closes_itself {
            open.push(name);
            if open.len() > DEPTH_MAX {
                return Err(fail(start, format!("elements are nested deeper than {DEPTH_MAX}")));
            }
        }
    }
    if let Some(name) = open.last() { Err(fail(bytes.len(), format!("the file ends inside of {}", shown(name)))) } else { Ok(out) }
}

pub(crate) fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|w| w == what).map(|p| p + from)
}

/// The `>` that ends a tag, outside quotes.
fn tag_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut quote = None;
    for (i, &b) in bytes.iter().enumerate().skip(start) {
        match (quote, b) {
            (Some(q), _) if q == b => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'>') => return Some(i),
            (None, _) => {}
        }
    }
    None
}

fn attributes(mut text: &str) -> Option<Vec<(&str, &str)>> {
    let mut out = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return Some(out);
        }
        let equals = text.find('=')?;
        let name = text[..equals].trim();
        let after = text[equals + 1..].trim_start();
        let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'')?;
        let end = after[1..].find(quote)?;
        out.push((name, &after[1..=end]));
        if out.len() > ATTRIBUTE_COUNT_MAX {
            return None;
        }
        text = &after[end + 2..];
    }
}
