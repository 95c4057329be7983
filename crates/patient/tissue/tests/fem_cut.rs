//! Cutting, tearing and sewing bodies.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_mesh::Blade;
use proband_tissue::fem::{
    CutOptions, Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, Prony, PronyBranch, Suture,
    SutureEnd, TearSpec, broken_sutures, cut, lame_pa, node_stresses, open, rest, step, stored_energy_j, suture_forces_n, tear,
};
use proptest::prelude::*;

const SIZE_M: [f64; 3] = [0.06, 0.03, 0.03];
const GRAVITY: [f64; 3] = [0.0, 0.0, -9.81];

fn law(young_pa: f64) -> Law {
    let (mu_pa, lambda_pa) = lame_pa(young_pa, 0.3).unwrap();
    Law::NeoHookeanLog { mu_pa, lambda_pa }
}

fn block(tets: bool, cells: [u32; 3], young_pa: f64) -> FemSpec {
    let lattice = Lattice::new(cells, SIZE_M).unwrap();
    let clamped = lattice.nodes_where(|p| p[0] == 0.0);
    let elements = if tets { Elements::Tetrahedra(lattice.tetrahedra()) } else { Elements::Hexahedra(lattice.hexahedra.clone()) };
    FemSpec::elastic(lattice.nodes_m, elements, law(young_pa), 1000.0).clamp(&clamped)
}

fn rested(model: &FemModel, state: &mut FemState, input: &FemInput<'_>) {
    let out = rest(model, state, input, 1, 0.0, &mut FemWorkspace::new(model)).unwrap();
    assert!(out.converged, "{out:?}");
}

fn sag_m(state: &FemState) -> f64 {
    state.displacement_m.iter().map(|u| u[2]).fold(0.0, f64::min)
}

/// Half way through the height from above, at x.
fn from_above(x: f64, depth_m: f64) -> Blade {
    let (low, high) = (SIZE_M[2] - depth_m, 0.1);
    Blade::polygon(&[[x, -0.1, low], [x, 0.1, low], [x, 0.1, high], [x, -0.1, high]]).unwrap()
}

