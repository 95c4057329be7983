//! A rule of safety and how far a run is from breaking it.

use proband_math::logic::{Formula, LogicError, Trace};
use proband_scene::TICK_S;

use super::signals;

/// A rule in signal temporal logic over the [`super::SIGNALS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Short name.
    pub name: String,
    /// The formula as written.
    pub text: String,
    /// What to say when it is broken; `{}`, `{mm}`, `{N}`, `{s}`, `{mL}`, `{mmHg}` stand for by how much.
    pub when_broken: String,
    formula: Formula,
    /// Places of the formula's variables among all signals.
    places: Vec<usize>,
}

/// What a trace says about a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Robustness at the start of the run, in the units of the formula; negative when broken.
    pub margin: f64,
    /// Tick at which the rule is kept the least.
    pub worst_tick: usize,
}

impl Requirement {
    /// Read a rule.
    ///
    /// # Errors
    /// The formula's error with the place in the text, or that a signal is not known.
    pub fn new(name: &str, text: &str, when_broken: &str) -> Result<Self, LogicError> {
        let formula = Formula::parse(text)?;
        let places = formula
            .variables()
            .iter()
            .map(|v| signals::index(v).ok_or_else(|| LogicError::NoSignal { name: v.clone() }))
            .collect::<Result<_, _>>()?;
        Ok(Self { name: name.into(), text: text.into(), when_broken: when_broken.into(), formula, places })
    }

    /// Places of the signals that the rule speaks of.
    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether the rule is an `always` without bounds.
    pub(crate) fn is_always(&self) -> bool {
        self.formula.always_of().is_some()
    }

    /// Names of the signals that the rule speaks of.
    #[must_use]
    pub fn signals(&self) -> &[String] {
        self.formula.variables()
    }

    /// Robustness over a whole run. `of`: samples of a signal by its place.
    ///
    /// # Errors
    /// [`LogicError`] for samples that are not finite.
    pub(crate) fn judge<'t>(&self, of: impl Fn(usize) -> &'t [f64]) -> Result<Verdict, LogicError> {
        let all = self.margins(of)?;
        let margin = all.first().copied().unwrap_or(f64::INFINITY);
        // Of an `always` every later value is an infimum over what is left: the last place of the least value is where it happens.
        let worst_tick = all.iter().rposition(|v| *v == margin).unwrap_or(0);
        Ok(Verdict { margin, worst_tick })
    }

    /// Robustness at every tick, of the rule itself.
    fn margins<'t>(&self, of: impl Fn(usize) -> &'t [f64]) -> Result<Vec<f64>, LogicError> {
        let named: Vec<(&str, &[f64])> =
            self.formula.variables().iter().zip(&self.places).map(|(name, place)| (name.as_str(), of(*place))).collect();
        self.formula.robustness(&Trace::new(TICK_S, &named)?)
    }

    /// Margin at every tick: of what must always hold, where the rule is an unbounded `always`, else of the rule itself.
    ///
    /// # Errors
    /// [`LogicError`] for samples that are not finite.
    pub(crate) fn course<'t>(&self, of: impl Fn(usize) -> &'t [f64]) -> Result<Vec<f64>, LogicError> {
        match self.formula.always_of() {
            Some(inner) => Self { formula: inner, ..self.clone() }.margins(of),
            None => self.margins(of),
        }
    }
}
