//! `proband evidence`: what a trial shows, from its records alone; and whether they stand.

use std::path::{Path, PathBuf};

use proband_core::{Column, Table};
use proband_record::SigningKey;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::read_file;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband evidence out/                            rewrite out/evidence.html from out/records
  proband evidence out/ -o evidence.html           the page elsewhere; .md gives Markdown, .json every number
  proband evidence out/ --json                     every number as JSON
  proband evidence out/ --verify claims.json       with the output of proband verify --json
  proband evidence verify out/                     whether the records are those that were written

A folder that was signed is changed only with --sign and its key.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  proband evidence verify out/
  proband evidence verify out/ --key 3d40…         signed by whoever has the secret of this public key
  proband evidence verify out/ --head 4f1c…        the last hash as it was kept elsewhere

Exit code 1 when any byte of the folder is not what was written. Without --key or --head, somebody who rewrote the whole folder
is not found. A secret key is 64 hexadecimal digits in a file: openssl rand -hex 32 > key.txt";

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
    /// Where the page goes: .html, .md or .json [default: FOLDER/evidence.html]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Output of `proband verify --json`, kept with the records
    #[arg(long, value_name = "FILE.json")]
    verify: Option<PathBuf>,
    /// Secret key of a folder that was signed
    #[arg(long, value_name = "KEY.txt")]
    sign: Option<PathBuf>,
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
    /// Public key that must have signed the folder
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
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
    let secret = key(arguments.sign.as_deref())?;
    // A page that goes elsewhere leaves the folder as it is.
    let writes = arguments.out.is_none() || arguments.verify.is_some();
    let resealing = if writes { Resealing::of(folder) } else { Resealing::Leave };
    if let Some(table) = verification(arguments.verify.as_deref())? {
        let path = proband_record::record_path(folder, &table.name);
        proband_record::write_table(&path, &table).map_err(|error| Failure::at(&path, error))?;
    }
    let bar = progress::spinner("computing the evidence");
    let evidence = proband_evidence::trial_evidence(folder).map_err(|error| Failure::at(folder, error))?;
    bar.finish_and_clear();
    interrupt.check()?;
    let page = arguments.out.clone().unwrap_or_else(|| folder.join("evidence.html"));
    let ending = page.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let text = match ending {
        "md" => evidence.markdown.clone(),
        "json" => serde_json::to_string_pretty(&evidence.analysis).map_err(Failure::of)?,
        _ => evidence.html.clone(),
    };
    proband_record::write_bytes(&page, text.as_bytes()).map_err(|error| Failure::at(&page, error))?;
    if arguments.out.is_none() {
        let words = folder.join("evidence.md");
        proband_record::write_bytes(&words, evidence.markdown.as_bytes()).map_err(|error| Failure::at(&words, error))?;
    }
    resealing.finish(folder, secret.as_ref())?;
    if arguments.json {
        return terminal::print_json(&evidence.analysis);
    }
    terminal::print(&format!("{}\n{}\n", evidence.summary, page.display()))
}

/// What `proband evidence` itself writes into a folder.
const OWN_FILES: [&str; 3] = ["evidence.html", "evidence.md", "records/verification.parquet"];

/// Whether a folder is sealed again after its page was made anew: only when nothing else of it had changed.
enum Resealing {
    /// It has no seal, or one that is broken and stays so that everybody can see it.
    Leave,
    /// What was sealed still stands.
    Renew,
}

impl Resealing {
    fn of(folder: &Path) -> Self {
        if !folder.join(proband_record::SEAL_FILE).is_file() {
            return Self::Leave;
        }
        let sealed = proband_record::Seal::read(folder).and_then(|seal| seal.differences(folder, &OWN_FILES));
        match sealed {
            Ok(found) if found.is_empty() => Self::Renew,
            Ok(found) => {
                eprintln!("the seal is broken and is left as it is: {}", found.join("; "));
                Self::Leave
            }
            Err(error) => {
                eprintln!("the seal cannot be read and is left as it is: {error}");
                Self::Leave
            }
        }
    }

