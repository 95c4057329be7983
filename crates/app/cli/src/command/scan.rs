//! `proband scan`: veins in a near-infrared photograph.

use std::path::{Path, PathBuf};

use proband_core::{Column, Digest, Table};
use proband_image::{FILE_BYTES_MAX, Picture, read_grey, write_png_colour};
use proband_procedure::perception::{NirNetwork, PhotographScan, PhotographSite, scan_photograph, scan_photograph_within};
use proband_record::{RunFolder, RunManifest};
use proband_volume::Plane;

use super::bias::Detector;
use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::{SourceText, read_file};
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband scan --image arm.png --pixel-size 0.2mm               candidate sites as a table
  proband scan --image arm.jpg --pixel-size 0.2mm -o scan/      and an overlay and tables in scan/
  proband scan --image arm.png --pixel-size 150um --region skin.png --json
  proband scan --image arm.png --pixel-size 0.2mm --detector network

Where the photograph shows more than skin, mark the skin: --region is a picture of the same size, white where skin is.
Clothing, hair and edges of things are dark lines too.";

/// Colours of the overlay.
const VEIN: [u8; 3] = [0, 150, 255];
const SITE: [u8; 3] = [255, 80, 0];
/// Grey value above which a region picture means skin.
const REGION_LEVEL: f32 = 0.5;

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
    /// Picture of the same size, white where the skin is
    #[arg(long, value_name = "FILE")]
    region: Option<PathBuf>,
    /// Who looks: oriented filters, or the network trained on made pictures
    #[arg(long, value_enum, default_value_t = Detector::Filter)]
    detector: Detector,
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
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let pixel_m = pixel_size(&arguments.pixel_size)?;
    let bytes = read_file(&arguments.image, FILE_BYTES_MAX)?;
    let picture = read_grey(&bytes).map_err(|error| Failure::at(&arguments.image, error))?;
    let _writing = arguments.out.as_ref().map(|_| interrupt.writing());
    let folder = arguments.out.as_deref().map(|out| RunFolder::create(out, arguments.overwrite).map_err(Failure::of)).transpose()?;
    let bar = progress::spinner("looking for veins");
    let region = arguments.region.as_deref().map(|path| skin(path, &picture)).transpose()?;
    let scan = match (arguments.detector, &region) {
        (Detector::Filter, None) => scan_photograph(&picture, pixel_m),
        (Detector::Filter, Some(region)) => scan_photograph_within(&picture, region, pixel_m),
        (Detector::Network, region) => NirNetwork::builtin().map_err(Failure::of)?.scan(&picture, region.as_ref(), pixel_m),
    };
    bar.finish_and_clear();
    interrupt.check()?;
    if let Some(folder) = folder {
        write(folder, &bytes, &Picture::from_grey(&picture), &scan)?;
    }
    say(arguments, &scan)
}

/// Where a region picture means skin.
fn skin(path: &Path, picture: &Plane<f32>) -> Result<Plane<bool>, Failure> {
    let region = read_grey(&read_file(path, FILE_BYTES_MAX)?).map_err(|error| Failure::at(path, error))?;
    if !region.same_size(picture) {
        let sizes = [region.width(), region.height(), picture.width(), picture.height()];
        return Err(Failure::at(path, format!("{} x {} pixels, the photograph has {} x {}", sizes[0], sizes[1], sizes[2], sizes[3])));
    }
    Ok(region.map(|grey| *grey > REGION_LEVEL))
}

fn pixel_size(text: &str) -> Result<f64, Failure> {
    amount::read(text, Kind::PixelSize).map_err(|problem| {
        let source = SourceText { name: "--pixel-size".into(), text: text.to_owned() };
        source.wrong(problem.at.unwrap_or(0..text.len()), format!("--pixel-size: {}", problem.what), problem.label, Some(problem.help))
    })
}

