//! Robustness of a sampled trace.

use super::window::{behind, greatest_ahead, least_ahead};
use super::{Comparison, Formula, LogicError, Node, Trace};

/// Values of a node over the trace.
enum Column<'a> {
    Lent(&'a [f64]),
    Own(Vec<f64>),
    Same(f64),
    /// Taken by the one parent.
    Spent,
}

impl Column<'_> {
    fn own(self, count: usize) -> Vec<f64> {
        match self {
            Self::Lent(values) => values.to_vec(),
            Self::Own(values) => values,
            Self::Same(value) => vec![value; count],
            Self::Spent => Vec::new(),
        }
    }
}

impl Formula {
    /// Robustness ρ at every sample.
    ///
    /// # Errors
    /// [`LogicError::NoSignal`], [`LogicError::Window`]; [`LogicError::NotFinite`] when a predicate is not finite (a division by 0).
    pub fn robustness(&self, trace: &Trace<'_>) -> Result<Vec<f64>, LogicError> {
        let n = trace.count;
        let mut columns: Vec<Column<'_>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let mut take = |child: u32| std::mem::replace(&mut columns[child as usize], Column::Spent);
            let column = match *node {
                Node::Variable(number) => Column::Lent(trace.signal(&self.variables[number as usize])?),
                Node::Constant(value) => Column::Same(value),
                Node::Negative(a) | Node::Not(a) => one(take(a), |x| -x),
                Node::Absolute(a) => one(take(a), f64::abs),
                Node::Sum(a, b) => two(take(a), take(b), |x, y| x + y),
                Node::Difference(a, b) => two(take(a), take(b), |x, y| x - y),
                Node::Product(a, b) => two(take(a), take(b), |x, y| x * y),
                Node::Quotient(a, b) => two(take(a), take(b), |x, y| x / y),
                Node::Compare(comparison, a, b) => predicate(comparison, take(a), take(b))?,
                Node::And(a, b) => two(take(a), take(b), least),
                Node::Or(a, b) => two(take(a), take(b), greatest),
                Node::Implies(a, b) => two(take(a), take(b), |x, y| greatest(-x, y)),
                Node::Iff(a, b) => two(take(a), take(b), iff),
                Node::Xor(a, b) => two(take(a), take(b), |x, y| -iff(x, y)),
                Node::Rise(a) => Column::Own(edge(take(a).own(n), |now, before| least(now, -before), |first| first)),
                Node::Fall(a) => Column::Own(edge(take(a).own(n), |now, before| least(-now, before), |first| -first)),
                Node::Next(a) => Column::Own(shifted(take(a).own(n), true)),
                Node::Previous(a) => Column::Own(shifted(take(a).own(n), false)),
                Node::Always(w, _) | Node::Eventually(w, _) | Node::Historically(w, _) | Node::Once(w, _) => {
                    let (low, high) = w.samples(trace.period_s)?;
                    let child = node.children()[0].map_or(Column::Spent, take).own(n);
                    Column::Own(match node {
                        Node::Always(..) => least_ahead(&child, low, high),
                        Node::Eventually(..) => greatest_ahead(&child, low, high),
                        Node::Historically(..) => behind(&child, low, high, least_ahead),
                        _ => behind(&child, low, high, greatest_ahead),
                    })
                }
                Node::Until(w, a, b) => {
                    let (low, high) = w.samples(trace.period_s)?;
                    Column::Own(until(&take(a).own(n), &take(b).own(n), low, high, f64::NEG_INFINITY))
                }
                Node::Since(w, a, b) => {
                    let (low, high) = w.samples(trace.period_s)?;
                    let (mut first, mut second) = (take(a).own(n), take(b).own(n));
                    first.reverse();
                    second.reverse();
                    let mut out = until(&first, &second, low, high, f64::NEG_INFINITY);
                    out.reverse();
                    Column::Own(out)
                }
            };
            columns.push(column);
        }
        Ok(columns.pop().unwrap_or(Column::Spent).own(n))
    }
}

// NaN is refused before: plain comparisons are twice as fast as `f64::min`.
pub(super) fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

