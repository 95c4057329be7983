//! Claims about glucose, β-cells and tumours.

use proband_core::ops;
use proband_physiology::disease::{SimeoniModel, SimeoniSpec, gompertz};
use proband_physiology::glucose::{BetaCellModel, BetaCellSpec, BetaCellState, BetaCellTherapy, MealInput, MealModel, MealSpec};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[claim!("glucose-meal", meal), claim!("glucose-beta-cells", beta_cells), claim!("tumour-growth", tumour)];

type Rows = Result<Vec<Obtained>, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Adolescent 001 of the MIT-licensed simglucose; production follows from its kp1.
fn adolescent() -> MealSpec {
    MealSpec {
        mass_kg: 68.706,
        glucose_basal_mg_dl: 250.621_836 / 1.6818,
        insulin_basal_pmol_l: 97.554,
        production_basal_mg_kg_min: 11.504_823_133_8 - 0.023_318 * 250.621_836 - 0.023_253 * 97.554,
        use_fixed_mg_kg_min: 1.0,
        volume_glucose_dl_kg: 1.6818,
        volume_insulin_l_kg: 0.048_153,
        k1_per_min: 0.057_252,
        k2_per_min: 0.067_738,
        kmax_per_min: 0.015_865,
        kmin_per_min: 0.008_333_8,
        kabs_per_min: 0.091_043,
        b: 0.83072,
        d: 0.32294,
        appearing: 0.9,
        vmx_mg_kg_min_per_pmol_l: 0.074_667,
        km0_mg_kg: 260.89,
        p2u_per_min: 0.021_344,
        kp2_per_min: 0.023_318,
        kp3_mg_kg_min_per_pmol_l: 0.023_253,
        ki_per_min: 0.008_883_8,
        m1_per_min: 0.15221,
        m2_per_min: 0.259_067_825_939,
        hepatic_extraction: 0.6,
        ke1_per_min: 0.0005,
        ke2_mg_kg: 339.0,
        ka1_per_min: 0.0025,
        ka2_per_min: 0.0115,
        kd_per_min: 0.0185,
        ksc_per_min: 0.056,
    }
}

fn meal() -> Rows {
    let model = MealModel::new(adolescent()).map_err(text)?;
    let mut state = model.state();
    let mut rows = vec![Obtained::new("basal insulin", model.basal_u_min())];
    let mut course = Vec::with_capacity(1440);
    for minute in 0..1440_u32 {
        let eating = (100..109).contains(&minute) || (420..434).contains(&minute);
        let input = MealInput {
            carbohydrate_g_min: if eating { 5.0 } else { 0.0 },
            insulin_u_min: model.basal_u_min() + if minute == 100 { 7.0 } else { 0.0 },
        };
        course.push(model.step(&mut state, &input, 60.0).glucose_under_skin_mg_dl);
    }
    for minute in [1, 50, 100, 121, 181, 241, 301, 421, 501, 601, 901, 1201, 1440] {
        rows.push(Obtained::new(format!("glucose under the skin at the end of minute {minute}"), course[minute - 1]));
    }
    rows.push(Obtained::new("highest of the day", course.iter().copied().fold(0.0, f64::max)));
    rows.push(Obtained::new("lowest of the day", course.iter().copied().fold(f64::INFINITY, f64::min)));
    Ok(rows)
}

fn beta_cells() -> Rows {
    let model = BetaCellModel::new(BetaCellSpec::topp()).map_err(text)?;
    let points = model.fixed_points();
    let mut rows = Vec::new();
    for (name, point) in ["healthy", "saddle"].into_iter().zip(&points) {
        rows.push(Obtained::new(format!("{name} point: glucose"), point.state.glucose_mg_dl));
        rows.push(Obtained::new(format!("{name} point: insulin"), point.state.insulin_uu_ml));
        rows.push(Obtained::new(format!("{name} point: beta-cells"), point.state.beta_mg));
        for (index, value) in point.eigenvalues_per_d.iter().enumerate() {
            rows.push(Obtained::new(format!("{name} point: eigenvalue {}", index + 1), *value));
        }
    }
    rows.push(Obtained::new("failed point: glucose", points.get(2).ok_or("no third point")?.state.glucose_mg_dl));
    for (beta_mg, days) in [(30.0, 10.0), (45.0, 10.0), (45.0, 100.0), (45.0, 400.0), (100.0, 400.0), (30.0, 100.0)] {
        let mut state = BetaCellState { glucose_mg_dl: 100.0, insulin_uu_ml: 10.0, beta_mg };
        if !model.step(&mut state, &BetaCellTherapy::NONE, days) {
            return Err(format!("from {beta_mg} mg: the solver did not come to an end"));
        }
        rows.push(Obtained::new(format!("from {beta_mg} mg, after {days} d: glucose"), state.glucose_mg_dl));
        if !(beta_mg == 30.0 && days == 100.0) {
            rows.push(Obtained::new(format!("from {beta_mg} mg, after {days} d: insulin"), state.insulin_uu_ml));
            rows.push(Obtained::new(format!("from {beta_mg} mg, after {days} d: beta-cells"), state.beta_mg));
        }
    }
    let edge = model.separatrix_mg(100.0, 10.0, 400.0).ok_or("no separatrix")?;
    rows.push(Obtained::new("separatrix from 100 mg/dL and 10 uU/mL", edge));
    Ok(rows)
}

fn tumour() -> Rows {
    let mut rows: Vec<Obtained> =
        [100.0, 365.0].into_iter().map(|d| Obtained::new(format!("Gompertz after {d} d"), gompertz(1.0, 1000.0, 0.01, d))).collect();
    let spec = SimeoniSpec { exponential_per_d: 0.3, linear_g_d: 0.8, dying_per_d: 0.6, potency_per_d: 0.01 };
    let model = SimeoniModel::new(spec).map_err(text)?;
    for (name, dose) in [("untreated", 0.0), ("treated", 30.0)] {
        let mut state = model.state(0.05);
        let h = 1e-3;
        for step in 0..20_000_u32 {
            let t = h * f64::from(step);
            let at = |t: f64| dose * ops::exp(-t);
            model.step(&mut state, [at(t), at(t + 0.5 * h), at(t + h)], h);
            if (step + 1) % 5000 == 0 {
                rows.push(Obtained::new(format!("{name}, after {} d", (step + 1) / 1000), state.total_g()));
            }
        }
    }
    Ok(rows)
}
