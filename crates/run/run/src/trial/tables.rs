//! The tables of a trial: what evidence is computed from.

use proband_core::{Column, CoreError, Table};
use proband_record::row_chain;

use super::{ENDPOINTS, Endpoint, EndpointKind, Hypothesis, Missing, PatientResult, People, Study, TrialSetup};
use crate::RunError;
use crate::trial::recruit::ita_of_melanin;

/// All tables: `study`, `arms`, `plan`, `screening`, `parameters`, `patients`, `first_attempts`, `draws`, `chain`,
/// `limitations`.
///
/// `results`: as [`super::merge`] gives them. The chain covers every table before it.
///
/// # Errors
/// [`RunError`] when a table cannot be made.
pub fn trial_tables(setup: &TrialSetup, results: &[PatientResult]) -> Result<Vec<Table>, RunError> {
    let study = study_table(setup)?;
    let arms = arms_table(&setup.study)?;
    let plan = plan_table(&setup.study)?;
    let screening = screening_table(setup)?;
    let parameters = parameters_table(setup)?;
    let patients = patients_table(results)?;
    let first_attempts = first_attempts_table(results)?;
    let draws = draws_table(&setup.study, results)?;
    let before = [&study, &arms, &plan, &screening, &parameters, &patients, &first_attempts];
    let hashes = row_chain(&before, &draws)?;
    let mut chain = Table::new("chain");
    chain.push("row", "1", "", "table draws", Column::I64((0..hashes.len() as i64).collect()))?;
    chain.push("hash", "", "", "BLAKE3 of the hash before and the row", Column::Text(hashes))?;
    let conditions = super::condition_table::condition_table(setup)?;
    Ok([study, arms, plan, screening, parameters, patients, first_attempts, draws, chain, limitations_table()?]
        .into_iter()
        .chain(conditions)
        .collect())
}

/// What the models leave out, from the page of the book that says so: one source for both.
fn limitations_table() -> Result<Table, CoreError> {
    let page = include_str!("../../../../../book/src/simplified.md");
    let (mut about, mut limitation, mut heading) = (Vec::new(), Vec::new(), "");
    for line in page.lines() {
        if let Some(words) = line.strip_prefix("## ") {
            heading = words;
        } else if let Some(words) = line.strip_prefix("* ") {
            about.push(heading.to_owned());
            limitation.push(words.replace("**", "").replace('`', ""));
        }
    }
    let mut t = Table::new("limitations");
    text(&mut t, "about", "the book, \"What is simplified\"", about)?;
    text(&mut t, "limitation", "the book, \"What is simplified\"", limitation)?;
    Ok(t)
}

/// The last hash of the chain: whoever keeps it can prove later that nothing was changed.
#[must_use]
pub fn chain_head(tables: &[Table]) -> Option<&str> {
    let chain = tables.iter().find(|t| t.name == "chain")?;
    chain.texts("hash").ok()?.last().map(String::as_str)
}

fn text(table: &mut Table, name: &str, source: &str, values: Vec<String>) -> Result<(), CoreError> {
    table.push(name, "", "", source, Column::Text(values))
}

