//! The probe's point spread: an axial times a lateral part, in fine rasters the sum of two such products.

use proband_core::ops;

use crate::bmode::Raster;
use crate::{AcousticSpec, BModeSpec, Transmit};

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
    /// What the lateral part's dependence on frequency adds, in rasters other than the loop's.
    pub slope: Option<Slope>,
}

/// Second product of the point spread: the axial part weighted with the frequency, times how the lateral part changes with it.
///
/// At each frequency f = f₀ (1 + u B) of the pulse's spectrum S the lateral part is another, gᵤ(x): as wide as the wavelength is
/// long, weaker by what depth has taken from it. With ū the mean that is left of u at a depth, ∫ S gᵤ(x) exp(iuκz) du is written with
/// the two functions S(v) and v S(v) of v = u − ū: exp(iūκz) (a(z) L₀(x) + i b(z) L₁(x)). Both products together have the power that
/// the first had alone.
#[derive(Clone, Debug)]
pub(crate) struct Slope {
    /// Axial taps b, odd in their place: the imaginary part.
    pub axial: Vec<f32>,
    /// −b.
    pub axial_negated: Vec<f32>,
    /// Lateral taps L₁, shape as [`Kernels::lateral`].
    pub lateral: Vec<f32>,
    /// What turns the field of a fine row to the mean frequency that is left at its depth: exp(−iθ) as (cosine, sine), θ′ = κ ū.
    pub carrier: Vec<[f32; 2]>,
}

/// sin(πx)/(πx).
pub(crate) fn sinc(x: f64) -> f64 {
    let y = std::f64::consts::PI * x;
    if y.abs() < 1e-9 { 1.0 } else { ops::sin(y) / y }
}

impl Kernels {
    pub(crate) fn new(spec: &BModeSpec, acoustics: &AcousticSpec, raster: &Raster) -> Self {
        let fine_pitch_m = spec.depth_m / raster.fine_row_count() as f64;
        let axial = axial_taps(axial_width_m(spec) / fine_pitch_m);
        if *raster == Raster::LOOP { Self::of_loop(spec, raster, axial) } else { Self::of_band(spec, acoustics, raster, axial) }
    }

    /// One product, as at the centre frequency.
    fn of_loop(spec: &BModeSpec, raster: &Raster, axial: Vec<f32>) -> Self {
        let mut kernels = Self::empty(axial, lateral_reach(spec, raster, 2.0), raster.fine_row_count());
        let scale_m = spec.scanner_speed_m_s / spec.frequency_hz * spec.f_number;
        let column_pitch_m = spec.width_m / raster.column_count as f64;
        let fine_pitch_m = spec.depth_m / raster.fine_row_count() as f64;
        let reach = kernels.lateral_reach;
        let mut taps = vec![0.0_f64; 2 * reach + 1];
        for row in 0..raster.fine_row_count() {
            let width = scale_m * widening(spec, (row as f64 + 0.5) * fine_pitch_m);
            for (index, tap) in taps.iter_mut().enumerate() {
                let x = (index as f64 - reach as f64) * column_pitch_m / width;
                let one_way = sinc(x);
                *tap = match spec.transmit {
                    Transmit::PlaneWave => one_way,
                    Transmit::Focused => one_way * one_way,
                };
            }
            let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
            kernels.put(row, &taps, norm);
        }
        kernels
    }

