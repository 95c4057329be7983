//! Scenes of `proband image light`.

use std::path::{Path, PathBuf};

use proband_core::{Patient, Warnings};
use proband_light::{Cylinder, Layer, RingGrid, TissueSpec, VoxelMedium, VoxelTissue};
use proband_volume::Grid;
use serde::Deserialize;

use super::twin_box;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::volume_file::{open, say_warnings};

/// What light goes through.
pub(super) enum Matter {
    /// Layers, and the rings that count.
    Layers(TissueSpec, RingGrid),
    /// Voxels, and where they lie.
    Voxels(VoxelTissue, Grid<Patient>),
}

/// A scene, checked.
pub(super) struct Scene {
    pub photons: u64,
    pub seed: u64,
    pub matter: Matter,
    /// Of layers or media.
    pub names: Vec<String>,
    /// Start of the beam in a box [m from its corner].
    pub start_m: [f64; 3],
    pub direction: [f64; 3],
    /// The file as it was written.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    photons: u64,
    #[serde(default)]
    seed: u32,
    #[serde(default = "one")]
    index_above: f64,
    #[serde(default = "one")]
    index_below: f64,
    beam: Option<Beam>,
    rings: Option<RingGrid>,
    #[serde(default)]
    layer: Vec<Layer>,
    #[serde(default)]
    cylinder: Vec<Cylinder>,
    voxels: Option<Voxels>,
    #[serde(default)]
    medium: Vec<VoxelMedium>,
    twin: Option<twin_box::Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beam {
    start_m: Option<[f64; 3]>,
    #[serde(default = "down")]
    direction: [f64; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Voxels {
    /// NIfTI, NRRD or MetaImage with labels.
    file: PathBuf,
    #[serde(default = "one")]
    index_outside: f64,
}

fn one() -> f64 {
    1.0
}

fn down() -> [f64; 3] {
    [0.0, 0.0, 1.0]
}

impl Scene {
    /// Read a scene. Paths are relative to the file.
    pub(super) fn read(path: &Path, interrupt: &Interrupt) -> Result<Self, Failure> {
        let source = SourceText::read(path)?;
        let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let kinds = [!written.layer.is_empty(), written.voxels.is_some(), written.twin.is_some()];
        if kinds.iter().filter(|k| **k).count() != 1 {
            return Err(Failure::at(path, "a scene has either [[layer]]s, or [voxels] with [[medium]]s, or a [twin]"));
        }
        let (matter, names) = if let Some(voxels) = &written.voxels {
            voxel_file(&beside.join(&voxels.file), voxels.index_outside, written.medium, interrupt)?
        } else if let Some(twin) = &written.twin {
            let (tissue, place, names) = twin_box::build(twin, beside).map_err(|error| Failure::at(path, error))?;
            (Matter::Voxels(tissue, place), names)
        } else {
            let names = (1..=written.layer.len()).map(|i| format!("layer {i}")).collect();
            let tissue = TissueSpec {
                index_above: written.index_above,
                index_below: written.index_below,
                layers: written.layer,
                cylinders: written.cylinder,
            };
            tissue.check().map_err(|error| Failure::at(path, error))?;
            let rings = written.rings.unwrap_or_else(|| rings_for(&tissue));
            rings.check().map_err(|error| Failure::at(path, error))?;
            (Matter::Layers(tissue, rings), names)
        };
        let middle = match &matter {
            Matter::Layers(..) => [0.0; 3],
            // The middle of the upper face, just inside.
            Matter::Voxels(t, _) => [0.5 * f64::from(t.size[0]) * t.voxel_m[0], 0.5 * f64::from(t.size[1]) * t.voxel_m[1], 0.0],
        };
        let beam = written.beam.unwrap_or(Beam { start_m: None, direction: down() });
        Ok(Self {
            photons: written.photons,
            seed: u64::from(written.seed),
            matter,
            names,
            start_m: beam.start_m.unwrap_or(middle),
            direction: beam.direction,
            text: source.text,
        })
    }
}

/// A hundred rings across and two hundred down over the first 20 mm, or what the layers have.
fn rings_for(tissue: &TissueSpec) -> RingGrid {
    let depth: f64 = tissue.layers.iter().map(|l| l.thickness_m).sum::<f64>().min(20e-3);
    RingGrid { radius_step_m: depth / 100.0, depth_step_m: depth / 200.0, radius_count: 100, depth_count: 200 }
}

fn voxel_file(path: &Path, index_outside: f64, media: Vec<VoxelMedium>, interrupt: &Interrupt) -> Result<(Matter, Vec<String>), Failure> {
    let warnings = Warnings::new();
    let opened = open(path, &warnings, interrupt)?;
    say_warnings(&warnings);
    let first = opened.volumes.into_iter().next().ok_or_else(|| Failure::at(path, "no volume"))?;
    let labels = first.to_labels().map_err(|error| Failure::at(path, error))?;
    let names = (0..media.len()).map(|i| format!("label {i}")).collect();
    let tissue =
        VoxelTissue { size: labels.size(), voxel_m: labels.grid().spacing_m(), labels: labels.data().to_vec(), media, index_outside };
    tissue.check().map_err(|error| Failure::at(path, error))?;
    Ok((Matter::Voxels(tissue, *labels.grid()), names))
}
