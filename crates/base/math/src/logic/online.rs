//! Monitoring while the trace grows: bounds on the robustness that no future can leave.

use serde::{Deserialize, Serialize};

use super::discrete::{distance, greatest, iff, least, until};
use super::window::{behind, greatest_ahead, least_ahead};
use super::{Formula, LogicError, Node};

/// Most samples that are kept under an operator without a bound.
pub const SAMPLE_COUNT_MAX: u64 = 1 << 24;

/// Least and greatest robustness over all futures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Least.
    pub lower: f64,
    /// Greatest.
    pub upper: f64,
}

impl Bounds {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY };

    /// True, false, or not yet known. A robustness of exactly 0 counts as not known.
    #[must_use]
    pub fn verdict(&self) -> Option<bool> {
        if self.lower > 0.0 {
            Some(true)
        } else if self.upper < 0.0 {
            Some(false)
        } else {
            None
        }
    }
}

/// What a monitor answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// The formula at the first sample: "has this run kept the rule?"
    Start,
    /// The formula at every sample; values come out one by one as they can no longer change.
    Every,
}

/// Bounds of one node at the samples from `base` on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    base: u64,
    lower: Vec<f64>,
    upper: Vec<f64>,
    /// Samples below this number are final.
    resolved: u64,
    /// For an unbounded operator that is asked about the first sample alone: what the final samples of the children gave.
    gathered: Option<Gathered>,
}

/// Running extrema from the first sample on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Gathered {
    /// Extremum, or best witness so far.
    best: Bounds,
    /// inf of the left side so far, for until.
    kept: Bounds,
    /// Samples taken in.
    count: u64,
}

impl Track {
    fn slice(&self, from: u64) -> (&[f64], &[f64]) {
        let skip = (from.saturating_sub(self.base) as usize).min(self.lower.len());
        (&self.lower[skip..], &self.upper[skip..])
    }

    /// Replace everything from sample `from` on.
    fn replace(&mut self, from: u64, lower: &[f64], upper: &[f64]) {
        let keep = from.saturating_sub(self.base) as usize;
        self.lower.truncate(keep);
        self.upper.truncate(keep);
        self.lower.extend_from_slice(lower);
        self.upper.extend_from_slice(upper);
    }

    /// Forget samples below `from`, when they are most of what is kept.
    fn forget(&mut self, from: u64) {
        let old = (from.saturating_sub(self.base) as usize).min(self.lower.len());
        if old > 64 && 2 * old > self.lower.len() {
            self.lower.drain(..old);
            self.upper.drain(..old);
            self.base += old as u64;
        }
    }

    fn at(&self, index: u64) -> Option<Bounds> {
        let place = index.checked_sub(self.base)? as usize;
        Some(Bounds { lower: *self.lower.get(place)?, upper: *self.upper.get(place)? })
    }
}

/// A formula with what it has seen. Work per sample grows with the horizon of the formula, not with the length of the trace,
/// unless an unbounded future operator stands inside another temporal operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnlineMonitor {
    formula: Formula,
    period_s: f64,
    watch: Watch,
    /// Asked about the first sample alone.
    start_only: Vec<bool>,
    tracks: Vec<Track>,
    count: u64,
    emitted: u64,
}

impl OnlineMonitor {
    /// A monitor of samples `period_s` apart.
    ///
    /// # Errors
    /// [`LogicError::Window`], [`LogicError::Time`] for a period not above 0.
    pub fn new(formula: Formula, period_s: f64, watch: Watch) -> Result<Self, LogicError> {
        if !(period_s > 0.0 && period_s.is_finite()) {
            return Err(LogicError::Time { index: 1, time_s: period_s, expected_s: 0.0 });
        }
        let count = formula.nodes.len();
        let mut start_only = vec![false; count];
        if let Some(root) = start_only.last_mut() {
            *root = watch == Watch::Start;
        }
        for (place, node) in formula.nodes.iter().enumerate().rev() {
            if let Node::Always(w, _)
            | Node::Eventually(w, _)
            | Node::Historically(w, _)
            | Node::Once(w, _)
            | Node::Until(w, _, _)
            | Node::Since(w, _, _) = node
            {
                w.samples(period_s)?;
            }
            let passes = matches!(node, Node::Not(_) | Node::And(..) | Node::Or(..) | Node::Implies(..) | Node::Iff(..) | Node::Xor(..));
            for child in node.children().iter().flatten() {
                start_only[*child as usize] = passes && start_only[place];
            }
        }
        let tracks = vec![Track::default(); count];
        Ok(Self { formula, period_s, watch, start_only, tracks, count: 0, emitted: 0 })
    }