    /// Two products, over the band.
    fn of_band(spec: &BModeSpec, acoustics: &AcousticSpec, raster: &Raster, axial: Vec<f32>) -> Self {
        // A plane wave's side lobes fall so slowly that a twentieth of the energy lies beyond the second zero and fills vessels.
        let zeros = if spec.transmit == Transmit::PlaneWave { 6.0 } else { 2.0 };
        let mut kernels = Self::empty(axial, lateral_reach(spec, raster, zeros), raster.fine_row_count());
        let (rows, reach) = (raster.fine_row_count(), kernels.lateral_reach);
        let column_pitch_m = spec.width_m / raster.column_count as f64;
        let fine_pitch_m = spec.depth_m / rows as f64;
        let centre = 1.0 / (spec.f_number * spec.f_number);
        // The aperture's sine for its tangent.
        let scale_m = spec.scanner_speed_m_s / spec.frequency_hz * spec.f_number * (1.0 + 0.25 * centre).sqrt();
        let loss = if raster.downshift { usual_loss_np_m(acoustics) * spec.fractional_bandwidth * spec.frequency_hz * 1e-6 } else { 0.0 };
        let lines = spectrum(spec);
        let turn = 4.0 * std::f64::consts::PI * spec.fractional_bandwidth * spec.frequency_hz / spec.scanner_speed_m_s * fine_pitch_m;
        let mut slope = vec![0.0_f32; (2 * reach + 1) * rows];
        let mut carrier = Vec::with_capacity(rows);
        let mut phase = 0.0;
        for row in 0..rows {
            let depth_m = (row as f64 + 0.5) * fine_pitch_m;
            let width_m = scale_m * widening(spec, depth_m);
            let sides = Sides::new(spec, &lines, 2.0 * loss * depth_m, column_pitch_m / width_m, reach);
            let norm = sides.first.iter().chain(&sides.second).map(|t| t * t).sum::<f64>().sqrt();
            kernels.put(row, &sides.first, norm);
            for (index, tap) in sides.second.iter().enumerate() {
                slope[index * rows + row] = (tap / norm) as f32;
            }
            phase += turn * sides.mean_u;
            let (sin, cos) = ops::sin_cos(phase);
            carrier.push([cos as f32, -sin as f32]);
        }
        let axial = slope_taps(turn, kernels.axial.len(), &lines);
        kernels.slope = Some(Slope { axial_negated: axial.iter().map(|t| -t).collect(), axial, lateral: slope, carrier });
        kernels
    }

    fn empty(axial: Vec<f32>, lateral_reach: usize, rows: usize) -> Self {
        Self {
            axial,
            lateral_reach,
            lateral: vec![0.0; (2 * lateral_reach + 1) * rows],
            interface_gain: vec![0.0; rows],
            point_gain: vec![0.0; rows],
            slope: None,
        }
    }

    /// Products that the point spread is the sum of.
    pub(crate) fn products(&self) -> usize {
        1 + usize::from(self.slope.is_some())
    }

    /// Lateral taps of one row over their norm, and the gains that follow.
    fn put(&mut self, row: usize, taps: &[f64], norm: f64) {
        let rows = self.interface_gain.len();
        let axial_peak = f64::from(self.axial[self.axial.len() / 2]);
        let sum = taps.iter().sum::<f64>() / norm;
        for (index, tap) in taps.iter().enumerate() {
            self.lateral[index * rows + row] = (tap / norm) as f32;
        }
        self.interface_gain[row] = (1.0 / (axial_peak * sum)) as f32;
        self.point_gain[row] = (norm / (axial_peak * taps[self.lateral_reach])) as f32;
    }
}

/// Columns to one side of a kernel that goes to a zero of the aperture's pattern at the focus.
fn lateral_reach(spec: &BModeSpec, raster: &Raster, zeros: f64) -> usize {
    let mut scale_m = spec.scanner_speed_m_s / spec.frequency_hz * spec.f_number;
    if *raster != Raster::LOOP {
        scale_m *= 1.05;
    }
    ((zeros * scale_m / (spec.width_m / raster.column_count as f64)).ceil() as usize).clamp(1, REACH_MAX)
}

/// Width of the beam over that at the focus [1].
fn widening(spec: &BModeSpec, depth_m: f64) -> f64 {
    let off = (depth_m - spec.focus_depth_m) / spec.focus_range_m;
    (1.0 + off * off).sqrt()
}

/// A line of the pulse's spectrum.
struct Line {
    /// Distance from the centre frequency over the bandwidth [1].
    u: f64,
    /// The spectrum there [1].
    amplitude: f64,
    /// Frequency over the centre's [1].
    ratio: f64,
    /// What a line of elements sends of it over the centre's [1]: a plane wave has an amplitude of 1/√f.
    sent: f64,
}

/// The spectrum cos²(πu/2), 0 beyond ± 1.
fn shape(u: f64) -> f64 {
    if u.abs() < 1.0 { ops::cos(0.5 * std::f64::consts::PI * u).powi(2) } else { 0.0 }
}

