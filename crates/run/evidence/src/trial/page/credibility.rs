//! Why, and how far, to believe it.

use crate::RunRecords;
use crate::number::{MISSING, count, fixed};
use crate::page::{Section, absent, badge, provenance::table_rows, table};
use crate::stats::Rate;
use crate::text::{esc, title_of};
use crate::trial::analyse::{Analysis, mean_of};
use crate::trial::read::StudyRecords;

/// The thirteen factors of ASME V&V 40-2018, and what this program can put down for each. The list of factors is a prior: from
/// general knowledge, to be confirmed against the standard.
const FACTORS: [(&str, &str); 13] = [
    ("Software quality assurance", "tests, lints and house rules of the source; version and digests below"),
    ("Numerical code verification", "the table of code verification in this report"),
    (
        "Discretisation error",
        "claims on step and mesh sizes in the same table; calculation verification below for vein and tube; the scene's tick itself is fixed",
    ),
    ("Numerical solver error", "solvers stop on residuals; a cap that is hit is a warning of the run"),
    ("Use error", "the study file is checked as a whole before anything runs; its text lies beside the records"),
    ("Model form", "the limitations in this report"),
    ("Model inputs", "parameter provenance by status in this report; uncertainty is sampled per patient"),
    ("Test samples (comparator)", "published studies in the validation table; none was run for this study"),
    ("Test conditions (comparator)", "as published; not reproduced"),
    ("Equivalency of inputs", "not shown: the published patients' anatomy is not known"),
    ("Output comparison", "the validation table; rates with intervals, no criterion set by a person"),
    ("Relevance of the quantities of interest", "the primary endpoint is defined as in the published trials"),
    ("Relevance of validation to the context of use", "to be argued by a person"),
];

/// Names of the factors, for which goals may be set beforehand.
pub const CREDIBILITY_FACTORS: [&str; 13] = {
    let mut names = [""; 13];
    let mut i = 0;
    while i < 13 {
        names[i] = FACTORS[i].0;
        i += 1;
    }
    names
};

pub(super) fn validation(study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let mut rows = Vec::new();
    let inside = |is: bool| if is { badge("no", "inside") } else { badge("yes", "outside") };
    for (i, arm) in analysis.arms.iter().enumerate() {
        let success = Rate::of(study.endpoint(i, "first_stick_success").into_iter().flatten());
        let ours = format!("{} % of {}", fixed(100.0 * success.value(), 1), success.count);
        let mut row = |what: &str, ours: &str, published: &str, judged: String, role: &str| {
            let cells =
                vec![(esc(&arm.name), ""), (esc(what), ""), (esc(ours), "n"), (esc(published), "w"), (judged, ""), (esc(role), "src")];
            rows.push((String::new(), cells));
        };
        let rate = success.value();
        if arm.manual {
            let judged = inside((0.93..=0.97).contains(&rate));
            row("first stick", &ours, "93–97 % (comparator in ADOPT 2024, trade report)", judged, "calibrated to it: no validation");
        } else {
            let judged = inside((0.711..=0.949).contains(&rate));
            row("first stick", &ours, "27 of 31, Wilson 95 % interval 71–95 % (Leipheimer 2019; interval computed)", judged, "not fitted");
        }
        let number = |name: &str, factor: f64| mean_of(study, i, name).map(|(m, s, n)| (m * factor, s * factor, n));
        let mut mean = |what: &str, name: &str, factor: f64, published: &str, range: [f64; 2]| {
            if let Some((m, s, n)) = number(name, factor) {
                row(
                    what,
                    &format!("{} ± {}, n = {n}", fixed(m, 1), fixed(s, 1)),
                    published,
                    inside((range[0]..=range[1]).contains(&m)),
                    "not fitted",
                );
            }
        };
        if arm.manual {
            mean("needle inserted, mm", "insertion_length_m", 1e3, "25 mm on average, taken as ± 5 (PMC3726589)", [20.0, 30.0]);
            mean(
                "tip under the front wall, mm",
                "tip_depth_under_front_wall_m",
                1e3,
                "1.5–1.6 mm, computed from 6 mm at 15.2° (PMC3726589)",
                [1.5, 1.6],
            );
        } else {
            mean("tourniquet to needle out, s", "time_stick_s", 1.0, "93 ± 30 s (Leipheimer 2019)", [63.0, 123.0]);
        }
    }
    let words = "Each arm beside published figures, with a range that was fixed in the program and not by this study. The published patients are others; a figure that lies inside is no proof, one that lies outside is a warning.";
    let body = format!("<p class=\"lead\">{words}</p>\n{}", table(&["Arm", "What", "#Here", "Published", "", "Role"], &rows));
    Section { id: "validation", title: "Beside published figures", body }
}

