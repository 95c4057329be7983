//! One case run to its end.

use proband_core::Digest;
use proband_procedure::{Note, Venipuncture};
use proband_scene::{NoStopwatch, Outcome, Scene};
use serde::{Deserialize, Serialize};

use super::{Problem, signals};
use crate::contain::contained;
use crate::{RehearsalSpec, RunError};

/// Outcomes of a run that sensitivity may be asked about, with their units.
pub const ENDPOINTS: &[(&str, &str)] = &[
    ("first_stick_success", "1"),
    ("blood_drawn", "1"),
    ("handed_over", "1"),
    ("attempts", "1"),
    ("force_peak", "N"),
    ("haematoma", "m3"),
    ("tube_volume", "m3"),
    ("time_total", "s"),
    ("insertion", "m"),
    ("tip_error_in_plane", "m"),
];

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Robustness of each requirement; empty when the case could not be run.
    pub margins: Vec<f64>,
    /// [`ENDPOINTS`] in order; empty when the case could not be run.
    pub endpoints: Vec<f64>,
    /// Why the case could not be run, or empty.
    pub crashed: String,
}

impl Evaluation {
    fn crashed(cause: String) -> Self {
        Self { margins: Vec::new(), endpoints: Vec::new(), crashed: if cause.is_empty() { "unknown".into() } else { cause } }
    }

    /// Whether it was run to its end.
    #[must_use]
    pub fn ran(&self) -> bool {
        self.crashed.is_empty()
    }
}

/// Run the case at given coordinates. What goes wrong inside becomes the evaluation's cause; nothing is dropped.
#[must_use]
pub fn evaluate(problem: &Problem, u: &[f64]) -> Evaluation {
    let run = || {
        let spec = problem.rehearsal(&problem.space.values(u))?;
        let mut seen = Seen::new(problem);
        let scene = run_through(&spec, |tick, scene| seen.see(&signals::sample(tick, scene)))?;
        let outcome = scene.outcome();
        if let Some((tick, cause)) = &outcome.quarantined {
            return Ok(Evaluation::crashed(format!("quarantined at tick {tick}: {cause}")));
        }
        let judged: Result<Vec<f64>, _> = problem.requirements.iter().map(|r| r.judge(|place| seen.of(place)).map(|v| v.margin)).collect();
        Ok(match judged {
            Ok(margins) => Evaluation { margins, endpoints: endpoints(&outcome), crashed: String::new() },
            Err(error) => Evaluation::crashed(error.to_string()),
        })
    };
    contained(&problem.base.twin.person.pseudonym, run).unwrap_or_else(Evaluation::crashed)
}

/// A run looked at closely.
#[derive(Clone, Debug)]
pub struct Traced {
    /// What it came to.
    pub outcome: Outcome,
    /// Digest of the final state: equal digests, equal runs.
    pub digest: Digest,
    /// Signals by their place in [`super::SIGNALS`], shape [signal][tick].
    pub signals: Vec<Vec<f64>>,
    /// Phase at each tick, as its index.
    pub phases: Vec<u32>,
    /// Robustness of each requirement.
    pub margins: Vec<f64>,
    /// Tick at which each requirement is kept the least.
    pub worst_ticks: Vec<usize>,
    /// Margin of each requirement at each tick.
    pub courses: Vec<Vec<f64>>,
    /// What happened and what was said: time [s], short name, words.
    pub events: Vec<(f64, String, String)>,
}

/// Run a case again and keep everything that explains it.
///
/// # Errors
/// [`RunError`] when it cannot be run.
pub fn trace(problem: &Problem, spec: &RehearsalSpec) -> Result<Traced, RunError> {
    let mut columns = vec![Vec::new(); signals::COUNT];
    let (mut phases, mut events) = (Vec::new(), Vec::new());
    let scene = run_through(spec, |tick, scene| {
        for (column, value) in columns.iter_mut().zip(signals::sample(tick, scene)) {
            column.push(value);
        }
        phases.push(tick.phase.index());
        let log = scene.log();
        events.extend(log.events.iter().map(|e| (e.time_s, e.kind.clone(), e.text.clone())));
        for note in &log.notes {
            match note {
                Note::Phase { time_s, phase, reason, .. } => events.push((*time_s, format!("phase:{}", phase.name()), reason.clone())),
                Note::Guard { time_s, guard, value, unit } => {
                    events.push((*time_s, format!("guard:{}", guard.name()), format!("{value:.3} {unit}")));
                }
                Note::Event { time_s, kind, text, .. } => events.push((*time_s, kind.clone(), text.clone())),
                _ => {}
            }
        }
    })?;
    let bad = |error: proband_math::logic::LogicError| RunError::Trial { what: error.to_string() };
    let (mut margins, mut worst_ticks, mut courses) = (Vec::new(), Vec::new(), Vec::new());
    for requirement in &problem.requirements {
        let verdict = requirement.judge(|place| columns[place].as_slice()).map_err(bad)?;
        let course = requirement.course(|place| columns[place].as_slice()).map_err(bad)?;
        margins.push(verdict.margin);
        // Of what must always hold, the first moment counts: a needle that rests where it should not went there before.
        let first = course.iter().position(|m| *m == verdict.margin);
        worst_ticks.push(if requirement.is_always() { first.unwrap_or(verdict.worst_tick) } else { verdict.worst_tick });
        courses.push(course);
    }
    let digest = Digest::of_bytes(&scene.save()?);
    Ok(Traced { outcome: scene.outcome(), digest, signals: columns, phases, margins, worst_ticks, courses, events })
}

fn run_through(spec: &RehearsalSpec, mut see: impl FnMut(&proband_scene::TickSignals, &Scene)) -> Result<Scene, RunError> {
    let mut scene = spec.scene(spec.truth()?, Box::new(Venipuncture::new(spec.controller()?)))?;
    while !scene.finished() {
        let tick = scene.step(&mut NoStopwatch);
        see(&tick, &scene);
    }
    Ok(scene)
}

/// Samples of the signals that rules speak of.
struct Seen {
    places: Vec<usize>,
    columns: Vec<Vec<f64>>,
}

impl Seen {
    fn new(problem: &Problem) -> Self {
        let places = problem.places();
        Self { columns: vec![Vec::new(); places.len()], places }
    }

    fn see(&mut self, all: &[f64; signals::COUNT]) {
        for (column, place) in self.columns.iter_mut().zip(&self.places) {
            column.push(all[*place]);
        }
    }

    fn of(&self, place: usize) -> &[f64] {
        self.places.iter().position(|p| *p == place).map_or(&[], |own| self.columns[own].as_slice())
    }
}

fn endpoints(outcome: &Outcome) -> Vec<f64> {
    let flag = |yes: bool| f64::from(u8::from(yes));
    vec![
        flag(outcome.first_stick_success),
        flag(outcome.success),
        flag(outcome.handed_over),
        f64::from(outcome.attempts),
        outcome.force_peak_n,
        outcome.haematoma_m3,
        outcome.volume_drawn_m3,
        outcome.time_total_s,
        outcome.insertion_m,
        outcome.tip_error_in_plane_m,
    ]
}
