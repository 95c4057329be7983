//! The fast path at rest: beams of boxes under gravity, of one material, in layers, and round a stiff ball.

use proband_tissue::fem::{
    Elements, FemInput, FemPart, FemSpec, Lattice, Law, LiveInput, LiveMaterial, LiveModel, LiveOutput, LiveSpec, LiveState, LiveWorkspace,
    Prony, lame_pa, live_step,
};

use super::problems::at_rest;
use super::text;
use crate::Obtained;

const LENGTH_M: [f64; 3] = [0.20, 0.06, 0.06];
const GRAVITY_M_PER_S2: f64 = 9.81;
/// Beyond the period of the slowest beam: a tick takes most of the swing out.
const TICK_S: f64 = 0.5;
/// Middle and radius of the stiff ball [m].
const BALL_M: ([f64; 3], f64) = ([0.10, 0.03, 0.03], 0.02);

/// A beam that has come to rest.
struct Rested {
    model: LiveModel,
    state: LiveState,
    outputs: Vec<LiveOutput>,
}

struct FastBeam {
    cells: [u32; 3],
    young_pa: f64,
    poisson: f64,
    gravity_m_per_s2: f64,
    ticks: u32,
}

impl FastBeam {
    fn of(cells: [u32; 3], young_pa: f64, poisson: f64) -> Self {
        Self { cells, young_pa, poisson, gravity_m_per_s2: GRAVITY_M_PER_S2, ticks: 5 }
    }

    /// Where a cell's middle is [m].
    fn middle_m(&self, index: usize) -> [f64; 3] {
        let [nx, ny, _] = self.cells.map(|n| n as usize);
        let at = [index % nx, index / nx % ny, index / (nx * ny)];
        std::array::from_fn(|a| (at[a] as f64 + 0.5) * LENGTH_M[a] / f64::from(self.cells[a]))
    }

    /// Let it come to rest; where `other` holds the material is `stiffer` times as stiff.
    fn rest(&self, stiffer: f64, other: impl Fn([f64; 3]) -> bool) -> Result<Rested, String> {
        let material = LiveMaterial { young_pa: self.young_pa, poisson: self.poisson, density_kg_per_m3: 1000.0 };
        let mut spec = LiveSpec::box_of(self.cells, std::array::from_fn(|a| LENGTH_M[a] / f64::from(self.cells[a])), material);
        spec.materials.push(LiveMaterial { young_pa: stiffer * self.young_pa, ..material });
        for index in 0..spec.material.len() {
            spec.material[index] = if other(self.middle_m(index)) { 2 } else { 1 };
        }
        (spec.tick_s, spec.residual_relative) = (TICK_S, 1e-6);
        let [_, ny, nz] = self.cells;
        spec.held = (0..=nz).flat_map(|k| (0..=ny).map(move |j| [0, j, k])).collect();
        let model = LiveModel::new(&spec).map_err(text)?;
        let (mut state, mut space) = (model.state(), LiveWorkspace::new(&model));
        let input = LiveInput { gravity_m_per_s2: [0.0, 0.0, -self.gravity_m_per_s2], ..LiveInput::default() };
        let outputs = (0..self.ticks).map(|_| live_step(&model, &mut state, &input, &mut space));
        let outputs = outputs.collect::<Result<Vec<_>, _>>().map_err(text)?;
        Ok(Rested { model, state, outputs })
    }

    /// Displacement [mm] at the tip, at a number of cells above the bottom.
    fn tip_mm(&self, rested: &Rested, layer: u32, axis: usize) -> f64 {
        let node = rested.model.node([self.cells[0], self.cells[1] / 2, layer]);
        1e3 * rested.state.displacement_m[axis * rested.model.plane() + node]
    }
}

fn in_ball(p: [f64; 3]) -> bool {
    let (middle, radius) = BALL_M;
    (0..3).map(|a| (p[a] - middle[a]).powi(2)).sum::<f64>() < radius * radius
}

