//! Extrema over sliding windows in one pass.

/// Extremum over `[i + low, i + high]` clipped to the values, for every i; `empty` where nothing is left.
///
/// `first(a, b)` says whether a is at least as extreme as b. Each value enters and leaves a queue once.
///
/// # Source
/// Lemire 2006, Nord J Comput 13:328–339.
#[inline]
fn ahead(values: &[f64], low: usize, high: Option<usize>, empty: f64, first: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let n = values.len();
    let mut out = vec![empty; n];
    if low >= n {
        return out;
    }
    match high {
        Some(high) if high - low < n => queued(values, low, high, &mut out, first),
        _ => {
            // The window always reaches the end: running extremum from behind.
            let mut best = empty;
            for i in (0..n - low).rev() {
                let value = values[i + low];
                best = if first(value, best) { value } else { best };
                out[i] = best;
            }
        }
    }
    out
}

fn queued(values: &[f64], low: usize, high: usize, out: &mut [f64], first: impl Fn(f64, f64) -> bool) {
    let n = values.len();
    let width = high - low + 1;
    // Backwards, so that the window of i is entered at its near end and left at its far end. The queue lives in a ring.
    let size = (width + 1).next_power_of_two();
    let mask = size - 1;
    let mut ring: Vec<(f64, usize)> = vec![(0.0, 0); size];
    let (mut head, mut tail) = (0_usize, 0_usize);
    for i in (0..n - low).rev() {
        let place = i + low;
        let value = values[place];
        while tail != head && first(value, ring[tail.wrapping_sub(1) & mask].0) {
            tail = tail.wrapping_sub(1);
        }
        ring[tail & mask] = (value, place);
        tail = tail.wrapping_add(1);
        if ring[head & mask].1 >= place + width {
            head = head.wrapping_add(1);
        }
        out[i] = ring[head & mask].0;
    }
}

/// Least value over the window ahead; +∞ over nothing.
pub(super) fn least_ahead(values: &[f64], low: usize, high: Option<usize>) -> Vec<f64> {
    ahead(values, low, high, f64::INFINITY, |a, b| a <= b)
}

/// Greatest value over the window ahead; −∞ over nothing.
pub(super) fn greatest_ahead(values: &[f64], low: usize, high: Option<usize>) -> Vec<f64> {
    ahead(values, low, high, f64::NEG_INFINITY, |a, b| a >= b)
}

/// Extremum over the window behind: the same on the reversed values.
pub(super) fn behind(values: &[f64], low: usize, high: Option<usize>, extremum: fn(&[f64], usize, Option<usize>) -> Vec<f64>) -> Vec<f64> {
    let reversed: Vec<f64> = values.iter().rev().copied().collect();
    let mut out = extremum(&reversed, low, high);
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Agree with looking at every value of every window.
        #[test]
        fn windows_agree_with_brute_force(values in proptest::collection::vec(-5_i32..6, 1..40), low in 0_usize..45, width in 0_usize..45, open in proptest::bool::ANY) {
            let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            let high = if open { None } else { Some(low + width) };
            let n = values.len();
            let (least, greatest) = (least_ahead(&values, low, high), greatest_ahead(&values, low, high));
            let past = behind(&values, low, high, least_ahead);
            for i in 0..n {
                let end = high.map_or(n, |h| (i + h + 1).min(n));
                let inside = if i + low < end { &values[i + low..end] } else { &[] };
                prop_assert_eq!(least[i], inside.iter().copied().fold(f64::INFINITY, f64::min));
                prop_assert_eq!(greatest[i], inside.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                let start = high.map_or(0, |h| i.saturating_sub(h));
                let inside = if low <= i { &values[start..=i - low] } else { &[] };
                prop_assert_eq!(past[i], inside.iter().copied().fold(f64::INFINITY, f64::min));
            }
        }
    }
}