fn study_table(setup: &TrialSetup) -> Result<Table, RunError> {
    let s = &setup.study;
    let a = &s.analysis;
    let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    let people = match &s.recruitment.people {
        People::Sampled { population, correlation } => {
            format!("population {}; correlations age-BMI, age-pigment, BMI-pigment {}", population.name, list(correlation))
        }
        People::Twins(twins) => format!("{} twins", twins.len()),
        People::Envelope { twins, states } => {
            let names: Vec<&str> = states.iter().map(|s| s.name.as_str()).collect();
            format!("{} twins, each in the states {}", twins.len(), names.join(", "))
        }
        People::Altered { .. } => "one twin with altered covariates".into(),
    };
    let missing = match a.missing {
        Missing::Failure => "failure",
        Missing::CompleteCases => "complete_cases",
        Missing::Imputed => "imputed",
    };
    let mut rows: Vec<(String, String)> = [
        ("name", s.name.clone()),
        ("title", s.title.clone()),
        ("question", s.question.clone()),
        ("context_of_use", s.context_of_use.clone()),
        ("design", s.design.name().into()),
        ("cohort_kind", s.recruitment.kind.name().into()),
        ("people", people),
        ("count", s.recruitment.count.to_string()),
        ("seed", s.seed.to_string()),
        ("duration_max_s", s.duration_max_s.to_string()),
        ("confidence", a.confidence.to_string()),
        ("missing", missing.into()),
        ("looks", list(&a.looks)),
        ("spending", a.spending.clone()),
        ("control", a.control.to_string()),
        ("multiplicity", a.multiplicity.name().into()),
        ("cohort", setup.manifest("")?.cohort),
        ("digest", setup.digest()?.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    rows.extend(s.recruitment.fit.iter().map(|digest| ("fit".to_owned(), digest.clone())));
    rows.extend(s.recruitment.include.iter().map(|c| ("include".to_owned(), c.text.clone())));
    rows.extend(s.recruitment.exclude.iter().map(|c| ("exclude".to_owned(), c.text.clone())));
    rows.extend(a.intercurrent.iter().map(|(event, strategy)| (format!("intercurrent.{event}"), strategy.clone())));
    rows.extend(s.statements.iter().map(|(key, words)| (format!("said.{key}"), words.clone())));
    rows.extend(a.subgroups.iter().map(|g| (format!("subgroup.{}", g.covariate), list(&g.cuts))));
    let (keys, values) = rows.into_iter().unzip();
    let mut t = Table::new("study");
    text(&mut t, "key", "study file", keys)?;
    text(&mut t, "value", "study file", values)?;
    Ok(t)
}

fn arms_table(study: &Study) -> Result<Table, CoreError> {
    let mut t = Table::new("arms");
    t.push("arm", "1", "", "study file", Column::I64((0..study.arms.len() as i64).collect()))?;
    text(&mut t, "name", "study file", study.arms.iter().map(|a| a.name().to_owned()).collect())?;
    text(&mut t, "policy", "study file", study.arms.iter().map(super::ArmPlan::describe).collect())?;
    t.push("manual", "", "", "study file", Column::Bool(study.arms.iter().map(|a| matches!(a, super::ArmPlan::Manual { .. })).collect()))?;
    Ok(t)
}

fn plan_table(study: &Study) -> Result<Table, CoreError> {
    let rows: Vec<(&super::EndpointPlan, &Endpoint)> =
        study.endpoints.iter().filter_map(|plan| Some((plan, Endpoint::named(&plan.name)?))).collect();
    let mut t = Table::new("plan");
    let words = |get: &dyn Fn(&super::EndpointPlan, &Endpoint) -> String| rows.iter().map(|(p, e)| get(p, e)).collect::<Vec<_>>();
    text(&mut t, "endpoint", "study file", words(&|plan, _| plan.name.clone()))?;
    text(&mut t, "role", "study file", words(&|plan, _| if plan.primary { "primary".into() } else { "secondary".into() }))?;
    text(&mut t, "kind", "program", words(&|_, e| if e.kind == EndpointKind::Binary { "binary".into() } else { "number".into() }))?;
    text(&mut t, "unit", "program", words(&|_, e| e.unit.into()))?;
    text(&mut t, "definition", "program", words(&|_, e| e.definition.into()))?;
    t.push("more_is_better", "", "", "program", Column::Bool(rows.iter().map(|(_, e)| e.more_is_better).collect()))?;
    text(
        &mut t,
        "hypothesis",
        "study file",
        words(&|plan, _| {
            match plan.hypothesis {
                Hypothesis::Estimate => "estimate",
                Hypothesis::Superiority => "superiority",
                Hypothesis::NonInferiority(_) => "non_inferiority",
                Hypothesis::Equivalence(_) => "equivalence",
            }
            .into()
        }),
    )?;
    let margins = rows.iter().map(|(plan, _)| match plan.hypothesis {
        Hypothesis::NonInferiority(margin) | Hypothesis::Equivalence(margin) => margin,
        Hypothesis::Estimate | Hypothesis::Superiority => f64::NAN,
    });
    t.push("margin", "", "", "study file; unit in its column", Column::F64(margins.collect()))?;
    Ok(t)
}

fn screening_table(setup: &TrialSetup) -> Result<Table, CoreError> {
    let e = &setup.enrolment;
    let mut rows = vec![("asked".to_owned(), String::new(), i64::from(e.asked))];
    rows.extend(e.turned_away.iter().map(|(reason, count)| ("turned away".to_owned(), reason.clone(), i64::from(*count))));
    rows.push(("enrolled".to_owned(), String::new(), e.enrolled.len() as i64));
    let mut t = Table::new("screening");
    text(&mut t, "step", "enrolment", rows.iter().map(|r| r.0.clone()).collect())?;
    text(&mut t, "reason", "enrolment", rows.iter().map(|r| r.1.clone()).collect())?;
    t.push("count", "1", "", "enrolment", Column::I64(rows.iter().map(|r| r.2).collect()))?;
    Ok(t)
}

/// Name, status and source of every uncertain parameter, as for the first enrolled patient.
fn parameters_table(setup: &TrialSetup) -> Result<Table, RunError> {
    let first = setup.enrolment.enrolled.first().map_or(0, |e| e.person);
    let twin = super::recruit::twin(&setup.study.recruitment, setup.study.seed, first)?;
    let rows = &twin.parameters;
    let mut t = Table::new("parameters");
    text(&mut t, "name", "twin", rows.iter().map(|r| r.name.clone()).collect())?;
    text(&mut t, "unit", "twin", rows.iter().map(|r| r.value.unit.clone()).collect())?;
    text(&mut t, "status", "twin", rows.iter().map(|r| format!("{:?}", r.value.status).to_lowercase()).collect())?;
    text(&mut t, "source", "twin", rows.iter().map(|r| r.value.source.clone()).collect())?;
    Ok(t)
}

fn patients_table(results: &[PatientResult]) -> Result<Table, CoreError> {
    let mut t = Table::new("patients");
    t.push("index", "1", "", "order of enrolment", Column::I64(results.iter().map(|r| i64::from(r.index)).collect()))?;
    t.push("patient", "1", "", "number of the person", Column::I64(results.iter().map(|r| i64::from(r.person)).collect()))?;
    let mut number = |name: &str, unit: &str, source: &str, get: &dyn Fn(&PatientResult) -> f64| {
        t.push(name, unit, "", source, Column::F64(results.iter().map(get).collect()))
    };
    number("age_y", "a", "person", &|r| r.covariates.age_y)?;
    number("bmi_kg_m2", "kg/m2", "person", &|r| r.covariates.bmi_kg_m2)?;
    number("melanin_fraction", "1", "person", &|r| r.covariates.melanin_fraction)?;
    number("ita_deg", "degree", "from melanin_fraction; prior: unverified", &|r| ita_of_melanin(r.covariates.melanin_fraction))?;
    number("female", "1", "person", &|r| r.covariates.female)?;
    number("vein_depth_m", "m", "truth: reference vein", &|r| r.vein_m[0])?;
    number("vein_diameter_v_m", "m", "truth: reference vein", &|r| r.vein_m[1])?;
    number("weight", "1", "share of the population over share of the sample", &|r| r.labels.weight)?;
    t.push("stratum", "1", "", "row of table conditions", Column::I64(results.iter().map(|r| i64::from(r.labels.stratum)).collect()))?;
    text(&mut t, "conditions", "conditions, or the state of an altered twin", results.iter().map(|r| r.labels.names.join("; ")).collect())?;
    for (index, name) in super::Covariates::NAMES[5..].iter().enumerate() {
        t.push(name, "", "", "person", Column::Bool(results.iter().map(|r| r.covariates.conditions[index]).collect()))?;
    }
    Ok(t)
}

/// What had come of a draw when its second attempt began, for those that had one.
fn first_attempts_table(results: &[PatientResult]) -> Result<Table, CoreError> {
    let rows: Vec<_> =
        results.iter().flat_map(|r| r.draws.iter().filter_map(move |d| Some((r.index, d.arm, d.before_second.as_ref()?)))).collect();
    let mut t = Table::new("first_attempts");
    t.push("index", "1", "", "order of enrolment", Column::I64(rows.iter().map(|r| i64::from(r.0)).collect()))?;
    t.push("arm", "1", "", "study file", Column::I64(rows.iter().map(|r| i64::from(r.1)).collect()))?;
    for endpoint in ENDPOINTS {
        let values = rows.iter().map(|r| (endpoint.value)(r.2)).collect();
        t.push(endpoint.name, endpoint.unit, "", "scorer, when the second attempt began", Column::F64(values))?;
    }
    Ok(t)
}

pub(super) fn draws_table(study: &Study, results: &[PatientResult]) -> Result<Table, CoreError> {
    let rows: Vec<_> = results.iter().flat_map(|r| r.draws.iter().map(move |d| (r, d))).collect();
    let mut t = Table::new("draws");
    t.push("index", "1", "", "order of enrolment", Column::I64(rows.iter().map(|(r, _)| i64::from(r.index)).collect()))?;
    t.push("arm", "1", "", "study file", Column::I64(rows.iter().map(|(_, d)| i64::from(d.arm)).collect()))?;
    t.push("visit", "1", "", "design", Column::I64(rows.iter().map(|(_, d)| i64::from(d.period)).collect()))?;
    let name = |arm: u16| study.arms.get(usize::from(arm)).map_or("", |a| a.name()).to_owned();
    text(&mut t, "arm_name", "study file", rows.iter().map(|(_, d)| name(d.arm)).collect())?;
    t.push("finished", "", "", "run", Column::Bool(rows.iter().map(|(_, d)| d.outcome.is_ok()).collect()))?;
    for endpoint in ENDPOINTS {
        let values = rows.iter().map(|(_, d)| d.outcome.as_ref().map_or(f64::NAN, endpoint.value)).collect();
        t.push(endpoint.name, endpoint.unit, "", "scorer", Column::F64(values))?;
    }
    let status = |outcome: &Result<_, String>| match outcome {
        Ok(_) => "finished",
        Err(cause) if cause.starts_with("quarantined") => "quarantined",
        Err(cause) if cause.starts_with("timed out") => "timed out",
        Err(_) => "crashed",
    };
    text(&mut t, "status", "run", rows.iter().map(|(_, d)| status(&d.outcome).to_owned()).collect())?;
    text(&mut t, "vein", "scorer", rows.iter().map(|(_, d)| d.vein.clone()).collect())?;
    text(&mut t, "reason", "controller", rows.iter().map(|(_, d)| d.reason.clone()).collect())?;
    let set_apart = rows.iter().map(|(_, d)| d.outcome.as_ref().err().cloned().unwrap_or_default());
    text(&mut t, "set_apart", "why a draw has no result", set_apart.collect())?;
    Ok(t)
}
