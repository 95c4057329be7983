//! A formula as a list of nodes, children first.

use serde::{Deserialize, Serialize};

use super::LogicError;

/// Window of a temporal operator in the trace's time, ends included [s].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Nearer end [s].
    pub low_s: f64,
    /// Farther end [s]; infinite without a bound.
    pub high_s: f64,
}

impl Window {
    /// From now on without end.
    pub const ALL: Self = Self { low_s: 0.0, high_s: f64::INFINITY };

    /// Ends in samples; `None` for no end.
    pub(super) fn samples(&self, period_s: f64) -> Result<(usize, Option<usize>), LogicError> {
        let count = |bound_s: f64| {
            let count = (bound_s / period_s).round();
            let fits = (bound_s / period_s - count).abs() <= 1e-6 * (1.0 + count) && count <= 1e9;
            if fits { Ok(count as usize) } else { Err(LogicError::Window { bound_s, period_s }) }
        };
        Ok((count(self.low_s)?, if self.high_s.is_finite() { Some(count(self.high_s)?) } else { None }))
    }
}

/// How two numbers are compared. Strict or not makes no difference to a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// left ≥ right: left − right.
    AtLeast,
    /// left ≤ right: right − left.
    AtMost,
    /// left = right: −|left − right|.
    Equal,
    /// left ≠ right: |left − right|.
    Unequal,
}

/// A node; numbers are places of children in the list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// Variable by number.
    Variable(u32),
    /// A number; as a truth value it is ±∞.
    Constant(f64),
    /// −a.
    Negative(u32),
    /// |a|.
    Absolute(u32),
    /// a + b.
    Sum(u32, u32),
    /// a − b.
    Difference(u32, u32),
    /// a · b.
    Product(u32, u32),
    /// a / b.
    Quotient(u32, u32),
    /// A predicate.
    Compare(Comparison, u32, u32),
    /// −ρ.
    Not(u32),
    /// min.
    And(u32, u32),
    /// max.
    Or(u32, u32),
    /// max(−ρa, ρb).
    Implies(u32, u32),
    /// Both or neither: min(max(−ρa, ρb), max(ρa, −ρb)).
    Iff(u32, u32),
    /// One of the two: the negative of `Iff`.
    Xor(u32, u32),
    /// Becomes true: min(ρᵢ, −ρᵢ₋₁); ρ₀ at the first sample.
    Rise(u32),
    /// Becomes false: min(−ρᵢ, ρᵢ₋₁); −ρ₀ at the first sample.
    Fall(u32),
    /// ρᵢ₊₁; +∞ behind the end.
    Next(u32),
    /// ρᵢ₋₁; +∞ before the start.
    Previous(u32),
    /// inf over the window ahead.
    Always(Window, u32),
    /// sup over the window ahead.
    Eventually(Window, u32),
    /// inf over the window behind.
    Historically(Window, u32),
    /// sup over the window behind.
    Once(Window, u32),
    /// sup over t' ahead of min(ρb(t'), inf over [t, t') of ρa): the witness's instant is not in the inner inf (in continuous time
    /// it is).
    Until(Window, u32, u32),
    /// sup over t' behind of min(ρb(t'), inf over (t', t] of ρa).
    Since(Window, u32, u32),
}

impl Node {
    /// Children; none twice.
    pub(super) fn children(&self) -> [Option<u32>; 2] {
        match *self {
            Self::Variable(_) | Self::Constant(_) => [None, None],
            Self::Negative(a) | Self::Absolute(a) | Self::Not(a) | Self::Rise(a) | Self::Fall(a) | Self::Next(a) | Self::Previous(a) => {
                [Some(a), None]
            }
            Self::Always(_, a) | Self::Eventually(_, a) | Self::Historically(_, a) | Self::Once(_, a) => [Some(a), None],
            Self::Sum(a, b) | Self::Difference(a, b) | Self::Product(a, b) | Self::Quotient(a, b) => [Some(a), Some(b)],
            Self::Compare(_, a, b) | Self::And(a, b) | Self::Or(a, b) | Self::Implies(a, b) => [Some(a), Some(b)],
            Self::Iff(a, b) | Self::Xor(a, b) | Self::Until(_, a, b) | Self::Since(_, a, b) => [Some(a), Some(b)],
        }
    }

    /// Whether the node is a number rather than a truth value.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Variable(_)
                | Self::Constant(_)
                | Self::Negative(_)
                | Self::Absolute(_)
                | Self::Sum(..)
                | Self::Difference(..)
                | Self::Product(..)
                | Self::Quotient(..)
        )
    }
}

/// A rule about signals.
///
/// ```
/// use proband_math::logic::{Formula, Trace};
/// let rule = Formula::parse("always (force_n <= 5.0 or eventually[0,2] force_n <= 1.0)")?;
/// let force = [1.0, 6.0, 3.0, 0.5];
/// let rho = rule.robustness(&Trace::new(1.0, &[("force_n", &force)])?)?;
/// assert_eq!(rho[0], 0.5); // at the peak of 6 N the force falls 0.5 N below 1 N within 2 s
/// # Ok::<(), proband_math::logic::LogicError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Formula {
    pub(super) nodes: Vec<Node>,
    pub(super) variables: Vec<String>,
}

impl Formula {
    /// Nodes, children before parents; the last one is the formula.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Names of the variables in the order of their numbers.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// What must always hold, when the formula is an `always` without bounds; else none.
    #[must_use]
    pub fn always_of(&self) -> Option<Self> {
        match self.nodes.last() {
            Some(Node::Always(window, child)) if window.low_s == 0.0 && window.high_s.is_infinite() => {
                Some(Self { nodes: self.nodes[..=*child as usize].to_vec(), variables: self.variables.clone() })
            }
            _ => None,
        }
    }

    /// How far ahead the value at a time depends on the trace [s]; infinite for an unbounded operator.
    #[must_use]
    pub fn horizon_s(&self, period_s: f64) -> f64 {
        let mut ahead = vec![0.0_f64; self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            let below = node.children().iter().flatten().map(|c| ahead[*c as usize]).fold(0.0, f64::max);
            ahead[place] = below
                + match node {
                    Node::Always(w, _) | Node::Eventually(w, _) | Node::Until(w, _, _) => w.high_s,
                    Node::Next(_) => period_s,
                    _ => 0.0,
                };
        }
        ahead.last().copied().unwrap_or(0.0)
    }
}
