//! What a study is, and what cannot be together in one.

use proband_core::Distribution;
use proband_twin::{Mix, Population, Transform, Twin};
use serde::{Deserialize, Serialize};

use super::{ArmPlan, Criterion, Endpoint, EndpointKind};

/// How the virtual patients came about.
///
/// # Source
/// Pathmanathan 2024, PLoS Comput Biol, pcbi.1012289: cohorts A to D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CohortKind {
    /// A: one twin per real person.
    SubjectSpecific,
    /// B: a twin of a real person, altered.
    Altered,
    /// C: sampled from distributions fitted to data.
    SampledFromFit,
    /// D: sampled from prescribed distributions.
    Prescribed,
}

impl CohortKind {
    /// Name in a study file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubjectSpecific => "subject_specific",
            Self::Altered => "altered",
            Self::SampledFromFit => "sampled_from_fit",
            Self::Prescribed => "prescribed",
        }
    }
}

/// Where people come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum People {
    /// Sampled; correlations of the normal scores of age and BMI, age and pigment, BMI and pigment [1].
    Sampled {
        /// Margins.
        population: Population,
        /// Correlations.
        correlation: [f64; 3],
    },
    /// These, in this order, once each.
    Twins(Vec<Twin>),
    /// Each twin in each state, twin by twin: same anatomy, other physiology (a paired envelope).
    Envelope {
        /// The twins.
        twins: Vec<Twin>,
        /// The states.
        states: Vec<AlteredState>,
    },
    /// One twin with some covariates replaced by draws.
    Altered {
        /// The twin.
        twin: Box<Twin>,
        /// Age instead of the twin's [years].
        age_y: Option<Distribution>,
        /// Body-mass index instead of the twin's [kg/m²].
        bmi_kg_m2: Option<Distribution>,
        /// Melanosome fraction instead of the twin's [1].
        melanin_fraction: Option<Distribution>,
    },
}

/// One state of an altered twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlteredState {
    /// Name in records.
    pub name: String,
    /// Changes of parameters; none for the twin as it is.
    pub change: Vec<Transform>,
}

/// Who is asked, and who is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recruitment {
    /// Kind of cohort.
    pub kind: CohortKind,
    /// Where people come from.
    pub people: People,
    /// Conditions of sampled people.
    pub conditions: Mix,
    /// Digest of the table that people were fitted to.
    pub fit: Option<String>,
    /// Everybody enrolled satisfies all of these.
    pub include: Vec<Criterion>,
    /// Nobody enrolled satisfies any of these.
    pub exclude: Vec<Criterion>,
    /// How many are enrolled.
    pub count: u32,
}

/// How arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Design {
    /// Every patient in every arm, with the same random streams: what differs is the arm alone.
    Paired,
    /// Each patient in one arm, by permuted blocks.
    Parallel,
    /// Every patient in every arm, one visit after the other in random order, each visit with random streams of its own.
    Crossover,
}

impl Design {
    /// Name in a study file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paired => "paired",
            Self::Parallel => "parallel",
            Self::Crossover => "crossover",
        }
    }
}

/// What the primary comparison claims.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hypothesis {
    /// An estimate with its interval, no claim.
    Estimate,
    /// Better.
    Superiority,
    /// Not worse by more than the margin [unit of the endpoint], > 0.
    NonInferiority(f64),
    /// Within the margin either way [unit of the endpoint], > 0.
    Equivalence(f64),
}

/// One endpoint of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointPlan {
    /// Name of one of [`super::ENDPOINTS`].
    pub name: String,
    /// Exactly one endpoint is primary.
    pub primary: bool,
    /// Claim.
    pub hypothesis: Hypothesis,
}

/// A pre-declared division of the patients by a covariate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subgroup {
    /// One of [`super::Covariates::NAMES`].
    pub covariate: String,
    /// Limits between the groups, rising; empty for conditions.
    pub cuts: Vec<f64>,
}

/// What stands for a missing result in the primary analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// A failure.
    Failure,
    /// Nothing: only patients with a result in every arm count.
    CompleteCases,
    /// Drawn many times from like patients with a result, the analyses pooled (Rubin's rules).
    Imputed,
}

/// How more than one comparison with the control is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Multiplicity {
    /// Holm's steps: always valid.
    Holm,
    /// Dunnett: comparisons that share a control, of known correlation; parallel arms only.
    Dunnett,
}

