//! One cell (eight side by side) in the basis in which a box is simple.
//!
//! The displacement of a box is u = ⅛ Σ m_w ξ^wx η^wy ζ^wz; m is the Walsh–Hadamard transform of the eight corners.
//! In these modes the energy with a mean dilatation is a sum of squares, so that the 24 × 24 stiffness needs no matrix.
//! Modes by number: bit 0 is x, bit 1 is y, bit 2 is z.

use wide::f32x8;

use super::lanes::Lane;

/// Modes or corners of eight cells, shape [8 modes, 3 axes].
pub(super) type Modes<L> = [[L; 3]; 8];
/// Rotation of eight cells, row by row.
pub(super) type Turn<L> = [[L; 3]; 3];

/// Σ over corners: m_w = Σ sign_w u. The inverse but for a factor is [`to_corners`].
#[inline(always)]
pub(super) fn to_modes<L: Lane>(v: &mut Modes<L>) {
    for bit in [1, 2, 4] {
        for low in 0..8 {
            if low & bit == 0 {
                for axis in 0..3 {
                    let (a, b) = (v[low][axis], v[low + bit][axis]);
                    v[low][axis] = a + b;
                    v[low + bit][axis] = b - a;
                }
            }
        }
    }
}

/// Forces on corners of forces on modes: f = Σ sign_w F_w.
#[inline(always)]
pub(super) fn to_corners<L: Lane>(v: &mut Modes<L>) {
    for bit in [1, 2, 4] {
        for low in 0..8 {
            if low & bit == 0 {
                for axis in 0..3 {
                    let (a, b) = (v[low][axis], v[low + bit][axis]);
                    v[low][axis] = a - b;
                    v[low + bit][axis] = a + b;
                }
            }
        }
    }
}

/// Shape of the cells: 1/4Δ along each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quarter {
    pub(super) per_m: [f64; 3],
}

/// Rᵀ v.
#[inline(always)]
pub(super) fn turn_back<L: Lane>(r: &Turn<L>, v: [L; 3]) -> [L; 3] {
    [
        r[0][0] * v[0] + r[1][0] * v[1] + r[2][0] * v[2],
        r[0][1] * v[0] + r[1][1] * v[1] + r[2][1] * v[2],
        r[0][2] * v[0] + r[1][2] * v[1] + r[2][2] * v[2],
    ]
}

/// R v.
#[inline(always)]
pub(super) fn turn<L: Lane>(r: &Turn<L>, v: [L; 3]) -> [L; 3] {
    [
        r[0][0] * v[0] + r[0][1] * v[1] + r[0][2] * v[2],
        r[1][0] * v[0] + r[1][1] * v[1] + r[1][2] * v[2],
        r[2][0] * v[0] + r[2][1] * v[1] + r[2][2] * v[2],
    ]
}

/// Forces on modes of a linear box: E = (k/2)⟨ε:ε⟩ + (l/2)⟨tr ε⟩² with k = 2μV, l = λV; averages over 2×2×2 Gauss points, which are exact.
///
/// `m` is replaced by ∂E/∂m; mode 0 becomes zero.
#[inline(always)]
pub(super) fn stiffness<L: Lane>(m: &mut Modes<L>, k: L, l: L, quarter: &Quarter) {
    let [a, b, c] = quarter.per_m.map(L::every);
    let square = |p: f64, q: f64, r: f64| L::every(p * p + 0.5 * (q * q + r * r));
    let [pa, pb, pc] = quarter.per_m;
    let half = L::every(0.5) * k;
    let third = L::every(1.0 / 3.0) * k;
    let sixth = L::every(1.0 / 6.0) * k;
    let ninth = L::every(1.0 / 9.0) * k;
    // Stretches, with the mean dilatation.
    let (ex, ey, ez) = (a * m[1][0], b * m[2][1], c * m[4][2]);
    let dilatation = l * (ex + ey + ez);
    // Shears.
    let xy = half * (a * m[1][1] + b * m[2][0]);
    let xz = half * (a * m[1][2] + c * m[4][0]);
    let yz = half * (b * m[2][2] + c * m[4][1]);
    m[1] = [a * (k * ex + dilatation), a * xy, a * xz];
    m[2] = [b * xy, b * (k * ey + dilatation), b * yz];
    m[4] = [c * xz, c * yz, c * (k * ez + dilatation)];
    // Modes with two axes; the three that twist are coupled.
    let s1 = sixth * (a * m[5][1] + b * m[6][0]);
    let s2 = sixth * (a * m[3][2] + c * m[6][0]);
    let s3 = sixth * (b * m[3][2] + c * m[5][1]);
    m[3] = [third * square(pa, pb, 0.0) * m[3][0], third * square(pb, pa, 0.0) * m[3][1], a * s2 + b * s3];
    m[5] = [third * square(pa, pc, 0.0) * m[5][0], a * s1 + c * s3, third * square(pc, pa, 0.0) * m[5][2]];
    m[6] = [b * s1 + c * s2, third * square(pb, pc, 0.0) * m[6][1], third * square(pc, pb, 0.0) * m[6][2]];
    m[7] = [ninth * square(pa, pb, pc) * m[7][0], ninth * square(pb, pa, pc) * m[7][1], ninth * square(pc, pa, pb) * m[7][2]];
    m[0] = [L::every(0.0); 3];
}

