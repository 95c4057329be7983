//! Doses in time, and concentrations at given times.

use serde::{Deserialize, Serialize};

use super::kinetics::{KineticsInput, KineticsModel, KineticsState};
use crate::PhysiologyError;
use crate::error::check;

/// Most doses of one schedule.
pub const DOSE_COUNT_MAX: usize = 100_000;

/// One dose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Dose {
    /// All at once into a vein.
    Bolus {
        /// When [s].
        at_s: f64,
        /// How much [kg, or units].
        amount: f64,
    },
    /// At a constant rate into a vein, over [from, to).
    Infusion {
        /// Start [s].
        from_s: f64,
        /// End [s].
        to_s: f64,
        /// Rate [kg/s, or units/s].
        rate_per_s: f64,
    },
    /// Swallowed.
    Oral {
        /// When [s].
        at_s: f64,
        /// How much [kg, or units].
        amount: f64,
    },
}

/// Concentrations at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Time [s].
    pub t_s: f64,
    /// In plasma [amount/m³].
    pub plasma_per_m3: f64,
    /// At the first effect site [amount/m³]; 0 without one.
    pub site_per_m3: f64,
}

/// Concentrations under a schedule, exact at every time.
///
/// `times_s`: rising, ≥ 0. A value at the time of a bolus is the one just before it: the dose belongs to what follows.
///
/// # Errors
/// [`PhysiologyError`] for times that fall, doses that are negative, not finite or more than [`DOSE_COUNT_MAX`].
pub fn concentrations(model: &KineticsModel, doses: &[Dose], times_s: &[f64]) -> Result<Vec<Sample>, PhysiologyError> {
    check("dose count", doses.len() as f64, 0.0, DOSE_COUNT_MAX as f64, "1")?;
    let mut boundaries = Vec::with_capacity(2 * doses.len());
    for dose in doses {
        let (from, to, amount) = match *dose {
            Dose::Bolus { at_s, amount } | Dose::Oral { at_s, amount } => (at_s, at_s, amount),
            Dose::Infusion { from_s, to_s, rate_per_s } => (from_s, to_s, rate_per_s),
        };
        check("dose time", from, 0.0, 1e12, "s")?;
        check("end of an infusion", to, from, 1e12, "s")?;
        check("dose amount", amount, 0.0, 1e12, "amount")?;
        boundaries.push(from);
        boundaries.push(to);
    }
    boundaries.sort_by(f64::total_cmp);
    boundaries.dedup();
    let mut state = model.state();
    let mut now = 0.0;
    let mut next = 0;
    let mut samples = Vec::with_capacity(times_s.len());
    for t in times_s {
        check("sample time", *t, now, 1e12, "s")?;
        while next < boundaries.len() && boundaries[next] < *t {
            advance(model, &mut state, doses, &mut now, boundaries[next]);
            give(model, &mut state, doses, now);
            next += 1;
        }
        advance(model, &mut state, doses, &mut now, *t);
        samples.push(Sample { t_s: *t, plasma_per_m3: model.plasma_per_m3(&state), site_per_m3: state.site_per_m3[0] });
    }
    Ok(samples)
}

fn advance(model: &KineticsModel, state: &mut KineticsState, doses: &[Dose], now: &mut f64, to: f64) {
    let running = |dose: &Dose| match *dose {
        Dose::Infusion { from_s, to_s, rate_per_s } if from_s <= *now && *now < to_s => rate_per_s,
        _ => 0.0,
    };
    let infusion_per_s = doses.iter().map(running).sum();
    model.step(state, &KineticsInput { infusion_per_s }, to - *now);
    *now = to;
}

fn give(model: &KineticsModel, state: &mut KineticsState, doses: &[Dose], now: f64) {
    for dose in doses {
        match *dose {
            Dose::Bolus { at_s, amount } if at_s == now => model.bolus(state, amount),
            Dose::Oral { at_s, amount } if at_s == now => {
                model.dose_absorbed(state, amount);
            }
            _ => {}
        }
    }
}
