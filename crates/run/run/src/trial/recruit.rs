//! Who is enrolled: a function of the study alone.

use proband_core::{Status, Stream, ops, philox4x32};
use proband_twin::{Mix, Person, Population, Sex, Twin, alter_parameters, person_with, twin_with};
use serde::{Deserialize, Serialize};

use super::{Contradiction, People, Recruitment, Study};
use crate::RunError;

/// People who are asked at most, for each who is to be enrolled, and in all.
const ASKED_PER_ENROLLED_MAX: u64 = 1000;

/// What is known of a person before anything is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Covariates {
    /// Age [years].
    pub age_y: f64,
    /// Body-mass index [kg/m²].
    pub bmi_kg_m2: f64,
    /// Melanosome fraction of the epidermis [1]; NaN when not known.
    pub melanin_fraction: f64,
    /// 1 female, 0 male, NaN not recorded.
    pub female: f64,
    /// Conditions in the order of [`Covariates::NAMES`] from `diabetes` on.
    pub conditions: [bool; 7],
}

impl Covariates {
    /// What criteria and divisions may speak of.
    pub const NAMES: [&'static str; 12] = [
        "age_y",
        "bmi_kg_m2",
        "melanin_fraction",
        "ita_deg",
        "female",
        "diabetes",
        "chronic_kidney_disease",
        "anticoagulated",
        "steroids",
        "difficult_access_before",
        "dehydrated",
        "tremor",
    ];

    /// What is known of a person.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let c = &person.conditions;
        Self {
            age_y: person.known_age_y().unwrap_or(f64::NAN),
            bmi_kg_m2: person.known_bmi_kg_m2().unwrap_or(f64::NAN),
            melanin_fraction: person.melanin_fraction.or_else(|| person.ita_deg.map(melanin_of_ita)).unwrap_or(f64::NAN),
            female: match person.sex {
                Sex::Female => 1.0,
                Sex::Male => 0.0,
                Sex::Unknown => f64::NAN,
            },
            conditions: [
                c.diabetes,
                c.chronic_kidney_disease,
                c.anticoagulated,
                c.steroids,
                c.difficult_access_before,
                c.dehydrated,
                c.tremor,
            ],
        }
    }

    /// Whether a name is true or false of a person.
    #[must_use]
    pub fn is_condition(name: &str) -> bool {
        Self::NAMES.iter().position(|n| *n == name).is_some_and(|i| i >= 4)
    }

    /// A value by name; conditions are 0 or 1. `None` when it is not known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        let value = match Self::NAMES.iter().position(|n| *n == name)? {
            0 => self.age_y,
            1 => self.bmi_kg_m2,
            2 => self.melanin_fraction,
            3 => ita_of_melanin(self.melanin_fraction),
            4 => self.female,
            i => f64::from(u8::from(self.conditions[i - 5])),
        };
        value.is_finite().then_some(value)
    }
}

/// Individual typology angle that goes with a melanosome fraction [degree]: 55° at 2.5 %, −50° at 35 %, linear in the
/// logarithm. Prior: unverified; the inverse of what the twin uses.
#[must_use]
pub fn ita_of_melanin(fraction: f64) -> f64 {
    55.0 - 105.0 * ops::ln(fraction / 0.025) / ops::ln(0.35 / 0.025)
}

fn melanin_of_ita(ita_deg: f64) -> f64 {
    0.025 * ops::exp(ops::ln(0.35 / 0.025) * (55.0 - ita_deg) / 105.0)
}

/// One person who is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolled {
    /// Number of the person; random streams hang on it.
    pub person: u32,
    /// What is known.
    pub covariates: Covariates,
    /// Conditions, or the state of an altered twin.
    pub labels: Labels,
}

/// Which conditions a person has, and for how many he stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// Names of conditions, or of the state of an altered twin.
    pub names: Vec<String>,
    /// Part of the sample: index into [`Mix::strata`].
    pub stratum: u16,
    /// Share of the population over share of the sample [1]; 1 without enrichment.
    pub weight: f64,
}

/// Who was asked and who is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolment {
    /// People asked.
    pub asked: u32,
    /// Why people were turned away, in the order of the study's criteria, with counts.
    pub turned_away: Vec<(String, u32)>,
    /// Those enrolled, in order.
    pub enrolled: Vec<Enrolled>,
}

