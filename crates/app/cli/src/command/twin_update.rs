//! `proband twin update`: a twin learns from a record; a new version lands in its history.

use std::path::{Path, PathBuf};

use proband_chart::ReadOptions;
use proband_core::{Digest, Stream, Warnings};
use proband_physiology::whole::{Resting, RestingProbe};
use proband_twin::{Calibration, Reading, RunningDose, Twin, WholeBelief, calibrate};

use crate::chart_readings::{chart_doses, chart_readings};
use crate::failure::Failure;
use crate::held_back::HeldBack;
use crate::interrupt::Interrupt;
use crate::source_text::read_file;
use crate::text_table::{Align, TextTable};
use crate::wave_file::{ReadArguments, open};
use crate::wave_readings::{WaveReadings, wave_readings};
use crate::{progress, running_drugs, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband twin update --twin p.twin --from record.hea          arterial pressure, ECG, respiration of a monitor
  proband twin update --twin p.twin --from icu.csv --rate 125 --begin 60 --end 360
  proband twin update --twin p.twin --from chart.json          vital signs, echo values and drugs of a record (FHIR)
  proband twin update --twin p.twin --from record.hea --drug 'noradrenaline 0.1 ug/kg/min for 2 h'
  proband twin update --twin p.twin --from record.hea --hold-back 0.33      how well the last third is predicted
  proband twin update --twin p.twin --from record.hea --dry-run --json

Reads WFDB (.hea, .dat), EDF, BDF, tables and FHIR (.json, .ndjson). The record is taken to show the patient at rest,
under the drugs that run into him (--drug, or infusions with a rate in the chart): what is learnt is he without them.";

/// Largest file of which a digest is taken [bytes].
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Arguments of `proband twin update`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Twin folder
    #[arg(long, value_name = "P.twin")]
    twin: PathBuf,
    /// What he shows: a record of waveforms or a chart
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Begin of the part that is used [s]
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    begin: f64,
    /// End of the part that is used [s]; none: the end of the record
    #[arg(long, value_name = "SECONDS")]
    end: Option<f64>,
    /// Samples per second of a table without a column of times [Hz]
    #[arg(long, value_name = "HZ")]
    rate: Option<f64>,
    /// Unit that stands for the file's, as ABP=kPa; may be repeated
    #[arg(long, value_name = "CHANNEL=UNIT")]
    unit: Vec<String>,
    /// What ran into him meanwhile, as "noradrenaline 0.1 ug/kg/min for 2 h"; may be repeated
    #[arg(long, value_name = "DOSE")]
    drug: Vec<String>,
    /// Part of the record at its end that is kept back and predicted, 0.1 to 0.6 (waveforms only)
    #[arg(long, value_name = "PART")]
    hold_back: Option<f64>,
    /// Days since the last calibration: what was learnt fades
    #[arg(long, value_name = "DAYS", default_value_t = 0.0)]
    days: f64,
    /// Start of the random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Show what would be learnt and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Learn.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if !(0.0..=36_525.0).contains(&arguments.days) {
        return Err(Failure::Usage(format!("--days {}: 0 to 36525", arguments.days)));
    }
    if let Some(part) = arguments.hold_back.filter(|part| !(0.1..=0.6).contains(part)) {
        return Err(Failure::Usage(format!("--hold-back {part}: 0.1 to 0.6")));
    }
    let mut twin = twin_folder::read(&arguments.twin)?;
    let mass_kg = twin.person.mass_kg;
    let mut doses = arguments.drug.iter().map(|text| running_drugs::parse(text, mass_kg)).collect::<Result<Vec<_>, _>>()?;
    let bar = progress::spinner("reading the record");
    let mut found = read(arguments, mass_kg)?;
    if found.of.readings.is_empty() {
        let why = found.of.remarks.join("; ");
        return Err(Failure::Message(format!("{}: nothing to learn from: {why}", arguments.from.display())));
    }
    // What is typed stands for what the chart says.
    found.doses.retain(|dose| !doses.iter().any(|typed| typed.name == dose.name));
    doses.append(&mut found.doses);
    found.of.remarks.extend(doses.iter().map(|dose| running_drugs::words(dose, mass_kg)));
    interrupt.check()?;
    bar.set_message("calibrating");
    let probe = running_drugs::probe(Some(&twin), &doses)?;
    let before = twin.whole_belief().after_days(arguments.days);
    let outcome = learn(arguments, &probe, &before, &found.of.readings)?;
    let back = match &found.back {
        Some((part, later)) => Some(HeldBack::new(&learn(arguments, &probe, &before, &part.readings)?, part, later)),
        None => None,
    };
    bar.finish_and_clear();
    interrupt.check()?;
    found.of.remarks.extend(outcome.warnings.iter().cloned());
    if !arguments.dry_run {
        let _writing = interrupt.writing();
        keep(&mut twin, &arguments.twin, &outcome, &found.digest, &found.of.remarks)?;
    }
    say(arguments, &twin, &outcome, &found, back.as_ref())
}

fn learn(arguments: &Arguments, probe: &RestingProbe, before: &WholeBelief, readings: &[Reading]) -> Result<Calibration, Failure> {
    let mut stream = Stream::new(arguments.seed, 0, "twin.update");
    calibrate(probe, before, readings, &mut stream).map_err(|e| Failure::at(&arguments.from, e))
}

