//! Claims about `proband-run`: repeatability.

use std::sync::atomic::AtomicBool;

use proband_core::Digest;
use proband_robot::builtin_arm;
use proband_run::{CohortSpec, Rehearsal, RehearsalSpec, cohort_table, run_cohort};
use proband_scene::Disturbance;
use proband_twin::{Population, Twin};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "run-repeat", case: include_str!("../../../../../verify/run-repeat/case.toml"), compute: repeat }];

/// Seed of the cohort.
const SEED: u64 = 2026;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn rehearsal(seed: u64) -> Result<Rehearsal, String> {
    let mut spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, seed);
    spec.disturbances = vec![Disturbance::parse("startle@insert+0.5")?];
    Rehearsal::new(&spec).map_err(text)
}

/// State after `ticks`.
fn state(seed: u64, ticks: u32) -> Result<Digest, String> {
    let mut run = rehearsal(seed)?;
    run.advance(ticks);
    run.save().map(|bytes| Digest::of_bytes(&bytes)).map_err(text)
}

fn repeat() -> Result<Vec<Obtained>, String> {
    const TICKS: u32 = 60_000;
    let whole = state(3, TICKS)?;
    let again = f64::from(u8::from(state(3, TICKS)? != whole));
    let other = f64::from(u8::from(state(4, TICKS)? == whole));
    let mut broken = 0.0;
    for at in [1, 9_999, 20_001, 33_333, 45_678] {
        let mut first = rehearsal(3)?;
        first.advance(at);
        let saved = first.save().map_err(text)?;
        let mut second = rehearsal(3)?;
        second.restore(&saved).map_err(text)?;
        second.advance(TICKS - at);
        broken += f64::from(u8::from(second.save().map(|bytes| Digest::of_bytes(&bytes)).map_err(text)? != whole));
    }
    let arm = builtin_arm().map_err(text)?;
    let spec = CohortSpec { population: Population::adult(), count: 5, first: 0, seed: SEED, arm, duration_max_s: 50.0 };
    let on = |threads: usize| -> Result<Digest, String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(text)?;
        let rows = pool.install(|| run_cohort(&spec, &|_| {}, &AtomicBool::new(false))).map_err(text)?;
        Digest::of(&cohort_table(&rows).map_err(text)?).map_err(text)
    };
    let one = on(1)?;
    let mut differ = 0.0;
    for threads in [2, 8] {
        differ += f64::from(u8::from(on(threads)? != one));
    }
    let tail = CohortSpec { count: 2, first: 3, ..spec.clone() };
    let rows = run_cohort(&tail, &|_| {}, &AtomicBool::new(false)).map_err(text)?;
    let whole_rows = run_cohort(&spec, &|_| {}, &AtomicBool::new(false)).map_err(text)?;
    let apart = rows.iter().zip(&whole_rows[3..]).filter(|(a, b)| format!("{a:?}") != format!("{b:?}")).count();
    Ok(vec![
        Obtained::new("differences between two runs of one seed", again),
        Obtained::new("equal ends of two seeds", other),
        Obtained::new("of 5 saves in the run, those that end at other bits", broken),
        Obtained::new("of 2 and 8 threads, those that end at other bits than 1", differ),
        Obtained::new("patients that depend on who comes before them", apart as f64),
    ])
}
