//! One body over years: organs that change by the day and weigh on each other.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::condition::{Condition, Therapy};
use super::rates::Rates;
use super::tumour::{SimeoniModel, SimeoniSpec, SimeoniState};
use crate::PhysiologyError;
use crate::error::check;
use crate::glucose::{BetaCellModel, BetaCellSpec, BetaCellState, BetaCellTherapy};

/// Mean pressure of a healthy adult [mmHg].
pub(super) const PRESSURE_MMHG: f64 = 93.0;
/// Stroke volume, volume without stress and with it of a healthy left ventricle [mL].
pub(super) const STROKE_ML: f64 = 70.0;
const SLACK_ML: f64 = 15.0;
const STRESSED_ML: f64 = 110.0;
/// Elastance of the arteries [mmHg/mL]: pressure over stroke volume; of the ventricle such that the stroke volume is 70.
const ARTERIAL: f64 = PRESSURE_MMHG / STROKE_ML;
const VENTRICULAR: f64 = ARTERIAL * STROKE_ML / (STRESSED_ML - STROKE_ML);
/// Aortic valve of a healthy adult [cm²].
const AORTIC_CM2: f64 = 3.0;
/// Smallest opening [cm²], contractility and largest filling and radius [1] that are let come about: beyond them is death,
/// which is not modelled (prior: unverified).
const AORTIC_MIN_CM2: f64 = 0.5;
const CONTRACTILITY_MIN: f64 = 0.35;
const FILLING_MAX: f64 = 1.4;
const RADIUS_MAX: f64 = 1.35;
/// Days for which a heart and the blood have borne a disease of years before the first day.
const SETTLING_D: u32 = 500;
/// Days between steps of glucose and β-cells: they are slow against this, and the solver stiff.
const GLUCOSE_STEP_D: u32 = 30;
const DAYS_PER_YEAR: f64 = 365.25;

/// Who, what and which treatment.
#[derive(Clone, Debug, PartialEq)]
pub struct BodySpec {
    /// Age on the first day [a].
    pub age_y: f64,
    /// Male.
    pub male: bool,
    /// Height [m].
    pub height_m: f64,
    /// Disease.
    pub condition: Condition,
    /// How far it is on the first day [1]: 0 early, 1 severe.
    pub severity: f64,
    /// Treatments, from the first day.
    pub therapies: Vec<Therapy>,
    /// Rates of this person.
    pub rates: Rates,
}

/// State on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BodyState {
    /// Days since the beginning.
    pub day: u32,
    /// Age [a].
    pub age_y: f64,
    /// Mean arterial pressure [mmHg].
    pub pressure_mmhg: f64,
    /// Shift of the pressure at which the kidneys balance [mmHg].
    pub pressure_shift_mmhg: f64,
    /// Resistance of the arterioles over normal [1].
    pub resistance: f64,
    /// Compliance of the arteries over that of 30 years [1].
    pub compliance: f64,
    /// Nephrons that are left [1].
    pub nephrons: f64,
    /// Contractility of the left ventricle over normal [1].
    pub contractility: f64,
    /// Thickness of its wall over normal [1].
    pub wall: f64,
    /// Radius of its cavity at rest over normal [1].
    pub radius: f64,
    /// Stretch of its fibres by filling over normal [1].
    pub filling: f64,
    /// Opening of the aortic valve [cm²].
    pub aortic_cm2: f64,
    /// Leak of the mitral valve [cm²].
    pub mitral_leak_cm2: f64,
    /// Forced expiratory volume in a second [L].
    pub fev1_l: f64,
    /// Share of the lung that is infected [1].
    pub infected: f64,
    /// Defence against it [1].
    pub defence: f64,
    /// Inflammation of the whole body [1].
    pub inflammation: f64,
    /// Haemoglobin [g/L].
    pub haemoglobin_g_l: f64,
    /// Glucose, insulin, β-cells.
    pub glucose: BetaCellState,
    /// Sensitivity to insulin over normal [1].
    pub sensitivity: f64,
    /// Death of β-cells over normal [1].
    pub beta_death: f64,
    /// Tumour.
    pub tumour: SimeoniState,
    /// Months in which the solver of glucose did not come to an end (its state was kept).
    pub glucose_failures: u32,
}

/// Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyModel {
    pub(super) spec: BodySpec,
    glucose: BetaCellModel,
    tumour: SimeoniModel,
}

