//! What the machinery of a trial costs beside its simulation.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use proband_core::{Column, Stream, Table};
use proband_record::{RunFolder, RunManifest, read_table, write_table};
use proband_run::trial::{Journal, PatientResult, TrialSetup, chain_head, merge, trial_tables};

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
    interrupt.check()?;
    let written = endpoint_rows(&folder);
    std::fs::remove_dir_all(&folder).map_err(|error| Failure::at(&folder, error))?;
    let [journal, tables, evidence] = found?;
    let (write_s, bytes, changed) = written?;
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
            Row {
                what: "10⁶ rows of 31 columns as Parquet with units".into(),
                value: ENDPOINT_ROWS as f64 / write_s,
                unit: "rows/CPU s",
                against: aim(ENDPOINT_ROWS as f64 / write_s),
                error: format!("{changed} of 31 columns read back otherwise; {:.0} MB", bytes as f64 / 1e6),
            },
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

/// A simulated result with numbers of its own: values that repeat would be cheaper to write than real ones.
fn varied(index: u32, result: &PatientResult) -> PatientResult {
    let mut result = PatientResult { index, ..result.clone() };
    let mut stream = Stream::new(2, index, "bench.trial");
    for outcome in result.draws.iter_mut().filter_map(|d| d.outcome.as_mut().ok()) {
        for value in [
            &mut outcome.time_stick_s,
            &mut outcome.time_total_s,
            &mut outcome.time_tourniquet_on_s,
            &mut outcome.volume_drawn_m3,
            &mut outcome.insertion_m,
            &mut outcome.angle_rad,
            &mut outcome.tip_under_front_wall_m,
            &mut outcome.force_peak_n,
            &mut outcome.haematoma_m3,
            &mut outcome.haemolysis_relative,
            &mut outcome.pain,
            &mut outcome.predicted_success,
        ] {
            *value *= 1.0 + 0.01 * stream.uniform();
        }
    }
    result
}

/// Rows of the table that is written as a whole.
const ENDPOINT_ROWS: usize = 1_000_000;

/// A table of draws with values that do not repeat: as many happened-or-not columns, numbers and words as `draws` has. CPU
/// seconds of writing it, its size, and columns that come back otherwise.
fn endpoint_rows(folder: &Path) -> Result<(f64, u64, usize), Failure> {
    let mut stream = Stream::new(1, 0, "bench.trial");
    let n = ENDPOINT_ROWS;
    let mut table = Table::new("draws");
    let mut put = |name: &str, unit: &str, column: Column| table.push(name, unit, "", "made for a benchmark", column).map_err(Failure::of);
    put("index", "1", Column::I64((0..n as i64).map(|i| i / 2).collect()))?;
    put("arm", "1", Column::I64((0..n as i64).map(|i| i % 2).collect()))?;
    put("arm_name", "", Column::Text((0..n).map(|i| if i % 2 == 0 { "robot".into() } else { "hand".into() }).collect()))?;
    put("finished", "", Column::Bool((0..n).map(|i| i % 997 != 0).collect()))?;
    for c in 0..12 {
        put(&format!("happened_{c}"), "1", Column::F64((0..n).map(|_| f64::from(u8::from(stream.bernoulli(0.1)))).collect()))?;
    }
    for c in 0..13 {
        put(&format!("number_{c}"), "s", Column::F64((0..n).map(|_| stream.normal()).collect()))?;
    }
    let word = |words: &[&str], i: usize| words[i % words.len()].to_owned();
    put("vein", "", Column::Text((0..n).map(|i| word(&["median cubital", "cephalic", "basilic"], i)).collect()))?;
    put("reason", "", Column::Text((0..n).map(|i| word(&["tube filled", "tube filled", "no blood in the hub"], i / 3)).collect()))?;
    let path = folder.join("rows.parquet");
    let (done, time) = timed(|| write_table(&path, &table));
    done.map_err(Failure::of)?;
    let back = read_table(&path).map_err(Failure::of)?;
    let changed = table.columns.iter().zip(&back.columns).filter(|(a, b)| a != b).count();
    let size = std::fs::metadata(&path).map_err(|error| Failure::at(&path, error))?.len();
    Ok((time.cpu_s, size, changed))
}

/// CPU seconds for journal, tables and evidence.
fn machinery(setup: &TrialSetup, simulated: &[PatientResult], folder: &Path) -> Result<[f64; 3], Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let job = setup.job(version, 0, 1).map_err(Failure::of)?;
    let path = folder.join("patients.journal");
    let (results, journal) = timed(|| {
        let mut journal = Journal::open(&path, &job)?;
        for (index, result) in (0..PATIENTS).zip(simulated.iter().cycle()) {
            journal.append(&varied(index, result))?;
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
