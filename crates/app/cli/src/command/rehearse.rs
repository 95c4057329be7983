//! `proband rehearse venipuncture`: a blood draw, or many, from a twin.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::{Flags, Scenario};

const EXAMPLES: &str = "\
Examples:
  proband rehearse venipuncture                                   the built-in patient, seed 0
  proband rehearse venipuncture --twin p.twin --seed 7 -o out/
  proband rehearse venipuncture --motion startle@insert           the arm is pulled away during the insertion
  proband rehearse venipuncture --robot my.urdf --tip flange
  proband rehearse venipuncture --tourniquet '60 mmHg' --volume '4 mL' --pigment 'ITA -30'
  proband rehearse venipuncture --scenario scenarios/startle.toml
  proband rehearse venipuncture --n 500                           500 sampled adults beside the published figures";

/// Arguments of `proband rehearse venipuncture`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenario file (TOML); flags go before what it says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Twin folder; none: the built-in patient
    #[arg(long, value_name = "P.twin", conflicts_with = "n")]
    twin: Option<PathBuf>,
    /// Seed of all random streams
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of the patient in the study
    #[arg(long, value_name = "N")]
    patient: Option<u32>,
    /// Arm to be used: left or right
    #[arg(long, value_name = "SIDE")]
    arm: Option<String>,
    /// Skin pigment: melanosome fraction ("5 %") or individual typology angle in degrees ("ITA 28")
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pigment: Option<String>,
    /// What disturbs, and when: startle@insert, startle@insert+0.5 (seconds), occlude@42; may be repeated
    #[arg(long, value_name = "WHAT@WHEN")]
    motion: Vec<String>,
    /// Robot arm of your own
    #[arg(long, value_name = "FILE.urdf", requires = "tip")]
    robot: Option<PathBuf>,
    /// Link of that robot which carries the needle driver
    #[arg(long, value_name = "LINK", requires = "robot")]
    tip: Option<String>,
    /// Pressure of the tourniquet, for example "60 mmHg"
    #[arg(long, value_name = "PRESSURE")]
    tourniquet: Option<String>,
    /// Blood to draw, for example "4 mL"
    #[arg(long, value_name = "VOLUME")]
    volume: Option<String>,
    /// Rehearse on so many sampled patients
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    n: Option<u32>,
    /// Population of the sampled patients: a built-in name or a TOML file
    #[arg(long, value_name = "NAME|FILE.toml", requires = "n")]
    population: Option<String>,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Output folder [default: out/venipuncture-SEED-PATIENT]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn flags(&self) -> Flags {
        Flags {
            twin: self.twin.clone(),
            seed: self.seed,
            patient: self.patient,
            arm: self.arm.clone(),
            pigment: self.pigment.clone(),
            motion: self.motion.clone(),
            urdf: self.robot.clone(),
            tip: self.tip.clone(),
            tourniquet: self.tourniquet.clone(),
            volume: self.volume.clone(),
            cohort: self.n,
            population: self.population.clone(),
        }
    }

    /// Where the run goes.
    fn folder(&self, scenario: &Scenario) -> PathBuf {
        self.out.clone().unwrap_or_else(|| match scenario.cohort {
            Some(count) => PathBuf::from(format!("out/venipuncture-{}-cohort-{count}", scenario.seed)),
            None => PathBuf::from(format!("out/venipuncture-{}-{}", scenario.seed, scenario.patient)),
        })
    }
}

/// Rehearse.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let scenario = Scenario::resolve(arguments.scenario.as_deref(), &arguments.flags())?;
    let folder = arguments.folder(&scenario);
    let _writing = interrupt.writing();
    // The folder is tried before minutes of work, not after.
    let run_folder = proband_record::RunFolder::create(&folder, arguments.overwrite).map_err(Failure::of)?;
    interrupt.check()?;
    drop(run_folder);
    let _ = (arguments.threads, arguments.json);
    Err(Failure::Message("this build cannot rehearse yet: the scene is not connected to the program".into()))
}
