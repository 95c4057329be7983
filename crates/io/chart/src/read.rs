//! From bytes to a record: the container, the one patient in it, then every resource that matters.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proband_core::{Digest, Warnings};
use serde_json::value::RawValue;

use crate::element::PatientNames;
use crate::json::{Object, for_each, open_noted, shape, string, whole};
use crate::notes::{Kind, Notes, bump};
use crate::record::{ChartRecord, Deceased};
use crate::resource::{Reader, allergy, condition, demographics, device, medication, observation, procedure};
use crate::scrub::Scrub;
use crate::{ChartError, ReadOptions};

/// Resource types that are looked into.
const READ: &[&str] = &[
    "Patient",
    "Observation",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "Medication",
    "AllergyIntolerance",
    "Device",
];

/// Paths of surplus patients that an error lists.
const PLACES_SHOWN_MAX: usize = 20;

/// One resource of a type that is looked into.
struct Held<'a> {
    kind: &'static str,
    full_url: Option<Cow<'a, str>>,
    raw: &'a RawValue,
    place: String,
}

/// All that a container gave.
#[derive(Default)]
struct Holding<'a> {
    held: Vec<Held<'a>>,
    /// Types that are not looked into; the names are checked before they are shown.
    others: BTreeMap<String, u32>,
    full_urls: Vec<(Cow<'a, str>, u32)>,
    entries: u32,
}

/// Read a FHIR R4 bundle (transaction, batch, collection, searchset, document, message) or a bare Patient, in JSON.
///
/// `bytes`: the whole file. Warnings name the JSON path and never a person.
///
/// # Errors
/// [`ChartError`] that names the place, when the bytes are no chart of exactly one patient.
///
/// ```
/// # use proband_chart::{ReadOptions, Sex, read_bundle};
/// # use proband_core::Warnings;
/// let text = br#"{"resourceType":"Patient","id":"a","gender":"female","birthDate":"1970-05"}"#;
/// let record = read_bundle(text, &ReadOptions::usual(), &Warnings::new())?;
/// assert_eq!(record.demographics.sex, Sex::Female);
/// # Ok::<(), proband_chart::ChartError>(())
/// ```
pub fn read_bundle(bytes: &[u8], options: &ReadOptions, warnings: &Warnings) -> Result<ChartRecord, ChartError> {
    let mut notes = Notes::new(warnings, Scrub::default());
    let text = text_of(bytes, options, &notes)?;
    let raw = whole(text)?;
    let wrong = |what: String| ChartError::Malformed { place: "$".into(), what };
    let root = Object::open(raw, "$".into()).map_err(|failure| wrong(failure.text()))?;
    let kind = root.get("resourceType").and_then(string).ok_or_else(|| wrong("no resourceType: this is not a FHIR resource".into()))?;
    let mut holding = Holding::default();
    let container = match kind.as_ref() {
        "Bundle" => {
            let container = bundle_type(&root)?;
            hold_entries(&root, options, &notes, &mut holding)?;
            container
        }
        "Patient" => {
            holding.entries = 1;
            holding.held.push(Held { kind: "Patient", full_url: None, raw, place: "Patient".into() });
            "Patient"
        }
        other => {
            bump(&mut holding.others, &short_name(other), 1);
            "resource"
        }
    };
    refuse_duplicates(&mut holding.full_urls)?;
    assemble(bytes, container, holding, options, &mut notes).map(|build| build.finish(notes))
}

/// Read resources, one per line (FHIR bulk export). All lines must belong to one patient.
///
/// # Errors
/// As [`read_bundle`]; the place of a line is "line 3".
pub fn read_ndjson(bytes: &[u8], options: &ReadOptions, warnings: &Warnings) -> Result<ChartRecord, ChartError> {
    let mut notes = Notes::new(warnings, Scrub::default());
    let text = text_of(bytes, options, &notes)?;
    let mut holding = Holding::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let raw = whole(line).map_err(|error| match error {
            ChartError::Syntax { column, what, .. } => ChartError::Syntax { line: number, column, what },
            other => other,
        })?;
        count_entry(&mut holding, options, "the file")?;
        hold(raw, None, format!("line {number}"), &notes, &mut holding);
    }
    assemble(bytes, "ndjson", holding, options, &mut notes).map(|build| build.finish(notes))
}

