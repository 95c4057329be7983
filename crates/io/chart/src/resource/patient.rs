//! Patient: birth date, sex, death. Names, addresses and identifiers are looked at only to be taken out elsewhere.

use crate::element::date;
use crate::json::{Object, string};
use crate::notes::{Kind, Notes};
use crate::record::{Deceased, Demographics, Sex};

/// Read the demographics.
pub(crate) fn demographics(patient: &Object<'_>, notes: &Notes<'_>) -> Demographics {
    let birth = date(patient, "birthDate", notes);
    let sibling = patient.object("_birthDate", notes);
    if birth.is_none() && !patient.has("birthDate") {
        let reason = sibling.as_ref().is_some_and(|sibling| {
            sibling
                .objects("extension", notes)
                .iter()
                .any(|e| e.get("url").and_then(string).is_some_and(|url| url.ends_with("data-absent-reason")))
        });
        let text = if reason { "absent, and the chart says so" } else { "absent; the age is not known" };
        notes.warn(Kind::Date, &patient.at("birthDate"), text);
    }
    let sex = match patient.text("gender", notes).as_deref() {
        Some("female") => Sex::Female,
        Some("male") => Sex::Male,
        Some("other") => Sex::Other,
        Some("unknown") => Sex::Unknown,
        Some(_) => {
            notes.warn(Kind::Code, &patient.at("gender"), "not one of male, female, other, unknown; taken as unknown");
            Sex::Unknown
        }
        None => {
            notes.warn(Kind::Code, &patient.at("gender"), "absent; taken as unknown");
            Sex::Unknown
        }
    };
    let deceased = deceased(patient, notes);
    if let (Some(birth), Deceased::On(death)) = (&birth, &deceased)
        && death.last < birth.first
    {
        notes.warn(Kind::Date, &patient.at("deceasedDateTime"), "before the birth");
    }
    let birth = birth.filter(|birth| {
        let possible = birth.last.year >= 1800;
        if !possible {
            notes.warn(Kind::Impossible, &patient.at("birthDate"), "before 1800; not used");
        }
        possible
    });
    Demographics { birth, sex, deceased, place: patient.place.clone() }
}

fn deceased(patient: &Object<'_>, notes: &Notes<'_>) -> Deceased {
    if patient.choices("deceased").len() > 1 {
        notes.warn(Kind::Shape, &patient.at("deceased[x]"), "more than one value of a choice of one; the date is used");
    }
    if patient.has("deceasedDateTime") {
        return date(patient, "deceasedDateTime", notes).map_or(Deceased::SomeDay, Deceased::On);
    }
    if patient.truth("deceasedBoolean", notes) == Some(true) { Deceased::SomeDay } else { Deceased::No }
}
