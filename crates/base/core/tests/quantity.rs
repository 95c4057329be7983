//! Quantities are read exactly, printed so that they read back, and wrong ones are pointed at.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_core::{CoreError, Dimension, Quantity, Range, Unit};
use proptest::prelude::*;

#[track_caller]
fn is(text: &str, si: f64, dimension: Dimension) {
    let found = Quantity::parse(text).unwrap_or_else(|e| panic!("{e}"));
    assert!((found.si() - si).abs() <= 1e-14 * si.abs(), "{text}: {} instead of {si}", found.si());
    assert_eq!(found.dimension(), dimension, "{text}: {}", found.dimension());
}

#[track_caller]
fn wrong(text: &str, position: u32, what: &str) {
    match Quantity::parse(text) {
        Err(CoreError::Quantity { position: found, what: said, .. }) => {
            assert!(found == position && said.contains(what), "{text}: at {found}: {said}");
        }
        other => panic!("{text}: {other:?}"),
    }
}

/// Read the units of SI and of the clinic.
#[test]
fn clinical_units_are_read() {
    is("5 mg/kg", 5e-6, Dimension::NONE);
    is("120 mmHg", 15_998.686_489_8, Dimension::PRESSURE);
    is("3 cmH2O", 294.1995, Dimension::PRESSURE);
    is("0.5 N/mm", 500.0, Dimension::STIFFNESS);
    is("37 degC", 310.15, Dimension::TEMPERATURE);
    is("98.6 °F", 310.15, Dimension::TEMPERATURE);
    is("-40 degF", 233.15, Dimension::TEMPERATURE);
    is("60 1/min", 1.0, Dimension::FREQUENCY);
    is("60/min", 1.0, Dimension::FREQUENCY);
    is("60 bpm", 1.0, Dimension::FREQUENCY);
    is("4.8 mm", 0.0048, Dimension::LENGTH);
    is("4.8mm", 0.0048, Dimension::LENGTH);
    is("97 %", 0.97, Dimension::NONE);
    is("2000 kcal", 8.368e6, Dimension::ENERGY);
    is("0.4", 0.4, Dimension::NONE);
    is("-1.5e-3 m", -0.0015, Dimension::LENGTH);
    is("5 eV", 8.010_883_17e-19, Dimension::ENERGY);
    is("70 mL/min/kg", 70e-6 / 60.0 / 70.0 * 70.0, Dimension { exponents: [3, -1, -1, 0, 0, 0, 0, 0] });
    is("90 mL/min/1.73m2", 90e-6 / 60.0 / 1.73, Dimension::SPEED);
    is("18 Fr", 0.006, Dimension::LENGTH);
    is("3.5 mPa·s", 0.0035, Dimension::VISCOSITY);
    is("3.5 cP", 0.0035, Dimension::VISCOSITY);
    is("0.51 µm", 0.51e-6, Dimension::LENGTH);
    is("15 deg", std::f64::consts::PI / 12.0, Dimension::ANGLE);
    is("300 mmHg·s/mL", 300.0 * 133.322_387_415 / 1e-6, Dimension::FLOW_RESISTANCE);
    is("1 mL / min", 1e-6 / 60.0, Dimension::FLOW);
    is("1480 J/(kg.K)", 1480.0, Dimension { exponents: [2, 0, -2, 0, -1, 0, 0, 0] });
    is("1 m²", 1.0, Dimension::AREA);
    is("1 s⁻¹", 1.0, Dimension::FREQUENCY);
    is("9.81 m/s^2", 9.81, Dimension::ACCELERATION);
}

