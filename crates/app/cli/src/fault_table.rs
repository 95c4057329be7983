//! `[[fault]]` in a scenario file: a planned fault, key by key.

use std::ops::Range;

use proband_scene::{Fault, FaultKind, SceneError, Trigger, read_duration};
use serde::Deserialize;
use toml::{Spanned, Value};

use crate::failure::Failure;
use crate::source_text::SourceText;

/// A table as it is written. Amounts are texts with a unit, or bare numbers in SI.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenFault {
    kind: Spanned<String>,
    target: Option<Spanned<String>>,
    at: Spanned<Value>,
    duration: Option<Spanned<Value>>,
    ramp: Option<Spanned<Value>>,
    magnitude: Option<Spanned<Value>>,
}

/// Point at the piece of a value that is wrong. `behind`: bytes of the text that stand elsewhere, before it.
fn wrong(source: &SourceText, span: Range<usize>, text: &str, error: SceneError, behind: usize) -> Failure {
    let help = Some("all kinds with their units and ranges: proband faults".to_owned());
    let SceneError::Fault { what, start, end } = error else {
        return source.wrong(span, format!("{}: {error}", source.name), "not accepted", help);
    };
    let (start, end) = ((start as usize).saturating_sub(behind), (end as usize).saturating_sub(behind).min(text.len()));
    // The span takes the quotation marks in; the place counts from the text behind the first one.
    let inside = source.text.get(span.start + 1..).is_some_and(|rest| rest.starts_with(text)) && start < end && end <= text.len();
    let at = if inside { span.start + 1 + start..span.start + 1 + end } else { span };
    source.wrong(at, format!("{}: {what}", source.name), "not understood", help)
}

/// The text of a value: a string as it is, a number as it is printed.
fn text_of(source: &SourceText, value: &Spanned<Value>) -> Result<String, Failure> {
    match value.as_ref() {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        other => {
            let what = format!("{}: a {} where an amount is wanted", source.name, other.type_str());
            Err(source.wrong(value.span(), what, "no amount", Some("a text with a unit (\"0.5 N\") or a number in SI".into())))
        }
    }
}

impl WrittenFault {
    /// The fault, checked.
    pub(crate) fn read(&self, source: &SourceText) -> Result<Fault, Failure> {
        let kind = match &self.target {
            None => FaultKind::read(self.kind.as_ref()).map_err(|e| wrong(source, self.kind.span(), self.kind.as_ref(), e, 0))?,
            Some(target) => {
                let before = format!("{}:", target.as_ref());
                let name = format!("{before}{}", self.kind.as_ref());
                let known = FaultKind::ALL.iter().any(|k| k.target().name() == target.as_ref());
                let spot = if known { &self.kind } else { target };
                let behind = if known { before.len() } else { 0 };
                FaultKind::read(&name).map_err(|e| wrong(source, spot.span(), spot.as_ref(), e, behind))?
            }
        };
        let read = |value: &Spanned<Value>, read: &dyn Fn(&str) -> Result<f64, SceneError>| {
            let text = text_of(source, value)?;
            read(&text).map_err(|e| wrong(source, value.span(), &text, e, 0))
        };
        let at = text_of(source, &self.at)?;
        let mut fault = Fault::new(kind, Trigger::read(&at).map_err(|e| wrong(source, self.at.span(), &at, e, 0))?);
        if let Some(value) = &self.magnitude {
            fault.magnitude = read(value, &|text| kind.read_magnitude(text))?;
        }
        if let Some(value) = &self.duration {
            fault.duration_s = read(value, &read_duration)?;
        }
        if let Some(value) = &self.ramp {
            fault.ramp_s = read(value, &read_duration)?;
        }
        fault.check().map_err(|e| wrong(source, self.kind.span(), self.kind.as_ref(), e, 0))?;
        Ok(fault)
    }
}
