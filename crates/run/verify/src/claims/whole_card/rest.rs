//! The sheets of systems at rest: every number that the model has.

use proband_physiology::whole::{Acts, LaneState, Pack, WholePatient};

use super::hand::Seen;
use super::{Cell, Want, graded};

/// Ideal mass of the reference man [kg] as the sheets count it.
const IDEAL_KG: f64 = 75.3;

/// Extremes and means of what no monitor shows, over a minute.
struct Inside {
    lowest: [f64; 6],
    highest: [f64; 6],
    mean: [f64; 8],
}

/// Right ventricle [mL], its pressure, left ventricle's pressure [mmHg], pleura [cmH₂O], air above FRC [mL], flow [mL/s].
fn swinging(s: &LaneState<1>) -> [f64; 6] {
    let (c, slow) = (&s.circulation, &s.slow);
    let x = |p: Pack<1>| p.0[0];
    [
        x(c.rv_ml),
        x(c.chamber_mmhg[1]),
        x(c.chamber_mmhg[0]),
        0.5 * (x(slow.pleural_cmh2o[0]) + x(slow.pleural_cmh2o[1])),
        x(slow.lung_ml[0] + slow.lung_ml[1]),
        x(slow.airway[1]),
    ]
}

/// Lung veins [mmHg], gut flow, alveolar oxygen and carbon dioxide [mmHg], plasma [mL], red cells [mL], protein [g/dL], venous saturation [%].
fn steady(patient: &WholePatient, s: &LaneState<1>) -> [f64; 8] {
    let (c, slow, p) = (&s.circulation, &s.slow, &patient.parameters);
    let x = |p: Pack<1>| p.0[0];
    let lungs = x(p.frc) + x(slow.lung_ml[0] + slow.lung_ml[1]);
    // mmHg per mL STPD in a mL BTPS: 863.
    let pressure = |gas: usize| x(slow.alveolar_ml[2 * gas] + slow.alveolar_ml[2 * gas + 1]) * 863.0 / lungs;
    let (blood, red) = (x(s.blood_ml()), x(slow.red_ml));
    [
        x(c.vessel_mmhg[10]),
        (x(c.vessel_mmhg[4]) - x(c.vessel_mmhg[8])) / x(p.gut_rv),
        pressure(0),
        pressure(1),
        blood - red,
        red,
        100.0 * x(slow.protein_g[0]) / (blood - red),
        1e4 * x(slow.oxygen[2]) / (1.34 * 33.5 * x(slow.mixed)),
    ]
}

fn inside(patient: &WholePatient) -> Inside {
    let mut state = patient.state();
    let acts = Acts::rest();
    let mut seen = Inside { lowest: [f64::MAX; 6], highest: [f64::MIN; 6], mean: [0.0; 8] };
    for _ in 0..1200 {
        patient.tick_observed(&mut state, &acts, |s| {
            for (i, x) in swinging(s).into_iter().enumerate() {
                seen.lowest[i] = seen.lowest[i].min(x);
                seen.highest[i] = seen.highest[i].max(x);
            }
        });
        for (sum, x) in seen.mean.iter_mut().zip(steady(patient, &state)) {
            *sum += x / 1200.0;
        }
    }
    seen
}

/// A row of a sheet: sheet, quantity, what the model gives, lowest and highest value asked for.
type Row = (&'static str, &'static str, f64, f64, f64);

const HEART: &str = "system, heart and vessels";
const BLOOD: &str = "system, blood";
const KIDNEY: &str = "system, kidney";
const LUNGS: &str = "system, breathing";

