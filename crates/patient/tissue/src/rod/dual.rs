//! Numbers that carry two first derivatives and the mixed second one, exact to rounding (hyper-dual numbers, Fike & Alonso 2011,
//! AIAA 2011-886).

use std::ops::{Add, Mul, Neg, Sub};

/// a + b ε₁ + c ε₂ + d ε₁ε₂.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dual {
    pub(super) value: f64,
    pub(super) one: f64,
    pub(super) two: f64,
    pub(super) both: f64,
}

impl Dual {
    pub(super) const fn of(value: f64) -> Self {
        Self { value, one: 0.0, two: 0.0, both: 0.0 }
    }

    /// f(x) by its value and its first two derivatives.
    fn through(self, f: f64, slope: f64, curve: f64) -> Self {
        Self { value: f, one: slope * self.one, two: slope * self.two, both: slope * self.both + curve * self.one * self.two }
    }

    pub(super) fn inverse(self) -> Self {
        let i = 1.0 / self.value;
        self.through(i, -i * i, 2.0 * i * i * i)
    }

    pub(super) fn inverse_root(self) -> Self {
        let i = 1.0 / self.value.sqrt();
        self.through(i, -0.5 * i / self.value, 0.75 * i / (self.value * self.value))
    }

    pub(super) fn times(self, s: f64) -> Self {
        Self { value: s * self.value, one: s * self.one, two: s * self.two, both: s * self.both }
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self { value: self.value + o.value, one: self.one + o.one, two: self.two + o.two, both: self.both + o.both }
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        self + -o
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        self.times(-1.0)
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self {
            value: self.value * o.value,
            one: self.one * o.value + self.value * o.one,
            two: self.two * o.value + self.value * o.two,
            both: self.both * o.value + self.one * o.two + self.two * o.one + self.value * o.both,
        }
    }
}
