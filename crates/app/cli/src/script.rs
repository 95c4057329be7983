//! Scripts of actions for `proband predict`: typed events in time, errors that point at the value.

use std::collections::BTreeMap;
use std::ops::Range as Span;
use std::path::Path;

use proband_core::{Quantity, Unit};
use proband_physiology::Effects;
use proband_physiology::whole::{Acts, Laned, Pack};
use toml::Spanned;

use crate::failure::Failure;
use crate::script_dose::{Dose, dose};
use crate::source_text::SourceText;

/// Most events in a script.
const EVENT_COUNT_MAX: usize = 1000;
/// Longest script [s].
const DURATION_MAX_S: f64 = 86_400.0;

pub(crate) type Values = BTreeMap<String, Spanned<toml::Value>>;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    duration: Spanned<String>,
    #[serde(default)]
    event: Vec<Spanned<Values>>,
}

/// A number that an action takes: its key, unit, smallest and greatest value.
#[derive(Clone, Copy)]
pub(crate) struct Amount(pub(crate) &'static str, pub(crate) &'static str, pub(crate) f64, pub(crate) f64);

/// An action: its name, amounts, words to choose from, and what it does with them.
struct Action {
    name: &'static str,
    amounts: &'static [Amount],
    /// Key and words of a choice.
    choices: &'static [(&'static str, &'static [&'static str])],
    apply: fn(&mut Acts<1>, &[f64], &[usize]),
}

fn one(x: f64) -> Pack<1> {
    Pack::of(x)
}

const SIDES: &[&str] = &["left", "right"];

