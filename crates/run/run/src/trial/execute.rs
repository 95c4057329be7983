//! One patient through all of his arms, and a shard of patients on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proband_core::{Digest, Stream, philox4x32};
use proband_procedure::{Note, Phase};
use proband_robot::ArmModel;
use proband_scene::{NoStopwatch, Outcome};
use proband_twin::{Truth, Twin};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::recruit::{self, Enrolled};
use super::{ArmPlan, Contradiction, Covariates, Design, Enrolment, Journal, Labels, Study, enrol};
use crate::contain::contained;
use crate::{RehearsalSpec, RunError};

/// A checked study with its robots and its enrolled people: everything that a draw needs.
#[derive(Clone, Debug)]
pub struct TrialSetup {
    /// The study.
    pub study: Study,
    /// Who was asked and who is in.
    pub enrolment: Enrolment,
    /// Robot of each arm of the study; the manual comparator's needle is carried by one too.
    pub robots: Vec<ArmModel>,
}

/// One draw of one patient in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawResult {
    /// Index of the arm.
    pub arm: u16,
    /// Visit: 0, or 0 and 1 in a crossover.
    pub period: u16,
    /// What came of it; the cause when it could not be simulated to its end.
    pub outcome: Result<Outcome, String>,
    /// What had come of it when the second attempt began; none without one.
    pub before_second: Option<Outcome>,
    /// Vein that was entered, or empty.
    pub vein: String,
    /// Last reason for a withdrawal or a hand-over, or empty.
    pub reason: String,
}

/// All draws of one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatientResult {
    /// Place in the order of enrolment.
    pub index: u32,
    /// Number of the person.
    pub person: u32,
    /// What was known.
    pub covariates: Covariates,
    /// Conditions and weight.
    pub labels: Labels,
    /// Depth and vertical diameter of the reference vein [m]: truth; NaN when the patient could not be drawn.
    pub vein_m: [f64; 2],
    /// Draws in the order of the arms, or of the visits.
    pub draws: Vec<DrawResult>,
}

impl TrialSetup {
    /// Check a study as a whole and enrol its people. `robots`: one per arm.
    ///
    /// # Errors
    /// The first [`Contradiction`].
    pub fn new(study: Study, robots: Vec<ArmModel>) -> Result<Self, Contradiction> {
        study.check()?;
        if robots.len() != study.arms.len() {
            let what = format!("{} robots for {} arms", robots.len(), study.arms.len());
            return Err(Contradiction { place: "arm".into(), what, help: String::new() });
        }
        let enrolment = enrol(&study)?;
        Ok(Self { study, enrolment, robots })
    }

    /// Digest of everything that decides the records, but for the version of the program.
    ///
    /// # Errors
    /// [`RunError::Table`] never for a study that was read from a file.
    pub fn digest(&self) -> Result<Digest, RunError> {
        let robots: Vec<_> = self.robots.iter().map(ArmModel::description).collect();
        Ok(Digest::of(&(&self.study, robots))?)
    }

    /// Arms of a patient in the order of his visits, as (arm, visit, seed of the room).
    fn visits(&self, index: u32) -> Vec<(u16, u16, u64)> {
        let arms = self.study.arms.len() as u16;
        let seed = self.study.seed;
        match self.study.design {
            Design::Paired => (0..arms).map(|arm| (arm, 0, seed)).collect(),
            Design::Parallel => vec![(self.allocation(index), 0, seed)],
            Design::Crossover => {
                let swap = Stream::new(seed, index, "trial.sequence").bernoulli(0.5);
                let order = if swap { [1, 0] } else { [0, 1] };
                order.into_iter().zip(0..).map(|(arm, visit)| (arm, visit, visit_seed(seed, visit))).collect()
            }
        }
    }

    /// Arm of a patient in a parallel design: permuted blocks of two per arm, so that arms stay of one size.
    fn allocation(&self, index: u32) -> u16 {
        let arms = self.study.arms.len() as u32;
        let size = 2 * arms;
        let mut block: Vec<u16> = (0..size).map(|i| (i % arms) as u16).collect();
        let mut stream = Stream::new(self.study.seed, index / size, "trial.allocation");
        for i in (1..size).rev() {
            block.swap(i as usize, stream.index(i + 1) as usize);
        }
        block[(index % size) as usize]
    }

    /// All draws of one enrolled patient: a function of study and index. What goes wrong is in the result.
    #[must_use]
    pub fn patient(&self, index: u32, stop: &AtomicBool) -> Option<PatientResult> {
        let Enrolled { person, covariates, labels } = self.enrolment.enrolled.get(index as usize)?.clone();
        let mut result = PatientResult { index, person, covariates, labels, vein_m: [f64::NAN; 2], draws: Vec::new() };
        let drawn = contained("", || {
            let twin = recruit::twin(&self.study.recruitment, self.study.seed, person)?;
            let anatomy = recruit::anatomy(&self.study.recruitment, person);
            let truth = Truth::draw(&twin, &mut Stream::new(self.study.seed, anatomy, "population.truth"))?;
            Ok((twin, truth))
        });
        if let Ok((_, truth)) = &drawn {
            let value = |name: &str| truth.value(name).unwrap_or(f64::NAN);
            result.vein_m = [value("vein.reference.depth_m"), value("vein.reference.diameter_v_m")];
        }
        for (arm, period, seed) in self.visits(index) {
            let mut draw =
                DrawResult { arm, period, outcome: Err(String::new()), before_second: None, vein: String::new(), reason: String::new() };
            match &drawn {
                Ok((twin, truth)) => match contained(&twin.person.pseudonym, || self.draw(arm, seed, person, twin, truth, stop)) {
                    Ok(Some(drawn)) => draw = DrawResult { arm, period, ..drawn },
                    Ok(None) => return None,
                    Err(cause) => draw.outcome = Err(cause),
                },
                Err(cause) => draw.outcome = Err(cause.clone()),
            }
            result.draws.push(draw);
        }
        Some(result)
    }