/// The bytes as text, within the limit.
fn text_of<'a>(bytes: &'a [u8], options: &ReadOptions, notes: &Notes<'_>) -> Result<&'a str, ChartError> {
    let size_bytes = bytes.len() as u64;
    if size_bytes > options.size_bytes_max {
        return Err(ChartError::TooLarge { size_bytes, max_bytes: options.size_bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let utf16 =
            bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || bytes.get(1) == Some(&0) || bytes.first() == Some(&0);
        let packed = bytes.starts_with(&[0x1F, 0x8B]) || bytes.starts_with(b"PK");
        let hint = if utf16 {
            "; it looks like UTF-16, save it as UTF-8"
        } else if packed {
            "; it looks compressed, unpack it first"
        } else {
            ""
        };
        ChartError::NotUtf8 { offset_bytes: e.valid_up_to() as u64, hint }
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            notes.warn(Kind::File, "chart", "began with a byte order mark, which FHIR does not allow; skipped");
            rest
        }
        None => text,
    };
    if text.trim().is_empty() {
        return Err(ChartError::Empty);
    }
    if text.starts_with("version https://git-lfs") {
        let what = "a git-lfs pointer, not the file itself".into();
        return Err(ChartError::Malformed { place: "$".into(), what });
    }
    Ok(text)
}

/// Type of the bundle. A history holds many versions of one resource and is no state.
fn bundle_type(root: &Object<'_>) -> Result<&'static str, ChartError> {
    let written = root.get("type").and_then(string);
    let known = ["transaction", "batch", "collection", "searchset", "document", "message", "transaction-response", "batch-response"];
    match written.as_deref() {
        Some("history") => {
            let what = "a history holds many versions of each resource; export the current state instead".into();
            Err(ChartError::Malformed { place: "Bundle.type".into(), what })
        }
        Some(text) => Ok(known.into_iter().find(|name| *name == text).unwrap_or("bundle of unknown type")),
        None => Ok("bundle without type"),
    }
}

/// A type's name, cut: a hostile file may hold a long one.
fn short_name(name: &str) -> String {
    name.chars().take(64).collect()
}

fn count_entry(holding: &mut Holding<'_>, options: &ReadOptions, place: &str) -> Result<(), ChartError> {
    if holding.entries >= options.entry_count_max {
        return Err(ChartError::TooMany { place: place.into(), what: "entries", max: options.entry_count_max });
    }
    holding.entries += 1;
    Ok(())
}

/// Walk `Bundle.entry`.
fn hold_entries<'a>(root: &Object<'a>, options: &ReadOptions, notes: &Notes<'_>, holding: &mut Holding<'a>) -> Result<(), ChartError> {
    let Some(list) = root.get("entry") else { return Ok(()) };
    let is_list = for_each(list, &mut |index, raw| {
        count_entry(holding, options, "Bundle.entry")?;
        let place = format!("Bundle.entry[{index}]");
        let Some(entry) = open_noted(raw, place, notes) else {
            notes.count_excluded("entry that cannot be read");
            return Ok(());
        };
        let full_url = entry.text("fullUrl", notes);
        if let Some(url) = &full_url {
            holding.full_urls.push((url.clone(), index));
        }
        match entry.get("resource") {
            Some(resource) => hold(resource, full_url, entry.at("resource"), notes, holding),
            None => notes.count_excluded("entry without a resource"),
        }
        Ok(())
    })?;
    if is_list {
        Ok(())
    } else {
        Err(ChartError::Malformed { place: "Bundle.entry".into(), what: format!("a list is wanted, this is {}", shape(list)) })
    }
}

/// Keep a resource for reading, or count it.
fn hold<'a>(raw: &'a RawValue, full_url: Option<Cow<'a, str>>, place: String, notes: &Notes<'_>, holding: &mut Holding<'a>) {
    let Some(resource) = open_noted(raw, place, notes) else {
        notes.count_excluded("resource that cannot be read");
        return;
    };
    let Some(kind) = resource.get("resourceType").and_then(string) else {
        notes.warn(Kind::Shape, &resource.at("resourceType"), "absent or no string; the resource is not used");
        notes.count_excluded("resource that cannot be read");
        return;
    };
    match READ.iter().find(|name| **name == kind) {
        Some(kind) => holding.held.push(Held { kind, full_url, raw, place: resource.place }),
        None => bump(&mut holding.others, &short_name(&kind), 1),
    }
}

