//! Stored values of frames: packed or not, 8 to 32 bits, signed or not.

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::{PixelDecoder, PixelRepresentation};

use super::attributes::{text, whole};
use super::{damaged, jpeg2000, jpegls, unsupported};
use crate::{ImageError, PIXEL_COUNT_MAX, SIDE_MAX_PX};

/// Most pixels of one object.
const OBJECT_PIXELS_MAX: u64 = 1 << 29;

/// Size and number of an object's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub columns: u32,
    pub rows: u32,
    pub frames: u32,
}

/// What the object announces, within limits.
pub(super) fn shape(object: &DefaultDicomObject) -> Result<Shape, ImageError> {
    let columns = whole(object, tags::COLUMNS).ok_or_else(|| damaged("(0028,0011) Columns", "absent: the object holds no picture"))?;
    let rows = whole(object, tags::ROWS).ok_or_else(|| damaged("(0028,0010) Rows", "absent: the object holds no picture"))?;
    let frames = whole(object, tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
    let side = 1..=SIDE_MAX_PX;
    let pixels = u64::from(columns) * u64::from(rows);
    if !side.contains(&columns) || !side.contains(&rows) || pixels > PIXEL_COUNT_MAX || pixels * u64::from(frames) > OBJECT_PIXELS_MAX {
        return Err(damaged(
            "Rows, Columns, NumberOfFrames",
            format_args!("{columns} x {rows} x {frames} pixels; at most {OBJECT_PIXELS_MAX} are read"),
        ));
    }
    Ok(Shape { columns, rows, frames })
}

/// Values of all frames as they are stored, one after the other, as whole numbers; or as `f32`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Whole(Vec<i32>),
    Float(Vec<f32>),
}

/// Read the pixels of a grey object.
pub(super) fn stored(object: &DefaultDicomObject, shape: Shape) -> Result<Stored, ImageError> {
    let samples = whole(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    if samples != 1 {
        return Err(unsupported(format_args!("{samples} samples in a pixel: colour is no volume")));
    }
    let count = shape.columns as usize * shape.rows as usize * shape.frames as usize;
    if let Some(floats) = object.get(tags::FLOAT_PIXEL_DATA) {
        let values = floats.to_multi_float32().map_err(|e| damaged("(7FE0,0008) FloatPixelData", e))?;
        return if values.len() >= count { Ok(Stored::Float(values[..count].to_vec())) } else { Err(short(values.len(), count)) };
    }
    if object.get(tags::PIXEL_DATA).is_none() {
        return Err(damaged("(7FE0,0010) PixelData", "absent"));
    }
    match object.meta().transfer_syntax() {
        "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => packed(object, shape, jpeg2000::decode).map(Stored::Whole),
        syntax @ ("1.2.840.10008.1.2.4.51" | "1.2.840.10008.1.2.4.53" | "1.2.840.10008.1.2.4.55") => {
            Err(unsupported(format_args!("transfer syntax {syntax} (JPEG of 12 bits)")))
        }
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => packed(object, shape, jpegls::decode).map(Stored::Whole),
        _ => decoded(object, shape, count).map(Stored::Whole),
    }
}

fn short(found: usize, wanted: usize) -> ImageError {
    damaged("(7FE0,0010) PixelData", format_args!("{found} values where {wanted} are announced: the file is cut short"))
}

/// Frames that a decoder of ours takes one by one.
fn packed(
    object: &DefaultDicomObject,
    shape: Shape,
    decode: impl Fn(&[u8], u32, u32) -> Result<Vec<i32>, ImageError>,
) -> Result<Vec<i32>, ImageError> {
    use dicom_encoding::adapters::PixelDataObject;
    let mut out = Vec::new();
    for frame in 0..shape.frames {
        let bytes =
            object.frame_pixel_data(frame).ok_or_else(|| damaged("(7FE0,0010) PixelData", format_args!("frame {frame} is absent")))?;
        out.extend(decode(&bytes, shape.columns, shape.rows)?);
    }
    // Some writers leave the sign out of the code stream: what the data set says is right (CP-1565).
    let (bits, signed) = (whole(object, tags::BITS_STORED).unwrap_or(16), whole(object, tags::PIXEL_REPRESENTATION) == Some(1));
    if signed && (2..=24).contains(&bits) && out.iter().any(|v| *v >= 1 << (bits - 1)) {
        out.iter_mut().filter(|v| **v >= 1 << (bits - 1)).for_each(|v| *v -= 1 << bits);
    }
    Ok(out)
}

fn decoded(object: &DefaultDicomObject, shape: Shape, count: usize) -> Result<Vec<i32>, ImageError> {
    let photometric = text(object, tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
    if photometric.starts_with("PALETTE") {
        return Err(unsupported("colours from a palette"));
    }
    let pixels = object.decode_pixel_data().map_err(|e| {
        let what = e.to_string();
        // The registry's words for a syntax without a decoder.
        let without = what.to_ascii_lowercase().contains("unsupported") || what.contains("not support");
        if without { unsupported(what) } else { damaged("(7FE0,0010) PixelData", what) }
    })?;
    if (pixels.columns(), pixels.rows()) != (shape.columns, shape.rows) {
        return Err(damaged("(7FE0,0010) PixelData", "another size than Rows and Columns say"));
    }
    let signed = pixels.pixel_representation() == PixelRepresentation::Signed;
    let (stored, high) = (u32::from(pixels.bits_stored()), u32::from(pixels.high_bit()));
    let allocated = u32::from(pixels.bits_allocated());
    if !(1..=allocated).contains(&stored) || high + 1 < stored || high >= allocated {
        return Err(damaged("BitsStored, HighBit", format_args!("{stored} bits up to bit {high} of {allocated}")));
    }
    let data = pixels.data();
    let wide: Vec<u32> = match allocated {
        8 => data.iter().map(|b| u32::from(*b)).collect(),
        16 => data.as_chunks::<2>().0.iter().map(|b| u32::from(u16::from_le_bytes(*b))).collect(),
        32 => data.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect(),
        other => return Err(unsupported(format_args!("{other} bits in a pixel"))),
    };
    if wide.len() < count {
        return Err(short(wide.len(), count));
    }
    // Bits above the stored ones may hold overlays: they go, and the sign is drawn out from the highest stored bit.
    let (left, right) = (31 - high, 32 - stored);
    Ok(wide[..count].iter().map(|v| if signed { (v << left).cast_signed() >> right } else { (v << left >> right).cast_signed() }).collect())
}
