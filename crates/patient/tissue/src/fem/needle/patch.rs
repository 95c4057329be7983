//! The arm around a puncture: skin, fat, muscle and vessels under a flat piece of skin, and a needle in it.
//!
//! In place of the law along the needle's axis: the same cutting, friction and rupture, but the tissue that carries the forces has three
//! dimensions. Frame: origin on the skin where the needle meets it, x along the needle's shadow, z into the arm.

use serde::{Deserialize, Serialize};

use super::linear::{LinearBody, LinearSpace};
use super::model::NeedlingModel;
use super::row::shaft_compliance_m_per_n;
use super::spec::{NeedleMedium, NeedleTube, NeedlingSpec};
use super::state::{NeedlingState, ShaftOutput, ShaftPose};
use crate::error::check;
use crate::fem::mat3::{M3, cofactor, det, dot3, times};
use crate::fem::{Elements, FemPart, FemSpec, Lattice, Law, Prony, lame_pa};
use crate::law::Law as AxisLaw;
use crate::{LumenStatus, Medium, NeedleOutput, NeedleSpec, NeedleTissueSpec, SpanKind, TissueError};

/// Reach of the body along x and to both sides in y [m]; what lies outside is held.
const REACH_X_M: [f64; 2] = [-14e-3, 40e-3];
const REACH_Y_M: f64 = 14e-3;
/// Least depth of the body, and depth under the border of the muscle [m].
const DEPTH_MIN_M: f64 = 18e-3;
const UNDER_FAT_M: f64 = 6e-3;
/// Cells near the needle along x, y and z [m].
const CELL_M: [f64; 3] = [2e-3, 1.4e-3, 1.5e-3];
/// Growth of a cell over its neighbour nearer to the needle [1].
const GROWTH: f64 = 1.5;
/// Half of a cell: what a needle's force is spread over [m].
const BLUR_M: f64 = 0.8e-3;
/// Distance of the points that hold the shaft [m].
const SPACING_M: f64 = 2e-3;
/// Poisson's ratio of the layers, nearly incompressible, and of vessels, which blood can leave (prior: unverified).
const POISSON: [f64; 2] = [0.45, 0.3];

/// Young's moduli before they are scaled to the patient [Pa].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchYoung {
    /// Epidermis and dermis. 50–500 kPa (prior: unverified).
    pub skin_pa: f64,
    /// Fat. 1–25 kPa (prior: unverified).
    pub fat_pa: f64,
    /// Muscle at rest. 10–60 kPa (prior: unverified).
    pub muscle_pa: f64,
    /// A vessel with its blood, smeared over its cross-section (prior: unverified: a wall of 0.2–3 MPa takes a few per cent of it).
    pub vessel_pa: f64,
}

impl PatchYoung {
    /// Middles of the ranges.
    ///
    /// # Source
    /// prior: unverified; see the fields.
    #[must_use]
    pub const fn usual() -> Self {
        Self { skin_pa: 150e3, fat_pa: 10e3, muscle_pa: 30e3, vessel_pa: 50e3 }
    }
}

/// One puncture site of one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchSpec {
    /// Thickness of the skin [m].
    pub skin_m: f64,
    /// Thickness of the fat [m].
    pub fat_m: f64,
    /// Vessels, nerves and bones in the frame of the patch; their forces and layers are set from `tissue`.
    pub tubes: Vec<NeedleTube>,
    /// Unit direction of the needle when the patch is made [1].
    pub axis: [f64; 3],
    /// The needle.
    pub needle: NeedleSpec,
    /// Cutting, friction, rupture and the indentation law of the patient.
    pub tissue: NeedleTissueSpec,
    /// Moduli before scaling.
    pub young: PatchYoung,
}

/// A needle at a puncture site. Immutable.
#[derive(Clone, Debug)]
pub struct PatchModel {
    needling: NeedlingModel,
    stiffening: f64,
    needle: NeedleSpec,
}

