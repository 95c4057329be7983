//! `proband twin show`: what a twin knows and does not know.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::text_table::{Align, TextTable};
use crate::{terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband twin show p.twin              person, parameters with spread and source, history
  proband twin show p.twin --json       the same for a program";

/// Arguments of `proband twin show`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Twin folder
    #[arg(value_name = "P.twin")]
    twin: PathBuf,
    /// Print the twin as JSON
    #[arg(long)]
    json: bool,
}

/// Show.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let twin = twin_folder::read(&arguments.twin)?;
    if arguments.json {
        return terminal::print_json(&twin);
    }
    let person = &twin.person;
    let mut who = TextTable::new(&[("person", Align::Left), ("value", Align::Right), ("unit", Align::Left)]);
    who.row(["pseudonym", &person.pseudonym, ""]);
    who.row(["age".into(), format!("{:.1}", person.age_y), "years".into()]);
    who.row(["sex".into(), format!("{:?}", person.sex).to_lowercase(), String::new()]);
    who.row(["height".into(), format!("{:.3}", person.height_m), "m".into()]);
    who.row(["mass".into(), format!("{:.1}", person.mass_kg), "kg".into()]);
    who.row(["body-mass index".into(), format!("{:.1}", person.bmi_kg_m2()), "kg/m²".into()]);
    who.row(["arm".into(), format!("{:?}", person.side).to_lowercase(), String::new()]);
    let c = &person.conditions;
    let flags = [
        ("diabetes", c.diabetes),
        ("chronic kidney disease", c.chronic_kidney_disease),
        ("anticoagulant or bleeding disorder", c.anticoagulated),
        ("systemic steroids", c.steroids),
        ("difficult access before", c.difficult_access_before),
        ("short of water", c.dehydrated),
        ("tremor", c.tremor),
    ];
    for (name, is_so) in flags {
        who.row([name, if is_so { "yes" } else { "no" }, ""]);
    }
    let barred: Vec<String> = c.forbidden_arms.iter().map(|side| format!("{side:?}").to_lowercase()).collect();
    who.row(["arms that must not be used".into(), if barred.is_empty() { "none".into() } else { barred.join(", ") }, String::new()]);
    let mut parameters = TextTable::new(&[
        ("parameter", Align::Left),
        ("mean", Align::Right),
        ("sd", Align::Right),
        ("unit", Align::Left),
        ("status", Align::Left),
        ("source", Align::Left),
    ]);
    for parameter in &twin.parameters {
        let value = &parameter.value;
        let status = format!("{:?}", value.status).to_lowercase();
        let (mean, sd) = (format!("{:.4e}", value.distribution.mean()), format!("{:.2e}", value.distribution.sd()));
        parameters.row([parameter.name.clone(), mean, sd, value.unit.clone(), status, shortened(&value.source)]);
    }
    let mut history = TextTable::new(&[("#", Align::Right), ("event", Align::Left), ("what", Align::Left)]);
    for entry in &twin.history {
        history.row([entry.index.to_string(), entry.event.clone(), entry.text.clone()]);
    }
    terminal::print(&format!("{who}\n{parameters}\n{history}"))
}

/// Sources are long; the whole of them stands in the JSON.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 70;
    if text.chars().count() <= CHARS_MAX { text.to_owned() } else { text.chars().take(CHARS_MAX - 1).chain(['…']).collect() }
}
