//! A look at the tags before the parser sees them.
//!
//! The XML parser compares each attribute with all others of its element and hands each namespace down to all elements
//! inside; a hostile text of a few megabytes could keep it busy for hours. One linear pass bounds attributes, namespaces
//! and depth. It need not know XML well: what it lets pass wrongly, the parser refuses.

use crate::DescriptionError;

/// Deepest nesting of elements.
pub const URDF_DEPTH_MAX: u32 = 64;
/// Most attributes of one element.
pub const URDF_ATTRIBUTE_COUNT_MAX: u32 = 64;
/// Most namespace declarations of a file.
const NAMESPACE_COUNT_MAX: u32 = 64;

/// Check the bounds of a text.
pub(crate) fn check(text: &str) -> Result<(), DescriptionError> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut namespaces) = (0, 0_u32, 0_u32);
    while let Some(open) = find(bytes, at, b"<") {
        let rest = &bytes[open..];
        let skip = |start: usize, end: &[u8]| find(bytes, open + start, end).map_or(bytes.len(), |e| e + end.len());
        if rest.starts_with(b"<!--") {
            at = skip(4, b"-->");
        } else if rest.starts_with(b"<![CDATA[") {
            at = skip(9, b"]]>");
        } else if rest.starts_with(b"<?") {
            at = skip(2, b"?>");
        } else {
            let tag = scan_tag(rest);
            namespaces = namespaces.saturating_add(tag.namespaces);
            if tag.attributes > URDF_ATTRIBUTE_COUNT_MAX {
                return Err(fail(text, open, &format!("an element has more than {URDF_ATTRIBUTE_COUNT_MAX} attributes")));
            }
            if namespaces > NAMESPACE_COUNT_MAX {
                return Err(fail(text, open, &format!("more than {NAMESPACE_COUNT_MAX} namespaces are declared")));
            }
            if rest.starts_with(b"</") {
                depth = depth.saturating_sub(1);
            } else if !tag.closes_itself {
                depth += 1;
            }
            if depth > URDF_DEPTH_MAX {
                return Err(fail(text, open, &format!("elements are nested deeper than {URDF_DEPTH_MAX}")));
            }
            at = open + tag.length;
        }
    }
    Ok(())
}

struct Tag {
    length: usize,
    attributes: u32,
    namespaces: u32,
    closes_itself: bool,
}

/// From `<` to the `>` outside quotes, or to the end.
fn scan_tag(bytes: &[u8]) -> Tag {
    let mut tag = Tag { length: bytes.len(), attributes: 0, namespaces: 0, closes_itself: false };
    let mut quote = None;
    for (index, &byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(q), b) if q == b => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => tag.attributes = tag.attributes.saturating_add(1),
            (None, b'x') if bytes[index..].starts_with(b"xmlns") => tag.namespaces = tag.namespaces.saturating_add(1),
            (None, b'>') => {
                tag.length = index + 1;
                tag.closes_itself = index > 0 && bytes[index - 1] == b'/';
                break;
            }
            (None, _) => {}
        }
    }
    tag
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let tail = bytes.get(from..)?;
    tail.windows(what.len()).position(|w| w == what).map(|i| from + i)
}

fn fail(text: &str, at: usize, what: &str) -> DescriptionError {
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() as u32 + 1;
    DescriptionError::Xml { line, column, what: what.into() }
}
