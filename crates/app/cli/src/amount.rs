//! Numbers with units on the command line and in scenario files.

use proband_core::{CoreError, Range};

use crate::scenario::Problem;

/// What an amount is of: decides the units and the range that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pressure of the tourniquet's cuff [Pa].
    CuffPressure,
    /// Blood to draw [m³].
    BloodVolume,
    /// Time [s].
    RunTime,
    /// Place along the arm from the elbow crease, positive to the head [m].
    Place,
    /// Force of a probe [N].
    Force,
    /// Side of a pixel [m].
    PixelSize,
    /// Side of a cell of a mesh [m].
    CellSize,
    /// Standing height [m].
    Height,
    /// Body mass [kg].
    BodyMass,
    /// Wavelength of light [m].
    Wavelength,
    /// Part of a whole [1].
    Fraction,
}

/// What is accepted, with examples. Ranges: prior: unverified, engineering judgement; they refuse slips of the pen.
fn rule(kind: Kind) -> (&'static str, Range, &'static str) {
    let range = |min, max, unit| Range { min, max, unit, source: "a slip of the pen is refused" };
    match kind {
        Kind::CuffPressure => ("pressure", range(0.0, 200.0, "mmHg"), "60 mmHg, 8 kPa"),
        Kind::BloodVolume => ("volume", range(0.1, 50.0, "mL"), "4 mL"),
        Kind::RunTime => ("time", range(1.0, 7200.0, "s"), "300 s, 10 min"),
        Kind::Place => ("length", range(-60.0, 40.0, "mm"), "-20 mm"),
        Kind::Force => ("force", range(0.0, 20.0, "N"), "2 N"),
        Kind::PixelSize => ("length", range(0.001, 10.0, "mm"), "0.2 mm, 150 um"),
        Kind::CellSize => ("length", range(0.01, 1000.0, "mm"), "5 mm, 0.5 mm"),
        Kind::Height => ("length", range(0.5, 2.8, "m"), "1.70 m, 170 cm"),
        Kind::BodyMass => ("mass", range(20.0, 400.0, "kg"), "72 kg"),
        Kind::Wavelength => ("length", range(740.0, 950.0, "nm"), "850 nm"),
        Kind::Fraction => ("fraction", range(0.0, 1.0, "1"), "0.05, 5 %"),
    }
}

/// Read an amount into SI.
pub(crate) fn read(text: &str, kind: Kind) -> Result<f64, Problem> {
    let (name, range, example) = rule(kind);
    range.read(name, text).map_err(|error| {
        let help = format!("for example {example}");
        match error {
            CoreError::Quantity { position, what, .. } => {
                let start = (position as usize).min(text.len());
                let at = if text[start..].trim().is_empty() { 0..text.len() } else { start..text.trim_end().len() };
                Problem { what: format!("\"{text}\": {what}"), label: "here".into(), help, at: Some(at) }
            }
            other => Problem { what: other.to_string(), label: "out of range".into(), help, at: Some(0..text.len()) },
        }
    })
}

/// Read a wavelength in nanometres: with its unit, or a bare number of nanometres.
pub(crate) fn read_wavelength_nm(text: &str) -> Result<f64, Problem> {
    let bare = text.trim().parse::<f64>().is_ok();
    let metres = if bare { read(&format!("{} nm", text.trim()), Kind::Wavelength) } else { read(text, Kind::Wavelength) };
    let metres = metres.map_err(|problem| if bare { Problem { at: None, ..problem } } else { problem })?;
    // To a millionth of a nanometre, so that what was typed comes back.
    Ok((metres * 1e15).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn good(text: &str, kind: Kind, si: f64) {
        let value = read(text, kind).unwrap();
        assert!((value - si).abs() <= 1e-12 * si.abs(), "{text}: {value}");
    }

    #[track_caller]
    fn bad(text: &str, kind: Kind, piece: &str) {
        let problem = read(text, kind).unwrap_err();
        assert_eq!(&text[problem.at.clone().unwrap()], piece, "{problem:?}");
    }

    /// Read amounts with and without a blank before the unit.
    #[test]
    fn amounts_become_si() {
        good("60 mmHg", Kind::CuffPressure, 60.0 * proband_core::PA_PER_MMHG);
        good("8kPa", Kind::CuffPressure, 8000.0);
        good(" 4 mL ", Kind::BloodVolume, 4e-6);
        good("0.2mm", Kind::PixelSize, 2e-4);
        good("150 µm", Kind::PixelSize, 1.5e-4);
        good("5 %", Kind::Fraction, 0.05);
        good("0.05", Kind::Fraction, 0.05);
        good("10 min", Kind::RunTime, 600.0);
    }

    /// Give back the nanometres that were typed, with and without a unit, and refuse what the optics do not hold for.
    #[test]
    fn wavelengths_come_back() {
        for (text, nm) in [("850 nm", 850.0), ("760", 760.0), ("0.94 um", 940.0), (" 805.5nm ", 805.5)] {
            assert_eq!(read_wavelength_nm(text).unwrap(), nm, "{text}");
        }
        for text in ["", "nm", "700", "1064 nm", "NaN", "-850", "850 mm", "1e999", "850 nm nm"] {
            assert!(read_wavelength_nm(text).is_err(), "{text}");
        }
    }

    /// Point at the piece that is wrong.
    #[test]
    fn wrong_pieces_are_pointed_at() {
        bad("60 mmH", Kind::CuffPressure, "mmH");
        bad("60 mL", Kind::CuffPressure, "mL");
        bad("600 mmHg", Kind::CuffPressure, "600 mmHg");
        bad("-3 mL", Kind::BloodVolume, "-3 mL");
        bad("mm", Kind::PixelSize, "mm");
        bad("", Kind::Fraction, "");
        for text in ["60", "1e999 mm", "NaN mm", "4 mm mm", "µ", "4 µ\u{e9}"] {
            assert!(read(text, Kind::PixelSize).is_err(), "{text}");
        }
    }
}