impl Multiplicity {
    /// Name in a study file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holm => "holm",
            Self::Dunnett => "dunnett",
        }
    }
}

/// Events after which a draw is not what was meant, by the words of a study file.
pub const EVENTS: [&str; 3] = ["declined", "handed_over", "second_attempt"];
/// What may be done about them, in the words of ICH E9(R1). All are computed.
pub const STRATEGIES: [&str; 5] = ["treatment_policy", "composite", "while_on_treatment", "hypothetical", "principal_stratum"];
/// The one endpoint that counts every intercurrent event as a failure, by its definition.
const FIRST_STICK: &str = "first_stick_success";

/// How the records will be read. Fixed before anybody is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Two-sided level of intervals [1].
    pub confidence: f64,
    /// Missing results.
    pub missing: Missing,
    /// Fractions of the patients at which is looked, rising, the last 1.
    pub looks: Vec<f64>,
    /// Alpha spending: "obrien_fleming" or "pocock".
    pub spending: String,
    /// Divisions.
    pub subgroups: Vec<Subgroup>,
    /// The arm that the others are compared with.
    pub control: u16,
    /// How several comparisons are paid for.
    pub multiplicity: Multiplicity,
    /// Strategy for each intercurrent event, as (event, strategy), in the words of ICH E9(R1).
    pub intercurrent: Vec<(String, String)>,
}

/// A study. Everything that decides its records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// Name in records.
    pub name: String,
    /// One line.
    pub title: String,
    /// Question of interest.
    pub question: String,
    /// Context of use.
    pub context_of_use: String,
    /// Who.
    pub recruitment: Recruitment,
    /// Arms; each is compared with the control.
    pub arms: Vec<ArmPlan>,
    /// How they are compared.
    pub design: Design,
    /// Endpoints.
    pub endpoints: Vec<EndpointPlan>,
    /// How the records will be read.
    pub analysis: Analysis,
    /// What a person says beforehand about credibility, as (key, words): `risk.influence`, `goal.Model form`,
    /// `applies.age_y`. It changes no record and goes into the report as it is.
    pub statements: Vec<(String, String)>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Longest run per draw [s].
    pub duration_max_s: f64,
}

/// Two things of a study that cannot be together, or one that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Where: keys of the study file with dots, `analysis.looks`.
    pub place: String,
    /// The sentence.
    pub what: String,
    /// What would be right.
    pub help: String,
}

/// Arms of a study at most.
const ARMS_MAX: usize = 12;

fn no(place: impl Into<String>, what: impl Into<String>, help: impl Into<String>) -> Result<(), Contradiction> {
    Err(Contradiction { place: place.into(), what: what.into(), help: help.into() })
}