impl BodyModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: BodySpec) -> Result<Self, PhysiologyError> {
        check("age_y", spec.age_y, 18.0, 100.0, "a")?;
        check("height_m", spec.height_m, 1.2, 2.3, "m")?;
        check("severity", spec.severity, 0.0, 1.0, "1")?;
        let glucose = BetaCellModel::new(BetaCellSpec::topp())?;
        let tumour = SimeoniModel::new(SimeoniSpec {
            exponential_per_d: spec.rates.tumour_growth,
            linear_g_d: spec.rates.tumour_linear,
            dying_per_d: 0.3,
            potency_per_d: spec.rates.chemotherapy_kill,
        })?;
        Ok(Self { spec, glucose, tumour })
    }

    fn has(&self, condition: Condition) -> bool {
        self.spec.condition == condition
    }

    fn takes(&self, therapy: Therapy) -> bool {
        self.spec.therapies.contains(&therapy)
    }

    /// Product of what each treatment that is taken leaves.
    fn left(&self, shares: &[(Therapy, f64)]) -> f64 {
        shares.iter().filter(|(therapy, _)| self.takes(*therapy)).map(|(_, share)| share).product()
    }

    /// The first day: heart, vessels and blood have settled under the disease, untreated; then treatment begins.
    #[must_use]
    pub fn state(&self) -> BodyState {
        let untreated = Self { spec: BodySpec { therapies: Vec::new(), ..self.spec.clone() }, ..self.clone() };
        let mut state = untreated.onset();
        for _ in 0..SETTLING_D {
            untreated.vessels(&mut state, 0.0);
            untreated.heart(&mut state, 0.0);
            untreated.blood(&mut state);
        }
        let fresh = self.onset();
        state.aortic_cm2 = fresh.aortic_cm2;
        state.mitral_leak_cm2 = fresh.mitral_leak_cm2;
        // Infections begin on the first day.
        let acute = |condition, value: f64| if self.has(condition) { value } else { 0.0 };
        state.infected = acute(Condition::Pneumonia, 0.03 + 0.12 * self.spec.severity);
        state.inflammation = acute(Condition::Sepsis, 0.15 + 0.45 * self.spec.severity);
        state
    }

    fn onset(&self) -> BodyState {
        let s = &self.spec;
        let past = (s.age_y - 30.0).max(0.0);
        let ill = |condition, value: f64| if self.has(condition) { value } else { 0.0 };
        let predicted = predicted_fev1_l(s.age_y, s.height_m, s.male);
        let shift = ill(Condition::Hypertension, 12.0 + 18.0 * s.severity);
        let replaced = self.takes(Therapy::ValveReplacement);
        let sensitivity = 1.0 - ill(Condition::Type2Diabetes, 0.3 + 0.2 * s.severity);
        let beta_death = 1.0 + ill(Condition::Type2Diabetes, 0.15 + 0.06 * s.severity);
        BodyState {
            day: 0,
            age_y: s.age_y,
            pressure_mmhg: PRESSURE_MMHG + shift,
            pressure_shift_mmhg: shift,
            resistance: (PRESSURE_MMHG + shift) / PRESSURE_MMHG,
            compliance: ops::exp(-s.rates.stiffening * past),
            nephrons: (1.0 - s.rates.nephron_loss_age * (s.age_y - 40.0).max(0.0)).max(0.3)
                * (1.0 - ill(Condition::ChronicKidneyDisease, 0.35 + 0.4 * s.severity)),
            contractility: 1.0 - ill(Condition::HeartFailure, 0.2 + 0.3 * s.severity),
            wall: 1.0,
            radius: 1.0,
            filling: 1.0,
            aortic_cm2: if self.has(Condition::AorticStenosis) && !replaced {
                1.6 - 0.9 * s.severity
            } else {
                AORTIC_CM2 - f64::from(u8::from(replaced))
            },
            mitral_leak_cm2: if self.takes(Therapy::ValveRepair) {
                0.05
            } else {
                ill(Condition::MitralRegurgitation, 0.2 + 0.3 * s.severity)
            },
            fev1_l: predicted * (1.0 - ill(Condition::Copd, 0.25 + 0.35 * s.severity)),
            infected: 0.0,
            defence: 0.0,
            inflammation: 0.0,
            haemoglobin_g_l: if s.male { 150.0 } else { 135.0 },
            glucose: resting(sensitivity, beta_death),
            sensitivity,
            beta_death,
            tumour: self.tumour.state(ill(Condition::Tumour, 1.0 + 20.0 * s.severity)),
            glucose_failures: 0,
        }
    }

    /// One day.
    pub fn step(&self, state: &mut BodyState) {
        let year = 1.0 / DAYS_PER_YEAR;
        state.day += 1;
        state.age_y += year;
        self.vessels(state, year);
        self.kidneys(state, year);
        self.heart(state, year);
        self.lungs(state, year);
        self.blood(state);
        if state.day.is_multiple_of(GLUCOSE_STEP_D) {
            self.sugar(state);
        }
        if self.has(Condition::Tumour) {
            // A cycle every three weeks, gone with a half-life of two days.
            let since = f64::from((state.day - 1) % 21);
            let at = |d: f64| if self.takes(Therapy::Chemotherapy) { ops::exp(-0.3466 * (since + d)) } else { 0.0 };
            self.tumour.step(&mut state.tumour, [at(0.0), at(0.5), at(1.0)], 1.0);
        }
    }

    /// Pressure settles where the kidneys put out what is eaten (Guyton 1972); arterioles follow by autoregulation.
    fn vessels(&self, state: &mut BodyState, year: f64) {
        let r = &self.spec.rates;
        if self.has(Condition::Hypertension) {
            state.pressure_shift_mmhg += r.pressure_drift * year;
        }
        let drop = |therapy, mmhg: f64| if self.takes(therapy) { mmhg } else { 0.0 };
        let treated = drop(Therapy::AceInhibitor, r.pressure_ace)
            + drop(Therapy::Diuretic, r.pressure_diuretic)
            + drop(Therapy::BetaBlocker, r.pressure_beta);
        // A drug lowers a raised pressure more than a normal one.
        let room = ((state.pressure_shift_mmhg + 5.0) / 20.0).clamp(0.25, 1.5);
        let output = self.output(state) / STROKE_ML;
        let kidneys = (1.0 / state.nephrons - 1.0) / r.natriuresis;
        let balance = PRESSURE_MMHG + state.pressure_shift_mmhg + kidneys - treated * room;
        // A heart that cannot put out the flow cannot hold the pressure: half of the lack is met by constriction.
        let goal = balance * (0.5 + 0.5 * output.min(1.0)) * (1.0 - 0.35 * state.inflammation);
        state.pressure_mmhg += (goal - state.pressure_mmhg) / 3.0;
        let flow = output.clamp(0.2, 1.5) * (1.0 + 0.3 * state.inflammation);
        state.resistance +=
            (state.pressure_mmhg / PRESSURE_MMHG / flow - state.resistance) / if state.inflammation > 0.05 { 1.0 } else { 20.0 };
        let burden = 1.0 + 0.03 * (state.pressure_mmhg - PRESSURE_MMHG).max(0.0) + 0.005 * (state.glucose.glucose_mg_dl - 120.0).max(0.0);
        state.compliance *= 1.0 - r.stiffening * burden * year;
    }

    /// Nephrons are lost by age, disease, overload of those that are left, pressure and glucose.
    fn kidneys(&self, state: &mut BodyState, year: f64) {
        let r = &self.spec.rates;
        let overload = (self.single_nephron(state) - 1.2).max(0.0);
        let disease = if self.has(Condition::ChronicKidneyDisease) { r.nephron_loss_disease } else { 0.0 }
            + r.nephron_overload * overload
            + r.nephron_pressure * 0.1 * (state.pressure_mmhg - 100.0).max(0.0)
            + r.nephron_glucose * 0.01 * (state.glucose.glucose_mg_dl - 120.0).max(0.0);
        let slowed = disease * self.left(&[(Therapy::AceInhibitor, r.nephron_ace), (Therapy::Sglt2Inhibitor, r.nephron_sglt2)]);
        let age = if state.age_y > 40.0 { r.nephron_loss_age } else { 0.0 };
        state.nephrons = (state.nephrons * (1.0 - (age + slowed) * year)).max(0.02);
    }

    /// Filtration of one nephron over normal: those that are left work more.
    pub(super) fn single_nephron(&self, state: &BodyState) -> f64 {
        (1.0 + 0.35 * (1.0 / state.nephrons - 1.0)).min(1.6)
    }

    /// End-diastolic and stroke volume [mL]: SV = (EDV − V₀)·Ees/(Ees + Ea) (Sunagawa 1983, Am J Physiol 245:H773).
    pub(super) fn ventricle_ml(&self, state: &BodyState) -> (f64, f64) {
        let cube = state.radius * state.radius * state.radius;
        let stressed = STRESSED_ML * state.filling * cube;
        let elastance = VENTRICULAR * state.contractility * state.wall / (state.radius * cube);
        let load = ARTERIAL * state.resistance * (1.0 + self.gradient_mmhg(state) / PRESSURE_MMHG) / (1.0 + 2.5 * state.mitral_leak_cm2);
        (SLACK_ML * cube + stressed, stressed * elastance / (elastance + load))
    }

    /// Volume that goes forward in a beat [mL]: the stroke less what leaks back.
    pub(super) fn output(&self, state: &BodyState) -> f64 {
        let (_, stroke) = self.ventricle_ml(state);
        stroke - self.leak_ml(state, stroke)
    }

    /// Volume that leaks through the mitral valve in a beat [mL]: 150 mL per cm² (VTI of about 150 cm), at most 0.7 of the stroke.
    pub(super) fn leak_ml(&self, state: &BodyState, stroke_ml: f64) -> f64 {
        (150.0 * state.mitral_leak_cm2).min(0.7 * stroke_ml)
    }

    /// Mean gradient across the aortic valve [mmHg] by Gorlin at 230 mL/s: (Q/(44.3·A))².
    pub(super) fn gradient_mmhg(&self, state: &BodyState) -> f64 {
        let ratio = 230.0 / (44.3 * state.aortic_cm2.max(0.2));
        let normal = 230.0 / (44.3 * AORTIC_CM2);
        (ratio * ratio - normal * normal).max(0.0)
    }

    /// Contractility is lost; walls thicken under pressure, fibres lengthen under volume, water is kept when output lacks.
    fn heart(&self, state: &mut BodyState, year: f64) {
        let r = &self.spec.rates;
        if self.has(Condition::HeartFailure) {
            let left = self.left(&[
                (Therapy::AceInhibitor, r.contractility_ace),
                (Therapy::BetaBlocker, r.contractility_beta),
                (Therapy::Sglt2Inhibitor, r.contractility_sglt2),
            ]);
            // Towards a floor: with less nobody lives.
            state.contractility -= (state.contractility - CONTRACTILITY_MIN).max(0.0) * r.contractility_loss * left * 12.0 * year;
        }
        if self.has(Condition::AorticStenosis) && !self.takes(Therapy::ValveReplacement) {
            state.aortic_cm2 = (state.aortic_cm2 - r.aortic_narrowing * year).max(AORTIC_MIN_CM2);
        }
        if self.has(Condition::MitralRegurgitation) && !self.takes(Therapy::ValveRepair) {
            state.mitral_leak_cm2 = (state.mitral_leak_cm2 + r.mitral_widening * year).min(1.0);
        }
        // Water: kept while the output lacks, over days; a diuretic lets more go.
        let demand = STROKE_ML * (135.0 / state.haemoglobin_g_l.clamp(40.0, 200.0)).max(1.0).sqrt();
        let lack = 1.0 - self.output(state) / demand;
        let dry = if self.takes(Therapy::Diuretic) { 0.06 } else { 0.0 };
        let goal = (1.0 + 2.0 * lack - dry).clamp(0.6, FILLING_MAX);
        state.filling += (goal - state.filling) / 5.0;
        // Growth, each towards its own set point.
        let wall_stress = (state.pressure_mmhg + self.gradient_mmhg(state)) / PRESSURE_MMHG * state.radius / state.wall;
        state.wall = (state.wall * (1.0 + r.growth_radial * ops::tanh(2.0 * (wall_stress - 1.0)))).clamp(0.5, 3.0);
        state.radius = (state.radius * (1.0 + r.growth_fibre * ops::tanh(2.0 * (state.filling - 1.0)))).clamp(0.7, RADIUS_MAX);
    }

    fn lungs(&self, state: &mut BodyState, year: f64) {
        let r = &self.spec.rates;
        let smokes = self.has(Condition::Copd) && !self.takes(Therapy::SmokingCessation);
        state.fev1_l = (state.fev1_l - if smokes { r.fev1_smoker } else { r.fev1_age } * year).max(0.3);
        let kill = if self.takes(Therapy::Antibiotic) { r.antibiotic_kill } else { 0.0 };
        if state.infected > 1e-6 {
            // Bacteria against defence, in steps of 1/8 day: the rates are of the order of a day.
            for _ in 0..8 {
                let growth = r.pneumonia_growth * (1.0 - state.infected) - r.pneumonia_defence * state.defence - kill;
                state.infected = (state.infected * ops::exp(0.125 * growth)).min(1.0);
                state.defence += 0.125 * 0.35 * (1.0 - state.defence) * (state.infected / (0.05 + state.infected));
            }
        }
        if self.has(Condition::Sepsis) {
            for _ in 0..8 {
                let x = state.inflammation;
                let spread = r.sepsis_growth * x * (1.0 - x) / (1.0 + 4.0 * state.defence) * if kill > 0.0 { 0.2 } else { 1.0 };
                state.inflammation = (x + 0.125 * (spread - r.sepsis_resolution * x)).clamp(0.0, 1.0);
                state.defence += 0.125 * 0.25 * (1.0 - state.defence) * x;
            }
        }
    }

    /// Red cells live about 120 days; kidneys that are lost ask for fewer, inflammation and tumours hinder.
    fn blood(&self, state: &mut BodyState) {
        let r = &self.spec.rates;
        let normal = if self.spec.male { 150.0 } else { 135.0 };
        let hormone = if self.takes(Therapy::Erythropoietin) { r.marrow_erythropoietin } else { 1.0 };
        let kidney = (0.45 + 0.55 * (state.nephrons / 0.5).min(1.0)).min(1.0);
        let marrow = if self.has(Condition::Anaemia) { r.marrow_disease } else { 1.0 };
        let iron = if self.takes(Therapy::Iron) { r.marrow_iron } else { 1.0 };
        let hindered = 1.0 - 0.4 * state.inflammation - 0.3 * (state.tumour.total_g() / 300.0).min(1.0);
        let production = (normal * marrow * kidney * hindered * iron * hormone).min(1.1 * normal);
        state.haemoglobin_g_l += (production - state.haemoglobin_g_l) / r.red_cell_life;
    }

    fn sugar(&self, state: &mut BodyState) {
        let r = &self.spec.rates;
        let months = f64::from(GLUCOSE_STEP_D) / DAYS_PER_YEAR;
        if self.has(Condition::Type2Diabetes) {
            state.sensitivity *= 1.0 - r.sensitivity_fall * months;
            state.beta_death += r.beta_death_rise * months;
        }
        let metformin = self.takes(Therapy::Metformin);
        let therapy = BetaCellTherapy {
            sensitivity: state.sensitivity * if metformin { r.sensitivity_metformin } else { 1.0 },
            production: if metformin { r.production_metformin } else { 1.0 },
            secretion: 1.0,
            excretion_per_d: if self.takes(Therapy::Sglt2Inhibitor) { r.excretion_sglt2 * state.nephrons } else { 0.0 },
            insulin_uu_ml_d: if self.takes(Therapy::Insulin) { r.insulin_dose } else { 0.0 },
            death: state.beta_death
                * self.left(&[
                    (Therapy::Metformin, r.beta_metformin),
                    (Therapy::Sglt2Inhibitor, r.beta_sglt2),
                    (Therapy::Insulin, r.beta_insulin),
                ]),
        };
        if !self.glucose.step(&mut state.glucose, &therapy, f64::from(GLUCOSE_STEP_D)) {
            state.glucose_failures += 1;
        }
    }
}

