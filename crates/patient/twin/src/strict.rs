//! TOML in which every key means something.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Read a value and refuse every key that did not become part of it, however deep. The error names the place.
pub(crate) fn read_strict<T: DeserializeOwned + Serialize>(text: &str) -> Result<T, String> {
    let value: T = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
    let given: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let used = toml::Table::try_from(&value).map_err(|e| e.to_string())?;
    match first_unknown(&given, &used, "") {
        Some(key) => Err(format!("unknown field `{key}`")),
        None => Ok(value),
    }
}

fn first_unknown(given: &toml::Table, used: &toml::Table, path: &str) -> Option<String> {
    for (key, value) in given {
        let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (value, used.get(key)) {
            (_, None) => return Some(here),
            (toml::Value::Table(given), Some(toml::Value::Table(used))) => {
                if let Some(found) = first_unknown(given, used, &here) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}
