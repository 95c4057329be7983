//! Findings: diagnoses, procedures, drugs, habits.

use crate::draw::match_words::{
    CKD_1, CKD_2, CKD_3, CKD_4, CKD_5, CKD_ANY, CONTACT_ALLERGY, DIABETES_1, DIABETES_2, DIABETES_ANY, DIABETES_PREGNANCY, DIALYSIS,
    DIALYSIS_DONE, Group, NOT_DIABETES, WATER_LOSS,
};
use crate::draw::{CkdStage, Diabetes, Found, Smoking, values};
use crate::known;
use crate::record::{ChartRecord, Condition, MedicationUse, Side};
use crate::{Day, When};

/// A drug that was given once still matters for this long [d]. Prior: unverified (a week covers the washout of heparins and direct
/// anticoagulants and the platelet inhibitors' effect).
const GIVEN_DAYS: i32 = 7;
/// Sodium older than this says nothing about today's water [d]. Prior: unverified.
const SODIUM_DAYS: i32 = 14;
/// Sodium above which water is short [mol/m³]: upper end of the usual reference range (135–145 mmol/L).
const SODIUM_HIGH: f64 = 145.0;
/// KDIGO 2012: chronic means for more than three months [d].
const CHRONIC_DAYS: i32 = 90;

fn by(when: Option<&When>, on: Day) -> bool {
    when.is_none_or(|when| when.is_by(on))
}

fn word<T>(value: T, when: Option<&When>, place: &str, because: String) -> Found<T> {
    Found { value, unit: String::new(), when: when.cloned(), comparator: None, place: place.into(), because }
}

/// A certain diagnosis that holds on the day.
fn holds(condition: &Condition, on: Day) -> bool {
    let over = condition.abatement.as_ref().is_some_and(|end| end.is_by(on));
    let active = condition.active || condition.abatement.is_some();
    condition.certain && by(condition.onset.as_ref(), on) && !over && active
}

/// Diagnoses of a group that hold on the day.
fn current<'r>(record: &'r ChartRecord, on: Day, group: &'r Group) -> impl Iterator<Item = (&'r Condition, String)> {
    record.conditions.iter().filter(move |c| holds(c, on)).filter_map(|c| group.matches(&c.concept).map(|because| (c, because)))
}

pub(super) fn diagnoses(record: &ChartRecord, on: Day, group: &Group) -> Vec<Found<String>> {
    current(record, on, group).map(|(c, because)| word(c.concept.text.clone(), c.onset.as_ref(), &c.place, because)).collect()
}

/// Diagnoses and procedures of a group, over or not: what was once hard or cut stays so.
pub(super) fn ever(record: &ChartRecord, on: Day, group: &Group) -> Vec<Found<String>> {
    let conditions = record.conditions.iter().filter(|c| c.certain).map(|c| (&c.concept, c.onset.as_ref(), &c.place));
    let procedures = record.procedures.iter().map(|p| (&p.concept, p.when.as_ref(), &p.place));
    let dated = conditions.chain(procedures).filter(|(_, when, _)| by(*when, on));
    dated
        .filter_map(|(concept, when, place)| group.matches(concept).map(|because| word(concept.text.clone(), when, place, because)))
        .collect()
}

/// As [`ever`], with the side; `unless` names what has the same words and another place.
pub(super) fn sides(record: &ChartRecord, on: Day, group: &Group, unless: Option<&Group>) -> Vec<Found<Side>> {
    let conditions = record.conditions.iter().filter(|c| c.certain).map(|c| (&c.concept, c.side, c.onset.as_ref(), &c.place));
    let procedures = record.procedures.iter().map(|p| (&p.concept, p.side, p.when.as_ref(), &p.place));
    let devices = record.devices.iter().filter(|d| d.active).map(|d| (&d.concept, Side::Unknown, None, &d.place));
    conditions
        .chain(procedures)
        .chain(devices)
        .filter(|(concept, _, when, _)| by(*when, on) && unless.is_none_or(|unless| unless.matches(concept).is_none()))
        .filter_map(|(concept, side, when, place)| group.matches(concept).map(|because| word(side, when, place, because)))
        .collect()
}

pub(super) fn diabetes(record: &ChartRecord, on: Day) -> Option<Found<Diabetes>> {
    let kinds = [
        (&DIABETES_1, Diabetes::Type1),
        (&DIABETES_2, Diabetes::Type2),
        (&DIABETES_PREGNANCY, Diabetes::Gestational),
        (&DIABETES_ANY, Diabetes::Unstated),
    ];
    kinds.into_iter().find_map(|(group, kind)| {
        let mut hits = current(record, on, group).filter(|(c, _)| NOT_DIABETES.matches(&c.concept).is_none());
        hits.next().map(|(c, because)| word(kind, c.onset.as_ref(), &c.place, because))
    })
}

