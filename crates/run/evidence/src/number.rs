//! Numbers as a person reads them: significant digits, a sensible unit, a real minus sign.

use proband_core::ops;

/// What stands where a number is missing.
pub(crate) const MISSING: &str = "–";

/// `x` with `digits` significant digits, without trailing noise: `0.0412`, `12.3`, `1 230 000`, `3.5·10⁻⁷`.
pub(crate) fn sig(x: f64, digits: i32) -> String {
    if !x.is_finite() {
        return MISSING.into();
    }
    if x == 0.0 {
        return "0".into();
    }
    let magnitude = ops::log10(x.abs()).floor() as i32;
    if !(-4..=6).contains(&magnitude) {
        let mantissa = x / ops::powf(10.0, f64::from(magnitude));
        return format!("{}·10{}", fixed(mantissa, (digits - 1).clamp(0, 6)), superscript(magnitude));
    }
    fixed(x, (digits - 1 - magnitude).clamp(0, 9))
}

/// `x` with a fixed number of decimals.
pub(crate) fn fixed(x: f64, decimals: i32) -> String {
    if !x.is_finite() {
        return MISSING.into();
    }
    let text = format!("{:.*}", decimals.clamp(0, 9) as usize, x);
    let text =
        if text.trim_start_matches('-').bytes().all(|b| b == b'0' || b == b'.') { text.trim_start_matches('-').to_owned() } else { text };
    text.replacen('-', "−", 1)
}

/// A probability or rate as per cent, without a decimal above 1 %.
pub(crate) fn percent(p: f64) -> String {
    if !p.is_finite() {
        return MISSING.into();
    }
    let decimals = if p > 0.0 && p < 0.0095 || p > 0.9905 && p < 1.0 { 1 } else { 0 };
    format!("{} %", fixed(100.0 * p, decimals))
}

/// A whole number with thin spaces between thousands.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// Seconds as `12.3 s` or `1 min 38 s`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return MISSING.into();
    }
    if seconds.abs() < 59.5 {
        return format!("{} s", sig(seconds, 3));
    }
    let whole = seconds.round();
    format!("{} min {:02} s", fixed((whole / 60.0).floor(), 0), (whole - 60.0 * (whole / 60.0).floor()) as i64)
}

fn superscript(n: i32) -> String {
    let signs = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    n.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |d| signs[d as usize])).collect()
}

/// Factor and name of the unit in which a value is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// Shown value = recorded value × factor.
    pub factor: f64,
    /// Name of the shown unit; empty for fractions, counts and words.
    pub name: String,
}

/// The unit in which a person reads a quantity of the SI unit `unit` and about the size `size`.
///
/// `name` tells a blood pressure (mmHg) from a stiffness (kPa). An unknown unit is shown as it is.
pub(crate) fn unit_for(unit: &str, size: f64, name: &str) -> Unit {
    let size = if size.is_finite() { size.abs() } else { 0.0 };
    let plain = |factor: f64, name: &str| Unit { factor, name: name.into() };
    match unit {
        "m" if size < 0.5 => plain(1e3, "mm"),
        "m2" | "m^2" | "m²" if size < 1e-2 => plain(1e6, "mm²"),
        "m2" | "m^2" => plain(1.0, "m²"),
        "m3" | "m^3" | "m³" if size < 1e-2 => plain(1e6, "mL"),
        "m3/s" | "m^3/s" | "m³/s" => plain(1e6, "mL/s"),
        "m/s" if size < 0.5 => plain(1e3, "mm/s"),
        "1/m" | "m-1" | "m^-1" | "m⁻¹" if size >= 100.0 => plain(1e-3, "mm⁻¹"),
        "rad" => plain(180.0 / std::f64::consts::PI, "°"),
        "Pa" if name.contains("pressure") || name.contains("tourniquet") || name.contains("cuff") => plain(1.0 / 133.322_387_415, "mmHg"),
        "Pa" if size >= 1e6 => plain(1e-6, "MPa"),
        "Pa" if size >= 1e3 => plain(1e-3, "kPa"),
        "Pa s" | "Pa.s" | "Pa*s" | "Pa·s" if size < 1.0 => plain(1e3, "mPa·s"),
        "N/m" if size >= 10.0 => plain(1e-3, "N/mm"),
        "Hz" if size >= 1e6 => plain(1e-6, "MHz"),
        "ohm" | "Ω" if size >= 1e3 => plain(1e-3, "kΩ"),
        "ohm" => plain(1.0, "Ω"),
        "kg/m3" | "kg/m^3" => plain(1.0, "kg/m³"),
        "kg/m2" | "kg/m^2" => plain(1.0, "kg/m²"),
        "1" | "-" | "" => plain(1.0, ""),
        other => plain(1.0, other),
    }
}

/// A value in the unit in which a person reads it: `4.8 mm`. Not escaped (an unknown unit may be anything).
pub(crate) fn with_unit(value: f64, unit: &str, name: &str, digits: i32) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    let shown = unit_for(unit, value, name);
    let gap = if shown.name.is_empty() || shown.name == "°" { "" } else { "\u{a0}" };
    format!("{}{gap}{}", sig(value * shown.factor, digits), shown.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Print what a person expects.
    #[test]
    fn numbers_read_well() {
        assert_eq!(sig(0.041_234, 3), "0.0412");
        assert_eq!(sig(-12.345, 3), "−12.3");
        assert_eq!(sig(1234.5, 3), "1234" /* digits left of the point are kept */);
        assert_eq!(sig(3.5e-7, 2), "3.5·10⁻⁷");
        assert_eq!(sig(f64::NAN, 3), MISSING);
        assert_eq!(fixed(-0.001, 1), "0.0");
        assert_eq!(percent(0.934), "93 %");
        assert_eq!(percent(0.004), "0.4 %");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(duration(98.2), "1 min 38 s");
        assert_eq!(duration(119.7), "2 min 00 s");
    }

    /// Choose millimetres for a vein and metres for a person, mmHg for blood and kPa for tissue.
    #[test]
    fn units_fit_their_quantity() {
        assert_eq!(with_unit(0.004_81, "m", "depth", 3), "4.81\u{a0}mm");
        assert_eq!(with_unit(1.72, "m", "height", 3), "1.72\u{a0}m");
        assert_eq!(with_unit(4000.0, "Pa", "venous_pressure", 3), "30.0\u{a0}mmHg");
        assert_eq!(with_unit(150_000.0, "Pa", "dermis_modulus", 3), "150\u{a0}kPa");
        assert_eq!(with_unit(0.3, "rad", "angle", 3), "17.2°");
        assert_eq!(with_unit(4e-6, "m3", "volume", 2), "4.0\u{a0}mL");
    }
}
