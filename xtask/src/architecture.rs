//! The table of crates in `ARCHITECTURE.md`, written by a machine so that it does not age.

use std::fmt::Write;
use std::path::PathBuf;

use crate::workspace::{self, Crate, Floor, Kind};

/// Line before the table.
pub const BEGIN: &str = "<!-- crates: written by `cargo xtask architecture` -->";
/// Line after the table.
pub const END: &str = "<!-- end of crates -->";

/// One row per crate, floor by floor: package, folder, duty, and the crates of the workspace that it links.
#[must_use]
pub fn table(crates: &[Crate]) -> String {
    let mut text = String::from("| crate | lives in | duty | sees |\n|---|---|---|---|\n");
    for floor in Floor::HOUSE {
        for found in crates.iter().filter(|c| c.floor == floor) {
            let mut sees: Vec<&str> = found
                .dependencies
                .iter()
                .filter(|d| d.kind == Kind::Normal && crates.iter().any(|c| c.name == d.name))
                .map(|d| d.name.trim_start_matches("proband-"))
                .collect();
            sees.sort_unstable();
            let sees = if sees.is_empty() { "nothing".into() } else { sees.join(", ") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {} | {} | {} | {sees} |", found.name, found.folder, found.description.replace('|', "\\|"));
        }
    }
    text
}

fn path() -> PathBuf {
    workspace::root().join("ARCHITECTURE.md")
}

/// The page as it stands and as it should stand.
fn pages() -> Result<(String, String), String> {
    let page = std::fs::read_to_string(path()).map_err(|e| format!("ARCHITECTURE.md: {e}"))?;
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| format!("ARCHITECTURE.md has no line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("ARCHITECTURE.md has no line {END}"))?;
    let fresh = format!("{before}{BEGIN}\n{}{END}{after}", table(&workspace::crates()?));
    Ok((page, fresh))
}

/// Write the table into the page.
///
/// # Errors
/// When the page cannot be read or written or has no place for the table.
pub fn write() -> Result<(), String> {
    let (page, fresh) = pages()?;
    if page == fresh { Ok(()) } else { std::fs::write(path(), fresh).map_err(|e| format!("ARCHITECTURE.md: {e}")) }
}

/// Compare the table in the page with the workspace.
///
/// # Errors
/// When they differ.
pub fn check() -> Result<(), String> {
    let (page, fresh) = pages()?;
    if page == fresh { Ok(()) } else { Err("the table of crates in ARCHITECTURE.md is stale; run `cargo xtask architecture`".into()) }
}
