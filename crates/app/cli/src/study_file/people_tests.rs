//! Cohorts of the four kinds, conditions, and what cannot be.

use super::tests::{GOOD, read_text};
use super::*;

const POPULATION: &str = "kind = \"prescribed\"\nbase = \"adult\"";

/// A study with another `[population]`.
fn with(lines: &str) -> String {
    GOOD.replacen(POPULATION, lines, 1).replacen("correlation = { age_bmi = 0.2 }\n", "", 1)
}

/// The piece that an error points at, or the words of an error without a place.
#[track_caller]
fn pointed_at(lines: &str) -> String {
    let text = with(lines);
    match read_text(&text).err().unwrap() {
        Failure::Diagnostic(diagnostic) => {
            let label = diagnostic.labels().unwrap().next().unwrap();
            text[label.offset()..label.offset() + label.len()].to_owned()
        }
        other => panic!("{other:?}"),
    }
}

const CONDITIONS: &str = "kind = \"prescribed\"\nmargins = { age_y = { kind = \"truncated_normal\", mean = 50.0, sd = 10.0, low = 30.0, high = 70.0 } }\ncondition = [\n{ name = \"sickle-cell\", fraction = 0.25 },\n{ name = \"cachexia\", fraction = 0.25 },\n{ name = \"essential-tremor\" }]";

/// Enrich conditions, keep margins, carry weights.
#[test]
fn conditions_are_enriched() {
    let study = read_text(&with(CONDITIONS)).map_err(|e| format!("{e:?}")).unwrap().setup;
    let enrolled = &study.enrolment.enrolled;
    let count = |name: &str| enrolled.iter().filter(|e| e.labels.names.iter().any(|n| n == name)).count();
    assert!(
        count("sickle-cell").abs_diff(10) <= 3 && count("cachexia").abs_diff(10) <= 3,
        "{} {}",
        count("sickle-cell"),
        count("cachexia")
    );
    assert!(enrolled.iter().filter(|e| e.labels.stratum == 1).all(|e| (e.labels.weight - 2.5e-4 / 0.25).abs() < 1e-15));
    assert!(enrolled.iter().all(|e| (30.0..70.0).contains(&e.covariates.age_y)));
    assert!(enrolled.iter().filter(|e| e.labels.stratum == 2).all(|e| e.covariates.bmi_kg_m2 < 18.5));
}

/// One twin in two states: same anatomy, other physiology.
#[test]
fn states_are_a_paired_envelope() {
    let lines = "kind = \"altered\"\nstate = [{ name = \"rest\" }, { name = \"dry\", change = [{ parameter = \"venous.resting_pressure_pa\", scale = 0.7 }] }]";
    let text = with(lines).replace("count = 40", "count = 2").replace("\"sex\", \"age_y: 50\"", "");
    let study = read_text(&text).map_err(|e| format!("{e:?}")).unwrap().setup;
    let names: Vec<_> = study.enrolment.enrolled.iter().map(|e| e.labels.names.join("")).collect();
    assert_eq!(names, ["rest", "dry"]);
    let bad = with(lines).replace("resting_pressure_pa", "luck").replace("count = 40", "count = 2");
    assert!(read_text(&bad).is_err());
}

/// Fit people in a table of commas, and say which table it was.
#[test]
fn people_are_fitted() {
    let folder = std::env::temp_dir().join(format!("proband-fit-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", 30 + i % 40, 20 + i % 15, i % 2 == 0)).collect();
    std::fs::write(folder.join("people.csv"), format!("age_y,bmi_kg_m2,tremor\n{rows}")).unwrap();
    let text = with("kind = \"sampled_from_fit\"\npeople = \"people.csv\"");
    let read = parse(&SourceText { name: "study.toml".into(), text }, "study", &folder);
    let study = read.map_err(|e| format!("{e:?}")).unwrap().setup;
    assert!(study.study.recruitment.fit.as_ref().is_some_and(|digest| !digest.is_empty()));
    let tremor = study.enrolment.enrolled.iter().filter(|e| e.covariates.value("tremor") == Some(1.0)).count();
    assert!((8..=32).contains(&tremor), "{tremor}");
    std::fs::write(folder.join("people.csv"), "age_y,bmi_kg_m2\n30,20\n31\n").unwrap();
    let text = with("kind = \"sampled_from_fit\"\npeople = \"people.csv\"");
    assert!(parse(&SourceText { name: "study.toml".into(), text }, "study", &folder).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Point at what cannot be together.
#[test]
fn contradictions_are_pointed_at() {
    let change = |from: &str, to: &str| {
        assert!(CONDITIONS.contains(from), "{from}");
        pointed_at(&CONDITIONS.replacen(from, to, 1))
    };
    assert_eq!(change("sickle-cell", "luck"), "\"luck\"");
    assert_eq!(
        change("fraction = 0.25 },\n{ name = \"cachexia\", fraction = 0.25", "fraction = 0.75 },\n{ name = \"cachexia\", fraction = 0.5"),
        "0.5"
    );
    assert_eq!(change("\"cachexia\", fraction", "\"cachexia\", prevalence = 1.5, fraction"), "1.5");
    assert_eq!(change("\"cachexia\"", "\"sickle-cell\""), "\"sickle-cell\"");
    assert_eq!(change("sd = 10.0", "sd = -10.0"), "age_y");
    // Everybody with it is turned away by the criterion `anticoagulated`.
    assert_eq!(change("\"cachexia\", fraction = 0.25", "\"anticoagulant-overdose\", fraction = 0.125"), "0.125");
    assert_eq!(pointed_at("kind = \"prescribed\"\ncorrelation = { age_bmi = 0.9, age_pigment = 0.9, bmi_pigment = -0.9 }"), "correlation");
}