/// Tip [mm] of the beam with a ball by the reference path, small displacements.
fn reference_ball_mm(beam: &FastBeam, stiffer: f64) -> Result<f64, String> {
    let lattice = Lattice::new(beam.cells, LENGTH_M).map_err(text)?;
    let law = |young_pa: f64| lame_pa(young_pa, beam.poisson).map(|(mu_pa, lambda_pa)| Law::Linear { mu_pa, lambda_pa }).map_err(text);
    let (mut soft, mut stiff) = (Vec::new(), Vec::new());
    for (index, hex) in lattice.hexahedra.iter().enumerate() {
        if in_ball(beam.middle_m(index)) { stiff.push(*hex) } else { soft.push(*hex) }
    }
    let clamp = lattice.nodes_where(|p| p[0] == 0.0);
    let tip = lattice.node(beam.cells[0], beam.cells[1] / 2, beam.cells[2] / 2) as usize;
    let mut spec = FemSpec::elastic(lattice.nodes_m, Elements::Hexahedra(soft), law(beam.young_pa)?, 1000.0).clamp(&clamp);
    spec.parts.push(FemPart {
        elements: Elements::Hexahedra(stiff),
        law: law(stiffer * beam.young_pa)?,
        viscosity: Prony::default(),
        density_kg_per_m3: 1000.0,
        fibres: Vec::new(),
    });
    let input = FemInput { gravity_m_per_s2: [0.0, 0.0, -beam.gravity_m_per_s2], ..FemInput::default() };
    Ok(1e3 * at_rest(&spec, &input, 1)?.state.displacement_m[tip][2])
}

pub(super) fn fast() -> Result<Vec<Obtained>, String> {
    let none = |_: [f64; 3]| false;
    // Of a thousandth of gravity on a body of 200 MPa rounding of the places leaves more than 1e-6: those ticks only count as failed or not.
    let mut failed = 0;
    let mut all = Vec::new();
    let mut rows = Vec::new();
    for (name, cells, poisson) in [("1 MPa, nu 0.3", [20, 6, 6], 0.3), ("1 MPa, nu 0.45", [40, 12, 12], 0.45)] {
        let beam = FastBeam::of(cells, 1e6, poisson);
        let rested = beam.rest(1.0, none)?;
        rows.push(Obtained::new(name, beam.tip_mm(&rested, cells[2] / 2, 2)));
        all.extend(rested.outputs);
    }
    for (name, young_pa) in [("20 kPa, nu 0.45", 20e3), ("60 kPa, nu 0.45", 60e3)] {
        let soft = FastBeam { ticks: 8, ..FastBeam::of([40, 12, 12], young_pa, 0.45) };
        let rested = soft.rest(1.0, none)?;
        rows.push(Obtained::new(name, soft.tip_mm(&rested, 6, 2)));
        all.extend(rested.outputs);
    }
    let layers = FastBeam { gravity_m_per_s2: 0.01 * GRAVITY_M_PER_S2, ..FastBeam::of([40, 12, 12], 10e3, 0.45) };
    let rested = layers.rest(100.0, |p| p[2] < 0.03)?;
    rows.push(Obtained::new("two layers 100:1, a hundredth of gravity: tip, downwards", layers.tip_mm(&rested, 6, 2)));
    rows.push(Obtained::new("two layers 100:1, a hundredth of gravity: top, along", layers.tip_mm(&rested, 12, 0)));
    all.extend(rested.outputs);
    for stiffer in [1e2, 1e4] {
        let beam = FastBeam { gravity_m_per_s2: 1e-3 * GRAVITY_M_PER_S2, ..FastBeam::of([20, 6, 6], 20e3, 0.45) };
        let beam = FastBeam { ticks: 8, ..beam };
        let rested = beam.rest(stiffer, in_ball)?;
        let ratio = beam.tip_mm(&rested, 3, 2) / reference_ball_mm(&beam, stiffer)?;
        rows.push(Obtained::new(format!("a ball {stiffer} times stiffer: tip over the reference path's on the same mesh"), ratio));
        failed += rested.outputs.iter().filter(|o| !o.converged).count();
    }
    let first = |cells| -> Result<f64, String> {
        let rested = FastBeam { ticks: 1, ..FastBeam::of(cells, 1e6, 0.45) }.rest(1.0, none)?;
        Ok(f64::from(rested.outputs[0].pcg_count))
    };
    let growth = first([80, 24, 24])? / first([20, 6, 6])?;
    rows.push(Obtained::new("iterations to rest, cells a quarter as long, over those of the coarse ones", growth));
    failed += all.iter().filter(|o| !o.converged).count();
    rows.push(Obtained::new("ticks that failed", failed as f64));
    rows.push(Obtained::new(
        "largest residual against the load, without the balls",
        all.iter().map(|o| o.residual_relative).fold(0.0, f64::max),
    ));
    Ok(rows)
}
