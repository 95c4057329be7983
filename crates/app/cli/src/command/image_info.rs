//! `proband image info`: what a volume file holds and where it lies.

use std::path::PathBuf;

use proband_core::Warnings;
use proband_volume::AnyVolume;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;
use crate::text_table::{Align, TextTable};
use crate::volume_file::{Opened, open, say_warnings};

const EXAMPLES: &str = "\
Examples:
  proband image info ct.nii.gz                 size, spacing, place, kind and range of values
  proband image info series/ mask.nrrd --json

Reads NIfTI, NRRD, MetaImage and DICOM: a file, or a folder with the files of a series.
Positions are LPS: x to the patient's left, y to his back, z to his head.";

/// Arguments of `proband image info`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Volume files, or folders of DICOM files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Say what the files hold.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let columns = [
        ("volume", Align::Left),
        ("format", Align::Left),
        ("voxels", Align::Right),
        ("spacing [mm]", Align::Right),
        ("first voxel, LPS [mm]", Align::Right),
        ("values", Align::Left),
        ("smallest", Align::Right),
        ("largest", Align::Right),
        ("mean", Align::Right),
    ];
    let mut table = TextTable::new(&columns);
    let mut all = Vec::new();
    for path in &arguments.files {
        interrupt.check()?;
        let warnings = Warnings::new();
        let opened = open(path, &warnings, interrupt)?;
        if !arguments.json {
            say_warnings(&warnings);
        }
        for (index, volume) in opened.volumes.iter().enumerate() {
            let name = if opened.volumes.len() == 1 { path.display().to_string() } else { format!("{} #{}", path.display(), index + 1) };
            table.row(row(&name, &opened, volume));
            all.push(json(&name, &opened, volume, &warnings));
        }
    }
    if arguments.json { terminal::print_json(&all) } else { terminal::print(&table.to_string()) }
}

fn row(name: &str, opened: &Opened, volume: &AnyVolume) -> [String; 9] {
    let (grid, values) = (volume.grid(), volume.statistics());
    let [x, y, z] = grid.size();
    let spacing = grid.spacing_m().map(|s| format!("{:.4}", s * 1e3)).join(" x ");
    let origin = grid.origin().0;
    [
        name.to_owned(),
        format!("{}, {}", opened.format, opened.placed_by),
        format!("{x} x {y} x {z}"),
        spacing,
        format!("({:.3}, {:.3}, {:.3})", origin.x * 1e3, origin.y * 1e3, origin.z * 1e3),
        volume.kind().to_owned(),
        format!("{}", values.min),
        format!("{}", values.max),
        format!("{:.4}", values.mean),
    ]
}

fn json(name: &str, opened: &Opened, volume: &AnyVolume, warnings: &Warnings) -> serde_json::Value {
    let (grid, values) = (volume.grid(), volume.statistics());
    let steps: Vec<[f64; 3]> = (0..3).map(|axis| grid.step(axis).0.into()).collect();
    let origin: [f64; 3] = grid.origin().0.coords.into();
    serde_json::json!({
        "file": name,
        "format": opened.format,
        "placed_by": opened.placed_by,
        "size": grid.size(),
        "spacing_m": grid.spacing_m(),
        "origin_lps_m": origin,
        "steps_lps_m": steps,
        "values": volume.kind(),
        "min": values.min,
        "max": values.max,
        "mean": values.mean,
        "warnings": warnings.list(),
    })
}
