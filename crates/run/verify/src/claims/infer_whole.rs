//! Claims about calibration of the whole patient: truth made by the model itself, and a real record.

use proband_chart::{MemoryFiles, WaveKind, WaveOptions, WaveRecord, check_waves, read_waves};
use proband_core::{PA_PER_MMHG, Stream, Warnings, ops};
use proband_physiology::body::BodySex;
use proband_physiology::whole::{Acts, Physique, Resting, RestingProbe, Vitals, WholePatient};
use proband_signal::{PulseSummary, QualityKind, breaths, pulse_summary};
use proband_twin::{FACTOR_COUNT, Interval, Reading, WholeBelief, calibrate, variant};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("infer-coverage", coverage), claim!("infer-mixedsignals", mixed_signals)];

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
    let best = count.factors.iter().map(|h| f64::from(*h) / n).fold(0.0, f64::max);
    Ok(vec![
        Obtained::new("90 % intervals of eight factors that hold the truth, 200 patients", part(&count.factors)),
        Obtained::new("the least of the eight", worst),
        Obtained::new("the most of the eight", best),
        Obtained::new("90 % intervals of values that were not read (wedge pressure, full ventricle)", part(&count.unread)),
        Obtained::new("mean shrinkage of resistance", count.information[0] / n),
        Obtained::new("mean shrinkage of compliance", count.information[1] / n),
        Obtained::new("searches that were stopped", f64::from(count.stopped) / n),
    ])
}

const FILES: [(&str, &[u8]); 4] = [
    ("mixedsignals.hea", include_bytes!("../../../../../verify/infer-mixedsignals/mixedsignals.hea")),
    ("mixedsignals_e.dat", include_bytes!("../../../../../verify/infer-mixedsignals/mixedsignals_e.dat")),
    ("mixedsignals_p.dat", include_bytes!("../../../../../verify/infer-mixedsignals/mixedsignals_p.dat")),
    ("mixedsignals_r.dat", include_bytes!("../../../../../verify/infer-mixedsignals/mixedsignals_r.dat")),
];

/// A part of a channel, summed up.
fn part(record: &WaveRecord, kind: WaveKind, quality: QualityKind, from: f64, to: f64) -> Result<PulseSummary, String> {
    let channel = record.channels.iter().find(|c| c.kind == kind).ok_or("a channel is missing")?;
    let at = |share: f64| (share * record.duration_s * channel.rate_hz) as u64;
    let samples = channel.dense(at(from), at(to));
    pulse_summary(quality, &samples, channel.rate_hz).map_err(text)?.ok_or_else(|| format!("{} cannot be used", channel.name))
}

fn mixed_signals() -> Result<Vec<Obtained>, String> {
    let files = MemoryFiles::new(FILES.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())));
    let warnings = Warnings::new();
    let mut record = read_waves(&files, "mixedsignals.hea", &WaveOptions::usual(), &warnings).map_err(text)?;
    check_waves(&mut record, "mixedsignals.hea", &warnings);
    let held_back = 2.0 / 3.0;
    let artery = |from, to| part(&record, WaveKind::ArterialPressure, QualityKind::ArterialPressure, from, to);
    let (first, last) = (artery(0.0, held_back)?, artery(held_back, 1.0)?);
    let ecg = part(&record, WaveKind::Ecg, QualityKind::Ecg, 0.0, held_back)?;
    let pulse = part(&record, WaveKind::Plethysmogram, QualityKind::Pulse, 0.0, held_back)?;
    let chest = record.channels.iter().find(|c| c.kind == WaveKind::Respiration).ok_or("no respiration")?;
    let samples = chest.dense(0, (held_back * record.duration_s * chest.rate_hz) as u64);
    let tops = breaths(&samples, chest.rate_hz).map_err(text)?;
    let (Some(begin), Some(end)) = (tops.first(), tops.last()) else { return Err("no breaths".into()) };
    let breath_rate = 60.0 * (tops.len() - 1) as f64 * chest.rate_hz / (end - begin) as f64;
    let values =
        |s: &PulseSummary, rate_hz: f64| [s.mean / PA_PER_MMHG, s.systolic / PA_PER_MMHG, s.diastolic / PA_PER_MMHG, 60.0 * rate_hz];
    let read = values(&first, ecg.rate_hz);
    let names = ["mean_mmhg", "systolic_mmhg", "diastolic_mmhg", "heart_rate_per_min"];
    let mut readings = Vec::new();
    for (name, value) in names.iter().zip(read).chain([(&"breath_rate_per_min", breath_rate)]) {
        readings.push(Reading::usual(name, value, "mixedsignals").map_err(text)?);
    }
    // Nothing is recorded of the patient: the reference man stands in.
    let probe = RestingProbe::new(&Physique::reference_man(), &Acts::rest()).map_err(text)?;
    let found = calibrate(&probe, &WholeBelief::prior(), &readings, &mut Stream::new(1, 0, "infer.mixedsignals")).map_err(text)?;
    let patient = probe.settle(&variant(probe.himself(), &found.after.mean).map_err(text)?).map_err(text)?;
    let shown = watched(&patient);
    let shows = |name: &str| Resting::NAMES.iter().position(|n| *n == name).map_or(f64::NAN, |i| shown[i]);
    let words = ["mean pressure", "systolic pressure", "diastolic pressure", "heart rate"];
    let mut rows = Vec::new();
    for (when, truth) in [("first two thirds", read), ("last third", values(&last, last.rate_hz))] {
        for ((word, name), truth) in words.iter().zip(names).zip(truth) {
            rows.push(Obtained::new(format!("{word}: shown / read in the {when}"), shows(name) / truth));
        }
    }
    rows.push(Obtained::new("heart rate by ECG / by plethysmogram", ecg.rate_hz / pulse.rate_hz));
    Ok(rows)
}
