//! Elements that many resources share: coded concepts, dates of a choice type, references, modifiers, sides.

use serde_json::value::RawValue;

use crate::When;
use crate::json::{Object, string};
use crate::notes::{Kind, Notes};
use crate::record::{Concept, Side};

/// Most codings of a concept that are kept.
const CODINGS_MAX: usize = 20;

/// Short name of a code system.
fn system_name(url: &str) -> &'static str {
    match url {
        "http://snomed.info/sct" | "urn:oid:2.16.840.1.113883.6.96" => "snomed",
        "http://loinc.org" | "https://loinc.org" | "urn:oid:2.16.840.1.113883.6.1" => "loinc",
        "http://www.nlm.nih.gov/research/umls/rxnorm" | "urn:oid:2.16.840.1.113883.6.88" => "rxnorm",
        "http://www.whocc.no/atc" => "atc",
        url if url.contains("icd-10") => "icd10",
        _ => "other",
    }
}

/// A code is short and has no blanks: anything else is text that somebody put into the wrong place.
fn code_text(text: &str, notes: &Notes<'_>) -> Option<String> {
    let plain = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    (plain && !notes.scrub.hits(text)).then(|| text.to_owned())
}

/// A CodeableConcept.
pub(crate) fn concept(object: &Object<'_>, notes: &Notes<'_>) -> Concept {
    let mut codes = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut add_words = |text: &str, place: &str| {
        let text = notes.safe(text, place);
        if !text.trim().is_empty() && !words.contains(&text) {
            words.push(text);
        }
    };
    if let Some(text) = object.text("text", notes) {
        add_words(&text, &object.at("text"));
    }
    for coding in object.objects("coding", notes).into_iter().take(CODINGS_MAX) {
        let system = coding.text("system", notes).map_or("other", |url| system_name(&url));
        if let Some(code) = coding.text("code", notes) {
            match code_text(&code, notes) {
                Some(code) => codes.push((system.to_owned(), code)),
                None => notes.warn(Kind::Code, &coding.at("code"), "not a code; not used"),
            }
        }
        if let Some(display) = coding.text("display", notes) {
            add_words(&display, &coding.at("display"));
        }
    }
    words.truncate(4);
    Concept { codes, text: words.join("; ") }
}

/// A concept in a member; empty when absent.
pub(crate) fn concept_in(object: &Object<'_>, key: &str, notes: &Notes<'_>) -> Concept {
    object.object(key, notes).map_or(Concept { codes: Vec::new(), text: String::new() }, |inner| concept(&inner, notes))
}

/// The codes of a status given as CodeableConcept: first code.
pub(crate) fn status_code(object: &Object<'_>, key: &str, notes: &Notes<'_>) -> Option<String> {
    concept_in(object, key, notes).codes.into_iter().next().map(|(_, code)| code)
}

/// A date member.
pub(crate) fn date(object: &Object<'_>, key: &str, notes: &Notes<'_>) -> Option<When> {
    let text = object.text(key, notes)?;
    match When::parse(&text) {
        Ok(when) => Some(when),
        Err(_) => {
            // The text itself may be anything: it is not repeated.
            notes.warn(Kind::Date, &object.at(key), "not a FHIR date; not used");
            None
        }
    }
}

/// `prefixDateTime`, `prefixInstant`, `prefixDate` or the start of `prefixPeriod`. More than one of them is an error of the file.
pub(crate) fn date_choice(object: &Object<'_>, prefix: &str, notes: &Notes<'_>) -> Option<When> {
    let choices = object.choices(prefix);
    if choices.len() > 1 {
        notes.warn(Kind::Shape, &object.at(&format!("{prefix}[x]")), format!("{} values of a choice of one; none used", choices.len()));
        for key in choices {
            object.get(key);
        }
        return None;
    }
    for suffix in ["DateTime", "Instant", "Date"] {
        let key = format!("{prefix}{suffix}");
        if object.has(&key) {
            return date(object, &key, notes);
        }
    }
    let period = object.object(&format!("{prefix}Period"), notes)?;
    date(&period, "start", notes).or_else(|| date(&period, "end", notes))
}

