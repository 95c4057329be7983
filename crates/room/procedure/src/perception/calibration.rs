//! From a detector's own score to the frequency with which such scores are right.

use serde::{Deserialize, Serialize};

/// A rising line through knots, fitted by pooling neighbours (Ayer et al. 1955, Ann Math Stat 26:641).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// (score, frequency), both rising.
    knots: Vec<(f64, f64)>,
}

/// Most knots.
const KNOT_COUNT_MAX: usize = 64;

impl Calibration {
    /// From knots as a line of text: `score:frequency score:frequency …`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut knots: Vec<(f64, f64)> = Vec::new();
        for word in text.split_whitespace() {
            let (score, frequency) = word.split_once(':').ok_or_else(|| format!("\"{word}\" is no knot"))?;
            let number = |t: &str| t.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| format!("\"{t}\" is no number"));
            let knot = (number(score)?, number(frequency)?);
            let rises = knots.last().is_none_or(|last| last.0 < knot.0 && last.1 <= knot.1);
            if !rises || !(0.0..=1.0).contains(&knot.1) || knots.len() == KNOT_COUNT_MAX {
                return Err(format!("knot \"{word}\": scores must rise, frequencies rise from 0 to 1, at most {KNOT_COUNT_MAX} knots"));
            }
            knots.push(knot);
        }
        if knots.is_empty() { Err("no knot".into()) } else { Ok(Self { knots }) }
    }

    /// As a line of text that [`Calibration::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.knots.iter().map(|(s, f)| format!("{s:.4}:{f:.4}")).collect::<Vec<_>>().join(" ")
    }

    /// Fit to (score, whether it was right) in up to `bin_count` bins of equal size.
    ///
    /// Each bin's frequency is (right + ½)/(count + 1), so that no finite number of cases makes certainty; bins that fall are
    /// pooled. Between the middles of bins the frequency is a straight line, so a jump comes out as a slope. `None` without cases.
    #[must_use]
    pub fn fit(cases: &[(f64, bool)], bin_count: usize) -> Option<Self> {
        let mut sorted: Vec<(f64, bool)> = cases.iter().copied().filter(|c| c.0.is_finite()).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let size = sorted.len().div_ceil(bin_count.clamp(1, KNOT_COUNT_MAX)).max(1);
        // (sum of scores, right, count)
        let mut pools: Vec<(f64, f64, f64)> = Vec::new();
        for bin in sorted.chunks(size) {
            let right = bin.iter().filter(|c| c.1).count() as f64;
            pools.push((bin.iter().map(|c| c.0).sum(), right, bin.len() as f64));
            let frequency = |p: &(f64, f64, f64)| (p.1 + 0.5) / (p.2 + 1.0);
            while let [.., before, last] = pools.as_slice() {
                let same_score = last.0 / last.2 - before.0 / before.2 < 1e-6;
                if frequency(before) < frequency(last) && !same_score {
                    break;
                }
                let joined = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
                pools.truncate(pools.len() - 2);
                pools.push(joined);
            }
        }
        let round = |v: f64| (v * 1e4).round() / 1e4;
        let mut knots: Vec<(f64, f64)> = Vec::new();
        for (sum, right, count) in pools {
            let knot = (round(sum / count), round((right + 0.5) / (count + 1.0)));
            if knots.last().is_none_or(|last| last.0 < knot.0 && last.1 <= knot.1) {
                knots.push(knot);
            }
        }
        if knots.is_empty() { None } else { Some(Self { knots }) }
    }

    /// Frequency at a score: linear between knots, level beyond them. A score that is no number gives the lowest.
    #[must_use]
    pub fn at(&self, score: f64) -> f64 {
        interpolate(&self.knots, score)
    }
}

/// Linear between rising knots, level beyond them; the first knot's value for what is no number.
pub(super) fn interpolate(knots: &[(f64, f64)], score: f64) -> f64 {
    let above = knots.partition_point(|k| k.0 <= score);
    match (above.checked_sub(1).map(|i| knots[i]), knots.get(above)) {
        (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (score - a.0) / (b.0 - a.0),
        (Some(last), None) => last.1,
        (None, Some(first)) => first.1,
        (None, None) => 0.0,
    }
}

/// How far stated probabilities lie from frequencies: mean over ten bins of equal width of |stated − found|, by cases
/// (expected calibration error; Naeini et al. 2015, AAAI). NaN without cases.
#[must_use]
pub fn calibration_error(cases: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (stated, right) in cases {
        let bin = &mut bins[((stated * 10.0) as usize).min(9)];
        *bin = (bin.0 + stated, bin.1 + f64::from(u8::from(*right)), bin.2 + 1.0);
    }
    let total: f64 = bins.iter().map(|b| b.2).sum();
    bins.iter().map(|b| (b.0 - b.1).abs()).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Turn a score that overstates into its frequency.
    #[test]
    fn overstating_is_mended() {
        // Right in six tenths as many cases as stated, spread evenly.
        let case = |i: u32| (f64::from(i) / 2_000.0, f64::from(i * 617 % 1_000) / 1_000.0 < 0.6 * f64::from(i) / 2_000.0);
        let cases: Vec<(f64, bool)> = (0..2_000).map(case).collect();
        let fit = Calibration::fit(&cases, 10).unwrap();
        assert!((fit.at(0.3) - 0.18).abs() < 0.03 && (fit.at(0.8) - 0.48).abs() < 0.03, "{fit:?}");
        assert!(calibration_error(&cases) > 0.15);
        let mended: Vec<(f64, bool)> = cases.iter().map(|c| (fit.at(c.0), c.1)).collect();
        assert!(calibration_error(&mended) < 0.03, "{}", calibration_error(&mended));
        assert_eq!(Calibration::parse(&fit.to_text()).unwrap(), fit);
        assert!(Calibration::fit(&[], 10).is_none());
    }

    proptest! {
        /// Rise with the score and stay within 0 and 1 for any cases; take any text without harm.
        #[test]
        fn it_rises(cases in prop::collection::vec((-2.0..3.0f64, any::<bool>()), 1..200), a in -3.0..4.0f64, b in -3.0..4.0f64, text in ".{0,60}") {
            let fit = Calibration::fit(&cases, 10).unwrap();
            let (low, high) = (fit.at(a.min(b)), fit.at(a.max(b)));
            prop_assert!(0.0 <= low && low <= high && high <= 1.0);
            prop_assert!(Calibration::parse(&fit.to_text()).is_ok());
            let _ = Calibration::parse(&text);
        }
    }
}
