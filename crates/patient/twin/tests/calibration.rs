//! Learning the whole patient from what he shows.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_core::{Stream, ops};
use proband_physiology::whole::{Acts, Physique, Resting, RestingProbe};
use proband_twin::{FACTOR_COUNT, Population, RESTING_RANGES, Reading, WholeBelief, calibrate, variant, whole_population};

fn probe() -> RestingProbe {
    RestingProbe::new(&Physique::reference_man(), &Acts::rest()).unwrap()
}

fn readings(shown: &Resting, names: &[&str]) -> Vec<Reading> {
    names.iter().map(|n| Reading::usual(n, shown.get(n).unwrap(), "test").unwrap()).collect()
}

/// Find the factors that an artery and an echo show, say which it does not show, and predict what was not read.
#[test]
fn factors_are_found() {
    let probe = probe();
    let truth: [f64; FACTOR_COUNT] = [0.15, -0.2, -0.3, -0.25, 0.05, 0.1, 0.3, 0.1, 0.2];
    let shown = probe.resting(&[variant(probe.himself(), &truth).unwrap()]).pop().unwrap().unwrap();
    let names = ["heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "mean_mmhg", "output_l_min", "breath_rate_per_min"];
    let found = calibrate(&probe, &WholeBelief::prior(), &readings(&shown, &names), &mut Stream::new(1, 0, "test")).unwrap();
    assert!(found.converged && found.warnings.is_empty(), "{:?}", found.warnings);
    for r in &found.readings {
        assert!(r.residual.abs() < 1.0, "{r:?}");
    }
    for (f, t) in found.factors.iter().zip(truth) {
        let z = (ops::ln(f.factor.median) - t).abs() / found.after.sd(found.factors.iter().position(|g| g.name == f.name).unwrap());
        assert!(z < 3.0, "{}: {z}", f.name);
    }
    let by = |name: &str| found.factors.iter().find(|f| f.name == name).unwrap();
    assert!(by("whole.rate").shrinkage > 0.8 && by("whole.compliance").shrinkage > 0.4);
    assert_ne!(by("whole.lung_resistance").verdict, "found");
    assert!(found.shows("ejection_fraction").unwrap().holds(shown.get("ejection_fraction").unwrap()));
    let again = calibrate(&probe, &WholeBelief::prior(), &readings(&shown, &names), &mut Stream::new(1, 0, "test")).unwrap();
    assert_eq!(found, again);
}

/// Refuse what no patient shows, with the reason.
#[test]
fn impossible_readings_are_refused() {
    let probe = probe();
    let ask =
        |readings: &[Reading]| calibrate(&probe, &WholeBelief::prior(), readings, &mut Stream::new(1, 0, "test")).unwrap_err().to_string();
    assert!(ask(&[]).contains("nothing to learn"));
    let raw = |name: &str, value: f64| Reading { name: name.into(), value, sd: 2.0, source: "test".into() };
    assert!(ask(&[raw("systolic_mmhg", 70.0), raw("diastolic_mmhg", 90.0)]).contains("swapped"));
    assert!(ask(&[raw("systolic_mmhg", f64::NAN)]).contains("systolic_mmhg"));
    assert!(ask(&[raw("mean_mmhg", 9.0)]).contains("mean_mmhg = 9"));
    assert!(ask(&[raw("happiness", 9.0)]).contains("happiness"));
    assert!(Reading::usual("heart_rate_per_min", 900.0, "test").is_err());
}

/// Keep people who rest as adults do, count the others by reason, whatever the order in which they are drawn.
#[test]
fn populations_are_plausible() {
    let probe = probe();
    let people: Vec<_> = (0..24).map(|i| (i, Population::adult().person(3, i))).collect();
    let all = whole_population(&people, &probe, 3).unwrap();
    assert_eq!(all.people.len() + all.given_up.len(), 24);
    assert!(all.people.len() >= 18, "{:?}", all.given_up);
    assert_eq!(all.drawn, all.people.len() as u64 + all.rejected.iter().map(|r| r.1).sum::<u64>());
    for p in &all.people {
        assert!(RESTING_RANGES.iter().all(|r| (r.low..=r.high).contains(&p.shown.get(r.name).unwrap())));
    }
    let one = whole_population(&people[5..6], &probe, 3).unwrap();
    assert_eq!(one.people.first(), all.people.iter().find(|p| p.index == 5));
}