impl Study {
    /// Check what can be checked before anybody is drawn.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), Contradiction> {
        self.check_people()?;
        self.check_arms()?;
        self.check_endpoints()?;
        self.check_analysis()?;
        self.check_estimand()
    }

    /// Every strategy that is accepted is computed; one that could not be, or would be a line without effect, is refused.
    fn check_estimand(&self) -> Result<(), Contradiction> {
        let Some(primary) = self.endpoints.iter().find(|e| e.primary) else { return Ok(()) };
        let binary = Endpoint::named(&primary.name).is_some_and(|e| e.kind == EndpointKind::Binary);
        let mut imputed = self.analysis.missing == Missing::Imputed;
        for (event, strategy) in &self.analysis.intercurrent {
            let place = format!("estimand.intercurrent.{event}");
            if !EVENTS.contains(&event.as_str()) {
                return no(place, format!("event \"{event}\" is not known"), EVENTS.join(", "));
            }
            if !STRATEGIES.contains(&strategy.as_str()) {
                return no(place, format!("strategy \"{strategy}\" is not known"), STRATEGIES.join(", "));
            }
            let first_stick = primary.name == FIRST_STICK;
            let by_itself = first_stick && event == "second_attempt";
            match strategy.as_str() {
                "treatment_policy" if first_stick => {
                    let help = format!("composite: {FIRST_STICK} counts these events as failures by its definition");
                    return no(place, format!("{FIRST_STICK} is not computed by \"treatment_policy\""), help);
                }
                "hypothetical" | "principal_stratum" if by_itself => {
                    return no(place, format!("a second attempt is what {FIRST_STICK} counts"), "composite");
                }
                "composite" if !binary => {
                    return no(place, format!("{} is a number: nothing of it is a failure", primary.name), "treatment_policy");
                }
                "principal_stratum" if self.design == Design::Parallel => {
                    let what = "nobody is in two arms, so who would have this event in the other is not known";
                    return no(place, what, "a paired or crossover design");
                }
                "hypothetical" => imputed = true,
                _ => {}
            }
        }
        if imputed && self.analysis.looks.len() > 1 {
            return no("analysis.looks", "interim looks are not made at imputed results", "one look, or another strategy");
        }
        Ok(())
    }

    /// Draws of each patient: one per arm, or one in all in a parallel design.
    #[must_use]
    pub fn draws_per_patient(&self) -> u32 {
        match self.design {
            Design::Parallel => 1,
            Design::Paired | Design::Crossover => self.arms.len() as u32,
        }
    }

    fn check_people(&self) -> Result<(), Contradiction> {
        let r = &self.recruitment;
        if r.count == 0 {
            return no("count", "a study of nobody", "a whole number above 0");
        }
        if !r.conditions.is_empty() && !matches!(r.people, People::Sampled { .. }) {
            return no("population.condition", "twins that exist have the conditions that they have", "kind = \"prescribed\"");
        }
        match (&r.people, r.kind) {
            (People::Sampled { population, correlation }, CohortKind::Prescribed | CohortKind::SampledFromFit) => {
                if let Err(error) = population.check() {
                    return no("population", error.to_string(), "");
                }
                if super::recruit::factor(correlation).is_none() {
                    return no(
                        "population.correlation",
                        "these correlations cannot hold together: their matrix is not positive definite",
                        "each between -1 and 1, and not two strong ones with a third against them",
                    );
                }
                Ok(())
            }
            (People::Twins(twins), CohortKind::SubjectSpecific) => {
                if (twins.len() as u32) < r.count {
                    let what = format!("{} patients are to be enrolled from {} twins", r.count, twins.len());
                    return no("count", what, "each twin is one person: at most as many as there are twins");
                }
                Ok(())
            }
            (People::Envelope { twins, states }, CohortKind::Altered) => {
                for (index, state) in states.iter().enumerate() {
                    if states[..index].iter().any(|other| other.name == state.name || other.change == state.change) {
                        return no(
                            format!("population.state.{index}"),
                            "this state is the same as one before it",
                            "another name and change",
                        );
                    }
                    for twin in twins {
                        let altered = proband_twin::alter_parameters(&mut twin.parameters.clone(), &state.change, &state.name);
                        if let Err(error) = altered {
                            return no(
                                format!("population.state.{index}.change"),
                                error.to_string(),
                                "a parameter as `proband twin show` names it",
                            );
                        }
                    }
                }
                let most = twins.len() * states.len();
                if most < r.count as usize || !(r.count as usize).is_multiple_of(states.len().max(1)) {
                    let what = format!("{} patients are to be enrolled from {} twins in {} states", r.count, twins.len(), states.len());
                    return no("count", what, "twins times states, or a multiple of the states below it");
                }
                Ok(())
            }
            (People::Altered { age_y: None, bmi_kg_m2: None, melanin_fraction: None, .. }, CohortKind::Altered) => {
                no("population.alter", "nothing is altered", "a distribution for age_y, bmi_kg_m2 or melanin_fraction")
            }
            (People::Altered { .. }, CohortKind::Altered) => Ok(()),
            _ => no("population.kind", "this kind of cohort does not go with these people", "see the book, \"A trial in one command\""),
        }
    }

    fn check_arms(&self) -> Result<(), Contradiction> {
        if self.arms.len() < 2 {
            return no("arm", format!("{} arm: nothing to compare", self.arms.len()), "at least two [[arm]]");
        }
        for (index, arm) in self.arms.iter().enumerate() {
            let place = format!("arm.{index}.name");
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
            if arm.name().is_empty() || arm.name().len() > 40 || !arm.name().chars().all(plain) {
                return no(place, "not a name", "letters, digits, blank, '-' and '_', at most 40");
            }
            if self.arms[..index].iter().any(|other| other.name() == arm.name()) {
                return no(place, format!("two arms are called \"{}\"", arm.name()), "another name");
            }
            if self.arms[..index].iter().any(|other| other.same_policy(arm)) {
                return no(format!("arm.{index}"), "this arm does the same as one before it", "a policy or settings that differ");
            }
        }
        if self.arms.len() > 2 && self.design == Design::Crossover {
            return no("design", "a crossover is of two arms", "paired or parallel for more");
        }
        if self.arms.len() > ARMS_MAX {
            return no("arm", format!("{} arms", self.arms.len()), format!("at most {ARMS_MAX}"));
        }
        if usize::from(self.analysis.control) >= self.arms.len() {
            return no("analysis.control", format!("there is no arm {}", self.analysis.control), "the name of an arm");
        }
        if self.analysis.multiplicity == Multiplicity::Dunnett && (self.design != Design::Parallel || self.arms.len() < 3) {
            let what = "Dunnett's correlations are those of three or more parallel arms";
            return no("analysis.multiplicity", what, "holm");
        }
        if self.design == Design::Parallel && self.recruitment.count < 2 * self.arms.len() as u32 {
            return no("count", "too few patients for parallel arms", "at least two per arm");
        }
        Ok(())
    }

    fn check_endpoints(&self) -> Result<(), Contradiction> {
        for (index, plan) in self.endpoints.iter().enumerate() {
            let place = |key: &str| format!("endpoint.{index}.{key}");
            let Some(endpoint) = Endpoint::named(&plan.name) else {
                let known: Vec<&str> = super::ENDPOINTS.iter().map(|e| e.name).collect();
                return no(place("name"), format!("no endpoint \"{}\"", plan.name), format!("known: {}", known.join(", ")));
            };
            if self.endpoints[..index].iter().any(|other| other.name == plan.name) {
                return no(place("name"), format!("\"{}\" stands there twice", plan.name), "once");
            }
            if let Hypothesis::NonInferiority(margin) | Hypothesis::Equivalence(margin) = plan.hypothesis {
                let limit = if endpoint.kind == EndpointKind::Binary { 1.0 } else { f64::INFINITY };
                if !(margin > 0.0 && margin < limit) {
                    return no(place("margin"), format!("a margin of {margin}"), "above 0, and below 1 for a proportion");
                }
            }
        }
        match self.endpoints.iter().filter(|plan| plan.primary).count() {
            1 => {}
            0 => return no("endpoint", "no endpoint is primary", "role = \"primary\" for one [[endpoint]]"),
            n => return no("endpoint", format!("{n} endpoints are primary"), "one; the others are secondary"),
        }
        let primary = self.endpoints.iter().find(|plan| plan.primary).and_then(|plan| Endpoint::named(&plan.name));
        if self.analysis.looks.len() > 1 && primary.is_some_and(|e| e.kind != EndpointKind::Binary) {
            return no(
                "analysis.looks",
                "interim looks are made at a primary endpoint that happens or not",
                "one look, or another endpoint",
            );
        }
        Ok(())
    }

    fn check_analysis(&self) -> Result<(), Contradiction> {
        let a = &self.analysis;
        if !(a.confidence > 0.5 && a.confidence < 1.0) {
            return no("analysis.confidence", format!("a confidence of {}", a.confidence), "between 0.5 and 1");
        }
        let rising = a.looks.windows(2).all(|pair| pair[0] < pair[1]) && a.looks.iter().all(|l| *l > 0.0 && *l <= 1.0);
        if a.looks.is_empty() || a.looks.len() > 10 || !rising || a.looks.last() != Some(&1.0) {
            return no("analysis.looks", format!("looks at {:?}", a.looks), "at most 10 rising fractions, the last 1: [0.5, 1.0]");
        }
        for (index, subgroup) in a.subgroups.iter().enumerate() {
            let place = format!("analysis.subgroups.{index}");
            if !super::Covariates::NAMES.contains(&subgroup.covariate.as_str()) {
                let known = super::Covariates::NAMES.join(", ");
                return no(place, format!("\"{}\" divides nobody", subgroup.covariate), format!("known: {known}"));
            }
            if subgroup.cuts.iter().any(|c| !c.is_finite()) || subgroup.cuts.windows(2).any(|pair| pair[0] >= pair[1]) {
                return no(place, "limits that do not rise", "age_y: 40, 65");
            }
            if subgroup.cuts.len() > 8 {
                return no(place, format!("{} limits", subgroup.cuts.len()), "at most 8");
            }
            if subgroup.cuts.is_empty() && !super::Covariates::is_condition(&subgroup.covariate) {
                return no(place, format!("\"{}\" is a number: it needs limits", subgroup.covariate), "age_y: 40, 65");
            }
        }
        Ok(())
    }
}
