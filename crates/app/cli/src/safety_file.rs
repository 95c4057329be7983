//! Safety specifications: TOML files of requirements, and the one that ships with the program.

use std::path::Path;

use proband_core::{CoreError, Quantity, Unit};
use proband_run::RunError;
use proband_run::safety::{Requirement, SafetySpec};
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;
use crate::source_text::SourceText;

/// The requirements of a blood draw.
const VENIPUNCTURE: &str = include_str!("../../../../scenarios/safety/venipuncture.toml");

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "title")]
    _title: Option<String>,
    procedure: Spanned<String>,
    requirement: Vec<WrittenRequirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    id: Spanned<String>,
    text: String,
    rule: Spanned<String>,
    limit: Spanned<String>,
    scale: Spanned<String>,
    unit: Spanned<String>,
    rationale: String,
    source: String,
}

/// The shipped requirements, or those of a file.
pub(crate) fn read(file: Option<&Path>) -> Result<SafetySpec, Failure> {
    match file {
        Some(path) => parse(&SourceText::read(path)?),
        None => parse(&SourceText { name: "scenarios/safety/venipuncture.toml".into(), text: VENIPUNCTURE.into() }),
    }
}

/// Read a specification.
pub(crate) fn parse(source: &SourceText) -> Result<SafetySpec, Failure> {
    let written: Written = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
    if written.procedure.as_ref() != "venipuncture" {
        let what = format!("{}: procedure \"{}\" is not known", source.name, written.procedure.as_ref());
        return Err(source.wrong(written.procedure.span(), what, "not known", Some("known: venipuncture".into())));
    }
    let requirements = written.requirement.iter().map(|w| requirement(source, w)).collect::<Result<Vec<_>, _>>()?;
    SafetySpec::new(requirements).map_err(|error| match error {
        RunError::Safety { id, what, start, end } => {
            let place = written.requirement.iter().find(|w| *w.id.as_ref() == id);
            let at = place.map_or(0..0, |w| {
                let span = w.rule.span();
                let literal = source.text.get(span.start + 1..).is_some_and(|rest| rest.starts_with(w.rule.as_ref().as_str()));
                if literal && start < end { span.start + 1 + start as usize..span.start + 1 + end as usize } else { span }
            });
            source.wrong(at, format!("{}: requirement \"{id}\": {what}", source.name), "here", None)
        }
        other => Failure::of(other),
    })
}

fn requirement(source: &SourceText, written: &WrittenRequirement) -> Result<Requirement, Failure> {
    let no = |value: &Spanned<String>, what: String| {
        source.wrong(value.span(), format!("{}: requirement \"{}\": {what}", source.name, written.id.as_ref()), "here", None)
    };
    let unit = Unit::parse(written.unit.as_ref()).map_err(|error| no(&written.unit, error.to_string()))?;
    if unit.to_si(1.0) != 1.0 {
        return Err(no(&written.unit, format!("\"{}\" is no SI unit, and signals are in SI", written.unit.as_ref())));
    }
    let amount = |value: &Spanned<String>| {
        Quantity::parse_as(value.as_ref(), unit.dimension()).map_err(|error: CoreError| no(value, error.to_string()))
    };
    Ok(Requirement {
        id: written.id.as_ref().clone(),
        text: written.text.clone(),
        rule: written.rule.as_ref().clone(),
        limit: amount(&written.limit)?,
        scale: amount(&written.scale)?,
        unit: written.unit.as_ref().clone(),
        rationale: written.rationale.clone(),
        source: written.source.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(line: &str) -> Result<SafetySpec, Failure> {
        let text = format!(
            "procedure = \"venipuncture\"\n[[requirement]]\nid = \"a\"\ntext = \"t\"\nscale = \"1 N\"\nunit = \"N\"\nrationale = \"r\"\nsource = \"s\"\n{line}\n"
        );
        parse(&SourceText { name: "x.toml".into(), text })
    }

    /// Read what ships.
    #[test]
    fn the_shipped_file_is_read() {
        let spec = read(None).unwrap();
        assert!(spec.requirements().count() >= 15);
        assert!(spec.requirements().all(|r| !r.source.is_empty() && !r.rationale.is_empty()));
    }

    /// Read a rule, and refuse wrong units, signals and rules.
    #[test]
    fn wrong_requirements_are_refused() {
        assert!(with("rule = \"force_axial_n <= {limit}\"\nlimit = \"400 cN\"").is_ok());
        for bad in [
            "rule = \"force_axial_n <= {limit}\"\nlimit = \"4 mm\"",
            "rule = \"force <= {limit}\"\nlimit = \"4 N\"",
            "rule = \"force_axial_n <= \"\nlimit = \"4 N\"",
            "rule = \"eventually[0,0.0012] force_axial_n <= 1\"\nlimit = \"4 N\"",
            "rule = \"force_axial_n <= {limit}\"\nlimit = \"4 N\"\nwho = \"me\"",
        ] {
            assert!(matches!(with(bad), Err(Failure::Diagnostic(_))), "{bad}");
        }
    }
}
