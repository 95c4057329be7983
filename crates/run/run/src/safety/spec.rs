//! A set of requirements, checked.

use proband_math::logic::{Formula, Node};

use super::signals::SIGNAL_NAMES;
use crate::RunError;

/// Time between two samples of rules about a stretch of time [s]; windows are whole multiples of it.
pub const PERIOD_S: f64 = 5e-3;
/// Most requirements of one set.
pub const REQUIREMENT_COUNT_MAX: usize = 200;

/// One requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Short name.
    pub id: String,
    /// What is required, in a sentence.
    pub text: String,
    /// What must hold at every moment, in the syntax of [`Formula`]; `{limit}` stands for the limit.
    pub rule: String,
    /// Limit, in the unit of the rule's signal (SI).
    pub limit: f64,
    /// Margin that counts as 1 when requirements are compared, in the same unit.
    pub scale: f64,
    /// That unit.
    pub unit: String,
    /// Why.
    pub rationale: String,
    /// Who says so.
    pub source: String,
}

/// A requirement with its rule read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub requirement: Requirement,
    pub formula: Formula,
    /// Place in [`SIGNAL_NAMES`] of each of the formula's variables.
    pub places: Vec<usize>,
    /// Speaks of a stretch of time.
    pub temporal: bool,
}

/// A set of requirements whose rules can be watched.
#[derive(Clone, Debug, PartialEq)]
pub struct SafetySpec {
    pub(super) list: Vec<Read>,
}

impl SafetySpec {
    /// Read every rule.
    ///
    /// # Errors
    /// [`RunError::Safety`] with the requirement and what is wrong: a rule that cannot be read, a signal that is not known, a limit
    /// that is no number, a window that is no multiple of [`PERIOD_S`], two requirements of one name, too many.
    pub fn new(requirements: Vec<Requirement>) -> Result<Self, RunError> {
        if requirements.len() > REQUIREMENT_COUNT_MAX {
            let what = format!("{} requirements; at most {REQUIREMENT_COUNT_MAX}", requirements.len());
            return Err(RunError::Safety { id: String::new(), what, start: 0, end: 0 });
        }
        let mut list: Vec<Read> = Vec::new();
        for requirement in requirements {
            if list.iter().any(|r| r.requirement.id == requirement.id) {
                return Err(no(&requirement, "two requirements of this name", ""));
            }
            list.push(read(requirement)?);
        }
        Ok(Self { list })
    }

    /// The requirements in order.
    pub fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.list.iter().map(|read| &read.requirement)
    }
}

/// An error about a piece of the rule.
fn no(requirement: &Requirement, what: impl Into<String>, piece: &str) -> RunError {
    let start = if piece.is_empty() { 0 } else { requirement.rule.find(piece).unwrap_or(0) };
    let end = if piece.is_empty() { 0 } else { (start + piece.len()).min(requirement.rule.len()) };
    RunError::Safety { id: requirement.id.clone(), what: what.into(), start: start as u32, end: end as u32 }
}

fn read(requirement: Requirement) -> Result<Read, RunError> {
    for (name, value) in [("limit", requirement.limit), ("scale", requirement.scale)] {
        if !value.is_finite() {
            return Err(no(&requirement, format!("the {name} {value} is not a finite number"), ""));
        }
    }
    if requirement.scale <= 0.0 {
        return Err(no(&requirement, format!("the scale {} is not above 0", requirement.scale), ""));
    }
    // In brackets, so that a negative limit stays one number.
    let text = requirement.rule.replace("{limit}", &format!("({:.17})", requirement.limit));
    let formula = Formula::parse(&text).map_err(|error| no(&requirement, error.to_string(), ""))?;
    let mut places = Vec::new();
    for name in formula.variables() {
        match SIGNAL_NAMES.iter().position(|known| known == name) {
            Some(place) => places.push(place),
            None => {
                let what = format!("\"{name}\" is no signal; known: {}", SIGNAL_NAMES.join(", "));
                return Err(no(&requirement, what, name));
            }
        }
    }
    let now = |node: &Node| {
        matches!(
            node,
            Node::Variable(_)
                | Node::Constant(_)
                | Node::Negative(_)
                | Node::Absolute(_)
                | Node::Sum(..)
                | Node::Difference(..)
                | Node::Product(..)
                | Node::Quotient(..)
                | Node::Compare(..)
                | Node::Not(_)
                | Node::And(..)
                | Node::Or(..)
                | Node::Implies(..)
        )
    };
    let temporal = !formula.nodes().iter().all(now);
    if temporal {
        // What the monitor would refuse is refused here.
        proband_math::logic::OnlineMonitor::new(formula.clone(), PERIOD_S, proband_math::logic::Watch::Every)
            .map_err(|error| no(&requirement, error.to_string(), ""))?;
    }
    Ok(Read { requirement, formula, places, temporal })
}
