use proband_core::{Column, Table};
use proband_record::{RECORDS_FOLDER, RunManifest, Seal, record_path, row_chain, write_table};
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
    /// Paired or parallel; empty for two arms.
    third: Vec<f64>,
    looks: &'static str,
    /// Lines of the study that differ from the usual ones.
    said: Vec<(&'static str, &'static str)>,
    /// (arm, patient) of draws that were declined, and of those with a second attempt.
    declined: Vec<(i64, i64)>,
    again: Vec<(i64, i64)>,
}

/// (both, first only, second only, neither), and how many of the first arm's successes are missing instead.
fn paired(counts: [usize; 4], missing: usize) -> Made {
    let [both, first, second, neither] = counts;
    let mut a = [vec![1.0; both], vec![1.0; first], vec![0.0; second], vec![0.0; neither]].concat();
    let b = [vec![1.0; both], vec![0.0; first], vec![1.0; second], vec![0.0; neither]].concat();
    a[..missing].fill(f64::NAN);
    Made { design: "paired", first: a, second: b, third: vec![], looks: "1", said: vec![], declined: vec![], again: vec![] }
}

impl Made {
    fn with(self, said: &[(&'static str, &'static str)]) -> Self {
        Self { said: said.to_vec(), ..self }
    }

    fn patients(&self) -> usize {
        if self.design == "parallel" { self.first.len() + self.second.len() + self.third.len() } else { self.first.len() }
    }
}

fn draws_table(made: &Made) -> Table {
    let (n, m, parallel) = (made.first.len(), made.second.len(), made.design == "parallel");
    let mut rows: Vec<(i64, i64, f64)> = made.first.iter().enumerate().map(|(i, v)| (i as i64, 0, *v)).collect();
    rows.extend(made.second.iter().enumerate().map(|(i, v)| ((i + if parallel { n } else { 0 }) as i64, 1, *v)));
    rows.extend(made.third.iter().enumerate().map(|(i, v)| ((i + if parallel { n + m } else { 0 }) as i64, 2, *v)));
    let mut t = Table::new("draws");
    let mut whole = |name: &str, get: &dyn Fn(&(i64, i64, f64)) -> i64| {
        t.push(name, "1", "", "", Column::I64(rows.iter().map(get).collect())).unwrap();
    };
    whole("index", &|r| r.0);
    whole("arm", &|r| r.1);
    // In a crossover every second patient begins with the second arm.
    whole("visit", &|r| if made.design == "crossover" { (r.0 + r.1) % 2 } else { 0 });
    t.push("finished", "", "", "", Column::Bool(rows.iter().map(|r| r.2.is_finite()).collect())).unwrap();
    let mut number = |name: &str, get: &dyn Fn(&(i64, i64, f64)) -> f64| {
        t.push(name, "1", "", "", Column::F64(rows.iter().map(|r| get(r) + r.2 * 0.0).collect())).unwrap();
    };
    number("first_stick_success", &|r| r.2);
    number("blood_drawn", &|r| r.2);
    number("arterial_contact", &|_| 0.0);
    number("time_stick_s", &|r| 40.0 + (r.0 * 7 % 31) as f64 - (r.1 * (r.0 % 3)) as f64);
    number("time_total_s", &|r| 60.0 + (r.0 * 7 % 31) as f64 + 5.0 * r.1 as f64);
    number("predicted_success", &|r| if r.1 == 0 { 0.5 + 0.4 * (r.0 % 2) as f64 } else { f64::NAN });
    number("declined", &|r| f64::from(u8::from(made.declined.contains(&(r.1, r.0)))));
    number("handed_over", &|r| f64::from(u8::from(made.declined.contains(&(r.1, r.0)))));
    number("attempts", &|r| 1.0 + f64::from(u8::from(made.again.contains(&(r.1, r.0)))));
    let causes: Vec<String> = rows.iter().map(|r| if r.2.is_finite() { String::new() } else { "panicked: <b>boom</b>".into() }).collect();
    t.push("set_apart", "", "", "", Column::Text(causes)).unwrap();
    t
}

