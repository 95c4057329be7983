//! Writes the reports of the made-up runs into a folder, to look at: `cargo run --example fixture_report -- out`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    for (name, run) in [("rehearsal", support::rehearsal()), ("cohort", support::cohort())] {
        let folder = out.join(name);
        std::fs::create_dir_all(folder.join("records"))?;
        std::fs::write(folder.join("run.toml"), run.info.to_toml()?)?;
        for table in &run.tables {
            proband_record::write_table(&proband_record::record_path(&folder, &table.name), table)?;
        }
        proband_evidence::write_report(&folder)?;
    }
    Ok(())
}
