//! A stress test's file (TOML) as a checked problem and plan. Whatever is wrong is pointed at in the file.

mod written;

use std::path::{Path, PathBuf};

use proband_core::{Digest, Distribution};
use proband_math::logic::LogicError;
use proband_procedure::Phase;
use proband_run::stress::{
    COORDINATE_MAX, Estimator, FaultPart, FaultPlan, Goal, Influence, InfluencePlan, Method, Problem, Requirement, RiskPlan, SIGNALS,
    SearchPlan, Space, Target, Vary,
};

use self::written::{Spread, Written, WrittenFault, WrittenRequirement, WrittenVary};
use proband_scene::{FaultFamily, FaultKind};

use crate::command::spec_of;
use crate::failure::Failure;
use crate::scenario::{Flags, Problem as Wrong, Scenario};
use crate::source_text::SourceText;
use crate::study_file::place::Pointer;
use crate::{population, robot_file};

/// Evaluations at most: a year of a hundred cores.
const BUDGET_MAX: i64 = 100_000_000;
/// Inputs at most.
const INPUTS_MAX: usize = 200;
/// Faults at most.
const FAULTS_MAX: usize = 16;
/// Requirements at most.
const REQUIREMENTS_MAX: usize = 100;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plan {
    /// Find a failure.
    Search(SearchPlan),
    /// How probable failures are.
    Risk(RiskPlan),
    /// What matters.
    Influence(InfluencePlan),
}

/// A stress test as read.
pub(crate) struct StressFile {
    /// The base scenario, for the replay.
    pub(crate) scenario: Scenario,
    /// One line about it.
    pub(crate) title: String,
    /// Name: the file's stem.
    pub(crate) name: String,
    /// What is tried.
    pub(crate) problem: Problem,
    /// What is asked.
    pub(crate) plan: Plan,
    /// The file.
    pub(crate) text: String,
    /// Names everything that decides the numbers.
    pub(crate) job: String,
}

impl StressFile {
    /// Evaluations that the plan takes, for the progress bar.
    pub(crate) fn evaluations(&self) -> u64 {
        let inputs = self.problem.space.dimension() as u64;
        match self.plan {
            Plan::Search(plan) => plan.budget + 1,
            Plan::Risk(plan) => plan.budget,
            Plan::Influence(plan) if plan.kind == Influence::Sobol => u64::from(plan.count) * (inputs + 2),
            Plan::Influence(plan) => u64::from(plan.count) * (inputs + 1),
        }
    }
}

/// Read and check a stress test's file; a seed and a budget of the command line go over those of the file.
pub(crate) fn read(path: &Path, seed: Option<u64>, budget: Option<u64>) -> Result<StressFile, Failure> {
    let source = SourceText::read(path)?;
    let stem = path.file_stem().map_or_else(|| "stress".into(), |stem| stem.to_string_lossy().into_owned());
    let name: String = stem.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(60).collect();
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut file = parse(&source, &name, folder)?;
    match &mut file.plan {
        Plan::Search(plan) => (plan.seed, plan.budget) = (seed.unwrap_or(plan.seed), budget.unwrap_or(plan.budget)),
        Plan::Risk(plan) => (plan.seed, plan.budget) = (seed.unwrap_or(plan.seed), budget.unwrap_or(plan.budget)),
        Plan::Influence(plan) => plan.seed = seed.unwrap_or(plan.seed),
    }
    let twin = Digest::of(&file.problem.base.twin).map_err(Failure::of)?;
    let decided = format!("{}\n{}\n{:?}\n{:?}\n{twin}", env!("CARGO_PKG_VERSION"), file.text, file.plan, file.scenario);
    file.job = Digest::of_bytes(decided.as_bytes()).to_string();
    Ok(file)
}

