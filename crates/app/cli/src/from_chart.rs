//! From what a chart says about a draw to the person of a twin. What the chart does not say is said to be missing.

use proband_anatomy::Side;
use proband_chart::{DrawRelevant, Found, Sex as ChartSex, Side as ChartSide};
use proband_twin::{Conditions, Person, Sex, Unrecorded};

use crate::failure::Failure;

/// Ages above this are written as this: the very old are few enough to be known by their age (HIPAA safe harbour groups above 89).
const AGE_SHOWN_MAX_Y: f64 = 90.0;
/// Numbers that stand in for what was not recorded; nothing is conditioned on them. Mean age of Park 2023, J Vasc Access; body prior:
/// unverified (a body-mass index of 24.4 kg/m²).
const STAND_IN_AGE_Y: f64 = 41.1;
const STAND_IN_HEIGHT_M: f64 = 1.68;
const STAND_IN_MASS_KG: f64 = 69.0;

/// Where a value of the person came from.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Provenance {
    /// Field of the person.
    pub(crate) field: String,
    /// Value as text with unit.
    pub(crate) value: String,
    /// Days between the entry and the day of the draw; `None` when undated or not of the chart.
    pub(crate) days_before: Option<i32>,
    /// JSON path, or "not in the chart".
    pub(crate) source: String,
    /// How it was found.
    pub(crate) because: String,
}

/// A person with the source of each value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FromChart {
    pub(crate) person: Person,
    pub(crate) provenance: Vec<Provenance>,
    /// What a reader must know: missing values, barred arms.
    pub(crate) remarks: Vec<String>,
}

/// Build the person. `arm`: the arm that the caller asks for.
pub(crate) fn person(pseudonym: &str, found: &DrawRelevant, arm: Option<Side>) -> Result<FromChart, Failure> {
    let mut out = Collected { on: found, provenance: Vec::new(), remarks: Vec::new(), not_recorded: Vec::new() };
    if found.deceased {
        out.remarks.push(format!("the patient was dead on {}; the twin shows the last known state", found.on));
    }
    let age_y = out.number("age_y", found.age_y.as_ref(), "years", (Unrecorded::Age, STAND_IN_AGE_Y));
    let height_m = out.number("height_m", found.height_m.as_ref(), "m", (Unrecorded::Height, STAND_IN_HEIGHT_M));
    let mass_kg = out.number("mass_kg", found.mass_kg.as_ref(), "kg", (Unrecorded::Mass, STAND_IN_MASS_KG));
    for (field, value, unit) in [
        ("systolic_pa", &found.systolic_pa, "Pa"),
        ("diastolic_pa", &found.diastolic_pa, "Pa"),
        ("haemoglobin", &found.haemoglobin_kg_m3, "kg/m³"),
    ] {
        if let Some(value) = value {
            out.note(field, format!("{:.0} {unit}", value.value), value);
        }
    }
    let sex = match found.sex {
        ChartSex::Female => Sex::Female,
        ChartSex::Male => Sex::Male,
        ChartSex::Other | ChartSex::Unknown => Sex::Unknown,
    };
    if sex == Sex::Unknown {
        out.remarks.push("sex is not recorded as female or male; the priors of the whole population are used".into());
    }
    let conditions = Conditions {
        diabetes: out.flag("diabetes", found.diabetes.as_ref()),
        chronic_kidney_disease: out.flag("chronic_kidney_disease", found.ckd.as_ref()),
        anticoagulated: out.flags("anticoagulated", &found.anticoagulation) | out.flags("anticoagulated", &found.bleeding_disorder),
        steroids: out.flags("steroids", &found.steroids),
        difficult_access_before: out.flags("difficult_access_before", &found.difficult_access),
        dehydrated: out.flags("dehydrated", &found.dehydration_hints),
        tremor: out.flags("tremor", &found.tremor),
        forbidden_arms: out.forbidden(),
    };
    if out.flags("diuretics", &found.diuretics) {
        out.remarks.push("takes a diuretic: the veins may fill less".into());
    }
    if out.flags("antiplatelet", &found.antiplatelet) {
        out.remarks.push("takes a platelet inhibitor: press longer after the draw".into());
    }
    for allergy in &found.contact_allergy {
        out.remarks.push(format!("allergy that a draw must respect: {}", allergy.value));
    }
    let side = chosen_arm(found, &conditions.forbidden_arms, arm)?;
    let unsaid: Vec<&str> =
        found.absent.iter().filter(|absent| absent.why.contains("not known")).map(|absent| absent.what.as_str()).collect();
    if !unsaid.is_empty() {
        out.remarks.push(format!("the chart cannot say: {} (taken as absent)", unsaid.join(", ")));
    }
    let person = Person {
        pseudonym: pseudonym.to_owned(),
        age_y,
        sex,
        height_m,
        mass_kg,
        not_recorded: out.not_recorded,
        ita_deg: None,
        melanin_fraction: None,
        side,
        conditions,
    };
    Ok(FromChart { person, provenance: out.provenance, remarks: out.remarks })
}

