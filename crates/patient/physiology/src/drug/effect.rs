//! What a concentration does: sigmoid curves on the effectors of the patient and on what monitors and laboratories read.

use proband_core::{Status, ops};
use serde::{Deserialize, Serialize};

use super::formula::Formula;
use crate::Effects;

/// Things that a drug changes and that are read, not fed into the circulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// Index of the electroencephalogram [1], 0–100; the drug's baseline is the index awake.
    BispectralIndex,
    /// Share of the answer of a muscle to its nerve that is lost [1].
    NeuromuscularBlock,
    /// Share of the pain that is not felt [1].
    Analgesia,
    /// × systolic, diastolic, mean pressure of volunteers or patients who are not simulated: + [mmHg].
    SystolicPressureMmhg,
    /// As above.
    DiastolicPressureMmhg,
    /// As above.
    MeanPressureMmhg,
    /// Activity of the clotting factors that vitamin K makes [1 of normal].
    ProthrombinActivity,
    /// + activated partial thromboplastin time over normal [1].
    ThromboplastinRatio,
    /// × maximal rate at which insulin makes tissue take up glucose [1].
    InsulinAction,
    /// + forced expiratory volume over baseline [1].
    Bronchodilation,
    /// Body temperature set-point − [K].
    Antipyresis,
}

const READINGS: &[(&str, Reading)] = &[
    ("bispectral_index", Reading::BispectralIndex),
    ("neuromuscular_block", Reading::NeuromuscularBlock),
    ("analgesia", Reading::Analgesia),
    ("systolic_pressure_mmhg", Reading::SystolicPressureMmhg),
    ("diastolic_pressure_mmhg", Reading::DiastolicPressureMmhg),
    ("mean_pressure_mmhg", Reading::MeanPressureMmhg),
    ("prothrombin_activity", Reading::ProthrombinActivity),
    ("thromboplastin_ratio", Reading::ThromboplastinRatio),
    ("insulin_action", Reading::InsulinAction),
    ("bronchodilation", Reading::Bronchodilation),
    ("antipyresis_k", Reading::Antipyresis),
];

/// What an effect acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectTarget {
    /// A field of [`Effects`], by its place in [`Effects::NAMES`].
    Effector(u32),
    /// Something that is read.
    Reading(Reading),
}

impl EffectTarget {
    /// By the name that drug files use.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let effector = Effects::NAMES.iter().position(|known| known.strip_prefix("effects.") == Some(name));
        let reading = || READINGS.iter().find(|r| r.0 == name).map(|r| Self::Reading(r.1));
        effector.map(|index| Self::Effector(index as u32)).or_else(reading)
    }

    /// All names.
    #[must_use]
    pub fn known() -> Vec<&'static str> {
        Effects::NAMES.iter().filter_map(|n| n.strip_prefix("effects.")).chain(READINGS.iter().map(|r| r.0)).collect()
    }
}

/// One effect as it stands in a file: formulas over the patient. Concentrations in the file's amounts per litre.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectSpec {
    /// What it acts on.
    pub on: EffectTarget,
    /// Largest change: relative for effectors that are multiplied, in their unit for others.
    pub max: Formula,
    /// Concentration of the half effect.
    pub c50: Formula,
    /// Steepness γ.
    pub gamma: Formula,
    /// Steepness above C50, where it differs.
    pub gamma_above: Option<Formula>,
    /// Value without the drug, for readings that have one.
    pub baseline: Formula,
    /// Rate of an effect site of its own [1/min].
    pub ke0_per_min: Option<Formula>,
    /// Rate at which what is acted on turns over [1/h]: the effect lags behind by this.
    pub turnover_per_h: Option<Formula>,
    /// Citation.
    pub source: String,
    /// How far to trust it.
    pub status: Status,
}

/// One effect in one patient: E = baseline + max·C^γ/(C50^γ + C^γ).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectCurve {
    /// What it acts on.
    pub on: EffectTarget,
    /// Value without the drug.
    pub baseline: f64,
    /// Largest change.
    pub max: f64,
    /// Concentration of the half effect [amount/m³].
    pub c50_per_m3: f64,
    /// Steepness below C50 [1].
    pub gamma: f64,
    /// Steepness above C50 [1].
    pub gamma_above: f64,
    /// Which effect site.
    pub site: u32,
    /// Rate at which what is acted on turns over [1/s]; 0: at once.
    pub turnover_per_s: f64,
}

