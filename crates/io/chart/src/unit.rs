//! Units of UCUM (the Unified Code for Units of Measure) as charts write them, turned into SI.
//!
//! Covers the metric units, the arbitrary powers of ten and the customary units that charts use. What it does not
//! know it refuses: a unit is never guessed.

/// Exponents of m, kg, s, K, mol.
pub(crate) type Dimension = [i8; 5];

pub(crate) const ONE: Dimension = [0; 5];
pub(crate) const LENGTH: Dimension = [1, 0, 0, 0, 0];
pub(crate) const MASS: Dimension = [0, 1, 0, 0, 0];
pub(crate) const PER_TIME: Dimension = [0, 0, -1, 0, 0];
pub(crate) const TEMPERATURE: Dimension = [0, 0, 0, 1, 0];
pub(crate) const PRESSURE: Dimension = [-1, 1, -2, 0, 0];
pub(crate) const MASS_PER_AREA: Dimension = [-2, 1, 0, 0, 0];
pub(crate) const MASS_PER_VOLUME: Dimension = [-3, 1, 0, 0, 0];
pub(crate) const AMOUNT_PER_VOLUME: Dimension = [-3, 0, 0, 0, 1];
pub(crate) const COUNT_PER_VOLUME: Dimension = [-3, 0, 0, 0, 0];
pub(crate) const VOLUME_PER_TIME: Dimension = [3, 0, -1, 0, 0];

/// Longest unit that is looked at [bytes].
const UNIT_BYTES_MAX: usize = 60;

/// A unit: SI value = factor × (number + offset).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) factor: f64,
    pub(crate) offset: f64,
    pub(crate) dimension: Dimension,
}

impl Unit {
    /// A number in this unit, in SI.
    pub(crate) fn to_si(self, number: f64) -> f64 {
        self.factor * (number + self.offset)
    }

    /// Whether two units mean the same.
    pub(crate) fn same_as(self, other: Self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        self.dimension == other.dimension && close(self.factor, other.factor) && close(self.offset, other.offset)
    }
}

/// SI unit in words.
pub(crate) fn si_text(dimension: Dimension) -> String {
    let known = match dimension {
        ONE => "1",
        LENGTH => "m",
        MASS => "kg",
        PER_TIME => "Hz",
        TEMPERATURE => "K",
        PRESSURE => "Pa",
        MASS_PER_AREA => "kg/m²",
        MASS_PER_VOLUME => "kg/m³",
        AMOUNT_PER_VOLUME => "mol/m³",
        COUNT_PER_VOLUME => "1/m³",
        VOLUME_PER_TIME => "m³/s",
        _ => "",
    };
    if !known.is_empty() {
        return known.into();
    }
    let parts = ["m", "kg", "s", "K", "mol"].iter().zip(dimension).filter(|(_, power)| *power != 0);
    parts.map(|(name, power)| if power == 1 { (*name).to_owned() } else { format!("{name}^{power}") }).collect::<Vec<_>>().join(" ")
}

/// (code, SI factor, dimension, takes prefixes). Factors: UCUM 2.1 tables; conventional mercury and water as there.
const ATOMS: &[(&str, f64, Dimension, bool)] = &[
    ("m[Hg]", 133_322.0, PRESSURE, true),
    ("m[H2O]", 9_806.65, PRESSURE, true),
    ("[in_i]", 0.0254, LENGTH, false),
    ("[ft_i]", 0.3048, LENGTH, false),
    ("[lb_av]", 0.453_592_37, MASS, false),
    ("[oz_av]", 0.028_349_523_125, MASS, false),
    ("[stone_av]", 6.350_293_18, MASS, false),
    ("mol", 1.0, [0, 0, 0, 0, 1], true),
    ("osm", 1.0, [0, 0, 0, 0, 1], true),
    ("eq", 1.0, [0, 0, 0, 0, 1], true),
    ("min", 60.0, [0, 0, 1, 0, 0], false),
    ("bar", 1e5, PRESSURE, true),
    ("Pa", 1.0, PRESSURE, true),
    ("Hz", 1.0, PER_TIME, true),
    ("wk", 604_800.0, [0, 0, 1, 0, 0], false),
    ("kat", 1.0, [0, 0, -1, 0, 1], true),
    ("%", 0.01, ONE, false),
    ("m", 1.0, LENGTH, true),
    ("g", 1e-3, MASS, true),
    ("s", 1.0, [0, 0, 1, 0, 0], true),
    ("h", 3600.0, [0, 0, 1, 0, 0], false),
    ("d", 86_400.0, [0, 0, 1, 0, 0], false),
    ("K", 1.0, TEMPERATURE, true),
    ("L", 1e-3, [3, 0, 0, 0, 0], true),
    ("l", 1e-3, [3, 0, 0, 0, 0], true),
    ("N", 1.0, [1, 1, -2, 0, 0], true),
    ("J", 1.0, [2, 1, -2, 0, 0], true),
    // The enzyme unit, 1 µmol/min.
    ("U", 1e-6 / 60.0, [0, 0, -1, 0, 1], true),
];

const PREFIXES: &[(&str, f64)] = &[
    ("k", 1e3),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("f", 1e-15),
    ("h", 1e2),
    ("M", 1e6),
    ("G", 1e9),
];

