//! `proband studio`: a live scene in the browser.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use proband_server::{Access, Origin, Patient, StudioConfig};

use crate::command::rehearse::spec_of;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::{Flags, Scenario};
use crate::studio_patients::{Maker, of_trial};
use crate::{robot_file, terminal};

const EXAMPLES: &str = "\
Examples:
  proband studio                                the built-in patient, seed 9, in your browser
  proband studio --twin p.twin --seed 7
  proband studio --port 8080 --no-open          print the address instead of opening it
  proband studio --scenario scenarios/startle.toml
  proband studio --trial out/trial-robot_or_hand   the robot's draws of a trial, those that failed first
  proband studio --listen 0.0.0.0 --token A-LONG-SECRET-WORD --without-tls
                                                for others on a network that you trust; nothing is encrypted

The studio works offline and listens on this machine alone unless told otherwise. Every take is kept under the
output folder; `proband rehearse venipuncture --replay out/studio-9-0/take-1.session.toml` repeats it to the same bits.";

/// Arguments of `proband studio`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenario file (TOML); flags go before what it says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Twin folder; none: the built-in patient
    #[arg(long, value_name = "P.twin")]
    twin: Option<PathBuf>,
    /// Seed of all random streams
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of the patient in the study
    #[arg(long, value_name = "N")]
    patient: Option<u32>,
    /// Port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 7878)]
    port: u16,
    /// Print the address and do not open a browser
    #[arg(long)]
    no_open: bool,
    /// Address to listen on; others than this machine's need --token and --without-tls
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Word of at least 16 characters that every request must carry
    #[arg(long, value_name = "WORD")]
    token: Option<String>,
    /// Be reachable from elsewhere although nothing is encrypted
    #[arg(long)]
    without_tls: bool,
    /// Folder of a trial: its robot's draws can be opened, those that failed first
    #[arg(long, value_name = "FOLDER")]
    trial: Option<PathBuf>,
    /// Folder for takes, reports and twins [default: out/studio-SEED-PATIENT]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Serve until Ctrl-C.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(token) = &arguments.token
        && (token.len() < 16 || !token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
    {
        return Err(Failure::Usage("--token: at least 16 letters, digits, '-', '_' or '.'".into()));
    }
    let flags = Flags { twin: arguments.twin.clone(), seed: arguments.seed, patient: arguments.patient, ..Flags::default() };
    let scenario = Scenario::resolve(arguments.scenario.as_deref(), &flags)?;
    if scenario.cohort.is_some() {
        return Err(Failure::Usage("the studio shows one patient: the scenario is of a cohort".into()));
    }
    let (arm, _) = robot_file::arm(scenario.robot.as_ref())?;
    let rehearsal = spec_of(&scenario, arm)?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("out/studio-{}-{}", scenario.seed, scenario.patient)));
    let maker = Maker { room: rehearsal.clone(), folder: out.join("twins") };
    let name = rehearsal.twin.person.pseudonym.clone();
    let mut patients = vec![Patient { name, origin: Origin::Given, note: scenario.title.clone().unwrap_or_default(), rehearsal }];
    patients.extend(maker.kept()?);
    let mut trial_report = None;
    if let Some(folder) = &arguments.trial {
        let trial = of_trial(folder)?;
        patients.extend(trial.patients);
        trial_report = trial.report.map(Into::into);
    }
    let config = StudioConfig {
        access: Access {
            address: SocketAddr::new(arguments.listen, arguments.port),
            token: arguments.token.clone(),
            without_tls: arguments.without_tls,
        },
        patients,
        maker: Arc::new(maker),
        trial_report,
        out,
        command: "proband studio".into(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let _writing = interrupt.writing();
    let stop = interrupt.clone();
    let open = !arguments.no_open;
    let ready = |url: &str| {
        // Whoever reads this output may have gone; the studio stays.
        let _ = terminal::print(&format!("{}\n", proband_server::ready_text(url)));
        if open {
            open_browser(url);
        }
    };
    proband_server::run(config, ready, move || stop.check().is_err()).map_err(Failure::of)
}

/// Ask the desktop to show the address. Where that fails, the printed address has to do.
fn open_browser(url: &str) {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(target_os = "windows") {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(program).args(before).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    if started.is_err() {
        eprintln!("no browser could be opened; open the address above");
    }
}
