//! Forming one picture: columns of scatterers and interfaces, two convolutions, noise, log compression.

use proband_anatomy::Tissue;
use proband_core::{Stream, ops, philox4x32};

use crate::bmode::{BModeModel, Medium, NOISE_LENGTH, STEP_COUNT};
use crate::compress::log2_fast;
use crate::law::mirror_overlap;
use crate::needle::NeedleHit;
use crate::psf::{FINE, FINE_ROW_COUNT, REACH_MAX};
use crate::section::{COLUMN_COUNT, ROW_COUNT, SPAN_COUNT_MAX, Section};
use crate::texture::{Lattice, Pattern};

/// Characteristic impedance of gel [Rayl], that of water.
const GEL_IMPEDANCE: f32 = 1.5e6;
/// Echo of an interface that the mirror misses, as a fraction of the mirror's: small-scale roughness. Prior: unverified.
const INTERFACE_ROUGH: f32 = 0.04;
/// Relative irregularity of an interface's brightness along it. Prior: unverified.
const INTERFACE_MOTTLE: f32 = 0.5;
/// Distance of the lens echoes that fill the top of a picture without contact [m]. Prior: unverified.
const LENS_M: f32 = 0.7e-3;

const PADDED_ROWS: usize = FINE_ROW_COUNT + 2 * REACH_MAX;

/// Working memory of one scanner; holds nothing between pictures.
#[derive(Clone, Debug)]
pub struct BModeScratch {
    /// Field of one column, with room for the kernel at both ends.
    field_re: Vec<f32>,
    field_im: Vec<f32>,
    gain: Vec<f32>,
    amplitude: Vec<f32>,
    edges: Vec<Edge>,
    scatter_re: Vec<f32>,
    scatter_im: Vec<f32>,
    /// Axially filtered columns, shape [columns + 2·reach, fine rows].
    axial_re: Vec<f32>,
    axial_im: Vec<f32>,
    /// Last formed complex picture, shape [columns, fine rows].
    iq_re: Vec<f32>,
    iq_im: Vec<f32>,
    hits: Vec<Option<NeedleHit>>,
}

impl BModeScratch {
    /// Memory for one scanner.
    #[must_use]
    pub fn new() -> Self {
        let columns = (COLUMN_COUNT + 2 * REACH_MAX) * FINE_ROW_COUNT;
        Self {
            field_re: vec![0.0; PADDED_ROWS],
            field_im: vec![0.0; PADDED_ROWS],
            gain: vec![0.0; FINE_ROW_COUNT],
            amplitude: vec![0.0; FINE_ROW_COUNT],
            edges: Vec::with_capacity(SPAN_COUNT_MAX),
            scatter_re: vec![0.0; FINE_ROW_COUNT],
            scatter_im: vec![0.0; FINE_ROW_COUNT],
            axial_re: vec![0.0; columns],
            axial_im: vec![0.0; columns],
            iq_re: vec![0.0; COLUMN_COUNT * FINE_ROW_COUNT],
            iq_im: vec![0.0; COLUMN_COUNT * FINE_ROW_COUNT],
            hits: vec![None; COLUMN_COUNT],
        }
    }

    /// Complex echo of a column of the picture formed last, before detection: real and imaginary parts over
    /// the fine rows (two per displayed row), diffuse muscle echo at the surface = mean power 1.
    #[must_use]
    pub fn iq(&self, column: usize) -> (&[f32], &[f32]) {
        let range = column * FINE_ROW_COUNT..(column + 1) * FINE_ROW_COUNT;
        (&self.iq_re[range.clone()], &self.iq_im[range])
    }
}

impl Default for BModeScratch {
    fn default() -> Self {
        Self::new()
    }
}

