//! `proband bench`: speed and error together. One file per benchmark.

mod bronchoscopy;
mod calibration;
mod light;
mod light_scaling;
mod mesh_stuffing;
mod nir;
mod peer;
mod pharmacokinetics;
mod physiology;
mod seeing;
mod sound;
mod stl;
mod stress;
mod tissue_beam;
mod tissue_cut;
mod tissue_kernels;
mod tissue_needle;
mod tissue_reduced;
mod tissue_tool_loop;
mod trial;
mod venipuncture;
mod volume;
mod waves;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::text_table::{Align, TextTable};

const EXAMPLES: &str = "\
Examples:
  proband bench                        all benchmarks
  proband bench venipuncture           a whole blood draw: times real time, ticks per second, where the time goes
  proband bench physiology             patients over real time, alone and in lanes, beside other engines
  proband bench trial                  what a trial's machinery costs beside its simulation
  proband bench venipuncture --json";

/// Arguments of `proband bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Names of benchmarks; none: all of them
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// A benchmark.
struct Case {
    /// What the user types.
    name: &'static str,
    /// What is measured, in a few words, for the list and the progress line.
    what: &'static str,
    /// Measure it.
    run: fn(&Interrupt) -> Result<Outcome, Failure>,
}

/// Every benchmark, in the order in which they are run.
const CASES: &[Case] = &[
    venipuncture::CASE,
    bronchoscopy::CASE,
    bronchoscopy::VIEW,
    physiology::CASE,
    calibration::CASE,
    pharmacokinetics::CASE,
    light::CASE,
    light_scaling::CASE,
    sound::CASE,
    nir::CASE,
    tissue_beam::CASE,
    tissue_reduced::CASE,
    tissue_cut::CASE,
    tissue_kernels::CASE,
    tissue_needle::CASE,
    tissue_tool_loop::CASE,
    mesh_stuffing::CASE,
    stl::CASE,
    stress::CASE,
    trial::CASE,
    volume::CASE,
    waves::CASE,
    seeing::CASE,
];

/// One measured speed beside the error that belongs to it.
struct Row {
    /// What was measured.
    what: String,
    /// Speed or cost.
    value: f64,
    /// Its unit.
    unit: &'static str,
    /// Peer or physical limit with its figure, and how many times better we are than it (below 1: worse).
    against: Option<(String, f64)>,
    /// Error at that speed, in words with unit.
    error: String,
}

/// What a benchmark found.
struct Outcome {
    /// Speeds and errors.
    rows: Vec<Row>,
    /// More to read: where the time goes, versions, conditions.
    note: String,
}

/// Time of one piece of work.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// Time of all cores of this process [s]; the wall's where the system does not tell.
    cpu_s: f64,
}

/// Time some work.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Times) {
    let clock = terminal::clock();
    let before = terminal::cpu_s();
    let out = work();
    let wall_s = clock();
    (out, Times { cpu_s: before.zip(terminal::cpu_s()).map_or(wall_s, |(before, after)| after - before) })
}

/// Run the benchmarks.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(unknown) = arguments.cases.iter().find(|asked| !CASES.iter().any(|case| case.name == **asked)) {
        let known: Vec<String> = CASES.iter().map(|case| format!("{} ({})", case.name, case.what)).collect();
        return Err(Failure::Usage(format!("no benchmark \"{unknown}\"; known: {}", known.join(", "))));
    }
    let asked = |case: &&Case| arguments.cases.is_empty() || arguments.cases.iter().any(|name| name == case.name);
    let mut found = Vec::new();
    for case in CASES.iter().filter(asked) {
        let bar = crate::progress::spinner(case.what);
        let outcome = (case.run)(interrupt)?;
        bar.finish_and_clear();
        if !arguments.json {
            terminal::print(&text(case, &outcome))?;
        }
        found.push((case, outcome));
    }
    if arguments.json { terminal::print_json(&found.iter().map(|(case, outcome)| json(case, outcome)).collect::<Vec<_>>()) } else { Ok(()) }
}

fn text(case: &Case, outcome: &Outcome) -> String {
    let mut table = TextTable::new(&[
        (case.name, Align::Left),
        ("value", Align::Right),
        ("unit", Align::Left),
        ("ratio", Align::Right),
        ("to", Align::Left),
        ("error", Align::Left),
    ]);
    for row in &outcome.rows {
        let (peer, ratio) = row.against.as_ref().map_or((String::new(), String::new()), |(peer, ratio)| (peer.clone(), figures(*ratio)));
        table.row([row.what.clone(), figures(row.value), row.unit.into(), ratio, peer, row.error.clone()]);
    }
    format!("{table}{}\n", outcome.note)
}

fn json(case: &Case, outcome: &Outcome) -> serde_json::Value {
    let rows = outcome.rows.iter().map(|row| {
        let against = row.against.as_ref().map(|(peer, ratio)| serde_json::json!({ "peer": peer, "ratio": ratio }));
        serde_json::json!({ "what": row.what, "value": row.value, "unit": row.unit, "against": against, "error": row.error })
    });
    let rows = rows.collect::<Vec<_>>();
    serde_json::json!({ "case": case.name, "what": case.what, "rows": rows, "note": outcome.note })
}

/// Three significant figures, plainly.
fn figures(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        _ if !value.is_finite() => return value.to_string(),
        _ if size == 0.0 || size >= 100.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 1e-3 => 5,
        _ => return format!("{value:.2e}"),
    };
    format!("{value:.digits$}")
}