/// Ranges: prior: unverified, engineering judgement; they refuse slips of the pen.
const ACTIONS: &[Action] = &[
    Action {
        name: "bleed",
        amounts: &[Amount("rate", "mL/min", 0.0, 3000.0)],
        choices: &[],
        apply: |a, x, _| a.bleeding_ml_s = one(x[0] / 60.0),
    },
    Action {
        name: "fluid",
        amounts: &[Amount("rate", "mL/min", 0.0, 1000.0)],
        choices: &[("kind", &["crystalloid", "colloid", "red_cells", "whole_blood"])],
        apply: |a, x, c| a.infusion_ml_s[c[0]] = one(x[0] / 60.0),
    },
    Action {
        name: "posture",
        amounts: &[Amount("tilt", "deg", -45.0, 90.0)],
        choices: &[],
        apply: |a, x, _| a.tilt = one(proband_core::ops::sin(x[0].to_radians())),
    },
    Action {
        name: "tourniquet",
        amounts: &[Amount("pressure", "mmHg", 0.0, 300.0)],
        choices: &[],
        apply: |a, x, _| a.tourniquet_mmhg = one(x[0]),
    },
    Action {
        name: "draw",
        amounts: &[Amount("rate", "mL/min", 0.0, 200.0)],
        choices: &[],
        apply: |a, x, _| a.draw_ml_s = one(x[0] / 60.0),
    },
    Action {
        name: "oxygen",
        amounts: &[Amount("fraction", "%", 0.0, 100.0)],
        choices: &[],
        apply: |a, x, _| a.inspired_oxygen = one(x[0] / 100.0),
    },
    Action {
        name: "ventilate_volume",
        amounts: &[Amount("rate", "1/min", 4.0, 60.0), Amount("volume", "mL", 20.0, 2000.0), Amount("peep", "cmH2O", 0.0, 30.0)],
        choices: &[],
        apply: |a, x, _| {
            (a.ventilator, a.ventilator_rate, a.ventilator_size, a.peep_cmh2o) = (one(1.0), one(x[0]), one(x[1]), one(x[2]));
        },
    },
    Action {
        name: "ventilate_pressure",
        amounts: &[Amount("rate", "1/min", 4.0, 60.0), Amount("pressure", "cmH2O", 1.0, 60.0), Amount("peep", "cmH2O", 0.0, 30.0)],
        choices: &[],
        apply: |a, x, _| {
            (a.ventilator, a.ventilator_rate, a.ventilator_size, a.peep_cmh2o) = (one(2.0), one(x[0]), one(x[1]), one(x[2]));
        },
    },
    Action { name: "breathe", amounts: &[], choices: &[], apply: |a, _, _| (a.ventilator, a.peep_cmh2o) = (one(0.0), one(0.0)) },
    Action {
        name: "intubate",
        amounts: &[],
        choices: &[("place", &["trachea", "left", "right", "gullet"])],
        // A tube of 7.5 mm has some 5 cmH₂O s/L, five times the upper airway (prior: unverified).
        apply: |a, _, c| {
            let (shut, open) = (one(1e6), one(1.0));
            a.airway_obstruction = if c[0] == 3 { shut } else { one(6.0) };
            a.lung_obstruction = [if c[0] == 2 { shut } else { open }, if c[0] == 1 { shut } else { open }];
        },
    },
    Action {
        name: "altitude",
        amounts: &[Amount("height", "m", -400.0, 9000.0)],
        choices: &[],
        // Standard atmosphere (ICAO Doc 7488).
        apply: |a, x, _| a.barometric_mmhg = one(760.0 * proband_core::ops::powf(1.0 - 2.25577e-5 * x[0], 5.25588)),
    },
    Action {
        name: "carbon_dioxide",
        amounts: &[Amount("fraction", "%", 0.0, 12.0)],
        choices: &[],
        apply: |a, x, _| a.inspired_carbon_dioxide = one(x[0] / 100.0),
    },
    Action { name: "exercise", amounts: &[Amount("metabolism", "1", 1.0, 15.0)], choices: &[], apply: |a, x, _| a.work = one(x[0]) },
    Action {
        name: "obstruct",
        amounts: &[Amount("factor", "1", 1.0, 1e6)],
        choices: &[],
        apply: |a, x, _| a.airway_obstruction = one(x[0]),
    },
    Action {
        name: "obstruct_lung",
        amounts: &[Amount("factor", "1", 1.0, 1e6)],
        choices: &[("side", SIDES)],
        apply: |a, x, c| a.lung_obstruction[c[0]] = one(x[0]),
    },
    Action {
        name: "pneumothorax_open",
        amounts: &[Amount("flow", "mL/s", 0.0, 500.0)],
        choices: &[("side", SIDES)],
        apply: |a, x, c| a.open_pneumothorax[c[0]] = one(x[0]),
    },
    Action {
        name: "pneumothorax_closed",
        amounts: &[Amount("flow", "mL/s", 0.0, 500.0)],
        choices: &[("side", SIDES)],
        apply: |a, x, c| a.closed_pneumothorax[c[0]] = one(x[0]),
    },
    Action {
        name: "chest_drain",
        amounts: &[Amount("flow", "mL/s", 0.0, 500.0)],
        choices: &[("side", SIDES)],
        apply: |a, x, c| a.chest_drain[c[0]] = one(x[0]),
    },
    Action { name: "effusion", amounts: &[Amount("volume", "mL", 0.0, 600.0)], choices: &[], apply: |a, x, _| a.effusion_ml = one(x[0]) },
    Action {
        name: "valve_leak",
        amounts: &[Amount("area", "cm^2", 0.0, 3.0)],
        choices: &[("valve", VALVES)],
        apply: |a, x, c| a.valve_leak_cm2[c[0]] = one(x[0]),
    },
    Action {
        name: "valve_narrow",
        amounts: &[Amount("open", "%", 2.0, 100.0)],
        choices: &[("valve", VALVES)],
        apply: |a, x, c| a.valve_open[c[0]] = one(x[0] / 100.0),
    },
    Action { name: "pain", amounts: &[Amount("level", "%", 0.0, 100.0)], choices: &[], apply: |a, x, _| a.pain = one(x[0] / 100.0) },
    Action { name: "work", amounts: &[Amount("metabolism", "1", 0.3, 12.0)], choices: &[], apply: |a, x, _| a.work = one(x[0]) },
    Action {
        name: "surroundings",
        amounts: &[Amount("temperature", "degC", -20.0, 50.0)],
        choices: &[],
        apply: |a, x, _| a.ambient_c = one(x[0]),
    },
    Action { name: "arrest", amounts: &[], choices: &[], apply: |a, _, _| a.heart_beats = one(0.0) },
];

