//! Claims about the whole patient: rest, drift, conservation, lanes, and what bleeding, valves, breath and cuff do.

use proband_physiology::Effects;
use proband_physiology::whole::{Acts, Cohort, LaneState, Pack, Physique, Vitals, WholePatient};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("whole-rest", rest),
    claim!("whole-drift", drift),
    claim!("whole-lanes", lanes),
    claim!("whole-bleeding", bleeding),
    claim!("whole-heart", heart),
    claim!("whole-breathing", breathing),
    claim!("whole-scorecard", scorecard),
];

fn row(name: impl Into<String>, value: f64) -> Obtained {
    Obtained::new(name, value)
}

fn man() -> Result<WholePatient, String> {
    WholePatient::new(&Physique::reference_man()).map_err(|error| error.to_string())
}

fn one(x: f64) -> Pack<1> {
    Pack([x])
}

fn run(patient: &WholePatient, state: &mut LaneState<1>, acts: &Acts<1>, seconds: u32) {
    for _ in 0..seconds * 20 {
        patient.tick(state, acts);
    }
}

/// Means of the monitor over some seconds that pass.
fn mean(patient: &WholePatient, state: &mut LaneState<1>, acts: &Acts<1>, seconds: u32) -> Vec<f64> {
    let mut sums = vec![0.0; Vitals::NAMES.len()];
    for _ in 0..seconds {
        run(patient, state, acts, 1);
        for (sum, x) in sums.iter_mut().zip(Vitals::of(state).values()) {
            *sum += x / f64::from(seconds);
        }
    }
    sums
}

fn pick(values: &[f64], name: &str) -> f64 {
    Vitals::NAMES.iter().position(|n| *n == name).map_or(f64::NAN, |i| values[i])
}

fn rest() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let mut state = patient.state();
    let seen = mean(&patient, &mut state, &Acts::rest(), 120);
    let at = |name: &str| pick(&seen, name);
    let mut rows: Vec<Obtained> = [
        "heart_rate_per_min",
        "systolic_mmhg",
        "diastolic_mmhg",
        "mean_mmhg",
        "central_venous_mmhg",
        "wedge_mmhg",
        "lung_mean_mmhg",
        "output_l_min",
        "stroke_ml",
        "ejection_fraction",
        "end_diastolic_ml",
        "end_systolic_ml",
        "oxygen_mmhg",
        "saturation",
        "carbon_dioxide_mmhg",
        "end_tidal_mmhg",
        "ph",
        "bicarbonate_mmol_l",
        "breath_rate_per_min",
        "gfr_ml_min",
        "urine_ml_min",
        "kidney_ml_min",
        "haematocrit",
        "core_c",
    ]
    .into_iter()
    .map(|name| row(name, at(name)))
    .collect();
    let resistance = (at("mean_mmhg") - at("central_venous_mmhg")) / (at("output_l_min") / 0.06);
    rows.push(row("systemic resistance", resistance));
    rows.push(row("tidal volume per ideal mass", at("tidal_ml") / 75.3));
    rows.push(row("brain's share of the output", at("brain_ml_min") / (1e3 * at("output_l_min"))));
    rows.push(row("heart's share of the output", at("coronary_ml_min") / (1e3 * at("output_l_min"))));
    Ok(rows)
}

/// What the account says is in the blood [mL].
fn account(s: &LaneState<1>) -> f64 {
    let [into, bled, filtered, lymph, urine] = s.circulation.account.map(|x| x.0[0]);
    into - bled - filtered + lymph - urine
}

