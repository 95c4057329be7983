//! What a CT of a chest becomes on disk: label maps, airway tree, meshes, table of structures.

use proband_anatomy::{AirwayTree, Airways, ChestStructures, LOBES, RIGHT_LUNG, find_structures, lobe_map};
use proband_core::{Column, Table, Warnings};
use proband_geometry::{Part, VtkEncoding, write_glb, write_stl, write_vtp, write_vtu};
use proband_image::{SegmentName, write_dicom_seg, write_nifti};
use proband_mesh::{GridFrame, LabelMapField, StuffSpec, Surface, isosurface, stuff};
use proband_record::encode_table;
use proband_volume::{AnyVolume, Grid, Interpolation, Volume, gaussian3, resample};

use crate::failure::Failure;

/// Cells of the lungs' tetrahedra, and voxels from which they are made [m].
const LUNG_CELL_M: f64 = 10e-3;
const LUNG_VOXEL_M: f64 = 3e-3;
/// Blur of the airways before their surface is taken, in voxels of the shortest side; where the surface lies.
const SURFACE_BLUR: f64 = 0.7;
const SURFACE_LEVEL: f32 = 0.5;
const CUT_STEPS: u32 = 5;
const POLISH_BELOW_RAD: f64 = 0.2;

/// The chest as found.
pub(crate) struct Chest {
    pub structures: ChestStructures,
    pub tree: AirwayTree,
    /// 1 to 5, where the bronchi divide as usual.
    pub lobes: Option<Volume<u8>>,
}

impl Chest {
    /// Find everything beside the airways.
    pub fn of(ct: &Volume<i16>, airways: &Airways, warnings: &Warnings) -> Result<Self, Failure> {
        let mut structures = find_structures(ct, airways, warnings).map_err(Failure::of)?;
        let tree = airways.tree().map_err(Failure::of)?;
        let lobes = lobe_map(&structures.labels, &tree);
        if lobes.is_none() {
            structures.missing.push("lobes: the main bronchi do not divide as usual, or were not found".into());
        }
        Ok(Self { structures, tree, lobes })
    }

    /// Files by name.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
        let labels = &self.structures.labels;
        let nifti = |volume: &Volume<u8>| write_nifti(&AnyVolume::from(volume.clone()), true).map_err(Failure::of);
        let airways = airway_surface(labels)?;
        let mut out = vec![
            ("labels.nii.gz", nifti(labels)?),
            ("labels.dcm", write_dicom_seg(labels, &self.names()).map_err(Failure::of)?),
            ("airways.parquet", encode_table(&self.tree.to_table().map_err(Failure::of)?).map_err(Failure::of)?),
            ("airways.stl", write_stl(&airways, 1e-3)),
            ("airways.vtp", write_vtp(&airways, 1e-3, VtkEncoding::RawZlib)),
            ("airways.glb", write_glb(&[Part { name: "airways".into(), surface: airways }])),
            ("lungs.vtu", lung_tets(labels)?),
            ("structures.parquet", encode_table(&self.table().map_err(Failure::of)?).map_err(Failure::of)?),
        ];
        if let Some(lobes) = &self.lobes {
            out.push(("lobes.nii.gz", nifti(lobes)?));
        }
        Ok(out)
    }

    /// Codes of the structures (SNOMED CT; prior: unverified).
    fn names(&self) -> Vec<SegmentName> {
        let code = |label: u8| match label {
            1 => ("3341006", "Right lung"),
            2 => ("44029006", "Left lung"),
            3 => ("89187006", "Airway"),
            4 => ("59820001", "Blood vessel"),
            5 => ("272673000", "Bone"),
            6 => ("80891009", "Heart"),
            _ => ("38266002", "Entire body"),
        };
        let named = |label: u8, name: &str| {
            let (value, meaning) = code(label);
            SegmentName { number: label, label: name.into(), code: (value.into(), "SCT".into(), meaning.into()) }
        };
        self.structures.found.iter().map(|s| named(s.label, s.name)).collect()
    }

    /// One row for each structure, then one for what is missing.
    fn table(&self) -> Result<Table, proband_core::CoreError> {
        let found = &self.structures.found;
        let missing = &self.structures.missing;
        let source = "chest from CT";
        let pad = |values: Vec<f64>| values.into_iter().chain(missing.iter().map(|_| f64::NAN)).collect::<Vec<_>>();
        let mut table = Table::new("structures");
        let names = found.iter().map(|s| s.name.to_owned()).chain(missing.iter().map(|_| "missing".to_owned())).collect();
        table.push("structure", "", "", source, Column::Text(names))?;
        table.push("label", "1", "", source, Column::F64(pad(found.iter().map(|s| f64::from(s.label)).collect())))?;
        table.push("volume_m3", "m^3", "", source, Column::F64(pad(found.iter().map(|s| s.volume_m3).collect())))?;
        table.push("volume_sd_m3", "m^3", "", source, Column::F64(pad(found.iter().map(|s| s.volume_sd_m3).collect())))?;
        table.push("confidence", "1", "", source, Column::F64(pad(found.iter().map(|s| s.confidence).collect())))?;
        let why = found.iter().map(|s| s.why.clone()).chain(missing.iter().cloned()).collect();
        table.push("why", "", "", source, Column::Text(why))?;
        Ok(table)
    }

    /// Volume of each lobe [m³].
    pub fn lobe_volumes_m3(&self) -> Vec<(&'static str, f64)> {
        let Some(lobes) = &self.lobes else { return Vec::new() };
        let voxel = lobes.grid().voxel_m3();
        let count = |label: u8| lobes.data().iter().filter(|l| **l == label).count() as f64;
        LOBES.iter().map(|(name, label)| (*name, count(*label) * voxel)).collect()
    }
}

