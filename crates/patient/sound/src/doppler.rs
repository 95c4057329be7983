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
    /// Pulses per estimate, at least 2; at most 64 are used.
    pub pulse_count: u32,
    /// Echo of blood over noise, after tissue was filtered out [dB].
    pub snr_db: f64,
}

/// Sub-samples of a Gaussian spectrum.
const TONE_COUNT: usize = 8;

impl DopplerEnsemble {
    /// One estimate of blood whose echoes have a mean shift and a Gaussian spread of it (standard deviation) [Hz].
    ///
    /// The echo is a sum of tones of random phase and strength with shifts drawn from the spread, plus white noise.
    pub fn estimate_hz(&self, mean_hz: f64, spread_hz: f64, stream: &mut Stream) -> f64 {
        let count = self.pulse_count.clamp(2, 64) as usize;
        let mut samples = [[0.0; 2]; 64];
        let noise = ops::powf(10.0, -self.snr_db / 20.0) * (TONE_COUNT as f64).sqrt();
        for _ in 0..TONE_COUNT {
            let turn = std::f64::consts::TAU * (mean_hz + spread_hz * stream.normal()) / self.pulse_rate_hz;
            let (step_im, step_re) = ops::sin_cos(turn);
            let (mut re, mut im) = (stream.normal(), stream.normal());
            for sample in &mut samples[..count] {
                sample[0] += re;
                sample[1] += im;
                (re, im) = (re * step_re - im * step_im, re * step_im + im * step_re);
            }
        }
        for sample in &mut samples[..count] {
            sample[0] += noise * stream.normal();
            sample[1] += noise * stream.normal();
        }
        autocorrelation_shift_hz(&samples[..count], self.pulse_rate_hz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Be unbiased under broadening and noise.
    #[test]
    fn the_mean_of_estimates_is_the_shift() {
        let ensemble = DopplerEnsemble { pulse_rate_hz: 8_000.0, pulse_count: 10, snr_db: 15.0 };
        let mut stream = Stream::new(3, 0, "doppler");
        let mean = (0..4_000).map(|_| ensemble.estimate_hz(1_200.0, 300.0, &mut stream)).sum::<f64>() / 4_000.0;
        assert!((mean / 1_200.0 - 1.0).abs() < 0.02, "{mean}");
    }
}
