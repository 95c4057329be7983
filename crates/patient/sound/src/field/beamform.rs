//! Delay and sum with dynamic reception, envelope, log compression.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::array::{ArraySpec, Transmission};
use super::record::Channels;
use crate::SoundError;
use crate::error::in_range;

/// Where the pixels are. Pixel (column, row) lies at x = `x_first_m` + column·`x_step_m`, z = `z_first_m` + row·`z_step_m`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelGrid {
    /// First column [m].
    pub x_first_m: f64,
    /// From column to column [m].
    pub x_step_m: f64,
    /// Columns.
    pub column_count: u32,
    /// First row [m].
    pub z_first_m: f64,
    /// From row to row [m].
    pub z_step_m: f64,
    /// Rows.
    pub row_count: u32,
}

impl PixelGrid {
    /// Check every number.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn check(&self) -> Result<(), SoundError> {
        in_range("grid.x_first_m", self.x_first_m, -0.5, 0.5)?;
        in_range("grid.x_step_m", self.x_step_m, 1e-7, 0.1)?;
        in_range("grid.column_count", f64::from(self.column_count), 1.0, 8192.0)?;
        in_range("grid.z_first_m", self.z_first_m, 0.0, 0.5)?;
        in_range("grid.z_step_m", self.z_step_m, 1e-7, 0.1)?;
        in_range("grid.row_count", f64::from(self.row_count), 1.0, 8192.0)?;
        Ok(())
    }

    /// Place of a pixel [x, z] [m].
    #[must_use]
    pub fn place_m(&self, column: usize, row: usize) -> [f64; 2] {
        [self.x_first_m + column as f64 * self.x_step_m, self.z_first_m + row as f64 * self.z_step_m]
    }
}

/// Weights across the receiving aperture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apodisation {
    /// All alike: narrowest main lobe.
    Rectangular,
    /// Hann: lower side lobes, main lobe 1.6 times as wide.
    Hann,
}

/// Delays of a grid, computed once for an array and a transmission.
///
/// Each element that a pixel's f-number lets see it gives its analytic signal at the time of flight, by the cubic
/// through four samples; their weighted mean is the pixel.
#[derive(Clone, Debug)]
pub struct Beamformer {
    grid: PixelGrid,
    element_count: usize,
    sampling_hz: f64,
    start_s: f64,
    columns: Vec<BeamColumn>,
}

#[derive(Clone, Debug)]
struct BeamColumn {
    beams: Vec<Beam>,
    /// 1 / sum of weights per row.
    scale: Vec<f32>,
}

/// One element's part in one column.
#[derive(Clone, Debug)]
struct Beam {
    element: u32,
    first_row: u32,
    /// Place in the record [samples] and weight, per row from `first_row` on.
    taps: Vec<[f32; 2]>,
}

impl Beamformer {
    /// Compute the delays of a grid for records with the sampling of `channels`.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first number outside its range.
    pub fn new(
        array: &ArraySpec,
        transmission: &Transmission,
        grid: &PixelGrid,
        f_number: f64,
        apodisation: Apodisation,
        channels: &Channels,
    ) -> Result<Self, SoundError> {
        array.check()?;
        grid.check()?;
        in_range("f_number", f_number, 0.3, 20.0)?;
        let columns = (0..grid.column_count as usize)
            .into_par_iter()
            .map(|column| BeamColumn::new(array, transmission, grid, f_number, apodisation, channels, column))
            .collect();
        let (sampling_hz, start_s) = (channels.sampling_hz, channels.start_s);
        Ok(Self { grid: *grid, element_count: array.element_count as usize, sampling_hz, start_s, columns })
    }

    /// Complex pixels, shape [rows, columns]; on the threads of the pool that calls, with the same bits on any number of them.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] when the record has another sampling, start or number of elements than the delays were made for.
    pub fn form(&self, channels: &Channels) -> Result<Vec<[f32; 2]>, SoundError> {
        in_range("channels.sampling_hz", channels.sampling_hz, self.sampling_hz, self.sampling_hz)?;
        in_range("channels.start_s", channels.start_s, self.start_s, self.start_s)?;
        let elements = channels.data.len() as f64 / channels.sample_count.max(1) as f64;
        in_range("elements of the record", elements, self.element_count as f64, self.element_count as f64)?;
        let rows = self.grid.row_count as usize;
        let columns: Vec<Vec<[f32; 2]>> = self.columns.par_iter().map(|column| column.form(channels, rows)).collect();
        Ok((0..rows).flat_map(|row| columns.iter().map(move |c| c[row])).collect())
    }
}

