//! `proband twin sample --whole`: circulations of a population, those kept that rest as an adult does.

use proband_core::{Column, Table};
use proband_math::stats::{Moments, quantile};
use proband_physiology::whole::{Acts, Physique, Resting, RestingProbe};
use proband_twin::{FACTORS, Person, Population, RESTING_RANGES, Sex, WholePopulation, WholeSample, whole_population};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

/// People drawn before the interrupt key is looked at.
const CHUNK: u32 = 64;
/// Bands of age [years].
const AGES: [(f64, f64); 3] = [(18.0, 40.0), (40.0, 65.0), (65.0, 111.0)];

/// Whom to draw.
pub(super) struct Asked<'a> {
    pub(super) population: &'a Population,
    pub(super) n: u32,
    pub(super) seed: u64,
    pub(super) sex: Option<Sex>,
    pub(super) age_y: (f64, f64),
    pub(super) json: bool,
}

/// Draw; the table has one row per patient who was kept.
pub(super) fn draw(asked: &Asked<'_>, interrupt: &Interrupt) -> Result<(Table, WholePopulation), Failure> {
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).map_err(Failure::of)?;
    let bar = progress::bar(u64::from(asked.n), "settling patients");
    let mut all = WholePopulation { people: Vec::new(), drawn: 0, rejected: Vec::new(), given_up: Vec::new() };
    let (mut index, mut found) = (0_u32, 0_u32);
    while found < asked.n {
        let mut people: Vec<(u32, Person)> = Vec::new();
        while (people.len() as u32) < CHUNK.min(asked.n - found) {
            let person = asked.population.person(asked.seed, index);
            if asked.sex.is_none_or(|sex| sex == person.sex) && person.age_y >= asked.age_y.0 && person.age_y < asked.age_y.1 {
                people.push((index, person));
            }
            index += 1;
            if index > 1000 * asked.n.saturating_add(100) {
                return Err(Failure::Usage("--age and --sex leave nobody of this population".into()));
            }
        }
        found += people.len() as u32;
        let part = whole_population(&people, &probe, asked.seed).map_err(Failure::of)?;
        join(&mut all, part);
        bar.set_position(u64::from(found));
        interrupt.check()?;
    }
    bar.finish_and_clear();
    Ok((table(&all.people)?, all))
}

fn join(all: &mut WholePopulation, part: WholePopulation) {
    all.people.extend(part.people);
    all.drawn += part.drawn;
    all.given_up.extend(part.given_up);
    for (why, n) in part.rejected {
        match all.rejected.iter_mut().find(|(name, _)| *name == why) {
            Some((_, sum)) => *sum += n,
            None => all.rejected.push((why, n)),
        }
    }
    all.rejected.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
}

fn table(people: &[WholeSample]) -> Result<Table, Failure> {
    let mut table = Table::new("whole_people");
    let numbers = |get: &dyn Fn(&WholeSample) -> f64| Column::F64(people.iter().map(get).collect());
    let mut push = |name: &str, unit: &str, column: Column| table.push(name, unit, "", "population sample", column).map_err(Failure::of);
    push("patient", "1", Column::I64(people.iter().map(|p| i64::from(p.index)).collect()))?;
    push("sex", "", Column::Text(people.iter().map(|p| word(p.person.sex).to_owned()).collect()))?;
    push("age_y", "y", numbers(&|p| p.person.age_y))?;
    push("height_m", "m", numbers(&|p| p.person.height_m))?;
    push("mass_kg", "kg", numbers(&|p| p.person.mass_kg))?;
    push("diabetes", "", Column::Bool(people.iter().map(|p| p.person.conditions.diabetes).collect()))?;
    push("chronic_kidney_disease", "", Column::Bool(people.iter().map(|p| p.person.conditions.chronic_kidney_disease).collect()))?;
    for (i, factor) in FACTORS.iter().enumerate() {
        push(factor.name, "1", numbers(&|p| proband_core::ops::exp(p.logarithms[i])))?;
    }
    for (i, name) in Resting::NAMES.iter().enumerate() {
        push(name, "", numbers(&|p| p.shown.values[i]))?;
    }
    Ok(table)
}

