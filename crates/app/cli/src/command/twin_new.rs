//! `proband twin new`: a twin from a patient's record.

use std::path::{Path, PathBuf};

use proband_anatomy::Side;
use proband_chart::{ChartRecord, Day, DrawRelevant, Found, ReadOptions, Sex, draw_relevant, read_bundle, read_ndjson};
use proband_core::{Table, Warning, Warnings};
use proband_twin::{Fact, Measurements, Twin, TwinError};

use super::twin_new_ct::{self, Anatomy};
use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::from_chart::{self, FromChart};
use crate::interrupt::Interrupt;
use crate::source_text::{SourceText, read_file};
use crate::text_table::{Align, TextTable};
use crate::{chart_tables, progress, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband twin new --fhir chart.json                            writes P-<hash>.twin beside you
  proband twin new --fhir chart.json -o p.twin --on-date 2020-02-29
  proband twin new --fhir export.ndjson -o p.twin --key key.bin
  proband twin new --ct series/ --fhir chart.json -o p.twin     with the chest of a CT

Reads FHIR R4: transaction, batch, collection and searchset bundles, a bare Patient, NDJSON exports of one patient.
Names, addresses, identifiers and dates stay behind; the twin carries a pseudonym and ages at the day of the draw.";

/// Bytes of a pseudonym key file.
const KEY_BYTES: usize = 32;

/// Arguments of `proband twin new`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The patient's record: FHIR R4 JSON, or NDJSON when the name ends in .ndjson
    #[arg(long, value_name = "BUNDLE.json", required_unless_present = "ct")]
    fhir: Option<PathBuf>,
    /// CT of the chest: a folder of DICOM files, NIfTI, NRRD or MetaImage; its anatomy goes into the twin
    #[arg(long, value_name = "SERIES")]
    ct: Option<PathBuf>,
    /// Twin folder [default: the pseudonym]
    #[arg(short, long, value_name = "P.twin")]
    out: Option<PathBuf>,
    /// Day of the draw [default: the last day in the record]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "fhir")]
    on_date: Option<String>,
    /// Arm to be used: left or right [default: right unless the record bars it]
    #[arg(long, value_name = "SIDE", value_parser = ["left", "right"], requires = "fhir")]
    arm: Option<String>,
    /// Age in years, in place of the record's
    #[arg(long, value_name = "YEARS", requires = "fhir")]
    age: Option<f64>,
    /// Height with unit, in place of the record's: "170 cm"
    #[arg(long, value_name = "LENGTH", requires = "fhir")]
    height: Option<String>,
    /// Body mass with unit, in place of the record's: "72 kg"
    #[arg(long, value_name = "MASS", requires = "fhir")]
    mass: Option<String>,
    /// File of 32 secret bytes: the same key gives the same patient the same pseudonym in every export
    #[arg(long, value_name = "FILE", requires = "fhir")]
    key: Option<PathBuf>,
    /// Replace the twin if it exists
    #[arg(long)]
    overwrite: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Build the twin.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let warnings = Warnings::new();
    let anatomy = arguments.ct.as_deref().map(|ct| twin_new_ct::anatomy(ct, &warnings, interrupt)).transpose()?;
    match (&arguments.fhir, anatomy) {
        (Some(fhir), anatomy) => from_record(arguments, fhir, anatomy.as_ref(), &warnings, interrupt),
        (None, Some(anatomy)) => from_ct(arguments, &anatomy, &warnings, interrupt),
        (None, None) => Err(Failure::Usage("give --fhir, --ct, or both".into())),
    }
}

/// The built-in adult with the chest of the CT: a CT alone says nothing about age, blood or veins.
fn from_ct(arguments: &Arguments, anatomy: &Anatomy, warnings: &Warnings, interrupt: &Interrupt) -> Result<(), Failure> {
    let out =
        arguments.out.clone().ok_or_else(|| Failure::Usage("a twin from a CT alone has no pseudonym: name its folder with -o".into()))?;
    let mut twin = Twin::built_in();
    twin.note("imported", &anatomy.note).map_err(Failure::of)?;
    {
        let _writing = interrupt.writing();
        twin_folder::write(&out, &twin, &[], arguments.overwrite)?;
        twin_new_ct::write(&out, anatomy)?;
    }
    if arguments.json {
        return terminal::print_json(&serde_json::json!({ "twin": out, "anatomy": anatomy.note, "warnings": warnings.list() }));
    }
    crate::volume_file::say_warnings(warnings);
    terminal::print(&format!("the built-in adult with this chest: {}\n{}\n", anatomy.note, out.display()))
}

