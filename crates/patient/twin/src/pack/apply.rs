//! From a person and conditions to a twin.

use proband_anatomy::Side;
use proband_core::{Distribution, Status, Stream, subsystem_id};

use super::{Pack, Transform};
use crate::{Conditions, Parameter, Person, Sex, Twin, TwinError};

/// The twin of a person who has these conditions: what they say of the person first, then the priors, then their
/// transforms, each in the order of `packs`. The stream is not moved; without packs this is [`Twin::new`].
///
/// # Errors
/// [`TwinError`] when the person is impossible or a transform does not go with a parameter.
pub fn twin_with(person: Person, packs: &[&Pack], stream: &Stream) -> Result<Twin, TwinError> {
    let mut twin = Twin::new(person_with(person, packs, stream)?)?;
    for pack in packs {
        pack.alter_parameters(&mut twin.parameters)?;
        twin.note("condition", &pack.name)?;
    }
    Ok(twin)
}

/// What conditions say of a person: sex, age, body-mass index, flags, the arm to be used.
///
/// # Errors
/// [`TwinError::Text`] for a flag that nobody has.
pub fn person_with(mut person: Person, packs: &[&Pack], stream: &Stream) -> Result<Person, TwinError> {
    for pack in packs {
        pack.alter_person(&mut person, stream)?;
    }
    Ok(person)
}

/// The flag of a name.
pub(crate) fn flag<'c>(conditions: &'c mut Conditions, name: &str) -> Option<&'c mut bool> {
    match name {
        "diabetes" => Some(&mut conditions.diabetes),
        "chronic_kidney_disease" => Some(&mut conditions.chronic_kidney_disease),
        "anticoagulated" => Some(&mut conditions.anticoagulated),
        "steroids" => Some(&mut conditions.steroids),
        "difficult_access_before" => Some(&mut conditions.difficult_access_before),
        "dehydrated" => Some(&mut conditions.dehydrated),
        "tremor" => Some(&mut conditions.tremor),
        _ => None,
    }
}

impl Pack {
    fn alter_person(&self, person: &mut Person, stream: &Stream) -> Result<(), TwinError> {
        let own = stream.child(subsystem_id(&self.name));
        let draw = |what: &str| own.child(subsystem_id(what)).uniform_open();
        if let Some(sex) = self.person.sex {
            person.sex = sex;
        }
        if let Some(age) = &self.person.age_y {
            person.age_y = age.quantile(draw("age")).clamp(18.0, 105.0);
        }
        if let Some(bmi) = &self.person.bmi_kg_m2 {
            person.mass_kg = bmi.quantile(draw("bmi")).clamp(11.5, 75.0) * person.height_m * person.height_m;
        }
        for name in &self.person.flags {
            let what = || TwinError::Text { field: format!("{}.person.flags", self.name), what: format!("no flag \"{name}\"") };
            *flag(&mut person.conditions, name).ok_or_else(what)? = true;
        }
        // Two conditions that each spare an arm spare the same one: with both barred there is nothing to simulate.
        if self.arm.forbids_one && person.conditions.forbidden_arms.is_empty() {
            let (barred, other) = if draw("arm") <= 0.5 { (Side::Left, Side::Right) } else { (Side::Right, Side::Left) };
            person.conditions.forbidden_arms.push(barred);
            person.side = other;
        }
        Ok(())
    }

    pub(super) fn alter_parameters(&self, parameters: &mut [Parameter]) -> Result<(), TwinError> {
        alter_parameters(parameters, &self.transform, &self.name)
    }

    /// Whether everybody with this condition is of another sex.
    pub(super) fn forbids_sex(&self, sex: Sex) -> bool {
        self.person.sex.is_some_and(|own| own != sex && sex != Sex::Unknown)
    }
}

/// Change every parameter that a transform names; `who` (a condition, a state) goes into sources and errors.
///
/// # Errors
/// [`TwinError::Parameter`] for a name that no parameter has, or a change that its distribution cannot take.
pub fn alter_parameters(parameters: &mut [Parameter], transforms: &[Transform], who: &str) -> Result<(), TwinError> {
    for transform in transforms {
        let mut found = false;
        for parameter in parameters.iter_mut().filter(|p| transform.names(&p.name)) {
            found = true;
            let bad = |what: String| TwinError::Parameter { name: parameter.name.clone(), what: format!("{who}: {what}") };
            let changed = transform.of(&parameter.value.distribution).map_err(bad)?;
            parameter.value.distribution = changed;
            if parameter.value.status != Status::Measured || transform.replace.is_some() {
                parameter.value.status = transform.status;
            }
            parameter.value.source = match &transform.replace {
                Some(_) => format!("{who}: {}", transform.source),
                None => format!("{}; {who}: {}", parameter.value.source, transform.source),
            };
        }
        if !found {
            let what = format!("{who}: no parameter is called so");
            return Err(TwinError::Parameter { name: transform.parameter.clone(), what });
        }
    }
    Ok(())
}

impl Transform {
    fn names(&self, name: &str) -> bool {
        match self.parameter.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == self.parameter,
        }
    }

    /// The changed distribution.
    ///
    /// # Errors
    /// Why it cannot be changed so.
    pub fn of(&self, distribution: &Distribution) -> Result<Distribution, String> {
        let base = self.replace.clone().unwrap_or_else(|| distribution.clone());
        let changed = shifted(scaled(base, self.scale.unwrap_or(1.0)), self.shift)?;
        changed.check().map_err(|e| e.to_string())?;
        Ok(changed)
    }
}

fn scaled(distribution: Distribution, f: f64) -> Distribution {
    use Distribution as D;
    match distribution {
        D::Constant { value } => D::Constant { value: value * f },
        D::Uniform { low, high } => D::Uniform { low: low * f, high: high * f },
        D::Normal { mean, sd } => D::Normal { mean: mean * f, sd: sd * f },
        D::TruncatedNormal { mean, sd, low, high } => D::TruncatedNormal { mean: mean * f, sd: sd * f, low: low * f, high: high * f },
        D::LogNormal { mu, sigma } => D::LogNormal { mu: mu + proband_core::ops::ln(f), sigma },
        D::Bernoulli { probability } => D::Bernoulli { probability: (probability * f).min(1.0) },
    }
}

fn shifted(distribution: Distribution, by: Option<f64>) -> Result<Distribution, String> {
    use Distribution as D;
    let Some(d) = by else { return Ok(distribution) };
    match distribution {
        D::Constant { value } => Ok(D::Constant { value: value + d }),
        D::Uniform { low, high } => Ok(D::Uniform { low: low + d, high: high + d }),
        D::Normal { mean, sd } => Ok(D::Normal { mean: mean + d, sd }),
        D::TruncatedNormal { mean, sd, low, high } => Ok(D::TruncatedNormal { mean: mean + d, sd, low: low + d, high: high + d }),
        D::LogNormal { .. } => Err("a log-normal value cannot be shifted; scale it or replace it".into()),
        D::Bernoulli { .. } => Err("a yes or no cannot be shifted; scale it or replace it".into()),
    }
}
