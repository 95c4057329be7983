//! Homogeneous states and fading memory.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemWorkspace, HeldNode, Lattice, Law, OgdenTerm, PASSIVE_MYOCARDIUM, Prony, PronyBranch,
    SolverSpec, internal_forces_n, lame_pa, rest,
};

use super::problems::at_rest;
use super::text;
use crate::Obtained;

/// Edge of the cube [m].
const EDGE_M: f64 = 0.01;

/// One cell whose planes x, y, z = 0 stay planes and whose face x = EDGE is led.
fn pulled(law: Law, stretch: f64) -> Result<[f64; 2], String> {
    let cube = Lattice::new([1, 1, 1], [EDGE_M; 3]).map_err(text)?;
    let mut spec = FemSpec::elastic(cube.nodes_m.clone(), Elements::Hexahedra(cube.hexahedra), law, 1000.0);
    spec.solver = SolverSpec { residual_relative: 1e-10, ..SolverSpec::RECORD };
    let mut led = Vec::new();
    for (node, p) in cube.nodes_m.iter().enumerate() {
        spec.held.push(HeldNode { node: node as u32, axes: [true, p[1] == 0.0, p[2] == 0.0] });
        led.push([p[0] * (stretch - 1.0), 0.0, 0.0]);
    }
    let mut rested = at_rest(&spec, &FemInput { led_m: &led, ..FemInput::default() }, 4)?;
    let forces = internal_forces_n(&rested.model, &rested.state, &mut rested.space);
    let pull: f64 = forces.iter().zip(&cube.nodes_m).filter(|(_, p)| p[0] > 0.0).map(|(f, _)| f[0]).sum();
    Ok([pull / (EDGE_M * EDGE_M), 1.0 + rested.state.displacement_m[7][1] / EDGE_M])
}

pub(super) fn homogeneous() -> Result<Vec<Obtained>, String> {
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).map_err(text)?;
    let mut rows = Vec::new();
    for (name, law) in [
        ("neo-Hookean", Law::NeoHookeanLog { mu_pa, lambda_pa }),
        ("stable neo-Hookean with logarithm", Law::StableNeoHookeanLog { mu_pa, lambda_pa }),
        ("stable neo-Hookean", Law::StableNeoHookean { mu_pa, lambda_pa }),
    ] {
        for stretch in [0.7, 0.9, 1.1, 1.3, 1.5] {
            let [stress, lateral] = pulled(law.clone(), stretch)?;
            rows.push(Obtained::new(format!("{name}, nominal stress at {stretch}"), stress));
            rows.push(Obtained::new(format!("{name}, lateral stretch at {stretch}"), lateral));
        }
    }
    for alpha in [2.0, 9.0, 12.0] {
        let law = Law::Ogden { terms: vec![OgdenTerm { mu_pa: 1.0, alpha }], kappa_pa: 1e3 };
        for stretch in [0.8, 1.2, 1.5, 2.0] {
            let side = 1.0 / f64::sqrt(stretch);
            let f = [[stretch, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]];
            let (p, _) = law.stress_and_tangent_pa(&f, &[[0.0; 3]; 2]).ok_or("no stress")?;
            // The pressure that keeps the volume drops out of the difference of two principal stresses.
            let name = format!("Ogden, alpha {alpha}, stress over mu at {stretch}");
            rows.push(Obtained::new(name, p[0][0] * stretch - p[1][1] * side));
        }
    }
    Ok(rows)
}

pub(super) fn fibres() -> Result<Vec<Obtained>, String> {
    let law = Law::HolzapfelOgden { fibre: PASSIVE_MYOCARDIUM, kappa_pa: 1e6 };
    let mut rows = Vec::new();
    let shears = [("fs", 1, 0), ("fn", 2, 0), ("sf", 0, 1), ("sn", 2, 1), ("nf", 0, 2), ("ns", 1, 2)];
    for gamma in [0.1, 0.3, 0.5] {
        for (name, to, from) in shears {
            let mut f = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            f[to][from] = gamma;
            let (p, _) = law.stress_and_tangent_pa(&f, &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).ok_or("no stress")?;
            let shear: f64 = (0..3).map(|k| p[to][k] * f[from][k]).sum();
            rows.push(Obtained::new(format!("shear {name} at {gamma}"), 1e-3 * shear));
        }
    }
    Ok(rows)
}

