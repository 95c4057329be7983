//! Glucose, insulin, β-cells, tumours.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use proband_core::{Stream, ops};
use proband_physiology::disease::{SimeoniModel, SimeoniSpec, gompertz};
use proband_physiology::glucose::{BetaCellModel, BetaCellSpec, BetaCellState, BetaCellTherapy, MealInput, MealModel, MealSpec};
use proptest::prelude::*;

type Row = BTreeMap<String, f64>;

fn spec(row: &Row) -> MealSpec {
    let get = |name: &str| row[name];
    MealSpec {
        mass_kg: get("BW"),
        glucose_basal_mg_dl: get("Gb"),
        insulin_basal_pmol_l: get("Ib"),
        production_basal_mg_kg_min: get("EGPb"),
        use_fixed_mg_kg_min: get("Fsnc"),
        volume_glucose_dl_kg: get("Vg"),
        volume_insulin_l_kg: get("Vi"),
        k1_per_min: get("k1"),
        k2_per_min: get("k2"),
        kmax_per_min: get("kmax"),
        kmin_per_min: get("kmin"),
        kabs_per_min: get("kabs"),
        b: get("b"),
        d: get("d"),
        appearing: get("f"),
        vmx_mg_kg_min_per_pmol_l: get("Vmx"),
        km0_mg_kg: get("Km0"),
        p2u_per_min: get("p2u"),
        kp2_per_min: get("kp2"),
        kp3_mg_kg_min_per_pmol_l: get("kp3"),
        ki_per_min: get("ki"),
        m1_per_min: get("m1"),
        m2_per_min: get("m2"),
        hepatic_extraction: get("HEb"),
        ke1_per_min: get("ke1"),
        ke2_mg_kg: get("ke2"),
        ka1_per_min: get("ka1"),
        ka2_per_min: get("ka2"),
        kd_per_min: get("kd"),
        ksc_per_min: get("ksc"),
    }
}

macro_rules! peer {
    ($($field:ident $column:literal),* $(,)?) => {
        struct Peer { $($field: f64),* }
        impl Peer {
            fn new(row: &Row) -> Self {
                Self { $($field: row[$column]),* }
            }
        }
    };
}
peer! {
    b "b", bw "BW", d "d", f "f", fsnc "Fsnc", ib "Ib", k1 "k1", k2 "k2", ka1 "ka1", ka2 "ka2", kabs "kabs", kd "kd", ke1 "ke1", ke2 "ke2", ki "ki", km0 "Km0", kmax "kmax", kmin "kmin", kp1 "kp1", kp2 "kp2", kp3 "kp3", ksc "ksc", m1 "m1", m2 "m2", m30 "m30", m4 "m4", p2u "p2u", vi "Vi", vm0 "Vm0", vmx "Vmx",
}

/// The peer's equations, written from its parameter table alone, per minute.
fn peer_slope(p: &Peer, x: &[f64; 13], meal: f64, carbohydrate_mg: f64, insulin: f64) -> [f64; 13] {
    let q = x[0] + x[1];
    let kgut = if meal > 0.0 {
        let aa = 5.0 / 2.0 / (1.0 - p.b) / meal;
        let cc = 5.0 / 2.0 / p.d / meal;
        p.kmin + (p.kmax - p.kmin) / 2.0 * (ops::tanh(aa * (q - p.b * meal)) - ops::tanh(cc * (q - p.d * meal)) + 2.0)
    } else {
        p.kmax
    };
    let egp = (p.kp1 - p.kp2 * x[3] - p.kp3 * x[8]).max(0.0);
    let et = if x[3] > p.ke2 { p.ke1 * (x[3] - p.ke2) } else { 0.0 };
    let uid = (p.vm0 + p.vmx * x[6]) * x[4] / (p.km0 + x[4]);
    let it = x[5] / p.vi;
    let mut d = [
        carbohydrate_mg - p.kmax * x[0],
        p.kmax * x[0] - kgut * x[1],
        kgut * x[1] - p.kabs * x[2],
        egp + p.f * p.kabs * x[2] / p.bw - p.fsnc - et - p.k1 * x[3] + p.k2 * x[4],
        -uid + p.k1 * x[3] - p.k2 * x[4],
        -(p.m2 + p.m4) * x[5] + p.m1 * x[9] + p.ka1 * x[10] + p.ka2 * x[11],
        -p.p2u * x[6] + p.p2u * (it - p.ib),
        -p.ki * (x[7] - it),
        -p.ki * (x[8] - x[7]),
        -(p.m1 + p.m30) * x[9] + p.m2 * x[5],
        insulin - (p.ka1 + p.kd) * x[10],
        p.kd * x[10] - p.ka2 * x[11],
        -p.ksc * x[12] + p.ksc * x[3],
    ];
    for i in [3, 4, 5, 9, 10, 11, 12] {
        if x[i] < 0.0 {
            d[i] = 0.0;
        }
    }
    d
}

