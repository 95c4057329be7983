//! Filters of second order, run forward and backward so that nothing moves in time.

use proband_core::ops;

use crate::SignalError;

/// One section of second order: y = b0 x + b1 x₁ + b2 x₂ − a1 y₁ − a2 y₂.
///
/// # Source
/// Butterworth prototype by the bilinear transform with pre-warping (Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

fn corner(corner_hz: f64, rate_hz: f64) -> Result<f64, SignalError> {
    let max_hz = 0.499 * rate_hz;
    if corner_hz > 0.0 && corner_hz < max_hz {
        Ok(ops::tan(std::f64::consts::PI * corner_hz / rate_hz))
    } else {
        Err(SignalError::CornerOutOfRange { corner_hz, max_hz })
    }
}

impl Biquad {
    /// Low pass, −3 dB at `corner_hz`.
    ///
    /// # Errors
    /// [`SignalError::CornerOutOfRange`].
    pub fn low_pass(corner_hz: f64, rate_hz: f64) -> Result<Self, SignalError> {
        let k = corner(corner_hz, rate_hz)?;
        let scale = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
        let b = k * k * scale;
        Ok(Self { b: [b, 2.0 * b, b], a: Self::poles(k, scale) })
    }

    /// High pass, −3 dB at `corner_hz`.
    ///
    /// # Errors
    /// [`SignalError::CornerOutOfRange`].
    pub fn high_pass(corner_hz: f64, rate_hz: f64) -> Result<Self, SignalError> {
        let k = corner(corner_hz, rate_hz)?;
        let scale = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
        Ok(Self { b: [scale, -2.0 * scale, scale], a: Self::poles(k, scale) })
    }

    fn poles(k: f64, scale: f64) -> [f64; 2] {
        [2.0 * (k * k - 1.0) * scale, (1.0 - std::f64::consts::SQRT_2 * k + k * k) * scale]
    }

    /// Run over a signal that was at its first value for ever.
    fn run<'a>(&self, samples: impl Iterator<Item = &'a mut f64>) {
        let gain = self.b.iter().sum::<f64>() / (1.0 + self.a[0] + self.a[1]);
        let mut state: Option<[f64; 4]> = None;
        for sample in samples {
            let x = *sample;
            let [x1, x2, y1, y2] = state.unwrap_or([x, x, gain * x, gain * x]);
            let y = self.b[0] * x + self.b[1] * x1 + self.b[2] * x2 - self.a[0] * y1 - self.a[1] * y2;
            state = Some([x, x1, y, y1]);
            *sample = y;
        }
    }
}

/// Run a section forward and backward: no shift in time, the attenuation twice (−6 dB at the corner).
pub fn zero_phase(section: &Biquad, samples: &mut [f64]) {
    section.run(samples.iter_mut());
    section.run(samples.iter_mut().rev());
}

/// Low pass without shift. Samples must be finite.
///
/// # Errors
/// [`SignalError::CornerOutOfRange`].
pub fn low_pass(samples: &mut [f64], corner_hz: f64, rate_hz: f64) -> Result<(), SignalError> {
    zero_phase(&Biquad::low_pass(corner_hz, rate_hz)?, samples);
    Ok(())
}

/// High pass without shift. Samples must be finite.
///
/// # Errors
/// [`SignalError::CornerOutOfRange`].
pub fn high_pass(samples: &mut [f64], corner_hz: f64, rate_hz: f64) -> Result<(), SignalError> {
    zero_phase(&Biquad::high_pass(corner_hz, rate_hz)?, samples);
    Ok(())
}

/// Band pass without shift. Samples must be finite.
///
/// # Errors
/// [`SignalError::CornerOutOfRange`].
pub fn band_pass(samples: &mut [f64], low_hz: f64, high_hz: f64, rate_hz: f64) -> Result<(), SignalError> {
    high_pass(samples, low_hz, rate_hz)?;
    low_pass(samples, high_hz, rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attenuate a sine by the square of the Butterworth gain, 1 / (1 + (f/fc)⁴) for the low pass, and leave its phase.
    #[test]
    fn gain_is_that_of_butterworth() {
        let (rate, count) = (1000.0, 20_000);
        for (frequency, gain) in [(1.0, 1.0 / (1.0 + 1e-4)), (10.0, 0.5), (20.0, 1.0 / 17.0)] {
            let sine = |i: usize| ops::sin(2.0 * std::f64::consts::PI * frequency * i as f64 / rate);
            let mut x: Vec<f64> = (0..count).map(sine).collect();
            low_pass(&mut x, 10.0, rate).unwrap();
            let (mut dot, mut norm) = (0.0, 0.0);
            for (i, y) in x.iter().enumerate().skip(5000).take(10_000) {
                dot += y * sine(i);
                norm += sine(i) * sine(i);
            }
            assert!((dot / norm - gain).abs() < 2e-3, "{frequency} Hz: {} {gain}", dot / norm);
        }
    }

    /// Refuse corners beyond half the rate, and NaN.
    #[test]
    fn corners_are_checked() {
        assert!(Biquad::low_pass(60.0, 100.0).is_err() && Biquad::high_pass(0.0, 100.0).is_err());
        assert!(Biquad::low_pass(f64::NAN, 100.0).is_err() && Biquad::low_pass(1.0, f64::NAN).is_err());
    }
}
