//! Whole patients of a population: drawn, and kept where their rest is that of a resting adult.

use proband_core::Stream;
use proband_physiology::body::blood_volume_nadler_ml;
use proband_physiology::whole::{Resting, RestingProbe, Variant};

use crate::calibrate::variant_of;
use crate::{FACTOR_COUNT, Person, TwinError, WholeBelief};

/// A range that a resting adult has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestingRange {
    /// As in [`Resting::NAMES`].
    pub name: &'static str,
    /// Least.
    pub low: f64,
    /// Greatest.
    pub high: f64,
    /// Where that comes from.
    pub source: &'static str,
}

const fn range(name: &'static str, low: f64, high: f64, source: &'static str) -> RestingRange {
    RestingRange { name, low, high, source }
}

/// Ranges of a resting adult. A patient outside any of them is not kept.
///
/// # Source
/// Guyton & Hall, Textbook of Medical Physiology; Valtin 1995; Levitzky 2013: as collected in validation tables of
/// whole-body engines. Central venous pressure and heart rate are taken one unit wider at the lower end (prior:
/// unverified), as fit and supine adults lie there.
pub const RESTING_RANGES: [RestingRange; 9] = [
    range("heart_rate_per_min", 50.0, 100.0, "60 to 100 (Guyton), down to 50 in the fit; prior: unverified"),
    range("systolic_mmhg", 100.0, 140.0, "100 to 140 (Guyton)"),
    range("diastolic_mmhg", 60.0, 90.0, "60 to 90 (Guyton)"),
    range("mean_mmhg", 70.0, 105.0, "70 to 105 (Guyton)"),
    range("output_l_min", 4.0, 8.0, "4 to 8 (Guyton)"),
    range("ejection_fraction", 0.50, 0.70, "0.50 to 0.70 (Guyton)"),
    range("central_venous_mmhg", 0.0, 6.0, "2 to 6 (Guyton), down to 0 supine; prior: unverified"),
    range("wedge_mmhg", 4.0, 12.0, "4 to 12 (Guyton)"),
    range("lung_mean_mmhg", 9.0, 18.0, "9 to 18 (Guyton)"),
];

/// Draws of factors for one person before he is given up.
const DRAWS_MAX: u32 = 40;

/// One whole patient who was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeSample {
    /// Number of the person in his population.
    pub index: u32,
    /// Who.
    pub person: Person,
    /// Logarithms of his factors.
    pub logarithms: [f64; FACTOR_COUNT],
    /// What he shows at rest.
    pub shown: Resting,
}

/// Whole patients and how they were chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct WholePopulation {
    /// In the order of the people.
    pub people: Vec<WholeSample>,
    /// Draws of factors.
    pub drawn: u64,
    /// Draws that were not kept, by the first range that they left.
    pub rejected: Vec<(&'static str, u64)>,
    /// People for whom no draw was kept, or whose size the model does not know.
    pub given_up: Vec<(u32, String)>,
}

impl WholePopulation {
    /// Part of the draws that were kept.
    #[must_use]
    pub fn acceptance(&self) -> f64 {
        self.people.len() as f64 / (self.drawn as f64).max(1.0)
    }
}

/// A person who still waits, with what his size makes of the reference man.
struct Waiting<'p> {
    at: usize,
    index: u32,
    person: &'p Person,
    himself: Variant,
    stream: Stream,
    draws: u32,
}

/// Draw factors for each person until his rest is that of an adult. `probe`: any patient, from whose rest all begin.
///
/// A person's draws depend on the seed and his number alone.
/// # Errors
/// [`TwinError`] when the prior cannot be drawn from.
pub fn whole_population(people: &[(u32, Person)], probe: &RestingProbe, seed: u64) -> Result<WholePopulation, TwinError> {
    let mut out = WholePopulation { people: Vec::new(), drawn: 0, rejected: Vec::new(), given_up: Vec::new() };
    let mut waiting = Vec::with_capacity(people.len());
    for (at, (index, person)) in people.iter().enumerate() {
        let physique = person.physique();
        match physique.parameters() {
            Ok(parameters) => {
                let blood_ml = blood_volume_nadler_ml(physique.sex, physique.height_m, physique.mass_kg);
                let stream = Stream::new(seed, *index, "population.whole");
                waiting.push(Waiting { at, index: *index, person, himself: Variant { parameters, blood_ml }, stream, draws: 0 });
            }
            Err(error) => out.given_up.push((*index, error.to_string())),
        }
    }
    let prior = WholeBelief::prior();
    let mut kept: Vec<(usize, WholeSample)> = Vec::new();
    while !waiting.is_empty() {
        let mut draws = Vec::with_capacity(waiting.len());
        for one in &mut waiting {
            draws.push(prior.draw(&mut one.stream)?);
            one.draws += 1;
        }
        let variants: Vec<Variant> = waiting.iter().zip(&draws).map(|(one, l)| variant_of(&one.himself, l)).collect();
        out.drawn += variants.len() as u64;
        let seen = probe.resting(&variants);
        let mut still = Vec::new();
        for ((one, logarithms), seen) in waiting.into_iter().zip(draws).zip(seen) {
            let outside = match &seen {
                Ok(shown) => RESTING_RANGES.iter().find(|r| shown.get(r.name).is_none_or(|v| v < r.low || v > r.high)).map(|r| r.name),
                Err(_) => Some("no rest"),
            };
            match (outside, seen) {
                (None, Ok(shown)) => kept.push((one.at, WholeSample { index: one.index, person: one.person.clone(), logarithms, shown })),
                (why, _) => {
                    count(&mut out.rejected, why.unwrap_or("no rest"));
                    if one.draws < DRAWS_MAX {
                        still.push(one);
                    } else {
                        out.given_up.push((one.index, format!("none of {DRAWS_MAX} draws rests as an adult does")));
                    }
                }
            }
        }
        waiting = still;
    }
    kept.sort_by_key(|(at, _)| *at);
    out.people = kept.into_iter().map(|(_, sample)| sample).collect();
    out.rejected.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    Ok(out)
}

fn count(reasons: &mut Vec<(&'static str, u64)>, why: &'static str) {
    match reasons.iter_mut().find(|(name, _)| *name == why) {
        Some((_, n)) => *n += 1,
        None => reasons.push((why, 1)),
    }
}
