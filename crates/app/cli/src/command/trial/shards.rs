//! Shards: `proband trial worker` and `proband trial merge`.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use proband_run::trial::{Manifest, read_part, write_part};
use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::{SourceText, read_file};
use crate::study_file::{self, StudyFile};
use crate::terminal;

const WORKER_EXAMPLES: &str = "\
Examples:
  proband trial worker study.toml --shard 3/64 -o part-3.parquet
  proband trial worker job.json --shard auto/64 -o '/shared/part-{i}.parquet'

Shards count from 0. auto takes the number from GNU parallel (PARALLEL_SEQ), HyperQueue (HQ_TASK_ID), Kubernetes
(JOB_COMPLETION_INDEX) or Slurm (SLURM_ARRAY_TASK_ID less SLURM_ARRAY_TASK_MIN; the count too, so that auto alone is enough).
{i} in the file's name is the shard. A shard that is finished already is left as it is; one that was killed goes on.
Exit codes: 0 done, 2 a study, shard or part that will never do, 75 try again (stopped, no room, in use), 70 a fault of the program.";

const MANIFEST_EXAMPLES: &str = "\
Examples:
  proband trial manifest study.toml -o job.json      what every worker must agree on, with the study inside

A worker that is given job.json instead of the study refuses when it would do anything else.";

const MISSING_EXAMPLES: &str = "\
Examples:
  proband trial missing study.toml --of 64 part-*.parquet
  sbatch --array=$(proband trial missing study.toml --of 64 part-*.parquet) job.sh

Prints the shards that have no whole part, with commas between them. Exit code 1 when there are any.";

const MERGE_EXAMPLES: &str = "\
Examples:
  proband trial merge study.toml part-* -o out/

The order of the parts does not matter: the bits are the same for any number of shards.
Parts that are missing, doubled, unfinished or of another study or version are refused by name.";

/// Arguments of `proband trial worker`.
#[derive(Debug, clap::Args)]
#[command(after_help = WORKER_EXAMPLES)]
pub(crate) struct WorkerArguments {
    /// Study file (TOML) or manifest (JSON)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// Which shard of how many, from 0; auto or auto/N to ask the launcher
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Shard,
    /// Part to be written
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Arguments of `proband trial manifest`.
#[derive(Debug, clap::Args)]
#[command(after_help = MANIFEST_EXAMPLES)]
pub(crate) struct ManifestArguments {
    /// Study file (TOML)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// Where the manifest goes [default: to the terminal]
    #[arg(short, long, value_name = "FILE.json")]
    out: Option<PathBuf>,
}

/// Arguments of `proband trial missing`.
#[derive(Debug, clap::Args)]
#[command(after_help = MISSING_EXAMPLES)]
pub(crate) struct MissingArguments {
    /// Study file (TOML) or manifest (JSON)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// What the workers wrote
    #[arg(value_name = "PART")]
    parts: Vec<PathBuf>,
    /// Shards in all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    of: u32,
}

/// Arguments of `proband trial merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(crate) struct MergeArguments {
    /// Study file (TOML) or manifest (JSON)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// What the workers wrote
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// Output folder
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace an older run in the output folder
    #[arg(long)]
    overwrite: bool,
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

/// Which shard: said, or to be asked of the launcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shard {
    /// Number and count.
    At(u32, u32),
    /// The launcher knows the number, and the count when it is not given.
    Auto(Option<u32>),
}

/// Shards at most.
const SHARDS_MAX: u32 = 1 << 20;

/// `3/64`: shard 3 of 64, from 0; `auto/64`, `auto`.
fn shard(text: &str) -> Result<Shard, String> {
    let none = |i: &str, n: u32| Err(format!("there is no shard {i} of {n}: shards count from 0, and there are 1 to {SHARDS_MAX}"));
    let count = |n: &str| n.parse::<u32>().map_err(|_| "wants I/N, for example 3/64".to_owned());
    match text.split_once('/') {
        None if text == "auto" => Ok(Shard::Auto(None)),
        Some(("auto", n)) => match count(n)? {
            n if (1..=SHARDS_MAX).contains(&n) => Ok(Shard::Auto(Some(n))),
            n => none("auto", n),
        },
        Some((i, n)) => match (count(i)?, count(n)?) {
            (i, n) if i < n && n <= SHARDS_MAX => Ok(Shard::At(i, n)),
            (i, n) => none(&i.to_string(), n),
        },
        None => Err("wants I/N, for example 3/64".into()),
    }
}