/// References to a fullUrl that stands there twice are ambiguous.
fn refuse_duplicates(full_urls: &mut [(Cow<'_, str>, u32)]) -> Result<(), ChartError> {
    full_urls.sort_unstable();
    let twice = full_urls.windows(2).filter(|pair| pair[0].0 == pair[1].0).min_by_key(|pair| pair[1].1);
    twice.map_or(Ok(()), |pair| {
        let place = |index: u32| format!("Bundle.entry[{index}].fullUrl");
        Err(ChartError::DuplicateFullUrl { first: place(pair[0].1), second: place(pair[1].1) })
    })
}

/// The only patient; an error lists positions, not names.
fn the_patient<'h, 'a>(holding: &'h Holding<'a>, container: &str) -> Result<&'h Held<'a>, ChartError> {
    let patients: Vec<&Held<'_>> = holding.held.iter().filter(|held| held.kind == "Patient").collect();
    match patients.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut counts = holding.others.clone();
            for held in &holding.held {
                bump(&mut counts, held.kind, 1);
            }
            let plain = |name: &&String| name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphabetic());
            let names: Vec<String> = counts.keys().filter(plain).take(8).map(|name| format!("{name} {}", counts[name])).collect();
            let contents = if names.is_empty() { "nothing".into() } else { names.join(", ") };
            let only = |allowed: &[&str]| !counts.is_empty() && counts.keys().all(|name| allowed.contains(&name.as_str()));
            let hint = if only(&["Organization", "Practitioner", "PractitionerRole", "Location"]) {
                ": it looks like the hospital or practitioner bundle that comes beside the patients"
            } else {
                ""
            };
            let holder = if container == "resource" || container == "ndjson" { "the file" } else { "the bundle" };
            Err(ChartError::NoPatient { holder, contents, hint })
        }
        many => Err(ChartError::ManyPatients {
            places: many
                .iter()
                .take(PLACES_SHOWN_MAX)
                .map(|held| held.place.clone())
                .chain((many.len() > PLACES_SHOWN_MAX).then(|| format!("and {} more", many.len() - PLACES_SHOWN_MAX)))
                .collect(),
        }),
    }
}

/// A record whose counts are still open.
struct Build {
    record: ChartRecord,
    entries: u32,
}

impl Build {
    fn finish(self, notes: Notes<'_>) -> ChartRecord {
        ChartRecord { counts: notes.finish(self.entries), ..self.record }
    }
}

