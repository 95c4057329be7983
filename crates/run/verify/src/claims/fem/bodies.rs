//! Pressurised shells, Cook's membrane, compressed cubes.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemSpec, HeldNode, Lattice, Law, SolverSpec, element_stresses, internal_forces_n, lame_pa, rest,
};

use super::problems::{Shell, at_rest, sphere, symmetry};
use super::text;
use crate::Obtained;

/// Pressure on linear bodies [Pa]: small against E, so that faces do not move under it; results are scaled to 1 kPa.
const PRESSURE_PA: f64 = 0.1;

fn linear_law(young_pa: f64, poisson: f64) -> Result<Law, String> {
    let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).map_err(text)?;
    Ok(Law::Linear { mu_pa, lambda_pa })
}

/// Radial displacement at the inner and outer radius of a sphere [mm] at 1 kPa.
fn lame_sphere(along: u32, through: u32) -> Result<[f64; 2], String> {
    let Shell { nodes, hexahedra, faces } = sphere(0.01, 0.02, along, through)?;
    let mut spec = FemSpec::elastic(nodes.clone(), Elements::Hexahedra(hexahedra), linear_law(20e3, 0.45)?, 1000.0);
    symmetry(&mut spec, |_| false);
    spec.pressure_faces = faces;
    let rested = at_rest(&spec, &FemInput { pressure_pa: PRESSURE_PA, ..FemInput::default() }, 1)?;
    let at = |radius: f64| {
        // On the axis x.
        let node = nodes.iter().position(|p| (p[0] - radius).abs() < 1e-9 && p[1].abs() < 1e-12 && p[2].abs() < 1e-12);
        node.map(|n| 1e3 / PRESSURE_PA * 1e3 * rested.state.displacement_m[n][0]).ok_or("no node on the axis")
    };
    Ok([at(0.01)?, at(0.02)?])
}

/// Radial displacements [mm] and hoop stress at the inner radius [Pa] of a cylinder in plane strain at 1 kPa.
fn lame_cylinder(around: u32, through: u32) -> Result<[f64; 3], String> {
    let lattice = Lattice::new([through, around, 1], [1.0, 1.0, 1e-3]).map_err(text)?.map(|p| {
        let (s, c) = ops::sin_cos(std::f64::consts::FRAC_PI_2 * p[1]);
        let radius = 0.01 * ops::powf(2.0, p[0]);
        [if p[1] == 1.0 { 0.0 } else { radius * c }, if p[1] == 0.0 { 0.0 } else { radius * s }, p[2]]
    });
    let mut spec =
        FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), linear_law(20e3, 0.45)?, 1000.0);
    for (node, p) in lattice.nodes_m.iter().enumerate() {
        spec.held.push(HeldNode { node: node as u32, axes: [p[0] == 0.0, p[1] == 0.0, true] });
    }
    let inner = lattice.hexahedra.iter().step_by(through as usize);
    spec.pressure_faces = inner.map(|h| [h[0], h[4], h[7], h[3]]).collect();
    let rested = at_rest(&spec, &FemInput { pressure_pa: PRESSURE_PA, ..FemInput::default() }, 1)?;
    let u = |i: u32| 1e3 / PRESSURE_PA * 1e3 * rested.state.displacement_m[lattice.node(i, 0, 0) as usize][0];
    // Hoop stress of the two innermost cells, continued to the inner radius along 1/r².
    let stress = element_stresses(&rested.model, &rested.state, 0);
    let hoop = |cell: usize| {
        let s = &stress[cell];
        let (x, y) = (s.centre_m[0], s.centre_m[1]);
        let r2 = x * x + y * y;
        let t = s.cauchy_pa;
        ((t[0] * y * y + t[1] * x * x - 2.0 * t[3] * x * y) / r2, 1.0 / r2)
    };
    let ((h0, q0), (h1, q1)) = (hoop(0), hoop(1));
    Ok([u(0), u(through), 1e3 / PRESSURE_PA * (h0 + (h0 - h1) / (q0 - q1) * (1e4 - q0))])
}