/// Dormand & Prince 5(4), adaptive, relative and absolute tolerance 1e-10.
fn dormand_prince(mut x: [f64; 13], t_end: f64, slope: impl Fn(&[f64; 13]) -> [f64; 13]) -> [f64; 13] {
    const A: [&[f64]; 6] = [
        &[0.2],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ];
    const E: [f64; 7] = [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];
    const LEAST: f64 = 1e-4;
    let (mut t, mut h) = (0.0, 0.05_f64);
    while t < t_end - 1e-12 {
        h = h.min(t_end - t);
        let mut k = vec![slope(&x)];
        let mut y = x;
        for row in A {
            y = std::array::from_fn(|i| x[i] + h * row.iter().zip(&k).map(|(a, k)| a * k[i]).sum::<f64>());
            k.push(slope(&y));
        }
        let mut error = 0.0_f64;
        for i in 0..13 {
            let e = h * E.iter().zip(&k).map(|(e, k)| e * k[i]).sum::<f64>();
            error = error.max(e.abs() / (1e-10 * (1.0 + x[i].abs().max(y[i].abs()))));
        }
        // Where a state rests at nought its slope jumps: no step is small enough there.
        if error <= 1.0 || h <= LEAST {
            t += h;
            x = y;
        }
        h *= (0.9 * ops::powf(error.max(1e-8), -0.2)).clamp(0.2, 3.0);
        h = h.max(LEAST);
    }
    x
}

/// The day of the check: basal insulin, 45 g and 7 U per 68.7 kg at minute 100, 70 g at minute 420, eaten at 5 g/min.
/// (7 U whatever the mass would bring the smallest child to no glucose at all, where the equations end.)
fn input(minute: u32, basal_u_min: f64, mass_kg: f64) -> MealInput {
    let eating = (100..109).contains(&minute) || (420..434).contains(&minute);
    MealInput {
        carbohydrate_g_min: if eating { 5.0 } else { 0.0 },
        insulin_u_min: basal_u_min + if minute == 100 { 7.0 * mass_kg / 68.706 } else { 0.0 },
    }
}

/// Match a solve at 1e-10 of the peer's equations for each of its 30 patients, minute by minute over a day.
#[test]
fn thirty_patients_agree_with_a_fine_solve() {
    let folder = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = folder.join("physiology/simglucose/vpatient_params.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIP: {} is absent; set PROBAND_DATA to the folder of reference data", path.display());
        return;
    };
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').map(str::trim).collect();
    let mut worst = 0.0_f64;
    let mut count = 0;
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let row: Row = names.iter().zip(line.split(',')).filter_map(|(n, v)| v.trim().parse().ok().map(|v| ((*n).to_owned(), v))).collect();
        let model = MealModel::new(spec(&row)).unwrap();
        let mut state = model.state();
        let x0: [f64; 13] = std::array::from_fn(|i| row[&format!("x0_{:2}", i + 1)]);
        for (i, (ours, theirs)) in state.x.iter().zip(x0).enumerate() {
            assert!((ours - theirs).abs() <= 1e-8 * theirs.abs().max(1e-6), "{line}: basal state {i}: {ours} against {theirs}");
        }
        assert!((model.basal_u_min() * 6000.0 / row["BW"] / row["u2ss"] - 1.0).abs() < 1e-8);
        let peer = Peer::new(&row);
        let (mut x, mut meal, mut was_eating) = (x0, 0.0, false);
        let basal = row["u2ss"] * row["BW"] / 6000.0;
        for minute in 0..1440 {
            let now = input(minute, basal, row["BW"]);
            model.step(&mut state, &now, 60.0);
            let eating = now.carbohydrate_g_min > 0.0;
            if eating && !was_eating {
                meal = x[0] + x[1];
            }
            was_eating = eating;
            meal += 1e3 * now.carbohydrate_g_min;
            let insulin = now.insulin_u_min * 6000.0 / row["BW"];
            x = dormand_prince(x, 1.0, |x| peer_slope(&peer, x, meal, 1e3 * now.carbohydrate_g_min, insulin));
            worst = worst.max((state.x[12] - x[12]).abs() / row["Vg"]).max((state.x[3] - x[3]).abs() / row["Vg"]);
        }
        count += 1;
    }
    println!("{count} patients, worst deviation {worst:.2e} mg/dL");
    assert_eq!(count, 30);
    assert!(worst < 1e-3, "{worst} mg/dL");
}

