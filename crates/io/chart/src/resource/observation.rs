//! Observation: quantities, panels of quantities, coded answers.

use proband_core::Unit;

use crate::When;
use crate::element::{concept_in, date, date_choice, has_modifier, is_about};
use crate::json::Object;
use crate::known::{Known, known};
use crate::notes::{Kind, Notes};
use crate::record::{Answer, Comparator, Concept, Measurement, SiValue};
use crate::resource::Reader;
use crate::unit;

/// What an Observation held.
#[derive(Default)]
pub(crate) struct Observed {
    pub(crate) measurements: Vec<Measurement>,
    pub(crate) answers: Vec<Answer>,
}

/// What the values of one Observation have in common.
struct Frame<'f> {
    when: Option<When>,
    preliminary: bool,
    panel: Option<&'f str>,
}

/// Read an Observation.
pub(crate) fn observation(object: &Object<'_>, reader: &Reader<'_, '_, '_>) -> Observed {
    let notes = reader.notes;
    let mut out = Observed::default();
    let status = object.text("status", notes);
    match status.as_deref() {
        Some("final" | "amended" | "corrected" | "preliminary") => {}
        Some("entered-in-error") => return excluded(notes, out, "observation entered in error"),
        Some("cancelled") => return excluded(notes, out, "observation cancelled"),
        _ => return excluded(notes, out, "observation without a usable status"),
    }
    if has_modifier(object, notes) || !is_about(object, "subject", reader.patient, notes) {
        return out;
    }
    if object.get("focus").is_some_and(|raw| raw.get().len() > 2) {
        notes.warn(Kind::Subject, &object.at("focus"), "the value is not of the patient himself; not used");
        return excluded(notes, out, "about someone else");
    }
    let when = date_choice(object, "effective", notes).or_else(|| date(object, "issued", notes));
    let code = concept_in(object, "code", notes);
    let loinc = loinc_of(&code);
    let frame = Frame { when: when.clone(), preliminary: status.as_deref() == Some("preliminary"), panel: None };
    value(object, &code, loinc, &frame, notes, &mut out);
    for component in object.objects("component", notes) {
        let component_code = concept_in(&component, "code", notes);
        if has_modifier(&component, notes) {
            continue;
        }
        let frame = Frame { panel: loinc, when: when.clone(), preliminary: frame.preliminary };
        value(&component, &component_code, loinc_of(&component_code), &frame, notes, &mut out);
    }
    // Read but not needed: they say nothing that the value does not.
    object.get("category");
    object.get("encounter");
    object.get("issued");
    reader.count_unread("Observation", object);
    out
}

fn excluded(notes: &Notes<'_>, out: Observed, reason: &str) -> Observed {
    notes.count_excluded(reason);
    out
}

fn loinc_of(concept: &Concept) -> Option<&str> {
    concept.codes.iter().find(|(system, _)| system == "loinc").map(|(_, code)| code.as_str())
}

/// The value of an Observation or of one component.
fn value(object: &Object<'_>, code: &Concept, loinc: Option<&str>, frame: &Frame<'_>, notes: &Notes<'_>, out: &mut Observed) {
    let choices = object.choices("value");
    if choices.len() > 1 {
        notes.warn(Kind::Shape, &object.at("value[x]"), format!("{} values of a choice of one; none used", choices.len()));
        notes.count_excluded("several values");
        return;
    }
    if object.has("dataAbsentReason") {
        object.get("dataAbsentReason");
        notes.count_excluded("value absent, with a reason");
    }
    match choices.first().copied() {
        Some("valueQuantity") => {
            let Some(quantity) = object.object("valueQuantity", notes) else { return };
            let Some(loinc) = loinc else {
                notes.count_excluded("quantity without a LOINC code");
                return;
            };
            if let Some(read) = read_quantity(&quantity, loinc, notes) {
                out.measurements.push(Measurement {
                    loinc: loinc.to_owned(),
                    panel: frame.panel.map(str::to_owned),
                    name: code.text.clone(),
                    when: frame.when.clone(),
                    preliminary: frame.preliminary,
                    place: object.place.clone(),
                    ..read
                });
            }
        }
        Some("valueCodeableConcept") => {
            let answer = concept_in(object, "valueCodeableConcept", notes);
            if let Some(loinc) = loinc {
                out.answers.push(Answer { loinc: loinc.to_owned(), answer, when: frame.when.clone(), place: object.place.clone() });
            } else {
                notes.count_excluded("answer without a LOINC code");
            }
        }
        Some(_) => notes.count_excluded("observation with another type of value"),
        None => {}
    }
}

