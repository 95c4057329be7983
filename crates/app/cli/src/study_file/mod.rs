//! A study file (TOML) as a checked study. Whatever is wrong is pointed at in the file.

mod fit;
mod people;
pub(crate) mod place;
mod written;

use std::path::Path;

use proband_core::Digest;
use proband_robot::ArmModel;
use proband_run::trial::{
    Analysis, ArmPlan, Covariates, Criterion, Design, ENDPOINTS, Endpoint, EndpointKind, EndpointPlan, HandSpec, Hypothesis, Missing,
    Multiplicity, PalpationSpec, RobotArm, Study, Subgroup, TrialSetup,
};
use proband_scene::Fault;

use self::place::Pointer;
use self::written::{Written, WrittenArm, WrittenEndpoint};
use crate::amount::{self, Kind};
use crate::failure::Failure;
use crate::robot_file;
use crate::scenario::{Problem, RobotFile};
use crate::source_text::SourceText;

/// Longest draw when nothing is said [s].
const TIME_MAX_S: f64 = 600.0;
/// Levels of the risk that a person sets.
const LEVELS: [&str; 3] = ["low", "medium", "high"];
/// Characters of a sentence about credibility that are kept.
const WORDS_CHARS_MAX: usize = 400;

/// A study as read, with the text it was read from.
pub(crate) struct StudyFile {
    /// Checked and enrolled.
    pub(crate) setup: TrialSetup,
    /// The file.
    pub(crate) text: String,
}

/// Read and check a study file.
pub(crate) fn read(path: &Path) -> Result<StudyFile, Failure> {
    let source = SourceText::read(path)?;
    let name = path.file_stem().map_or_else(|| "study".into(), |stem| stem.to_string_lossy().into_owned());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    parse(&source, &name, folder)
}

/// Read and check the text of a study; paths in it are relative to `folder`.
pub(crate) fn parse(source: &SourceText, name: &str, folder: &Path) -> Result<StudyFile, Failure> {
    let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
    let pointer = Pointer::new(source)?;
    let reader = Reader { pointer: &pointer, folder };
    let recruitment = reader.recruitment(written.population, written.count)?;
    let mut arms = Vec::new();
    let mut robots = Vec::new();
    for (index, arm) in written.arm.into_iter().enumerate() {
        let (plan, robot) = reader.arm(index, arm)?;
        arms.push(plan);
        robots.push(robot);
    }
    let endpoints: Result<Vec<_>, _> = written.endpoint.into_iter().enumerate().map(|(i, e)| reader.endpoint(i, e)).collect();
    let seed = u64::try_from(written.seed)
        .map_err(|_| pointer.wrong("seed", Problem::new("the seed is negative", "negative", "a whole number from 0")))?;
    let design = match written.design.as_str() {
        "paired" => Design::Paired,
        "parallel" => Design::Parallel,
        "crossover" => Design::Crossover,
        other => {
            let problem = Problem::new(format!("design \"{other}\" is not known"), "not known", "paired, parallel or crossover");
            return Err(pointer.wrong("design", problem));
        }
    };
    let endpoints = endpoints?;
    let names: Vec<&str> = arms.iter().map(ArmPlan::name).collect();
    let analysis = reader.analysis(written.analysis, written.estimand, &names)?;
    let study = Study {
        name: name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(60).collect(),
        title: written.title,
        question: written.question,
        context_of_use: written.context_of_use,
        recruitment,
        arms,
        design,
        endpoints,
        analysis,
        statements: reader.statements(written.credibility)?,
        seed,
        duration_max_s: reader.amount("time_max", written.time_max.as_deref(), Kind::RunTime)?.unwrap_or(TIME_MAX_S),
    };
    let setup = TrialSetup::new(study, robots).map_err(|contradiction| {
        let problem = Problem::new(contradiction.what, "here", contradiction.help);
        pointer.wrong(&contradiction.place, problem)
    })?;
    Ok(StudyFile { setup, text: source.text.clone() })
}

/// Turns what is written into what is meant.
struct Reader<'a> {
    pointer: &'a Pointer<'a>,
    folder: &'a Path,
}

