//! From what was kept to the tables of the record.

mod anatomy;
mod course;
mod faults;
mod knowledge;
mod pictures;
mod result;
mod settings;

use proband_core::Table;
use proband_scene::{Outcome, Scene};
use proband_twin::{Truth, Twin};

pub(crate) use faults::faults;
pub(crate) use result::tissue;
pub use settings::settings_table;

use crate::RunError;
use crate::recorder::Recorder;

/// All tables of one rehearsal.
pub(crate) fn all(recorder: Recorder, scene: &Scene, outcome: &Outcome, twin: &Twin, truth: &Truth) -> Result<Vec<Table>, RunError> {
    let (images, overlays) = pictures::tables(&recorder.pictures)?;
    let vitals = course::vitals(&recorder)?;
    let mut tables = vec![
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
    tables.extend(vitals);
    Ok(tables)
}
