//! Units as charts write them: UCUM and the common departures from it.
//!
//! [`proband_core::Unit`] reads the units themselves; here stands what only charts write. What neither knows is
//! refused: a unit is never guessed.

use proband_core::{Dimension, Unit};

/// Longest unit that is looked at [bytes].
const UNIT_BYTES_MAX: usize = 60;

/// SI unit in words.
pub(crate) fn si_text(dimension: Dimension) -> String {
    let known = match dimension {
        Dimension::FREQUENCY => "Hz",
        Dimension::PRESSURE => "Pa",
        Dimension::MASS_PER_AREA => "kg/m²",
        Dimension::DENSITY => "kg/m³",
        Dimension::AMOUNT_PER_VOLUME => "mol/m³",
        Dimension::COUNT_PER_VOLUME => "1/m³",
        Dimension::FLOW => "m³/s",
        _ => return dimension.to_string(),
    };
    known.into()
}

/// Whether two units mean the same.
pub(crate) fn same(a: &Unit, b: &Unit) -> bool {
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * x.abs().max(y.abs());
    a.dimension() == b.dimension() && close(a.to_si(1.0), b.to_si(1.0)) && close(a.to_si(0.0), b.to_si(0.0))
}

/// Spellings that charts use, in lower case and without blanks, and the UCUM code that they mean.
const SPELLINGS: &[(&str, &str)] = &[
    ("mmhg", "mm[Hg]"),
    ("cmh2o", "cm[H2O]"),
    ("lb", "[lb_av]"),
    ("lbs", "[lb_av]"),
    ("pound", "[lb_av]"),
    ("pounds", "[lb_av]"),
    ("oz", "[oz_av]"),
    ("in", "[in_i]"),
    ("inch", "[in_i]"),
    ("inches", "[in_i]"),
    ("ft", "[ft_i]"),
    ("feet", "[ft_i]"),
    ("kgs", "kg"),
    ("kilogram", "kg"),
    ("kilograms", "kg"),
    ("centimeter", "cm"),
    ("centimeters", "cm"),
    ("metre", "m"),
    ("meter", "m"),
    ("meters", "m"),
    ("°c", "Cel"),
    ("degc", "Cel"),
    ("celsius", "Cel"),
    ("°f", "[degF]"),
    ("degf", "[degF]"),
    ("fahrenheit", "[degF]"),
    ("bpm", "/min"),
    ("beats/min", "/min"),
    ("beats/minute", "/min"),
    ("breaths/min", "/min"),
    ("breaths/minute", "/min"),
    ("/minute", "/min"),
    ("percent", "%"),
    ("inr", "{INR}"),
    ("ratio", "{ratio}"),
    ("score", "{score}"),
    ("mcg/l", "ug/L"),
    ("mcg/ml", "ug/mL"),
    ("mcg/dl", "ug/dL"),
    ("gm/dl", "g/dL"),
    ("meq/l", "meq/L"),
    ("ml/min/1.73m2", "mL/min/{1.73_m2}"),
    ("ml/min/1.73m^2", "mL/min/{1.73_m2}"),
    ("ml/min/1.73m²", "mL/min/{1.73_m2}"),
    ("ml/min/1.73", "mL/min/{1.73_m2}"),
    ("kg/m²", "kg/m2"),
    ("kg/m^2", "kg/m2"),
    ("k/ul", "10*3/uL"),
    ("k/µl", "10*3/uL"),
    ("k/mcl", "10*3/uL"),
    ("thou/ul", "10*3/uL"),
    ("x10e3/ul", "10*3/uL"),
    ("10e3/ul", "10*3/uL"),
    ("x10^3/ul", "10*3/uL"),
    ("m/ul", "10*6/uL"),
    ("x10e6/ul", "10*6/uL"),
    ("x10^6/ul", "10*6/uL"),
    ("x10e9/l", "10*9/L"),
    ("10e9/l", "10*9/L"),
    ("x10^9/l", "10*9/L"),
    ("x10^12/l", "10*12/L"),
    ("x10e12/l", "10*12/L"),
];

