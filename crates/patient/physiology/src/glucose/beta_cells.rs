//! Glucose, insulin and the mass of β-cells over years.

use serde::{Deserialize, Serialize};

use super::rosenbrock::integrate;
use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Parameters of Topp's model, per day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaCellSpec {
    /// Production of glucose [mg/dL/d].
    pub production_mg_dl_d: f64,
    /// Use without insulin [1/d].
    pub use_per_d: f64,
    /// Sensitivity to insulin [mL/µU/d].
    pub sensitivity_ml_uu_d: f64,
    /// Largest secretion [µU/mL/d per mg of β-cells].
    pub secretion_uu_ml_d_mg: f64,
    /// Square of the glucose of half secretion [mg²/dL²].
    pub half_glucose2_mg2_dl2: f64,
    /// Clearance of insulin [1/d].
    pub clearance_per_d: f64,
    /// Death of β-cells without glucose [1/d].
    pub death_per_d: f64,
    /// Growth with glucose [dL/mg/d].
    pub growth_dl_mg_d: f64,
    /// Toxicity of glucose [dL²/mg²/d].
    pub toxicity_dl2_mg2_d: f64,
}

impl BetaCellSpec {
    /// The paper's parameters.
    ///
    /// # Source
    /// Topp 2000, J Theor Biol 206:605.
    #[must_use]
    pub fn topp() -> Self {
        Self {
            production_mg_dl_d: 864.0,
            use_per_d: 1.44,
            sensitivity_ml_uu_d: 0.72,
            secretion_uu_ml_d_mg: 43.2,
            half_glucose2_mg2_dl2: 20_000.0,
            clearance_per_d: 432.0,
            death_per_d: 0.06,
            growth_dl_mg_d: 0.84e-3,
            toxicity_dl2_mg2_d: 2.4e-6,
        }
    }
}

/// State.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaCellState {
    /// Glucose, mean of the day [mg/dL].
    pub glucose_mg_dl: f64,
    /// Insulin [µU/mL].
    pub insulin_uu_ml: f64,
    /// Mass of β-cells [mg].
    pub beta_mg: f64,
}

/// What treatment and life change, as factors and additions on the model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaCellTherapy {
    /// × sensitivity to insulin [1]; falls with weight, rises with metformin and movement.
    pub sensitivity: f64,
    /// × production of glucose [1]; metformin lowers it.
    pub production: f64,
    /// × secretion [1].
    pub secretion: f64,
    /// + loss of glucose in the urine [1/d]; SGLT2 inhibitors.
    pub excretion_per_d: f64,
    /// + insulin given [µU/mL/d].
    pub insulin_uu_ml_d: f64,
    /// × death of β-cells [1].
    pub death: f64,
}

impl BetaCellTherapy {
    /// Nothing changed.
    pub const NONE: Self =
        Self { sensitivity: 1.0, production: 1.0, secretion: 1.0, excretion_per_d: 0.0, insulin_uu_ml_d: 0.0, death: 1.0 };
}

/// Where the model stands still, and how it leaves or returns.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPoint {
    /// The point.
    pub state: BetaCellState,
    /// Real eigenvalues of the linearised model, rising [1/d].
    pub eigenvalues_per_d: [f64; 3],
}

/// Glycated haemoglobin [%] from the mean glucose of weeks [mg/dL]: (mean + 46.7)/28.7.
///
/// # Source
/// Nathan 2008 (ADAG), Diabetes Care 31:1473.
#[must_use]
pub fn hba1c_percent(glucose_mean_mg_dl: f64) -> f64 {
    (glucose_mean_mg_dl + 46.7) / 28.7
}

/// Glucose, insulin and β-cells of one person. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct BetaCellModel {
    spec: BetaCellSpec,
}

