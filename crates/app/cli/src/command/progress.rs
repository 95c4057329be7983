//! `proband progress`: a disease over months and years.

use std::path::PathBuf;

use proband_core::{Column, Digest, Stream, Table};
use proband_physiology::disease::{
    BAND_QUANTILES, BodyReading, BodySpec, Condition, DAY_COUNT_MAX, Rates, Therapy, bands, course, reading_index,
};
use proband_record::{RunFolder, RunManifest, table_digest};
use proband_twin::{Person, Sex, Twin};
use rayon::prelude::*;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{course_svg, progress, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband progress --condition heart_failure --years 5
  proband progress --condition heart_failure --years 5 --therapy ace_inhibitor --therapy beta_blocker -o out/
  proband progress --condition pneumonia --days 14 --therapy antibiotic --twin p.twin --json

Bands are the 5th to 95th percentile of people who share the disease and differ in their rates.
Most rates are priors that nobody has verified: rates.parquet in the output says which.";

/// Arguments of `proband progress`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Disease: ageing, hypertension, heart_failure, aortic_stenosis, mitral_regurgitation, copd, pneumonia,
    /// chronic_kidney_disease, type_2_diabetes, sepsis, anaemia, tumour
    #[arg(long, value_name = "NAME", value_parser = condition)]
    condition: Condition,
    /// Treatment from the first day, may be repeated: ace_inhibitor, beta_blocker, diuretic, sglt2_inhibitor, metformin,
    /// insulin, smoking_cessation, bronchodilator, antibiotic, iron, erythropoietin, chemotherapy, valve_replacement,
    /// valve_repair
    #[arg(long, value_name = "NAME", value_parser = therapy)]
    therapy: Vec<Therapy>,
    /// How long, in years
    #[arg(long, value_name = "NUMBER", conflicts_with = "days", required_unless_present = "days")]
    years: Option<f64>,
    /// How long, in days
    #[arg(long, value_name = "NUMBER")]
    days: Option<u32>,
    /// How far the disease is on the first day: 0 early, 1 severe
    #[arg(long, value_name = "NUMBER", default_value_t = 0.4)]
    severity: f64,
    /// Whose age, sex and height; none: the built-in patient
    #[arg(long, value_name = "P.twin")]
    twin: Option<PathBuf>,
    /// How many courses are drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    n: u32,
    /// Seed of the rates
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Folder for the picture and the tables
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace the folder if it holds an older run
    #[arg(long)]
    overwrite: bool,
    /// Print the bands as JSON
    #[arg(long)]
    json: bool,
}

fn condition(text: &str) -> Result<Condition, String> {
    let known = || Condition::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    Condition::named(text).ok_or_else(|| format!("known: {}", known()))
}

fn therapy(text: &str) -> Result<Therapy, String> {
    let known = || Therapy::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    Therapy::named(text).ok_or_else(|| format!("known: {}", known()))
}

/// The bands of every reading.
struct Found {
    days: Vec<u32>,
    /// Shape [reading][day][quantile].
    bands: Vec<Vec<[f64; 5]>>,
    /// Months over all courses in which the solver of glucose kept its state.
    glucose_failures: u32,
}

/// Follow the disease.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let twin = arguments.twin.as_deref().map_or_else(|| Ok(Twin::built_in()), twin_folder::read)?;
    let days = days(arguments)?;
    let spec = spec(arguments, &twin.person);
    let folder = arguments.out.as_deref().map(|out| RunFolder::create(out, arguments.overwrite).map_err(Failure::of)).transpose()?;
    let bar = progress::bar(u64::from(arguments.n), arguments.condition.name());
    let courses: Vec<_> = (0..arguments.n)
        .into_par_iter()
        .map(|person| {
            interrupt.check()?;
            let one = course(&spec, &days, &mut Stream::new(arguments.seed, person, "disease")).map_err(Failure::of);
            bar.inc(1);
            one
        })
        .collect::<Result<_, _>>()?;
    bar.finish_and_clear();
    let glucose_failures = courses.iter().map(|(_, failures)| failures).sum();
    let rows: Vec<Vec<Vec<f64>>> = courses.into_iter().map(|(rows, _)| rows).collect();
    let found = Found { bands: (0..BodyReading::COLUMNS.len()).map(|i| bands(&rows, i)).collect(), days, glucose_failures };
    if let Some(folder) = folder {
        let _writing = interrupt.writing();
        write(arguments, &twin, folder, &found)?;
    }
    say(arguments, &found)
}