/// Overlay, tables and where they came from. The photograph's name stays out: it may hold a person's.
fn write(folder: RunFolder, image: &[u8], picture: &Picture, scan: &PhotographScan) -> Result<(), Failure> {
    let mut overlay = picture.clone();
    overlay.tint(&scan.mask, VEIN, 0.45);
    for edge in &scan.edges {
        overlay.polyline(&edge.path_px, 1.0, VEIN);
    }
    for site in &scan.sites {
        let half = 0.5 * site.length_m / scan.pixel_size_m;
        let end = |sign: f64| [site.p_px[0] + sign * half * site.direction[0], site.p_px[1] + sign * half * site.direction[1]];
        overlay.polyline(&[end(-1.0), end(1.0)], 2.0, SITE);
        overlay.cross(site.p_px, 6.0, 2.0, SITE);
    }
    folder.write_file("overlay.png", &write_png_colour(&overlay).map_err(Failure::of)?).map_err(Failure::of)?;
    folder.write_table(&sites_table(scan)?).map_err(Failure::of)?;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: format!("proband scan --pixel-size {:e}m", scan.pixel_size_m),
        procedure: "scan".into(),
        scenario: "photograph".into(),
        seed: 0,
        patient: 0,
        twin: String::new(),
        digest: Digest::of_bytes(image).to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    folder.finish().map_err(Failure::of)?;
    Ok(())
}

fn sites_table(scan: &PhotographScan) -> Result<Table, Failure> {
    let column = |get: &dyn Fn(&PhotographSite) -> f64| Column::F64(scan.sites.iter().map(get).collect());
    let mut table = Table::new("sites");
    let mut push = |name: &str, unit: &str, frame: &str, column| {
        table.push(name, unit, frame, "near-infrared photograph", column).map_err(Failure::of)
    };
    push("rank", "1", "", Column::I64((1..=scan.sites.len() as i64).collect()))?;
    push("x_px", "px", "image", column(&|site| site.p_px[0]))?;
    push("y_px", "px", "image", column(&|site| site.p_px[1]))?;
    push("direction_x", "1", "image", column(&|site| site.direction[0]))?;
    push("direction_y", "1", "image", column(&|site| site.direction[1]))?;
    push("length_m", "m", "", column(&|site| site.length_m))?;
    push("width_m", "m", "", column(&|site| site.width_m))?;
    push("straightness", "1", "", column(&|site| site.straightness))?;
    push("contrast", "1", "", column(&|site| site.contrast))?;
    push("score", "1", "", column(&|site| site.score))?;
    Ok(table)
}

fn say(arguments: &Arguments, scan: &PhotographScan) -> Result<(), Failure> {
    let out: Option<&Path> = arguments.out.as_deref();
    if arguments.json {
        let value = serde_json::json!({ "pixel_size_m": scan.pixel_size_m, "veins": scan.edges.len(), "sites": scan.sites, "out": out });
        return terminal::print_json(&value);
    }
    let mut table = TextTable::new(&[
        ("rank", Align::Right),
        ("column [px]", Align::Right),
        ("row [px]", Align::Right),
        ("length [mm]", Align::Right),
        ("width [mm]", Align::Right),
        ("straight [1]", Align::Right),
        ("contrast [1]", Align::Right),
        ("score [1]", Align::Right),
    ]);
    for (index, site) in scan.sites.iter().enumerate() {
        table.row([
            (index + 1).to_string(),
            format!("{:.0}", site.p_px[0]),
            format!("{:.0}", site.p_px[1]),
            format!("{:.1}", site.length_m * 1e3),
            format!("{:.1}", site.width_m * 1e3),
            format!("{:.2}", site.straightness),
            format!("{:.3}", site.contrast),
            format!("{:.2}", site.score),
        ]);
    }
    let written = out.map_or(String::new(), |out| format!("\n{}\n", out.display()));
    let found = if scan.sites.is_empty() { "no candidate site".to_owned() } else { table.to_string() };
    terminal::print(&format!("{} veins, {} candidate sites\n\n{found}{written}", scan.edges.len(), scan.sites.len()))
}
