//! `proband bias`: whom a robot's eyes see, over pigment, fat, depth and wavelength.

use std::path::PathBuf;

use proband_core::{Column, Table};
use proband_record::{RunFolder, RunManifest};
use proband_seeing::{BiasCell, BiasSpec, Means, NirDetector, bias};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband bias venipuncture                           the grid with a report in out/bias-1
  proband bias venipuncture --patients 60 -o out/     narrower intervals
  proband bias venipuncture --lamp 2 --json           a lamp of 2 W/m² instead of 20
  proband bias venipuncture --detector network        with the trained network

Ctrl-C keeps the patients that are finished.";

/// What is looked into.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bias {
    /// Veins of the elbow, near-infrared alone and with ultrasound
    Venipuncture(Arguments),
}

/// Which detector reads the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Detector {
    /// Oriented filters, as in the controller
    Filter,
    /// The trained network
    Network,
}

/// Arguments of `proband bias venipuncture`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder for report and table [default: out/bias-SEED]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Patients in each cell
    #[arg(long, value_name = "N", default_value_t = 20)]
    patients: u32,
    /// Seed of the patients and of all noise
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
    /// Detector that reads the near-infrared pictures
    #[arg(long, value_enum, default_value_t = Detector::Filter)]
    detector: Detector,
    /// Irradiance of the lamps at 0.3 m [W/m²]
    #[arg(long, value_name = "W/M2", default_value_t = 20.0)]
    lamp: f64,
    /// Replace the folder if it holds an older run
    #[arg(long)]
    overwrite: bool,
    /// Print the cells as JSON
    #[arg(long)]
    json: bool,
}

/// Look.
pub(crate) fn run(what: &Bias, interrupt: &Interrupt) -> Result<(), Failure> {
    let Bias::Venipuncture(arguments) = what;
    let detector = match arguments.detector {
        Detector::Filter => NirDetector::Filter,
        Detector::Network => NirDetector::Network,
    };
    let spec = BiasSpec {
        patients: arguments.patients,
        seed: arguments.seed,
        lamp_irradiance_w_m2: arguments.lamp,
        detector,
        ..BiasSpec::standard()
    };
    let _writing = interrupt.writing();
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("out/bias-{}", spec.seed)));
    let folder = RunFolder::create(&out, arguments.overwrite).map_err(Failure::of)?;
    let bar = progress::bar(u64::from(spec.patients), "patients in all cells");
    let (cells, finished) = bias(&spec, &mut |done, _| {
        bar.set_position(u64::from(done));
        interrupt.check().is_ok()
    })
    .map_err(Failure::of)?;
    bar.finish_and_clear();
    let table = table(&cells)?;
    let digest = folder.write_table(&table).map_err(Failure::of)?.to_string();
    let detector = if spec.detector == NirDetector::Network { "network" } else { "filter" };
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        // What was finished, so that typing it again gives the same table.
        command: format!(
            "proband bias venipuncture --patients {finished} --seed {} --detector {detector} --lamp {}",
            spec.seed, spec.lamp_irradiance_w_m2
        ),
        procedure: "bias".into(),
        scenario: "venipuncture".into(),
        seed: spec.seed,
        patient: 0,
        twin: "population-adult".into(),
        digest: digest.clone(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    let out = folder.finish().map_err(Failure::of)?;
    if finished < spec.patients {
        eprintln!("stopped: {finished} of {} patients are in the table", spec.patients);
    }
    say(arguments, &cells, finished, &digest, &out)
}

fn means(cell: &BiasCell) -> &'static str {
    match cell.means {
        Means::Nir => "nir",
        Means::NirAndUltrasound => "nir_and_ultrasound",
    }
}

