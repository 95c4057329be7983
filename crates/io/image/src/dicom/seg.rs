//! DICOM segmentations (DICOM-SEG) to one label map.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use proband_core::Warnings;
use proband_volume::Volume;

use super::attributes::{Frame, items, number, text, whole};
use super::open::open;
use super::pixels::{self, Shape};
use super::slice::geometry;
use super::{damaged, unsupported};
use crate::ImageError;
use crate::volume::samples::grid_lps;

/// Segmentation Storage.
pub(super) const SOP_CLASS: &str = "1.2.840.10008.5.1.4.1.1.66.4";

/// One segment of a segmentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number in the file, and its value in the label map.
    pub number: u8,
    /// What the file calls it.
    pub label: String,
    /// Meaning of its coded type: the name that others can rely on.
    pub meaning: String,
    /// Voxels that the file gives it, those too that a later segment took in the label map.
    pub voxel_count: u64,
}

/// A label map and what its values mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// 0 outside of every segment; where segments overlap, the highest number.
    pub labels: Volume<u8>,
    /// Segments by number.
    pub segments: Vec<Segment>,
    /// Frames in the file.
    pub frame_count: u32,
}

/// Where one frame lies and what it belongs to.
struct Place {
    segment: u8,
    position_mm: [f64; 3],
    height_mm: f64,
}