/// Ask the launcher which shard this is: the innermost one first, because they run inside each other.
fn resolve(shard: Shard, get: &dyn Fn(&str) -> Option<String>) -> Result<(u32, u32), String> {
    let count = match shard {
        Shard::At(i, n) => return Ok((i, n)),
        Shard::Auto(count) => count,
    };
    let number =
        |name: &str| get(name).map(|text| text.trim().parse::<u32>().map_err(|_| format!("{name} is \"{text}\", no number"))).transpose();
    let (name, index) = if let Some(place) = number("PARALLEL_SEQ")? {
        ("PARALLEL_SEQ", place.checked_sub(1).ok_or("PARALLEL_SEQ is 0, and counts from 1")?)
    } else if let Some(index) = number("HQ_TASK_ID")? {
        ("HQ_TASK_ID", index)
    } else if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        ("JOB_COMPLETION_INDEX", index)
    } else if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
        ("SLURM_ARRAY_TASK_ID", id.checked_sub(first).ok_or("SLURM_ARRAY_TASK_ID is below SLURM_ARRAY_TASK_MIN")?)
    } else {
        return Err("no launcher says which shard this is: --shard I/N".into());
    };
    let counted = if name == "SLURM_ARRAY_TASK_ID" { number("SLURM_ARRAY_TASK_COUNT")? } else { None };
    let Some(of) = count.or(counted) else { return Err(format!("{name} is {index}, but of how many: --shard auto/N")) };
    if index < of && of <= SHARDS_MAX {
        Ok((index, of))
    } else {
        Err(format!("{name} is {index}: there is no such shard of {of}, they count from 0"))
    }
}

/// A manifest as a file: what the job is, and the study that it was made from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    /// Digest of the manifest.
    job: String,
    manifest: Manifest,
    name: String,
    study: String,
}

/// Largest manifest that is read [bytes].
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// A study from its file or from a manifest, which must then be what this program makes of it.
fn study(path: &Path) -> Result<StudyFile, Failure> {
    if path.extension().is_none_or(|e| e != "json") {
        return study_file::read(path);
    }
    let file: ManifestFile = serde_json::from_slice(&read_file(path, MANIFEST_BYTES_MAX)?).map_err(|error| Failure::at(path, error))?;
    let source = SourceText { name: format!("{}: study", path.display()), text: file.study };
    let study = study_file::parse(&source, &file.name, path.parent().unwrap_or_else(|| Path::new("")))?;
    let here = study.setup.manifest(VERSION).map_err(Failure::of)?;
    match here.difference(&file.manifest) {
        Some(what) => Err(Failure::at(path, format!("is another job than this program would do; {what}"))),
        None if here.job().map_err(Failure::of)? != file.job => Err(Failure::at(path, "the job's digest is not that of the manifest")),
        None => Ok(study),
    }
}

/// Write what every worker must agree on.
pub(super) fn manifest(arguments: &ManifestArguments) -> Result<(), Failure> {
    let study = study_file::read(&arguments.study)?;
    let manifest = study.setup.manifest(VERSION).map_err(Failure::of)?;
    let job = manifest.job().map_err(Failure::of)?;
    let file = ManifestFile { job, manifest, name: study.setup.study.name.clone(), study: study.text };
    let Some(out) = &arguments.out else { return terminal::print_json(&file) };
    let text = serde_json::to_string_pretty(&file).map_err(Failure::of)?;
    proband_record::write_bytes(out, text.as_bytes()).map_err(|error| Failure::at(out, error))
}

/// Say which shards have no whole part.
pub(super) fn missing(arguments: &MissingArguments) -> Result<(), Failure> {
    let study = study(&arguments.study)?;
    let mut open: Vec<bool> = vec![true; arguments.of as usize];
    for path in &arguments.parts {
        let found = read_part(path);
        let whole = found.as_ref().ok().filter(|(job, results)| {
            results.len() == job.range().len() && study.setup.job(VERSION, job.shard, arguments.of).is_ok_and(|wanted| wanted == *job)
        });
        match (whole, open.get_mut(whole.map_or(usize::MAX, |(job, _)| job.shard as usize))) {
            (Some(_), Some(slot)) => *slot = false,
            _ => eprintln!("{}: {}", path.display(), found.err().map_or("no whole part of this job".into(), |e| e.to_string())),
        }
    }
    let list: Vec<String> = open.iter().enumerate().filter(|(_, open)| **open).map(|(i, _)| i.to_string()).collect();
    if list.is_empty() {
        return Ok(());
    }
    terminal::print(&format!("{}\n", list.join(",")))?;
    Err(Failure::Bad)
}