/// How a unit was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// As it stands.
    Exact(Unit),
    /// Through another spelling; the code that it was taken as.
    Spelled(Unit, String),
}

impl Reading {
    pub(crate) fn into_unit(self) -> Unit {
        match self {
            Self::Exact(unit) | Self::Spelled(unit, _) => unit,
        }
    }
}

/// Read a unit. `None` when it is not known.
pub(crate) fn read(text: &str) -> Option<Reading> {
    if text.is_empty() || text.len() > UNIT_BYTES_MAX {
        return None;
    }
    let folded: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    // Spellings first: "K/uL" is a thousand per microlitre in every chart, and kelvin per microlitre in none.
    if let Some((_, code)) = SPELLINGS.iter().find(|(spelling, _)| *spelling == folded) {
        let unit = Unit::parse(code).ok()?;
        return Some(if *code == text { Reading::Exact(unit) } else { Reading::Spelled(unit, (*code).to_owned()) });
    }
    if let Some(name) =
        folded.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|name| name.chars().all(char::is_alphanumeric))
    {
        // "(score)" stands beside "{score}" in exports of one and the same program.
        let spelled = format!("{{{name}}}");
        return Unit::parse(&spelled).ok().map(|unit| Reading::Spelled(unit, spelled));
    }
    Unit::parse(text).ok().map(Reading::Exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, number: f64, si: f64, si_unit: &str) {
        let unit = read(text).unwrap_or_else(|| panic!("{text}")).into_unit();
        assert!((unit.to_si(number) - si).abs() <= 1e-9 * si.abs().max(1e-12), "{text}: {}", unit.to_si(number));
        assert_eq!(si_text(unit.dimension()), si_unit, "{text}");
    }

    /// Turn the units of charts into SI.
    #[test]
    fn units_follow_the_table() {
        check("cm", 170.0, 1.7, "m");
        check("[in_i]", 66.899, 1.699_234_6, "m");
        check("[lb_av]", 185.0, 83.914_588_45, "kg");
        check("kg/m2", 27.5, 27.5, "kg/m²");
        check("mm[Hg]", 120.0, 15_998.686_489_8, "Pa");
        check("mmHg", 120.0, 15_998.686_489_8, "Pa");
        check("g/dL", 14.0, 140.0, "kg/m³");
        check("gm/dl", 14.0, 140.0, "kg/m³");
        check("mmol/L", 4.2, 4.2, "mol/m³");
        check("mEq/L", 4.2, 4.2, "mol/m³");
        check("10*3/uL", 250.0, 2.5e14, "1/m³");
        check("10^9/L", 250.0, 2.5e14, "1/m³");
        check("K/uL", 250.0, 2.5e14, "1/m³");
        check("{INR}", 1.2, 1.2, "1");
        check("%", 45.0, 0.45, "1");
        check("Cel", 37.0, 310.15, "K");
        check("[degF]", 98.6, 310.15, "K");
        check("/min", 60.0, 1.0, "Hz");
        check("{beats}/min", 60.0, 1.0, "Hz");
        check("mL/min/{1.73_m2}", 60.0, 1e-6, "m³/s");
        check("(score)", 3.0, 3.0, "1");
        check("ug/mL", 1.0, 1e-3, "kg/m³");
        check("U/L", 60.0, 1e-3, "m-3.s-1.mol");
    }

    /// Refuse what is not known instead of guessing.
    #[test]
    fn unknown_units_are_refused() {
        for text in [
            "",
            "furlong",
            "mmHgg",
            "kg//m",
            "/",
            "{open",
            "10*",
            "10*99",
            "c",
            "kg/",
            "m999",
            "[IU]/mL",
            "in_",
            "\u{1F600}",
            &"m.".repeat(40),
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    proptest::proptest! {
        /// Answer any text without a panic, with finite numbers.
        #[test]
        fn any_text_is_answered(text in "[mkgsLdu{}./*^0-9\\[\\]a-zA-Zµ%()-]{0,24}") {
            if let Some(reading) = read(&text) {
                proptest::prop_assert!(reading.into_unit().to_si(1.0).is_finite());
            }
        }
    }
}
