//! Integrals by Gauss and Legendre's rule on panels.

/// Nodes and weights of a rule on −1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussLegendre {
    /// Nodes, growing.
    pub nodes: Vec<f64>,
    /// Weights, of sum 2.
    pub weights: Vec<f64>,
}

impl GaussLegendre {
    /// The rule of `count` nodes (at least 1), exact for polynomials up to degree 2 count − 1.
    ///
    /// # Source
    /// Newton's iteration on the Legendre recurrence from Tricomi's first guess; Abramowitz & Stegun 1964, 25.4.29.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let n = count.max(1);
        let (mut nodes, mut weights) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            let mut x = -proband_core::ops::cos(std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5));
            let mut slope = 1.0;
            for _ in 0..50 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            nodes[i] = x;
            weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
        }
        Self { nodes, weights }
    }

    /// ∫ f from `low` to `high` over `panels` equal panels.
    pub fn integrate(&self, low: f64, high: f64, panels: u32, mut f: impl FnMut(f64) -> f64) -> f64 {
        let mut sum = 0.0;
        self.visit(low, high, panels, |x, w| sum += w * f(x));
        sum
    }

    /// Every node with its weight, in order.
    pub fn visit(&self, low: f64, high: f64, panels: u32, mut each: impl FnMut(f64, f64)) {
        let panels = panels.max(1);
        let half = 0.5 * (high - low) / f64::from(panels);
        for panel in 0..panels {
            let middle = low + half * (2.0 * f64::from(panel) + 1.0);
            for (x, w) in self.nodes.iter().zip(&self.weights) {
                each(middle + half * x, half * w);
            }
        }
    }
}

/// Legendre's polynomial of degree n and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::ops;

    /// Integrate polynomials of degree 2n − 1 exactly and the normal density to its cumulative value.
    #[test]
    fn rules_are_exact() {
        for n in 1..=40 {
            let rule = GaussLegendre::new(n);
            assert!((rule.weights.iter().sum::<f64>() - 2.0).abs() < 1e-13);
            let degree = (2 * n - 2) as i32;
            let found = rule.integrate(-1.0, 1.0, 1, |x| x.powi(degree));
            assert!((found - 2.0 / f64::from(degree + 1)).abs() < 1e-13, "{n} {found}");
        }
        let rule = GaussLegendre::new(16);
        let found = rule.integrate(-2.0, 1.0, 4, |x| ops::exp(-0.5 * x * x) / std::f64::consts::TAU.sqrt());
        assert!((found - (ops::normal_cdf(1.0) - ops::normal_cdf(-2.0))).abs() < 1e-14);
    }
}
