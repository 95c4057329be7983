//! Claims about slender rods (`proband_tissue::rod`).

use proband_core::ops;
use proband_tissue::NeedleSpec;
use proband_tissue::rod::{HeldRodNode, RodInput, RodModel, RodSpec, RodState, RodStiffness, rod_rest};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("rod-elastica", elastica), claim!("rod-circle", circle), claim!("rod-bend-45", bend_45), claim!("rod-euler", euler)];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn load(model: &RodModel, state: &mut RodState, input: &RodInput<'_>, parts: u32) -> Result<(), String> {
    let out = rod_rest(model, state, input, parts).map_err(text)?;
    if out.converged { Ok(()) } else { Err(format!("not converged: {out:?}")) }
}

/// EI = 1, hardly any stretch or shear.
const SLENDER: RodStiffness = RodStiffness { axial_n: 1e6, shear_n: [1e6; 2], torsion_n_m2: 1.0, bending_n_m2: [1.0; 2] };

fn elastica() -> Result<Vec<Obtained>, String> {
    const PIECES: u32 = 100;
    let model = RodModel::new(&RodSpec::straight(1.0, PIECES, SLENDER)).map_err(text)?;
    let mut state = model.state();
    let mut rows = Vec::new();
    for k in [1.0, 2.0, 5.0, 10.0] {
        load(&model, &mut state, &RodInput { forces_n: &[(PIECES, [0.0, 0.0, k])], moments_nm: &[] }, 1)?;
        let (tip, [w, _, y, _]) = (state.places_m[PIECES as usize], state.turns[PIECES as usize]);
        rows.push(Obtained::new(format!("load {k}: deflection"), tip[2]));
        rows.push(Obtained::new(format!("load {k}: shortening"), 1.0 - tip[0]));
        rows.push(Obtained::new(format!("load {k}: angle"), 2.0 * ops::atan2(y.abs(), w.abs())));
    }
    Ok(rows)
}

fn circle() -> Result<Vec<Obtained>, String> {
    let model = RodModel::new(&RodSpec::straight(1.0, 40, SLENDER)).map_err(text)?;
    let mut state = model.state();
    let moment = [(40, [0.0, 2.0 * std::f64::consts::PI, 0.0])];
    load(&model, &mut state, &RodInput { forces_n: &[], moments_nm: &moment }, 10)?;
    let gap = state.places_m[40].iter().map(|v| v * v).sum::<f64>().sqrt();
    Ok(vec![Obtained::new("distance of the tip from the root over the length", gap)])
}

fn bend_45() -> Result<Vec<Obtained>, String> {
    const PIECES: u32 = 32;
    let (radius, quarter) = (100.0, std::f64::consts::FRAC_PI_4);
    let mut rows = Vec::new();
    for (name, torsion) in [("1/6", 1.0 / 6.0), ("0.140577", 0.140_577)] {
        // The arc begins along x and bends towards y; the load is along z.
        let at = |i: u32| quarter * f64::from(i) / f64::from(PIECES);
        let spec = RodSpec {
            nodes_m: (0..=PIECES).map(|i| [radius * ops::sin(at(i)), radius * (1.0 - ops::cos(at(i))), 0.0]).collect(),
            turns: (0..=PIECES).map(|i| [ops::cos(0.5 * at(i)), 0.0, 0.0, ops::sin(0.5 * at(i))]).collect(),
            stiffness: vec![RodStiffness { axial_n: 1e7, shear_n: [5e6; 2], torsion_n_m2: 5e6 * torsion, bending_n_m2: [1e7 / 12.0; 2] }],
            held: vec![HeldRodNode { node: 0, axes: [true; 6] }],
        };
        let model = RodModel::new(&spec).map_err(text)?;
        let mut state = model.state();
        load(&model, &mut state, &RodInput { forces_n: &[(PIECES, [0.0, 0.0, 600.0])], moments_nm: &[] }, 6)?;
        let tip = state.places_m[PIECES as usize];
        for (axis, value) in [("out of plane", tip[2]), ("along", tip[0]), ("radial", tip[1])] {
            rows.push(Obtained::new(format!("torsion constant {name}: {axis}"), value));
        }
    }
    Ok(rows)
}

/// Buckling load by Southwell's plot: deflection over load against deflection is a line of slope 1/P (Southwell 1932, Proc R Soc A
/// 135:601). Imperfection: 1e-4 of the length.
fn southwell(needle: &NeedleSpec, pinned: bool, about_n: f64) -> Result<f64, String> {
    const PIECES: u32 = 40;
    let length = needle.length_m;
    let mut spec = RodSpec::straight(length, PIECES, RodStiffness::tube(needle));
    for at in &mut spec.nodes_m {
        let s = at[0] / length;
        at[2] = 1e-4 * length * if pinned { 6.75 * s * s * (1.0 - s) } else { s * s };
    }
    if pinned {
        spec.held.push(HeldRodNode { node: PIECES, axes: [false, true, true, false, false, false] });
    }
    let seen = if pinned { 24 } else { PIECES as usize };
    let model = RodModel::new(&spec).map_err(text)?;
    let mut points = Vec::new();
    let mut state = model.state();
    for share in [0.5, 0.6, 0.7, 0.8, 0.85] {
        let push = [(PIECES, [-share * about_n, 0.0, 0.0])];
        load(&model, &mut state, &RodInput { forces_n: &push, moments_nm: &[] }, 1)?;
        let deflection = state.places_m[seen][2] - spec.nodes_m[seen][2];
        points.push((deflection, deflection / (share * about_n)));
    }
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / points.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>();
    Ok(1.0 / slope)
}

fn euler() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for (name, outer, inner, length_m, loads) in
        [("21G", 0.819e-3, 0.514e-3, 38e-3, [6.1535, 50.354]), ("18G", 1.270e-3, 0.838e-3, 150e-3, [2.1904, 17.924])]
    {
        let needle = NeedleSpec { outer_diameter_m: outer, inner_diameter_m: inner, length_m, bevel_m: 2e-3, modulus_pa: 193e9 };
        rows.push(Obtained::new(format!("{name}, free tip"), southwell(&needle, false, loads[0])?));
        rows.push(Obtained::new(format!("{name}, pinned tip"), southwell(&needle, true, loads[1])?));
    }
    Ok(rows)
}
