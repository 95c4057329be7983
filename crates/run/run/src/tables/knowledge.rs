//! Beliefs, sites and parameters.

use proband_core::{Column, CoreError, Table};
use proband_twin::{Truth, Twin};

use crate::recorder::{BeliefRow, Recorder};

/// Order of the stages in the report.
const STAGES: [&str; 5] = ["prior", "nir", "ultrasound", "aligned", "inserting"];
/// Rows of other sites kept beside those of the chosen one.
const OTHER_ROWS_MAX: usize = 200;

/// Beliefs about the chosen sites first, stage by stage: the prior of the site's vein and the near-infrared line that
/// led to it carry the site's name, so that one quantity can be followed from prior to puncture.
pub(super) fn beliefs(recorder: &Recorder) -> Result<Table, CoreError> {
    let mut rows: Vec<BeliefRow> = Vec::new();
    for plan in &recorder.plans {
        let vein = plan.site.split(' ').next().unwrap_or("");
        for stage in STAGES {
            for row in &recorder.beliefs {
                let own = row.stage == stage && (row.site == plan.site || (stage == "prior" && row.site == vein));
                let renamed = BeliefRow { site: plan.site.clone(), ..row.clone() };
                if own && !rows.iter().any(|r| same(r, &renamed)) {
                    rows.push(renamed);
                }
            }
            if stage == "nir" {
                rows.extend(nearest_line(recorder, plan.tip_m, &plan.site));
            }
        }
    }
    let others = recorder.beliefs.iter().filter(|r| r.stage == "ultrasound" && !recorder.plans.iter().any(|p| p.site == r.site));
    rows.extend(others.take(OTHER_ROWS_MAX).cloned());
    let mut t = Table::new("beliefs");
    let text = |get: &dyn Fn(&BeliefRow) -> &str| Column::Text(rows.iter().map(|r| get(r).to_owned()).collect());
    t.push("site", "", "", "controller", text(&|r| &r.site))?;
    t.push("quantity", "", "", "controller", text(&|r| &r.quantity))?;
    t.push("stage", "", "", "controller", text(&|r| &r.stage))?;
    t.push("unit", "", "", "controller", text(&|r| if r.quantity.ends_with("_rad") { "rad" } else { "m" }))?;
    t.push("mean", "", "patient_lps", "controller; unit in its column", Column::F64(rows.iter().map(|r| r.mean).collect()))?;
    t.push("sd", "", "", "controller; unit in its column", Column::F64(rows.iter().map(|r| r.sd).collect()))?;
    t.push("truth", "", "patient_lps", "scorer; unit in its column", Column::F64(rows.iter().map(|r| r.truth).collect()))?;
    Ok(t)
}

fn same(a: &BeliefRow, b: &BeliefRow) -> bool {
    a.site == b.site && a.quantity == b.quantity && a.stage == b.stage && a.mean.to_bits() == b.mean.to_bits()
}

/// The near-infrared sighting nearest to the chosen tip.
fn nearest_line(recorder: &Recorder, tip_m: [f64; 3], site: &str) -> Option<BeliefRow> {
    recorder
        .beliefs
        .iter()
        .filter(|r| r.stage == "nir" && (r.mean - tip_m[0]).abs() < 8e-3)
        .min_by(|a, b| (a.mean - tip_m[0]).abs().total_cmp(&(b.mean - tip_m[0]).abs()))
        .map(|r| BeliefRow { site: site.to_owned(), ..r.clone() })
}

pub(super) fn sites(recorder: &Recorder) -> Result<Table, CoreError> {
    let rows = &recorder.sites;
    let mut t = Table::new("sites");
    t.push("rank", "1", "", "planner", Column::I64((1..=rows.len() as i64).collect()))?;
    t.push("vein", "", "", "planner", Column::Text(rows.iter().map(|r| r.vein.clone()).collect()))?;
    let mut number = |name: &str, unit: &str, get: &dyn Fn(&proband_procedure::SiteNote) -> f64| {
        t.push(name, unit, "patient_lps", "planner", Column::F64(rows.iter().map(get).collect()))
    };
    number("x_m", "m", &|r| r.target_m[0])?;
    number("y_m", "m", &|r| r.target_m[1])?;
    number("z_m", "m", &|r| r.target_m[2])?;
    number("depth_m", "m", &|r| r.depth_m)?;
    number("diameter_m", "m", &|r| r.diameter_m)?;
    number("straight_m", "m", &|r| r.straight_m)?;
    number("artery_distance_m", "m", &|r| r.artery_distance_m)?;
    number("nerve_distance_m", "m", &|r| r.nerve_distance_m)?;
    number("score", "1", &|r| r.score)?;
    number("predicted_success", "1", &|r| r.predicted_success)?;
    t.push("chosen", "", "", "planner", Column::Bool(rows.iter().map(|r| r.chosen).collect()))?;
    t.push("reject_reason", "", "", "planner", Column::Text(rows.iter().map(|r| r.reject_reason.clone()).collect()))?;
    Ok(t)
}

pub(super) fn parameters(twin: &Twin, truth: &Truth) -> Result<Table, CoreError> {
    let rows = &twin.parameters;
    let mut t = Table::new("parameters");
    t.push("name", "", "", "twin", Column::Text(rows.iter().map(|r| r.name.clone()).collect()))?;
    let values = rows.iter().map(|r| truth.value(&r.name).unwrap_or(f64::NAN)).collect();
    t.push("value", "", "", "drawn for this patient; unit in its column", Column::F64(values))?;
    t.push("unit", "", "", "twin", Column::Text(rows.iter().map(|r| r.value.unit.clone()).collect()))?;
    t.push("mean", "", "", "twin; unit in its column", Column::F64(rows.iter().map(|r| r.value.distribution.mean()).collect()))?;
    t.push("sd", "", "", "twin; unit in its column", Column::F64(rows.iter().map(|r| r.value.distribution.sd()).collect()))?;
    let words = rows.iter().map(|r| describe(&r.value.distribution)).collect();
    t.push("distribution", "", "", "twin", Column::Text(words))?;
    let status = rows.iter().map(|r| format!("{:?}", r.value.status).to_lowercase()).collect();
    t.push("status", "", "", "twin", Column::Text(status))?;
    t.push("source", "", "", "twin", Column::Text(rows.iter().map(|r| r.value.source.clone()).collect()))?;
    Ok(t)
}

fn describe(distribution: &proband_core::Distribution) -> String {
    use proband_core::Distribution as D;
    match distribution {
        D::Constant { value } => format!("constant {value:.4e}"),
        D::Uniform { low, high } => format!("uniform {low:.4e} to {high:.4e}"),
        D::Normal { mean, sd } => format!("normal {mean:.4e} ± {sd:.4e}"),
        D::TruncatedNormal { mean, sd, low, high } => format!("normal {mean:.4e} ± {sd:.4e} within {low:.4e} to {high:.4e}"),
        D::LogNormal { mu, sigma } => format!("log-normal μ {mu:.4}, σ {sigma:.4}"),
        D::Bernoulli { probability } => format!("1 with probability {probability:.4}"),
    }
}
