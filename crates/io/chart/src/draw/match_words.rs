//! Finds what a concept means: by code where a code is known, else by its words.

use crate::record::Concept;

/// What makes a concept belong to a group.
pub(crate) struct Group {
    /// SNOMED CT codes.
    pub(crate) snomed: &'static [&'static str],
    /// Beginnings of ICD-10 codes.
    pub(crate) icd10: &'static [&'static str],
    /// Beginnings of ATC codes.
    pub(crate) atc: &'static [&'static str],
    /// Phrases in lower case; one of them within the text is enough.
    pub(crate) phrases: &'static [&'static str],
}

/// Words that turn a finding about the patient into something else.
const NOT_THE_PATIENT: &[&str] = &["family history", "no history of", "at risk", "risk of", "suspected", "screening", "no known"];

impl Group {
    /// Why a concept belongs to this group, or `None`.
    pub(crate) fn matches(&self, concept: &Concept) -> Option<String> {
        for (system, code) in &concept.codes {
            let hit = match system.as_str() {
                "snomed" => self.snomed.contains(&code.as_str()),
                "icd10" => self.icd10.iter().any(|start| code.starts_with(start)),
                "atc" => self.atc.iter().any(|start| code.starts_with(start)),
                _ => false,
            };
            if hit {
                return Some(format!("{system} {code}, {}", concept.text));
            }
        }
        let text = concept.text.to_lowercase();
        if NOT_THE_PATIENT.iter().any(|phrase| text.contains(phrase)) {
            return None;
        }
        self.phrases.iter().find(|phrase| has_phrase(&text, phrase)).map(|_| concept.text.clone())
    }
}

/// A phrase that begins at a word's beginning: "thrombin" is not found in "antithrombin".
fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

// Codes: SNOMED CT international and US editions, ICD-10(-CM), ATC; names and meanings checked against the HL7 and
// Synthea lists. Phrases catch national codes, free text and orders coded by package.

pub(crate) const DIABETES_1: Group = Group {
    snomed: &["46635009"],
    icd10: &["E10"],
    atc: &[],
    phrases: &["diabetes mellitus type 1", "type 1 diabetes", "type i diabetes"],
};
pub(crate) const DIABETES_2: Group = Group {
    snomed: &[
        "44054006",
        "368581000119106",
        "422034002",
        "1551000119108",
        "1501000119109",
        "97331000119101",
        "90781000119102",
        "157141000119108",
        "60951000119105",
    ],
    icd10: &["E11"],
    atc: &[],
    phrases: &["diabetes mellitus type 2", "type 2 diabetes", "type ii diabetes"],
};
pub(crate) const DIABETES_PREGNANCY: Group = Group { snomed: &["11687002"], icd10: &["O24"], atc: &[], phrases: &["gestational diabetes"] };
pub(crate) const DIABETES_ANY: Group = Group {
    snomed: &["73211009", "127013003", "8801005"],
    icd10: &["E08", "E09", "E13", "E14"],
    atc: &[],
    phrases: &["diabetes", "diabetic"],
};
/// Names that hold "diabetes" and are another disease or none.
pub(crate) const NOT_DIABETES: Group = Group {
    snomed: &["15777000", "80394007"],
    icd10: &["R73", "E23.2", "N25.1"],
    atc: &[],
    phrases: &["prediabetes", "pre-diabetes", "diabetes insipidus"],
};

pub(crate) const CKD_1: Group = Group { snomed: &["431855005"], icd10: &["N18.1"], atc: &[], phrases: &["chronic kidney disease stage 1"] };
pub(crate) const CKD_2: Group = Group { snomed: &["431856006"], icd10: &["N18.2"], atc: &[], phrases: &["chronic kidney disease stage 2"] };
pub(crate) const CKD_3: Group =
    Group { snomed: &["433144002", "700378005", "700379002"], icd10: &["N18.3"], atc: &[], phrases: &["chronic kidney disease stage 3"] };
