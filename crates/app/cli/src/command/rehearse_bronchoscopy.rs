//! `proband rehearse bronchoscopy`: a robot on its way to a nodule in a made chest, or in many.

use std::path::{Path, PathBuf};

use proband_anatomy::made::{ChestVariant, Lobe};
use proband_bronchoscopy::RehearsalSpec;
use proband_record::{RunFolder, RunManifest};
use proband_robot::scope::ScopeSpec;
use proband_run::RunError;
use proband_run::bronchoscopy::{
    BronchoscopyCohort, BronchoscopyRun, Rate, bronchoscopy_cohort, bronchoscopy_cohort_table, bronchoscopy_rates, rates_table,
};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband rehearse bronchoscopy                                   a made chest, seed 3
  proband rehearse bronchoscopy --seed 7 --target lll --diameter 16 -o out/
  proband rehearse bronchoscopy --scope monarch --no-images       electromagnetic sensing, no pictures on the way
  proband rehearse bronchoscopy --variant stenosis=0.7            a narrowed bronchus on the way
  proband rehearse bronchoscopy --n 200                           200 made patients beside published figures";

/// Ticks between two looks at the interrupt key: ten seconds of the patient's time.
const TICKS_PER_LOOK: u32 = 500;

/// Arguments of `proband rehearse bronchoscopy`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Seed of all random streams
    #[arg(long, value_name = "N", default_value_t = 3)]
    seed: u64,
    /// Number of the patient in the study
    #[arg(long, value_name = "N", default_value_t = 0)]
    patient: u32,
    /// Lobe of the nodule: rul, rml, rll, lul, lll [default: drawn]
    #[arg(long, value_name = "LOBE")]
    target: Option<String>,
    /// Diameter of the nodule in millimetres [default: drawn, median 19.3]
    #[arg(long, value_name = "MM")]
    diameter: Option<f64>,
    /// Whether an airway leads into the nodule: yes or no [default: drawn, 30 %]
    #[arg(long, value_name = "YES|NO")]
    bronchus_sign: Option<String>,
    /// The robot: ion, monarch or galaxy (their sizes; not their software)
    #[arg(long, value_name = "NAME", default_value = "ion")]
    scope: String,
    /// What is unusual: usual, situs-inversus, stenosis=SHARE, malacia=SHARE
    #[arg(long, value_name = "WHAT", default_value = "usual")]
    variant: String,
    /// No three-dimensional pictures during the procedure
    #[arg(long)]
    no_images: bool,
    /// Let the pilot live on drawn views of 64 × 64 pixels instead of a model of a reader of pictures
    #[arg(long)]
    drawn_views: bool,
    /// Samples wanted
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    samples: u32,
    /// Rehearse on so many made patients
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    n: Option<u32>,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Output folder [default: out/bronchoscopy-SEED-PATIENT]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// What the arguments ask for.
fn spec_of(arguments: &Arguments) -> Result<RehearsalSpec, Failure> {
    let usage = Failure::Usage;
    let scope = ScopeSpec::named(&arguments.scope)
        .ok_or_else(|| usage(format!("--scope {}: known are ion, monarch and galaxy", arguments.scope)))?;
    let mut spec = RehearsalSpec::usual(arguments.seed, arguments.patient, scope);
    spec.images = !arguments.no_images;
    spec.sample_count = arguments.samples;
    spec.room.sensors.picture = if arguments.drawn_views { 64 } else { 0 };
    let nodule = &mut spec.chest.nodule;
    if let Some(name) = &arguments.target {
        let known = Lobe::ALL.into_iter().find(|l| l.short() == name.to_lowercase());
        nodule.lobe = Some(known.ok_or_else(|| usage(format!("--target {name}: known are rul, rml, rll, lul and lll")))?);
    }
    if let Some(mm) = arguments.diameter {
        if !(4.0..=60.0).contains(&mm) {
            return Err(usage(format!("--diameter {mm}: a nodule is 4 to 60 mm wide")));
        }
        nodule.diameter_m = Some(mm * 1e-3);
    }
    nodule.bronchus_sign = match arguments.bronchus_sign.as_deref() {
        None => None,
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(other) => return Err(usage(format!("--bronchus-sign {other}: yes or no"))),
    };
    spec.chest.variant = variant(&arguments.variant).ok_or_else(|| {
        usage(format!("--variant {}: usual, situs-inversus, stenosis=SHARE or malacia=SHARE with a share of 0 to 0.9", arguments.variant))
    })?;
    Ok(spec)
}