fn frame_of(grid: &Grid) -> Result<GridFrame, Failure> {
    let origin = grid.origin().0;
    GridFrame::new(grid.size(), origin.coords.into(), std::array::from_fn(|a| grid.step(a).0.into())).map_err(Failure::of)
}

/// The surface of the airways: the blurred mask at its half, so that no steps of voxels stay.
fn airway_surface(labels: &Volume<u8>) -> Result<Surface, Failure> {
    let (low, size) = bounds(labels, |l| l == proband_anatomy::AIRWAY);
    let part = labels.part(low, size).map_err(Failure::of)?;
    let shortest = part.grid().spacing_m().into_iter().fold(f64::INFINITY, f64::min);
    let mask = part.map(|l| if l == proband_anatomy::AIRWAY { 1.0_f32 } else { 0.0 });
    let smooth = gaussian3(&mask, SURFACE_BLUR * shortest).map_err(Failure::of)?;
    // The surface lies where values fall below the level from inside: signed like a distance.
    let field: Vec<f32> = smooth.data().iter().map(|v| SURFACE_LEVEL - v).collect();
    isosurface(&frame_of(part.grid())?, &field, 0.0).map_err(Failure::of)
}

/// The box of some labels, with a margin of three voxels.
fn bounds(labels: &Volume<u8>, inside: impl Fn(u8) -> bool) -> ([u32; 3], [u32; 3]) {
    let (mut low, mut high) = (labels.size(), [0_u32; 3]);
    for (at, _) in labels.data().iter().enumerate().filter(|(_, l)| inside(**l)) {
        let cell = labels.grid().cell(at);
        for a in 0..3 {
            low[a] = low[a].min(cell[a]);
            high[a] = high[a].max(cell[a] + 1);
        }
    }
    let low: [u32; 3] = std::array::from_fn(|a| low[a].saturating_sub(3).min(labels.size()[a] - 1));
    let high: [u32; 3] = std::array::from_fn(|a| (high[a] + 3).clamp(low[a] + 1, labels.size()[a]));
    (low, std::array::from_fn(|a| high[a] - low[a]))
}

/// Tetrahedra of both lungs, from the label map at 3 mm.
fn lung_tets(labels: &Volume<u8>) -> Result<Vec<u8>, Failure> {
    let lungs = labels.map(|l| if l == RIGHT_LUNG || l == proband_anatomy::LEFT_LUNG { l } else { 0 });
    let grid = AnyVolume::from(lungs.clone()).cubic_grid(LUNG_VOXEL_M).map_err(Failure::of)?;
    let coarse = resample(&lungs, &grid, Interpolation::Nearest, 0_u8);
    let values: Vec<u16> = coarse.data().iter().map(|l| u16::from(*l)).collect();
    let field = LabelMapField::new(frame_of(&grid)?, &values, 1.0).map_err(Failure::of)?;
    let (low_m, high_m) = field.bounds_m();
    let spec = StuffSpec { cell_m: LUNG_CELL_M, low_m, high_m, cut_steps: CUT_STEPS, polish_below_rad: POLISH_BELOW_RAD };
    let stuffed = stuff(&field, &spec).map_err(Failure::of)?;
    Ok(write_vtu(&stuffed.mesh, 1e-3, VtkEncoding::RawZlib))
}