/// Nothing was drawn yet when the second attempt began.
fn first_attempts_table(made: &Made) -> Table {
    let mut t = Table::new("first_attempts");
    t.push("index", "1", "", "", Column::I64(made.again.iter().map(|a| a.1).collect())).unwrap();
    t.push("arm", "1", "", "", Column::I64(made.again.iter().map(|a| a.0).collect())).unwrap();
    t.push("first_stick_success", "1", "", "", Column::F64(vec![0.0; made.again.len()])).unwrap();
    t
}

/// The folder of a trial with the given results.
fn folder(made: &Made) -> TempDir {
    let patients = made.patients();
    let mut study = Table::new("study");
    let mut rows = vec![
        ("title", "A <script>study</script>"),
        ("design", made.design),
        ("confidence", "0.95"),
        ("missing", "failure"),
        ("looks", made.looks),
        ("spending", "obrien_fleming"),
        ("subgroup.female", ""),
        ("include", "age_y >= 18"),
        ("control", "1"),
        ("multiplicity", "holm"),
        ("seed", "1"),
    ];
    rows.retain(|(key, _)| !made.said.iter().any(|(said, _)| said == key));
    rows.extend(&made.said);
    text(&mut study, "key", &rows.iter().map(|r| r.0).collect::<Vec<_>>());
    text(&mut study, "value", &rows.iter().map(|r| r.1).collect::<Vec<_>>());
    let mut arms = Table::new("arms");
    let count = if made.third.is_empty() { 2 } else { 3 };
    text(&mut arms, "name", &["new", "old", "other"][..count]);
    text(&mut arms, "policy", &["robot", "hand", "robot"][..count]);
    arms.push("manual", "", "", "", Column::Bool(vec![false, true, false][..count].to_vec())).unwrap();
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
    let first_attempts = first_attempts_table(made);
    let hashes = row_chain(&[&study, &arms, &plan, &screening, &parameters, &people, &first_attempts], &draws).unwrap();
    let digest = hashes.last().unwrap().clone();
    let links = hashes.clone();
    let mut chain = Table::new("chain");
    chain.push("hash", "", "", "", Column::Text(hashes)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(RECORDS_FOLDER)).unwrap();
    for table in [study, arms, plan, screening, parameters, people, first_attempts, draws, chain] {
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
    Seal::of(folder.path(), &links, None).unwrap().write(folder.path()).unwrap();
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
    let made = Made { design: "parallel", first: half(56, 70), second: half(48, 80), ..paired([0; 4], 0) };
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
    let sound = check_chain(folder.path(), None, None).unwrap();
    assert_eq!((sound.rows, sound.problems.as_slice()), (80, [].as_slice()));
    assert!(check_chain(folder.path(), Some("0000"), None).unwrap().problems[0].contains("kept elsewhere"));
    // A failure made a success, with a file whose own digest is right.
    let mut better = paired([30, 3, 3, 4], 0);
    better.first[35] = 1.0;
    write_table(&record_path(folder.path(), "draws"), &draws_table(&better)).unwrap();
    let found = check_chain(folder.path(), None, None).unwrap().problems;
    assert!(found.iter().any(|p| p.contains("breaks at row 35")) && found[0].contains("draws.parquet is not what was sealed"), "{found:?}");
    std::fs::write(record_path(folder.path(), "draws"), b"nonsense").unwrap();
    assert!(!check_chain(folder.path(), None, None).unwrap().problems.is_empty());
    assert!(trial_evidence(folder.path()).is_err());
}

/// Do what each strategy says: count an event as a failure, leave its patients out, or draw its results.
#[test]
fn strategies_change_the_comparison() {
    // Four patients of whom the first arm declined and failed; the second arm succeeded in all of them.
    let declined: Vec<(i64, i64)> = (0..4).map(|i| (0, i)).collect();
    let made = |strategy: &'static str| {
        let said: &[(&str, &str)] = match strategy {
            "none" => &[],
            "composite" => &[("intercurrent.declined", "composite")],
            "hypothetical" => &[("intercurrent.declined", "hypothetical")],
            "principal_stratum" => &[("intercurrent.declined", "principal_stratum")],
            _ => &[("intercurrent.second_attempt", "while_on_treatment")],
        };
        // 4 second only (declined), 30 both, 6 neither.
        let (first, second) = ([vec![0.0; 4], vec![1.0; 30], vec![0.0; 6]].concat(), [vec![1.0; 34], vec![0.0; 6]].concat());
        Made { first, second, declined: declined.clone(), again: vec![(1, 10), (1, 11)], ..paired([0; 4], 0) }.with(said)
    };
    let of = |strategy: &'static str| primary(&made(strategy));
    let (none, analysis) = of("none");
    assert!((none.comparison.difference.unwrap() + 0.1).abs() < 1e-12 && analysis.events.is_empty());
    assert_eq!(of("composite").0.comparison, none.comparison);
    let (stratum, analysis) = of("principal_stratum");
    assert_eq!((stratum.comparison.count, stratum.comparison.difference), (36, Some(0.0)));
    assert_eq!(analysis.events[0].draws, [4, 0]);
    // Drawn from those of the first arm whose other result is a success: all of them succeeded.
    let (drawn, _) = of("hypothetical");
    assert!(drawn.comparison.count == 40 && drawn.comparison.difference.is_none_or(|d| d.abs() < 0.05), "{drawn:?}");
    // Two draws of the second arm had drawn nothing when the second attempt began.
    let (on, _) = of("while_on_treatment");
    assert_eq!(on.comparison.pairs, Some([28, 2, 4, 6]));
}