pub(super) fn greatest(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

pub(super) fn iff(x: f64, y: f64) -> f64 {
    least(greatest(-x, y), greatest(x, -y))
}

pub(super) fn distance(comparison: Comparison, x: f64, y: f64) -> f64 {
    match comparison {
        Comparison::AtLeast => x - y,
        Comparison::AtMost => y - x,
        Comparison::Equal => -(x - y).abs(),
        Comparison::Unequal => (x - y).abs(),
    }
}

fn one(a: Column<'_>, f: impl Fn(f64) -> f64) -> Column<'static> {
    match a {
        Column::Lent(values) => Column::Own(values.iter().map(|x| f(*x)).collect()),
        Column::Own(mut values) => {
            values.iter_mut().for_each(|x| *x = f(*x));
            Column::Own(values)
        }
        Column::Same(value) => Column::Same(f(value)),
        Column::Spent => Column::Spent,
    }
}

fn two(a: Column<'_>, b: Column<'_>, f: impl Fn(f64, f64) -> f64) -> Column<'static> {
    match (a, b) {
        (Column::Same(x), b) => one(b, |y| f(x, y)),
        (a, Column::Same(y)) => one(a, |x| f(x, y)),
        (Column::Own(mut x), Column::Own(y)) => {
            x.iter_mut().zip(&y).for_each(|(x, y)| *x = f(*x, *y));
            Column::Own(x)
        }
        (Column::Own(mut x), Column::Lent(y)) => {
            x.iter_mut().zip(y).for_each(|(x, y)| *x = f(*x, *y));
            Column::Own(x)
        }
        (Column::Lent(x), Column::Own(mut y)) => {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = f(*x, *y));
            Column::Own(y)
        }
        (Column::Lent(x), Column::Lent(y)) => Column::Own(x.iter().zip(y).map(|(x, y)| f(*x, *y)).collect()),
        _ => Column::Spent,
    }
}

fn predicate<'a>(comparison: Comparison, a: Column<'_>, b: Column<'_>) -> Result<Column<'a>, LogicError> {
    let column = match comparison {
        Comparison::AtLeast => two(a, b, |x, y| x - y),
        Comparison::AtMost => two(a, b, |x, y| y - x),
        _ => two(a, b, |x, y| distance(comparison, x, y)),
    };
    let faulty = match &column {
        Column::Own(values) => values.iter().position(|v| !v.is_finite()).map(|index| (index, values[index])),
        Column::Same(value) if !value.is_finite() => Some((0, *value)),
        _ => None,
    };
    match faulty {
        Some((index, value)) => Err(LogicError::NotFinite { signal: "a predicate".into(), index, value }),
        None => Ok(column),
    }
}

fn edge(values: Vec<f64>, later: impl Fn(f64, f64) -> f64, first: impl Fn(f64) -> f64) -> Vec<f64> {
    let head = values.first().map(|v| first(*v));
    head.into_iter().chain(values.windows(2).map(|w| later(w[1], w[0]))).collect()
}

fn shifted(mut values: Vec<f64>, ahead: bool) -> Vec<f64> {
    if ahead {
        values.rotate_left(1);
        if let Some(last) = values.last_mut() {
            *last = f64::INFINITY;
        }
    } else {
        values.rotate_right(1);
        if let Some(first) = values.first_mut() {
            *first = f64::INFINITY;
        }
    }
    values
}

/// a U[low, high] b in linear time: inf of a over [0, low), then, `low` samples ahead, sup of b over [0, high − low] and the
/// unbounded until. `beyond` is the value of the unbounded until behind the end.
///
/// # Source
/// Donzé, Ferrère & Maler 2013 (CAV), lemma 3, with the witness's instant outside the inner infimum.
pub(super) fn until(a: &[f64], b: &[f64], low: usize, high: Option<usize>, beyond: f64) -> Vec<f64> {
    let n = a.len();
    let mut plain = vec![0.0; n];
    let mut next = beyond;
    for i in (0..n).rev() {
        next = greatest(b[i], least(a[i], next));
        plain[i] = next;
    }
    if let Some(high) = high {
        let soon = greatest_ahead(b, 0, Some(high - low));
        // A window that reaches behind the end may have its witness there.
        for (i, (p, s)) in plain.iter_mut().zip(soon).enumerate() {
            let s = if i + (high - low) >= n { greatest(s, beyond) } else { s };
            *p = least(*p, s);
        }
    }
    if low == 0 {
        return plain;
    }
    let before = least_ahead(a, 0, Some(low - 1));
    (0..n).map(|i| least(before[i], plain.get(i + low).copied().unwrap_or(beyond))).collect()
}