/// Keep our own people in their basal state for a day, and answer a meal with a rise and a return.
#[test]
fn our_own_people_are_alive() {
    let mut stream = Stream::new(3, 0, "glucose");
    for _ in 0..50 {
        let spec = MealSpec::sample(&mut stream);
        let model = MealModel::new(spec.clone()).unwrap();
        let mut state = model.state();
        let basal = MealInput { carbohydrate_g_min: 0.0, insulin_u_min: model.basal_u_min() };
        let mut highest = 0.0_f64;
        for _ in 0..600 {
            model.step(&mut state, &basal, 60.0);
        }
        assert!((model.output(&state).glucose_plasma_mg_dl - spec.glucose_basal_mg_dl).abs() < 1e-6);
        for minute in 0..1440 {
            let eating = MealInput { carbohydrate_g_min: if minute < 10 { 4.0 } else { 0.0 }, insulin_u_min: basal.insulin_u_min };
            highest = highest.max(model.step(&mut state, &eating, 60.0).glucose_plasma_mg_dl);
        }
        assert!(highest > spec.glucose_basal_mg_dl + 15.0 && highest < 600.0, "{highest}");
    }
}

/// Come back from the healthy point, collapse below the separatrix.
#[test]
fn beta_cells_recover_or_fail() {
    let model = BetaCellModel::new(BetaCellSpec::topp()).unwrap();
    let run = |beta_mg: f64| {
        let mut state = BetaCellState { glucose_mg_dl: 100.0, insulin_uu_ml: 10.0, beta_mg };
        assert!(model.step(&mut state, &BetaCellTherapy::NONE, 400.0));
        state
    };
    assert!((run(300.0).glucose_mg_dl - 100.0).abs() < 1e-6);
    assert!(run(36.0).glucose_mg_dl > 590.0);
    assert!(run(38.0).glucose_mg_dl < 250.0);
}

/// Grow tumours to their limit and let a drug delay them.
#[test]
fn tumours_grow_and_are_delayed() {
    assert!((gompertz(1.0, 1000.0, 0.01, 1e5) - 1000.0).abs() < 1e-6);
    let spec = SimeoniSpec { exponential_per_d: 0.3, linear_g_d: 0.8, dying_per_d: 0.6, potency_per_d: 0.01 };
    let model = SimeoniModel::new(spec).unwrap();
    let (mut free, mut treated) = (model.state(0.05), model.state(0.05));
    for _ in 0..2000 {
        model.step(&mut free, [0.0; 3], 0.01);
        model.step(&mut treated, [10.0; 3], 0.01);
    }
    assert!(treated.total_g() < 0.5 * free.total_g());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Stay finite and above nought whatever is eaten and injected.
    #[test]
    fn glucose_stays_finite(meals in prop::collection::vec((0.0..200.0f64, 0.0..50.0f64), 1..200), seed in any::<u64>()) {
        let model = MealModel::new(MealSpec::sample(&mut Stream::new(seed, 0, "people"))).unwrap();
        let mut state = model.state();
        for (carbohydrate_g_min, insulin_u_min) in meals {
            model.step(&mut state, &MealInput { carbohydrate_g_min, insulin_u_min }, 60.0);
            prop_assert!(state.x.iter().all(|x| x.is_finite()));
            prop_assert!(state.x[3] > -1.0);
        }
    }
}
