//! `proband rehearse venipuncture`: a blood draw, or many, from a twin.

use std::path::{Path, PathBuf};

use proband_core::Status;
use proband_record::{RunFolder, RunManifest};
use proband_robot::ArmModel;
use proband_run::safety::Verdict;
use proband_run::session::SessionRecord;
use proband_run::{CohortSpec, Policy, Rehearsal, RehearsalSpec, RunError, cohort_table, run_cohort, settings_table};
use proband_twin::Twin;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::scenario::{Flags, Pigment, Scenario};
use crate::summary::{self, Line};
use crate::{population, progress, robot_file, safety_file, terminal, twin_folder};

const EXAMPLES: &str = "\
Examples:
  proband rehearse venipuncture                                   the built-in patient, seed 9
  proband rehearse venipuncture --twin p.twin --seed 7 -o out/
  proband rehearse venipuncture --fault startle@insert            the arm is pulled away during the insertion
  proband rehearse venipuncture --robot my.urdf --tip flange
  proband rehearse venipuncture --tourniquet '60 mmHg' --volume '4 mL' --pigment 'ITA -30'
  proband rehearse venipuncture --wavelength 760                  other lamps for the near-infrared camera
  proband rehearse venipuncture --tissue fem                      the arm around the puncture in finite elements
  proband rehearse venipuncture --scenario scenarios/startle.toml
  proband rehearse venipuncture --replay out/studio-9-0/take-1.session.toml   what a person did, to the same bits
  proband rehearse venipuncture --n 500                           500 sampled adults beside the published figures";

/// Ticks between two looks at the interrupt key and the clock on the screen: half a second of the patient's time.
const TICKS_PER_LOOK: u32 = 500;

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
    /// What goes wrong, and when: startle@insert+0.5 (seconds), occlude@42, force:bias=0.5N@insert; may be repeated; all: proband faults
    #[arg(long, alias = "motion", value_name = "WHAT[=SIZE]@WHEN")]
    fault: Vec<String>,
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
    /// Wavelength of the near-infrared lamps: 740 to 950 nm [default: 850 nm]
    #[arg(long, value_name = "NM", allow_hyphen_values = true)]
    wavelength: Option<String>,
    /// Let arteries widen and flow with each beat of the heart; else they keep their mean
    #[arg(long, conflicts_with = "n")]
    arteries_beat: bool,
    /// How the tissue answers the needle: axis (a law along the needle) or fem (finite elements around the puncture)
    #[arg(long, value_name = "KIND")]
    tissue: Option<String>,
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
    /// Safety requirements to watch (TOML) [default: those that ship]
    #[arg(long, value_name = "FILE.toml", conflicts_with = "n")]
    safety: Option<PathBuf>,
    /// Repeat a session of the studio, order by order; it says which seed and patient
    #[arg(long, value_name = "FILE.session.toml", conflicts_with_all = ["n", "seed", "patient", "fault"])]
    replay: Option<PathBuf>,
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
            motion: self.fault.clone(),
            urdf: self.robot.clone(),
            tip: self.tip.clone(),
            tourniquet: self.tourniquet.clone(),
            volume: self.volume.clone(),
            wavelength: self.wavelength.clone(),
            arteries_beat: self.arteries_beat,
            cohort: self.n,
            population: self.population.clone(),
            tissue: self.tissue.clone(),
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
    let session = arguments.replay.as_deref().map(session_file).transpose()?;
    let mut flags = arguments.flags();
    if let Some(session) = &session {
        (flags.seed, flags.patient) = (Some(session.seed), Some(session.patient));
    }
    let scenario = Scenario::resolve(arguments.scenario.as_deref(), &flags)?;
    if session.is_some() && scenario.cohort.is_some() {
        return Err(Failure::Usage("--replay repeats one patient: the scenario is of a cohort".into()));
    }
    if let Some(threads) = arguments.threads {
        // Fails only when a pool is there already.
        rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().map_err(Failure::of)?;
    }
    let out = arguments.folder(&scenario);
    let _writing = interrupt.writing();
    // The folder is tried before minutes of work, not after.
    let folder = RunFolder::create(&out, arguments.overwrite).map_err(Failure::of)?;
    let (arm, warnings) = robot_file::arm(scenario.robot.as_ref())?;
    for warning in warnings.list() {
        eprintln!("warning: {}: {}", warning.place, warning.text);
    }
    match scenario.cohort {
        Some(count) => many(arguments, &scenario, count, arm, folder, interrupt),
        None => one(arguments, &scenario, arm, folder, interrupt, session.as_ref()),
    }
}