const VALVES: &[&str] = &["aortic", "pulmonary", "mitral", "tricuspid"];

/// Something that begins or ends at a time.
pub(crate) struct Event {
    /// When [s].
    pub(crate) at_s: f64,
    /// In words.
    pub(crate) text: String,
    change: Change,
}

enum Change {
    /// Carry an action out.
    Act(usize, Vec<f64>, Vec<usize>),
    /// Take it back: what it changed is as at rest again.
    Undo(usize, Vec<f64>, Vec<usize>),
    /// Multipliers and offsets on effectors.
    Effects(Box<Effects>),
    /// A drug into a vein.
    Drug(Box<Dose>),
}

impl Event {
    /// The drug that it gives.
    pub(crate) fn dose(&self) -> Option<&Dose> {
        if let Change::Drug(dose) = &self.change { Some(dose) } else { None }
    }

    /// The effects that it sets beside those of drugs.
    pub(crate) fn effects(&self) -> Option<&Effects> {
        if let Change::Effects(effects) = &self.change { Some(effects) } else { None }
    }

    /// Let an action act; doses and effects are joined by the caller.
    pub(crate) fn apply(&self, acts: &mut Acts<1>) {
        match &self.change {
            Change::Act(action, amounts, choices) => (ACTIONS[*action].apply)(acts, amounts, choices),
            Change::Undo(action, amounts, choices) => {
                let (mut rest, mut touched) = (Acts::rest(), Acts::rest());
                // Two different numbers show what the action touches, whatever it is at rest.
                let other: Vec<f64> = amounts.iter().map(|x| x * 0.37 + 0.123).collect();
                (ACTIONS[*action].apply)(&mut touched, &other, choices);
                let (mut still, mut moved) = (Vec::new(), Vec::new());
                rest.packs(&mut |p| still.push(*p));
                touched.packs(&mut |p| moved.push(*p));
                let mut i = 0;
                acts.packs(&mut |p| {
                    if still[i] != moved[i] {
                        *p = still[i];
                    }
                    i += 1;
                });
            }
            Change::Effects(_) | Change::Drug(_) => {}
        }
    }
}

/// A script ready to run.
pub(crate) struct Script {
    /// How long [s].
    pub(crate) duration_s: f64,
    /// Events in order of time.
    pub(crate) events: Vec<Event>,
}

/// Read a script.
pub(crate) fn read(path: &Path) -> Result<Script, Failure> {
    parse(&SourceText::read(path)?, path.parent().unwrap_or(Path::new("")))
}

/// Read a script from its text.
fn parse(source: &SourceText, folder: &Path) -> Result<Script, Failure> {
    let file: File = toml::from_str(&source.text).map_err(|error| source.wrong_toml(&error))?;
    let duration_s = amount(source, file.duration.span(), file.duration.get_ref(), &Amount("duration", "s", 1.0, DURATION_MAX_S))?;
    let mut script = Script { duration_s, events: Vec::new() };
    if let Some(beyond) = file.event.get(EVENT_COUNT_MAX) {
        return Err(source.wrong(beyond.span(), format!("more than {EVENT_COUNT_MAX} events"), "one too many", None));
    }
    for event in &file.event {
        one_event(source, folder, event.span(), event.get_ref(), &mut script)?;
    }
    // Stable: of two at one time, the one that stands first acts first.
    script.events.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    Ok(script)
}

