//! One slice: where it lies and what it shows.

use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use proband_core::Warnings;

use super::attributes::{Frame, items, number, numbers, text, whole};
use super::pixels::{self, Shape, Stored};
use crate::ImageError;

/// Values of one slice after rescaling.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Whole numbers that fit 16 bits.
    Whole(Vec<i16>),
    /// All others.
    Float(Vec<f32>),
}

/// A slice in the patient [mm, LPS].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slice {
    /// SeriesInstanceUID; never leaves this crate.
    pub series: String,
    pub modality: String,
    pub columns: u32,
    pub rows: u32,
    /// Directions along a row and down a column.
    pub along: [f64; 3],
    pub down: [f64; 3],
    /// Distance between columns, then between rows [mm].
    pub spacing_mm: [f64; 2],
    pub position_mm: [f64; 3],
    /// Whether the file said where the slice lies.
    pub placed: bool,
    /// SpacingBetweenSlices, for frames without a place [mm].
    pub gap_mm: Option<f64>,
    pub acquisition: u32,
    pub values: Values,
}

/// All slices of an object.
pub(super) fn slices(object: &DefaultDicomObject, warnings: &Warnings) -> Result<Vec<Slice>, ImageError> {
    let shape = pixels::shape(object)?;
    let stored = pixels::stored(object, shape)?;
    if text(object, tags::PHOTOMETRIC_INTERPRETATION).as_deref() == Some("MONOCHROME1") {
        warnings.note("(0028,0004) PhotometricInterpretation", "MONOCHROME1: small values are bright; values kept as stored");
    }
    if object.get(tags::MODALITY_LUT_SEQUENCE).is_some() {
        warnings.note("(0028,3000) ModalityLUTSequence", "not applied; values taken as stored");
    }
    let shared = items(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    let own = items(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    (0..shape.frames)
        .map(|index| slice(object, Frame { own: own.get(index as usize), shared, object }, shape, &stored, index, warnings))
        .collect()
}

/// Position, row and column direction, and distance between columns and rows of a frame [mm].
type Geometry = (Option<[f64; 3]>, Option<[f64; 6]>, Option<[f64; 2]>);

/// Where a frame says that it lies.
pub(super) fn geometry(frame: &Frame<'_>) -> Geometry {
    (
        frame.numbers(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT),
        frame.numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT),
        frame.numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING).map(|[rows, columns]: [f64; 2]| [columns, rows]),
    )
}

fn slice(
    object: &InMemDicomObject,
    frame: Frame<'_>,
    shape: Shape,
    stored: &Stored,
    index: u32,
    warnings: &Warnings,
) -> Result<Slice, ImageError> {
    let (position, orientation, spacing) = geometry(&frame);
    let placed = position.is_some() && orientation.is_some();
    if !placed {
        warnings
            .note("(0020,0032) ImagePositionPatient", "position or orientation absent: frames are stacked as they come, from the origin");
    }
    let spacing_mm = spacing.or_else(|| numbers(object, tags::IMAGER_PIXEL_SPACING).map(|[r, c]: [f64; 2]| [c, r])).unwrap_or_else(|| {
        warnings.note("(0028,0030) PixelSpacing", "absent; 1 mm assumed");
        [1.0; 2]
    });
    let [a, b, c, d, e, f] = orientation.filter(|_| placed).unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let gap_mm = number(object, tags::SPACING_BETWEEN_SLICES).filter(|g| *g > 0.0);
    let slope = frame.numbers::<1>(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tags::RESCALE_SLOPE).map_or(1.0, |[v]| v);
    let intercept = frame.numbers::<1>(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tags::RESCALE_INTERCEPT).map_or(0.0, |[v]| v);
    let modality = text(object, tags::MODALITY).unwrap_or_default();
    let padding = object.get(tags::PIXEL_PADDING_VALUE).and_then(|e| e.to_int::<i32>().ok()).filter(|_| modality == "CT");
    Ok(Slice {
        series: text(object, tags::SERIES_INSTANCE_UID).unwrap_or_default(),
        modality,
        columns: shape.columns,
        rows: shape.rows,
        along: [a, b, c],
        down: [d, e, f],
        spacing_mm,
        position_mm: position.filter(|_| placed).unwrap_or([0.0, 0.0, f64::from(index) * gap_mm.unwrap_or(1.0)]),
        placed,
        gap_mm,
        acquisition: whole(object, tags::ACQUISITION_NUMBER).unwrap_or(0),
        values: rescaled(stored, shape, index, (slope, intercept), padding, warnings),
    })
}

/// CT value of air, which padding becomes [HU].
const AIR_HU: i16 = -1024;

fn rescaled(
    stored: &Stored,
    shape: Shape,
    index: u32,
    (slope, intercept): (f64, f64),
    padding: Option<i32>,
    warnings: &Warnings,
) -> Values {
    let count = shape.columns as usize * shape.rows as usize;
    let range = index as usize * count..(index as usize + 1) * count;
    let stored = match stored {
        Stored::Float(values) => return Values::Float(values[range].iter().map(|v| (f64::from(*v) * slope + intercept) as f32).collect()),
        Stored::Whole(values) => &values[range],
    };
    if padding.is_some_and(|p| stored.contains(&p)) {
        warnings.note("(0028,0120) PixelPaddingValue", "padded pixels became air, -1024 HU");
    }
    let whole = slope == slope.round() && intercept == intercept.round();
    let fits = |v: i32| {
        let scaled = f64::from(v) * slope + intercept;
        padding == Some(v) || (f64::from(i16::MIN)..=f64::from(i16::MAX)).contains(&scaled)
    };
    if whole && stored.iter().all(|v| fits(*v)) {
        let value = |v: &i32| if padding == Some(*v) { AIR_HU } else { (f64::from(*v) * slope + intercept) as i16 };
        return Values::Whole(stored.iter().map(value).collect());
    }
    let value = |v: &i32| if padding == Some(*v) { f32::from(AIR_HU) } else { (f64::from(*v) * slope + intercept) as f32 };
    Values::Float(stored.iter().map(value).collect())
}
