//! Reads faults from text. Any text gives a fault or a place and a reason.

use proband_core::{CoreError, Quantity, Unit};
use proband_procedure::Phase;

use super::{Fault, FaultKind, Target, Trigger};
use crate::SceneError;

/// Longest time after the start or the beginning of a phase, longest duration and ramp [s].
pub const TIME_MAX_S: f64 = 3600.0;
/// Longest text of a fault [bytes].
pub const TEXT_BYTES_MAX: usize = 400;

/// What is wrong, and with which bytes of the text.
fn wrong<T>(what: impl Into<String>, at: std::ops::Range<usize>) -> Result<T, SceneError> {
    Err(SceneError::Fault { what: what.into(), start: at.start as u32, end: at.end as u32 })
}

/// The same error, with its place counted from farther back.
fn moved(error: SceneError, by: usize) -> SceneError {
    match error {
        SceneError::Fault { what, start, end } => SceneError::Fault { what, start: start + by as u32, end: end + by as u32 },
        other => other,
    }
}

/// A number in a unit; a bare number is in SI.
fn amount(text: &str, unit: &str) -> Result<f64, SceneError> {
    if let Ok(bare) = text.trim().parse::<f64>() {
        return Ok(bare);
    }
    let read = || Quantity::parse_as(text, Unit::parse(unit)?.dimension());
    read().or_else(|error| match error {
        CoreError::Quantity { position, what, .. } => {
            let start = (position as usize).min(text.len());
            let at = if text.get(start..).is_none_or(|rest| rest.trim().is_empty()) { 0..text.len() } else { start..text.len() };
            wrong(format!("\"{text}\": {what}"), at)
        }
        other => wrong(other.to_string(), 0..text.len()),
    })
}

fn seconds(text: &str) -> Result<f64, SceneError> {
    let value = amount(text, "s")?;
    if (0.0..=TIME_MAX_S).contains(&value) {
        return Ok(value);
    }
    wrong(format!("\"{}\" is no time between 0 and {TIME_MAX_S} s", text.trim()), 0..text.len())
}

/// Read a duration: `2 s`, `0.5`, `1 min`, or `inf` for one without end [s].
///
/// # Errors
/// [`SceneError::Fault`] with the place in the text.
pub fn read_duration(text: &str) -> Result<f64, SceneError> {
    if text.trim() == "inf" { Ok(f64::INFINITY) } else { seconds(text) }
}

impl FaultKind {
    /// Read a kind: `force:bias`, or what [`FaultKind::from_name`] knows.
    ///
    /// # Errors
    /// [`SceneError::Fault`] with what is known.
    pub fn read(text: &str) -> Result<Self, SceneError> {
        let name = text.trim();
        if let Some(kind) = Self::from_name(name) {
            return Ok(kind);
        }
        let names = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>().join(", ");
        let what = match name.split_once(':') {
            Some((target, effect)) => match Target::from_name(target) {
                Some(known) => {
                    let effects = names(&mut known.effects().iter().map(|e| e.name().to_owned()));
                    format!("\"{effect}\" does not befall {target}; known: {effects}")
                }
                None => format!("\"{target}\" is no target; known: {}", names(&mut Target::ALL.iter().map(|t| t.name().to_owned()))),
            },
            None => {
                let same: Vec<String> = Self::ALL.iter().filter(|k| k.effect().name() == name).map(|k| k.name()).collect();
                if same.is_empty() {
                    format!("\"{name}\" is no fault; known: {}", names(&mut Self::ALL.iter().map(|k| k.name())))
                } else {
                    format!("\"{name}\" befalls several: {}", same.join(", "))
                }
            }
        };
        wrong(what, 0..text.len())
    }

    /// Read a magnitude of this kind into SI: `0.5 N`, `200 um`, `30 %`; a bare number is in SI.
    ///
    /// # Errors
    /// [`SceneError::Fault`] with the place in the text.
    pub fn read_magnitude(self, text: &str) -> Result<f64, SceneError> {
        let value = amount(text, self.unit())?;
        let (low, high) = self.magnitude_range();
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        let unit = self.unit();
        wrong(format!("{self}: \"{}\" is not between {low} and {high} {unit}", text.trim()), 0..text.len())
    }
}

impl Trigger {
    /// Read when: `42`, `42 s`, `insert`, `insert+0.5`, `draw + 2 s`.
    ///
    /// # Errors
    /// [`SceneError::Fault`] with the place in the text.
    pub fn read(text: &str) -> Result<Self, SceneError> {
        if text.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '-' || c == '+') {
            return Ok(Self::Time(seconds(text)?));
        }
        let (name, delay_s) = match text.split_once('+') {
            Some((name, delay)) => (name, seconds(delay).map_err(|e| moved(e, name.len() + 1))?),
            None => (text, 0.0),
        };
        match Phase::from_name(name.trim()) {
            Some(phase) => Ok(Self::Phase { phase, delay_s }),
            None => {
                let known = Phase::ALL.map(Phase::name).join(", ");
                wrong(format!("\"{}\" is neither a time nor a phase; known: {known}", name.trim()), 0..name.len())
            }
        }
    }
}

