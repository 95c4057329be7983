//! The conditions that come with the program, one file each.

use super::Pack;
use crate::TwinError;

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        /// Names of the conditions that come with the program, in order.
        pub const PACK_NAMES: &[&str] = &[$($name),*];
        const TEXTS: &[&str] = &[$(include_str!(concat!("library/", $name, ".toml"))),*];
    };
}

library! {
    "anticoagulant-overdose",
    "cachexia",
    "dialysis-fistula",
    "difficult-access",
    "ehlers-danlos-classical",
    "ehlers-danlos-vascular",
    "essential-tremor",
    "haemophilia-a",
    "huntington",
    "lymphoedema-arm",
    "parkinson",
    "persistent-left-svc",
    "sclerosed-veins",
    "severe-obesity",
    "sickle-cell",
    "superficial-ulnar-artery",
    "systemic-sclerosis",
    "von-willebrand",
}

/// A condition that comes with the program.
///
/// # Errors
/// [`TwinError::Text`] when there is none of that name, with the names that there are.
pub fn built_in_pack(name: &str) -> Result<Pack, TwinError> {
    match PACK_NAMES.iter().position(|known| *known == name) {
        Some(index) => Pack::from_toml(TEXTS[index], name),
        None => {
            let what = format!("no such condition; known: {}", PACK_NAMES.join(", "));
            Err(TwinError::Text { field: name.chars().take(40).collect(), what })
        }
    }
}
