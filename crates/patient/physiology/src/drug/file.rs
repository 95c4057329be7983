//! Drug files: kinetics and effects of one drug, every parameter with its source.

use proband_core::Status;
use serde::Deserialize;

use super::body;
use super::effect::{EffectSpec, EffectTarget};
use super::formula::Formula;
use crate::PhysiologyError;

/// Largest drug file that is read [bytes].
pub const DRUG_FILE_BYTES_MAX: usize = 64 * 1024;
/// Most models, parameters of a model, or effects in one file.
pub const DRUG_ENTRY_COUNT_MAX: usize = 64;

/// In what the amounts of a drug file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AmountUnit {
    /// Milligram; concentrations in the file are mg/L.
    Mg,
    /// Microgram; concentrations in the file are µg/L.
    Ug,
    /// Units of activity (insulin, heparin); concentrations in the file are units/L.
    #[serde(rename = "U")]
    U,
}

impl AmountUnit {
    /// One of it in kg, or in units of activity.
    #[must_use]
    pub fn factor(self) -> f64 {
        match self {
            Self::Mg => 1e-6,
            Self::Ug => 1e-9,
            Self::U => 1.0,
        }
    }
}

/// One drug as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Drug {
    /// Name, lower case.
    pub name: String,
    /// In what its amounts are.
    pub amount_unit: AmountUnit,
    /// What it is given for.
    pub class: String,
    /// Kinetic models, the preferred one first.
    pub models: Vec<DrugModel>,
    /// What it does.
    pub effects: Vec<EffectSpec>,
}

/// One published model of a drug's kinetics.
#[derive(Clone, Debug, PartialEq)]
pub struct DrugModel {
    /// Name, unique in the file.
    pub name: String,
    /// For whom it was made.
    pub valid: String,
    /// Parameters and steps towards them, in order.
    pub parameters: Vec<DrugParameter>,
}

/// One parameter, or a step towards one.
#[derive(Clone, Debug, PartialEq)]
pub struct DrugParameter {
    /// Name: `v1`, `cl`, `ke0`, … or of a step.
    pub name: String,
    /// Formula over the patient and the parameters before it.
    pub formula: Formula,
    /// Formula as it stands in the file.
    pub text: String,
    /// Unit as it stands in the file.
    pub unit: String,
    /// Variance of ln x between patients [1]; 0 where none is given.
    pub omega2: f64,
    /// Citation.
    pub source: String,
    /// How far to trust it.
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    amount_unit: AmountUnit,
    class: String,
    #[serde(default)]
    kinetics: Vec<FileModel>,
    #[serde(default)]
    effect: Vec<FileEffect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileModel {
    model: String,
    source: String,
    status: Status,
    #[serde(default)]
    valid: String,
    parameter: Vec<FileParameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileParameter {
    name: String,
    formula: String,
    unit: String,
    #[serde(default)]
    omega2: f64,
    source: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEffect {
    on: String,
    max: String,
    c50: String,
    #[serde(default = "one")]
    gamma: String,
    gamma_above: Option<String>,
    #[serde(default = "nought")]
    baseline: String,
    /// An effect site of its own [1/min]; absent: that of the kinetic model.
    ke0: Option<String>,
    /// The effect is on the making of something that turns over at this rate [1/h].
    turnover: Option<String>,
    source: String,
    status: Status,
}

fn one() -> String {
    "1".into()
}

fn nought() -> String {
    "0".into()
}

/// What a parameter of this name must be measured in, if it is one that kinetics know.
pub(crate) fn units_of(name: &str) -> Option<&'static [(&'static str, f64)]> {
    const VOLUME: &[(&str, f64)] = &[("L", 1e-3)];
    const CLEARANCE: &[(&str, f64)] = &[("L/min", 1e-3 / 60.0), ("L/h", 1e-3 / 3600.0), ("mL/min", 1e-6 / 60.0)];
    const RATE: &[(&str, f64)] = &[("1/min", 1.0 / 60.0), ("1/h", 1.0 / 3600.0)];
    const TIME: &[(&str, f64)] = &[("min", 60.0), ("h", 3600.0)];
    const FRACTION: &[(&str, f64)] = &[("1", 1.0)];
    Some(match name {
        "v1" | "v2" | "v3" => VOLUME,
        "cl" | "q2" | "q3" => CLEARANCE,
        "k10" | "k12" | "k13" | "k21" | "k31" | "ke0" | "ka" => RATE,
        "peak" | "lag" => TIME,
        "bioavailability" => FRACTION,
        _ => return None,
    })
}

fn fault<T>(place: impl Into<String>, what: impl Into<String>) -> Result<T, PhysiologyError> {
    Err(PhysiologyError::DrugFile { place: place.into(), what: what.into() })
}

impl Drug {
    /// Read a drug file (TOML).
    ///
    /// # Errors
    /// [`PhysiologyError::DrugFile`] with the line or the field.
    pub fn parse(text: &str) -> Result<Self, PhysiologyError> {
        if text.len() > DRUG_FILE_BYTES_MAX {
            return fault("file", format!("{} bytes, at most {DRUG_FILE_BYTES_MAX} are read", text.len()));
        }
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let line = error
                    .span()
                    .map_or(1, |span| text.as_bytes()[..span.start.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1);
                return fault(format!("line {line}"), error.message().to_owned());
            }
        };
        plain("name", &file.name)?;
        if file.kinetics.is_empty() {
            return fault("kinetics", "at least one model is needed");
        }
        for (what, count) in [("kinetics", file.kinetics.len()), ("effect", file.effect.len())] {
            if count > DRUG_ENTRY_COUNT_MAX {
                return fault(what, format!("{count} entries, at most {DRUG_ENTRY_COUNT_MAX}"));
            }
        }
        let mut models: Vec<DrugModel> = Vec::with_capacity(file.kinetics.len());
        for model in file.kinetics {
            plain("kinetics.model", &model.model)?;
            if models.iter().any(|m| m.name == model.model) {
                return fault(format!("kinetics[{}]", model.model), "stands there already");
            }
            models.push(read_model(model)?);
        }
        let effects = file.effect.iter().map(read_effect).collect::<Result<_, _>>()?;
        Ok(Self { name: file.name, amount_unit: file.amount_unit, class: file.class, models, effects })
    }