fn variant(text: &str) -> Option<ChestVariant> {
    let (name, share) = text.split_once('=').map_or((text, None), |(name, share)| (name, Some(share)));
    let share = match share {
        None => None,
        Some(share) => Some(share.parse::<f64>().ok().filter(|s| (0.0..=0.9).contains(s))?),
    };
    match (name, share) {
        ("usual", None) => Some(ChestVariant::Usual),
        ("situs-inversus", None) => Some(ChestVariant::SitusInversus),
        ("stenosis", share) => Some(ChestVariant::Stenosis(share.unwrap_or(0.6))),
        ("malacia", share) => Some(ChestVariant::Malacia(share.unwrap_or(0.5))),
        _ => None,
    }
}

/// Rehearse.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let spec = spec_of(arguments)?;
    if let Some(threads) = arguments.threads {
        // Fails only when a pool is there already.
        rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().map_err(Failure::of)?;
    }
    let out = arguments.out.clone().unwrap_or_else(|| match arguments.n {
        Some(count) => PathBuf::from(format!("out/bronchoscopy-{}-cohort-{count}", arguments.seed)),
        None => PathBuf::from(format!("out/bronchoscopy-{}-{}", arguments.seed, arguments.patient)),
    });
    let _writing = interrupt.writing();
    let folder = RunFolder::create(&out, arguments.overwrite).map_err(Failure::of)?;
    match arguments.n {
        Some(count) => many(arguments, &spec, count, folder, interrupt),
        None => one(arguments, &spec, folder, interrupt),
    }
}

fn one(arguments: &Arguments, spec: &RehearsalSpec, folder: RunFolder, interrupt: &Interrupt) -> Result<(), Failure> {
    let bar = progress::spinner("making the patient");
    let mut run = BronchoscopyRun::new(spec).map_err(Failure::of)?;
    while !run.advance(TICKS_PER_LOOK) {
        interrupt.check()?;
        bar.set_message(format!("{:6.1} s of the patient's time: {}", run.rehearsal().time_s(), run.rehearsal().phase().name()));
    }
    bar.set_message("writing records, views and report");
    let finished = run.finish().map_err(Failure::of)?;
    finished.write(&folder, &manifest(arguments, "made-chest", finished.digest.to_string())).map_err(Failure::of)?;
    let out = close(folder, interrupt)?;
    bar.finish_and_clear();
    let o = &finished.outcome;
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let mm = |v: f64| if v.is_finite() { format!("{:.1} mm", v * 1e3) } else { "–".into() };
    let pleura = if o.pleura_m > 0.0 { format!("{} from the pleura", mm(o.pleura_m)) } else { "reaches the pleura".into() };
    let lines = vec![
        ("nodule", format!("{} lobe, {} wide, {}", o.lobe.name(), mm(o.diameter_m), pleura)),
        ("bronchus sign", yes(o.bronchus_sign)),
        ("way in the plan", yes(o.planned)),
        ("hit predicted", format!("{:.2}", o.predicted_hit)),
        ("navigated", yes(o.navigated)),
        ("tool in lesion", yes(o.tool_in_lesion)),
        ("closest to the nodule's centre", mm(o.miss_m)),
        ("good samples", format!("{} of {}", o.good_samples, o.samples)),
        ("error of the believed tip", mm(o.tip_error_m)),
        ("CT against body at the nodule", mm(o.divergence_m)),
        ("pneumothorax", yes(o.pneumothorax)),
        ("bleeding", format!("{:?}", o.bleeding).to_lowercase()),
        ("largest force on the wall", format!("{:.2} N", o.wall_force_n)),
        ("time", format!("{:.0} s", o.time_s)),
    ];
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "seed": arguments.seed, "patient": arguments.patient, "digest": finished.digest.to_string(), "report": out.join("report.html"), "outcome": o,
        }));
    }
    let mut table = TextTable::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, value) in lines {
        table.row([name.to_owned(), value]);
    }
    terminal::print(&format!("{table}\ndigest {}\n{}\n", finished.digest, out.join("report.html").display()))
}