impl EffectCurve {
    /// Change at a concentration [amount/m³].
    #[must_use]
    pub fn change(&self, concentration_per_m3: f64) -> f64 {
        let gamma = if concentration_per_m3 > self.c50_per_m3 { self.gamma_above } else { self.gamma };
        self.max * sigmoid(concentration_per_m3, self.c50_per_m3, gamma)
    }

    /// Value at a concentration: baseline and change.
    #[must_use]
    pub fn value(&self, concentration_per_m3: f64) -> f64 {
        self.baseline + self.change(concentration_per_m3)
    }
}

/// C^γ/(C50^γ + C^γ), 0 for no drug (Hill 1910, J Physiol 40:iv).
#[must_use]
pub fn sigmoid(concentration: f64, c50: f64, gamma: f64) -> f64 {
    if concentration > 0.0 { 1.0 / (1.0 + ops::powf(c50 / concentration, gamma)) } else { 0.0 }
}

/// Joined readings of all drugs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrugReadings {
    /// Index of the electroencephalogram [1]; 97 awake unless a drug's model says otherwise.
    pub bispectral_index: f64,
    /// Train-of-four or twitch that is left [1].
    pub twitch: f64,
    /// Share of the pain that is not felt [1].
    pub analgesia: f64,
    /// + [mmHg], for volunteers who are not simulated.
    pub systolic_pressure_change_mmhg: f64,
    /// + [mmHg].
    pub diastolic_pressure_change_mmhg: f64,
    /// + [mmHg].
    pub mean_pressure_change_mmhg: f64,
    /// Activity of the factors that vitamin K makes [1 of normal].
    pub prothrombin_activity: f64,
    /// International normalised ratio [1] from the activity: see [`inr_from_activity`].
    pub inr: f64,
    /// Activated partial thromboplastin time over normal [1].
    pub thromboplastin_ratio: f64,
    /// × rate at which insulin makes tissue take up glucose [1].
    pub insulin_action: f64,
    /// + forced expiratory volume over baseline [1].
    pub bronchodilation: f64,
    /// − temperature set-point [K].
    pub antipyresis_k: f64,
}

impl DrugReadings {
    /// No drug.
    pub const NONE: Self = Self {
        bispectral_index: 97.0,
        twitch: 1.0,
        analgesia: 0.0,
        systolic_pressure_change_mmhg: 0.0,
        diastolic_pressure_change_mmhg: 0.0,
        mean_pressure_change_mmhg: 0.0,
        prothrombin_activity: 1.0,
        inr: 1.0,
        thromboplastin_ratio: 1.0,
        insulin_action: 1.0,
        bronchodilation: 0.0,
        antipyresis_k: 0.0,
    };

    /// Add one more effect: independent causes multiply what they leave, offsets add.
    pub(crate) fn add(&mut self, reading: Reading, baseline: f64, change: f64) {
        match reading {
            Reading::BispectralIndex => {
                let left = if baseline > 0.0 { (baseline + change) / baseline } else { 1.0 };
                let awake = if self.bispectral_index == Self::NONE.bispectral_index { baseline } else { self.bispectral_index };
                self.bispectral_index = awake * left;
            }
            Reading::NeuromuscularBlock => self.twitch *= (1.0 - change).clamp(0.0, 1.0),
            Reading::Analgesia => self.analgesia = 1.0 - (1.0 - self.analgesia) * (1.0 - change).clamp(0.0, 1.0),
            Reading::SystolicPressureMmhg => self.systolic_pressure_change_mmhg += change,
            Reading::DiastolicPressureMmhg => self.diastolic_pressure_change_mmhg += change,
            Reading::MeanPressureMmhg => self.mean_pressure_change_mmhg += change,
            Reading::ProthrombinActivity => {
                self.prothrombin_activity = (self.prothrombin_activity * (1.0 + change)).max(0.0);
                self.inr = inr_from_activity(self.prothrombin_activity);
            }
            Reading::ThromboplastinRatio => self.thromboplastin_ratio += change,
            Reading::InsulinAction => self.insulin_action *= 1.0 + change,
            Reading::Bronchodilation => self.bronchodilation += change,
            Reading::Antipyresis => self.antipyresis_k += change,
        }
    }
}

/// International normalised ratio from the activity of the clotting factors that vitamin K makes: INR = activity^(−0.8),
/// 1 at full activity, about 2.6 at 30 %, at most 12.
///
/// # Source
/// prior: unverified, a power law through (1, 1) and the therapeutic range (activity 0.2–0.4 at INR 2–3.6).
#[must_use]
pub fn inr_from_activity(activity: f64) -> f64 {
    if activity > 0.0 { ops::powf(activity.min(1.0), -0.8).min(12.0) } else { 12.0 }
}
