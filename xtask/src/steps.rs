//! The one command that checks everything.
//!
//! Everything is built in the release profile, lints included: that is what users run, the claims need its speed, and
//! a second profile would compile every dependency twice. The program that computes the claims is built by the tests.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::workspace;

/// Variable that seeds the cases of property tests.
const CASES_SEED: &str = "PROPTEST_RNG_SEED";

/// One step and what it counts.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    count: Count,
}

/// How a step's outcome is counted.
#[derive(Clone, Copy)]
enum Count {
    /// The step itself passes or fails.
    Itself,
    /// The lines `test result: ok. 3 passed; 0 failed; …` of `cargo test`.
    Tests,
    /// The last line `3 passed, 0 failed` of `proband verify`.
    Claims,
}

const STEPS: &[Step] = &[
    Step { name: "format", arguments: &["fmt", "--all", "--check"], count: Count::Itself },
    Step {
        name: "lints",
        arguments: &["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"],
        count: Count::Itself,
    },
    Step { name: "tests", arguments: &["test", "--release", "--workspace", "--no-fail-fast"], count: Count::Tests },
    Step { name: "claims", arguments: &["run", "--release", "--package", "proband-cli", "--", "verify"], count: Count::Claims },
];

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// Run every step, also after one that failed, and print a table and a last line `N passed, N failed`.
///
/// # Errors
/// When anything failed.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => return Err("test takes --quick or nothing".into()),
    };
    let clock = clock();
    let mut total = Tally::default();
    let mut rows = String::new();
    for step in STEPS {
        let mut arguments = step.arguments.to_vec();
        if quick && matches!(step.count, Count::Claims) {
            arguments.push("--quick");
        }
        println!("\n== {}: cargo {}", step.name, arguments.join(" "));
        let start_s = clock();
        let tally = perform(&arguments, step.count)?;
        let mark = if tally.failed == 0 { "ok" } else { "FAILED" };
        rows += &format!("{:8} {mark:7} {:5} passed {:3} failed {:6.0} s\n", step.name, tally.passed, tally.failed, clock() - start_s);
        total.passed += tally.passed;
        total.failed += tally.failed;
    }
    rows += &bundle(&mut total);
    println!("\n{rows}\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err(String::new()) }
}

/// Compare the studio's bundle with its sources, where Node is at hand.
fn bundle(total: &mut Tally) -> String {
    println!("\n== studio: the bundle against its sources");
    if let Some(why) = crate::studio::not_here() {
        return format!("studio   SKIPPED {why}: the bundle was not compared with its sources\n");
    }
    match crate::studio::run(&["--check".into()]) {
        Ok(()) => {
            total.passed += 1;
            "studio   ok          1 passed   0 failed\n".into()
        }
        Err(error) => {
            println!("{error}");
            total.failed += 1;
            "studio   FAILED      0 passed   1 failed\n".into()
        }
    }
}

/// Run cargo, show what it says, and count.
fn perform(arguments: &[&str], count: Count) -> Result<Tally, String> {
    let cargo = workspace::cargo();
    let mut command = workspace::command(&cargo, arguments);
    // The check that lands code repeats: property tests draw the same cases each time unless a seed is given.
    if std::env::var_os(CASES_SEED).is_none() {
        command.env(CASES_SEED, "1");
    }
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("{cargo}: {e}"))?;
    let mut tally = Tally::default();
    if let Some(said) = child.stdout.take() {
        for line in BufReader::new(said).split(b'\n') {
            let line = line.map_err(|e| format!("{cargo}: {e}"))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            match count {
                Count::Itself => {}
                Count::Tests => {
                    if let Some(found) = line.strip_prefix("test result: ").and_then(counts) {
                        tally = Tally { passed: tally.passed + found.passed, failed: tally.failed + found.failed };
                    }
                }
                Count::Claims => tally = counts(&line).unwrap_or(tally),
            }
        }
    }
    let success = child.wait().map_err(|e| format!("{cargo}: {e}"))?.success();
    Ok(judge(tally, success, count))
}

/// A step that fails without a failed test has failed itself; one that passes without a count has not been run.
fn judge(tally: Tally, success: bool, count: Count) -> Tally {
    match (success, count) {
        (true, Count::Itself) => Tally { passed: 1, failed: 0 },
        (true, _) if tally.passed > 0 => tally,
        _ => Tally { failed: tally.failed.max(1), ..tally },
    }
}

/// The numbers before `passed` and `failed`.
fn counts(line: &str) -> Option<Tally> {
    let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let before = |name: &str| words.iter().position(|w| *w == name).filter(|i| *i > 0).and_then(|i| words[i - 1].parse().ok());
    Some(Tally { passed: before("passed")?, failed: before("failed")? })
}

#[expect(clippy::disallowed_methods, reason = "the workshop shows how long a step took; nothing is computed from it")]
fn clock() -> impl Fn() -> f64 {
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read both kinds of summary and nothing else.
    #[test]
    fn summaries_are_counted() {
        assert_eq!(counts("ok. 24 passed; 1 failed; 2 ignored; 0 measured; 5 filtered out"), Some(Tally { passed: 24, failed: 1 }));
        assert_eq!(counts("51 passed, 0 failed, 2 slow claims not run"), Some(Tally { passed: 51, failed: 0 }));
        assert_eq!(counts("test a ... ok"), None);
        assert_eq!(counts("passed failed"), None);
    }

    /// Fail what ended badly, and what was not run at all.
    #[test]
    fn nothing_passes_by_silence() {
        let some = Tally { passed: 3, failed: 0 };
        assert_eq!(judge(some, true, Count::Tests), some);
        assert_eq!(judge(some, false, Count::Tests).failed, 1);
        assert_eq!(judge(Tally { passed: 3, failed: 2 }, false, Count::Tests).failed, 2);
        assert_eq!(judge(Tally::default(), true, Count::Claims).failed, 1);
        assert_eq!(judge(Tally::default(), false, Count::Itself).failed, 1);
        assert_eq!(judge(Tally::default(), true, Count::Itself).passed, 1);
    }
}
