//! `proband faults`: the catalogue.

use proband_scene::{FaultFamily, FaultKind};
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal;
use crate::text_table::{Align, TextTable};

const EXAMPLES: &str = "\
Examples:
  proband faults                                                   every kind, with unit, range and usual size
  proband faults --family actuator
  proband faults --json
  proband rehearse venipuncture --fault force:bias=0.5N@insert     one of them during the insertion";

/// Arguments of `proband faults`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// One family alone: sensor, actuator, communication, geometry, perception, controller, instrument, power, human, patient
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// One kind as it is printed.
#[derive(Serialize)]
struct Entry {
    name: String,
    family: &'static str,
    target: &'static str,
    effect: &'static str,
    description: String,
    /// Empty where there is no size.
    unit: &'static str,
    /// Smallest and greatest magnitude, and the usual one; `null` where there is no size.
    range: Option<[f64; 2]>,
    usual: Option<f64>,
    /// `null`: until the end.
    duration_s: Option<f64>,
    severity: u8,
    occurrence: u8,
    detectability: u8,
    source: &'static str,
}

fn entry(kind: FaultKind) -> Entry {
    let (low, high) = kind.magnitude_range();
    let (risk, sized) = (kind.risk(), kind.has_size());
    Entry {
        name: kind.name(),
        family: kind.family().name(),
        target: kind.target().name(),
        effect: kind.effect().name(),
        description: kind.describe(),
        unit: if sized { kind.unit() } else { "" },
        range: sized.then_some([low, high]),
        usual: sized.then(|| kind.default_magnitude()),
        duration_s: Some(kind.default_duration_s()).filter(|s| s.is_finite()),
        severity: risk.severity,
        occurrence: risk.occurrence,
        detectability: risk.detectability,
        source: "prior: unverified",
    }
}

/// Print the catalogue.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let wanted = match &arguments.family {
        None => None,
        Some(name) => match FaultFamily::ALL.into_iter().find(|family| family.name() == name) {
            Some(family) => Some(family),
            None => {
                let known = FaultFamily::ALL.map(FaultFamily::name).join(", ");
                return Err(Failure::Usage(format!("\"{name}\" is no family; known: {known}")));
            }
        },
    };
    let kinds = FaultKind::ALL.iter().filter(|kind| wanted.is_none_or(|family| kind.family() == family));
    let entries: Vec<Entry> = kinds.map(|kind| entry(*kind)).collect();
    if arguments.json {
        return terminal::print_json(&serde_json::json!({ "count": entries.len(), "faults": entries }));
    }
    let mut table = TextTable::new(&[
        ("family", Align::Left),
        ("kind", Align::Left),
        ("usual", Align::Right),
        ("range", Align::Right),
        ("unit", Align::Left),
        ("lasts s", Align::Right),
        ("S O D", Align::Left),
        ("what", Align::Left),
    ]);
    for e in &entries {
        table.row([
            e.family.to_owned(),
            e.name.clone(),
            e.usual.map_or(String::new(), |v| v.to_string()),
            e.range.map_or(String::new(), |[low, high]| format!("{low} … {high}")),
            e.unit.to_owned(),
            e.duration_s.map_or("to the end".into(), |s| s.to_string()),
            format!("{} {} {}", e.severity, e.occurrence, e.detectability),
            e.description.clone(),
        ]);
    }
    let count = entries.len();
    let note = "S O D: severity, occurrence, detectability, 1 to 10; these and all sizes are priors: unverified.";
    terminal::print(&format!("{table}\n{count} kinds. {note}\n"))
}