fn table(cells: &[BiasCell]) -> Result<Table, Failure> {
    let mut table = Table::new("bias");
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "proband bias venipuncture", column).map_err(Failure::of);
    let numbers = |get: &dyn Fn(&BiasCell) -> f64| Column::F64(cells.iter().map(get).collect());
    push("melanin_fraction", "1", numbers(&|c| c.melanin_fraction))?;
    push("fat_m", "m", numbers(&|c| c.fat_m))?;
    push("depth_m", "m", numbers(&|c| c.depth_m))?;
    push("wavelength_m", "m", numbers(&|c| 1e-9 * c.wavelength_nm))?;
    push("means", "", Column::Text(cells.iter().map(|c| means(c).to_owned()).collect()))?;
    push("count", "1", Column::I64(cells.iter().map(|c| i64::from(c.count)).collect()))?;
    push("found", "1", Column::I64(cells.iter().map(|c| i64::from(c.found)).collect()))?;
    push("rate", "1", numbers(&|c| f64::from(c.found) / f64::from(c.count)))?;
    push("rate_low", "1", numbers(&|c| c.rate.low))?;
    push("rate_high", "1", numbers(&|c| c.rate.high))?;
    push("success", "1", numbers(&|c| c.success))?;
    push("success_low", "1", numbers(&|c| c.success_interval.low))?;
    push("success_high", "1", numbers(&|c| c.success_interval.high))?;
    Ok(table)
}

fn say(arguments: &Arguments, cells: &[BiasCell], finished: u32, digest: &str, out: &std::path::Path) -> Result<(), Failure> {
    if arguments.json {
        let finite = |v: f64| v.is_finite().then_some(v);
        let rows: Vec<_> = cells
            .iter()
            .map(|c| {
                serde_json::json!({
                    "melanin_fraction": c.melanin_fraction, "fat_m": c.fat_m, "depth_m": c.depth_m, "wavelength_nm": c.wavelength_nm,
                    "means": means(c), "count": c.count, "found": c.found,
                    "rate_interval": [finite(c.rate.low), finite(c.rate.high)], "success": finite(c.success),
                    "success_interval": [finite(c.success_interval.low), finite(c.success_interval.high)],
                })
            })
            .collect();
        let all = serde_json::json!({ "patients": finished, "seed": arguments.seed, "digest": digest, "out": out, "cells": rows });
        return terminal::print_json(&all);
    }
    let mut text = TextTable::new(&[
        ("seen with", Align::Left),
        ("nm", Align::Right),
        ("depth [mm]", Align::Right),
        ("pigment [%]", Align::Right),
        ("found", Align::Right),
        ("of", Align::Right),
        ("success [%]", Align::Right),
    ]);
    // All thicknesses of fat together: the whole grid is in the report.
    let mut keys: Vec<(&str, u64, u64, u64)> = Vec::new();
    let key = |c: &BiasCell| {
        let whole = |v: f64| (v * 1e6).round() as u64;
        (means(c), whole(c.wavelength_nm), whole(c.depth_m * 1e3), whole(c.melanin_fraction))
    };
    for cell in cells {
        if !keys.contains(&key(cell)) {
            keys.push(key(cell));
        }
    }
    keys.sort_unstable();
    for wanted in keys {
        let part: Vec<&BiasCell> = cells.iter().filter(|c| key(c) == wanted && c.count > 0).collect();
        let (found, count) = (part.iter().map(|c| c.found).sum::<u32>(), part.iter().map(|c| c.count).sum::<u32>());
        let success = part.iter().map(|c| c.success * f64::from(c.count)).sum::<f64>() / f64::from(count.max(1));
        let milli = |v: u64| v as f64 * 1e-6;
        text.row([
            wanted.0.replace('_', " "),
            format!("{:.0}", milli(wanted.1)),
            format!("{:.1}", milli(wanted.2)),
            format!("{:.0}", 100.0 * milli(wanted.3)),
            found.to_string(),
            count.to_string(),
            format!("{:.0}", 100.0 * success),
        ]);
    }
    terminal::print(&format!("{text}\n{finished} patients in each cell, digest {digest}\n{}\n", out.join("report.html").display()))
}
