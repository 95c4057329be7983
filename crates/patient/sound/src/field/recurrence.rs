//! The sum over elements and lines by recurrence: phases turn by a fixed step from line to line.

use proband_core::ops;
use wide::f32x8;

use super::array::{ArraySpec, Spreading, Transmission};
use super::record::Scatterer;

/// Elements worked on at once.
const LANES: usize = 8;
/// Lines worked on before the next elements.
const BLOCK: usize = 32;
/// Distance at which spreading is 1 [m].
pub(super) const DISTANCE_M: f64 = 0.01;
/// Largest phase by which the wave on a piece of an element may be off a plane wave [rad]; pieces are made so small.
const CURVATURE_RAD: f64 = 0.015;
/// Pieces of an element at most.
const PIECE_MAX: usize = 16;

/// Elements rounded up to whole lanes.
pub(super) fn padded(count: usize) -> usize {
    count.div_ceil(LANES) * LANES
}

/// Lanes of numbers, one per element.
type Lanes = Vec<[f32; LANES]>;
type LaneSlice<'a> = &'a [[f32; LANES]];

/// Phases of one scatterer against every element, or piece of an element, at one line.
#[derive(Clone, Debug, Default)]
struct Piece {
    /// e^{−(ik + α) r} with spreading and obliquity, and its step from line to line.
    re: Lanes,
    im: Lanes,
    step_re: Lanes,
    step_im: Lanes,
    /// sin(k β)/(k₀ β): value, difference to the next, and the recurrence's constant 4 sin²(Δk β/2).
    sine: Lanes,
    difference: Lanes,
    curve: Lanes,
}

/// Working memory for one scatterer.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    pieces: Vec<Piece>,
    piece_count: usize,
    wide: usize,
}

/// cos and sin of a number of turns, to 10⁻¹⁰, without a branch so that it fits a vector unit.
#[inline]
fn cis_turns(turns: f64) -> (f64, f64) {
    // Adding and taking away 1.5·2⁵² rounds to a whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let part = turns - ((turns + ROUND) - ROUND);
    let x = part * (0.25 * std::f64::consts::TAU);
    let y = x * x;
    let sin = x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0 * (1.0 - y / 72.0 * (1.0 - y / 110.0)))));
    let cos = 1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0 * (1.0 - y / 56.0 * (1.0 - y / 90.0 * (1.0 - y / 132.0)))));
    let (s2, c2) = (2.0 * sin * cos, cos * cos - sin * sin);
    (c2 * c2 - s2 * s2, 2.0 * s2 * c2)
}

/// One-way loss [Np/m/Hz].
pub(super) fn loss_np_m_hz(attenuation_db_cm_mhz: f64) -> f64 {
    attenuation_db_cm_mhz * 100.0 * 1e-6 * std::f64::consts::LN_10 / 20.0
}

impl Geometry {
    pub(super) fn new(wide: usize) -> Self {
        Self { pieces: Vec::new(), piece_count: 0, wide }
    }

    fn piece(wide: usize) -> Piece {
        let zero = || vec![[0.0; LANES]; wide / LANES];
        Piece { re: zero(), im: zero(), step_re: zero(), step_im: zero(), sine: zero(), difference: zero(), curve: zero() }
    }

    /// Distances and angles of one scatterer.
    pub(super) fn set(&mut self, array: &ArraySpec, scatterer: &Scatterer, first_hz: f64, step_hz: f64) {
        let wavenumber = array.frequency_hz * std::f64::consts::TAU / array.speed_m_s;
        let half_m = 0.5 * array.width_m;
        let curvature = wavenumber * half_m * half_m / (2.0 * scatterer.z_m);
        // What the far field leaves out grows with the cube of the phase across a piece, and with its curvature.
        let across = array.width_m * array.frequency_hz * (1.0 + 0.5 * array.fractional_bandwidth) / array.speed_m_s;
        self.piece_count = (curvature / CURVATURE_RAD).sqrt().max(across).ceil().clamp(1.0, PIECE_MAX as f64) as usize;
        while self.pieces.len() < self.piece_count {
            self.pieces.push(Self::piece(self.wide));
        }
        let part = 1.0 / self.piece_count as f64;
        let piece_half_m = half_m * part;
        for (index, piece) in self.pieces[..self.piece_count].iter_mut().enumerate() {
            let shift_m = (2.0 * index as f64 + 1.0) * piece_half_m - half_m;
            piece.set(array, scatterer, first_hz, step_hz, shift_m, piece_half_m, part);
        }
    }
}

