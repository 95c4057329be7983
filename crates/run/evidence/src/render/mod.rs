//! Shaded pictures of the arm by a software z-buffer: no graphics card, same bits everywhere.

mod camera;
mod mesh;
mod raster;
mod scene;

pub(crate) use camera::Camera;
pub(crate) use mesh::Mesh;
pub(crate) use raster::{Material, Raster, linear};
pub(crate) use scene::{Rendering, fit, views};

use crate::EvidenceError;

/// Encode 8-bit RGB pixels as PNG.
pub(crate) fn encode_png(name: &str, width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let failed = |e: png::EncodingError| EvidenceError::Picture { name: name.into(), what: e.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgb).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
