//! Rods against closed forms.

use super::*;

fn inextensible() -> RodStiffness {
    RodStiffness { axial_n: 1e7, shear_n: [1e7; 2], torsion_n_m2: 1.0, bending_n_m2: [1.0; 2] }
}

/// Bend as far as the elastica.
#[test]
fn elastica() {
    let model = RodModel::new(&RodSpec::straight(1.0, 40, inextensible())).unwrap();
    let mut state = model.state();
    for (k, down, short) in [(1.0, 0.301_720_8, 0.056_433_2), (10.0, 0.810_609_0, 0.554_995_6)] {
        let out = rod_rest(&model, &mut state, &RodInput { forces_n: &[(40, [0.0, 0.0, k])], moments_nm: &[] }, 4).unwrap();
        assert!(out.converged, "{out:?}");
        let tip = state.places_m[40];
        assert!((tip[2] - down).abs() < 1e-3 && (1.0 - tip[0] - short).abs() < 1e-3, "{tip:?}");
    }
}

/// Close a circle by an end moment.
#[test]
fn circle() {
    let stiffness = RodStiffness { axial_n: 1e6, shear_n: [1e6; 2], ..inextensible() };
    let model = RodModel::new(&RodSpec::straight(1.0, 40, stiffness)).unwrap();
    let mut state = model.state();
    let moment = [(40, [0.0, 2.0 * std::f64::consts::PI, 0.0])];
    let out = rod_rest(&model, &mut state, &RodInput { forces_n: &[], moments_nm: &moment }, 10).unwrap();
    assert!(out.converged && state.places_m[40].iter().all(|v| v.abs() < 1e-6), "{out:?} {:?}", state.places_m[40]);
}

/// Feel nothing of a rigid motion, and keep the gradient of the energy.
#[test]
fn gradients_are_right() {
    use super::element::{Ends, Piece, derivatives, energy_j, strains_of};
    let turn = |q: [f64; 4]| {
        let l = q.iter().map(|v| v * v).sum::<f64>().sqrt();
        q.map(|v| v / l)
    };
    let ends = Ends { places_m: [[0.1, 0.2, 0.3], [0.3, 0.25, 0.28]], turns: [turn([1.0, 0.1, 0.2, -0.1]), turn([1.0, 0.2, 0.1, 0.1])] };
    let piece = Piece { length_m: 0.2, rest: [1.0, 0.0, 0.0, 0.1, 0.0, 0.2], stiffness: [3.0, 2.0, 1.5, 0.5, 0.7, 0.9] };
    let (gradient, matrix) = derivatives(&ends, &piece);
    for k in 0..3 {
        let h = 1e-6;
        let at = |s: f64| {
            let mut e = ends;
            e.places_m[1][k] += s;
            e
        };
        let slope = (energy_j(&at(h), &piece) - energy_j(&at(-h), &piece)) / (2.0 * h);
        assert!((slope - gradient[6 + k]).abs() < 1e-7 * (1.0 + slope.abs()), "{slope} {}", gradient[6 + k]);
        let other = (derivatives(&at(h), &piece).0[4] - derivatives(&at(-h), &piece).0[4]) / (2.0 * h);
        assert!((other - matrix[4][6 + k]).abs() < 1e-6 * (1.0 + other.abs()));
    }
    assert!(strains_of(&ends, 0.2).iter().all(|s| s.is_finite()));
}

/// Refuse what is no rod.
#[test]
fn hostile_rods() {
    let good = RodSpec::straight(1.0, 4, inextensible());
    let mut bad = good.clone();
    bad.nodes_m[2][0] = f64::NAN;
    assert!(RodModel::new(&bad).is_err());
    let mut bad = good.clone();
    bad.nodes_m[2] = bad.nodes_m[1];
    assert!(RodModel::new(&bad).is_err());
    let model = RodModel::new(&good).unwrap();
    let nan = [(4, [f64::NAN; 3])];
    assert!(rod_rest(&model, &mut model.state(), &RodInput { forces_n: &nan, moments_nm: &[] }, 1).is_err());
    let huge = [(4, [0.0, 0.0, 1e11])];
    let out = rod_rest(&model, &mut model.state(), &RodInput { forces_n: &huge, moments_nm: &[] }, 1).unwrap();
    assert!(out.residual_relative.is_finite() || !out.converged);
}
