//! A view of JSON that opens one level at a time.
//!
//! Nothing is built in memory but the level that is looked at, so nested input of any depth costs no stack, and each
//! value knows its path. Each scan is iterative (`RawValue` skips without recursion).

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::ChartError;
use crate::notes::{Kind, Notes};

/// Most fields of one object that are looked at. FHIR's widest resource has about 60.
const FIELD_COUNT_MAX: usize = 2_000;
/// Most elements of an inner list that are looked at.
const ELEMENT_COUNT_MAX: usize = 10_000;

/// Check that a text is exactly one JSON value.
pub(crate) fn whole(text: &str) -> Result<&RawValue, ChartError> {
    serde_json::from_str::<&RawValue>(text).map_err(|e| syntax(&e))
}

/// A parser's error without its echo of the content.
fn syntax(error: &serde_json::Error) -> ChartError {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the file ends in the middle of a value".to_owned(),
        serde_json::error::Category::Syntax => {
            let text = error.to_string();
            text.split(" at line ").next().unwrap_or("syntax").to_owned()
        }
        _ => "value of another shape".to_owned(),
    };
    ChartError::Syntax { line: error.line().try_into().unwrap_or(u32::MAX), column: error.column().try_into().unwrap_or(u32::MAX), what }
}

/// What kind of value a text begins.
pub(crate) fn shape(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The text of a JSON string; `None` when the value is no string or no Unicode (a lone surrogate).
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str::<String>(text).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Visit every element of a list without keeping them. `false` when the value is no list.
pub(crate) fn for_each<'a>(
    raw: &'a RawValue,
    visit: &mut dyn FnMut(u32, &'a RawValue) -> Result<(), ChartError>,
) -> Result<bool, ChartError> {
    struct Elements<'v, 'a> {
        visit: &'v mut dyn FnMut(u32, &'a RawValue) -> Result<(), ChartError>,
        failure: &'v mut Option<ChartError>,
    }
    impl<'a> Visitor<'a> for Elements<'_, 'a> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
            let mut index = 0_u32;
            while let Some(element) = seq.next_element::<&'a RawValue>()? {
                if let Err(failure) = (self.visit)(index, element) {
                    *self.failure = Some(failure);
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(());
                }
                index = index.saturating_add(1);
            }
            Ok(())
        }
    }
    if !raw.get().starts_with('[') {
        return Ok(false);
    }
    let mut failure = None;
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    deserializer.deserialize_seq(Elements { visit, failure: &mut failure }).map_err(|e| syntax(&e))?;
    failure.map_or(Ok(true), Err)
}

/// A key that is borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct Member<'a> {
    key: Cow<'a, str>,
    raw: &'a RawValue,
    read: Cell<bool>,
}

/// One opened object.
pub(crate) struct Object<'a> {
    members: Vec<Member<'a>>,
    /// JSON path.
    pub(crate) place: String,
}

/// Why an object cannot be opened.
pub(crate) enum OpenFailure {
    /// Another kind of value.
    Shape(&'static str),
    /// A key that stands there twice: the numbers of the two fields, from 1.
    DuplicateKey(usize, usize),
    /// Too many fields, or a key that is no Unicode.
    Unreadable,
}

impl OpenFailure {
    /// In words, without content.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Shape(found) => format!("an object is wanted, this is {found}"),
            Self::DuplicateKey(first, second) => format!("its fields {first} and {second} have the same key"),
            Self::Unreadable => format!("more than {FIELD_COUNT_MAX} fields, or a key that is no Unicode"),
        }
    }
}

