//! `proband image light`: photons through layers, voxels or a twin's arm.

mod scene;
mod twin_box;

use std::path::PathBuf;

use proband_core::{Column, Digest, Patient, Position, Stream, Table, ops};
use proband_image::{write_nifti, write_npy, write_png_grey};
use proband_light::{Estimate, MonteCarlo, RingGrid, TissueSpec, VoxelRun, VoxelTissue};
use proband_record::{RunFolder, RunManifest};
use proband_volume::{AnyVolume, Grid, Plane, Volume};

use self::scene::{Matter, Scene};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::text_table::{Align, TextTable};
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband image light scene.toml -o out/            where light is absorbed: NPY, NIfTI, PNG, a table
  proband image light scene.toml -o out/ --photons 10000000 --json

A scene of layers:              photons = 1000000
                                seed = 1
                                [[layer]]
                                index = 1.4
                                absorption_per_m = 372.0
                                scattering_per_m = 21642.0
                                anisotropy = 0.9
                                thickness_m = 60e-6
A box of labelled voxels:       [voxels] with file = \"labels.nii.gz\", and a [[medium]] for each label from 0
A twin's arm:                   [twin] with wavelength_nm = 850, voxel_m = 0.25e-3; folder = \"p.twin\" or patient = 3

Ctrl-C stops after the batch under way and keeps the photons that were sent.";

/// Arguments of `proband image light`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scene
    #[arg(value_name = "SCENE.toml")]
    scene: PathBuf,
    /// Folder for the volumes
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Photons instead of the scene's
    #[arg(long, value_name = "N")]
    photons: Option<u64>,
    /// Replace the folder if it holds an older run
    #[arg(long)]
    overwrite: bool,
    /// Print the balance as JSON
    #[arg(long)]
    json: bool,
}

/// What was counted.
struct Sums {
    photons: f64,
    specular: f64,
    back: Estimate,
    through: Estimate,
    absorbed: Estimate,
    /// Left a box.
    left: Estimate,
    /// Absorbed by layer or medium [1], with standard errors.
    parts: Vec<Estimate>,
    /// Absorbed by ring or voxel [1].
    places: Vec<f64>,
}

const NOTHING: Estimate = Estimate { mean: 0.0, error: 0.0 };

fn estimates(means: &[f64], errors: &[f64]) -> Vec<Estimate> {
    means.iter().zip(errors).map(|(mean, error)| Estimate { mean: *mean, error: *error }).collect()
}

/// Send the photons.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let mut scene = Scene::read(&arguments.scene, interrupt)?;
    scene.photons = arguments.photons.unwrap_or(scene.photons);
    if scene.photons == 0 {
        return Err(Failure::Usage("at least one photon is wanted".into()));
    }
    let _writing = interrupt.writing();
    let folder = RunFolder::create(&arguments.out, arguments.overwrite).map_err(Failure::of)?;
    let sums = send(&scene, interrupt)?;
    let rows = balance(&scene, &sums);
    let digest = write(&folder, &scene, &sums, &rows)?;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: format!("proband image light scene.toml --photons {}", sums.photons),
        procedure: "light".into(),
        scenario: "scene".into(),
        seed: scene.seed,
        patient: 0,
        twin: String::new(),
        digest: digest.clone(),
        not_a_device: true,
    };
    folder.write_file("scene.toml", scene.text.as_bytes()).map_err(Failure::of)?;
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    let out = folder.finish().map_err(Failure::of)?;
    let stopped = (sums.photons as u64) < scene.photons;
    if stopped {
        eprintln!("stopped: {} of {} photons are in the tallies", sums.photons, scene.photons);
    }
    say(arguments, &sums, &rows, &digest, &out)?;
    if stopped { Err(Failure::Interrupted) } else { Ok(()) }
}

