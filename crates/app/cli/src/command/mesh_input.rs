//! What `proband mesh` reads: surfaces, tetrahedra, label maps.

use std::path::Path;

use proband_core::Warnings;
use proband_geometry::{Content, FILE_BYTES_MAX, Format, Part, read_geometry};
use proband_image::{ImageError, read_volume};
use proband_mesh::{GridFrame, TetMesh};
use proband_volume::AnyVolume;

use crate::failure::Failure;
use crate::source_text::read_file;

/// What a file holds.
pub(crate) enum Input {
    /// Surfaces, one region each.
    Parts(Vec<Part>),
    /// Tetrahedra as they are.
    Tets(TetMesh),
    /// A label for every voxel.
    Labels {
        /// Where the voxels lie.
        frame: GridFrame,
        /// Labels, x fastest.
        labels: Vec<u16>,
    },
}

/// Read a mesh or volume file, whichever it is.
pub(crate) fn read(path: &Path, unit_m: f64) -> Result<Input, Failure> {
    let bytes = read_file(path, FILE_BYTES_MAX)?;
    if is_volume(&bytes) {
        return read_labels(path, &bytes);
    }
    let content = Format::of(&bytes).and_then(|_| read_geometry(&bytes, unit_m)).map_err(|error| Failure::at(path, error))?;
    Ok(match content {
        Content::Surface(surface) => Input::Parts(vec![Part { name: String::new(), surface }]),
        Content::Parts(parts) => Input::Parts(parts),
        Content::Tets(mesh) => Input::Tets(mesh),
    })
}

/// NIfTI (packed or not), NRRD, MetaImage.
fn is_volume(bytes: &[u8]) -> bool {
    let size = bytes.first_chunk::<4>().map(|b| (i32::from_le_bytes(*b), i32::from_be_bytes(*b)));
    let is_nifti = matches!(size, Some((348 | 540, _) | (_, 348 | 540)));
    is_nifti || [b"NRRD".as_slice(), b"ObjectType", b"NDims", &[0x1f, 0x8b]].iter().any(|head| bytes.starts_with(head))
}

fn read_labels(path: &Path, bytes: &[u8]) -> Result<Input, Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // The reader asks for plain names only.
    let mut beside = |name: &str| -> Result<Vec<u8>, ImageError> {
        let damaged = |what: String| ImageError::Damaged { format: "volume", place: "header", what };
        read_file(&folder.join(name), FILE_BYTES_MAX).map_err(|_| damaged(format!("names {name}, which cannot be read beside it")))
    };
    let volume = read_volume(bytes, &mut beside, &Warnings::new()).map_err(|error| Failure::at(path, error))?.into_first();
    label_map(&volume).map_err(|what| Failure::at(path, what))
}

/// Whole numbers from 0 to 65534 as labels.
fn label_map(volume: &AnyVolume) -> Result<Input, String> {
    let values = volume.to_f32();
    if let Some(bad) = values.data().iter().find(|v| !(**v >= 0.0 && **v < f32::from(u16::MAX) && v.fract() == 0.0)) {
        return Err(format!("holds {bad}: a label map has whole numbers from 0 to 65534 (segment a scan first)"));
    }
    let grid = volume.grid();
    let origin = grid.origin().0;
    let step = [0, 1, 2].map(|axis| {
        let s = grid.step(axis).0;
        [s.x, s.y, s.z]
    });
    let frame = GridFrame::new(grid.size(), [origin.x, origin.y, origin.z], step).map_err(|e| e.to_string())?;
    Ok(Input::Labels { frame, labels: values.data().iter().map(|v| *v as u16).collect() })
}
