//! How fast a bronchoscopy and its view run.

use proband_bronchoscopy::{RehearsalSpec, ViewSpec, render_view};

use super::record::BronchoscopyRun;
use crate::{BenchClock, RunError};

/// Result of a timed bronchoscopy.
#[derive(Clone, Debug, PartialEq)]
pub struct BronchoscopyBench {
    /// Patient time [s].
    pub patient_s: f64,
    /// Making the patient, the plan and the room [s].
    pub setup_s: f64,
    /// The procedure, without drawing [s].
    pub run_s: f64,
    /// Tables, views and their PNG [s].
    pub closing_s: f64,
    /// Time of one view of 512 × 512 pixels [s], mean over the views.
    pub view_s: f64,
    /// How many views were timed.
    pub view_count: u32,
    /// The needle was in the nodule.
    pub tool_in_lesion: bool,
}

/// Time a bronchoscopy and the views along its way.
///
/// # Errors
/// [`RunError`] when the patient cannot be made or the record not closed.
pub fn bench_bronchoscopy(spec: &RehearsalSpec, clock: BenchClock<'_>) -> Result<BronchoscopyBench, RunError> {
    let start = clock();
    let mut run = BronchoscopyRun::new(spec)?;
    let ready = clock();
    let mut tips = Vec::new();
    while !run.advance(250) {
        tips.push(run.rehearsal().state().tip);
    }
    let ran = clock();
    let mut light = 0_u64;
    for tip in &tips {
        let view = render_view(run.rehearsal().room().map(), tip, &ViewSpec::usual());
        // The sum keeps the picture from being optimised away.
        light += view.rgb.iter().map(|v| u64::from(*v)).sum::<u64>();
    }
    let seen = clock();
    let patient_s = run.rehearsal().time_s();
    let finished = run.finish()?;
    let closed = clock();
    let view_count = tips.len() as u32;
    Ok(BronchoscopyBench {
        patient_s,
        setup_s: ready - start,
        run_s: ran - ready,
        closing_s: closed - seen,
        view_s: if light > 0 { (seen - ran) / f64::from(view_count.max(1)) } else { f64::NAN },
        view_count,
        tool_in_lesion: finished.outcome.tool_in_lesion,
    })
}