    /// Take in one sample of every variable, in the order of [`Formula::variables`], and give the bounds at the first sample
    /// ([`Watch::Start`]) or at this one ([`Watch::Every`]).
    ///
    /// # Errors
    /// [`LogicError::Length`], [`LogicError::NotFinite`], [`LogicError::TooManySamples`]. After an error the monitor stands as before.
    pub fn push(&mut self, sample: &[f64]) -> Result<Bounds, LogicError> {
        if sample.len() != self.formula.variables.len() {
            return Err(LogicError::Length { signal: "sample".into(), found: sample.len(), expected: self.formula.variables.len() });
        }
        let index = self.count as usize;
        if let Some(bad) = sample.iter().position(|v| !v.is_finite()) {
            return Err(LogicError::NotFinite { signal: self.formula.variables[bad].clone(), index, value: sample[bad] });
        }
        let values = self.numbers(sample)?;
        if self.tracks.iter().any(|t| t.lower.len() as u64 >= SAMPLE_COUNT_MAX) {
            return Err(LogicError::TooManySamples { max: SAMPLE_COUNT_MAX });
        }
        self.count += 1;
        for (place, value) in values.into_iter().enumerate() {
            self.update(place, value);
        }
        self.forget();
        let root = self.tracks.last().map_or(Bounds::UNKNOWN, |t| {
            let asked = if self.watch == Watch::Start { 0 } else { self.count - 1 };
            t.at(asked).unwrap_or(Bounds::UNKNOWN)
        });
        Ok(root)
    }

    /// The next value that can no longer change, with its sample; in order, each once. Only for [`Watch::Every`].
    pub fn next_final(&mut self) -> Option<(u64, f64)> {
        let track = self.tracks.last()?;
        if self.watch == Watch::Start || self.emitted >= track.resolved {
            return None;
        }
        let found = track.at(self.emitted)?;
        self.emitted += 1;
        Some((self.emitted - 1, found.lower))
    }

    /// Samples seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Number nodes and predicates at the new sample; NaN at the others.
    fn numbers(&self, sample: &[f64]) -> Result<Vec<f64>, LogicError> {
        let mut values = vec![f64::NAN; self.formula.nodes.len()];
        for (place, node) in self.formula.nodes.iter().enumerate() {
            let of = |child: u32| values[child as usize];
            values[place] = match *node {
                Node::Variable(number) => sample[number as usize],
                Node::Constant(value) => value,
                Node::Negative(a) => -of(a),
                Node::Absolute(a) => of(a).abs(),
                Node::Sum(a, b) => of(a) + of(b),
                Node::Difference(a, b) => of(a) - of(b),
                Node::Product(a, b) => of(a) * of(b),
                Node::Quotient(a, b) => of(a) / of(b),
                Node::Compare(comparison, a, b) => {
                    let value = distance(comparison, of(a), of(b));
                    if !value.is_finite() {
                        return Err(LogicError::NotFinite { signal: "a predicate".into(), index: self.count as usize, value });
                    }
                    value
                }
                _ => f64::NAN,
            };
        }
        Ok(values)
    }