fn many(arguments: &Arguments, spec: &RehearsalSpec, count: u32, folder: RunFolder, interrupt: &Interrupt) -> Result<(), Failure> {
    let bar = progress::bar(u64::from(count), "rehearsing patients");
    let cohort = BronchoscopyCohort { spec: spec.clone(), count };
    let rows = bronchoscopy_cohort(&cohort, &|finished| bar.set_position(u64::from(finished)), interrupt.flag());
    let rows =
        rows.map_err(|error| if matches!(error, RunError::Interrupted { .. }) { Failure::Interrupted } else { Failure::of(error) })?;
    let rates = bronchoscopy_rates(&rows);
    let apart = rows.iter().filter(|r| r.outcome.is_err()).count();
    let table = bronchoscopy_cohort_table(&rows).map_err(Failure::of)?;
    let digest = folder.write_table(&table).map_err(Failure::of)?.to_string();
    folder.write_table(&rates_table(&rates).map_err(Failure::of)?).map_err(Failure::of)?;
    folder.write_manifest(&manifest(arguments, "made-chests", digest.clone())).map_err(Failure::of)?;
    let out = close(folder, interrupt)?;
    bar.finish_and_clear();
    if arguments.json {
        let rates: Vec<_> = rates
            .iter()
            .map(|r| serde_json::json!({"group": r.group, "endpoint": r.endpoint, "hits": r.hits, "count": r.count, "low": r.low, "high": r.high}))
            .collect();
        return terminal::print_json(
            &serde_json::json!({"digest": digest, "report": out.join("report.html"), "set_apart": apart, "rates": rates}),
        );
    }
    terminal::print(&format!(
        "{}\n{apart} patients set apart\ndigest {digest}\n{}\n",
        rates_text(&rates),
        out.join("report.html").display()
    ))
}

/// What is published for an endpoint among all.
fn published(rate: &Rate) -> &'static str {
    if rate.group != "planned" {
        return "";
    }
    match rate.endpoint {
        "navigated" => "89–99 % (Monarch, Ion: PMC10477625)",
        "tool in lesion" => "80 % in cadavers (PRECISION-1, PMC7534032)",
        "good sample" => "yield 69–86 % (PMC10477625); a good sample is no diagnosis",
        "pneumothorax" => "3.3 % (VERITAS 2025)",
        _ => "",
    }
}

fn rates_text(rates: &[Rate]) -> TextTable {
    let mut table = TextTable::new(&[
        ("among", Align::Left),
        ("endpoint", Align::Left),
        ("share %", Align::Right),
        ("95 %", Align::Left),
        ("of", Align::Right),
        ("published", Align::Left),
    ]);
    for rate in rates {
        let percent = |v: f64| if v.is_finite() { format!("{:.1}", 100.0 * v) } else { "–".into() };
        table.row([
            rate.group.clone(),
            rate.endpoint.to_owned(),
            percent(rate.share()),
            format!("{} to {}", percent(rate.low), percent(rate.high)),
            rate.count.to_string(),
            published(rate).to_owned(),
        ]);
    }
    table
}

/// Write the report beside the records and give the folder its name.
fn close(folder: RunFolder, interrupt: &Interrupt) -> Result<PathBuf, Failure> {
    let path: &Path = folder.path();
    proband_evidence::write_report(path).map_err(Failure::of)?;
    interrupt.check()?;
    folder.finish().map_err(Failure::of)
}

fn manifest(arguments: &Arguments, twin: &str, digest: String) -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: crate::terminal::typed(),
        procedure: "bronchoscopy".into(),
        scenario: format!("{} in a made chest", arguments.scope),
        seed: arguments.seed,
        patient: arguments.patient,
        twin: twin.to_owned(),
        digest,
        not_a_device: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read variants and refuse what is none.
    #[test]
    fn variants_are_read() {
        assert_eq!(variant("stenosis=0.7"), Some(ChestVariant::Stenosis(0.7)));
        assert_eq!(variant("situs-inversus"), Some(ChestVariant::SitusInversus));
        for bad in ["stenosis=1.5", "stenosis=nan", "usual=1", "", "other"] {
            assert_eq!(variant(bad), None, "{bad}");
        }
    }
}