fn drift() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let acts = Acts::rest();
    let mut state = patient.state();
    let start = state.clone();
    let first = mean(&patient, &mut state, &acts, 600);
    run(&patient, &mut state, &acts, 8 * 3600 - 1200);
    let last = mean(&patient, &mut state, &acts, 600);
    patient.check(&state).map_err(|error| error.to_string())?;
    let change = |name: &str| 100.0 * (pick(&last, name) / pick(&first, name) - 1.0).abs() / 8.0;
    let blood = |s: &LaneState<1>| s.blood_ml().0[0];
    let (n0, n1) = (patient.gas_stores_ml(&start), patient.gas_stores_ml(&state));
    let gas: Vec<f64> = (0..4).map(|i| state.slow.gas_account[i].0[0] - start.slow.gas_account[i].0[0]).collect();
    Ok(vec![
        row("blood volume, change per hour over 8 h", change("blood_ml")),
        row("heart rate, change per hour over 8 h", change("heart_rate_per_min")),
        row("mean pressure, change per hour over 8 h", change("mean_mmhg")),
        row("output, change per hour over 8 h", change("output_l_min")),
        row("carbon dioxide, change per hour over 8 h", change("carbon_dioxide_mmhg")),
        row("core temperature, change over 8 h", (pick(&last, "core_c") - pick(&first, "core_c")).abs()),
        row(
            "blood that no account explains, relative per hour",
            ((blood(&state) - blood(&start)) - (account(&state) - account(&start))).abs() / blood(&start) / 8.0,
        ),
        row("oxygen that no account explains, relative per hour", ((n1[0] - n0[0]) - (gas[0] - gas[1])).abs() / n0[0] / 8.0),
        row("carbon dioxide that no account explains, relative per hour", ((n1[1] - n0[1]) - (gas[3] - gas[2])).abs() / n0[1] / 8.0),
    ])
}

fn lanes() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let mut acts = Acts::rest();
    acts.bleeding_ml_s = one(2.0);
    let mut alone = patient.state();
    run(&patient, &mut alone, &acts, 30);
    let mut differ = 0.0;
    for lane in 0..8 {
        let mut cohort = Cohort::<8>::new(&patient);
        cohort.put(lane, &patient, &acts);
        for _ in 0..600 {
            cohort.tick();
        }
        if cohort.take(lane, &alone) != alone {
            differ += 1.0;
        }
    }
    Ok(vec![row("lanes of 8 whose state differs from the patient alone", differ)])
}

fn bleeding() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let calm = Acts::rest();
    let mut state = patient.state();
    let before = mean(&patient, &mut state, &calm, 60);
    let lost = |state: &mut LaneState<1>, ml: f64, seconds: u32| {
        let mut acts = Acts::rest();
        acts.bleeding_ml_s = one(ml / f64::from(seconds));
        run(&patient, state, &acts, seconds);
    };
    let blood = state.blood_ml().0[0];
    lost(&mut state, 0.10 * blood, 600);
    let class_1 = mean(&patient, &mut state, &calm, 60);
    lost(&mut state, 0.15 * blood, 600);
    let class_2 = mean(&patient, &mut state, &calm, 60);
    run(&patient, &mut state, &calm, 3_600);
    lost(&mut state, 0.12 * blood, 600);
    let class_3 = mean(&patient, &mut state, &calm, 60);
    let ratio = |after: &[f64], name: &str| pick(after, name) / pick(&before, name);
    Ok(vec![
        row("10 % lost, mean pressure over rest", ratio(&class_1, "mean_mmhg")),
        row("10 % lost, heart rate over rest", ratio(&class_1, "heart_rate_per_min")),
        row("25 % lost, mean pressure over rest", ratio(&class_2, "mean_mmhg")),
        row("25 % lost, heart rate over rest", ratio(&class_2, "heart_rate_per_min")),
        row("25 % lost, output over rest", ratio(&class_2, "output_l_min")),
        row(
            "25 % lost, pulse pressure over rest",
            (pick(&class_2, "systolic_mmhg") - pick(&class_2, "diastolic_mmhg"))
                / (pick(&before, "systolic_mmhg") - pick(&before, "diastolic_mmhg")),
        ),
        row("25 % lost, urine over rest", ratio(&class_2, "urine_ml_min")),
        row("more lost, systolic pressure over that at 25 %", pick(&class_3, "systolic_mmhg") / pick(&class_2, "systolic_mmhg")),
        row("more lost, heart rate over that at 25 %", pick(&class_3, "heart_rate_per_min") / pick(&class_2, "heart_rate_per_min")),
    ])
}

