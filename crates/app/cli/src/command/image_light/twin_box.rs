//! A box of voxels out of a twin's arm.

use std::path::{Path, PathBuf};

use proband_anatomy::{Arm, Tissue};
use proband_core::{Direction, Patient, Position, Stream};
use proband_light::{Layer, Scatterer, VoxelMedium, VoxelTissue, blood_absorption_per_m, reduced_scattering_per_m};
use proband_twin::{Population, Truth};
use proband_volume::Grid;
use serde::Deserialize;

use crate::twin_folder;

/// `[twin]` of a scene.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// Folder of a twin; else a drawn adult.
    folder: Option<PathBuf>,
    /// Number of the drawn adult.
    #[serde(default)]
    patient: u32,
    /// Seed of the draw.
    #[serde(default = "first")]
    seed: u32,
    wavelength_nm: f64,
    /// Edge of a voxel.
    voxel_m: f64,
    /// Middle of the box across and along the arm.
    #[serde(default)]
    x_m: f64,
    #[serde(default)]
    z_m: f64,
    /// Sides of the box: across, along, down.
    #[serde(default = "sides")]
    size_m: [f64; 3],
}

fn first() -> u32 {
    1
}

fn sides() -> [f64; 3] {
    [30e-3, 20e-3, 20e-3]
}

/// Media in the order of their labels.
const NAMES: [&str; 9] = ["air", "epidermis", "dermis", "fat", "muscle", "venous blood", "arterial blood", "vessel walls", "bone"];
/// Oxygen saturation of arterial blood [1]. Prior: unverified.
const ARTERIAL: f64 = 0.98;

/// Voxels, where they lie, names of their media. x across the arm, y along it towards the head, z down into it.
pub(super) fn build(written: &Written, beside: &Path) -> Result<(VoxelTissue, Grid<Patient>, Vec<String>), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let edge = written.voxel_m;
    if !(edge.is_finite() && (20e-6..=5e-3).contains(&edge)) {
        return Err(format!("voxel_m = {edge}: from 20e-6 to 5e-3"));
    }
    if written.size_m.iter().any(|s| !(s.is_finite() && *s >= edge && *s <= 0.2)) {
        return Err("size_m: each from one voxel to 0.2".into());
    }
    let truth = truth_of(written, beside)?;
    let arm = Arm::new(&truth.arm).map_err(|e| text(&e))?;
    let optics = truth.optics_at(written.wavelength_nm).map_err(|e| text(&e))?;
    let size = written.size_m.map(|s| (s / edge).round().max(1.0) as u32);
    let half = [0.5 * f64::from(size[0]) * edge, 0.5 * f64::from(size[1]) * edge];
    let (x0, z0) = (written.x_m - half[0] + 0.5 * edge, written.z_m - half[1] + 0.5 * edge);
    let (x1, z1) = (x0 + f64::from(size[0] - 1) * edge, z0 + f64::from(size[1] - 1) * edge);
    if z0 < Arm::Z_MIN_M || z1 > Arm::Z_MAX_M || x0 < -arm.half_width_m(written.z_m) || x1 > arm.half_width_m(written.z_m) {
        return Err("the box reaches beyond the arm".into());
    }
    let column = |i: u32, j: u32| (x0 + f64::from(i) * edge, z0 + f64::from(j) * edge);
    // One voxel of air above the highest skin.
    let mut top = f64::INFINITY;
    for (x, z) in (0..size[1]).flat_map(|j| (0..size[0]).map(move |i| (i, j))).map(|(i, j)| column(i, j)) {
        top = top.min(arm.skin_y(x, z));
    }
    let y0 = top - 0.5 * edge;
    let mut labels = Vec::with_capacity(size.iter().map(|n| *n as usize).product());
    for k in 0..size[2] {
        for j in 0..size[1] {
            for i in 0..size[0] {
                let (x, z) = column(i, j);
                labels.push(label(&arm, Position::new(x, y0 + f64::from(k) * edge, z), edge));
            }
        }
    }
    let layers = optics.layers(1e-3);
    let medium = |l: &Layer| VoxelMedium {
        index: l.index,
        absorption_per_m: l.absorption_per_m,
        scattering_per_m: l.scattering_per_m,
        anisotropy: l.anisotropy,
    };
    let (epidermis, dermis, muscle) = (medium(&layers[0]), medium(&layers[1]), medium(&layers[3]));
    // The epidermis is thinner than a voxel: its absorption is spread over the voxel, so that light meets as much pigment.
    let share = (optics.epidermis_m / edge).min(1.0);
    let spread = share * epidermis.absorption_per_m + (1.0 - share) * dermis.absorption_per_m;
    let blood = medium(&optics.blood_layer(1e-3));
    let arterial = blood_absorption_per_m(written.wavelength_nm, ARTERIAL, optics.haemoglobin_kg_per_m3);
    let fibrous = reduced_scattering_per_m(Scatterer::Fibrous, written.wavelength_nm) / (1.0 - muscle.anisotropy);
    let media = vec![
        // A little absorption: nothing flies for ever.
        VoxelMedium { index: 1.0, absorption_per_m: 1e-6, scattering_per_m: 0.0, anisotropy: 0.0 },
        VoxelMedium { absorption_per_m: spread, ..epidermis },
        dermis,
        medium(&optics.fat_layer(1e-3)),
        muscle.clone(),
        blood.clone(),
        VoxelMedium { absorption_per_m: arterial, ..blood },
        VoxelMedium { scattering_per_m: fibrous, ..muscle.clone() },
        // Prior: unverified; scattering of fibrous tissue.
        VoxelMedium { scattering_per_m: fibrous, ..muscle },
    ];
    let tissue = VoxelTissue { size, voxel_m: [edge; 3], labels, media, index_outside: 1.0 };
    tissue.check().map_err(|e| text(&e))?;
    let steps = [Direction::new(edge, 0.0, 0.0), Direction::new(0.0, 0.0, edge), Direction::new(0.0, edge, 0.0)];
    let place = Grid::new(size, Position::new(x0, y0, z0), steps).map_err(|e| text(&e))?;
    Ok((tissue, place, NAMES.iter().map(|n| (*n).to_owned()).collect()))
}

fn truth_of(written: &Written, beside: &Path) -> Result<Truth, String> {
    let seed = u64::from(written.seed);
    match &written.folder {
        None => Population::adult().patient(seed, written.patient).map(|p| p.truth).map_err(|e| e.to_string()),
        Some(folder) => {
            let twin = twin_folder::read(&beside.join(folder)).map_err(|e| format!("{e:?}"))?;
            Truth::draw(&twin, &mut Stream::new(seed, written.patient, "image.light.twin")).map_err(|e| e.to_string())
        }
    }
}

fn label(arm: &Arm, p: Position<Patient>, edge: f64) -> u8 {
    match arm.tissue_at(p) {
        Tissue::Air => 0,
        Tissue::Epidermis => 1,
        Tissue::Dermis if arm.depth_below_skin(p) < edge => 1,
        Tissue::Dermis => 2,
        Tissue::Muscle => 4,
        Tissue::VeinLumen => 5,
        Tissue::ArteryLumen => 6,
        Tissue::VeinWall | Tissue::ArteryWall => 7,
        Tissue::Bone => 8,
        // Nerves lie in fat and scatter much as it does.
        _ => 3,
    }
}
