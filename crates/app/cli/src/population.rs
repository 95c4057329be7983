//! Populations: built-in by name, or a file of the user.

use std::path::Path;

use proband_twin::Population;

use crate::failure::Failure;
use crate::source_text::SourceText;

/// Names of the built-in populations.
const BUILT_IN: [&str; 3] = ["adult", "difficult", "elderly"];

/// The population of a name or of a TOML file; unknown keys and wrong types are pointed at.
pub(crate) fn read(name: &str) -> Result<Population, Failure> {
    if !name.ends_with(".toml") {
        // "adults" is what people type.
        let built_in = Population::built_in(name).or_else(|| Population::built_in(name.trim_end_matches('s')));
        let unknown = || format!("no population \"{name}\"; known: {}, or a file whose name ends in .toml", BUILT_IN.join(", "));
        return built_in.ok_or_else(|| Failure::Usage(unknown()));
    }
    let source = SourceText::read(Path::new(name))?;
    let population: Population = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
    population.check().map_err(|error| at_field(&source, &error))?;
    Ok(population)
}

/// Point at the line of the field that an error names, where there is one.
fn at_field(source: &SourceText, error: &proband_twin::TwinError) -> Failure {
    let text = error.to_string();
    let field = text.split([' ', ':', '=']).next().unwrap_or_default();
    let key = field.rsplit('.').next().unwrap_or_default();
    let found = source.text.match_indices(key).find(|(at, _)| {
        let line_start = source.text[..*at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = source.text[line_start..*at].trim();
        let after = source.text[at + key.len()..].trim_start();
        !key.is_empty() && (before.is_empty() || before.ends_with(['{', ',', '.', '['])) && after.starts_with(['=', '.', ']'])
    });
    match found {
        Some((at, _)) => {
            let end = source.text[at..].find('\n').map_or(source.text.len(), |length| at + length);
            source.wrong(at..end, format!("{}: {text}", source.name), "here", None)
        }
        None => Failure::Message(format!("{}: {text}", source.name)),
    }
}