/// Diagonal of the stiffness at any corner, per axis, for k and l.
pub(super) fn diagonal(k: f64, l: f64, quarter: &Quarter) -> [f64; 3] {
    let q = quarter.per_m;
    std::array::from_fn(|i| {
        let (p, r, s) = (q[i], q[(i + 1) % 3], q[(i + 2) % 3]);
        let own = p * p + 0.5 * (r * r + s * s);
        // Linear modes, two modes of the axis with another, the twist, the mode of all three.
        let linear = k * own + l * p * p;
        let double = k / 3.0 * (p * p + 0.5 * r * r + p * p + 0.5 * s * s + 0.5 * (r * r + s * s));
        linear + double + k / 9.0 * own
    })
}

#[inline(always)]
fn cofactor<L: Lane>(f: &Turn<L>) -> Turn<L> {
    let minor = |i: usize, j: usize| {
        let (i1, i2, j1, j2) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        f[i1][j1] * f[i2][j2] - f[i1][j2] * f[i2][j1]
    };
    [[minor(0, 0), minor(0, 1), minor(0, 2)], [minor(1, 0), minor(1, 1), minor(1, 2)], [minor(2, 0), minor(2, 1), minor(2, 2)]]
}

/// Rotation of a deformation gradient with a positive determinant, and that determinant.
///
/// Newton's iteration R ← ½(R + R⁻ᵀ) (Higham 1986, SIAM J Sci Stat Comput 7:1160), seven rounds: rounding error for stretches in 0.3 to 3.
#[inline(always)]
pub(super) fn rotation<L: Lane>(f: &Turn<L>) -> (Turn<L>, L) {
    let half = L::every(0.5);
    let mut r = *f;
    let mut first = L::every(0.0);
    for round in 0..7 {
        let cof = cofactor(&r);
        let det = r[0][0] * cof[0][0] + r[0][1] * cof[0][1] + r[0][2] * cof[0][2];
        if round == 0 {
            first = det;
        }
        let scale = half / det;
        for i in 0..3 {
            for j in 0..3 {
                r[i][j] = half * r[i][j] + scale * cof[i][j];
            }
        }
    }
    (r, first)
}

/// Solve (tr S · I − S) g = t for the symmetric part S of a stretch.
#[inline(always)]
pub(super) fn spin<L: Lane>(s: &Turn<L>, t: [L; 3]) -> [L; 3] {
    let half = L::every(0.5);
    let trace = s[0][0] + s[1][1] + s[2][2];
    let zero = L::every(0.0);
    let off = |i: usize, j: usize| zero - half * (s[i][j] + s[j][i]);
    let g = [[trace - s[0][0], off(0, 1), off(0, 2)], [off(0, 1), trace - s[1][1], off(1, 2)], [off(0, 2), off(1, 2), trace - s[2][2]]];
    let cof = cofactor(&g);
    let one = L::every(1.0) / (g[0][0] * cof[0][0] + g[0][1] * cof[0][1] + g[0][2] * cof[0][2]);
    let row = |i: usize| one * (cof[i][0] * t[0] + cof[i][1] * t[1] + cof[i][2] * t[2]);
    [row(0), row(1), row(2)]
}

/// 24 × 24 stiffness of a cell for k and l, corner by corner.
pub(super) fn reference_stiffness(quarter: &Quarter, k: f32, l: f32) -> Vec<[f64; 24]> {
    let mut matrix = vec![[0.0; 24]; 24];
    for column in 0..24 {
        let mut m: Modes<f32x8> = [[f32x8::splat(0.0); 3]; 8];
        m[column / 3][column % 3] = f32x8::splat(1.0);
        to_modes(&mut m);
        stiffness(&mut m, f32x8::splat(k), f32x8::splat(l), quarter);
        to_corners(&mut m);
        for row in 0..24 {
            matrix[row][column] = f64::from(m[row / 3][row % 3].to_array()[0]);
        }
    }
    matrix
}
