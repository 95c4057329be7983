//! What kind of thing a number measures.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Exponents of the seven SI base units, and of the angle, which SI counts as none: a torque per angle is not a torque.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dimension {
    /// Exponents of m, kg, s, A, K, mol, cd, rad.
    pub exponents: [i8; 8],
}

/// Base units in the order of [`Dimension::exponents`].
const BASES: [&str; 8] = ["m", "kg", "s", "A", "K", "mol", "cd", "rad"];

macro_rules! dimensions {
    ($($(#[$doc:meta])* $name:ident = $exponents:expr, $word:literal;)*) => {
        impl Dimension {
            $($(#[$doc])* pub const $name: Self = Self { exponents: $exponents };)*
        }
        /// Dimensions that have a word of their own.
        pub(super) const NAMED: &[(Dimension, &str)] = &[$((Dimension::$name, $word)),*];
    };
}

dimensions! {
    /// A pure number: counts, fractions.
    NONE = [0, 0, 0, 0, 0, 0, 0, 0], "a pure number";
    /// m
    LENGTH = [1, 0, 0, 0, 0, 0, 0, 0], "a length";
    /// m²
    AREA = [2, 0, 0, 0, 0, 0, 0, 0], "an area";
    /// m³
    VOLUME = [3, 0, 0, 0, 0, 0, 0, 0], "a volume";
    /// kg
    MASS = [0, 1, 0, 0, 0, 0, 0, 0], "a mass";
    /// s
    TIME = [0, 0, 1, 0, 0, 0, 0, 0], "a time";
    /// 1/s
    FREQUENCY = [0, 0, -1, 0, 0, 0, 0, 0], "a rate";
    /// m/s
    SPEED = [1, 0, -1, 0, 0, 0, 0, 0], "a speed";
    /// m/s²
    ACCELERATION = [1, 0, -2, 0, 0, 0, 0, 0], "an acceleration";
    /// m³/s
    FLOW = [3, 0, -1, 0, 0, 0, 0, 0], "a flow";
    /// N
    FORCE = [1, 1, -2, 0, 0, 0, 0, 0], "a force";
    /// N/m
    STIFFNESS = [0, 1, -2, 0, 0, 0, 0, 0], "a stiffness";
    /// Pa
    PRESSURE = [-1, 1, -2, 0, 0, 0, 0, 0], "a pressure";
    /// Pa·s
    VISCOSITY = [-1, 1, -1, 0, 0, 0, 0, 0], "a viscosity";
    /// J
    ENERGY = [2, 1, -2, 0, 0, 0, 0, 0], "an energy";
    /// W
    POWER = [2, 1, -3, 0, 0, 0, 0, 0], "a power";
    /// kg/m³
    DENSITY = [-3, 1, 0, 0, 0, 0, 0, 0], "a mass per volume";
    /// kg/m²
    MASS_PER_AREA = [-2, 1, 0, 0, 0, 0, 0, 0], "a mass per area";
    /// K
    TEMPERATURE = [0, 0, 0, 0, 1, 0, 0, 0], "a temperature";
    /// mol
    AMOUNT = [0, 0, 0, 0, 0, 1, 0, 0], "an amount of substance";
    /// mol/m³
    AMOUNT_PER_VOLUME = [-3, 0, 0, 0, 0, 1, 0, 0], "an amount per volume";
    /// 1/m³
    COUNT_PER_VOLUME = [-3, 0, 0, 0, 0, 0, 0, 0], "a count per volume";
    /// 1/m
    PER_LENGTH = [-1, 0, 0, 0, 0, 0, 0, 0], "a number per length";
    /// A
    CURRENT = [0, 0, 0, 1, 0, 0, 0, 0], "a current";
    /// V
    VOLTAGE = [2, 1, -3, -1, 0, 0, 0, 0], "a voltage";
    /// Ω
    RESISTANCE = [2, 1, -3, -2, 0, 0, 0, 0], "an electrical resistance";
    /// Pa·s/m³
    FLOW_RESISTANCE = [-4, 1, -1, 0, 0, 0, 0, 0], "a flow resistance";
    /// m³/Pa
    COMPLIANCE = [4, -1, 2, 0, 0, 0, 0, 0], "a compliance";
    /// rad
    ANGLE = [0, 0, 0, 0, 0, 0, 0, 1], "an angle";
    /// rad/s
    ANGULAR_SPEED = [0, 0, -1, 0, 0, 0, 0, 1], "an angular speed";
}

impl Dimension {
    /// Dimension of a product; `None` when an exponent leaves −128 to 127.
    #[must_use]
    pub fn times(&self, other: &Self) -> Option<Self> {
        self.combine(other, i8::checked_add)
    }

    /// Dimension of a quotient; `None` when an exponent leaves −128 to 127.
    #[must_use]
    pub fn over(&self, other: &Self) -> Option<Self> {
        self.combine(other, i8::checked_sub)
    }

    /// Dimension of a power; `None` when an exponent leaves −128 to 127.
    #[must_use]
    pub fn power(&self, exponent: i8) -> Option<Self> {
        self.combine(&Self { exponents: [exponent; 8] }, i8::checked_mul)
    }

    fn combine(&self, other: &Self, each: impl Fn(i8, i8) -> Option<i8>) -> Option<Self> {
        let mut exponents = [0; 8];
        for (index, exponent) in exponents.iter_mut().enumerate() {
            *exponent = each(self.exponents[index], other.exponents[index])?;
        }
        Some(Self { exponents })
    }

    /// In words with base units: `a pressure [kg.m-1.s-2]`.
    #[must_use]
    pub fn describe(&self) -> String {
        match NAMED.iter().find(|(dimension, _)| dimension == self) {
            Some((Self::NONE, word)) => (*word).into(),
            Some((_, word)) => format!("{word} [{self}]"),
            None => format!("a quantity in {self}"),
        }
    }
}

impl fmt::Display for Dimension {
    /// Base units as UCUM writes them, which [`super::Unit::parse`] reads: `kg.m-1.s-2`; `1` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Mass first, as in kg m⁻¹ s⁻².
        const ORDER: [usize; 8] = [1, 0, 2, 3, 4, 5, 6, 7];
        let mut first = true;
        for index in ORDER {
            let exponent = self.exponents[index];
            if exponent == 0 {
                continue;
            }
            let dot = if first { "" } else { "." };
            first = false;
            match exponent {
                1 => write!(f, "{dot}{}", BASES[index])?,
                _ => write!(f, "{dot}{}{exponent}", BASES[index])?,
            }
        }
        if first { write!(f, "1") } else { Ok(()) }
    }
}
