//! The reference engine against its own sum, theory and formulas.

use proband_core::{Stream, ops};

use super::reference_array;
use crate::doppler::{autocorrelation, shift_hz};
use crate::field::Spectra;
use crate::{
    Apodisation, ArraySpec, BModeSpec, Beamformer, Channels, Field, PixelGrid, Scatterer, SoundError, TimeWindow, Transmission, Transmit,
    axial_width_m, envelope, half_width_samples, lateral_width_m,
};

/// The fast path's probe as strips: half a wavelength apart, no gaps to speak of.
fn strips(spec: &BModeSpec) -> ArraySpec {
    let points = reference_array(spec);
    ArraySpec {
        element_count: points.element_count,
        pitch_m: points.pitch_m,
        width_m: 0.8 * points.pitch_m,
        frequency_hz: points.frequency_hz,
        fractional_bandwidth: points.fractional_bandwidth,
        speed_m_s: points.speed_m_s,
        ..ArraySpec::linear_10_mhz()
    }
}

fn pixel(array: &ArraySpec, sent: &Transmission, channels: &Channels, place_m: [f64; 2], f_number: f64) -> Result<[f32; 2], SoundError> {
    let grid = PixelGrid { x_first_m: place_m[0], x_step_m: 1e-5, column_count: 1, z_first_m: place_m[1], z_step_m: 1e-5, row_count: 1 };
    Ok(Beamformer::new(array, sent, &grid, f_number, Apodisation::Rectangular, channels)?.form(channels)?[0])
}

/// Distance of the recurrence from the sum term by term with sixteen pieces per element, over points from 2 to 25 mm in depth before
/// an L11-5v, half of them behind loss: largest over the largest magnitude, root mean squares [1].
///
/// # Errors
/// Never for the built-in array.
pub fn recurrence_error(scatterer_count: u32) -> Result<(f64, f64), SoundError> {
    let array = ArraySpec::l11_5v();
    let sent = Transmission::plane_wave(&array, 0.0)?;
    let mut stream = Stream::new(1, 0, "sound.check.recurrence");
    let scene: Vec<Scatterer> = (0..scatterer_count)
        .map(|i| Scatterer {
            attenuation_db_cm_mhz: if i % 2 == 0 { 0.0 } else { 0.6 },
            ..Scatterer::new(stream.uniform_in(-19e-3, 19e-3), stream.uniform_in(2e-3, 25e-3), 1.0)
        })
        .collect();
    let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene))?;
    let mut fast = field.silence();
    field.add(&scene, &mut fast)?;
    Ok(fast.distance(&field.exact(&scene, 16)?))
}

/// What interpolation costs in delay and sum, beside the values at the exact times of flight.
#[derive(Clone, Copy, Debug)]
pub struct BeamError {
    /// Largest error over the largest pixel [1].
    pub worst: f64,
    /// Root mean square of the error over that of the pixels [1].
    pub mean: f64,
}

/// Error of delay and sum by the cubic through samples at 16 per period, on pixels around points, L11-5v, plane wave, F# 1.5.
///
/// # Errors
/// Never for the built-in array.
pub fn beam_error() -> Result<BeamError, SoundError> {
    let array = ArraySpec::l11_5v();
    let sent = Transmission::plane_wave(&array, 0.0)?;
    let scene = [Scatterer::new(0.0, 12e-3, 1.0), Scatterer::new(3e-3, 14e-3, -0.7), Scatterer::new(-2e-3, 10e-3, 0.4)];
    let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene))?;
    let mut spectra = field.silence();
    field.add(&scene, &mut spectra)?;
    let channels = field.channels(&spectra, 4)?;
    let grid = PixelGrid { x_first_m: -2.5e-3, x_step_m: 0.37e-3, column_count: 17, z_first_m: 9.5e-3, z_step_m: 0.113e-3, row_count: 45 };
    let got = Beamformer::new(&array, &sent, &grid, 1.5, Apodisation::Rectangular, &channels)?.form(&channels)?;
    let (mut worst, mut top, mut off2, mut all2) = (0.0_f64, 0.0_f64, 0.0, 0.0);
    for (index, value) in got.iter().enumerate() {
        let exact = exact_pixel(&field, &array, &sent, &spectra, channels.start_s, grid.place_m(index % 17, index / 17), 1.5);
        let off = ops::hypot(f64::from(value[0]) - exact[0], f64::from(value[1]) - exact[1]);
        let size = ops::hypot(exact[0], exact[1]);
        worst = worst.max(off);
        top = top.max(size);
        off2 += off * off;
        all2 += size * size;
    }
    Ok(BeamError { worst: worst / top, mean: (off2 / all2).sqrt() })
}

