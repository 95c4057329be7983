//! One drug in one patient: its kinetics and its effects, made from a file and the patient.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::body::{self, DrugPatient};
use super::compartments::Compartments;
use super::effect::{DrugReadings, EffectCurve, EffectTarget};
use super::file::{Drug, DrugModel, units_of};
use super::formula::Formula;
use super::kinetics::{Absorption, KineticsInput, KineticsModel, KineticsSpec, KineticsState, SITE_COUNT_MAX};
use crate::error::finite_or;
use crate::{Effects, PhysiologyError};

/// In place of an effect site: the effect follows plasma.
const PLASMA: u32 = u32::MAX;

/// How one patient differs from the typical one: factors on parameters by name.
pub type Deviations = Vec<(String, f64)>;

/// A drug in a patient. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct DrugInPatient {
    name: String,
    unit: f64,
    kinetics: KineticsModel,
    curves: Vec<EffectCurve>,
}

/// State of one drug in one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrugState {
    /// Amounts and concentrations.
    pub kinetics: KineticsState,
    /// What turns over, one value per effect: the change that has come about.
    pub turned_over: Vec<f64>,
}

impl DrugInPatient {
    /// The typical patient of this build. `model`: a name in the file, empty for the first.
    ///
    /// # Errors
    /// [`PhysiologyError`] with the model and parameter that cannot be formed.
    pub fn new(drug: &Drug, model: &str, patient: &DrugPatient, tick_s: f64) -> Result<Self, PhysiologyError> {
        Self::with_deviations(drug, model, patient, tick_s, &Vec::new())
    }

    /// A patient who differs from the typical one by factors.
    ///
    /// # Errors
    /// As [`DrugInPatient::new`].
    pub fn with_deviations(
        drug: &Drug,
        model: &str,
        patient: &DrugPatient,
        tick_s: f64,
        deviations: &Deviations,
    ) -> Result<Self, PhysiologyError> {
        patient.check()?;
        let model = drug.model(model)?;
        let mut spec = kinetics_spec(&drug.name, model, patient, tick_s, deviations)?;
        let model_site = !spec.ke0_per_s.is_empty();
        let values = body::values(patient);
        let mut curves = Vec::with_capacity(drug.effects.len());
        for (index, effect) in drug.effects.iter().enumerate() {
            let place = || format!("{}.effect[{index}]", drug.name);
            let read = |field: &str, formula: &Formula| value_of(&format!("{}.{field}", place()), formula, &values);
            let site = match &effect.ke0_per_min {
                None if model_site => 0,
                None => PLASMA,
                Some(formula) => site_with(&mut spec, read("ke0", formula)? / 60.0, &place())?,
            };
            let gamma = read("gamma", &effect.gamma)?;
            let curve = EffectCurve {
                on: effect.on,
                baseline: read("baseline", &effect.baseline)?,
                max: read("max", &effect.max)?,
                c50_per_m3: read("c50", &effect.c50)? * drug.amount_unit.factor() * 1e3,
                gamma,
                gamma_above: effect.gamma_above.as_ref().map_or(Ok(gamma), |formula| read("gamma_above", formula))?,
                site,
                turnover_per_s: effect.turnover_per_h.as_ref().map_or(Ok(0.0), |formula| read("turnover", formula))? / 3600.0,
            };
            if !(curve.c50_per_m3 > 0.0 && curve.gamma > 0.0 && curve.gamma_above > 0.0 && curve.turnover_per_s >= 0.0) {
                return refuse(place(), "c50 and gamma must be positive, turnover not negative");
            }
            curves.push(curve);
        }
        let kinetics = KineticsModel::new(spec)?;
        Ok(Self { name: drug.name.clone(), unit: drug.amount_unit.factor(), kinetics, curves })
    }

    /// Name of the drug.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One unit of the file's amounts in kg (or in units of activity).
    #[must_use]
    pub fn amount_unit(&self) -> f64 {
        self.unit
    }

    /// Kinetics.
    #[must_use]
    pub fn kinetics(&self) -> &KineticsModel {
        &self.kinetics
    }

    /// Effect curves.
    #[must_use]
    pub fn curves(&self) -> &[EffectCurve] {
        &self.curves
    }

    /// No drug yet.
    #[must_use]
    pub fn state(&self) -> DrugState {
        DrugState { kinetics: self.kinetics.state(), turned_over: vec![0.0; self.curves.len()] }
    }

    /// Advance by `dt_s`. Concentrations are exact; what turns over follows the concentration at the end of the step.
    pub fn step(&self, state: &mut DrugState, input: &KineticsInput, dt_s: f64) {
        self.kinetics.step(&mut state.kinetics, input, dt_s);
        let dt = finite_or(dt_s, 0.0).max(0.0);
        for (curve, turned) in self.curves.iter().zip(&mut state.turned_over) {
            if curve.turnover_per_s > 0.0 {
                let goal = curve.change(self.site_per_m3(&state.kinetics, curve.site));
                *turned += (goal - *turned) * -ops::exp_m1(-curve.turnover_per_s * dt);
            }
        }
    }

