//! What came out: one line per expectation, and a count.

use std::fmt;

use serde::Serialize;

/// One expectation beside what was computed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Folder under `verify/`.
    pub claim: String,
    /// What the claim says.
    pub title: String,
    /// Package whose code was put to the test.
    pub package: String,
    /// Name of the expectation.
    pub name: String,
    /// Expected value, when there is a single one.
    pub expected: Option<f64>,
    /// Greatest distance from the expected value that passes, in the same unit.
    pub tolerance: Option<f64>,
    /// Smallest value that passes, when a range is expected.
    pub min: Option<f64>,
    /// Greatest value that passes, when a range is expected.
    pub max: Option<f64>,
    /// What passes, in words: `0.759 ± 0.1 %`.
    pub accepts: String,
    /// What was computed; absent when nothing was.
    pub obtained: Option<f64>,
    /// Unit of all values of this line.
    pub unit: String,
    /// Who says so.
    pub source: String,
    /// Whether the obtained value is accepted.
    pub pass: bool,
    /// Why it failed when the numbers do not say it; empty otherwise.
    pub problem: String,
    /// Time that the whole claim took [s], by the caller's clock.
    pub seconds: f64,
}

/// All outcomes of one run, in the order of the claims.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// One line per expectation, and one per claim that could not be run.
    pub outcomes: Vec<Outcome>,
    /// Slow claims that were left out because nobody asked for them.
    pub skipped: Vec<String>,
    /// Long claims that were left out because nobody asked for them.
    pub long_skipped: Vec<String>,
}

impl Report {
    /// Number of expectations that were met.
    #[must_use]
    pub fn passed_count(&self) -> u32 {
        self.outcomes.iter().filter(|o| o.pass).count() as u32
    }

    /// Number of expectations that were not met, or not computed.
    #[must_use]
    pub fn failed_count(&self) -> u32 {
        self.outcomes.iter().filter(|o| !o.pass).count() as u32
    }

    /// Whether something was computed and nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.outcomes.is_empty() && self.failed_count() == 0
    }
}

impl fmt::Display for Report {
    /// A block per claim: a line per expectation with obtained, expected and source; the count at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut claim = None;
        for outcome in &self.outcomes {
            if claim != Some(&outcome.claim) {
                claim = Some(&outcome.claim);
                writeln!(f, "{} — {} ({}, {:.2} s)", outcome.claim, outcome.title, outcome.package, outcome.seconds)?;
            }
            let mark = if outcome.pass { "pass" } else { "FAIL" };
            let unit = if outcome.unit == "1" { String::new() } else { format!(" {}", outcome.unit) };
            let obtained = outcome.obtained.map_or_else(|| "nothing".into(), |x| if outcome.pass { significant(x) } else { all_digits(x) });
            writeln!(f, "  {mark}  {}: {obtained}{unit}  [expected {}{unit}; {}]", outcome.name, outcome.accepts, outcome.source)?;
            if !outcome.problem.is_empty() {
                writeln!(f, "        {}", outcome.problem)?;
            }
        }
        for id in &self.skipped {
            writeln!(f, "{id} — slow, not run")?;
        }
        for id in &self.long_skipped {
            writeln!(f, "{id} — long, not run: --long runs it")?;
        }
        let skipped = if self.skipped.is_empty() { String::new() } else { format!(", {} slow claims not run", self.skipped.len()) };
        let long = if self.long_skipped.is_empty() { String::new() } else { format!(", {} long claims not run", self.long_skipped.len()) };
        write!(f, "{} passed, {} failed{skipped}{long}", self.passed_count(), self.failed_count())
    }
}

/// Six significant digits; whole numbers in full.
pub(crate) fn significant(x: f64) -> String {
    if !x.is_finite() || (x.fract() == 0.0 && x.abs() < 1e15) {
        return format!("{x}");
    }
    let rounded = format!("{x:.5e}").parse().unwrap_or(x);
    all_digits(rounded)
}

/// Shortest decimal that reads back as the same number, with an exponent where there would be many zeros.
pub(crate) fn all_digits(x: f64) -> String {
    if !x.is_finite() || x == 0.0 || (1e-4..1e15).contains(&x.abs()) { format!("{x}") } else { format!("{x:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Print six digits of what passes, whole numbers in full, and exponents instead of many zeros.
    #[test]
    fn numbers_print_short_and_honest() {
        assert_eq!(significant(0.759_123_456), "0.759123");
        assert_eq!(significant(1_713_891_541.0), "1713891541");
        assert_eq!(significant(98.066_499_999_999_99), "98.0665");
        assert_eq!(significant(8.670_520_231e-7), "8.67052e-7");
        assert_eq!(significant(f64::NAN), "NaN");
        assert_eq!(all_digits(1.0 + 1e-12), "1.000000000001");
    }

    /// Not pass with nothing computed.
    #[test]
    fn an_empty_report_does_not_pass() {
        assert!(!Report::default().passed());
    }
}
