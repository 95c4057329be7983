//! Runs claims and compares.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::case::{Case, Expectation, Target};
use crate::error::VerifyError;
use crate::report::{Outcome, Report};
use crate::{Claim, Obtained};

/// Which claims to run.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// Parts of claim names; a claim runs when its name contains one of them. Empty: all claims.
    pub filter: &'a [&'a str],
    /// Run slow claims too. A slow claim whose whole name stands in `filter` runs in any case.
    pub include_slow: bool,
    /// Run long claims too. A long claim whose whole name stands in `filter` runs in any case.
    pub include_long: bool,
    /// Claims that are computed at once; 0 counts as 1. The values do not depend on it.
    pub threads: u32,
}

/// A caller's clock: seconds since any moment.
pub type Clock<'a> = &'a (dyn Fn() -> f64 + Sync);
/// A caller's ear for progress.
pub type Listener<'a> = &'a mut (dyn for<'b> FnMut(Progress<'b>) + Send);

/// What the runner tells while it works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress<'a> {
    /// A claim starts.
    Started {
        /// Its number, from 0.
        index: u32,
        /// Number of claims in this run.
        count: u32,
        /// Its name.
        claim: &'a str,
    },
    /// A claim has been computed.
    Finished {
        /// Its name.
        claim: &'a str,
        /// Whether all its expectations were met.
        pass: bool,
        /// How long it took [s].
        seconds: f64,
    },
}

/// Run the selected claims of the program, slow ones first; the report keeps the order of the claims.
///
/// `clock`: seconds since any moment; `progress`: told before and after each claim.
///
/// # Errors
/// [`VerifyError::NothingMatches`] when a part of the filter fits no claim. A broken `case.toml` is a failed
/// line of the report, not an error: the other claims still run.
pub fn run(selection: &Selection<'_>, clock: Clock<'_>, progress: Listener<'_>) -> Result<Report, VerifyError> {
    let all: Vec<&Claim> = crate::claims().collect();
    run_claims(&all, selection, clock, progress)
}

/// A claim that was chosen, with its file.
struct Chosen<'a> {
    claim: &'a Claim,
    case: Result<Case, VerifyError>,
    /// Another claim has the same name.
    doubled: bool,
}

/// [`run`] over a given list of claims.
///
/// # Errors
/// As [`run`].
pub fn run_claims(claims: &[&Claim], selection: &Selection<'_>, clock: Clock<'_>, progress: Listener<'_>) -> Result<Report, VerifyError> {
    if let Some(lost) = selection.filter.iter().find(|part| !claims.iter().any(|c| c.id.contains(*part))) {
        return Err(VerifyError::NothingMatches { filter: (*lost).into() });
    }
    let mut report = Report::default();
    let mut chosen = Vec::new();
    for claim in claims {
        if !selection.filter.is_empty() && !selection.filter.iter().any(|part| claim.id.contains(part)) {
            continue;
        }
        let case = Case::parse(claim.id, claim.case);
        let slow = case.as_ref().is_ok_and(|c| c.slow);
        let long = case.as_ref().is_ok_and(|c| c.long);
        let named = selection.filter.contains(&claim.id);
        if long && !selection.include_long && !named {
            report.long_skipped.push(claim.id.into());
        } else if slow && !selection.include_slow && !named {
            report.skipped.push(claim.id.into());
        } else {
            let doubled = claims.iter().filter(|other| other.id == claim.id).count() > 1;
            chosen.push(Chosen { claim, case, doubled });
        }
    }
    for mut outcomes in all_outcomes(&chosen, selection.threads, clock, progress) {
        report.outcomes.append(&mut outcomes);
    }
    Ok(report)
}

/// The lines of every chosen claim, in their order.
fn all_outcomes(chosen: &[Chosen<'_>], threads: u32, clock: Clock<'_>, progress: Listener<'_>) -> Vec<Vec<Outcome>> {
    let count = chosen.len() as u32;
    // A long one that starts last would keep one core busy and the others idle.
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|i| !chosen[*i].case.as_ref().is_ok_and(|c| c.slow || c.long));
    let next = AtomicUsize::new(0);
    let progress = Mutex::new(progress);
    let tell = |told: Progress<'_>| (progress.lock().unwrap_or_else(PoisonError::into_inner))(told);
    let found: Vec<Mutex<Vec<Outcome>>> = chosen.iter().map(|_| Mutex::default()).collect();
    let work = || {
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let Some(index) = order.get(turn).copied() else { return };
            let id = chosen[index].claim.id;
            tell(Progress::Started { index: turn as u32, count, claim: id });
            let start_s = clock();
            let mut outcomes = outcomes_of(&chosen[index]);
            let seconds = clock() - start_s;
            for outcome in &mut outcomes {
                outcome.seconds = seconds;
            }
            tell(Progress::Finished { claim: id, pass: outcomes.iter().all(|o| o.pass), seconds });
            *found[index].lock().unwrap_or_else(PoisonError::into_inner) = outcomes;
        }
    };
    std::thread::scope(|scope| {
        for number in 1..threads.clamp(1, 64) {
            // One thread less when the system gives none: this one works anyway.
            let _ = std::thread::Builder::new().name(format!("claims-{number}")).spawn_scoped(scope, work);
        }
        work();
    });
    found.into_iter().map(|lines| lines.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// The lines of one claim.
fn outcomes_of(chosen: &Chosen<'_>) -> Vec<Outcome> {
    let id = chosen.claim.id;
    let mut outcomes = match &chosen.case {
        Ok(case) => compare(id, case, compute(chosen.claim)),
        Err(error) => vec![failure(id, None, "case.toml", error.to_string())],
    };
    if chosen.doubled {
        outcomes.push(failure(id, None, "registration", "two claims have this name".into()));
    }
    outcomes
}

/// The claim's values; a panic is an error like any other, so that the claims after it still run.
fn compute(claim: &Claim) -> Result<Vec<Obtained>, String> {
    catch_unwind(AssertUnwindSafe(claim.compute)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
        Err(format!("panicked: {}", text.unwrap_or_else(|| "without a message".into())))
    })
}