/// Ask people in the order of their numbers until enough are enrolled.
///
/// # Errors
/// A [`Contradiction`] when too few people satisfy the criteria, or a declared group is empty.
pub fn enrol(study: &Study) -> Result<Enrolment, Contradiction> {
    let r = &study.recruitment;
    let mut enrolment = Enrolment { asked: 0, turned_away: Vec::new(), enrolled: Vec::with_capacity(r.count as usize) };
    for c in &r.include {
        enrolment.turned_away.push((format!("not {}", c.text), 0));
    }
    for c in &r.exclude {
        enrolment.turned_away.push((c.text.clone(), 0));
    }
    let asked_max = (ASKED_PER_ENROLLED_MAX * u64::from(r.count)).min(u64::from(u32::MAX));
    while (enrolment.enrolled.len() as u32) < r.count {
        let number = enrolment.asked;
        let person = if u64::from(number) < asked_max { person(r, study.seed, number) } else { None };
        let Some(person) = person else {
            let what = format!("{} of {} could be enrolled of the {number} people asked", enrolment.enrolled.len(), r.count);
            return Err(Contradiction { place: "count".into(), what, help: "other criteria, or fewer patients".into() });
        };
        enrolment.asked += 1;
        let (person, labels) = person;
        let covariates = Covariates::of(&person);
        let refused = r.include.iter().position(|c| !c.holds(&covariates));
        let refused = refused.or_else(|| r.exclude.iter().position(|c| c.holds(&covariates)).map(|i| r.include.len() + i));
        match refused {
            Some(index) => enrolment.turned_away[index].1 += 1,
            None => enrolment.enrolled.push(Enrolled { person: number, covariates, labels }),
        }
    }
    check_groups(study, &enrolment)?;
    check_strata(study, &enrolment)?;
    Ok(enrolment)
}

/// A group in which nobody is cannot have been meant.
fn check_groups(study: &Study, enrolment: &Enrolment) -> Result<(), Contradiction> {
    for (index, subgroup) in study.analysis.subgroups.iter().enumerate() {
        let mut ends: Vec<f64> = if subgroup.cuts.is_empty() { vec![0.5] } else { subgroup.cuts.clone() };
        ends.push(f64::INFINITY);
        let mut low = f64::NEG_INFINITY;
        for high in ends {
            let inside = |e: &Enrolled| e.covariates.value(&subgroup.covariate).is_some_and(|v| v >= low && v < high);
            if !enrolment.enrolled.iter().any(inside) {
                return Err(Contradiction {
                    place: format!("analysis.subgroups.{index}"),
                    what: format!("nobody of the {} enrolled has {} from {low} to {high}", enrolment.enrolled.len(), subgroup.covariate),
                    help: "a group that is never sampled cannot be reported: other limits, criteria or more patients".into(),
                });
            }
            low = high;
        }
    }
    Ok(())
}

/// A condition that was enriched and is not there was turned away by a criterion.
fn check_strata(study: &Study, enrolment: &Enrolment) -> Result<(), Contradiction> {
    let mix = &study.recruitment.conditions;
    for (index, entry) in mix.entries().iter().enumerate().filter(|(_, e)| e.fraction.is_some()) {
        let name = &entry.pack.name;
        if !enrolment.enrolled.iter().any(|e| e.labels.names.contains(name)) {
            let what = format!("nobody of the {} enrolled has {name}, of which there was to be a fraction", enrolment.enrolled.len());
            let help = "a criterion that turns away everybody with it contradicts its fraction; or more patients".into();
            return Err(Contradiction { place: format!("population.condition.{index}.fraction"), what, help });
        }
    }
    Ok(())
}

/// Lower triangle of the Cholesky factor of the correlations of (age, BMI, pigment); `None` when there is none.
pub(crate) fn factor([age_bmi, age_melanin, bmi_melanin]: &[f64; 3]) -> Option<[f64; 5]> {
    let d1 = 1.0 - age_bmi * age_bmi;
    if !(age_bmi.abs() < 1.0 && age_melanin.abs() < 1.0 && bmi_melanin.abs() < 1.0 && d1 > 1e-9) {
        return None;
    }
    let l32 = (bmi_melanin - age_bmi * age_melanin) / d1.sqrt();
    let d2 = 1.0 - age_melanin * age_melanin - l32 * l32;
    (d2 > 1e-9).then(|| [*age_bmi, d1.sqrt(), *age_melanin, l32, d2.sqrt()])
}

