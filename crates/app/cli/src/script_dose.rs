//! Drugs in a script: from the library or a file of one's own, as bolus, infusion or by a target.

use std::ops::Range as Span;
use std::path::Path;

use proband_core::{Dimension, Quantity};
use proband_physiology::drug::{AmountUnit, Drug, TargetSite, builtin_drug};
use toml::Spanned;

use crate::chart_readings::known_drug;
use crate::failure::Failure;
use crate::script::{Values, text_or_number};
use crate::source_text::{SourceText, read_file};

/// Longest drug file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A drug into a vein.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dose {
    /// What.
    pub(crate) drug: Drug,
    /// All at once [kg, or units].
    pub(crate) bolus: DrugAmount,
    /// From now on [kg/s, or units/s]; none: the rate stays.
    pub(crate) rate: Option<DrugAmount>,
    /// A pump that holds this concentration [kg/m³, or units/m³] there from now on.
    pub(crate) target: Option<(f64, TargetSite)>,
}

impl Dose {
    /// The end of the same infusion.
    pub(crate) fn stop(&self) -> Self {
        Self { bolus: DrugAmount::default(), rate: Some(DrugAmount::default()), target: None, ..self.clone() }
    }
}

/// How much of a drug.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct DrugAmount {
    value: f64,
    /// For each kilogram of the patient.
    per_kg: bool,
}

impl DrugAmount {
    /// So much for everybody [kg, units, or either per second].
    #[cfg(test)]
    pub(crate) fn plain(value: f64) -> Self {
        Self { value, per_kg: false }
    }

    /// For a patient of this mass [kg].
    pub(crate) fn of(&self, mass_kg: f64) -> f64 {
        if self.per_kg { self.value * mass_kg } else { self.value }
    }
}

const KEYS: [&str; 9] = ["at", "do", "lasting", "name", "file", "bolus", "rate", "target", "site"];

/// `do = "drug"` with `name` or `file`, and `bolus`, `rate` or `target`.
pub(crate) fn dose(source: &SourceText, folder: &Path, span: Span<usize>, values: &Values) -> Result<Dose, Failure> {
    if let Some((key, value)) = values.iter().find(|(key, _)| !KEYS.contains(&key.as_str())) {
        return Err(source.wrong(value.span(), format!("\"drug\" takes no `{key}`"), "not expected", None));
    }
    let drug = which(source, folder, span.clone(), values)?;
    let in_units = drug.amount_unit == AmountUnit::U;
    let read = |key: &str, kind: AmountKind| match values.get(key) {
        None => Ok(None),
        Some(value) => drug_amount(&text_or_number(value.get_ref()), kind, in_units).map(Some).map_err(|what| {
            let help = format!("for example {}", kind.examples(in_units));
            source.wrong(value.span(), format!("{key}: {what}"), "here", Some(help))
        }),
    };
    let (bolus, rate, target) = (read("bolus", AmountKind::Bolus)?, read("rate", AmountKind::Rate)?, read("target", AmountKind::Target)?);
    if bolus.is_none() && rate.is_none() && target.is_none() {
        let help = "bolus = \"140 mg\", rate = \"10 mg/min\", target = \"3 mg/L\"";
        return Err(source.wrong(span, "\"drug\" needs `bolus`, `rate` or `target`", "this action", Some(help.into())));
    }
    if let (Some(_), Some(value)) = (rate, values.get("target")) {
        return Err(source.wrong(value.span(), "a pump has a `rate` or a `target`, not both", "this action", None));
    }
    let site = site(source, values, &drug)?;
    Ok(Dose { drug, bolus: bolus.unwrap_or_default(), rate, target: target.map(|target| (target.value, site)) })
}

/// The drug that is meant.
fn which(source: &SourceText, folder: &Path, span: Span<usize>, values: &Values) -> Result<Drug, Failure> {
    let word = |value: &Spanned<toml::Value>| value.get_ref().as_str().unwrap_or_default().to_owned();
    match (values.get("name"), values.get("file")) {
        (Some(name), None) => builtin_drug(known_drug(&word(name)).unwrap_or(&word(name)))
            .map_err(|error| source.wrong(name.span(), error.to_string(), "this drug", None)),
        (None, Some(file)) => {
            let wrong = |what: String| source.wrong(file.span(), what, "this file", None);
            let bytes = read_file(&folder.join(word(file)), FILE_BYTES_MAX)?;
            let text = String::from_utf8(bytes).map_err(|_| wrong("the drug file is no text".into()))?;
            Drug::parse(&text).map_err(|error| wrong(error.to_string()))
        }
        (Some(_), Some(file)) => Err(source.wrong(file.span(), "a drug has a `name` or a `file`, not both", "this action", None)),
        (None, None) => {
            let help = "for example name = \"propofol\", or file = \"my-drug.toml\"";
            Err(source.wrong(span, "\"drug\" needs `name` or `file`", "this action", Some(help.into())))
        }
    }
}