impl Fault {
    /// Read the short form `KIND[=MAGNITUDE]@WHEN[~DURATION][^RAMP]`: `startle@insert+0.5`, `force:bias=0.5N@insert`,
    /// `tracker:drift=0.2 mm/s@insert~3^1`, `occlude@42`.
    ///
    /// # Errors
    /// [`SceneError::Fault`] with the place in the text and what would be right.
    pub fn parse(text: &str) -> Result<Self, SceneError> {
        if text.len() > TEXT_BYTES_MAX {
            return wrong(format!("a fault of {} bytes; at most {TEXT_BYTES_MAX}", text.len()), 0..0);
        }
        let Some((what, when)) = text.split_once('@') else {
            return wrong(format!("\"{text}\": expected WHAT@WHEN, for example startle@insert"), 0..text.len());
        };
        let (name, size) = match what.split_once('=') {
            Some((name, size)) => (name, Some(size)),
            None => (what, None),
        };
        let kind = FaultKind::read(name)?;
        let after = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
        let (when, ramp) = match when.split_once('^') {
            Some((when, ramp)) => (when, Some(ramp)),
            None => (when, None),
        };
        let (when, duration) = match when.split_once('~') {
            Some((when, duration)) => (when, Some(duration)),
            None => (when, None),
        };
        let mut fault = Self::new(kind, Trigger::read(when).map_err(|e| moved(e, after(when)))?);
        if let Some(size) = size {
            fault.magnitude = kind.read_magnitude(size).map_err(|e| moved(e, after(size)))?;
        }
        if let Some(duration) = duration {
            fault.duration_s = read_duration(duration).map_err(|e| moved(e, after(duration)))?;
        }
        if let Some(ramp) = ramp {
            fault.ramp_s = seconds(ramp).map_err(|e| moved(e, after(ramp)))?;
        }
        Ok(fault)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Read what the command line offers and refuse the rest with a reason.
    #[test]
    fn short_forms_parse() {
        let at_phase = Fault::parse("startle@insert+0.5").unwrap();
        assert_eq!(at_phase.trigger, Trigger::Phase { phase: Phase::Insert, delay_s: 0.5 });
        assert_eq!(Fault::parse("occlude@42").unwrap().trigger, Trigger::Time(42.0));
        let bias = Fault::parse("force:bias=500 mN@insert + 0.5 s~2 s^1").unwrap();
        assert_eq!((bias.magnitude, bias.duration_s, bias.ramp_s), (0.5, 2.0, 1.0));
        assert_eq!(Fault::parse("image_loss@draw").unwrap().kind.name(), "ultrasound:dropout");
        assert_eq!(Fault::parse("image_loss@draw").unwrap().duration_s, 2.0);
        for bad in [
            "startle",
            "jump@insert",
            "startle@lunch",
            "startle@1e99",
            "startle@insert+x",
            "@",
            "",
            "bias@insert",
            "force:startle@1",
            "force:bias=9e9N@1",
            "force:bias=1mm@1",
            "force:bias=nan@1",
            "startle@nan",
            "startle@-1",
            "startle@1~-1",
            "startle@1^inf",
        ] {
            assert!(Fault::parse(bad).is_err(), "{bad}");
        }
    }

    /// Point at the wrong piece.
    #[test]
    fn wrong_pieces_are_pointed_at() {
        for (text, piece) in [("force:bias=1mm@1", "mm"), ("startle@lunch", "lunch"), ("startle@insert+x", "x"), ("jump@1", "jump")] {
            match Fault::parse(text).unwrap_err() {
                SceneError::Fault { start, end, .. } => assert_eq!(&text[start as usize..end as usize], piece, "{text}"),
                other => panic!("{other}"),
            }
        }
    }

    /// Name every kind once, give it a size inside its range in a unit that can be read, and find it by its name.
    #[test]
    fn the_catalogue_is_sound() {
        for (place, kind) in FaultKind::ALL.iter().enumerate() {
            assert_eq!(FaultKind::from_name(&kind.name()), Some(*kind));
            assert!(FaultKind::ALL.iter().skip(place + 1).all(|other| other.name() != kind.name()));
            Unit::parse(kind.unit()).unwrap();
            Fault::new(*kind, Trigger::Time(1.0)).check().unwrap();
            let risk = kind.risk();
            assert!([risk.severity, risk.occurrence, risk.detectability].iter().all(|r| (1..=10).contains(r)));
        }
    }

    proptest! {
        /// Give a fault or a place inside the text, whatever the text.
        #[test]
        fn any_text_is_read(text in ".{0,80}") {
            if let Err(SceneError::Fault { start, end, .. }) = Fault::parse(&text) {
                prop_assert!(start <= end && end as usize <= text.len());
            }
        }

        /// The same for what nearly is a fault.
        #[test]
        fn near_faults_are_read(
            kind in 0..FaultKind::ALL.len(), size in "(=[-+0-9.eE]{0,6} ?[a-zA-Zµ%/³]{0,4})?",
            when in "@[a-z_]{0,8}[+]?[0-9.]{0,5}", tail in "(~[0-9.sinf]{0,5})?(\\^[0-9. s]{0,5})?",
        ) {
            let text = format!("{}{size}{when}{tail}", FaultKind::ALL[kind].name());
            match Fault::parse(&text) {
                Ok(fault) => prop_assert!(fault.check().is_ok(), "{text}"),
                Err(SceneError::Fault { start, end, .. }) => prop_assert!(start <= end && end as usize <= text.len()),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }

        /// Write a fault and read it back to the bit.
        #[test]
        fn text_and_back(kind in 0..FaultKind::ALL.len(), share in 0.0..1.0_f64, at in 0.0..100.0_f64, phase in 0..16_usize, duration in 0.0..50.0_f64, ramp in 0.0..5.0_f64) {
            let kind = FaultKind::ALL[kind];
            let (low, high) = kind.magnitude_range();
            let trigger = Phase::ALL.get(phase).map_or(Trigger::Time(at), |p| Trigger::Phase { phase: *p, delay_s: at });
            let fault = Fault { kind, trigger, duration_s: duration, ramp_s: ramp, magnitude: (low + share * (high - low)).clamp(low, high) };
            prop_assert_eq!(Fault::parse(&fault.to_string()).unwrap(), fault);
        }
    }
}
