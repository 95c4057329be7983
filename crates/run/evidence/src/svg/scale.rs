//! Ranges of axes and where their ticks stand.

use proband_core::ops;

/// A range of values laid over a range of pixels, with round ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// Distance of the ticks.
    pub step: f64,
}

impl Scale {
    /// Exactly from `min` to `max`, with about `ticks` ticks. A bad or empty range becomes 0 to 1.
    pub fn exact(min: f64, max: f64, ticks: u32) -> Self {
        let sane = min.is_finite() && max.is_finite() && max > min && max - min < 1e300;
        let (min, max) = if sane { (min, max) } else { (0.0, 1.0) };
        Self { min, max, step: round_step((max - min) / f64::from(ticks.max(1))) }
    }

    /// Around the finite values, widened to whole ticks; `with` must be inside.
    pub fn around(values: impl Iterator<Item = f64>, with: &[f64], ticks: u32) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.chain(with.iter().copied()).filter(|v| v.is_finite() && v.abs() < 1e200) {
            low = low.min(v);
            high = high.max(v);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-9 * high.abs().max(low.abs()).max(1e-9) {
            let margin = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
            (low, high) = (low - margin, high + margin);
        }
        let step = round_step((high - low) / f64::from(ticks.max(1)));
        Self { min: (low / step + 1e-9).floor() * step, max: (high / step - 1e-9).ceil() * step, step }
    }

    /// From zero for whole numbers up to `max`: no tick lies between two of them.
    pub fn counts(max: f64) -> Self {
        let step = Self::around([max].into_iter(), &[0.0, 1.0], 4).step.ceil();
        Self { min: 0.0, max: (max / step).ceil().max(1.0) * step, step }
    }

    /// Ticks inside the range, at most a hundred.
    pub fn ticks(&self) -> Vec<f64> {
        let first = (self.min / self.step - 1e-6).ceil();
        (0..100).map(|i| (first + f64::from(i)) * self.step).take_while(|t| *t <= self.max + 1e-6 * self.step).collect()
    }

    /// Decimals that tell two ticks apart.
    pub fn decimals(&self) -> i32 {
        (0..9)
            .find(|d| {
                let scaled = self.step * ops::powf(10.0, f64::from(*d));
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            })
            .unwrap_or(9)
    }

    /// Where a value lies, 0 at `min`, 1 at `max`.
    pub fn fraction(&self, value: f64) -> f64 {
        (value - self.min) / (self.max - self.min)
    }
}

/// The nearest of 1, 2, 2.5 and 5 times a power of ten, upwards.
fn round_step(raw: f64) -> f64 {
    if !(raw > 0.0 && raw.is_finite()) {
        return 1.0;
    }
    let power = ops::powf(10.0, ops::log10(raw).floor());
    let wanted = raw / power;
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|n| wanted <= n * 1.000_001).unwrap_or(10.0);
    nice * power
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put ticks on round numbers that cover the data.
    #[test]
    fn ticks_are_round() {
        let scale = Scale::around([0.3, 97.0].into_iter(), &[0.0], 5);
        assert_eq!(scale.ticks(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(Scale::around([0.013, 0.021].into_iter(), &[], 4).decimals(), 3);
        assert_eq!(Scale::counts(9.0).ticks(), [0.0, 3.0, 6.0, 9.0]);
        assert_eq!(Scale::counts(1.0).ticks(), [0.0, 1.0]);
    }

    /// Make a scale of nothing, of one value and of nonsense.
    #[test]
    fn odd_data_make_a_scale() {
        for values in [vec![], vec![f64::NAN], vec![5.0], vec![0.0, 0.0], vec![f64::INFINITY, 1.0], vec![-1e-300, 1e-300]] {
            let scale = Scale::around(values.iter().copied(), &[], 5);
            assert!(scale.max > scale.min && scale.step > 0.0 && !scale.ticks().is_empty(), "{values:?} {scale:?}");
        }
        assert!(Scale::exact(f64::NAN, 3.0, 4).max > 0.0);
    }
}