fn heart(rest: &Seen, Inside { lowest, highest, mean }: &Inside) -> Vec<Row> {
    let at = |name: &str| rest.get(name);
    let (output, area) = (at("output_l_min"), (180.34_f64 * 77.1 / 3600.0).sqrt());
    vec![
        (HEART, "blood volume [mL]", at("blood_ml"), 5509.65, 5509.65),
        (HEART, "cardiac index [L/min/m²]", output / area, 2.999, 2.999),
        (HEART, "output [L/min]", output, 5.6, 5.6),
        (HEART, "brain flow [mL/min]", at("brain_ml_min"), 672.0, 672.0),
        (HEART, "coronary perfusion pressure [mmHg]", at("coronary_perfusion_mmhg"), 60.0, 80.0),
        (HEART, "diastolic pressure [mmHg]", at("diastolic_mmhg"), 60.0, 90.0),
        (HEART, "ejection fraction [1]", at("ejection_fraction"), 0.55, 0.55),
        (HEART, "heart rate [1/min]", at("heart_rate_per_min"), 60.0, 100.0),
        (HEART, "stroke volume [mL]", at("stroke_ml"), 55.3, 93.1),
        (HEART, "mean pressure [mmHg]", at("mean_mmhg"), 70.0, 105.0),
        (HEART, "central venous pressure [mmHg]", at("central_venous_mmhg"), 2.0, 6.0),
        (HEART, "wedge pressure [mmHg]", at("wedge_mmhg"), 4.0, 12.0),
        (HEART, "lung artery, diastolic [mmHg]", at("lung_diastolic_mmhg"), 4.0, 15.0),
        (HEART, "lung artery, mean [mmHg]", at("lung_mean_mmhg"), 9.0, 18.0),
        (HEART, "lung artery, systolic [mmHg]", at("lung_systolic_mmhg"), 15.0, 30.0),
        (HEART, "lung's resistance [mmHg s/mL]", at("lung_resistance"), 0.14, 0.14),
        (HEART, "pulse pressure [mmHg]", at("systolic_mmhg") - at("diastolic_mmhg"), 25.0, 100.0),
        (HEART, "systemic resistance [mmHg s/mL]", at("systemic_resistance"), 1.0, 1.0),
        (HEART, "systolic pressure [mmHg]", at("systolic_mmhg"), 100.0, 140.0),
        (HEART, "left ventricle, peak [mmHg]", at("ventricle_peak_mmhg"), 100.0, 140.0),
        (HEART, "left ventricle, least volume [mL]", at("end_systolic_ml"), 34.0, 66.0),
        (HEART, "left ventricle, greatest volume [mL]", at("end_diastolic_ml"), 131.0, 189.0),
        (HEART, "right ventricle, peak [mmHg]", highest[1], 15.0, 30.0),
        (HEART, "right ventricle, least volume [mL]", lowest[0], 50.0, 100.0),
        (HEART, "right ventricle, greatest volume [mL]", highest[0], 100.0, 223.0),
        (HEART, "lung veins [mmHg]", mean[0], 4.0, 12.0),
        (HEART, "liver and gut flow [mL/s]", mean[1], 23.8, 23.8),
    ]
}

fn blood(patient: &WholePatient, rest: &Seen, Inside { mean, .. }: &Inside) -> Vec<Row> {
    let at = |name: &str| rest.get(name);
    let plasma_flow = at("kidney_ml_min") * (1.0 - at("haematocrit"));
    let shunt = patient.parameters.shunt.0[0];
    vec![
        (BLOOD, "base excess [mmol/L]", at("base_excess_mmol_l"), -2.0, 2.0),
        (BLOOD, "pH [1]", at("ph"), 7.35, 7.4),
        (BLOOD, "haematocrit [1]", at("haematocrit"), 0.4, 0.5),
        (BLOOD, "saturation [1]", at("saturation"), 0.96, 1.0),
        (BLOOD, "plasma volume [mL]", mean[4], 3078.9, 3078.9),
        (BLOOD, "shunt [1]", shunt, 0.02, 0.05),
        (BLOOD, "protein [g/dL]", mean[6], 6.0, 8.0),
        (BLOOD, "bicarbonate [mmol/L]", at("bicarbonate_mmol_l"), 22.0, 26.0),
        (BLOOD, "haemoglobin [g/dL]", at("haemoglobin_g_dl"), 13.8, 17.2),
        (BLOOD, "lactate [mmol/L]", at("lactate_mmol_l"), 0.6, 1.7),
        (BLOOD, "arterial carbon dioxide [mmHg]", at("carbon_dioxide_mmhg"), 40.0, 40.0),
        (BLOOD, "arterial oxygen [mmHg]", at("oxygen_mmhg"), 95.0, 95.0),
        (BLOOD, "mixed venous saturation [%] (40 mmHg)", mean[7], 75.0, 75.0),
        (KIDNEY, "filtration fraction [1]", at("gfr_ml_min") / plasma_flow, 0.2, 0.2),
        (KIDNEY, "glomerular filtration [L/d]", 1.44 * at("gfr_ml_min"), 180.0, 180.0),
        (KIDNEY, "kidney's blood flow [mL/min]", at("kidney_ml_min"), 1064.0, 1064.0),
        (KIDNEY, "kidney's plasma flow [mL/min]", plasma_flow, 638.4, 638.4),
        (KIDNEY, "urine [L/d]", 1.44 * at("urine_ml_min"), 1.5, 1.5),
        (KIDNEY, "kidney's resistance [mmHg min/mL]", at("mean_mmhg") / at("kidney_ml_min"), 0.08, 0.08),
    ]
}

