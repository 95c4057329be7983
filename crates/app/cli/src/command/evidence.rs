//! `proband evidence`: what a trial shows, from its records alone; and whether they stand.

use std::path::{Path, PathBuf};

use proband_core::{Column, Table};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::read_file;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband evidence out/                            rewrite out/evidence.html from out/records
  proband evidence out/ -o evidence.html           the page elsewhere; .md gives Markdown
  proband evidence out/ --json                     every number as JSON
  proband evidence out/ --verify claims.json       with the output of proband verify --json
  proband evidence verify out/                     whether the records are those that were written";

const VERIFY_EXAMPLES: &str = "\
Examples:
  proband evidence verify out/
  proband evidence verify out/ --head 4f1c…        the last hash as it was kept elsewhere

Exit code 1 when a record is not what was written. Without --head, somebody who rewrote the whole folder is not found.";

/// Largest output of `proband verify --json` that is read [bytes].
const VERIFY_BYTES_MAX: u64 = 64 << 20;

/// Arguments of `proband evidence`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Folder of a trial
    #[arg(value_name = "FOLDER", required = true)]
    folder: Option<PathBuf>,
    /// Where the page goes: .html or .md [default: FOLDER/evidence.html]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Output of `proband verify --json`, kept with the records
    #[arg(long, value_name = "FILE.json")]
    verify: Option<PathBuf>,
    /// Print every number as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Whether the records are those that were written
    Verify(VerifyArguments),
}

/// Arguments of `proband evidence verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// Folder of a trial
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Last hash of the chain as it was kept elsewhere
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Compute the evidence, or check the records.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if let Some(Part::Verify(verify)) = &arguments.part {
        return check(verify);
    }
    let Some(folder) = &arguments.folder else { return Err(Failure::Usage("the folder of a trial is wanted".into())) };
    let _writing = interrupt.writing();
    if let Some(table) = verification(arguments.verify.as_deref())? {
        let path = proband_record::record_path(folder, &table.name);
        proband_record::write_table(&path, &table).map_err(|error| Failure::at(&path, error))?;
    }
    let bar = progress::spinner("computing the evidence");
    let evidence = proband_evidence::trial_evidence(folder).map_err(|error| Failure::at(folder, error))?;
    bar.finish_and_clear();
    interrupt.check()?;
    let page = arguments.out.clone().unwrap_or_else(|| folder.join("evidence.html"));
    let text = if page.extension().is_some_and(|e| e == "md") { &evidence.markdown } else { &evidence.html };
    proband_record::write_bytes(&page, text.as_bytes()).map_err(|error| Failure::at(&page, error))?;
    if arguments.json {
        return terminal::print_json(&evidence.analysis);
    }
    terminal::print(&format!("{}\n{}\n", evidence.summary, page.display()))
}

fn check(arguments: &VerifyArguments) -> Result<(), Failure> {
    let found = proband_evidence::check_chain(&arguments.folder, arguments.head.as_deref())
        .map_err(|error| Failure::at(&arguments.folder, error))?;
    if arguments.json {
        terminal::print_json(&found)?;
    } else if found.problems.is_empty() {
        terminal::print(&format!("{} rows stand, last hash {}", found.rows, found.head))?;
    } else {
        terminal::print(&found.problems.join("\n"))?;
    }
    if found.problems.is_empty() { Ok(()) } else { Err(Failure::Bad) }
}

/// What is kept of a claim.
#[derive(serde::Deserialize)]
struct Claim {
    title: String,
    name: String,
    accepts: String,
    obtained: Option<f64>,
    unit: String,
    source: String,
    pass: bool,
}

#[derive(serde::Deserialize)]
struct Claims {
    outcomes: Vec<Claim>,
}

/// The output of `proband verify --json` as a table of the record; none without a file.
pub(super) fn verification(path: Option<&Path>) -> Result<Option<Table>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let bytes = read_file(path, VERIFY_BYTES_MAX)?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|error| Failure::at(path, error))?;
    let rows = claims.outcomes;
    let mut table = Table::new("verification");
    let mut text = |name: &str, get: &dyn Fn(&Claim) -> &str| {
        table.push(name, "", "", "proband verify", Column::Text(rows.iter().map(|c| get(c).to_owned()).collect()))
    };
    text("title", &|c| &c.title).map_err(Failure::of)?;
    text("name", &|c| &c.name).map_err(Failure::of)?;
    text("accepts", &|c| &c.accepts).map_err(Failure::of)?;
    text("unit", &|c| &c.unit).map_err(Failure::of)?;
    text("source", &|c| &c.source).map_err(Failure::of)?;
    let obtained = rows.iter().map(|c| c.obtained.unwrap_or(f64::NAN)).collect();
    table.push("obtained", "", "", "proband verify; unit in its column", Column::F64(obtained)).map_err(Failure::of)?;
    table.push("pass", "", "", "proband verify", Column::Bool(rows.iter().map(|c| c.pass).collect())).map_err(Failure::of)?;
    Ok(Some(table))
}
