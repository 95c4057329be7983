//! The whole patient: rest, conservation, lanes, memory on disk.

use std::sync::LazyLock;

use proband_physiology::body::BodySex;
use proband_physiology::drug::{DRUG_NAMES, DrugInPatient, DrugPatient, DrugReadings, KineticsInput, builtin_drug};
use proband_physiology::whole::{Acts, Cohort, LaneState, Pack, Physique, Vitals, WholePatient};
use proband_physiology::{Effects, PhysiologyError};
use proptest::prelude::*;

/// Settling takes a tenth of a second: once is enough.
static MAN: LazyLock<WholePatient> = LazyLock::new(|| match WholePatient::new(&Physique::reference_man()) {
    Ok(man) => man,
    Err(error) => panic!("{error}"),
});

fn man() -> WholePatient {
    MAN.clone()
}

fn run(patient: &WholePatient, state: &mut LaneState<1>, acts: &Acts<1>, seconds: u32) -> Vitals {
    for _ in 0..seconds * 20 {
        patient.tick(state, acts);
    }
    Vitals::of(state)
}

fn one(x: f64) -> Pack<1> {
    Pack([x])
}

/// Rest within the ranges of a healthy adult.
#[test]
fn rest_is_healthy() {
    let v = Vitals::of(&man().state());
    for (name, value, low, high) in [
        ("rate", v.heart_rate_per_min, 60.0, 100.0),
        ("systolic", v.systolic_mmhg, 100.0, 140.0),
        ("diastolic", v.diastolic_mmhg, 60.0, 90.0),
        ("output", v.output_l_min, 4.0, 8.0),
        ("oxygen", v.oxygen_mmhg, 85.0, 105.0),
        ("carbon dioxide", v.carbon_dioxide_mmhg, 35.0, 45.0),
        ("pH", v.ph, 7.35, 7.45),
        ("breaths", v.breath_rate_per_min, 12.0, 20.0),
    ] {
        assert!((low..=high).contains(&value), "{name} {value}");
    }
    assert_eq!(Vitals::NAMES.len(), v.values().len());
    assert_eq!(Vitals::UNITS.len(), v.values().len());
}

/// Create and destroy neither blood nor gas while everything acts at once.
#[test]
fn blood_and_gas_are_conserved() {
    let patient = man();
    let mut s = patient.state();
    let mut acts = Acts::rest();
    acts.bleeding_ml_s = one(1.5);
    acts.infusion_ml_s = [one(1.0), one(0.2), one(0.3), one(0.1)];
    acts.tilt = one(0.3);
    acts.closed_pneumothorax[1] = one(3.0);
    acts.ventilator = one(1.0);
    acts.valve_leak_cm2 = [one(0.1), one(0.05), one(0.2), one(0.1)];
    acts.draw_ml_s = one(0.1);
    acts.tourniquet_mmhg = one(40.0);
    let blood = |s: &LaneState<1>| s.blood_ml().0[0];
    let account = |s: &LaneState<1>| {
        let [into, bled, filtered, lymph, urine] = s.circulation.account.map(|x| x.0[0]);
        into - bled - filtered + lymph - urine
    };
    let gas = |s: &LaneState<1>| s.slow.gas_account.map(|x| x.0[0]);
    let (b0, a0, g0, n0) = (blood(&s), account(&s), gas(&s), patient.gas_stores_ml(&s));
    run(&patient, &mut s, &acts, 600);
    let (g1, n1) = (gas(&s), patient.gas_stores_ml(&s));
    assert!(((blood(&s) - b0) - (account(&s) - a0)).abs() < 1e-9 * b0);
    assert!(((n1[0] - n0[0]) - (g1[0] - g0[0] - g1[1] + g0[1])).abs() < 1e-9 * n0[0], "oxygen");
    assert!(((n1[1] - n0[1]) - (g1[3] - g0[3] - g1[2] + g0[2])).abs() < 1e-9 * n0[1], "carbon dioxide");
}

/// Give every lane the bits that its patient has alone, wherever it stands.
#[test]
fn lanes_are_alone() {
    let patient = man();
    let woman = WholePatient::new(&Physique { sex: BodySex::Female, age_y: 30.0, height_m: 1.62, mass_kg: 58.0 }).unwrap();
    let mut bleeding = Acts::rest();
    bleeding.bleeding_ml_s = one(3.0);
    let mut alone = woman.state();
    run(&woman, &mut alone, &bleeding, 20);
    for lane in [0, 2, 3] {
        let mut cohort = Cohort::<4>::new(&patient);
        cohort.put(lane, &woman, &bleeding);
        for _ in 0..400 {
            cohort.tick();
        }
        assert_eq!(cohort.take(lane, &alone), alone);
    }
}

/// Continue a state that went through the disk to the same bits.
#[test]
fn states_survive_the_disk() {
    let patient = man();
    let mut s = patient.state();
    run(&patient, &mut s, &Acts::rest(), 7);
    let mut copy: LaneState<1> = postcard::from_bytes(&postcard::to_stdvec(&s).unwrap()).unwrap();
    assert_eq!(copy, s);
    run(&patient, &mut s, &Acts::rest(), 5);
    run(&patient, &mut copy, &Acts::rest(), 5);
    assert_eq!(copy, s);
}