fn from_record(
    arguments: &Arguments,
    fhir: &Path,
    anatomy: Option<&Anatomy>,
    warnings: &Warnings,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let mut options = ReadOptions::usual();
    options.pseudonym_key = arguments.key.as_deref().map(read_key).transpose()?;
    let bar = progress::spinner("reading the record");
    let record = read_record(fhir, &options, warnings)?;
    let on = match &arguments.on_date {
        Some(text) => Day::parse(text).map_err(|error| wrong_date(text, &error))?,
        None => last_day(&record).ok_or_else(|| Failure::at(fhir, "holds no dated entry: give the day of the draw with --on-date"))?,
    };
    let mut relevant = draw_relevant(&record, on);
    give(&mut relevant, arguments)?;
    let arm = arguments.arm.as_deref().map(|arm| if arm == "left" { Side::Left } else { Side::Right });
    let mut made = twin_of_record(&record, &relevant, arm).map_err(|failure| named(fhir, failure))?;
    if let Some(anatomy) = anatomy {
        made.twin.note("imported", &anatomy.note).map_err(Failure::of)?;
    }
    bar.finish_and_clear();
    interrupt.check()?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.twin", record.pseudonym)));
    {
        let _writing = interrupt.writing();
        twin_folder::write(&out, &made.twin, &made.tables, arguments.overwrite)?;
        anatomy.map_or(Ok(()), |anatomy| twin_new_ct::write(&out, anatomy))?;
    }
    say(arguments, &out, &record, &relevant, &made.from, &warnings.list())
}

/// A twin made of a record, with the tables of its chart and what is to be said of it.
pub(crate) struct OfRecord {
    pub(crate) twin: Twin,
    pub(crate) tables: Vec<Table>,
    pub(crate) from: FromChart,
}

/// The twin of a record as it stood at the day of `relevant`.
fn twin_of_record(record: &ChartRecord, relevant: &DrawRelevant, arm: Option<Side>) -> Result<OfRecord, Failure> {
    let mut from = from_chart::person(&record.pseudonym, relevant, arm)?;
    let mut twin = measured_twin(relevant, &mut from).map_err(|error| Failure::Message(error.to_string()))?;
    let read: Vec<String> = record.counts.read.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    twin.note(
        "imported",
        &format!("FHIR {} of {} entries, digest {}; read {}", record.container, record.counts.entries, record.source, read.join(", ")),
    )
    .map_err(Failure::of)?;
    let tables = chart_tables::tables(record, relevant, &from.provenance)?;
    Ok(OfRecord { twin, tables, from })
}

/// The twin of a record as it stands at its end.
pub(crate) fn twin_of_last_day(record: &ChartRecord) -> Result<OfRecord, Failure> {
    let on = last_day(record).ok_or_else(|| Failure::Message("the record holds no dated entry".into()))?;
    twin_of_record(record, &draw_relevant(record, on), None)
}

/// The twin with what was measured. A value that the twin does not believe stays out and is said.
fn measured_twin(relevant: &DrawRelevant, from: &mut FromChart) -> Result<Twin, TwinError> {
    let fact = |found: &Option<Found<f64>>| {
        found.as_ref().filter(|found| found.comparator.is_none()).map(|found| Fact {
            value: found.value,
            days_before: found.when.as_ref().map(|when| f64::from(when.last.days_until(relevant.on))),
            source: format!("{}, {}", found.place, found.because),
        })
    };
    let mut measurements = Measurements {
        person: from.person.clone(),
        systolic_pa: fact(&relevant.systolic_pa),
        diastolic_pa: fact(&relevant.diastolic_pa),
        haemoglobin_kg_m3: fact(&relevant.haemoglobin_kg_m3),
    };
    loop {
        let error = match Twin::from_measurements(&measurements) {
            Ok((twin, _)) => return Ok(twin),
            Err(error) => error,
        };
        let TwinError::OutOfRange { field, .. } = &error else { return Err(error) };
        let slot = match field.as_str() {
            "vitals.systolic_pa" => &mut measurements.systolic_pa,
            "vitals.diastolic_pa" => &mut measurements.diastolic_pa,
            "blood.haemoglobin_kg_m3" => &mut measurements.haemoglobin_kg_m3,
            _ => return Err(error),
        };
        if slot.take().is_none() {
            return Err(error);
        }
        from.remarks.push(format!("{error}: not used, its prior is kept"));
    }
}

