//! Glucose and insulin of a person with type 1 diabetes, by the minute.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::meal_spec::{Derived, MealSpec};
use crate::PhysiologyError;
use crate::error::finite_or;

/// Longest step of the integration [min].
const STEP_MIN: f64 = 0.125;
/// 1 unit of insulin [pmol].
const PMOL_PER_UNIT: f64 = 6000.0;

/// What is eaten and injected during a step, at constant rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MealInput {
    /// Carbohydrate [g/min].
    pub carbohydrate_g_min: f64,
    /// Insulin under the skin [U/min].
    pub insulin_u_min: f64,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MealOutput {
    /// Glucose in plasma [mg/dL].
    pub glucose_plasma_mg_dl: f64,
    /// Glucose under the skin, where sensors are [mg/dL].
    pub glucose_under_skin_mg_dl: f64,
    /// Insulin in plasma [pmol/L].
    pub insulin_plasma_pmol_l: f64,
}

/// State.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MealState {
    /// Stomach solid and liquid, gut [mg]; plasma and tissue glucose [mg/kg]; insulin in plasma [pmol/kg]; its action on
    /// use, its delayed concentrations [pmol/L] (two); insulin in the liver and in two places under the skin [pmol/kg];
    /// glucose under the skin [mg/kg].
    pub x: [f64; 13],
    /// In the stomach when the last meal began, and eaten since [mg].
    pub meal_mg: f64,
    /// Eating in the last step.
    pub eating: bool,
}

/// One person. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct MealModel {
    spec: MealSpec,
    derived: Derived,
}