/// Read the spelling of UCUM as it stands in charts.
#[test]
fn charts_are_read() {
    is("120 mm[Hg]", 15_998.686_489_8, Dimension::PRESSURE);
    is("5 cm[H2O]", 490.3325, Dimension::PRESSURE);
    is("36.6 Cel", 309.75, Dimension::TEMPERATURE);
    is("24.2 kg/m2", 24.2, Dimension::MASS_PER_AREA);
    is("14 g/dL", 140.0, Dimension::DENSITY);
    is("90 mg/dL", 0.9, Dimension::DENSITY);
    is("5 mmol/L", 5.0, Dimension::AMOUNT_PER_VOLUME);
    is("140 meq/L", 140.0, Dimension::AMOUNT_PER_VOLUME);
    is("250 10*3/uL", 2.5e14, Dimension::COUNT_PER_VOLUME);
    is("4.5 10*12/L", 4.5e15, Dimension::COUNT_PER_VOLUME);
    is("3 {score}", 3.0, Dimension::NONE);
    is("72 {beats}/min", 1.2, Dimension::FREQUENCY);
    is("90 mL/min/{1.73_m2}", 1.5e-6, Dimension::FLOW);
    is("16 /min", 16.0 / 60.0, Dimension::FREQUENCY);
    is("150 [lb_av]", 68.038_855_5, Dimension::MASS);
    is("5 [in_i]", 0.127, Dimension::LENGTH);
    is("98.6 [degF]", 310.15, Dimension::TEMPERATURE);
    is("40 U/L", 40e-6 / 60.0 * 1e3, Dimension { exponents: [-3, 0, -1, 0, 0, 1, 0, 0] });
    is("30 a", 946_728_000.0, Dimension::TIME);
    is("1 {a}.m{b}", 1.0, Dimension::LENGTH);
}

/// Give whole numbers in decimal units the bits of the literal in SI: they are rounded once.
#[test]
fn decimal_units_round_once() {
    for (text, si) in [("5 mg/kg", 5e-6), ("48 um", 48e-6), ("7 mL", 7e-6), ("70 %", 0.7), ("11 uL/s", 11e-9), ("3 10*-5", 3e-5)] {
        assert_eq!(Quantity::parse(text).unwrap().si().to_bits(), f64::to_bits(si), "{text}");
    }
}

/// Point at what is wrong.
#[test]
fn mistakes_are_pointed_at() {
    wrong("", 0, "a number is expected");
    wrong("mm", 0, "a number is expected");
    wrong("nan m", 0, "a number is expected");
    wrong("inf", 0, "a number is expected");
    wrong("5 mgg/kg", 2, "no unit \"mgg\"");
    wrong("5 mg/kgg", 5, "no unit \"kgg\"");
    wrong("4,8 mm", 1, "point");
    wrong("5 mg/", 5, "a unit is expected");
    wrong("5 mg//kg", 5, "a unit is expected");
    wrong("5 m^", 4, "exponent");
    wrong("5 m^13", 3, "exponent");
    wrong("5 m m", 4, "not expected");
    wrong("5 (m", 4, "\")\"");
    wrong("5 m)", 3, "not expected");
    wrong("5 {score", 2, "not closed");
    wrong("5 mm[Hg", 7, "\"]\"");
    wrong("1e999 m", 0, "too large");
    wrong("1e300 Ym", 6, "too large");
    wrong("5 0/min", 2, "no size");
    wrong("5 W/degC", 4, "stands alone");
    wrong("5 degC/s", 2, "stands alone");
    wrong("5 degC2", 2, "stands alone");
    wrong("5 mdegC", 2, "no unit");
    wrong("5 dB", 2, "logarithmic");
    wrong("5 [IU]/L", 2, "substance");
    wrong("5 kmin", 2, "no unit");
    wrong("5 m\n", 3, "not expected");
    wrong(&format!("5 {}m", "(".repeat(50)), 10, "parentheses");
    wrong(&format!("5 {}", "m".repeat(300)), 200, "longer");
    wrong("5 Ym12.Ym12.Ym12", 7, "too large");
}

/// Refuse another dimension and say both.
#[test]
fn dimensions_are_checked() {
    assert_eq!(Quantity::parse_as("120 mmHg", Dimension::PRESSURE), Ok(15_998.686_489_8));
    let error = Quantity::parse_as("120 mmHg", Dimension::LENGTH).unwrap_err();
    assert!(
        matches!(&error, CoreError::Quantity { position: 4, what, .. } if what.contains("pressure") && what.contains("length")),
        "{error}"
    );
    assert!(Quantity::parse_as("5", Dimension::LENGTH).is_err() && Quantity::parse_as("5 deg", Dimension::NONE).is_err());
    assert!(Quantity::parse("5 mmol/L").unwrap().print_in("mg/dL").is_err());
    assert!(Quantity::new(f64::NAN, Dimension::MASS).is_err());
}

