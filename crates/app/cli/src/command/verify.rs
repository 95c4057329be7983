//! `proband verify`: every claim of the program beside its source.

use proband_verify::{Progress, Selection};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband verify                       all claims
  proband verify --quick               without the slow ones
  proband verify --long replication    published studies done again: minutes of every core
  proband verify chart robot           claims whose names contain one of these words
  proband verify --json > claims.json  expected, obtained, tolerance and source of each value

Exit code 1 when a claim fails.";

/// Arguments of `proband verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Parts of claim names; none: all claims
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
    /// Leave out claims that take more than a few seconds
    #[arg(long)]
    quick: bool,
    /// Run long claims too: minutes each
    #[arg(long, conflicts_with = "quick")]
    long: bool,
    /// List the claims and run none
    #[arg(long, conflicts_with = "quick")]
    list: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Run the claims.
pub(crate) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    let filter: Vec<&str> = arguments.cases.iter().map(String::as_str).collect();
    if arguments.list {
        let names: Vec<&str> = proband_verify::claims()
            .map(|claim| claim.id)
            .filter(|id| filter.is_empty() || filter.iter().any(|f| id.contains(f)))
            .collect();
        return if arguments.json { terminal::print_json(&names) } else { terminal::print(&names.join("\n")) };
    }
    let bar = progress::bar(0, "");
    let clock = terminal::clock();
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    let selection = Selection { filter: &filter, include_slow: !arguments.quick, include_long: arguments.long, threads };
    let report = proband_verify::run(&selection, &clock, &mut |told| match told {
        Progress::Started { count, claim, .. } => {
            bar.set_length(u64::from(count));
            bar.set_message(claim.to_owned());
        }
        Progress::Finished { .. } => bar.inc(1),
    });
    bar.finish_and_clear();
    let report = report.map_err(Failure::of)?;
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&report.to_string())?;
    }
    if report.passed() { Ok(()) } else { Err(Failure::Bad) }
}
