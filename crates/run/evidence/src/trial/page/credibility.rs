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
    ("Discretisation error", "claims on step sizes in the same table, where a model has them; no mesh refinement on context-of-use runs"),
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
            let cells = vec![(esc(factor), ""), (esc(&format!("{evidence}{extra}")), "w"), ("&nbsp;".into(), "w"), ("&nbsp;".into(), "w")];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "<p class=\"lead\">Context of use: {}. Factors of ASME V&amp;V 40-2018 with what this program can show; goal and grade are for a person to set, the goal before looking. It is not a scoring method: no number sums this up.</p>\n{}<p>Model risk (influence of the model × consequence of a wrong decision): to be set by the user. Signed: ____________________</p>\n",
        esc(analysis.context_of_use.trim_end_matches('.')),
        table(&["Factor", "Evidence here", "Goal (set beforehand)", "Achieved (by a person)"], &rows)
    );
    Section { id: "credibility", title: "Credibility factors", body }
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
        "<p class=\"lead\">Same version, study and seed give the same records, bit for bit, for any number of threads and shards and after any interruption.</p>\n{}{}{problems}",
        table(&["", ""], &facts),
        table(&["Table", "#Rows", "#Columns", "Digest (size in bytes, BLAKE3)"], &rows)
    );
    Section { id: "provenance", title: "Seeds, versions, digests", body }
}
