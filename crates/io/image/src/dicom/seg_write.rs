//! A label map as a DICOM segmentation: binary, one bit for each pixel, empty frames left out.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use proband_core::Digest;
use proband_volume::Volume;

use super::seg::SOP_CLASS;
use crate::ImageError;

/// What one value of a label map means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentName {
    /// Value in the label map and number in the file, from 1.
    pub number: u8,
    /// A name for people, at most 64 characters.
    pub label: String,
    /// Code of the structure, as value, scheme and meaning: `("39607008", "SCT", "Lung")`.
    pub code: (String, String, String),
}

const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
const REGULAR_STEP: f64 = 1e-4;

fn wrong(what: impl std::fmt::Display) -> ImageError {
    ImageError::Write { format: super::FORMAT, what: super::text(what) }
}

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
    object.put(DataElement::new(tag, vr, value.into()));
}

fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

fn item(fill: impl FnOnce(&mut InMemDicomObject)) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    fill(&mut object);
    object
}

/// A number in at most 16 characters, as exact as they allow.
fn decimal(value: f64) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    let short = format!("{value}");
    if short.len() <= 16 {
        return short;
    }
    (0..=14).rev().map(|digits| format!("{value:.digits$}")).find(|text| text.len() <= 16).unwrap_or_else(|| format!("{value:.8e}"))
}

fn decimals(values: impl IntoIterator<Item = f64>) -> String {
    values.into_iter().map(decimal).collect::<Vec<_>>().join("\\")
}

/// An identifier that follows from what it names: `2.25.` and 128 bits of a digest (ITU-T X.667).
fn identifier(digest: &str, what: &str) -> String {
    let hash = Digest::of_bytes(format!("{digest} {what}").as_bytes()).to_string();
    let hex: String = hash.chars().filter(char::is_ascii_hexdigit).take(31).collect();
    format!("2.25.{}", u128::from_str_radix(&hex, 16).unwrap_or(1))
}

/// Write a label map as a DICOM segmentation. Values without a name are left out; the file names no patient.
///
/// The same label map gives the same bytes, identifiers included.
///
/// # Errors
/// [`ImageError::Write`] when the axes are not at right angles, a number is 0 or given twice, a name is too long, or nothing
/// is labelled.
pub fn write_dicom_seg(labels: &Volume<u8>, segments: &[SegmentName]) -> Result<Vec<u8>, ImageError> {
    check(segments)?;
    let grid = labels.grid();
    let spacing = grid.spacing_m();
    let axes: [[f64; 3]; 3] = std::array::from_fn(|a| (grid.step(a).0 / spacing[a]).into());
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        if axes[a].iter().zip(axes[b]).map(|(x, y)| x * y).sum::<f64>().abs() > REGULAR_STEP {
            return Err(wrong("the axes are not at right angles; resample first"));
        }
    }
    let [columns, rows, levels] = labels.size();
    let (columns, rows) = (u16::try_from(columns).map_err(wrong)?, u16::try_from(rows).map_err(wrong)?);
    let slice = usize::from(columns) * usize::from(rows);
    let (mut places, mut bits) = (Vec::new(), Vec::new());
    for segment in segments {
        for level in 0..levels as usize {
            let own = &labels.data()[level * slice..(level + 1) * slice];
            if own.contains(&segment.number) {
                pack(own, segment.number, places.len() * slice, &mut bits);
                places.push((segment.number, level));
            }
        }
    }
    if places.is_empty() {
        return Err(wrong("no voxel has a named label"));
    }
    if bits.len() % 2 == 1 {
        bits.push(0);
    }
    let digest = Digest::of_bytes(&bits).to_string();
    let own = identifier(&digest, "instance");
    let mut object = header(&digest, &own, segments);
    for (tag, value) in [
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 1),
        (tags::BITS_STORED, 1),
        (tags::HIGH_BIT, 0),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(&mut object, tag, VR::US, PrimitiveValue::from(value));
    }
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, places.len().to_string());
    put_items(&mut object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared(axes, spacing)]);
    let frames = places.iter().map(|(number, level)| {
        let p = grid.position([0.0, 0.0, *level as f64]).0;
        frame(*number, *level, [p.x, p.y, p.z])
    });
    put_items(&mut object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames.collect());
    put(&mut object, tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bits.into()));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(EXPLICIT_LITTLE)
        .media_storage_sop_class_uid(SOP_CLASS)
        .media_storage_sop_instance_uid(own);
    let mut out = Vec::new();
    object.with_meta(meta).map_err(wrong)?.write_all(&mut out).map_err(wrong)?;
    Ok(out)
}

