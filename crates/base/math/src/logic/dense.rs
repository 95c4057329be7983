//! Robustness in continuous time of signals that hold their value until the next stamp.
//!
//! Signals are right-continuous steps; the last value of a signal, and of every part of a formula, holds for ever. Robustness is given from the first stamp to the last one.
//!
//! `until` and `since` take the witness's instant into the inner infimum here, [t, t'], unlike in discrete time: a step that
//! begins with the witness has the left side beside it for a while, and this is how RTAMT reads it.

use super::discrete::{distance, greatest, iff, least};
use super::{Formula, LogicError, Node, Window};

/// Right-continuous steps: `values[i]` holds from `times_s[i]` to `times_s[i + 1]`, the last one for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    times_s: Vec<f64>,
    values: Vec<f64>,
}

impl Steps {
    /// Steps from pairs of time and value.
    ///
    /// # Errors
    /// [`LogicError::Length`] without pairs, [`LogicError::NotFinite`], [`LogicError::Time`] unless the stamps grow.
    pub fn new(name: &str, pairs: &[(f64, f64)]) -> Result<Self, LogicError> {
        if pairs.is_empty() {
            return Err(LogicError::Length { signal: name.into(), found: 0, expected: 1 });
        }
        let mut before = f64::NEG_INFINITY;
        for (index, (time_s, value)) in pairs.iter().copied().enumerate() {
            if !value.is_finite() {
                return Err(LogicError::NotFinite { signal: name.into(), index, value });
            }
            if !(time_s.is_finite() && time_s > before) {
                return Err(LogicError::Time { index, time_s, expected_s: before });
            }
            before = time_s;
        }
        Ok(Self { times_s: pairs.iter().map(|p| p.0).collect(), values: pairs.iter().map(|p| p.1).collect() })
    }

    /// Pairs of time [s] and the value that holds from there on.
    #[must_use]
    pub fn pairs(&self) -> Vec<(f64, f64)> {
        self.times_s.iter().copied().zip(self.values.iter().copied()).collect()
    }

    /// The value at a time; the first one before the first stamp.
    #[must_use]
    pub fn at(&self, time_s: f64) -> f64 {
        let next = self.times_s.partition_point(|t| *t <= time_s);
        self.values[next.saturating_sub(1)]
    }

    fn push(&mut self, time_s: f64, value: f64) {
        if self.values.last() == Some(&value) {
            return;
        }
        if self.times_s.last() == Some(&time_s) {
            self.times_s.pop();
            self.values.pop();
            self.push(time_s, value);
            return;
        }
        self.times_s.push(time_s);
        self.values.push(value);
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = Self { times_s: Vec::new(), values: Vec::new() };
        for (t, v) in self.times_s.iter().zip(&self.values) {
            out.push(*t, f(*v));
        }
        out
    }

    /// Both signals on common stamps.
    fn merged(&self, other: &Self) -> Vec<(f64, f64, f64)> {
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::with_capacity(self.times_s.len() + other.times_s.len());
        while i < self.times_s.len() || j < other.times_s.len() {
            let a = self.times_s.get(i).copied().unwrap_or(f64::INFINITY);
            let b = other.times_s.get(j).copied().unwrap_or(f64::INFINITY);
            let t = a.min(b);
            i += usize::from(a == t);
            j += usize::from(b == t);
            out.push((t, self.values[i.max(1) - 1], other.values[j.max(1) - 1]));
        }
        out
    }

    fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut out = Self { times_s: Vec::new(), values: Vec::new() };
        for (t, a, b) in self.merged(other) {
            out.push(t, f(a, b));
        }
        out
    }

    /// Extremum over [t + from, t + to] (either may be negative or infinite), clipped at `start` and never at the end.
    fn extremum(&self, from: f64, to: f64, start: f64, empty: f64, first: impl Fn(f64, f64) -> bool) -> Self {
        // Step i is in the window for t in [tᵢ − to, tᵢ₊₁ − from).
        let n = self.values.len();
        let enter = |i: usize| self.times_s[i] - to;
        let leave = |i: usize| self.times_s.get(i + 1).map_or(f64::INFINITY, |t| t - from);
        let mut out = Self { times_s: Vec::new(), values: Vec::new() };
        let mut queue = std::collections::VecDeque::new();
        let (mut coming, mut going) = (0, 0);
        let mut t = start;
        loop {
            while coming < n && enter(coming) <= t {
                while queue.back().is_some_and(|b: &usize| first(self.values[coming], self.values[*b])) {
                    queue.pop_back();
                }
                queue.push_back(coming);
                coming += 1;
            }
            while queue.front().is_some_and(|i| leave(*i) <= t) {
                queue.pop_front();
            }
            out.push(t, queue.front().map_or(empty, |i| self.values[*i]));
            while going < n && leave(going) <= t {
                going += 1;
            }
            let next = (if coming < n { enter(coming) } else { f64::INFINITY }).min(if going < n { leave(going) } else { f64::INFINITY });
            if next == f64::INFINITY {
                return out;
            }
            t = next;
        }
    }

    fn least(&self, from: f64, to: f64, start: f64) -> Self {
        self.extremum(from, to, start, f64::INFINITY, |a, b| a <= b)
    }

    fn greatest(&self, from: f64, to: f64, start: f64) -> Self {
        self.extremum(from, to, start, f64::NEG_INFINITY, |a, b| a >= b)
    }

    /// The signal moved to later times by `delay` (negative: earlier), from `start` on; `before` where it does not reach.
    fn delayed(&self, delay: f64, start: f64, before: f64) -> Self {
        let mut out = Self { times_s: Vec::new(), values: Vec::new() };
        let first = self.times_s[0] + delay;
        let begin = if first > start { before } else { self.at(start - delay) };
        out.push(start, begin);
        for (t, v) in self.times_s.iter().zip(&self.values).filter(|(t, _)| **t + delay > start) {
            out.push(t + delay, *v);
        }
        out
    }
}

