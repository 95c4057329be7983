//! The units that are known, and their size in SI.

use super::Dimension;
use super::dimension::Dimension as D;

/// One unit of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    /// As it is written.
    pub name: &'static str,
    /// One of it in SI, but for a power of ten.
    pub factor: f64,
    /// The power of ten. Kept apart because 10⁻³ is no float and 10³ is: 5 mg is 5 / 10⁶ kg, rounded once.
    pub ten: i32,
    /// Zero of its scale in SI: 273.15 for degrees Celsius.
    pub offset: f64,
    pub dimension: Dimension,
    /// Whether SI prefixes go before it.
    pub prefixable: bool,
}

const fn with_prefix(name: &'static str, factor: f64, dimension: Dimension) -> Atom {
    Atom { name, factor, ten: 0, offset: 0.0, dimension, prefixable: true }
}

const fn alone(name: &'static str, factor: f64, dimension: Dimension) -> Atom {
    Atom { name, factor, ten: 0, offset: 0.0, dimension, prefixable: false }
}

/// The unit times a power of ten.
const fn tens(atom: Atom, ten: i32) -> Atom {
    Atom { ten, ..atom }
}

const fn scale(name: &'static str, factor: f64, offset: f64) -> Atom {
    Atom { name, factor, ten: 0, offset, dimension: D::TEMPERATURE, prefixable: false }
}

const fn raw(exponents: [i8; 8]) -> Dimension {
    D { exponents }
}

/// Length of the Julian year [s]: UCUM's `a`.
const YEAR_S: f64 = 365.25 * 86_400.0;
/// Conventional millimetre of mercury [Pa]: 13 595.1 kg/m³ · 9.80665 m/s² · 1 mm (NIST SP 811, app. B).
pub const PA_PER_MMHG: f64 = 133.322_387_415;
/// The same for a metre [Pa].
const METRE_OF_MERCURY_PA: f64 = PA_PER_MMHG * 1e3;
/// Conventional metre of water [Pa]: 1000 kg/m³ · 9.80665 m/s² (NIST SP 811, app. B).
const METRE_OF_WATER_PA: f64 = 9_806.65;

