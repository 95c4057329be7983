//! Condition, Procedure, medications, AllergyIntolerance, Device.

use serde_json::value::RawValue;

use crate::element::{concept, concept_in, date, date_choice, has_modifier, is_about, side, status_code};
use crate::json::{Object, open_noted, string};
use crate::notes::Kind;
use crate::record::{Allergy, Concept, Condition, Device, Medication, MedicationUse, Procedure};
use crate::resource::Reader;

fn is_empty(concept: &Concept) -> bool {
    concept.codes.is_empty() && concept.text.is_empty()
}

impl Reader<'_, '_, '_> {
    /// Whether a resource may be used: no modifier, about this patient.
    fn usable(&self, object: &Object<'_>, subject_key: &str) -> bool {
        !has_modifier(object, self.notes) && is_about(object, subject_key, self.patient, self.notes)
    }

    fn without_code<T>(&self, object: &Object<'_>) -> Option<T> {
        self.notes.warn(Kind::Code, &object.place, "neither code nor text; not used");
        self.notes.count_excluded("resource without a code");
        None
    }

    fn sites(&self, object: &Object<'_>) -> Vec<Concept> {
        object.objects("bodySite", self.notes).iter().map(|site| concept(site, self.notes)).collect()
    }
}

/// Read a Condition.
pub(crate) fn condition(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Condition> {
    let notes = reader.notes;
    let verification = status_code(object, "verificationStatus", notes);
    if let Some(status @ ("entered-in-error" | "refuted")) = verification.as_deref() {
        notes.count_excluded(&format!("condition {status}"));
        return None;
    }
    if !reader.usable(object, "subject") {
        return None;
    }
    let what = concept_in(object, "code", notes);
    if is_empty(&what) {
        return reader.without_code(object);
    }
    let onset = date_choice(object, "onset", notes).or_else(|| date(object, "recordedDate", notes));
    let abatement = date_choice(object, "abatement", notes);
    let has_abated = abatement.is_some() || !object.choices("abatement").is_empty();
    let active = match status_code(object, "clinicalStatus", notes).as_deref() {
        Some("active" | "recurrence" | "relapse") => true,
        Some("inactive" | "remission" | "resolved") => false,
        _ => !has_abated,
    };
    let certain = matches!(verification.as_deref(), None | Some("confirmed"));
    let side = side(&what, &reader.sites(object));
    reader.count_unread("Condition", object);
    Some(Condition { concept: what, side, onset, abatement, active, certain, place: object.place.clone() })
}

/// Read a Procedure.
pub(crate) fn procedure(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Procedure> {
    let notes = reader.notes;
    match object.text("status", notes).as_deref() {
        Some("completed" | "in-progress" | "stopped") => {}
        Some("entered-in-error") => {
            notes.count_excluded("procedure entered in error");
            return None;
        }
        _ => {
            notes.count_excluded("procedure that was not done");
            return None;
        }
    }
    if !reader.usable(object, "subject") {
        return None;
    }
    let what = concept_in(object, "code", notes);
    if is_empty(&what) {
        return reader.without_code(object);
    }
    let when = date_choice(object, "performed", notes);
    let side = side(&what, &reader.sites(object));
    reader.count_unread("Procedure", object);
    Some(Procedure { concept: what, side, when, place: object.place.clone() })
}

/// Read a MedicationRequest, MedicationStatement or MedicationAdministration.
pub(crate) fn medication(kind: &str, object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Medication> {
    let notes = reader.notes;
    let status = object.text("status", notes);
    let usage = match (kind, status.as_deref()) {
        (_, Some("entered-in-error")) => {
            notes.count_excluded("medication entered in error");
            return None;
        }
        (_, Some("not-taken" | "not-done" | "draft" | "cancelled" | "intended" | "unknown") | None) => {
            notes.count_excluded("medication that was not taken");
            return None;
        }
        ("MedicationAdministration", _) => MedicationUse::Given,
        (_, Some("active")) => MedicationUse::Current,
        _ => MedicationUse::Past,
    };
    if object.truth("doNotPerform", notes) == Some(true) {
        notes.count_excluded("medication that must not be given");
        return None;
    }
    if !reader.usable(object, "subject") {
        return None;
    }
    let what = match object.choices("medication").as_slice() {
        ["medicationCodeableConcept"] => concept_in(object, "medicationCodeableConcept", notes),
        ["medicationReference"] => referenced(object, reader)?,
        _ => return reader.without_code(object),
    };
    if is_empty(&what) {
        return reader.without_code(object);
    }
    let when = date_choice(object, "effective", notes)
        .or_else(|| date(object, "authoredOn", notes))
        .or_else(|| date(object, "dateAsserted", notes));
    let runs = matches!(status.as_deref(), Some("in-progress" | "active"));
    let running = if runs { super::dosage::rate(kind, object, notes) } else { None };
    reader.count_unread(kind, object);
    Some(Medication { concept: what, usage, when, running, place: object.place.clone() })
}

/// The concept behind a medicationReference: in the bundle, or contained. One step only, so a cycle cannot turn.
fn referenced(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Concept> {
    let notes = reader.notes;
    let inner = object.object("medicationReference", notes)?;
    let reference = inner.get("reference").and_then(string);
    if let Some(reference) = &reference {
        let found = match reference.strip_prefix('#') {
            Some(id) => contained(object, id, reader),
            None => reader.medications.get(reference.as_ref()).cloned(),
        };
        if let Some((raw, place)) = found {
            let medication = open_noted(raw, place, notes)?;
            return (!has_modifier(&medication, notes)).then(|| concept_in(&medication, "code", notes));
        }
    }
    // The display is all that is left.
    let display = inner.text("display", notes).map(|text| notes.safe(&text, &inner.at("display")));
    notes.warn(Kind::Reference, &inner.place, "the Medication is not in the file; its display is used where there is one");
    Some(Concept { codes: Vec::new(), text: display.unwrap_or_default() })
}

fn contained<'a>(object: &Object<'a>, id: &str, reader: &Reader<'_, '_, '_>) -> Option<(&'a RawValue, String)> {
    object.list("contained", reader.notes).into_iter().find_map(|(index, raw)| {
        let inner = Object::open(raw, String::new()).ok()?;
        let is_it = inner.get("id").and_then(string).is_some_and(|found| found == id);
        is_it.then(|| (raw, format!("{}.contained[{index}]", object.place)))
    })
}

/// Read an AllergyIntolerance.
pub(crate) fn allergy(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Allergy> {
    let notes = reader.notes;
    if let Some(status @ ("entered-in-error" | "refuted")) = status_code(object, "verificationStatus", notes).as_deref() {
        notes.count_excluded(&format!("allergy {status}"));
        return None;
    }
    if !reader.usable(object, "patient") {
        return None;
    }
    let what = concept_in(object, "code", notes);
    if is_empty(&what) {
        return reader.without_code(object);
    }
    let active = !matches!(status_code(object, "clinicalStatus", notes).as_deref(), Some("inactive" | "resolved"));
    reader.count_unread("AllergyIntolerance", object);
    Some(Allergy { concept: what, active, place: object.place.clone() })
}

/// Read a Device that belongs to the patient.
pub(crate) fn device(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Option<Device> {
    let notes = reader.notes;
    let status = object.text("status", notes);
    if status.as_deref() == Some("entered-in-error") {
        notes.count_excluded("device entered in error");
        return None;
    }
    if !object.has("patient") {
        notes.count_excluded("device of nobody");
        return None;
    }
    if !reader.usable(object, "patient") {
        return None;
    }
    let what = concept_in(object, "type", notes);
    if is_empty(&what) {
        return reader.without_code(object);
    }
    reader.count_unread("Device", object);
    Some(Device { concept: what, active: status.as_deref() != Some("inactive"), place: object.place.clone() })
}
