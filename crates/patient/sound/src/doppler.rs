//! Colour Doppler: the mean shift of an ensemble of pulses by their autocorrelation.

use proband_core::{Stream, ops};

/// Autocorrelation of consecutive samples, Σ z*(k) z(k+1).
#[must_use]
pub(crate) fn autocorrelation(samples: &[[f64; 2]]) -> [f64; 2] {
    samples.windows(2).fold([0.0; 2], |[re, im], pair| {
        let ([a, b], [c, d]) = (pair[0], pair[1]);
        [re + a * c + b * d, im + a * d - b * c]
    })
}

/// Mean shift of samples taken at a pulse rate [Hz], between ± half the rate: the argument of Σ z*(k) z(k+1) over 2π; 0 for silence.
///
/// # Source
/// Kasai 1985, IEEE Trans Sonics Ultrason 32:458.
#[must_use]
pub fn autocorrelation_shift_hz(samples: &[[f64; 2]], pulse_rate_hz: f64) -> f64 {
    shift_hz(autocorrelation(samples), pulse_rate_hz)
}

/// Shift that an autocorrelation stands for [Hz].
pub(crate) fn shift_hz([re, im]: [f64; 2], pulse_rate_hz: f64) -> f64 {
    if re == 0.0 && im == 0.0 { 0.0 } else { pulse_rate_hz * ops::atan2(im, re) / std::f64::consts::TAU }
}

/// Pulses along one line of colour Doppler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DopplerEnsemble {
    /// Pulses per second [Hz].
    pub pulse_rate_hz: f64,
    /// Pulses per estimate, at least 2; at most [`PULSE_COUNT_MAX`] are used.
    pub pulse_count: u32,
    /// Independent resolution cells whose autocorrelations are added before the angle is taken, 1 to 1024: those within the
    /// range gate and the lines of one cell of the colour map.
    pub look_count: u32,
    /// Echo of blood over noise, after tissue was filtered out [dB].
    pub snr_db: f64,
}

/// Most pulses of an ensemble.
pub const PULSE_COUNT_MAX: usize = 32;
const LOOK_COUNT_MAX: u32 = 1024;

/// Lower triangle that turns independent normal numbers into samples of one ensemble about its mean shift.
struct Triangle {
    count: usize,
    rows: [[f64; PULSE_COUNT_MAX]; PULSE_COUNT_MAX],
}

impl DopplerEnsemble {
    fn pulses(&self) -> usize {
        (self.pulse_count as usize).clamp(2, PULSE_COUNT_MAX)
    }

    fn looks(&self) -> u32 {
        self.look_count.clamp(1, LOOK_COUNT_MAX)
    }

    fn noise_power(&self) -> f64 {
        ops::powf(10.0, -0.1 * self.snr_db)
    }

    /// Autocorrelation of blood and noise `lag` pulses apart, mean shift taken out; power of blood 1.
    fn correlation(&self, spread_hz: f64, lag: f64) -> f64 {
        let turn = std::f64::consts::TAU * spread_hz * lag / self.pulse_rate_hz;
        ops::exp(-0.5 * turn * turn) + if lag == 0.0 { self.noise_power() } else { 0.0 }
    }

