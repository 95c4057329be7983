//! How far a computed number is from that of an endlessly fine step: observed order, extrapolation, grid convergence index.

use proband_core::ops;
use serde::{Deserialize, Serialize};

/// What three steps say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refinement {
    /// Observed order of the error in the step.
    pub order: f64,
    /// Value at an endlessly fine step [unit of the values].
    pub extrapolated: f64,
    /// Grid convergence index of the finest step, relative [1]: 1.25 times the estimated error.
    pub index: f64,
    /// Whether the values come nearer from one side; otherwise they swing.
    pub monotone: bool,
}

/// Factor of safety for three steps.
const SAFETY: f64 = 1.25;
/// Steps of the iteration for the order.
const ITERATIONS_MAX: u32 = 200;
/// Orders beyond this are noise, not an order.
const ORDER_MAX: f64 = 20.0;

/// Observed order and grid convergence index from the values at three steps, finest first. `None` when they do not say: a
/// step that does not grow by a tenth, values that are equal, not finite or do not come nearer.
///
/// # Source
/// Roache 1994, J Fluids Eng 116:405; the procedure of Celik et al. 2008, J Fluids Eng 130:078001.
#[must_use]
pub fn refinement(steps: [f64; 3], values: [f64; 3]) -> Option<Refinement> {
    let all = steps.iter().chain(&values).all(|v| v.is_finite());
    if !(all && steps[0] > 0.0 && steps[1] >= 1.1 * steps[0] && steps[2] >= 1.1 * steps[1]) {
        return None;
    }
    let (r21, r32) = (steps[1] / steps[0], steps[2] / steps[1]);
    let (e21, e32) = (values[1] - values[0], values[2] - values[1]);
    let ratio = e32 / e21;
    if !(ratio.is_finite() && ratio != 0.0) || values[0] == 0.0 {
        return None;
    }
    let sign = ratio.signum();
    let mut order: f64 = (ops::ln(ratio.abs()) / ops::ln(r21)).abs();
    for _ in 0..ITERATIONS_MAX {
        let q = ops::ln((ops::powf(r21, order) - sign) / (ops::powf(r32, order) - sign));
        let next = (ops::ln(ratio.abs()) + q).abs() / ops::ln(r21);
        if !next.is_finite() {
            return None;
        }
        let done = (next - order).abs() < 1e-12;
        order = next;
        if done {
            break;
        }
    }
    // Errors that grow as the step shrinks have no order.
    let nearer = e32.abs() > e21.abs();
    if !(order > 0.0 && order < ORDER_MAX && nearer) {
        return None;
    }
    let gain = ops::powf(r21, order) - 1.0;
    Some(Refinement { order, extrapolated: values[0] - e21 / gain, index: SAFETY * (e21 / values[0]).abs() / gain, monotone: sign > 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Give the printed example: order 1.53, 6.1685, 2.2 % (Celik 2008, table 1, first column).
    #[test]
    fn the_printed_example_comes_out() {
        let h = |cells: f64| (1.0 / cells).sqrt();
        let found = refinement([h(18000.0), h(8000.0), h(4500.0)], [6.063, 5.972, 5.863]).unwrap();
        assert!((found.order - 1.53).abs() < 0.01 && (found.extrapolated - 6.1685).abs() < 1e-3, "{found:?}");
        assert!((found.index - 0.022).abs() < 5e-4 && found.monotone);
        assert_eq!(refinement([1.0, 2.0, 4.0], [1.0, 1.0, 1.0]), None);
        assert_eq!(refinement([1.0, 1.0, 4.0], [1.0, 2.0, 4.0]), None);
        assert_eq!(refinement([1.0, 2.0, 4.0], [1.0, 3.0, 4.0]), None);
    }

    proptest! {
        /// Find the order and the limit of a pure power.
        #[test]
        fn powers_come_back(order in 0.5..4.0_f64, limit in 1.0..9.0_f64, size in 0.01..0.1_f64) {
            let at = |h: f64| limit + size * ops::powf(h, order);
            let found = refinement([1.0, 1.5, 3.0], [at(1.0), at(1.5), at(3.0)]).unwrap();
            prop_assert!((found.order - order).abs() < 1e-6 && (found.extrapolated - limit).abs() < 1e-6, "{found:?}");
        }
    }
}
