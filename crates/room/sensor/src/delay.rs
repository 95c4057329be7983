//! What lies between a sensor and its reader: a delay of whole ticks, and times in which nothing arrives.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::error::{Check, SensorError};

/// Longest delay line [ticks].
pub const DELAY_TICKS_MAX: u32 = 10_000;

/// A delay line of fixed length: what is pushed comes out exactly `delay_ticks` pushes later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delayed<T> {
    /// The last values, oldest at `next`. Its length is the delay.
    ring: Vec<T>,
    next: u32,
}

impl<T: Clone> Delayed<T> {
    /// A line filled with `initial`. The only place that allocates.
    ///
    /// # Errors
    /// [`SensorError::Parameter`] above [`DELAY_TICKS_MAX`].
    pub fn new(delay_ticks: u32, initial: T) -> Result<Self, SensorError> {
        if delay_ticks > DELAY_TICKS_MAX {
            let (field, value) = ("delay_ticks", f64::from(delay_ticks));
            return Err(SensorError::Parameter { sensor: "delay line", field, value, allowed: "at most 10000" });
        }
        Ok(Self { ring: vec![initial; delay_ticks as usize], next: 0 })
    }

    /// Length of the line [ticks].
    #[must_use]
    pub fn delay_ticks(&self) -> u32 {
        self.ring.len() as u32
    }

    /// Put a value in, take the one from `delay_ticks` ago out. A line of length 0 gives the value back.
    pub fn push(&mut self, value: T) -> T {
        let Some(slot) = self.ring.get_mut(self.next as usize) else {
            // Length 0, or a saved state with a position that no line of this length has: start over.
            self.next = 0;
            return value;
        };
        let old = std::mem::replace(slot, value);
        self.next = if self.next as usize + 1 < self.ring.len() { self.next + 1 } else { 0 };
        old
    }
}

/// How often readings are lost, and for how long: two states, exponential times in both (Gilbert 1960, Bell Syst Tech J 39:1253–1265).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropoutSpec {
    /// Losses that begin per second while readings arrive [1/s].
    pub rate_1_s: f64,
    /// Mean length of a loss [s].
    pub mean_s: f64,
}

impl DropoutSpec {
    /// Nothing is ever lost.
    pub const NONE: Self = Self { rate_1_s: 0.0, mean_s: 0.0 };

    pub(crate) fn check(&self, check: Check) -> Result<(), SensorError> {
        check.not_negative("dropout.rate_1_s", self.rate_1_s)?;
        check.not_negative("dropout.mean_s", self.mean_s)
    }

    /// Whether this tick's reading is lost. Draws one number per call, whatever happens.
    pub fn step(&self, lost: &mut bool, stream: &mut Stream, dt_s: f64) -> bool {
        let draw = stream.uniform();
        *lost = if *lost { self.mean_s > 0.0 && draw < ops::exp(-dt_s / self.mean_s) } else { draw < -ops::exp_m1(-self.rate_1_s * dt_s) };
        *lost
    }

    /// Fraction of time in which readings are lost [1].
    #[must_use]
    pub fn lost_fraction(&self) -> f64 {
        self.rate_1_s * self.mean_s / (1.0 + self.rate_1_s * self.mean_s)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Give every value back after exactly the delay, the initial one before.
        #[test]
        fn delay_is_exact(delay in 0_u32..200, count in 1_u32..500) {
            let mut line = Delayed::new(delay, u32::MAX).unwrap();
            for tick in 0..count {
                let expected = if tick < delay { u32::MAX } else { tick - delay };
                prop_assert_eq!(line.push(tick), expected);
            }
        }
    }

    /// Refuse a line beyond the bound.
    #[test]
    fn long_lines_are_refused() {
        assert!(Delayed::new(DELAY_TICKS_MAX + 1, 0.0).is_err());
    }

    /// Lose the stated fraction of readings, in runs of the stated mean length, within 5 %.
    #[test]
    fn dropouts_have_the_stated_length_and_rate() {
        let spec = DropoutSpec { rate_1_s: 2.0, mean_s: 0.05 };
        let mut stream = Stream::new(5, 0, "dropout");
        let (mut lost, mut before) = (false, false);
        let (mut ticks, mut runs) = (0_u32, 0_u32);
        let n = 2_000_000_u32;
        for _ in 0..n {
            spec.step(&mut lost, &mut stream, 1e-3);
            ticks += u32::from(lost);
            runs += u32::from(lost && !before);
            before = lost;
        }
        assert!((f64::from(ticks) / f64::from(n) / spec.lost_fraction() - 1.0).abs() < 0.05);
        assert!((f64::from(ticks) * 1e-3 / f64::from(runs) / 0.05 - 1.0).abs() < 0.05);
    }
}