/// Pressure over μ that holds a thick neo-Hookean sphere at an inner stretch, from the forces on the led inner nodes.
pub(super) fn thick_sphere() -> Result<Vec<Obtained>, String> {
    let Shell { nodes, hexahedra, .. } = sphere(0.01, 0.02, 5, 8)?;
    let (mu_pa, lambda_pa) = lame_pa(3.0 * 1000.0, 0.499).map_err(text)?;
    let mut spec = FemSpec::elastic(nodes.clone(), Elements::Hexahedra(hexahedra), Law::NeoHookeanLog { mu_pa, lambda_pa }, 1000.0);
    let inner = |p: [f64; 3]| (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt() < 0.01 * (1.0 + 1e-9);
    symmetry(&mut spec, inner);
    spec.solver = SolverSpec { residual_relative: 1e-7, ..SolverSpec::RECORD };
    let held: Vec<[f64; 3]> = spec.held.iter().map(|h| nodes[h.node as usize]).collect();
    let mut rested = at_rest(&spec, &FemInput::default(), 1)?;
    let mut rows = Vec::new();
    for (stretch, load_count) in [(1.1, 2), (1.3, 3), (1.5, 3), (2.0, 6)] {
        let led: Vec<[f64; 3]> = held.iter().map(|p| if inner(*p) { p.map(|v| (stretch - 1.0) * v) } else { [0.0; 3] }).collect();
        let input = FemInput { led_m: &led, ..FemInput::default() };
        let out = rest(&rested.model, &mut rested.state, &input, load_count, 0.0, &mut rested.space).map_err(text)?;
        if !out.converged {
            return Err(format!("no rest at {stretch}: {out:?}"));
        }
        let forces = internal_forces_n(&rested.model, &rested.state, &mut rested.space);
        let push: f64 =
            forces.iter().zip(&nodes).filter(|(_, p)| inner(**p)).map(|(f, p)| (0..3).map(|k| f[k] * p[k] / 0.01).sum::<f64>()).sum();
        let area = 0.5 * std::f64::consts::PI * (0.01 * stretch).powi(2);
        rows.push(Obtained::new(format!("thick sphere, pressure over mu at inner stretch {stretch}"), push / area / mu_pa));
    }
    Ok(rows)
}

pub(super) fn pressure() -> Result<Vec<Obtained>, String> {
    let [inner, outer] = lame_sphere(8, 10)?;
    let [cylinder_inner, cylinder_outer, hoop] = lame_cylinder(24, 20)?;
    let rows = vec![
        Obtained::new("sphere, inner radius", inner),
        Obtained::new("sphere, outer radius", outer),
        Obtained::new("cylinder, inner radius", cylinder_inner),
        Obtained::new("cylinder, outer radius", cylinder_outer),
        Obtained::new("cylinder, hoop stress at the inner radius", hoop),
    ];
    Ok(rows)
}

pub(super) fn order() -> Result<Vec<Obtained>, String> {
    const EXACT_MM: f64 = 0.421_428_571_428_571_4;
    let error = |n: u32| -> Result<f64, String> { Ok((lame_sphere(n, n)?[0] - EXACT_MM).abs()) };
    let (coarse, middle, fine) = (error(4)?, error(8)?, error(12)?);
    Ok(vec![
        Obtained::new("order between 4 and 8 cells", ops::ln(coarse / middle) / ops::ln(2.0)),
        Obtained::new("order between 8 and 12 cells", ops::ln(middle / fine) / ops::ln(1.5)),
    ])
}

/// Height gained by Cook's membrane at (48, 52) and (48, 60).
fn cook_at(cells: u32, young: f64, poisson: f64, force: f64, plane_strain: bool) -> Result<[f64; 2], String> {
    let lattice = Lattice::new([cells, cells, 1], [1.0; 3]).map_err(text)?.map(|p| {
        let (low, high) = (44.0 * p[0], 44.0 + 16.0 * p[0]);
        [48.0 * p[0], low + p[1] * (high - low), p[2]]
    });
    // Loads are made small so that nothing moves far; the answer is scaled back.
    let scale = 1e-6;
    let (mu_pa, lambda_pa) = lame_pa(young, poisson).map_err(text)?;
    let mut spec =
        FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), Law::Linear { mu_pa, lambda_pa }, 1.0);
    spec.solver = SolverSpec { residual_relative: 1e-7, pcg_count_max: 20_000, ..SolverSpec::RECORD };
    for (node, p) in lattice.nodes_m.iter().enumerate() {
        let left = p[0] == 0.0;
        spec.held.push(HeldNode { node: node as u32, axes: [left, left, plane_strain || p[2] == 0.0] });
    }
    let mut forces = Vec::new();
    for j in 0..=cells {
        for k in 0..2 {
            let share = if j == 0 || j == cells { 0.5 } else { 1.0 } / f64::from(cells);
            forces.push((lattice.node(cells, j, k), [0.0, 0.5 * scale * force * share, 0.0]));
        }
    }
    let rested = at_rest(&spec, &FemInput { forces_n: &forces, ..FemInput::default() }, 1)?;
    let u = |j: u32| rested.state.displacement_m[lattice.node(cells, j, 0) as usize][1] / scale;
    Ok([u(cells / 2), u(cells)])
}