/// A person of a population with correlated covariates. Attempt 0 is the person of the seed; others are like him by chance only.
fn sampled(population: &Population, correlation: &[f64; 3], seed: u64, number: u32, attempt: u32) -> Option<Person> {
    let seed = if attempt == 0 {
        seed
    } else {
        let mixed = philox4x32([attempt, 0x6d78, 0, 0], [seed as u32, (seed >> 32) as u32]);
        (u64::from(mixed[0]) | (u64::from(mixed[1]) << 32)) >> 1
    };
    let mut person = population.person(seed, number);
    if correlation.iter().all(|r| *r == 0.0) {
        return Some(person);
    }
    let [l21, l22, l31, l32, l33] = factor(correlation)?;
    let mut stream = Stream::new(seed, number, "trial.covariates");
    let z = [stream.normal(), stream.normal(), stream.normal()];
    let u = [z[0], l21 * z[0] + l22 * z[1], l31 * z[0] + l32 * z[1] + l33 * z[2]].map(ops::normal_cdf);
    person.age_y = population.age_y.quantile(u[0]).clamp(18.0, 105.0);
    person.mass_kg = population.bmi_kg_m2.quantile(u[1]).clamp(14.0, 60.0) * person.height_m * person.height_m;
    person.melanin_fraction = Some(population.melanin_fraction.quantile(u[2]).clamp(0.005, 0.43));
    Some(person)
}

/// Stream of what a condition says of a person.
fn condition_stream(seed: u64, number: u32) -> Stream {
    Stream::new(seed, number, "population.condition.person")
}

/// A sampled person before his conditions change him, and these.
fn mixed(population: &Population, correlation: &[f64; 3], mix: &Mix, seed: u64, number: u32) -> Option<proband_twin::Drawn> {
    let first = sampled(population, correlation, seed, number, 0)?;
    Some(mix.draw(seed, number, &|attempt| sampled(population, correlation, seed, number, attempt).unwrap_or_else(|| first.clone())))
}

/// Number of the anatomy of a person: altered states of one twin share theirs.
pub(crate) fn anatomy(recruitment: &Recruitment, number: u32) -> u32 {
    match &recruitment.people {
        People::Envelope { states, .. } => number / (states.len() as u32).max(1),
        _ => number,
    }
}

/// Person `number` of those who may be asked, with his conditions; `None` when there are no more.
pub(crate) fn person(recruitment: &Recruitment, seed: u64, number: u32) -> Option<(Person, Labels)> {
    let plain = |person| (person, Labels { names: Vec::new(), stratum: 0, weight: 1.0 });
    match &recruitment.people {
        People::Twins(twins) => twins.get(number as usize).map(|twin| plain(twin.person.clone())),
        People::Envelope { twins, states } => {
            let twin = twins.get(anatomy(recruitment, number) as usize)?;
            let state = states.get(number as usize % states.len().max(1))?;
            Some((twin.person.clone(), Labels { names: vec![state.name.clone()], stratum: 0, weight: 1.0 }))
        }
        People::Sampled { population, correlation } => {
            let mix = &recruitment.conditions;
            let drawn = mixed(population, correlation, mix, seed, number)?;
            let packs = mix.packs(&drawn.conditions);
            let names = packs.iter().map(|p| p.name.clone()).collect();
            let person = person_with(drawn.person, &packs, &condition_stream(seed, number)).ok()?;
            Some((person, Labels { names, stratum: drawn.stratum, weight: drawn.weight }))
        }
        People::Altered { twin, age_y, bmi_kg_m2, melanin_fraction } => {
            let mut person = twin.person.clone();
            let root = Stream::new(seed, number, "trial.altered");
            let draw = |index: u32| root.child(index).uniform_open();
            if let Some(age) = age_y {
                person.age_y = age.quantile(draw(0)).clamp(18.0, 105.0);
            }
            if let Some(bmi) = bmi_kg_m2 {
                person.mass_kg = bmi.quantile(draw(1)).clamp(14.0, 60.0) * person.height_m * person.height_m;
            }
            if let Some(melanin) = melanin_fraction {
                person.melanin_fraction = Some(melanin.quantile(draw(2)).clamp(0.005, 0.43));
            }
            Some(plain(person))
        }
    }
}

