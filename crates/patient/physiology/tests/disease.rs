//! Disease over days to years.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use proband_core::Stream;
use proband_physiology::disease::{BodyModel, BodyReading, BodySpec, Condition, Rates, Therapy, bands, course, reading_index};
use proptest::prelude::*;

fn body(condition: Condition, severity: f64, therapies: &[Therapy]) -> BodyModel {
    BodyModel::new(spec(condition, severity, therapies)).unwrap()
}

fn spec(condition: Condition, severity: f64, therapies: &[Therapy]) -> BodySpec {
    BodySpec { age_y: 60.0, male: true, height_m: 1.75, condition, severity, therapies: therapies.to_vec(), rates: Rates::median() }
}

fn after(condition: Condition, severity: f64, therapies: &[Therapy], days: u32) -> BodyReading {
    let model = body(condition, severity, therapies);
    let mut state = model.state();
    (0..days).for_each(|_| model.step(&mut state));
    assert_eq!(state.glucose_failures, 0);
    model.effects(&state).check().unwrap();
    model.reading(&state)
}

/// Leave the healthy old as the healthy old are.
#[test]
fn age_alone_is_slow() {
    let r = after(Condition::Ageing, 0.0, &[], 3652);
    assert!((85.0..105.0).contains(&r.pressure_mean_mmhg), "{r:?}");
    assert!((0.5..0.62).contains(&r.ejection_fraction), "{r:?}");
    assert!((60.0..110.0).contains(&r.gfr_ml_min_173), "{r:?}");
    assert!(r.hba1c_percent < 5.7 && r.haemoglobin_g_l > 135.0, "{r:?}");
}

/// Thicken under pressure without dilating, dilate under volume, and come to rest.
#[test]
fn hearts_remodel_by_their_load() {
    let thick = after(Condition::Hypertension, 1.0, &[], 1000);
    let model = body(Condition::Hypertension, 1.0, &[]);
    let mut state = model.state();
    (0..1000).for_each(|_| model.step(&mut state));
    assert!(state.wall > 1.12 && (0.93..1.07).contains(&state.radius), "{thick:?} {state:?}");
    let model = body(Condition::MitralRegurgitation, 0.5, &[]);
    let mut state = model.state();
    (0..1000).for_each(|_| model.step(&mut state));
    assert!(state.radius > 1.1, "{state:?}");
    // The leak itself still grows a little.
    let before = state.radius;
    (0..100).for_each(|_| model.step(&mut state));
    assert!((state.radius / before - 1.0).abs() < 0.03, "not at rest: {before} to {}", state.radius);
}

/// Let treatment do what it is given for.
#[test]
fn treatment_helps() {
    use Condition as C;
    use Therapy as T;
    let worse = |condition, days, read: fn(&BodyReading) -> f64, therapies: &[Therapy]| {
        let (free, treated) = (read(&after(condition, 0.5, &[], days)), read(&after(condition, 0.5, therapies, days)));
        assert!(free > treated, "{condition:?} {therapies:?}: {free} against {treated}");
    };
    worse(C::Hypertension, 365, |r| r.pressure_mean_mmhg, &[T::AceInhibitor, T::Diuretic]);
    worse(C::HeartFailure, 1826, |r| -r.ejection_fraction, &[T::AceInhibitor, T::BetaBlocker]);
    worse(C::AorticStenosis, 365, |r| r.aortic_gradient_mmhg, &[T::ValveReplacement]);
    worse(C::MitralRegurgitation, 365, |r| r.mitral_regurgitant_ml, &[T::ValveRepair]);
    worse(C::Copd, 3652, |r| -r.fev1_l, &[T::SmokingCessation]);
    worse(C::Pneumonia, 6, |r| r.shunt_fraction, &[T::Antibiotic]);
    worse(C::ChronicKidneyDisease, 1826, |r| -r.gfr_ml_min_173, &[T::AceInhibitor, T::Sglt2Inhibitor]);
    worse(C::Type2Diabetes, 3652, |r| r.hba1c_percent, &[T::Metformin, T::Insulin]);
    worse(C::Sepsis, 4, |r| r.inflammation, &[T::Antibiotic]);
    worse(C::Anaemia, 365, |r| -r.haemoglobin_g_l, &[T::Iron]);
    worse(C::Tumour, 180, |r| r.tumour_g, &[T::Chemotherapy]);
}

/// Follow the sequence of heart failure: the fraction falls, the ventricle widens, congestion comes.
#[test]
fn failing_hearts_widen() {
    let (early, late) = (after(Condition::HeartFailure, 0.3, &[], 30), after(Condition::HeartFailure, 0.3, &[], 1826));
    assert!(
        late.ejection_fraction < early.ejection_fraction - 0.05 && late.end_diastolic_ml > early.end_diastolic_ml + 10.0,
        "{early:?} {late:?}"
    );
}

/// Give the same bands for the same seed, in rising order.
#[test]
fn bands_are_ordered() {
    let days: Vec<u32> = (0..=12).map(|m| 30 * m).collect();
    let run = || -> Vec<_> {
        (0..40)
            .map(|i| course(&spec(Condition::ChronicKidneyDisease, 0.5, &[]), &days, &mut Stream::new(1, i, "disease")).unwrap().0)
            .collect()
    };
    let courses = run();
    assert_eq!(courses, run());
    let gfr = bands(&courses, reading_index("gfr_ml_min_173").unwrap());
    assert!(gfr.iter().all(|b| b.windows(2).all(|w| w[0] <= w[1])));
    assert!(gfr[12][2] < gfr[0][2] && gfr[12][4] > gfr[12][0]);
}

/// Give every rate a source.
#[test]
fn every_rate_has_a_source() {
    assert!(Rates::table().iter().all(|(_, rate)| !rate.source.is_empty() && rate.distribution.check().is_ok()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Stay finite and in the body's bounds for every disease, severity, treatment and draw of rates.
    #[test]
    fn bodies_stay_finite(c in 0..Condition::ALL.len(), severity in 0.0..1.0f64, mask in any::<u16>(), age in 18.0..95.0f64, seed in any::<u64>()) {
        let therapies = Therapy::ALL.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, t)| *t).collect();
        let spec = BodySpec { age_y: age, therapies, ..spec(Condition::ALL[c], severity, &[]) };
        let days: Vec<u32> = (0..=20).map(|i| 60 * i).collect();
        let (rows, _) = course(&spec, &days, &mut Stream::new(seed, 0, "disease")).unwrap();
        for row in rows {
            prop_assert!(row.iter().all(|v| v.is_finite()), "{row:?}");
            prop_assert!((20.0..260.0).contains(&row[0]) && (0.0..0.9).contains(&row[3]) && row[10] > 0.0 && row[15] > 5.0, "{row:?}");
        }
    }
}
