//! The whole patient: alone, and several side by side on one core.

use proband_physiology::circulation::ReferenceCirculation;
use proband_physiology::whole::{Acts, Cohort, LaneState, Physique, WholePatient};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "physiology", what: "the whole patient alone and in lanes", run };

/// Patient seconds per second of other engines on one core, the first three measured beside each other.
const PULSE: f64 = 28.5;
const CVSIM: f64 = 658.0;
const SVZEROD: f64 = 601.0;
/// Patient seconds of each measurement.
const SECONDS: u32 = 6000;
const LANES: usize = 8;

/// Relative change of the blood volume that no account explains.
fn blood_error(before: &LaneState<1>, after: &LaneState<1>) -> f64 {
    let account = |s: &LaneState<1>| {
        let [into, bled, filtered, lymph, urine] = s.circulation.account.map(|x| x.0[0]);
        into - bled - filtered + lymph - urine
    };
    let blood = |s: &LaneState<1>| s.blood_ml().0[0];
    ((blood(after) - blood(before) - account(after) + account(before)) / blood(before)).abs()
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let (patient, settle) = timed(|| WholePatient::new(&Physique::reference_man()));
    let patient = patient.map_err(Failure::of)?;
    interrupt.check()?;
    let rest = patient.state();
    let mut alone = rest.clone();
    let acts = Acts::rest();
    let ((), single) = timed(|| {
        for _ in 0..SECONDS * 20 {
            patient.tick(&mut alone, &acts);
        }
    });
    interrupt.check()?;
    let mut cohort = Cohort::<LANES>::new(&patient);
    let ((), lanes) = timed(|| {
        for _ in 0..SECONDS * 20 {
            cohort.tick();
        }
    });
    interrupt.check()?;
    let (beat, reference) = timed(|| ReferenceCirculation::HEALTHY.run(&ReferenceCirculation::START, 70_000, 2e-3));
    let speed = |seconds: f64, cpu_s: f64| seconds / cpu_s.max(1e-9);
    let one = speed(f64::from(SECONDS), single.cpu_s);
    let many = speed(f64::from(SECONDS) * LANES as f64, lanes.cpu_s);
    let small = speed(60_000.0, reference.cpu_s);
    let conserved = format!("blood conserved to {:.1e} of itself", blood_error(&rest, &alone));
    let same = (0..LANES).all(|lane| cohort.take(lane, &rest) == alone);
    let lanes_error = format!("lanes {} the patient alone, bit for bit", if same { "equal" } else { "DIFFER FROM" });
    let row = |what: &str, value, unit, against: Option<(&str, f64)>, error: &str| Row {
        what: what.into(),
        value,
        unit,
        against: against.map(|(peer, ratio)| (peer.to_owned(), ratio)),
        error: error.into(),
    };
    let rows = vec![
        row("one whole patient", one, "patient s/CPU s", Some(("Pulse 4.2, whole body, 28.5", one / PULSE)), &conserved),
        row("one whole patient", one, "patient s/CPU s", Some(("CVSim-21, circulation and reflex only, 658", one / CVSIM)), &conserved),
        row("one whole patient", one, "patient s/CPU s", Some(("svZeroDSolver, closed-loop heart only, 601", one / SVZEROD)), &conserved),
        row("cohort in 8 lanes", many, "patient s/CPU s", Some(("Pulse 4.2, whole body, 28.5", many / PULSE)), &lanes_error),
        row(
            "reference circulation, six states, 2 ms",
            small,
            "patient s/CPU s",
            None,
            &format!("diastolic pressure {:.4} of 67.350 mmHg", beat.diastolic_mmhg),
        ),
        row(
            "a patient settles",
            1e3 * settle.cpu_s,
            "ms",
            Some(("Pulse 4.2, 12 s", 12.0 / settle.cpu_s.max(1e-9))),
            "set-points found, nothing drifts",
        ),
    ];
    let note = "CPU time of one core. Peers: their figures on a server core of the same kind, one hour at rest (Pulse), 300 s (CVSim-21), one hour (svZeroDSolver).".into();
    Ok(Outcome { rows, note })
}
