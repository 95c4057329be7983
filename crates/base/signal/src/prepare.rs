//! Lost samples, flat lines, rails, order statistics.

/// Samples `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// First.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

impl Part {
    /// Samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.to - self.from
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to == self.from
    }
}

/// The signal with straight lines over what is lost; `None` when nothing is there.
pub(crate) fn filled(samples: &[f64]) -> Option<Vec<f64>> {
    let first = samples.iter().position(|x| x.is_finite())?;
    let mut out = samples.to_vec();
    out[..first].fill(samples[first]);
    let mut last = first;
    for i in first + 1..out.len() {
        if out[i].is_finite() {
            let (from, to, span) = (out[last], out[i], (i - last) as f64);
            for (step, x) in out[last + 1..i].iter_mut().enumerate() {
                *x = from + (to - from) * (step + 1) as f64 / span;
            }
            last = i;
        }
    }
    let end = out[last];
    out[last + 1..].fill(end);
    Some(out)
}

/// Value below which a fraction of the finite samples lies; NaN when there is none.
#[must_use]
pub fn quantile(samples: &[f64], fraction: f64) -> f64 {
    let mut finite: Vec<f64> = samples.iter().copied().filter(|x| x.is_finite()).collect();
    if finite.is_empty() {
        return f64::NAN;
    }
    let at = ((finite.len() - 1) as f64 * fraction.clamp(0.0, 1.0)).round() as usize;
    *finite.select_nth_unstable_by(at, f64::total_cmp).1
}

/// Middle of the finite samples.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// Parts of at least `least` equal samples.
#[must_use]
pub fn flat_parts(samples: &[f64], least: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    for i in 1..=samples.len() {
        if i == samples.len() || samples[i] != samples[from] {
            if i - from >= least.max(2) && !samples[from].is_nan() {
                parts.push(Part { from, to: i });
            }
            from = i;
        }
    }
    parts
}

/// Parts of at least `least` samples at the largest or the smallest value of the signal.
#[must_use]
pub fn saturated_parts(samples: &[f64], least: usize) -> Vec<Part> {
    let (min, max) = samples.iter().filter(|x| x.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    if min >= max {
        return Vec::new();
    }
    let mut parts = flat_parts(samples, least);
    parts.retain(|part| samples[part.from] == min || samples[part.from] == max);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw lines over lost samples and hold the ends.
    #[test]
    fn lost_samples_are_filled() {
        let n = f64::NAN;
        assert_eq!(filled(&[n, 1.0, n, n, 4.0, n]).unwrap(), [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
        assert!(filled(&[n, n]).is_none() && filled(&[]).is_none());
    }

    /// Find flat parts and rails.
    #[test]
    fn parts_are_found() {
        let x = [0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, -1.0, -1.0, -1.0];
        assert_eq!(flat_parts(&x, 3).len(), 3);
        assert_eq!(saturated_parts(&x, 3), [Part { from: 1, to: 4 }, Part { from: 7, to: 10 }]);
        assert!((quantile(&x, 0.0) + 1.0).abs() < 1e-12 && quantile(&[], 0.5).is_nan());
    }
}
