//! Addresses of patients, jobs and the trial.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use proband_math::stats::wilson;
use proband_run::CohortRow;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::door;
use crate::patients::{Origin, Patient, PatientMaker, Patients};
use crate::routes::{Inside, problem};

/// Most patients of a cohort that is asked for from a page.
const COHORT_COUNT_MAX: u32 = 10_000;
/// Failed patients of a cohort that are put on the list.
const FAILED_LISTED_MAX: usize = 100;
/// Seeds stay below 2⁶³, and a browser counts exactly to 2⁵³.
const SEED_MAX: u64 = 1 << 53;

/// Work that a page may ask for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Wanted {
    /// A member of the population of adults.
    Sample { seed: u64, number: u32 },
    /// The robot on many of them.
    Cohort { seed: u64, count: u32 },
}

/// The routes, to be put beside the others.
pub(crate) fn routes(record_bytes_max: usize) -> Router<Inside> {
    Router::new()
        .route("/api/patients", get(list).post(from_record).layer(DefaultBodyLimit::max(record_bytes_max)))
        .route("/api/patients/{number}", get(detail))
        .route("/api/jobs", post(start).get(async |State(inside): State<Inside>| Json(inside.jobs.all())))
        .route("/api/jobs/{number}", get(job).delete(cancel))
        .route("/api/trial", get(trial))
}

async fn list(State(inside): State<Inside>) -> Json<Vec<Value>> {
    Json(inside.patients.lines())
}

async fn detail(State(inside): State<Inside>, Path(number): Path<u32>) -> Response {
    inside.patients.detail(number).map_or_else(|| problem(StatusCode::NOT_FOUND, "no such patient"), |found| Json(found).into_response())
}

async fn job(State(inside): State<Inside>, Path(number): Path<u32>) -> Response {
    inside.jobs.get(number).map_or_else(|| problem(StatusCode::NOT_FOUND, "no such job"), |found| Json(found).into_response())
}

async fn cancel(State(inside): State<Inside>, Path(number): Path<u32>) -> Response {
    inside.jobs.cancel(number).map_or_else(|| problem(StatusCode::NOT_FOUND, "no such job"), |found| Json(found).into_response())
}

/// Begin a job and answer with it.
fn begin(
    inside: &Inside,
    kind: &'static str,
    of: u32,
    work: impl FnOnce(&crate::jobs::Progress, &dyn PatientMaker, &Patients) -> Result<Value, String> + Send + 'static,
) -> Response {
    let (maker, patients) = (Arc::clone(&inside.config.maker), inside.patients.clone());
    match inside.jobs.start(kind, of, move |progress| work(progress, maker.as_ref(), &patients)) {
        Ok(job) => (StatusCode::ACCEPTED, Json(job)).into_response(),
        Err(what) => problem(StatusCode::TOO_MANY_REQUESTS, &what),
    }
}

async fn from_record(State(inside): State<Inside>, body: Bytes) -> Response {
    if body.is_empty() {
        return problem(StatusCode::BAD_REQUEST, "the record is empty");
    }
    begin(&inside, "record", 1, move |_, maker, patients| {
        let patient = maker.of_record(&body)?;
        let note = patient.note.clone();
        let number = patients.add(patient).map_err(|e| e.to_string())?;
        Ok(json!({ "patient": number, "note": note }))
    })
}

async fn start(State(inside): State<Inside>, body: Bytes) -> Response {
    let wanted: Wanted = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("not a job: {error}")),
    };
    let (Wanted::Sample { seed, .. } | Wanted::Cohort { seed, .. }) = wanted;
    if seed >= SEED_MAX {
        return problem(StatusCode::BAD_REQUEST, &format!("seed {seed}; below {SEED_MAX}"));
    }
    match wanted {
        Wanted::Sample { seed, number } => begin(&inside, "sample", 1, move |_, maker, patients| {
            let number = patients.add(maker.sampled(seed, number)?).map_err(|e| e.to_string())?;
            Ok(json!({ "patient": number }))
        }),
        Wanted::Cohort { count, .. } if !(1..=COHORT_COUNT_MAX).contains(&count) => {
            problem(StatusCode::BAD_REQUEST, &format!("{count} patients; 1 to {COHORT_COUNT_MAX}"))
        }
        Wanted::Cohort { seed, count } => begin(&inside, "cohort", count, move |progress, maker, patients| {
            let rows = maker.cohort(seed, count, &|done| progress.reached(done), &progress.stop)?;
            counted(seed, &rows, maker, patients)
        }),
    }
}

/// What came of a cohort. Those who failed are put on the list, to be looked at.
fn counted(seed: u64, rows: &[CohortRow], maker: &dyn PatientMaker, patients: &Patients) -> Result<Value, String> {
    let tried = rows.iter().filter_map(|row| row.outcome.as_ref().ok());
    // A patient on whom nothing was tried has failed no stick.
    let sticks = tried.clone().filter(|outcome| outcome.attempts > 0).count() as u64;
    let first = tried.clone().filter(|outcome| outcome.first_stick_success).count() as u64;
    let whole = tried.clone().filter(|outcome| outcome.success).count();
    let harm = tried.filter(|outcome| outcome.arterial_contact || outcome.nerve_contact).count();
    let mut failed = Vec::new();
    for row in rows.iter().filter(|row| row.outcome.as_ref().map_or(true, |o| !o.first_stick_success)).take(FAILED_LISTED_MAX) {
        let why = match &row.outcome {
            Ok(outcome) if outcome.success => format!("needed {} sticks", outcome.attempts),
            Ok(outcome) if outcome.attempts == 0 => format!("declined: {}", row.reason),
            Ok(_) => format!("failed: {}", row.reason),
            Err(cause) => cause.clone(),
        };
        let patient = maker.sampled(seed, row.patient)?;
        failed.push(patients.add(Patient { note: why, origin: Origin::Sampled, ..patient }).map_err(|e| e.to_string())?);
    }
    let rate = wilson(first, sticks.max(1), 0.95).map_err(|e| e.to_string())?;
    let interval = if sticks == 0 { Value::Null } else { json!([rate.low, rate.high]) };
    Ok(json!({
        "count": rows.len(), "stuck": sticks, "first_stick": first, "first_stick_interval_95": interval,
        "success": whole, "artery_or_nerve": harm, "failed_patients": failed,
    }))
}

async fn trial(State(inside): State<Inside>) -> Response {
    let Some(html) = &inside.config.trial_report else { return problem(StatusCode::NOT_FOUND, "the studio was opened without a trial") };
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html.as_ref().to_owned()).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(door::REPORT_POLICY));
    response
}
