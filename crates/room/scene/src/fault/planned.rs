//! A fault that is planned.

use std::fmt;

use proband_procedure::Phase;
use serde::{Deserialize, Serialize};

use super::FaultKind;
use super::read::TIME_MAX_S;
use crate::SceneError;

/// Most faults of one scene.
pub const FAULT_COUNT_MAX: usize = 64;

/// When a fault comes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    /// At a time after the start [s].
    Time(f64),
    /// When a phase begins for the first time, plus a delay [s].
    Phase {
        /// Which phase.
        phase: Phase,
        /// How much later [s].
        delay_s: f64,
    },
}

/// A planned fault. As text, and so in every file: `force:bias=0.5N@insert+0.5~2^1` for 0.5 N, half a second into the insertion, for
/// 2 s, with a ramp of 1 s; what is as usual is left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// When.
    pub trigger: Trigger,
    /// How long [s]; infinite until the end. A startle takes its own course.
    pub duration_s: f64,
    /// Time in which it grows from nothing to its magnitude [s]; 0 for at once. Kinds without a size come at once.
    pub ramp_s: f64,
    /// How large, in SI, in the unit of [`FaultKind::unit`].
    pub magnitude: f64,
}

impl Fault {
    /// A fault of the usual size and duration, at once.
    #[must_use]
    pub fn new(kind: FaultKind, trigger: Trigger) -> Self {
        Self { kind, trigger, duration_s: kind.default_duration_s(), ramp_s: 0.0, magnitude: kind.default_magnitude() }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SceneError::Fault`] that names the number, its value and what is accepted.
    pub fn check(&self) -> Result<(), SceneError> {
        let no = |what: String| Err(SceneError::Fault { what: format!("{}: {what}", self.kind), start: 0, end: 0 });
        let at_s = match self.trigger {
            Trigger::Time(s) => s,
            Trigger::Phase { delay_s, .. } => delay_s,
        };
        if !(0.0..=TIME_MAX_S).contains(&at_s) {
            return no(format!("its time {at_s} s is not between 0 and {TIME_MAX_S} s"));
        }
        if !(0.0..=TIME_MAX_S).contains(&self.duration_s) && self.duration_s != f64::INFINITY {
            return no(format!("its duration {} s is neither between 0 and {TIME_MAX_S} s nor without end", self.duration_s));
        }
        if !(0.0..=TIME_MAX_S).contains(&self.ramp_s) {
            return no(format!("its ramp {} s is not between 0 and {TIME_MAX_S} s", self.ramp_s));
        }
        let (low, high) = self.kind.magnitude_range();
        if !(low..=high).contains(&self.magnitude) {
            return no(format!("its magnitude {} {unit} is not between {low} and {high} {unit}", self.magnitude, unit = self.kind.unit()));
        }
        Ok(())
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(s) => write!(f, "{s}"),
            Self::Phase { phase, delay_s } if *delay_s == 0.0 => f.write_str(phase.name()),
            Self::Phase { phase, delay_s } => write!(f, "{}+{delay_s}", phase.name()),
        }
    }
}

impl fmt::Display for Fault {
    /// The short form: reading it gives the same fault to the bit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        write!(f, "{kind}")?;
        if self.magnitude != kind.default_magnitude() {
            write!(f, "={}", self.magnitude)?;
            if kind.unit() != "1" {
                f.write_str(kind.unit())?;
            }
        }
        write!(f, "@{}", self.trigger)?;
        if self.duration_s != kind.default_duration_s() {
            write!(f, "~{}", self.duration_s)?;
        }
        if self.ramp_s != 0.0 {
            write!(f, "^{}", self.ramp_s)?;
        }
        Ok(())
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

impl TryFrom<String> for Fault {
    type Error = SceneError;

    fn try_from(text: String) -> Result<Self, SceneError> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for Fault {
    type Err = SceneError;

    fn from_str(text: &str) -> Result<Self, SceneError> {
        Self::parse(text)
    }
}