impl<'a> Object<'a> {
    /// Open an object.
    pub(crate) fn open(raw: &'a RawValue, place: String) -> Result<Self, OpenFailure> {
        struct Members<'a>(std::marker::PhantomData<&'a ()>);
        impl<'a> Visitor<'a> for Members<'a> {
            type Value = Option<Vec<Member<'a>>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<Member<'a>> = Vec::new();
                while let Some((key, raw)) = map.next_entry::<Key<'a>, &'a RawValue>()? {
                    if members.len() >= FIELD_COUNT_MAX {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        return Ok(None);
                    }
                    members.push(Member { key: key.0, raw, read: Cell::new(false) });
                }
                Ok(Some(members))
            }
        }
        if !raw.get().starts_with('{') {
            return Err(OpenFailure::Shape(shape(raw)));
        }
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        let members = deserializer.deserialize_map(Members(std::marker::PhantomData)).ok().flatten().ok_or(OpenFailure::Unreadable)?;
        // The key itself is not repeated in the message: a hostile file may hold anything there.
        let mut keys: Vec<(&str, usize)> = members.iter().enumerate().map(|(i, m)| (m.key.as_ref(), i + 1)).collect();
        keys.sort_unstable();
        if let Some(pair) = keys.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(OpenFailure::DuplicateKey(pair[0].1, pair[1].1));
        }
        Ok(Self { members, place })
    }

    /// The raw value of a key; reading it takes it off the list of ignored fields.
    pub(crate) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let member = self.members.iter().find(|m| m.key == key)?;
        member.read.set(true);
        Some(member.raw)
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|m| m.key == key)
    }

    /// All members; does not count as reading.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|m| (m.key.as_ref(), m.raw))
    }

    /// Keys that begin with a prefix and stand for a choice type: `value` finds `valueQuantity`.
    pub(crate) fn choices(&self, prefix: &str) -> Vec<&str> {
        let is_choice = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        self.members.iter().map(|m| m.key.as_ref()).filter(|key| is_choice(key)).collect()
    }

    /// Path of a member.
    pub(crate) fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    /// Keys that nobody asked for.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter(|m| !m.read.get()).map(|m| m.key.as_ref())
    }

    /// A string member; warns about another shape.
    pub(crate) fn text(&self, key: &str, notes: &Notes<'_>) -> Option<Cow<'a, str>> {
        let raw = self.get(key)?;
        let text = string(raw);
        if text.is_none() {
            notes.warn(Kind::Shape, &self.at(key), format!("a string is wanted, this is {}; not used", shape(raw)));
        }
        text
    }

    /// A truth value; warns about another shape.
    pub(crate) fn truth(&self, key: &str, notes: &Notes<'_>) -> Option<bool> {
        let raw = self.get(key)?;
        match raw.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                notes.warn(Kind::Shape, &self.at(key), format!("true or false is wanted, this is {}; not used", shape(raw)));
                None
            }
        }
    }

    /// A number exactly as written; warns about another shape.
    pub(crate) fn number(&self, key: &str, notes: &Notes<'_>) -> Option<&'a str> {
        let raw = self.get(key)?;
        if raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Some(raw.get());
        }
        notes.warn(Kind::Shape, &self.at(key), format!("a number is wanted, this is {}; not used", shape(raw)));
        None
    }

    /// An inner object; warns about another shape.
    pub(crate) fn object(&self, key: &str, notes: &Notes<'_>) -> Option<Object<'a>> {
        let raw = self.get(key)?;
        open_noted(raw, self.at(key), notes)
    }

    /// An inner list of objects with their paths; warns about another shape.
    pub(crate) fn objects(&self, key: &str, notes: &Notes<'_>) -> Vec<Object<'a>> {
        let elements = self.list(key, notes);
        elements.into_iter().filter_map(|(index, raw)| open_noted(raw, format!("{}.{key}[{index}]", self.place), notes)).collect()
    }

    /// An inner list; warns about another shape and about a list that is cut.
    pub(crate) fn list(&self, key: &str, notes: &Notes<'_>) -> Vec<(u32, &'a RawValue)> {
        let Some(raw) = self.get(key) else { return Vec::new() };
        let mut elements = Vec::new();
        let mut total = 0_u32;
        let outcome = for_each(raw, &mut |index, element| {
            total = index.saturating_add(1);
            if elements.len() < ELEMENT_COUNT_MAX {
                elements.push((index, element));
            }
            Ok(())
        });
        match outcome {
            Ok(true) if total as usize > elements.len() => {
                notes.warn(Kind::Size, &self.at(key), format!("{total} elements, the first {ELEMENT_COUNT_MAX} are used"));
            }
            Ok(true) => {}
            _ => notes.warn(Kind::Shape, &self.at(key), format!("a list is wanted, this is {}; not used", shape(raw))),
        }
        elements
    }
}

/// Open an object, warn when it cannot be.
pub(crate) fn open_noted<'a>(raw: &'a RawValue, place: String, notes: &Notes<'_>) -> Option<Object<'a>> {
    match Object::open(raw, place.clone()) {
        Ok(object) => Some(object),
        Err(failure) => {
            notes.warn(Kind::Shape, &place, format!("{}; not used", failure.text()));
            None
        }
    }
}
