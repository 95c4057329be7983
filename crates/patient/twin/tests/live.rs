//! Following a patient who is the whole model with everything on.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_core::{Stream, ops};
use proband_physiology::Effects;
use proband_physiology::whole::{Acts, Physique, RestingProbe, Vitals};
use proband_twin::{Alarm, LiveFilter, LiveFrame, LiveModel, Watch, WholeBelief};

fn model() -> LiveModel {
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).unwrap();
    LiveModel::new(&probe, &WholeBelief::prior(), &mut Stream::new(1, 0, "live.model")).unwrap()
}

fn frame(time_s: f64, values: [f64; 4]) -> LiveFrame {
    LiveFrame { time_s, values: values.map(Some) }
}

const FILTERS: [LiveFilter; 3] = [LiveFilter::Ensemble, LiveFilter::Unscented, LiveFilter::Particles];
const REST: [f64; 4] = [75.0, 118.0, 72.0, 92.0];

/// Come to the values of a steady patient, each filter, and forecast them; pass over an artefact, a gap; follow a jump.
#[test]
fn artefacts_gaps_and_jumps_are_survived() {
    let model = model();
    for filter in FILTERS {
        let mut watch = Watch::new(model.clone(), filter, Stream::new(2, 0, "live")).unwrap();
        let mut alarms: Vec<Alarm> = Vec::new();
        let mut stream = Stream::new(3, 0, "noise");
        let mut noisy = |v: [f64; 4]| v.map(|x| x + stream.normal());
        let mut last = None;
        for i in 0..60_u32 {
            last = Some(watch.step(&frame(5.0 * f64::from(i), noisy(REST)), &mut alarms).unwrap());
        }
        let step = last.unwrap();
        assert!((step.shown[3] - 92.0).abs() < 1.5 && (step.shown[0] - 75.0).abs() < 1.5, "{step:?}");
        assert!(step.forecast_mmhg[0] < 92.0 && step.forecast_mmhg[2] > 92.0);
        alarms.clear();
        // A flush of the line.
        watch.step(&frame(305.0, [75.0, 290.0, 280.0, 285.0]), &mut alarms).unwrap();
        assert!(alarms.iter().any(|a| a.channel == "mean_mmhg" && a.what.contains("not believed")), "{alarms:?}");
        let after = watch.step(&frame(310.0, noisy(REST)), &mut alarms).unwrap();
        assert!((after.shown[3] - 92.0).abs() < 2.5, "{after:?}");
        alarms.clear();
        // A minute without anything: less is known.
        let before = after.sd[3];
        let mut silent = after;
        for i in 0..12_u32 {
            let nothing = LiveFrame { time_s: 315.0 + 5.0 * f64::from(i), values: [None; 4] };
            silent = watch.step(&nothing, &mut alarms).unwrap();
        }
        assert!(silent.sd[3] > before && alarms.iter().any(|a| a.what.contains("nothing for")), "{alarms:?}");
        alarms.clear();
        // A fall of pressure that stays.
        let low = [95.0, 80.0, 48.0, 60.0];
        for i in 0..40_u32 {
            silent = watch.step(&frame(380.0 + 5.0 * f64::from(i), noisy(low)), &mut alarms).unwrap();
        }
        assert!((silent.shown[3] - 60.0).abs() < 3.0, "{silent:?} {alarms:?}");
        assert!(watch.belief().check().is_ok());
        assert!(watch.step(&frame(1.0, REST), &mut alarms).is_err(), "time runs backwards");
        assert!(watch.step(&frame(600.0, [f64::NAN; 4]), &mut alarms).is_err());
    }
}

/// Cover the mean pressure five minutes later in four of five cases, whatever the patient's restlessness.
#[test]
fn the_forecast_covers() {
    let model = model();
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).unwrap();
    let patient = probe.settle(probe.himself()).unwrap();
    let (mut held, mut asked, mut width) = ([0_u32; 3], 0_u32, [0.0; 3]);
    for case in 0..6_u32 {
        let mut stream = Stream::new(5, case, "truth");
        let per_s = 0.001 * f64::from(1 + case % 4);
        let (mut r, mut rate) = (0.0, 0.0);
        let mut watches = FILTERS.map(|f| Watch::new(model.clone(), f, Stream::new(6, case, "live")).unwrap());
        let (mut state, mut acts, mut alarms) = (patient.state(), Acts::rest(), Vec::new());
        let (mut truth, mut bands) = (Vec::new(), Vec::new());
        for i in 0..480_u32 {
            r += per_s * 5.0_f64.sqrt() * stream.normal() - r * 5.0 / 1800.0;
            rate += per_s * 5.0_f64.sqrt() * stream.normal() - rate * 5.0 / 1800.0;
            acts.set_effects(&Effects { systemic_resistance: ops::exp(2.0 * r), intrinsic_heart_rate: ops::exp(rate), ..Effects::NONE });
            let mut mean = [0.0; 4];
            for _ in 0..100 {
                patient.tick(&mut state, &acts);
                let v = Vitals::of(&state);
                for (m, x) in mean.iter_mut().zip([v.heart_rate_per_min, v.systolic_mmhg, v.diastolic_mmhg, v.mean_mmhg]) {
                    *m += x / 100.0;
                }
            }
            let seen = mean.map(|x| x + stream.normal());
            truth.push(seen[3]);
            let now = frame(5.0 * f64::from(i + 1), seen);
            bands.push([0, 1, 2].map(|f: usize| watches[f].step(&now, &mut alarms).unwrap().forecast_mmhg));
        }
        for i in (120..420).step_by(12) {
            for (filter, band) in bands[i].iter().enumerate() {
                held[filter] += u32::from(truth[i + 60] >= band[0] && truth[i + 60] <= band[2]);
                width[filter] += band[2] - band[0];
            }
            asked += 1;
        }
    }
    for (filter, (held, width)) in FILTERS.iter().zip(held.iter().zip(width)) {
        let part = f64::from(*held) / f64::from(asked);
        println!("{filter:?}: covered {part:.3} of {asked}, mean width {:.1} mmHg", width / f64::from(asked));
        assert!((0.68..0.92).contains(&part), "{filter:?}: {part}");
    }
}

/// Tell of a pressure that falls below its limit, once.
#[test]
fn a_falling_pressure_is_told() {
    let mut watch = Watch::new(model(), LiveFilter::Unscented, Stream::new(2, 0, "live")).unwrap();
    let mut alarms: Vec<Alarm> = Vec::new();
    for i in 0..120_u32 {
        let fall = 1.0 - 0.004 * f64::from(i.saturating_sub(30));
        let values = [75.0, 118.0 * fall, 72.0 * fall, 92.0 * fall];
        watch.step(&frame(5.0 * f64::from(i), values), &mut alarms).unwrap();
    }
    let low: Vec<_> = alarms.iter().filter(|a| a.channel == "mean_mmhg" && a.what.contains("is below the limit of 65")).collect();
    assert!(low.len() == 1 && (low[0].time_s - 525.0).abs() < 20.0, "{alarms:?}");
}