pub(crate) const CKD_4: Group = Group { snomed: &["431857002"], icd10: &["N18.4"], atc: &[], phrases: &["chronic kidney disease stage 4"] };
pub(crate) const CKD_5: Group = Group {
    snomed: &["433146000", "46177005"],
    icd10: &["N18.5", "N18.6"],
    atc: &[],
    phrases: &["chronic kidney disease stage 5", "end-stage renal", "end stage renal", "end-stage kidney"],
};
pub(crate) const DIALYSIS: Group = Group {
    snomed: &["105502003"],
    icd10: &["Z99.2"],
    atc: &[],
    phrases: &["dependence on renal dialysis", "dependence on dialysis", "on hemodialysis", "on haemodialysis"],
};
pub(crate) const DIALYSIS_DONE: Group = Group {
    snomed: &["265764009"],
    icd10: &[],
    atc: &[],
    phrases: &["renal dialysis", "hemodialysis", "haemodialysis", "peritoneal dialysis"],
};
pub(crate) const CKD_ANY: Group = Group {
    snomed: &["709044004", "127013003"],
    icd10: &["N18"],
    atc: &[],
    phrases: &["chronic kidney disease", "chronic renal failure", "chronic renal insufficiency"],
};

pub(crate) const ANTICOAGULANT: Group = Group {
    snomed: &["711150003"],
    icd10: &["Z79.01"],
    atc: &["B01AA", "B01AB", "B01AE", "B01AF", "B01AX05"],
    phrases: &[
        "warfarin",
        "heparin",
        "enoxaparin",
        "dalteparin",
        "tinzaparin",
        "nadroparin",
        "certoparin",
        "fondaparinux",
        "apixaban",
        "rivaroxaban",
        "edoxaban",
        "dabigatran",
        "acenocoumarol",
        "phenprocoumon",
        "argatroban",
        "bivalirudin",
        "use of anticoagulant",
    ],
};
pub(crate) const ANTIPLATELET: Group = Group {
    snomed: &[],
    icd10: &["Z79.02", "Z79.82"],
    atc: &["B01AC"],
    phrases: &[
        "clopidogrel",
        "prasugrel",
        "ticagrelor",
        "aspirin",
        "acetylsalicylic",
        "dipyridamole",
        "cilostazol",
        "ticlopidine",
        "tirofiban",
        "eptifibatide",
        "abciximab",
        "use of antiplatelet",
        "use of aspirin",
    ],
};
pub(crate) const BLEEDING: Group = Group {
    snomed: &[],
    icd10: &["D65", "D66", "D67", "D68.0", "D68.1", "D68.2", "D68.3", "D68.4", "D69.1", "D69.4", "D69.5", "D69.6"],
    atc: &[],
    phrases: &[
        "hemophilia",
        "haemophilia",
        "von willebrand",
        "bleeding disorder",
        "coagulopathy",
        "coagulation disorder",
        "thrombocytopeni",
    ],
};
/// Systemic steroids, which thin the skin. Inhaled and topical ones are left out by name of substance and form.
pub(crate) const STEROID: Group = Group {
    snomed: &[],
    icd10: &["Z79.52"],
    atc: &["H02"],
    phrases: &["prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "use of systemic steroid"],
};
/// Forms that do not reach the skin of the arm from within.
pub(crate) const NOT_SYSTEMIC: Group = Group {
    snomed: &[],
    icd10: &[],
    atc: &["D07", "R01", "R03", "S01"],
    phrases: &["ophthalmic", "topical", "cream", "ointment", "nasal", "inhal", "otic", "eye", "rectal"],
};
pub(crate) const TREMOR: Group = Group {
    snomed: &["49049000", "26079004", "609558009"],
    icd10: &["G20", "G25.0", "G25.1", "G25.2", "R25.1"],
    atc: &[],
    phrases: &["tremor", "parkinson"],
};
pub(crate) const MASTECTOMY: Group = Group {
    snomed: &["172043006", "384723003", "406505007", "27865001", "359740003", "70183006", "79544006"],
    icd10: &["Z90.1"],
    atc: &[],
    phrases: &[
        "mastectomy",
        "axillary lymphadenectomy",
        "axillary lymph node dissection",
        "axillary lymph node clearance",
        "axillary clearance",
        "axillary dissection",
        "excision of axillary lymph node",
    ],
};
pub(crate) const FISTULA: Group = Group {
    snomed: &[],
    icd10: &["I77.0", "T82.510", "T82.511"],
    atc: &[],
    phrases: &[
        "arteriovenous fistula",
        "av fistula",
        "arteriovenous graft",
        "arteriovenous shunt",
        "dialysis fistula",
        "dialysis access",
        "dialysis graft",
    ],
};
/// Fistulas that are not in the arm.
pub(crate) const NOT_ARM_FISTULA: Group = Group {
    snomed: &[],
    icd10: &["Q27", "Q28", "I67"],
    atc: &[],
    phrases: &["dural", "pulmonary", "coronary", "cerebral", "spinal", "hepatic", "renal arteriovenous"],
};
pub(crate) const LYMPHOEDEMA: Group =
    Group { snomed: &["234097001"], icd10: &["I89.0", "I97.2"], atc: &[], phrases: &["lymphedema", "lymphoedema"] };
/// Lymphoedema that leaves the arms alone.
pub(crate) const NOT_ARM: Group =
    Group { snomed: &[], icd10: &[], atc: &[], phrases: &["lower limb", "lower extremity", "leg", "foot", "scrot", "genital"] };
pub(crate) const DIFFICULT: Group = Group {
    snomed: &[],
    icd10: &[],
    atc: &[],
    phrases: &[
        "difficult venous access",
        "difficult intravenous access",
        "difficult iv access",
        "difficult venepuncture",
        "difficult venipuncture",
        "difficult vascular access",
        "poor venous access",
        "difficult peripheral access",
    ],
};
pub(crate) const WATER_LOSS: Group = Group {
    snomed: &["34095006", "62315008", "422400008", "25374005"],
    icd10: &["E86", "R11", "A09"],
    atc: &[],
    phrases: &["dehydration", "hypovolemi", "hypovolaemi", "volume depletion", "gastroenteritis", "vomiting", "diarrhea", "diarrhoea"],
};
pub(crate) const DIURETIC: Group = Group {
    snomed: &[],
    icd10: &[],
    atc: &["C03"],
    phrases: &[
        "furosemide",
        "lasix",
        "bumetanide",
        "torsemide",
        "torasemide",
        "hydrochlorothiazide",
        "chlorthalidone",
        "chlortalidone",
        "indapamide",
    ],
};
pub(crate) const CONTACT_ALLERGY: Group = Group {
    snomed: &["300916003"],
    icd10: &["Z91.04"],
    atc: &[],
    phrases: &["latex", "chlorhexidine", "iodine", "povidone", "isopropyl", "adhesive", "plaster", "ultrasound gel"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(group: &Group, system: &str, code: &str, text: &str, want: bool) {
        let concept = Concept { codes: vec![(system.into(), code.into())], text: text.into() };
        assert_eq!(group.matches(&concept).is_some(), want, "{system} {code} {text}");
    }

    /// Find a concept by its code or its words, and not by words about someone else.
    #[test]
    fn groups_match_what_they_mean() {
        check(&ANTICOAGULANT, "rxnorm", "855332", "Warfarin Sodium 5 MG Oral Tablet", true);
        check(&ANTICOAGULANT, "atc", "B01AF02", "", true);
        check(&ANTICOAGULANT, "rxnorm", "1", "danaparoid-like xheparin", false);
        check(&ANTIPLATELET, "rxnorm", "309362", "Clopidogrel 75 MG Oral Tablet", true);
        check(&MASTECTOMY, "snomed", "172043006", "", true);
        check(&MASTECTOMY, "icd10", "Z90.12", "Acquired absence of left breast and nipple", true);
        check(&MASTECTOMY, "other", "x", "Family history of mastectomy", false);
        check(&MASTECTOMY, "other", "x", "History of left mastectomy (situation)", true);
        check(&LYMPHOEDEMA, "other", "x", "Postmastectomy lymphedema syndrome", true);
        check(&NOT_DIABETES, "snomed", "15777000", "Prediabetes", true);
        check(&DIFFICULT, "other", "x", "Previous difficult venous access", true);
    }
}
