//! The people of a group, each drawn from once.

use proband_anatomy::Arm;
use proband_core::Stream;
use proband_procedure::{Controller, Venipuncture};
use proband_robot::{ArmModel, builtin_arm};
use proband_run::RehearsalSpec;
use proband_run::trial::{Covariates, Criterion, Hand, HandSpec, Palpated, PalpationSpec, palpate};
use proband_scene::{NoStopwatch, Outcome};
use proband_twin::{Pack, Population, Truth, built_in_pack, twin_with};
use rayon::prelude::*;

use super::file::{Group, Part, Policy};
use super::viewer;

/// Top of a vein deeper than this does not show to the eye [m]; prior: unverified, fixed before the first run.
const NOT_VISIBLE_DEEPER_M: f64 = 4e-3;
/// Error across the arm of a line that a viewer projects [m]; prior: unverified, fixed before the first run.
const VIEWER_SD_M: f64 = 0.5e-3;
/// Longest draw [s].
const DURATION_MAX_S: f64 = 400.0;
/// People asked per person enrolled, at most.
const ASKED_PER_ENROLLED_MAX: u32 = 200;

/// One person and what came of him.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// Veins were hard to reach before.
    difficult: bool,
    /// Some superficial vein has its top within the limit.
    visible: bool,
    /// The finger feels something.
    felt: bool,
    /// The viewer shows the vein of the best place; false where no picture was taken.
    pub(crate) seen: bool,
    /// What came of it; `None` for a picture.
    pub(crate) outcome: Option<Outcome>,
}

impl Drawn {
    /// Whether the person belongs to a part.
    pub(crate) fn is_in(&self, part: Part) -> bool {
        match part {
            Part::All => true,
            Part::NotDifficult => !self.difficult,
            Part::NotVisible => !self.visible,
            Part::NotPalpable => !self.felt,
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Draw from the people of a group.
///
/// # Errors
/// The first person that cannot be simulated: nobody is left out in silence.
pub(crate) fn people(group: &Group, seed: u64) -> Result<Vec<Drawn>, String> {
    let mut population = Population::built_in(&group.population).ok_or_else(|| format!("no population \"{}\"", group.population))?;
    if let Some(melanin) = &group.melanin_fraction {
        population.melanin_fraction = melanin.clone();
    }
    let pack = group.condition.as_deref().map(built_in_pack).transpose().map_err(text)?;
    let packs: Vec<&Pack> = pack.iter().collect();
    let include = group.include.iter().map(|t| Criterion::parse(t)).collect::<Result<Vec<_>, _>>()?;
    let mut numbers = Vec::new();
    for number in 0..group.count * ASKED_PER_ENROLLED_MAX {
        if numbers.len() == group.count as usize {
            break;
        }
        let covariates = Covariates::of(&population.person(seed, number));
        if include.iter().all(|c| c.holds(&covariates)) {
            numbers.push(number);
        }
    }
    if numbers.len() < group.count as usize {
        return Err(format!("{}: too few people satisfy the criteria", group.name));
    }
    let arm = builtin_arm().map_err(text)?;
    numbers.par_iter().map(|number| one(group, &population, &packs, &arm, seed, *number)).collect()
}

fn one(group: &Group, population: &Population, packs: &[&Pack], robot: &ArmModel, seed: u64, number: u32) -> Result<Drawn, String> {
    let twin =
        twin_with(population.person(seed, number), packs, &Stream::new(seed, number, "population.condition.person")).map_err(text)?;
    let truth = Truth::draw(&twin, &mut Stream::new(seed, number, "population.truth")).map_err(text)?;
    let arm = Arm::new(&truth.arm).map_err(text)?;
    let tops = truth.arm.veins.iter().map(|v| v.depth_m).fold(f64::INFINITY, f64::min);
    let places = touch(&PalpationSpec::outpatient(), &arm, seed, number);
    let felt = places.first().is_some_and(|p| p.felt);
    let looks = matches!(group.policy, Policy::HandWithViewer | Policy::Picture);
    let seen = match places.first() {
        Some(place) if looks => viewer::shows(&arm, &truth, place, seed, number)?,
        _ => false,
    };
    let difficult = twin.person.conditions.difficult_access_before;
    let mut drawn = Drawn { difficult, visible: tops <= NOT_VISIBLE_DEEPER_M, felt, seen, outcome: None };
    if group.policy == Policy::Picture {
        return Ok(drawn);
    }
    let spec = RehearsalSpec { patient: number, duration_max_s: DURATION_MAX_S, ..RehearsalSpec::new(twin, robot.clone(), seed) };
    let hand = |places: Vec<Palpated>| -> Box<dyn Controller> { Box::new(Hand::new(HandSpec::outpatient(), places)) };
    let controller: Box<dyn Controller> = match group.policy {
        Policy::Robot => Box::new(Venipuncture::new(spec.controller().map_err(text)?)),
        Policy::HandWithViewer if seen && !felt => {
            let shown = PalpationSpec { landmark_sd_m: VIEWER_SD_M, ..PalpationSpec::outpatient() };
            hand(touch(&shown, &arm, seed, number))
        }
        _ => hand(places),
    };
    let mut scene = spec.scene(truth, controller).map_err(text)?;
    while !scene.finished() {
        scene.step(&mut NoStopwatch);
    }
    let outcome = scene.outcome();
    if let Some((tick, cause)) = &outcome.quarantined {
        return Err(format!("person {number}: quarantined at tick {tick}: {cause}"));
    }
    drawn.outcome = Some(outcome);
    Ok(drawn)
}

/// What a finger finds: the same errors whatever the specification, so that arms differ by it alone.
fn touch(spec: &PalpationSpec, arm: &Arm, seed: u64, number: u32) -> Vec<Palpated> {
    palpate(spec, arm, &mut Stream::new(seed, number, "trial.palpation"))
}