/// Sag the same whether a body is cut while it hangs or was cut before, for tetrahedra and hexahedra.
#[test]
fn the_time_of_the_cut_does_not_matter() {
    for tets in [true, false] {
        let spec = block(tets, [8, 4, 4], 100e3);
        let input = FemInput { gravity_m_per_s2: GRAVITY, ..FemInput::default() };
        let model = FemModel::new(&spec).unwrap();
        let before = cut(&spec, &model.state(), &from_above(0.015, 0.015), &CutOptions::USUAL).unwrap();
        let mut early = before.state.clone();
        rested(&before.model, &mut early, &input);
        // In the hanging body the same faces are named by their corners.
        let mut hanging = model.state();
        rested(&model, &mut hanging, &input);
        let whole = sag_m(&hanging);
        let lattice = Lattice::new([8, 4, 4], SIZE_M).unwrap();
        let on = |n: &u32| lattice.nodes_m[*n as usize][0] == 0.015 && lattice.nodes_m[*n as usize][2] >= 0.015 - 1e-12;
        let corners: &[&[usize]] = if tets { &[&[1, 2, 3], &[0, 3, 2], &[0, 1, 3], &[0, 2, 1]] } else { &[&[0, 4, 7, 3], &[1, 2, 6, 5]] };
        let lists: Vec<Vec<u32>> = match &spec.parts[0].elements {
            Elements::Tetrahedra(e) => e.iter().map(|n| n.to_vec()).collect(),
            Elements::Hexahedra(e) => e.iter().map(|n| n.to_vec()).collect(),
            Elements::QuadraticTetrahedra(_) => Vec::new(),
        };
        let mut faces: Vec<Vec<u32>> = lists.iter().flat_map(|e| corners.iter().map(|f| f.iter().map(|&k| e[k]).collect())).collect();
        faces.retain(|f: &Vec<u32>| f.iter().all(on));
        let late = open(&spec, &hanging, &faces, false).unwrap();
        assert_eq!((late.report.copied_node_count, late.cut_nodes.len()), (before.report.copied_node_count, before.cut_nodes.len()));
        let mut after = late.state.clone();
        rested(&late.model, &mut after, &input);
        assert!((sag_m(&after) / sag_m(&early) - 1.0).abs() < 1e-9, "{} {}", sag_m(&after), sag_m(&early));
        assert!(sag_m(&after) < 1.05 * whole, "{} {whole}", sag_m(&after));
        assert!((before.report.area_m2 - 0.03 * 0.015).abs() < 1e-12);
        assert!((late.model.mass_kg().iter().sum::<f64>() / model.mass_kg().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

/// Keep a homogeneous deformation and its material memory through a cut that splits and slides.
#[test]
fn a_state_goes_through_a_cut() {
    let mut spec = block(true, [6, 3, 3], 20e3);
    spec.held.clear();
    spec.parts[0].viscosity = Prony { branches: vec![PronyBranch { share: 0.4, time_s: 0.1 }] };
    let model = FemModel::new(&spec).unwrap();
    let mut state = model.state();
    for (n, p) in model.nodes_m().iter().enumerate() {
        state.displacement_m[n] = [0.1 * p[0] + 0.05 * p[1], -0.02 * p[1], 0.03 * p[0]];
        state.velocity_m_per_s[n] = [1.0, 2.0, -3.0];
    }
    state.memory_pa.iter_mut().enumerate().for_each(|(k, m)| *m = (k % 12) as f64);
    let energy = stored_energy_j(&model, &state, &mut FemWorkspace::new(&model));
    let blade = Blade::square([0.031, 0.014, 0.016], [1.0, 0.4, -0.3], 0.2).unwrap();
    let done = cut(&spec, &state, &blade, &CutOptions::USUAL).unwrap();
    assert!(done.report.split_count > 0 && done.report.dihedral_min_rad.to_degrees() >= 5.0, "{:?}", done.report);
    let after = stored_energy_j(&done.model, &done.state, &mut FemWorkspace::new(&done.model));
    assert!((after / energy - 1.0).abs() < 1e-10, "{after} {energy}");
    for (n, p) in done.model.nodes_m().iter().enumerate() {
        assert!((done.state.displacement_m[n][0] - 0.1 * p[0] - 0.05 * p[1]).abs() < 1e-15);
        assert!((done.state.velocity_m_per_s[n][2] + 3.0).abs() < 1e-12);
    }
    assert!(done.state.memory_pa.len() > state.memory_pa.len());
    assert!(done.state.memory_pa.iter().enumerate().all(|(k, m)| *m == (k % 12) as f64));
    // Cut through, it is two bodies that fall apart when they are pushed apart, and no step fails.
    let (mut moving, mut space) = (done.state, FemWorkspace::new(&done.model));
    let out = step(&done.model, &mut moving, &FemInput::default(), 1e-3, &mut space).unwrap();
    assert!(out.converged && !moving.quarantined);
}

/// Refuse what cannot be cut, by name.
#[test]
fn what_cannot_be_cut_is_refused() {
    let spec = block(true, [2, 2, 2], 1e4);
    let model = FemModel::new(&spec).unwrap();
    let blade = from_above(0.02, 0.01);
    let mut quadratic = spec.clone();
    quadratic.parts[0].elements = Elements::QuadraticTetrahedra(Vec::new());
    assert!(cut(&quadratic, &model.state(), &blade, &CutOptions::USUAL).is_err());
    let mut short = model.state();
    short.displacement_m.pop();
    assert!(cut(&spec, &short, &blade, &CutOptions::USUAL).is_err());
    assert!(cut(&spec, &model.state(), &blade, &CutOptions { angle_min_rad: f64::NAN, ..CutOptions::USUAL }).is_err());
    assert!(cut(&spec, &model.state(), &blade, &CutOptions { keep_nodes: vec![9999], ..CutOptions::USUAL }).is_err());
}

/// Bear like the whole when every parted node is sewn with stiff clips; slack threads bear nothing; overloaded ones are named.
#[test]
fn sewn_halves_bear_like_the_whole() {
    let spec = block(false, [6, 3, 3], 20e3);
    let tip: Vec<u32> = (0..spec.nodes_m.len() as u32).filter(|&n| spec.nodes_m[n as usize][0] == SIZE_M[0]).collect();
    let forces: Vec<(u32, [f64; 3])> = tip.iter().map(|&n| (n, [0.02, 0.0, 0.005])).collect();
    let input = FemInput { forces_n: &forces, ..FemInput::default() };
    let end_m = |spec: &FemSpec, start: &FemState| -> (FemModel, FemState) {
        let model = FemModel::new(spec).unwrap();
        let mut state = start.clone();
        rested(&model, &mut state, &input);
        (model, state)
    };
    let whole_model = FemModel::new(&spec).unwrap();
    let (_, whole) = end_m(&spec, &whole_model.state());
    let done =
        cut(&spec, &whole_model.state(), &Blade::square([0.031, 0.0, 0.0], [1.0, 0.0, 0.0], 1.0).unwrap(), &CutOptions::USUAL).unwrap();
    assert_eq!(done.pairs.len(), 16);
    let sewn = |stiffness_n_per_m: f64, length_m: f64, break_n: f64| FemSpec {
        sutures: done.pairs.iter().map(|p| Suture { ends: p.map(SutureEnd::at), stiffness_n_per_m, length_m, break_n }).collect(),
        ..done.spec.clone()
    };
    let (model, state) = end_m(&sewn(5000.0, 0.0, 0.03), &done.state);
    let size = whole.displacement_m.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    for &n in &tip {
        let (a, b) = (whole.displacement_m[n as usize], state.displacement_m[n as usize]);
        assert!((0..3).all(|k| (a[k] - b[k]).abs() < 0.01 * size), "{a:?} {b:?}");
    }
    let along: f64 = suture_forces_n(&model, &state).iter().sum();
    assert!(along >= 0.02 * tip.len() as f64, "{along}");
    assert!(!broken_sutures(&model, &state).is_empty());
    // A thread longer than the gap pulls at nothing: force and energy vanish.
    let slack = FemModel::new(&sewn(2000.0, 0.01, 1.0)).unwrap();
    assert!(suture_forces_n(&slack, &done.state).iter().all(|f| *f == 0.0));
    assert!(FemModel::new(&sewn(f64::NAN, 0.0, 1.0)).is_err());
}

/// Part only where the stress is above the strength, and only where the energy pays for the area.
#[test]
fn a_tear_needs_stress_and_energy() {
    let mut spec = block(false, [6, 3, 3], 20e3);
    let far: Vec<u32> = (0..spec.nodes_m.len() as u32).filter(|&n| spec.nodes_m[n as usize][0] == SIZE_M[0]).collect();
    spec.held.extend(far.iter().map(|&node| HeldNode { node, axes: [true; 3] }));
    let model = FemModel::new(&spec).unwrap();
    let led: Vec<[f64; 3]> = spec.held.iter().map(|h| if far.contains(&h.node) { [0.012, 0.0, 0.0] } else { [0.0; 3] }).collect();
    let input = FemInput { led_m: &led, ..FemInput::default() };
    let mut state = model.state();
    rested(&model, &mut state, &input);
    let stress = node_stresses(&spec, &model, &state, 0.0);
    assert!(stress[0].stress_pa > 3000.0 && stress.windows(2).all(|w| w[0].stress_pa >= w[1].stress_pa));
    let middle: Vec<u32> = (0..spec.nodes_m.len() as u32).filter(|&n| spec.nodes_m[n as usize][0] == 0.03).collect();
    let wanted = |strength_pa: f64, toughness_j_per_m2: f64| TearSpec {
        strength_pa,
        toughness_j_per_m2,
        nodes: middle.clone(),
        trial_count_max: 20,
        across: None,
    };
    let at = |w: &TearSpec| tear(&spec, &model, &state, &input, w).unwrap();
    assert!(at(&wanted(1e9, 0.0)).is_none());
    assert!(at(&wanted(2000.0, 1e6)).is_none());
    let free = at(&wanted(2000.0, 0.0)).unwrap();
    assert!(!free.opened.pairs.is_empty() && free.released_j == 0.0 && free.area_m2 > 0.0);
    let paid = at(&wanted(2000.0, 1e-3)).unwrap();
    assert!(paid.released_j >= 1e-3 * paid.area_m2 && paid.area_m2 > 0.0);
    assert!((paid.at[0].direction[0].abs() - 1.0).abs() < 0.05);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Store nothing in a body at rest after any cut, keep its mass, and rest under gravity.
    #[test]
    fn any_cut_can_be_solved(x in 0.008_f64..0.055, y in -1.0_f64..1.0, z in -1.0_f64..1.0, half in 0.005_f64..0.1) {
        let spec = block(true, [6, 3, 3], 100e3);
        let model = FemModel::new(&spec).unwrap();
        let blade = Blade::square([x, 0.016, 0.02], [1.0, y, z], half).unwrap();
        let done = cut(&spec, &model.state(), &blade, &CutOptions::USUAL).unwrap();
        prop_assert!(stored_energy_j(&done.model, &done.state, &mut FemWorkspace::new(&done.model)) == 0.0);
        prop_assert!((done.model.mass_kg().iter().sum::<f64>() / model.mass_kg().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let (mut state, mut space) = (done.state, FemWorkspace::new(&done.model));
        let input = FemInput { gravity_m_per_s2: GRAVITY, ..FemInput::default() };
        let out = step(&done.model, &mut state, &input, 5e-3, &mut space).unwrap();
        prop_assert!(out.converged && out.residual_relative <= 1e-8, "{:?} {:?}", out, done.report);
    }
}
