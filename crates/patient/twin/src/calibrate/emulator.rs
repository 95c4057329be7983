//! A quadratic picture of what the whole patient shows at rest, near a point: microseconds instead of milliseconds.

use nalgebra::{DMatrix, DVector};
use proband_core::ops;

use super::factor::FACTOR_COUNT;

/// Outputs.
pub(crate) const OUTPUTS: usize = 12;
/// Terms of a quadratic form: 1, x, x x'.
const TERMS: usize = 1 + FACTOR_COUNT + FACTOR_COUNT * (FACTOR_COUNT + 1) / 2;
/// Runs that are needed at least: the terms and half as many again.
pub(crate) const RUNS_MIN: usize = TERMS + TERMS / 2;

/// Quadratic forms in coordinates about a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Emulator {
    /// Shape [output][term].
    coefficients: Vec<[f64; TERMS]>,
    /// Whether the form is of the logarithm: what is positive is mostly a product of powers of the factors.
    logarithmic: [bool; OUTPUTS],
    /// Root mean square error per output on runs that were kept out of the fit.
    pub(crate) error: [f64; OUTPUTS],
}

/// 1, x, x x'.
pub(crate) fn terms(x: &[f64; FACTOR_COUNT]) -> [f64; TERMS] {
    let mut out = [1.0; TERMS];
    let mut at = 1;
    for one in x {
        out[at] = *one;
        at += 1;
    }
    for (i, one) in x.iter().enumerate() {
        for other in &x[i..] {
            out[at] = one * other;
            at += 1;
        }
    }
    out
}

impl Emulator {
    /// Fit to runs; every sixth is kept out and gives the error. Nothing when there are too few.
    pub(crate) fn fit(runs: &[([f64; FACTOR_COUNT], [f64; OUTPUTS])]) -> Option<Self> {
        let (train, test): (Vec<_>, Vec<_>) = runs.iter().enumerate().partition(|(i, _)| i % 6 != 5);
        if train.len() < RUNS_MIN || test.is_empty() {
            return None;
        }
        let design = DMatrix::from_row_iterator(train.len(), TERMS, train.iter().flat_map(|(_, (x, _))| terms(x)));
        let qr = design.clone().qr();
        let r = qr.r();
        let mut coefficients = Vec::with_capacity(OUTPUTS);
        let logarithmic = std::array::from_fn(|i| runs.iter().all(|(_, y)| y[i] > 1e-3));
        for output in 0..OUTPUTS {
            let y = DVector::from_iterator(
                train.len(),
                train.iter().map(|(_, (_, y))| if logarithmic[output] { ops::ln(y[output]) } else { y[output] }),
            );
            let solved = r.solve_upper_triangular(&(qr.q().transpose() * y))?;
            let mut row = [0.0; TERMS];
            row.iter_mut().zip(solved.iter()).for_each(|(to, from)| *to = *from);
            coefficients.push(row);
        }
        let mut emulator = Self { coefficients, logarithmic, error: [0.0; OUTPUTS] };
        let mut squares = [0.0; OUTPUTS];
        for (_, (x, y)) in &test {
            for ((sum, seen), truth) in squares.iter_mut().zip(emulator.at(x)).zip(y) {
                *sum += (seen - truth) * (seen - truth) / test.len() as f64;
            }
        }
        emulator.error = squares.map(f64::sqrt);
        emulator.error.iter().all(|e| e.is_finite()).then_some(emulator)
    }

    /// Every output.
    pub(crate) fn at(&self, x: &[f64; FACTOR_COUNT]) -> [f64; OUTPUTS] {
        std::array::from_fn(|i| self.one(i, &terms(x)))
    }

    /// One output from [`terms`].
    pub(crate) fn one(&self, output: usize, terms: &[f64; TERMS]) -> f64 {
        let value = self.coefficients[output].iter().zip(terms).map(|(c, t)| c * t).sum();
        if self.logarithmic[output] { ops::exp(value) } else { value }
    }
}

#[cfg(test)]
mod tests {
    use proband_core::Stream;

    use super::*;

    /// Find a quadratic law exactly and say how wrong a cubic one is.
    #[test]
    fn a_quadratic_law_is_found() {
        let mut stream = Stream::new(1, 0, "emulator");
        let law = |x: &[f64; FACTOR_COUNT], cubic: f64| 3.0 + x[0] - 2.0 * x[3] * x[7] + 0.5 * x[1] * x[1] + cubic * x[2] * x[2] * x[2];
        let runs: Vec<_> = (0..150)
            .map(|_| {
                let x: [f64; FACTOR_COUNT] = std::array::from_fn(|_| stream.normal());
                let mut y = [0.0; OUTPUTS];
                (y[0], y[1]) = (law(&x, 0.0), law(&x, 0.1));
                (x, y)
            })
            .collect();
        let emulator = Emulator::fit(&runs).unwrap();
        assert!(emulator.error[0] < 1e-9 && emulator.error[1] > 0.02, "{:?}", emulator.error);
        assert!(Emulator::fit(&runs[..40]).is_none());
    }
}
