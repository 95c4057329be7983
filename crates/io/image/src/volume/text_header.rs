//! Numbers in the text headers of NRRD and MetaImage.

use crate::ImageError;

/// Longest text header [bytes].
pub(crate) const TEXT_HEADER_BYTES_MAX: usize = 1 << 20;

/// The line that starts at `at`, without its end, and where the next one starts.
pub(crate) fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let window = &rest[..rest.len().min(TEXT_HEADER_BYTES_MAX)];
    let end = window.iter().position(|b| *b == b'\n')?;
    Some((window[..end].strip_suffix(b"\r").unwrap_or(&window[..end]), at + end + 1))
}

/// Numbers separated by spaces.
pub(crate) fn numbers(format: &'static str, field: &str, text: &str) -> Result<Vec<f64>, ImageError> {
    text.split_whitespace()
        .map(|word| {
            word.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| ImageError::Damaged {
                format,
                place: "header",
                what: format!("{field}: \"{}\" is no number", shorten(word)),
            })
        })
        .collect()
}

/// Text that may stand in an error: short, and without control characters.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Sides that a grid may have.
pub(crate) fn sides(format: &'static str, field: &str, text: &str) -> Result<Vec<u64>, ImageError> {
    numbers(format, field, text)?
        .into_iter()
        .map(|v| {
            if (1.0..=1e9).contains(&v) && v.fract() == 0.0 {
                Ok(v as u64)
            } else {
                Err(ImageError::Damaged { format, place: "header", what: format!("{field}: {v} is no size of 1 or more") })
            }
        })
        .collect()
}