/// Days on which the body is read: daily for weeks, else about sixty times.
fn days(arguments: &Arguments) -> Result<Vec<u32>, Failure> {
    let last = match (arguments.years, arguments.days) {
        (Some(years), _) if years.is_finite() && years > 0.0 => (years * 365.25).round().min(f64::from(u32::MAX)) as u32,
        (Some(years), _) => return Err(Failure::Usage(format!("--years {years}: a positive number is needed"))),
        (None, days) => days.unwrap_or(0),
    };
    if last == 0 || last > DAY_COUNT_MAX {
        return Err(Failure::Usage(format!("{last} days: 1 to {DAY_COUNT_MAX} can be followed")));
    }
    let step = (last / 60).max(1);
    let mut days: Vec<u32> = (0..=last / step).map(|i| i * step).collect();
    if days.last() != Some(&last) {
        days.push(last);
    }
    Ok(days)
}

fn spec(arguments: &Arguments, person: &Person) -> BodySpec {
    BodySpec {
        age_y: person.age_y,
        male: person.sex != Sex::Female,
        height_m: person.height_m,
        condition: arguments.condition,
        severity: arguments.severity,
        therapies: arguments.therapy.clone(),
        rates: Rates::median(),
    }
}

/// What changes in each disease, for the screen and the picture.
fn shown(condition: Condition) -> &'static [&'static str] {
    match condition {
        Condition::Ageing => &["pressure_systolic_mmhg", "gfr_ml_min_173", "fev1_l", "ejection_fraction"],
        Condition::Hypertension => &["pressure_systolic_mmhg", "pressure_mean_mmhg", "ventricular_mass_ratio", "gfr_ml_min_173"],
        Condition::HeartFailure => &["ejection_fraction", "end_diastolic_ml", "forward_stroke_ml", "filling_ratio"],
        Condition::AorticStenosis => &["aortic_gradient_mmhg", "ventricular_mass_ratio", "ejection_fraction", "forward_stroke_ml"],
        Condition::MitralRegurgitation => &["mitral_regurgitant_ml", "end_diastolic_ml", "ejection_fraction", "forward_stroke_ml"],
        Condition::Copd => &["fev1_l"],
        Condition::Pneumonia => &["shunt_fraction"],
        Condition::ChronicKidneyDisease => &["gfr_ml_min_173", "pressure_mean_mmhg", "haemoglobin_g_l"],
        Condition::Type2Diabetes => &["hba1c_percent", "glucose_mg_dl", "gfr_ml_min_173"],
        Condition::Sepsis => &["inflammation", "pressure_mean_mmhg"],
        Condition::Anaemia => &["haemoglobin_g_l", "filling_ratio"],
        Condition::Tumour => &["tumour_g", "haemoglobin_g_l"],
    }
}

/// Names, units and bands of what is shown.
fn panels(condition: Condition, found: &Found) -> Vec<(&'static str, &'static str, &[[f64; 5]])> {
    let panel = |name: &&str| {
        let index = reading_index(name)?;
        let (_, unit, label) = BodyReading::COLUMNS[index];
        Some((label, unit, found.bands[index].as_slice()))
    };
    shown(condition).iter().filter_map(panel).collect()
}

fn courses_table(found: &Found) -> Result<Table, Failure> {
    let mut table = Table::new("courses");
    table.push("day", "d", "", "disease model", Column::I64(found.days.iter().map(|d| i64::from(*d)).collect())).map_err(Failure::of)?;
    for ((name, unit, _), band) in BodyReading::COLUMNS.iter().zip(&found.bands) {
        for (q, quantile) in BAND_QUANTILES.iter().enumerate() {
            let column = Column::F64(band.iter().map(|b| b[q]).collect());
            table.push(&format!("{name}_q{:02.0}", 100.0 * quantile), unit, "", "disease model", column).map_err(Failure::of)?;
        }
    }
    Ok(table)
}

