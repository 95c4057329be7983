//! `proband bias`: whom a robot's eyes see, over pigment, fat, depth and wavelength.

use std::path::PathBuf;

use proband_core::{Column, Table};
use proband_record::{RunFolder, RunManifest};
use proband_seeing::{BiasCell, BiasMap, BiasPair, BiasSpec, Means, NirDetector, bias};

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband bias venipuncture                           the grid with a report in out/bias-1
  proband bias venipuncture --patients 60 -o out/     narrower intervals
  proband bias venipuncture --lamp 2 --json           a lamp of 2 W/m² instead of 20
  proband bias venipuncture --detector network        with the trained network
  proband bias venipuncture --wavelength 850 --fat 8mm --patients 60   a part of the grid with more adults

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
    /// Melanosomes in the epidermis by volume; the others are compared with the first [default: 3%,13%,30%,43%]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    melanin: Vec<String>,
    /// Thicknesses of the fat between the veins [default: 3mm,8mm,15mm]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    fat: Vec<String>,
    /// Depths of the veins' front walls [default: 2.5mm,4mm,5.5mm,7.5mm]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    depth: Vec<String>,
    /// Wavelengths of lamp and camera [nm] [default: 760,850,940]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    wavelength: Vec<f64>,
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
    let standard = BiasSpec::standard();
    let or = |given: Vec<f64>, usual: Vec<f64>| if given.is_empty() { usual } else { given };
    let spec = BiasSpec {
        melanin_fractions: or(amounts("--melanin", &arguments.melanin, Kind::Fraction)?, standard.melanin_fractions),
        fats_m: or(amounts("--fat", &arguments.fat, Kind::CellSize)?, standard.fats_m),
        depths_m: or(amounts("--depth", &arguments.depth, Kind::CellSize)?, standard.depths_m),
        wavelengths_nm: or(arguments.wavelength.clone(), standard.wavelengths_nm),
        patients: arguments.patients,
        seed: arguments.seed,
        lamp_irradiance_w_m2: arguments.lamp,
        detector,
    };
    spec.check().map_err(Failure::of)?;
    let _writing = interrupt.writing();
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("out/bias-{}", spec.seed)));
    let folder = RunFolder::create(&out, arguments.overwrite).map_err(Failure::of)?;
    let bar = progress::bar(u64::from(spec.patients), "patients in all cells");
    let map = bias(&spec, &mut |done, _| {
        bar.set_position(u64::from(done));
        interrupt.check().is_ok()
    })
    .map_err(Failure::of)?;
    bar.finish_and_clear();
    let finished = map.finished;
    let digest = folder.write_table(&table(&map.cells)?).map_err(Failure::of)?.to_string();
    folder.write_table(&pairs_table(&map.pairs)?).map_err(Failure::of)?;
    let detector = if spec.detector == NirDetector::Network { "network" } else { "filter" };
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        // What was finished, so that typing it again gives the same table.
        command: format!(
            "proband bias venipuncture --patients {finished} --seed {} --detector {detector} --lamp {}{}",
            spec.seed,
            spec.lamp_irradiance_w_m2,
            lists(arguments)
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
    say(arguments, &map, &digest, &out)
}

/// Amounts of a list into SI.
fn amounts(name: &str, texts: &[String], kind: Kind) -> Result<Vec<f64>, Failure> {
    let one = |text: &String| {
        amount::read(text, kind).map_err(|problem| {
            let source = SourceText { name: name.to_owned(), text: text.clone() };
            source.wrong(problem.at.unwrap_or(0..text.len()), format!("{name}: {}", problem.what), problem.label, Some(problem.help))
        })
    };
    texts.iter().map(one).collect()
}

/// The lists that were given, as they were typed.
fn lists(arguments: &Arguments) -> String {
    let wavelengths: Vec<String> = arguments.wavelength.iter().map(f64::to_string).collect();
    let given = [("melanin", &arguments.melanin), ("fat", &arguments.fat), ("depth", &arguments.depth), ("wavelength", &wavelengths)];
    // Without blanks, so that it can be typed again.
    given.iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| format!(" --{name} {}", list.join(",").replace(' ', ""))).collect()
}

