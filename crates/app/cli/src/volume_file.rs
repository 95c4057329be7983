//! A volume from a path: one file, a header with a file beside it, or a folder of DICOM files.

use std::path::{Path, PathBuf};

use proband_core::Warnings;
use proband_image::{DicomSeries, ImageError, VOLUME_BYTES_MAX, is_dicom, read_volume};
use proband_volume::AnyVolume;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::progress;
use crate::source_text::read_file;

/// What was read.
pub(crate) struct Opened {
    /// `NIfTI-1`, `DICOM CT`…
    pub format: String,
    /// What placed it: `sform`, `positions of slices`…
    pub placed_by: String,
    /// Volumes in the file or folder.
    pub volumes: Vec<AnyVolume>,
}

/// Read whatever volume lies at a path.
pub(crate) fn open(path: &Path, warnings: &Warnings, interrupt: &Interrupt) -> Result<Opened, Failure> {
    if path.is_dir() {
        return folder(path, warnings, interrupt);
    }
    let bytes = read_file(path, VOLUME_BYTES_MAX)?;
    if is_dicom(&bytes) {
        let mut series = DicomSeries::new();
        series.add(&bytes, warnings).map_err(|error| Failure::at(path, error))?;
        return finish(series, path, warnings);
    }
    let beside = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut data = |name: &str| {
        let other = beside.join(name);
        read_file(&other, VOLUME_BYTES_MAX).map_err(|_| ImageError::Damaged {
            format: "header",
            place: "data file",
            what: format!("\"{name}\" cannot be read"),
        })
    };
    let file = read_volume(&bytes, &mut data, warnings).map_err(|error| Failure::at(path, error))?;
    Ok(Opened { format: file.format.into(), placed_by: file.placed_by.into(), volumes: file.frames })
}

fn folder(path: &Path, warnings: &Warnings, interrupt: &Interrupt) -> Result<Opened, Failure> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .map_err(|error| Failure::at(path, error))?;
    files.retain(|file| file.is_file());
    files.sort();
    let bar = progress::bar(files.len() as u64, "reading slices");
    let (mut series, mut skipped, mut first_error) = (DicomSeries::new(), 0, None);
    for file in &files {
        interrupt.check()?;
        let bytes = read_file(file, VOLUME_BYTES_MAX)?;
        if !is_dicom(&bytes) {
            skipped += 1;
        } else if let Err(error) = series.add(&bytes, warnings) {
            warnings.note("folder", format!("a file was left out: {error}"));
            first_error.get_or_insert(error);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if skipped > 0 {
        warnings.note("folder", format!("{skipped} files are no DICOM files"));
    }
    match first_error {
        Some(error) if series.slice_count() == 0 => Err(Failure::at(path, error)),
        _ => finish(series, path, warnings),
    }
}

fn finish(series: DicomSeries, path: &Path, warnings: &Warnings) -> Result<Opened, Failure> {
    let volumes = series.finish(warnings).map_err(|error| Failure::at(path, error))?;
    let modality = volumes.first().map_or(String::new(), |v| v.modality.clone());
    let volumes = volumes.into_iter().map(|v| v.volume).collect();
    Ok(Opened { format: format!("DICOM {modality}"), placed_by: "positions of slices".into(), volumes })
}

/// Warnings as lines for stderr.
pub(crate) fn say_warnings(warnings: &Warnings) {
    for warning in warnings.list() {
        let times = if warning.count > 1 { format!(" ({} times)", warning.count) } else { String::new() };
        eprintln!("warning: {}: {}{times}", warning.place, warning.text);
    }
}
