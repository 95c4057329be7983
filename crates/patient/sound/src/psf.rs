//! The probe's point spread, separable into an axial and a lateral part.

use proband_core::ops;

use crate::bmode::Raster;
use crate::{BModeSpec, Transmit};

/// Fine rows per displayed row: the echo is formed on them and its power averaged over them.
pub(crate) const FINE: usize = 2;
/// Most taps to one side of a kernel.
pub(crate) const REACH_MAX: usize = 40;

/// −6 dB full width of the lateral point spread at the focus [m]: 1.207 λ F# (plane wave sent, focused
/// reception) or 0.886 λ F# (focused, equal apertures), rectangular aperture.
#[must_use]
pub fn lateral_width_m(spec: &BModeSpec) -> f64 {
    let factor = match spec.transmit {
        Transmit::PlaneWave => 1.207,
        Transmit::Focused => 0.886,
    };
    factor * spec.scanner_speed_m_s / spec.frequency_hz * spec.f_number
}

/// −6 dB full width of the axial point spread [m]: c/(2 B) with the −6 dB bandwidth B, exact for a cos² spectrum.
#[must_use]
pub fn axial_width_m(spec: &BModeSpec) -> f64 {
    spec.scanner_speed_m_s / (2.0 * spec.fractional_bandwidth * spec.frequency_hz)
}

/// Kernels sampled on the picture's grid. Speckle keeps its power: the squares of each kernel's taps sum to 1.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    /// Axial taps, odd count, over fine rows.
    pub axial: Vec<f32>,
    /// Taps to one side of the lateral kernel, over columns.
    pub lateral_reach: usize,
    /// Lateral taps per fine row, shape [2·reach + 1, fine rows].
    pub lateral: Vec<f32>,
    /// What brings the echo of a broad flat interface to amplitude 1: 1/(axial peak · lateral sum), per fine row.
    pub interface_gain: Vec<f32>,
    /// What brings the echo of a point to amplitude 1: 1/(axial peak · lateral peak), per fine row.
    pub point_gain: Vec<f32>,
}

/// sin(πx)/(πx).
pub(crate) fn sinc(x: f64) -> f64 {
    let y = std::f64::consts::PI * x;
    if y.abs() < 1e-9 { 1.0 } else { ops::sin(y) / y }
}

impl Kernels {
    pub(crate) fn new(spec: &BModeSpec, raster: &Raster) -> Self {
        let fine_row_count = raster.fine_row_count();
        let column_pitch_m = spec.width_m / raster.column_count as f64;
        let fine_pitch_m = spec.depth_m / fine_row_count as f64;
        let axial = axial_taps(axial_width_m(spec) / fine_pitch_m);
        let axial_peak = f64::from(axial[axial.len() / 2]);

        let mut scale_m = spec.scanner_speed_m_s / spec.frequency_hz * spec.f_number;
        if *raster != Raster::LOOP {
            // Beyond theory's formula: the aperture's sine for its tangent, and the mean frequency of speckle for the centre's.
            scale_m *= (1.0 + 0.25 / (spec.f_number * spec.f_number)).sqrt() * spec.frequency_hz / speckle_frequency_hz(spec);
        }
        let widening = |depth_m: f64| {
            let off = (depth_m - spec.focus_depth_m) / spec.focus_range_m;
            (1.0 + off * off).sqrt()
        };
        // To the second zero of the aperture's pattern at the focus; a plane wave's side lobes fall so slowly that a twentieth
        // of the energy lies beyond it and fills vessels: to the sixth, where there is time for it.
        let zeros = if spec.transmit == Transmit::PlaneWave && *raster != Raster::LOOP { 6.0 } else { 2.0 };
        let reach = ((zeros * scale_m / column_pitch_m).ceil() as usize).clamp(1, REACH_MAX);
        let mut lateral = vec![0.0; (2 * reach + 1) * fine_row_count];
        let mut interface_gain = vec![0.0; fine_row_count];
        let mut point_gain = vec![0.0; fine_row_count];
        let mut taps = vec![0.0_f64; 2 * reach + 1];
        for row in 0..fine_row_count {
            let width = scale_m * widening((row as f64 + 0.5) * fine_pitch_m);
            for (index, tap) in taps.iter_mut().enumerate() {
                let x = (index as f64 - reach as f64) * column_pitch_m / width;
                let one_way = sinc(x);
                *tap = match spec.transmit {
                    Transmit::PlaneWave => one_way,
                    Transmit::Focused => one_way * one_way,
                };
            }
            let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
            let sum = taps.iter().sum::<f64>() / norm;
            for (index, tap) in taps.iter().enumerate() {
                lateral[index * fine_row_count + row] = (tap / norm) as f32;
            }
            interface_gain[row] = (1.0 / (axial_peak * sum)) as f32;
            point_gain[row] = (norm / (axial_peak * taps[reach])) as f32;
        }
        Self { axial, lateral_reach: reach, lateral, interface_gain, point_gain }
    }
}

/// Mean frequency of speckle [Hz]: the pulse's power cos⁴ weighted with 1/f, since a wider spread at low frequencies sees more
/// scatterers, and with another 1/f for a plane wave, which a line of elements sends with an amplitude of 1/√f.
fn speckle_frequency_hz(spec: &BModeSpec) -> f64 {
    const LINES: i32 = 64;
    let power = if spec.transmit == Transmit::PlaneWave { 2 } else { 1 };
    let (mut sum, mut weight) = (0.0, 0.0);
    for k in -LINES + 1..LINES {
        let u = f64::from(k) / f64::from(LINES);
        let frequency_hz = spec.frequency_hz * (1.0 + u * spec.fractional_bandwidth.min(0.95));
        let part = ops::cos(0.5 * std::f64::consts::PI * u).powi(4) * (spec.frequency_hz / frequency_hz).powi(power);
        sum += part * frequency_hz;
        weight += part;
    }
    sum / weight
}

/// Envelope of a pulse whose amplitude spectrum is cos² with −6 dB bandwidth B, at u = 2 B t [1].
///
/// sin(πu)/(πu (1 − u²)): 1 at 0, exactly ½ at u = ±1, so that its −6 dB length is 1/B.
pub(crate) fn pulse(u: f64) -> f64 {
    let beyond = 1.0 - u * u;
    if beyond.abs() < 1e-6 { 0.5 } else { sinc(u) / beyond }
}

/// Pulse whose full width at half height is `width` samples, squares summing to 1, cut at its second zero.
fn axial_taps(width: f64) -> Vec<f32> {
    let reach = ((1.5 * width).ceil() as i64).clamp(1, REACH_MAX as i64);
    let taps: Vec<f64> = (-reach..=reach).map(|t| pulse(2.0 * t as f64 / width)).collect();
    let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
    taps.iter().map(|t| (t / norm) as f32).collect()
}

/// Full width at half of the largest value of a sampled curve, linear between samples [samples].
///
/// `None` when the curve does not fall below half on both sides.
#[must_use]
pub fn half_width_samples(curve: &[f64]) -> Option<f64> {
    let top = (0..curve.len()).max_by(|a, b| curve[*a].total_cmp(&curve[*b]))?;
    let half = 0.5 * curve[top];
    let right = (top..curve.len() - 1).find(|i| curve[i + 1] < half)?;
    let left = (1..=top).rev().find(|i| curve[i - 1] < half)?;
    let part = |inside: f64, outside: f64| (inside - half) / (inside - outside);
    Some((right - left) as f64 + part(curve[right], curve[right + 1]) + part(curve[left], curve[left - 1]))
}