impl Piece {
    #[expect(clippy::too_many_arguments, reason = "one piece's geometry, all of it")]
    fn set(&mut self, array: &ArraySpec, scatterer: &Scatterer, first_hz: f64, step_hz: f64, shift_m: f64, half_m: f64, part: f64) {
        let per_m = first_hz / array.speed_m_s;
        let step_per_m = step_hz / array.speed_m_s;
        let centre_rad_m = std::f64::consts::TAU * array.frequency_hz / array.speed_m_s;
        let loss = loss_np_m_hz(scatterer.attenuation_db_cm_mhz);
        let (first_loss, step_loss) = (loss * first_hz, loss * step_hz);
        let count = array.element_count as usize;
        let slope = match array.spreading {
            Spreading::Cylindrical => 3.0,
            Spreading::Spherical => 4.0,
        };
        let (x, z) = (scatterer.x_m - shift_m, scatterer.z_m);
        for element in 0..count {
            let dx = x - array.element_x_m(element);
            let middle_m = (dx * dx + z * z).sqrt();
            let (sin, cos) = (dx / middle_m, z / middle_m);
            // Second order across the piece, to the first order in its phase: mean of the distance's curvature, and the
            // amplitude's slope z/r^(3/2) or z/r² that weighs the nearer side more.
            let r = middle_m + half_m * half_m * (cos * cos - slope * sin * sin) / (6.0 * middle_m);
            // sinc(k β) is flat to 10⁻⁵ below this: no division by 0.
            let beta = (half_m * sin).abs().max(1e-7);
            let spread = match array.spreading {
                Spreading::Cylindrical => (DISTANCE_M / r).sqrt(),
                Spreading::Spherical => DISTANCE_M / r,
            };
            let mut size = part * spread * cos;
            let mut fade = 1.0;
            if loss > 0.0 {
                size *= ops::exp(-first_loss * r);
                fade = ops::exp(-step_loss * r);
            }
            let (c, s) = cis_turns(per_m * r);
            let (dc, ds) = cis_turns(step_per_m * r);
            let (_, s0) = cis_turns(per_m * beta);
            let (_, s1) = cis_turns((per_m + step_per_m) * beta);
            let (_, h) = cis_turns(0.5 * step_per_m * beta);
            let scale = 1.0 / (centre_rad_m * beta);
            let (lane, k) = (element / LANES, element % LANES);
            self.re[lane][k] = (size * c) as f32;
            self.im[lane][k] = (-size * s) as f32;
            self.step_re[lane][k] = (fade * dc) as f32;
            self.step_im[lane][k] = (-fade * ds) as f32;
            self.sine[lane][k] = (s0 * scale) as f32;
            self.difference[lane][k] = ((s1 - s0) * scale) as f32;
            self.curve[lane][k] = (4.0 * h * h) as f32;
        }
    }

    /// Fields of the elements of one group over the next lines, set (`first`) or added to what is there.
    #[inline]
    fn run(
        &mut self,
        group: usize,
        groups: usize,
        first: bool,
        count: usize,
        field_re: &mut [[f32; LANES]],
        field_im: &mut [[f32; LANES]],
    ) {
        let load = |lanes: &Lanes| f32x8::new(lanes[group]);
        let (mut re, mut im, step_re, step_im) = (load(&self.re), load(&self.im), load(&self.step_re), load(&self.step_im));
        let (mut sine, mut difference, curve) = (load(&self.sine), load(&self.difference), load(&self.curve));
        for line in 0..count {
            let (out_re, out_im) = (&mut field_re[line * groups + group], &mut field_im[line * groups + group]);
            let (mut g_re, mut g_im) = (re * sine, im * sine);
            if !first {
                g_re += f32x8::new(*out_re);
                g_im += f32x8::new(*out_im);
            }
            *out_re = g_re.to_array();
            *out_im = g_im.to_array();
            let next = re * step_re - im * step_im;
            im = re * step_im + im * step_re;
            re = next;
            sine += difference;
            difference -= curve * sine;
        }
        (self.re[group], self.im[group]) = (re.to_array(), im.to_array());
        (self.sine[group], self.difference[group]) = (sine.to_array(), difference.to_array());
    }
}

/// The lines and the transmission, as the recurrence needs them.
#[derive(Clone, Debug)]
pub(super) struct Recurrence {
    line_count: usize,
    groups: usize,
    /// w_n e^{−2πi f τ_n} per line and element; nothing when all elements send at once and alike.
    sent: Option<(Lanes, Lanes)>,
    /// (f₀/f)²: the two directivities are sin(kβ)/(k₀β).
    directivity: Vec<f32>,
}

/// Sums over scatterers, shape [lines, groups of elements].
pub(super) struct Sum {
    re: Lanes,
    im: Lanes,
    field_re: Lanes,
    field_im: Lanes,
}

impl Sum {
    /// Complex values, shape [lines, elements].
    pub(super) fn interleaved(&self, line_count: usize, element_count: usize) -> Vec<[f32; 2]> {
        let wide = padded(element_count);
        let (re, im) = (self.re.as_flattened(), self.im.as_flattened());
        (0..line_count).flat_map(|l| (0..element_count).map(move |e| l * wide + e)).map(|i| [re[i], im[i]]).collect()
    }
}