/// Where the target holds: at the effect site if the drug has one, unless the script says otherwise.
fn site(source: &SourceText, values: &Values, drug: &Drug) -> Result<TargetSite, Failure> {
    let has_site = drug.models.first().is_some_and(|m| m.parameters.iter().any(|p| p.name == "ke0" || p.name == "peak"));
    let Some(value) = values.get("site") else { return Ok(if has_site { TargetSite::Effect } else { TargetSite::Plasma }) };
    match value.get_ref().as_str() {
        Some("plasma") => Ok(TargetSite::Plasma),
        Some("effect") => Ok(TargetSite::Effect),
        _ => Err(source.wrong(value.span(), "`site` is \"plasma\" or \"effect\"", "unknown", None)),
    }
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AmountKind {
    Bolus,
    Rate,
    Target,
}

impl AmountKind {
    /// Most that anybody is given [kg or 10⁻⁶ of a unit, per second, per m³]: 20 g, 1 g/min, 1 g/L. What is meant per kilogram
    /// counts for 100 kg.
    fn most(self) -> f64 {
        match self {
            Self::Bolus => 0.02,
            Self::Rate => 1e-3 / 60.0,
            Self::Target => 1.0,
        }
    }

    fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Bolus => Some(Dimension::MASS),
            Self::Rate => Dimension::MASS.over(&Dimension::TIME),
            Self::Target => Dimension::MASS.over(&Dimension::VOLUME),
        }
    }

    /// Its dimension when it is meant for each kilogram.
    fn per_kg(self) -> Option<Dimension> {
        match self {
            Self::Bolus => Some(Dimension::NONE),
            Self::Rate => Some(Dimension::FREQUENCY),
            Self::Target => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Bolus => "amount of a drug",
            Self::Rate => "amount per time",
            Self::Target => "concentration",
        }
    }

    fn examples(self, in_units: bool) -> &'static str {
        match (self, in_units) {
            (Self::Bolus, false) => "\"140 mg\", \"2 mg/kg\"",
            (Self::Bolus, true) => "\"10 U\"",
            (Self::Rate, false) => "\"10 mg/min\", \"0.1 ug/kg/min\"",
            (Self::Rate, true) => "\"2 U/h\"",
            (Self::Target, false) => "\"3 mg/L\"",
            (Self::Target, true) => "\"20 U/L\"",
        }
    }
}

/// An amount, a rate or a level of a drug: "140 mg", "2 mg/kg", "0.1 ug/kg/min", "3 mg/L"; in units of activity: "10 U", "2 U/h".
fn drug_amount(text: &str, kind: AmountKind, in_units: bool) -> Result<DrugAmount, String> {
    let text = text.trim();
    let digits = text.find(|c: char| c.is_alphabetic() || c == '/').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milligrams = if in_units {
        // One unit is read as a milligram and counted as one.
        let rest = unit.strip_prefix("IU").or_else(|| unit.strip_prefix('U')).ok_or("this drug is given in units of activity")?;
        format!("{number}mg{rest}")
    } else {
        text.to_owned()
    };
    let quantity = Quantity::parse(&milligrams).map_err(|error| error.to_string())?;
    let is_per_kg = Some(quantity.dimension()) == kind.per_kg() && unit.contains("/kg");
    if Some(quantity.dimension()) != kind.dimension() && !is_per_kg {
        return Err(format!("\"{text}\" is no {}", kind.words()));
    }
    let si = quantity.si();
    if !(0.0..=kind.most() / if is_per_kg { 100.0 } else { 1.0 } * (1.0 + 1e-9)).contains(&si) {
        return Err(format!("\"{text}\" is below 0 or more than anybody is given"));
    }
    Ok(DrugAmount { value: if in_units { si * 1e6 } else { si }, per_kg: is_per_kg })
}