fn check(segments: &[SegmentName]) -> Result<(), ImageError> {
    for (at, segment) in segments.iter().enumerate() {
        if segment.number == 0 || segments[..at].iter().any(|s| s.number == segment.number) {
            return Err(wrong(format_args!("segment number {} is 0 or given twice", segment.number)));
        }
        let (value, scheme, meaning) = &segment.code;
        if value.len() > 16 || scheme.len() > 16 || meaning.chars().count() > 64 || segment.label.chars().count() > 64 {
            return Err(wrong(format_args!("segment {}: a name or code is too long", segment.number)));
        }
    }
    Ok(())
}

/// Add one frame's bits, least significant first, from bit `start` on.
fn pack(labels: &[u8], number: u8, start: usize, bits: &mut Vec<u8>) {
    bits.resize((start + labels.len()).div_ceil(8), 0);
    for (at, _) in labels.iter().enumerate().filter(|(_, l)| **l == number) {
        bits[(start + at) / 8] |= 1 << ((start + at) % 8);
    }
}

fn header(digest: &str, own: &str, segments: &[SegmentName]) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    let dimension = identifier(digest, "dimension");
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY"),
        (tags::SOP_CLASS_UID, VR::UI, SOP_CLASS),
        (tags::SOP_INSTANCE_UID, VR::UI, own),
        (tags::STUDY_INSTANCE_UID, VR::UI, &identifier(digest, "study")),
        (tags::SERIES_INSTANCE_UID, VR::UI, &identifier(digest, "series")),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, &identifier(digest, "frame")),
        (tags::MODALITY, VR::CS, "SEG"),
        (tags::MANUFACTURER, VR::LO, "Proband"),
        (tags::PATIENT_NAME, VR::PN, ""),
        (tags::PATIENT_ID, VR::LO, ""),
        (tags::PATIENT_BIRTH_DATE, VR::DA, ""),
        (tags::PATIENT_SEX, VR::CS, ""),
        (tags::STUDY_DATE, VR::DA, ""),
        (tags::STUDY_TIME, VR::TM, ""),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
        (tags::STUDY_ID, VR::SH, ""),
        (tags::ACCESSION_NUMBER, VR::SH, ""),
        (tags::SERIES_NUMBER, VR::IS, "1"),
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
        (tags::CONTENT_LABEL, VR::CS, "PROBAND"),
        (tags::CONTENT_DESCRIPTION, VR::LO, "not for clinical use"),
        (tags::SEGMENTATION_TYPE, VR::CS, "BINARY"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
    ] {
        put(&mut object, tag, vr, value);
    }
    let organisation = item(|o| put(o, tags::DIMENSION_ORGANIZATION_UID, VR::UI, dimension.as_str()));
    put_items(&mut object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![organisation]);
    let index = |pointer: Tag, group: Tag| {
        item(|o| {
            put(o, tags::DIMENSION_ORGANIZATION_UID, VR::UI, dimension.as_str());
            put(o, tags::DIMENSION_INDEX_POINTER, VR::AT, PrimitiveValue::Tags([pointer].into_iter().collect()));
            put(o, tags::FUNCTIONAL_GROUP_POINTER, VR::AT, PrimitiveValue::Tags([group].into_iter().collect()));
        })
    };
    let indices = vec![
        index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE),
        index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE),
    ];
    put_items(&mut object, tags::DIMENSION_INDEX_SEQUENCE, indices);
    put_items(&mut object, tags::SEGMENT_SEQUENCE, segments.iter().map(described).collect());
    object
}

fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    item(|o| {
        put(o, tags::CODE_VALUE, VR::SH, value);
        put(o, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
        put(o, tags::CODE_MEANING, VR::LO, meaning);
    })
}

fn described(segment: &SegmentName) -> InMemDicomObject {
    item(|o| {
        put(o, tags::SEGMENT_NUMBER, VR::US, PrimitiveValue::from(u16::from(segment.number)));
        put(o, tags::SEGMENT_LABEL, VR::LO, segment.label.as_str());
        put(o, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "AUTOMATIC");
        put(o, tags::SEGMENT_ALGORITHM_NAME, VR::LO, "Proband");
        let category = code("123037004", "SCT", "Anatomical structure");
        put_items(o, tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![category]);
        let (value, scheme, meaning) = &segment.code;
        put_items(o, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![code(value, scheme, meaning)]);
    })
}

