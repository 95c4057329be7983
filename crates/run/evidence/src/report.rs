//! The report: one page and its pictures.

use std::path::{Path, PathBuf};

use crate::{
    EvidenceError, RunRecords, bias, bronchoscopy, load_run, page::page, prediction, progression, render::views, stress, text::file_stem,
    view::View,
};

/// A report in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The whole page. Needs no other file and no network.
    pub html: String,
    /// The pictures of the page as files: name (`arm.png`), PNG bytes.
    pub pictures: Vec<(String, Vec<u8>)>,
}

/// Make the report of a run. Same records, same bytes.
///
/// # Errors
/// When a picture cannot be encoded. Absent, empty or damaged tables are no
/// errors: the page says what is not recorded.
pub fn render_report(run: &RunRecords) -> Result<Report, EvidenceError> {
    if progression::is_progression(run) {
        return Ok(progression::render(run));
    }
    if prediction::is_prediction(run) {
        return Ok(prediction::render(run));
    }
    if stress::is_stress(run) {
        return Ok(stress::render(run));
    }
    if bronchoscopy::is_bronchoscopy(run) {
        return Ok(bronchoscopy::render(run));
    }
    if bias::is_bias(run) {
        return Ok(bias::render(run));
    }
    if crate::tissue::is_tissue(run) {
        return crate::tissue::render(run);
    }
    let view = View::new(run);
    let renderings = views(&view)?;
    let html = page(&view, run, &renderings);
    let mut pictures: Vec<(String, Vec<u8>)> = renderings.into_iter().map(|r| (format!("{}.png", r.name), r.png)).collect();
    for picture in &view.pictures {
        let name = format!("{}.png", file_stem(&picture.name));
        if !pictures.iter().any(|(other, _)| *other == name) {
            pictures.push((name, picture.png.to_vec()));
        }
    }
    Ok(Report { html, pictures })
}

/// Rebuild `report.html` and `pictures/*.png` of a run folder from its records. Returns the path of the page.
///
/// # Errors
/// As [`load_run`] and [`render_report`], and when a file cannot be written. The page is written under a
/// temporary name and renamed, so an old page stays whole.
pub fn write_report(folder: &Path) -> Result<PathBuf, EvidenceError> {
    let report = render_report(&load_run(folder)?)?;
    let pictures = folder.join("pictures");
    if !report.pictures.is_empty() {
        std::fs::create_dir_all(&pictures).map_err(|source| EvidenceError::File { path: pictures.clone(), source })?;
    }
    for (name, bytes) in &report.pictures {
        proband_record::write_bytes(&pictures.join(name), bytes)?;
    }
    let page = folder.join("report.html");
    proband_record::write_bytes(&page, report.html.as_bytes())?;
    Ok(page)
}
