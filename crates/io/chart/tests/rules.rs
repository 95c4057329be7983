//! The rules of FHIR that decide whether a value may be used.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use common::{bundle, quantity, read};
use proband_chart::{ChartError, CkdStage, Comparator, Day, Deceased, Diabetes, Sex, Side, Smoking, draw_relevant, read_ndjson};
use proband_core::{Warning, Warnings};

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

#[track_caller]
fn has(warnings: &[Warning], place: &str, text: &str) {
    assert!(warnings.iter().any(|w| w.place.contains(place) && w.text.contains(text)), "no \"{text}\" at {place} in {warnings:#?}");
}

const UCUM: &str = r#""system":"http://unitsofmeasure.org""#;

/// Use good values, name the JSON path of those that cannot be used.
#[test]
fn values_are_checked_one_by_one() {
    let text = bundle(&[
        &quantity("8302-2", &format!(r#"{{"value":170.0,"unit":"cm",{UCUM},"code":"cm"}}"#)),
        &quantity("8302-2", r#"{"value":17,"unit":"m"}"#),
        &quantity("29463-7", r#"{"value":-3,"unit":"kg"}"#),
        &quantity("29463-7", r#"{"value":70}"#),
        &quantity("718-7", r#"{"value":900,"unit":"g/dL"}"#),
        &quantity("718-7", r#"{"value":"14","unit":"g/dL"}"#),
        &quantity("718-7", r#"{"value":1e999,"unit":"g/dL"}"#),
        &quantity("29463-7", &format!(r#"{{"value":70,"unit":"lb",{UCUM},"code":"kg"}}"#)),
        &quantity("29463-7", r#"{"value":70,"unit":"cm"}"#),
        &quantity("29463-7", r#"{"value":70,"unit":"sacks"}"#),
        &quantity("29463-7", r#"{"value":154,"unit":"lbs"}"#),
    ]);
    let (record, warnings) = read(text.as_bytes());
    let record = record.unwrap();
    let used: Vec<_> = record.measurements.iter().map(|m| (m.loinc.as_str(), m.value_written.as_str())).collect();
    assert_eq!(used, [("8302-2", "170.0"), ("29463-7", "154")]);
    assert!((record.measurements[1].si.as_ref().unwrap().value - 69.853).abs() < 1e-3);
    has(&warnings, "Bundle.entry[2].resource.valueQuantity.value", "height of 17 m is impossible");
    has(&warnings, "Bundle.entry[3].resource.valueQuantity.value", "body mass of -3 kg is impossible");
    has(&warnings, "Bundle.entry[4].resource.valueQuantity", "no unit");
    has(&warnings, "Bundle.entry[5].resource.valueQuantity.value", "haemoglobin of 900 g/dL is impossible");
    has(&warnings, "Bundle.entry[6].resource.valueQuantity.value", "a number is wanted, this is a string");
    has(&warnings, "Bundle.entry[7].resource.valueQuantity.value", "beyond every number");
    has(&warnings, "Bundle.entry[8].resource.valueQuantity", "contradict each other");
    has(&warnings, "Bundle.entry[9].resource.valueQuantity.unit", "no unit of body mass");
    has(&warnings, "Bundle.entry[10].resource.valueQuantity.unit", "is not known");
    has(&warnings, "units", "\"lbs\" read as [lb_av]");
}

/// Read both codes of the blood pressure panel through their components, and keep comparator and trailing zeros.
#[test]
fn panels_and_comparators_are_kept() {
    let panel = |code: &str| {
        format!(
            r#"{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-01-02T08:00:00-05:00",
        "code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"component":[
        {{"code":{{"coding":[{{"system":"http://loinc.org","code":"8480-6"}}]}},"valueQuantity":{{"value":120,"unit":"mmHg",{UCUM},"code":"mm[Hg]"}}}},
        {{"code":{{"coding":[{{"system":"http://loinc.org","code":"8462-4"}}]}},"dataAbsentReason":{{"text":"not done"}}}}]}}"#
        )
    };
    let text = bundle(&[&panel("55284-4"), &panel("85354-9"), &quantity("6301-6", r#"{"value":8.010,"comparator":">","unit":"{INR}"}"#)]);
    let record = read(text.as_bytes()).0.unwrap();
    let pressures: Vec<_> = record.measurements.iter().filter(|m| m.loinc == "8480-6").collect();
    assert_eq!(pressures.len(), 2);
    assert_eq!(pressures[1].panel.as_deref(), Some("85354-9"));
    assert!(pressures[0].place.ends_with("Bundle.entry[1].resource.component[0]"));
    assert_eq!(pressures[0].when.as_ref().unwrap().offset_min, Some(-300));
    let inr = record.measurements.iter().find(|m| m.loinc == "6301-6").unwrap();
    assert_eq!((inr.comparator, inr.value_written.as_str()), (Some(Comparator::Greater), "8.010"));
    assert_eq!(record.counts.excluded["value absent, with a reason"], 2);
}

/// Leave out what was entered in error, is not understood, or belongs to someone else.
#[test]
fn what_must_not_be_used_is_not() {
    let good = quantity("8302-2", r#"{"value":170,"unit":"cm"}"#);
    let text = bundle(&[
        &good.replace("\"final\"", "\"entered-in-error\""),
        &good.replace("Patient/p", "Patient/q"),
        &good.replace("\"status\"", "\"modifierExtension\":[{\"url\":\"x\"}],\"status\""),
        &good.replace("\"valueQuantity\"", "\"valueInteger\":3,\"valueQuantity\""),
        &good.replace("2020-01-02", "1960-01-02"),
        &good.replace("\"status\"", "\"status\":\"final\",\"status\""),
        r#"{"resourceType":"Condition","subject":{"reference":"Patient/p"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"Diabetes"}}"#,
        r#"{"resourceType":"Claim","whatever":[[[]]]}"#,
        "7",
    ]);
    let (record, warnings) = read(text.as_bytes());
    let record = record.unwrap();
    assert!(record.measurements.is_empty() && record.conditions.is_empty(), "{record:#?}");
    has(&warnings, "Bundle.entry[2].resource.subject", "someone else");
    has(&warnings, "Bundle.entry[3].resource.modifierExtension", "not understood");
    has(&warnings, "Bundle.entry[4].resource.value[x]", "2 values of a choice of one");
    has(&warnings, "Bundle.entry[5].resource", "before the patient was born");
    has(&warnings, "Bundle.entry[6].resource", "have the same key");
    has(&warnings, "Bundle.entry[9].resource", "an object is wanted");
    assert_eq!(record.counts.ignored_resources["Claim"], 1);
    assert_eq!(record.counts.entries, 10);
}

/// Take death, partial births and absent births for what they are.
#[test]
fn demographics_follow_the_choice_types() {
    let check = |fields: &str, deceased: &Deceased, sex: Sex| {
        let record = read(format!(r#"{{"resourceType":"Patient",{fields}}}"#).as_bytes()).0.unwrap();
        assert_eq!((&record.demographics.deceased, record.demographics.sex), (deceased, sex));
        record
    };
    check(r#""gender":"male","deceasedBoolean":false"#, &Deceased::No, Sex::Male);
    check(r#""gender":"fish","deceasedBoolean":true"#, &Deceased::SomeDay, Sex::Unknown);
    let partial = check(r#""gender":"other","birthDate":"1930""#, &Deceased::No, Sex::Other);
    let age = partial.demographics.age_on(day("2020-01-01")).unwrap();
    assert!(age.low_y < 89.1 && age.high_y > 89.9, "{age:?}");
    let text = r#"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}"#;
    let (record, warnings) = read(text.as_bytes());
    assert!(record.unwrap().demographics.birth.is_none());
    has(&warnings, "Patient.birthDate", "the chart says so");
    let (_, warnings) = read(br#"{"resourceType":"Patient","birthDate":"1820-02-30"}"#);
    has(&warnings, "Patient.birthDate", "not a FHIR date");
}

/// Refuse charts without one clear patient.
#[test]
fn one_patient_is_wanted() {
    let entry =
        |url: &str, kind: &str| format!(r#"{{"fullUrl":"{url}","resource":{{"resourceType":"{kind}","name":[{{"family":"Zyxwvu"}}]}}}}"#);
    let bundle = |entries: &[String]| format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{}]}}"#, entries.join(","));
    let error = |text: &str| read(text.as_bytes()).0.unwrap_err();
    let two = error(&bundle(&[entry("a", "Patient"), entry("b", "Patient")]));
    assert_eq!(two, ChartError::ManyPatients { places: vec!["Bundle.entry[0].resource".into(), "Bundle.entry[1].resource".into()] });
    assert!(!two.to_string().contains("Zyxwvu"));
    let none = error(&bundle(&[entry("a", "Organization"), entry("b", "Organization")]));
    assert_eq!(
        none.to_string(),
        "no Patient in the bundle; it holds Organization 2: it looks like the hospital or practitioner bundle that comes beside the patients"
    );
    let twice = error(&bundle(&[entry("a", "Patient"), entry("b", "Claim"), entry("a", "Claim")]));
    assert_eq!(twice.to_string(), "Bundle.entry[2].fullUrl: the same fullUrl as Bundle.entry[0].fullUrl");
    assert!(matches!(error(r#"{"resourceType":"Bundle","type":"history","entry":[]}"#), ChartError::Malformed { .. }));
    assert!(matches!(error(r#"{"resourceType":"Bundle","entry":{}}"#), ChartError::Malformed { .. }));
    assert!(matches!(error(r#"{"resourceType":"Observation"}"#), ChartError::NoPatient { .. }));
    assert!(matches!(error(r#"{"a":1}"#), ChartError::Malformed { .. }));
    assert!(matches!(error("[]"), ChartError::Malformed { .. }));
}

/// Read how fast a medication runs, and say which rate cannot be used.
#[test]
fn rates_of_infusions_are_read() {
    let given = |status: &str, dosage: &str| {
        format!(
            r#"{{"resourceType":"MedicationAdministration","status":"{status}","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-01-01",
            "medicationCodeableConcept":{{"text":"Norepinephrine"}},"dosage":{dosage}}}"#
        )
    };
    let per_kg = r#"{"rateQuantity":{"value":0.12,"unit":"mcg/kg/min"}}"#;
    let text = bundle(&[
        &given("in-progress", per_kg),
        &given("completed", per_kg),
        &given("in-progress", r#"{"rateRatio":{"numerator":{"value":4,"unit":"mg"},"denominator":{"value":2,"unit":"h"}}}"#),
        &given("in-progress", r#"{"rateQuantity":{"value":5,"unit":"mL/h"}}"#),
        &given("in-progress", r#"{"rateQuantity":{"value":-5,"unit":"mg/h"}}"#),
        &given("in-progress", r#"{"rateRatio":{"numerator":{"value":4,"unit":"mg"},"denominator":{"value":0,"unit":"h"}}}"#),
        r#"{"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"Propofol"},
        "dosage":[{"doseAndRate":[{"rateQuantity":{"value":200,"system":"http://unitsofmeasure.org","code":"mg/h","unit":"mg/h"}}]}]}"#,
    ]);
    let (record, warnings) = read(text.as_bytes());
    let rates: Vec<Option<(f64, bool)>> =
        record.unwrap().medications.iter().map(|m| m.running.as_ref().map(|r| (r.si_per_s, r.per_body_mass))).collect();
    let close = |i: usize, si: f64, per: bool| rates[i].is_some_and(|(x, p)| (x / si - 1.0).abs() < 1e-9 && p == per);
    assert!(close(0, 0.12e-9 / 60.0, true) && close(2, 4e-6 / 7200.0, false) && close(6, 2e-4 / 3600.0, false), "{rates:?}");
    assert!(rates[1].is_none() && rates[3..6].iter().all(Option::is_none), "{rates:?}");
    has(&warnings, "Bundle.entry[4].resource.dosage.rateQuantity", "no mass per time");
    has(&warnings, "Bundle.entry[5].resource.dosage.rateQuantity", "no number from 0 on");
    has(&warnings, "Bundle.entry[6].resource.dosage.rateRatio", "no mass per time");
}

/// Follow references to a Medication in the bundle and to a contained one.
#[test]
fn medication_references_are_followed() {
    let request = |reference: &str, contained: &str| {
        format!(
            r#"{{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{{"reference":"Patient/p"}},"authoredOn":"2020-01-01",
            {contained}"medicationReference":{{"reference":"{reference}","display":"Edoxaban"}}}}"#
        )
    };
    let text = bundle(&[
        r#"{"resourceType":"Medication","id":"m","code":{"text":"Apixaban 5 mg"}}"#,
        &request("Medication/m", ""),
        &request(
            "#c",
            r#""contained":[{"resourceType":"Medication","id":"c","code":{"coding":[{"system":"http://www.whocc.no/atc","code":"B01AF01"}]}}],"#,
        ),
        &request("Medication/gone", ""),
    ]);
    let (record, warnings) = read(text.as_bytes());
    let found = draw_relevant(&record.unwrap(), day("2020-06-01")).anticoagulation;
    assert_eq!(found.iter().map(|f| f.because.as_str()).collect::<Vec<_>>(), ["Apixaban 5 mg", "atc B01AF01, ", "Edoxaban"]);
    has(&warnings, "Bundle.entry[4].resource.medicationReference", "not in the file");
}

/// Gather what a draw asks for, by the day of the draw.
#[test]
fn findings_hold_on_their_day() {
    let condition = |code: &str, rest: &str| {
        format!(
            r#"{{"resourceType":"Condition","subject":{{"reference":"Patient/p"}},"code":{{"coding":[{{"system":"http://snomed.info/sct",{code}}}]}},{rest}}}"#
        )
    };
    let filtration = |date: &str, value: u32, unit: &str| {
        quantity("33914-3", &format!(r#"{{"value":{value},"unit":"{unit}"}}"#)).replace("2020-01-02", date)
    };
    let text = bundle(&[
        &condition(r#""code":"44054006","display":"Diabetes""#, r#""onsetDateTime":"2010-03-04""#),
        &condition(r#""code":"0","display":"Acquired arteriovenous fistula of left arm for dialysis access""#, r#""onsetDateTime":"2015""#),
        &condition(r#""code":"34095006","display":"Dehydration""#, r#""onsetDateTime":"2015-01-01","abatementDateTime":"2015-01-09""#),
        r#"{"resourceType":"Procedure","status":"completed","subject":{"reference":"Patient/p"},"performedPeriod":{"start":"2012-01-01"},
            "code":{"text":"Simple mastectomy"},"bodySite":[{"coding":[{"system":"http://snomed.info/sct","code":"73056007"}]}]}"#,
        &filtration("2018-01-01", 41, "mL/min/{1.73_m2}"),
        &filtration("2018-06-01", 38, "mL/min/{1.73_m2}"),
        &filtration("2018-07-01", 90, "mL/min"),
        &quantity("8302-2", r#"{"value":1.6,"unit":"m"}"#),
        &quantity("29463-7", r#"{"value":64,"unit":"kg"}"#),
        &quantity("59260-0", r#"{"value":8.0,"unit":"mmol/L"}"#),
        r#"{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2019-01-01",
            "code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}]},
            "valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"8517006","display":"Former smoker"}]}}"#,
    ]);
    let record = read(text.as_bytes()).0.unwrap();
    let early = draw_relevant(&record, day("2009-01-01"));
    assert!(early.diabetes.is_none() && early.fistula.is_empty() && early.mass_kg.is_none());
    let then = draw_relevant(&record, day("2015-01-05"));
    assert_eq!(then.dehydration_hints.len(), 1);
    let now = draw_relevant(&record, day("2020-06-01"));
    assert_eq!(now.diabetes.as_ref().unwrap().value, Diabetes::Type2);
    assert_eq!(now.ckd.as_ref().unwrap().value, CkdStage::G3);
    assert_eq!(now.fistula[0].value, Side::Left);
    assert_eq!(now.mastectomy[0].value, Side::Right);
    assert_eq!(now.barred_side(), Some(Side::Both));
    assert!(now.dehydration_hints.is_empty());
    assert!((now.bmi_kg_m2.as_ref().unwrap().value - 25.0).abs() < 1e-9);
    assert!((now.haemoglobin_kg_m3.as_ref().unwrap().value - 128.9).abs() < 0.1);
    assert_eq!(now.smoking.as_ref().unwrap().value, Smoking::Former);
    assert!((now.age_y.as_ref().unwrap().value - 50.04).abs() < 0.01);
    assert!(now.absent.iter().any(|a| a.what == "anticoagulation" && a.why.contains("not known")));
    assert!(now.absent.iter().any(|a| a.what == "inr"));
}

/// Read bulk export lines and name the line of an error.
#[test]
fn lines_are_read() {
    let patient = r#"{"resourceType":"Patient","id":"p","gender":"male","birthDate":"1980"}"#;
    let height = quantity("8302-2", r#"{"value":170,"unit":"cm"}"#).replace('\n', " ");
    let options = proband_chart::ReadOptions::usual();
    let record = read_ndjson(format!("{patient}\n{height}\n\n").as_bytes(), &options, &Warnings::new()).unwrap();
    assert_eq!((record.measurements.len(), record.measurements[0].place.as_str()), (1, "line 2"));
    let error = read_ndjson(format!("{patient}\n{{\n").as_bytes(), &options, &Warnings::new()).unwrap_err();
    assert!(matches!(error, ChartError::Syntax { line: 2, .. }), "{error}");
}

/// Give the same patient the same pseudonym under one key, another under another key.
#[test]
fn pseudonyms_are_keyed() {
    let read_with = |text: &str, key: u8| {
        let options = proband_chart::ReadOptions { pseudonym_key: Some([key; 32]), ..proband_chart::ReadOptions::usual() };
        proband_chart::read_bundle(text.as_bytes(), &options, &Warnings::new()).unwrap().pseudonym
    };
    let (short, long) = (bundle(&[]), bundle(&[r#"{"resourceType":"Claim"}"#]));
    assert_eq!(read_with(&short, 1), read_with(&long, 1));
    assert_ne!(read_with(&short, 1), read_with(&short, 2));
    assert_ne!(read(short.as_bytes()).0.unwrap().pseudonym, read(long.as_bytes()).0.unwrap().pseudonym);
}