/// A cube in simple shear that remembers.
struct Sheared {
    model: FemModel,
    nodes: Vec<[f64; 3]>,
    modulus_pa: f64,
    state: proband_tissue::fem::FemState,
    space: FemWorkspace,
}

/// Shears are this small, so that small-strain theory is exact to 1e-7.
const SMALL: f64 = 1e-7;

impl Sheared {
    fn new() -> Result<Self, String> {
        let (mu_pa, lambda_pa) = lame_pa(10e3, 0.4).map_err(text)?;
        let cube = Lattice::new([1, 1, 1], [EDGE_M; 3]).map_err(text)?;
        let mut spec =
            FemSpec::elastic(cube.nodes_m.clone(), Elements::Hexahedra(cube.hexahedra), Law::NeoHookeanLog { mu_pa, lambda_pa }, 1e3);
        spec.parts[0].viscosity =
            Prony { branches: vec![PronyBranch { share: 0.3, time_s: 0.05 }, PronyBranch { share: 0.2, time_s: 1.0 }] };
        let all: Vec<u32> = (0..8).collect();
        let model = FemModel::new(&spec.clamp(&all)).map_err(text)?;
        let (state, space) = (model.state(), FemWorkspace::new(&model));
        Ok(Self { model, nodes: cube.nodes_m, modulus_pa: mu_pa, state, space })
    }

    /// Shear (in units of [`SMALL`]) at the end of a step; returns stress over instantaneous modulus, in the same units.
    fn to(&mut self, shear: f64, step_s: f64) -> Result<f64, String> {
        let led: Vec<[f64; 3]> = self.nodes.iter().map(|p| [SMALL * shear * p[2], 0.0, 0.0]).collect();
        let out = rest(&self.model, &mut self.state, &FemInput { led_m: &led, ..FemInput::default() }, 1, step_s, &mut self.space);
        if !out.map_err(text)?.converged {
            return Err("no rest".into());
        }
        // Memory of the first point: elastic stress, then one stress per branch; xz is the fifth of six.
        let memory = &self.state.memory_pa;
        Ok((0.5 * memory[4] + memory[10] + memory[16]) / (self.modulus_pa * SMALL))
    }
}

pub(super) fn viscosity() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for time in [0.01, 0.05, 0.1, 0.5, 1.0, 5.0] {
        let mut body = Sheared::new()?;
        body.to(1.0, 0.0)?;
        let mut last = 0.0;
        for _ in 0..7 {
            last = body.to(1.0, time / 7.0)?;
        }
        rows.push(Obtained::new(format!("relaxation, {time} s"), last));
    }
    for time in [0.1, 0.5, 1.0, 2.0] {
        let mut body = Sheared::new()?;
        let mut last = 0.0;
        for k in 1..=20 {
            let now = time * f64::from(k) / 20.0;
            last = body.to(now.min(1.0), time / 20.0)?;
        }
        rows.push(Obtained::new(format!("ramp of 1/s to 1 s, {time} s"), last));
    }
    for (hertz, periods) in [(0.5, 5_u32), (1.0, 8), (5.0, 15), (60.0, 60)] {
        let mut body = Sheared::new()?;
        let (mut storage, mut loss) = (0.0, 0.0);
        for k in 1..=200 * periods {
            let phase = 2.0 * std::f64::consts::PI * f64::from(k) / 200.0;
            let stress = body.to(ops::sin(phase), 1.0 / (200.0 * hertz))?;
            if k > 200 * (periods - 1) {
                storage += stress * ops::sin(phase) / 100.0;
                loss += stress * ops::cos(phase) / 100.0;
            }
        }
        rows.push(Obtained::new(format!("storage modulus, {hertz} Hz"), storage));
        rows.push(Obtained::new(format!("loss modulus, {hertz} Hz"), loss));
    }
    Ok(rows)
}
