//! Matrices of three rows, and the 9×9 derivative of one by another (index 3·row + column).

/// Three by three, row by row.
pub(crate) type M3 = [[f64; 3]; 3];
/// Derivative of a 3×3 matrix by a 3×3 matrix.
pub(crate) type M9 = [[f64; 9]; 9];

pub(crate) const IDENTITY: M3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
pub(crate) const ZERO9: M9 = [[0.0; 9]; 9];

#[inline]
pub(crate) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[inline]
pub(crate) fn dot3(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
pub(crate) fn times(m: &M3, v: [f64; 3]) -> [f64; 3] {
    [dot3(m[0], v), dot3(m[1], v), dot3(m[2], v)]
}

/// Cofactor matrix: the derivative of the determinant.
#[inline]
pub(crate) fn cofactor(f: &M3) -> M3 {
    [cross(f[1], f[2]), cross(f[2], f[0]), cross(f[0], f[1])]
}

#[inline]
pub(crate) fn det(f: &M3) -> f64 {
    dot3(f[0], cross(f[1], f[2]))
}

/// a : b.
#[inline]
pub(crate) fn contract(a: &M3, b: &M3) -> f64 {
    dot3(a[0], b[0]) + dot3(a[1], b[1]) + dot3(a[2], b[2])
}

/// a · b.
pub(crate) fn product(a: &M3, b: &M3) -> M3 {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j]))
}

/// aᵀ · b.
pub(crate) fn transposed_product(a: &M3, b: &M3) -> M3 {
    std::array::from_fn(|i| std::array::from_fn(|j| a[0][i] * b[0][j] + a[1][i] * b[1][j] + a[2][i] * b[2][j]))
}

/// a bᵀ of vectors.
pub(crate) fn outer(a: [f64; 3], b: [f64; 3]) -> M3 {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i] * b[j]))
}

#[inline]
pub(crate) fn add_scaled(a: &mut M3, s: f64, b: &M3) {
    for (a, b) in a.as_flattened_mut().iter_mut().zip(b.as_flattened()) {
        *a += s * b;
    }
}

/// t ← t + s · a ⊗ b.
#[inline]
pub(crate) fn add_outer(t: &mut M9, s: f64, a: &M3, b: &M3) {
    let (a, b) = (a.as_flattened(), b.as_flattened());
    for (row, a) in t.iter_mut().zip(a) {
        for (t, b) in row.iter_mut().zip(b) {
            *t += s * a * b;
        }
    }
}

/// t ← t + s · ∂(cof F)/∂F, that is ∂²J/∂F².
#[inline]
pub(crate) fn add_cofactor_derivative(t: &mut M9, s: f64, f: &M3) {
    for i in 0..3 {
        for j in 0..3 {
            let (i1, i2, j1, j2) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
            // cof_ij = F_i1j1 F_i2j2 − F_i1j2 F_i2j1.
            let row = &mut t[3 * i + j];
            row[3 * i1 + j1] += s * f[i2][j2];
            row[3 * i2 + j2] += s * f[i1][j1];
            row[3 * i1 + j2] -= s * f[i2][j1];
            row[3 * i2 + j1] -= s * f[i1][j2];
        }
    }
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix by cyclic Jacobi rotations (Jacobi 1846, Crelle 30:51).
pub(crate) fn jacobi<const N: usize>(mut a: [[f64; N]; N]) -> ([f64; N], [[f64; N]; N]) {
    let mut v = [[0.0; N]; N];
    for (i, row) in v.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    let scale: f64 = a.as_flattened().iter().map(|x| x * x).sum();
    for _ in 0..40 {
        let off: f64 = (0..N).map(|i| (0..i).map(|j| a[i][j] * a[i][j]).sum::<f64>()).sum();
        if off <= 1e-34 * scale || !off.is_finite() {
            break;
        }
        for p in 0..N {
            for q in p + 1..N {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = 1.0_f64.copysign(theta) / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                for k in 0..N {
                    let (x, y) = (a[p][k], a[q][k]);
                    a[p][k] = c * x - s * y;
                    a[q][k] = s * x + c * y;
                }
                for row in &mut v {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
            }
        }
    }
    (std::array::from_fn(|i| a[i][i]), v)
}

/// F = Σ σᵢ uᵢ vᵢᵀ with rotations U and V; the smallest σ carries the sign of det F.
pub(crate) struct Stretches {
    pub(crate) sigma: [f64; 3],
    /// Left vectors, shape [3 vectors, 3].
    pub(crate) u: M3,
    /// Right vectors, shape [3 vectors, 3].
    pub(crate) v: M3,
}

/// Principal stretches and directions of a deformation gradient.
pub(crate) fn stretches(f: &M3) -> Stretches {
    let (value, vector) = jacobi(transposed_product(f, f));
    let mut order = [0, 1, 2];
    order.sort_by(|&a: &usize, &b: &usize| value[b].total_cmp(&value[a]).then(a.cmp(&b)));
    let column = |k: usize| [vector[0][k], vector[1][k], vector[2][k]];
    let (v0, v1) = (column(order[0]), column(order[1]));
    let v2 = cross(v0, v1);
    let unit = |a: [f64; 3], fallback: [f64; 3]| {
        let n = dot3(a, a).sqrt();
        if n > 0.0 { [a[0] / n, a[1] / n, a[2] / n] } else { fallback }
    };
    let u0 = unit(times(f, v0), v0);
    let raw = times(f, v1);
    let along = dot3(u0, raw);
    let helper = if u0[0].abs() < 0.7 { [1.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0] };
    let u1 = unit(std::array::from_fn(|k| raw[k] - along * u0[k]), unit(cross(u0, helper), helper));
    let u2 = cross(u0, u1);
    let sigma = [dot3(u0, times(f, v0)), dot3(u1, times(f, v1)), dot3(u2, times(f, v2))];
    Stretches { sigma, u: [u0, u1, u2], v: [v0, v1, v2] }
}

impl Stretches {
    /// Rotation of the polar decomposition.
    pub(crate) fn rotation(&self) -> M3 {
        let mut r = [[0.0; 3]; 3];
        for k in 0..3 {
            add_scaled(&mut r, 1.0, &outer(self.u[k], self.v[k]));
        }
        r
    }

    /// uᵢ vⱼᵀ + s uⱼ vᵢᵀ.
    pub(crate) fn pair(&self, i: usize, j: usize, s: f64) -> M3 {
        let mut t = outer(self.u[i], self.v[j]);
        add_scaled(&mut t, s, &outer(self.u[j], self.v[i]));
        t
    }

    /// t ← t + s ∂R/∂F: twist modes over sums of stretches.
    pub(crate) fn add_rotation_derivative(&self, t: &mut M9, s: f64) {
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let sum = (self.sigma[i] + self.sigma[j]).max(1e-6);
            let twist = self.pair(i, j, -1.0);
            add_outer(t, s / sum, &twist, &twist);
        }
    }
}

/// Positive part of a symmetric 9×9 tangent.
pub(crate) fn positive_part(a: &M9) -> M9 {
    let (value, vector) = jacobi(*a);
    let mut out = ZERO9;
    for k in 0..9 {
        if value[k] > 0.0 {
            for i in 0..9 {
                for j in 0..9 {
                    out[i][j] += value[k] * vector[i][k] * vector[j][k];
                }
            }
        }
    }
    out
}