/// The highest stage that is diagnosed, else the stage that lasting low filtration makes (KDIGO 2012).
pub(super) fn kidney(record: &ChartRecord, on: Day) -> Option<Found<CkdStage>> {
    let stages = [
        (&DIALYSIS, CkdStage::Dialysis),
        (&CKD_5, CkdStage::G5),
        (&CKD_4, CkdStage::G4),
        (&CKD_3, CkdStage::G3),
        (&CKD_2, CkdStage::G2),
        (&CKD_1, CkdStage::G1),
    ];
    let on_dialysis = record.procedures.iter().filter(|p| {
        // The last session within the chronic span: on dialysis now, not once in the past.
        p.when.as_ref().is_some_and(|when| when.is_by(on) && when.last.days_until(on) <= CHRONIC_DAYS)
    });
    let session = on_dialysis.filter_map(|p| DIALYSIS_DONE.matches(&p.concept).map(|because| (p, because))).next_back();
    if let Some((procedure, because)) = session {
        return Some(word(CkdStage::Dialysis, procedure.when.as_ref(), &procedure.place, because));
    }
    for (group, stage) in stages {
        if let Some((condition, because)) = current(record, on, group).next() {
            return Some(word(stage, condition.onset.as_ref(), &condition.place, because));
        }
    }
    let measured = measured_stage(record, on);
    let unstaged = current(record, on, &CKD_ANY).next();
    match (measured, unstaged) {
        (Some(stage), _) => Some(stage),
        (None, Some((condition, because))) => Some(word(CkdStage::Unstated, condition.onset.as_ref(), &condition.place, because)),
        (None, None) => None,
    }
}

/// Stage by the latest filtration per 1.73 m², if it and one at least 90 days earlier lie below 60 mL/min. Values that are not per
/// 1.73 m² carry the same LOINC code and are left out.
fn measured_stage(record: &ChartRecord, on: Day) -> Option<Found<CkdStage>> {
    const ML_MIN: f64 = 1e-6 / 60.0;
    let low: Vec<_> = values::all(record, known::FILTRATION, "m³/s", on).filter(|m| m.per_body_surface && m.when.is_some()).collect();
    let latest = low.last()?;
    let (latest_si, latest_when) = (latest.si.as_ref()?.value / ML_MIN, latest.when.as_ref()?);
    if latest_si >= 60.0 {
        return None;
    }
    let earlier = low.iter().rev().find(|m| m.when.as_ref().is_some_and(|when| when.last.days_until(latest_when.first) >= CHRONIC_DAYS))?;
    let earlier_si = earlier.si.as_ref()?.value / ML_MIN;
    let stage = match latest_si {
        x if x < 15.0 => CkdStage::G5,
        x if x < 30.0 => CkdStage::G4,
        _ => CkdStage::G3,
    };
    let because = format!("filtration {latest_si:.0} and, at least 90 days before, {earlier_si:.0} mL/min/1.73 m² (KDIGO 2012)");
    (earlier_si < 60.0).then(|| word(stage, Some(latest_when), &latest.place, because))
}

/// Drugs of a group in use on the day, and diagnoses that say so; `unless` names forms that do not count.
pub(super) fn drugs(record: &ChartRecord, on: Day, group: &Group, unless: Option<&Group>) -> Vec<Found<String>> {
    let in_use = record.medications.iter().filter(|m| match m.usage {
        MedicationUse::Current => by(m.when.as_ref(), on),
        MedicationUse::Given => m.when.as_ref().is_some_and(|when| when.is_by(on) && when.last.days_until(on) <= GIVEN_DAYS),
        MedicationUse::Past => false,
    });
    let mut found: Vec<Found<String>> = in_use
        .filter(|m| unless.is_none_or(|unless| unless.matches(&m.concept).is_none()))
        .filter_map(|m| group.matches(&m.concept).map(|because| word(m.concept.text.clone(), m.when.as_ref(), &m.place, because)))
        .collect();
    found.extend(diagnoses(record, on, group));
    found
}

/// Hints that water is short.
pub(super) fn dehydration(record: &ChartRecord, on: Day) -> Vec<Found<String>> {
    let mut hints = diagnoses(record, on, &WATER_LOSS);
    if let Some(sodium) = values::latest(record, known::SODIUM, "mol/m³", on)
        && sodium.value > SODIUM_HIGH
        && sodium.when.as_ref().is_some_and(|when| when.last.days_until(on) <= SODIUM_DAYS)
    {
        hints.push(Found {
            value: "sodium above 145 mmol/L".into(),
            unit: String::new(),
            when: sodium.when,
            comparator: None,
            place: sodium.place,
            because: sodium.because,
        });
    }
    hints
}

pub(super) fn allergies(record: &ChartRecord) -> Vec<Found<String>> {
    let active = record.allergies.iter().filter(|a| a.active);
    active
        .filter_map(|a| CONTACT_ALLERGY.matches(&a.concept).map(|because| word(a.concept.text.clone(), None, &a.place, because)))
        .collect()
}

/// SNOMED CT and LOINC answers to the question of smoking.
const SMOKES: &[&str] =
    &["449868002", "428041000124106", "77176002", "428071000124103", "428061000124105", "LA18976-3", "LA18977-1", "LA18981-3", "LA18982-1"];
const SMOKED: &[&str] = &["8517006", "LA15920-4"];
const NEVER: &[&str] = &["266919005", "8392000", "LA18978-9"];

/// The latest answer that says something.
pub(super) fn smoking(record: &ChartRecord, on: Day) -> Option<Found<Smoking>> {
    let asked = record.answers.iter().filter(|a| known::SMOKING.contains(&a.loinc.as_str()) && by(a.when.as_ref(), on));
    asked.rev().find_map(|answer| {
        let value = answer.answer.codes.iter().find_map(|(_, code)| {
            let code = code.as_str();
            let habits = [(SMOKES, Smoking::Current), (SMOKED, Smoking::Former), (NEVER, Smoking::Never)];
            habits.into_iter().find(|(codes, _)| codes.contains(&code)).map(|(_, habit)| habit)
        })?;
        Some(word(value, answer.when.as_ref(), &answer.place, answer.answer.text.clone()))
    })
}
