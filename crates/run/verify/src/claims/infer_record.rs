//! Claims about calibration to a record: a real one, and made ones under a drug.

use proband_core::{Stream, ops};
use proband_physiology::whole::{Acts, Physique, Resting, RestingProbe, Vitals, WholePatient};
use proband_twin::{Drift, Reading, RunningDose, WholeBelief, acts_under, calibrate, variant};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("infer-mixedsignals", mixed_signals), claim!("infer-doses", doses)];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Windows of ten seconds of the record: begin, rate, systolic, diastolic, mean pressure.
const WINDOWS: &str = include_str!("../../../../../verify/infer-mixedsignals/windows.csv");
const WINDOW_S: f64 = 10.0;
/// Two thirds of 230.5 s.
const SPLIT_S: f64 = 153.667;
/// In the order of the columns: names, and words.
const READ: [(&str, &str); 4] = [
    ("heart_rate_per_min", "heart rate"),
    ("systolic_mmhg", "systolic pressure"),
    ("diastolic_mmhg", "diastolic pressure"),
    ("mean_mmhg", "mean pressure"),
];

fn windows() -> Result<Vec<[f64; 5]>, String> {
    let row = |line: &str| {
        let numbers: Vec<f64> = line.split(',').map(|x| x.parse().map_err(text)).collect::<Result<_, _>>()?;
        <[f64; 5]>::try_from(numbers).map_err(|n| format!("{} columns in \"{line}\"", n.len()))
    };
    WINDOWS.lines().skip(1).map(row).collect()
}

fn mixed_signals() -> Result<Vec<Obtained>, String> {
    let all = windows()?;
    let first: Vec<&[f64; 5]> = all.iter().filter(|w| w[0] + WINDOW_S <= SPLIT_S).collect();
    let last: Vec<&[f64; 5]> = all.iter().filter(|w| w[0] >= SPLIT_S).collect();
    let mean = |part: &[&[f64; 5]], i: usize| part.iter().map(|w| w[i + 1]).sum::<f64>() / part.len() as f64;
    let spread = |part: &[&[f64; 5]], i: usize| {
        let middle = mean(part, i);
        (part.iter().map(|w| (w[i + 1] - middle) * (w[i + 1] - middle)).sum::<f64>() / (part.len() - 1) as f64).sqrt()
    };
    let usual = |part: &[&[f64; 5]], i: usize| Reading::usual(READ[i].0, mean(part, i), "mixedsignals").map_err(text);
    let readings: Vec<Reading> = (0..4).map(|i| usual(&first, i)).collect::<Result<_, _>>()?;
    // The record does not say who he is: the reference man's size and age.
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).map_err(text)?;
    let found = calibrate(&probe, &WholeBelief::prior(), &readings, &mut Stream::new(1, 0, "infer.mixedsignals")).map_err(text)?;
    let mut out = Vec::new();
    let mut held = 0.0;
    for (i, (name, words)) in READ.iter().enumerate() {
        let came = usual(&last, i)?;
        let drift = Drift { spread: spread(&first, i), learnt_s: first.len() as f64 * WINDOW_S, later_s: last.len() as f64 * WINDOW_S };
        let later = found.later(name, came.sd, &drift).ok_or("the name is not shown")?;
        out.push(Obtained::new(format!("{words} shown, first two thirds, relative error"), later.median / mean(&first, i) - 1.0));
        out.push(Obtained::new(format!("{words} predicted, last third, relative error"), later.median / came.value - 1.0));
        held += f64::from(u8::from(later.holds(came.value)));
    }
    out.push(Obtained::new("values of the last third within their bands of 90 %, of 4", held));
    Ok(out)
}

/// The middle dose of Ensinger 1992.
const DOSE_UG_KG_MIN: f64 = 0.10;
const RUNNING_S: f64 = 1800.0;
const PATIENTS: u32 = 16;

/// Means over a minute of the monitor after a quarter of an hour under `acts`, in the order of [`Resting::NAMES`].
fn watched(patient: &WholePatient, acts: &Acts<1>) -> [f64; 12] {
    let mut state = patient.state();
    for _ in 0..15 * 60 * 20 {
        patient.tick(&mut state, acts);
    }
    let mut sums = [0.0; 12];
    for _ in 0..240 {
        (0..5).for_each(|_| patient.tick(&mut state, acts));
        let vitals = Vitals::of(&state).values();
        for (sum, name) in sums.iter_mut().zip(Resting::NAMES) {
            *sum += Vitals::NAMES.iter().position(|n| *n == name).map_or(f64::NAN, |i| vitals[i]) / 240.0;
        }
    }
    sums
}

/// ln(found/true) of resistance with the dose given and kept silent, and whether the interval held.
fn one(patient: u32) -> Result<([f64; 2], bool), String> {
    let mut stream = Stream::new(13, patient, "infer.doses");
    let physique = Physique::reference_man();
    let probe = RestingProbe::new(&physique, &Acts::rest()).map_err(text)?;
    let prior = WholeBelief::prior();
    let (truth, whole) = loop {
        let truth = prior.draw(&mut stream).map_err(text)?;
        if let Ok(whole) = probe.settle(&variant(probe.himself(), &truth).map_err(text)?) {
            break (truth, whole);
        }
    };
    let rate_kg_s = DOSE_UG_KG_MIN * 1e-9 * physique.mass_kg / 60.0;
    let acts = acts_under(&[RunningDose { name: "noradrenaline".into(), rate_kg_s, running_s: RUNNING_S }], &physique).map_err(text)?;
    let shown = watched(&whole, &acts);
    let mut readings = Vec::new();
    for (name, exact) in Resting::NAMES.iter().zip(shown).filter(|(n, _)| READ.iter().any(|r| r.0 == **n) || **n == "breath_rate_per_min") {
        let reading = Reading::usual(name, exact, "synthetic").map_err(text)?;
        readings.push(Reading { value: exact + reading.sd * stream.normal(), ..reading });
    }
    let silent = calibrate(&probe, &prior, &readings, &mut stream).map_err(text)?;
    let given = calibrate(&probe.under(&acts), &prior, &readings, &mut stream).map_err(text)?;
    let off = |c: &proband_twin::Calibration| ops::ln(c.factors[1].factor.median) - truth[1];
    Ok(([off(&given), off(&silent)], given.factors[1].factor.holds(ops::exp(truth[1]))))
}

fn doses() -> Result<Vec<Obtained>, String> {
    let (mut sums, mut held) = ([0.0; 2], 0.0);
    for patient in 0..PATIENTS {
        let (off, holds) = one(patient)?;
        sums[0] += off[0] / f64::from(PATIENTS);
        sums[1] += off[1] / f64::from(PATIENTS);
        held += f64::from(u8::from(holds)) / f64::from(PATIENTS);
    }
    let name = |how: &str| format!("resistance found over true, the dose {how}: mean of the logarithm, {PATIENTS} patients");
    Ok(vec![
        Obtained::new(name("given"), sums[0]),
        Obtained::new(name("kept silent"), sums[1]),
        Obtained::new("90 % intervals of resistance that hold the truth, the dose given", held),
    ])
}