const NEVER: u8 = 2;
const AGAIN: u8 = 75;
const FAULT: u8 = 70;

fn coded(code: u8) -> impl Fn(Failure) -> Failure {
    move |failure| Failure::Coded(code, Box::new(failure))
}

/// Run one shard. How it ends says whether it is worth another try.
pub(super) fn work(arguments: &WorkerArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(|| work_once(arguments, interrupt)))
        .unwrap_or_else(|_| Err(coded(FAULT)(Failure::Message("the program gave up on this shard".into()))))
}

fn work_once(arguments: &WorkerArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    super::threads(arguments.threads)?;
    let study = study(&arguments.study).map_err(coded(NEVER))?;
    let (shard, of) = resolve(arguments.shard, &|name| std::env::var(name).ok()).map_err(|what| coded(NEVER)(Failure::Usage(what)))?;
    let out = PathBuf::from(arguments.out.to_string_lossy().replace("{i}", &shard.to_string()));
    let job = study.setup.job(VERSION, shard, of).map_err(Failure::of).map_err(coded(FAULT))?;
    let said = format!("shard {shard} of {of}: {}\n", out.display());
    if out.exists() {
        let (found, _) = read_part(&out).map_err(Failure::of).map_err(coded(NEVER))?;
        if found == job {
            eprintln!("finished already");
            return terminal::print(&said);
        }
        return Err(coded(NEVER)(Failure::at(&out, "is a part of another job")));
    }
    let mut journal = out.clone().into_os_string();
    journal.push(".unfinished");
    let journal = PathBuf::from(journal);
    super::execute(&study.setup, &journal, &job, interrupt).map_err(|failure| match failure {
        // What stands in the journal will stand there the next time too.
        Failure::Usage(what) => coded(NEVER)(Failure::Message(what)),
        other => coded(AGAIN)(other),
    })?;
    let (job, results) = read_part(&journal).map_err(Failure::of).map_err(coded(AGAIN))?;
    write_part(&study.setup, &out, &job, results).map_err(Failure::of).map_err(coded(AGAIN))?;
    std::fs::remove_file(&journal).map_err(|error| coded(AGAIN)(Failure::at(&journal, error)))?;
    terminal::print(&said)
}

/// Put shards together.
pub(super) fn put_together(arguments: &MergeArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let study = study(&arguments.study)?;
    let parts: Result<Vec<_>, Failure> = arguments.parts.iter().map(|path| super::part(path)).collect();
    let close = super::Close {
        out: &arguments.out,
        overwrite: arguments.overwrite,
        verify: arguments.verify.as_deref(),
        sign: arguments.sign.as_deref(),
        stress: arguments.stress.as_deref(),
        json: arguments.json,
    };
    close.run(&study, parts?, interrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read shards from 0 and refuse those that are not there.
    #[test]
    fn shards_count_from_zero() {
        assert_eq!(shard("0/1"), Ok(Shard::At(0, 1)));
        assert_eq!(shard("63/64"), Ok(Shard::At(63, 64)));
        assert_eq!((shard("auto"), shard("auto/8")), (Ok(Shard::Auto(None)), Ok(Shard::Auto(Some(8)))));
        for bad in ["64/64", "0/0", "1", "-1/3", "1/x", "", "0/9999999999", "auto/0", "auto/x", "automatic"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }

    /// Take the number from each launcher, the innermost first, counted as that launcher counts.
    #[test]
    fn launchers_are_asked() {
        let ask = |count: Option<u32>, set: &[(&str, &str)]| {
            resolve(Shard::Auto(count), &|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        let slurm = [("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_MIN", "5"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(ask(None, &slurm), Ok((2, 4)));
        assert_eq!(ask(Some(8), &[("JOB_COMPLETION_INDEX", "7")]), Ok((7, 8)));
        assert_eq!(ask(Some(8), &[("PARALLEL_SEQ", "1")]), Ok((0, 8)));
        assert_eq!(ask(Some(9), &[slurm[0], slurm[1], slurm[2], ("HQ_TASK_ID", "3")]), Ok((3, 9)));
        for (count, set) in [
            (None, &[("JOB_COMPLETION_INDEX", "7")][..]),
            (Some(7), &[("JOB_COMPLETION_INDEX", "7")]),
            (Some(7), &[("HQ_TASK_ID", "x")]),
            (Some(7), &[("PARALLEL_SEQ", "0")]),
            (Some(7), &[("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_MIN", "2")]),
            (Some(7), &[]),
        ] {
            assert!(ask(count, set).is_err(), "{count:?} {set:?}");
        }
    }
}