/// Put each expectation beside its value; whatever has no partner fails.
fn compare(id: &str, case: &Case, computed: Result<Vec<Obtained>, String>) -> Vec<Outcome> {
    let (values, problem) = match computed {
        Ok(values) => (values, "not computed".to_owned()),
        Err(error) => (Vec::new(), format!("not computed: {error}")),
    };
    let mut outcomes = Vec::with_capacity(case.expect.len());
    for expectation in &case.expect {
        let mut outcome = expected_line(id, case, expectation);
        let mut matching = values.iter().filter(|o| o.name == expectation.name);
        match (matching.next(), matching.next()) {
            (None, _) => outcome.problem = problem.clone(),
            (Some(first), Some(_)) => {
                outcome.obtained = Some(first.value);
                outcome.problem = "computed more than once".into();
            }
            (Some(only), None) => {
                outcome.obtained = Some(only.value);
                outcome.pass = expectation.target.accepts(only.value);
                if !only.value.is_finite() {
                    outcome.problem = format!("obtained {} is not a finite number", only.value);
                }
            }
        }
        outcomes.push(outcome);
    }
    for value in &values {
        if !case.expect.iter().any(|e| e.name == value.name) {
            let mut outcome = failure(id, Some(case), &value.name, "computed, but case.toml does not expect it".into());
            outcome.obtained = Some(value.value);
            outcomes.push(outcome);
        }
    }
    outcomes
}

/// The line of an expectation before anything is computed: not passed.
fn expected_line(id: &str, case: &Case, expectation: &Expectation) -> Outcome {
    let mut outcome = failure(id, Some(case), &expectation.name, String::new());
    match expectation.target {
        Target::Near { expected, tolerance, .. } => (outcome.expected, outcome.tolerance) = (Some(expected), Some(tolerance)),
        Target::Between { min, max } => {
            (outcome.min, outcome.max) = (Some(min).filter(|x| x.is_finite()), Some(max).filter(|x| x.is_finite()))
        }
    }
    outcome.accepts = expectation.target.to_string();
    outcome.unit.clone_from(&expectation.unit);
    outcome.source.clone_from(&expectation.source);
    outcome
}