fn say(arguments: &Arguments, sums: &Sums, rows: &[BalanceRow], digest: &str, out: &std::path::Path) -> Result<(), Failure> {
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(|r| serde_json::json!({ "what": r.0, "share": r.1, "error": r.2 })).collect();
        return terminal::print_json(&serde_json::json!({ "photons": sums.photons, "digest": digest, "out": out, "balance": rows }));
    }
    let mut table = TextTable::new(&[("light", Align::Left), ("share [1]", Align::Right), ("standard error", Align::Right)]);
    for (what, share, error) in rows {
        let error = error.map_or_else(String::new, |e| format!("{e:.2e}"));
        table.row([what.clone(), format!("{share:.6}"), error]);
    }
    terminal::print(&format!("{table}\n{} photons, digest {digest}\n{}\n", sums.photons, out.display()))
}

/// All photons in one run, or those until the interrupt key.
fn send(scene: &Scene, interrupt: &Interrupt) -> Result<Sums, Failure> {
    let bar = progress::bar(scene.photons, "photons");
    let mut go_on = |done: u64| {
        bar.set_position(done);
        interrupt.check().is_ok()
    };
    let (photon_count, seed) = (scene.photons, Stream::new(scene.seed, 0, "image.light").next_u64());
    let sums = match &scene.matter {
        Matter::Layers(tissue, grid) => {
            let light = MonteCarlo { photon_count, seed, half_width_m: 0.0, bin_count: 0 };
            let (balance, map, done) = light.run_with_map_while(tissue, grid, &mut go_on).map_err(Failure::of)?;
            Sums {
                photons: done as f64,
                specular: balance.specular,
                back: balance.diffuse_reflectance,
                through: balance.transmittance,
                absorbed: balance.absorbed,
                left: NOTHING,
                parts: estimates(&balance.absorbed_per_layer, &balance.absorbed_per_layer_error),
                places: map.absorbed,
            }
        }
        Matter::Voxels(tissue, _) => {
            let (start_m, direction) = (scene.start_m, scene.direction);
            let light = VoxelRun { photon_count, seed, start_m, direction, per_voxel: true, gate_s: f64::INFINITY };
            let (balance, done) = light.run_while(tissue, &mut go_on).map_err(Failure::of)?;
            Sums {
                photons: done as f64,
                specular: 0.0,
                back: NOTHING,
                through: NOTHING,
                absorbed: balance.absorbed,
                left: balance.left,
                parts: estimates(&balance.absorbed_per_medium, &balance.absorbed_per_medium_error),
                places: balance.absorbed_per_voxel,
            }
        }
    };
    bar.finish_and_clear();
    Ok(sums)
}

type BalanceRow = (String, f64, Option<f64>);

fn balance(scene: &Scene, sums: &Sums) -> Vec<BalanceRow> {
    let with_error = |name: &str, found: Estimate| (name.to_owned(), found.mean, Some(found.error));
    let mut rows = Vec::new();
    match &scene.matter {
        Matter::Layers(..) => {
            rows.push(("mirrored at the surface".into(), sums.specular, None));
            rows.push(with_error("came back", sums.back));
            rows.push(with_error("went through", sums.through));
        }
        Matter::Voxels(..) => rows.push(with_error("left the box", sums.left)),
    }
    rows.push(with_error("absorbed", sums.absorbed));
    for (i, part) in sums.parts.iter().enumerate() {
        rows.push(with_error(&format!("  in {}", scene.names.get(i).map_or_else(|| i.to_string(), Clone::clone)), *part));
    }
    rows
}