fn heart() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let with = |change: &dyn Fn(&mut Acts<1>)| {
        let mut acts = Acts::rest();
        change(&mut acts);
        let mut state = patient.state();
        run(&patient, &mut state, &acts, 240);
        mean(&patient, &mut state, &acts, 60)
    };
    let healthy = with(&|_| {});
    let weak = with(&|a| a.set_effects(&Effects { contractility_left: 0.55, ..Effects::NONE }));
    let mild = with(&|a| a.valve_leak_cm2[2] = one(0.2));
    let severe = with(&|a| a.valve_leak_cm2[2] = one(0.4));
    let narrow = with(&|a| a.valve_open[0] = one(0.2));
    let tamponade = with(&|a| a.effusion_ml = one(380.0));
    let at = |seen: &[f64], name: &str| pick(seen, name);
    Ok(vec![
        row(
            "45 % less contractility, ejection fraction less that at rest",
            at(&weak, "ejection_fraction") - at(&healthy, "ejection_fraction"),
        ),
        row("45 % less contractility, left atrial pressure less that at rest", at(&weak, "wedge_mmhg") - at(&healthy, "wedge_mmhg")),
        row("mitral orifice of 0.2 cm², leak per beat", at(&mild, "mitral_leak_ml")),
        row("mitral orifice of 0.4 cm², leak per beat", at(&severe, "mitral_leak_ml")),
        row("aortic valve of 0.8 cm², peak gradient", at(&narrow, "ventricle_peak_mmhg") - at(&narrow, "systolic_mmhg")),
        row("380 mL in the pericardium, output over rest", at(&tamponade, "output_l_min") / at(&healthy, "output_l_min")),
        row(
            "380 mL in the pericardium, central venous pressure less that at rest",
            at(&tamponade, "central_venous_mmhg") - at(&healthy, "central_venous_mmhg"),
        ),
    ])
}

fn breathing() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let mut acts = Acts::rest();
    let mut state = patient.state();
    acts.inspired_oxygen = one(1.0);
    run(&patient, &mut state, &acts, 300);
    let full = Vitals::of(&state);
    acts.set_effects(&Effects { respiratory_drive: 0.0, ..Effects::NONE });
    let mut carbon_dioxide = Vec::new();
    for _ in 0..5 {
        run(&patient, &mut state, &acts, 60);
        carbon_dioxide.push(Vitals::of(&state).carbon_dioxide_mmhg);
    }
    let mut cuffed = patient.state();
    let mut cuff = Acts::rest();
    cuff.tourniquet_mmhg = one(40.0);
    run(&patient, &mut cuffed, &cuff, 300);
    let plateau = Vitals::of(&cuffed).arm_vein_mmhg;
    let mut cuffed = patient.state();
    let start = Vitals::of(&cuffed).arm_vein_mmhg;
    let mut time = f64::NAN;
    for second in 1..=300_u32 {
        run(&patient, &mut cuffed, &cuff, 1);
        if Vitals::of(&cuffed).arm_vein_mmhg >= start + 0.9 * (plateau - start) {
            time = f64::from(second);
            break;
        }
    }
    let mut standing = patient.state();
    let mut up = Acts::rest();
    up.tilt = one(1.0);
    run(&patient, &mut standing, &up, 120);
    let (up, lying) = (mean(&patient, &mut standing, &up, 60), mean(&patient, &mut patient.state(), &Acts::rest(), 60));
    let mut stem = patient.state();
    let mut blocked = Acts::rest();
    blocked.lung_obstruction[0] = one(1e6);
    run(&patient, &mut stem, &blocked, 600);
    Ok(vec![
        row("pure oxygen for 5 min, arterial oxygen", full.oxygen_mmhg),
        row("apnoea, rise of carbon dioxide in the first minute", carbon_dioxide[0] - full.carbon_dioxide_mmhg),
        row("apnoea, rise of carbon dioxide per minute from the second to the fifth", (carbon_dioxide[4] - carbon_dioxide[1]) / 3.0),
        row("tourniquet of 40 mmHg, plateau in the forearm's veins", plateau),
        row("tourniquet of 40 mmHg, time to 90 % of the plateau", time),
        row("standing, heart rate less that lying", pick(&up, "heart_rate_per_min") - pick(&lying, "heart_rate_per_min")),
        row("standing, mean pressure over that lying", pick(&up, "mean_mmhg") / pick(&lying, "mean_mmhg")),
        row("one lung shut off, saturation", Vitals::of(&stem).saturation),
    ])
}

