//! Fibre-reinforced tissue: Holzapfel–Ogden.

use proband_core::ops;

use super::Shear;
use crate::fem::mat3::{M3, M9, ZERO9, add_outer, add_scaled, cofactor, contract, det, dot3, outer, times};

/// Exponents above this continue as a parabola, so that no trial state overflows [1].
const EXPONENT_MAX: f64 = 30.0;

/// Constants of the fibre-reinforced law.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FibreSpec {
    /// Matrix stiffness a [Pa].
    pub a_pa: f64,
    /// Matrix exponent b [1].
    pub b: f64,
    /// Fibre stiffness a_f [Pa].
    pub a_f_pa: f64,
    /// Fibre exponent b_f [1].
    pub b_f: f64,
    /// Sheet stiffness a_s [Pa].
    pub a_s_pa: f64,
    /// Sheet exponent b_s [1].
    pub b_s: f64,
    /// Fibre–sheet coupling a_fs [Pa].
    pub a_fs_pa: f64,
    /// Fibre–sheet exponent b_fs [1].
    pub b_fs: f64,
}

/// Passive myocardium: constants of Holzapfel & Ogden 2009, Phil Trans R Soc A 367:3445.
///
/// prior: unverified, recalled from that paper's fit to simple shear of porcine myocardium, not read off it again.
pub const PASSIVE_MYOCARDIUM: FibreSpec =
    FibreSpec { a_pa: 59.0, b: 8.023, a_f_pa: 18_472.0, b_f: 16.026, a_s_pa: 2_481.0, b_s: 11.120, a_fs_pa: 216.0, b_fs: 11.436 };

/// eˣ − 1, its first and second derivative; beyond the cap the parabola that meets all three.
pub(super) fn capped_exp_m1(x: f64) -> [f64; 3] {
    if x <= EXPONENT_MAX {
        let e = ops::exp_m1(x);
        [e, e + 1.0, e + 1.0]
    } else {
        let e = ops::exp(EXPONENT_MAX);
        let d = x - EXPONENT_MAX;
        [e * (1.0 + d + 0.5 * d * d) - 1.0, e * (1.0 + d), e]
    }
}

struct Sum {
    energy: f64,
    stress: M3,
    tangent: M9,
}

impl Sum {
    /// Add h(I): value, first and second derivative of h; gradient of I. The caller adds h′ ∂²I.
    fn add(&mut self, h: [f64; 3], gradient: &M3) {
        self.energy += h[0];
        add_scaled(&mut self.stress, h[1], gradient);
        add_outer(&mut self.tangent, h[2], gradient, gradient);
    }

    /// Add s · δ_ik (a_j b_l + b_j a_l).
    fn add_directions(&mut self, s: f64, a: [f64; 3], b: [f64; 3]) {
        for i in 0..3 {
            for j in 0..3 {
                for l in 0..3 {
                    self.tangent[3 * i + j][3 * i + l] += s * (a[j] * b[l] + b[j] * a[l]);
                }
            }
        }
    }
}

/// (a/2b)(e^{b e²} − 1) as a function of e: value, first and second derivative.
fn exponential_of_square(a: f64, b: f64, e: f64) -> [f64; 3] {
    let [v, d, dd] = capped_exp_m1(b * e * e);
    [0.5 * a / b * v, a * e * d, a * d + 2.0 * a * b * e * e * dd]
}

/// W = (a/2b)(e^{b(Ī1−3)} − 1) + Σ_{f,s} (aᵢ/2bᵢ)(e^{bᵢ⟨I4i−1⟩²} − 1) + (a_fs/2b_fs)(e^{b_fs I8²} − 1), Ī1 = J^(−2/3) I1; I4 and I8 unsplit.
pub(super) fn shear(spec: &FibreSpec, f: &M3, fibres: &[[f64; 3]; 2], _tangent: bool) -> Option<Shear> {
    let j = det(f);
    if !(j > 0.0) {
        return None;
    }
    let mut sum = Sum { energy: 0.0, stress: [[0.0; 3]; 3], tangent: ZERO9 };
    add_matrix(&mut sum, spec, f, j);
    let moved = fibres.map(|d| times(f, d));
    for (k, (a, b)) in [(spec.a_f_pa, spec.b_f), (spec.a_s_pa, spec.b_s)].into_iter().enumerate() {
        let excess = dot3(moved[k], moved[k]) - 1.0;
        if excess > 0.0 {
            let h = exponential_of_square(a, b, excess);
            sum.add(h, &outer(moved[k].map(|v| 2.0 * v), fibres[k]));
            sum.add_directions(h[1], fibres[k], fibres[k]);
        }
    }
    let h = exponential_of_square(spec.a_fs_pa, spec.b_fs, dot3(moved[0], moved[1]));
    let mut gradient = outer(moved[1], fibres[0]);
    add_scaled(&mut gradient, 1.0, &outer(moved[0], fibres[1]));
    sum.add(h, &gradient);
    sum.add_directions(h[1], fibres[0], fibres[1]);
    Some(Shear { energy: sum.energy, stress: sum.stress, tangent: sum.tangent })
}

fn add_matrix(sum: &mut Sum, spec: &FibreSpec, f: &M3, j: f64) {
    let iso = Isochoric::of(f, j);
    let [v, d, dd] = capped_exp_m1(spec.b * iso.excess());
    let h = [0.5 * spec.a_pa / spec.b * v, 0.5 * spec.a_pa * d, 0.5 * spec.a_pa * spec.b * dd];
    sum.add(h, &iso.gradient());
    iso.add_second(&mut sum.tangent, h[1]);
}

/// Ī1 = J^(−2/3) I1 with its derivatives.
pub(super) struct Isochoric<'a> {
    f: &'a M3,
    i1: f64,
    /// J^(−2/3).
    c: f64,
    inverse_t: M3,
}

impl<'a> Isochoric<'a> {
    pub(super) fn of(f: &'a M3, j: f64) -> Self {
        let inverse_t = cofactor(f).map(|row| row.map(|v| v / j));
        Self { f, i1: contract(f, f), c: ops::powf(j, -2.0 / 3.0), inverse_t }
    }

    /// Ī1 − 3.
    pub(super) fn excess(&self) -> f64 {
        self.c * self.i1 - 3.0
    }

    pub(super) fn gradient(&self) -> M3 {
        let mut gradient = self.f.map(|row| row.map(|v| 2.0 * self.c * v));
        add_scaled(&mut gradient, -2.0 / 3.0 * self.c * self.i1, &self.inverse_t);
        gradient
    }

    /// t ← t + s ∂²Ī1/∂F².
    pub(super) fn add_second(&self, t: &mut M9, s: f64) {
        let Self { f, i1, c, inverse_t } = self;
        let s = s * c;
        for (k, row) in t.iter_mut().enumerate() {
            row[k] += 2.0 * s;
        }
        add_outer(t, -4.0 / 3.0 * s, f, inverse_t);
        add_outer(t, -4.0 / 3.0 * s, inverse_t, f);
        add_outer(t, 4.0 / 9.0 * s * i1, inverse_t, inverse_t);
        for i in 0..3 {
            for jj in 0..3 {
                for k in 0..3 {
                    for l in 0..3 {
                        t[3 * i + jj][3 * k + l] += 2.0 / 3.0 * s * i1 * inverse_t[i][l] * inverse_t[k][jj];
                    }
                }
            }
        }
    }
}