/// Largest session file [bytes].
const SESSION_BYTES_MAX: u64 = 64 << 20;

/// A session of the studio.
fn session_file(path: &Path) -> Result<SessionRecord, Failure> {
    let bytes = proband_record::read_bytes(path, SESSION_BYTES_MAX).map_err(|e| Failure::at(path, e))?;
    let text = String::from_utf8(bytes).map_err(|e| Failure::at(path, e))?;
    let session: SessionRecord = toml::from_str(&text).map_err(|e| Failure::at(path, e))?;
    session.check().map_err(|e| Failure::at(path, e))?;
    Ok(session)
}

/// Who is rehearsed on.
fn twin_of(scenario: &Scenario) -> Result<Twin, Failure> {
    let twin = match (&scenario.twin, &scenario.population) {
        (Some(folder), _) => twin_folder::read(folder)?,
        (None, Some(name)) => population::read(name)?.patient(scenario.seed, scenario.patient).map_err(Failure::of)?.twin,
        (None, None) => Twin::built_in(),
    };
    if scenario.arm.is_none() && scenario.pigment.is_none() {
        return Ok(twin);
    }
    // Another arm or another skin has other priors; what was measured elsewhere on the patient stays.
    let mut person = twin.person;
    person.side = scenario.arm.unwrap_or(person.side);
    match scenario.pigment {
        Some(Pigment::Melanin(fraction)) => person.melanin_fraction = Some(fraction),
        Some(Pigment::Ita(angle)) => (person.ita_deg, person.melanin_fraction) = (Some(angle), None),
        None => {}
    }
    let mut other = Twin::new(person).map_err(Failure::of)?;
    let stays =
        |name: &str| !(scenario.pigment.is_some() && name.starts_with("optics.") || scenario.arm.is_some() && name.starts_with("vein."));
    for parameter in twin.parameters.iter().filter(|p| p.value.status == Status::Measured && stays(&p.name)) {
        other.measured(&parameter.name, parameter.value.distribution.clone(), &parameter.value.source).map_err(Failure::of)?;
    }
    Ok(other)
}

/// Everything that decides the rehearsal of one patient.
pub(crate) fn spec_of(scenario: &Scenario, arm: ArmModel) -> Result<RehearsalSpec, Failure> {
    Ok(RehearsalSpec {
        twin: twin_of(scenario)?,
        seed: scenario.seed,
        patient: scenario.patient,
        arm,
        faults: scenario.faults.clone(),
        tourniquet_pa: scenario.tourniquet_pa,
        draw_m3: scenario.volume_m3,
        duration_max_s: scenario.time_max_s,
        values: scenario.values.clone(),
        limits: scenario.limits.clone(),
        lamp_wavelength_nm: scenario.wavelength_nm,
        arteries_beat: scenario.arteries_beat,
        member: scenario.population.is_some(),
        whole: scenario.whole,
        tissue: scenario.tissue,
        policy: Policy::default(),
        anatomy: None,
    })
}

/// One patient.
fn one(
    arguments: &Arguments,
    scenario: &Scenario,
    arm: ArmModel,
    folder: RunFolder,
    interrupt: &Interrupt,
    session: Option<&SessionRecord>,
) -> Result<(), Failure> {
    let spec = spec_of(scenario, arm)?;
    let safety = safety_file::read(arguments.safety.as_deref())?;
    let bar = progress::spinner("setting up the room");
    let mut rehearsal = match session {
        Some(session) => Rehearsal::replay(&spec, session).map_err(Failure::of)?,
        None => Rehearsal::new(&spec).map_err(Failure::of)?,
    };
    rehearsal.watch(&safety);
    let end = session.map_or(u64::MAX, |session| session.ticks);
    while !rehearsal.advance(u32::try_from(end - rehearsal.scene().tick_count()).unwrap_or(u32::MAX).min(TICKS_PER_LOOK))
        && rehearsal.scene().tick_count() < end
    {
        interrupt.check()?;
        bar.set_message(format!("{:6.1} s of the patient's time: {}", rehearsal.scene().time_s(), rehearsal.phase().name()));
    }
    bar.set_message("writing records, pictures and report");
    let finished = rehearsal.finish().map_err(Failure::of)?;
    if let Some(session) = session
        && finished.digest.to_string() != session.digest
    {
        let what = "the replay ended elsewhere than the session: another version of the program, another robot or another scenario";
        return Err(Failure::Message(format!("{what}\n  session {}\n  replay  {}", session.digest, finished.digest)));
    }
    let manifest = manifest(scenario, &spec.twin.person.pseudonym, finished.digest.to_string());
    finished.write(&folder, &manifest).map_err(Failure::of)?;
    let out = close(folder, interrupt)?;
    bar.finish_and_clear();
    let lines = summary::of_one(&finished);
    say(arguments, scenario, &lines, &finished.verdicts, &finished.digest.to_string(), &out)
}

