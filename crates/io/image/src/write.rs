//! PNG to bytes.

use png::{BitDepth, ColorType, Encoder};
use proband_volume::Plane;

use crate::{ImageError, Picture};

fn encode(width: u32, height: u32, colour: ColorType, data: &[u8]) -> Result<Vec<u8>, ImageError> {
    let failed = |error: png::EncodingError| ImageError::Write { format: "PNG", what: error.to_string() };
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(data).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}

/// Grey PNG of values 0 (black) to 1 (white); others are clamped, NaN is black.
///
/// # Errors
/// [`ImageError::Write`] when the encoder refuses.
pub fn write_png_grey(plane: &Plane<f32>) -> Result<Vec<u8>, ImageError> {
    let data: Vec<u8> = plane.samples().iter().map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect();
    encode(plane.width(), plane.height(), ColorType::Grayscale, &data)
}

/// Grey PNG of bytes, row by row, shape [height, width].
///
/// # Errors
/// [`ImageError::Write`] when there are not width times height bytes, or none.
pub fn write_png_grey8(width: u32, height: u32, data: &[u8]) -> Result<Vec<u8>, ImageError> {
    if data.len() as u64 != u64::from(width) * u64::from(height) {
        return Err(ImageError::Write { format: "PNG", what: format!("{} bytes for {width} x {height} pixels", data.len()) });
    }
    encode(width, height, ColorType::Grayscale, data)
}

/// Colour PNG.
///
/// # Errors
/// [`ImageError::Write`] when the encoder refuses.
pub fn write_png_colour(picture: &Picture) -> Result<Vec<u8>, ImageError> {
    let data: Vec<u8> = picture.pixels().samples().iter().flatten().copied().collect();
    encode(picture.pixels().width(), picture.pixels().height(), ColorType::Rgb, &data)
}