    /// Cholesky factor of the ensemble's covariance. A spread of 0 without noise has rank 1: what is left is taken as nothing.
    fn triangle(&self, spread_hz: f64) -> Triangle {
        let count = self.pulses();
        let mut rows = [[0.0; PULSE_COUNT_MAX]; PULSE_COUNT_MAX];
        for i in 0..count {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| rows[i][k] * rows[j][k]).sum();
                let rest = self.correlation(spread_hz, (i - j) as f64) - known;
                rows[i][j] = if i == j {
                    rest.max(0.0).sqrt()
                } else if rows[j][j] > 1e-7 {
                    rest / rows[j][j]
                } else {
                    0.0
                };
            }
        }
        Triangle { count, rows }
    }

    /// One estimate of blood whose echoes have a mean shift and a Gaussian spread of it (standard deviation) [Hz].
    ///
    /// The echoes of many red cells are a circular Gaussian process with that spectrum, plus white noise. Autocorrelations of
    /// `look_count` resolution cells are added and one angle is taken, as scanners do: the angle of a single one has tails so
    /// long that some wrap around, which pulls a mean of angles towards 0.
    /// # Source
    /// Kasai 1985, IEEE Trans Sonics Ultrason 32:458.
    pub fn estimate_hz(&self, mean_hz: f64, spread_hz: f64, stream: &mut Stream) -> f64 {
        let triangle = self.triangle(spread_hz);
        let mut sum = [0.0; 2];
        for _ in 0..self.looks() {
            let mut white = [[0.0; 2]; PULSE_COUNT_MAX];
            white[..triangle.count].iter_mut().for_each(|w| *w = [stream.normal(), stream.normal()]);
            let mut samples = [[0.0; 2]; PULSE_COUNT_MAX];
            for (i, sample) in samples[..triangle.count].iter_mut().enumerate() {
                for (weight, [re, im]) in triangle.rows[i][..=i].iter().zip(white) {
                    *sample = [sample[0] + weight * re, sample[1] + weight * im];
                }
            }
            let [re, im] = autocorrelation(&samples[..triangle.count]);
            sum = [sum[0] + re, sum[1] + im];
        }
        // The mean shift turns every product of neighbours by the same angle.
        let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * mean_hz / self.pulse_rate_hz);
        shift_hz([sum[0] * cos - sum[1] * sin, sum[0] * sin + sum[1] * cos], self.pulse_rate_hz)
    }

    /// Standard deviation of an estimate [Hz], to first order in the angle's error.
    ///
    /// var φ = Σₘ (M − |m|) (r(m)² − r(m+1) r(m−1)) / (2 M² r(1)² L), M pairs, L looks, r the autocorrelation of blood and noise:
    /// products of neighbouring pairs of a circular Gaussian process, by its fourth moments.
    /// # Source
    /// Zrnić 1977, IEEE Trans Aerosp Electron Syst 13:344, for neighbouring pairs.
    #[must_use]
    pub fn standard_deviation_hz(&self, spread_hz: f64) -> f64 {
        let pairs = self.pulses() as i64 - 1;
        let r = |lag: i64| self.correlation(spread_hz, lag.abs() as f64);
        let sum: f64 = (1 - pairs..pairs).map(|m| (pairs - m.abs()) as f64 * (r(m) * r(m) - r(m + 1) * r(m - 1))).sum();
        let variance = sum / (2.0 * (pairs * pairs) as f64 * r(1) * r(1) * f64::from(self.looks()));
        self.pulse_rate_hz * variance.max(0.0).sqrt() / std::f64::consts::TAU
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Read a tone exactly, alias past half the rate, and give nothing for silence.
    #[test]
    fn a_tone_is_read() {
        let tone = |hz: f64| -> Vec<[f64; 2]> {
            (0..10).map(|k| ops::sin_cos(std::f64::consts::TAU * hz * f64::from(k) / 4_000.0)).map(|(s, c)| [c, s]).collect()
        };
        assert!((autocorrelation_shift_hz(&tone(-731.0), 4_000.0) + 731.0).abs() < 1e-9);
        assert!((autocorrelation_shift_hz(&tone(2_500.0), 4_000.0) + 1_500.0).abs() < 1e-9);
        assert!(autocorrelation_shift_hz(&[[0.0; 2]; 4], 4_000.0) == 0.0);
    }

    /// Be unbiased under broadening and noise, and spread as theory says.
    #[test]
    fn estimates_have_the_mean_and_the_spread_of_theory() {
        let ensemble = DopplerEnsemble { pulse_rate_hz: 8_000.0, pulse_count: 10, look_count: 20, snr_db: 15.0 };
        let mut stream = Stream::new(3, 0, "doppler");
        let found: Vec<f64> = (0..4_000).map(|_| ensemble.estimate_hz(1_200.0, 300.0, &mut stream)).collect();
        let mean = found.iter().sum::<f64>() / 4_000.0;
        let sd = (found.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / 3_999.0).sqrt();
        let theory = ensemble.standard_deviation_hz(300.0);
        assert!((mean - 1_200.0).abs() < 4.0 * theory / 4_000.0_f64.sqrt(), "{mean}");
        assert!((sd / theory - 1.0).abs() < 0.08, "{sd} {theory}");
    }

    proptest! {
        /// Give a finite shift below half the rate for any settings.
        #[test]
        fn estimates_are_bounded(seed: u64, pulses: u32, looks in 0_u32..4, snr in -40.0..80.0_f64, spread in 0.0..1e5_f64, mean in -1e5..1e5_f64) {
            let ensemble = DopplerEnsemble { pulse_rate_hz: 5_000.0, pulse_count: pulses, look_count: looks, snr_db: snr };
            let found = ensemble.estimate_hz(mean, spread, &mut Stream::new(seed, 0, "doppler"));
            prop_assert!(found.abs() <= 2_500.0 + 1e-6 && ensemble.standard_deviation_hz(spread) >= 0.0);
        }
    }
}