/// Write the new version: belief, and in the history from what and what changed.
pub(crate) fn keep(twin: &mut Twin, folder: &Path, outcome: &Calibration, digest: &Digest, remarks: &[String]) -> Result<(), Failure> {
    twin.physiology = Some(outcome.after.clone());
    let note = |twin: &mut Twin, event: &str, text: &str| twin.note(event, &plain(text)).map_err(Failure::of);
    note(twin, "calibrated", &format!("from a file of digest {digest}; {}", outcome.summary()))?;
    for remark in remarks.iter().take(20) {
        note(twin, "remark", remark)?;
    }
    twin.update(folder).map_err(|error| Failure::at(folder, error))
}

/// Printable, at most 1900 bytes.
pub(crate) fn plain(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut end = text.len().min(1900);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// What stands in the file.
struct Found {
    of: WaveReadings,
    /// The record without its end, and its end.
    back: Option<(WaveReadings, WaveReadings)>,
    doses: Vec<RunningDose>,
    digest: Digest,
}

fn read(arguments: &Arguments, mass_kg: f64) -> Result<Found, Failure> {
    // The header of a WFDB record stands for it.
    let mut path = arguments.from.clone();
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("dat")) && path.with_extension("hea").is_file() {
        path.set_extension("hea");
    }
    let bytes = read_file(&arguments.from, FILE_BYTES_MAX)?;
    let digest = Digest::of_bytes(&bytes);
    let is = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    let warnings = Warnings::new();
    let (mut doses, mut back) = (Vec::new(), None);
    let mut of = if is("json") || is("ndjson") {
        if arguments.hold_back.is_some() {
            return Err(Failure::Usage("--hold-back needs a record of waveforms, a chart has no end that could be kept back".into()));
        }
        let record = super::twin_new::read_record(&path, &ReadOptions::usual(), &warnings)?;
        doses = chart_doses(&record, mass_kg);
        chart_readings(&record)
    } else {
        drop(bytes);
        let part = |begin: f64, end: Option<f64>| ReadArguments::of(begin, end, arguments.rate, arguments.unit.clone());
        let record = open(&path, &part(arguments.begin, arguments.end), &warnings)?;
        if let Some(share) = arguments.hold_back {
            let split_s = record.read.to_s - share * (record.read.to_s - record.read.from_s);
            let quiet = Warnings::new();
            let first = wave_readings(&open(&path, &part(arguments.begin, Some(split_s)), &quiet)?)?;
            let last = wave_readings(&open(&path, &part(split_s, arguments.end), &quiet)?)?;
            if first.readings.is_empty() || last.readings.is_empty() {
                return Err(Failure::at(&path, format!("--hold-back {share}: nothing can be read before or after {split_s:.0} s")));
            }
            back = Some((first, last));
        }
        wave_readings(&record)?
    };
    for warning in warnings.list().into_iter().take(20) {
        of.remarks.push(format!("{}: {}", warning.place, warning.text));
    }
    Ok(Found { of, back, doses, digest })
}

fn say(arguments: &Arguments, twin: &Twin, outcome: &Calibration, found: &Found, back: Option<&HeldBack>) -> Result<(), Failure> {
    let remarks = &found.of.remarks;
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "twin": arguments.twin, "from_digest": found.digest.to_string(), "written": !arguments.dry_run,
            "version": twin.history.len(), "calibration": outcome, "tied": outcome.tied(), "remarks": remarks,
            "held_back": back,
        }));
    }
    let mut readings = TextTable::new(&[
        ("read", Align::Left),
        ("value", Align::Right),
        ("± sd", Align::Right),
        ("before", Align::Right),
        ("now", Align::Right),
        ("90 %", Align::Left),
        ("off by [sd]", Align::Right),
    ]);
    for r in &outcome.readings {
        readings.row([
            r.reading.name.clone(),
            format!("{:.2}", r.reading.value),
            format!("{:.2}", r.reading.sd),
            format!("{:.2}", r.before),
            format!("{:.2}", r.shown.median),
            format!("{:.2} to {:.2}", r.shown.low_90, r.shown.high_90),
            format!("{:+.1}", r.residual),
        ]);
    }
    let mut factors = TextTable::new(&[
        ("factor", Align::Left),
        ("median", Align::Right),
        ("90 %", Align::Left),
        ("learnt [%]", Align::Right),
        ("", Align::Left),
    ]);
    for f in &outcome.factors {
        factors.row([
            f.name.to_owned(),
            format!("{:.3}", f.factor.median),
            format!("{:.3} to {:.3}", f.factor.low_90, f.factor.high_90),
            format!("{:.0}", 100.0 * f.shrinkage.max(0.0)),
            f.verdict.to_owned(),
        ]);
    }
    let mut text = format!("{readings}\n{factors}\nnot read, but predicted (90 %):\n");
    for (name, shown) in Resting::NAMES.iter().zip(outcome.shown) {
        if !outcome.readings.iter().any(|r| r.reading.name == *name) {
            text.push_str(&format!("  {name} {:.2} ({:.2} to {:.2})\n", shown.median, shown.low_90, shown.high_90));
        }
    }
    if let Some(back) = back {
        text.push_str(&back.text());
    }
    for (a, b, r) in outcome.tied() {
        text.push_str(&format!("not told apart: {a} and {b} (correlation {r:+.2})\n"));
    }
    for remark in remarks {
        text.push_str(&format!("note: {remark}\n"));
    }
    let done = if arguments.dry_run { "nothing written" } else { "version written" };
    text.push_str(&format!("\n{done}: {} ({} entries in its history)\n", arguments.twin.display(), twin.history.len()));
    terminal::print(&text)
}
