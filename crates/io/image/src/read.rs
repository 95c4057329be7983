//! JPEG and PNG from bytes, within limits.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use proband_volume::Plane;

use crate::{ImageError, Picture};

/// Longest side that is read [px].
pub const SIDE_MAX_PX: u32 = 16_384;
/// Most pixels that are read.
pub const PIXEL_COUNT_MAX: u64 = 1 << 26;
/// Largest file that is read [bytes].
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// Most memory that a decoder may take [bytes].
const DECODER_BYTES_MAX: u64 = 1 << 30;

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX_PX);
    limits.max_image_height = Some(SIDE_MAX_PX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    limits
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ImageError::FileTooLarge { bytes: bytes.len() as u64, max: FILE_BYTES_MAX });
    }
    let (kind, format) = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        (ImageFormat::Jpeg, "JPEG")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        (ImageFormat::Png, "PNG")
    } else {
        let found = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
        return Err(ImageError::UnknownFormat { expected: "JPEG or PNG", found: if found.is_empty() { "nothing".into() } else { found } });
    };
    let reader = || {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), kind);
        reader.limits(limits());
        reader
    };
    let damaged = |place| move |error: image::ImageError| ImageError::Damaged { format, place, what: error.to_string() };
    // The header alone says the size: nothing large is allocated for a bomb.
    let (width, height) = reader().into_dimensions().map_err(damaged("header"))?;
    let side = 1..=SIDE_MAX_PX;
    if !side.contains(&width) || !side.contains(&height) || u64::from(width) * u64::from(height) > PIXEL_COUNT_MAX {
        return Err(ImageError::BadSize { format, width, height, side_max: SIDE_MAX_PX, pixel_max: PIXEL_COUNT_MAX });
    }
    reader().decode().map_err(damaged("pixels"))
}

/// Read a JPEG or PNG as grey values, 0 black to 1 white, shape [height, width].
///
/// Colours are weighted by Rec. 709; values are taken as stored (gamma-encoded), transparency is ignored.
///
/// # Errors
/// [`ImageError`] that names the place: first bytes, header, pixels.
pub fn read_grey(bytes: &[u8]) -> Result<Plane<f32>, ImageError> {
    let picture = decode(bytes)?;
    let (width, height) = (picture.width(), picture.height());
    let data: Vec<f32> = match picture {
        DynamicImage::ImageLuma8(grey) => grey.as_raw().iter().map(|v| f32::from(*v) / 255.0).collect(),
        DynamicImage::ImageLuma16(grey) => grey.as_raw().iter().map(|v| f32::from(*v) / 65_535.0).collect(),
        other => {
            let weigh = |p: &[u8]| (0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2])) / 255.0;
            other.to_rgb8().as_raw().chunks_exact(3).map(weigh).collect()
        }
    };
    Plane::new(width, height, data).map_err(|e| ImageError::Damaged { format: "picture", place: "pixels", what: e.to_string() })
}

/// Read a JPEG or PNG in colour.
///
/// # Errors
/// As [`read_grey`].
pub fn read_colour(bytes: &[u8]) -> Result<Picture, ImageError> {
    let picture = decode(bytes)?.to_rgb8();
    let (width, height) = picture.dimensions();
    let data = picture.as_raw().chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    Plane::new(width, height, data).map(Picture::new).map_err(|e| ImageError::Damaged {
        format: "picture",
        place: "pixels",
        what: e.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{write_png_colour, write_png_grey};

    fn png() -> Vec<u8> {
        write_png_grey(&Plane::from_fn(40, 30, |x, y| ((x * y) % 7) as f32 / 7.0).unwrap()).unwrap()
    }

    /// Read back what was written, within half a grey level.
    #[test]
    fn a_png_survives() {
        let plane = Plane::from_fn(33, 17, |x, y| (x + y) as f32 / 48.0).unwrap();
        let back = read_grey(&write_png_grey(&plane).unwrap()).unwrap();
        assert!(plane.samples().iter().zip(back.samples()).all(|(a, b)| (a - b).abs() < 0.6 / 255.0));
        let colour = Picture::new(Plane::from_fn(9, 5, |x, y| [x as u8 * 20, y as u8 * 40, 7]).unwrap());
        assert_eq!(read_colour(&write_png_colour(&colour).unwrap()).unwrap(), colour);
    }

    /// Say where a picture is wrong.
    #[test]
    fn errors_name_the_place() {
        let text = |bytes: &[u8]| read_grey(bytes).unwrap_err().to_string();
        assert!(text(b"GIF89a").starts_with("first bytes"));
        assert!(text(b"").contains("nothing"));
        let whole = png();
        assert!(text(&whole[..whole.len() / 2]).starts_with("PNG"));
        assert!(text(&whole[..20]).starts_with("PNG header"));
        assert!(text(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).starts_with("JPEG"));
        // Width and height stand at bytes 16 to 24 of a PNG, then a checksum guards them.
        for (width, height) in [(0_u32, 30_u32), (60_000, 30), (16_000, 16_000)] {
            let mut bomb = whole.clone();
            bomb[16..20].copy_from_slice(&width.to_be_bytes());
            bomb[20..24].copy_from_slice(&height.to_be_bytes());
            let crc = crc32(&bomb[12..29]);
            bomb[29..33].copy_from_slice(&crc.to_be_bytes());
            assert!(text(&bomb).starts_with("PNG header"), "{}", text(&bomb));
        }
    }

    /// Checksum of a PNG chunk (ISO 3309), for forged headers.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
        })
    }

    proptest! {
        /// Take any bytes to a picture or an error.
        #[test]
        fn any_bytes_are_a_picture_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0_u8..3) {
            let head: &[u8] = match kind { 0 => b"\x89PNG\r\n\x1a\n", 1 => &[0xFF, 0xD8, 0xFF], _ => &[] };
            let _ = read_grey(&[head, &bytes].concat());
        }

        /// Take a picture with any byte changed to a picture or an error.
        #[test]
        fn a_damaged_picture_is_a_picture_or_an_error(at in 0_usize..400, value in any::<u8>(), cut in 0_usize..400) {
            let mut bytes = png();
            let (at, cut) = (at % bytes.len(), cut % bytes.len());
            bytes[at] = value;
            let _ = read_grey(&bytes);
            let _ = read_colour(&bytes[..cut]);
        }
    }
}