    fn finish(self, folder: &Path, key: Option<&SigningKey>) -> Result<(), Failure> {
        if matches!(self, Self::Leave) {
            return Ok(());
        }
        let seal = proband_record::Seal::read(folder).map_err(Failure::of)?;
        if seal.differences(folder, &[]).map_err(Failure::of)?.is_empty() && key.is_none() {
            return Ok(());
        }
        if key.is_none() && !seal.public_key.is_empty() {
            let what = "the page changed, and the folder is signed: its seal no longer holds until --sign is given with the key";
            return Err(Failure::at(folder, what));
        }
        let chain = proband_record::read_table(&proband_record::record_path(folder, "chain")).map_err(Failure::of)?;
        seal_with(folder, chain.texts("hash").map_err(Failure::of)?, key)
    }
}

/// Read a secret key; none without a file.
pub(super) fn key(path: Option<&Path>) -> Result<Option<SigningKey>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let text = String::from_utf8(read_file(path, 4096)?).map_err(|_| Failure::at(path, "is no text"))?;
    SigningKey::from_text(&text).map(Some).map_err(|error| Failure::at(path, error))
}

/// Seal a folder with its tables.
pub(super) fn seal(folder: &Path, tables: &[Table], key: Option<&SigningKey>) -> Result<(), Failure> {
    let chain = tables.iter().find(|t| t.name == "chain").and_then(|t| t.texts("hash").ok()).unwrap_or(&[]);
    seal_with(folder, chain, key)
}

fn seal_with(folder: &Path, chain: &[String], key: Option<&SigningKey>) -> Result<(), Failure> {
    proband_record::Seal::of(folder, chain, key).and_then(|seal| seal.write(folder)).map_err(Failure::of)
}

/// The tables of a stress test, to stand beside those of a trial; none without a folder.
pub(super) fn stress(folder: Option<&Path>) -> Result<Vec<Table>, Failure> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let run = proband_evidence::load_run(folder).map_err(|error| Failure::at(folder, error))?;
    if let Some(problem) = run.problems.first() {
        return Err(Failure::at(folder, format!("{}: {}", problem.place, problem.text)));
    }
    let tables: Vec<Table> = run.tables.into_iter().filter(|t| t.name == "stress" || t.name.starts_with("stress_")).collect();
    if tables.is_empty() { Err(Failure::at(folder, "holds no stress test")) } else { Ok(tables) }
}

/// Every component that the workspace's lock file names, as a table of the record.
pub(super) fn components() -> Result<Table, Failure> {
    #[derive(serde::Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(serde::Deserialize)]
    struct Package {
        name: String,
        version: String,
        source: Option<String>,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(include_str!("../../../../../Cargo.lock")).map_err(Failure::of)?;
    let rows = lock.package;
    let mut table = Table::new("components");
    let mut text = |name: &str, get: &dyn Fn(&Package) -> String| {
        table.push(name, "", "", "lock file of the program's source", Column::Text(rows.iter().map(get).collect())).map_err(Failure::of)
    };
    text("name", &|p| p.name.clone())?;
    text("version", &|p| p.version.clone())?;
    text("origin", &|p| if p.source.is_some() { "registry".into() } else { "this program".into() })?;
    text("checksum", &|p| p.checksum.clone().unwrap_or_default())?;
    Ok(table)
}

fn check(arguments: &VerifyArguments) -> Result<(), Failure> {
    let found = proband_evidence::check_chain(&arguments.folder, arguments.head.as_deref(), arguments.key.as_deref())
        .map_err(|error| Failure::at(&arguments.folder, error))?;
    if arguments.json {
        terminal::print_json(&found)?;
    } else if found.problems.is_empty() {
        let signed = if found.signed_by.is_empty() { "nobody signed".to_owned() } else { format!("signed by {}", found.signed_by) };
        terminal::print(&format!("{} rows and every file stand, last hash {}; {signed}\n", found.rows, found.head))?;
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