fn means(means: Means) -> &'static str {
    match means {
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
    push("means", "", Column::Text(cells.iter().map(|c| means(c.means).to_owned()).collect()))?;
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

fn pairs_table(pairs: &[BiasPair]) -> Result<Table, Failure> {
    let mut table = Table::new("bias_pairs");
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "proband bias venipuncture", column).map_err(Failure::of);
    let numbers = |get: &dyn Fn(&BiasPair) -> f64| Column::F64(pairs.iter().map(get).collect());
    let counts = |get: &dyn Fn(&BiasPair) -> u32| Column::I64(pairs.iter().map(|p| i64::from(get(p))).collect());
    push("melanin_fraction", "1", numbers(&|p| p.melanin_fraction))?;
    push("depth_m", "m", numbers(&|p| p.depth_m))?;
    push("wavelength_m", "m", numbers(&|p| 1e-9 * p.wavelength_nm))?;
    push("means", "", Column::Text(pairs.iter().map(|p| means(p.means).to_owned()).collect()))?;
    push("count", "1", counts(&|p| p.count))?;
    push("less", "1", counts(&|p| p.less))?;
    push("more", "1", counts(&|p| p.more))?;
    for (name, of) in
        [("found", (|p| p.found) as fn(&BiasPair) -> proband_math::stats::Estimate), ("success", |p| p.success), ("clarity", |p| p.clarity)]
    {
        push(&format!("{name}_difference"), "1", numbers(&|p| of(p).value))?;
        push(&format!("{name}_low"), "1", numbers(&|p| of(p).low))?;
        push(&format!("{name}_high"), "1", numbers(&|p| of(p).high))?;
    }
    Ok(table)
}

/// Paired differences as text.
fn pairs_text(pairs: &[BiasPair]) -> TextTable {
    let mut text = TextTable::new(&[
        ("darker less lightest, seen with", Align::Left),
        ("nm", Align::Right),
        ("depth [mm]", Align::Right),
        ("pigment [%]", Align::Right),
        ("found less : more", Align::Right),
        ("success [points], 95 %", Align::Right),
        ("contrast over noise, of the lightest", Align::Right),
    ]);
    for pair in pairs {
        let (s, c) = (pair.success, pair.clarity);
        text.row([
            means(pair.means).replace('_', " "),
            format!("{:.0}", pair.wavelength_nm),
            format!("{:.1}", 1e3 * pair.depth_m),
            format!("{:.0}", 100.0 * pair.melanin_fraction),
            format!("{} : {} of {}", pair.less, pair.more, pair.count),
            format!("{:.1} ({:.1} to {:.1})", 100.0 * s.value, 100.0 * s.low, 100.0 * s.high),
            if c.value.is_finite() { format!("{:.3} ({:.3} to {:.3})", c.value, c.low, c.high) } else { String::new() },
        ]);
    }
    text
}

fn say(arguments: &Arguments, map: &BiasMap, digest: &str, out: &std::path::Path) -> Result<(), Failure> {
    let (cells, finished) = (&map.cells, map.finished);
    if arguments.json {
        let finite = |v: f64| v.is_finite().then_some(v);
        let estimate = |e: proband_math::stats::Estimate| [e.value, e.low, e.high].map(finite);
        let pairs: Vec<_> = map
            .pairs
            .iter()
            .map(|p| {
                serde_json::json!({
                    "melanin_fraction": p.melanin_fraction, "depth_m": p.depth_m, "wavelength_nm": p.wavelength_nm,
                    "means": means(p.means), "count": p.count, "less": p.less, "more": p.more, "found_difference": estimate(p.found),
                    "success_difference": estimate(p.success), "clarity_ratio": estimate(p.clarity),
                })
            })
            .collect();
        let rows: Vec<_> = cells
            .iter()
            .map(|c| {
                serde_json::json!({
                    "melanin_fraction": c.melanin_fraction, "fat_m": c.fat_m, "depth_m": c.depth_m, "wavelength_nm": c.wavelength_nm,
                    "means": means(c.means), "count": c.count, "found": c.found,
                    "rate_interval": [finite(c.rate.low), finite(c.rate.high)], "success": finite(c.success),
                    "success_interval": [finite(c.success_interval.low), finite(c.success_interval.high)],
                })
            })
            .collect();
        let all = serde_json::json!({ "patients": finished, "seed": arguments.seed, "digest": digest, "out": out, "cells": rows, "pairs": pairs });
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
        (means(c.means), whole(c.wavelength_nm), whole(c.depth_m * 1e3), whole(c.melanin_fraction))
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
    terminal::print(&format!(
        "{text}\n{}\n{finished} patients in each cell, digest {digest}\n{}\n",
        pairs_text(&map.pairs),
        out.join("report.html").display()
    ))
}
