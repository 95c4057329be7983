//! `proband chart info`: what a record of waveforms holds and how far it can be believed.

use std::path::PathBuf;

use proband_chart::{Trust, WaveChannel, WaveRecord};
use proband_core::Warnings;
use proband_signal::quantile;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::text_table::{Align, TextTable, number};
use crate::volume_file::say_warnings;
use crate::wave_file::{Findings, ReadArguments, findings, open};

const EXAMPLES: &str = "\
Examples:
  proband chart info 100.hea                        channels, units, gaps, beats, quality, doubts
  proband chart info icu.csv --rate 125 --json
  proband chart info icu.edf --unit ABP=kPa         where you know the unit better than the file

Reads WFDB (.hea), EDF, EDF+, BDF, and tables (.csv, .tsv, .txt) with the unit in the heading, as \"ABP [mmHg]\".
Quality, a sign for each minute: # usable, + more than half of it, - less, . not at all, blank: nothing there.";

/// Most gaps of a channel in the JSON.
const GAPS_MAX: usize = 100;
/// Shortest gap that is listed [s].
const GAP_S: f64 = 0.5;
/// Most signs of the line of quality; longer records put several minutes into one.
const SIGNS_MAX: u64 = 100;

/// Arguments of `proband chart info`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Record
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    read: ReadArguments,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Say what a record holds.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let warnings = Warnings::new();
    let record = open(&arguments.file, &arguments.read, &warnings)?;
    let mut found = Vec::with_capacity(record.channels.len());
    for channel in &record.channels {
        interrupt.check()?;
        found.push(findings(channel)?);
    }
    if arguments.json {
        return terminal::print_json(&json(&record, &found, &warnings));
    }
    say_warnings(&warnings);
    terminal::print(&text(&record, &found))
}

fn text(record: &WaveRecord, found: &[Findings]) -> String {
    let columns = [
        ("channel", Align::Left),
        ("kind", Align::Left),
        ("unit", Align::Left),
        ("rate [Hz]", Align::Right),
        ("there [s]", Align::Right),
        ("mean", Align::Right),
        ("1 %", Align::Right),
        ("99 %", Align::Right),
        ("beats", Align::Right),
        ("[1/min]", Align::Right),
        ("breaths", Align::Right),
        ("usable [%]", Align::Right),
        ("label", Align::Left),
    ];
    let mut table = TextTable::new(&columns);
    for (channel, found) in record.channels.iter().zip(found) {
        let count = |count: Option<usize>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        let [low, high] = ends(channel);
        table.row([
            channel.name.clone(),
            channel.kind.word().to_owned(),
            if channel.unit_written.is_empty() { "–".to_owned() } else { channel.unit_written.clone() },
            number(Some(channel.rate_hz), 3),
            number(Some(channel.sample_count() as f64 / channel.rate_hz), 1),
            number(Some(channel.written(channel.mean())), 3),
            number(Some(channel.written(low)), 3),
            number(Some(channel.written(high)), 3),
            count(found.beats),
            number(Some(found.rate_per_min()), 1),
            count(found.breaths),
            number(Some(100.0 * found.usable()), 0),
            word(&channel.trust).to_owned(),
        ]);
    }
    let minutes = (record.duration_s / 60.0).ceil() as u64;
    let per_sign = minutes.div_ceil(SIGNS_MAX).max(1);
    let mut out =
        format!("{:.3} s, {} annotations\n{table}\nquality, {per_sign} min a sign\n", record.duration_s, record.annotations.len());
    let width = record.channels.iter().map(|channel| channel.name.chars().count()).max().unwrap_or(0);
    for (channel, found) in record.channels.iter().zip(found) {
        let pad = " ".repeat(width - channel.name.chars().count());
        out.push_str(&format!("{}{pad} |{}|\n", channel.name, signs(found, minutes, per_sign)));
    }
    out
}

/// A sign for each `per_sign` minutes.
fn signs(found: &Findings, minutes: u64, per_sign: u64) -> String {
    let mut minute = found.minutes.iter().peekable();
    let mut line = String::new();
    for sign in 0..minutes.div_ceil(per_sign) {
        let (mut usable, mut windows) = (0, 0);
        while let Some(own) = minute.next_if(|m| m.minute < (sign + 1) * per_sign) {
            usable += own.usable;
            windows += own.windows;
        }
        line.push(match (usable, windows) {
            (_, 0) => ' ',
            (0, _) => '.',
            (usable, windows) if usable == windows => '#',
            (usable, windows) if usable * 2 > windows => '+',
            _ => '-',
        });
    }
    line
}

/// First and last hundredth of the values.
fn ends(channel: &WaveChannel) -> [f64; 2] {
    let all: Vec<f64> = channel.runs.iter().flat_map(|run| run.values.iter().copied()).collect();
    [quantile(&all, 0.01), quantile(&all, 0.99)]
}

fn word(trust: &Trust) -> &'static str {
    match trust {
        Trust::Plausible => "plausible",
        Trust::Doubtful { .. } => "DOUBTFUL",
        _ => "not checked",
    }
}

fn json(record: &WaveRecord, found: &[Findings], warnings: &Warnings) -> serde_json::Value {
    let channels: Vec<serde_json::Value> = record.channels.iter().zip(found).map(|(channel, found)| one(record, channel, found)).collect();
    serde_json::json!({
        "duration_s": record.duration_s,
        "annotations": record.annotations.len(),
        "channels": channels,
        "warnings": warnings.list(),
    })
}

fn one(record: &WaveRecord, channel: &WaveChannel, found: &Findings) -> serde_json::Value {
    let (why, likely) = match &channel.trust {
        Trust::Doubtful { why, likely } => (Some(why), likely.as_ref()),
        _ => (None, None),
    };
    let minutes = found.minutes.iter().map(|m| {
        serde_json::json!({
            "minute": m.minute, "windows": m.windows, "usable": m.usable, "heart_rate_per_min": m.rate_per_min, "reason": m.reason,
        })
    });
    let gaps = channel.gaps(record.read.from_s, record.read.to_s, GAP_S.max(1.5 / channel.rate_hz), GAPS_MAX);
    serde_json::json!({
        "name": channel.name,
        "kind": channel.kind.word(),
        "unit_in_file": channel.unit_written,
        "unit": channel.si_unit(),
        "rate_hz": channel.rate_hz,
        "samples": channel.sample_count(),
        "mean": channel.mean(),
        "label": word(&channel.trust),
        "doubt": why,
        "likely": likely,
        "gaps": gaps.iter().map(|gap| [gap.from_s, gap.to_s]).collect::<Vec<_>>(),
        "beats": found.beats,
        "breaths": found.breaths,
        "heart_rate_per_min": found.rate_per_min(),
        "usable": found.usable(),
        "minutes": minutes.collect::<Vec<_>>(),
    })
}
