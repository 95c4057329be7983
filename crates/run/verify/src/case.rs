//! `case.toml`: what is expected, how close, and who says so.

use serde::Deserialize;

use crate::VerifyError;
use crate::report::{all_digits, significant};

/// Expectations of one claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is claimed, in one line.
    pub title: String,
    /// Package whose code is put to the test: `proband-physiology`.
    pub package: String,
    /// Takes more than about five seconds of one core; run only when asked for.
    pub slow: bool,
    /// Takes minutes of one core: run only when long claims are asked for.
    pub long: bool,
    /// Expected values, in the order of the file.
    pub expect: Vec<Expectation>,
}

/// One expected value.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Matches [`crate::Obtained::name`].
    pub name: String,
    /// Unit of the expected and the obtained value, `"1"` for none.
    pub unit: String,
    /// Who says so.
    pub source: String,
    /// What passes.
    pub target: Target,
}

/// Which values pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// |obtained − expected| ≤ tolerance.
    Near {
        /// Expected value.
        expected: f64,
        /// Greatest distance from it, in the same unit, ≥ 0.
        tolerance: f64,
        /// Whether the file gave it as a fraction of the expected value.
        relative: bool,
    },
    /// min ≤ obtained ≤ max; an end that the file does not give is infinite.
    Between {
        /// Smallest value that passes.
        min: f64,
        /// Greatest value that passes.
        max: f64,
    },
}