/// How a value stands to a target by the rule of the Pulse scorecard: 0 good (right trend, or within 10 %), 1 decent
/// (within 30 %), 2 bad.
fn graded(value: f64, low: f64, high: f64) -> usize {
    let off = if value < low { (low - value) / low.abs().max(1e-12) } else { (value - high).max(0.0) / high.abs().max(1e-12) };
    if off <= 0.10 { 0 } else { usize::from(off > 0.30) + 1 }
}

/// Targets of the resting adult: name, lowest, highest. Published tables as in the case's source.
const TARGETS: &[(&str, f64, f64)] = &[
    ("heart_rate_per_min", 60.0, 100.0),
    ("systolic_mmhg", 100.0, 140.0),
    ("diastolic_mmhg", 60.0, 90.0),
    ("mean_mmhg", 70.0, 105.0),
    ("central_venous_mmhg", 2.0, 6.0),
    ("lung_systolic_mmhg", 15.0, 30.0),
    ("lung_diastolic_mmhg", 4.0, 12.0),
    ("lung_mean_mmhg", 9.0, 18.0),
    ("wedge_mmhg", 4.0, 12.0),
    ("output_l_min", 5.6, 5.6),
    ("stroke_ml", 55.3, 93.1),
    ("ejection_fraction", 0.55, 0.55),
    ("end_diastolic_ml", 131.0, 189.0),
    ("end_systolic_ml", 34.0, 66.0),
    ("ventricle_peak_mmhg", 100.0, 140.0),
    ("kidney_ml_min", 1064.0, 1064.0),
    ("brain_ml_min", 672.0, 672.0),
    ("coronary_ml_min", 224.0, 280.0),
    ("blood_ml", 5509.65, 5509.65),
    ("haemoglobin_g_dl", 13.8, 17.2),
    ("haematocrit", 0.40, 0.50),
    ("breath_rate_per_min", 12.0, 20.0),
    ("tidal_ml", 527.0, 527.0),
    ("end_tidal_mmhg", 35.0, 45.0),
    ("oxygen_mmhg", 95.0, 95.0),
    ("carbon_dioxide_mmhg", 40.0, 40.0),
    ("saturation", 0.96, 1.0),
    ("ph", 7.35, 7.4),
    ("bicarbonate_mmol_l", 22.0, 26.0),
    ("base_excess_mmol_l", -2.0, 2.0),
    ("gfr_ml_min", 125.0, 125.0),
    ("urine_ml_min", 0.5, 1.5),
    ("core_c", 36.5, 37.5),
];

