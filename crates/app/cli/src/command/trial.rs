//! `proband trial`: a study from its file to its evidence; alone, or cut into shards.

mod plan;
mod shards;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use proband_record::{RunFolder, RunManifest};
use proband_run::RunError;
use proband_run::trial::{
    Job, Journal, PatientResult, TrialSetup, chain_head, merge, read_part, refinement_table, run_shard, trial_tables, try_room,
};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::study_file::{self, StudyFile};
use crate::{progress, terminal};

/// Version of the program, which every record carries.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const EXAMPLES: &str = "\
Examples:
  proband trial scenarios/trials/robot_or_hand.toml -o out/     run or go on, then write the evidence
  proband trial plan study.toml                                 sizes, power, boundaries, cost
  proband trial worker study.toml --shard 3/64 -o part-3        one shard, on any machine
  proband trial missing study.toml --of 64 part-*               shards that are not finished
  proband trial merge study.toml part-* -o out/                 all shards to one study

What is finished is kept when the program is interrupted or killed; the same command goes on.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.";

/// Arguments of `proband trial`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Study file (TOML)
    #[arg(value_name = "STUDY.toml", required = true)]
    study: Option<PathBuf>,
    /// Output folder [default: out/trial-NAME]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
    /// Begin anew instead of going on with what is finished
    #[arg(long)]
    fresh: bool,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Output of `proband verify --json`, to go into the evidence
    #[arg(long, value_name = "FILE.json")]
    verify: Option<PathBuf>,
    /// Folder of a stress test, to go into the evidence
    #[arg(long, value_name = "FOLDER")]
    stress: Option<PathBuf>,
    /// Secret key, 64 hexadecimal digits, to sign the records with
    #[arg(long, value_name = "KEY.txt")]
    sign: Option<PathBuf>,
    /// Print the analysis as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Sizes, power, boundaries and expected cost of a study
    Plan(plan::Arguments),
    /// What every worker must agree on
    Manifest(shards::ManifestArguments),
    /// Run one shard of a study
    Worker(shards::WorkerArguments),
    /// Shards that are not finished
    Missing(shards::MissingArguments),
    /// Put the shards of a study together
    Merge(shards::MergeArguments),
}

/// Run a trial, or a part of one.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    match &arguments.part {
        Some(Part::Plan(plan)) => return plan::run(plan, interrupt),
        Some(Part::Manifest(manifest)) => return shards::manifest(manifest),
        Some(Part::Missing(missing)) => return shards::missing(missing),
        Some(Part::Worker(worker)) => return shards::work(worker, interrupt),
        Some(Part::Merge(parts)) => return shards::put_together(parts, interrupt),
        None => {}
    }
    let Some(path) = &arguments.study else { return Err(Failure::Usage("a study file is wanted".into())) };
    threads(arguments.threads)?;
    let study = study_file::read(path)?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("out/trial-{}", study.setup.study.name)));
    free(&out, arguments.overwrite)?;
    super::evidence::key(arguments.sign.as_deref())?;
    let work = work_folder(&out)?;
    std::fs::create_dir_all(&work).map_err(|error| Failure::at(&work, error))?;
    let journal = work.join("patients.journal");
    if arguments.fresh && journal.exists() {
        std::fs::remove_file(&journal).map_err(|error| Failure::at(&journal, error))?;
    }
    let job = study.setup.job(VERSION, 0, 1).map_err(Failure::of)?;
    execute(&study.setup, &journal, &job, interrupt).map_err(|failure| match failure {
        Failure::Usage(what) => Failure::Message(what),
        other => other,
    })?;
    let part = part(&journal)?;
    let close = Close {
        out: &out,
        overwrite: arguments.overwrite,
        verify: arguments.verify.as_deref(),
        sign: arguments.sign.as_deref(),
        stress: arguments.stress.as_deref(),
        json: arguments.json,
    };
    close.run(&study, vec![part], interrupt)?;
    std::fs::remove_dir_all(&work).map_err(|error| Failure::at(&work, error))
}

/// Fails only when a pool is there already.
fn threads(count: Option<u16>) -> Result<(), Failure> {
    match count {
        Some(count) => rayon::ThreadPoolBuilder::new().num_threads(usize::from(count)).build_global().map_err(Failure::of),
        None => Ok(()),
    }
}

/// The folder is tried before minutes of work, not after.
fn free(out: &Path, overwrite: bool) -> Result<(), Failure> {
    RunFolder::create(out, overwrite).map(drop).map_err(Failure::of)
}

