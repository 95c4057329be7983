//! `proband bench`: speed and error together.

use proband_robot::builtin_arm;
use proband_run::{BenchReport, RehearsalSpec, bench_venipuncture};
use proband_twin::Twin;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband bench                        all benchmarks
  proband bench venipuncture           a whole blood draw: times real time, ticks per second, where the time goes
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

/// Names that are known.
const CASES: &[&str] = &["venipuncture"];

/// Run the benchmarks.
pub(crate) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(unknown) = arguments.cases.iter().find(|case| !CASES.contains(&case.as_str())) {
        return Err(Failure::Usage(format!("no benchmark \"{unknown}\"; known: {}", CASES.join(", "))));
    }
    let spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(Failure::of)?, 0);
    let bar = progress::spinner("a whole blood draw, twice");
    let clock = terminal::clock();
    let report = bench_venipuncture(&spec, &mut || clock()).map_err(Failure::of)?;
    bar.finish_and_clear();
    say(arguments, &report)
}

fn say(arguments: &Arguments, report: &BenchReport) -> Result<(), Failure> {
    let inside: f64 = report.stages.iter().map(|stage| stage.seconds).sum();
    if arguments.json {
        let stages: Vec<_> = report.stages.iter().map(|s| serde_json::json!({ "stage": s.stage.name(), "seconds": s.seconds })).collect();
        return terminal::print_json(&serde_json::json!([{
            "case": "venipuncture",
            "times_real_time": report.speed_factor(),
            "ticks_per_second": report.ticks_per_second(),
            "patient_s": report.patient_s,
            "wall_s": report.wall_s,
            "setup_s": report.setup_s,
            "closing_s": report.closing_s,
            "tick_count": report.tick_count,
            "first_stick_success": report.first_stick_success,
            "stages": stages,
        }]));
    }
    let mut table =
        TextTable::new(&[("where the time goes", Align::Left), ("[s]", Align::Right), ("[%]", Align::Right), ("[µs/tick]", Align::Right)]);
    for stage in &report.stages {
        let per_tick = 1e6 * stage.seconds / report.tick_count.max(1) as f64;
        table.row([
            stage.stage.name().to_owned(),
            format!("{:.3}", stage.seconds),
            format!("{:.1}", 100.0 * stage.seconds / inside),
            format!("{per_tick:.2}"),
        ]);
    }
    let outcome = if report.first_stick_success { "blood at the first stick" } else { "no blood at the first stick" };
    terminal::print(&format!(
        "venipuncture: {:.0} times real time, {:.0} ticks per second ({outcome})\n{:.1} s of the patient's time in {:.3} s: set-up {:.3} s, closing the record {:.3} s\n\n{table}",
        report.speed_factor(),
        report.ticks_per_second(),
        report.patient_s,
        report.wall_s,
        report.setup_s,
        report.closing_s
    ))
}
