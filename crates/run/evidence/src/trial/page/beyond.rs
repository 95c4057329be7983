//! What stands beside the comparison: other methods, several arms, crossover, times, models, stress.

use super::figures;
use super::results::{optional, p_cell};
use crate::number::{count, fixed, sig};
use crate::page::{Section, figure, table};
use crate::text::esc;
use crate::trial::analyse::{Analysis, EndpointResult};
use crate::trial::read::StudyRecords;

type Rows = Vec<(String, Vec<(String, &'static str)>)>;

/// The primary comparison by other methods.
pub(super) fn supporting(e: &EndpointResult, factor: f64, points: &str) -> String {
    let rows: Rows = e
        .supporting
        .iter()
        .map(|s| {
            let (factor, unit) = if s.is_difference { (factor, points) } else { (1.0, "") };
            let number = |v: Option<f64>| optional(v, |v| sig(v * factor, 3));
            let value =
                if s.value.is_some() { format!("{} ({} to {})", number(s.value), number(s.low), number(s.high)) } else { number(None) };
            let cells = vec![(esc(&s.method), ""), (esc(&s.estimates), ""), (esc(&value), "n"), (esc(unit), "u"), (p_cell(s.p_value), "n")];
            (String::new(), cells)
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("<h3>By other methods</h3>\n{}", table(&["Method", "Estimates", "#Value", "Unit", "#p"], &rows))
}

/// Each arm against the control.
pub(super) fn several(analysis: &Analysis, factor: f64, points: &str) -> String {
    let rows: Rows = analysis
        .several
        .iter()
        .map(|row| {
            let c = &row.comparison;
            let number = |v: Option<f64>| optional(v, |v| sig(v * factor, 3));
            let said = row.shown.map_or("", |shown| if shown { "shown" } else { "not shown" });
            let cells = vec![
                (format!("{} − {}", esc(&row.arm), esc(&row.control)), ""),
                (format!("{} ({} to {})", number(c.difference), number(c.low), number(c.high)), "n"),
                (p_cell(row.p_value), "n"),
                (p_cell(row.p_adjusted), "n"),
                (said.into(), ""),
            ];
            (String::new(), cells)
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let words = if analysis.multiplicity == "dunnett" {
        "adjusted by Dunnett's law of comparisons that share a control"
    } else {
        "adjusted by Holm's steps"
    };
    format!(
        "<h3>Each arm against the control</h3>\n<p>Intervals are not adjusted; p-values of the claim (one-sided, or two-sided without a claim) are {words}, and the claim is made with the adjusted ones.</p>\n{}",
        table(&["Comparison", &format!("#Difference, {points}"), "#p", "#p adjusted", "Claim"], &rows)
    )
}

/// Period and sequence.
pub(super) fn crossover(analysis: &Analysis, factor: f64, points: &str) -> String {
    let Some(c) = &analysis.crossover else { return String::new() };
    let rows: Rows = c
        .effects
        .iter()
        .map(|e| {
            let number = |v: Option<f64>| optional(v, |v| sig(v * factor, 3));
            let value = format!("{} ({} to {})", number(e.value), number(e.low), number(e.high));
            (String::new(), vec![(esc(&e.what), ""), (value, "n"), (p_cell(e.p_value), "n")])
        })
        .collect();
    let exact =
        c.mainland_gart_p.map_or_else(String::new, |p| format!(" Mainland and Gart's exact test of the treatment: p {}.", p_cell(Some(p))));
    format!(
        "<h3>Crossover: treatment, period, sequence</h3>\n<p>{} patients had the compared arm first, {} the control first. Differences within patients (Hills and Armitage 1979).{exact} Sequence is compared between patients and so weak: a test that is not significant shows no absence of carry-over. Here patients do not remember the first visit by construction.</p>\n{}",
        c.patients[0],
        c.patients[1],
        table(&["Effect", &format!("#Value, {points}"), "#p"], &rows)
    )
}

/// Time until the tube is full.
pub(super) fn times(analysis: &Analysis) -> String {
    let Some(t) = &analysis.times else { return String::new() };
    let rows: Rows = analysis
        .arms
        .iter()
        .zip(&t.arms)
        .map(|(info, arm)| {
            let s = |v: Option<f64>| optional(v, |v| fixed(v, 1));
            let cells = vec![
                (esc(&info.name), ""),
                (format!("{} of {}", arm.events, arm.draws), "n"),
                (format!("{} ({} to {})", s(arm.median_s[0]), s(arm.median_s[1]), s(arm.median_s[2])), "n"),
                (s(arm.restricted_mean_s), "n"),
            ];
            (String::new(), cells)
        })
        .collect();
    let [hr, low, high] = t.hazard_ratio.map(|v| optional(v, |v| sig(v, 3)));
    let pairing = if analysis.design == "parallel" {
        ""
    } else {
        " Both tests take the arms as independent; here the same patients are in all of them, which makes the tests cautious."
    };
    format!(
        "<h3>Time until the tube is full</h3>\n<p>From the start of the procedure; draws without a full tube are censored at their end. Log-rank p {}; ratio of hazards of the first compared arm to the control {hr} ({low} to {high}), p {} (Cox, Efron's ties; above 1 is sooner).{pairing}</p>\n{}{}",
        p_cell(t.log_rank_p),
        p_cell(t.hazard_p),
        table(&["Arm", "#Tubes filled", "#Median, s", &format!("#Mean up to {} s", fixed(t.horizon_s, 0))], &rows),
        figure(&figures::survival(analysis), "Kaplan and Meier: share of tubes that are not full yet.")
    )
}

/// Predictions, influence of covariates, heat map.
pub(super) fn models(study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let rows: Rows = analysis
        .calibration
        .iter()
        .map(|c| {
            let number = |v: Option<f64>| optional(v, |v| sig(v, 3));
            let bins: Vec<String> =
                c.bins.iter().map(|(p, o, n)| format!("{} → {} ({n})", fixed(100.0 * p, 0), fixed(100.0 * o, 0))).collect();
            let cells = vec![
                (esc(&c.arm), ""),
                (count(c.count), "n"),
                (number(c.brier), "n"),
                (number(c.brier_of_rate), "n"),
                (number(c.slope), "n"),
                (esc(&bins.join(", ")), "w"),
            ];
            (String::new(), cells)
        })
        .collect();
    let calibration = if rows.is_empty() {
        "<p class=\"absent\">No arm predicts its success.</p>\n".into()
    } else {
        table(&["Arm", "#Draws", "#Brier's score", "#Of the mean rate", "#Slope", "Predicted → observed, % (draws)"], &rows)
    };
    let rows: Rows = analysis
        .influence
        .iter()
        .map(|r| {
            let share = optional(r.share, |v| fixed(100.0 * v, 1));
            let end = |v: Option<f64>| optional(v, |v| sig(v, 3));
            let cells = vec![
                (esc(&super::who::words(&r.covariate)), ""),
                (count(r.count), "n"),
                (share, "n"),
                (format!("{} / {}", end(r.ends[0]), end(r.ends[1])), "n"),
            ];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">Each patient's parameters are drawn anew from their distributions, so the spread between patients is the uncertainty of the models as far as it is stated, and the intervals above carry it. What is not known of the models' form is in no interval.</p>\n<h3>Predicted and observed first sticks</h3>\n{calibration}<h3>Which covariates matter, first compared arm</h3>\n<p>Share of the variance of the primary endpoint between fifths of each covariate, less what chance gives (ε²; below 0 is nothing). Covariates go together, so the shares do not add up.</p>\n{}{}",
        table(&["Covariate", "#Patients", "#Share, %", "#Lowest / highest fifth"], &rows),
        figure(
            &figures::heat(study, analysis),
            "Success at the first stick in the first compared arm, %, by depth and height of the reference vein (quarters of the cohort); patients in brackets."
        )
    );
    Section { id: "influence", title: "Uncertainty, predictions, influence", body }
}

/// A stress test, when the records hold one.
pub(super) fn stress(study: &StudyRecords<'_>) -> Section {
    let (id, title) = ("stress", "Most likely failure");
    let Some(t) = study.table("stress") else {
        let body = "<p class=\"absent\">No stress test was given: <code>proband trial … --stress FOLDER</code>.</p>\n";
        return Section { id, title, body: body.into() };
    };
    let empty = Vec::new();
    let column = |name: &str| t.texts(name).map_or(empty.as_slice(), |v| v);
    let rows: Rows = column("item").iter().zip(column("value")).map(|(a, b)| (String::new(), vec![(esc(a), ""), (esc(b), "w")])).collect();
    let mut body = format!(
        "<p class=\"lead\">From a stress test of its own, whose tables stand beside those of the trial.</p>\n{}",
        table(&["", ""], &rows)
    );
    if let Some(drawing) = figures::failure(study) {
        body.push_str(&figure(&drawing, "The most likely failure that was found, made small: distance from breaking the rule around its worst moment; below zero it is broken."));
    }
    if let Some(inputs) = study.table("stress_inputs") {
        let (Ok(names), Ok(units), Ok(medians), Ok(found)) =
            (inputs.texts("input"), inputs.texts("unit"), inputs.f64s("median"), inputs.f64s("minimised"))
        else {
            return Section { id, title, body };
        };
        let rows: Rows = (0..names.len())
            .map(|i| {
                let number = |v: f64| if v.is_finite() { sig(v, 3) } else { "as usual".into() };
                (String::new(), vec![(esc(&names[i]), ""), (esc(&units[i]), "u"), (number(medians[i]), "n"), (number(found[i]), "n")])
            })
            .collect();
        body.push_str(&table(&["Input", "Unit", "#Usual", "#In the failure"], &rows));
    }
    Section { id, title, body }
}