impl BModeModel {
    /// Form the picture of a section: grey levels 0 to 255 into `pixels`, shape [rows, columns].
    ///
    /// The echo is the sum over a scatterer field h ∗ (σ·g·s) + h ∗ Σ R·g: s the scatterers fixed to the tissue,
    /// σ the tissue's strength, g two-way loss and compensation along the column, R the interfaces, h the
    /// separable point spread. Depth is displayed with one speed of sound, true speeds stretch it per tissue.
    /// Left out: refraction, multiple scattering in tissue, frequency-dependent downshift, side lobes in elevation.
    /// `stream`: electronic noise of this picture.
    pub fn form(&self, section: &Section, scratch: &mut BModeScratch, stream: &mut Stream, pixels: &mut Vec<u8>) {
        self.echoes(section, scratch);
        pixels.clear();
        pixels.resize(COLUMN_COUNT * ROW_COUNT, 0);
        let white_db = self.spec.muscle_below_white_db;
        // grey = 255 (1 + (10 log10 P − white)/range), as a line in log2 P.
        let slope = (255.0 / self.spec.dynamic_range_db * 10.0 * std::f64::consts::LOG10_2) as f32;
        let offset = (255.0 * (1.0 - white_db / self.spec.dynamic_range_db)) as f32 + 0.5;
        let mut power = [0.0_f32; FINE_ROW_COUNT];
        let mut grey = [0.0_f32; ROW_COUNT];
        for column in 0..COLUMN_COUNT {
            let bits = stream.next_u32();
            let span = (NOISE_LENGTH - FINE_ROW_COUNT) as u32;
            let (first, second) = (((bits & 0xFFFF) % span) as usize, ((bits >> 16) % span) as usize);
            let range = column * FINE_ROW_COUNT..(column + 1) * FINE_ROW_COUNT;
            let noise_re = &self.noise[first..first + FINE_ROW_COUNT];
            let noise_im = &self.noise[second..second + FINE_ROW_COUNT];
            let (re, im) = (&scratch.iq_re[range.clone()], &scratch.iq_im[range]);
            for row in 0..FINE_ROW_COUNT {
                let x = re[row] + self.noise_gain[row] * noise_re[row];
                let y = im[row] + self.noise_gain[row] * noise_im[row];
                power[row] = x * x + y * y;
            }
            for (value, pair) in grey.iter_mut().zip(power.chunks_exact(FINE)) {
                let mean = (pair[0] + pair[1]) * 0.5 + 1e-30;
                *value = (slope * log2_fast(mean) + offset).clamp(0.0, 255.0);
            }
            for (row, value) in grey.iter().enumerate() {
                pixels[row * COLUMN_COUNT + column] = *value as u8;
            }
        }
    }

    /// The complex echoes of a section without noise, into `scratch` (see [`BModeScratch::iq`]).
    pub fn echoes(&self, section: &Section, scratch: &mut BModeScratch) {
        self.needle_hits(section, &mut scratch.hits);
        let reach = self.kernels.lateral_reach;
        let lattice = Lattice::of(&section.texture);
        for index in 0..COLUMN_COUNT {
            self.fill_column(section, &lattice, index, scratch);
            let range = (index + reach) * FINE_ROW_COUNT..(index + reach + 1) * FINE_ROW_COUNT;
            let start = REACH_MAX - self.kernels.axial.len() / 2;
            convolve(&self.kernels.axial, &scratch.field_re[start..], &mut scratch.axial_re[range.clone()]);
            convolve(&self.kernels.axial, &scratch.field_im[start..], &mut scratch.axial_im[range]);
        }
        for (source, target) in [(&mut scratch.axial_re, &mut scratch.iq_re), (&mut scratch.axial_im, &mut scratch.iq_im)] {
            // Beyond the face there is nothing.
            source[..reach * FINE_ROW_COUNT].fill(0.0);
            source[(COLUMN_COUNT + reach) * FINE_ROW_COUNT..(COLUMN_COUNT + 2 * reach) * FINE_ROW_COUNT].fill(0.0);
            for (column, out) in target.chunks_exact_mut(FINE_ROW_COUNT).enumerate() {
                weigh_columns(&self.kernels.lateral, &source[column * FINE_ROW_COUNT..], 2 * reach + 1, out);
            }
        }
    }

    /// The complex echo of a single point in one column, at the middle of a fine row (two per displayed row), of
    /// amplitude 1 at its peak, into `scratch` (see [`BModeScratch::iq`]): the point spread itself.
    pub fn echo_of_point(&self, column: usize, fine_row: usize, scratch: &mut BModeScratch) {
        let reach = self.kernels.lateral_reach;
        scratch.axial_re.fill(0.0);
        scratch.axial_im.fill(0.0);
        scratch.iq_im.fill(0.0);
        scratch.field_re.fill(0.0);
        if column < COLUMN_COUNT && fine_row < FINE_ROW_COUNT {
            scratch.field_re[REACH_MAX + fine_row] = self.kernels.point_gain[fine_row];
            let start = REACH_MAX - self.kernels.axial.len() / 2;
            let range = (column + reach) * FINE_ROW_COUNT..(column + reach + 1) * FINE_ROW_COUNT;
            convolve(&self.kernels.axial, &scratch.field_re[start..], &mut scratch.axial_re[range]);
        }
        for (column, out) in scratch.iq_re.chunks_exact_mut(FINE_ROW_COUNT).enumerate() {
            weigh_columns(&self.kernels.lateral, &scratch.axial_re[column * FINE_ROW_COUNT..], 2 * reach + 1, out);
        }
    }

