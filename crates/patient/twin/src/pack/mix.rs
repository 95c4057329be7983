//! Who has which condition: by prevalence, or enriched with weights.

use proband_core::{Stream, philox4x32, subsystem_id};
use serde::{Deserialize, Serialize};

use super::check::share;
use super::{Covariate, Pack};
use crate::person::in_range;
use crate::{Person, Population, Sex, TwinError};

/// Conditions in one mix, at most.
const ENTRIES_MAX: usize = 64;
/// Persons proposed before one is taken whatever the odds are.
const PROPOSALS_MAX: u32 = 256;
/// Step of the additive recurrence that spreads strata evenly: the golden ratio less one.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// One condition of a mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixEntry {
    /// The condition.
    pub pack: Pack,
    /// Fraction of the population with it [1].
    pub prevalence: f64,
    /// Fraction of the sample with it [1]; `None`: as it occurs.
    pub fraction: Option<f64>,
}

/// Conditions of a sampled population.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    entries: Vec<MixEntry>,
    /// Mean over the population of the product of risk ratios, per entry.
    mean_ratio: Vec<f64>,
    /// Greatest product of risk ratios, per entry.
    ratio_max: Vec<f64>,
}

/// A part of the sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixStratum {
    /// Name of the enriched condition; `none` for people without any of them.
    pub name: String,
    /// Share of the population [1].
    pub prevalence: f64,
    /// Share of the sample [1].
    pub fraction: f64,
    /// Weight of a patient: prevalence over fraction [1]; NaN for a stratum that is not sampled.
    pub weight: f64,
}

/// One person with his conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Who, before the conditions have changed him.
    pub person: Person,
    /// Entries of the mix that he has, in their order.
    pub conditions: Vec<u16>,
    /// Entry of [`Mix::strata`].
    pub stratum: u16,
    /// Weight of the stratum [1].
    pub weight: f64,
}

fn no<T>(index: usize, key: &str, what: String) -> Result<T, TwinError> {
    Err(TwinError::Text { field: format!("condition.{index}.{key}"), what })
}

impl Mix {
    /// A mix for people of a population.
    ///
    /// Conditions with a fraction make strata that do not overlap: nobody has two of them.
    /// # Errors
    /// [`TwinError::Text`] with the field `condition.INDEX.KEY` for what cannot be together.
    pub fn new(entries: Vec<MixEntry>, population: &Population) -> Result<Self, TwinError> {
        if entries.len() > ENTRIES_MAX {
            return no(ENTRIES_MAX, "name", format!("{} conditions, at most {ENTRIES_MAX}", entries.len()));
        }
        let mut mix = Self { entries, mean_ratio: Vec::new(), ratio_max: Vec::new() };
        let (mut prevalence, mut fraction) = (0.0, 0.0);
        for (index, entry) in mix.entries.iter().enumerate() {
            let name = &entry.pack.name;
            if mix.entries[..index].iter().any(|other| other.pack.name == *name) {
                return no(index, "name", format!("\"{name}\" stands there twice"));
            }
            let field = |key: &str| format!("condition.{index}.{key}");
            let as_text = |key: &str, e: TwinError| TwinError::Text { field: field(key), what: e.to_string() };
            in_range("prevalence", entry.prevalence, "1", f64::MIN_POSITIVE, 1.0).map_err(|e| as_text("prevalence", e))?;
            if let Some(q) = entry.fraction {
                in_range("fraction", q, "1", 1e-6, 1.0).map_err(|e| as_text("fraction", e))?;
                (prevalence, fraction) = (prevalence + entry.prevalence, fraction + q);
                if fraction > 1.0 + 1e-12 {
                    return no(index, "fraction", format!("the fractions add up to {fraction}, more than 1"));
                }
                if prevalence > 1.0 {
                    return no(
                        index,
                        "prevalence",
                        format!("the prevalences of the enriched conditions add up to {prevalence}, more than 1"),
                    );
                }
            }
            for other in &mix.entries[..index] {
                let excluded = entry.pack.excludes.contains(&other.pack.name) || other.pack.excludes.contains(name);
                let wished = entry.pack.together.iter().any(|t| t.condition == other.pack.name)
                    || other.pack.together.iter().any(|t| t.condition == *name);
                if excluded && wished {
                    return no(index, "name", format!("\"{name}\" and \"{}\" both exclude each other and come together", other.pack.name));
                }
                if excluded && entry.prevalence + other.prevalence > 1.0 {
                    let sum = entry.prevalence + other.prevalence;
                    return no(index, "prevalence", format!("with \"{}\", which it excludes, {sum}: more than 1", other.pack.name));
                }
            }
        }
        for index in 0..mix.entries.len() {
            let (mean, greatest) = ratios(&mix.entries[index].pack, population);
            let highest = mix.entries[index].prevalence * greatest / mean;
            if !(mean > 0.0 && highest <= 1.0) {
                return no(index, "prevalence", format!("with its risk ratios somebody would have it with probability {highest}"));
            }
            mix.mean_ratio.push(mean);
            mix.ratio_max.push(greatest);
        }
        Ok(mix)
    }

