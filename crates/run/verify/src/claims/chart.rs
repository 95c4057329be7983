//! Claims about `proband-chart`.

use proband_chart::{ChartRecord, CkdStage, Day, ReadOptions, draw_relevant, read_bundle};
use proband_core::{Warning, Warnings};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    Claim { id: "chart-units", case: include_str!("../../../../../verify/chart-units/case.toml"), compute: units },
    Claim { id: "chart-safety", case: include_str!("../../../../../verify/chart-safety/case.toml"), compute: safety },
];

/// A bundle of a patient born on 1970-05-17 and the given resources.
fn bundle(resources: &[String]) -> String {
    let patient = r#"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-05-17","name":[{"family":"Zyxwvut","given":["Qwertzu"]}],"address":[{"line":["1 Plumfield Lane"]}]}"#;
    let entries: Vec<String> =
        std::iter::once(patient.to_owned()).chain(resources.iter().cloned()).map(|r| format!(r#"{{"resource":{r}}}"#)).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

fn observation(loinc: &str, day: &str, quantity: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"{day}","code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},"valueQuantity":{quantity}}}"#
    )
}

fn read(text: &str) -> Result<(ChartRecord, Vec<Warning>), String> {
    let warnings = Warnings::new();
    let record = read_bundle(text.as_bytes(), &ReadOptions::usual(), &warnings).map_err(|e| e.to_string())?;
    Ok((record, warnings.list()))
}

fn units() -> Result<Vec<Obtained>, String> {
    let rows = [
        ("8480-6", "120", "mm[Hg]"),
        ("8302-2", "66.9", "[in_i]"),
        ("29463-7", "185", "[lb_av]"),
        ("8310-5", "98.6", "[degF]"),
        ("718-7", "14", "g/dL"),
        ("777-3", "250", "10*3/uL"),
        ("6298-4", "4.2", "mmol/L"),
        ("33914-3", "60", "mL/min/{1.73_m2}"),
    ];
    let resources: Vec<String> = rows
        .iter()
        .map(|(loinc, value, unit)| observation(loinc, "2020-01-01", &format!(r#"{{"value":{value},"unit":"{unit}"}}"#)))
        .collect();
    let (record, _) = read(&bundle(&resources))?;
    let mut out = Vec::new();
    for (loinc, value, unit) in rows {
        let found = record.measurements.iter().find(|m| m.loinc == loinc).and_then(|m| m.si.as_ref());
        out.extend(found.map(|si| Obtained::new(format!("{value} {unit}"), si.value)));
    }
    let birthday = Day::parse("2020-05-17").map_err(|e| e.to_string())?;
    let age = record.demographics.age_on(birthday).ok_or("no age")?;
    out.push(Obtained::new("age on the 50th birthday", age.middle_y()));
    Ok(out)
}

fn safety() -> Result<Vec<Obtained>, String> {
    let bad = [
        ("8302-2", r#"{"value":17,"unit":"m"}"#),
        ("29463-7", r#"{"value":-3,"unit":"kg"}"#),
        ("718-7", r#"{"value":900,"unit":"g/dL"}"#),
        ("29463-7", r#"{"value":70}"#),
        ("29463-7", r#"{"value":70,"unit":"cm"}"#),
        ("29463-7", r#"{"value":"70","unit":"kg"}"#),
        ("8480-6", r#"{"value":1e999,"unit":"mmHg"}"#),
        ("777-3", r#"{"value":250,"unit":"of Zyxwvut"}"#),
    ];
    let mut resources: Vec<String> = bad.iter().map(|(loinc, quantity)| observation(loinc, "2020-01-01", quantity)).collect();
    resources.push(
        r#"{"resourceType":"Condition","subject":{"reference":"Patient/p","display":"Qwertzu"},"code":{"text":"diabetes of Zyxwvut, 1 Plumfield Lane"}}"#.into(),
    );
    let (record, warnings) = read(&bundle(&resources))?;
    let named = (0..bad.len())
        .filter(|i| warnings.iter().any(|w| w.place.starts_with(&format!("Bundle.entry[{}].resource.valueQuantity", i + 1))))
        .count();
    let out_text = format!("{record:?} {warnings:?}").to_lowercase();
    let leaked = ["zyxwvut", "qwertzu", "plumfield"].iter().filter(|name| out_text.contains(*name)).count();
    let broken = read_bundle(&bundle(&resources).as_bytes()[..900], &ReadOptions::usual(), &Warnings::new());
    let leaked = leaked + usize::from(broken.err().is_some_and(|error| error.to_string().to_lowercase().contains("zyxwvut")));
    let depth = 100_000;
    let deep = bundle(&[format!(r#"{{"resourceType":"Claim","a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))]);
    let survived = if read(&deep).is_ok() { depth as f64 } else { 0.0 };
    Ok(vec![
        Obtained::new("impossible or unitless values used, of 8", record.measurements.len() as f64),
        Obtained::new("warnings that name the JSON path, of 8", named as f64),
        Obtained::new("planted names that came out, of 4", leaked as f64),
        Obtained::new("nested lists survived", survived),
        Obtained::new("stage of lasting filtration 38 mL/min/1.73 m²", stage(38)?),
        Obtained::new("stage of lasting filtration 14 mL/min/1.73 m²", stage(14)?),
    ])
}

/// Number of the stage that two filtrations half a year apart make.
fn stage(filtration: u32) -> Result<f64, String> {
    let quantity = format!(r#"{{"value":{filtration},"unit":"mL/min/{{1.73_m2}}"}}"#);
    let (record, _) = read(&bundle(&[observation("33914-3", "2019-01-01", &quantity), observation("33914-3", "2019-07-01", &quantity)]))?;
    let day = Day::parse("2020-01-01").map_err(|e| e.to_string())?;
    Ok(match draw_relevant(&record, day).ckd.map(|found| found.value) {
        Some(CkdStage::G3) => 3.0,
        Some(CkdStage::G4) => 4.0,
        Some(CkdStage::G5) => 5.0,
        _ => f64::NAN,
    })
}
