//! `proband train`: detectors from nothing but the twin.

use std::path::PathBuf;

use proband_net::{FILE_BYTES_MAX, NetworkFile};
use proband_seeing::{NirTraining, SeeingError, judge_nir, train_nir, ultrasound_cases};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::read_file;
use crate::{progress, terminal};

const NIR_EXAMPLES: &str = "\
Examples:
  proband train nir-detector -o nir_network.bin                     the network that is in the program, again
  proband train nir-detector -o mine.bin --seed 2 --patients 1000   another one

Patients are drawn, photographed and learnt from; others set the thresholds, others again judge. The file says what made it.";

const ULTRASOUND_EXAMPLES: &str = "\
Examples:
  proband train ultrasound-confidence                  the calibration that is in the program, again
  proband train ultrasound-confidence --patients 300";

/// What is trained.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Train {
    /// A small network that finds veins in near-infrared pictures
    NirDetector(NirArguments),
    /// From scores of the ultrasound detectors to how often they are right
    UltrasoundConfidence(UltrasoundArguments),
}

/// Arguments of `proband train nir-detector`.
#[derive(Debug, clap::Args)]
#[command(after_help = NIR_EXAMPLES)]
pub(crate) struct NirArguments {
    /// File for the weights
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Seed of patients, pictures and first weights
    #[arg(long, value_name = "N", default_value_t = NirTraining::standard().seed)]
    seed: u64,
    /// Patients to learn from
    #[arg(long, value_name = "N", default_value_t = NirTraining::standard().patients)]
    patients: u32,
    /// Patients to set thresholds by
    #[arg(long, value_name = "N", default_value_t = NirTraining::standard().validation)]
    validation: u32,
    /// Patients to be judged by
    #[arg(long, value_name = "N", default_value_t = NirTraining::standard().test)]
    test: u32,
    /// Rounds over the pictures
    #[arg(long, value_name = "N", default_value_t = NirTraining::standard().epochs)]
    epochs: u32,
    /// Weights that are to be calibrated and judged anew instead of trained
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `proband train ultrasound-confidence`.
#[derive(Debug, clap::Args)]
#[command(after_help = ULTRASOUND_EXAMPLES)]
pub(crate) struct UltrasoundArguments {
    /// Patients to learn from
    #[arg(long, value_name = "N", default_value_t = 600)]
    patients: u32,
    /// Seed
    #[arg(long, value_name = "N", default_value_t = 2024)]
    seed: u64,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Train.
pub(crate) fn run(what: &Train, interrupt: &Interrupt) -> Result<(), Failure> {
    match what {
        Train::NirDetector(arguments) => nir(arguments, interrupt),
        Train::UltrasoundConfidence(arguments) => ultrasound(arguments),
    }
}

fn nir(arguments: &NirArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let spec = NirTraining {
        seed: arguments.seed,
        patients: arguments.patients,
        validation: arguments.validation,
        test: arguments.test,
        epochs: arguments.epochs,
        ..NirTraining::standard()
    };
    let command = format!(
        "proband train nir-detector --seed {} --patients {} --validation {} --test {} --epochs {}",
        spec.seed, spec.patients, spec.validation, spec.test, spec.epochs
    );
    let _writing = interrupt.writing();
    let bar = progress::bar(u64::from(spec.patients), "pictures");
    let mut told = |what: &str, done: u32, all: u32, _: Option<&proband_net::Epoch>| {
        bar.set_message(what.to_owned());
        bar.set_length(u64::from(all));
        bar.set_position(u64::from(done));
        interrupt.check().is_ok()
    };
    let version = env!("CARGO_PKG_VERSION");
    let round = match &arguments.judge {
        None => train_nir(&spec, &command, version, &mut told),
        Some(path) => {
            let bytes = read_file(path, FILE_BYTES_MAX as u64)?;
            let file = NetworkFile::from_bytes(&bytes).map_err(|error| Failure::at(path, error))?;
            judge_nir(&spec, file, &command, version, &mut told)
        }
    };
    bar.finish_and_clear();
    let round = round.map_err(|error| if matches!(error, SeeingError::Stopped) { Failure::Interrupted } else { Failure::of(error) })?;
    proband_record::write_bytes(&arguments.out, &round.file.to_bytes()).map_err(|error| Failure::at(&arguments.out, error))?;
    let curve: Vec<String> = round.curve.iter().map(|e| format!("  {:>3}  {:.4}  {:.4}", e.epoch + 1, e.train_loss, e.held_loss)).collect();
    if arguments.json {
        let losses: Vec<_> = round.curve.iter().map(|e| serde_json::json!({ "learnt": e.train_loss, "held": e.held_loss })).collect();
        return terminal::print_json(&serde_json::json!({
            "out": arguments.out, "data": round.data_digest, "weights": round.file.weights_digest(), "loss": losses,
            "threshold": round.threshold, "dice": round.dice[0], "dice_filter": round.dice[1],
            "calibration_error_places": round.calibration_error[0], "calibration_error_lines": round.calibration_error[1],
        }));
    }
    terminal::print(&format!(
        "round  learnt  held back [nat]\n{}\n\npictures blake3 {}\nweights  blake3 {}\nDice on patients held out: network {:.3}, filter detector {:.3}\ncalibration error: places {:.3}, lines {:.3}\n{}\n",
        curve.join("\n"),
        round.data_digest,
        round.file.weights_digest(),
        round.dice[0],
        round.dice[1],
        round.calibration_error[0],
        round.calibration_error[1],
        arguments.out.display()
    ))
}

fn ultrasound(arguments: &UltrasoundArguments) -> Result<(), Failure> {
    let bar = progress::spinner("looking at patients");
    let cases = ultrasound_cases(arguments.seed, 0, arguments.patients).map_err(Failure::of)?;
    bar.finish_and_clear();
    let names = ["lumen", "artery", "needle"];
    let counts = [&cases.lumen, &cases.artery, &cases.needle].map(|c| (c.len(), c.iter().filter(|c| c.1).count()));
    let fits = cases.fit().map(|fit| fit.map_or_else(String::new, |f| f.to_text()));
    if arguments.json {
        let rows: Vec<_> = (0..3)
            .map(|i| serde_json::json!({ "detector": names[i], "cases": counts[i].0, "right": counts[i].1, "knots": fits[i] }))
            .collect();
        return terminal::print_json(&rows);
    }
    let rows: Vec<String> =
        (0..3).map(|i| format!("{:<7} {:>5} of {:>5} right   {}", names[i], counts[i].1, counts[i].0, fits[i])).collect();
    terminal::print(&format!("score:frequency\n{}\n", rows.join("\n")))
}