pub(super) fn cook() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for (name, young, poisson, force, plane_strain) in [
        ("plane stress, nu 1/3", 1.0, 1.0 / 3.0, 1.0, false),
        ("plane strain, nu 1/3", 70.0, 1.0 / 3.0, 10.0, true),
        ("plane strain, nu 0.4999", 250.0, 0.4999, 100.0, true),
    ] {
        let [middle, corner] = cook_at(48, young, poisson, force, plane_strain)?;
        rows.push(Obtained::new(format!("{name}, middle"), middle));
        rows.push(Obtained::new(format!("{name}, corner"), corner));
    }
    Ok(rows)
}

/// Force on the plate [N] and bulge [mm] of a cube of 80 mm, by compressions; an eighth is computed.
fn cube_at(cells: u32, poisson: f64, bonded: bool) -> Result<Vec<[f64; 2]>, String> {
    let half = 0.04;
    let (mu_pa, lambda_pa) = lame_pa(15e3, poisson).map_err(text)?;
    let cube = Lattice::new([cells; 3], [half; 3]).map_err(text)?;
    let mut spec =
        FemSpec::elastic(cube.nodes_m.clone(), Elements::Hexahedra(cube.hexahedra.clone()), Law::NeoHookeanLog { mu_pa, lambda_pa }, 1e3);
    let top = |p: [f64; 3]| p[2] > half - 1e-12;
    for (node, p) in cube.nodes_m.iter().enumerate() {
        let grip = bonded && top(*p);
        let axes = [p[0] == 0.0 || grip, p[1] == 0.0 || grip, p[2] == 0.0 || top(*p)];
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
    let mut rested = at_rest(&spec, &FemInput::default(), 1)?;
    let mut rows = Vec::new();
    for compression in [0.05, 0.125, 0.1825] {
        let lead = |h: &HeldNode| if top(cube.nodes_m[h.node as usize]) { [0.0, 0.0, -compression * half] } else { [0.0; 3] };
        let led: Vec<[f64; 3]> = spec.held.iter().map(lead).collect();
        let input = FemInput { led_m: &led, ..FemInput::default() };
        let out = rest(&rested.model, &mut rested.state, &input, 1, 0.0, &mut rested.space).map_err(text)?;
        if !out.converged {
            return Err(format!("no rest at {compression}: {out:?}"));
        }
        let forces = internal_forces_n(&rested.model, &rested.state, &mut rested.space);
        let push: f64 = forces.iter().zip(&cube.nodes_m).filter(|(_, p)| top(**p)).map(|(f, _)| -4.0 * f[2]).sum();
        let bulge = 1e3 * rested.state.displacement_m[cube.node(cells, 0, 0) as usize][0];
        rows.push([push, bulge]);
    }
    Ok(rows)
}

pub(super) fn cube() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for poisson in [0.45, 0.49] {
        for (bonded, cells, name) in [(false, 2, "frictionless"), (true, 12, "bonded")] {
            for ([force, bulge], percent) in cube_at(cells, poisson, bonded)?.into_iter().zip(["5", "12.5", "18.25"]) {
                rows.push(Obtained::new(format!("{name}, nu {poisson}, force at {percent} %"), force));
                if bonded && poisson == 0.49 {
                    rows.push(Obtained::new(format!("{name}, nu {poisson}, bulge at {percent} %"), bulge));
                }
            }
        }
    }
    Ok(rows)
}