    /// Bring one node up to the new sample; its children are.
    fn update(&mut self, place: usize, value: f64) {
        let node = self.formula.nodes[place];
        if node.is_number() || matches!(node, Node::Compare(..)) {
            // Numbers below a predicate are not kept, truth values are.
            if matches!(node, Node::Compare(..)) || value.is_infinite() {
                let from = self.count - 1;
                self.tracks[place].replace(from, &[value], &[value]);
                self.tracks[place].resolved = self.count;
            }
            return;
        }
        if self.start_only[place] && self.at_start(place, node) {
            return;
        }
        let from = self.tracks[place].resolved;
        let (lower, upper) = (self.side(place, node, from, false), self.side(place, node, from, true));
        let done = self.done(node).max(from);
        let track = &mut self.tracks[place];
        track.replace(from, &lower, &upper);
        track.resolved = done;
    }

    fn track(&self, child: u32) -> &Track {
        &self.tracks[child as usize]
    }

    /// One side of the bounds of a node from sample `from` to the newest.
    fn side(&self, place: usize, node: Node, from: u64, up: bool) -> Vec<f64> {
        let pick = |child: u32, start: u64, up: bool| {
            let (lower, upper) = self.track(child).slice(start);
            if up { upper } else { lower }
        };
        let zip = |a: u32, a_up: bool, b: u32, f: fn(f64, f64) -> f64| -> Vec<f64> {
            pick(a, from, a_up).iter().zip(pick(b, from, up)).map(|(x, y)| f(*x, *y)).collect()
        };
        let count = (self.count - from) as usize;
        match node {
            Node::Not(a) => pick(a, from, !up).iter().map(|x| -x).collect(),
            Node::And(a, b) => zip(a, up, b, least),
            Node::Or(a, b) => zip(a, up, b, greatest),
            Node::Implies(a, b) => zip(a, !up, b, |x, y| greatest(-x, y)),
            Node::Iff(a, b) | Node::Xor(a, b) => {
                // Not monotone: the extrema over the box are at its corners or where the two values agree.
                let xor = matches!(node, Node::Xor(..));
                let (al, au) = self.track(a).slice(from);
                let (bl, bu) = self.track(b).slice(from);
                (0..count).map(|i| iff_side([al[i], au[i]], [bl[i], bu[i]], xor, up)).collect()
            }
            Node::Rise(a) | Node::Fall(a) => {
                let rise = matches!(node, Node::Rise(_));
                let track = self.track(a);
                (from..self.count)
                    .map(|i| {
                        let now = track.at(i).unwrap_or(Bounds::UNKNOWN);
                        let now = if rise == up { now.upper } else { now.lower };
                        let now = if rise { now } else { -now };
                        let before = if i == 0 { None } else { track.at(i - 1) };
                        let before = before.map(|b| if rise == up { b.lower } else { b.upper });
                        before.map_or(now, |b| least(now, if rise { -b } else { b }))
                    })
                    .collect()
            }
            Node::Next(a) => {
                let mut values = pick(a, from + 1, up).to_vec();
                values.resize(count, if up { f64::INFINITY } else { f64::NEG_INFINITY });
                values
            }
            Node::Previous(a) => {
                let mut values = if from == 0 { vec![f64::INFINITY] } else { Vec::new() };
                values.extend_from_slice(pick(a, from.saturating_sub(1), up));
                values.truncate(count);
                values
            }
            Node::Always(w, a) | Node::Eventually(w, a) => {
                let Ok((low, high)) = w.samples(self.period_s) else { return Vec::new() };
                let seek_least = matches!(node, Node::Always(..));
                let child = pick(a, from, up);
                let mut values = if seek_least { least_ahead(child, low, high) } else { greatest_ahead(child, low, high) };
                // A window that reaches behind the newest sample may hold anything.
                let open = high.map_or(0, |h| count.saturating_sub(h));
                if seek_least != up {
                    let unknown = if up { f64::INFINITY } else { f64::NEG_INFINITY };
                    values[open..].iter_mut().for_each(|v| *v = unknown);
                }
                values
            }
            Node::Historically(w, a) | Node::Once(w, a) => {
                let Ok((low, high)) = w.samples(self.period_s) else { return Vec::new() };
                let seek_least = matches!(node, Node::Historically(..));
                let extremum = if seek_least { least_ahead } else { greatest_ahead };
                match high {
                    Some(high) => {
                        let start = from.saturating_sub(high as u64);
                        behind(pick(a, start, up), low, Some(high), extremum).split_off((from - start) as usize)
                    }
                    None => {
                        let start = from.saturating_sub(low as u64);
                        let mut values = behind(pick(a, start, up), low, None, extremum).split_off((from - start) as usize);
                        // What the samples before `start` gave stands in the value before.
                        if let Some(before) = from.checked_sub(1).and_then(|i| self.tracks[place].at(i)) {
                            let before = if up { before.upper } else { before.lower };
                            values.iter_mut().for_each(|v| *v = if seek_least { least(*v, before) } else { greatest(*v, before) });
                        }
                        values
                    }
                }
            }
            Node::Until(w, a, b) => {
                let Ok((low, high)) = w.samples(self.period_s) else { return Vec::new() };
                until(pick(a, from, up), pick(b, from, up), low, high, if up { f64::INFINITY } else { f64::NEG_INFINITY })
            }
            Node::Since(w, a, b) => self.since(place, from, up, w.samples(self.period_s), a, b),
            _ => Vec::new(),
        }
    }

