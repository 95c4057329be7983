//! Forming one picture: columns of scatterers and interfaces, two convolutions, noise, log compression.

use proband_anatomy::Tissue;
use proband_core::{Stream, ops, philox4x32};
use rayon::prelude::*;

use crate::bmode::{BModeModel, DOWNSHIFT_STEP_DB, Medium, NOISE_LENGTH, Raster, STEP_COUNT};
use crate::compress::log2_fast;
use crate::law::mirror_overlap;
use crate::needle::NeedleHit;
use crate::psf::{FINE, REACH_MAX};
use crate::section::{SPAN_COUNT_MAX, Section};
use crate::texture::{Lattice, Pattern};

/// Characteristic impedance of gel [Rayl], that of water.
const GEL_IMPEDANCE: f32 = 1.5e6;
/// Echo of an interface that the mirror misses, as a fraction of the mirror's: small-scale roughness. Prior: unverified.
const INTERFACE_ROUGH: f32 = 0.04;
/// Relative irregularity of an interface's brightness along it. Prior: unverified.
const INTERFACE_MOTTLE: f32 = 0.5;
/// Distance of the lens echoes that fill the top of a picture without contact [m]. Prior: unverified.
const LENS_M: f32 = 0.7e-3;

/// Working memory of one scanner; holds nothing between pictures.
#[derive(Clone, Debug)]
pub struct BModeScratch {
    raster: Raster,
    /// One per strip of columns.
    strips: Vec<Strip>,
    /// Axially filtered columns, shape [columns + 2·reach, products of the point spread, fine rows].
    axial_re: Vec<f32>,
    axial_im: Vec<f32>,
    /// Last formed complex picture, shape [columns, fine rows].
    iq_re: Vec<f32>,
    iq_im: Vec<f32>,
    hits: Vec<Option<NeedleHit>>,
    /// Where each column's noise is taken from.
    noise: Vec<u32>,
    /// Grey levels, shape [columns, rows].
    grey: Vec<u8>,
    /// The section as bent rays see it.
    bent: Section,
}

/// Working memory for one column after the other.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    /// Field of one column, with room for the kernel at both ends.
    pub field_re: Vec<f32>,
    pub field_im: Vec<f32>,
    gain: Vec<f32>,
    amplitude: Vec<f32>,
    edges: Vec<Edge>,
    scatter_re: Vec<f32>,
    scatter_im: Vec<f32>,
    power: Vec<f32>,
}

impl Strip {
    pub(crate) fn new(fine_row_count: usize) -> Self {
        let zero = || vec![0.0; fine_row_count];
        let field = || vec![0.0; fine_row_count + 2 * REACH_MAX];
        Self {
            field_re: field(),
            field_im: field(),
            gain: zero(),
            amplitude: zero(),
            edges: Vec::with_capacity(SPAN_COUNT_MAX),
            scatter_re: zero(),
            scatter_im: zero(),
            power: zero(),
        }
    }
}

impl BModeScratch {
    /// Memory for one scanner; it grows at the first picture of a scanner with another raster.
    #[must_use]
    pub fn new() -> Self {
        let raster = Raster::LOOP;
        let mut scratch = Self {
            raster,
            strips: Vec::new(),
            axial_re: Vec::new(),
            axial_im: Vec::new(),
            iq_re: Vec::new(),
            iq_im: Vec::new(),
            hits: Vec::new(),
            noise: Vec::new(),
            grey: Vec::new(),
            bent: Section::uniform_wide(Tissue::Muscle, 1e-3, 0),
        };
        scratch.size(raster, raster.column_count, 1);
        scratch
    }

    fn size(&mut self, raster: Raster, strip: usize, products: usize) {
        let (columns, fine) = (raster.column_count, raster.fine_row_count());
        self.raster = raster;
        self.strips = vec![Strip::new(fine); columns.div_ceil(strip)];
        for buffer in [&mut self.axial_re, &mut self.axial_im] {
            *buffer = vec![0.0; (columns + 2 * REACH_MAX) * products * fine];
        }
        for buffer in [&mut self.iq_re, &mut self.iq_im] {
            *buffer = vec![0.0; columns * fine];
        }
        self.hits = vec![None; columns];
        self.noise = vec![0; columns];
        self.grey = vec![0; columns * raster.row_count];
    }

