//! A whole bronchoscopy and the view of its camera.

use proband_bronchoscopy::RehearsalSpec;
use proband_robot::scope::ScopeSpec;
use proband_run::bronchoscopy::{BronchoscopyBench, bench_bronchoscopy};

use super::{Case, Outcome, Row};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

pub(super) const CASE: Case = Case { name: "bronchoscopy", what: "a whole bronchoscopy without drawing", run };
pub(super) const VIEW: Case = Case { name: "bronchoscopic-view", what: "the camera's view, 512 × 512 pixels", run: view };

/// A seed whose patient has a way, so that a whole procedure is timed.
const SEED: u64 = 3;

fn timed() -> Result<BronchoscopyBench, Failure> {
    let clock = terminal::clock();
    // CPU time where the system tells it: the machine may be busy with others.
    let mut now = || terminal::cpu_s().unwrap_or_else(&clock);
    bench_bronchoscopy(&RehearsalSpec::usual(SEED, 0, ScopeSpec::ion()), &mut now).map_err(Failure::of)
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let b = timed()?;
    let outcome = if b.tool_in_lesion { "needle in the nodule" } else { "needle not in the nodule" };
    let speed = b.patient_s / b.run_s;
    let rows = vec![Row {
        what: "patient time over CPU time, rendering off".into(),
        value: speed,
        unit: "times",
        against: Some(("20 times the patient's own clock".into(), speed / 20.0)),
        error: outcome.into(),
    }];
    let note = format!(
        "{:.0} s of the patient's time in {:.3} CPU-s; making patient and plan {:.3} s, closing the record {:.3} s",
        b.patient_s, b.run_s, b.setup_s, b.closing_s
    );
    Ok(Outcome { rows, note })
}

fn view(_: &Interrupt) -> Result<Outcome, Failure> {
    let b = timed()?;
    let rate = 1.0 / b.view_s;
    let rows = vec![Row {
        what: "views of 512 × 512 on one core".into(),
        value: rate,
        unit: "1/s",
        against: Some(("30 per second".into(), rate / 30.0)),
        error: "depth within 0.2 % of a tube's (unit test)".into(),
    }];
    Ok(Outcome { rows, note: format!("mean over {} views along one procedure, CPU time", b.view_count) })
}
