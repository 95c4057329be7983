//! `proband anatomy chest`: lungs and airways from a CT.

use std::path::PathBuf;

use proband_anatomy::{AIRWAY, Airways, LEFT_LUNG, RIGHT_LUNG, find_airways, find_airways_from, label_chest};
use proband_core::{Digest, Warnings};
use proband_image::{Picture, write_nifti, write_png_colour};
use proband_record::{RunFolder, RunManifest};
use proband_volume::{AnyVolume, Plane, Volume};

use crate::chest_files::Chest;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::volume_file::{open, say_warnings};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband anatomy chest ct.nii.gz -o chest/           lungs and airways: label map, picture, volumes
  proband anatomy chest series/ -o chest/ --json      the same from a folder of DICOM files
  proband anatomy chest ct.nrrd -o chest/ --seed 118,75,155

The CT must hold Hounsfield units, with slices across the body. Labels: 1 right lung, 2 left lung, 3 airways,
4 vessels in the lungs, 5 bones, 6 region of the heart, 7 rest of the body.
Writes label maps (NIfTI, DICOM-SEG), the airway tree (Parquet), its surface (STL, VTP, GLB), the lungs' tetrahedra (VTU).
Not a medical device: no airway was compared with a person's reading of a real CT.";

/// Arguments of `proband anatomy chest`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// CT of a chest: NIfTI, NRRD, MetaImage, or a folder of DICOM files
    #[arg(value_name = "CT")]
    ct: PathBuf,
    /// Folder for label map, picture and table
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Voxel in the trachea, where it is not found by itself: i,j,k from 0
    #[arg(long, value_name = "I,J,K", value_delimiter = ',')]
    seed: Option<Vec<u32>>,
    /// Replace the folder if it holds an older result
    #[arg(long)]
    overwrite: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// Find lungs and airways.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let warnings = Warnings::new();
    let opened = open(&arguments.ct, &warnings, interrupt)?;
    let first = opened.volumes.into_iter().next().ok_or_else(|| Failure::at(&arguments.ct, "no volume"))?;
    let ct = first.to_i16();
    drop(first);
    let _writing = interrupt.writing();
    let folder = RunFolder::create(&arguments.out, arguments.overwrite).map_err(Failure::of)?;
    let bar = progress::spinner("looking for airways");
    let airways = match arguments.seed.as_deref() {
        Some([i, j, k]) => find_airways_from(&ct, [*i, *j, *k], &warnings),
        Some(other) => return Err(Failure::Usage(format!("--seed has {} numbers; it needs three: i,j,k", other.len()))),
        None => find_airways(&ct, &warnings),
    }
    .map_err(|error| Failure::at(&arguments.ct, error))?;
    interrupt.check()?;
    bar.set_message("looking for lungs");
    let labels = label_chest(&ct, &airways.mask, airways.seed, &warnings);
    interrupt.check()?;
    bar.set_message("looking for vessels, bones and lobes");
    let chest = Chest::of(&ct, &airways, &warnings)?;
    interrupt.check()?;
    bar.set_message("writing");
    chest.files()?.iter().try_for_each(|(name, bytes)| folder.write_file(name, bytes).map_err(Failure::of))?;
    write(folder, &ct, &labels, &airways)?;
    bar.finish_and_clear();
    say(arguments, &chest, &airways, &warnings)
}

fn write(folder: RunFolder, ct: &Volume<i16>, labels: &Volume<u8>, airways: &Airways) -> Result<(), Failure> {
    let nifti = write_nifti(&AnyVolume::from(labels.clone()), true).map_err(Failure::of)?;
    folder.write_file("chest.nii.gz", &nifti).map_err(Failure::of)?;
    folder.write_file("airways.png", &write_png_colour(&front_view(ct, labels)?).map_err(Failure::of)?).map_err(Failure::of)?;
    let [i, j, k] = airways.seed;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: format!("proband anatomy chest --seed {i},{j},{k}"),
        procedure: "anatomy".into(),
        scenario: "chest".into(),
        seed: 0,
        patient: 0,
        twin: String::new(),
        digest: Digest::of_bytes(&nifti).to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    folder.finish().map_err(Failure::of)?;
    Ok(())
}

/// Colours of airways and lungs.
const COLOURS: [(u8, [u8; 3], f32); 3] =
    [(RIGHT_LUNG, [90, 140, 220], 0.15), (LEFT_LUNG, [110, 190, 120], 0.15), (AIRWAY, [255, 170, 0], 0.8)];