    /// Whether it holds no condition.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The conditions, in order.
    #[must_use]
    pub fn entries(&self) -> &[MixEntry] {
        &self.entries
    }

    fn enriched(&self) -> impl Iterator<Item = (usize, &MixEntry, f64)> {
        self.entries.iter().enumerate().filter_map(|(i, e)| e.fraction.map(|q| (i, e, q)))
    }

    /// Parts of the sample: people with none of the enriched conditions first, then these, in order.
    #[must_use]
    pub fn strata(&self) -> Vec<MixStratum> {
        let (mut p, mut q) = (1.0, 1.0);
        let mut strata = vec![MixStratum { name: "none".into(), prevalence: 1.0, fraction: 1.0, weight: 1.0 }];
        for (_, entry, fraction) in self.enriched() {
            (p, q) = (p - entry.prevalence, q - fraction);
            let (name, prevalence) = (entry.pack.name.clone(), entry.prevalence);
            strata.push(MixStratum { name, prevalence, fraction, weight: prevalence / fraction });
        }
        let q = if q < 1e-9 { 0.0 } else { q };
        let rest = &mut strata[0];
        (rest.prevalence, rest.fraction) = (p.max(0.0), q);
        rest.weight = if q > 0.0 { rest.prevalence / q } else { f64::NAN };
        strata
    }

    /// Risk of an entry for a person over that of the population [1].
    fn risk(&self, index: usize, person: &Person) -> f64 {
        ratio(&self.entries[index].pack, person) / self.mean_ratio[index]
    }

    /// Factor on the probability of entry `of`, given whether the person has entry `given`: keeps the prevalence.
    fn given(&self, of: usize, given: usize, has: bool) -> f64 {
        let (a, b) = (&self.entries[given], &self.entries[of]);
        let listed = |x: &Pack, y: &Pack| x.together.iter().find(|t| t.condition == y.name).map(|t| t.ratio);
        let ratio = if a.pack.excludes.contains(&b.pack.name) || b.pack.excludes.contains(&a.pack.name) {
            0.0
        } else {
            listed(&b.pack, &a.pack).or_else(|| listed(&a.pack, &b.pack)).unwrap_or(1.0)
        };
        let rest = 1.0 / (1.0 + a.prevalence * (ratio - 1.0)).max(f64::MIN_POSITIVE);
        if has { ratio * rest } else { rest }
    }

    /// The person with number `number`: a function of seed and number. `propose`: candidates by attempt; the first one that
    /// the risks accept is taken, so that who has a condition has the covariates that go with it.
    pub fn draw(&self, seed: u64, number: u32, propose: &dyn Fn(u32) -> Person) -> Drawn {
        if self.is_empty() {
            return Drawn { person: propose(0), conditions: Vec::new(), stratum: 0, weight: 1.0 };
        }
        let root = Stream::new(seed, number, "population.condition");
        let strata = self.strata();
        let enriched: Vec<usize> = self.enriched().map(|(i, _, _)| i).collect();
        let stratum = if enriched.is_empty() { 0 } else { pick(&strata, seed, number) };
        let mut person = propose(0);
        for attempt in 0..PROPOSALS_MAX {
            let accepted = match stratum {
                0 => 1.0 - enriched.iter().map(|i| self.entries[*i].prevalence * self.risk(*i, &person)).sum::<f64>(),
                k => {
                    let i = enriched[k - 1];
                    self.risk(i, &person) * self.mean_ratio[i] / self.ratio_max[i]
                }
            };
            if root.child(attempt).uniform_open() <= accepted {
                break;
            }
            person = propose(attempt + 1);
        }
        let mut conditions: Vec<usize> = stratum.checked_sub(1).map(|k| enriched[k]).into_iter().collect();
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, e)| e.fraction.is_none()) {
            let others = (0..index).filter(|i| self.entries[*i].fraction.is_none()).chain(enriched.iter().copied());
            let factor: f64 = others.map(|i| self.given(index, i, conditions.contains(&i))).product();
            let probability = entry.prevalence * self.risk(index, &person) * factor;
            if root.child(subsystem_id(&entry.pack.name)).uniform_open() <= probability {
                conditions.push(index);
            }
        }
        conditions.sort_unstable();
        let conditions = conditions.into_iter().map(|i| i as u16).collect();
        Drawn { person, conditions, stratum: stratum as u16, weight: strata[stratum].weight }
    }

    /// The packs of a drawn person.
    #[must_use]
    pub fn packs(&self, conditions: &[u16]) -> Vec<&Pack> {
        conditions.iter().filter_map(|i| self.entries.get(usize::from(*i))).map(|e| &e.pack).collect()
    }
}