/// A line that failed for a reason other than its number.
fn failure(id: &str, case: Option<&Case>, name: &str, problem: String) -> Outcome {
    Outcome {
        claim: id.into(),
        title: case.map_or_else(String::new, |c| c.title.clone()),
        package: case.map_or_else(String::new, |c| c.package.clone()),
        name: name.into(),
        expected: None,
        tolerance: None,
        min: None,
        max: None,
        accepts: "nothing".into(),
        obtained: None,
        unit: "1".into(),
        source: "none".into(),
        pass: false,
        problem,
        seconds: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "title = \"t\"\ncrate = \"proband-core\"\n[[expect]]\nname = \"a\"\nunit = \"1\"\nsource = \"s\"\nexpected = 1.0\ntolerance = 0.1\n[[expect]]\nname = \"b\"\nunit = \"1\"\nsource = \"s\"\nmin = 2.0\n";
    const SLOW: &str =
        "slow = true\ntitle = \"t\"\ncrate = \"proband-core\"\n[[expect]]\nname = \"a\"\nunit = \"1\"\nsource = \"s\"\nmin = 1.0\n";

    fn verdicts(claims: &[&Claim], filter: &[&str], include_slow: bool) -> Report {
        run_claims(claims, &Selection { filter, include_slow, include_long: false, threads: 2 }, &|| 0.0, &mut |_| {}).unwrap()
    }

    #[track_caller]
    fn check(compute: fn() -> Result<Vec<Obtained>, String>, passed: u32, failed: u32) -> Report {
        let report = verdicts(&[&Claim { id: "x", case: CASE, compute }], &[], false);
        assert_eq!((report.passed_count(), report.failed_count()), (passed, failed), "{report}");
        report
    }

    /// Pass what is met and fail everything that has no partner.
    #[test]
    fn only_computed_and_expected_values_pass() {
        check(|| Ok(vec![Obtained::new("a", 1.05), Obtained::new("b", 3.0)]), 2, 0);
        check(|| Ok(vec![Obtained::new("a", 1.2), Obtained::new("b", 1.9)]), 0, 2);
        check(|| Ok(vec![Obtained::new("a", 1.0)]), 1, 1);
        check(|| Ok(vec![Obtained::new("a", 1.0), Obtained::new("b", 3.0), Obtained::new("c", 3.0)]), 2, 1);
        check(|| Ok(vec![Obtained::new("a", 1.0), Obtained::new("a", 1.0), Obtained::new("b", 3.0)]), 1, 1);
        check(|| Ok(vec![Obtained::new("a", f64::NAN), Obtained::new("b", f64::INFINITY)]), 0, 2);
        check(|| Ok(vec![]), 0, 2);
        check(|| Err("no solution".into()), 0, 2);
    }

    /// Go on after a claim that panics, and say what it said.
    #[test]
    fn a_panic_is_a_failure() {
        let report = check(|| panic!("out of range"), 0, 2);
        assert!(report.outcomes[0].problem.contains("out of range"));
    }

    /// Fail on a broken file and on two claims of one name.
    #[test]
    fn broken_claims_fail() {
        let broken = Claim { id: "x", case: "title = 1", compute: || Ok(vec![]) };
        assert_eq!(verdicts(&[&broken], &[], false).failed_count(), 1);
        let fine = Claim { id: "x", case: CASE, compute: || Ok(vec![Obtained::new("a", 1.0), Obtained::new("b", 3.0)]) };
        assert_eq!(verdicts(&[&fine, &fine], &[], false).failed_count(), 2);
    }

    /// Leave slow claims out unless they are asked for, and say so.
    #[test]
    fn slow_claims_are_named_not_dropped() {
        let slow = Claim { id: "slow-one", case: SLOW, compute: || Ok(vec![Obtained::new("a", 1.0)]) };
        let report = verdicts(&[&slow], &[], false);
        assert!(!report.passed() && report.skipped == ["slow-one"]);
        assert!(verdicts(&[&slow], &[], true).passed());
        assert!(verdicts(&[&slow], &["slow-one"], false).passed());
        assert!(!verdicts(&[&slow], &["slow"], false).passed());
    }

    /// Leave long claims out, slow ones asked for or not, unless long ones are; say so.
    #[test]
    fn long_claims_are_named_not_dropped() {
        let text = Box::leak(SLOW.replace("slow = true", "long = true").into_boxed_str());
        let long = Claim { id: "long-one", case: text, compute: || Ok(vec![Obtained::new("a", 1.0)]) };
        let report = verdicts(&[&long], &[], true);
        assert!(!report.passed() && report.long_skipped == ["long-one"] && report.to_string().contains("long-one"));
        let selection = Selection { filter: &[], include_slow: false, include_long: true, threads: 1 };
        assert!(run_claims(&[&long], &selection, &|| 0.0, &mut |_| {}).unwrap().passed());
        assert!(verdicts(&[&long], &["long-one"], false).passed());
    }

    /// Keep the order of the claims, whatever the number of threads.
    #[test]
    fn the_report_keeps_its_order() {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let claims: Vec<Claim> = NAMES.iter().map(|id| Claim { id, case: CASE, compute: || Ok(vec![Obtained::new("a", 1.0)]) }).collect();
        let list: Vec<&Claim> = claims.iter().collect();
        for threads in [0, 1, 3, 64] {
            let selection = Selection { filter: &[], include_slow: true, include_long: false, threads };
            let report = run_claims(&list, &selection, &|| 0.0, &mut |_| {}).unwrap();
            let names: Vec<&str> = report.outcomes.iter().step_by(2).map(|o| o.claim.as_str()).collect();
            assert_eq!(names, NAMES, "{threads} threads");
        }
    }

    /// Refuse a filter that fits nothing.
    #[test]
    fn a_mistyped_name_is_an_error() {
        let slow = Claim { id: "slow-one", case: SLOW, compute: || Ok(vec![]) };
        let error = run_claims(
            &[&slow],
            &Selection { filter: &["slwo"], include_slow: true, include_long: false, threads: 1 },
            &|| 0.0,
            &mut |_| {},
        )
        .unwrap_err();
        assert_eq!(error, VerifyError::NothingMatches { filter: "slwo".into() });
    }

    /// Take the time from the caller's clock and tell the progress.
    #[test]
    fn the_clock_is_the_callers() {
        let now = AtomicUsize::new(0);
        let clock = || (now.fetch_add(2, Ordering::Relaxed) + 2) as f64;
        let slow = Claim { id: "x", case: SLOW, compute: || Ok(vec![Obtained::new("a", 1.0)]) };
        let mut told = Vec::new();
        let report =
            run_claims(&[&slow], &Selection { filter: &[], include_slow: true, include_long: false, threads: 1 }, &clock, &mut |p| {
                told.push(format!("{p:?}"))
            })
            .unwrap();
        assert_eq!(report.outcomes[0].seconds, 2.0);
        assert_eq!(told.len(), 2);
    }
}
