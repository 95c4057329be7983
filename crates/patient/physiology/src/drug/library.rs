//! The drugs that come with the program, one file each.

use super::file::Drug;
use crate::PhysiologyError;

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        /// Names of the drugs that come with the program, in order.
        pub const DRUG_NAMES: &[&str] = &[$($name),*];
        const TEXTS: &[&str] = &[$(include_str!(concat!("library/", $name, ".toml"))),*];
    };
}

library! {
    "adrenaline",
    "alfentanil",
    "atropine",
    "dexmedetomidine",
    "esmolol",
    "etomidate",
    "fentanyl",
    "furosemide",
    "heparin",
    "hydromorphone",
    "insulin",
    "ketamine",
    "lidocaine",
    "methadone",
    "midazolam",
    "morphine",
    "naloxone",
    "noradrenaline",
    "oxycodone",
    "oxytocin",
    "paracetamol",
    "pethidine",
    "phenylephrine",
    "propofol",
    "remifentanil",
    "remimazolam",
    "rocuronium",
    "sufentanil",
    "theophylline",
    "warfarin",
}

/// A drug that comes with the program.
///
/// # Errors
/// [`PhysiologyError::DrugFile`] when there is none of that name, with the names that there are.
pub fn builtin_drug(name: &str) -> Result<Drug, PhysiologyError> {
    match DRUG_NAMES.iter().position(|known| *known == name) {
        Some(index) => Drug::parse(TEXTS[index]),
        None => {
            let known = DRUG_NAMES.join(", ");
            Err(PhysiologyError::DrugFile { place: name.chars().take(40).collect(), what: format!("no such drug; known: {known}") })
        }
    }
}
