//! Energy, force and tangent of one element.

use super::law::Law;
use super::mat3::{IDENTITY, M3, add_outer, add_scaled, det, positive_part};
use super::prony::{add_past, second_piola};
use super::shape::ElementSet;

/// What an element gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answer<const N: usize> {
    /// Stored energy [J]; infinite for a state that the law does not allow.
    pub(crate) energy_j: f64,
    /// Least and greatest det F over the points [1].
    pub(crate) det: [f64; 2],
    /// ∂(energy)/∂(node) [N], shape [N, 3].
    pub(crate) force: [[f64; 3]; N],
    /// Tangent blocks [N/m], shape [N, N, 3 × 3].
    pub(crate) matrix: [[[f64; 9]; N]; N],
}

impl<const N: usize> Answer<N> {
    pub(crate) const NOTHING: Self =
        Self { energy_j: 0.0, det: [f64::INFINITY, f64::NEG_INFINITY], force: [[0.0; 3]; N], matrix: [[[0.0; 9]; N]; N] };
}

/// What is wanted of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Want {
    /// Energy alone.
    Energy,
    /// Energy and force.
    Force,
    /// Energy, force and tangent.
    Tangent,
    /// The same with every point's tangent made positive.
    PositiveTangent,
}

/// What the past adds in a viscoelastic step: factor of the elastic part, stress of the past per point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past<'a> {
    pub(crate) factor: f64,
    pub(crate) stress_pa: &'a [[f64; 6]],
}

/// Where the material's directions come from.
pub(crate) type Fibres = [[f64; 3]; 2];

impl<const N: usize> ElementSet<N> {
    /// Deformation gradient at a point.
    #[inline]
    pub(crate) fn gradient(&self, element: usize, point: usize, u: &[[f64; 3]]) -> M3 {
        let mut f = IDENTITY;
        for (node, g) in self.nodes[element].iter().zip(&self.points[element * self.point_count + point].gradient) {
            let u = u[*node as usize];
            for i in 0..3 {
                for k in 0..3 {
                    f[i][k] += u[i] * g[k];
                }
            }
        }
        f
    }

    /// Second Piola stress of W [Pa] at a point, without its past.
    pub(crate) fn elastic_stress(&self, law: &Law, fibres: &Fibres, element: usize, point: usize, u: &[[f64; 3]]) -> [f64; 6] {
        let f = self.gradient(element, point, u);
        law.shear(&f, fibres, false).map_or([0.0; 6], |shear| second_piola(&f, &shear.stress))
    }

    /// Evaluate one element; the answer is overwritten.
    #[expect(clippy::too_many_arguments, reason = "one leaf called from one place")]
    pub(crate) fn evaluate(
        &self,
        law: &Law,
        fibres: &Fibres,
        past: Option<Past<'_>>,
        element: usize,
        u: &[[f64; 3]],
        want: Want,
        out: &mut Answer<N>,
    ) {
        *out = Answer::NOTHING;
        if self.try_evaluate(law, fibres, past, element, u, want, out).is_none() {
            out.energy_j = f64::INFINITY;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the body of `evaluate`, split off for its early return")]
    fn try_evaluate(
        &self,
        law: &Law,
        fibres: &Fibres,
        past: Option<Past<'_>>,
        element: usize,
        u: &[[f64; 3]],
        want: Want,
        out: &mut Answer<N>,
    ) -> Option<()> {
        let volume = self.volume_m3[element];
        let mut mean = [0.0; 3];
        let mut mean_gradient = [[0.0; 3]; N];
        if self.mean_dilatation {
            let mut theta = 0.0;
            for q in 0..self.point_count {
                let point = &self.points[element * self.point_count + q];
                let d = law.dilatation(&self.gradient(element, q, u));
                theta += point.weight_m3 * d.value;
                if want >= Want::Tangent {
                    for (sum, g) in mean_gradient.iter_mut().zip(&point.gradient) {
                        add_stress(sum, point.weight_m3, &d.first, g);
                    }
                }
            }
            mean = law.volume(theta / volume)?;
            out.energy_j += volume * mean[0];
        }
        for q in 0..self.point_count {
            let index = element * self.point_count + q;
            let point = &self.points[index];
            let f = self.gradient(element, q, u);
            let j = det(&f);
            out.det = [out.det[0].min(j), out.det[1].max(j)];
            let mut shear = law.shear(&f, fibres, want >= Want::Tangent)?;
            if let Some(past) = past {
                add_past(&mut shear, &f, past.factor, &past.stress_pa[index], want >= Want::Tangent);
            }
            out.energy_j += point.weight_m3 * shear.energy;
            let theta = law.dilatation(&f);
            let pressure = if self.mean_dilatation {
                mean
            } else {
                let at = law.volume(theta.value)?;
                out.energy_j += point.weight_m3 * at[0];
                at
            };
            if want == Want::Energy {
                continue;
            }
            add_scaled(&mut shear.stress, pressure[1], &theta.first);
            for (force, g) in out.force.iter_mut().zip(&point.gradient) {
                add_stress(force, point.weight_m3, &shear.stress, g);
            }
            if want >= Want::Tangent {
                law.add_dilatation_second(&mut shear.tangent, pressure[1], &f);
                if !self.mean_dilatation {
                    add_outer(&mut shear.tangent, pressure[2], &theta.first, &theta.first);
                }
                if want == Want::PositiveTangent {
                    shear.tangent = positive_part(&shear.tangent);
                }
                add_tangent(&mut out.matrix, point.weight_m3, &shear.tangent, &point.gradient);
            }
        }
        if self.mean_dilatation && want >= Want::Tangent {
            let bulk = if want == Want::PositiveTangent { mean[2].max(0.0) } else { mean[2] } / volume;
            for a in 0..N {
                for b in a..N {
                    for i in 0..3 {
                        for k in 0..3 {
                            out.matrix[a][b][3 * i + k] += bulk * mean_gradient[a][i] * mean_gradient[b][k];
                        }
                    }
                }
            }
        }
        if want >= Want::Tangent {
            for a in 0..N {
                for b in 0..a {
                    let m = out.matrix[b][a];
                    out.matrix[a][b] = [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
                }
            }
        }
        Some(())
    }
}

/// v ← v + s · p g.
#[inline]
fn add_stress(v: &mut [f64; 3], s: f64, p: &M3, g: &[f64; 3]) {
    for i in 0..3 {
        v[i] += s * (p[i][0] * g[0] + p[i][1] * g[1] + p[i][2] * g[2]);
    }
}

/// Add s · Bᵀ T B to the blocks on and above the diagonal.
#[inline]
fn add_tangent<const N: usize>(matrix: &mut [[[f64; 9]; N]; N], s: f64, t: &[[f64; 9]; 9], g: &[[f64; 3]; N]) {
    for b in 0..N {
        // Tangent contracted with ∇N_b on its second pair: [i j][k].
        let mut half = [[0.0; 3]; 9];
        for (half, row) in half.iter_mut().zip(t) {
            for k in 0..3 {
                half[k] = s * (row[3 * k] * g[b][0] + row[3 * k + 1] * g[b][1] + row[3 * k + 2] * g[b][2]);
            }
        }
        for a in 0..=b {
            let block = &mut matrix[a][b];
            for i in 0..3 {
                for k in 0..3 {
                    block[3 * i + k] += g[a][0] * half[3 * i][k] + g[a][1] * half[3 * i + 1][k] + g[a][2] * half[3 * i + 2][k];
                }
            }
        }
    }
}
