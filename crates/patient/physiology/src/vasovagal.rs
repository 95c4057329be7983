//! Vasovagal reactions as events in time.

use serde::{Deserialize, Serialize};

use proband_core::Stream;

use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// How likely and how soon a patient reacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VasovagalSpec {
    /// Probability of a reaction in one draw [1]. 0.02–0.07 of donors (Newman 2013; 16G donations, an upper bound).
    pub probability: f64,
    /// Part of the reactions that end in syncope [1]. 0.001–0.003 of donors, about 0.04 of the reactions (Newman 2013; C).
    pub syncope_fraction: f64,
    /// Mean time from the puncture to the reaction [s] (prior: unverified, 60–300 s).
    pub mean_delay_s: f64,
    /// Mean time from the reaction to syncope [s] (prior: unverified, 20–60 s).
    pub mean_warning_s: f64,
}

impl VasovagalSpec {
    /// A middling donor.
    #[must_use]
    pub fn reference_adult() -> Self {
        Self { probability: 0.03, syncope_fraction: 0.04, mean_delay_s: 120.0, mean_warning_s: 30.0 }
    }
}

/// How far a reaction has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VasovagalPhase {
    /// No reaction.
    Well,
    /// Pale, dizzy: the draw should stop.
    Reaction,
    /// Unconscious: the arm falls.
    Syncope,
}

/// What the tick is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VasovagalInput {
    /// The skin is punctured in this tick; the first one decides.
    pub puncture: bool,
}

/// State of the reaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VasovagalState {
    pub(crate) decided: bool,
    /// Time to the reaction [s], once decided on.
    pub(crate) reaction_in_s: Option<f64>,
    /// Time to syncope [s], once decided on.
    pub(crate) syncope_in_s: Option<f64>,
    pub(crate) phase: VasovagalPhase,
}

/// Vasovagal reactions of one patient. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct VasovagalModel {
    spec: VasovagalSpec,
}

impl VasovagalModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: VasovagalSpec) -> Result<Self, PhysiologyError> {
        check("probability", spec.probability, 0.0, 1.0, "1")?;
        check("syncope_fraction", spec.syncope_fraction, 0.0, 1.0, "1")?;
        check("mean_delay_s", spec.mean_delay_s, 0.1, 1e5, "s")?;
        check("mean_warning_s", spec.mean_warning_s, 0.1, 1e5, "s")?;
        Ok(Self { spec })
    }

    /// A patient who is well.
    #[must_use]
    pub fn state(&self) -> VasovagalState {
        VasovagalState { decided: false, reaction_in_s: None, syncope_in_s: None, phase: VasovagalPhase::Well }
    }

    /// Advance by `dt_s` (less than 0 or not finite is taken as 0). Draws from the stream only at the first puncture.
    pub fn step(&self, state: &mut VasovagalState, input: &VasovagalInput, dt_s: f64, stream: &mut Stream) -> VasovagalPhase {
        let dt = finite_or(dt_s, 0.0).max(0.0);
        if input.puncture && !state.decided {
            state.decided = true;
            if stream.bernoulli(self.spec.probability) {
                let delay = self.spec.mean_delay_s * stream.exponential();
                state.reaction_in_s = Some(delay);
                if stream.bernoulli(self.spec.syncope_fraction) {
                    state.syncope_in_s = Some(delay + self.spec.mean_warning_s * stream.exponential());
                }
            }
        }
        for (timer, phase) in [(&mut state.reaction_in_s, VasovagalPhase::Reaction), (&mut state.syncope_in_s, VasovagalPhase::Syncope)] {
            if let Some(left) = timer {
                *left -= dt;
                if *left <= 0.0 {
                    *timer = None;
                    state.phase = phase;
                }
            }
        }
        state.phase
    }
}
