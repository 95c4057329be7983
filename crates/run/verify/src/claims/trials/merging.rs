//! A trial cut into shards, and what its analysis rests on beside the plain tests.

use std::sync::atomic::AtomicBool;

use proband_core::Stream;
use proband_math::refinement;
use proband_math::stats::{
    Sides, clopper_pearson, crossover, crude_runs_for_cov, dunnett_constant, least_squares, obrien_fleming_bounds, wilson,
};
use proband_record::{SigningKey, is_signed, table_digest};
use proband_robot::builtin_arm;
use proband_run::trial::{
    Analysis, ArmPlan, CohortKind, Design, EndpointPlan, HandSpec, Hypothesis, Missing, Multiplicity, PalpationSpec, People, Recruitment,
    RobotArm, Study, TrialSetup, merge, trial_tables,
};
use proband_twin::{Mix, Population};

use super::text;
use crate::Obtained;

const PATIENTS: u32 = 6;
/// Draws that end before the needle goes in: what is claimed is about everything around them.
const DURATION_S: f64 = 1.0;
const VERSION: &str = "claim";

fn study() -> Study {
    let robot = RobotArm {
        name: "robot".into(),
        robot: String::new(),
        tourniquet_pa: None,
        draw_m3: None,
        wall_speed_m_s: None,
        success_min: None,
        attempts_max: None,
        disturbances: Vec::new(),
    };
    let hand = ArmPlan::Manual {
        name: "hand".into(),
        palpation: PalpationSpec::outpatient(),
        hand: HandSpec::outpatient(),
        disturbances: Vec::new(),
    };
    Study {
        name: "claim".into(),
        title: "claim".into(),
        question: String::new(),
        context_of_use: String::new(),
        recruitment: Recruitment {
            kind: CohortKind::Prescribed,
            people: People::Sampled { population: Population::adult(), correlation: [0.2, 0.0, -0.1] },
            conditions: Mix::default(),
            fit: None,
            include: Vec::new(),
            exclude: Vec::new(),
            count: PATIENTS,
        },
        arms: vec![ArmPlan::Robot(robot), hand],
        design: Design::Crossover,
        endpoints: vec![EndpointPlan { name: "blood_drawn".into(), primary: true, hypothesis: Hypothesis::Estimate }],
        analysis: Analysis {
            confidence: 0.95,
            missing: Missing::Failure,
            looks: vec![1.0],
            spending: "pocock".into(),
            subgroups: Vec::new(),
            control: 1,
            multiplicity: Multiplicity::Holm,
            intercurrent: Vec::new(),
        },
        statements: Vec::new(),
        seed: 11,
        duration_max_s: DURATION_S,
    }
}

/// The digests of all tables after `of` shards, each patient computed anew, last first.
fn cut(setup: &TrialSetup, of: u32) -> Result<(Vec<String>, u32), String> {
    let stop = AtomicBool::new(false);
    let mut parts = Vec::new();
    for shard in (0..of).rev() {
        let job = setup.job(VERSION, shard, of).map_err(text)?;
        let results = job.range().rev().filter_map(|index| setup.patient(index, &stop)).collect();
        parts.push((format!("part {shard}"), job, results));
    }
    let results = merge(setup, VERSION, parts).map_err(text)?;
    let tables = trial_tables(setup, &results).map_err(text)?;
    let finished = results.iter().flat_map(|r| &r.draws).filter(|d| d.outcome.is_ok()).count();
    let apart = results.iter().flat_map(|r| &r.draws).filter(|d| d.outcome.is_err()).count();
    let lost = PATIENTS * setup.study.draws_per_patient() - (finished + apart) as u32;
    let digests: Result<Vec<String>, _> = tables.iter().map(|t| table_digest(t).map(|d| d.hash)).collect();
    Ok((digests.map_err(text)?, lost))
}