impl Target {
    /// Whether `obtained` passes. NaN and infinities never do.
    #[must_use]
    pub fn accepts(&self, obtained: f64) -> bool {
        obtained.is_finite()
            && match *self {
                Self::Near { expected, tolerance, .. } => (obtained - expected).abs() <= tolerance,
                Self::Between { min, max } => min <= obtained && obtained <= max,
            }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Near { expected, tolerance: 0.0, .. } => write!(f, "{} exactly", all_digits(expected)),
            Self::Near { expected, tolerance, relative: true } => {
                write!(f, "{} ± {} %", all_digits(expected), significant(100.0 * tolerance / expected.abs()))
            }
            Self::Near { expected, tolerance, relative: false } => write!(f, "{} ± {}", all_digits(expected), all_digits(tolerance)),
            Self::Between { min: f64::NEG_INFINITY, max } => write!(f, "≤ {}", all_digits(max)),
            Self::Between { min, max: f64::INFINITY } => write!(f, "≥ {}", all_digits(min)),
            Self::Between { min, max } => write!(f, "{} to {}", all_digits(min), all_digits(max)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    title: String,
    #[serde(rename = "crate")]
    package: String,
    #[serde(default)]
    slow: bool,
    #[serde(default)]
    long: bool,
    expect: Vec<RawExpectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpectation {
    name: String,
    unit: String,
    source: String,
    expected: Option<f64>,
    tolerance: Option<f64>,
    relative: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Case {
    /// Read the text of `verify/<id>/case.toml`.
    ///
    /// # Errors
    /// [`VerifyError::Case`] that names the file and the first offending field.
    pub fn parse(id: &str, text: &str) -> Result<Self, VerifyError> {
        let file = format!("verify/{id}/case.toml");
        let bad = |field: &str, what: String| VerifyError::Case { file: file.clone(), field: field.into(), what };
        let deserializer = toml::Deserializer::parse(text).map_err(|e| bad("TOML", e.to_string().trim_end().into()))?;
        let raw: RawCase = serde_path_to_error::deserialize(deserializer)
            .map_err(|e| bad(&e.path().to_string(), e.inner().to_string().trim_end().into()))?;

        if raw.title.trim().is_empty() {
            return Err(bad("title", "is empty".into()));
        }
        if !raw.package.starts_with("proband-") {
            return Err(bad("crate", format!("\"{}\" is no package of this workspace (proband-…)", raw.package)));
        }
        if raw.expect.is_empty() {
            return Err(bad("expect", "a claim without an expectation claims nothing".into()));
        }
        let mut expect: Vec<Expectation> = Vec::with_capacity(raw.expect.len());
        for (index, entry) in raw.expect.into_iter().enumerate() {
            let at = |field: &str| format!("expect[{index}].{field}");
            for (field, value) in [("name", &entry.name), ("unit", &entry.unit), ("source", &entry.source)] {
                if value.trim().is_empty() {
                    return Err(bad(&at(field), "is empty".into()));
                }
            }
            if expect.iter().any(|e| e.name == entry.name) {
                return Err(bad(&at("name"), format!("\"{}\" stands there already", entry.name)));
            }
            let target = target(&entry).map_err(|(field, what)| bad(&at(field), what))?;
            expect.push(Expectation { name: entry.name, unit: entry.unit, source: entry.source, target });
        }
        Ok(Self { title: raw.title, package: raw.package, slow: raw.slow, long: raw.long, expect })
    }
}

/// What the numeric fields of an entry say, or the offending field and what is wrong with it.
fn target(entry: &RawExpectation) -> Result<Target, (&'static str, String)> {
    let numbers = [
        ("expected", entry.expected),
        ("tolerance", entry.tolerance),
        ("relative", entry.relative),
        ("min", entry.min),
        ("max", entry.max),
    ];
    for (field, value) in numbers {
        if let Some(value) = value.filter(|v| !v.is_finite()) {
            return Err((field, format!("{value} is not finite")));
        }
    }
    let Some(expected) = entry.expected else {
        if entry.tolerance.is_some() || entry.relative.is_some() {
            return Err(("expected", "missing beside a tolerance".into()));
        }
        let (min, max) = (entry.min.unwrap_or(f64::NEG_INFINITY), entry.max.unwrap_or(f64::INFINITY));
        if entry.min.is_none() && entry.max.is_none() {
            return Err(("expected", "missing: give expected with tolerance or relative, or min, max or both".into()));
        }
        return if min <= max { Ok(Target::Between { min, max }) } else { Err(("min", format!("{min} is above max = {max}"))) };
    };
    for (field, value) in [("min", entry.min), ("max", entry.max)] {
        if value.is_some() {
            return Err((field, "stands beside expected; give one or the other".into()));
        }
    }
    match (entry.tolerance, entry.relative) {
        (Some(tolerance), None) if tolerance >= 0.0 => Ok(Target::Near { expected, tolerance, relative: false }),
        (Some(tolerance), None) => Err(("tolerance", format!("{tolerance} is negative"))),
        (None, Some(relative)) if relative < 0.0 => Err(("relative", format!("{relative} is negative"))),
        (None, Some(_)) if expected == 0.0 => Err(("relative", "means nothing beside expected = 0; give tolerance".into())),
        (None, Some(relative)) => Ok(Target::Near { expected, tolerance: relative * expected.abs(), relative: true }),
        (Some(_), Some(_)) => Err(("relative", "stands beside tolerance; give one or the other".into())),
        (None, None) => Err(("tolerance", "missing: give tolerance or relative".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &str) -> Result<Case, VerifyError> {
        Case::parse(
            "a",
            &format!("title = \"t\"\ncrate = \"proband-core\"\n[[expect]]\nname = \"n\"\nunit = \"1\"\nsource = \"s\"\n{lines}"),
        )
    }

    #[track_caller]
    fn refuse(lines: &str, field: &str) {
        let error = with(lines).unwrap_err().to_string();
        assert!(error.starts_with("verify/a/case.toml: ") && error.contains(field), "{error}");
    }

    /// Refuse entries that say too little, too much or nonsense, and name the field.
    #[test]
    fn a_bad_entry_is_named() {
        refuse("", "expect[0].expected");
        refuse("expected = 1.0", "expect[0].tolerance");
        refuse("expected = 1.0\ntolerance = -1.0", "expect[0].tolerance");
        refuse("expected = 1.0\ntolerance = nan", "expect[0].tolerance");
        refuse("expected = 0.0\nrelative = 0.1", "expect[0].relative");
        refuse("expected = 1.0\nrelative = 0.1\ntolerance = 1.0", "expect[0].relative");
        refuse("expected = 1.0\ntolerance = 0.1\nmin = 0.0", "expect[0].min");
        refuse("min = 2.0\nmax = 1.0", "expect[0].min");
        refuse("tolerance = 1.0", "expect[0].expected");
        refuse("expected = \"one\"\ntolerance = 1.0", "expect[0].expected");
        refuse("expected = 1.0\ntolerance = 1.0\ntolerence = 2.0", "tolerence");
    }

    /// Refuse files that are no case at all, and name the file.
    #[test]
    fn a_bad_file_is_named() {
        for text in ["", "title = 3", "title = \"t\"\ncrate = \"proband-core\"\nexpect = []", "title = \"t", "slow = \"yes\""] {
            let error = Case::parse("a", text).unwrap_err().to_string();
            assert!(error.starts_with("verify/a/case.toml: "), "{error}");
        }
    }

    /// Accept what lies inside a target and nothing that is not a number.
    #[test]
    fn targets_have_edges() {
        let near = with("expected = 2.0\nrelative = 0.25").unwrap().expect[0].target;
        assert!(near.accepts(2.5) && near.accepts(1.5) && !near.accepts(2.51));
        let open = with("min = 1").unwrap().expect[0].target;
        assert!(open.accepts(1.0) && open.accepts(1e300) && !open.accepts(0.999));
        assert!(!open.accepts(f64::INFINITY) && !open.accepts(f64::NAN) && !near.accepts(f64::NAN));
        let exact = with("expected = 3\ntolerance = 0").unwrap().expect[0].target;
        assert!(exact.accepts(3.0) && !exact.accepts(3.0 + 1e-15));
        assert_eq!(near.to_string(), "2 ± 25 %");
    }
}