/// Draw missing results from like patients: near the whole truth, with a wider interval, the same every time.
#[test]
fn missing_results_are_drawn() {
    let (whole, _) = primary(&paired([120, 20, 30, 30], 0));
    let with = paired([120, 20, 30, 30], 25).with(&[("missing", "imputed")]);
    let ((a, _), (b, _)) = (primary(&with), primary(&with));
    assert_eq!(a, b);
    let width = |e: &EndpointResult| e.comparison.high.unwrap() - e.comparison.low.unwrap();
    // Of those in whom the second arm succeeded, 95 of 125 did in the first: of the 25 missing, 19 are expected to.
    assert!((a.comparison.difference.unwrap() - (134.0 - 150.0) / 200.0).abs() < 0.015, "{a:?}");
    assert!(width(&a) > width(&whole) && a.comparison.count == 200);
}

/// Tell the treatment of a crossover from its period.
#[test]
fn a_crossover_is_freed_of_its_period() {
    // Whoever is drawn second succeeds: all of it is the period.
    let n = 40;
    let first = (0..n).map(|i| f64::from(u8::from(i % 2 == 1))).collect();
    let second = (0..n).map(|i| f64::from(u8::from(i % 2 == 0))).collect();
    let mut made = Made { design: "crossover", first, second, ..paired([0; 4], 0) };
    // Some noise, or there is no spread to compare with.
    (made.first[0], made.first[2], made.second[1]) = (1.0, 1.0, 1.0);
    let (_, analysis) = primary(&made);
    let c = analysis.crossover.unwrap();
    assert_eq!(c.patients, [20, 20]);
    let [treatment, period, _] = &c.effects[..] else { panic!("three effects") };
    assert!(treatment.value.unwrap().abs() < 0.1 && period.value.unwrap() < -0.8, "{c:?}");
    assert!(period.p_value.unwrap() < 1e-6 && c.mainland_gart_p.is_some());
    assert!(primary(&paired([30, 3, 3, 4], 0)).1.crossover.is_none());
}

