//! The part `[population]` of a study file: who is asked.

use std::path::PathBuf;

use proband_core::Status;
use proband_run::trial::{AlteredState, CohortKind, People, Recruitment};
use proband_twin::{Mix, MixEntry, Pack, Population, Transform, Twin, TwinError, built_in_pack};

use super::written::{WrittenAlter, WrittenCondition, WrittenMargins, WrittenPopulation, WrittenState};
use super::{Reader, fit};
use crate::failure::Failure;
use crate::{population, twin_folder};

/// Largest file of a condition that is read [bytes].
const PACK_BYTES_MAX: u64 = 64 * 1024;

impl Reader<'_> {
    /// Who is asked and who is taken.
    pub(super) fn recruitment(&self, p: WrittenPopulation, count: u32) -> Result<Recruitment, Failure> {
        let correlation = p.correlation.as_ref().map_or([0.0; 3], |c| [c.age_bmi, c.age_pigment, c.bmi_pigment]);
        let twins = || p.twins.iter().map(|path| self.twin(path)).collect::<Result<Vec<Twin>, _>>();
        let mut digest = None;
        let (kind, people) = match p.kind.as_str() {
            "prescribed" => {
                let population = self.margins(self.base(p.base.as_ref())?, p.margins.as_ref())?;
                (CohortKind::Prescribed, People::Sampled { population, correlation })
            }
            "sampled_from_fit" => {
                let Some(file) = &p.people else {
                    return self.no("population.kind", "a fit needs people", "people = \"people.parquet\", one row per person");
                };
                if p.correlation.is_some() || p.margins.is_some() {
                    let place = if p.margins.is_some() { "population.margins" } else { "population.correlation" };
                    return self.no(place, "a fitted cohort takes these from its people", "leave it out");
                }
                let (population, correlation, of) = fit::fit(&self.folder.join(file), self.base(p.base.as_ref())?)
                    .or_else(|what| self.no("population.people", what, "see the book, \"A trial in one command\""))?;
                digest = Some(of);
                (CohortKind::SampledFromFit, People::Sampled { population, correlation })
            }
            "subject_specific" => (CohortKind::SubjectSpecific, People::Twins(twins()?)),
            "altered" if !p.state.is_empty() => {
                if p.alter.is_some() {
                    return self.no("population.alter", "a cohort is altered by draws or by states, not by both", "one of the two");
                }
                let states = p.state.iter().enumerate().map(|(i, s)| self.state(i, s)).collect::<Result<_, _>>()?;
                let twins = if p.twins.is_empty() { vec![Twin::built_in()] } else { twins()? };
                (CohortKind::Altered, People::Envelope { twins, states })
            }
            "altered" => (CohortKind::Altered, self.altered(p.twins.first(), p.alter.unwrap_or_default())?),
            other => {
                let known = "subject_specific (A), altered (B), sampled_from_fit (C) or prescribed (D)";
                return self.no("population.kind", format!("cohort \"{other}\" is not known"), known);
            }
        };
        let conditions = match &people {
            People::Sampled { population, .. } => self.conditions(&p.condition, population)?,
            _ if p.condition.is_empty() => Mix::default(),
            _ => return self.no("population.condition.0", "twins that exist have the conditions that they have", "kind = \"prescribed\""),
        };
        if !p.state.is_empty() && kind != CohortKind::Altered {
            return self.no("population.state.0", "states are of twins", "kind = \"altered\"");
        }
        Ok(Recruitment {
            kind,
            people,
            conditions,
            fit: digest,
            include: self.criteria("include", &p.include)?,
            exclude: self.criteria("exclude", &p.exclude)?,
            count,
        })
    }

    fn twin(&self, path: &PathBuf) -> Result<Twin, Failure> {
        twin_folder::read(&self.folder.join(path))
    }

    fn base(&self, name: Option<&String>) -> Result<Population, Failure> {
        let name = name.map_or("adult", String::as_str);
        let inside = if name.ends_with(".toml") { self.folder.join(name).display().to_string() } else { name.to_owned() };
        match population::read(&inside) {
            Err(Failure::Usage(what)) => self.no("population.base", what, "a built-in name, or a TOML file"),
            other => other,
        }
    }

    /// A base population with the margins that the study writes.
    fn margins(&self, mut base: Population, margins: Option<&WrittenMargins>) -> Result<Population, Failure> {
        let Some(m) = margins else { return Ok(base) };
        base.name = "prescribed".into();
        for (own, written) in
            [(&mut base.age_y, &m.age_y), (&mut base.bmi_kg_m2, &m.bmi_kg_m2), (&mut base.melanin_fraction, &m.melanin_fraction)]
        {
            if let Some(written) = written {
                own.clone_from(written);
            }
        }
        base.female_fraction = m.female_fraction.unwrap_or(base.female_fraction);
        match base.check() {
            Ok(()) => Ok(base),
            Err(TwinError::Text { field, what }) => self.no(&format!("population.margins.{field}"), what, "see the book"),
            Err(TwinError::OutOfRange { field, value, unit, min, max }) => {
                self.no(&format!("population.margins.{field}"), format!("{value} {unit}"), &format!("{min} to {max} {unit}"))
            }
            Err(other) => Err(Failure::of(other)),
        }
    }

    fn altered(&self, twin: Option<&PathBuf>, alter: WrittenAlter) -> Result<People, Failure> {
        let base = twin.map_or_else(|| Ok(Twin::built_in()), |path| self.twin(path))?;
        for (key, distribution) in [("age_y", &alter.age_y), ("bmi_kg_m2", &alter.bmi_kg_m2), ("melanin_fraction", &alter.melanin_fraction)]
        {
            if let Some(Err(error)) = distribution.as_ref().map(proband_core::Distribution::check) {
                return self.no(&format!("population.alter.{key}"), error.to_string(), "");
            }
        }
        let WrittenAlter { age_y, bmi_kg_m2, melanin_fraction } = alter;
        Ok(People::Altered { twin: Box::new(base), age_y, bmi_kg_m2, melanin_fraction })
    }

    fn state(&self, index: usize, state: &WrittenState) -> Result<AlteredState, Failure> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if state.name.is_empty() || state.name.len() > 40 || !state.name.chars().all(plain) {
            return self.no(&format!("population.state.{index}.name"), "not a name", "letters, digits, '-' and '_', at most 40");
        }
        let mut change = Vec::new();
        for (number, c) in state.change.iter().enumerate() {
            let place = format!("population.state.{index}.change.{number}");
            if c.scale.is_none() && c.shift.is_none() && c.replace.is_none() {
                return self.no(&place, "changes nothing", "scale, shift or replace");
            }
            if c.scale.is_some_and(|f| !(0.01..=100.0).contains(&f)) || c.shift.is_some_and(|d| !d.is_finite()) {
                return self.no(&place, "out of range", "a factor between 0.01 and 100, a finite shift");
            }
            change.push(Transform {
                parameter: c.parameter.clone(),
                scale: c.scale,
                shift: c.shift,
                replace: c.replace.clone(),
                status: Status::Prior,
                source: "study file".into(),
            });
        }
        Ok(AlteredState { name: state.name.clone(), change })
    }

    fn conditions(&self, written: &[WrittenCondition], population: &Population) -> Result<Mix, Failure> {
        let mut entries = Vec::new();
        for (index, c) in written.iter().enumerate() {
            let place = |key: &str| format!("population.condition.{index}.{key}");
            let pack = match (&c.name, &c.file) {
                (Some(name), None) => built_in_pack(name)
                    .or_else(|e| self.no(&place("name"), e.to_string(), "a shipped condition, or file = \"mine.toml\""))?,
                (None, Some(file)) => {
                    let path = self.folder.join(file);
                    let read = |path: &std::path::Path| {
                        let bytes = proband_record::read_bytes(path, PACK_BYTES_MAX).map_err(|e| e.to_string())?;
                        let text = String::from_utf8(bytes).map_err(|e| e.to_string())?;
                        Pack::from_toml(&text, &file.display().to_string()).map_err(|e| e.to_string())
                    };
                    read(&path).or_else(|what| self.no(&place("file"), what, "see the book, \"Conditions\""))?
                }
                _ => return self.no(&format!("population.condition.{index}"), "name or file, one of the two", "name = \"sickle-cell\""),
            };
            let prevalence = c.prevalence.unwrap_or(pack.prevalence.value);
            entries.push(MixEntry { pack, prevalence, fraction: c.fraction });
        }
        Mix::new(entries, population).or_else(|error| match error {
            TwinError::Text { field, what } => self.no(&format!("population.{field}"), what, "see the book, \"Conditions\""),
            other => Err(Failure::of(other)),
        })
    }
}
