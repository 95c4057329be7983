use proband_core::{Column, Table};
use proband_record::{RECORDS_FOLDER, RunManifest, record_path, row_chain, write_table};
use tempfile::TempDir;

use super::*;

fn text(t: &mut Table, name: &str, values: &[&str]) {
    t.push(name, "", "", "", Column::Text(values.iter().map(|v| (*v).to_owned()).collect())).unwrap();
}

/// Results of both arms by patient: first-stick success, NaN for none.
struct Made {
    design: &'static str,
    first: Vec<f64>,
    second: Vec<f64>,
    looks: &'static str,
}

/// (both, first only, second only, neither), and how many of the first arm's successes are missing instead.
fn paired(counts: [usize; 4], missing: usize) -> Made {
    let [both, first, second, neither] = counts;
    let mut a = [vec![1.0; both], vec![1.0; first], vec![0.0; second], vec![0.0; neither]].concat();
    let b = [vec![1.0; both], vec![0.0; first], vec![1.0; second], vec![0.0; neither]].concat();
    a[..missing].fill(f64::NAN);
    Made { design: "paired", first: a, second: b, looks: "1" }
}

fn draws_table(made: &Made) -> Table {
    let (n, parallel) = (made.first.len(), made.design == "parallel");
    let mut rows: Vec<(i64, i64, f64)> = made.first.iter().enumerate().map(|(i, v)| (i as i64, 0, *v)).collect();
    rows.extend(made.second.iter().enumerate().map(|(i, v)| ((i + if parallel { n } else { 0 }) as i64, 1, *v)));
    let mut t = Table::new("draws");
    t.push("index", "1", "", "", Column::I64(rows.iter().map(|r| r.0).collect())).unwrap();
    t.push("arm", "1", "", "", Column::I64(rows.iter().map(|r| r.1).collect())).unwrap();
    t.push("finished", "", "", "", Column::Bool(rows.iter().map(|r| r.2.is_finite()).collect())).unwrap();
    t.push("first_stick_success", "1", "", "", Column::F64(rows.iter().map(|r| r.2).collect())).unwrap();
    t.push("arterial_contact", "1", "", "", Column::F64(rows.iter().map(|r| r.2 * 0.0).collect())).unwrap();
    t.push("time_stick_s", "s", "", "", Column::F64(rows.iter().map(|r| 40.0 + r.0 as f64 - r.1 as f64 + r.2 * 0.0).collect())).unwrap();
    let causes: Vec<String> = rows.iter().map(|r| if r.2.is_finite() { String::new() } else { "panicked: <b>boom</b>".into() }).collect();
    t.push("set_apart", "", "", "", Column::Text(causes)).unwrap();
    t
}

/// The folder of a trial with the given results.
fn folder(made: &Made) -> TempDir {
    let patients = if made.design == "parallel" { made.first.len() + made.second.len() } else { made.first.len() };
    let mut study = Table::new("study");
    let rows = [
        ("title", "A <script>study</script>"),
        ("design", made.design),
        ("confidence", "0.95"),
        ("missing", "failure"),
        ("looks", made.looks),
        ("spending", "obrien_fleming"),
        ("subgroup.female", ""),
        ("include", "age_y >= 18"),
    ];
    text(&mut study, "key", &rows.map(|r| r.0));
    text(&mut study, "value", &rows.map(|r| r.1));
    let mut arms = Table::new("arms");
    text(&mut arms, "name", &["new", "old"]);
    text(&mut arms, "policy", &["robot", "hand"]);
    arms.push("manual", "", "", "", Column::Bool(vec![false, true])).unwrap();
    let mut plan = Table::new("plan");
    for (name, values) in [
        ("endpoint", ["first_stick_success", "time_stick_s"]),
        ("role", ["primary", "secondary"]),
        ("kind", ["binary", "number"]),
        ("unit", ["1", "s"]),
        ("definition", ["d", "d"]),
        ("hypothesis", ["non_inferiority", "estimate"]),
    ] {
        text(&mut plan, name, &values);
    }
    plan.push("more_is_better", "", "", "", Column::Bool(vec![true, false])).unwrap();
    plan.push("margin", "", "", "", Column::F64(vec![0.1, f64::NAN])).unwrap();
    let mut screening = Table::new("screening");
    text(&mut screening, "step", &["asked", "turned away", "enrolled"]);
    text(&mut screening, "reason", &["", "not age_y >= 18", ""]);
    screening.push("count", "1", "", "", Column::I64(vec![patients as i64 + 3, 3, patients as i64])).unwrap();
    let mut parameters = Table::new("parameters");
    for name in ["name", "unit", "status", "source"] {
        text(&mut parameters, name, &["prior"]);
    }
    let mut people = Table::new("patients");
    people.push("index", "1", "", "", Column::I64((0..patients as i64).collect())).unwrap();
    people.push("female", "1", "", "", Column::F64((0..patients).map(|i| (i % 2) as f64).collect())).unwrap();
    people.push("age_y", "a", "", "", Column::F64((0..patients).map(|i| 20.0 + i as f64).collect())).unwrap();
    let draws = draws_table(made);
    let hashes = row_chain(&[&study, &arms, &plan, &screening, &parameters, &people], &draws).unwrap();
    let digest = hashes.last().unwrap().clone();
    let mut chain = Table::new("chain");
    chain.push("hash", "", "", "", Column::Text(hashes)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(RECORDS_FOLDER)).unwrap();
    for table in [study, arms, plan, screening, parameters, people, draws, chain] {
        write_table(&record_path(folder.path(), &table.name), &table).unwrap();
    }
    let manifest = RunManifest {
        program: "proband".into(),
        version: "0".into(),
        command: String::new(),
        procedure: "venipuncture".into(),
        scenario: String::new(),
        seed: 1,
        patient: 0,
        twin: String::new(),
        digest,
        not_a_device: true,
    };
    std::fs::write(folder.path().join("run.toml"), manifest.to_toml().unwrap()).unwrap();
    folder
}

