//! The scene of `proband image sound`: a TOML file to an array, transmissions, a grid and scatterers.

use std::path::{Path, PathBuf};

use proband_core::{Stream, Warnings};
use proband_sound::{
    AcousticSpec, Apodisation, ArraySpec, Echogenic, Phantom, PixelGrid, Scatterer, SoundError, TissueSound, Transmission,
};
use serde::Deserialize;

use crate::command::plane_waves;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::source_text::SourceText;
use crate::volume_file::open;

/// Most plane waves of one scene.
const ANGLES_MAX: usize = 128;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    seed: u64,
    array: ArrayOf,
    #[serde(default)]
    transmit: TransmitOf,
    #[serde(default)]
    receive: ReceiveOf,
    picture: PictureOf,
    #[serde(default = "ten")]
    scatterers_per_cell: f64,
    #[serde(default)]
    layers: Vec<LayerOf>,
    #[serde(default)]
    scatterers: Vec<PointOf>,
    voxels: Option<VoxelsOf>,
}

fn ten() -> f64 {
    10.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrayOf {
    preset: toml::Spanned<String>,
    element_count: Option<u32>,
    pitch_mm: Option<f64>,
    width_mm: Option<f64>,
    frequency_mhz: Option<f64>,
    fractional_bandwidth: Option<f64>,
    speed_m_s: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransmitOf {
    angles_deg: Vec<f64>,
}

impl Default for TransmitOf {
    fn default() -> Self {
        Self { angles_deg: vec![0.0] }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReceiveOf {
    f_number: f64,
    apodisation: Apodisation,
}

impl Default for ReceiveOf {
    fn default() -> Self {
        Self { f_number: 1.5, apodisation: Apodisation::Rectangular }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PictureOf {
    width_mm: f64,
    depth_mm: [f64; 2],
    columns: u32,
    rows: u32,
    #[serde(default = "sixty")]
    dynamic_range_db: f64,
}

fn sixty() -> f64 {
    60.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerOf {
    tissue: toml::Spanned<String>,
    bottom_mm: f64,
    echogenicity_db: Option<f64>,
    attenuation_db_cm_mhz: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointOf {
    x_mm: f64,
    z_mm: f64,
    #[serde(default = "one")]
    strength: f64,
    #[serde(default)]
    attenuation_db_cm_mhz: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoxelsOf {
    file: PathBuf,
    #[serde(default)]
    slice: u32,
    tissues: Vec<LabelOf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelOf {
    label: i64,
    tissue: toml::Spanned<String>,
    echogenicity_db: Option<f64>,
    attenuation_db_cm_mhz: Option<f64>,
}

/// What is imaged, and how.
pub(crate) struct SoundScene {
    /// Seed of the scatterers' places.
    pub seed: u64,
    /// The array.
    pub array: ArraySpec,
    /// Angles of the plane waves [°].
    pub angles_deg: Vec<f64>,
    /// One per angle.
    pub transmissions: Vec<Transmission>,
    /// Receiving f-number.
    pub f_number: f64,
    /// Receiving weights.
    pub apodisation: Apodisation,
    /// Pixels.
    pub grid: PixelGrid,
    /// From white to black [dB].
    pub dynamic_range_db: f64,
    per_cell: f64,
    phantoms: Vec<Phantom>,
    points: Vec<Scatterer>,
}

impl SoundScene {
    /// Read and check a scene.
    pub(crate) fn read(source: &SourceText, path: &Path, warnings: &Warnings, interrupt: &Interrupt) -> Result<Self, Failure> {
        let file: File = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
        let fail = |error: &dyn std::fmt::Display| Failure::at(path, error);
        let array = array(source, &file.array)?;
        array.check().map_err(|e| fail(&format!("array: {e}")))?;
        let angles_deg = file.transmit.angles_deg;
        if angles_deg.is_empty() || angles_deg.len() > ANGLES_MAX {
            return Err(fail(&format!("transmit.angles_deg has {} angles; 1 to {ANGLES_MAX} are possible", angles_deg.len())));
        }
        let transmissions = plane_waves(&array, &angles_deg).map_err(|e| fail(&format!("transmit.angles_deg: {e}")))?;
        let grid = grid(&file.picture).map_err(|e| fail(&e))?;
        let range = file.picture.dynamic_range_db;
        if !(10.0..=200.0).contains(&range) {
            return Err(fail(&format!("picture.dynamic_range_db = {range} is outside 10 to 200")));
        }
        let mut phantoms = Vec::new();
        if !file.layers.is_empty() {
            phantoms.push(layers(source, path, &file.layers, &grid)?);
        }
        if let Some(of) = &file.voxels {
            phantoms.push(voxels(source, path, of, warnings, interrupt)?);
        }
        let points = file
            .scatterers
            .iter()
            .map(|p| Scatterer {
                x_m: 1e-3 * p.x_mm,
                z_m: 1e-3 * p.z_mm,
                strength: p.strength,
                attenuation_db_cm_mhz: p.attenuation_db_cm_mhz,
            })
            .collect();
        let (f_number, apodisation, per_cell) = (file.receive.f_number, file.receive.apodisation, file.scatterers_per_cell);
        let seed = file.seed;
        Ok(Self {
            seed,
            array,
            angles_deg,
            transmissions,
            f_number,
            apodisation,
            grid,
            dynamic_range_db: range,
            per_cell,
            phantoms,
            points,
        })
    }

    /// All scatterers: those that are named, then those that fill layers and voxels.
    pub(crate) fn points(&self, stream: &mut Stream) -> Result<Vec<Scatterer>, SoundError> {
        let mut out = self.points.clone();
        let deep_m = self.grid.z_first_m + f64::from(self.grid.row_count) * self.grid.z_step_m + 1e-3;
        // Nearer than a wavelength there is no picture.
        let near_m = (self.grid.z_first_m - 1e-3).max(self.array.speed_m_s / self.array.frequency_hz);
        for phantom in &self.phantoms {
            out.extend(phantom.scatterers(&self.array, self.f_number, self.per_cell, [near_m, deep_m], stream)?);
        }
        Ok(out)
    }
}

fn array(source: &SourceText, of: &ArrayOf) -> Result<ArraySpec, Failure> {
    let mut array = match of.preset.get_ref().as_str() {
        "l11-5v" => ArraySpec::l11_5v(),
        "l12-3v" => ArraySpec::l12_3v(),
        "linear-10mhz" => ArraySpec::linear_10_mhz(),
        other => {
            let known = "known: l11-5v, l12-3v, linear-10mhz";
            return Err(source.wrong(of.preset.span(), format!("array.preset: no array \"{other}\""), known, None));
        }
    };
    array.element_count = of.element_count.unwrap_or(array.element_count);
    array.pitch_m = of.pitch_mm.map_or(array.pitch_m, |v| 1e-3 * v);
    array.width_m = of.width_mm.map_or(array.width_m.min(array.pitch_m), |v| 1e-3 * v);
    array.frequency_hz = of.frequency_mhz.map_or(array.frequency_hz, |v| 1e6 * v);
    array.fractional_bandwidth = of.fractional_bandwidth.unwrap_or(array.fractional_bandwidth);
    array.speed_m_s = of.speed_m_s.unwrap_or(array.speed_m_s);
    Ok(array)
}

fn grid(of: &PictureOf) -> Result<PixelGrid, String> {
    let limits =
        [("width_mm", of.width_mm, 0.1, 300.0), ("depth_mm[0]", of.depth_mm[0], 0.0, 299.0), ("depth_mm[1]", of.depth_mm[1], 0.1, 300.0)];
    for (name, value, min, max) in limits {
        if !(min..=max).contains(&value) {
            return Err(format!("picture.{name} = {value} is outside {min} to {max}"));
        }
    }
    if of.depth_mm[1] <= of.depth_mm[0] {
        return Err(format!("picture.depth_mm: {} is not below {}", of.depth_mm[1], of.depth_mm[0]));
    }
    let (columns, rows) = (f64::from(of.columns.max(1)), f64::from(of.rows.max(1)));
    let (x_step_m, z_step_m) = (1e-3 * of.width_mm / columns, 1e-3 * (of.depth_mm[1] - of.depth_mm[0]) / rows);
    let grid = PixelGrid {
        x_first_m: -0.5 * (columns - 1.0) * x_step_m,
        x_step_m,
        column_count: of.columns,
        z_first_m: 1e-3 * of.depth_mm[0] + 0.5 * z_step_m,
        z_step_m,
        row_count: of.rows,
    };
    grid.check().map_err(|e| format!("picture: {e}"))?;
    Ok(grid)
}

fn tissue(source: &SourceText, name: &toml::Spanned<String>, place: &str) -> Result<TissueSound, Failure> {
    let textbook = AcousticSpec::textbook();
    Ok(match name.get_ref().as_str() {
        "skin" => textbook.dermis,
        "fat" => textbook.fat,
        "muscle" => textbook.muscle,
        "blood" => textbook.blood,
        "wall" => textbook.vessel_wall,
        "nerve" => textbook.nerve,
        "bone" => textbook.bone,
        other => {
            let known = "known: skin, fat, muscle, blood, wall, nerve, bone";
            return Err(source.wrong(name.span(), format!("{place}.tissue: no tissue \"{other}\""), known, None));
        }
    })
}

fn echogenic(
    sound: &TissueSound,
    echogenicity_db: Option<f64>,
    attenuation_db_cm_mhz: Option<f64>,
    place: &str,
    path: &Path,
) -> Result<Echogenic, Failure> {
    let out = Echogenic {
        echogenicity_db: echogenicity_db.unwrap_or(sound.echogenicity_db),
        attenuation_db_cm_mhz: attenuation_db_cm_mhz.unwrap_or(sound.attenuation_db_cm_mhz),
    };
    let rows = [("echogenicity_db", out.echogenicity_db, -300.0, 60.0), ("attenuation_db_cm_mhz", out.attenuation_db_cm_mhz, 0.0, 30.0)];
    for (field, value, min, max) in rows {
        if !(min..=max).contains(&value) {
            return Err(Failure::at(path, format!("{place}.{field} = {value} is outside {min} to {max}")));
        }
    }
    Ok(out)
}

fn layers(source: &SourceText, path: &Path, of: &[LayerOf], grid: &PixelGrid) -> Result<Phantom, Failure> {
    const STEP_M: f64 = 0.05e-3;
    let (mut tissues, mut cells) = (Vec::new(), Vec::new());
    let mut top_mm = 0.0;
    for (index, layer) in of.iter().enumerate() {
        let place = format!("layers[{index}]");
        if index == 0 && layer.tissue.get_ref() == "bone" {
            return Err(source.wrong(
                layer.tissue.span(),
                format!("{place}.tissue = \"bone\": the probe would stand inside bone"),
                "here",
                None,
            ));
        }
        if !(layer.bottom_mm > top_mm && layer.bottom_mm <= 300.0) {
            return Err(Failure::at(path, format!("{place}.bottom_mm = {} is outside {top_mm} to 300", layer.bottom_mm)));
        }
        let sound = tissue(source, &layer.tissue, &place)?;
        tissues.push(echogenic(&sound, layer.echogenicity_db, layer.attenuation_db_cm_mhz, &place, path)?);
        let rows = (1e-3 * layer.bottom_mm / STEP_M).round() as usize;
        cells.resize(rows.max(cells.len()), Some(index as u16));
        top_mm = layer.bottom_mm;
    }
    let width_m = f64::from(grid.column_count) * grid.x_step_m + 2e-3;
    Ok(Phantom { x_first_m: -0.5 * width_m, x_step_m: width_m, z_step_m: STEP_M, column_count: 1, cells, tissues })
}

/// One slice of a label map: its first axis along the elements, about the array's middle, its second into the depth from the face.
fn voxels(source: &SourceText, path: &Path, of: &VoxelsOf, warnings: &Warnings, interrupt: &Interrupt) -> Result<Phantom, Failure> {
    let file = path.parent().unwrap_or(Path::new("")).join(&of.file);
    let opened = open(&file, warnings, interrupt)?;
    let volume = opened.volumes.into_iter().next().ok_or_else(|| Failure::at(&file, "no volume"))?.to_i16();
    let [nx, ny, nz] = volume.size();
    if of.slice >= nz {
        return Err(Failure::at(path, format!("voxels.slice = {} is outside 0 to {}", of.slice, nz.saturating_sub(1))));
    }
    let step = volume.grid().spacing_m();
    let mut tissues = Vec::new();
    for (index, label) in of.tissues.iter().enumerate() {
        let place = format!("voxels.tissues[{index}]");
        let sound = tissue(source, &label.tissue, &place)?;
        tissues.push(echogenic(&sound, label.echogenicity_db, label.attenuation_db_cm_mhz, &place, path)?);
    }
    let start = nx as usize * ny as usize * of.slice as usize;
    let labels = &volume.data()[start..start + nx as usize * ny as usize];
    let mut cells = Vec::with_capacity(labels.len());
    for (index, value) in labels.iter().enumerate() {
        let found = of.tissues.iter().position(|t| t.label == i64::from(*value));
        if found.is_none() && *value != 0 {
            let (i, j) = (index % nx as usize, index / nx as usize);
            return Err(Failure::at(path, format!("voxels: label {value} at ({i}, {j}, {}) has no entry in voxels.tissues", of.slice)));
        }
        if index < nx as usize && found.is_some_and(|t| of.tissues[t].tissue.get_ref() == "bone") {
            return Err(Failure::at(
                path,
                format!("voxels: label {value} at ({index}, 0, {}) is bone: the probe would stand inside it", of.slice),
            ));
        }
        cells.push(found.map(|t| t as u16));
    }
    if cells.iter().all(Option::is_none) {
        warnings.note("voxels", format!("slice {} holds nothing but label 0", of.slice));
    }
    let x_first_m = -0.5 * f64::from(nx) * step[0];
    Ok(Phantom { x_first_m, x_step_m: step[0], z_step_m: step[1], column_count: nx as usize, cells, tissues })
}
