//! `proband twin sample`: patients of a population.

use std::path::PathBuf;

use proband_core::{Column, Stream, Table};
use proband_math::stats::{Moments, quantile};
use proband_twin::{Pack, Patient, Population, Sex, Truth, built_in_pack, twin_with};

use super::twin_sample_whole;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::text_table::{Align, TextTable, number};
use crate::{population, progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband twin sample --n 1000                                  a summary of 1000 adults
  proband twin sample --n 1000 --seed 7 -o people.parquet       one row per patient, SI units
  proband twin sample --n 200 --population clinic.toml --json
  proband twin sample --n 200 --condition sickle-cell           everybody has it; a file of your own ends in .toml
  proband twin sample --n 500 --whole --sex female --age 20-40  circulations that rest as an adult's does

Patient i of a seed is the same in every sample that holds it.";

/// Patients drawn before the progress bar and the interrupt key are looked at.
const CHUNK: u32 = 64;

/// Arguments of `proband twin sample`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Number of patients
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    n: u32,
    /// Population: a built-in name (adults) or a TOML file
    #[arg(long, value_name = "NAME|FILE.toml", default_value = "adults")]
    population: String,
    /// A condition that everybody has: a shipped one or a TOML file; may be given several times
    #[arg(long, value_name = "NAME|FILE.toml")]
    condition: Vec<String>,
    /// Draw whole patients (circulation at rest), keep those within the ranges of a resting adult, count the others
    #[arg(long)]
    whole: bool,
    /// With --whole: female or male
    #[arg(long, value_name = "SEX", value_parser = ["female", "male"], requires = "whole")]
    sex: Option<String>,
    /// With --whole: ages, as 20-40 [years]
    #[arg(long, value_name = "FROM-TO", requires = "whole")]
    age: Option<String>,
    /// Seed of all random streams
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Parquet file for the patients, one row each, SI units
    #[arg(short, long, value_name = "FILE.parquet")]
    out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// One line of the summary.
#[derive(Debug, serde::Serialize)]
struct Line {
    name: String,
    unit: String,
    mean: f64,
    sd: f64,
    p05: f64,
    p50: f64,
    p95: f64,
}

/// Sample.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(out) = arguments.out.as_ref().filter(|out| out.exists() && !arguments.overwrite) {
        return Err(Failure::at(out, "exists; choose another name or add --overwrite"));
    }
    let population = population::read(&arguments.population)?;
    if arguments.whole {
        return whole(&population, arguments, interrupt);
    }
    let packs = packs(&arguments.condition)?;
    let table = draw(&population, &packs, arguments, interrupt)?;
    let summary = summary(&table);
    if let Some(out) = &arguments.out {
        let _writing = interrupt.writing();
        proband_record::write_table(out, &table).map_err(|error| Failure::at(out, error))?;
    }
    if arguments.json {
        let out = arguments.out.as_ref().map(|out| out.display().to_string());
        let value = serde_json::json!({ "population": population.name, "conditions": arguments.condition, "n": arguments.n, "seed": arguments.seed, "out": out, "values": summary });
        return terminal::print_json(&value);
    }
    let mut text = TextTable::new(&[
        ("value", Align::Left),
        ("unit", Align::Left),
        ("mean", Align::Right),
        ("sd", Align::Right),
        ("5 %", Align::Right),
        ("50 %", Align::Right),
        ("95 %", Align::Right),
    ]);
    for line in &summary {
        let numbers = [line.mean, line.sd, line.p05, line.p50, line.p95].map(short);
        text.row([line.name.clone(), line.unit.clone()].into_iter().chain(numbers));
    }
    let with: Vec<String> = packs.iter().map(|p| format!(", with {}", p.name)).collect();
    terminal::print(&format!("{} patients of {}{}, seed {}\n\n{text}", arguments.n, population.name, with.concat(), arguments.seed))
}

fn whole(population: &Population, arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if !arguments.condition.is_empty() {
        return Err(Failure::Usage("--condition changes the arm, not the circulation: not together with --whole".into()));
    }
    let wrong = |text: &str| Failure::Usage(format!("--age {text}: as in 20-40"));
    let age_y = match &arguments.age {
        None => (18.0, 111.0),
        Some(text) => {
            let (from, to) = text.split_once('-').ok_or_else(|| wrong(text))?;
            let ends: (f64, f64) = (from.trim().parse().map_err(|_| wrong(text))?, to.trim().parse().map_err(|_| wrong(text))?);
            if ends.0 >= 18.0 && ends.1 > ends.0 && ends.1 <= 111.0 { ends } else { return Err(wrong(text)) }
        }
    };
    let sex = arguments.sex.as_deref().map(|s| if s == "male" { Sex::Male } else { Sex::Female });
    let asked = twin_sample_whole::Asked { population, n: arguments.n, seed: arguments.seed, sex, age_y, json: arguments.json };
    let (table, all) = twin_sample_whole::draw(&asked, interrupt)?;
    if let Some(out) = &arguments.out {
        let _writing = interrupt.writing();
        proband_record::write_table(out, &table).map_err(|error| Failure::at(out, error))?;
    }
    twin_sample_whole::say(&asked, &all)
}

/// The conditions that are asked for; two that exclude each other are refused.
fn packs(names: &[String]) -> Result<Vec<Pack>, Failure> {
    let mut packs: Vec<Pack> = Vec::new();
    for name in names {
        let pack = if name.ends_with(".toml") {
            let source = SourceText::read(std::path::Path::new(name))?;
            Pack::from_toml(&source.text, name).map_err(Failure::of)?
        } else {
            built_in_pack(name).map_err(|error| Failure::Usage(format!("{error}; or a file whose name ends in .toml")))?
        };
        if let Some(other) =
            packs.iter().find(|o| o.name == pack.name || o.excludes.contains(&pack.name) || pack.excludes.contains(&o.name))
        {
            return Err(Failure::Usage(format!("\"{}\" and \"{}\" cannot be together", other.name, pack.name)));
        }
        packs.push(pack);
    }
    Ok(packs)
}

