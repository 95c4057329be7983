//! Claims about calibration of the whole patient: truth made by the model itself.

use proband_core::{Stream, ops};
use proband_physiology::body::BodySex;
use proband_physiology::whole::{Acts, Physique, Resting, RestingProbe, Vitals, WholePatient};
use proband_twin::{FACTOR_COUNT, FACTORS, Interval, Reading, WholeBelief, calibrate, variant};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("infer-coverage", coverage)];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// An adult of any size.
fn somebody(stream: &mut Stream) -> Physique {
    let male = stream.uniform() < 0.5;
    let height_m = if male { 1.76 } else { 1.63 } + 0.07 * stream.normal().clamp(-2.5, 2.5);
    let bmi = 26.0 * ops::exp(0.16 * stream.normal().clamp(-2.0, 2.0));
    let sex = if male { BodySex::Male } else { BodySex::Female };
    Physique { sex, age_y: 20.0 + 65.0 * stream.uniform(), height_m, mass_kg: bmi * height_m * height_m }
}

/// Means over a minute of the monitor, in the order of [`Resting::NAMES`].
fn watched(patient: &WholePatient) -> [f64; 12] {
    let mut state = patient.state();
    let mut sums = [0.0; 12];
    for _ in 0..240 {
        (0..5).for_each(|_| patient.tick(&mut state, &Acts::rest()));
        let vitals = Vitals::of(&state).values();
        for (sum, name) in sums.iter_mut().zip(Resting::NAMES) {
            *sum += Vitals::NAMES.iter().position(|n| *n == name).map_or(f64::NAN, |i| vitals[i]) / 240.0;
        }
    }
    sums
}

/// What an artery and a respiration band show; every second patient had an echocardiogram, too.
const MONITOR: [&str; 5] = ["heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "mean_mmhg", "breath_rate_per_min"];
const ECHO: [&str; 2] = ["output_l_min", "ejection_fraction"];

/// Intervals that hold the truth, of how many: factors, then values that were not read.
#[derive(Default)]
struct Count {
    factors: [u32; FACTOR_COUNT],
    unread: [u32; 2],
    patients: u32,
    without_rest: u32,
    stopped: u32,
    information: [f64; 2],
}

/// One patient drawn from the prior, watched with noise, and found again.
fn one(patient: u32, count: &mut Count) -> Result<(), String> {
    let mut stream = Stream::new(11, patient, "infer.coverage");
    let probe = RestingProbe::new(&somebody(&mut stream), &Acts::rest()).map_err(text)?;
    let prior = WholeBelief::prior();
    let (truth, shown) = loop {
        let truth = prior.draw(&mut stream).map_err(text)?;
        match probe.settle(&variant(probe.himself(), &truth).map_err(text)?) {
            Ok(whole) => break (truth, watched(&whole)),
            Err(_) => count.without_rest += 1,
        }
    };
    let names = MONITOR.iter().chain(ECHO.iter().filter(|_| patient % 2 == 1));
    let at = |name: &str| Resting::NAMES.iter().position(|n| *n == name).unwrap_or(0);
    let mut readings = Vec::new();
    for name in names {
        let exact = Reading::usual(name, shown[at(name)], "synthetic").map_err(text)?;
        let noisy = exact.value + exact.sd * stream.normal();
        readings.push(Reading { value: noisy, ..exact });
    }
    let found = calibrate(&probe, &prior, &readings, &mut stream).map_err(text)?;
    for (held, (factor, t)) in count.factors.iter_mut().zip(found.factors.iter().zip(truth)) {
        *held += u32::from(factor.factor.holds(ops::exp(t)));
    }
    for (held, name) in count.unread.iter_mut().zip(["wedge_mmhg", "end_diastolic_ml"]) {
        *held += u32::from(found.shows(name).is_some_and(|i: Interval| i.holds(shown[at(name)])));
    }
    count.patients += 1;
    count.stopped += u32::from(!found.converged);
    for (sum, factor) in count.information.iter_mut().zip([1, 2]) {
        *sum += found.factors[factor].shrinkage;
    }
    Ok(())
}

fn coverage() -> Result<Vec<Obtained>, String> {
    let mut count = Count::default();
    for patient in 0..200 {
        one(patient, &mut count)?;
    }
    let n = f64::from(count.patients);
    let part = |held: &[u32]| held.iter().map(|h| f64::from(*h)).sum::<f64>() / (n * held.len() as f64);
    let worst = count.factors.iter().map(|h| f64::from(*h) / n).fold(1.0, f64::min);
    let mut out = vec![
        Obtained::new("90 % intervals of nine factors that hold the truth, 200 patients", part(&count.factors)),
        Obtained::new("the least of the nine", worst),
        Obtained::new("90 % intervals of values that were not read (wedge pressure, full ventricle)", part(&count.unread)),
        Obtained::new("mean shrinkage of resistance", count.information[0] / n),
        Obtained::new("mean shrinkage of compliance", count.information[1] / n),
        Obtained::new("searches that were stopped", f64::from(count.stopped) / n),
    ];
    let each = FACTORS.iter().zip(count.factors);
    out.extend(each.map(|(factor, held)| Obtained::new(format!("{}: intervals that hold", factor.name), f64::from(held) / n)));
    Ok(out)
}