impl BeamColumn {
    fn new(
        array: &ArraySpec,
        transmission: &Transmission,
        grid: &PixelGrid,
        f_number: f64,
        apodisation: Apodisation,
        channels: &Channels,
        column: usize,
    ) -> Self {
        let rows = grid.row_count as usize;
        let mut scale = vec![0.0_f32; rows];
        let mut beams = Vec::new();
        let sent: Vec<f64> = (0..rows).map(|r| transmission.arrival_s(grid.place_m(column, r), array.speed_m_s)).collect();
        for element in 0..array.element_count as usize {
            let dx = grid.place_m(column, 0)[0] - array.element_x_m(element);
            // Rows from which the element is within the aperture.
            let first_z_m = 2.0 * f_number * dx.abs();
            let first_row = (((first_z_m - grid.z_first_m) / grid.z_step_m).ceil().max(0.0) as usize).min(rows);
            if first_row == rows {
                continue;
            }
            let taps = (first_row..rows)
                .map(|row| {
                    let z = grid.place_m(column, row)[1];
                    let time_s = sent[row] + (dx * dx + z * z).sqrt() / array.speed_m_s;
                    let weight = match apodisation {
                        Apodisation::Rectangular => 1.0,
                        Apodisation::Hann => 0.5 + 0.5 * proband_core::ops::cos(std::f64::consts::PI * first_z_m / z.max(1e-9)),
                    };
                    scale[row] += weight as f32;
                    [((time_s - channels.start_s) * channels.sampling_hz) as f32, weight as f32]
                })
                .collect();
            beams.push(Beam { element: element as u32, first_row: first_row as u32, taps });
        }
        scale.iter_mut().for_each(|s| *s = if *s > 0.0 { 1.0 / *s } else { 0.0 });
        Self { beams, scale }
    }

    fn form(&self, channels: &Channels, rows: usize) -> Vec<[f32; 2]> {
        let mut out = vec![[0.0_f32; 2]; rows];
        let last = channels.sample_count as f32 - 3.0;
        for beam in &self.beams {
            let start = beam.element as usize * channels.sample_count;
            let record = &channels.data[start..start + channels.sample_count];
            for (value, [place, weight]) in out[beam.first_row as usize..].iter_mut().zip(&beam.taps) {
                if !(*place >= 1.0 && *place < last) {
                    continue;
                }
                let k = *place as usize;
                let t = place - k as f32;
                let samples = &record[k - 1..k + 3];
                let (a, b) = (t - 1.0, t - 2.0);
                let c = t + 1.0;
                let w = [-t * a * b / 6.0, c * a * b * 0.5, -c * t * b * 0.5, c * t * a / 6.0];
                for i in 0..2 {
                    value[i] += weight * (w[0] * samples[0][i] + w[1] * samples[1][i] + w[2] * samples[2][i] + w[3] * samples[3][i]);
                }
            }
        }
        out.iter_mut().zip(&self.scale).for_each(|(v, s)| *v = [v[0] * s, v[1] * s]);
        out
    }
}

/// Magnitude of complex pixels.
#[must_use]
pub fn envelope(pixels: &[[f32; 2]]) -> Vec<f32> {
    pixels.iter().map(|[re, im]| (re * re + im * im).sqrt()).collect()
}

/// Grey levels 0 to 255 of an envelope: `white` (an amplitude, at least the smallest positive one) is white, `range_db` below it is black.
#[must_use]
pub fn log_compress(envelope: &[f32], white: f32, range_db: f32) -> Vec<u8> {
    let white = white.max(f32::MIN_POSITIVE);
    envelope
        .iter()
        .map(|a| {
            let level_db = 20.0 * proband_core::ops::log10_f32((a / white).max(1e-30));
            (255.0 * (1.0 + level_db / range_db)).clamp(0.0, 255.0).round() as u8
        })
        .collect()
}
