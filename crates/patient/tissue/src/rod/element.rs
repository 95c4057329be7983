//! Strains and energy of one piece of rod.

use super::dual::Dual;

type V = [Dual; 3];
type Q = [Dual; 4];

/// Unknowns of an element: way and turn of both ends.
pub(super) const SIZE: usize = 12;
/// Greatest sine of half the angle between the ends [1]: the series below is exact to 1e-10 up to here.
pub(super) const HALF_SINE_MAX: f64 = 0.5;

/// Place and unit quaternion (w, x, y, z) of both ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) places_m: [[f64; 3]; 2],
    pub(super) turns: [[f64; 4]; 2],
}

/// Strains at rest and stiffness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) length_m: f64,
    /// Stretch and shears, then twist and curvatures [1/m] at rest.
    pub(super) rest: [f64; 6],
    /// EA, GA₁, GA₂ [N], GI_t, EI₁, EI₂ [N m²].
    pub(super) stiffness: [f64; 6],
}

fn product(a: Q, b: Q) -> Q {
    [
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    ]
}

/// Turn back: Rᵀ v of a quaternion of any length.
fn back(q: Q, v: V) -> V {
    let [w, x, y, z] = q;
    let inverse = (w * w + x * x + y * y + z * z).inverse();
    let two = |a: Dual| a.times(2.0) * inverse;
    let one = Dual::of(1.0);
    [
        (one - two(y * y + z * z)) * v[0] + two(x * y + w * z) * v[1] + two(x * z - w * y) * v[2],
        two(x * y - w * z) * v[0] + (one - two(x * x + z * z)) * v[1] + two(y * z + w * x) * v[2],
        two(x * z + w * y) * v[0] + two(y * z - w * x) * v[1] + (one - two(x * x + y * y)) * v[2],
    ]
}

/// θ / sin(θ/2) by its series in sin²(θ/2).
fn angle_over_half_sine(s2: Dual) -> Dual {
    let mut sum = Dual::of(0.0);
    let mut c = [1.0_f64; 24];
    for n in 1..c.len() {
        let m = n as f64;
        // asin(s)/s = Σ (2n)!/(4ⁿ (n!)² (2n+1)) s²ⁿ.
        c[n] = c[n - 1] * (2.0 * m - 1.0) * (2.0 * m - 1.0) / (2.0 * m * (2.0 * m + 1.0));
    }
    for &c in c.iter().rev() {
        sum = sum * s2 + Dual::of(c);
    }
    sum.times(2.0)
}

/// Strains per length: R_mᵀ (r₂ − r₁)/L at the middle rotation, and the rotation vector from end to end over L (Simo 1985, Comput
/// Methods Appl Mech Eng 49:55; one point per element, as Simo & Vu-Quoc 1986, ibid. 58:79, against shear locking).
fn strains(ends: &Ends, by: &[Dual; SIZE], length_m: f64) -> [Dual; 6] {
    let mut places = [[Dual::of(0.0); 3]; 2];
    let mut turns = [[Dual::of(0.0); 4]; 2];
    for end in 0..2 {
        for k in 0..3 {
            places[end][k] = Dual::of(ends.places_m[end][k]) + by[6 * end + k];
        }
        let half: [Dual; 3] = std::array::from_fn(|k| by[6 * end + 3 + k].times(0.5));
        let size = (Dual::of(1.0) + half[0] * half[0] + half[1] * half[1] + half[2] * half[2]).inverse_root();
        let step = [size, half[0] * size, half[1] * size, half[2] * size];
        turns[end] = product(ends.turns[end].map(Dual::of), step);
    }
    let span: V = std::array::from_fn(|k| (places[1][k] - places[0][k]).times(1.0 / length_m));
    let middle: Q = std::array::from_fn(|k| turns[0][k] + turns[1][k]);
    let stretch = back(middle, span);
    let [w, x, y, z] = turns[0];
    let mut between = product([w, -x, -y, -z], turns[1]);
    if between[0].value < 0.0 {
        between = between.map(|v| -v);
    }
    let s2 = between[1] * between[1] + between[2] * between[2] + between[3] * between[3];
    let per = angle_over_half_sine(s2).times(1.0 / length_m);
    [stretch[0], stretch[1], stretch[2], between[1] * per, between[2] * per, between[3] * per]
}

/// Strains without derivatives.
pub(super) fn strains_of(ends: &Ends, length_m: f64) -> [f64; 6] {
    strains(ends, &[Dual::of(0.0); SIZE], length_m).map(|s| s.value)
}

/// Sine of half the angle between the ends.
pub(super) fn half_sine(ends: &Ends) -> f64 {
    let [a, b] = ends.turns;
    let dot: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    (1.0 - (dot * dot).min(1.0)).sqrt()
}

pub(super) fn energy_j(ends: &Ends, piece: &Piece) -> f64 {
    let strains = strains_of(ends, piece.length_m);
    (0..6).map(|k| 0.5 * piece.length_m * piece.stiffness[k] * (strains[k] - piece.rest[k]).powi(2)).sum()
}

/// Gradient and second derivatives of the energy.
pub(super) fn derivatives(ends: &Ends, piece: &Piece) -> ([f64; SIZE], [[f64; SIZE]; SIZE]) {
    let mut gradient = [0.0; SIZE];
    let mut matrix = [[0.0; SIZE]; SIZE];
    for i in 0..SIZE {
        for j in 0..=i {
            let mut by = [Dual::of(0.0); SIZE];
            by[i].one = 1.0;
            by[j].two = 1.0;
            let mut sum = Dual::of(0.0);
            for (k, strain) in strains(ends, &by, piece.length_m).into_iter().enumerate() {
                let off = strain - Dual::of(piece.rest[k]);
                sum = sum + (off * off).times(0.5 * piece.length_m * piece.stiffness[k]);
            }
            gradient[i] = sum.one;
            matrix[i][j] = sum.both;
            matrix[j][i] = sum.both;
        }
    }
    (gradient, matrix)
}
