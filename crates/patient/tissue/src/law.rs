//! The indentation law of the tissue: force, stored energy and inverse.

use crate::NeedleTissueSpec;

/// F(u) = a u + b u|u|.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Law {
    /// Linear stiffness [N/m], > 0.
    pub a: f64,
    /// Quadratic stiffness [N/m²], ≥ 0.
    pub b: f64,
}

impl Law {
    pub(crate) fn new(spec: &NeedleTissueSpec) -> Self {
        Self { a: spec.stiffness_n_per_m, b: spec.stiffness_n_per_m2 }
    }

    /// Force [N] at the indentation u [m].
    pub(crate) fn force(&self, u: f64) -> f64 {
        u * (self.a + self.b * u.abs())
    }

    /// dF/du [N/m].
    pub(crate) fn slope(&self, u: f64) -> f64 {
        self.a + 2.0 * self.b * u.abs()
    }

    /// Stored energy [J].
    pub(crate) fn energy(&self, u: f64) -> f64 {
        u * u * (0.5 * self.a + self.b * u.abs() / 3.0)
    }

    /// Indentation at which a u + b u|u| + `extra` u = `force`: the law beside a linear spring.
    pub(crate) fn inverse(&self, force: f64, extra: f64) -> f64 {
        let a = self.a + extra;
        2.0 * force / (a + (a * a + 4.0 * self.b * force.abs()).sqrt())
    }

    /// ∫ F dx along a path on which u goes from `u0` to `u1` and dx = (1 + F'(u)/k) du: the tissue beside a spring k in
    /// series, or, with k = ∞, alone. By Simpson's rule, which is exact for this integrand on either side of u = 0.
    pub(crate) fn work(&self, u0: f64, u1: f64, k: f64) -> f64 {
        if u0 * u1 < 0.0 {
            return self.work(u0, 0.0, k) + self.work(0.0, u1, k);
        }
        let rate = |u: f64| self.force(u) * (1.0 + self.slope(u) / k);
        (u1 - u0) / 6.0 * (rate(u0) + 4.0 * rate(0.5 * (u0 + u1)) + rate(u1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invert the law on both sides of zero, with and without the extra spring.
    #[test]
    fn inverse_undoes_force() {
        let law = Law { a: 100.0, b: 3e4 };
        for u in [-8e-3, -1e-4, 0.0, 2e-3, 1e-2] {
            for extra in [0.0, 300.0] {
                assert!((law.inverse(law.force(u) + extra * u, extra) - u).abs() < 1e-15);
            }
        }
    }

    /// Find the work of a closed elastic path equal to the change of stored energy.
    #[test]
    fn work_is_the_change_of_energy() {
        let law = Law { a: 100.0, b: 3e4 };
        for (u0, u1) in [(0.0, 5e-3), (-2e-3, 4e-3), (7e-3, -1e-3)] {
            let work = law.work(u0, u1, f64::INFINITY);
            assert!((work - (law.energy(u1) - law.energy(u0))).abs() < 1e-16);
        }
    }
}
