//! From what was kept to the tables of the record.

mod anatomy;
mod course;
mod knowledge;
mod pictures;
mod result;

use proband_core::Table;
use proband_scene::{Outcome, Scene};
use proband_twin::{Truth, Twin};

use crate::RunError;
use crate::recorder::Recorder;

/// Tables and pictures (name, PNG).
pub(crate) type Record = (Vec<Table>, Vec<(String, Vec<u8>)>);

/// All tables of one rehearsal.
pub(crate) fn all(recorder: Recorder, scene: &Scene, outcome: &Outcome, twin: &Twin, truth: &Truth) -> Result<Record, RunError> {
    let (images, overlays, files) = pictures::tables(&recorder.pictures)?;
    let tables = vec![
        result::outcome(outcome)?,
        result::warnings(&recorder, outcome)?,
        course::ticks(&recorder)?,
        course::events(&recorder)?,
        course::phases(&recorder)?,
        knowledge::beliefs(&recorder)?,
        knowledge::sites(&recorder)?,
        knowledge::parameters(twin, truth)?,
        images,
        overlays,
        anatomy::tubes(scene)?,
        anatomy::skin(scene)?,
        anatomy::needle(scene)?,
    ];
    Ok((tables, files))
}
