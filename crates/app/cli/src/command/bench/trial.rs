//! What the machinery of a trial costs beside its simulation.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use proband_record::{RunFolder, RunManifest};
use proband_run::trial::{Job, Journal, PatientResult, TrialSetup, chain_head, merge, trial_tables};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::study_file;

/// The benchmark.
pub(super) const CASE: Case = Case { name: "trial", what: "a trial's machinery beside its simulation", run };

/// The shipped study, with as many patients as the machinery is measured with.
const STUDY: &str = include_str!("../../../../../../scenarios/trials/robot_or_hand.toml");
const PATIENTS: u32 = 20_000;
/// Patients that are simulated for the comparison.
const SIMULATED: u32 = 4;
/// Aim of the project [rows/s].
const ROWS_AIM: f64 = 500_000.0;

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let text = STUDY.replace("count = 40", &format!("count = {PATIENTS}"));
    let setup = study_file::parse(&SourceText { name: "robot_or_hand.toml".into(), text }, "bench", Path::new(""))?.setup;
    let stop = AtomicBool::new(false);
    let (results, simulation) = timed(|| (0..SIMULATED).filter_map(|i| setup.patient(i, &stop)).collect::<Vec<_>>());
    interrupt.check()?;
    let folder = std::env::temp_dir().join(format!("proband-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, error))?;
    let found = machinery(&setup, &results, &folder);
    std::fs::remove_dir_all(&folder).map_err(|error| Failure::at(&folder, error))?;
    let [journal, tables, evidence] = found?;
    let rows = f64::from(PATIENTS * setup.study.draws_per_patient());
    let per_patient = simulation.cpu_s / f64::from(SIMULATED);
    let all = (journal + tables + evidence) / f64::from(PATIENTS);
    let row = |what: &str, value: f64, unit: &'static str, against: Option<(String, f64)>| Row {
        what: what.into(),
        value,
        unit,
        against,
        error: "none: the same bits for any threads, shards and interruptions (tests)".into(),
    };
    let aim = |speed: f64| Some(("aim of 500 000 rows/s".to_owned(), speed / ROWS_AIM));
    Ok(Outcome {
        rows: vec![
            row("simulation, one patient in both arms", per_patient, "CPU s", None),
            row("journal: append, hash, read, merge", rows / journal, "rows/CPU s", aim(rows / journal)),
            row("tables, chain of hashes, Parquet", rows / tables, "rows/CPU s", aim(rows / tables)),
            row("evidence from the tables", rows / evidence, "rows/CPU s", aim(rows / evidence)),
            row(
                "machinery over simulation",
                100.0 * all / per_patient,
                "%",
                Some(("limit of 2 %".into(), 2.0 / (100.0 * all / per_patient))),
            ),
            row("1 000 patients in two arms, one core", 1000.0 * (per_patient + all) / 60.0, "CPU min", None),
        ],
        note: format!("{PATIENTS} patients, {rows} draws made of {SIMULATED} simulated ones; CPU time of the whole process"),
    })
}

/// CPU seconds for journal, tables and evidence.
fn machinery(setup: &TrialSetup, simulated: &[PatientResult], folder: &Path) -> Result<[f64; 3], Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let job = Job { version: version.into(), study: setup.digest().map_err(Failure::of)?.to_string(), patients: PATIENTS, shard: 0, of: 1 };
    let path = folder.join("patients.journal");
    let (results, journal) = timed(|| {
        let mut journal = Journal::open(&path, &job)?;
        for (index, result) in (0..PATIENTS).zip(simulated.iter().cycle()) {
            journal.append(&PatientResult { index, ..result.clone() })?;
        }
        drop(journal);
        let (job, results) = Journal::read(&path)?;
        merge(setup, version, vec![("part".into(), job, results)])
    });
    let results = results.map_err(Failure::of)?;
    let out = folder.join("out");
    let (written, tables) = timed(|| -> Result<(), Failure> {
        let tables = trial_tables(setup, &results).map_err(Failure::of)?;
        let run = RunFolder::create(&out, false).map_err(Failure::of)?;
        for table in &tables {
            run.write_table(table).map_err(Failure::of)?;
        }
        let digest = chain_head(&tables).unwrap_or_default().to_owned();
        let manifest = RunManifest {
            program: "proband".into(),
            version: version.into(),
            command: String::new(),
            procedure: "venipuncture".into(),
            scenario: "bench".into(),
            seed: setup.study.seed,
            patient: 0,
            twin: String::new(),
            digest,
            not_a_device: true,
        };
        run.write_manifest(&manifest).map_err(Failure::of)?;
        run.finish().map(drop).map_err(Failure::of)
    });
    written?;
    let (evidence, time) = timed(|| proband_evidence::trial_evidence(&out));
    evidence.map_err(Failure::of)?;
    Ok([journal.cpu_s, tables.cpu_s, time.cpu_s])
}
