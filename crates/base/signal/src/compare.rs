//! Detections against a reference.

/// What a comparison counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Reference marks that were found.
    pub found: usize,
    /// Reference marks that were not.
    pub missed: usize,
    /// Detections without a mark.
    pub extra: usize,
}

impl Score {
    /// Part of the marks that was found; NaN without marks.
    #[must_use]
    pub fn sensitivity(&self) -> f64 {
        self.found as f64 / (self.found + self.missed) as f64
    }

    /// Part of the detections that is right; NaN without detections.
    #[must_use]
    pub fn predictive_value(&self) -> f64 {
        self.found as f64 / (self.found + self.extra) as f64
    }
}

/// Pair detections with marks that lie at most `window` apart, each at most once, both in order of time.
///
/// # Source
/// ANSI/AAMI EC57: beat by beat, window 150 ms for an ECG.
#[must_use]
pub fn score(marks: &[f64], detections: &[f64], window: f64) -> Score {
    let (mut i, mut j, mut found) = (0, 0, 0);
    while i < marks.len() && j < detections.len() {
        let apart = detections[j] - marks[i];
        if apart.abs() <= window {
            // The next mark may lie nearer to this detection.
            let nearer = marks.get(i + 1).is_some_and(|next| (detections[j] - next).abs() < apart.abs());
            if nearer && detections.get(j + 1).is_none_or(|next| (next - marks[i + 1]).abs() > window) {
                i += 1;
                continue;
            }
            found += 1;
            i += 1;
            j += 1;
        } else if apart < 0.0 {
            j += 1;
        } else {
            i += 1;
        }
    }
    Score { found, missed: marks.len() - found, extra: detections.len() - found }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Count pairs, misses and extras.
    #[test]
    fn pairs_are_counted() {
        let s = score(&[1.0, 2.0, 3.0, 4.0], &[1.1, 2.6, 2.95, 5.0], 0.15);
        assert_eq!((s.found, s.missed, s.extra), (2, 2, 2));
        assert!((s.sensitivity() - 0.5).abs() < 1e-12 && (s.predictive_value() - 0.5).abs() < 1e-12);
    }
}
