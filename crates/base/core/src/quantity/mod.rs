//! Values with units, read and printed at the edge: `"5 mg/kg"`, `"120 mmHg"`, `"37 degC"`, `"60 1/min"`.
//!
//! Inside, everything is a bare `f64` in SI. At the edge (a file, the command line, a report) a [`Quantity`] says
//! which dimension the number has, so that a pressure cannot be taken for a length.
//!
//! # Units
//! SI with its prefixes (`um`, `kPa`, `mL`), the units of the clinic (`mmHg`, `cmH2O`, `bpm`, `kcal`, `Fr`, `%`) and
//! a subset of UCUM as it stands in charts (`mm[Hg]`, `Cel`, `10*3/uL`, `kg/m2`, `{score}`, `[lb_av]`).
//! Units are multiplied by `.`, `*` or `·`, divided by `/`, and raised by `2`, `-1`, `^2` or `²` after the name.
//! `/` divides by the next unit only: `mL/min/kg` is mL per min and kg, `J/kg.K` is J·K per kg; write `J/(kg.K)`.
//! A number before a unit belongs to it: `mL/min/1.73m2` divides by 1.73 m².
//! What stands in braces counts nothing: `{beats}/min` is 1/min, and `mL/min/{1.73_m2}` is a flow.
//!
//! Degrees Celsius and Fahrenheit have an offset, stand alone, and are temperatures; a difference is in `K`.
//! Logarithmic units (`dB`, pH) and international units, which differ from substance to substance, are refused.
//! Moles of different things are one dimension: `mmol/L` is an amount per volume, `mg/dL` a mass per volume, and
//! nothing here turns one into the other.
//!
//! ```
//! use proband_core::{Dimension, Quantity};
//!
//! let dose = Quantity::parse("5 mg/kg")?;
//! assert_eq!(dose.si(), 5e-6);
//! assert_eq!(Quantity::parse_as("120 mmHg", Dimension::PRESSURE)?, 15_998.6864898);
//! assert_eq!(Quantity::parse("37 degC")?.print_in("K")?, "310.15 K");
//!
//! let error = Quantity::parse_as("4.8 mm", Dimension::PRESSURE).unwrap_err().to_string();
//! assert_eq!(error, "quantity \"4.8 mm\": at 4: this is a length [m], but a pressure [kg.m-1.s-2] is needed");
//! let error = Quantity::parse("5 mgg/kg").unwrap_err().to_string();
//! assert_eq!(error, "quantity \"5 mgg/kg\": at 2: there is no unit \"mgg\"");
//! # Ok::<(), proband_core::CoreError>(())
//! ```

mod dimension;
mod parse;
mod range;
mod table;
mod unit;
mod value;

pub use dimension::Dimension;
pub use range::Range;
pub use table::PA_PER_MMHG;
pub use unit::Unit;
pub use value::Quantity;
