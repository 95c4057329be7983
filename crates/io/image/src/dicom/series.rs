//! Files of any order and mixture to one volume for each series.

use dicom_dictionary_std::tags;
use proband_core::Warnings;
use proband_volume::AnyVolume;

use super::attributes::text;
use super::open::open;
use super::slice::{Slice, Values, slices};
use super::{damaged, stack, unsupported};
use crate::ImageError;
use crate::volume::VOLUME_BYTES_MAX;

/// A volume made from the slices of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct DicomVolume {
    /// `CT`, `MR`…
    pub modality: String,
    /// Slices that lie in it.
    pub slice_count: u32,
    /// Hounsfield units for CT; else what rescaling gives.
    pub volume: AnyVolume,
}

/// Collects slices, file by file, so that no more than the values of one series of files is held.
#[derive(Clone, Debug, Default)]
pub struct DicomSeries {
    slices: Vec<Slice>,
    bytes: u64,
}

impl DicomSeries {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Slices so far.
    #[must_use]
    pub fn slice_count(&self) -> usize {
        self.slices.len()
    }

    /// Add the slices of one file, of any series and in any order. Localizers are noted and left out.
    ///
    /// # Errors
    /// [`ImageError`] when the file is damaged, holds no grey picture or is packed in a way that is not read.
    pub fn add(&mut self, bytes: &[u8], warnings: &Warnings) -> Result<(), ImageError> {
        let object = open(bytes)?;
        if text(&object, tags::IMAGE_TYPE).is_some_and(|t| t.contains("LOCALIZER")) {
            warnings.note("(0008,0008) ImageType", "localizer left out");
            return Ok(());
        }
        if object.meta().media_storage_sop_class_uid().trim_end_matches('\0') == super::seg::SOP_CLASS {
            return Err(unsupported("a segmentation is no series of pictures"));
        }
        let found = slices(&object, warnings)?;
        let size = |s: &Slice| match &s.values {
            Values::Whole(v) => 2 * v.len() as u64,
            Values::Float(v) => 4 * v.len() as u64,
        };
        self.bytes += found.iter().map(size).sum::<u64>();
        if self.bytes > VOLUME_BYTES_MAX {
            return Err(ImageError::FileTooLarge { bytes: self.bytes, max: VOLUME_BYTES_MAX });
        }
        self.slices.extend(found);
        Ok(())
    }

    /// One volume for each series, orientation, size and spacing, largest first.
    ///
    /// Slices are sorted by their position along the normal; the step comes from positions alone. Gaps are filled
    /// between neighbours and noted; a tilted gantry gives oblique axes.
    ///
    /// # Errors
    /// [`ImageError`] when there is no slice, or slices cannot be stacked.
    pub fn finish(self, warnings: &Warnings) -> Result<Vec<DicomVolume>, ImageError> {
        let mut groups: Vec<Vec<Slice>> = Vec::new();
        for slice in self.slices {
            match groups.iter_mut().find(|g| together(&g[0], &slice)) {
                Some(group) => group.push(slice),
                None => groups.push(vec![slice]),
            }
        }
        if groups.is_empty() {
            return Err(damaged("series", "no slice"));
        }
        if groups.len() > 1 {
            warnings.note("series", format!("{} series or orientations in one place; a volume for each", groups.len()));
        }
        groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
        groups.into_iter().map(|group| stack::stack(group, warnings)).collect()
    }
}

fn together(a: &Slice, b: &Slice) -> bool {
    let near = |x: &[f64], y: &[f64], tolerance: f64| x.iter().zip(y).all(|(x, y)| (x - y).abs() < tolerance);
    a.series == b.series
        && (a.columns, a.rows) == (b.columns, b.rows)
        && near(&a.along, &b.along, 1e-3)
        && near(&a.down, &b.down, 1e-3)
        && near(&a.spacing_mm, &b.spacing_mm, 1e-4)
}