pub(super) fn merging() -> Result<Vec<Obtained>, String> {
    let arm = builtin_arm().map_err(text)?;
    let setup = TrialSetup::new(study(), vec![arm; 2]).map_err(|c| c.what)?;
    let (whole, lost) = cut(&setup, 1)?;
    let mut apart = 0_u32;
    for of in [3, 7, 64] {
        let (digests, _) = cut(&setup, of)?;
        apart += digests.iter().zip(&whole).filter(|(a, b)| a != b).count() as u32;
    }
    Ok(vec![
        Obtained::new("tables that differ between 1, 3, 7 and 64 shards", f64::from(apart)),
        Obtained::new("draws neither finished nor set apart with a cause", f64::from(lost)),
    ])
}

/// RFC 8032, section 7.1, test 2.
const SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const SIGNATURE: &str =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

pub(super) fn comparisons() -> Result<Vec<Obtained>, String> {
    let mut obtained = Vec::new();
    for arms in [2, 3, 4, 5] {
        let value = dunnett_constant(0.05, &vec![100; arms + 1], Sides::One).map_err(text)?;
        obtained.push(Obtained::new(format!("Dunnett, {arms} arms and a control, one-sided 5 %"), value));
    }
    let exact = clopper_pearson(10, 50, 0.95).map_err(text)?;
    let score = wilson(10, 50, 0.95).map_err(text)?;
    obtained.push(Obtained::new("Clopper-Pearson 10/50, lower", exact.low));
    obtained.push(Obtained::new("Clopper-Pearson 10/50, upper", exact.high));
    obtained.push(Obtained::new("Wilson 10/50, lower", score.low));
    obtained.push(Obtained::new("Wilson 10/50, upper", score.high));
    obtained.push(Obtained::new("Wilson 0/100, upper", wilson(0, 100, 0.95).map_err(text)?.high));
    let bounds = obrien_fleming_bounds(2, 0.05).map_err(text)?;
    obtained.push(Obtained::new("O'Brien-Fleming, look 1 of 2", bounds[0]));
    obtained.push(Obtained::new("O'Brien-Fleming, look 2 of 2", bounds[1]));
    for p in [1e-3, 1e-4] {
        obtained.push(Obtained::new(format!("plain runs for 10 % at {p}"), crude_runs_for_cov(p, 0.1).map_err(text)?));
    }
    let side = |cells: f64| (1.0 / cells).sqrt();
    let found = refinement([side(18000.0), side(8000.0), side(4500.0)], [6.063, 5.972, 5.863]).ok_or("no order")?;
    obtained.push(Obtained::new("three grids, observed order", found.order));
    obtained.push(Obtained::new("three grids, extrapolated", found.extrapolated));
    obtained.push(Obtained::new("three grids, index of the finest", 100.0 * found.index));
    obtained.push(Obtained::new("crossover, distance from least squares", crossed()?));
    let key = SigningKey::from_text(SECRET).map_err(text)?;
    let wrong =
        u8::from(key.public_key() != PUBLIC) + u8::from(key.sign(&[0x72]) != SIGNATURE) + u8::from(is_signed(PUBLIC, b"x", SIGNATURE));
    obtained.push(Obtained::new("Ed25519, test 2 of RFC 8032, differences", f64::from(wrong)));
    Ok(obtained)
}

/// Greatest distance of treatment, period and error of a made crossover from least squares with patients as fixed effects.
fn crossed() -> Result<f64, String> {
    let mut stream = Stream::new(3, 0, "verify.crossover");
    let rows: Vec<[f64; 2]> = (0..19).map(|_| [stream.normal(), stream.normal()]).collect();
    let first = 8;
    let fit = crossover(&rows[..first], &rows[first..], 0.95).map_err(text)?;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (patient, values) in rows.iter().enumerate() {
        for (period, value) in values.iter().enumerate() {
            let treated = (patient < first) == (period == 0);
            let mut row = vec![f64::from(u8::from(treated)), f64::from(u8::from(period == 0))];
            row.extend((1..rows.len()).map(|p| f64::from(u8::from(p == patient))));
            x.push(row);
            y.push(*value);
        }
    }
    let known = least_squares(&x, &y).map_err(text)?;
    let apart = [
        known.coefficients[1] - fit.treatment.difference,
        known.coefficients[2] - fit.period.difference,
        known.standard_errors[1] - fit.treatment.standard_error,
    ];
    Ok(apart.iter().fold(0.0, |a, d| d.abs().max(a)))
}