fn primary(made: &Made) -> (EndpointResult, Analysis) {
    let folder = folder(made);
    let analysis = trial_evidence(folder.path()).unwrap().analysis;
    (analysis.endpoints[0].clone(), analysis)
}

/// Count the pairs and take Tango's interval of them.
#[test]
fn pairs_give_tangos_interval() {
    let (e, analysis) = primary(&paired([43, 2, 1, 3], 0));
    let c = &e.comparison;
    assert_eq!(c.pairs, Some([43, 2, 1, 3]));
    assert!((c.difference.unwrap() - 1.0 / 49.0).abs() < 1e-12);
    let counts = proband_math::stats::PairedCounts { both: 43, first_only: 2, second_only: 1, neither: 3 };
    let tango = proband_math::stats::tango(counts, 0.95).unwrap();
    assert_eq!((c.low, c.high), (Some(tango.low), Some(tango.high)));
    assert!(analysis.flow.sums_hold && analysis.safety[0].arms[0].0 == 0);
}

/// Claim non-inferiority when the interval lies above the margin and not otherwise; a look and the interval agree.
#[test]
fn the_claim_follows_the_interval() {
    let (e, _) = primary(&paired([180, 6, 6, 8], 0));
    assert_eq!(e.shown, Some(true), "{}", e.verdict);
    let (e, _) = primary(&paired([30, 3, 3, 4], 0));
    assert_eq!(e.shown, Some(false), "{}", e.verdict);
    let one = Made { looks: "0.5, 1", ..paired([30, 3, 3, 4], 0) };
    let (e, analysis) = primary(&one);
    assert_eq!(e.shown, Some(false), "{:?}", analysis.looks);
    let last = &analysis.looks[1];
    let margin_reached = e.comparison.low.unwrap() > -0.1;
    assert_eq!(last.z.unwrap() > 1.96, margin_reached);
}

/// Take a missing result as a failure, say what the other readings give, and lose nobody.
#[test]
fn missing_results_tip_the_claim() {
    let (e, analysis) = primary(&paired([180, 6, 6, 8], 12));
    assert_eq!((e.arms[0].missing, e.arms[0].count, e.comparison.count), (12, 200, 200));
    assert_eq!(e.shown, Some(false));
    let shown: Vec<_> = analysis.missing.iter().map(|m| m.shown).collect();
    assert_eq!(shown, [Some(false), Some(true), Some(false), Some(true)]);
    let arm = &analysis.flow.arms[0];
    assert_eq!((arm.allocated, arm.finished, arm.set_apart), (200, 188, 12));
    assert_eq!(arm.causes, [("panicked: <b>boom</b>".to_owned(), 12)]);
}

/// Analyse independent arms as such.
#[test]
fn parallel_arms_are_not_paired() {
    let half = |k: usize, n: usize| [vec![1.0; k], vec![0.0; n - k]].concat();
    let made = Made { design: "parallel", first: half(56, 70), second: half(48, 80), looks: "1" };
    let (e, analysis) = primary(&made);
    assert_eq!((e.comparison.pairs, e.comparison.count), (None, 150));
    // Newcombe 1998, Stat Med 17:873, table II, method 10.
    assert!((e.comparison.low.unwrap() - 0.0524).abs() < 1e-4 && (e.comparison.high.unwrap() - 0.3339).abs() < 1e-4);
    assert!(analysis.baseline.iter().any(|row| row.name == "age_y" && row.arms.len() == 2 && row.smd.is_some_and(|s| s < -1.0)));
}

/// Give the same bytes again, and let no word of a record become markup.
#[test]
fn the_page_is_regenerated() {
    let folder = folder(&paired([30, 3, 3, 4], 2));
    let [a, b] = [(); 2].map(|()| trial_evidence(folder.path()).unwrap());
    assert_eq!((a.html.as_bytes(), a.markdown.as_bytes(), &a.summary), (b.html.as_bytes(), b.markdown.as_bytes(), &b.summary));
    assert!(!a.html.contains("<script>study") && !a.html.contains("<b>boom") && !a.markdown.contains("<script"));
    assert!(a.html.contains("not estimable") && !a.html.contains("NaN"));
    let groups = &a.analysis.bias.iter().find(|s| s.division == "sex").unwrap().groups;
    assert_eq!(groups.iter().map(|g| g.count).sum::<u64>(), 40);
}

/// Find a changed row, a changed table before the rows, and a head that was kept elsewhere.
#[test]
fn tampering_is_found() {
    let made = paired([30, 3, 3, 4], 0);
    let folder = folder(&made);
    let sound = check_chain(folder.path(), None).unwrap();
    assert_eq!((sound.rows, sound.problems.as_slice()), (80, [].as_slice()));
    assert!(check_chain(folder.path(), Some("0000")).unwrap().problems[0].contains("kept elsewhere"));
    // A failure made a success, with a file whose own digest is right.
    let mut better = Made { first: made.first.clone(), ..paired([30, 3, 3, 4], 0) };
    better.first[35] = 1.0;
    write_table(&record_path(folder.path(), "draws"), &draws_table(&better)).unwrap();
    let found = check_chain(folder.path(), None).unwrap().problems;
    assert!(found[0].contains("breaks at row 35"), "{found:?}");
    std::fs::write(record_path(folder.path(), "draws"), b"nonsense").unwrap();
    assert!(!check_chain(folder.path(), None).unwrap().problems.is_empty());
    assert!(trial_evidence(folder.path()).is_err());
}