/// Print in a chosen unit without the noise of the conversion.
#[test]
fn printing_is_clean() {
    let print = |text: &str, unit: &str| Quantity::parse(text).unwrap().print_in(unit).unwrap();
    assert_eq!(print("4.8 mm", "mm"), "4.8 mm");
    assert_eq!(print("120 mmHg", "kPa"), "15.9986864898 kPa");
    assert_eq!(print("98.6 degF", "degC"), "37 degC");
    assert_eq!(print("97 %", "1"), "0.97");
    assert_eq!(print("0.3 mL/s", "mL/min"), "18 mL/min");
    assert_eq!(print("5 mg/kg", "%"), "0.0005 %");
    assert_eq!(Quantity::parse("0.5 N/mm").unwrap().to_string(), "500 kg.s-2");
    assert_eq!(Dimension::NONE.to_string(), "1");
}

/// Accept values inside a range and refuse others with the source.
#[test]
fn ranges_have_a_source() {
    const ANGLE: Range = Range { min: 5.0, max: 30.0, unit: "deg", source: "WHO 2010" };
    assert!(ANGLE.read("angle", "30 deg").is_ok() && ANGLE.read("angle", "0.1 rad").is_ok());
    assert!(ANGLE.read("angle", "31 deg").unwrap_err().to_string().contains("WHO 2010"));
    assert!(ANGLE.read("angle", "20").is_err() && ANGLE.check_si("angle", f64::NAN).is_err());
    assert_eq!(ANGLE.check_si("angle", 0.2), Ok(0.2));
}

fn any_unit() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "m", "mm", "um", "kg", "mg", "s", "min", "h", "K", "mmol", "L", "mL", "N", "kPa", "mmHg", "cmH2O", "J", "kcal", "rad", "deg", "%",
        "Hz", "V", "kOhm", "mm[Hg]", "[lb_av]", "Fr", "{score}", "10*3", "1.73m2",
    ]);
    let exponent = prop::sample::select(vec!["", "", "", "2", "-1", "^3", "²"]);
    let operator = prop::sample::select(vec!["/", ".", "*", "·"]);
    (atom.clone(), proptest::collection::vec((operator, atom, exponent), 0..4)).prop_map(|(first, more)| {
        more.into_iter().fold(first.to_owned(), |text, (operator, atom, exponent)| {
            // "1.73m2", "10*3" and "{score}" take no further exponent.
            let exponent = if atom.ends_with(|c: char| c.is_ascii_digit() || c == '}') { "" } else { exponent };
            format!("{text}{operator}{atom}{exponent}")
        })
    })
}

proptest! {
    /// Read back what was printed in any unit.
    #[test]
    fn printed_values_read_back(value in -1e6..1e6_f64, unit in any_unit()) {
        let quantity = Unit::parse(&unit).unwrap().quantity(value).unwrap();
        let text = quantity.print_in(&unit).unwrap();
        let back = Quantity::parse(&text).unwrap();
        prop_assert_eq!(back.dimension(), quantity.dimension());
        // Fifteen digits leave 5e-15, the conversions some last bits.
        prop_assert!((back.si() - quantity.si()).abs() <= 6e-15 * quantity.si().abs(), "{} {}", text, value);
    }

    /// Read back base units with every bit, whatever the exponents.
    #[test]
    fn base_units_read_back_exactly(bits in any::<u64>(), exponents in prop::array::uniform8(-12_i8..=12)) {
        let si = f64::from_bits(bits);
        prop_assume!(si.is_finite());
        let quantity = Quantity::new(si, Dimension { exponents }).unwrap();
        let back = Quantity::parse(&quantity.to_string()).unwrap();
        prop_assert_eq!(back.si().to_bits(), si.to_bits());
        prop_assert_eq!(back.dimension(), quantity.dimension());
    }

    /// Give a value or an error for any text, with a place inside it.
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,40}") {
        if let Err(CoreError::Quantity { position, .. }) = Quantity::parse(&text) {
            prop_assert!(position as usize <= text.len() && text.is_char_boundary(position as usize));
        }
    }

    /// Give a value or an error for texts that look like quantities, and only finite values.
    #[test]
    fn likely_texts_have_an_answer(text in "[-+]?[0-9]{0,3}[.,]?[0-9]{0,2}(e[-+]?[0-9]{1,3})? ?[a-zA-Z0-9/.*^(){}\\[\\]%µ²°·⁻-]{0,16}") {
        match Quantity::parse(&text) {
            Ok(quantity) => prop_assert!(quantity.si().is_finite()),
            Err(error) => prop_assert!(error.to_string().starts_with("quantity")),
        }
    }

    /// Give a value or an error for any bytes that are text at all.
    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..260)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = Quantity::parse(&text);
        let _ = Unit::parse(&text);
    }
}
