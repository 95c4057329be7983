//! Laws against finite differences and closed forms.

use proband_core::ops;
use proband_tissue::fem::{FibreSpec, Law, LeafletSpec, OgdenTerm, PASSIVE_MYOCARDIUM, lame_pa};
use proptest::prelude::*;

type M3 = [[f64; 3]; 3];

const FIBRES: [[f64; 3]; 2] = [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];

fn laws() -> Vec<Law> {
    let (mu_pa, lambda_pa) = lame_pa(3.0, 0.4).expect("constants");
    let gentle = FibreSpec { a_pa: 1.0, b: 0.8, a_f_pa: 1.5, b_f: 0.4, a_s_pa: 0.7, b_s: 0.3, a_fs_pa: 0.5, b_fs: 0.6 };
    vec![
        Law::Linear { mu_pa, lambda_pa },
        Law::Corotational { mu_pa, lambda_pa },
        Law::NeoHookeanLog { mu_pa, lambda_pa },
        Law::StableNeoHookeanLog { mu_pa, lambda_pa },
        Law::StableNeoHookean { mu_pa, lambda_pa },
        Law::MooneyRivlin { c10_pa: 0.6, c01_pa: 0.3, kappa_pa: 5.0 },
        Law::Ogden { terms: vec![OgdenTerm { mu_pa: 0.7, alpha: 3.3 }, OgdenTerm { mu_pa: 0.4, alpha: -1.7 }], kappa_pa: 4.0 },
        Law::HolzapfelOgden { fibre: gentle, kappa_pa: 6.0 },
        Law::MayNewmanYin { leaflet: LeafletSpec { mu_pa: 0.5, c0_pa: 0.8, c1: 0.05, c2: 0.6 }, kappa_pa: 5.0 },
    ]
}

fn det(f: &M3) -> f64 {
    f[0][0] * (f[1][1] * f[2][2] - f[1][2] * f[2][1]) - f[0][1] * (f[1][0] * f[2][2] - f[1][2] * f[2][0])
        + f[0][2] * (f[1][0] * f[2][1] - f[1][1] * f[2][0])
}

fn rotation(axis: [f64; 3], angle: f64) -> M3 {
    let n = (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]).sqrt().max(1e-9);
    let [x, y, z] = axis.map(|v| v / n);
    let (s, c) = ops::sin_cos(angle);
    let t = 1.0 - c;
    [
        [t * x * x + c, t * x * y - s * z, t * x * z + s * y],
        [t * x * y + s * z, t * y * y + c, t * y * z - s * x],
        [t * x * z - s * y, t * y * z + s * x, t * z * z + c],
    ]
}

