//! Statistics of speckle: what tells fully developed speckle from something else.

use proband_core::{Stream, ops};

use crate::SoundError;

/// Kolmogorov–Smirnov distance times √N above which a Rayleigh law with fitted scale is rejected at 5 %.
/// (1.36 holds for a known scale and is too lenient.) Computed, Monte Carlo of the fitted test.
pub const KOLMOGOROV_FITTED_5_PERCENT: f64 = 1.087;
/// The same at 1 %.
pub const KOLMOGOROV_FITTED_1_PERCENT: f64 = 1.243;

const PHASE_COUNT: usize = 4096;

fn enough(what: &'static str, count: usize, count_min: u64) -> Result<(), SoundError> {
    if count as u64 >= count_min { Ok(()) } else { Err(SoundError::TooFewSamples { what, count: count as u64, count_min }) }
}

/// Mean over standard deviation of an envelope [1].
///
/// # Errors
/// [`SoundError::TooFewSamples`] below two samples.
pub fn envelope_snr(envelope: &[f64]) -> Result<f64, SoundError> {
    enough("envelope_snr", envelope.len(), 2)?;
    let count = envelope.len() as f64;
    let mean = envelope.iter().sum::<f64>() / count;
    let variance = envelope.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / count;
    Ok(mean / variance.sqrt())
}

/// Largest distance between the distribution of an envelope and the Rayleigh law with the same mean power, times √N [1].
///
/// # Errors
/// [`SoundError::TooFewSamples`] below eight samples.
pub fn kolmogorov_rayleigh(envelope: &[f64]) -> Result<f64, SoundError> {
    enough("kolmogorov_rayleigh", envelope.len(), 8)?;
    let count = envelope.len() as f64;
    let power = envelope.iter().map(|a| a * a).sum::<f64>() / count;
    let mut sorted = envelope.to_vec();
    sorted.sort_by(f64::total_cmp);
    let distance = sorted.iter().enumerate().fold(0.0_f64, |worst, (i, a)| {
        let law = -ops::exp_m1(-a * a / power);
        worst.max((law - i as f64 / count).abs()).max((law - (i as f64 + 1.0) / count).abs())
    });
    Ok(distance * count.sqrt())
}

/// Law of the scatterers' strengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// All alike: ⟨a⁴⟩/⟨a²⟩² = 1.
    Constant,
    /// Rayleigh: 2.
    Rayleigh,
    /// Zero-mean Gaussian: 3.
    Gaussian,
}

/// Envelopes of sums of random phasors, one per resolution cell: a Poisson number of scatterers with mean
/// `mean_count`, strengths after `weights`, phases uniform (in steps of 2π/4096).
#[must_use]
pub fn random_phasor_envelopes(weights: Weights, mean_count: f64, cell_count: u32, stream: &mut Stream) -> Vec<f64> {
    let phases: Vec<(f64, f64)> = (0..PHASE_COUNT).map(|i| ops::sin_cos(std::f64::consts::TAU * i as f64 / PHASE_COUNT as f64)).collect();
    (0..cell_count)
        .map(|_| {
            let (mut re, mut im) = (0.0, 0.0);
            for _ in 0..stream.poisson(mean_count) {
                let (sin, cos) = phases[stream.next_u32() as usize % PHASE_COUNT];
                let weight = match weights {
                    Weights::Constant => 1.0,
                    Weights::Rayleigh => (2.0 * stream.exponential()).sqrt(),
                    Weights::Gaussian => stream.normal(),
                };
                re += weight * cos;
                im += weight * sin;
            }
            (re * re + im * im).sqrt()
        })
        .collect()
}

/// Effective number of scatterers per resolution cell [1]: ρ (∫|h|²)²/∫|h|⁴, with ρ scatterers per sample of the point spread.
#[must_use]
pub fn effective_count(density_per_sample: f64, point_spread: &[f64]) -> f64 {
    let second: f64 = point_spread.iter().map(|h| h * h).sum();
    let fourth: f64 = point_spread.iter().map(|h| h * h * h * h).sum();
    density_per_sample * second * second / fourth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RAYLEIGH_SNR;

    /// Accept a Rayleigh envelope and reject one with a bright tail.
    #[test]
    fn the_test_of_rayleigh_can_fail() {
        let mut stream = Stream::new(2, 0, "ks");
        let rayleigh: Vec<f64> = (0..5_000).map(|_| ops::hypot(stream.normal(), stream.normal())).collect();
        assert!((envelope_snr(&rayleigh).unwrap() - RAYLEIGH_SNR).abs() < 0.06);
        assert!(kolmogorov_rayleigh(&rayleigh).unwrap() < KOLMOGOROV_FITTED_1_PERCENT);
        let sparse = random_phasor_envelopes(Weights::Gaussian, 3.0, 5_000, &mut stream);
        assert!(kolmogorov_rayleigh(&sparse).unwrap() > 2.0);
        assert!(envelope_snr(&[1.0]).is_err());
    }

    /// Count 1.13 times the scatterers inside the product of the −6 dB widths of a Gaussian point spread in 2-D.
    #[test]
    fn effective_count_of_a_gaussian() {
        let sigma = 6.0_f64;
        let spread: Vec<f64> = (-40..=40)
            .flat_map(|x: i32| (-40..=40).map(move |z: i32| ops::exp(-0.5 * f64::from(x * x + z * z) / (sigma * sigma))))
            .collect();
        let width = sigma * (8.0 * std::f64::consts::LN_2).sqrt();
        assert!((effective_count(1.0, &spread) / (width * width) - 1.133).abs() < 0.005);
    }
}