/// Where unfinished work stands: beside the folder that will hold the study.
fn work_folder(out: &Path) -> Result<PathBuf, Failure> {
    let mut name = out.file_name().ok_or_else(|| Failure::at(out, "cannot be an output folder"))?.to_os_string();
    name.push(".unfinished");
    Ok(out.with_file_name(name))
}

/// Run one shard into its journal, or the rest of it. [`Failure::Usage`]: a journal that will never do.
fn execute(setup: &TrialSetup, path: &Path, job: &Job, interrupt: &Interrupt) -> Result<(), Failure> {
    let _writing = interrupt.writing();
    let journal = Journal::open(path, job).map_err(|error| match error {
        RunError::Journal { .. } => Failure::Usage(format!("{error}\n(another study, version or output folder; --fresh begins anew)")),
        other => Failure::of(other),
    })?;
    let count = journal.job().range().len() as u64;
    if journal.count() > 0 {
        eprintln!("{} of {count} patients are finished already", journal.count());
    }
    try_room(path, count as u32 - journal.count()).map_err(Failure::of)?;
    let bar = progress::bar(count, "patients");
    bar.set_position(u64::from(journal.count()));
    bar.reset_eta();
    let done = run_shard(setup, journal, &|finished| bar.set_position(u64::from(finished)), interrupt.flag());
    bar.finish_and_clear();
    match done {
        Err(RunError::Interrupted { finished, count }) if interrupt.flag().load(Ordering::SeqCst) => {
            eprintln!("{finished} of {count} patients are kept in {}; the same command goes on", path.display());
            Err(Failure::Interrupted)
        }
        other => other.map_err(Failure::of),
    }
}

fn part(path: &Path) -> Result<(String, Job, Vec<PatientResult>), Failure> {
    let (job, results) = read_part(path).map_err(|error| Failure::at(path, error))?;
    Ok((path.display().to_string(), job, results))
}

/// From finished journals to the folder of the study.
struct Close<'a> {
    out: &'a Path,
    overwrite: bool,
    verify: Option<&'a Path>,
    sign: Option<&'a Path>,
    stress: Option<&'a Path>,
    json: bool,
}

impl Close<'_> {
    fn run(&self, file: &StudyFile, parts: Vec<(String, Job, Vec<PatientResult>)>, interrupt: &Interrupt) -> Result<(), Failure> {
        let setup = &file.setup;
        let key = super::evidence::key(self.sign)?;
        let results = merge(setup, VERSION, parts).map_err(Failure::of)?;
        let mut tables = trial_tables(setup, &results).map_err(Failure::of)?;
        tables.extend(super::evidence::verification(self.verify)?);
        tables.push(super::evidence::components()?);
        tables.push(refinement_table(setup).map_err(Failure::of)?);
        tables.extend(super::evidence::stress(self.stress)?);
        let _writing = interrupt.writing();
        let folder = RunFolder::create(self.out, self.overwrite).map_err(Failure::of)?;
        for table in &tables {
            folder.write_table(table).map_err(Failure::of)?;
        }
        folder.write_file("study.toml", file.text.as_bytes()).map_err(Failure::of)?;
        let study = &setup.study;
        // What is said here does not depend on how the work was cut, so that every way ends in the same folder.
        folder
            .write_manifest(&RunManifest {
                program: "proband".into(),
                version: VERSION.into(),
                command: "proband trial study.toml".into(),
                procedure: "venipuncture".into(),
                scenario: study.name.clone(),
                seed: study.seed,
                patient: 0,
                twin: format!("{} patients", results.len()),
                digest: chain_head(&tables).unwrap_or_default().to_owned(),
                not_a_device: true,
            })
            .map_err(Failure::of)?;
        let evidence = proband_evidence::trial_evidence(folder.path()).map_err(Failure::of)?;
        folder.write_file("evidence.html", evidence.html.as_bytes()).map_err(Failure::of)?;
        folder.write_file("evidence.md", evidence.markdown.as_bytes()).map_err(Failure::of)?;
        super::evidence::seal(folder.path(), &tables, key.as_ref())?;
        let out = folder.finish().map_err(Failure::of)?;
        if self.json {
            return terminal::print_json(&evidence.analysis);
        }
        terminal::print(&format!("{}\n{}\n", evidence.summary, out.join("evidence.html").display()))
    }
}