fn one_event(source: &SourceText, folder: &Path, span: Span<usize>, values: &Values, script: &mut Script) -> Result<(), Failure> {
    let start = span.start..(span.start + 9).min(span.end);
    let text_of = |key: &str| -> Result<(String, Span<usize>), Failure> {
        let value = values.get(key).ok_or_else(|| source.wrong(start.clone(), format!("the event has no `{key}`"), "this event", None))?;
        let text = value.get_ref().as_str().map(str::to_owned);
        text.map(|text| (text, value.span()))
            .ok_or_else(|| source.wrong(value.span(), format!("`{key}` must be a text in quotes"), "here", None))
    };
    let (at, at_span) = text_of("at")?;
    let at_s = amount(source, at_span, &at, &Amount("at", "s", 0.0, script.duration_s))?;
    let (name, name_span) = text_of("do")?;
    if name == "effect" {
        let effects = effects(source, values)?;
        script.events.push(Event { at_s, text: words(&name, values), change: Change::Effects(Box::new(effects)) });
        if let Some(until) = lasting(source, values, at_s, script.duration_s)? {
            script.events.push(Event { at_s: until, text: "end of effect".into(), change: Change::Effects(Box::new(Effects::NONE)) });
        }
        return Ok(());
    }
    if name == "drug" {
        return drug(source, folder, name_span, values, at_s, script);
    }
    let Some(index) = ACTIONS.iter().position(|action| action.name == name) else {
        let known: Vec<&str> = ACTIONS.iter().map(|action| action.name).chain(["effect", "drug"]).collect();
        return Err(source.wrong(name_span, format!("no action \"{name}\""), "unknown", Some(format!("known: {}", known.join(", ")))));
    };
    let action = &ACTIONS[index];
    for (key, value) in values {
        let known = ["at", "do", "lasting"].contains(&key.as_str())
            || action.amounts.iter().any(|a| a.0 == key)
            || action.choices.iter().any(|c| c.0 == key);
        if !known {
            return Err(source.wrong(value.span(), format!("\"{name}\" takes no `{key}`"), "not expected", None));
        }
    }
    let mut amounts = Vec::new();
    for wanted in action.amounts {
        let Some(value) = values.get(wanted.0) else {
            let help = format!("for example {} = \"{} {}\"", wanted.0, wanted.3 / 10.0, wanted.1);
            return Err(source.wrong(name_span, format!("\"{name}\" needs `{}`", wanted.0), "this action", Some(help)));
        };
        amounts.push(amount(source, value.span(), &text_or_number(value.get_ref()), wanted)?);
    }
    let mut choices = Vec::new();
    for (key, known) in action.choices {
        let (word, span) = text_of(key)?;
        let found = known.iter().position(|k| *k == word);
        choices.push(found.ok_or_else(|| {
            source.wrong(span, format!("`{key}` is \"{word}\""), "unknown", Some(format!("known: {}", known.join(", "))))
        })?);
    }
    if let Some(until) = lasting(source, values, at_s, script.duration_s)? {
        let change = Change::Undo(index, amounts.clone(), choices.clone());
        script.events.push(Event { at_s: until, text: format!("end of {name}"), change });
    }
    script.events.push(Event { at_s, text: words(&name, values), change: Change::Act(index, amounts, choices) });
    Ok(())
}

/// `do = "drug"`.
fn drug(source: &SourceText, folder: &Path, span: Span<usize>, values: &Values, at_s: f64, script: &mut Script) -> Result<(), Failure> {
    let dose = dose(source, folder, span, values)?;
    let lasts = dose.rate.is_some() || dose.target.is_some();
    if let (Some(until), true) = (lasting(source, values, at_s, script.duration_s)?, lasts) {
        script.events.push(Event { at_s: until, text: format!("end of {}", dose.drug.name), change: Change::Drug(Box::new(dose.stop())) });
    }
    script.events.push(Event { at_s, text: words("drug", values), change: Change::Drug(Box::new(dose)) });
    Ok(())
}

/// When an event ends [s], if it says so.
fn lasting(source: &SourceText, values: &Values, at_s: f64, most_s: f64) -> Result<Option<f64>, Failure> {
    let Some(value) = values.get("lasting") else { return Ok(None) };
    let text = text_or_number(value.get_ref());
    amount(source, value.span(), &text, &Amount("lasting", "s", 0.05, most_s)).map(|lasting| Some(at_s + lasting))
}

