//! Area of a vein against the pressure across its wall.

use serde::{Deserialize, Serialize};

use proband_core::ops;

/// P − P_outside = K (αᵐ − αⁿ), α = A/A₀ with A₀ the area without a pressure across the wall, m > 0 > n.
///
/// # Source
/// Form: Shapiro 1977 (J Biomech Eng 99:126) as used for veins in one-dimensional circulation models. m, n and K of
/// arm veins: see [`crate::VenousSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TubeLaw {
    /// K [Pa], > 0.
    pub stiffness_pa: f64,
    /// m, > 0.
    pub exponent_distended: f64,
    /// n, < 0.
    pub exponent_collapsed: f64,
}

impl TubeLaw {
    /// The law with the exponents m and n whose area grows by `growth` [1] from the pressure `low_pa` to `high_pa` [Pa].
    ///
    /// With α the area ratio at the lower pressure and ρ the ratio of the pressures, α^(m−n) = (ρ − growthⁿ)/(ρ − growthᵐ).
    /// Nothing when no such law exists: the growth must stay below ρ^(1/m).
    #[must_use]
    pub fn through(low_pa: f64, high_pa: f64, growth: f64, m: f64, n: f64) -> Option<Self> {
        let rho = high_pa / low_pa;
        let (up, down) = (rho - ops::powf(growth, n), rho - ops::powf(growth, m));
        if !(low_pa > 0.0 && high_pa > low_pa && growth > 1.0 && m > 0.0 && n < 0.0 && up > 0.0 && down > 0.0) {
            return None;
        }
        let area = ops::powf(up / down, 1.0 / (m - n));
        let stiffness_pa = low_pa / (ops::powf(area, m) - ops::powf(area, n));
        (stiffness_pa.is_finite() && stiffness_pa > 0.0).then_some(Self { stiffness_pa, exponent_distended: m, exponent_collapsed: n })
    }

    /// Pressure across the wall [Pa] at the area ratio α > 0.
    #[must_use]
    pub fn pressure_pa(&self, area_ratio: f64) -> f64 {
        let ln = ops::ln(area_ratio);
        self.stiffness_pa * (ops::exp(self.exponent_distended * ln) - ops::exp(self.exponent_collapsed * ln))
    }

    /// dP/dα [Pa] at the area ratio α > 0.
    #[must_use]
    pub fn slope_pa(&self, area_ratio: f64) -> f64 {
        let (m, n) = (self.exponent_distended, self.exponent_collapsed);
        let ln = ops::ln(area_ratio);
        self.stiffness_pa * (m * ops::exp(m * ln) - n * ops::exp(n * ln)) / area_ratio
    }

    /// Area ratio α at a pressure across the wall [Pa], by Newton's method in ln α from the ratio `guess`, within the
    /// bracket that the leading term gives. Pressures beyond ±10⁹ K are taken as that; one that is not finite as 0.
    ///
    /// # Error
    /// Relative error of α below 1e-10 (tested for 0.05 ≤ α ≤ 2.5 and m up to 20).
    #[must_use]
    pub fn area_ratio(&self, pressure_pa: f64, guess: f64) -> f64 {
        let (m, n) = (self.exponent_distended, self.exponent_collapsed);
        let target = pressure_pa / self.stiffness_pa;
        let target = if target.is_nan() { 0.0 } else { target.clamp(-1e9, 1e9) };
        // With αᵐ = P/K + αⁿ and 0 < αⁿ < 1 above α = 1, and the other way round below.
        let exponent = if target >= 0.0 { m } else { n };
        let near = ops::ln(target.abs().max(1.0)) / exponent;
        let far = ops::ln(target.abs() + 1.0) / exponent;
        let (low, high) = (near.min(far), near.max(far));
        let mut y = if guess.is_finite() && guess > 0.0 { ops::ln(guess).clamp(low, high) } else { far };
        for _ in 0..60 {
            let (up, down) = (ops::exp(m * y), ops::exp(n * y));
            let next = (y - (up - down - target) / (m * up - n * down)).clamp(low, high);
            let step = (next - y).abs();
            y = next;
            if step < 1e-13 {
                break;
            }
        }
        ops::exp(y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follow the printed values of the vein's law with K = 1, m = 10, n = −1.5, and invert them.
    #[test]
    fn law_follows_the_printed_values() {
        let law = TubeLaw { stiffness_pa: 1.0, exponent_distended: 10.0, exponent_collapsed: -1.5 };
        for (area, pressure) in [(0.3, -6.0858), (0.5, -2.82745), (0.8, -1.29017), (1.0, 0.0), (1.05, 0.69947), (1.1, 1.72696)] {
            assert!((law.pressure_pa(area) - pressure).abs() < 6e-5, "{area}: {}", law.pressure_pa(area));
            assert!((law.area_ratio(law.pressure_pa(area), 1.0) / area - 1.0).abs() < 1e-12);
        }
    }

    /// Find the law through two areas.
    #[test]
    fn through_two_areas() {
        let law = TubeLaw::through(800.0, 3200.0, 10.7 / 8.2, 4.0, -1.5).unwrap();
        let growth = law.area_ratio(3200.0, 1.0) / law.area_ratio(800.0, 1.0);
        assert!((growth - 10.7 / 8.2).abs() < 1e-12);
        assert!(TubeLaw::through(800.0, 1600.0, 2.0, 4.0, -1.5).is_none());
    }

    /// Invert the law from bad guesses far away.
    #[test]
    fn inverse_converges_from_afar() {
        let law = TubeLaw { stiffness_pa: 350.0, exponent_distended: 4.0, exponent_collapsed: -1.5 };
        for area in [0.01, 0.1, 0.9, 0.999, 1.0, 1.3, 2.5, 10.0] {
            for guess in [1e-3, 1.0, 50.0, f64::NAN, -1.0] {
                assert!((law.area_ratio(law.pressure_pa(area), guess) / area - 1.0).abs() < 1e-11);
            }
        }
    }
}