impl Formula {
    /// Robustness over continuous time, as right-continuous steps from the first to the last stamp.
    ///
    /// `signals`: one per variable by name; all must start at one time.
    ///
    /// # Errors
    /// [`LogicError::NoSignal`], [`LogicError::Time`] for different starts, [`LogicError::NotFinite`] for a predicate that is not,
    /// [`LogicError::Discrete`] for `next`, `prev`, `rise` and `fall`.
    pub fn robustness_dense(&self, signals: &[(&str, &Steps)]) -> Result<Steps, LogicError> {
        let Some(start) = signals.first().map(|s| s.1.times_s[0]) else {
            return Err(LogicError::NoSignal { name: self.variables.first().cloned().unwrap_or_default() });
        };
        if let Some((_, s)) = signals.iter().find(|s| s.1.times_s[0] != start) {
            return Err(LogicError::Time { index: 0, time_s: s.times_s[0], expected_s: start });
        }
        let end = signals.iter().filter_map(|s| s.1.times_s.last().copied()).fold(start, f64::max);
        let mut columns: Vec<Steps> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |child: u32| &columns[child as usize];
            let mut column = match *node {
                Node::Variable(number) => {
                    let name = &self.variables[number as usize];
                    let found = signals.iter().find(|s| s.0 == name).ok_or_else(|| LogicError::NoSignal { name: name.clone() })?;
                    found.1.clone()
                }
                Node::Constant(value) => Steps { times_s: vec![start], values: vec![value] },
                Node::Negative(a) | Node::Not(a) => of(a).map(|x| -x),
                Node::Absolute(a) => of(a).map(f64::abs),
                Node::Sum(a, b) => of(a).zip(of(b), |x, y| x + y),
                Node::Difference(a, b) => of(a).zip(of(b), |x, y| x - y),
                Node::Product(a, b) => of(a).zip(of(b), |x, y| x * y),
                Node::Quotient(a, b) => of(a).zip(of(b), |x, y| x / y),
                Node::Compare(comparison, a, b) => {
                    let steps = of(a).zip(of(b), |x, y| distance(comparison, x, y));
                    if let Some(index) = steps.values.iter().position(|v| !v.is_finite()) {
                        return Err(LogicError::NotFinite { signal: "a predicate".into(), index, value: steps.values[index] });
                    }
                    steps
                }
                Node::And(a, b) => of(a).zip(of(b), least),
                Node::Or(a, b) => of(a).zip(of(b), greatest),
                Node::Implies(a, b) => of(a).zip(of(b), |x, y| greatest(-x, y)),
                Node::Iff(a, b) => of(a).zip(of(b), iff),
                Node::Xor(a, b) => of(a).zip(of(b), |x, y| -iff(x, y)),
                Node::Always(w, a) => of(a).least(w.low_s, w.high_s, start),
                Node::Eventually(w, a) => of(a).greatest(w.low_s, w.high_s, start),
                Node::Historically(w, a) => of(a).least(-w.high_s, -w.low_s, start),
                Node::Once(w, a) => of(a).greatest(-w.high_s, -w.low_s, start),
                Node::Until(w, a, b) => until(of(a), of(b), w, start),
                Node::Since(w, a, b) => since(of(a), of(b), w, start),
                Node::Rise(_) => return Err(LogicError::Discrete { operator: "rise" }),
                Node::Fall(_) => return Err(LogicError::Discrete { operator: "fall" }),
                Node::Next(_) => return Err(LogicError::Discrete { operator: "next" }),
                Node::Previous(_) => return Err(LogicError::Discrete { operator: "prev" }),
            };
            // Behind the end every part holds its last value, past operators too.
            let inside = column.times_s.partition_point(|t| *t <= end);
            column.times_s.truncate(inside);
            column.values.truncate(inside);
            columns.push(column);
        }
        columns.pop().ok_or(LogicError::Length { signal: "formula".into(), found: 0, expected: 1 })
    }
}

/// As in discrete time: inf of a up to the window, then sup of b within it and the unbounded until.
fn until(a: &Steps, b: &Steps, window: Window, start: f64) -> Steps {
    let merged = a.merged(b);
    let mut values = vec![0.0; merged.len()];
    let mut next = f64::NEG_INFINITY;
    for (i, (_, a, b)) in merged.iter().enumerate().rev() {
        next = least(*a, greatest(*b, next));
        values[i] = next;
    }
    let mut plain = Steps { times_s: Vec::new(), values: Vec::new() };
    merged.iter().zip(values).for_each(|((t, _, _), v)| plain.push(*t, v));
    if window.high_s.is_finite() {
        plain = plain.zip(&b.greatest(0.0, window.high_s - window.low_s, start), least);
    }
    if window.low_s == 0.0 {
        return plain;
    }
    let later = plain.delayed(-window.low_s, start, f64::NEG_INFINITY);
    later.zip(&a.least(0.0, window.low_s, start), least)
}

fn since(a: &Steps, b: &Steps, window: Window, start: f64) -> Steps {
    let mut plain = Steps { times_s: Vec::new(), values: Vec::new() };
    let mut before = f64::NEG_INFINITY;
    for (t, a, b) in a.merged(b) {
        before = least(a, greatest(b, before));
        plain.push(t, before);
    }
    if window.high_s.is_finite() {
        plain = plain.zip(&b.greatest(window.low_s - window.high_s, 0.0, start), least);
    }
    if window.low_s == 0.0 {
        return plain;
    }
    let earlier = plain.delayed(window.low_s, start, f64::NEG_INFINITY);
    earlier.zip(&a.least(-window.low_s, 0.0, start), least)
}
