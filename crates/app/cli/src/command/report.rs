//! `proband report`: the report of a run, rebuilt from its records alone.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband report out/                  rewrite out/report.html from out/records
  proband report out/ --json           print where the report lies, as JSON";

/// Arguments of `proband report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder of a run
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Rebuild the report.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    if !arguments.folder.is_dir() {
        let what = if arguments.folder.exists() { "not a folder" } else { "no such folder" };
        return Err(Failure::at(&arguments.folder, what));
    }
    let bar = progress::spinner("building the report");
    let page = {
        let _writing = interrupt.writing();
        proband_evidence::write_report(&arguments.folder).map_err(|error| Failure::at(&arguments.folder, error))?
    };
    bar.finish_and_clear();
    interrupt.check()?;
    if arguments.json {
        terminal::print_json(&serde_json::json!({ "report": page }))
    } else {
        terminal::print(&format!("{}", page.display()))
    }
}