/// The twin of an enrolled person.
///
/// # Errors
/// [`RunError::Twin`] when the person is impossible.
pub(crate) fn twin(recruitment: &Recruitment, seed: u64, number: u32) -> Result<Twin, RunError> {
    let nobody = || RunError::Trial { what: format!("no person {number}") };
    match &recruitment.people {
        People::Twins(twins) => twins.get(number as usize).cloned().ok_or_else(nobody),
        People::Envelope { twins, states } => {
            let mut twin = twins.get(anatomy(recruitment, number) as usize).cloned().ok_or_else(nobody)?;
            let state = states.get(number as usize % states.len().max(1)).ok_or_else(nobody)?;
            alter_parameters(&mut twin.parameters, &state.change, &state.name)?;
            twin.note("state", &state.name)?;
            Ok(twin)
        }
        People::Sampled { population, correlation } => {
            let mix = &recruitment.conditions;
            let drawn = mixed(population, correlation, mix, seed, number).ok_or_else(nobody)?;
            Ok(twin_with(drawn.person, &mix.packs(&drawn.conditions), &condition_stream(seed, number))?)
        }
        People::Altered { twin: base, melanin_fraction, .. } => {
            let (person, _) = person(recruitment, seed, number).ok_or_else(nobody)?;
            let mut twin = Twin::new(person)?;
            // What was measured on the person stays, but for what the alteration changes.
            let stays = |name: &str| melanin_fraction.is_none() || !name.starts_with("optics.");
            for parameter in base.parameters.iter().filter(|p| p.value.status == Status::Measured && stays(&p.name)) {
                twin.measured(&parameter.name, parameter.value.distribution.clone(), &parameter.value.source)?;
            }
            Ok(twin)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_twin::Population;

    /// Keep the margins of a population under correlations, and give the correlations that were asked for.
    #[test]
    fn correlations_leave_the_margins() {
        let population = Population::adult();
        let people = People::Sampled { population: population.clone(), correlation: [0.5, -0.3, 0.2] };
        let kind = crate::trial::CohortKind::Prescribed;
        let recruitment = Recruitment { kind, people, conditions: Mix::default(), fit: None, include: vec![], exclude: vec![], count: 1 };
        let n = 4000;
        let people: Vec<Covariates> = (0..n).map(|i| Covariates::of(&person(&recruitment, 1, i).unwrap().0)).collect();
        let below = |get: &dyn Fn(&Covariates) -> f64, limit: f64| people.iter().filter(|c| get(c) < limit).count() as f64 / f64::from(n);
        let tolerance = 4.0 * (0.25 / f64::from(n)).sqrt();
        for p in [0.2, 0.5, 0.8] {
            assert!((below(&|c| c.age_y, population.age_y.quantile(p)) - p).abs() < tolerance);
            assert!((below(&|c| c.bmi_kg_m2, population.bmi_kg_m2.quantile(p)) - p).abs() < tolerance);
            assert!((below(&|c| c.melanin_fraction, population.melanin_fraction.quantile(p)) - p).abs() < tolerance);
        }
        // Above and below the medians together: ½ + asin(ρ)/π of the pairs (Sheppard 1899).
        let side = |a: &dyn Fn(&Covariates) -> bool, b: &dyn Fn(&Covariates) -> bool| {
            people.iter().filter(|c| a(c) == b(c)).count() as f64 / f64::from(n)
        };
        let age = |c: &Covariates| c.age_y < population.age_y.quantile(0.5);
        let bmi = |c: &Covariates| c.bmi_kg_m2 < population.bmi_kg_m2.quantile(0.5);
        let melanin = |c: &Covariates| c.melanin_fraction < population.melanin_fraction.quantile(0.5);
        for (found, rho) in [(side(&age, &bmi), 0.5), (side(&age, &melanin), -0.3), (side(&bmi, &melanin), 0.2)] {
            assert!((found - 0.5 - ops::asin(rho) / std::f64::consts::PI).abs() < tolerance, "{rho}: {found}");
        }
    }
}
