//! NIfTI-1 and NIfTI-2, packed or not, in one file or two.

use proband_core::Warnings;

use crate::ImageError;
use crate::volume::VolumeFile;
use crate::volume::inflate::{Packing, first_bytes, is_gzip};
use crate::volume::nifti_header::{HEADER_BYTES_MAX, Header, parse};
use crate::volume::samples::{data_bytes, frames};

fn packing(bytes: &[u8]) -> Packing {
    if is_gzip(bytes) { Packing::Gzip } else { Packing::Raw }
}

/// Read a `.nii` or `.nii.gz`.
///
/// RAS millimetres of the file become LPS metres. sform goes before qform, qform before the voxel size alone; what was
/// not usable is noted in `warnings`. Values are scaled by slope and intercept when the file has them.
///
/// # Errors
/// [`ImageError`] that names the place: header, size, data.
pub fn read_nifti(bytes: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let packing = packing(bytes);
    let header = parse(&first_bytes(bytes, packing, HEADER_BYTES_MAX, "NIfTI")?)?;
    if header.pair {
        let what = "the values lie in an .img file beside this header; give both".into();
        return Err(ImageError::Unsupported { format: header.format, what });
    }
    read(&header, bytes, packing, warnings)
}

/// Read a pair `.hdr` and `.img`, each packed or not.
///
/// # Errors
/// As [`read_nifti`].
pub fn read_nifti_pair(header: &[u8], data: &[u8], warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let header = parse(&first_bytes(header, packing(header), HEADER_BYTES_MAX, "NIfTI")?)?;
    read(&header, data, packing(data), warnings)
}

fn read(header: &Header, bytes: &[u8], packing: Packing, warnings: &Warnings) -> Result<VolumeFile, ImageError> {
    let (size, frame_count) = header.size()?;
    let layout = header.layout(warnings)?;
    let (grid, placed_by) = header.grid(size, warnings)?;
    let wanted = data_bytes(&grid, frame_count, layout.kind, header.format)?;
    let plain = first_bytes(bytes, packing, header.data_at + wanted, header.format)?;
    let data = plain.get(header.data_at as usize..).unwrap_or_default();
    Ok(VolumeFile { format: header.format, frames: frames(grid, frame_count, data, &layout, header.format)?, placed_by })
}