/// Directions and distances, the same for all frames. Spacing of rows stands before that of columns.
fn shared(axes: [[f64; 3]; 3], spacing: [f64; 3]) -> InMemDicomObject {
    item(|o| {
        let orientation = item(|o| put(o, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, decimals(axes[0].into_iter().chain(axes[1]))));
        put_items(o, tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]);
        let measures = item(|o| {
            put(o, tags::PIXEL_SPACING, VR::DS, decimals([spacing[1] * 1e3, spacing[0] * 1e3]));
            put(o, tags::SLICE_THICKNESS, VR::DS, decimal(spacing[2] * 1e3));
            put(o, tags::SPACING_BETWEEN_SLICES, VR::DS, decimal(spacing[2] * 1e3));
        });
        put_items(o, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    })
}

fn frame(number: u8, level: usize, p_m: [f64; 3]) -> InMemDicomObject {
    item(|o| {
        let position = item(|o| put(o, tags::IMAGE_POSITION_PATIENT, VR::DS, decimals(p_m.map(|v| v * 1e3))));
        put_items(o, tags::PLANE_POSITION_SEQUENCE, vec![position]);
        let segment = item(|o| put(o, tags::REFERENCED_SEGMENT_NUMBER, VR::US, PrimitiveValue::from(u16::from(number))));
        put_items(o, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]);
        let content = item(|o| {
            let values = [u32::from(number), level as u32 + 1];
            put(o, tags::DIMENSION_INDEX_VALUES, VR::UL, PrimitiveValue::U32(values.into_iter().collect()));
        });
        put_items(o, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
    })
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position, Warnings};
    use proband_volume::Grid;
    use proptest::prelude::*;

    use super::*;
    use crate::read_dicom_seg;

    fn names(count: u8) -> Vec<SegmentName> {
        let name = |number: u8| SegmentName {
            number,
            label: format!("part {number}"),
            code: (format!("{}", 1000 + u32::from(number)), "99PROBAND".into(), format!("Part {number}")),
        };
        (1..=count).map(name).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Read back what was written: labels and place, for sizes that are no multiple of eight.
        #[test]
        fn labels_survive(size in proptest::array::uniform3(1_u32..7), values in proptest::collection::vec(0_u8..5, 216), low in -300.0..300.0_f64, step in 0.4..3.0_f64) {
            let grid = Grid::<Patient>::aligned(size, [step * 1e-3, 0.7e-3, 1.25e-3], Position::new(low * 1e-3, -0.1234567, 0.5)).unwrap();
            let labels = Volume::new(grid, values[..grid.voxel_count()].to_vec()).unwrap();
            let Ok(bytes) = write_dicom_seg(&labels, &names(4)) else {
                prop_assert!(labels.data().iter().all(|l| *l == 0));
                return Ok(());
            };
            let back = read_dicom_seg(&bytes, &Warnings::new()).unwrap();
            prop_assert_eq!(back.segments.len(), 4);
            for (at, label) in labels.data().iter().enumerate() {
                let p = grid.position(grid.cell(at).map(f64::from));
                let index = back.labels.grid().index(&p).map(|v| v.round() as i64);
                // Levels without any label at either end, and gaps between far levels, are not in the file.
                let found = back.labels.get(index).copied().unwrap_or(0);
                prop_assert_eq!(found, *label);
                let gap = back.labels.grid().position(index.map(|v| v as f64)).distance(&p);
                prop_assert!(*label == 0 || gap < 1e-6);
            }
            prop_assert_eq!(write_dicom_seg(&labels, &names(4)).unwrap(), bytes);
        }
    }

    /// Refuse axes that are not at right angles, numbers twice, and empty maps.
    #[test]
    fn bad_maps_are_refused() {
        use proband_core::frame::Direction;
        let steps = [Direction::new(1e-3, 0.0, 0.0), Direction::new(0.0, 1e-3, 0.0), Direction::new(0.0, 3e-4, 1e-3)];
        let tilted = Volume::filled(Grid::<Patient>::new([3, 3, 3], Position::new(0.0, 0.0, 0.0), steps).unwrap(), 1_u8);
        assert!(write_dicom_seg(&tilted, &names(1)).is_err());
        let grid = Grid::<Patient>::aligned([3, 3, 3], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
        assert!(write_dicom_seg(&Volume::filled(grid, 0), &names(1)).is_err());
        assert!(write_dicom_seg(&Volume::filled(grid, 1), &[names(1), names(1)].concat()).is_err());
    }
}