impl PatchModel {
    /// Mesh the site, factor it, and scale all moduli by one number so that the skin is driven in as far at its puncture as the patient's
    /// indentation law says.
    ///
    /// # Errors
    /// [`TissueError`] names the field that does not fit.
    pub fn new(spec: &PatchSpec) -> Result<Self, TissueError> {
        spec.tissue.check()?;
        check("skin_m", spec.skin_m, 2e-4, 8e-3, "m")?;
        check("fat_m", spec.fat_m, 2e-4, 0.08, "m")?;
        let size = spec.axis.iter().map(|v| v * v).sum::<f64>().sqrt();
        check("length of axis", size, 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
        let (body, media) = mesh(spec)?;
        let body = LinearBody::new(&body, BLUR_M)?;
        let tissue = &spec.tissue;
        let puncture_n = tissue.skin_puncture_n * tissue.dry_factor;
        let wanted_m = AxisLaw::new(tissue).inverse(puncture_n, 0.0);
        let at = [0.0, 0.0, 1e-6];
        let Some(compliance) = body.compliance_at(at) else {
            return Err(TissueError::Contradiction { field: "patch", what: "the entry is not in the body".into() });
        };
        let shaft = shaft_compliance_m_per_n(spec.needle.bending_stiffness_n_m2(), [spec.needle.length_m; 2]);
        let stiffening = scale_to(&compliance, shaft, spec.axis, puncture_n / wanted_m);
        let tubes = spec.tubes.iter().map(|tube| with_forces(tube, tissue)).collect();
        let needling = NeedlingSpec {
            needles: vec![spec.needle.clone()],
            media,
            tubes,
            spacing_m: SPACING_M,
            dry_factor: tissue.dry_factor,
            speed_exponent: tissue.speed_exponent,
            speed_reference_m_s: tissue.speed_reference_m_s,
            stick_band_m_s: tissue.stick_band_m_s,
        };
        let needling = NeedlingModel::new(body.stiffened(stiffening)?, needling)?;
        Ok(Self { needling, stiffening, needle: spec.needle.clone() })
    }

    /// Factor by which the moduli were scaled to the patient [1].
    #[must_use]
    pub fn stiffening(&self) -> f64 {
        self.stiffening
    }

    /// Needle and body.
    #[must_use]
    pub fn needling(&self) -> &NeedlingModel {
        &self.needling
    }

    /// The needle away from the skin.
    #[must_use]
    pub fn state(&self) -> NeedlingState {
        self.needling.state()
    }

    /// Move the needle by a tick. `commanded_m`: the unbent tip in the coordinate along the needle that the output is given in.
    pub fn step(&self, state: &mut NeedlingState, pose: ShaftPose, commanded_m: f64, dt_s: f64, space: &mut LinearSpace) -> NeedleOutput {
        let outputs = self.needling.step(state, &[pose], dt_s, space);
        self.translate(&outputs[0], pose, commanded_m)
    }

    fn translate(&self, out: &ShaftOutput, pose: ShaftPose, commanded_m: f64) -> NeedleOutput {
        let spec = self.needling.spec();
        let tube = |number: u16| &spec.tubes[usize::from(number)];
        let tip_m = commanded_m - out.moved_m;
        let medium = match out.region {
            None => Medium::Air,
            Some(region) => match self.needling.tube(region) {
                None => spec.media[usize::from(region)].medium,
                Some((_, tube)) => match tube.kind {
                    SpanKind::Vein => Medium::VeinLumen,
                    SpanKind::Artery => Medium::ArteryLumen,
                    SpanKind::Nerve => Medium::Nerve,
                    SpanKind::Bone => Medium::Bone,
                },
            },
        };
        let bevel = self.needle.bevel_m;
        let lumen = out.lumen.and_then(|(number, past_front_m, to_back_m)| {
            let inside = (past_front_m.min(past_front_m + to_back_m) - (past_front_m - bevel).max(0.0)) / bevel;
            let status = LumenStatus {
                structure: tube(number).structure,
                artery: tube(number).kind == SpanKind::Artery,
                bevel_fraction: inside.clamp(0.0, 1.0),
                past_front_m,
                to_back_m,
                against_back_wall: out.pressed == Some(number) && past_front_m > 0.0,
            };
            (status.bevel_fraction > 0.0).then_some(status)
        });
        let pressed = out.pressed.map(tube).filter(|t| matches!(t.kind, SpanKind::Vein | SpanKind::Artery));
        NeedleOutput {
            force_axial_n: out.force_axial_n,
            force_lateral_n: out.force_lateral_n,
            tip_m,
            deflection_m: out.deflection_m,
            indentation_m: out.moved_m - out.tent_m,
            tent_m: out.tent_m,
            deformed_structure: pressed.map(|t| t.structure),
            shift_m: (0..3).map(|k| out.tube_moved_m[k] * pose.side[k]).sum(),
            rolled: out.rolled,
            medium,
            lumen,
            input_held: out.input_held,
            events: out.events,
        }
    }
}

/// Factor on the tissue's stiffness with which a tip that is held across by its bending shaft meets a stiffness along the needle [N/m].
fn scale_to(compliance: &M3, shaft_m_per_n: f64, axis: [f64; 3], wanted_n_per_m: f64) -> f64 {
    let along = |scale: f64| -> f64 {
        let both: M3 = std::array::from_fn(|i| {
            std::array::from_fn(|k| {
                let across = f64::from(u8::from(i == k)) - axis[i] * axis[k];
                0.5 * (compliance[i][k] + compliance[k][i]) / scale + shaft_m_per_n * across
            })
        });
        // The matrix is symmetric: its inverse is its cofactors over its determinant.
        dot3(axis, times(&cofactor(&both), axis)) / det(&both)
    };
    let (mut low, mut high) = (1e-4_f64, 1e4_f64);
    for _ in 0..80 {
        let middle = (low * high).sqrt();
        if along(middle) < wanted_n_per_m { low = middle } else { high = middle }
    }
    (low * high).sqrt()
}

fn with_forces(tube: &NeedleTube, tissue: &NeedleTissueSpec) -> NeedleTube {
    let mut tube = tube.clone();
    let wall = if tube.kind == SpanKind::Artery { &tissue.artery } else { &tissue.vein };
    let pop = wall.pop_n * wall.pop_factor;
    (tube.layer, tube.entry_n, tube.exit_n) = match tube.kind {
        SpanKind::Vein | SpanKind::Artery => (None, pop, pop * wall.back_factor),
        SpanKind::Nerve => (Some(tissue.nerve.clone()), 0.0, 0.0),
        SpanKind::Bone => (None, f64::INFINITY, 0.0),
    };
    tube.clearance_per_chord = wall.clearance_per_chord;
    tube.friction = tissue.rolling.friction;
    tube
}

/// Places of the planes of nodes from `start` on: cells of about `cell` as far as `even`, growing ones as far as `end`.
fn planes(start: f64, even: f64, end: f64, cell: f64) -> Vec<f64> {
    let count = ((even - start) / cell).round().max(1.0);
    let mut at: Vec<f64> = (0..=count as u32).map(|i| start + (even - start) * f64::from(i) / count).collect();
    let (mut place, mut size) = (even, (even - start) / count);
    while place < end - 1e-9 {
        size *= GROWTH;
        place = if end - place < 1.6 * size { end } else { place + size };
        at.push(place);
    }
    at
}

fn mesh(spec: &PatchSpec) -> Result<(FemSpec, Vec<NeedleMedium>), TissueError> {
    let fat_end = spec.skin_m + spec.fat_m;
    let deep = (fat_end + UNDER_FAT_M).max(DEPTH_MIN_M);
    let x: Vec<f64> = planes(0.0, 6e-3, REACH_X_M[0].abs(), CELL_M[0])
        .iter()
        .rev()
        .map(|v| -v)
        .chain(planes(0.0, 28e-3, REACH_X_M[1], CELL_M[0]).into_iter().skip(1))
        .collect();
    let side = planes(0.0, 4.2e-3, REACH_Y_M, CELL_M[1]);
    let y: Vec<f64> = side.iter().rev().map(|v| -v).chain(side.iter().copied().skip(1)).collect();
    let skin = planes(0.0, spec.skin_m, spec.skin_m, CELL_M[2]);
    // Fat is fine as far as veins lie; muscle grows coarser.
    let fat_fine = (spec.skin_m + 9e-3).min(fat_end);
    let fat = planes(spec.skin_m, fat_fine, fat_end, CELL_M[2]);
    let muscle = planes(fat_end, fat_end + 2e-3, deep, 2e-3);
    let z: Vec<f64> = skin.into_iter().chain(fat.into_iter().skip(1)).chain(muscle.into_iter().skip(1)).collect();
    // The longest axis slowest, turned so that cells stay positive: lattice axes are y, z, x.
    let count = [y.len() - 1, z.len() - 1, x.len() - 1].map(|n| n as u32);
    let lattice = Lattice::new(count, count.map(f64::from))?;
    let nodes_m: Vec<[f64; 3]> = lattice
        .nodes_m
        .iter()
        .map(|at| {
            let [j, k, i] = at.map(|v| v.round() as usize);
            [x[i], y[j], z[k]]
        })
        .collect();
    // Layers, then vessels in each of them.
    let young = spec.young;
    let layers = [(Medium::Skin, young.skin_pa), (Medium::Fat, young.fat_pa), (Medium::Muscle, young.muscle_pa)];
    let mut cells: Vec<Vec<[u32; 8]>> = vec![Vec::new(); 6];
    for cell in &lattice.hexahedra {
        let centre: [f64; 3] = std::array::from_fn(|a| cell.iter().map(|&n| nodes_m[n as usize][a]).sum::<f64>() / 8.0);
        let layer = if centre[2] < spec.skin_m {
            0
        } else if centre[2] < fat_end {
            1
        } else {
            2
        };
        let vessel = spec.tubes.iter().filter(|t| matches!(t.kind, SpanKind::Vein | SpanKind::Artery)).any(|tube| {
            let [a, b] = tube.section(centre);
            a * a + b * b < 1.0
        });
        cells[layer + if vessel { 3 } else { 0 }].push(*cell);
    }
    let tissue = &spec.tissue;
    let (mut parts, mut media) = (Vec::new(), Vec::new());
    for (index, cells) in cells.into_iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        let (medium, layer_pa) = layers[index % 3];
        let (young_pa, poisson) = if index < 3 { (layer_pa, POISSON[0]) } else { (young.vessel_pa, POISSON[1]) };
        let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson)?;
        parts.push(FemPart {
            elements: Elements::Hexahedra(cells),
            law: Law::Linear { mu_pa, lambda_pa },
            viscosity: Prony::default(),
            density_kg_per_m3: 1000.0,
            fibres: Vec::new(),
        });
        let (layer, entry_n) = match medium {
            Medium::Skin => (&tissue.skin, tissue.skin_puncture_n),
            Medium::Fat => (&tissue.fat, 0.0),
            _ => (&tissue.muscle, tissue.fascia_puncture_n),
        };
        media.push(NeedleMedium { medium, layer: Some(layer.clone()), entry_n: if index < 3 { entry_n } else { 0.0 } });
    }
    let on_border = |p: [f64; 3]| p[0] <= x[0] || p[0] >= x[x.len() - 1] || p[1] <= y[0] || p[1] >= y[y.len() - 1] || p[2] >= deep - 1e-9;
    let held: Vec<u32> = (0..nodes_m.len() as u32).filter(|&n| on_border(nodes_m[n as usize])).collect();
    let first = parts[0].clone();
    let mut body = FemSpec::elastic(nodes_m, first.elements, first.law, first.density_kg_per_m3);
    body.parts = parts;
    Ok((body.clamp(&held), media))
}
