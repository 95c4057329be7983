//! Bending of the cannula: a linear cantilever outside, a beam on a Winkler bed inside.

/// Deflection of a cantilever's free end under a side load [m]: F L³/(3 EI).
#[must_use]
pub fn cantilever_deflection_m(force_n: f64, stiffness_n_m2: f64, length_m: f64) -> f64 {
    force_n * length_m * length_m * length_m / (3.0 * stiffness_n_m2)
}

/// Stiffness of a cantilever's free end [N/m]: 3 EI/L³.
#[must_use]
pub fn cantilever_stiffness_n_per_m(stiffness_n_m2: f64, length_m: f64) -> f64 {
    3.0 * stiffness_n_m2 / (length_m * length_m * length_m)
}

/// Euler load of a column pinned at one end and clamped at the other [N]: λ² EI/L² with λ = 4.49341, the first root
/// of tan λ = λ (λ² = 20.1907).
#[must_use]
pub fn pinned_fixed_buckling_n(stiffness_n_m2: f64, length_m: f64) -> f64 {
    20.190_728_556_426_63 * stiffness_n_m2 / (length_m * length_m)
}

/// A needle clamped at its hub, the last part of which lies in tissue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Bending stiffness EI [N m²], > 0.
    pub stiffness_n_m2: f64,
    /// Length from hub to tip [m], > 0.
    pub length_m: f64,
    /// Part of the length, at the tip, that lies in tissue [m]; taken into [0, length].
    pub inserted_m: f64,
    /// Winkler stiffness of the tissue per length [N/m²], ≥ 0.
    pub bed_n_per_m2: f64,
}

/// Side loads on the needle, along one lateral axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeamLoad {
    /// How far the tissue has moved to the side [m].
    pub bed_shift_m: f64,
    /// Force on the tip [N].
    pub tip_n: f64,
}

/// Shape w(z) = a z² + b z³ of the bent needle, z from the hub [m].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeamShape {
    /// Coefficient of z² [1/m].
    pub a: f64,
    /// Coefficient of z³ [1/m²].
    pub b: f64,
    /// Deflection of the tip [m].
    pub tip_m: f64,
    /// Force of tissue and tip load together on the needle [N].
    pub force_n: f64,
}

impl Beam {
    /// Bend the needle: the cubic that minimises the energy of bending, bed and loads (Galerkin with z² and z³).
    ///
    /// Exact for a load on the tip alone; on a bed it is a little too stiff.
    /// # Error
    /// Tip and force of a 38 mm 21G needle within 2 % of a fine finite-difference beam on beds up to 2·10⁴ N/m², within
    /// 10 % at 10⁵ N/m² (tested).
    #[must_use]
    pub fn bend(&self, load: BeamLoad) -> BeamShape {
        let (ei, length) = (self.stiffness_n_m2, self.length_m);
        let start = (length - self.inserted_m).clamp(0.0, length);
        // ∫ z^n dz over the inserted part.
        let moment = |n: i32| (length.powi(n + 1) - start.powi(n + 1)) / f64::from(n + 1);
        let k = self.bed_n_per_m2;
        let m11 = 4.0 * ei * length + k * moment(4);
        let m12 = 6.0 * ei * length * length + k * moment(5);
        let m22 = 12.0 * ei * length.powi(3) + k * moment(6);
        let r1 = k * load.bed_shift_m * moment(2) + load.tip_n * length * length;
        let r2 = k * load.bed_shift_m * moment(3) + load.tip_n * length.powi(3);
        let determinant = m11 * m22 - m12 * m12;
        let a = (r1 * m22 - r2 * m12) / determinant;
        let b = (r2 * m11 - r1 * m12) / determinant;
        let bed_n = k * (load.bed_shift_m * moment(0) - a * moment(2) - b * moment(3));
        BeamShape { a, b, tip_m: length * length * (a + b * length), force_n: bed_n + load.tip_n }
    }

    /// Deflection of the tip [m] and force of tissue and tip load on the needle [N] by finite differences: the accurate
    /// way, against which [`Beam::bend`] is checked. Allocates; not for a loop.
    ///
    /// Energy ½ Σ EI (w₋ − 2 w + w₊)²/h³ + ½ Σ k (w − d)² − F w_tip with w = 0 and w' = 0 at the hub, minimised by a
    /// banded elimination. The error falls with the square of the number of cells.
    /// # Requires
    /// `cell_count` from 8 to 100 000 (taken into that range).
    #[must_use]
    pub fn bend_reference(&self, load: BeamLoad, cell_count: u32) -> (f64, f64) {
        let n = cell_count.clamp(8, 100_000) as usize;
        let h = self.length_m / n as f64;
        let start = (self.length_m - self.inserted_m).clamp(0.0, self.length_m);
        let weight = self.stiffness_n_m2 / (h * h * h);
        // Upper half of the symmetric band matrix; row 0 (the hub) stays unused.
        let mut matrix = vec![[0.0_f64; 3]; n + 1];
        matrix[1][0] += 2.0 * weight;
        for i in 1..n {
            for (j, a) in [(i - 1, 1.0), (i, -2.0), (i + 1, 1.0)] {
                for (l, b) in [(i - 1, 1.0), (i, -2.0), (i + 1, 1.0)] {
                    if j > 0 && l >= j {
                        matrix[j][l - j] += weight * a * b;
                    }
                }
            }
        }
        let bed = |i: usize| {
            let (low, high) = ((i as f64 - 0.5) * h, ((i as f64 + 0.5) * h).min(self.length_m));
            self.bed_n_per_m2 * (high - low.max(start)).max(0.0)
        };
        let mut w = vec![0.0; n + 3];
        for i in 1..=n {
            matrix[i][0] += bed(i);
            w[i] = bed(i) * load.bed_shift_m;
        }
        w[n] += load.tip_n;
        for i in 1..=n {
            for j in 1..=2.min(n - i) {
                let factor = matrix[i][j] / matrix[i][0];
                for l in 0..=(2 - j) {
                    matrix[i + j][l] -= factor * matrix[i][j + l];
                }
                w[i + j] -= factor * w[i];
            }
        }
        for i in (1..=n).rev() {
            let above: f64 = (1..=2.min(n - i)).map(|j| matrix[i][j] * w[i + j]).sum();
            w[i] = (w[i] - above) / matrix[i][0];
        }
        let force: f64 = (1..=n).map(|i| bed(i) * (load.bed_shift_m - w[i])).sum();
        (w[n], force + load.tip_n)
    }
}