/// Stratum of a number: an additive recurrence, so that any stretch of numbers holds the fractions nearly exactly.
fn pick(strata: &[MixStratum], seed: u64, number: u32) -> usize {
    let start = f64::from(philox4x32([0x6d69, 0x78, 0, 0], [seed as u32, (seed >> 32) as u32])[0]) / 4_294_967_296.0;
    let turn = start + f64::from(number) * GOLDEN;
    let u = turn - turn.floor();
    let mut below = 0.0;
    for (index, stratum) in strata.iter().enumerate().skip(1) {
        below += stratum.fraction;
        if u < below {
            return index;
        }
    }
    // Without anybody else, what rounding leaves over goes to the last one.
    if strata[0].fraction > 0.0 { 0 } else { strata.len() - 1 }
}

fn covariate(person: &Person, which: Covariate) -> f64 {
    match which {
        Covariate::AgeY => person.age_y,
        Covariate::BmiKgM2 => person.bmi_kg_m2(),
        Covariate::Female => f64::from(u8::from(person.sex == Sex::Female)),
    }
}

/// Product of the risk ratios that hold for a person; 0 for the wrong sex.
fn ratio(pack: &Pack, person: &Person) -> f64 {
    if pack.forbids_sex(person.sex) {
        return 0.0;
    }
    let held = pack.relative.iter().filter(|r| {
        let x = covariate(person, r.covariate);
        x >= r.from && x < r.to
    });
    held.map(|r| r.ratio).product()
}

/// Mean and greatest product of risk ratios over a population whose age, body-mass index and sex are independent.
fn ratios(pack: &Pack, population: &Population) -> (f64, f64) {
    let (mut mean, mut greatest) = (1.0, 1.0);
    for which in [Covariate::AgeY, Covariate::BmiKgM2, Covariate::Female] {
        let bands: Vec<_> = pack.relative.iter().filter(|r| r.covariate == which).collect();
        let mut ends: Vec<f64> = bands.iter().flat_map(|r| [r.from, r.to]).collect();
        ends.extend([f64::NEG_INFINITY, f64::INFINITY]);
        ends.sort_by(f64::total_cmp);
        let (mut sum, mut most) = (0.0, 0.0_f64);
        for pair in ends.windows(2).filter(|p| p[0] < p[1]) {
            let part = match which {
                Covariate::AgeY => share(&population.age_y, pair[0], pair[1]),
                Covariate::BmiKgM2 => share(&population.bmi_kg_m2, pair[0], pair[1]),
                Covariate::Female => {
                    let inside = |x: f64| x >= pair[0] && x < pair[1];
                    let men_allowed = !pack.forbids_sex(Sex::Male);
                    let women_allowed = !pack.forbids_sex(Sex::Female);
                    f64::from(u8::from(inside(0.0) && men_allowed)) * (1.0 - population.female_fraction)
                        + f64::from(u8::from(inside(1.0) && women_allowed)) * population.female_fraction
                }
            };
            let held: f64 = bands.iter().filter(|r| r.from <= pair[0] && pair[1] <= r.to).map(|r| r.ratio).product();
            sum += part * held;
            if part > 0.0 {
                most = most.max(held);
            }
        }
        (mean, greatest) = (mean * sum, greatest * most);
    }
    (mean, greatest)
}