/// Compare three arms with the control and pay for it, in pairs by Holm, apart by Dunnett too.
#[test]
fn several_arms_are_paid_for() {
    let half = |k: usize, n: usize| [vec![1.0; k], vec![0.0; n - k]].concat();
    let three = Made { third: half(188, 200), ..paired([180, 6, 6, 8], 0) };
    let (e, analysis) = primary(&three);
    let rows = &analysis.several;
    assert_eq!(rows.iter().map(|r| (r.arm.as_str(), r.control.as_str())).collect::<Vec<_>>(), [("new", "old"), ("other", "old")]);
    assert!(rows.iter().all(|r| r.p_adjusted.unwrap() >= r.p_value.unwrap()) && e.verdict.contains("2 comparisons"), "{rows:?}");
    let apart = Made { design: "parallel", first: half(180, 200), second: half(178, 200), third: half(185, 200), ..paired([0; 4], 0) };
    let p = |rule: &'static str| {
        let made = Made { first: apart.first.clone(), second: apart.second.clone(), third: apart.third.clone(), ..paired([0; 4], 0) };
        let made = Made { design: "parallel", ..made }.with(&[("multiplicity", rule)]);
        primary(&made).1.several.iter().map(|r| (r.p_value.unwrap(), r.p_adjusted.unwrap())).collect::<Vec<_>>()
    };
    let (holm, dunnett) = (p("holm"), p("dunnett"));
    assert!(holm.iter().zip(&dunnett).all(|(h, d)| h.0 == d.0 && d.1 > d.0 && d.1 < 2.0 * d.0), "{holm:?} {dunnett:?}");
    // The control may be any arm: turned round, the difference changes its sign.
    let plain = primary(&paired([30, 5, 3, 4], 0)).0.comparison.difference.unwrap();
    let (turned, analysis) = primary(&paired([30, 5, 3, 4], 0).with(&[("control", "0")]));
    assert!((turned.comparison.difference.unwrap() + plain).abs() < 1e-12 && analysis.compared() == "old");
}

/// Fill every part that a study can reach: other methods, times, predictions, influence, ranges, risk and goals.
#[test]
fn every_part_is_reached() {
    let said = [
        ("said.risk.influence", "high"),
        ("said.risk.consequence", "low"),
        ("said.goal.Model form", "argued <i>in words</i>"),
        ("said.applies.age_y", "18, 30"),
        ("hypothesis", ""),
    ];
    let made = paired([60, 9, 6, 15], 5).with(&said);
    let folder = folder(&made);
    let e = trial_evidence(folder.path()).unwrap();
    let a = &e.analysis;
    assert!(a.endpoints.iter().all(|e| e.supporting.iter().any(|s| s.value.is_some()) && e.supporting.iter().any(|s| s.p_value.is_some())));
    assert!(a.endpoints[1].p_holm.is_some() && a.endpoints[1].p_benjamini_hochberg.is_some());
    let times = a.times.as_ref().unwrap();
    assert!(times.log_rank_p.is_some() && times.hazard_ratio[0].is_some() && times.arms[0].median_s[0].is_some());
    assert_eq!((a.calibration.len(), a.calibration[0].count), (1, 85));
    assert!(a.influence.iter().any(|i| i.covariate == "age_y" && i.share.is_some()));
    // Ages are 20 + number: 11 of them to 30.
    assert_eq!((a.applicability[0].outside, a.applicability[1].outside), (79, 79));
    let sex = a.bias.iter().find(|s| s.division == "sex").unwrap();
    assert!(sex.gap.is_some() && sex.gap_drawable.is_some() && sex.gap_hard.is_some());
    assert!(e.html.contains("set here") && e.html.contains("argued &lt;i&gt;") && e.html.contains("79 of 90"));
    for words in ["Kaplan and Meier", "Calculation verification", "Software bill of materials", "Most likely failure", "equal opportunity"]
    {
        assert!(e.html.contains(words), "{words}");
    }
    let apart = Made { design: "parallel", ..paired([60, 9, 6, 15], 0) };
    let a = primary(&apart).1;
    assert!(a.endpoints.iter().all(|e| e.supporting.iter().all(|s| s.value.is_some())), "{:?}", a.endpoints[0].supporting);
}

/// Say how many missing results must have been failures for the claim to fall.
#[test]
fn the_tipping_point_is_said() {
    let (_, analysis) = primary(&paired([180, 6, 6, 8], 12));
    let tips = analysis.tipping.unwrap();
    assert!((1..=12).contains(&tips), "{tips}");
    assert_eq!(primary(&paired([180, 6, 6, 8], 0)).1.tipping, None);
}