/// Sources: BIPM, The International System of Units, 9th ed. 2019 (SI, prefixes, units in use with it); NIST SP 811,
/// 2008, app. B (conventional units); UCUM 2.1 (spelling, `U`, `cal`, `Ch`).
pub(super) const ATOMS: &[Atom] = &[
    // SI base units and the angle
    with_prefix("m", 1.0, D::LENGTH),
    tens(with_prefix("g", 1.0, D::MASS), -3),
    with_prefix("s", 1.0, D::TIME),
    with_prefix("A", 1.0, D::CURRENT),
    with_prefix("K", 1.0, D::TEMPERATURE),
    with_prefix("mol", 1.0, D::AMOUNT),
    with_prefix("cd", 1.0, raw([0, 0, 0, 0, 0, 0, 1, 0])),
    with_prefix("rad", 1.0, D::ANGLE),
    // SI units with names of their own
    with_prefix("Hz", 1.0, D::FREQUENCY),
    with_prefix("N", 1.0, D::FORCE),
    with_prefix("Pa", 1.0, D::PRESSURE),
    with_prefix("J", 1.0, D::ENERGY),
    with_prefix("W", 1.0, D::POWER),
    with_prefix("C", 1.0, raw([0, 0, 1, 1, 0, 0, 0, 0])),
    with_prefix("V", 1.0, D::VOLTAGE),
    with_prefix("F", 1.0, raw([-2, -1, 4, 2, 0, 0, 0, 0])),
    with_prefix("Ohm", 1.0, D::RESISTANCE),
    with_prefix("ohm", 1.0, D::RESISTANCE),
    with_prefix("Ω", 1.0, D::RESISTANCE),
    with_prefix("S", 1.0, raw([-2, -1, 3, 2, 0, 0, 0, 0])),
    with_prefix("Wb", 1.0, raw([2, 1, -2, -1, 0, 0, 0, 0])),
    with_prefix("T", 1.0, raw([0, 1, -2, -1, 0, 0, 0, 0])),
    with_prefix("H", 1.0, raw([2, 1, -2, -2, 0, 0, 0, 0])),
    with_prefix("Bq", 1.0, D::FREQUENCY),
    with_prefix("Gy", 1.0, raw([2, 0, -2, 0, 0, 0, 0, 0])),
    with_prefix("Sv", 1.0, raw([2, 0, -2, 0, 0, 0, 0, 0])),
    with_prefix("kat", 1.0, raw([0, 0, -1, 0, 0, 1, 0, 0])),
    // volume, mass, length beside SI
    tens(with_prefix("L", 1.0, D::VOLUME), -3),
    tens(with_prefix("l", 1.0, D::VOLUME), -3),
    tens(alone("cc", 1.0, D::VOLUME), -6),
    tens(with_prefix("t", 1.0, D::MASS), 3),
    tens(alone("mcg", 1.0, D::MASS), -9),
    with_prefix("Da", 1.660_539_066_60e-27, D::MASS),
    alone("[lb_av]", 0.453_592_37, D::MASS),
    alone("lb", 0.453_592_37, D::MASS),
    alone("[oz_av]", 0.028_349_523_125, D::MASS),
    alone("[in_i]", 0.0254, D::LENGTH),
    alone("in", 0.0254, D::LENGTH),
    alone("[ft_i]", 0.3048, D::LENGTH),
    alone("ft", 0.3048, D::LENGTH),
    tens(alone("Å", 1.0, D::LENGTH), -10),
    tens(alone("[Ch]", 1.0 / 3.0, D::LENGTH), -3),
    tens(alone("Fr", 1.0 / 3.0, D::LENGTH), -3),
    // time and rates
    alone("min", 60.0, D::TIME),
    alone("h", 3_600.0, D::TIME),
    alone("hr", 3_600.0, D::TIME),
    alone("d", 86_400.0, D::TIME),
    alone("day", 86_400.0, D::TIME),
    alone("wk", 604_800.0, D::TIME),
    alone("mo", YEAR_S / 12.0, D::TIME),
    alone("a", YEAR_S, D::TIME),
    alone("yr", YEAR_S, D::TIME),
    alone("bpm", 1.0 / 60.0, D::FREQUENCY),
    // pressure
    with_prefix("m[Hg]", METRE_OF_MERCURY_PA, D::PRESSURE),
    with_prefix("mHg", METRE_OF_MERCURY_PA, D::PRESSURE),
    with_prefix("m[H2O]", METRE_OF_WATER_PA, D::PRESSURE),
    with_prefix("mH2O", METRE_OF_WATER_PA, D::PRESSURE),
    tens(with_prefix("bar", 1.0, D::PRESSURE), 5),
    alone("atm", 101_325.0, D::PRESSURE),
    alone("Torr", 101_325.0 / 760.0, D::PRESSURE),
    alone("[psi]", 6_894.757_293_168, D::PRESSURE),
    alone("psi", 6_894.757_293_168, D::PRESSURE),
    // force, energy, viscosity
    tens(with_prefix("dyn", 1.0, D::FORCE), -5),
    tens(with_prefix("gf", 9.806_65, D::FORCE), -3),
    with_prefix("cal", 4.184, D::ENERGY),
    with_prefix("eV", 1.602_176_634e-19, D::ENERGY),
    tens(with_prefix("P", 1.0, D::VISCOSITY), -1),
    // amounts; an equivalent is a mole of charges, an osmole a mole of particles
    with_prefix("eq", 1.0, D::AMOUNT),
    with_prefix("Eq", 1.0, D::AMOUNT),
    with_prefix("osm", 1.0, D::AMOUNT),
    with_prefix("Osm", 1.0, D::AMOUNT),
    tens(with_prefix("M", 1.0, D::AMOUNT_PER_VOLUME), 3),
    tens(with_prefix("U", 1.0 / 60.0, raw([0, 0, -1, 0, 0, 1, 0, 0])), -6),
    // angles and fractions
    alone("deg", std::f64::consts::PI / 180.0, D::ANGLE),
    alone("°", std::f64::consts::PI / 180.0, D::ANGLE),
    tens(alone("%", 1.0, D::NONE), -2),
    tens(alone("ppm", 1.0, D::NONE), -6),
    // scales with an offset
    scale("degC", 1.0, 273.15),
    scale("°C", 1.0, 273.15),
    scale("Cel", 1.0, 273.15),
    scale("degF", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    scale("°F", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    scale("[degF]", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
];

/// Names that are refused, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("dB", "decibels are logarithmic and have no size in SI"),
    ("[pH]", "pH is logarithmic and has no size in SI"),
    ("pH", "pH is logarithmic and has no size in SI"),
    ("IU", "international units differ from substance to substance"),
    ("[IU]", "international units differ from substance to substance"),
    ("[iU]", "international units differ from substance to substance"),
    ("mIU", "international units differ from substance to substance"),
    ("m[IU]", "international units differ from substance to substance"),
];

/// Prefixes; `da` before `d`, so that the longer one is tried first.
pub(super) const PREFIXES: &[(&str, i32)] = &[
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("µ", -6),
    ("μ", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// The unit of this name, its prefix multiplied in. A name of the table comes before a prefixed one: `min`, `cd`, `Pa`.
pub(super) fn find(name: &str) -> Option<Atom> {
    let exact = |name: &str| ATOMS.iter().find(|atom| atom.name == name).copied();
    exact(name).or_else(|| {
        PREFIXES.iter().find_map(|(prefix, ten)| {
            let atom = exact(name.strip_prefix(prefix)?).filter(|atom| atom.prefixable)?;
            Some(Atom { ten: ten + atom.ten, ..atom })
        })
    })
}