/// Topp's healthy point at a sensitivity and a death of β-cells over normal (death below 1.225: there is one).
fn resting(sensitivity: f64, death: f64) -> BetaCellState {
    let t = BetaCellSpec::topp();
    let root = t.growth_dl_mg_d * t.growth_dl_mg_d - 4.0 * t.toxicity_dl2_mg2_d * t.death_per_d * death;
    let g = (t.growth_dl_mg_d - root.max(0.0).sqrt()) / (2.0 * t.toxicity_dl2_mg2_d);
    let i = (t.production_mg_dl_d / g - t.use_per_d) / (t.sensitivity_ml_uu_d * sensitivity);
    let beta = t.clearance_per_d * i * (t.half_glucose2_mg2_dl2 + g * g) / (t.secretion_uu_ml_d_mg * g * g);
    BetaCellState { glucose_mg_dl: g, insulin_uu_ml: i, beta_mg: beta }
}

/// Forced expiratory volume that is expected [L]: 4.30·h − 0.029·age − 2.49 (men), 3.95·h − 0.025·age − 2.60 (women).
///
/// # Source
/// Quanjer 1993, Eur Respir J 6 Suppl 16:5 (ECSC).
#[must_use]
pub fn predicted_fev1_l(age_y: f64, height_m: f64, male: bool) -> f64 {
    let age = age_y.max(25.0);
    if male { 4.30 * height_m - 0.029 * age - 2.49 } else { 3.95 * height_m - 0.025 * age - 2.60 }
}