    /// What it does now: joined to what others do.
    pub fn act(&self, state: &DrugState, effects: &mut Effects, readings: &mut DrugReadings) {
        let mut fields = effects.fields_mut();
        for (curve, turned) in self.curves.iter().zip(&state.turned_over) {
            let change = if curve.turnover_per_s > 0.0 { *turned } else { curve.change(self.site_per_m3(&state.kinetics, curve.site)) };
            match curve.on {
                EffectTarget::Effector(index) => {
                    if let Some((value, offset)) = fields.get_mut(index as usize) {
                        **value = if *offset { **value + change } else { **value * (1.0 + change).max(0.0) };
                    }
                }
                EffectTarget::Reading(reading) => readings.add(reading, curve.baseline, change),
            }
        }
    }

    fn site_per_m3(&self, state: &KineticsState, site: u32) -> f64 {
        if site == PLASMA { self.kinetics.plasma_per_m3(state) } else { state.site_per_m3[site as usize] }
    }
}

impl DrugModel {
    /// Draw how one patient differs: ln of each factor is normal with the parameter's variance, one draw each in order.
    #[must_use]
    pub fn draw_deviations(&self, stream: &mut Stream) -> Deviations {
        let spread = self.parameters.iter().filter(|parameter| parameter.omega2 > 0.0);
        spread.map(|parameter| (parameter.name.clone(), ops::exp(parameter.omega2.sqrt() * stream.normal()))).collect()
    }
}

fn refuse<T>(place: impl Into<String>, what: impl Into<String>) -> Result<T, PhysiologyError> {
    Err(PhysiologyError::DrugFile { place: place.into(), what: what.into() })
}

fn value_of(place: &str, formula: &Formula, values: &[f64]) -> Result<f64, PhysiologyError> {
    if formula.uses(body::LEAN_INDEX) && values[body::LEAN_INDEX].is_nan() {
        return refuse(place, "James' lean body mass turns over at this mass and height; choose a model on fat-free mass");
    }
    let value = formula.value(values);
    if value.is_finite() { Ok(value) } else { refuse(place, format!("{value} for this patient")) }
}

/// Site with this rate: one that is there, or a new one.
fn site_with(spec: &mut KineticsSpec, ke0_per_s: f64, place: &str) -> Result<u32, PhysiologyError> {
    if let Some(index) = spec.ke0_per_s.iter().position(|known| *known == ke0_per_s) {
        return Ok(index as u32);
    }
    if spec.ke0_per_s.len() >= SITE_COUNT_MAX {
        return refuse(place, format!("more than {SITE_COUNT_MAX} effect sites"));
    }
    spec.ke0_per_s.push(ke0_per_s);
    Ok(spec.ke0_per_s.len() as u32 - 1)
}

fn kinetics_spec(
    drug: &str,
    model: &DrugModel,
    patient: &DrugPatient,
    tick_s: f64,
    deviations: &Deviations,
) -> Result<KineticsSpec, PhysiologyError> {
    let place = format!("{drug}.kinetics[{}]", model.name);
    let mut values = body::values(patient);
    let mut known: Vec<(&str, f64)> = Vec::new();
    for parameter in &model.parameters {
        let mut value = value_of(&format!("{place}.{}", parameter.name), &parameter.formula, &values)?;
        for (_, factor) in deviations.iter().filter(|d| d.0 == parameter.name) {
            value *= factor;
        }
        values.push(value);
        if let Some(units) = units_of(&parameter.name) {
            let factor = units.iter().find(|u| u.0 == parameter.unit).map_or(f64::NAN, |u| u.1);
            known.push((&parameter.name, value * factor));
        }
    }
    let get = |name: &str| known.iter().find(|k| k.0 == name).map(|k| k.1);
    let Some(v1_m3) = get("v1") else { return refuse(place, "v1 is missing") };
    // Each path is given as a rate, or as a clearance over volumes.
    let out = |rate: &str, clearance: &str| get(rate).or_else(|| get(clearance).map(|q| q / v1_m3));
    let back = |rate: &str, clearance: &str, volume: &str| {
        get(rate).or_else(|| get(clearance).zip(get(volume)).map(|(q, v)| if q > 0.0 { q / v } else { 0.0 }))
    };
    let Some(k10_per_s) = out("k10", "cl") else { return refuse(place, "cl or k10 is missing") };
    let compartments = Compartments {
        v1_m3,
        k10_per_s,
        k12_per_s: out("k12", "q2").unwrap_or(0.0),
        k21_per_s: back("k21", "q2", "v2").unwrap_or(0.0),
        k13_per_s: out("k13", "q3").unwrap_or(0.0),
        k31_per_s: back("k31", "q3", "v3").unwrap_or(0.0),
    };
    compartments.check()?;
    let ke0 = match (get("ke0"), get("peak")) {
        (Some(ke0), _) => Some(ke0),
        (None, Some(peak)) => match compartments.exponentials().ke0_for_peak(peak) {
            Some(ke0) => Some(ke0),
            None => return refuse(format!("{place}.peak"), "no ke0 gives a peak of effect at this time"),
        },
        (None, None) => None,
    };
    let absorption = get("ka").map(|rate_per_s| Absorption {
        rate_per_s,
        lag_s: get("lag").unwrap_or(0.0),
        bioavailability: get("bioavailability").unwrap_or(1.0),
    });
    Ok(KineticsSpec { compartments, ke0_per_s: ke0.into_iter().collect(), absorption, tick_s })
}