    /// A since over the tail. The unbounded recursion is begun anew as far back as the window reaches; without a bound it goes on
    /// from the value before.
    fn since(&self, place: usize, from: u64, up: bool, window: Result<(usize, Option<usize>), LogicError>, a: u32, b: u32) -> Vec<f64> {
        let Ok((low, high)) = window else { return Vec::new() };
        let pick = |child: u32, start: u64| -> Vec<f64> {
            let (lower, upper) = self.track(child).slice(start);
            (if up { upper } else { lower }).iter().rev().copied().collect()
        };
        // Without a bound everything is kept (see `forget`) when the window starts later than now.
        let reach = high.map_or(if low == 0 { 0 } else { from }, |h| h as u64);
        let start = from.saturating_sub(reach);
        let carried = match (high, low) {
            (None, 0) => from.checked_sub(1).and_then(|i| self.tracks[place].at(i)).map(|v| if up { v.upper } else { v.lower }),
            _ => None,
        };
        let mut values = until(&pick(a, start), &pick(b, start), low, high, carried.unwrap_or(f64::NEG_INFINITY));
        values.reverse();
        values.split_off((from - start) as usize)
    }

    /// Samples of a node that are final once its children's are.
    fn done(&self, node: Node) -> u64 {
        let below = node.children().iter().flatten().map(|c| self.track(*c).resolved).min().unwrap_or(self.count);
        match node {
            Node::Always(w, _) | Node::Eventually(w, _) | Node::Until(w, _, _) => match w.samples(self.period_s) {
                Ok((_, Some(high))) => below.saturating_sub(high as u64),
                _ => 0,
            },
            Node::Next(_) => below.saturating_sub(1),
            _ => below,
        }
    }

