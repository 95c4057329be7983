//! Takes the patient's identity out of strings.
//!
//! Structured identity (names, addresses, identifiers) is never read into a record. Free text and displays may
//! repeat it: every string that is kept or shown passes through here.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::json::{Object, for_each, string};

/// Longest string that is kept [characters].
const TEXT_CHARS_MAX: usize = 200;
/// Most levels of a Patient that are searched for identity.
const DEPTH_MAX: u32 = 8;
/// Most words and phrases of identity that are kept.
const TOKENS_MAX: usize = 200;
/// From this length a name is also found inside a longer word.
const INSIDE_CHARS_MIN: usize = 5;

/// Words and phrases that name one patient.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrub {
    /// Lower-case words of names.
    words: BTreeSet<String>,
    /// Lower-case letters and digits of address lines, numbers, identifiers.
    phrases: BTreeSet<String>,
}

/// Which part of a Patient holds what.
const NAMES: &[&str] = &["name"];
const PHRASES: &[&str] = &["telecom", "address", "identifier", "id"];

impl Scrub {
    /// Collect what names the patient.
    pub(crate) fn of_patient(patient: &Object<'_>) -> Self {
        let mut scrub = Self::default();
        for key in NAMES {
            if let Some(raw) = patient.get(key) {
                scrub.collect(raw, true, DEPTH_MAX);
            }
        }
        for key in PHRASES {
            if let Some(raw) = patient.get(key) {
                scrub.collect(raw, false, DEPTH_MAX);
            }
        }
        if let Some(raw) = patient.get("contact") {
            scrub.collect_members(raw, DEPTH_MAX);
        }
        if let Some(raw) = patient.get("extension") {
            scrub.collect_extensions(raw);
        }
        scrub
    }

    /// Add an identifier from outside the Patient (its fullUrl).
    pub(crate) fn add_phrase(&mut self, text: &str) {
        let phrase = letters(text);
        if phrase.chars().count() >= INSIDE_CHARS_MIN && self.phrases.len() < TOKENS_MAX {
            self.phrases.insert(phrase);
        }
    }

    fn add_name(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let word = word.to_lowercase();
            // Synthetic names carry a number: "Lemke654".
            for form in [word.as_str(), word.trim_end_matches(|c: char| c.is_ascii_digit())] {
                if form.chars().count() >= 2 && self.words.len() < TOKENS_MAX {
                    self.words.insert(form.to_owned());
                }
            }
        }
    }

    /// All strings below a value. Titles and uses of a name are no identity.
    fn collect(&mut self, raw: &RawValue, is_name: bool, depth: u32) {
        if depth == 0 {
            return;
        }
        if let Some(text) = string(raw) {
            if is_name { self.add_name(&text) } else { self.add_phrase(&text) }
        } else if raw.get().starts_with('[') {
            let _ = for_each(raw, &mut |_, element| {
                self.collect(element, is_name, depth - 1);
                Ok(())
            });
        } else if let Ok(object) = Object::open(raw, String::new()) {
            let skipped = ["use", "system", "type", "period", "prefix", "rank", "country", "state", "extension"];
            for (key, value) in object.members().filter(|(key, _)| !skipped.contains(key)) {
                self.collect(value, is_name || key == "name", depth - 1);
            }
        }
    }

    /// Contacts: their names are names, the rest are phrases.
    fn collect_members(&mut self, raw: &RawValue, depth: u32) {
        let _ = for_each(raw, &mut |_, element| {
            if let Ok(contact) = Object::open(element, String::new()) {
                for (key, value) in contact.members().filter(|(key, _)| ["name", "telecom", "address"].contains(key)) {
                    self.collect(value, key == "name", depth - 1);
                }
            }
            Ok(())
        });
    }

    /// Extensions that name: the mother's maiden name and the place of birth. Race and others are no names.
    fn collect_extensions(&mut self, raw: &RawValue) {
        let _ = for_each(raw, &mut |_, element| {
            if let Ok(extension) = Object::open(element, String::new()) {
                let url = extension.get("url").and_then(string).unwrap_or_default();
                let is_name = url.ends_with("mothersMaidenName");
                if is_name || url.ends_with("birthPlace") {
                    for (_, value) in extension.members().filter(|(key, _)| key.starts_with("value")) {
                        self.collect(value, is_name, DEPTH_MAX);
                    }
                }
            }
            Ok(())
        });
    }

    /// Whether a text holds part of the identity.
    pub(crate) fn hits(&self, text: &str) -> bool {
        self.clean(text).1
    }

    /// The text without identity and control characters, cut to 200 characters; and whether something was taken out.
    pub(crate) fn clean(&self, text: &str) -> (String, bool) {
        // Cut first, so that the work is bounded; a word that the cut divides goes, it may be half a name.
        let text = match text.char_indices().nth(TEXT_CHARS_MAX) {
            Some((end, _)) => text[..end].trim_end_matches(char::is_alphanumeric),
            None => text,
        };
        let whole = letters(text);
        if self.phrases.iter().any(|phrase| whole.contains(phrase.as_str())) {
            return ("[removed]".into(), true);
        }
        let mut clean = String::new();
        let mut hit = false;
        for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            if self.is_name(word) {
                hit = true;
                clean.push_str("[removed]");
                clean.push_str(&piece[word.len()..]);
            } else {
                clean.push_str(piece);
            }
        }
        clean.retain(|c| !c.is_control());
        (clean, hit)
    }

    fn is_name(&self, word: &str) -> bool {
        if word.is_empty() || self.words.is_empty() {
            return false;
        }
        let word = word.to_lowercase();
        self.words.contains(word.trim_end_matches(|c: char| c.is_ascii_digit()))
            || self.words.contains(&word)
            || self.words.iter().any(|name| name.chars().count() >= INSIDE_CHARS_MIN && word.contains(name.as_str()))
    }
}

/// Letters and digits only, lower-case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub() -> Scrub {
        let text = r#"{"id":"4c875c3c-b4d6","name":[{"use":"official","family":"Lemke654","given":["Ann","Elvina"]}],
            "telecom":[{"system":"phone","value":"555-123-4567"}],"address":[{"line":["12 Long Road"],"city":"Springfield"}],
            "contact":[{"name":{"text":"Otto Kranz"}}],"extension":[{"url":"x/patient-mothersMaidenName","valueString":"Zimmer"},{"url":"race","valueString":"White"}]}"#;
        Scrub::of_patient(&Object::open(crate::json::whole(text).unwrap(), String::new()).ok().unwrap())
    }

    /// Take names out and leave words of medicine.
    #[test]
    fn names_are_taken_out() {
        let check = |text: &str, want: &str| assert_eq!(scrub().clean(text).0, want);
        check("Mastectomy of left breast, Mrs. LEMKE", "Mastectomy of left breast, Mrs. [removed]");
        check("lemke654-ann annulus", "[removed]-[removed] annulus");
        check("xElvinax", "[removed]");
        check("call 555 1234567", "[removed]");
        check("seen at 12 long road", "[removed]");
        check("Otto's mother Zimmer", "[removed]'s mother [removed]");
        check("White blood cells of a long bone", "White blood cells of a long bone");
    }

    /// Cut long strings and control characters.
    #[test]
    fn strings_are_bounded() {
        let (clean, hit) = scrub().clean(&"a\u{7}".repeat(1000));
        assert_eq!((clean.len(), hit), (100, false));
        let (clean, hit) = scrub().clean(&format!("{} Elvina", "b ".repeat(98)));
        assert!(!hit && !clean.contains("Elv"), "{clean}");
    }
}