/// Lines of the pulse's spectrum, so far as their frequencies are positive.
fn spectrum(spec: &BModeSpec) -> Vec<Line> {
    const LINES: i32 = 12;
    let exponent = if spec.transmit == Transmit::PlaneWave { -0.5 } else { 0.0 };
    (1 - LINES..LINES)
        .map(|k| f64::from(k) / f64::from(LINES))
        .map(|u| (u, (1.0 + u * spec.fractional_bandwidth).max(0.05)))
        .map(|(u, ratio)| Line { u, amplitude: shape(u), ratio, sent: ops::powf(ratio, exponent) })
        .collect()
}

/// Both lateral kernels at one depth, not yet normalised.
struct Sides {
    /// L₀, shape [2·reach + 1].
    first: Vec<f64>,
    /// L₁, same shape, for axial taps of the same norm as the first's.
    second: Vec<f64>,
    /// Mean of u by the power of speckle.
    mean_u: f64,
}

impl Sides {
    /// `loss`: what a rise of u by 1 loses at this depth, both ways [Np]; `step`: columns in units of the aperture's first zero at
    /// the centre frequency.
    fn new(spec: &BModeSpec, lines: &[Line], loss: f64, step: f64, reach: usize) -> Self {
        let left: Vec<f64> = lines.iter().map(|l| l.amplitude * l.sent * ops::exp(-loss * l.u)).collect();
        // A wider spread at low frequencies sees more scatterers: another 1/f.
        let powers = || left.iter().zip(lines).map(|(a, l)| (a * a / l.ratio, l.u));
        let mean_u = powers().map(|(p, u)| p * u).sum::<f64>() / powers().map(|(p, _)| p).sum::<f64>();
        let (even, odd) = lines.iter().fold((0.0, 0.0), |(e, o), l| {
            let power = l.amplitude * l.amplitude;
            (e + power, o + power * l.u * l.u)
        });
        let mut sides = Self { first: vec![0.0; 2 * reach + 1], second: vec![0.0; 2 * reach + 1], mean_u };
        for k in 0..=reach {
            let x = k as f64 * step;
            let (mut first, mut second, mut all) = (0.0, 0.0, 0.0);
            for (line, left) in lines.iter().zip(&left) {
                let one_way = sinc(x * line.ratio);
                let value = left
                    * match spec.transmit {
                        Transmit::PlaneWave => one_way,
                        Transmit::Focused => one_way * one_way,
                    };
                let v = line.u - mean_u;
                first += value * shape(v) / even;
                second += value * shape(v) * v / (odd * even).sqrt();
                all += value * value / even;
            }
            // What two functions cannot follow: side lobes far out, whose places differ from frequency to frequency. Their power
            // is kept, in quadrature with the aperture's pattern.
            let missed = (all - first * first - second * second).max(0.0);
            first += (2.0 * missed).sqrt() * ops::cos(std::f64::consts::PI * x) * f64::from(u8::from(x > 1.0));
            (sides.first[reach + k], sides.second[reach + k]) = (first, second);
            (sides.first[reach - k], sides.second[reach - k]) = (first, second);
        }
        sides
    }
}

/// Attenuation that the lateral kernels are made for [Np/(m MHz)], one way: the mean of skin, fat and muscle. A column's own
/// losses set its level; here they only decide which frequencies are left.
fn usual_loss_np_m(acoustics: &AcousticSpec) -> f64 {
    let mean_db_cm = [&acoustics.dermis, &acoustics.fat, &acoustics.muscle].iter().map(|t| t.attenuation_db_cm_mhz).sum::<f64>() / 3.0;
    100.0 * mean_db_cm * std::f64::consts::LN_10 / 20.0
}

/// The pulse's spectrum weighted with u, over fine rows: odd, squares summing to 1. `turn`: κ times a fine row [rad].
fn slope_taps(turn: f64, count: usize, lines: &[Line]) -> Vec<f32> {
    let taps: Vec<f64> = (0..count)
        .map(|t| t as f64 - (count / 2) as f64)
        // From the pixel down to the scatterer the phase falls.
        .map(|down| -lines.iter().map(|l| l.amplitude * l.u * ops::sin(turn * l.u * down)).sum::<f64>())
        .collect();
    let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
    taps.iter().map(|t| (t / norm) as f32).collect()
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
