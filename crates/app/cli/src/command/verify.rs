//! `proband verify`: every claim of the program beside its source.

use proband_verify::{Cell, NOT_MODELLED, PULSE, Progress, Scorecard, Selection};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband verify                       all claims
  proband verify --quick               without the slow ones
  proband verify --long replication    published studies done again: minutes of every core
  proband verify chart robot           claims whose names contain one of these words
  proband verify physiology --scorecard  the whole patient against Pulse's validation sheets
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
    /// Score the whole patient on the validation sheets of another engine, cell by cell, and run no claims
    #[arg(long, conflicts_with_all = ["quick", "long"])]
    scorecard: bool,
    /// List the claims and run none
    #[arg(long, conflicts_with_all = ["quick", "scorecard"])]
    list: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Run the claims.
pub(crate) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    if arguments.scorecard {
        return scorecard(arguments);
    }
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

/// The scorecard of the whole patient; a number, not a verdict.
fn scorecard(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(other) = arguments.cases.iter().find(|case| !"physiology whole".contains(case.as_str())) {
        return Err(Failure::Usage(format!("--scorecard knows physiology alone, not {other}")));
    }
    let card = Scorecard::compute().map_err(Failure::Message)?;
    if !arguments.json {
        return terminal::print(&card.to_string());
    }
    let grade = |cell: &Cell| ["good", "decent", "bad"][cell.grade as usize];
    let cells: Vec<serde_json::Value> = card
        .cells
        .iter()
        .map(|cell| {
            serde_json::json!({
                "sheet": cell.sheet, "segment": cell.segment, "quantity": cell.quantity, "wanted": cell.wanted,
                "rest": cell.rest, "obtained": cell.obtained, "grade": grade(cell),
            })
        })
        .collect();
    let [good, decent, bad] = card.counts(|_| true);
    let totals = |[good, decent, bad]: [usize; 3]| serde_json::json!({ "good": good, "decent": decent, "bad": bad });
    let absent: Vec<serde_json::Value> =
        NOT_MODELLED.iter().map(|(sheet, cells, why)| serde_json::json!({ "sheet": sheet, "cells": cells, "why": why })).collect();
    terminal::print_json(&serde_json::json!({
        "totals": totals([good, decent, bad]), "pulse": totals(PULSE), "cells": cells, "not_modelled": absent,
    }))
}