/// The chest from the front, head up: mean CT value along the way, lungs and airways in colour.
fn front_view(ct: &Volume<i16>, labels: &Volume<u8>) -> Result<Picture, Failure> {
    let [nx, ny, nz] = ct.size();
    let step = ct.grid().spacing_m();
    let rows = ((f64::from(nz) * step[2] / step[0]).round() as u32).clamp(1, 4 * nz);
    let head_up = ct.grid().step(2).0.z > 0.0;
    let slice = |row: u32| {
        let z = (u64::from(row) * u64::from(nz) / u64::from(rows)) as u32;
        if head_up { nz - 1 - z } else { z }
    };
    let at = |x: u32, y: u32, z: u32| x as usize + nx as usize * (y as usize + ny as usize * z as usize);
    let grey = Plane::from_fn(nx, rows, |x, row| {
        let z = slice(row);
        let sum: f32 = (0..ny).map(|y| f32::from(ct.data()[at(x, y, z)].clamp(-1000, 600)) + 1000.0).sum();
        (sum / ny as f32 / 1100.0).min(1.0)
    })
    .map_err(Failure::of)?;
    let mut picture = Picture::from_grey(&grey);
    for (label, colour, strength) in COLOURS {
        let mask = Plane::from_fn(nx, rows, |x, row| {
            let z = slice(row);
            (0..ny).any(|y| labels.data()[at(x, y, z)] == label)
        });
        picture.tint(&mask.map_err(Failure::of)?, colour, strength);
    }
    Ok(picture)
}

fn say(arguments: &Arguments, chest: &Chest, airways: &Airways, warnings: &Warnings) -> Result<(), Failure> {
    let tree = &chest.tree;
    let flags: Vec<String> = tree.flags().iter().map(|f| format!("{f:?}")).collect();
    if arguments.json {
        let structures: Vec<_> = (chest.structures.found.iter())
            .map(|s| {
                serde_json::json!({"name": s.name, "label": s.label, "volume_m3": s.volume_m3, "volume_sd_m3": s.volume_sd_m3,
                    "confidence": s.confidence, "why": s.why})
            })
            .collect();
        return terminal::print_json(&serde_json::json!({
            "structures": structures,
            "missing": chest.structures.missing,
            "lobes_m3": chest.lobe_volumes_m3().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "airways_m3": airways.volume_m3,
            "airways_by_growth_m3": airways.grown_m3,
            "branches": tree.branches.len(),
            "tree_length_m": tree.length_m(),
            "flags": flags,
            "threshold_hu": airways.threshold_hu,
            "seed": airways.seed,
            "out": arguments.out,
            "warnings": warnings.list(),
        }));
    }
    say_warnings(warnings);
    let mut table = TextTable::new(&[
        ("structure", Align::Left),
        ("label", Align::Right),
        ("volume [mL]", Align::Right),
        ("+/-", Align::Right),
        ("confidence", Align::Right),
        ("why", Align::Left),
    ]);
    for s in &chest.structures.found {
        let [volume, sd] = [s.volume_m3, s.volume_sd_m3].map(|v| format!("{:.1}", v * 1e6));
        table.row([s.name.to_owned(), s.label.to_string(), volume, sd, format!("{:.2}", s.confidence), s.why.clone()]);
    }
    for (name, volume_m3) in chest.lobe_volumes_m3() {
        let volume = format!("{:.0}", volume_m3 * 1e6);
        table.row([
            name.to_owned(),
            String::new(),
            volume,
            String::new(),
            "0.40".into(),
            "by the nearest bronchi, fissures not seen".into(),
        ]);
    }
    let mut norms = TextTable::new(&[
        ("generation", Align::Right),
        ("branches", Align::Right),
        ("lumen [mm]", Align::Right),
        ("usual", Align::Right),
        ("length [mm]", Align::Right),
        ("usual", Align::Right),
    ]);
    for row in tree.norms() {
        let usual = |pick: fn((f64, f64)) -> f64| row.usual_m.map_or(String::new(), |u| format!("{:.1}", pick(u) * 1e3));
        let [lumen, length] = [row.lumen_m, row.length_m].map(|v| format!("{:.1}", v * 1e3));
        norms.row([row.generation.to_string(), row.count.to_string(), lumen, usual(|u| u.0), length, usual(|u| u.1)]);
    }
    let [i, j, k] = airways.seed;
    let notes: String = flags.iter().map(|f| format!("unusual: {f}\n")).collect();
    let missing: String = chest.structures.missing.iter().map(|m| format!("missing: {m}\n")).collect();
    terminal::print(&format!(
        "{table}\n{norms}\n{notes}{missing}airways: {} branches, {:.0} mm in all; from voxel {i},{j},{k}; plain growth up to {} HU finds {:.1} mL\n{}\n",
        tree.branches.len(),
        tree.length_m() * 1e3,
        airways.threshold_hu,
        airways.grown_m3 * 1e6,
        arguments.out.display()
    ))
}