fn times(a: &M3, b: &M3) -> M3 {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

/// R · diag(stretch) · Qᵀ with det between 0.3 and 3.
fn deformation() -> impl Strategy<Value = M3> {
    let axis = || prop::array::uniform3(-1.0..1.0_f64);
    (prop::array::uniform3(0.5..1.7_f64), prop::bool::ANY, axis(), -3.0..3.0_f64, axis(), -3.0..3.0_f64)
        .prop_map(|(mut l, near, a, alpha, b, beta)| {
            if near {
                l[1] = l[0] * (1.0 + 1e-5 * (l[1] - 1.0));
            }
            let d = [[l[0], 0.0, 0.0], [0.0, l[1], 0.0], [0.0, 0.0, l[2]]];
            times(&times(&rotation(a, alpha), &d), &rotation(b, beta))
        })
        .prop_filter("det F from 0.3 to 3", |f| (0.3..3.0).contains(&det(f)))
}

fn shifted(f: &M3, k: usize, by: f64) -> M3 {
    let mut g = *f;
    g[k / 3][k % 3] += by;
    g
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Stress is the derivative of the energy and the tangent that of the stress, for every law.
    #[test]
    fn derivatives_are_consistent(f in deformation()) {
        for law in laws() {
            let (p, t) = law.stress_and_tangent_pa(&f, &FIBRES).expect("finite");
            let size = p.as_flattened().iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            let stiff = t.as_flattened().iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            for k in 0..9 {
                let h = 1e-5;
                let e = (law.energy_j_per_m3(&shifted(&f, k, h), &FIBRES) - law.energy_j_per_m3(&shifted(&f, k, -h), &FIBRES)) / (2.0 * h);
                prop_assert!((e - p[k / 3][k % 3]).abs() <= 1e-6 * size, "{law:?}: stress {k}: {e} against {}", p[k / 3][k % 3]);
                // The fibres' switch has a kink in the tangent, not in the stress: a difference across it means nothing.
                let (a, b) = (shifted(&f, k, h), shifted(&f, k, -h));
                if matches!(law, Law::HolzapfelOgden { .. } | Law::MayNewmanYin { .. }) && straddles(&a, &b) {
                    continue;
                }
                let (a, b) = (law.stress_and_tangent_pa(&a, &FIBRES).expect("finite").0, law.stress_and_tangent_pa(&b, &FIBRES).expect("finite").0);
                for i in 0..9 {
                    let d = (a[i / 3][i % 3] - b[i / 3][i % 3]) / (2.0 * h);
                    prop_assert!((d - t[i][k]).abs() <= 1e-6 * stiff, "{law:?}: tangent {i} {k}: {d} against {}", t[i][k]);
                }
            }
        }
    }

    /// The same for tissue that is stretched where it lies.
    #[test]
    fn derivatives_of_the_prestretched(f in deformation()) {
        for law in laws() {
            let (along, stretch) = ([0.6, 0.0, 0.8], 1.15);
            let law = Law::Prestretched { law: Box::new(law), along, stretch };
            let (p, t) = law.stress_and_tangent_pa(&f, &FIBRES).expect("finite");
            let size = p.as_flattened().iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            let stiff = t.as_flattened().iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            for k in 0..9 {
                let h = 1e-5;
                let (a, b) = (shifted(&f, k, h), shifted(&f, k, -h));
                let e = (law.energy_j_per_m3(&a, &FIBRES) - law.energy_j_per_m3(&b, &FIBRES)) / (2.0 * h);
                prop_assert!((e - p[k / 3][k % 3]).abs() <= 1e-5 * size, "{law:?}: stress {k}: {e} against {}", p[k / 3][k % 3]);
                // The fibres' switch has a kink in the tangent: a difference across it means nothing.
                if straddles_at(&a, &b, |d| free_length_squared(d, along, stretch)) {
                    continue;
                }
                let (a, b) = (law.stress_and_tangent_pa(&a, &FIBRES).expect("finite").0, law.stress_and_tangent_pa(&b, &FIBRES).expect("finite").0);
                for i in 0..9 {
                    let d = (a[i / 3][i % 3] - b[i / 3][i % 3]) / (2.0 * h);
                    prop_assert!((d - t[i][k]).abs() <= 1e-5 * stiff, "{law:?}: tangent {i} {k}: {d} against {}", t[i][k]);
                }
            }
        }
    }

    /// A rotation costs nothing and turns the stress with it.
    #[test]
    fn rotations_are_free(f in deformation(), axis in prop::array::uniform3(-1.0..1.0_f64), angle in -3.0..3.0_f64) {
        let r = rotation(axis, angle);
        for law in laws().into_iter().filter(|law| !matches!(law, Law::Linear { .. })) {
            let (at_rest, _) = law.stress_and_tangent_pa(&r, &FIBRES).expect("finite");
            prop_assert!(at_rest.as_flattened().iter().all(|v| v.abs() < 1e-12), "{law:?}: {at_rest:?}");
            let (e, turned) = (law.energy_j_per_m3(&f, &FIBRES), law.energy_j_per_m3(&times(&r, &f), &FIBRES));
            prop_assert!((e - turned).abs() <= 1e-11 * (1.0 + e.abs()), "{law:?}: {e} against {turned}");
        }
    }
}

fn straddles(a: &M3, b: &M3) -> bool {
    straddles_at(a, b, |_| 1.0)
}

/// Whether a fibre's squared stretch passes its limit between two deformations.
fn straddles_at(a: &M3, b: &M3, limit: impl Fn([f64; 3]) -> f64) -> bool {
    let taut = |f: &M3, d: [f64; 3]| (0..3).map(|i| (f[i][0] * d[0] + f[i][1] * d[1] + f[i][2] * d[2]).powi(2)).sum::<f64>() > limit(d);
    FIBRES.iter().any(|d| taut(a, *d) != taut(b, *d))
}

/// Squared length to which a unit direction in the mesh shrinks when a stretch along `along` is let go.
fn free_length_squared(d: [f64; 3], along: [f64; 3], stretch: f64) -> f64 {
    let part: f64 = d.iter().zip(along).map(|(d, a)| d * a).sum();
    part * part / (stretch * stretch) + (1.0 - part * part) * stretch
}

/// Follow the closed form of simple shear for each pair of material axes.
#[test]
fn holzapfel_ogden_in_simple_shear() {
    let law = Law::HolzapfelOgden { fibre: PASSIVE_MYOCARDIUM, kappa_pa: 1e6 };
    let fibres = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let check = |row: usize, column: usize, gamma: f64, expected_kpa: f64| {
        // A shear that carries direction `column` towards `row`.
        let mut f = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        f[row][column] = gamma;
        let (p, _) = law.stress_and_tangent_pa(&f, &fibres).expect("finite");
        // Cauchy: P Fᵀ at J = 1.
        let shear: f64 = (0..3).map(|k| p[row][k] * f[column][k]).sum();
        assert!((shear - 1e3 * expected_kpa).abs() <= 1e-4, "{row}{column}: {shear}");
    };
    check(1, 0, 0.1, 0.0676131);
    check(2, 0, 0.3, 1.1721913);
    check(0, 1, 0.3, 0.3644115);
    check(2, 1, 0.5, 1.4620347);
    check(0, 2, 0.5, 0.2192341);
    check(1, 2, 0.3, 0.0364388);
}

/// Refuse constants under which nothing rests.
#[test]
fn constants_are_checked() {
    assert!(lame_pa(-1.0, 0.3).is_err() && lame_pa(1.0, 0.5).is_err() && lame_pa(f64::NAN, 0.3).is_err());
    assert!(Law::Ogden { terms: vec![], kappa_pa: 1.0 }.check().is_err());
    assert!(Law::Ogden { terms: vec![OgdenTerm { mu_pa: 1.0, alpha: 0.0 }], kappa_pa: 1.0 }.check().is_err());
    assert!(Law::NeoHookeanLog { mu_pa: 1.0, lambda_pa: -1.0 }.check().is_err());
}

/// Give the stresses of a leaflet stretched along and across its fibres: closed form of an incompressible membrane, μ → 0.
#[test]
fn leaflets_in_biaxial_stretch() {
    let kpa = 1e3;
    // (λ along, λ across, Cauchy stress along and across [kPa]) of the anterior and of the posterior leaflet.
    let rows = [
        (1.05, 1.05, [0.360943, 0.0541688], [0.129333, 0.0625792]),
        (1.10, 1.10, [3.52592, 0.453383], [1.07692, 0.473067]),
        (1.15, 1.15, [25.6975, 2.86256], [4.79207, 1.91490]),
        (1.20, 1.20, [438.333, 42.7465], [23.5304, 8.57814]),
        (1.05, 1.15, [0.661691, 0.518373], [0.464874, 0.602476]),
        (1.15, 1.05, [20.7215, 0.699227], [3.13360, 0.459334]),
    ];
    for (along, across, anterior, posterior) in rows {
        for (c0_pa, c1, c2, expected) in [(399.0, 4.325, 1446.5, anterior), (414.0, 4.848, 305.4, posterior)] {
            let law = Law::MayNewmanYin { leaflet: LeafletSpec { mu_pa: 1e-9, c0_pa, c1, c2 }, kappa_pa: 1.0 };
            let through = 1.0 / (along * across);
            let f = [[along, 0.0, 0.0], [0.0, across, 0.0], [0.0, 0.0, through]];
            let (p, _) = law.stress_and_tangent_pa(&f, &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).expect("finite");
            let cauchy = [p[0][0] * along, p[1][1] * across, p[2][2] * through];
            for (k, want) in expected.into_iter().enumerate() {
                let got = (cauchy[k] - cauchy[2]) / kpa;
                assert!((got / want - 1.0).abs() < 1e-5, "{along} {across}, {k}: {got} against {want}");
            }
        }
    }
}