/// Read and check the text of a stress test; paths in it are relative to `folder`.
pub(crate) fn parse(source: &SourceText, name: &str, folder: &Path) -> Result<StressFile, Failure> {
    let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
    let pointer = Pointer::new(source)?;
    let reader = Reader { pointer: &pointer };
    let plan = reader.plan(&written)?;
    let scenario = match &written.scenario {
        Some(path) => {
            let path: PathBuf = folder.join(path);
            let at = |failure: Failure| match failure {
                Failure::Message(text) => pointer.wrong("scenario", Wrong::new(text, "here", "a scenario of proband rehearse")),
                other => other,
            };
            Scenario::resolve(Some(&path), &Flags::default()).map_err(at)?
        }
        None => Scenario::built_in(),
    };
    if scenario.cohort.is_some() {
        return reader.no(
            "scenario",
            "this scenario is a cohort",
            "a scenario of one patient; patients vary by [[vary]] patient = [0, 500]",
        );
    }
    let people = scenario.population.as_deref().map(population::read).transpose()?;
    let (arm, _) = robot_file::arm(scenario.robot.as_ref())?;
    let base = spec_of(&scenario, arm)?;
    if written.vary.len() > INPUTS_MAX {
        return reader.no("vary", format!("{} inputs are above {INPUTS_MAX}", written.vary.len()), "");
    }
    let mut varied = Vec::new();
    for (index, vary) in written.vary.into_iter().enumerate() {
        let place = format!("vary.{index}");
        let vary = reader.vary(&place, vary, &base.twin, people.is_some())?;
        if varied.iter().any(|other: &Vary| other.target == vary.target) {
            return reader.no(&place, format!("{} varies twice", vary.name), "each input once");
        }
        varied.push(vary);
    }
    let mut faults = Vec::new();
    for (index, fault) in written.fault.into_iter().enumerate() {
        let (plan, parts) = reader.fault(index, fault)?;
        faults.push(plan);
        varied.extend(parts);
    }
    if varied.is_empty() {
        return reader.no("vary", "nothing varies", "[[vary]] with a parameter, a patient or a seed; [[fault]] with a range");
    }
    if faults.len() > FAULTS_MAX {
        return reader.no("fault", format!("{} faults are above {FAULTS_MAX}", faults.len()), "");
    }
    if written.require.is_empty() {
        return reader.no("require", "nothing is required", "[[require]] with a name and a formula");
    }
    if written.require.len() > REQUIREMENTS_MAX {
        return reader.no("require", format!("{} rules are above {REQUIREMENTS_MAX}", written.require.len()), "");
    }
    let rules: Result<Vec<_>, _> = written.require.into_iter().enumerate().map(|(i, r)| reader.requirement(i, r)).collect();
    let problem = Problem { base, population: people, faults, space: Space { varied }, requirements: rules? };
    Ok(StressFile {
        scenario,
        title: written.title.unwrap_or_else(|| name.to_owned()),
        name: name.to_owned(),
        problem,
        plan,
        text: source.text.clone(),
        job: String::new(),
    })
}

/// Turns what is written into what is meant.
struct Reader<'a> {
    pointer: &'a Pointer<'a>,
}

