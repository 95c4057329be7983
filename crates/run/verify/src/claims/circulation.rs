//! Claims about the circulation, the gases of the blood and the size of the body.

use proband_core::ops;
use proband_physiology::TubeLaw;
use proband_physiology::body::{
    BodySex, blood_volume_lemmens_ml_per_kg, blood_volume_nadler_ml, body_surface_dubois_m2, body_surface_mosteller_m2, egfr_ckd_epi_2021,
};
use proband_physiology::breathing::{
    Acidity, alveolar_oxygen_mmhg, base_excess_mmol_l, bicarbonate_mmol_l, carbon_dioxide_content_ml_dl, carbon_dioxide_plasma_ml_dl,
    oxygen_content_ml_dl, oxygen_saturation_hill, oxygen_saturation_kelman, oxygen_saturation_severinghaus, oxygen_shifted_mmhg,
    saturation_inverse_severinghaus_mmhg, shunted_oxygen_mmhg, standard_base_excess_mmol_l,
};
use proband_physiology::circulation::{
    BERNOULLI_MMHG_PER_M2_S2, Chain, ReferenceBeat, ReferenceCirculation, ReflexLoop, ValveModel, ValveSpec, ValveState, Windkessel,
    aortic_area_gorlin_cm2, effective_orifice_cm2, mitral_area_gorlin_cm2, orifice_coefficient, orifice_flow_ml_s, regurgitant_fraction,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("circulation-windkessel", windkessel),
    claim!("circulation-reference", reference),
    claim!("circulation-valve", valve),
    claim!("circulation-reflex", reflex),
    claim!("circulation-bedside", bedside),
    claim!("breathing-blood-gas", blood_gas),
    claim!("body-size", body_size),
    claim!("circulation-blocks", blocks),
];