    fn spec(&self, arm: u16, seed: u64, person: u32, twin: &Twin) -> RehearsalSpec {
        let mut spec = RehearsalSpec {
            patient: person,
            duration_max_s: self.study.duration_max_s,
            member: true,
            anatomy: Some((self.study.seed, recruit::anatomy(&self.study.recruitment, person))),
            ..RehearsalSpec::new(twin.clone(), self.robots[usize::from(arm)].clone(), seed)
        };
        self.study.arms[usize::from(arm)].prepare(&mut spec);
        spec
    }

    /// A robot's draw of the trial as a rehearsal of its own, to look at it again: same patient, same room, same bits.
    ///
    /// # Errors
    /// [`RunError::Trial`] when there is no such patient, arm or visit, or the arm is not a robot's.
    pub fn rehearsal(&self, index: u32, arm: u16, visit: u16) -> Result<RehearsalSpec, RunError> {
        let trial = |what: String| RunError::Trial { what };
        let enrolled = self.enrolment.enrolled.get(index as usize).ok_or_else(|| trial(format!("no patient {index} in this trial")))?;
        let visits = self.visits(index);
        let found = visits.iter().find(|(a, v, _)| (*a, *v) == (arm, visit));
        let &(_, _, seed) = found.ok_or_else(|| trial(format!("patient {index} had no draw in arm {arm} at visit {visit}")))?;
        if matches!(self.study.arms[usize::from(arm)], ArmPlan::Manual { .. }) {
            return Err(trial("a hand's draw is computed by a controller of its own; only a robot's can be looked at again".into()));
        }
        Ok(self.spec(arm, seed, enrolled.person, &recruit::twin(&self.study.recruitment, self.study.seed, enrolled.person)?))
    }

    /// One draw. `None` when stopped on the way.
    fn draw(
        &self,
        arm: u16,
        seed: u64,
        person: u32,
        twin: &Twin,
        truth: &Truth,
        stop: &AtomicBool,
    ) -> Result<Option<DrawResult>, RunError> {
        let spec = self.spec(arm, seed, person, twin);
        let mut scene = spec.scene(truth.clone(), self.study.arms[usize::from(arm)].controller(&spec, truth)?)?;
        let (mut reason, mut before_second) = (String::new(), None);
        while !scene.finished() {
            scene.step(&mut NoStopwatch);
            for note in &scene.log().notes {
                let Note::Phase { phase, attempt, reason: why, .. } = note else { continue };
                if matches!(phase, Phase::HandOver | Phase::Withdraw) {
                    reason.clone_from(why);
                }
                if *attempt >= 2 && before_second.is_none() {
                    before_second = Some(scene.outcome());
                }
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
        }
        let outcome = scene.outcome();
        let vessel = outcome.vessel.and_then(|v| scene.anatomy().vessels().get(usize::from(v)));
        let vein = vessel.map_or("", |v| v.kind.name()).to_owned();
        let outcome = match &outcome.quarantined {
            Some((tick, cause)) => Err(format!("quarantined at tick {tick}: {cause}")),
            None if !scene.phase().is_final() => Err(format!("timed out: not over after {} s", self.study.duration_max_s)),
            None => Ok(outcome),
        };
        Ok(Some(DrawResult { arm, period: 0, outcome, before_second, vein, reason }))
    }
}

/// Seed of the room at a visit of a crossover: patient and anatomy stay, noise and motion are of the day.
fn visit_seed(seed: u64, visit: u16) -> u64 {
    let mixed = philox4x32([u32::from(visit), 0x7259, 0, 0], [seed as u32, (seed >> 32) as u32]);
    // Seeds stay below 2⁶³, as everywhere.
    (u64::from(mixed[0]) | (u64::from(mixed[1]) << 32)) >> 1
}

/// Run what the journal does not hold yet, on all cores of the current rayon pool; every finished patient is in the
/// journal before the next one is begun on that core.
///
/// `progress`: told how many of the shard are finished. `stop`: when set, nobody else is begun; those who are being
/// simulated are finished and kept.
///
/// # Errors
/// [`RunError::Interrupted`] when stopped; [`RunError::Journal`] when the journal cannot be written.
pub fn run_shard(setup: &TrialSetup, journal: Journal, progress: &(dyn Fn(u32) + Sync), stop: &AtomicBool) -> Result<(), RunError> {
    let range = journal.job().range();
    let missing: Vec<u32> = range.clone().filter(|index| !journal.holds(*index)).collect();
    let count = range.len() as u32;
    let finished = AtomicU32::new(count - missing.len() as u32);
    progress(finished.load(Ordering::Relaxed));
    let journal = Mutex::new(journal);
    let never = AtomicBool::new(false);
    missing.par_iter().try_for_each(|index| {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Some(result) = setup.patient(*index, &never) else { return Ok(()) };
        // A poisoned lock means that another core failed while writing; the journal itself is checked on reading.
        journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&result)?;
        progress(finished.fetch_add(1, Ordering::Relaxed) + 1);
        Ok::<(), RunError>(())
    })?;
    journal.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).flush()?;
    let finished = finished.into_inner();
    if finished < count { Err(RunError::Interrupted { finished, count }) } else { Ok(()) }
}
