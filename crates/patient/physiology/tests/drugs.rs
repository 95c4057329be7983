//! Kinetics, files and effects of drugs.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use proband_physiology::Effects;
use proband_physiology::drug::{
    DRUG_NAMES, Dose, Drug, DrugInPatient, DrugPatient, DrugReadings, KineticsInput, TargetController, TargetSite, builtin_drug,
    concentrations,
};
use proptest::prelude::*;

fn man() -> DrugPatient {
    DrugPatient::healthy(35.0, 70.0, 1.70, true)
}

fn propofol(tick_s: f64) -> DrugInPatient {
    DrugInPatient::new(&builtin_drug("propofol").unwrap(), "eleveld", &man(), tick_s).unwrap()
}

/// Read every drug of the library and form every model, each parameter with a source, for a middling adult.
#[test]
fn the_library_is_whole() {
    for name in DRUG_NAMES {
        let drug = builtin_drug(name).unwrap();
        assert_eq!(drug.name, *name);
        for model in &drug.models {
            assert!(model.parameters.iter().all(|p| !p.source.trim().is_empty()));
            let made = DrugInPatient::new(&drug, &model.name, &man(), 1.0);
            // Children's models may not fit an adult; they must say so.
            assert!(made.is_ok() || !model.valid.is_empty(), "{name} {}: {made:?}", model.name);
        }
    }
    assert!(builtin_drug("ether").unwrap_err().to_string().contains("propofol"));
}

