//! Adaptive stress testing: the most likely way to fail.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::{Falsifier, Objective, SearchBox, SearchError, falsify};

/// A simulation that can be disturbed.
///
/// Grey box: the search sets the disturbances of each step, in units in which the mode is 0 and the law standard normal where it can be.
/// Black box: the simulation draws its own from a stream that the search chooses.
pub trait Simulation {
    /// Disturbances per step; 0 for a black box.
    fn disturbance_count(&self) -> usize;
    /// Most steps of an episode.
    fn step_count_max(&self) -> u32;
    /// Back to the start.
    fn reset(&mut self);
    /// One step under given disturbances. Returns their log-probability *relative to the mode* (0 for the mode, −½|u|² for a normal law).
    fn step(&mut self, disturbance: &[f64]) -> f64;
    /// One step under disturbances drawn from `stream`; returns the same.
    fn step_seeded(&mut self, stream: &mut Stream) -> f64;
    /// Whether the episode is over.
    fn is_terminal(&self) -> bool;
    /// Whether the event that is looked for has happened.
    fn is_event(&self) -> bool;
    /// How far the event is: 0 when it has happened. A robustness will do.
    fn distance(&self) -> f64;
}

/// Settings of a stress search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StressSettings {
    /// Episodes that may be run.
    pub episodes: u64,
    /// Penalty of an episode without event, in units of log-probability; see [`event_bonus`].
    pub bonus: f64,
    /// Log-probability that a unit of distance is worth.
    pub distance_weight: f64,
    /// Greatest size of a disturbance.
    pub disturbance_max: f64,
    /// Failures that are kept, the most likely first.
    pub kept: u32,
}

/// Bonus of an event, 12.5 per step: no path within five deviations at every step is then worth less than none.
///
/// # Source
/// Rule of thumb of AdaStress.jl (NASA 2022): ½ · 5² per step.
#[must_use]
pub fn event_bonus(step_count: u32) -> f64 {
    12.5 * f64::from(step_count)
}

/// What happened in one episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Disturbances of each step taken, shape [step count][disturbance count]; empty for seeded steps.
    pub disturbances: Vec<Vec<f64>>,
    /// Seeds of the steps, for a black box.
    pub seeds: Vec<u32>,
    /// Log-probability relative to the mode.
    pub log_probability: f64,
    /// Whether the event happened.
    pub event: bool,
    /// Least distance met.
    pub distance_min: f64,
}

/// A failure and when it was met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The episode.
    pub episode: Episode,
    /// Which episode of the search, from 1.
    pub episode_number: u64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StressReport {
    /// Failures kept, the most likely first.
    pub failures: Vec<Failure>,
    /// Episode of the first failure: the price of any failure.
    pub first_at: Option<u64>,
    /// Failures met, kept or not.
    pub failure_count: u64,
    /// Episodes run.
    pub episodes: u64,
    /// Steps run.
    pub steps: u64,
}

/// Runs and remembers.
pub(super) struct Recorder<'a> {
    pub simulation: &'a mut dyn Simulation,
    pub settings: StressSettings,
    pub report: StressReport,
}

impl<'a> Recorder<'a> {
    pub fn new(simulation: &'a mut dyn Simulation, settings: StressSettings) -> Result<Self, SearchError> {
        in_range("episodes", settings.episodes as f64, 1.0, 1e15)?;
        in_range("bonus", settings.bonus, 0.0, 1e12)?;
        in_range("weight of the distance", settings.distance_weight, 0.0, 1e12)?;
        in_range("greatest disturbance", settings.disturbance_max, 1e-6, 100.0)?;
        in_range("failures kept", f64::from(settings.kept), 1.0, 1e6)?;
        in_range("steps of an episode", f64::from(simulation.step_count_max()), 1.0, 1e6)?;
        in_range("disturbances of an episode", simulation.disturbance_count() as f64 * f64::from(simulation.step_count_max()), 0.0, 1e4)?;
        let report = StressReport { failures: Vec::new(), first_at: None, failure_count: 0, episodes: 0, steps: 0 };
        Ok(Self { simulation, settings, report })
    }

    /// Run one episode: `disturb` gives what the step needs.
    pub fn run(&mut self, mut act: impl FnMut(u32, &mut dyn Simulation, &mut Episode) -> f64) -> Result<Episode, SearchError> {
        self.report.episodes += 1;
        self.simulation.reset();
        let mut episode =
            Episode { disturbances: Vec::new(), seeds: Vec::new(), log_probability: 0.0, event: false, distance_min: f64::INFINITY };
        for step in 0..self.simulation.step_count_max() {
            episode.log_probability += act(step, self.simulation, &mut episode);
            self.report.steps += 1;
            let distance = self.simulation.distance();
            if distance.is_nan() || episode.log_probability.is_nan() {
                return Err(SearchError::NotANumber { evaluation: self.report.episodes });
            }
            episode.distance_min = episode.distance_min.min(distance);
            if self.simulation.is_event() {
                episode.event = true;
                self.keep(&episode);
                break;
            }
            if self.simulation.is_terminal() {
                break;
            }
        }
        Ok(episode)
    }