impl Recurrence {
    pub(super) fn new(array: &ArraySpec, transmission: &Transmission, first_hz: f64, step_hz: f64, line_count: usize) -> Self {
        let count = array.element_count as usize;
        let groups = padded(count) / LANES;
        let frequency = |line: usize| first_hz + line as f64 * step_hz;
        let sent = (!transmission.is_uniform()).then(|| {
            let (mut re, mut im) = (vec![[0.0; LANES]; line_count * groups], vec![[0.0; LANES]; line_count * groups]);
            for line in 0..line_count {
                for element in 0..count {
                    let weight = transmission.weights[element];
                    let (s, c) = ops::sin_cos(-std::f64::consts::TAU * frequency(line) * transmission.delays_s[element]);
                    let (at, k) = (line * groups + element / LANES, element % LANES);
                    (re[at][k], im[at][k]) = ((weight * c) as f32, (weight * s) as f32);
                }
            }
            (re, im)
        });
        let directivity = (0..line_count).map(|l| (array.frequency_hz / frequency(l)).powi(2) as f32).collect();
        Self { line_count, groups, sent, directivity }
    }

    pub(super) fn silence(&self) -> Sum {
        let zero = |lines: usize| vec![[0.0; LANES]; lines * self.groups];
        Sum { re: zero(self.line_count), im: zero(self.line_count), field_re: zero(BLOCK), field_im: zero(BLOCK) }
    }

    /// Add one scatterer.
    pub(super) fn add(&self, geometry: &mut Geometry, strength: f32, sum: &mut Sum) {
        let groups = self.groups;
        for first_line in (0..self.line_count).step_by(BLOCK) {
            let count = BLOCK.min(self.line_count - first_line);
            for group in 0..groups {
                for (index, piece) in geometry.pieces[..geometry.piece_count].iter_mut().enumerate() {
                    piece.run(group, groups, index == 0, count, &mut sum.field_re, &mut sum.field_im);
                }
            }
            for offset in 0..count {
                let line = first_line + offset;
                let field = offset * groups..(offset + 1) * groups;
                let out = line * groups..(line + 1) * groups;
                let (field_re, field_im) = (&sum.field_re[field.clone()], &sum.field_im[field]);
                let sent = self.sent.as_ref().map(|(re, im)| (&re[out.clone()], &im[out.clone()]));
                let (p_re, p_im) = pressure(field_re, field_im, sent);
                let scale = strength * self.directivity[line];
                receive(scale * p_re, scale * p_im, field_re, field_im, &mut sum.re[out.clone()], &mut sum.im[out]);
            }
        }
    }
}

/// Sent field at the scatterer: the sum over the elements.
#[inline]
fn pressure(field_re: &[[f32; LANES]], field_im: &[[f32; LANES]], sent: Option<(LaneSlice<'_>, LaneSlice<'_>)>) -> (f32, f32) {
    let (mut re, mut im) = (f32x8::ZERO, f32x8::ZERO);
    match sent {
        None => {
            for (a, b) in field_re.iter().zip(field_im) {
                re += f32x8::new(*a);
                im += f32x8::new(*b);
            }
        }
        Some((weight_re, weight_im)) => {
            for (((a, b), c), d) in field_re.iter().zip(field_im).zip(weight_re).zip(weight_im) {
                let (a, b, c, d) = (f32x8::new(*a), f32x8::new(*b), f32x8::new(*c), f32x8::new(*d));
                re += a * c - b * d;
                im += a * d + b * c;
            }
        }
    }
    (re.reduce_add(), im.reduce_add())
}

/// Echo on every element.
#[inline]
fn receive(
    re: f32,
    im: f32,
    field_re: &[[f32; LANES]],
    field_im: &[[f32; LANES]],
    out_re: &mut [[f32; LANES]],
    out_im: &mut [[f32; LANES]],
) {
    let (re, im) = (f32x8::splat(re), f32x8::splat(im));
    for (((a, b), c), d) in field_re.iter().zip(field_im).zip(out_re).zip(out_im) {
        let (a, b) = (f32x8::new(*a), f32x8::new(*b));
        *c = (f32x8::new(*c) + (a * re - b * im)).to_array();
        *d = (f32x8::new(*d) + (a * im + b * re)).to_array();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keep the phase of many turns.
    #[test]
    fn turns_are_close() {
        for i in -4000..4000 {
            let turns = f64::from(i) * 0.137_21;
            let (c, s) = cis_turns(turns);
            let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * turns);
            assert!((c - cos).abs() < 2e-10 && (s - sin).abs() < 2e-10, "{turns}: {c} {cos}, {s} {sin}");
        }
    }
}