/// A pixel by the spectrum's value at each exact time of flight.
fn exact_pixel(
    field: &Field,
    array: &ArraySpec,
    sent: &Transmission,
    spectra: &Spectra,
    start_s: f64,
    place_m: [f64; 2],
    f_number: f64,
) -> [f64; 2] {
    let count = array.element_count as usize;
    let (mut re, mut im, mut seen) = (0.0, 0.0, 0.0);
    for element in 0..count {
        let dx = place_m[0] - array.element_x_m(element);
        if 2.0 * f_number * dx.abs() > place_m[1] {
            continue;
        }
        seen += 1.0;
        let time_s = sent.arrival_s(place_m, array.speed_m_s) + ops::hypot(dx, place_m[1]) / array.speed_m_s - start_s;
        for line in 0..field.line_count() {
            let [a, b] = spectra.data[line * count + element];
            let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * (field.first_hz + line as f64 * field.step_hz) * time_s);
            re += a * cos - b * sin;
            im += a * sin + b * cos;
        }
    }
    [re / seen, im / seen]
}

/// −6 dB widths of a point at 12 mm by the engine and delay and sum, over those of theory: (lateral, axial) [1].
///
/// Theory is paraxial: at F# 1.8 the tangent of the aperture's half angle is 4 % above its sine, and the elements' directivity adds 1 %.
/// Focused: the point stands still and the beam's focus, with the pixel in it, moves past it.
///
/// # Errors
/// Never for the built-in probe.
pub fn engine_point_widths(transmit: Transmit, f_number: f64) -> Result<(f64, f64), SoundError> {
    let spec = BModeSpec { transmit, f_number, ..BModeSpec::linear_10_mhz(1) };
    let array = strips(&spec);
    let point = [0.0, 12e-3];
    let scene = [Scatterer::new(point[0], point[1], 1.0)];
    let step_m = 10e-6;
    let amplitude = |offset_m: [f64; 2]| -> Result<f64, SoundError> {
        let place = [point[0] + offset_m[0], point[1] + offset_m[1]];
        let sent = match transmit {
            Transmit::PlaneWave => Transmission::plane_wave(&array, 0.0)?,
            // Along the depth the focus stays.
            Transmit::Focused => Transmission::focused(&array, [place[0], point[1]], spec.f_number)?,
        };
        let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, 1e-3, 11e-3, 13e-3))?;
        let mut spectra = field.silence();
        field.add(&scene, &mut spectra)?;
        let [re, im] = pixel(&array, &sent, &field.channels(&spectra, 4)?, place, spec.f_number)?;
        Ok(ops::hypot(f64::from(re), f64::from(im)))
    };
    let along = |unit: [f64; 2]| -> Result<f64, SoundError> {
        let curve: Vec<f64> =
            (-40..=40).map(|i| amplitude([unit[0] * f64::from(i) * step_m, unit[1] * f64::from(i) * step_m])).collect::<Result<_, _>>()?;
        Ok(half_width_samples(&curve).unwrap_or(f64::NAN) * step_m)
    };
    Ok((along([1.0, 0.0])? / lateral_width_m(&spec), along([0.0, 1.0])? / axial_width_m(&spec)))
}

