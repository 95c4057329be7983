//! `proband scan`: veins in a near-infrared photograph.

use std::path::PathBuf;

use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;

const EXAMPLES: &str = "\
Examples:
  proband scan --image arm.png --pixel-size 0.2mm               candidate sites as a table
  proband scan --image arm.jpg --pixel-size 0.2mm -o scan/      and an overlay in scan/
  proband scan --image arm.png --pixel-size 150um --json";

/// Arguments of `proband scan`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Photograph in near-infrared light: PNG or JPEG
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Side of one pixel on the skin, with unit
    #[arg(long, value_name = "LENGTH")]
    pixel_size: String,
    /// Folder for the overlay and the tables
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace the folder if it holds an older scan
    #[arg(long)]
    overwrite: bool,
    /// Print the candidates as JSON
    #[arg(long)]
    json: bool,
}

/// Scan.
pub(crate) fn run(arguments: &Arguments, _interrupt: &Interrupt) -> Result<(), Failure> {
    let text = &arguments.pixel_size;
    let _pixel_m = amount::read(text, Kind::PixelSize).map_err(|problem| {
        let source = SourceText { name: "--pixel-size".into(), text: text.clone() };
        source.wrong(problem.at.unwrap_or(0..text.len()), format!("--pixel-size: {}", problem.what), problem.label, Some(problem.help))
    })?;
    let _ = (&arguments.image, &arguments.out, arguments.overwrite, arguments.json);
    Err(Failure::Message("this build cannot scan yet".into()))
}
