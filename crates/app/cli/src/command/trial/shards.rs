//! Shards: `proband trial worker` and `proband trial merge`.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::{study_file, terminal};

const WORKER_EXAMPLES: &str = "\
Examples:
  proband trial worker study.toml --shard 3/64 -o part-3
  proband trial worker study.toml --shard $SLURM_ARRAY_TASK_ID/64 -o part-$SLURM_ARRAY_TASK_ID
  proband trial worker study.toml --shard $JOB_COMPLETION_INDEX/64 -o /shared/part-$JOB_COMPLETION_INDEX

Shards count from 0. A shard that is finished already is left as it is; one that was killed goes on.";

const MERGE_EXAMPLES: &str = "\
Examples:
  proband trial merge study.toml part-* -o out/

The order of the parts does not matter: the bits are the same for any number of shards.
Parts that are missing, doubled, unfinished or of another study or version are refused by name.";

/// Arguments of `proband trial worker`.
#[derive(Debug, clap::Args)]
#[command(after_help = WORKER_EXAMPLES)]
pub(crate) struct WorkerArguments {
    /// Study file (TOML)
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// Which shard of how many, from 0
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: (u32, u32),
    /// File for what is finished
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Threads; the numbers do not depend on it [default: all cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Arguments of `proband trial merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(crate) struct MergeArguments {
    /// Study file (TOML)
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
    /// Print the analysis as JSON
    #[arg(long)]
    json: bool,
}

/// `3/64`: shard 3 of 64, from 0.
fn shard(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse::<u32>().ok()?, n.parse::<u32>().ok()?)));
    match parts {
        Some((i, n)) if i < n && n <= 1 << 20 => Ok((i, n)),
        Some((i, n)) => Err(format!("there is no shard {i} of {n}: shards count from 0, and there are 1 to {}", 1 << 20)),
        None => Err("wants I/N, for example 3/64".into()),
    }
}

/// Run one shard.
pub(super) fn work(arguments: &WorkerArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    super::threads(arguments.threads)?;
    let study = study_file::read(&arguments.study)?;
    let (shard, of) = arguments.shard;
    super::execute(&study.setup, &arguments.out, shard, of, interrupt)?;
    terminal::print(&format!("shard {shard} of {of}: {}", arguments.out.display()))
}

/// Put shards together.
pub(super) fn put_together(arguments: &MergeArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let study = study_file::read(&arguments.study)?;
    let parts: Result<Vec<_>, Failure> = arguments.parts.iter().map(|path| super::read_part(path)).collect();
    let close =
        super::Close { out: &arguments.out, overwrite: arguments.overwrite, verify: arguments.verify.as_deref(), json: arguments.json };
    close.run(&study, parts?, interrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read shards from 0 and refuse those that are not there.
    #[test]
    fn shards_count_from_zero() {
        assert_eq!(shard("0/1"), Ok((0, 1)));
        assert_eq!(shard("63/64"), Ok((63, 64)));
        for bad in ["64/64", "0/0", "1", "-1/3", "1/x", "", "0/9999999999"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }
}
