//! What cannot be a condition.

use proband_core::Distribution;

use super::{Covariate, Measure, Pack, Statistic};
use crate::pack::apply::flag;
use crate::person::{check_name, in_range};
use crate::{Conditions, Twin, TwinError};

/// Entries of one list of a file, at most.
const LIST_MAX: usize = 64;
/// Characters of one text, at most.
const TEXT_MAX: usize = 600;

impl Pack {
    /// Check every field, and every transform against the parameters of the built-in twin.
    ///
    /// # Errors
    /// [`TwinError`] that names the first offending field.
    pub fn check(&self) -> Result<(), TwinError> {
        check_name("name", &self.name)?;
        let lists = [
            ("code", self.code.len()),
            ("person.flags", self.person.flags.len()),
            ("transform", self.transform.len()),
            ("relative", self.relative.len()),
            ("together", self.together.len()),
            ("excludes", self.excludes.len()),
            ("not_modelled", self.not_modelled.len()),
            ("expect", self.expect.len()),
        ];
        for (field, count) in lists {
            if count > LIST_MAX {
                return no(field, format!("{count} entries, at most {LIST_MAX}"));
            }
        }
        self.check_texts()?;
        self.check_prevalence()?;
        self.check_person()?;
        self.check_transforms()?;
        self.check_others()?;
        self.check_expect()
    }

    fn check_texts(&self) -> Result<(), TwinError> {
        let mut texts = vec![
            ("title".to_owned(), &self.title),
            ("summary".to_owned(), &self.summary),
            ("prevalence.source".to_owned(), &self.prevalence.source),
        ];
        texts.extend(
            self.code.iter().enumerate().flat_map(|(i, c)| [(format!("code.{i}.code"), &c.code), (format!("code.{i}.text"), &c.text)]),
        );
        texts.extend(self.transform.iter().enumerate().map(|(i, t)| (format!("transform.{i}.source"), &t.source)));
        texts.extend(self.relative.iter().enumerate().map(|(i, t)| (format!("relative.{i}.source"), &t.source)));
        texts.extend(self.together.iter().enumerate().map(|(i, t)| (format!("together.{i}.source"), &t.source)));
        texts.extend(self.not_modelled.iter().enumerate().map(|(i, t)| (format!("not_modelled.{i}"), t)));
        texts.extend(self.expect.iter().enumerate().map(|(i, e)| (format!("expect.{i}.because"), &e.because)));
        for (field, text) in texts {
            if text.trim().is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
                return no(field, format!("must hold 1 to {TEXT_MAX} characters on one line"));
            }
        }
        Ok(())
    }

    fn check_prevalence(&self) -> Result<(), TwinError> {
        let p = &self.prevalence;
        in_range("prevalence.value", p.value, "1", f64::MIN_POSITIVE, 1.0)?;
        in_range("prevalence.low", p.low, "1", 0.0, p.value)?;
        in_range("prevalence.high", p.high, "1", p.value, 1.0)
    }

    fn check_person(&self) -> Result<(), TwinError> {
        for (field, distribution, unit, min, max) in
            [("person.age_y", &self.person.age_y, "years", 16.0, 110.0), ("person.bmi_kg_m2", &self.person.bmi_kg_m2, "kg/m²", 11.0, 80.0)]
        {
            if let Some(distribution) = distribution {
                distribution.check().map_err(|e| TwinError::Text { field: field.into(), what: e.to_string() })?;
                in_range(field, distribution.quantile(0.5), unit, min, max)?;
            }
        }
        for name in &self.person.flags {
            if flag(&mut Conditions::none(), name).is_none() {
                return no("person.flags", format!("no flag \"{name}\""));
            }
        }
        Ok(())
    }

    fn check_transforms(&self) -> Result<(), TwinError> {
        for (index, t) in self.transform.iter().enumerate() {
            let place = format!("transform.{index}");
            if t.scale.is_none() && t.shift.is_none() && t.replace.is_none() {
                return no(place, "changes nothing: give scale, shift or replace");
            }
            if let Some(scale) = t.scale {
                in_range(&format!("{place}.scale"), scale, "1", 0.01, 100.0)?;
            }
            if let Some(shift) = t.shift {
                in_range(&format!("{place}.shift"), shift, "unit of the parameter", -1e6, 1e6)?;
            }
        }
        self.alter_parameters(&mut Twin::built_in().parameters)
    }

    fn check_others(&self) -> Result<(), TwinError> {
        for (index, r) in self.relative.iter().enumerate() {
            let place = format!("relative.{index}");
            in_range(&format!("{place}.ratio"), r.ratio, "1", 0.0, 1e4)?;
            let is_rising = r.from.is_finite() && r.to > r.from;
            if !is_rising {
                return no(place, format!("from {} is not below to {}", r.from, r.to));
            }
            let (low, high) = match r.covariate {
                Covariate::AgeY => (0.0, 130.0),
                Covariate::BmiKgM2 => (5.0, 120.0),
                Covariate::Female => (0.0, 2.0),
            };
            in_range(&format!("{place}.from"), r.from, "unit of the covariate", low, high)?;
        }
        for (index, t) in self.together.iter().enumerate() {
            let place = format!("together.{index}");
            check_name(&format!("{place}.condition"), &t.condition)?;
            in_range(&format!("{place}.ratio"), t.ratio, "1", f64::MIN_POSITIVE, 1e4)?;
            if t.condition == self.name {
                return no(place, "a condition comes with itself");
            }
            if self.excludes.contains(&t.condition) {
                return no(place, format!("\"{}\" is also excluded: one or the other", t.condition));
            }
        }
        for (index, name) in self.excludes.iter().enumerate() {
            check_name(&format!("excludes.{index}"), name)?;
            if *name == self.name {
                return no(format!("excludes.{index}"), "a condition excludes itself");
            }
        }
        Ok(())
    }

    fn check_expect(&self) -> Result<(), TwinError> {
        if self.expect.is_empty() {
            return no("expect", "a condition without a behaviour that can be tested is only a name");
        }
        let names = Twin::built_in();
        for (index, e) in self.expect.iter().enumerate() {
            let place = format!("expect.{index}");
            if e.min.is_none() && e.max.is_none() {
                return no(place, "needs min, max or both");
            }
            let (min, max) = (e.min.unwrap_or(f64::MIN), e.max.unwrap_or(f64::MAX));
            let is_range = min.is_finite() && max.is_finite() && min <= max;
            if !is_range {
                return no(place, format!("min {min} and max {max} leave nothing"));
            }
            if let Measure::Parameter(name) = &e.measure {
                names.parameter(name).map_err(|_| TwinError::Text { field: place.clone(), what: format!("no parameter {name}") })?;
            }
            if matches!(e.measure, Measure::FirstStick) && e.statistic != Statistic::DifferenceOfMeans {
                return no(place, "first_stick is compared by difference_of_means");
            }
        }
        Ok(())
    }
}

fn no(field: impl Into<String>, what: impl Into<String>) -> Result<(), TwinError> {
    Err(TwinError::Text { field: field.into(), what: what.into() })
}

/// The share of a distribution in [from, to), from its quantiles at 4096 even places.
pub(super) fn share(distribution: &Distribution, from: f64, to: f64) -> f64 {
    const PLACES: u32 = 4096;
    let inside = |i: &u32| {
        let x = distribution.quantile((f64::from(*i) + 0.5) / f64::from(PLACES));
        x >= from && x < to
    };
    f64::from((0..PLACES).filter(inside).count() as u32) / f64::from(PLACES)
}
