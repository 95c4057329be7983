use super::*;

pub(super) const GOOD: &str = r#"
title = "t"
question = "q"
context_of_use = "c"
seed = 3
count = 40
design = "paired"

[population]
kind = "prescribed"
base = "adult"
include = ["age_y >= 18"]
exclude = ["anticoagulated"]
correlation = { age_bmi = 0.2 }

[[arm]]
name = "robot"
kind = "robot"
tourniquet = "60 mmHg"

[[arm]]
name = "hand"
kind = "manual"

[estimand]
intercurrent = { declined = "composite" }

[[endpoint]]
name = "first_stick_success"
role = "primary"
hypothesis = "non_inferiority"
margin = "10 %"

[[endpoint]]
name = "time_stick_s"
role = "secondary"

[analysis]
missing = "failure"
looks = [0.5, 1.0]
subgroups = ["sex", "age_y: 50"]
"#;

pub(super) fn read_text(text: &str) -> Result<StudyFile, Failure> {
    parse(&SourceText { name: "study.toml".into(), text: text.into() }, "study", Path::new(""))
}

/// The piece that an error points at.
#[track_caller]
fn pointed_at(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    match read_text(&text).err().unwrap() {
        Failure::Diagnostic(diagnostic) => {
            let label = diagnostic.labels().unwrap().next().unwrap();
            text[label.offset()..label.offset() + label.len()].to_owned()
        }
        other => panic!("{other:?}"),
    }
}

/// Read a whole study; the same text gives the same digest, another seed another one.
#[test]
fn a_good_study_is_read() {
    let study = read_text(GOOD).map_err(|_| "refused").unwrap().setup;
    assert_eq!((study.enrolment.enrolled.len(), study.study.arms.len()), (40, 2));
    assert!(matches!(study.study.endpoints[0].hypothesis, Hypothesis::NonInferiority(m) if (m - 0.1).abs() < 1e-12));
    let again = read_text(GOOD).map_err(|_| "refused").unwrap().setup;
    assert_eq!(study.digest().unwrap(), again.digest().unwrap());
    let other = read_text(&GOOD.replace("seed = 3", "seed = 4")).map_err(|_| "refused").unwrap().setup;
    assert_ne!(study.digest().unwrap(), other.digest().unwrap());
}

/// Read each study that is shipped.
#[test]
fn shipped_studies_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/trials");
    let paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!paths.is_empty());
    for path in paths {
        read(&path).unwrap_or_else(|failure| panic!("{}: {failure:?}", path.display()));
    }
}

/// Point at what is wrong or cannot be together, before anybody is simulated.
#[test]
fn contradictions_are_pointed_at() {
    assert_eq!(pointed_at("count = 40", "count = 0"), "0");
    assert_eq!(pointed_at("seed = 3", "seed = -3"), "-3");
    assert_eq!(pointed_at("\"paired\"", "\"pared\""), "\"pared\"");
    assert_eq!(pointed_at("tourniquet = \"60 mmHg\"", "tourniquet = \"60 mL\""), "mL");
    assert_eq!(pointed_at("tourniquet = \"60 mmHg\"", "turniquet = \"60 mmHg\""), "turniquet");
    assert_eq!(pointed_at("hypothesis = \"non_inferiority\"\n", ""), "\"10 %\"");
    assert_eq!(pointed_at("margin = \"10 %\"\n", ""), "\"non_inferiority\"");
    assert_eq!(pointed_at("\"10 %\"", "\"110 %\""), "110 %");
    assert_eq!(pointed_at("\"composite\"", "\"treatment_policy\""), "\"treatment_policy\"");
    assert_eq!(pointed_at("[0.5, 1.0]", "[0.8, 0.5, 1.0]"), "[0.8, 0.5, 1.0]");
    assert_eq!(pointed_at("\"age_y: 50\"", "\"age_y: 140\""), "\"age_y: 140\"");
    assert_eq!(pointed_at("\"age_y: 50\"", "\"age_y\""), "\"age_y\"");
    assert_eq!(pointed_at("\"age_y >= 18\"", "\"aeg_y >= 18\""), "\"aeg_y >= 18\"");
    assert_eq!(pointed_at("\"age_y >= 18\"", "\"age_y >= 180\""), "40");
    assert_eq!(pointed_at("kind = \"manual\"", "kind = \"robot\"\ntourniquet = \"60 mmHg\""), "[[arm]]");
    assert_eq!(pointed_at("name = \"hand\"", "name = \"robot\""), "\"robot\"");
    assert_eq!(pointed_at("\"first_stick_success\"", "\"luck\""), "\"luck\"");
    assert_eq!(pointed_at("\"composite\"", "\"ignored\""), "\"ignored\"");
    assert_eq!(pointed_at("{ declined = \"composite\" }", "{ second_attempt = \"hypothetical\" }"), "\"hypothetical\"");
    assert_eq!(pointed_at("{ declined = \"composite\" }", "{ declined = \"hypothetical\" }"), "[0.5, 1.0]");
    assert_eq!(pointed_at("missing = \"failure\"", "missing = \"forgotten\""), "\"forgotten\"");
    assert_eq!(pointed_at("missing = \"failure\"", "control = \"nurse\""), "\"nurse\"");
    assert_eq!(pointed_at("missing = \"failure\"", "multiplicity = \"dunnett\""), "\"dunnett\"");
    assert_eq!(pointed_at("kind = \"manual\"", "kind = \"psychic\""), "\"psychic\"");
    assert_eq!(pointed_at("kind = \"manual\"", ""), "[[arm]]");
    assert_eq!(pointed_at("[analysis]", "[credibility]\ninfluence = \"huge\"\n[analysis]"), "\"huge\"");
    assert_eq!(pointed_at("[analysis]", "[credibility]\napplies = { age_y = [90, 18] }\n[analysis]"), "[90, 18]");
    assert_eq!(pointed_at("[analysis]", "[credibility]\ngoals = { luck = \"much\" }\n[analysis]"), "\"much\"");
    assert_eq!(pointed_at("age_bmi = 0.2", "age_bmi = 1.2"), "correlation");
    assert_eq!(pointed_at("kind = \"prescribed\"", "kind = \"imagined\""), "\"imagined\"");
}

proptest::proptest! {
    /// Answer any change of a study with a study or an error.
    #[test]
    fn any_text_is_answered(at in 0_usize..800, text in "[\\PC]{0,12}") {
        let at = (at % GOOD.len()..GOOD.len()).find(|i| GOOD.is_char_boundary(*i)).unwrap_or(0);
        let _ = read_text(&format!("{}{text}{}", &GOOD[..at], &GOOD[at..]));
    }
}
