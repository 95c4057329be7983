//! Claims about `proband-run`: repeatability, and what comes of sampled adults.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use proband_core::Digest;
use proband_math::stats::{Moments, brier_score, calibration, newcombe, quantile};
use proband_robot::builtin_arm;
use proband_run::{CohortRow, CohortSpec, Rehearsal, RehearsalSpec, cohort_table, run_cohort};
use proband_scene::{Fault, Outcome};
use proband_twin::{Population, Twin};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("run-repeat", repeat),
    claim!("run-first-stick", first_stick),
    claim!("run-technique", technique),
    claim!("run-calibration", reliability),
    claim!("run-skin", skin),
];

/// Seed and size of the cohort, fixed before its first run; no calibration has seen it.
const SEED: u64 = 2026;
const COUNT: u32 = 500;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Sampled adults, drawn from once for all claims that need them.
fn cohort() -> Result<&'static [CohortRow], String> {
    static COHORT: OnceLock<Result<Vec<CohortRow>, String>> = OnceLock::new();
    let rows = COHORT.get_or_init(|| {
        let arm = builtin_arm().map_err(text)?;
        let spec = CohortSpec {
            population: Population::adult(),
            count: COUNT,
            first: 0,
            seed: SEED,
            arm,
            duration_max_s: 400.0,
            lamp_wavelength_nm: None,
        };
        run_cohort(&spec, &|_| {}, &AtomicBool::new(false)).map_err(text)
    });
    rows.as_deref().map_err(Clone::clone)
}

/// A patient whose skin was punctured, with what came of it.
type Stuck = (&'static CohortRow, &'static Outcome);

/// Patients who were not declined: a robot that declines is scored apart from one that fails.
fn stuck() -> Result<Vec<Stuck>, String> {
    let done = cohort()?.iter().filter_map(|row| row.outcome.as_ref().ok().map(|o| (row, o)));
    Ok(done.filter(|(_, o)| !o.declined).collect())
}

fn count(of: &[Stuck], which: impl Fn(&Outcome) -> bool) -> u64 {
    of.iter().filter(|(_, o)| which(o)).count() as u64
}

fn share(of: &[Stuck], which: impl Fn(&Outcome) -> bool) -> f64 {
    count(of, which) as f64 / of.len() as f64
}

fn first_stick() -> Result<Vec<Obtained>, String> {
    let all = cohort()?;
    let set_apart = all.iter().filter(|row| row.outcome.is_err()).count();
    let stuck = stuck()?;
    let first = count(&stuck, |o| o.first_stick_success);
    let easy: Vec<Stuck> = stuck.iter().copied().filter(|(r, _)| r.diameter_v_m >= 2e-3 && r.depth_m <= 8e-3).collect();
    Ok(vec![
        Obtained::new("patients", all.len() as f64),
        Obtained::new("patients set apart", set_apart as f64),
        Obtained::new("declined", 1.0 - stuck.len() as f64 / (all.len() - set_apart) as f64),
        Obtained::new("first-stick rate", first as f64 / stuck.len() as f64),
        Obtained::new("first-stick rate, reference vein at least 2 mm high and at most 8 mm deep", share(&easy, |o| o.first_stick_success)),
        Obtained::new("blood drawn in at most two attempts", share(&stuck, |o| o.success)),
        Obtained::new("most attempts", stuck.iter().map(|(_, o)| f64::from(o.attempts)).fold(0.0, f64::max)),
        Obtained::new("arterial punctures", share(&stuck, |o| o.arterial_contact)),
        Obtained::new("nerve contacts", share(&stuck, |o| o.nerve_contact)),
        Obtained::new("largest axial force of any patient", stuck.iter().map(|(_, o)| o.force_peak_n).fold(0.0, f64::max)),
    ])
}

fn technique() -> Result<Vec<Obtained>, String> {
    let stuck = stuck()?;
    let drawn = |get: &dyn Fn(&Outcome) -> f64| -> Vec<f64> {
        stuck.iter().filter(|(_, o)| o.first_stick_success).map(|(_, o)| get(o)).filter(|x| x.is_finite()).collect()
    };
    let (length, angle) = (drawn(&|o| 1e3 * o.insertion_m), drawn(&|o| o.angle_rad.to_degrees()));
    let (under, time) = (drawn(&|o| 1e3 * o.tip_under_front_wall_m), drawn(&|o| o.time_stick_s));
    let cuff = drawn(&|o| o.time_tourniquet_on_s);
    let mean = |of: &[f64]| Moments::of(of).mean;
    let deviation = |of: &[f64]| Moments::of(of).sd();
    Ok(vec![
        Obtained::new("mean length of needle in the patient", mean(&length)),
        Obtained::new("mean angle to the skin", mean(&angle)),
        Obtained::new("mean depth of the tip under the front wall", mean(&under)),
        Obtained::new("mean time from cuff to needle out", mean(&time)),
        Obtained::new("standard deviation of that time", deviation(&time)),
        Obtained::new("median of that time", quantile(&time, 0.5).map_err(text)?),
        Obtained::new("mean time with the cuff on", mean(&cuff)),
    ])
}

fn reliability() -> Result<Vec<Obtained>, String> {
    let pairs: Vec<(f64, bool)> = stuck()?
        .iter()
        .filter(|(_, o)| o.predicted_success.is_finite())
        .map(|(_, o)| (o.predicted_success, o.first_stick_success))
        .collect();
    let (predicted, happened): (Vec<f64>, Vec<bool>) = pairs.into_iter().unzip();
    let brier = brier_score(&predicted, &happened).map_err(text)?;
    let base = happened.iter().filter(|h| **h).count() as f64 / happened.len() as f64;
    let found = calibration(&predicted, &happened, 10, false).map_err(text)?;
    Ok(vec![
        Obtained::new("predictions", predicted.len() as f64),
        Obtained::new("Brier score", brier),
        Obtained::new("Brier score over that of the base rate", brier / (base * (1.0 - base))),
        Obtained::new("mean prediction less first-stick rate", Moments::of(&predicted).mean - base),
        Obtained::new("Hosmer-Lemeshow p, 10 groups, predictions made beforehand", found.p_value),
        Obtained::new("expected calibration error", found.expected_calibration_error),
    ])
}

fn skin() -> Result<Vec<Obtained>, String> {
    let mut stuck = stuck()?;
    stuck.sort_by(|a, b| a.0.melanin_fraction.total_cmp(&b.0.melanin_fraction).then(a.0.patient.cmp(&b.0.patient)));
    let third = stuck.len() / 3;
    let (light, dark) = (&stuck[..third], &stuck[stuck.len() - third..]);
    let pair = |of: &[Stuck]| (count(of, |o| o.first_stick_success), of.len() as u64);
    let interval = newcombe(pair(light), pair(dark), 0.95).map_err(text)?;
    Ok(vec![Obtained::new("lightest less darkest, lower end", 100.0 * interval.low)])
}

fn rehearsal(seed: u64) -> Result<Rehearsal, String> {
    let mut spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, seed);
    spec.faults = vec![Fault::parse("startle@insert+0.5").map_err(|e| e.to_string())?];
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
    let spec =
        CohortSpec { population: Population::adult(), count: 5, first: 0, seed: SEED, arm, duration_max_s: 50.0, lamp_wavelength_nm: None };
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