fn row(name: impl Into<String>, value: f64) -> Obtained {
    Obtained::new(name, value)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn windkessel() -> Result<Vec<Obtained>, String> {
    let model = Windkessel { resistance: 0.95, compliance: 1.4, impedance: 0.05, stroke_ml: 70.0, ejection_s: 0.3, period_s: 0.8 };
    let (exact, fine, coarse) = (model.periodic(), model.integrate(60.0, 60, 8_000), model.integrate(60.0, 60, 800));
    Ok(vec![
        row("closed form, systolic pressure", exact.systolic_mmhg),
        row("closed form, least pressure of the compliance", exact.compliance_least_mmhg),
        row("closed form, mean pressure", exact.mean_mmhg),
        row("closed form, pressure at the onset", exact.onset_mmhg),
        row("steps of 0.1 ms, systolic pressure", fine.systolic_mmhg),
        row("steps of 0.1 ms, least pressure of the compliance", fine.compliance_least_mmhg),
        row("steps of 0.1 ms, pressure at the onset", fine.onset_mmhg),
        row("steps of 1 ms, systolic pressure", coarse.systolic_mmhg),
        row("steps of 1 ms, least pressure of the compliance", coarse.compliance_least_mmhg),
        row("steps of 1 ms, mean pressure", coarse.mean_mmhg),
    ])
}

const STEP_S: f64 = 2e-4;

fn beat_rows(name: &str, beat: &ReferenceBeat) -> [Obtained; 9] {
    [
        ("systolic pressure", beat.systolic_mmhg),
        ("diastolic pressure", beat.diastolic_mmhg),
        ("mean pressure", beat.mean_mmhg),
        ("end-diastolic volume", beat.end_diastolic_ml),
        ("end-systolic volume", beat.end_systolic_ml),
        ("stroke volume", beat.end_diastolic_ml - beat.end_systolic_ml),
        ("output", beat.output_l_min),
        ("peak pressure of the ventricle", beat.ventricle_peak_mmhg),
        ("mean pulmonary pressure", beat.lung_artery_mmhg),
    ]
    .map(|(what, value)| row(format!("{name}, {what}"), value))
}

fn reference() -> Result<Vec<Obtained>, String> {
    let healthy = ReferenceCirculation::HEALTHY;
    let start = ReferenceCirculation::START;
    let bled = [start[0], start[1], start[2] - 5.0, start[3], start[4], start[5]];
    let cases = [
        ("reference", healthy, start),
        ("contractility 1.0", ReferenceCirculation { contractility: 1.0, ..healthy }, start),
        ("500 mL less", healthy, bled),
        ("resistance 1.5 and compliance 1.0", ReferenceCirculation { resistance: 1.5, compliance: 1.0, ..healthy }, start),
        ("aortic orifice 0.8 cm²", ReferenceCirculation { aortic_orifice_cm2: 0.8, ..healthy }, start),
        ("aortic orifice 0.6 cm²", ReferenceCirculation { aortic_orifice_cm2: 0.6, ..healthy }, start),
        ("mitral leak 1.0", ReferenceCirculation { mitral_leak: 1.0, ..healthy }, start),
        ("mitral leak 0.5", ReferenceCirculation { mitral_leak: 0.5, ..healthy }, start),
        ("aortic leak 1.5", ReferenceCirculation { aortic_leak: 1.5, ..healthy }, start),
        ("mitral orifice 1.0 cm²", ReferenceCirculation { mitral_orifice_cm2: 1.0, ..healthy }, start),
    ];
    let (mut rows, mut worst) = (Vec::new(), 0.0_f64);
    for (name, circulation, start) in cases {
        circulation.check().map_err(text)?;
        let beat = circulation.run(&start, 120, STEP_S);
        worst = worst.max((beat.volume_error_ml / circulation.stressed_volume_ml(&start)).abs());
        rows.extend(beat_rows(name, &beat));
        match name {
            "reference" => {
                rows.push(row("reference, central venous pressure", beat.vein_mmhg));
                rows.push(row("reference, pulmonary venous pressure", beat.lung_vein_mmhg));
                rows.push(row("stressed volume at the start, reference", circulation.stressed_volume_ml(&start)));
            }
            "mitral orifice 1.0 cm²" => rows.push(row(format!("{name}, pulmonary venous pressure"), beat.lung_vein_mmhg)),
            _ if name.contains("aortic orifice") => rows.push(row(format!("{name}, mean gradient"), beat.aortic_gradient_mmhg)),
            _ if name.contains("leak") => rows.push(row(format!("{name}, regurgitant volume"), beat.regurgitant_ml)),
            _ => {}
        }
    }
    rows.push(row("stressed volume, largest change over 120 beats, relative", worst));
    Ok(rows)
}

fn valve() -> Result<Vec<Obtained>, String> {
    const DT_S: f64 = 1e-5;
    let mut rows = Vec::new();
    for (name, open_fraction, leak_fraction) in [("healthy", 1.0, 0.0), ("opens to a quarter", 0.25, 0.0), ("a tenth stays open", 1.0, 0.1)]
    {
        let spec = ValveSpec {
            annulus_cm2: 4.0,
            open_fraction,
            leak_fraction,
            length_cm: 1.0,
            opening_rate: 0.012,
            closing_rate: 0.012,
            opening_mmhg: 0.0,
            closing_mmhg: 0.0,
        };
        let model = ValveModel::new(spec).map_err(text)?;
        let mut state = ValveState { opening: 0.0, flow_ml_s: 0.0 };
        let (mut forward, mut back, mut most, mut least) = (0.0, 0.0, 0.0_f64, 0.0_f64);
        for step in 1..=80_000_u32 {
            let before = state.flow_ml_s;
            let middle = (f64::from(step) - 0.5) * DT_S;
            model.step(&mut state, 10.0 * ops::sin(2.0 * std::f64::consts::PI * middle / 0.8), DT_S);
            let volume = 0.5 * DT_S * (before + state.flow_ml_s);
            if volume > 0.0 {
                forward += volume
            } else {
                back -= volume
            }
            (most, least) = (most.max(state.flow_ml_s), least.min(state.flow_ml_s));
            let mut note = |what: &str, value: f64| rows.push(row(format!("{name}, {what}"), value));
            match step {
                2_000 => note("opening at 0.02 s", state.opening),
                10_000 => {
                    note("opening at 0.1 s", state.opening);
                    note("flow at 0.1 s", state.flow_ml_s);
                }
                40_000 => note("flow at 0.4 s", state.flow_ml_s),
                42_000 => note("opening at 0.42 s", state.opening),
                _ => {}
            }
        }
        for (what, value) in [("largest flow", most), ("least flow", least), ("volume forward", forward), ("volume back", back)] {
            rows.push(row(format!("{name}, {what}"), value));
        }
    }
    Ok(rows)
}

fn reflex() -> Result<Vec<Obtained>, String> {
    let (mut rows, mut worst) = (Vec::new(), 0.0_f64);
    for (name, lost) in [("baseline", 0.0), ("265 mL lost", 265.0), ("530 mL lost", 530.0), ("1060 mL lost", 1060.0)] {
        let (beat, error_ml) = ReflexLoop.bleed(lost, false, 5e-4).map_err(text)?;
        worst = worst.max(error_ml.abs() / 5300.0);
        let [systolic, diastolic, mean] = beat.arterial_mmhg;
        let [right, lung, left] = beat.atrial_and_lung_mmhg;
        for (what, value) in [
            ("systolic pressure", systolic),
            ("diastolic pressure", diastolic),
            ("mean pressure", mean),
            ("right atrial pressure", right),
            ("mean pulmonary pressure", lung),
            ("left atrial pressure", left),
            ("heart rate", beat.rate_per_min),
            ("output", beat.output_l_min),
            ("end-diastolic volume", beat.ventricle_ml[0]),
            ("end-systolic volume", beat.ventricle_ml[1]),
            ("contractility", beat.effector[0]),
            ("resistance of the splanchnic bed", beat.effector[2]),
            ("resistance of the other beds", beat.effector[3]),
            ("unstressed splanchnic veins", beat.effector[4]),
            ("unstressed other veins", beat.effector[5]),
        ] {
            rows.push(row(format!("{name}, {what}"), value));
        }
    }
    let (frozen, error_ml) = ReflexLoop.bleed(530.0, true, 5e-4).map_err(text)?;
    rows.push(row("530 mL lost without reflex, mean pressure", frozen.arterial_mmhg[2]));
    rows.push(row("blood, largest error over 400 s, relative", worst.max(error_ml.abs() / 5300.0)));
    Ok(rows)
}

fn bedside() -> Result<Vec<Obtained>, String> {
    let (b, r) = (orifice_coefficient(0.8), 0.01);
    let q = orifice_flow_ml_s(10.0, b, r);
    let artery = TubeLaw { stiffness_pa: 1.0, exponent_distended: 0.5, exponent_collapsed: 0.0 };
    Ok(vec![
        row("aortic area", aortic_area_gorlin_cm2(5000.0, 0.33, 70.0, 40.0)),
        row("mitral area", mitral_area_gorlin_cm2(4500.0, 0.4, 80.0, 10.0)),
        row("Bernoulli, coefficient", BERNOULLI_MMHG_PER_M2_S2),
        row("orifice, coefficient times 10000", 1e4 * orifice_coefficient(1.0)),
        row("orifice root, gradient found again", b * q * q + r * q),
        row("regurgitant fraction of 60 of 100 mL", regurgitant_fraction(60.0, 40.0)),
        row("effective orifice of 60 mL over 150 cm", effective_orifice_cm2(60.0, 150.0)),
        row("artery, pressure at 1.2", artery.pressure_pa(1.2)),
    ])
}

const STANDARD: Acidity = Acidity { ph: 7.4, carbon_dioxide_mmhg: 40.0, temperature_c: 37.0 };

fn blood_gas() -> Result<Vec<Obtained>, String> {
    let mut rows = Vec::new();
    for p in [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0] {
        rows.push(row(format!("Severinghaus, {p} mmHg"), oxygen_saturation_severinghaus(p)));
    }
    for s in [0.5, 0.75, 0.9, 0.97] {
        rows.push(row(format!("Severinghaus inverse, {s}"), saturation_inverse_severinghaus_mmhg(s)));
    }
    for p in [20.0, 26.6, 40.0, 60.0, 100.0] {
        rows.push(row(format!("Kelman, {p} mmHg"), oxygen_saturation_kelman(p)));
    }
    let shifted = oxygen_shifted_mmhg(60.0, &Acidity { ph: 7.25, carbon_dioxide_mmhg: 60.0, temperature_c: 39.0 });
    rows.push(row("shifted pressure", shifted));
    rows.push(row("shifted, Kelman", oxygen_saturation_kelman(shifted)));
    rows.push(row("shifted, Severinghaus", oxygen_saturation_severinghaus(shifted)));
    rows.push(row("Hill, 60 mmHg", oxygen_saturation_hill(60.0)));
    for (name, fraction, barometric, carbon_dioxide) in [
        ("air, 40", 0.21, 760.0, 40.0),
        ("air, 60", 0.21, 760.0, 60.0),
        ("half, 40", 0.5, 760.0, 40.0),
        ("pure, 40", 1.0, 760.0, 40.0),
        ("630 mmHg, air, 35", 0.21, 630.0, 35.0),
    ] {
        rows.push(row(format!("alveolar oxygen, {name}"), alveolar_oxygen_mmhg(fraction, barometric, carbon_dioxide, 0.8)));
    }
    for p in [100.0, 40.0] {
        rows.push(row(format!("content, {p} mmHg"), oxygen_content_ml_dl(15.0, oxygen_saturation_severinghaus(p), p)));
    }
    for (name, fraction, shunt) in [
        ("20 % shunt on air", 0.21, 0.2),
        ("20 % shunt on pure oxygen", 1.0, 0.2),
        ("30 % shunt on pure oxygen", 1.0, 0.3),
        ("5 % shunt on air", 0.21, 0.05),
    ] {
        let alveolar = alveolar_oxygen_mmhg(fraction, 760.0, 40.0, 0.8);
        rows.push(row(format!("arterial oxygen, {name}"), shunted_oxygen_mmhg(alveolar, shunt, 5.0, 15.0, &STANDARD)));
    }
    rows.extend(acids());
    Ok(rows)
}

fn acids() -> Vec<Obtained> {
    let mut rows = Vec::new();
    let sample = |ph: f64, carbon_dioxide_mmhg: f64| Acidity { ph, carbon_dioxide_mmhg, temperature_c: 37.0 };
    for (ph, p, hb, s) in
        [("7.40", 40.0, 15.0, "0.97"), ("7.37", 46.0, 15.0, "0.75"), ("7.20", 70.0, 15.0, "0.90"), ("7.40", 40.0, 7.5, "0.97")]
    {
        let at = sample(ph.parse().unwrap_or(f64::NAN), p);
        rows.push(row(format!("CO2 of plasma, {ph}, {p}, {hb}, {s}"), carbon_dioxide_plasma_ml_dl(&at)));
        let saturation = s.parse().unwrap_or(f64::NAN);
        rows.push(row(format!("CO2 of blood, {ph}, {p}, {hb}, {s}"), carbon_dioxide_content_ml_dl(&at, hb, saturation)));
    }
    for (name, p, hb) in [("7.40", 40.0, 15.0), ("7.20", 70.0, 15.0), ("7.25", 30.0, 12.0), ("7.55", 25.0, 14.0)] {
        let ph = name.parse().unwrap_or(f64::NAN);
        let bicarbonate = bicarbonate_mmol_l(ph, p);
        rows.push(row(format!("bicarbonate, {name}, {p}, {hb}"), bicarbonate));
        rows.push(row(format!("base excess, {name}, {p}, {hb}"), base_excess_mmol_l(ph, bicarbonate, hb)));
        rows.push(row(format!("standard base excess, {name}, {p}, {hb}"), standard_base_excess_mmol_l(ph, bicarbonate)));
    }
    rows
}

fn body_size() -> Result<Vec<Obtained>, String> {
    use BodySex::{Female, Male};
    Ok(vec![
        row("Nadler, man 1.70 m, 70 kg", blood_volume_nadler_ml(Male, 1.70, 70.0)),
        row("Nadler, woman 1.60 m, 55 kg", blood_volume_nadler_ml(Female, 1.60, 55.0)),
        row("Nadler, man 1.8034 m, 77.1 kg", blood_volume_nadler_ml(Male, 1.8034, 77.1)),
        row("Lemmens, 1.70 m, 70 kg", blood_volume_lemmens_ml_per_kg(1.70, 70.0)),
        row("Mosteller, 1.70 m, 70 kg", body_surface_mosteller_m2(1.70, 70.0)),
        row("DuBois, 1.70 m, 70 kg", body_surface_dubois_m2(1.70, 70.0)),
        row("CKD-EPI, 1.0, 50, male", egfr_ckd_epi_2021(Male, 50.0, 1.0)),
        row("CKD-EPI, 1.0, 50, female", egfr_ckd_epi_2021(Female, 50.0, 1.0)),
        row("CKD-EPI, 2.5, 70, male", egfr_ckd_epi_2021(Male, 70.0, 2.5)),
        row("CKD-EPI, 0.6, 25, female", egfr_ckd_epi_2021(Female, 25.0, 0.6)),
    ])
}

/// Inputs of another program's test cases, in its units (CGS).
fn blocks() -> Result<Vec<Obtained>, String> {
    let plain = Chain { resistance: 100.0, stenosis: 0.0, proximal: 0.0, compliance: 0.0, distal: 100.0, behind: 100.0 };
    let outlet = Chain { proximal: 1000.0, compliance: 1e-4, distal: 1000.0, behind: 0.0, ..plain };
    let narrow = Chain { stenosis: 100.0, ..plain };
    let mut rows = Vec::new();
    for (name, chain) in [("plain resistance", plain), ("Windkessel", outlet), ("stenosis", narrow)] {
        let [inlet, end] = chain.pressures(5.0, chain.steady(5.0));
        rows.push(row(format!("steady flow into a {name}, inlet"), inlet));
        rows.push(row(format!("steady flow into a {name}, outlet"), end));
    }
    // Ten beats sampled 201 times each, from the steady state of the mean flow.
    let flow = |t: f64| 2.5 * ops::sin(2.0 * std::f64::consts::PI * t) + 2.2;
    let (mut stored, mut sum) = (outlet.steady(2.2), 0.0);
    for sample in 0..=2_000_u32 {
        let t = 0.005 * f64::from(sample);
        sum += outlet.pressures(flow(t), stored)[0];
        stored = outlet.step(stored, t, 0.005, flow);
    }
    rows.push(row("sine into a Windkessel, mean at the inlet", sum / 2_001.0));
    Ok(rows)
}