pub(super) fn verification(study: &StudyRecords<'_>) -> Section {
    let (id, title) = ("verification", "Code verification");
    let Some(t) = study.table("verification") else {
        let body = "<p class=\"absent\">Not given. <code>proband verify --json &gt; claims.json</code>, then <code>proband trial … --verify claims.json</code> or <code>proband evidence … --verify claims.json</code>.</p>\n";
        return Section { id, title, body: body.into() };
    };
    let word = |name: &str, row: usize| t.texts(name).ok().and_then(|v| v.get(row)).cloned().unwrap_or_default();
    let pass = |row: usize| t.bools("pass").ok().and_then(|v| v.get(row)).copied().unwrap_or(false);
    let passed = (0..t.row_count()).filter(|r| pass(*r)).count();
    let rows: Vec<_> = (0..t.row_count())
        .map(|r| {
            let obtained = t.f64s("obtained").ok().and_then(|v| v.get(r)).copied().unwrap_or(f64::NAN);
            let cells = vec![
                (format!("{}: {}", esc(&word("title", r)), esc(&word("name", r))), "w"),
                (esc(&word("accepts", r)), "n"),
                (if obtained.is_finite() { format!("{obtained:.6}") } else { MISSING.into() }, "n"),
                (esc(&word("unit", r)), "u"),
                (if pass(r) { badge("no", "met") } else { badge("yes", "not met") }, ""),
                (esc(&word("source", r)), "src"),
            ];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">{passed} of {} expectations are met, as <code>proband verify</code> computed them.</p>\n<details><summary>Every expectation</summary>{}</details>\n",
        t.row_count(),
        table(&["Case", "#Expected", "#Obtained", "Unit", "", "Source"], &rows)
    );
    Section { id, title, body }
}

pub(super) fn parameters(study: &StudyRecords<'_>) -> Section {
    let (id, title) = ("parameters", "Where the parameters come from");
    let Some(t) = study.table("parameters") else { return Section { id, title, body: absent("parameters") } };
    let empty = Vec::new();
    let column = |name: &str| t.texts(name).map_or(empty.as_slice(), |v| v);
    let (names, statuses, units, sources) = (column("name"), column("status"), column("unit"), column("source"));
    let tally: Vec<_> = ["published", "computed", "measured", "prior"]
        .iter()
        .map(|status| {
            let n = statuses.iter().filter(|s| s == status).count();
            (
                String::new(),
                vec![
                    (badge(status, status), ""),
                    (count(n as u64), "n"),
                    (format!("{} %", fixed(100.0 * n as f64 / statuses.len().max(1) as f64, 0)), "n"),
                ],
            )
        })
        .collect();
    let rows: Vec<_> = (0..names.len())
        .map(|i| {
            let get = |v: &[String]| v.get(i).map_or("", String::as_str).to_owned();
            let status = get(statuses);
            let class = if ["published", "computed", "measured", "prior"].contains(&status.as_str()) { status.as_str() } else { "plain" };
            let cells = vec![(esc(&names[i]), ""), (esc(&get(units)), "u"), (badge(class, &status), ""), (esc(&get(sources)), "src")];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">Uncertain parameters of a patient by how far they may be trusted. A prior is good to sample from, not to quote.</p>\n{}<details><summary>Every parameter with its source</summary>{}</details>\n",
        table(&["Status", "#Parameters", "#Share"], &tally),
        table(&["Parameter", "Unit", "Status", "Source"], &rows)
    );
    Section { id, title, body }
}

pub(super) fn factors(study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let verified = if study.table("verification").is_some() { "" } else { " (not given for this report)" };
    let rows: Vec<_> = FACTORS
        .iter()
        .map(|(factor, evidence)| {
            let extra = if factor.starts_with("Numerical code") { verified } else { "" };
            let goal = study.said("goal.").find(|(name, _)| name == factor).map_or_else(|| "&nbsp;".into(), |(_, goal)| esc(goal));
            let cells = vec![(esc(factor), ""), (esc(&format!("{evidence}{extra}")), "w"), (goal, "w"), ("&nbsp;".into(), "w")];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">Context of use: {}. Factors of ASME V&amp;V 40-2018 with what this program can show; goal and grade are for a person to set, the goal before looking. It is not a scoring method: no number sums this up.</p>\n{}{}<p>Goals are those of the study file, set before anybody was simulated. Achieved, and adequate for the context of use? Name, date, signature: ____________________</p>\n",
        esc(analysis.context_of_use.trim_end_matches('.')),
        risk(study),
        table(&["Factor", "Evidence here", "Goal (set beforehand)", "Achieved (by a person)"], &rows)
    );
    Section { id: "credibility", title: "Credibility factors", body }
}

/// Model risk as a person set it: influence × consequence.
fn risk(study: &StudyRecords<'_>) -> String {
    const LEVELS: [&str; 3] = ["low", "medium", "high"];
    let said = |name: &str| study.said("risk.").find(|(key, _)| *key == name).map_or("", |(_, words)| words);
    let (influence, consequence) = (said("influence"), said("consequence"));
    if influence.is_empty() && consequence.is_empty() {
        return "<p>Model risk (influence of the model × consequence of a wrong decision): not set in the study file.</p>\n".into();
    }
    let rows: Vec<_> = LEVELS
        .iter()
        .rev()
        .map(|level| {
            let mut cells = vec![(esc(&format!("influence {level}")), "")];
            cells.extend(LEVELS.iter().map(|c| {
                let here = influence == *level && consequence == *c;
                (if here { badge("measured", "set here") } else { "&nbsp;".into() }, "")
            }));
            (String::new(), cells)
        })
        .collect();
    format!(
        "<h3>Model risk, as the user set it</h3>\n{}<p>Influence of the simulation on the decision: {}; consequence of a wrong decision: {}. {}</p>\n",
        table(&["", "consequence low", "consequence medium", "consequence high"], &rows),
        esc(if influence.is_empty() { "not set" } else { influence }),
        esc(if consequence.is_empty() { "not set" } else { consequence }),
        esc(said("reason"))
    )
}

pub(super) fn calculation(analysis: &Analysis) -> Section {
    let (id, title) = ("calculation", "Calculation verification");
    if analysis.refinement.is_empty() {
        return Section { id, title, body: absent("finer and coarser steps") };
    }
    let rows: Vec<_> = analysis
        .refinement
        .iter()
        .map(|r| {
            let unit = crate::number::unit_for(&r.unit, r.values[0].abs(), &r.quantity);
            let value = |v: f64| crate::number::sig(v * unit.factor, 7);
            let or = |v: Option<f64>, show: &dyn Fn(f64) -> String| v.map_or_else(|| "does not settle".into(), show);
            let mut cells = vec![(esc(&r.quantity), ""), (esc(&unit.name), "u")];
            cells.extend(r.values.iter().map(|v| (esc(&value(*v)), "n")));
            cells.push((or(r.order, &|p| fixed(p, 2)), "n"));
            cells.push((or(r.extrapolated, &value), "n"));
            cells.push((or(r.index, &|g| crate::number::sig(100.0 * g, 2)), "n"));
            (String::new(), cells)
        })
        .collect();
    let steps = analysis.refinement[0].steps.map(|s| format!("#at {} ms", crate::number::sig(1e3 * s, 3)));
    let heads = ["Quantity", "Unit", steps[0].as_str(), &steps[1], &steps[2], "#Observed order", "#Extrapolated", "#GCI, %"];
    let words = "Vein and tube of the first patients of this study, computed at the scene's tick, at twice and at four times it: observed order of the error, value at an endlessly fine step, and grid convergence index of the tick in use (Celik 2008, factor of safety 1.25). The scene as a whole has one fixed tick of 1 ms; where an order is not that of the method (first order), the quantity is limited by something other than the step.";
    Section { id, title, body: format!("<p class=\"lead\">{words}</p>\n{}", table(&heads, &rows)) }
}

pub(super) fn applicability(analysis: &Analysis) -> Section {
    let (id, title) = ("applicability", "Applicability");
    if analysis.applicability.is_empty() {
        let body = "<p class=\"absent\">No range of validation is declared in the study file (<code>credibility.applies</code>): how much of the cohort lies outside it cannot be said.</p>\n";
        return Section { id, title, body: body.into() };
    }
    let rows: Vec<_> = analysis
        .applicability
        .iter()
        .map(|r| {
            let range = r.range.map_or_else(String::new, |[l, h]| format!("{l} to {h}"));
            let share = 100.0 * r.outside as f64 / r.count.max(1) as f64;
            let name = if r.range.is_some() { super::who::words(&r.covariate) } else { r.covariate.clone() };
            let cells = vec![(esc(&name), ""), (range, "n"), (format!("{} of {} ({} %)", r.outside, r.count, fixed(share, 1)), "n")];
            (String::new(), cells)
        })
        .collect();
    let words = "Ranges in which, by the study file, the models were compared with people, and how much of the cohort lies outside them or is not known to lie inside. Whether they were compared well enough is for a person to say.";
    Section {
        id,
        title,
        body: format!("<p class=\"lead\">{words}</p>\n{}", table(&["Covariate", "#Declared range", "#Patients outside"], &rows)),
    }
}

/// What the program is made of.
pub(super) fn components(study: &StudyRecords<'_>) -> Section {
    let (id, title) = ("components", "Software bill of materials");
    let Some(t) = study.table("components") else { return Section { id, title, body: absent("components") } };
    let empty = Vec::new();
    let column = |name: &str| t.texts(name).map_or(empty.as_slice(), |v| v);
    let rows: Vec<_> = column("name")
        .iter()
        .zip(column("version"))
        .zip(column("origin").iter().zip(column("checksum")))
        .map(|((name, version), (origin, sum))| {
            let cells = vec![(esc(name), ""), (esc(version), "n"), (esc(origin), ""), (format!("<code>{}</code>", esc(sum)), "src")];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">{} packages in the lock file from which the program is built, those for its tests among them.</p>\n<details><summary>Every package with its checksum (SHA-256)</summary>{}</details>\n",
        rows.len(),
        table(&["Package", "#Version", "From", "Checksum"], &rows)
    );
    Section { id, title, body }
}

pub(super) fn limitations(study: &StudyRecords<'_>) -> Section {
    let (id, title) = ("limitations", "What the models leave out");
    let Some(t) = study.table("limitations") else { return Section { id, title, body: absent("limitations") } };
    let (Ok(about), Ok(text)) = (t.texts("about"), t.texts("limitation")) else {
        return Section { id, title, body: absent("limitations") };
    };
    let rows: Vec<_> = about.iter().zip(text).map(|(a, l)| (String::new(), vec![(esc(a), ""), (esc(l), "w")])).collect();
    let body = format!("<p class=\"lead\">As the models themselves declare.</p>\n{}", table(&["About", "Left out or simplified"], &rows));
    Section { id, title, body }
}

pub(super) fn provenance(run: &RunRecords, analysis: &Analysis, digests: &[(String, String)]) -> Section {
    let facts = [
        ("To make the records again", "<code>proband trial study.toml</code> with the file beside the records".to_owned()),
        ("To make this page again", "<code>proband evidence</code> with the folder of the trial".into()),
        (
            "To see whether the records stand",
            "<code>proband evidence verify</code> with the folder, and <code>--head</code> with the hash below kept elsewhere".into(),
        ),
        ("Program and version", format!("<code>{} {}</code>", esc(&run.info.program), esc(&run.info.version))),
        ("Seed", format!("<code>{}</code>", analysis.seed)),
        ("Last hash of the chain over all draws", format!("<code>{}</code>", esc(&analysis.chain_head))),
    ];
    let facts: Vec<_> = facts.into_iter().map(|(name, value)| (String::new(), vec![(esc(name), ""), (value, "w")])).collect();
    let rows = table_rows(run, digests);
    let problems: Vec<_> = run.problems.iter().map(|p| (String::new(), vec![(title_of(&p.place), ""), (esc(&p.text), "w")])).collect();
    let problems = if problems.is_empty() { String::new() } else { table(&["Damaged", "How"], &problems) };
    let body = format!(
        "<p class=\"lead\">To follow a number to its rows: an endpoint is the column of its name in <code>records/draws.parquet</code> (one row per patient and arm, <code>finished</code> says whether it counts, <code>index</code> finds the patient in <code>patients.parquet</code>); a group is a condition on a column of <code>patients</code>; the flow is <code>screening</code> and <code>status</code>. Same version, study and seed give the same records, bit for bit, for any number of threads and shards and after any interruption.</p>\n{}{}{problems}",
        table(&["", ""], &facts),
        table(&["Table", "#Rows", "#Columns", "Digest (size in bytes, BLAKE3)"], &rows)
    );
    Section { id: "provenance", title: "Seeds, versions, digests", body }
}