/// Many patients.
fn many(
    arguments: &Arguments,
    scenario: &Scenario,
    count: u32,
    arm: ArmModel,
    folder: RunFolder,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    if !scenario.faults.is_empty()
        || scenario.arm.is_some()
        || scenario.pigment.is_some()
        || scenario.tourniquet_pa.is_some()
        || scenario.volume_m3.is_some()
        || scenario.arteries_beat
    {
        let what = "a cohort samples its patients and uses the controller's own settings: no faults, arm, pigment, tourniquet, volume or beating arteries";
        return Err(Failure::Usage(what.into()));
    }
    let population = population::read(scenario.population.as_deref().unwrap_or("adult"))?;
    let name = population.name.clone();
    let lamp_wavelength_nm = scenario.wavelength_nm;
    let (first, seed, duration_max_s) = (scenario.patient, scenario.seed, scenario.time_max_s);
    let spec = CohortSpec { population, count, first, seed, arm: arm.clone(), duration_max_s, lamp_wavelength_nm };
    let room = RehearsalSpec { lamp_wavelength_nm, ..RehearsalSpec::new(Twin::built_in(), arm, seed) }.equipment();
    let bar = progress::bar(u64::from(count), "rehearsing patients");
    let rows = run_cohort(&spec, &|finished| bar.set_position(u64::from(finished)), interrupt.flag());
    let rows =
        rows.map_err(|error| if matches!(error, RunError::Interrupted { .. }) { Failure::Interrupted } else { Failure::of(error) })?;
    let table = cohort_table(&rows).map_err(Failure::of)?;
    folder.write_table(&settings_table(&room, None).map_err(Failure::of)?).map_err(Failure::of)?;
    let digest = folder.write_table(&table).map_err(Failure::of)?.to_string();
    folder.write_manifest(&manifest(scenario, &format!("population-{name}"), digest.clone())).map_err(Failure::of)?;
    let out = close(folder, interrupt)?;
    bar.finish_and_clear();
    say(arguments, scenario, &summary::of_many(&rows), &[], &digest, &out)
}

/// Write the report beside the records and give the folder its name.
fn close(folder: RunFolder, interrupt: &Interrupt) -> Result<PathBuf, Failure> {
    proband_evidence::write_report(folder.path()).map_err(Failure::of)?;
    interrupt.check()?;
    folder.finish().map_err(Failure::of)
}

fn manifest(scenario: &Scenario, twin: &str, digest: String) -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: crate::terminal::typed(),
        procedure: "venipuncture".into(),
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        patient: scenario.patient,
        twin: twin.to_owned(),
        digest,
        not_a_device: true,
    }
}

fn say(arguments: &Arguments, scenario: &Scenario, lines: &[Line], verdicts: &[Verdict], digest: &str, out: &Path) -> Result<(), Failure> {
    let report = out.join("report.html");
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "scenario": scenario.name, "seed": scenario.seed, "patient": scenario.patient, "digest": digest, "report": report, "values": lines,
            "safety": verdicts.iter().map(summary::verdict_json).collect::<Vec<_>>(),
        }));
    }
    let title = scenario.title.as_ref().map_or(String::new(), |title| format!("{title}\n\n"));
    terminal::print(&format!("{title}{}\n{}digest {digest}\n{}\n", summary::table(lines), summary::safety(verdicts), report.display()))
}
