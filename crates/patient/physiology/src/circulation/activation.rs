//! How a chamber's activation runs through a beat: 0 at rest, 1 at the peak.

use std::f64::consts::PI;

use proband_core::ops;

/// Cosine activation [1] at `time_s` after the onset, `systole_s` to the peak and half of that to relax.
///
/// ½(1 − cos(πt/Ts)) for t < Ts, ½(1 + cos(2π(t − Ts)/Ts)) up to 1.5 Ts, 0 after.
///
/// # Source
/// Heldt 2002, J Appl Physiol 92:1239.
#[inline]
#[must_use]
pub fn cosine_activation(time_s: f64, systole_s: f64) -> f64 {
    let x = time_s / systole_s;
    if !(0.0..1.5).contains(&x) {
        0.0
    } else if x < 1.0 {
        0.5 * (1.0 - ops::cos(PI * x))
    } else {
        0.5 * (1.0 + ops::cos(2.0 * PI * (x - 1.0)))
    }
}

/// Squared sine [1] at the phase of the beat `phase` in [0, 1), systole over `systole_fraction` of the period.
///
/// # Source
/// Ursino 1998, Am J Physiol 275:H1733.
#[inline]
#[must_use]
pub fn sine_square_activation(phase: f64, systole_fraction: f64) -> f64 {
    if phase >= systole_fraction {
        return 0.0;
    }
    let s = ops::sin(PI * phase / systole_fraction);
    s * s
}

/// Double Hill function [1], not scaled: g₁/(1 + g₁) · 1/(1 + g₂), gᵢ = (t/τᵢ)^mᵢ.
///
/// # Source
/// Form: Stergiopulos 1996, Am J Physiol 270:H2050; Mynard 2012, Int J Numer Meth Biomed Eng 28:626.
#[must_use]
pub fn double_hill_activation(time_s: f64, tau_s: (f64, f64), power: (f64, f64)) -> f64 {
    let g1 = ops::powf(time_s / tau_s.0, power.0);
    let g2 = ops::powf(time_s / tau_s.1, power.1);
    g1 / (1.0 + g1) / (1.0 + g2)
}