    fn keep(&mut self, episode: &Episode) {
        self.report.failure_count += 1;
        self.report.first_at.get_or_insert(self.report.episodes);
        let likely = |f: &Failure| f.episode.log_probability >= episode.log_probability;
        let place = self.report.failures.partition_point(likely);
        if place < self.settings.kept as usize {
            self.report.failures.insert(place, Failure { episode: episode.clone(), episode_number: self.report.episodes });
            self.report.failures.truncate(self.settings.kept as usize);
        }
    }

    /// What is minimised: −log-probability of a failure; the bonus and the distance on top without one.
    pub fn cost(&self, episode: &Episode) -> f64 {
        let missed = self.settings.bonus + self.settings.distance_weight * episode.distance_min.min(1e12);
        -episode.log_probability + if episode.event { 0.0 } else { missed }
    }
}

/// Plain draws from the laws of the disturbances: the yardstick.
///
/// # Errors
/// [`SearchError::OutOfRange`] for settings, [`SearchError::NotANumber`].
pub fn stress_random(simulation: &mut dyn Simulation, settings: StressSettings, stream: &Stream) -> Result<StressReport, SearchError> {
    let mut recorder = Recorder::new(simulation, settings)?;
    for number in 0..settings.episodes {
        let own = stream.child(number as u32).child((number >> 32) as u32);
        recorder.run(|step, simulation, episode| seeded(step, simulation, episode, &own))?;
    }
    Ok(recorder.report)
}

/// A seeded step; the seed is remembered for the replay.
pub(super) fn seeded(step: u32, simulation: &mut dyn Simulation, episode: &mut Episode, own: &Stream) -> f64 {
    let seed = own.child(step).next_u32();
    episode.seeds.push(seed);
    simulation.step_seeded(&mut seed_stream(seed))
}

/// The stream that a seed of a step stands for.
pub(super) fn seed_stream(seed: u32) -> Stream {
    Stream::new(u64::from(seed), 0, "stress.step")
}

/// Search the disturbances of all steps with a solver, for a grey box.
///
/// # Errors
/// [`SearchError::OutOfRange`] for settings and for a black box, [`SearchError::NotANumber`].
pub fn stress_optimise(
    simulation: &mut dyn Simulation,
    settings: StressSettings,
    solver: Falsifier,
    stream: &mut Stream,
) -> Result<StressReport, SearchError> {
    let width = simulation.disturbance_count();
    in_range("disturbances per step", width as f64, 1.0, 1e4)?;
    let mut recorder = Recorder::new(simulation, settings)?;
    let count = width * recorder.simulation.step_count_max() as usize;
    let range = SearchBox::new(&vec![(-settings.disturbance_max, settings.disturbance_max); count])?;
    let mut fault = None;
    let mut objective = |u: &[f64]| {
        let run = recorder.run(|step, simulation, episode| {
            let part = u[step as usize * width..(step as usize + 1) * width].to_vec();
            let log_probability = simulation.step(&part);
            episode.disturbances.push(part);
            log_probability
        });
        match run {
            Ok(episode) => {
                // Steps behind the event cost what a normal law would ask: else they drift, and a longer, likelier path is never near.
                let unused = &u[episode.disturbances.len() * width..];
                recorder.cost(&episode) + 0.5 * unused.iter().map(|u| u * u).sum::<f64>()
            }
            Err(error) => {
                fault = Some(error);
                f64::NAN
            }
        }
    };
    let found = falsify(Objective::new(&range, f64::NEG_INFINITY, settings.episodes, &mut objective)?, solver, stream);
    match (fault, found) {
        (Some(error), _) | (None, Err(error)) => Err(error),
        (None, Ok(_)) => Ok(recorder.report),
    }
}

/// Run an episode again, from its disturbances or seeds. The same simulation gives the same episode, to the bit.
pub fn replay(simulation: &mut dyn Simulation, episode: &Episode) -> Episode {
    simulation.reset();
    let mut again = Episode { log_probability: 0.0, event: false, distance_min: f64::INFINITY, ..episode.clone() };
    for step in 0..episode.disturbances.len().max(episode.seeds.len()) {
        again.log_probability += match episode.disturbances.get(step) {
            Some(disturbance) => simulation.step(disturbance),
            None => simulation.step_seeded(&mut seed_stream(episode.seeds[step])),
        };
        again.distance_min = again.distance_min.min(simulation.distance());
        again.event = simulation.is_event();
        if again.event || simulation.is_terminal() {
            break;
        }
    }
    again
}