/// Refuse a body that no formula was made for.
#[test]
fn odd_bodies_are_refused() {
    let odd = Physique { height_m: f64::NAN, ..Physique::reference_man() };
    assert!(matches!(WholePatient::new(&odd), Err(PhysiologyError::OutOfRange { field: "height_m", .. })));
    let man = Physique::reference_man();
    for (odd, wrong) in [
        (Physique { mass_kg: 3.0 * 1.8 * 1.8, height_m: 1.8, ..man }, "mass_kg"),
        (Physique { mass_kg: 31.0, height_m: 2.2, ..man }, "mass_kg / height_m²"),
        (Physique { age_y: -1.0, ..man }, "age_y"),
        (Physique { mass_kg: f64::INFINITY, ..man }, "mass_kg"),
    ] {
        let Err(PhysiologyError::OutOfRange { field, .. }) = WholePatient::new(&odd) else { panic!("{odd:?} is taken") };
        assert_eq!(field, wrong);
    }
}

/// Give every drug of the library far too much: numbers stay numbers, whatever becomes of the patient.
#[test]
fn overdoses_stay_finite() {
    let patient = man();
    let person = DrugPatient::healthy(44.0, 77.1, 1.8034, true);
    for name in DRUG_NAMES {
        let drug = DrugInPatient::new(&builtin_drug(name).unwrap(), "", &person, 1.0).unwrap();
        let mut given = drug.state();
        // A thousand times the concentration of half of the largest effect, whatever that is.
        let half = drug.curves().iter().map(|curve| curve.c50_per_m3).fold(0.0, f64::max);
        let amount = 1e3 * half * drug.kinetics().spec().compartments.v1_m3;
        drug.kinetics().bolus(&mut given.kinetics, amount);
        let (mut s, mut acts) = (patient.state(), Acts::rest());
        for _ in 0..120 {
            let (mut effects, mut readings) = (Effects::NONE, DrugReadings::NONE);
            drug.step(&mut given, &KineticsInput::default(), 1.0);
            drug.act(&given, &mut effects, &mut readings);
            acts.set_effects(&effects);
            run(&patient, &mut s, &acts, 1);
        }
        for (vital, value) in Vitals::NAMES.iter().zip(Vitals::of(&s).values()) {
            assert!(value.is_finite(), "{name}: {vital}");
        }
    }
}

/// Close the arterioles and the veins by an α-block as much as a cut of the nerves, and slow the refill by it.
#[test]
fn blocked_nerves_open_the_vessels() {
    let patient = man();
    let (mut s, mut acts) = (patient.state(), Acts::rest());
    let before = Vitals::of(&s);
    acts.set_effects(&Effects { alpha_response: 0.0, beta_response: 0.0, ..Effects::NONE });
    let after = run(&patient, &mut s, &acts, 180);
    assert!(after.mean_mmhg < 0.8 * before.mean_mmhg && after.ejection_fraction > 0.4, "{} {}", after.mean_mmhg, after.ejection_fraction);
}

/// Let a weak ventricle grow until it fills as before.
#[test]
fn weak_hearts_grow() {
    let patient = man();
    let mut acts = Acts::rest();
    acts.set_effects(&Effects { contractility_left: 0.7, ..Effects::NONE });
    let blood = patient.state().blood_ml().0[0];
    let (grown, acts) = WholePatient::remodelled(&patient.parameters, blood, &acts).unwrap();
    let (v, w) = (Vitals::of(&patient.state()), run(&grown, &mut grown.state(), &acts, 60));
    assert!(w.end_diastolic_ml > 1.15 * v.end_diastolic_ml && (w.wedge_mmhg / v.wedge_mmhg - 1.0).abs() < 0.3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Stay finite under whatever is done within its range.
    #[test]
    fn whatever_is_done_stays_finite(
        bleeding in 0.0..20.0_f64, fluid in 0.0..10.0_f64, tilt in -0.5..1.0_f64, cuff in 0.0..250.0_f64,
        oxygen in 0.0..1.0_f64, ventilator in 0..3_u32, size in 1.0..40.0_f64, leak in 0.0..1.0_f64,
        effusion in 0.0..400.0_f64, hole in 0.0..50.0_f64, contractility in 0.0..2.0_f64, resistance in 0.2..3.0_f64,
    ) {
        let patient = man();
        let mut s = patient.state();
        let mut acts = Acts::rest();
        acts.bleeding_ml_s = one(bleeding);
        acts.infusion_ml_s[0] = one(fluid);
        acts.tilt = one(tilt);
        acts.tourniquet_mmhg = one(cuff);
        acts.inspired_oxygen = one(oxygen);
        acts.ventilator = one(f64::from(ventilator));
        acts.ventilator_size = one(if ventilator == 1 { 25.0 * size } else { size });
        acts.valve_leak_cm2 = [one(leak); 4];
        acts.effusion_ml = one(effusion);
        acts.closed_pneumothorax[0] = one(hole);
        let effects = proband_physiology::Effects {
            contractility_left: contractility, systemic_resistance: resistance, ..proband_physiology::Effects::NONE
        };
        acts.set_effects(&effects);
        run(&patient, &mut s, &acts, 120);
        for (name, value) in Vitals::NAMES.iter().zip(Vitals::of(&s).values()) {
            prop_assert!(value.is_finite(), "{name}");
        }
    }
}
