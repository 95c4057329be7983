//! DICOM objects made here: odd sizes, tilted gantries, and files cut anywhere.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use proband_core::Warnings;
use proband_image::{DicomSeries, read_dicom_seg};
use proptest::prelude::*;

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
    object.put(DataElement::new(tag, vr, value.into()));
}

fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

fn with(tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    put(&mut object, tag, vr, value);
    object
}

fn file(object: InMemDicomObject, class: &str) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax("1.2.840.10008.1.2.1")
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid("1.2.3");
    let mut bytes = Vec::new();
    object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

fn picture(columns: u16, rows: u16, bits: u16) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    for (tag, value) in [
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, bits),
        (tags::BITS_STORED, bits),
        (tags::HIGH_BIT, bits - 1),
    ] {
        put(&mut object, tag, VR::US, PrimitiveValue::from(value));
    }
    put(&mut object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    object
}

/// A 5 × 3 slice of a CT at `position`, each pixel with its own value.
fn slice(position: [f64; 3], value: i16) -> Vec<u8> {
    let mut object = picture(5, 3, 16);
    put(&mut object, tags::PIXEL_REPRESENTATION, VR::US, PrimitiveValue::from(1_u16));
    put(&mut object, tags::MODALITY, VR::CS, "CT");
    put(&mut object, tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.4");
    put(&mut object, tags::PIXEL_SPACING, VR::DS, "0.5\\0.75");
    put(&mut object, tags::SLICE_THICKNESS, VR::DS, "7");
    put(&mut object, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0");
    put(&mut object, tags::IMAGE_POSITION_PATIENT, VR::DS, position.map(|v| v.to_string()).join("\\"));
    put(&mut object, tags::RESCALE_SLOPE, VR::DS, "2");
    put(&mut object, tags::RESCALE_INTERCEPT, VR::DS, "-1000");
    let values: Vec<u16> = (0..15).map(|i| (value + i).cast_unsigned()).collect();
    put(&mut object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into()));
    file(object, "1.2.840.10008.5.1.4.1.1.2")
}

/// Stack slices given in any order; a tilted gantry gives oblique axes and a warning.
#[test]
fn slices_are_stacked() {
    for tilt in [0.0, 0.4] {
        let (mut series, warnings) = (DicomSeries::new(), Warnings::new());
        for k in [2, 0, 3, 1] {
            series.add(&slice([-10.0, 20.0 + tilt * f64::from(k), 30.0 + 2.5 * f64::from(k)], 100 * k as i16), &warnings).unwrap();
        }
        let found = series.finish(&warnings).unwrap();
        let volume = found[0].volume.to_i16();
        assert_eq!((found.len(), found[0].slice_count, volume.size()), (1, 4, [5, 3, 4]));
        assert_eq!(volume.get([4, 2, 3]), Some(&(2 * 314 - 1000)));
        assert_eq!(volume.get([1, 0, 0]), Some(&(2 - 1000)));
        let at = volume.grid().position([1.0, 1.0, 2.0]).0 * 1e3;
        assert!((at - nalgebra::Point3::new(-9.25, 20.5 + 2.0 * tilt, 35.0)).norm() < 1e-9, "{at}");
        assert_eq!(warnings.list().iter().any(|w| w.place == "gantry"), tilt > 0.0, "{:?}", warnings.list());
    }
}

/// A 3 × 5 segmentation of 4 frames whose bits cross the borders of bytes.
fn segmentation(inside: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut object = picture(3, 5, 1);
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, "4");
    put(&mut object, tags::PIXEL_REPRESENTATION, VR::US, PrimitiveValue::from(0_u16));
    put(&mut object, tags::SEGMENTATION_TYPE, VR::CS, "BINARY");
    let mut segment = with(tags::SEGMENT_NUMBER, VR::US, PrimitiveValue::from(7_u16));
    put(&mut segment, tags::SEGMENT_LABEL, VR::LO, "nodule");
    put_items(&mut object, tags::SEGMENT_SEQUENCE, vec![segment]);
    let mut shared = InMemDicomObject::new_empty();
    put_items(&mut shared, tags::PIXEL_MEASURES_SEQUENCE, vec![with(tags::PIXEL_SPACING, VR::DS, "1\\1")]);
    put_items(&mut shared, tags::PLANE_ORIENTATION_SEQUENCE, vec![with(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0")]);
    put_items(&mut object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared]);
    // Frames from the top down, the second of five levels absent.
    let frames = [4, 3, 2, 0].map(|level| {
        let mut own = InMemDicomObject::new_empty();
        let place = with(tags::IMAGE_POSITION_PATIENT, VR::DS, format!("0\\0\\{level}"));
        put_items(&mut own, tags::PLANE_POSITION_SEQUENCE, vec![place]);
        let number = with(tags::REFERENCED_SEGMENT_NUMBER, VR::US, PrimitiveValue::from(7_u16));
        put_items(&mut own, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![number]);
        own
    });
    put_items(&mut object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames.to_vec());
    let mut bytes = vec![0_u8; 8];
    (0..60).filter(|i| inside(*i)).for_each(|i| bytes[i / 8] |= 1 << (i % 8));
    put(&mut object, tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into()));
    file(object, "1.2.840.10008.5.1.4.1.1.66.4")
}

/// Unpack bits across the borders of frames, in the place of each frame.
#[test]
fn odd_segmentations_are_unpacked() {
    let inside = |i: usize| i.is_multiple_of(7) || i == 59;
    let found = read_dicom_seg(&segmentation(inside), &Warnings::new()).unwrap();
    assert_eq!(found.labels.size(), [3, 5, 5]);
    for (frame, level) in [4, 3, 2, 0].into_iter().enumerate() {
        for at in 0..15 {
            let label = found.labels.get([at % 3, at / 3, level]).copied();
            assert_eq!(label, Some(if inside(15 * frame + at as usize) { 7 } else { 0 }), "frame {frame}, pixel {at}");
        }
    }
    assert!(found.labels.data()[15..30].iter().all(|v| *v == 0));
    let count = (0..60).filter(|i| inside(*i)).count() as u64;
    assert_eq!((found.segments[0].number, found.segments[0].voxel_count, &*found.segments[0].label), (7, count, "nodule"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Take a file cut anywhere, or with any byte changed, to a volume or an error.
    #[test]
    fn damaged_files_are_volumes_or_errors(cut in any::<usize>(), at in any::<usize>(), value in any::<u8>()) {
        for whole in [slice([0.0; 3], 0), segmentation(|i| i % 2 == 0)] {
            let mut bytes = whole.clone();
            let at = at % bytes.len();
            bytes[at] = value;
            for bytes in [&bytes[..], &whole[..cut % whole.len()]] {
                let mut series = DicomSeries::new();
                if series.add(bytes, &Warnings::new()).is_ok() {
                    let _ = series.finish(&Warnings::new());
                }
                let _ = read_dicom_seg(bytes, &Warnings::new());
            }
        }
    }
}
