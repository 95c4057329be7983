//! DICOM: series of slices and multi-frame objects to volumes, segmentations to label maps.

mod attributes;
mod guard;
mod jpeg2000;
mod jpegls;
mod open;
mod pixels;
mod seg;
mod seg_write;
mod series;
mod slice;
mod stack;

pub use open::is_dicom;
pub use seg::{Segment, Segmentation, read_dicom_seg};
pub use seg_write::{SegmentName, write_dicom_seg};
pub use series::{DicomSeries, DicomVolume};

const FORMAT: &str = "DICOM";

/// A damaged file, by the place that is damaged.
fn damaged(place: &'static str, what: impl std::fmt::Display) -> crate::ImageError {
    crate::ImageError::Damaged { format: FORMAT, place, what: text(what) }
}

/// A file in order that is not read.
fn unsupported(what: impl std::fmt::Display) -> crate::ImageError {
    crate::ImageError::Unsupported { format: FORMAT, what: text(what) }
}

/// Words of a library, kept short: values of a patient's file do not belong in an error.
fn text(what: impl std::fmt::Display) -> String {
    what.to_string().chars().filter(|c| !c.is_control()).take(160).collect()
}