/// Effects by the names of the fields.
fn effects(source: &SourceText, values: &Values) -> Result<Effects, Failure> {
    let mut text = String::new();
    for (key, value) in values.iter().filter(|(key, _)| !["at", "do", "lasting"].contains(&key.as_str())) {
        let known = Effects::NAMES.iter().any(|name| name.trim_start_matches("effects.") == key);
        let number = value.get_ref().as_float().or_else(|| value.get_ref().as_integer().map(|i| i as f64));
        match (known, number) {
            (false, _) => return Err(source.wrong(value.span(), format!("no effect `{key}`"), "unknown", None)),
            (_, None) => return Err(source.wrong(value.span(), format!("`{key}` must be a number"), "here", None)),
            (_, Some(number)) => text.push_str(&format!("{key} = {number:?}\n")),
        }
    }
    let mut all = toml::Table::try_from(Effects::NONE).map_err(Failure::of)?;
    all.extend(text.parse::<toml::Table>().map_err(Failure::of)?);
    let effects: Effects = all.try_into().map_err(Failure::of)?;
    effects.check().map_err(|error| {
        let span = values.get("do").map_or(0..0, Spanned::span);
        source.wrong(span, error.to_string(), "this effect", None)
    })?;
    Ok(effects)
}

pub(crate) fn text_or_number(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number with its unit, in the unit of the action.
pub(crate) fn amount(source: &SourceText, span: Span<usize>, text: &str, wanted: &Amount) -> Result<f64, Failure> {
    let Amount(name, unit_text, min, max) = *wanted;
    let unit = Unit::parse(unit_text).map_err(Failure::of)?;
    let help = Some(format!("{name} is {min} to {max} {unit_text}, for example \"{} {unit_text}\"", 0.5 * (min + max)));
    let si = Quantity::parse_as(text, unit.dimension())
        .map_err(|error| source.wrong(span.clone(), format!("{name}: {error}"), "here", help.clone()))?;
    let value = unit.of_si(si);
    let slack = 1e-9 * max.abs();
    if value >= min - slack && value <= max + slack {
        Ok(value)
    } else {
        Err(source.wrong(span, format!("{name} = {value} {unit_text} is outside {min} to {max} {unit_text}"), "out of range", help))
    }
}

/// An event as it is shown.
fn words(name: &str, values: &Values) -> String {
    let rest = values.iter().filter(|(key, _)| !["at", "do"].contains(&key.as_str()));
    let rest: Vec<String> = rest.map(|(key, value)| format!("{key} {}", text_or_number(value.get_ref()))).collect();
    if rest.is_empty() { name.to_owned() } else { format!("{name}: {}", rest.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Script, Failure> {
        parse(&SourceText { name: "script.toml".into(), text: text.into() }, Path::new(""))
    }

    /// Put events into order, let them act and end.
    #[test]
    fn events_act_and_end() {
        let script = read_text(
            "duration = \"10 min\"\n[[event]]\nat = \"60 s\"\ndo = \"bleed\"\nrate = \"120 mL/min\"\nlasting = \"1 min\"\n[[event]]\nat = \"0 s\"\ndo = \"effect\"\nbeta_response = 0.3\n[[event]]\nat=\"2 min\"\ndo=\"ventilate_volume\"\nrate=\"12/min\"\nvolume=\"500 mL\"\npeep=\"5 cmH2O\"\n",
        )
        .unwrap_or_else(|_| panic!("refused"));
        let times: Vec<f64> = script.events.iter().map(|e| e.at_s).collect();
        assert_eq!((script.duration_s, times), (600.0, vec![0.0, 60.0, 120.0, 120.0]));
        let mut acts = Acts::rest();
        assert_eq!(script.events[0].effects().map(|e| e.beta_response), Some(0.3));
        script.events[1].apply(&mut acts);
        assert!((acts.bleeding_ml_s.0[0] - 2.0).abs() < 1e-12);
        script.events[2].apply(&mut acts);
        script.events[3].apply(&mut acts);
        assert_eq!((acts.bleeding_ml_s.0[0], acts.ventilator_size.0[0]), (0.0, 500.0));
    }

    /// Let every action change something, take it back, and name it in the help and in the book.
    #[test]
    fn every_action_acts_and_is_told() {
        let book = include_str!("../../../../book/src/living-patient.md");
        for (index, action) in ACTIONS.iter().enumerate() {
            let amounts: Vec<f64> = action.amounts.iter().map(|a| 0.3 * a.2 + 0.7 * a.3).collect();
            let choices = vec![0; action.choices.len()];
            let event = |change| Event { at_s: 0.0, text: String::new(), change };
            let mut acts = Acts::rest();
            if action.name == "breathe" {
                (acts.ventilator, acts.peep_cmh2o) = (one(1.0), one(5.0));
            }
            let before = acts.clone();
            event(Change::Act(index, amounts.clone(), choices.clone())).apply(&mut acts);
            assert_ne!(acts, before, "{} does nothing", action.name);
            if action.name != "breathe" {
                event(Change::Undo(index, amounts, choices)).apply(&mut acts);
                assert_eq!(acts, before, "{} stays", action.name);
            }
            assert!(book.contains(&format!("`{}`", action.name)), "the book does not tell of {}", action.name);
            assert!(crate::command::PREDICT_ACTIONS.contains(action.name), "the help does not tell of {}", action.name);
        }
    }

    /// Read every script that comes with the program.
    #[test]
    fn shipped_scripts_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/predict");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let script = read_text(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|_| panic!("{} is refused", path.display()));
            assert!(!script.events.is_empty() && script.events.last().is_some_and(|e| e.at_s <= script.duration_s), "{}", path.display());
            count += 1;
        }
        assert!(count >= 2);
    }

    /// Refuse what is wrong, each for its own reason.
    #[test]
    fn wrong_scripts_are_refused() {
        for event in [
            "at = \"1 s\"\ndo = \"blead\"",
            "at = \"1 s\"\ndo = \"bleed\"",
            "at = \"1 s\"\ndo = \"bleed\"\nrate = \"120 mmHg\"",
            "at = \"1 s\"\ndo = \"bleed\"\nrate = \"1e9 mL/min\"",
            "at = \"1 s\"\ndo = \"bleed\"\nrate = \"1 mL/min\"\nkind = \"x\"",
            "at = \"1 h\"\ndo = \"breathe\"",
            "at = \"1 s\"\ndo = \"effect\"\nbeta = 0.3",
            "at = \"1 s\"\ndo = \"effect\"\nbeta_response = -3",
            "do = \"breathe\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"water\"\nbolus = \"1 mg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nbolus = \"10 U\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nbolus = \"50 %\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nbolus = \"-1 mg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nrate = \"1 mg/kg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nbolus = \"1 kg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"insulin\"\nbolus = \"1 mg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nfile = \"x.toml\"\nbolus = \"1 mg\"",
            "at = \"1 s\"\ndo = \"drug\"\nfile = \"no-such-drug.toml\"\nbolus = \"1 mg\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\nrate = \"1 mg/min\"\ntarget = \"3 mg/L\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"propofol\"\ntarget = \"3 mg/L\"\nsite = \"liver\"",
            "at = \"1 s\"\ndo = \"drug\"\nname = \"insulin\"\nbolus = \"10 mg\"",
        ] {
            assert!(read_text(&format!("duration = \"10 s\"\n[[event]]\n{event}\n")).is_err(), "{event}");
        }
    }

    /// Give drugs by the patient's mass, in units of activity, and by the names of other countries.
    #[test]
    fn doses_are_read() {
        let dose = |name: &str, what: &str| {
            let text = format!("duration = \"10 s\"\n[[event]]\nat = \"1 s\"\ndo = \"drug\"\nname = \"{name}\"\n{what}\n");
            read_text(&text).unwrap().events[0].dose().unwrap().clone()
        };
        let close = |x: f64, y: f64| (x / y - 1.0).abs() < 1e-9;
        let given = dose("norepinephrine", "rate = \"0.1 ug/kg/min\"");
        assert!(given.drug.name == "noradrenaline" && close(given.rate.unwrap().of(80.0), 8e-9 / 60.0));
        assert!(close(dose("propofol", "bolus = \"2 mg/kg\"").bolus.of(70.0), 140e-6));
        assert!(close(dose("propofol", "bolus = \"140 mg\"").bolus.of(70.0), 140e-6));
        let insulin = dose("insulin", "bolus = \"10 U\"\nrate = \"2 IU/h\"");
        assert!(close(insulin.bolus.of(70.0), 10.0) && close(insulin.rate.unwrap().of(70.0), 2.0 / 3600.0));
    }
}