    /// A model by name; the empty name is the first.
    ///
    /// # Errors
    /// [`PhysiologyError::DrugFile`] when there is none, with the names that there are.
    pub fn model(&self, name: &str) -> Result<&DrugModel, PhysiologyError> {
        match self.models.iter().find(|model| name.is_empty() || model.name == name) {
            Some(model) => Ok(model),
            None => {
                let known: Vec<&str> = self.models.iter().map(|m| m.name.as_str()).collect();
                fault(format!("{}.kinetics[{name}]", self.name), format!("no such model; known: {}", known.join(", ")))
            }
        }
    }
}

fn plain(field: &str, name: &str) -> Result<(), PhysiologyError> {
    let fits = !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits { Ok(()) } else { fault(field, "1 to 40 of the letters a–z, digits and _ are needed") }
}

fn read_model(model: FileModel) -> Result<DrugModel, PhysiologyError> {
    let place = format!("kinetics[{}]", model.model);
    if model.source.trim().is_empty() {
        return fault(place, "source is empty");
    }
    if model.parameter.len() > DRUG_ENTRY_COUNT_MAX {
        return fault(place, format!("{} parameters, at most {DRUG_ENTRY_COUNT_MAX}", model.parameter.len()));
    }
    let mut names: Vec<String> = body::NAMES.iter().map(|n| (*n).to_owned()).collect();
    let mut parameters = Vec::with_capacity(model.parameter.len());
    for parameter in model.parameter {
        let place = format!("{place}.parameter[{}]", parameter.name.chars().take(40).collect::<String>());
        plain(&place, &parameter.name)?;
        if names.contains(&parameter.name) {
            return fault(place, "the name is taken");
        }
        if let Some(units) = units_of(&parameter.name)
            && !units.iter().any(|(unit, _)| *unit == parameter.unit)
        {
            let known: Vec<&str> = units.iter().map(|u| u.0).collect();
            return fault(place, format!("unit \"{}\", one of {} is needed", parameter.unit, known.join(", ")));
        }
        if !(parameter.omega2.is_finite() && (0.0..=10.0).contains(&parameter.omega2)) {
            return fault(place, format!("omega2 = {} is outside 0 to 10", parameter.omega2));
        }
        let formula = read_formula(&format!("{place}.formula"), &parameter.formula, &names)?;
        names.push(parameter.name.clone());
        parameters.push(DrugParameter {
            name: parameter.name,
            formula,
            text: parameter.formula,
            unit: parameter.unit,
            omega2: parameter.omega2,
            source: parameter.source.unwrap_or_else(|| model.source.clone()),
            status: parameter.status.unwrap_or(model.status),
        });
    }
    Ok(DrugModel { name: model.model, valid: model.valid, parameters })
}

fn read_formula(place: &str, text: &str, names: &[String]) -> Result<Formula, PhysiologyError> {
    Formula::parse(text, names)
        .or_else(|f| fault(place, format!("at byte {} of \"{}\": {}", f.at, text.chars().take(80).collect::<String>(), f.what)))
}

fn read_effect(effect: &FileEffect) -> Result<EffectSpec, PhysiologyError> {
    let place = format!("effect[{}]", effect.on.chars().take(40).collect::<String>());
    let Some(on) = EffectTarget::named(&effect.on) else {
        return fault(place, format!("\"on\" is not known; known: {}", EffectTarget::known().join(", ")));
    };
    if effect.source.trim().is_empty() {
        return fault(place, "source is empty");
    }
    let names: Vec<String> = body::NAMES.iter().map(|n| (*n).to_owned()).collect();
    let read = |field: &str, text: &str| read_formula(&format!("{place}.{field}"), text, &names);
    let optional = |field: &str, text: &Option<String>| text.as_deref().map(|text| read(field, text)).transpose();
    Ok(EffectSpec {
        on,
        max: read("max", &effect.max)?,
        c50: read("c50", &effect.c50)?,
        gamma: read("gamma", &effect.gamma)?,
        gamma_above: optional("gamma_above", &effect.gamma_above)?,
        baseline: read("baseline", &effect.baseline)?,
        ke0_per_min: optional("ke0", &effect.ke0)?,
        turnover_per_h: optional("turnover", &effect.turnover)?,
        source: effect.source.clone(),
        status: effect.status,
    })
}