/// Read a segmentation. Frames may come in any order, and empty ones may be absent.
///
/// # Errors
/// [`ImageError`] when the file is damaged, is no segmentation, or its frames do not lie on one grid.
pub fn read_dicom_seg(bytes: &[u8], warnings: &Warnings) -> Result<Segmentation, ImageError> {
    let object = open(bytes)?;
    if object.meta().media_storage_sop_class_uid().trim_end_matches('\0') != SOP_CLASS {
        return Err(unsupported("not a segmentation object"));
    }
    let shape = pixels::shape(&object)?;
    let mut segments = segments(&object)?;
    let shared = items(&object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    let own = items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    if own.len() != shape.frames as usize {
        return Err(damaged(
            "(5200,9230) PerFrameFunctionalGroupsSequence",
            format_args!("{} items for {} frames", own.len(), shape.frames),
        ));
    }
    let frames: Vec<_> = own.iter().map(|own| Frame { own: Some(own), shared, object: &object }).collect();
    let (_, orientation, spacing) = geometry(&frames[0]);
    let [a, b, c, d, e, f] = orientation.ok_or_else(|| damaged("(0020,0037) ImageOrientationPatient", "absent"))?;
    let [dx, dy] = spacing.ok_or_else(|| damaged("(0028,0030) PixelSpacing", "absent"))?;
    let normal = [b * f - c * e, c * d - a * f, a * e - b * d];
    let places = frames.iter().map(|frame| place(frame, normal)).collect::<Result<Vec<_>, _>>()?;
    let gap = frames[0].numbers::<1>(tags::PIXEL_MEASURES_SEQUENCE, tags::SPACING_BETWEEN_SLICES).map(|[g]| g).filter(|g| *g > 0.0);
    let (first, step, count) = levels(&places, gap, warnings)?;
    let grid = grid_lps(
        [shape.columns, shape.rows, count],
        first,
        [[a * dx, b * dx, c * dx], [d * dy, e * dy, f * dy], normal.map(|n| n * step)],
        [1.0; 3],
        1e-3,
        super::FORMAT,
    )?;
    let mut labels = Volume::filled(grid, 0_u8);
    let masks = Masks::new(&object, shape, warnings)?;
    let (pixels, base) = (shape.columns as usize * shape.rows as usize, places.iter().map(|p| p.height_mm).fold(f64::INFINITY, f64::min));
    let mut overlap = 0_u64;
    for (index, place) in places.iter().enumerate() {
        let level = ((place.height_mm - base) / step).round() as usize;
        let segment = segments.entry(place.segment).or_insert_with(|| undescribed(place.segment));
        for (at, label) in labels.data_mut()[level * pixels..(level + 1) * pixels].iter_mut().enumerate() {
            if masks.get(index * pixels + at) {
                segment.voxel_count += 1;
                overlap += u64::from(*label != 0 && *label != place.segment);
                *label = (*label).max(place.segment);
            }
        }
    }
    if overlap > 0 {
        warnings.note("segments", format!("overlap in {overlap} voxels; the label map keeps the highest number"));
    }
    Ok(Segmentation { labels, segments: segments.into_values().collect(), frame_count: shape.frames })
}

fn undescribed(number: u8) -> Segment {
    Segment { number, label: String::new(), meaning: String::new(), voxel_count: 0 }
}

fn segments(object: &DefaultDicomObject) -> Result<BTreeMap<u8, Segment>, ImageError> {
    let mut out = BTreeMap::new();
    for item in items(object, tags::SEGMENT_SEQUENCE) {
        let number = segment_number(whole(item, tags::SEGMENT_NUMBER))?;
        let coded = items(item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE).first();
        let meaning = coded.and_then(|code| text(code, tags::CODE_MEANING)).unwrap_or_default();
        let label = text(item, tags::SEGMENT_LABEL).unwrap_or_default();
        out.insert(number, Segment { label, meaning, ..undescribed(number) });
    }
    Ok(out)
}

fn segment_number(number: Option<u32>) -> Result<u8, ImageError> {
    match number.map(u8::try_from) {
        Some(Ok(number)) if number > 0 => Ok(number),
        Some(_) => Err(unsupported("a segment's number above 255")),
        None => Err(damaged("(0062,0004) SegmentNumber", "absent")),
    }
}

fn place(frame: &Frame<'_>, normal: [f64; 3]) -> Result<Place, ImageError> {
    let (position, _, _) = geometry(frame);
    let position_mm = position.ok_or_else(|| damaged("(0020,0032) ImagePositionPatient", "absent in a frame"))?;
    let item = frame.item(tags::SEGMENT_IDENTIFICATION_SEQUENCE);
    let segment = segment_number(item.and_then(|i| whole(i, tags::REFERENCED_SEGMENT_NUMBER)))?;
    let height_mm = position_mm.iter().zip(normal).map(|(p, n)| p * n).sum();
    Ok(Place { segment, position_mm, height_mm })
}

/// Lowest position, step and number of levels: the step is the smallest distance between positions.
fn levels(places: &[Place], gap: Option<f64>, warnings: &Warnings) -> Result<([f64; 3], f64, u32), ImageError> {
    let mut heights: Vec<f64> = places.iter().map(|p| p.height_mm).collect();
    heights.sort_by(f64::total_cmp);
    heights.dedup_by(|a, b| (*a - *b).abs() < 1e-3);
    let lowest = places.iter().min_by(|a, b| a.height_mm.total_cmp(&b.height_mm)).map_or([0.0; 3], |p| p.position_mm);
    let smallest = heights.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let step = match (smallest.is_finite(), gap) {
        (true, _) => smallest,
        (false, Some(gap)) => gap,
        (false, None) => {
            warnings.note("segmentation", "one level: 1 mm thick is assumed");
            1.0
        }
    };
    let span = heights[heights.len() - 1] - heights[0];
    let count = (span / step).round() + 1.0;
    let uneven = heights.iter().any(|h| {
        let level = (h - heights[0]) / step;
        (level - level.round()).abs() > 0.05
    });
    if uneven || count > 16_384.0 {
        return Err(unsupported("a segmentation whose frames do not lie on one grid"));
    }
    Ok((lowest, step, count as u32))
}

/// Which pixels of all frames belong to their segment.
enum Masks {
    /// One bit for each pixel, least significant first, across the borders of frames.
    Bits(Vec<u8>),
    Bytes(Vec<bool>),
}

impl Masks {
    fn new(object: &DefaultDicomObject, shape: Shape, warnings: &Warnings) -> Result<Self, ImageError> {
        let count = shape.columns as usize * shape.rows as usize * shape.frames as usize;
        if whole(object, tags::BITS_ALLOCATED) == Some(1) {
            let element = object.get(tags::PIXEL_DATA).ok_or_else(|| damaged("(7FE0,0010) PixelData", "absent"))?;
            let bytes = element.to_bytes().map_err(|_| unsupported("packed bits of a segmentation"))?;
            if bytes.len() < count.div_ceil(8) {
                return Err(damaged("(7FE0,0010) PixelData", format_args!("{} bytes for {count} bits", bytes.len())));
            }
            return Ok(Self::Bits(bytes.into_owned()));
        }
        let pixels::Stored::Whole(values) = pixels::stored(object, shape)? else {
            return Err(unsupported("a segmentation of floating-point values"));
        };
        let fractional = text(object, tags::SEGMENTATION_TYPE).as_deref() == Some("FRACTIONAL");
        let half = if fractional { number(object, tags::MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255.0) / 2.0 } else { 0.5 };
        if fractional {
            warnings.note("(0062,0001) SegmentationType", "FRACTIONAL: half or more counts as inside");
        }
        Ok(Self::Bytes(values.iter().map(|v| f64::from(*v) >= half).collect()))
    }

    fn get(&self, at: usize) -> bool {
        match self {
            Self::Bits(bytes) => bytes.get(at / 8).is_some_and(|b| b >> (at % 8) & 1 == 1),
            Self::Bytes(all) => all.get(at).copied().unwrap_or(false),
        }
    }
}