impl MealModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field, or the part of the basal state that cannot be.
    pub fn new(spec: MealSpec) -> Result<Self, PhysiologyError> {
        spec.check()?;
        let derived = spec.derived();
        Ok(Self { spec, derived })
    }

    /// The basal state under [`MealModel::basal_u_min`].
    #[must_use]
    pub fn state(&self) -> MealState {
        let (s, d) = (&self.spec, &self.derived);
        let ib = s.insulin_basal_pmol_l;
        let x = [
            0.0,
            0.0,
            0.0,
            d.plasma_basal,
            d.tissue_basal,
            d.insulin_basal,
            0.0,
            ib,
            ib,
            d.liver_basal,
            d.under_skin_1,
            d.under_skin_2,
            d.plasma_basal,
        ];
        MealState { x, meal_mg: 0.0, eating: false }
    }

    /// The infusion that keeps the basal state [U/min].
    #[must_use]
    pub fn basal_u_min(&self) -> f64 {
        self.derived.basal * self.spec.mass_kg / PMOL_PER_UNIT
    }

    /// What can be measured now.
    #[must_use]
    pub fn output(&self, state: &MealState) -> MealOutput {
        MealOutput {
            glucose_plasma_mg_dl: state.x[3] / self.spec.volume_glucose_dl_kg,
            glucose_under_skin_mg_dl: state.x[12] / self.spec.volume_glucose_dl_kg,
            insulin_plasma_pmol_l: state.x[5] / self.spec.volume_insulin_l_kg,
        }
    }

    /// Advance by `dt_s` (a minute is usual): classical Runge–Kutta in steps of at most 7.5 s.
    ///
    /// Emptying of the stomach knows the size of the meal so far, counted at the beginning of the step.
    ///
    /// # Source
    /// Dalla Man 2007, IEEE Trans Biomed Eng 54:1740; Kovatchev 2009, J Diabetes Sci Technol 3:44 (type 1, 13 states).
    pub fn step(&self, state: &mut MealState, input: &MealInput, dt_s: f64) -> MealOutput {
        let minutes = finite_or(dt_s, 0.0).clamp(0.0, 1e7) / 60.0;
        let eaten_mg_min = 1e3 * finite_or(input.carbohydrate_g_min, 0.0).max(0.0);
        let insulin = finite_or(input.insulin_u_min, 0.0).max(0.0) * PMOL_PER_UNIT / self.spec.mass_kg;
        if eaten_mg_min > 0.0 && !state.eating {
            state.meal_mg = state.x[0] + state.x[1];
        }
        state.eating = eaten_mg_min > 0.0;
        state.meal_mg += eaten_mg_min * minutes;
        let count = (minutes / STEP_MIN - 1e-9).ceil().max(0.0) as u64;
        let h = if count > 0 { minutes / count as f64 } else { 0.0 };
        let along = |x: &[f64; 13], k: &[f64; 13], f: f64| -> [f64; 13] { std::array::from_fn(|i| x[i] + f * k[i]) };
        for _ in 0..count {
            let slope = |x: &[f64; 13]| self.slope(x, state.meal_mg, eaten_mg_min, insulin);
            let k1 = slope(&state.x);
            let k2 = slope(&along(&state.x, &k1, 0.5 * h));
            let k3 = slope(&along(&state.x, &k2, 0.5 * h));
            let k4 = slope(&along(&state.x, &k3, h));
            state.x = std::array::from_fn(|i| state.x[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
        }
        self.output(state)
    }

    /// Rate at which the stomach empties [1/min].
    fn emptying_per_min(&self, in_stomach_mg: f64, meal_mg: f64) -> f64 {
        let s = &self.spec;
        if meal_mg <= 0.0 {
            return s.kmax_per_min;
        }
        let alpha = 2.5 / (meal_mg * (1.0 - s.b));
        let beta = 2.5 / (meal_mg * s.d);
        let wave = ops::tanh(alpha * (in_stomach_mg - s.b * meal_mg)) - ops::tanh(beta * (in_stomach_mg - s.d * meal_mg));
        s.kmin_per_min + 0.5 * (s.kmax_per_min - s.kmin_per_min) * (wave + 2.0)
    }

    /// ẋ per minute.
    fn slope(&self, x: &[f64; 13], meal_mg: f64, eaten_mg_min: f64, insulin: f64) -> [f64; 13] {
        let (s, d) = (&self.spec, &self.derived);
        let kgut = self.emptying_per_min(x[0] + x[1], meal_mg);
        let appearing = s.appearing * s.kabs_per_min * x[2] / s.mass_kg;
        let production = (d.kp1 - s.kp2_per_min * x[3] - s.kp3_mg_kg_min_per_pmol_l * x[8]).max(0.0);
        let excreted = (s.ke1_per_min * (x[3] - s.ke2_mg_kg)).max(0.0);
        let exchange = s.k1_per_min * x[3] - s.k2_per_min * x[4];
        let used = (d.vm0 + s.vmx_mg_kg_min_per_pmol_l * x[6]) * x[4] / (s.km0_mg_kg + x[4]);
        let concentration = x[5] / s.volume_insulin_l_kg;
        // What is empty does not fall further (the published program stops it for good; here it may fill again).
        let kept = |value: f64, slope: f64| if value >= 0.0 { slope } else { slope.max(0.0) };
        [
            eaten_mg_min - s.kmax_per_min * x[0],
            s.kmax_per_min * x[0] - kgut * x[1],
            kgut * x[1] - s.kabs_per_min * x[2],
            kept(x[3], production + appearing - s.use_fixed_mg_kg_min - excreted - exchange),
            kept(x[4], exchange - used),
            kept(x[5], s.m1_per_min * x[9] + s.ka1_per_min * x[10] + s.ka2_per_min * x[11] - (s.m2_per_min + d.m4) * x[5]),
            s.p2u_per_min * (concentration - s.insulin_basal_pmol_l - x[6]),
            s.ki_per_min * (concentration - x[7]),
            s.ki_per_min * (x[7] - x[8]),
            kept(x[9], s.m2_per_min * x[5] - (s.m1_per_min + d.m30) * x[9]),
            kept(x[10], insulin - (s.ka1_per_min + s.kd_per_min) * x[10]),
            kept(x[11], s.kd_per_min * x[10] - s.ka2_per_min * x[11]),
            kept(x[12], s.ksc_per_min * (x[3] - x[12])),
        ]
    }
}
