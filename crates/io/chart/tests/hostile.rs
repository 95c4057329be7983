//! Any bytes give a value or an error, and no name ever comes out.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use common::{bundle, data, files, read};
use proband_chart::{ChartError, Day, ReadOptions, draw_relevant, read_bundle, read_ndjson};
use proband_core::Warnings;

/// Refuse what is no text, no JSON or cut off, and say where.
#[test]
fn broken_files_are_refused() {
    let error = |bytes: &[u8]| read(bytes).0.unwrap_err();
    assert_eq!(error(b""), ChartError::Empty);
    assert_eq!(error(b" \n\t"), ChartError::Empty);
    assert!(error(b"\xff\xfe{\0}\0").to_string().contains("UTF-16"));
    assert!(matches!(error(b"{\"a\":\"\xff\"}"), ChartError::NotUtf8 { offset_bytes: 6, .. }));
    assert!(matches!(error(br#"{"resourceType":"Patient","#), ChartError::Syntax { line: 1, .. }));
    assert!(matches!(error(br#"{"resourceType":"Patient"} x"#), ChartError::Syntax { line: 1, column: 28, .. }));
    assert!(matches!(error(b"{\n\"resourceType\":NaN}"), ChartError::Syntax { line: 2, .. }));
    assert!(error(b"version https://git-lfs.github.com/spec/v1\n").to_string().contains("git-lfs"));
    assert!(error(b"\x1f\x8b\x08").to_string().contains("compressed"));
    let small = ReadOptions { size_bytes_max: 10, ..ReadOptions::usual() };
    assert!(matches!(read_bundle(&[b' '; 11], &small, &Warnings::new()), Err(ChartError::TooLarge { size_bytes: 11, max_bytes: 10 })));
    let few = ReadOptions { entry_count_max: 2, ..ReadOptions::usual() };
    let three = bundle(&["{}", "{}"]);
    assert!(matches!(read_bundle(three.as_bytes(), &few, &Warnings::new()), Err(ChartError::TooMany { max: 2, .. })));
    let (record, warnings) = read(format!("\u{feff}{}", bundle(&[])).as_bytes());
    assert!(record.is_ok() && warnings[0].text.contains("byte order mark"));
}

/// Survive 100 000 nested lists or objects wherever they stand.
#[test]
fn depth_is_no_danger() {
    let lists = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for bomb in [&lists, &objects, &"[".repeat(100_000)] {
        let _ = read(bomb.as_bytes());
        let _ = read(format!(r#"{{"resourceType":"Bundle","entry":{bomb}}}"#).as_bytes());
        let _ = read(bundle(&[bomb]).as_bytes());
        for key in ["name", "extension", "birthDate", "contact", "identifier", "meta"] {
            let _ = read(format!(r#"{{"resourceType":"Patient","{key}":{bomb}}}"#).as_bytes());
        }
        for key in ["code", "component", "valueQuantity", "effectivePeriod", "subject", "note"] {
            let _ = read(bundle(&[&format!(r#"{{"resourceType":"Observation","status":"final","{key}":{bomb}}}"#)]).as_bytes());
        }
    }
    assert!(read(bundle(&[&format!(r#"{{"resourceType":"Claim","a":{lists}}}"#)]).as_bytes()).0.is_ok());
}

/// Keep hostile numbers of fields, elements and warnings bounded.
#[test]
fn counts_are_bounded() {
    let fields: Vec<String> = (0..5_000).map(|i| format!("\"f{i}\":0")).collect();
    let observation =
        |inner: &str| format!(r#"{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},{inner}}}"#);
    let height = r#"{"code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"valueQuantity":{"value":17,"unit":"m"}}"#;
    let components = format!("\"component\":[{}]", vec![height; 20_000].join(","));
    let text = bundle(&[&observation(&fields.join(",")), &observation(&components)]);
    let (record, warnings) = read(text.as_bytes());
    assert!(record.unwrap().measurements.is_empty());
    assert!(warnings.len() < 200, "{}", warnings.len());
    assert!(warnings.iter().any(|w| w.text.contains("9940 further impossible values")), "{:?}", warnings.last());
    assert!(warnings.iter().any(|w| w.text.contains("20000 elements")));
}

/// Keep every planted piece of identity out of record, warnings and errors.
#[test]
fn names_never_come_out() {
    let tokens =
        ["Zyxwvu", "Qwertz", "Ödegård", "Plumfield", "Nowhereville", "9876543210", "S-77-66-55", "deadbeef-0001", "Mumsname", "Friendlich"];
    let patient = r#"{"resourceType":"Patient","id":"deadbeef-0001","gender":"Zyxwvu","birthDate":"Qwertz","name":[{"family":"Zyxwvu","given":["Qwertz","Ödegård"]}],
        "address":[{"line":["1 Plumfield Lane"],"city":"Nowhereville","country":"US"}],"telecom":[{"system":"phone","value":"987-654-3210"}],
        "identifier":[{"system":"x","value":"S-77-66-55"}],"contact":[{"name":{"family":"Friendlich"}}],
        "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"Mumsname"}],"Zyxwvu":1}"#;
    let everywhere = r#"{"resourceType":"RESOURCE","status":"final","clinicalStatus":{"coding":[{"code":"active"}]},"subject":{"reference":"Patient/deadbeef-0001","display":"Zyxwvu"},
        "patient":{"reference":"Patient/deadbeef-0001"},"effectiveDateTime":"Zyxwvu","onsetDateTime":"9876543210","Zyxwvu":1,"modifierExtension":[],
        "code":{"text":"Diabetes of Mrs Zyxwvu, 1 Plumfield Lane","coding":[{"system":"http://loinc.org","code":"8302-2"},{"system":"Zyxwvu","code":"Zyxwvu","display":"qwertz ÖDEGÅRD"}]},
        "type":{"text":"device of Friendlich"},"medicationReference":{"reference":"Medication/Zyxwvu","display":"Aspirin for Zyxwvu"},
        "valueQuantity":{"value":17,"unit":"Zyxwvu","code":"Mumsname","comparator":"Zyxwvu"},
        "note":[{"text":"Zyxwvu"}],"bodySite":[{"text":"left arm of S-77-66-55"}],"component":"Zyxwvu","Qwertz":"deadbeef-0001"}"#;
    let kinds = [
        "Observation",
        "Condition",
        "Procedure",
        "MedicationRequest",
        "MedicationStatement",
        "AllergyIntolerance",
        "Device",
        "Zyxwvu",
        "Claim",
    ];
    let mut entries = vec![format!(r#"{{"fullUrl":"urn:uuid:deadbeef-0001","resource":{patient}}}"#)];
    for kind in kinds {
        for status in ["final", "completed", "active", "Zyxwvu"] {
            for comparator in [r#","comparator":"Zyxwvu""#, "", r#","comparator":"<""#] {
                let resource = everywhere
                    .replace("RESOURCE", kind)
                    .replace("\"final\"", &format!("\"{status}\""))
                    .replace(r#","comparator":"Zyxwvu""#, comparator);
                entries.push(format!(r#"{{"resource":{}}}"#, resource.replace(r#""code":"Mumsname""#, r#""code":"""#)));
                entries.push(format!(r#"{{"resource":{resource}}}"#));
            }
        }
    }
    let text = format!(r#"{{"resourceType":"Bundle","type":"Zyxwvu","Zyxwvu":2,"entry":[{}]}}"#, entries.join(","));
    let (record, warnings) = read(text.as_bytes());
    let record = record.unwrap();
    assert!(!record.conditions.is_empty() && !record.devices.is_empty() && !record.medications.is_empty() && warnings.len() > 10);
    let relevant = draw_relevant(&record, Day::parse("2020-01-01").unwrap());
    let mut out = format!("{record:?} {warnings:?} {relevant:?}").to_lowercase();
    // A reader may not leak through an error either: break the same file in many places.
    for cut in (0..text.len()).step_by(97).filter(|at| text.is_char_boundary(*at)) {
        if let Err(error) = read(&text.as_bytes()[..cut]).0 {
            out.push_str(&error.to_string().to_lowercase());
        }
    }
    let twice = text.replacen("{\"resourceType\":\"Patient\"", "{\"Zyxwvu\":1,\"Zyxwvu\":2,\"resourceType\":\"Patient\"", 1);
    for broken in [text.replacen("\"entry\":[", "\"entry\":\"Zyxwvu\",\"x\":[", 1), twice] {
        let (outcome, warnings) = read(broken.as_bytes());
        out.push_str(&format!("{} {warnings:?}", outcome.unwrap_err()).to_lowercase());
    }
    for token in tokens {
        assert!(!out.contains(&token.to_lowercase()), "{token} came out");
    }
}

/// Answer the whole JSON test suite: values, or errors, never a panic; what must be refused is refused.
#[test]
fn the_json_test_suite_is_answered() {
    let Some(folder) = data("malformed/json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for file in files(&folder, ".json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).unwrap();
        let inside = [br#"{"resourceType":"Patient","maritalStatus":"#.as_slice(), &bytes, b"}"].concat();
        let _ = read(&bytes);
        let _ = read_ndjson(&bytes, &ReadOptions::usual(), &Warnings::new());
        let (outcome, _) = read(&inside);
        match (name.as_bytes()[0], outcome) {
            (b'y', Ok(_)) => accepted += 1,
            (b'y', Err(error)) => panic!("{name}: {error}"),
            // A value that is closed by our own brace is JSON again.
            (b'n', Ok(_)) => panic!("{name} was accepted"),
            (b'n', Err(_)) => refused += 1,
            _ => {}
        }
    }
    assert!(accepted >= 95 && refused >= 180, "{accepted} accepted, {refused} refused");
}

proptest::proptest! {
    /// Give a value or an error for any bytes.
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = read(&bytes);
        let _ = read_ndjson(&bytes, &ReadOptions::usual(), &Warnings::new());
    }

    /// Give a value or an error for a good file with bytes changed, cut out or doubled.
    #[test]
    fn mutated_bundles_are_answered(edits in proptest::collection::vec((0_usize..4_000, 0_u8..4, proptest::num::u8::ANY), 1..12)) {
        let good = common::quantity("8302-2", r#"{"value":170.0,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}"#);
        let condition = r#"{"resourceType":"Condition","subject":{"reference":"Patient/p"},"onsetDateTime":"2010-03-04","code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006"}]}}"#;
        let mut bytes = bundle(&[&good, condition]).into_bytes();
        for (at, what, byte) in edits {
            let at = at % bytes.len();
            match what {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, b"{}[]\",:0-eE\\u"[usize::from(byte) % 13]),
                _ => { let piece = bytes[at..(at + usize::from(byte)).min(bytes.len())].to_vec(); bytes.splice(at..at, piece); }
            }
        }
        if let Ok(record) = read(&bytes).0 {
            for measurement in &record.measurements {
                proptest::prop_assert!(measurement.value.is_finite() && measurement.si.as_ref().is_none_or(|si| si.value.is_finite()));
            }
            let _ = draw_relevant(&record, Day::parse("2020-01-01").unwrap());
        }
    }
}