/// Volumes, picture, table. Returns the digest of the numbers.
fn write(folder: &RunFolder, scene: &Scene, sums: &Sums, rows: &[BalanceRow]) -> Result<String, Failure> {
    let (density, absorption) = match &scene.matter {
        Matter::Layers(tissue, grid) => section(tissue, grid, sums)?,
        Matter::Voxels(tissue, place) => boxed(tissue, place, sums)?,
    };
    let fluence =
        Volume::new(*density.grid(), density.data().iter().zip(&absorption).map(|(d, mu)| if *mu > 0.0 { d / mu } else { 0.0 }).collect())
            .map_err(Failure::of)?;
    let picture = picture(&density)?;
    for (name, volume) in [("absorbed_per_m3", density), ("fluence_per_m2", fluence)] {
        let volume = AnyVolume::from(volume);
        folder.write_file(&format!("{name}.npy"), &write_npy(&volume).map_err(Failure::of)?).map_err(Failure::of)?;
        folder.write_file(&format!("{name}.nii.gz"), &write_nifti(&volume, true).map_err(Failure::of)?).map_err(Failure::of)?;
    }
    folder.write_file("absorbed.png", &write_png_grey(&picture).map_err(Failure::of)?).map_err(Failure::of)?;
    let mut table = Table::new("balance");
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "proband image light", column).map_err(Failure::of);
    push("light", "", Column::Text(rows.iter().map(|r| r.0.trim().to_owned()).collect()))?;
    push("share", "1", Column::F64(rows.iter().map(|r| r.1).collect()))?;
    push("standard_error", "1", Column::F64(rows.iter().map(|r| r.2.unwrap_or(f64::NAN)).collect()))?;
    folder.write_table(&table).map_err(Failure::of)?;
    let bytes: Vec<u8> = sums.places.iter().flat_map(|v| v.to_le_bytes()).collect();
    Ok(Digest::of_bytes(&bytes).hash)
}

/// Rings as a section through the beam's axis: x from −r to r, one row of y, z down. Density absorbed [1/m³] and absorption [1/m].
fn section(tissue: &TissueSpec, grid: &RingGrid, sums: &Sums) -> Result<(Volume<f64>, Vec<f64>), Failure> {
    let (across, down) = (grid.radius_count, grid.depth_count);
    let spacing = [grid.radius_step_m, grid.radius_step_m, grid.depth_step_m];
    let origin = Position::<Patient>::new(-(f64::from(across) - 0.5) * grid.radius_step_m, 0.0, 0.5 * grid.depth_step_m);
    let place = Grid::aligned([2 * across, 1, down], spacing, origin).map_err(Failure::of)?;
    let ring = |x: u32| if x < across { across - 1 - x } else { x - across };
    let absorption_at = |z: u32| {
        let depth = (f64::from(z) + 0.5) * grid.depth_step_m;
        let mut bottom = 0.0;
        let layer = tissue.layers.iter().find(|l| {
            bottom += l.thickness_m;
            depth < bottom
        });
        layer.map_or(0.0, |l| l.absorption_per_m)
    };
    let density = Volume::from_fn(place, |[x, _, z]| sums.places[(z * across + ring(x)) as usize] / grid.volume_m3(ring(x)));
    let absorption = (0..down).flat_map(|z| std::iter::repeat_n(absorption_at(z), 2 * across as usize)).collect();
    Ok((density, absorption))
}

fn boxed(tissue: &VoxelTissue, place: &Grid<Patient>, sums: &Sums) -> Result<(Volume<f64>, Vec<f64>), Failure> {
    let volume = tissue.voxel_m.iter().product::<f64>();
    let data = sums.places.iter().map(|v| v / volume).collect();
    let absorption = tissue.labels.iter().map(|l| tissue.media[usize::from(*l)].absorption_per_m).collect();
    Ok((Volume::new(*place, data).map_err(Failure::of)?, absorption))
}

/// The middle section across y in decades below its brightest place: six of them from white to black.
fn picture(density: &Volume<f64>) -> Result<Plane<f32>, Failure> {
    let [nx, ny, nz] = density.size();
    let at = |x: u32, z: u32| density.data()[((z * ny + ny / 2) * nx + x) as usize];
    let top = (0..nz).flat_map(|z| (0..nx).map(move |x| (x, z))).map(|(x, z)| at(x, z)).fold(0.0, f64::max);
    let grey = |v: f64| if v > 0.0 && top > 0.0 { 1.0 + ops::log10(v / top) / 6.0 } else { 0.0 };
    Plane::from_fn(nx, nz, |x, z| grey(at(x, z)).clamp(0.0, 1.0) as f32).map_err(Failure::of)
}
