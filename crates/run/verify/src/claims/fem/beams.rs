//! The beam under gravity: 0.20 × 0.06 × 0.06 m, clamped at x = 0, 1000 kg/m³.

use proband_tissue::fem::{FemInput, FemModel, FemWorkspace, Law, lame_pa, natural_frequencies_hz};

use super::problems::{Beam, Kind, at_rest};
use super::text;
use crate::Obtained;

const GRAVITY: FemInput<'_> =
    FemInput { gravity_m_per_s2: [0.0, 0.0, -9.81], led_m: &[], forces_n: &[], pressure_pa: 0.0, tool_poses: &[] };

fn linear_law(young_pa: f64, poisson: f64) -> Result<Law, String> {
    let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).map_err(text)?;
    Ok(Law::Linear { mu_pa, lambda_pa })
}

fn tip_mm(beam: &Beam, law: Law, load_count: u32) -> Result<[f64; 3], String> {
    let rested = at_rest(&beam.spec(law)?, &GRAVITY, load_count)?;
    Ok(rested.state.displacement_m[beam.tip(0.5) as usize].map(|v| 1e3 * v))
}

pub(super) fn linear() -> Result<Vec<Obtained>, String> {
    let coarse = Beam { cells: [20, 3, 6], half: true, grade: 1.0, kind: Kind::Hexahedra };
    let fine = Beam { cells: [40, 6, 12], half: true, grade: 1.0, kind: Kind::Hexahedra };
    let mut rows = Vec::new();
    for poisson in [0.3, 0.45, 0.49] {
        let law = linear_law(1e6, poisson)?;
        rows.push(Obtained::new(format!("tip, hexahedra of 10 mm, nu {poisson}"), tip_mm(&coarse, law.clone(), 1)?[2]));
        rows.push(Obtained::new(format!("tip, hexahedra of 5 mm, nu {poisson}"), tip_mm(&fine, law, 1)?[2]));
    }
    let quadratic = Beam { cells: [20, 4, 6], half: true, grade: 1.0, kind: Kind::Quadratic };
    rows.push(Obtained::new("tip, quadratic tetrahedra of 10 mm, nu 0.3", tip_mm(&quadratic, linear_law(1e6, 0.3)?, 1)?[2]));
    Ok(rows)
}

pub(super) fn large() -> Result<Vec<Obtained>, String> {
    let beam = Beam { cells: [28, 4, 8], half: true, grade: 1.5, kind: Kind::Hexahedra };
    let mut rows = Vec::new();
    let stiff = lame_pa(1e6, 0.3).map_err(text)?;
    let soft = lame_pa(20e3, 0.45).map_err(text)?;
    let middle = lame_pa(60e3, 0.45).map_err(text)?;
    let log = |(mu_pa, lambda_pa): (f64, f64)| Law::NeoHookeanLog { mu_pa, lambda_pa };
    let stable_log = |(mu_pa, lambda_pa): (f64, f64)| Law::StableNeoHookeanLog { mu_pa, lambda_pa };
    let stable = |(mu_pa, lambda_pa): (f64, f64)| Law::StableNeoHookean { mu_pa, lambda_pa };
    for (name, law, load_count) in [
        ("neo-Hookean, 1 MPa, nu 0.3", log(stiff), 1),
        ("neo-Hookean, 20 kPa, nu 0.45", log(soft), 5),
        ("stable neo-Hookean with logarithm, 20 kPa, nu 0.45", stable_log(soft), 5),
        ("stable neo-Hookean, 20 kPa, nu 0.45", stable(soft), 5),
        ("neo-Hookean, 60 kPa, nu 0.45", log(middle), 4),
        ("stable neo-Hookean with logarithm, 60 kPa, nu 0.45", stable_log(middle), 4),
    ] {
        rows.push(Obtained::new(name, tip_mm(&beam, law, load_count)?[2]));
    }
    Ok(rows)
}

pub(super) fn layers() -> Result<Vec<Obtained>, String> {
    let beam = Beam { cells: [28, 4, 12], half: true, grade: 1.5, kind: Kind::Hexahedra };
    let spec = beam.layered(linear_law(1e6, 0.45)?, linear_law(10e3, 0.45)?)?;
    let rested = at_rest(&spec, &GRAVITY, 1)?;
    let u = |height: f64, axis: usize| 1e3 * rested.state.displacement_m[beam.tip(height) as usize][axis];
    Ok(vec![
        Obtained::new("tip, downwards", u(0.5, 2)),
        Obtained::new("tip, along", u(0.5, 0)),
        Obtained::new("bottom, along", u(0.0, 0)),
        Obtained::new("top, along", u(1.0, 0)),
    ])
}

pub(super) fn frequencies() -> Result<Vec<Obtained>, String> {
    let beam = Beam { cells: [24, 8, 8], half: false, grade: 1.3, kind: Kind::Hexahedra };
    let mut rows = Vec::new();
    for (young, poisson, name) in [(1e6, 0.3, "1 MPa, nu 0.3"), (20e3, 0.45, "20 kPa, nu 0.45")] {
        let model = FemModel::new(&beam.spec(linear_law(young, poisson)?)?).map_err(text)?;
        let f = natural_frequencies_hz(&model, 6, &mut FemWorkspace::new(&model)).map_err(text)?;
        rows.push(Obtained::new(format!("first bending, {name}"), f[0]));
        rows.push(Obtained::new(format!("first bending the other way, {name}"), f[1]));
        rows.push(Obtained::new(format!("torsion, {name}"), f[2]));
        rows.push(Obtained::new(format!("second bending, {name}"), f[3]));
        rows.push(Obtained::new(format!("axial, {name}"), f[5]));
    }
    Ok(rows)
}