fn rates_table() -> Result<Table, Failure> {
    let rates = Rates::table();
    let mut table = Table::new("rates");
    let texts = |get: &dyn Fn(&(&'static str, proband_core::Uncertain)) -> String| Column::Text(rates.iter().map(get).collect());
    let numbers = |get: &dyn Fn(&(&'static str, proband_core::Uncertain)) -> f64| Column::F64(rates.iter().map(get).collect());
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "disease model", column).map_err(Failure::of);
    push("rate", "", texts(&|r| r.0.to_owned()))?;
    push("mean", "1", numbers(&|r| r.1.distribution.mean()))?;
    push("sd", "1", numbers(&|r| r.1.distribution.sd()))?;
    push("unit", "", texts(&|r| r.1.unit.clone()))?;
    push("status", "", texts(&|r| format!("{:?}", r.1.status).to_lowercase()))?;
    push("source", "", texts(&|r| r.1.source.clone()))?;
    Ok(table)
}

fn write(arguments: &Arguments, twin: &Twin, folder: RunFolder, found: &Found) -> Result<(), Failure> {
    let table = courses_table(found)?;
    let digest: Digest = table_digest(&table).map_err(Failure::of)?;
    folder.write_table(&table).map_err(Failure::of)?;
    folder.write_table(&rates_table()?).map_err(Failure::of)?;
    let title = title(arguments);
    let svg = course_svg::draw(&title, &found.days, &panels(arguments.condition, found));
    folder.write_file("courses.svg", svg.as_bytes()).map_err(Failure::of)?;
    let therapies: String = arguments.therapy.iter().map(|t| format!(" --therapy {}", t.name())).collect();
    let last = found.days.last().copied().unwrap_or(0);
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: format!(
            "proband progress --condition {} --days {last} --severity {} --n {} --seed {}{therapies}",
            arguments.condition.name(),
            arguments.severity,
            arguments.n,
            arguments.seed
        ),
        procedure: "progress".into(),
        scenario: arguments.condition.name().into(),
        seed: arguments.seed,
        patient: 0,
        twin: twin.person.pseudonym.clone(),
        digest: digest.to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    folder.finish().map_err(Failure::of)?;
    Ok(())
}

fn title(arguments: &Arguments) -> String {
    let treated = arguments.therapy.iter().map(|t| t.name().replace('_', " ")).collect::<Vec<_>>().join(", ");
    let with = if treated.is_empty() { "untreated".to_owned() } else { format!("with {treated}") };
    format!("{}, {with}: {} courses, median and 5th to 95th percentile", arguments.condition.name().replace('_', " "), arguments.n)
}

fn say(arguments: &Arguments, found: &Found) -> Result<(), Failure> {
    if arguments.json {
        let readings: serde_json::Map<_, _> = BodyReading::COLUMNS
            .iter()
            .zip(&found.bands)
            .map(|((name, unit, _), band)| ((*name).to_owned(), serde_json::json!({ "unit": unit, "bands": band })))
            .collect();
        return terminal::print_json(&serde_json::json!({
            "condition": arguments.condition, "therapies": arguments.therapy, "days": found.days, "quantiles": BAND_QUANTILES,
            "readings": readings, "glucose_months_kept": found.glucose_failures,
        }));
    }
    let last = found.days.len() - 1;
    let mut table = TextTable::new(&[
        ("reading", Align::Left),
        ("unit", Align::Left),
        ("first day", Align::Right),
        ("half-way", Align::Right),
        ("last day", Align::Right),
        ("5th to 95th percentile", Align::Right),
    ]);
    for (label, unit, band) in panels(arguments.condition, found) {
        let [low, _, middle, _, high] = band[last];
        table.row([
            label.to_owned(),
            unit.to_owned(),
            format!("{:.2}", band[0][2]),
            format!("{:.2}", band[last / 2][2]),
            format!("{middle:.2}"),
            format!("{low:.2} to {high:.2}"),
        ]);
    }
    let kept = match found.glucose_failures {
        0 => String::new(),
        months => format!("\nwarning: in {months} months of all courses the solver of glucose did not come to an end; its state was kept"),
    };
    let written = arguments.out.as_deref().map_or(String::new(), |out| format!("\n{}", out.join("report.html").display()));
    terminal::print(&format!(
        "{}\n\n{table}\nRates of disease are mostly unverified priors. Research and engineering use; not a medical device.{kept}{written}",
        title(arguments)
    ))
}