fn word(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Unknown => "unknown",
    }
}

/// A group of patients by its name.
type Group = (String, Box<dyn Fn(&WholeSample) -> bool>);

fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = vec![
        ("all".into(), Box::new(|_| true)),
        ("female".into(), Box::new(|p| p.person.sex == Sex::Female)),
        ("male".into(), Box::new(|p| p.person.sex == Sex::Male)),
    ];
    for (low, high) in AGES {
        groups.push((format!("{low:.0} to {high:.0} y"), Box::new(move |p| p.person.age_y >= low && p.person.age_y < high)));
    }
    groups.push(("diabetes".into(), Box::new(|p| p.person.conditions.diabetes)));
    groups.push(("kidney disease".into(), Box::new(|p| p.person.conditions.chronic_kidney_disease)));
    groups
}

/// Say what was drawn beside the published ranges.
pub(super) fn say(asked: &Asked<'_>, all: &WholePopulation) -> Result<(), Failure> {
    let values = |name: &str, keep: &dyn Fn(&WholeSample) -> bool| -> Vec<f64> {
        all.people.iter().filter(|p| keep(p)).filter_map(|p| p.shown.get(name)).collect()
    };
    if asked.json {
        let mut rows = Vec::new();
        for (group, keep) in groups() {
            for range in RESTING_RANGES {
                let own = values(range.name, &*keep);
                let moments = Moments::of(&own);
                rows.push(
                    serde_json::json!({ "group": group, "name": range.name, "n": own.len(), "mean": moments.mean, "sd": moments.sd(),
                    "low": range.low, "high": range.high, "source": range.source }),
                );
            }
        }
        return terminal::print_json(
            &serde_json::json!({ "population": asked.population.name, "seed": asked.seed, "kept": all.people.len(),
            "drawn": all.drawn, "acceptance": all.acceptance(), "rejected": all.rejected, "given_up": all.given_up, "values": rows }),
        );
    }
    let mut text = TextTable::new(&[
        ("at rest", Align::Left),
        ("group", Align::Left),
        ("n", Align::Right),
        ("mean", Align::Right),
        ("sd", Align::Right),
        ("5 %", Align::Right),
        ("95 %", Align::Right),
        ("range", Align::Left),
    ]);
    for range in RESTING_RANGES {
        for (group, keep) in groups() {
            let own = values(range.name, &*keep);
            if own.is_empty() {
                continue;
            }
            let moments = Moments::of(&own);
            let at = |p: f64| quantile(&own, p).unwrap_or(f64::NAN);
            let [mean, sd, low, high] = [moments.mean, moments.sd(), at(0.05), at(0.95)].map(|x| format!("{x:.2}"));
            let first = group == "all";
            let name = if first { range.name.to_owned() } else { String::new() };
            let limits = if first { format!("{} to {}", range.low, range.high) } else { String::new() };
            text.row([name, group, own.len().to_string(), mean, sd, low, high, limits]);
        }
    }
    let mut out = format!(
        "{} whole patients of {}, seed {}: {} draws, {:.0} % kept\n\n{text}\nnot kept, by the first range that was left:\n",
        all.people.len(),
        asked.population.name,
        asked.seed,
        all.drawn,
        100.0 * all.acceptance()
    );
    for (why, n) in &all.rejected {
        out.push_str(&format!("  {why} {n}\n"));
    }
    if !all.given_up.is_empty() {
        out.push_str(&format!(
            "{} people were given up, the first: patient {}, {}\n",
            all.given_up.len(),
            all.given_up[0].0,
            all.given_up[0].1
        ));
    }
    terminal::print(&out)
}