impl BetaCellModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: BetaCellSpec) -> Result<Self, PhysiologyError> {
        check("production_mg_dl_d", spec.production_mg_dl_d, 1e-6, 1e5, "mg/dL/d")?;
        check("use_per_d", spec.use_per_d, 1e-6, 1e3, "1/d")?;
        check("sensitivity_ml_uu_d", spec.sensitivity_ml_uu_d, 0.0, 1e3, "mL/µU/d")?;
        check("secretion_uu_ml_d_mg", spec.secretion_uu_ml_d_mg, 0.0, 1e5, "µU/mL/d/mg")?;
        check("half_glucose2_mg2_dl2", spec.half_glucose2_mg2_dl2, 1e-3, 1e8, "mg²/dL²")?;
        check("clearance_per_d", spec.clearance_per_d, 1e-3, 1e6, "1/d")?;
        check("death_per_d", spec.death_per_d, 0.0, 10.0, "1/d")?;
        check("growth_dl_mg_d", spec.growth_dl_mg_d, 0.0, 1.0, "dL/mg/d")?;
        check("toxicity_dl2_mg2_d", spec.toxicity_dl2_mg2_d, 0.0, 1.0, "dL²/mg²/d")?;
        Ok(Self { spec })
    }

    fn with(&self, therapy: &BetaCellTherapy) -> (f64, BetaCellSpec) {
        let mut spec = self.spec.clone();
        let factor = |x: f64| finite_or(x, 1.0).clamp(0.0, 100.0);
        spec.sensitivity_ml_uu_d *= factor(therapy.sensitivity);
        spec.production_mg_dl_d *= factor(therapy.production);
        spec.secretion_uu_ml_d_mg *= factor(therapy.secretion);
        spec.use_per_d += finite_or(therapy.excretion_per_d, 0.0).clamp(0.0, 100.0);
        spec.death_per_d *= factor(therapy.death);
        let given = finite_or(therapy.insulin_uu_ml_d, 0.0).clamp(0.0, 1e6);
        (given, spec)
    }

    /// Advance by days, to a relative 1e-9; where the solver does not come to an end the state is left as it was and
    /// false is returned.
    #[must_use]
    pub fn step(&self, state: &mut BetaCellState, therapy: &BetaCellTherapy, days: f64) -> bool {
        let (given, s) = self.with(therapy);
        let y0 = [state.glucose_mg_dl, state.insulin_uu_ml, state.beta_mg];
        let days = finite_or(days, 0.0).clamp(0.0, 1e6);
        let end = integrate(y0, days, 1e-9, [1.0, 1e-2, 1e-2], |y| slope(&s, given, y), |y| jacobian(&s, y));
        if let Some([glucose_mg_dl, insulin_uu_ml, beta_mg]) = end {
            *state = BetaCellState { glucose_mg_dl, insulin_uu_ml: insulin_uu_ml.max(0.0), beta_mg: beta_mg.max(0.0) };
        }
        end.is_some()
    }

    /// The points at which the untreated model stands still: the two zeros of β̇/β with β > 0, and the one without β-cells.
    #[must_use]
    pub fn fixed_points(&self) -> Vec<FixedPoint> {
        let s = &self.spec;
        let mut states = Vec::new();
        // −d + r₁G − r₂G² = 0.
        let root = s.growth_dl_mg_d * s.growth_dl_mg_d - 4.0 * s.toxicity_dl2_mg2_d * s.death_per_d;
        if root >= 0.0 && s.toxicity_dl2_mg2_d > 0.0 {
            for sign in [-1.0, 1.0] {
                let g = (s.growth_dl_mg_d + sign * root.sqrt()) / (2.0 * s.toxicity_dl2_mg2_d);
                let i = (s.production_mg_dl_d / g - s.use_per_d) / s.sensitivity_ml_uu_d;
                let beta = s.clearance_per_d * i * (s.half_glucose2_mg2_dl2 + g * g) / (s.secretion_uu_ml_d_mg * g * g);
                states.push(BetaCellState { glucose_mg_dl: g, insulin_uu_ml: i, beta_mg: beta });
            }
        }
        states.push(BetaCellState { glucose_mg_dl: s.production_mg_dl_d / s.use_per_d, insulin_uu_ml: 0.0, beta_mg: 0.0 });
        let point = |state: BetaCellState| {
            let j = jacobian(s, &[state.glucose_mg_dl, state.insulin_uu_ml, state.beta_mg]);
            let mut values: Vec<f64> = nalgebra::Matrix3::from_fn(|r, c| j[r][c]).complex_eigenvalues().iter().map(|e| e.re).collect();
            values.sort_by(f64::total_cmp);
            FixedPoint { state, eigenvalues_per_d: [values[0], values[1], values[2]] }
        };
        states.into_iter().map(point).collect()
    }

    /// The mass of β-cells [mg] that parts recovery from collapse, for a glucose and insulin to start from: by bisection
    /// on whether β is rising to the healthy point or gone after `days`.
    #[must_use]
    pub fn separatrix_mg(&self, glucose_mg_dl: f64, insulin_uu_ml: f64, days: f64) -> Option<f64> {
        let saddle = self.fixed_points().get(1)?.state.beta_mg;
        let recovers = |beta_mg: f64| {
            let mut state = BetaCellState { glucose_mg_dl, insulin_uu_ml, beta_mg };
            self.step(&mut state, &BetaCellTherapy::NONE, days).then_some(state.beta_mg > saddle)
        };
        let (mut low, mut high) = (0.0, 1e4);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if recovers(middle)? { high = middle } else { low = middle }
        }
        Some(0.5 * (low + high))
    }
}

fn slope(s: &BetaCellSpec, given: f64, y: &[f64; 3]) -> [f64; 3] {
    let [g, i, beta] = *y;
    let g2 = g * g;
    [
        s.production_mg_dl_d - (s.use_per_d + s.sensitivity_ml_uu_d * i) * g,
        beta * s.secretion_uu_ml_d_mg * g2 / (s.half_glucose2_mg2_dl2 + g2) - s.clearance_per_d * i + given,
        (-s.death_per_d + s.growth_dl_mg_d * g - s.toxicity_dl2_mg2_d * g2) * beta,
    ]
}

fn jacobian(s: &BetaCellSpec, y: &[f64; 3]) -> [[f64; 3]; 3] {
    let [g, i, beta] = *y;
    let half = s.half_glucose2_mg2_dl2;
    let under = half + g * g;
    [
        [-(s.use_per_d + s.sensitivity_ml_uu_d * i), -s.sensitivity_ml_uu_d * g, 0.0],
        [2.0 * beta * s.secretion_uu_ml_d_mg * half * g / (under * under), -s.clearance_per_d, s.secretion_uu_ml_d_mg * g * g / under],
        [
            (s.growth_dl_mg_d - 2.0 * s.toxicity_dl2_mg2_d * g) * beta,
            0.0,
            -s.death_per_d + s.growth_dl_mg_d * g - s.toxicity_dl2_mg2_d * g * g,
        ],
    ]
}