struct Collected<'f> {
    on: &'f DrawRelevant,
    provenance: Vec<Provenance>,
    remarks: Vec<String>,
    not_recorded: Vec<Unrecorded>,
}

impl Collected<'_> {
    fn note<T>(&mut self, field: &str, value: String, found: &Found<T>) {
        let days_before = found.when.as_ref().map(|when| when.last.days_until(self.on.on));
        self.provenance.push(Provenance {
            field: field.into(),
            // Texts come with the quotation marks of their debug form.
            value: value.trim_matches('"').to_owned(),
            days_before,
            source: found.place.clone(),
            because: found.because.clone(),
        });
    }

    /// A number of the body. One that is not recorded is marked so, and said.
    fn number(&mut self, field: &str, found: Option<&Found<f64>>, unit: &str, missing: (Unrecorded, f64)) -> f64 {
        let Some(found) = found else {
            let why = self.on.absent.iter().find(|absent| absent.what == field).map_or("absent", |absent| absent.why.as_str());
            let name = field.rsplit_once('_').map_or(field, |(name, _)| name);
            self.remarks.push(format!("no {name} by {} ({why}): nothing is conditioned on it; --{name} gives it", self.on.on));
            self.not_recorded.push(missing.0);
            return missing.1;
        };
        // The exact age of the very old, and the birth date behind any age, stay out of the twin.
        let is_age = missing.0 == Unrecorded::Age;
        let value = if is_age { found.value.min(AGE_SHOWN_MAX_Y) } else { found.value };
        self.note(field, format!("{value:.2} {unit}"), found);
        if let (true, Some(last)) = (is_age, self.provenance.last_mut()) {
            last.because = "birth date".into();
        }
        value
    }

    fn flag<T: std::fmt::Debug>(&mut self, field: &str, found: Option<&Found<T>>) -> bool {
        if let Some(found) = found {
            self.note(field, format!("{:?}", found.value), found);
        }
        found.is_some()
    }

    fn flags<T: std::fmt::Debug>(&mut self, field: &str, found: &[Found<T>]) -> bool {
        for each in found {
            self.note(field, format!("{:?}", each.value), each);
        }
        !found.is_empty()
    }

    /// Arms that must not be used, from surgery, fistulas and lymphoedema whose side is known.
    fn forbidden(&mut self) -> Vec<Side> {
        let found = self.on;
        for (field, list) in [("mastectomy", &found.mastectomy), ("fistula", &found.fistula), ("lymphoedema", &found.lymphoedema)] {
            self.flags(field, list);
        }
        match found.barred_side() {
            None | Some(ChartSide::Unknown) => Vec::new(),
            Some(ChartSide::Left) => vec![Side::Left],
            Some(ChartSide::Right) => vec![Side::Right],
            Some(ChartSide::Both) => vec![Side::Left, Side::Right],
        }
    }
}

/// The arm that is asked for unless it is barred; else the right one unless it is barred.
fn chosen_arm(found: &DrawRelevant, forbidden: &[Side], asked: Option<Side>) -> Result<Side, Failure> {
    let name = |side: Side| if side == Side::Left { "left" } else { "right" };
    if let Some(asked) = asked {
        if forbidden.contains(&asked) {
            return Err(Failure::Message(format!(
                "the chart bars the {} arm (mastectomy, fistula or lymphoedema on that side)",
                name(asked)
            )));
        }
        return Ok(asked);
    }
    if found.barred_side() == Some(ChartSide::Unknown) {
        let reason =
            found.mastectomy.iter().chain(&found.fistula).chain(&found.lymphoedema).map(|f| f.place.as_str()).next().unwrap_or_default();
        return Err(Failure::Message(format!(
            "the chart bars one arm and does not say which ({reason}); find out, then give --arm left or --arm right"
        )));
    }
    let free = [Side::Right, Side::Left].into_iter().find(|side| !forbidden.contains(side));
    free.ok_or_else(|| {
        Failure::Message("the chart bars both arms (mastectomy, fistula or lymphoedema on both sides): no draw from an arm".into())
    })
}
