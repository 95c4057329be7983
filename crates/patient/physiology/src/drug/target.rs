//! Target-controlled infusion: the rate that brings plasma or effect site to a concentration.

use serde::{Deserialize, Serialize};

use super::kinetics::{KineticsModel, KineticsState, Transition};
use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Longest look ahead [control intervals].
const HORIZON_COUNT_MAX: usize = 720;

/// What is brought to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetSite {
    /// Concentration in plasma.
    Plasma,
    /// Concentration at the first effect site, without overshoot there.
    Effect,
}

/// A pump that follows a model.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetController {
    site: TargetSite,
    rate_max_per_s: f64,
    interval: Transition,
    interval_s: f64,
    /// Plasma after one interval of an infusion of 1 [s/m³].
    plasma_gain: f64,
    /// Effect site at the end of each interval after one interval of an infusion of 1 [s/m³].
    effect_response: Vec<f64>,
}

impl TargetController {
    /// A controller for the pump's own model of the patient.
    ///
    /// `interval_s`: the rate is set anew this often; `rate_max_per_s`: fastest infusion [kg/s, or units/s].
    ///
    /// # Source
    /// Shafer & Gregg 1992, J Pharmacokinet Biopharm 20:147 (effect site); Bailey & Shafer 1991, IEEE TBME 38:522 (plasma).
    /// # Errors
    /// [`PhysiologyError`] for an interval outside 0.1–600 s, a rate that is not positive, or no effect site.
    pub fn new(model: &KineticsModel, site: TargetSite, interval_s: f64, rate_max_per_s: f64) -> Result<Self, PhysiologyError> {
        check("interval_s", interval_s, 0.1, 600.0, "s")?;
        check("rate_max_per_s", rate_max_per_s, f64::MIN_POSITIVE, 1e9, "amount/s")?;
        if site == TargetSite::Effect && model.spec().ke0_per_s.is_empty() {
            return Err(PhysiologyError::Contradiction { field: "site", what: "the model has no effect site".into() });
        }
        let interval = model.transition(interval_s);
        let mut state = model.state();
        interval.apply(&mut state, 1.0);
        let plasma_gain = model.plasma_per_m3(&state);
        let mut effect_response = Vec::new();
        if site == TargetSite::Effect {
            // Past its peak the response to one pulse falls for ever.
            let mut last = 0.0;
            while effect_response.len() < HORIZON_COUNT_MAX && state.site_per_m3[0] >= last {
                last = state.site_per_m3[0];
                effect_response.push(last);
                interval.apply(&mut state, 0.0);
            }
        }
        Ok(Self { site, rate_max_per_s, interval, interval_s, plasma_gain, effect_response })
    }

    /// The rate for the next interval [kg/s, or units/s].
    #[must_use]
    pub fn rate_per_s(&self, model: &KineticsModel, state: &KineticsState, target_per_m3: f64) -> f64 {
        let target = finite_or(target_per_m3, 0.0).max(0.0);
        let mut free = state.clone();
        self.interval.apply(&mut free, 0.0);
        let rate = match self.site {
            TargetSite::Plasma => (target - model.plasma_per_m3(&free)) / self.plasma_gain,
            TargetSite::Effect => self.effect_rate(&mut free, target),
        };
        rate.clamp(0.0, self.rate_max_per_s)
    }

    /// The largest rate that lets the effect site nowhere above the target: over all times up to the peak of one
    /// pulse, the least of (target − what comes anyway)/(response to 1).
    fn effect_rate(&self, free: &mut KineticsState, target: f64) -> f64 {
        let mut rate = f64::INFINITY;
        for response in &self.effect_response {
            rate = rate.min((target - free.site_per_m3[0]) / response);
            self.interval.apply(free, 0.0);
        }
        rate
    }

    /// Length of the interval [s].
    #[must_use]
    pub fn interval_s(&self) -> f64 {
        self.interval_s
    }
}