/// Whether a resource or element carries a modifier that Proband does not understand; warns. Such a resource must not be used.
pub(crate) fn has_modifier(object: &Object<'_>, notes: &Notes<'_>) -> bool {
    let extended = object.has("modifierExtension") && !is_empty_list(object.get("modifierExtension"));
    let ruled = object.get("implicitRules").is_some();
    if extended || ruled {
        let what = if extended { "modifierExtension" } else { "implicitRules" };
        notes.warn(Kind::Modifier, &object.at(what), "changes the meaning and is not understood; the resource is not used");
        notes.count_excluded("modifier not understood");
    }
    extended || ruled
}

fn is_empty_list(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| raw.get().bytes().filter(|b| !b.is_ascii_whitespace()).eq(*b"[]"))
}

/// References that mean the patient.
pub(crate) struct PatientNames {
    names: Vec<String>,
    id: Option<String>,
}

impl PatientNames {
    pub(crate) fn new(full_url: Option<&str>, id: Option<&str>) -> Self {
        let mut names: Vec<String> = full_url.map(str::to_owned).into_iter().collect();
        if let Some(id) = id {
            names.push(format!("Patient/{id}"));
            names.push(format!("urn:uuid:{id}"));
            names.push(format!("#{id}"));
        }
        Self { names, id: id.map(str::to_owned) }
    }

    fn mean(&self, reference: &str) -> bool {
        let bare = reference.split("/_history/").next().unwrap_or(reference);
        let by_url = || self.id.as_ref().is_some_and(|id| bare.strip_suffix(id.as_str()).is_some_and(|rest| rest.ends_with("/Patient/")));
        self.names.iter().any(|name| name == bare) || by_url()
    }
}

/// Whether a resource is about the patient of the chart; warns when it is not, or does not say.
pub(crate) fn is_about(object: &Object<'_>, key: &str, patient: &PatientNames, notes: &Notes<'_>) -> bool {
    let place = object.at(key);
    let reference = object.object(key, notes).and_then(|subject| subject.get("reference").and_then(string));
    match reference {
        Some(reference) if patient.mean(&reference) => true,
        Some(reference) if reference.starts_with("Patient?") => {
            notes.warn(Kind::Reference, &place, "conditional reference; taken as the chart's only patient");
            true
        }
        Some(_) => {
            notes.warn(Kind::Subject, &place, "about someone else than the chart's patient; not used");
            notes.count_excluded("about someone else");
            false
        }
        None => {
            notes.warn(Kind::Subject, &place, "no reference to the patient; taken as the chart's only patient");
            true
        }
    }
}

/// SNOMED CT qualifiers and sites with a side: left, left breast, left upper arm, and so on.
const LEFT: &[&str] = &["7771000", "80248007", "368208006"];
const RIGHT: &[&str] = &["24028007", "73056007", "368209003"];
const BOTH: &[&str] = &["51440002", "63762007"];

/// Side that the body site or the words say; both sides when both are named.
pub(crate) fn side(concept: &Concept, sites: &[Concept]) -> Side {
    let mut left = false;
    let mut right = false;
    for part in sites.iter().chain([concept]) {
        for (system, code) in &part.codes {
            let code = code.as_str();
            let (snomed, icd) = (system == "snomed", system == "icd10");
            left |= snomed && (LEFT.contains(&code) || BOTH.contains(&code)) || icd && ["Z90.12", "Z90.13"].contains(&code);
            right |= snomed && (RIGHT.contains(&code) || BOTH.contains(&code)) || icd && ["Z90.11", "Z90.13"].contains(&code);
        }
        for word in part.text.split(|c: char| !c.is_alphanumeric()) {
            let word = word.to_ascii_lowercase();
            left |= word == "left" || word == "bilateral" || word == "both";
            right |= word == "right" || word == "bilateral" || word == "both";
        }
    }
    match (left, right) {
        (true, true) => Side::Both,
        (true, false) => Side::Left,
        (false, true) => Side::Right,
        (false, false) => Side::Unknown,
    }
}