/// One patient; without conditions as [`Population::patient`] gives him.
fn patient(population: &Population, packs: &[&Pack], seed: u64, index: u32) -> Result<Patient, Failure> {
    let person = population.person(seed, index);
    let twin = twin_with(person, packs, &Stream::new(seed, index, "population.condition.person")).map_err(Failure::of)?;
    let truth = Truth::draw(&twin, &mut Stream::new(seed, index, "population.truth")).map_err(Failure::of)?;
    Ok(Patient { index, twin, truth })
}

/// Draw in pieces, so that the key is heard and the bar moves.
fn draw(population: &Population, packs: &[Pack], arguments: &Arguments, interrupt: &Interrupt) -> Result<Table, Failure> {
    let bar = progress::bar(u64::from(arguments.n), "sampling patients");
    let mut columns = Columns::default();
    let packs: Vec<&Pack> = packs.iter().collect();
    let mut first = 0;
    while first < arguments.n {
        let count = CHUNK.min(arguments.n - first);
        for index in first..first + count {
            columns.add(&patient(population, &packs, arguments.seed, index)?)?;
        }
        first += count;
        bar.set_position(u64::from(first));
        interrupt.check()?;
    }
    bar.finish_and_clear();
    columns.table()
}

/// Columns as they grow.
#[derive(Default)]
struct Columns {
    patient: Vec<i64>,
    sex: Vec<String>,
    person: [Vec<f64>; 4],
    conditions: [Vec<bool>; 7],
    units: Vec<(String, String)>,
    values: Vec<Vec<f64>>,
}

const PERSON: [(&str, &str); 4] = [("age_y", "y"), ("height_m", "m"), ("mass_kg", "kg"), ("bmi_kg_m2", "kg/m²")];
const CONDITIONS: [&str; 7] =
    ["diabetes", "chronic_kidney_disease", "anticoagulated", "steroids", "difficult_access_before", "dehydrated", "tremor"];

impl Columns {
    fn add(&mut self, patient: &Patient) -> Result<(), Failure> {
        let person = &patient.twin.person;
        self.patient.push(i64::from(patient.index));
        self.sex.push(match person.sex {
            Sex::Female => "female".into(),
            Sex::Male => "male".into(),
            Sex::Unknown => "unknown".into(),
        });
        let numbers = [person.age_y, person.height_m, person.mass_kg, person.bmi_kg_m2()];
        self.person.iter_mut().zip(numbers).for_each(|(column, value)| column.push(value));
        let c = &person.conditions;
        let truths =
            [c.diabetes, c.chronic_kidney_disease, c.anticoagulated, c.steroids, c.difficult_access_before, c.dehydrated, c.tremor];
        self.conditions.iter_mut().zip(truths).for_each(|(column, value)| column.push(value));
        if self.units.is_empty() {
            let unit =
                |name: &str| patient.twin.parameters.iter().find(|p| p.name == name).map_or_else(String::new, |p| p.value.unit.clone());
            self.units = patient.truth.values.iter().map(|(name, _)| (name.clone(), unit(name))).collect();
            self.values = vec![Vec::new(); self.units.len()];
        }
        if patient.truth.values.len() != self.units.len() {
            return Err(Failure::Message(format!("patient {} has other values than the first", patient.index)));
        }
        self.values.iter_mut().zip(&patient.truth.values).for_each(|(column, (_, value))| column.push(*value));
        Ok(())
    }

    fn table(self) -> Result<Table, Failure> {
        let mut table = Table::new("people");
        let source = "population sample";
        let mut push = |name: &str, unit: &str, column: Column| table.push(name, unit, "", source, column).map_err(Failure::of);
        push("patient", "1", Column::I64(self.patient))?;
        push("sex", "", Column::Text(self.sex))?;
        for ((name, unit), column) in PERSON.iter().zip(self.person) {
            push(name, unit, Column::F64(column))?;
        }
        for (name, column) in CONDITIONS.iter().zip(self.conditions) {
            push(name, "", Column::Bool(column))?;
        }
        for ((name, unit), column) in self.units.iter().zip(self.values) {
            push(name, unit, Column::F64(column))?;
        }
        Ok(table)
    }
}

/// Mean, spread and quantiles of every number; the fraction of every condition.
fn summary(table: &Table) -> Vec<Line> {
    let mut lines = Vec::new();
    for (field, column) in table.fields.iter().zip(&table.columns) {
        let values: Vec<f64> = match column {
            Column::F64(values) => values.clone(),
            Column::Bool(values) => values.iter().map(|value| f64::from(u8::from(*value))).collect(),
            _ => continue,
        };
        let unit = if field.unit.is_empty() { "1".to_owned() } else { field.unit.clone() };
        let moments = Moments::of(&values);
        let at = |p: f64| quantile(&values, p).unwrap_or(f64::NAN);
        lines.push(Line {
            name: field.name.clone(),
            unit,
            mean: moments.mean,
            sd: moments.sd(),
            p05: at(0.05),
            p50: at(0.5),
            p95: at(0.95),
        });
    }
    lines
}

/// Four significant digits.
fn short(value: f64) -> String {
    let magnitude = value.abs();
    if value != 0.0 && !(1e-3..1e5).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let digits = if magnitude >= 1000.0 {
        0
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 10.0 {
        2
    } else if magnitude >= 1.0 {
        3
    } else {
        4
    };
    number(Some(value), digits)
}