fn breathing(patient: &WholePatient, rest: &Seen, Inside { lowest, highest, mean }: &Inside) -> Vec<Row> {
    let at = |name: &str| rest.get(name);
    let x = |p: &Pack<1>| p.0[0];
    let p = &patient.parameters;
    let lungs = x(&p.frc);
    let alveolar = at("breaths_per_min") * (at("tidal_ml") - x(&p.dead_space)) * 1e-3;
    let compliance = 1e-3 / (1.0 / x(&p.lung_c) + 1.0 / x(&p.wall_c));
    let lungs_min = lungs + lowest[4];
    vec![
        (LUNGS, "alveolar less arterial oxygen [mmHg]", mean[2] - at("oxygen_mmhg"), 5.0, 14.0),
        (LUNGS, "anatomic dead space [mL/kg]", x(&p.dead_space) / IDEAL_KG, 2.0, 2.0),
        (LUNGS, "compliance of the chest wall [L/cmH2O]", 1e-3 * x(&p.wall_c), 0.2, 0.2),
        (LUNGS, "end-tidal carbon dioxide [mmHg]", at("end_tidal_mmhg"), 35.0, 45.0),
        (LUNGS, "expiratory flow, peak [L/s]", -1e-3 * lowest[5], 0.44, 0.44),
        (LUNGS, "inspiratory flow, peak [L/s]", 1e-3 * highest[5], 0.40, 0.40),
        (LUNGS, "tidal volume [mL/kg]", at("tidal_ml") / IDEAL_KG, 7.0, 7.0),
        (LUNGS, "oxygen over its fraction [mmHg]", at("oxygen_over_fraction_mmhg"), 452.0, 452.0),
        (LUNGS, "inspiration over expiration [1]", at("inspiration_over_expiration"), 0.25, 0.5),
        (LUNGS, "pleura, lowest [cmH2O]", lowest[3], -8.0, -8.0),
        (LUNGS, "pleura, highest [cmH2O]", highest[3], -5.0, -5.0),
        (LUNGS, "compliance of the lungs [L/cmH2O]", 1e-3 * x(&p.lung_c), 0.2, 0.2),
        (LUNGS, "compliance of the whole [L/cmH2O]", compliance, 0.06, 0.14),
        (LUNGS, "dead space over tidal volume [1]", x(&p.dead_space) / at("tidal_ml"), 0.2, 0.4),
        (LUNGS, "breaths [1/min]", at("breaths_per_min"), 12.0, 20.0),
        (LUNGS, "alveolar ventilation [L/min/kg]", alveolar / IDEAL_KG, 0.08, 0.08),
        (LUNGS, "ventilation [L/min/kg]", at("breathed_l_min") / IDEAL_KG, 0.084, 0.084),
        (LUNGS, "lungs at the end of expiration [L/kg]", 1e-3 * lungs_min / IDEAL_KG, 0.03, 0.03),
        (LUNGS, "lungs at the end of inspiration [L/kg]", 1e-3 * (lungs + highest[4]) / IDEAL_KG, 0.037, 0.037),
        (LUNGS, "alveolar oxygen [mmHg]", mean[2], 98.0, 104.0),
        (LUNGS, "alveolar carbon dioxide [mmHg]", mean[3], 40.0, 40.0),
        ("system, energy", "oxygen use [L/min]", at("oxygen_use_l_min"), 0.25, 0.25),
        ("system, energy", "carbon dioxide made [L/min]", at("carbon_dioxide_made_l_min"), 0.2, 0.2),
        ("system, energy", "core temperature [°C]", at("core_c"), 36.5, 37.5),
    ]
}

/// Cells of the resting man.
pub(super) fn cells(patient: &WholePatient, rest: &Seen) -> Vec<Cell> {
    let inside = inside(patient);
    let rows = heart(rest, &inside).into_iter().chain(blood(patient, rest, &inside)).chain(breathing(patient, rest, &inside));
    rows.map(|(sheet, quantity, obtained, low, high)| {
        let want = Want::Value(low, high);
        let grade = graded(want, quantity, obtained, obtained, &[]);
        Cell { sheet, segment: "rest", quantity, wanted: want.to_string(), trend: false, rest: obtained, obtained, grade }
    })
    .collect()
}