impl Reader<'_> {
    fn no<T>(&self, place: &str, what: impl Into<String>, help: &str) -> Result<T, Failure> {
        Err(self.pointer.wrong(place, Wrong::new(what, "here", help)))
    }

    fn whole(&self, place: &str, value: Option<i64>, usual: i64, (min, max): (i64, i64)) -> Result<i64, Failure> {
        let value = value.unwrap_or(usual);
        if (min..=max).contains(&value) {
            return Ok(value);
        }
        self.no(place, format!("{value} is not between {min} and {max}"), "a whole number in this range")
    }

    fn number(&self, place: &str, value: Option<f64>, usual: f64, (min, max): (f64, f64)) -> Result<f64, Failure> {
        let value = value.unwrap_or(usual);
        if (min..=max).contains(&value) {
            return Ok(value);
        }
        self.no(place, format!("{value} is not between {min} and {max}"), "a number in this range")
    }

    fn plan(&self, w: &Written) -> Result<Plan, Failure> {
        let aim = w.aim.as_deref().unwrap_or("failure");
        let seed = self.whole("seed", w.seed, 1, (0, i64::MAX))? as u64;
        let budget = self.whole("budget", w.budget, 200, (1, BUDGET_MAX))? as u64;
        let confidence = self.number("confidence", w.confidence, 0.95, (0.5, 0.9999))?;
        let known = match aim {
            "failure" => "random, cross-entropy, cma-es, annealing, tree",
            "risk" => "crude, subset, importance, cross-entropy, form",
            "influence" => "sobol, morris",
            other => return self.no("aim", format!("aim \"{other}\" is not known"), "failure, risk or influence"),
        };
        let method = |m: Method| {
            let goal = match w.goal.as_deref().unwrap_or("likeliest") {
                "likeliest" => Goal::Likeliest,
                "any" => Goal::Any,
                other => return self.no("goal", format!("goal \"{other}\" is not known"), "likeliest or any"),
            };
            let reach = self.number("reach", w.reach, 3.0, (0.1, COORDINATE_MAX))?;
            Ok(Plan::Search(SearchPlan { method: m, goal, budget, reach, seed }))
        };
        let estimator = |estimator: Estimator| {
            let replicates = self.whole("replicates", w.replicates, 10, (8, 10_000))? as u32;
            let per_level = self.whole("per_level", w.per_level, 100, (20, 1_000_000))? as u32;
            if matches!(estimator, Estimator::Importance | Estimator::CrossEntropy) && budget < 1000 {
                return self.no("budget", format!("{budget} evaluations are too few for weighted draws"), "1000 at least");
            }
            Ok(Plan::Risk(RiskPlan { estimator, budget, replicates, per_level, confidence, seed }))
        };
        let influence = |kind: Influence| {
            let count = self.whole("points", w.points, 64, (8, 1_000_000))? as u32;
            let levels = self.whole("levels", w.levels, 4, (2, 100))? as u32;
            if kind == Influence::Sobol && !count.is_power_of_two() {
                return self.no(
                    "points",
                    format!("{count} points are no power of two"),
                    "64, 128, 256, …: Sobol points are balanced at these alone",
                );
            }
            if kind == Influence::Morris && levels % 2 == 1 {
                return self.no("levels", format!("{levels} levels are odd"), "an even number");
            }
            Ok(Plan::Influence(InfluencePlan { kind, count, levels, confidence, seed }))
        };
        match (aim, w.method.as_str()) {
            ("failure", "random") => method(Method::Random),
            ("failure", "cross-entropy") => method(Method::CrossEntropy),
            ("failure", "cma-es") => method(Method::CmaEs),
            ("failure", "annealing") => method(Method::Annealing),
            ("failure", "tree") => method(Method::Tree),
            ("risk", "crude") => estimator(Estimator::Crude),
            ("risk", "subset") => estimator(Estimator::Subset),
            ("risk", "importance") => estimator(Estimator::Importance),
            ("risk", "cross-entropy") => estimator(Estimator::CrossEntropy),
            ("risk", "form") => estimator(Estimator::Form),
            ("influence", "sobol") => influence(Influence::Sobol),
            ("influence", "morris") => influence(Influence::Morris),
            (aim, other) => self.no("method", format!("method \"{other}\" is not known for the aim \"{aim}\""), known),
        }
    }

    fn vary(&self, place: &str, w: WrittenVary, twin: &proband_twin::Twin, people: bool) -> Result<Vary, Failure> {
        let given = [w.parameter.is_some(), w.patient.is_some(), w.seed.is_some()].iter().filter(|given| **given).count();
        if given != 1 {
            return self.no(
                place,
                "one thing varies in each [[vary]]",
                "parameter = \"vein.reference.depth_m\", patient = [0, 500] or seed = [0, 1000]",
            );
        }
        if let Some(law) = &w.law {
            law.check().map_err(|e| self.pointer.wrong(&format!("{place}.law"), Wrong::new(e.to_string(), "here", "")))?;
        }
        if let Some(name) = w.parameter {
            let Ok(parameter) = twin.parameter(&name) else {
                let near = nearest(&name, twin.parameters.iter().map(|p| p.name.as_str()));
                let help = format!("did you mean {near}? `proband twin show` prints all names");
                return self.no(&format!("{place}.parameter"), format!("no patient has a parameter \"{name}\""), &help);
            };
            let law = w.law.unwrap_or_else(|| parameter.value.distribution.clone());
            if let Distribution::Constant { value } = law {
                return self.no(
                    &format!("{place}.parameter"),
                    format!("{name} is known exactly, {value}: it does not vary"),
                    "give it a law",
                );
            }
            return Ok(Vary { name: name.clone(), target: Target::Parameter(name), law, unit: parameter.value.unit.clone() });
        }
        let (target, key, range) = match (w.patient, w.seed) {
            (Some(range), _) => (Target::Patient, "patient", range),
            (_, Some(range)) => (Target::Seed, "seed", range),
            _ => return self.no(place, "nothing varies here", ""),
        };
        let at = format!("{place}.{key}");
        let [low, high] = range;
        if !(0 <= low && low < high && high <= i64::from(u32::MAX)) {
            return self.no(&at, format!("{low} to {high} is no range of numbers from 0"), "[0, 500]: from the first to before the last");
        }
        if w.law.is_some() {
            return self.no(&format!("{place}.law"), format!("every {key} is equally likely"), "leave the law out");
        }
        if target == Target::Patient && !people {
            return self.no(&at, "patients vary when the scenario has a population", "population = \"adult\" in the scenario");
        }
        Ok(Vary { name: key.into(), target, law: Distribution::Uniform { low: low as f64, high: high as f64 }, unit: String::new() })
    }

    /// A law from a number (fixed), a range (all equally likely) or a distribution.
    fn law(&self, place: &str, range: Option<&Spread>, (min, max): (f64, f64)) -> Result<Option<Distribution>, Failure> {
        let law = match range {
            None => return Ok(None),
            Some(Spread::Fixed(value)) => Distribution::Constant { value: *value },
            Some(Spread::Range([low, high])) if low < high => Distribution::Uniform { low: *low, high: *high },
            Some(Spread::Range([low, high])) => return self.no(place, format!("{low} to {high} is an empty range"), "[low, high]"),
            Some(Spread::Law(law)) => law.clone(),
        };
        law.check().map_err(|e| self.pointer.wrong(place, Wrong::new(e.to_string(), "here", "")))?;
        let (low, high) = match law {
            Distribution::Constant { value } => (value, value),
            Distribution::Uniform { low, high } | Distribution::TruncatedNormal { low, high, .. } => (low, high),
            // Values beyond what a kind accepts are held at its ends.
            _ => (law.quantile(0.5), law.quantile(0.5)),
        };
        if !(min..=max).contains(&low) || !(min..=max).contains(&high) {
            return self.no(place, format!("{low} to {high} is not within {min} to {max}"), "a number or a range within these");
        }
        Ok(Some(law))
    }

    fn fault(&self, index: usize, w: WrittenFault) -> Result<(FaultPlan, Vec<Vary>), Failure> {
        let place = |key: &str| format!("fault.{index}.{key}");
        let mut kinds: Vec<FaultKind> = Vec::new();
        for (at, name) in w.kinds.iter().enumerate() {
            let family = FaultFamily::ALL.into_iter().find(|f| f.name() == name);
            if name == "all" || family.is_some() {
                kinds.extend(FaultKind::ALL.iter().filter(|k| family.is_none_or(|f| k.family() == f)));
                continue;
            }
            match FaultKind::read(name) {
                Ok(kind) => kinds.push(kind),
                Err(error) => {
                    return self.no(&place(&format!("kinds.{at}")), error.to_string(), "a kind (force:bias), a family (sensor) or all");
                }
            }
        }
        if kinds.is_empty() {
            return self.no(&place("kinds"), "no kind of fault", "kinds = [\"force:stuck\"]");
        }
        let mut phases = Vec::new();
        for (at, name) in w.phases.iter().enumerate() {
            match Phase::from_name(name) {
                Some(phase) => phases.push(phase),
                None => {
                    let known = Phase::ALL.map(Phase::name).join(", ");
                    return self.no(&place(&format!("phases.{at}")), format!("\"{name}\" is no phase"), &known);
                }
            }
        }
        if phases.is_empty() {
            return self.no(&place("phases"), "no phase", "phases = [\"insert\"]");
        }
        let sizes = if let [kind] = kinds.as_slice() { kind.magnitude_range() } else { (0.0, 1.0) };
        let unit = if let [kind] = kinds.as_slice() { kind.unit() } else { "1" };
        let delay = self.law(&place("delay"), w.delay.as_ref(), (0.0, proband_scene::TIME_MAX_S))?;
        let duration = self.law(&place("duration"), w.duration.as_ref(), (0.0, proband_scene::TIME_MAX_S))?;
        let size = self.law(&place("size"), w.size.as_ref(), sizes)?;
        let number = index + 1;
        let mut parts = Vec::new();
        let mut part = |what: FaultPart, name: &str, law: Distribution, unit: &str| {
            let target = Target::Fault(index as u32, what);
            parts.push(Vary { name: format!("fault {number}: {name}"), target, law, unit: unit.into() });
        };
        let choice = |count: usize| Distribution::Uniform { low: 0.0, high: count as f64 };
        if kinds.len() > 1 {
            part(FaultPart::Kind, "kind", choice(kinds.len()), "");
        }
        if phases.len() > 1 {
            part(FaultPart::Phase, "phase", choice(phases.len()), "");
        }
        let mut fixed = [None; 3];
        let given = [
            (FaultPart::Delay, "delay", delay, "s"),
            (FaultPart::Duration, "duration", duration, "s"),
            (FaultPart::Size, "size", size, unit),
        ];
        for (slot, (what, name, law, unit)) in fixed.iter_mut().zip(given) {
            match law {
                Some(Distribution::Constant { value }) => *slot = Some(value),
                Some(law) => part(what, name, law, unit),
                None => {}
            }
        }
        let [delay_s, duration_s, size] = fixed;
        Ok((FaultPlan { kinds, phases, delay_s: delay_s.unwrap_or(0.0), duration_s, size }, parts))
    }

    fn requirement(&self, index: usize, w: WrittenRequirement) -> Result<Requirement, Failure> {
        let place = format!("require.{index}.formula");
        Requirement::new(&w.name, &w.formula, w.when_broken.as_deref().unwrap_or("")).map_err(|error| {
            let text = error.to_string();
            let names = || SIGNALS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
            let problem = match error {
                LogicError::Syntax { position, .. } => {
                    let start = w.formula.char_indices().nth(position.saturating_sub(1)).map_or(w.formula.len(), |(at, _)| at);
                    let word = w.formula[start..].find(|c: char| c.is_whitespace()).map_or(w.formula.len(), |end| start + end.max(1));
                    Wrong { at: Some(start..word), ..Wrong::new(text, "here", "always (force_axial_n <= 3)") }
                }
                LogicError::NoSignal { name } => {
                    let at = w.formula.find(&name).map(|start| start..start + name.len());
                    Wrong { at, ..Wrong::new(format!("no signal is called \"{name}\""), "not known", names()) }
                }
                _ => Wrong::new(text, "here", ""),
            };
            self.pointer.wrong(&place, problem)
        })
    }
}

/// The name that shares the most leading and trailing letters.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> &'n str {
    let common = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| a.zip(b).take_while(|(x, y)| x == y).count();
    let score = |other: &str| common(&mut name.chars(), &mut other.chars()) + common(&mut name.chars().rev(), &mut other.chars().rev());
    known.max_by_key(|other| score(other)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