    /// Complex echo of a column of the picture formed last, before detection: real and imaginary parts over
    /// the fine rows (two per displayed row), diffuse muscle echo at the surface = mean power 1.
    #[must_use]
    pub fn iq(&self, column: usize) -> (&[f32], &[f32]) {
        let fine = self.raster.fine_row_count();
        let range = column * fine..(column + 1) * fine;
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
    /// point spread, separable in the loop's raster and the sum of two products in others. Depth is displayed with one speed of sound, true speeds stretch it per tissue.
    /// With a raster that asks for them: columns bent by Snell's law at each interface, and losses over the whole band.
    /// Left out: multiple scattering in tissue, side lobes in elevation, the pulse's lengthening with depth.
    /// `stream`: electronic noise of this picture. A raster larger than the loop's is formed on the threads of the
    /// pool that calls, with the same bits on any number of them.
    #[expect(clippy::type_complexity, reason = "zipped slices of one closure")]
    pub fn form(&self, section: &Section, scratch: &mut BModeScratch, stream: &mut Stream, pixels: &mut Vec<u8>) {
        self.echoes(section, scratch);
        let (columns, rows, fine) = (self.raster.column_count, self.raster.row_count, self.raster.fine_row_count());
        let BModeScratch { strips, iq_re, iq_im, noise, grey, .. } = scratch;
        noise.iter_mut().for_each(|bits| *bits = stream.next_u32());
        let work = |(((grey, strip), noise), (re, im)): (((&mut [u8], &mut Strip), &[u32]), (&[f32], &[f32]))| {
            for (((grey, bits), re), im) in grey.chunks_exact_mut(rows).zip(noise).zip(re.chunks_exact(fine)).zip(im.chunks_exact(fine)) {
                self.grey_column(*bits, re, im, &mut strip.power, grey);
            }
        };
        if self.strip == columns {
            work((((grey, &mut strips[0]), noise), (iq_re, iq_im)));
        } else {
            let samples = iq_re.par_chunks(self.strip * fine).zip(iq_im.par_chunks(self.strip * fine));
            grey.par_chunks_mut(self.strip * rows).zip(strips).zip(noise.par_chunks(self.strip)).zip(samples).for_each(work);
        }
        pixels.clear();
        pixels.resize(columns * rows, 0);
        transpose(grey, rows, columns, pixels);
    }

    /// Grey levels of one column.
    fn grey_column(&self, bits: u32, re: &[f32], im: &[f32], power: &mut [f32], grey: &mut [u8]) {
        let fine = power.len();
        let white_db = self.spec.muscle_below_white_db;
        // grey = 255 (1 + (10 log10 P − white)/range), as a line in log2 P.
        let slope = (255.0 / self.spec.dynamic_range_db * 10.0 * std::f64::consts::LOG10_2) as f32;
        let offset = (255.0 * (1.0 - white_db / self.spec.dynamic_range_db)) as f32 + 0.5;
        let span = (NOISE_LENGTH - fine) as u32;
        let (first, second) = (((bits & 0xFFFF) % span) as usize, ((bits >> 16) % span) as usize);
        let noise_re = &self.noise[first..first + fine];
        let noise_im = &self.noise[second..second + fine];
        let gain = &self.noise_gain[..fine];
        for (((((p, re), im), g), a), b) in power.iter_mut().zip(re).zip(im).zip(gain).zip(noise_re).zip(noise_im) {
            let x = re + g * a;
            let y = im + g * b;
            *p = x * x + y * y;
        }
        for (value, pair) in grey.iter_mut().zip(power.chunks_exact(FINE)) {
            let mean = (pair[0] + pair[1]) * 0.5 + 1e-30;
            *value = (slope * log2_fast(mean) + offset).clamp(0.0, 255.0) as u8;
        }
    }

    /// The complex echoes of a section without noise, into `scratch` (see [`BModeScratch::iq`]).
    ///
    /// # Panics
    /// When the section has not as many columns as the raster.
    pub fn echoes(&self, section: &Section, scratch: &mut BModeScratch) {
        assert_eq!(section.columns.len(), self.raster.column_count, "columns of the section and of the raster");
        if scratch.raster != self.raster {
            scratch.size(self.raster, self.strip, self.kernels.products());
        }
        if self.raster.refraction {
            let mut bent = std::mem::replace(&mut scratch.bent, Section::uniform_wide(Tissue::Muscle, 1e-3, 0));
            self.refract(section, &mut bent);
            self.straight_echoes(&bent, scratch);
            scratch.bent = bent;
        } else {
            self.straight_echoes(section, scratch);
        }
    }

    #[expect(clippy::type_complexity, reason = "zipped slices of one closure")]
    fn straight_echoes(&self, section: &Section, scratch: &mut BModeScratch) {
        self.needle_hits(section, &mut scratch.hits);
        let reach = self.kernels.lateral_reach;
        let (columns, fine) = (self.raster.column_count, self.raster.fine_row_count());
        let lattice = Lattice::of(&section.texture);
        let BModeScratch { strips, axial_re, axial_im, iq_re, iq_im, hits, .. } = scratch;
        let stride = self.kernels.products() * fine;
        let body = reach * stride..(reach + columns) * stride;
        let fill = |(first, ((strip, re), im)): (usize, ((&mut Strip, &mut [f32]), &mut [f32]))| {
            for (offset, (re, im)) in re.chunks_exact_mut(stride).zip(im.chunks_exact_mut(stride)).enumerate() {
                let index = first * self.strip + offset;
                self.fill_column(section, &lattice, index, hits[index].as_ref(), strip);
                self.demodulate(strip);
                self.filter_along(strip, re, im);
            }
        };
        if self.strip == columns {
            fill((0, ((&mut strips[0], &mut axial_re[body.clone()]), &mut axial_im[body])));
        } else {
            let (re, im) = (axial_re[body.clone()].par_chunks_mut(self.strip * stride), axial_im[body].par_chunks_mut(self.strip * stride));
            strips.par_iter_mut().zip(re).zip(im).enumerate().for_each(fill);
        }
        for source in [&mut *axial_re, &mut *axial_im] {
            // Beyond the face there is nothing.
            source[..reach * stride].fill(0.0);
            source[(columns + reach) * stride..(columns + 2 * reach) * stride].fill(0.0);
        }
        for (source, crossed, target) in [(&*axial_re, &*axial_im, iq_re), (&*axial_im, &*axial_re, iq_im)] {
            let weigh = |(first, out): (usize, &mut [f32])| {
                for (offset, out) in out.chunks_exact_mut(fine).enumerate() {
                    let from = (first * self.strip + offset) * stride;
                    self.filter_across(&source[from..], &crossed[from..], out);
                }
            };
            if self.strip == columns {
                weigh((0, target));
            } else {
                target.par_chunks_mut(self.strip * fine).enumerate().for_each(weigh);
            }
        }
    }

    /// Turn a column's field to the mean frequency that its depth leaves.
    fn demodulate(&self, strip: &mut Strip) {
        let Some(slope) = &self.kernels.slope else { return };
        for ((re, im), [cos, sin]) in strip.field_re[REACH_MAX..].iter_mut().zip(&mut strip.field_im[REACH_MAX..]).zip(&slope.carrier) {
            (*re, *im) = (*re * cos - *im * sin, *re * sin + *im * cos);
        }
    }

    /// A column's field through the axial kernels: one after the other for each product of the point spread.
    fn filter_along(&self, strip: &Strip, re: &mut [f32], im: &mut [f32]) {
        let fine = self.raster.fine_row_count();
        let start = REACH_MAX - self.kernels.axial.len() / 2;
        let (field_re, field_im) = (&strip.field_re[start..], &strip.field_im[start..]);
        convolve(&self.kernels.axial, field_re, &mut re[..fine]);
        convolve(&self.kernels.axial, field_im, &mut im[..fine]);
        if let Some(slope) = &self.kernels.slope {
            // i b times a complex field: its real part goes into the imaginary one, its imaginary part, negated, into the real one.
            convolve(&slope.axial, field_re, &mut re[fine..]);
            convolve(&slope.axial_negated, field_im, &mut im[fine..]);
        }
    }

    /// One column of one part of the complex picture, from the axially filtered columns of the same part and of the other one.
    fn filter_across(&self, source: &[f32], crossed: &[f32], out: &mut [f32]) {
        let (fine, reach) = (out.len(), self.kernels.lateral_reach);
        let stride = self.kernels.products() * fine;
        let Some(slope) = &self.kernels.slope else { return weigh_columns(&self.kernels.lateral, source, 2 * reach + 1, out) };
        out.copy_from_slice(&source[reach * stride..reach * stride + fine]);
        out.iter_mut().zip(&self.kernels.lateral[reach * fine..(reach + 1) * fine]).for_each(|(o, k)| *o *= k);
        add_pairs(&self.kernels.lateral, source, stride, reach, out);
        let middle = crossed[reach * stride + fine..][..fine].iter().zip(&slope.lateral[reach * fine..(reach + 1) * fine]);
        out.iter_mut().zip(middle).for_each(|(o, (s, k))| *o += k * s);
        add_pairs(&slope.lateral, &crossed[fine..], stride, reach, out);
    }

    /// The complex echo of a single point in one column, at the middle of a fine row (two per displayed row), of
    /// amplitude 1 at its peak, into `scratch` (see [`BModeScratch::iq`]): the point spread itself.
    pub fn echo_of_point(&self, column: usize, fine_row: usize, scratch: &mut BModeScratch) {
        if scratch.raster != self.raster {
            scratch.size(self.raster, self.strip, self.kernels.products());
        }
        let (columns, fine) = (self.raster.column_count, self.raster.fine_row_count());
        let (reach, stride) = (self.kernels.lateral_reach, self.kernels.products() * fine);
        let BModeScratch { strips, axial_re, axial_im, iq_re, iq_im, .. } = scratch;
        axial_re.fill(0.0);
        axial_im.fill(0.0);
        let strip = &mut strips[0];
        strip.field_re.fill(0.0);
        strip.field_im.fill(0.0);
        if column < columns && fine_row < fine {
            strip.field_re[REACH_MAX + fine_row] = self.kernels.point_gain[fine_row];
            let range = (column + reach) * stride..(column + reach + 1) * stride;
            self.filter_along(strip, &mut axial_re[range.clone()], &mut axial_im[range]);
        }
        for (column, (re, im)) in iq_re.chunks_exact_mut(fine).zip(iq_im.chunks_exact_mut(fine)).enumerate() {
            let (a, b) = (&axial_re[column * stride..], &axial_im[column * stride..]);
            self.filter_across(a, b, re);
            self.filter_across(b, a, im);
        }
    }

    /// Scatterers, interfaces and needle of one column before the point spread, into the field.
    pub(crate) fn fill_column(&self, section: &Section, lattice: &Lattice, index: usize, hit: Option<&NeedleHit>, strip: &mut Strip) {
        let column = &section.columns[index];
        let fine = self.raster.fine_row_count();
        let Strip { field_re, field_im, gain, amplitude, scatter_re, scatter_im, edges, .. } = strip;
        let per_m = fine as f32 / self.spec.depth_m as f32;
        let texture = &section.texture;
        self.textures.scatterers(texture, lattice, index, &column.strain, 0..fine, 0, scatter_re, scatter_im);
        let skin_row = (column.gel_m * per_m).min(fine as f32);
        gain.fill(column.coupling);
        amplitude.fill(0.0);
        edges.clear();
        // Compensation runs from the face; gel attenuates nothing.
        let compensation = self.spec.tgc_db_per_m as f32 * column.gel_m * (std::f32::consts::LN_10 / 20.0);
        let mut level = column.coupling * ops::exp_f32(compensation);
        let (mut row, mut top_m, mut above, mut slope, mut salt) = (skin_row, column.gel_m, GEL_IMPEDANCE, column.top_slope, 0);
        // One-way loss at 1 MHz so far [dB].
        let mut lost_db = 0.0;
        for span in column.spans() {
            let medium = &self.media[span.tissue as usize];
            let reflection = (medium.impedance - above) / (medium.impedance + above);
            let mut strength_now = level * reflection.abs();
            if self.raster.downshift {
                strength_now *= self.spared(lost_db);
            }
            edges.push(Edge { row, strength: strength_now, slope });
            level *= 1.0 - reflection * reflection;
            let bottom_row = (row + (span.bottom_m - top_m) * medium.stretch * per_m).min(fine as f32);
            let rows = fine_range(row, bottom_row, fine);
            if !rows.is_empty() {
                if matches!(span.tissue, Tissue::VeinLumen | Tissue::ArteryLumen) {
                    if salt == 0 {
                        salt = 1 | philox4x32([texture.blood_epoch, 0, 0, 0], [0xB100D, 0])[0];
                    }
                    self.textures.scatterers(texture, lattice, index, &column.strain, rows.clone(), salt, scatter_re, scatter_im);
                }
                let first = level * (1.0 + medium.ln_step * (rows.start as f32 + 0.5 - row));
                let last = medium.run(first, &mut gain[rows.clone()]);
                level = last * (1.0 + medium.ln_step * (bottom_row - (rows.end as f32 - 0.5)));
                if self.raster.downshift {
                    let per_row_db = medium.loss_db_m_mhz / per_m;
                    self.spare(lost_db + per_row_db * (rows.start as f32 + 0.5 - row), per_row_db, &mut gain[rows.clone()]);
                }
                let pattern = pattern_of(span.tissue, lattice.along)
                    .map(|p| self.textures.pattern(texture, lattice, p, index, skin_row as usize, rows.start));
                strength(medium.amplitude, pattern, &gain[rows.clone()], &mut amplitude[rows]);
            } else {
                level *= 1.0 + medium.ln_step * (bottom_row - row);
            }
            lost_db += medium.loss_db_m_mhz * (bottom_row - row) / per_m;
            (row, top_m, above, slope) = (bottom_row, span.bottom_m, medium.impedance, span.bottom_slope);
            if bottom_row >= fine as f32 {
                break;
            }
        }
        if let Some(hit) = hit {
            hit.cast_shadow(amplitude, edges);
        }
        let body = REACH_MAX..REACH_MAX + fine;
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

    /// What the whole band has over the centre frequency after a one-way loss at 1 MHz [dB], amplitude [1].
    fn spared(&self, lost_db: f32) -> f32 {
        let place = (lost_db / DOWNSHIFT_STEP_DB).clamp(0.0, (self.spared_ln.len() - 2) as f32);
        let (k, part) = (place as usize, place - place.floor());
        ops::exp_f32(self.spared_ln[k] + part * (self.spared_ln[k + 1] - self.spared_ln[k]))
    }

    /// Multiply the level over consecutive rows by what the downshift spares, exact every eight rows, straight between.
    fn spare(&self, first_db: f32, per_row_db: f32, gain: &mut [f32]) {
        let mut here = self.spared(first_db);
        for (k, chunk) in gain.chunks_mut(STEP_COUNT).enumerate() {
            let next = self.spared(first_db + per_row_db * ((k + 1) * STEP_COUNT) as f32);
            let step = (next - here) / STEP_COUNT as f32;
            for (i, value) in chunk.iter_mut().enumerate() {
                *value *= here + step * i as f32;
            }
            here = next;
        }
    }

    /// Echo of an interface: a mirror by its tilt, irregular along its course.
    fn put_edge(&self, edge: &Edge, scatter: &[f32], field: &mut [f32]) {
        if edge.row >= field.len() as f32 || edge.strength <= 0.0 {
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
        while row < field.len() as f32 {
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
fn fine_range(top: f32, bottom: f32, fine_row_count: usize) -> std::ops::Range<usize> {
    let row = |edge: f32| ((edge + 0.5) as usize).min(fine_row_count);
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

/// [columns, rows] to [rows, columns], in blocks that stay in the cache.
fn transpose(source: &[u8], rows: usize, columns: usize, out: &mut [u8]) {
    const BLOCK: usize = 32;
    for first_row in (0..rows).step_by(BLOCK) {
        for (column, line) in source.chunks_exact(rows).enumerate() {
            for (row, value) in line.iter().enumerate().take(rows.min(first_row + BLOCK)).skip(first_row) {
                out[row * columns + column] = *value;
            }
        }
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

/// out[row] += Σ taps[t, row]·source[t, row] over the columns beside the middle one, which lie `stride` apart and weigh alike on both
/// sides; two pairs at a time, since the sums wait for memory.
fn add_pairs(taps: &[f32], source: &[f32], stride: usize, reach: usize, out: &mut [f32]) {
    let length = out.len();
    let column = |t: usize| &source[t * stride..t * stride + length];
    let weights = |t: usize| &taps[t * length..(t + 1) * length];
    for t in (0..reach - reach % 2).step_by(2) {
        let (far, near) = ((column(t), column(2 * reach - t)), (column(t + 1), column(2 * reach - t - 1)));
        let (k0, k1) = (weights(t), weights(t + 1));
        for (i, o) in out.iter_mut().enumerate() {
            *o += k0[i] * (far.0[i] + far.1[i]) + k1[i] * (near.0[i] + near.1[i]);
        }
    }
    if reach % 2 == 1 {
        let t = reach - 1;
        let (left, right, k) = (column(t), column(t + 2), weights(t));
        for (i, o) in out.iter_mut().enumerate() {
            *o += k[i] * (left[i] + right[i]);
        }
    }
}