/// Agree with a classical Runge–Kutta integration of the same compartments in fine steps.
#[test]
fn the_exponential_agrees_with_a_fine_integration() {
    let drug = propofol(1.0);
    let c = drug.kinetics().spec().compartments;
    let ke0 = drug.kinetics().spec().ke0_per_s[0];
    let rate = 2e-8;
    let slope = |x: &[f64; 4]| {
        [
            rate - (c.k10_per_s + c.k12_per_s + c.k13_per_s) * x[0] + c.k21_per_s * x[1] + c.k31_per_s * x[2],
            c.k12_per_s * x[0] - c.k21_per_s * x[1],
            c.k13_per_s * x[0] - c.k31_per_s * x[2],
            ke0 * (x[0] / c.v1_m3 - x[3]),
        ]
    };
    let mut x = [140e-6, 0.0, 0.0, 0.0];
    let h = 0.1;
    let add = |x: &[f64; 4], k: &[f64; 4], f: f64| [x[0] + f * k[0], x[1] + f * k[1], x[2] + f * k[2], x[3] + f * k[3]];
    for _ in 0..6000 {
        let k1 = slope(&x);
        let k2 = slope(&add(&x, &k1, 0.5 * h));
        let k3 = slope(&add(&x, &k2, 0.5 * h));
        let k4 = slope(&add(&x, &k3, h));
        for i in 0..4 {
            x[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }
    let doses = [Dose::Bolus { at_s: 0.0, amount: 140e-6 }, Dose::Infusion { from_s: 0.0, to_s: 1e4, rate_per_s: rate }];
    let sample = &concentrations(drug.kinetics(), &doses, &[600.0]).unwrap()[0];
    assert!((sample.plasma_per_m3 / (x[0] / c.v1_m3) - 1.0).abs() < 1e-9);
    assert!((sample.site_per_m3 / x[3] - 1.0).abs() < 1e-9);
}

/// Take the same way in one step and in thousands, and agree with the closed form of exponentials.
#[test]
fn steps_compose() {
    let drug = propofol(0.5);
    let kinetics = drug.kinetics();
    let mut fine = kinetics.state();
    kinetics.bolus(&mut fine, 1e-4);
    let mut coarse = fine.clone();
    for _ in 0..7200 {
        kinetics.step(&mut fine, &KineticsInput::default(), 0.5);
    }
    kinetics.step(&mut coarse, &KineticsInput::default(), 3600.0);
    let (a, b) = (kinetics.plasma_per_m3(&fine), kinetics.plasma_per_m3(&coarse));
    assert!((a / b - 1.0).abs() < 1e-11, "{a} {b}");
    let e = kinetics.spec().compartments.exponentials();
    let closed: f64 = (0..3).map(|i| 1e-4 * e.coefficient_per_m3[i] * (-e.lambda_per_s[i] * 3600.0).exp_like()).sum();
    assert!((a / closed - 1.0).abs() < 1e-10, "{a} {closed}");
    let site = 1e-4 * e.effect_site_per_m3(kinetics.spec().ke0_per_s[0], 3600.0);
    assert!((fine.site_per_m3[0] / site - 1.0).abs() < 1e-10);
}

trait ExpLike {
    fn exp_like(self) -> f64;
}
impl ExpLike for f64 {
    fn exp_like(self) -> f64 {
        proband_core::ops::exp(self)
    }
}

/// Bring plasma to a target and keep it there, and the effect site without overshoot.
#[test]
fn targets_are_reached_and_not_passed() {
    for site in [TargetSite::Plasma, TargetSite::Effect] {
        let drug = propofol(10.0);
        let kinetics = drug.kinetics();
        let controller = TargetController::new(kinetics, site, 10.0, 1200e-6 / 60.0 * 10.0).unwrap();
        let target = 3e-3;
        let mut state = kinetics.state();
        let mut highest = 0.0_f64;
        for _ in 0..360 {
            let infusion_per_s = controller.rate_per_s(kinetics, &state, target);
            kinetics.step(&mut state, &KineticsInput { infusion_per_s }, 10.0);
            highest = highest.max(if site == TargetSite::Plasma { kinetics.plasma_per_m3(&state) } else { state.site_per_m3[0] });
        }
        let end = if site == TargetSite::Plasma { kinetics.plasma_per_m3(&state) } else { state.site_per_m3[0] };
        assert!((end / target - 1.0).abs() < 0.01, "{site:?}: {end}");
        assert!(highest < target * 1.001, "{site:?}: {highest}");
    }
}

/// Absorb a swallowed dose after its lag, wholly, in steps that cut the lag anywhere.
#[test]
fn swallowed_doses_arrive_after_their_lag() {
    let drug = DrugInPatient::new(&builtin_drug("paracetamol").unwrap(), "", &man(), 1.0).unwrap();
    let kinetics = drug.kinetics();
    let course = |dt: f64| {
        let mut state = kinetics.state();
        assert!(kinetics.dose_absorbed(&mut state, 1e-3));
        let mut t = 0.0;
        while t < 7200.0 - 1e-9 {
            kinetics.step(&mut state, &KineticsInput::default(), dt);
            t += dt;
            assert!(t > 5.3 * 60.0 || state.amount[0] == 0.0);
        }
        state
    };
    let (a, b) = (course(1.0), course(48.0));
    assert!((a.amount[0] / b.amount[0] - 1.0).abs() < 1e-10);
    assert!((a.given - 0.859e-3).abs() < 1e-12);
    let direct = DrugInPatient::new(&builtin_drug("fentanyl").unwrap(), "", &man(), 1.0).unwrap();
    assert!(!direct.kinetics().dose_absorbed(&mut direct.kinetics().state(), 1.0), "no model of absorption");
}

/// End in effectors: anaesthesia opens vessels and stops breathing, a vasopressor closes them, a blocker paralyses.
#[test]
fn drugs_act_on_effectors() {
    let act = |name: &str, amount: f64, after_s: f64| {
        let drug = DrugInPatient::new(&builtin_drug(name).unwrap(), "", &man(), 1.0).unwrap();
        let mut state = drug.state();
        drug.kinetics().bolus(&mut state.kinetics, amount * drug.amount_unit());
        drug.step(&mut state, &KineticsInput::default(), after_s);
        let (mut effects, mut readings) = (Effects::NONE, DrugReadings::NONE);
        drug.act(&state, &mut effects, &mut readings);
        effects.check().unwrap();
        (effects, readings)
    };
    let (e, r) = act("propofol", 140.0, 180.0);
    assert!(e.respiratory_drive < 0.4 && e.alpha_response < 0.9 && e.beta_response < 0.9 && r.bispectral_index < 55.0);
    let (e, _) = act("phenylephrine", 100.0, 60.0);
    assert!(e.systemic_resistance > 1.1);
    let (e, r) = act("rocuronium", 42.0, 180.0);
    assert!(e.muscle_strength < 0.1 && r.twitch < 0.05);
    let (e, _) = act("atropine", 500.0, 180.0);
    assert!(e.vagal_response < 0.7);
    let nothing = act("esmolol", 0.0, 60.0);
    assert_eq!(nothing.0, Effects::NONE);
}

/// Let warfarin's effect come days after its concentration: a therapeutic ratio after a week at 5 mg a day.
#[test]
fn warfarin_works_late() {
    let drug = DrugInPatient::new(&builtin_drug("warfarin").unwrap(), "", &man(), 3600.0).unwrap();
    let mut state = drug.state();
    let mut inr = Vec::new();
    for hour in 0..240 {
        if hour % 24 == 0 {
            assert!(drug.kinetics().dose_absorbed(&mut state.kinetics, 5e-6));
        }
        drug.step(&mut state, &KineticsInput::default(), 3600.0);
        let (mut effects, mut readings) = (Effects::NONE, DrugReadings::NONE);
        drug.act(&state, &mut effects, &mut readings);
        inr.push(readings.inr);
    }
    assert!(inr[6] < 1.25 && inr[167] > 1.5 && inr[239] < 5.0, "{} {} {}", inr[6], inr[167], inr[239]);
}

/// Refuse what cannot be: lean mass beyond its maximum, a patient without mass, an unknown model.
#[test]
fn impossible_patients_are_refused() {
    let drug = builtin_drug("propofol").unwrap();
    let heavy = DrugPatient::healthy(40.0, 140.0, 1.70, true);
    let message = DrugInPatient::new(&drug, "schnider", &heavy, 1.0).unwrap_err().to_string();
    assert!(message.contains("lean") && message.contains("schnider"), "{message}");
    assert!(DrugInPatient::new(&drug, "eleveld", &heavy, 1.0).is_ok());
    assert!(DrugInPatient::new(&drug, "", &DrugPatient::healthy(40.0, f64::NAN, 1.7, true), 1.0).is_err());
    assert!(DrugInPatient::new(&drug, "white", &man(), 1.0).unwrap_err().to_string().contains("marsh"));
}

#[track_caller]
fn refused(text: &str, place: &str) {
    let message = Drug::parse(text).unwrap_err().to_string();
    assert!(message.contains(place), "{message}");
}

/// Name line or field of what is wrong in a drug file.
#[test]
fn faults_in_drug_files_are_named() {
    let head = "name = \"x\"\namount_unit = \"mg\"\nclass = \"c\"\n";
    let model =
        |parameter: &str| format!("{head}[[kinetics]]\nmodel = \"m\"\nsource = \"s\"\nstatus = \"prior\"\nparameter = [{parameter}]\n");
    refused("name = ", "line 1");
    refused(&format!("{head}colour = 1\n"), "line 4");
    refused(head, "kinetics");
    refused(&model("{ name = \"v1\", formula = \"1\", unit = \"gallon\" }"), "kinetics[m].parameter[v1]");
    refused(&model("{ name = \"v1\", formula = \"1 +* 2\", unit = \"L\" }"), "at byte 3");
    refused(&model("{ name = \"weight\", formula = \"1\", unit = \"kg\" }"), "taken");
    refused(&model("{ name = \"v1\", formula = \"v2\", unit = \"L\" }"), "\"v2\" is not known");
    let effect = "[[effect]]\non = \"mood\"\nmax = \"1\"\nc50 = \"1\"\nsource = \"s\"\nstatus = \"prior\"\n";
    refused(&(model("{ name = \"v1\", formula = \"1\", unit = \"L\" }") + effect), "effect[mood]");
    refused(&"#".repeat(70_000), "bytes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lose and make no drug, whatever is given and however long the steps are.
    #[test]
    fn mass_is_kept(bolus in 0.0..1e-3f64, rate in 0.0..1e-6f64, steps in prop::collection::vec(0.01..20_000.0f64, 1..20), which in 0..DRUG_NAMES.len()) {
        let drug = DrugInPatient::new(&builtin_drug(DRUG_NAMES[which]).unwrap(), "", &man(), 1.0).unwrap();
        let kinetics = drug.kinetics();
        let mut state = kinetics.state();
        kinetics.bolus(&mut state, bolus);
        kinetics.dose_absorbed(&mut state, 0.5 * bolus);
        for dt in steps {
            kinetics.step(&mut state, &KineticsInput { infusion_per_s: rate }, dt);
        }
        let there: f64 = state.amount.iter().sum::<f64>() + state.depot + state.eliminated + state.pending.iter().map(|p| p.1).sum::<f64>();
        prop_assert!((there - state.given).abs() <= 1e-10 * state.given.max(1e-12), "{there} of {}", state.given);
        prop_assert!(state.amount.iter().chain(&state.site_per_m3).all(|x| x.is_finite() && *x >= 0.0));
    }

    /// Give a drug or an error for any text, near a true file too.
    #[test]
    fn any_text_is_answered(noise in prop::collection::vec(any::<u8>(), 0..40), at in 0usize..5000, which in 0..DRUG_NAMES.len()) {
        let _ = Drug::parse(&String::from_utf8_lossy(&noise));
        let mut text = include_str!("../src/drug/library/propofol.toml").as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..at, noise.iter().copied());
        if let Ok(drug) = Drug::parse(&String::from_utf8_lossy(&text)) {
            let _ = DrugInPatient::new(&drug, "", &man(), 1.0);
        }
        prop_assert!(builtin_drug(DRUG_NAMES[which]).is_ok());
    }

    /// Give finite kinetics or an error for any patient.
    #[test]
    fn any_patient_is_answered(age in 0.0..110.0f64, mass in 1.0..300.0f64, height in 0.4..2.2f64, male in any::<bool>(), which in 0..DRUG_NAMES.len()) {
        let drug = builtin_drug(DRUG_NAMES[which]).unwrap();
        for model in &drug.models {
            if let Ok(made) = DrugInPatient::new(&drug, &model.name, &DrugPatient::healthy(age, mass, height, male), 60.0) {
                let doses = [Dose::Bolus { at_s: 0.0, amount: 1e-6 }];
                let samples = concentrations(made.kinetics(), &doses, &[1.0, 60.0, 1e5]).unwrap();
                prop_assert!(samples.iter().all(|s| s.plasma_per_m3.is_finite() && s.plasma_per_m3 >= 0.0 && s.site_per_m3.is_finite()));
            }
        }
    }
}
