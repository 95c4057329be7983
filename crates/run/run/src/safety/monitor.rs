//! Watches requirements while a scene runs.

use proband_math::logic::{Comparison, Formula, Node, OnlineMonitor, Trace, Watch};
use proband_scene::{TICK_S, TickSignals};

use super::signals::{FOR_SURE, SIGNAL_NAMES, value};
use super::spec::{PERIOD_S, Read, SafetySpec};

/// Samples that are kept for rules about a stretch of time at most: an hour and a half.
const SAMPLE_COUNT_MAX: usize = 1_000_000;

/// What came of one requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Short name.
    pub id: String,
    /// Least margin over the run, in [`Verdict::unit`]; negative when broken. Infinite when the rule's condition never came.
    pub robustness: f64,
    /// The same over the requirement's scale [1].
    pub normalised: f64,
    /// When the margin was least [s]; NaN when the condition never came.
    pub worst_time_s: f64,
    /// Unit of the margin.
    pub unit: String,
}

impl Verdict {
    /// Whether the requirement was kept.
    #[must_use]
    pub fn kept(&self) -> bool {
        self.robustness >= 0.0
    }
}

/// Watches one set of requirements over one run.
#[derive(Clone, Debug)]
pub struct SafetyMonitor {
    list: Vec<Watched>,
    /// Signals that rules about a stretch of time speak of, by place, with their samples.
    kept: Vec<(usize, Vec<f64>)>,
    stride: u64,
    tick: u64,
    start_s: f64,
    full: bool,
    /// The last tick, when it was not sampled: the end of a run counts.
    unsampled: Option<TickSignals>,
    memory: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Watched {
    read: Read,
    least: f64,
    least_s: f64,
    online: Option<OnlineMonitor>,
    broken: bool,
}

impl SafetyMonitor {
    /// A monitor at the beginning of a run.
    #[must_use]
    pub fn new(spec: &SafetySpec) -> Self {
        let watched = |read: &Read| Watched {
            online: if read.temporal { OnlineMonitor::new(read.formula.clone(), PERIOD_S, Watch::Every).ok() } else { None },
            read: read.clone(),
            least: f64::INFINITY,
            least_s: f64::NAN,
            broken: false,
        };
        let mut places: Vec<usize> = spec.list.iter().filter(|r| r.temporal).flat_map(|r| r.places.clone()).collect();
        places.sort_unstable();
        places.dedup();
        Self {
            list: spec.list.iter().map(watched).collect(),
            kept: places.into_iter().map(|place| (place, Vec::new())).collect(),
            stride: (PERIOD_S / TICK_S).round() as u64,
            tick: 0,
            start_s: f64::NAN,
            full: false,
            unsampled: None,
            memory: Vec::new(),
        }
    }

    /// Take in one tick, every tick of the run in order. Returns whether a requirement is known to be broken by now.
    pub fn see(&mut self, signals: &TickSignals) -> bool {
        let sampled = self.tick.is_multiple_of(self.stride);
        self.tick += 1;
        self.unsampled = (!sampled).then_some(*signals);
        if sampled {
            self.sample(signals);
        }
        let mut broken = false;
        for watched in &mut self.list {
            if !watched.read.temporal {
                let margin = now(&watched.read, signals, &mut self.memory);
                if margin < watched.least {
                    (watched.least, watched.least_s) = (margin, signals.time_s);
                }
                watched.broken = watched.least < 0.0;
            } else if sampled && let Some(online) = &mut watched.online {
                let sample: Vec<f64> = watched.read.places.iter().map(|place| value(*place, signals)).collect();
                // Samples are finite by construction; a division by 0 in a rule ends its early warning, not the run.
                if online.push(&sample).is_err() {
                    watched.online = None;
                } else {
                    while let Some((_, margin)) = online.next_final() {
                        watched.broken |= margin < 0.0;
                    }
                }
            }
            broken |= watched.broken;
        }
        broken
    }

    fn sample(&mut self, signals: &TickSignals) {
        if self.start_s.is_nan() {
            self.start_s = signals.time_s;
        }
        for (place, samples) in &mut self.kept {
            if samples.len() < SAMPLE_COUNT_MAX {
                samples.push(value(*place, signals));
            } else {
                self.full = true;
            }
        }
    }

    /// What came of every requirement, in order. Windows are cut at the end of the run.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.list.iter().map(|watched| self.verdict(watched)).collect()
    }

    fn verdict(&self, watched: &Watched) -> Verdict {
        let (mut least, mut least_s) = (watched.least, watched.least_s);
        if watched.read.temporal {
            (least, least_s) = self.over_time(&watched.read.formula).unwrap_or((f64::NAN, f64::NAN));
        }
        // A condition that never came leaves the size of a yes.
        if least >= 0.5 * FOR_SURE {
            (least, least_s) = (f64::INFINITY, f64::NAN);
        }
        let requirement = &watched.read.requirement;
        Verdict {
            id: requirement.id.clone(),
            robustness: least,
            normalised: least / requirement.scale,
            worst_time_s: least_s,
            unit: requirement.unit.clone(),
        }
    }

    /// Least robustness over all samples and when; `None` when it cannot be computed.
    fn over_time(&self, formula: &Formula) -> Option<(f64, f64)> {
        if self.full {
            return None;
        }
        let mut kept = self.kept.clone();
        if let Some(last) = &self.unsampled {
            kept.iter_mut().for_each(|(place, samples)| samples.push(value(*place, last)));
        }
        let signals: Vec<(&str, &[f64])> =
            kept.iter().filter_map(|(place, samples)| Some((*SIGNAL_NAMES.get(*place)?, samples.as_slice()))).collect();
        let robustness = formula.robustness(&Trace::new(PERIOD_S, &signals).ok()?).ok()?;
        let (place, least) = robustness.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1))?;
        Some((*least, self.start_s + place as f64 * PERIOD_S))
    }
}

/// Robustness of a rule about one moment. Same meaning as [`Formula::robustness`], without memory of its own.
fn now(read: &Read, signals: &TickSignals, values: &mut Vec<f64>) -> f64 {
    values.clear();
    for node in read.formula.nodes() {
        let of = |child: u32| values.get(child as usize).copied().unwrap_or(f64::NAN);
        let next = match *node {
            Node::Variable(number) => read.places.get(number as usize).map_or(f64::NAN, |place| value(*place, signals)),
            Node::Constant(number) => number,
            Node::Negative(a) | Node::Not(a) => -of(a),
            Node::Absolute(a) => of(a).abs(),
            Node::Sum(a, b) => of(a) + of(b),
            Node::Difference(a, b) => of(a) - of(b),
            Node::Product(a, b) => of(a) * of(b),
            Node::Quotient(a, b) => of(a) / of(b),
            Node::Compare(Comparison::AtLeast, a, b) => of(a) - of(b),
            Node::Compare(Comparison::AtMost, a, b) => of(b) - of(a),
            Node::Compare(Comparison::Equal, a, b) => -(of(a) - of(b)).abs(),
            Node::Compare(Comparison::Unequal, a, b) => (of(a) - of(b)).abs(),
            Node::And(a, b) => of(a).min(of(b)),
            Node::Or(a, b) => of(a).max(of(b)),
            Node::Implies(a, b) => (-of(a)).max(of(b)),
            _ => f64::NAN,
        };
        values.push(next);
    }
    values.last().copied().unwrap_or(f64::NAN)
}