/// Spellings that charts use and UCUM does not, in lower case and without blanks.
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
    /// As UCUM writes it.
    Exact(Unit),
    /// Through another spelling; the UCUM code that it was taken as.
    Spelled(Unit, String),
}

impl Reading {
    pub(crate) fn unit(&self) -> Unit {
        match self {
            Self::Exact(unit) | Self::Spelled(unit, _) => *unit,
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
        let unit = ucum(code)?;
        return Some(if *code == text { Reading::Exact(unit) } else { Reading::Spelled(unit, (*code).to_owned()) });
    }
    if let Some(name) = folded.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        // "(score)" stands beside "{score}" in exports of one and the same program.
        let spelled = format!("{{{name}}}");
        return ucum(&spelled).map(|unit| Reading::Spelled(unit, spelled));
    }
    ucum(text).map(Reading::Exact)
}

/// A term of UCUM: components with `.` and `/`, from left to right.
fn ucum(text: &str) -> Option<Unit> {
    match text {
        "Cel" => return Some(Unit { factor: 1.0, offset: 273.15, dimension: TEMPERATURE }),
        // K = (F + 459.67) · 5/9.
        "[degF]" => return Some(Unit { factor: 5.0 / 9.0, offset: 459.67, dimension: TEMPERATURE }),
        _ => {}
    }
    let mut unit = Unit { factor: 1.0, offset: 0.0, dimension: ONE };
    let mut rest = text;
    let mut divide = false;
    if let Some(after) = rest.strip_prefix('/') {
        (rest, divide) = (after, true);
    }
    loop {
        let end = component_end(rest)?;
        let (factor, dimension) = component(&rest[..end])?;
        unit.factor = if divide { unit.factor / factor } else { unit.factor * factor };
        for (sum, power) in unit.dimension.iter_mut().zip(dimension) {
            *sum = if divide { sum.checked_sub(power)? } else { sum.checked_add(power)? };
        }
        rest = &rest[end..];
        match rest.bytes().next() {
            None => return (unit.factor.is_finite() && unit.factor > 0.0).then_some(unit),
            Some(b'/') => divide = true,
            Some(_) => divide = false,
        }
        rest = &rest[1..];
    }
}

/// Where the first component ends: at `.` or `/` outside braces. `None` for an empty component or an open brace.
fn component_end(text: &str) -> Option<usize> {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            '.' | '/' if !inside => return (at > 0).then_some(at),
            _ => {}
        }
    }
    (!inside && !text.is_empty()).then_some(text.len())
}

/// `10*3`, `mm[Hg]`, `m2`, `{score}`, `%{of}`, `1`.
fn component(text: &str) -> Option<(f64, Dimension)> {
    let bare = match text.split_once('{') {
        Some((bare, annotation)) => {
            if !annotation.ends_with('}') {
                return None;
            }
            bare
        }
        None => text,
    };
    if bare.is_empty() || bare == "1" {
        return Some((1.0, ONE));
    }
    if let Some(power) = bare.strip_prefix("10*").or_else(|| bare.strip_prefix("10^")) {
        let power: i32 = power.parse().ok()?;
        return (power.abs() <= 30).then(|| (10.0_f64.powi(power), ONE));
    }
    let split = bare.rfind(|c: char| !c.is_ascii_digit() && c != '-' && c != '+')?;
    let split = split + bare[split..].chars().next()?.len_utf8();
    let (name, exponent) = bare.split_at(split);
    let exponent: i8 = if exponent.is_empty() { 1 } else { exponent.parse().ok().filter(|e: &i8| e.abs() <= 6)? };
    let (factor, dimension) = atom(name)?;
    let mut powers = ONE;
    for (power, base) in powers.iter_mut().zip(dimension) {
        *power = base.checked_mul(exponent)?;
    }
    Some((factor.powi(i32::from(exponent)), powers))
}

fn atom(name: &str) -> Option<(f64, Dimension)> {
    if let Some((_, factor, dimension, _)) = ATOMS.iter().find(|(code, ..)| *code == name) {
        return Some((*factor, *dimension));
    }
    ATOMS.iter().filter(|(.., prefixed)| *prefixed).find_map(|(code, factor, dimension, _)| {
        let prefix = name.strip_suffix(code)?;
        let (_, scale) = PREFIXES.iter().find(|(text, _)| *text == prefix)?;
        Some((scale * factor, *dimension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, number: f64, si: f64, si_unit: &str) {
        let unit = read(text).unwrap_or_else(|| panic!("{text}")).unit();
        assert!((unit.to_si(number) - si).abs() <= 1e-9 * si.abs().max(1e-12), "{text}: {}", unit.to_si(number));
        assert_eq!(si_text(unit.dimension), si_unit, "{text}");
    }

    /// Turn the units of charts into SI.
    #[test]
    fn units_follow_the_table() {
        check("cm", 170.0, 1.7, "m");
        check("[in_i]", 66.899, 1.699_234_6, "m");
        check("[lb_av]", 185.0, 83.914_588_45, "kg");
        check("kg/m2", 27.5, 27.5, "kg/m²");
        check("mm[Hg]", 120.0, 15_998.64, "Pa");
        check("mmHg", 120.0, 15_998.64, "Pa");
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
        check("U/L", 60.0, 1e-3, "m^-3 s^-1 mol");
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
                proptest::prop_assert!(reading.unit().factor.is_finite());
            }
        }
    }
}