impl Reader<'_> {
    fn amount(&self, place: &str, text: Option<&str>, kind: Kind) -> Result<Option<f64>, Failure> {
        text.map(|text| amount::read(text, kind).map_err(|problem| self.pointer.wrong(place, problem))).transpose()
    }

    fn no<T>(&self, place: &str, what: impl Into<String>, help: &str) -> Result<T, Failure> {
        Err(self.pointer.wrong(place, Problem::new(what, "here", help)))
    }

    fn criteria(&self, key: &str, texts: &[String]) -> Result<Vec<Criterion>, Failure> {
        let read = |(index, text): (usize, &String)| {
            let place = format!("population.{key}.{index}");
            Criterion::parse(text)
                .map_err(|what| self.pointer.wrong(&place, Problem::new(what, "not understood", "age_y >= 18, anticoagulated")))
        };
        texts.iter().enumerate().map(read).collect()
    }

    fn arm(&self, index: usize, arm: WrittenArm) -> Result<(ArmPlan, ArmModel), Failure> {
        let place = |key: &str| format!("arm.{index}.{key}");
        let tourniquet_pa = self.amount(&place("tourniquet"), arm.tourniquet.as_deref(), Kind::CuffPressure)?;
        let draw_m3 = self.amount(&place("volume"), arm.volume.as_deref(), Kind::BloodVolume)?;
        let mut disturbances = Vec::new();
        for (i, text) in arm.motion.iter().enumerate() {
            let help = "WHAT@WHEN: startle@insert, occlude@42";
            disturbances.push(Fault::parse(text).or_else(|what| self.no(&format!("arm.{index}.motion.{i}"), what.to_string(), help))?);
        }
        let file = arm.robot.map(|robot| RobotFile { urdf: self.folder.join(robot.urdf), tip: robot.tip });
        let (robot, _) = robot_file::arm(file.as_ref())?;
        let described = match &file {
            Some(_) => Digest::of(robot.description()).map_err(Failure::of)?.to_string(),
            None => String::new(),
        };
        let plan = match arm.kind.as_str() {
            "robot" => {
                if arm.touch_error.is_some() {
                    return self.no(&place("touch_error"), "a robot has no touch", "kind = \"manual\"");
                }
                if arm.wall_speed_m_s.is_some_and(|v| !(v > 1e-4 && v <= 0.05)) {
                    return self.no(&place("wall_speed_m_s"), "out of range", "0.0001 to 0.05 m/s");
                }
                let success_min = self.amount(&place("decline_below"), arm.decline_below.as_deref(), Kind::Fraction)?;
                ArmPlan::Robot(RobotArm {
                    name: arm.name,
                    robot: described,
                    tourniquet_pa,
                    draw_m3,
                    wall_speed_m_s: arm.wall_speed_m_s,
                    success_min,
                    attempts_max: arm.attempts,
                    disturbances,
                })
            }
            "manual" => {
                if arm.wall_speed_m_s.is_some() || arm.decline_below.is_some() {
                    return self.no(&place("kind"), "a hand has no speed near the wall and declines nobody", "kind = \"robot\"");
                }
                let mut palpation = PalpationSpec::outpatient();
                let mut hand = HandSpec::outpatient();
                let touch = self.amount(&place("touch_error"), arm.touch_error.as_deref(), Kind::PixelSize)?;
                palpation.lateral_sd_m = touch.unwrap_or(palpation.lateral_sd_m);
                hand.tourniquet_pa = tourniquet_pa.unwrap_or(hand.tourniquet_pa);
                hand.draw_m3 = draw_m3.unwrap_or(hand.draw_m3);
                hand.attempts_max = arm.attempts.unwrap_or(hand.attempts_max);
                ArmPlan::Manual { name: arm.name, palpation, hand, disturbances }
            }
            other => return self.no(&place("kind"), format!("policy \"{other}\" is not known"), "robot or manual"),
        };
        if arm.attempts.is_some_and(|n| n == 0 || n > 2) {
            return self.no(&place("attempts"), "out of range", "1 or 2: the practice rule");
        }
        Ok((plan, robot))
    }

    fn endpoint(&self, index: usize, e: WrittenEndpoint) -> Result<EndpointPlan, Failure> {
        let place = |key: &str| format!("endpoint.{index}.{key}");
        let primary = match e.role.as_str() {
            "primary" => true,
            "secondary" => false,
            other => return self.no(&place("role"), format!("role \"{other}\" is not known"), "primary or secondary"),
        };
        let Some(known) = Endpoint::named(&e.name) else {
            let names: Vec<&str> = ENDPOINTS.iter().map(|known| known.name).collect();
            return self.no(&place("name"), format!("no endpoint \"{}\"", e.name), &format!("known: {}", names.join(", ")));
        };
        let binary = known.kind == EndpointKind::Binary;
        let margin = match &e.margin {
            None => None,
            Some(toml::Value::String(text)) if binary => self.amount(&place("margin"), Some(text), Kind::Fraction)?,
            Some(toml::Value::Float(value)) => Some(*value),
            Some(_) => {
                return self.no(&place("margin"), "not a margin", "\"10 %\" for what happens or not, a number in SI units for the rest");
            }
        };
        let hypothesis = match (e.hypothesis.as_deref(), margin) {
            (None | Some("estimate"), None) => Hypothesis::Estimate,
            (Some("superiority"), None) => Hypothesis::Superiority,
            (Some("non_inferiority"), Some(margin)) => Hypothesis::NonInferiority(margin),
            (Some("equivalence"), Some(margin)) => Hypothesis::Equivalence(margin),
            (Some("non_inferiority" | "equivalence"), None) => {
                return self.no(&place("hypothesis"), "this claim needs a margin", "margin = \"10 %\"");
            }
            (None | Some("estimate" | "superiority"), Some(_)) => {
                return self.no(&place("margin"), "a margin without non-inferiority or equivalence", "hypothesis = \"non_inferiority\"");
            }
            (Some(other), _) => {
                let known = "estimate, superiority, non_inferiority or equivalence";
                return self.no(&place("hypothesis"), format!("hypothesis \"{other}\" is not known"), known);
            }
        };
        Ok(EndpointPlan { name: e.name, primary, hypothesis })
    }

    fn analysis(&self, a: written::WrittenAnalysis, estimand: written::WrittenEstimand, arms: &[&str]) -> Result<Analysis, Failure> {
        let missing = match a.missing.as_deref() {
            None | Some("failure") => Missing::Failure,
            Some("complete_cases") => Missing::CompleteCases,
            Some("imputed") => Missing::Imputed,
            Some(other) => {
                return self.no("analysis.missing", format!("rule \"{other}\" is not known"), "failure, complete_cases or imputed");
            }
        };
        let spending = a.spending.unwrap_or_else(|| "obrien_fleming".into());
        if !matches!(spending.as_str(), "obrien_fleming" | "pocock") {
            return self.no("analysis.spending", format!("spending \"{spending}\" is not known"), "obrien_fleming or pocock");
        }
        let mut subgroups = Vec::new();
        for (index, text) in a.subgroups.iter().enumerate() {
            let (covariate, cuts) = text.split_once(':').unwrap_or((text, ""));
            let cuts: Result<Vec<f64>, _> = cuts.split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::parse).collect();
            let Ok(cuts) = cuts else {
                return self.no(&format!("analysis.subgroups.{index}"), "a limit that is no number", "age_y: 40, 65");
            };
            let covariate = if covariate.trim() == "sex" { "female" } else { covariate.trim() };
            subgroups.push(Subgroup { covariate: covariate.to_owned(), cuts });
        }
        let control = match a.control.as_deref() {
            // The second of two arms, unless somebody says otherwise.
            None => 1,
            Some(name) => match arms.iter().position(|arm| *arm == name) {
                Some(index) => index as u16,
                None => return self.no("analysis.control", format!("no arm is called \"{name}\""), &arms.join(", ")),
            },
        };
        let multiplicity = match a.multiplicity.as_deref() {
            None | Some("holm") => Multiplicity::Holm,
            Some("dunnett") => Multiplicity::Dunnett,
            Some(other) => return self.no("analysis.multiplicity", format!("rule \"{other}\" is not known"), "holm or dunnett"),
        };
        Ok(Analysis {
            confidence: a.confidence.unwrap_or(0.95),
            missing,
            looks: a.looks.unwrap_or_else(|| vec![1.0]),
            spending,
            subgroups,
            control,
            multiplicity,
            intercurrent: estimand.intercurrent.into_iter().collect(),
        })
    }

    /// What a person says beforehand about credibility: it is passed on, not judged.
    fn statements(&self, c: written::WrittenCredibility) -> Result<Vec<(String, String)>, Failure> {
        let mut said = Vec::new();
        for (key, level) in [("influence", c.influence), ("consequence", c.consequence)] {
            let Some(level) = level else { continue };
            if !LEVELS.contains(&level.as_str()) {
                return self.no(&format!("credibility.{key}"), format!("level \"{level}\" is not known"), &LEVELS.join(", "));
            }
            said.push((format!("risk.{key}"), level));
        }
        said.extend(c.reason.map(|reason| ("risk.reason".to_owned(), reason)));
        for (factor, goal) in c.goals {
            if !proband_evidence::CREDIBILITY_FACTORS.contains(&factor.as_str()) {
                let known = proband_evidence::CREDIBILITY_FACTORS.join("; ");
                return self.no(&format!("credibility.goals.{factor}"), format!("factor \"{factor}\" is not known"), &known);
            }
            said.push((format!("goal.{factor}"), goal));
        }
        for (covariate, [low, high]) in c.applies {
            let place = format!("credibility.applies.{covariate}");
            if !Covariates::NAMES.contains(&covariate.as_str()) || Covariates::is_condition(&covariate) {
                return self.no(&place, format!("\"{covariate}\" has no range"), "age_y, bmi_kg_m2, melanin_fraction or ita_deg");
            }
            if !(low.is_finite() && high.is_finite() && low < high) {
                return self.no(&place, "a range that does not rise", "[18, 90]");
            }
            said.push((format!("applies.{covariate}"), format!("{low}, {high}")));
        }
        for (key, words) in &mut said {
            if words.chars().any(char::is_control) || words.chars().count() > WORDS_CHARS_MAX {
                return self.no("credibility", format!("{key}: more than one line of {WORDS_CHARS_MAX} characters"), "a sentence");
            }
        }
        Ok(said)
    }
}

#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod tests;
