//! Training of the near-infrared network from nothing but the twin.

use proband_core::{Digest, Stream};
use proband_net::{Epoch, Example, Network, NetworkFile, NetworkSpec, TrainSpec, train};
use proband_procedure::perception::{Calibration, NETWORK_INPUTS, NetworkInput, NirNetwork, calibration_error};
use proband_twin::Population;
use rayon::prelude::*;

use crate::SeeingError;
use crate::nir_picture::{MadePicture, Split, View, made_picture};
use crate::nir_score::{NirRule, best_rule, line_cases, score_filter, score_network, truth_on};

/// What to train on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NirTraining {
    /// Seed of patients, pictures, first weights and order.
    pub seed: u64,
    /// Patients to learn from, one picture each.
    pub patients: u32,
    /// Patients to stop and calibrate by.
    pub validation: u32,
    /// Patients to be judged by.
    pub test: u32,
    /// Rounds.
    pub epochs: u32,
    /// Channels of the network.
    pub channels: [u32; 3],
}

impl NirTraining {
    /// What the network in the program was made with.
    #[must_use]
    pub fn standard() -> Self {
        Self { seed: 8, patients: 480, validation: 96, test: 96, epochs: 14, channels: [8, 16, 24] }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SeeingError::OutOfRange`] that names the field.
    pub fn check(&self) -> Result<(), SeeingError> {
        for (name, value, min, max) in [
            ("patients", self.patients, 1, 100_000),
            ("validation", self.validation, 2, 100_000),
            ("test", self.test, 2, 100_000),
            ("epochs", self.epochs, 1, 1_000),
        ] {
            if !(min..=max).contains(&value) {
                return Err(SeeingError::OutOfRange { name, value: f64::from(value), min: f64::from(min), max: f64::from(max) });
            }
        }
        Ok(())
    }
}

/// What a training gave.
#[derive(Clone, Debug)]
pub struct Round {
    /// The network with its notes.
    pub file: NetworkFile,
    /// Loss by epoch.
    pub curve: Vec<Epoch>,
    /// Digest of all examples that were learnt from.
    pub data_digest: String,
    /// Threshold of the network, set on the validation patients.
    pub threshold: f64,
    /// Rule of the filter detector, set on the validation patients.
    pub rule: NirRule,
    /// Overlap on the test patients: network, filter detector [1].
    pub dice: [f64; 2],
    /// Calibration error of places and of lines on the test patients [1].
    pub calibration_error: [f64; 2],
}

/// What is under way: a word, and how much of how much is done.
pub type Told<'a> = &'a mut dyn FnMut(&str, u32, u32, Option<&Epoch>) -> bool;

/// Thresholds tried for the network.
pub(crate) const THRESHOLDS: [f64; 9] = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];

/// Pictures of a set, in order.
///
/// # Errors
/// [`SeeingError::Patient`] for an adult that cannot be drawn, [`SeeingError::Stopped`] when `told` says so.
pub fn nir_pictures(seed: u64, split: Split, count: u32, view: View, told: Told<'_>) -> Result<Vec<MadePicture>, SeeingError> {
    let population = Population::adult();
    let mut out = Vec::with_capacity(count as usize);
    // In pieces, so that somebody can watch and stop it.
    for first in (0..count).step_by(16) {
        let part: Result<Vec<MadePicture>, SeeingError> =
            (first..(first + 16).min(count)).into_par_iter().map(|number| made_picture(&population, seed, split, number, view)).collect();
        out.extend(part?);
        if !told("pictures", out.len() as u32, count, None) {
            return Err(SeeingError::Stopped);
        }
    }
    Ok(out)
}

fn example(picture: &MadePicture) -> Option<Example> {
    let input = NetworkInput::of_frame(&picture.frame)?;
    let truth = truth_on(&input, picture).into_iter().map(|t| t.map_or((0.0, 0.0), |t| (f32::from(u8::from(t)), 1.0))).collect();
    Some(Example { input: input.maps, truth })
}

/// The example, mirrored across either axis: a vein may run anywhere.
fn mirrored(example: &Example, x: bool, y: bool) -> Option<Example> {
    let (height, width) = (example.input.height(), example.input.width());
    let place = |i: usize, side: usize, turned: bool| if turned { side - 1 - i } else { i };
    let mut input = proband_net::Maps::new(example.input.channels(), height, width).ok()?;
    for channel in 0..example.input.channels() {
        for row in 0..height {
            let from = example.input.row(channel, place(row, height, y));
            for (column, to) in input.row_mut(channel, row).iter_mut().enumerate() {
                *to = from[place(column, width, x)];
            }
        }
    }
    let truth = (0..height * width).map(|i| example.truth[place(i / width, height, y) * width + place(i % width, width, x)]).collect();
    Some(Example { input, truth })
}

/// Digest of examples, numbers as they are.
fn digest(examples: &[Example]) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    for example in examples {
        for (channel, y) in (0..example.input.channels()).flat_map(|c| (0..example.input.height()).map(move |y| (c, y))) {
            bytes.extend(example.input.row(channel, y).iter().flat_map(|v| v.to_le_bytes()));
        }
        bytes.extend(example.truth.iter().map(|t| (t.0 + 2.0 * t.1) as u8));
    }
    Digest::of_bytes(&bytes).hash
}

/// Make pictures, train, set thresholds and calibrate on the validation patients, judge on the test patients.
///
/// # Errors
/// [`SeeingError`] for bad settings, patients that cannot be drawn, or when `told` says stop.
pub fn train_nir(spec: &NirTraining, command: &str, version: &str, told: Told<'_>) -> Result<Round, SeeingError> {
    spec.check()?;
    let learnt = nir_pictures(spec.seed, Split::Train, spec.patients, View::Varied, told)?;
    let mut flips = Stream::new(spec.seed, 0, "seeing.flips");
    let examples: Vec<Example> =
        learnt.iter().filter_map(example).filter_map(|e| mirrored(&e, flips.bernoulli(0.5), flips.bernoulli(0.5))).collect();
    drop(learnt);
    let data_digest = digest(&examples);
    let validation = nir_pictures(spec.seed, Split::Validation, spec.validation, View::Varied, told)?;
    let held: Vec<Example> = validation.iter().filter_map(example).collect();
    let net = NetworkSpec { inputs: NETWORK_INPUTS, channels: spec.channels };
    let mut network = Network::start(net, &mut Stream::new(spec.seed, 0, "seeing.weights"))?;
    let settings = TrainSpec { epochs: spec.epochs, batch: 4, rate: 3e-3 };
    let mut stopped = false;
    let curve = train(&mut network, &examples, &held, &settings, &mut Stream::new(spec.seed, 0, "seeing.order"), |epoch| {
        let go_on = told("training", epoch.epoch + 1, spec.epochs, Some(epoch));
        stopped |= !go_on;
        go_on
    })?;
    if stopped {
        return Err(SeeingError::Stopped);
    }
    drop((examples, held));
    finish(spec, network, curve, data_digest, &validation, [command, version], told)
}

/// Set thresholds and calibration of weights that were trained already, and judge them, as [`train_nir`] does after its rounds.
///
/// # Errors
/// As [`train_nir`]; [`SeeingError::Net`] for a file that does not say what data made it.
pub fn judge_nir(spec: &NirTraining, file: NetworkFile, command: &str, version: &str, told: Told<'_>) -> Result<Round, SeeingError> {
    spec.check()?;
    let data = file.note("data").and_then(|d| d.strip_prefix("blake3 ")).map(str::to_owned);
    let data = data.ok_or_else(|| proband_net::NetError::BadFile { what: "note data is missing".into() })?;
    let validation = nir_pictures(spec.seed, Split::Validation, spec.validation, View::Varied, told)?;
    finish(spec, file.network, Vec::new(), data, &validation, [command, version], told)
}

/// Thresholds, calibration, score, notes.
fn finish(
    spec: &NirTraining,
    network: Network,
    curve: Vec<Epoch>,
    data_digest: String,
    validation: &[MadePicture],
    [command, version]: [&str; 2],
    told: Told<'_>,
) -> Result<Round, SeeingError> {
    let temperature = temperature(&score_network(validation, &network, 1.0, &[]).1);
    let (scores, _) = score_network(validation, &network, temperature, &THRESHOLDS);
    let best = scores.iter().enumerate().max_by(|a, b| a.1.dice().total_cmp(&b.1.dice())).map_or(0, |(i, _)| i);
    let (threshold, rule) = (THRESHOLDS[best], best_rule(validation));
    let note = |name: &str, text: String| (name.to_owned(), text);
    let mut notes = vec![note("temperature", format!("{temperature:.3}")), note("lines", "0:0 1:1".into())];
    let file = NetworkFile { network, notes: notes.clone() };
    let raw = line_cases(validation, Some(&NirNetwork::new(file.clone())?));
    if let Some(fit) = Calibration::fit(&raw, 12) {
        notes[1].1 = fit.to_text();
    }
    let network = file.network;
    let test = nir_pictures(spec.seed, Split::Test, spec.test, View::Varied, told)?;
    let (net_scores, places) = score_network(&test, &network, temperature, &[threshold]);
    let filter = score_filter(&test, &[rule]);
    let dice = [net_scores[0].dice(), filter[0].dice()];
    let file = NetworkFile { network, notes: notes.clone() };
    let lines = line_cases(&test, Some(&NirNetwork::new(file.clone())?));
    let calibration_error = [calibration_error(&places), calibration_error(&lines)];
    notes.extend([
        note("threshold", format!("{threshold}")),
        note("filter_rule", format!("{} {}", rule.confidence_min, rule.width_factor)),
        note("command", command.into()),
        note("version", version.into()),
        note("seed", spec.seed.to_string()),
        note("patients", format!("{} to learn, {} to set, {} to judge", spec.patients, spec.validation, spec.test)),
        note("data", format!("blake3 {data_digest}")),
        note("score", format!("Dice {:.4} on patients held out, filter detector {:.4}", dice[0], dice[1])),
        note("calibration", format!("error {:.4} of places, {:.4} of lines", calibration_error[0], calibration_error[1])),
    ]);
    let mut file = NetworkFile { network: file.network, notes };
    let weights = file.weights_digest();
    file.notes.push(note("weights", format!("blake3 {weights}")));
    Ok(Round { file, curve, data_digest, threshold, rule, dice, calibration_error })
}

/// Divisor of the logits that makes these probabilities likeliest (Guo et al. 2017, ICML), found by golden section to 0.1 %.
fn temperature(cases: &[(f64, bool)]) -> f64 {
    use proband_core::ops;
    let logits: Vec<(f64, bool)> = cases
        .iter()
        .step_by(7)
        .map(|(p, t)| {
            let p = p.clamp(1e-7, 1.0 - 1e-7);
            (ops::ln(p / (1.0 - p)), *t)
        })
        .collect();
    let loss = |temperature: f64| {
        logits.iter().map(|(l, t)| ops::ln_1p(ops::exp(if *t { -l / temperature } else { l / temperature }))).sum::<f64>()
    };
    let (mut low, mut high) = (0.3, 3.0);
    let golden = 0.618_033_988_749_894_9;
    while high - low > 1e-3 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if loss(a) < loss(b) { high = b } else { low = a }
    }
    (0.5e3 * (low + high)).round() / 1e3
}