    /// Scatterers, interfaces and needle of one column before the point spread, into the field.
    fn fill_column(&self, section: &Section, lattice: &Lattice, index: usize, scratch: &mut BModeScratch) {
        let column = &section.columns[index];
        let BModeScratch { field_re, field_im, gain, amplitude, scatter_re, scatter_im, edges, hits, .. } = scratch;
        let per_m = FINE_ROW_COUNT as f32 / self.spec.depth_m as f32;
        let texture = &section.texture;
        let hit = hits[index].as_ref();
        self.textures.scatterers(texture, lattice, index, 0..FINE_ROW_COUNT, 0, scatter_re, scatter_im);
        let skin_row = (column.gel_m * per_m).min(FINE_ROW_COUNT as f32);
        gain.fill(column.coupling);
        amplitude.fill(0.0);
        edges.clear();
        // Compensation runs from the face; gel attenuates nothing.
        let compensation = self.spec.tgc_db_per_m as f32 * column.gel_m * (std::f32::consts::LN_10 / 20.0);
        let mut level = column.coupling * ops::exp_f32(compensation);
        let (mut row, mut top_m, mut above, mut slope, mut salt) = (skin_row, column.gel_m, GEL_IMPEDANCE, column.top_slope, 0);
        for span in column.spans() {
            let medium = &self.media[span.tissue as usize];
            let reflection = (medium.impedance - above) / (medium.impedance + above);
            edges.push(Edge { row, strength: level * reflection.abs(), slope });
            level *= 1.0 - reflection * reflection;
            let bottom_row = (row + (span.bottom_m - top_m) * medium.stretch * per_m).min(FINE_ROW_COUNT as f32);
            let rows = fine_range(row, bottom_row);
            if !rows.is_empty() {
                if matches!(span.tissue, Tissue::VeinLumen | Tissue::ArteryLumen) {
                    if salt == 0 {
                        salt = 1 | philox4x32([texture.blood_epoch, 0, 0, 0], [0xB100D, 0])[0];
                    }
                    self.textures.scatterers(texture, lattice, index, rows.clone(), salt, scatter_re, scatter_im);
                }
                let first = level * (1.0 + medium.ln_step * (rows.start as f32 + 0.5 - row));
                let last = medium.run(first, &mut gain[rows.clone()]);
                level = last * (1.0 + medium.ln_step * (bottom_row - (rows.end as f32 - 0.5)));
                let pattern = pattern_of(span.tissue, lattice.along)
                    .map(|p| self.textures.pattern(texture, lattice, p, index, skin_row as usize, rows.start));
                strength(medium.amplitude, pattern, &gain[rows.clone()], &mut amplitude[rows]);
            } else {
                level *= 1.0 + medium.ln_step * (bottom_row - row);
            }
            (row, top_m, above, slope) = (bottom_row, span.bottom_m, medium.impedance, span.bottom_slope);
            if bottom_row >= FINE_ROW_COUNT as f32 {
                break;
            }
        }
        if let Some(hit) = hit {
            hit.cast_shadow(amplitude, edges);
        }
        let body = REACH_MAX..REACH_MAX + FINE_ROW_COUNT;
        multiply(amplitude, scatter_re, &mut field_re[body.clone()]);
        multiply(amplitude, scatter_im, &mut field_im[body.clone()]);
        let field = &mut field_re[body];
        for edge in edges.iter() {
            self.put_edge(edge, scatter_re, field);
        }
        if let Some(hit) = hit {
            self.put_needle(hit, gain, field);
        }
        if column.coupling < 1.0 {
            self.put_lens_echoes(1.0 - column.coupling, per_m, field);
        }
    }