/// Slope over depth of a point's echo with loss over that without [dB/m], narrow band at 10 MHz; negative.
///
/// # Errors
/// When the attenuation is out of range.
pub fn engine_attenuation_slope_db_m(attenuation_db_cm_mhz: f64) -> Result<f64, SoundError> {
    let array = ArraySpec { element_count: 64, fractional_bandwidth: 0.1, ..ArraySpec::linear_10_mhz() };
    let sent = Transmission::plane_wave(&array, 0.0)?;
    let f_number = 6.0;
    let level = |z_m: f64, loss: f64| -> Result<f64, SoundError> {
        let scene = [Scatterer { attenuation_db_cm_mhz: loss, ..Scatterer::new(0.0, z_m, 1.0) }];
        let field = Field::new(&array, &sent, TimeWindow::of_scene(&array, &sent, &scene))?;
        let mut spectra = field.silence();
        field.add(&scene, &mut spectra)?;
        let [re, im] = pixel(&array, &sent, &field.channels(&spectra, 4)?, [0.0, z_m], f_number)?;
        Ok(20.0 * ops::log10(ops::hypot(f64::from(re), f64::from(im))))
    };
    let fall = |z_m: f64| -> Result<f64, SoundError> { Ok(level(z_m, attenuation_db_cm_mhz)? - level(z_m, 0.0)?) };
    Ok((fall(22e-3)? - fall(12e-3)?) / 10e-3)
}

/// Shift that the autocorrelation finds in records of scatterers that move at `speed_m_s` and an angle to the probe's axis,
/// towards the face: of the autocorrelations summed over pixels and six scenes [Hz]. 10 pulses at `pulse_rate_hz`, plane wave, F# 4, 10 MHz in a band of 12 %, as pulses for
/// Doppler are: in a band of 60 % the mean frequency of speckle is 8 % lower, since low frequencies spread less and see more of it.
///
/// # Errors
/// Never for the built-in array.
pub fn engine_doppler_shift_hz(speed_m_s: f64, angle_rad: f64, pulse_rate_hz: f64, stream: &mut Stream) -> Result<f64, SoundError> {
    const PULSES: u32 = 10;
    const SCENES: u32 = 6;
    let array = ArraySpec { element_count: 128, fractional_bandwidth: 0.12, ..ArraySpec::linear_10_mhz() };
    let sent = Transmission::plane_wave(&array, 0.0)?;
    let grid = PixelGrid { x_first_m: -2e-3, x_step_m: 0.5e-3, column_count: 9, z_first_m: 13.2e-3, z_step_m: 0.2e-3, row_count: 14 };
    let field = Field::new(&array, &sent, TimeWindow::of_box(&array, &sent, 3.5e-3, 11.5e-3, 17.5e-3))?;
    let (sin, cos) = ops::sin_cos(angle_rad);
    let mut sum = [0.0; 2];
    for _ in 0..SCENES {
        let blood: Vec<Scatterer> =
            (0..700).map(|_| Scatterer::new(stream.uniform_in(-3e-3, 3e-3), stream.uniform_in(12e-3, 17e-3), stream.normal())).collect();
        let mut pulses = Vec::new();
        for pulse in 0..PULSES {
            let way_m = speed_m_s * f64::from(pulse) / pulse_rate_hz;
            let moved: Vec<Scatterer> =
                blood.iter().map(|s| Scatterer { x_m: s.x_m + sin * way_m, z_m: s.z_m - cos * way_m, ..*s }).collect();
            let mut spectra = field.silence();
            field.add(&moved, &mut spectra)?;
            let channels = field.channels(&spectra, 4)?;
            pulses.push(Beamformer::new(&array, &sent, &grid, 4.0, Apodisation::Rectangular, &channels)?.form(&channels)?);
        }
        for pixel in 0..pulses[0].len() {
            let samples: Vec<[f64; 2]> = pulses.iter().map(|p| p[pixel].map(f64::from)).collect();
            let [re, im] = autocorrelation(&samples);
            sum = [sum[0] + re, sum[1] + im];
        }
    }
    Ok(shift_hz(sum, pulse_rate_hz))
}

/// Envelope of a scene in delay and sum of one plane wave, shape of the grid.
pub(super) fn plane_wave_envelope(array: &ArraySpec, scene: &[Scatterer], grid: &PixelGrid, f_number: f64) -> Result<Vec<f32>, SoundError> {
    let sent = Transmission::plane_wave(array, 0.0)?;
    let field = Field::new(array, &sent, TimeWindow::of_scene(array, &sent, scene))?;
    let mut spectra = field.silence();
    field.add(scene, &mut spectra)?;
    let channels = field.channels(&spectra, 4)?;
    Ok(envelope(&Beamformer::new(array, &sent, grid, f_number, Apodisation::Rectangular, &channels)?.form(&channels)?))
}