/// Number, unit and SI value of a Quantity; the rest is the caller's. `None`, with a warning, when it cannot be used.
fn read_quantity(quantity: &Object<'_>, loinc: &str, notes: &Notes<'_>) -> Option<Measurement> {
    let not_used = |kind: Kind, place: &str, text: String| {
        notes.warn(kind, place, text);
        notes.count_excluded("quantity that cannot be used");
        None
    };
    let Some(written) = quantity.number("value", notes) else {
        notes.count_excluded("quantity without a number");
        return None;
    };
    let place = quantity.at("value");
    let shown: String = written.chars().take(30).collect();
    let value = match written.parse::<f64>() {
        Ok(value) if value.is_finite() => value,
        _ => return not_used(Kind::Impossible, &place, format!("{shown} is beyond every number; not used")),
    };
    let comparator = match quantity.text("comparator", notes).as_deref() {
        None => None,
        Some("<") => Some(Comparator::Less),
        Some("<=") => Some(Comparator::LessOrEqual),
        Some(">=") => Some(Comparator::GreaterOrEqual),
        Some(">") => Some(Comparator::Greater),
        Some(_) => return not_used(Kind::Code, &quantity.at("comparator"), "not one of <, <=, >=, >; the value is not used".into()),
    };
    let entry = known(loinc);
    let unit = read_unit(quantity, entry, notes)?;
    let si = match (&unit.reading, entry) {
        (Some(unit_si), Some(entry)) => {
            if unit_si.dimension() != entry.dimension {
                let text = format!("\"{}\" is no unit of {}; not used", unit.written, entry.name);
                return not_used(Kind::Unit, &unit.place, text);
            }
            let si = unit_si.to_si(value);
            if !(si >= entry.low && si <= entry.high) {
                let (low, high, si_unit) = (entry.low, entry.high, unit::si_text(entry.dimension));
                let text = format!(
                    "{} of {shown} {} is impossible ({} {si_unit}; possible: {} to {} {si_unit}); not used",
                    entry.name,
                    unit.written,
                    short(si),
                    short(low),
                    short(high)
                );
                return not_used(Kind::Impossible, &place, text);
            }
            Some(SiValue { value: si, unit: unit::si_text(entry.dimension) })
        }
        (Some(unit_si), None) => {
            let si = unit_si.to_si(value);
            si.is_finite().then(|| SiValue { value: si, unit: unit::si_text(unit_si.dimension()) })
        }
        (None, Some(entry)) => {
            let text = format!("unit \"{}\" of {} is not known; not used", unit.written, entry.name);
            return not_used(Kind::Unit, &unit.place, text);
        }
        (None, None) => None,
    };
    Some(Measurement {
        loinc: String::new(),
        panel: None,
        name: String::new(),
        value_written: shown,
        value,
        per_body_surface: unit.written.contains("1.73"),
        unit_written: unit.written,
        si,
        comparator,
        preliminary: false,
        when: None,
        place: String::new(),
    })
}

/// Three significant digits, plain.
fn short(value: f64) -> String {
    if value == 0.0 || (0.01..1e5).contains(&value.abs()) {
        format!("{}", (value * 1000.0).round() / 1000.0)
    } else {
        format!("{value:.2e}")
    }
}

struct UnitText {
    written: String,
    reading: Option<Unit>,
    place: String,
}

/// The unit of a Quantity. UCUM code before display; both must agree. `None`, with a warning, when there is none.
fn read_unit(quantity: &Object<'_>, entry: Option<&Known>, notes: &Notes<'_>) -> Option<UnitText> {
    let system = quantity.text("system", notes);
    let is_ucum = system.as_deref().is_none_or(|url| url == "http://unitsofmeasure.org" || url == "https://unitsofmeasure.org");
    let code = quantity.text("code", notes).filter(|text| is_ucum && !text.trim().is_empty());
    let display = quantity.text("unit", notes).filter(|text| !text.trim().is_empty());
    let (key, text) = match (&code, &display) {
        (Some(code), _) => ("code", code.trim()),
        (None, Some(display)) => ("unit", display.trim()),
        (None, None) => {
            let of = entry.map_or(String::new(), |entry| format!(" of {}", entry.name));
            notes.warn(Kind::Unit, &quantity.place, format!("no unit; the value{of} is not used"));
            notes.count_excluded("quantity without a unit");
            return None;
        }
    };
    let place = quantity.at(key);
    let written: String = notes.safe(text, &place).chars().take(40).collect();
    let reading = unit::read(text);
    if let Some(unit::Reading::Spelled(_, as_code)) = &reading {
        notes.warn(Kind::UnitSpelling, "units", format!("\"{written}\" read as {as_code}"));
    }
    let unit = reading.map(unit::Reading::into_unit);
    if let (Some(unit), Some(display), "code") = (&unit, &display, key)
        && let Some(other) = unit::read(display.trim())
        && !unit::same(&other.into_unit(), unit)
    {
        let shown: String = notes.safe(display.trim(), &place).chars().take(40).collect();
        notes.warn(Kind::Unit, &quantity.place, format!("unit \"{shown}\" and code \"{written}\" contradict each other; not used"));
        notes.count_excluded("quantity that cannot be used");
        return None;
    }
    Some(UnitText { written, reading: unit, place })
}
