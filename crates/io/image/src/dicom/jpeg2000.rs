//! JPEG 2000 frames to stored values.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{damaged, unsupported};
use crate::ImageError;

/// Decode one grey frame of `columns` × `rows` pixels to its stored values.
pub(super) fn decode(bytes: &[u8], columns: u32, rows: u32) -> Result<Vec<i32>, ImageError> {
    let stream = codestream(bytes).ok_or_else(|| damaged("JPEG 2000", "no code stream"))?;
    // A decoder fills in what is missing at the end; a picture that was cut short must not look whole.
    // Fragments have an even length: one byte, of any value, may follow the end.
    if !matches!(stream, [.., 0xFF, 0xD9] | [.., 0xFF, 0xD9, _]) {
        return Err(damaged("JPEG 2000", "the code stream has no end: it is cut short"));
    }
    let (signed, components) = size_marker(stream).ok_or_else(|| damaged("JPEG 2000", "no image size"))?;
    if components != 1 {
        return Err(unsupported(format_args!("JPEG 2000 with {components} components")));
    }
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
    let image = Image::new(stream, &settings).map_err(|e| damaged("JPEG 2000", e))?;
    if (image.width(), image.height()) != (columns, rows) {
        let what = format!("{} x {} pixels instead of {columns} x {rows}", image.width(), image.height());
        return Err(damaged("JPEG 2000", what));
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|e| damaged("JPEG 2000", e))?;
    let component = decoded.components().first().ok_or_else(|| damaged("JPEG 2000", "no component"))?;
    let bits = component.bit_depth();
    if bits > 24 {
        return Err(unsupported(format_args!("JPEG 2000 of {bits} bits")));
    }
    // The decoder shifts every component up by half its range, as unsigned ones need; signed ones go back.
    let shift = if signed { 1 << (bits - 1) } else { 0 };
    let range = (1_i32 << bits) - 1;
    Ok(component.samples().iter().map(|v| ((v + 0.5).floor() as i32).clamp(0, range) - shift).collect())
}

/// The code stream itself, bare or in a JP2 box.
fn codestream(bytes: &[u8]) -> Option<&[u8]> {
    const START: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];
    if bytes.starts_with(START) {
        return Some(bytes);
    }
    bytes.windows(4).take(4096).position(|w| w == START).map(|at| &bytes[at..])
}

/// Sign of the first component and number of components: Rec. ITU-T T.800, A.5.1.
fn size_marker(stream: &[u8]) -> Option<(bool, u16)> {
    let components = u16::from_be_bytes(stream.get(40..42)?.try_into().ok()?);
    Some((stream.get(42)? & 0x80 != 0, components))
}
