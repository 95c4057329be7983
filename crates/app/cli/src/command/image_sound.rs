//! `proband image sound`: records and a B-mode picture of a scene by the reference engine.

use std::path::PathBuf;

use proband_core::{Digest, Patient, Position, Stream, Warnings};
use proband_image::{write_nifti, write_npy, write_png_grey8};
use proband_record::{RunFolder, RunManifest};
use proband_sound::{
    Beamformer, Field, PHANTOM_SCATTERERS_MAX, PixelGrid, Scatterer, Spectra, TimeWindow, Transmission, check_scatterers, envelope,
    log_compress,
};
use proband_volume::{AnyVolume, Grid, Volume};

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::sound_scene::SoundScene;
use crate::source_text::SourceText;
use crate::volume_file::say_warnings;
use crate::{progress, terminal};

const EXAMPLES: &str = "\
Examples:
  proband image sound scene.toml -o out/          records as NPY, picture as PNG, NPY and NIfTI
  proband image sound scene.toml -o out/ --json   the same, figures as JSON

A scene:
  seed = 1
  array = { preset = \"l11-5v\" }
  transmit = { angles_deg = [-4.0, 0.0, 4.0] }
  picture = { width_mm = 20.0, depth_mm = [3.0, 20.0], columns = 256, rows = 384 }
  layers = [{ tissue = \"skin\", bottom_mm = 1.5 }, { tissue = \"fat\", bottom_mm = 8.0 }, { tissue = \"muscle\", bottom_mm = 20.0 }]
  scatterers = [{ x_mm = 0.0, z_mm = 12.0, strength = 40.0 }]

Presets: l11-5v, l12-3v, linear-10mhz. Tissues: skin, fat, muscle, blood, wall, nerve, bone.
Ctrl-C keeps what is done: the records and the picture of the scatterers so far.
Left out: refraction, multiple scattering, what lies outside of the plane.";

/// Scatterers between two looks at the interrupt key.
const BATCH: usize = 2048;

/// Arguments of `proband image sound`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The scene: array, transmission, picture, and layers, scatterers or voxels
    #[arg(value_name = "SCENE.toml")]
    scene: PathBuf,
    /// Folder for records and pictures
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace the folder if it holds an older result
    #[arg(long)]
    overwrite: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// What came out.
struct Made {
    /// Records, shape [transmissions, elements, samples].
    records: Vec<f32>,
    element_count: u32,
    sample_count: u32,
    transmission_count: u32,
    sampling_hz: f64,
    start_s: f64,
    /// Complex picture, shape [rows, columns].
    pixels: Vec<[f32; 2]>,
    /// Scatterers that were heard, of how many.
    done: usize,
}

/// Make the picture.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let source = SourceText::read(&arguments.scene)?;
    let warnings = Warnings::new();
    let scene = SoundScene::read(&source, &arguments.scene, &warnings, interrupt)?;
    let fail = |error: &dyn std::fmt::Display| Failure::at(&arguments.scene, error);
    let mut stream = Stream::new(scene.seed, 0, "image.sound");
    let points = scene.points(&mut stream).map_err(|e| fail(&e))?;
    check_scatterers(&points).map_err(|e| fail(&e))?;
    if points.len() as u64 > 2 * PHANTOM_SCATTERERS_MAX {
        return Err(fail(&format!("{} scatterers; at most {}", points.len(), 2 * PHANTOM_SCATTERERS_MAX)));
    }
    if points.is_empty() {
        warnings.note("scene", "nothing scatters: records and picture are zero".to_owned());
    }
    let _writing = interrupt.writing();
    let folder = RunFolder::create(&arguments.out, arguments.overwrite).map_err(Failure::of)?;
    let made = make(&scene, &points, interrupt).map_err(|e| fail(&e))?;
    if made.done < points.len() {
        warnings.note("interrupt", format!("records and picture hold {} of {} scatterers", made.done, points.len()));
    }
    let digest = write(&folder, &scene, &made)?;
    let manifest = RunManifest {
        program: "proband".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: "proband image sound".into(),
        procedure: "image".into(),
        scenario: "sound".into(),
        seed: scene.seed,
        patient: 0,
        twin: String::new(),
        digest: digest.to_string(),
        not_a_device: true,
    };
    folder.write_manifest(&manifest).map_err(Failure::of)?;
    folder.finish().map_err(Failure::of)?;
    say(arguments, &made, points.len(), &digest, &warnings)?;
    if made.done < points.len() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Hear the scatterers in batches, until the last or the interrupt key; then form the picture of what was heard.
fn make(scene: &SoundScene, points: &[Scatterer], interrupt: &Interrupt) -> Result<Made, proband_sound::SoundError> {
    let grid = scene.grid;
    let bottom_m = grid.z_first_m + f64::from(grid.row_count) * grid.z_step_m;
    let half_m = points.iter().map(|s| s.x_m.abs()).fold(0.5 * f64::from(grid.column_count) * grid.x_step_m, f64::max);
    let top_m = points.iter().map(|s| s.z_m).fold(grid.z_first_m, f64::min);
    let bottom_m = points.iter().map(|s| s.z_m).fold(bottom_m, f64::max);
    let windows = scene.transmissions.iter().map(|sent| TimeWindow::of_box(&scene.array, sent, half_m, top_m, bottom_m));
    let window = windows
        .reduce(|a, b| TimeWindow { start_s: a.start_s.min(b.start_s), end_s: a.end_s.max(b.end_s) })
        .unwrap_or(TimeWindow { start_s: 0.0, end_s: 1e-5 });
    let fields: Vec<Field> = scene.transmissions.iter().map(|sent| Field::new(&scene.array, sent, window)).collect::<Result<_, _>>()?;
    let mut spectra: Vec<Spectra> = fields.iter().map(Field::silence).collect();
    let bar = progress::bar(points.len() as u64, "listening");
    let mut done = 0;
    for batch in points.chunks(BATCH) {
        if interrupt.check().is_err() {
            break;
        }
        for (field, spectra) in fields.iter().zip(&mut spectra) {
            field.add(batch, spectra)?;
        }
        done += batch.len();
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    picture(scene, &fields, &spectra, done)
}

fn picture(scene: &SoundScene, fields: &[Field], spectra: &[Spectra], done: usize) -> Result<Made, proband_sound::SoundError> {
    let mut made = Made {
        records: Vec::new(),
        element_count: scene.array.element_count,
        sample_count: 0,
        transmission_count: fields.len() as u32,
        sampling_hz: 0.0,
        start_s: 0.0,
        pixels: vec![[0.0; 2]; scene.grid.column_count as usize * scene.grid.row_count as usize],
        done,
    };
    for ((field, spectra), sent) in fields.iter().zip(spectra).zip(&scene.transmissions) {
        let plain = field.channels(spectra, 1)?;
        made.records.extend(plain.radio_frequency());
        (made.sample_count, made.sampling_hz, made.start_s) = (plain.sample_count as u32, plain.sampling_hz, plain.start_s);
        let dense = field.channels(spectra, 4)?;
        let beams = Beamformer::new(&scene.array, sent, &scene.grid, scene.f_number, scene.apodisation, &dense)?;
        for (sum, new) in made.pixels.iter_mut().zip(beams.form(&dense)?) {
            *sum = [sum[0] + new[0], sum[1] + new[1]];
        }
    }
    Ok(made)
}

/// A volume of floats in the patient's frame: x along the elements, y into the depth.
fn volume(size: [u32; 3], grid: &PixelGrid, data: Vec<f32>) -> Result<AnyVolume, Failure> {
    let origin = Position::<Patient>::new(grid.x_first_m, grid.z_first_m, 0.0);
    let place = Grid::aligned(size, [grid.x_step_m, grid.z_step_m, 1e-3], origin).map_err(Failure::of)?;
    Ok(Volume::new(place, data).map_err(Failure::of)?.into())
}

fn write(folder: &RunFolder, scene: &SoundScene, made: &Made) -> Result<Digest, Failure> {
    let grid = &scene.grid;
    let level = envelope(&made.pixels);
    let top = level.iter().copied().fold(0.0, f32::max);
    let range_db = scene.dynamic_range_db as f32;
    let grey = log_compress(&level, top, range_db);
    // In decibels below the brightest pixel; nothing is as low as the picture's range goes.
    let db: Vec<f32> = level
        .iter()
        .map(|a| if top > 0.0 { (20.0 * proband_core::ops::log10_f32((a / top).max(1e-10))).max(-200.0) } else { -200.0 })
        .collect();
    let records = volume([made.sample_count, made.element_count, made.transmission_count], grid, made.records.clone())?;
    let records = write_npy(&records).map_err(Failure::of)?;
    let picture = volume([grid.column_count, grid.row_count, 1], grid, db)?;
    let write = |name: &str, bytes: &[u8]| folder.write_file(name, bytes).map_err(Failure::of);
    write("rf.npy", &records)?;
    write("bmode_db.npy", &write_npy(&picture).map_err(Failure::of)?)?;
    write("bmode.nii.gz", &write_nifti(&picture, true).map_err(Failure::of)?)?;
    write("bmode.png", &write_png_grey8(grid.column_count, grid.row_count, &grey).map_err(Failure::of)?)?;
    let facts = serde_json::json!({
        "sampling_hz": made.sampling_hz,
        "first_sample_s": made.start_s,
        "elements": made.element_count,
        "pitch_m": scene.array.pitch_m,
        "speed_m_s": scene.array.speed_m_s,
        "angles_deg": scene.angles_deg,
        "x_first_m": grid.x_first_m, "x_step_m": grid.x_step_m,
        "z_first_m": grid.z_first_m, "z_step_m": grid.z_step_m,
        "scatterers": made.done,
    });
    write("rf.json", facts.to_string().as_bytes())?;
    Ok(Digest::of_bytes(&records))
}

fn say(arguments: &Arguments, made: &Made, points: usize, digest: &Digest, warnings: &Warnings) -> Result<(), Failure> {
    if arguments.json {
        return terminal::print_json(&serde_json::json!({
            "scatterers": made.done,
            "scatterers_of_scene": points,
            "lines": { "transmissions": made.transmission_count, "elements": made.element_count, "samples": made.sample_count },
            "sampling_hz": made.sampling_hz,
            "digest": digest.to_string(),
            "out": arguments.out,
            "warnings": warnings.list(),
        }));
    }
    say_warnings(warnings);
    terminal::print(&format!(
        "{} of {points} scatterers; rf.npy {} x {} x {} at {:.1} MHz; bmode.png, bmode_db.npy, bmode.nii.gz in {}\n",
        made.done,
        made.transmission_count,
        made.element_count,
        made.sample_count,
        made.sampling_hz * 1e-6,
        arguments.out.display(),
    ))
}

/// A transmission per angle.
pub(crate) fn plane_waves(array: &proband_sound::ArraySpec, angles_deg: &[f64]) -> Result<Vec<Transmission>, proband_sound::SoundError> {
    angles_deg.iter().map(|angle| Transmission::plane_wave(array, angle.to_radians())).collect()
}