    /// Echo of an interface: a mirror by its tilt, irregular along its course.
    fn put_edge(&self, edge: &Edge, scatter: &[f32], field: &mut [f32]) {
        if edge.row >= FINE_ROW_COUNT as f32 || edge.strength <= 0.0 {
            return;
        }
        let index = edge.row as usize;
        let mirror = mirror_overlap(edge.slope, self.spec.f_number as f32);
        let mottle = (1.0 + INTERFACE_MOTTLE * scatter[index]).max(0.1);
        let amplitude = edge.strength * self.specular_gain * (mirror * mottle + INTERFACE_ROUGH) * self.kernels.interface_gain[index];
        put(field, edge.row, amplitude);
    }

    /// Echoes between the lens and the air in front of a face that does not touch.
    fn put_lens_echoes(&self, missing: f32, per_m: f32, field: &mut [f32]) {
        let mut amplitude = 0.3 * missing * self.specular_gain * self.kernels.interface_gain[0];
        let mut row = 1.0;
        while row < FINE_ROW_COUNT as f32 {
            put(field, row, amplitude);
            amplitude *= 0.45;
            row += LENS_M * per_m;
        }
    }
}

/// A boundary between two tissues.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// Fine row, counted from the upper end of the picture.
    pub row: f32,
    /// |R| times what loss and compensation leave [1].
    pub strength: f32,
    /// Tangent of its tilt [1].
    slope: f32,
}

impl Medium {
    /// Level over consecutive rows, from `first` in the first one; comes back with the last one's.
    fn run(&self, first: f32, out: &mut [f32]) -> f32 {
        let mut base = first;
        for chunk in out.chunks_mut(STEP_COUNT) {
            for (value, step) in chunk.iter_mut().zip(&self.steps) {
                *value = base * step;
            }
            base *= self.steps_all;
        }
        out.last().copied().unwrap_or(first)
    }
}

fn pattern_of(tissue: Tissue, along: bool) -> Option<Pattern> {
    match tissue {
        Tissue::Fat => Some(Pattern::Fat),
        Tissue::Muscle if along => Some(Pattern::MuscleAlong),
        Tissue::Muscle => Some(Pattern::MuscleAcross),
        _ => None,
    }
}

/// Fine rows whose middle lies between two edges.
fn fine_range(top: f32, bottom: f32) -> std::ops::Range<usize> {
    let row = |edge: f32| ((edge + 0.5) as usize).min(FINE_ROW_COUNT);
    row(top)..row(bottom).max(row(top))
}

#[inline]
fn strength(amplitude: f32, pattern: Option<&[f32]>, gain: &[f32], out: &mut [f32]) {
    match pattern {
        Some(pattern) => out.iter_mut().zip(gain).zip(pattern).for_each(|((o, g), p)| *o = amplitude * g * p),
        None => out.iter_mut().zip(gain).for_each(|(o, g)| *o = amplitude * g),
    }
}

#[inline]
fn multiply(a: &[f32], b: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(a).zip(b).for_each(|((o, x), y)| *o = x * y);
}

/// Add an echo at an edge between rows, shared by the two rows whose middles are next to it.
pub(crate) fn put(field: &mut [f32], row: f32, amplitude: f32) {
    let place = (row - 0.5).max(0.0);
    let (index, part) = (place as usize, place - place.floor());
    if let Some(value) = field.get_mut(index) {
        *value += amplitude * (1.0 - part);
    }
    if let Some(value) = field.get_mut(index + 1) {
        *value += amplitude * part;
    }
}

/// out[i] = Σ taps[t]·source[i + t].
fn convolve(taps: &[f32], source: &[f32], out: &mut [f32]) {
    let count = out.len();
    let first = &source[..count];
    out.iter_mut().zip(first).for_each(|(o, s)| *o = taps[0] * s);
    for (t, &tap) in taps.iter().enumerate().skip(1) {
        out.iter_mut().zip(&source[t..t + count]).for_each(|(o, s)| *o += tap * s);
    }
}

/// out[row] = Σ taps[t, row]·source[t, row] over `count` columns.
fn weigh_columns(taps: &[f32], source: &[f32], count: usize, out: &mut [f32]) {
    let length = out.len();
    out.iter_mut().zip(&taps[..length]).zip(&source[..length]).for_each(|((o, k), s)| *o = k * s);
    for t in 1..count {
        let range = t * length..(t + 1) * length;
        out.iter_mut().zip(&taps[range.clone()]).zip(&source[range]).for_each(|((o, k), s)| *o += k * s);
    }
}