fn read_key(path: &Path) -> Result<[u8; KEY_BYTES], Failure> {
    let bytes = read_file(path, 1 << 16)?;
    <[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map_err(|_| Failure::at(path, format!("holds {} bytes, a key has {KEY_BYTES}", bytes.len())))
}

pub(super) fn read_record(path: &Path, options: &ReadOptions, warnings: &Warnings) -> Result<ChartRecord, Failure> {
    let bytes = read_file(path, options.size_bytes_max)?;
    let is_lines = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ndjson"));
    let outcome = if is_lines { read_ndjson(&bytes, options, warnings) } else { read_bundle(&bytes, options, warnings) };
    // Line and column only: the line itself may hold a name.
    outcome.map_err(|error| Failure::at(path, error))
}

fn wrong_date(text: &str, error: &proband_chart::ChartError) -> Failure {
    let source = SourceText { name: "--on-date".into(), text: text.to_owned() };
    source.wrong(0..text.len(), format!("--on-date: {error}"), "not a day", Some("YYYY-MM-DD".into()))
}

fn named(path: &Path, failure: Failure) -> Failure {
    match failure {
        Failure::Message(text) => Failure::at(path, text),
        other => other,
    }
}

/// The last day on which something was recorded while the patient lived.
fn last_day(record: &ChartRecord) -> Option<Day> {
    let measured = record.measurements.iter().map(|m| m.when.as_ref());
    let answered = record.answers.iter().map(|a| a.when.as_ref());
    let diagnosed = record.conditions.iter().map(|c| c.onset.as_ref());
    let done = record.procedures.iter().map(|p| p.when.as_ref());
    let taken = record.medications.iter().map(|m| m.when.as_ref());
    let last = measured.chain(answered).chain(diagnosed).chain(done).chain(taken).flatten().map(|when| when.last).max()?;
    Some(match &record.demographics.deceased {
        proband_chart::Deceased::On(death) => last.min(death.first),
        _ => last,
    })
}

/// Values of the command line go before those of the record.
fn give(relevant: &mut DrawRelevant, arguments: &Arguments) -> Result<(), Failure> {
    let given = |value: f64, unit: &str| {
        Some(Found { value, unit: unit.into(), when: None, comparator: None, place: "command line".into(), because: "given".into() })
    };
    let read = |option: &str, text: &str, kind: Kind| {
        amount::read(text, kind).map_err(|problem| {
            let source = SourceText { name: option.to_owned(), text: text.to_owned() };
            source.wrong(problem.at.unwrap_or(0..text.len()), format!("{option}: {}", problem.what), problem.label, Some(problem.help))
        })
    };
    if let Some(age_y) = arguments.age {
        relevant.age_y = given(age_y, "y");
    }
    if let Some(text) = &arguments.height {
        relevant.height_m = given(read("--height", text, Kind::Height)?, "m");
    }
    if let Some(text) = &arguments.mass {
        relevant.mass_kg = given(read("--mass", text, Kind::BodyMass)?, "kg");
    }
    Ok(())
}

/// Say what was made of what.
fn say(
    arguments: &Arguments,
    out: &Path,
    record: &ChartRecord,
    relevant: &DrawRelevant,
    from: &FromChart,
    warnings: &[Warning],
) -> Result<(), Failure> {
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "twin": out,
            "pseudonym": record.pseudonym,
            "on": relevant.on.to_string(),
            "person": from.person,
            "provenance": from.provenance,
            "remarks": from.remarks,
            "absent": relevant.absent,
            "counts": record.counts,
            "warnings": warnings,
        }));
    }
    let mut table = TextTable::new(&[("value", Align::Left), ("", Align::Right), ("days before", Align::Right), ("source", Align::Left)]);
    let sex = match relevant.sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Other | Sex::Unknown => "not recorded",
    };
    table.row(["sex", sex, "", &record.demographics.place]);
    for line in &from.provenance {
        let days = line.days_before.map_or_else(|| "–".into(), |days| days.to_string());
        table.row([line.field.clone(), line.value.clone(), days, line.source.clone()]);
    }
    let ignored: u32 = record.counts.ignored_resources.values().sum();
    let read: u32 = record.counts.read.values().sum();
    let mut text = format!(
        "{}: a draw on {} from the {} arm\n\n{table}\n{} entries, {read} resources read, {ignored} ignored, {} warnings\n",
        record.pseudonym,
        relevant.on,
        if from.person.side == Side::Left { "left" } else { "right" },
        record.counts.entries,
        warnings.len()
    );
    for remark in &from.remarks {
        text.push_str(&format!("note: {remark}\n"));
    }
    for warning in warnings {
        let times = if warning.count > 1 { format!(" ({} times)", warning.count) } else { String::new() };
        text.push_str(&format!("warning: {}: {}{times}\n", warning.place, warning.text));
    }
    text.push_str(&format!("\n{}\n", out.display()));
    terminal::print(&text)
}
