//! Volumes from files and back: NIfTI, NRRD, MetaImage, NumPy. All positions become LPS metres here, and only here.

mod any;
mod inflate;
mod metaimage;
mod nifti;
mod nifti_header;
mod nifti_write;
mod npy;
mod nrrd;
mod nrrd_write;
pub(crate) mod samples;
mod text_header;

use proband_volume::AnyVolume;

pub use any::read_volume;
pub use inflate::VOLUME_BYTES_MAX;
pub use metaimage::{metaimage_data_file, read_metaimage, read_metaimage_with};
pub use nifti::{read_nifti, read_nifti_pair};
pub use nifti_write::write_nifti;
pub use npy::write_npy;
pub use nrrd::{nrrd_data_file, read_nrrd, read_nrrd_with};
pub use nrrd_write::write_nrrd;

/// Most volumes that one file may hold.
pub const FRAME_COUNT_MAX: u64 = 4096;

/// What a volume file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeFile {
    /// `NIfTI-1`, `NRRD`…
    pub format: &'static str,
    /// One volume, or one for each time or component; all on the same grid; never empty.
    pub frames: Vec<AnyVolume>,
    /// Where position and direction came from: `sform`, `space directions`…
    pub placed_by: &'static str,
}

impl VolumeFile {
    /// The only volume, or the first of many.
    #[must_use]
    pub fn into_first(mut self) -> AnyVolume {
        self.frames.swap_remove(0)
    }
}
