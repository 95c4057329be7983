//! Photographs, pictures and volumes: JPEG, PNG, DICOM, NIfTI, NRRD, MetaImage, NumPy.
//!
//! Bytes in, planes out, and back; the caller opens the files. Every input is hostile: any bytes give a
//! picture or an error that names the place, in bounded time and memory.

mod dicom;
mod error;
mod picture;
mod read;
mod volume;
mod write;

pub use dicom::{DicomSeries, DicomVolume, Segment, SegmentName, Segmentation, is_dicom, read_dicom_seg, write_dicom_seg};
pub use error::ImageError;
pub use picture::{Colour, Picture};
pub use read::{FILE_BYTES_MAX, PIXEL_COUNT_MAX, SIDE_MAX_PX, read_colour, read_grey};
pub use volume::{
    FRAME_COUNT_MAX, VOLUME_BYTES_MAX, VolumeFile, metaimage_data_file, nrrd_data_file, read_metaimage, read_metaimage_with, read_nifti,
    read_nifti_pair, read_nrrd, read_nrrd_with, read_volume, write_nifti, write_npy, write_nrrd,
};
pub use write::{write_png_colour, write_png_grey, write_png_grey8};