/// Trends of scenarios that are modelled: what is done, for how long, sign of the change per sign.
fn trends(patient: &WholePatient) -> Vec<bool> {
    let before = mean(patient, &mut patient.state(), &Acts::rest(), 60);
    let mut right = Vec::new();
    let mut check = |seconds: u32, change: &dyn Fn(&mut Acts<1>), expected: &[(&str, i32)]| {
        let mut acts = Acts::rest();
        change(&mut acts);
        let mut state = patient.state();
        run(patient, &mut state, &acts, seconds);
        let after = mean(patient, &mut state, &acts, 30);
        for (name, sign) in expected {
            let relative = pick(&after, name) / pick(&before, name) - 1.0;
            right.push(match sign {
                0 => relative.abs() < 0.05,
                1 => relative > 0.01,
                _ => relative < -0.01,
            });
        }
    };
    check(
        540,
        &|a| a.bleeding_ml_s = one(140.0 / 60.0),
        &[
            ("heart_rate_per_min", 1),
            ("systolic_mmhg", -1),
            ("diastolic_mmhg", -1),
            ("mean_mmhg", -1),
            ("output_l_min", -1),
            ("stroke_ml", -1),
            ("blood_ml", -1),
            ("gfr_ml_min", -1),
            ("urine_ml_min", -1),
            ("kidney_ml_min", -1),
            ("central_venous_mmhg", -1),
            ("saturation", 0),
        ],
    );
    check(
        300,
        &|a| a.airway_obstruction = one(30.0),
        &[
            ("tidal_ml", -1),
            ("oxygen_mmhg", -1),
            ("carbon_dioxide_mmhg", 1),
            ("saturation", -1),
            ("heart_rate_per_min", 1),
            ("breath_rate_per_min", 1),
            ("ph", -1),
        ],
    );
    check(
        600,
        &|a| a.lung_obstruction[0] = one(1e6),
        &[("oxygen_mmhg", -1), ("saturation", -1), ("carbon_dioxide_mmhg", 1), ("breath_rate_per_min", 1)],
    );
    check(
        300,
        &|a| a.closed_pneumothorax[0] = one(5.0),
        &[("oxygen_mmhg", -1), ("saturation", -1), ("output_l_min", -1), ("mean_mmhg", -1)],
    );
    check(
        300,
        &|a| a.effusion_ml = one(350.0),
        &[("heart_rate_per_min", 1), ("mean_mmhg", -1), ("output_l_min", -1), ("stroke_ml", -1), ("central_venous_mmhg", 1)],
    );
    check(
        600,
        &|a| a.inspired_carbon_dioxide = one(0.05),
        &[("tidal_ml", 1), ("breath_rate_per_min", 1), ("carbon_dioxide_mmhg", 1), ("ph", -1), ("brain_ml_min", 1)],
    );
    check(
        600,
        &|a| a.inspired_oxygen = one(0.12),
        &[("oxygen_mmhg", -1), ("saturation", -1), ("heart_rate_per_min", 1), ("carbon_dioxide_mmhg", -1)],
    );
    check(
        300,
        &|a| a.work = one(4.0),
        &[("heart_rate_per_min", 1), ("output_l_min", 1), ("breath_rate_per_min", 1), ("tidal_ml", 1), ("systolic_mmhg", 1)],
    );
    check(
        300,
        &|a| a.infusion_ml_s[0] = one(100.0 / 60.0),
        &[("blood_ml", 1), ("haematocrit", -1), ("mean_mmhg", 1), ("urine_ml_min", 1), ("output_l_min", 1)],
    );
    check(240, &|a| a.pain = one(1.0), &[("heart_rate_per_min", 1), ("systolic_mmhg", 1), ("breath_rate_per_min", 1)]);
    check(
        240,
        &|a| a.set_effects(&Effects { contractility_left: 0.5, ..Effects::NONE }),
        &[("ejection_fraction", -1), ("stroke_ml", -1), ("wedge_mmhg", 1), ("systolic_mmhg", -1), ("heart_rate_per_min", 1)],
    );
    right
}

fn scorecard() -> Result<Vec<Obtained>, String> {
    let patient = man()?;
    let seen = mean(&patient, &mut patient.state(), &Acts::rest(), 120);
    let mut grades = [0.0; 3];
    for (name, low, high) in TARGETS {
        grades[graded(pick(&seen, name), *low, *high)] += 1.0;
    }
    let trends = trends(&patient);
    let right = trends.iter().filter(|right| **right).count() as f64;
    let scored: f64 = grades.iter().sum();
    Ok(vec![
        row("resting values scored", scored),
        row("resting values, share good", grades[0] / scored),
        row("resting values, share bad", grades[2] / scored),
        row("trends scored", trends.len() as f64),
        row("trends, share right", right / trends.len() as f64),
    ])
}