/// Read the patient, then everything about the patient.
fn assemble(
    bytes: &[u8],
    container: &str,
    holding: Holding<'_>,
    options: &ReadOptions,
    notes: &mut Notes<'_>,
) -> Result<Build, ChartError> {
    let held = the_patient(&holding, container)?;
    let wrong = |what: String| ChartError::Malformed { place: held.place.clone(), what };
    let patient = Object::open(held.raw, held.place.clone()).map_err(|failure| wrong(failure.text()))?;
    notes.scrub = Scrub::of_patient(&patient);
    if let Some(url) = &held.full_url {
        notes.scrub.add_phrase(url.trim_start_matches("urn:uuid:"));
    }
    if crate::element::has_modifier(&patient, notes) {
        return Err(wrong("a modifier that is not understood changes the meaning of the Patient".into()));
    }
    let id = patient.get("id").and_then(string);
    let names = PatientNames::new(held.full_url.as_deref(), id.as_deref());
    let identity = id.as_deref().or(held.full_url.as_deref()).unwrap_or(held.raw.get());
    let mut record = ChartRecord {
        pseudonym: pseudonym(identity, bytes, options),
        source: Digest::of_bytes(bytes),
        container: container.to_owned(),
        demographics: demographics(&patient, notes),
        measurements: Vec::new(),
        answers: Vec::new(),
        conditions: Vec::new(),
        procedures: Vec::new(),
        medications: Vec::new(),
        allergies: Vec::new(),
        devices: Vec::new(),
        counts: crate::record::Counts::default(),
    };
    notes.count_read("Patient");
    for (kind, count) in &holding.others {
        notes.count_ignored_resources(kind, *count);
    }
    let medications = medication_index(&holding);
    let reader = Reader { notes, patient: &names, medications: &medications };
    for held in holding.held.iter().filter(|held| !["Patient", "Medication"].contains(&held.kind)) {
        if let Some(object) = open_noted(held.raw, held.place.clone(), notes) {
            notes.count_read(held.kind);
            read_one(held.kind, &object, &reader, &mut record);
        }
    }
    drop_before_birth(&mut record, notes);
    record.measurements.sort_by_key(|m| day_key(m.when.as_ref()));
    record.answers.sort_by_key(|m| day_key(m.when.as_ref()));
    Ok(Build { record, entries: holding.entries })
}

fn read_one(kind: &str, object: &Object<'_>, reader: &Reader<'_, '_, '_>, record: &mut ChartRecord) {
    match kind {
        "Observation" => {
            let observed = observation(object, reader);
            record.measurements.extend(observed.measurements);
            record.answers.extend(observed.answers);
        }
        "Condition" => record.conditions.extend(condition(object, reader)),
        "Procedure" => record.procedures.extend(procedure(object, reader)),
        "AllergyIntolerance" => record.allergies.extend(allergy(object, reader)),
        "Device" => record.devices.extend(device(object, reader)),
        _ => record.medications.extend(medication(kind, object, reader)),
    }
}

/// Medication resources by what a reference may call them.
fn medication_index<'a>(holding: &Holding<'a>) -> BTreeMap<String, (&'a RawValue, String)> {
    let mut index = BTreeMap::new();
    for held in holding.held.iter().filter(|held| held.kind == "Medication") {
        if let Some(url) = &held.full_url {
            index.insert(url.clone().into_owned(), (held.raw, held.place.clone()));
        }
        if let Some(id) = Object::open(held.raw, String::new()).ok().and_then(|object| object.get("id").and_then(string)) {
            index.insert(format!("Medication/{id}"), (held.raw, held.place.clone()));
        }
    }
    index
}

/// Order in time: undated first, then by moment or day.
fn day_key(when: Option<&crate::When>) -> Option<(i32, Option<i64>)> {
    when.map(|when| (when.first.number(), when.utc_s))
}

/// Values older than the patient belong to someone else or carry a wrong date.
fn drop_before_birth(record: &mut ChartRecord, notes: &Notes<'_>) {
    let Some(birth) = record.demographics.birth.as_ref().map(|birth| birth.first) else { return };
    record.measurements.retain(|measurement| {
        let possible = measurement.when.as_ref().is_none_or(|when| when.last >= birth);
        if !possible {
            notes.warn(Kind::Date, &measurement.place, "measured before the patient was born; not used");
            notes.count_excluded("dated before birth");
        }
        possible
    });
    if let Deceased::On(death) = &record.demographics.deceased {
        let after = record.measurements.iter().filter(|m| m.when.as_ref().is_some_and(|when| when.first > death.last)).count();
        if after > 0 {
            notes.warn(Kind::Date, &record.demographics.place, format!("{after} values are dated after the death"));
        }
    }
}

/// Keyed hash of the patient's identifier; without a key, the file's own bytes are the key.
fn pseudonym(identity: &str, bytes: &[u8], options: &ReadOptions) -> String {
    let key = options.pseudonym_key.unwrap_or_else(|| *blake3::hash(bytes).as_bytes());
    let hash = blake3::keyed_hash(&key, identity.as_bytes()).to_hex();
    format!("P-{}", &hash[..12])
}