    /// Bounds at the first sample of an unbounded future operator, from running extrema. False for other nodes.
    fn at_start(&mut self, place: usize, node: Node) -> bool {
        let (window, a, b) = match node {
            Node::Always(w, a) | Node::Eventually(w, a) => (w, a, a),
            Node::Until(w, a, b) => (w, a, b),
            _ => return false,
        };
        let Ok((low, None)) = window.samples(self.period_s) else { return false };
        let (low, is_until, is_always) = (low as u64, matches!(node, Node::Until(..)), matches!(node, Node::Always(..)));
        let nothing = if is_always { f64::INFINITY } else { f64::NEG_INFINITY };
        let all = Bounds { lower: f64::INFINITY, upper: f64::INFINITY };
        let empty = Gathered { best: Bounds { lower: nothing, upper: nothing }, kept: all, count: 0 };
        let take = |gathered: &mut Gathered, left: Bounds, right: Bounds| {
            if gathered.count >= low {
                let join = |best: f64, kept: f64, right: f64| match (is_until, is_always) {
                    (true, _) => greatest(best, least(right, kept)),
                    (_, true) => least(best, right),
                    _ => greatest(best, right),
                };
                gathered.best.lower = join(gathered.best.lower, gathered.kept.lower, right.lower);
                gathered.best.upper = join(gathered.best.upper, gathered.kept.upper, right.upper);
            }
            gathered.kept.lower = least(gathered.kept.lower, left.lower);
            gathered.kept.upper = least(gathered.kept.upper, left.upper);
            gathered.count += 1;
        };
        let both = |i: u64| (self.track(a).at(i).unwrap_or(Bounds::UNKNOWN), self.track(b).at(i).unwrap_or(Bounds::UNKNOWN));
        let mut gathered = self.tracks[place].gathered.unwrap_or(empty);
        let done = self.track(a).resolved.min(self.track(b).resolved);
        while gathered.count < done {
            let (left, right) = both(gathered.count);
            take(&mut gathered, left, right);
        }
        let mut tail = gathered;
        for i in done..self.count {
            let (left, right) = both(i);
            take(&mut tail, left, right);
        }
        let bounds = match (is_until, is_always) {
            (true, _) => Bounds { lower: tail.best.lower, upper: greatest(tail.best.upper, tail.kept.upper) },
            (_, true) => Bounds { lower: f64::NEG_INFINITY, upper: tail.best.upper },
            _ => Bounds { lower: tail.best.lower, upper: f64::INFINITY },
        };
        let track = &mut self.tracks[place];
        track.gathered = Some(gathered);
        track.replace(0, &[bounds.lower], &[bounds.upper]);
        true
    }

    /// Drop samples that no parent will ask for.
    fn forget(&mut self) {
        for place in 0..self.formula.nodes.len() {
            let node = self.formula.nodes[place];
            let samples = |w: super::Window| w.samples(self.period_s).unwrap_or((0, None));
            let own = self.tracks[place].resolved;
            let needed = match node {
                _ if self.start_only[place] => self.tracks[place].gathered.map_or(0, |g| g.count),
                Node::Historically(w, _) | Node::Once(w, _) => {
                    let (low, high) = samples(w);
                    own.saturating_sub(high.unwrap_or(low) as u64)
                }
                Node::Since(w, _, _) => match samples(w) {
                    (_, Some(high)) => own.saturating_sub(high as u64),
                    (0, None) => own,
                    (_, None) => 0,
                },
                _ => own,
            };
            for child in node.children().iter().flatten() {
                let child = &mut self.tracks[*child as usize];
                // One sample more: recursions go on from the value before.
                child.forget(needed.min(child.resolved).saturating_sub(1));
            }
        }
        let emitted = if self.watch == Watch::Every { self.emitted } else { 0 };
        if let Some(root) = self.tracks.last_mut() {
            let keep = emitted.min(root.resolved).saturating_sub(1);
            root.forget(keep);
        }
    }
}

/// One side of iff (or of its negative) over a box.
fn iff_side(a: [f64; 2], b: [f64; 2], xor: bool, up: bool) -> f64 {
    let corners = [iff(a[0], b[0]), iff(a[0], b[1]), iff(a[1], b[0]), iff(a[1], b[1])];
    let low = corners.iter().copied().fold(f64::INFINITY, f64::min);
    let high = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // A value of 0 on one side gives iff ≥ … = 0 at best and at worst; it is the least that |a| = 0 forces.
    let low = if (a[0] <= 0.0 && a[1] >= 0.0) || (b[0] <= 0.0 && b[1] >= 0.0) { low.min(0.0) } else { low };
    let high = if (a[0] <= 0.0 && a[1] >= 0.0) || (b[0] <= 0.0 && b[1] >= 0.0) { high.max(0.0) } else { high };
    match (xor, up) {
        (false, true) => high,
        (false, false) => low,
        (true, true) => -low,
        (true, false) => -high,
    }
}
