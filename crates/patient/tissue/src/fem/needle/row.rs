//! One scalar condition between a needle and the tissue, and the body that answers to it.

use serde::{Deserialize, Serialize};

/// A material point between two known ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spot {
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// 0: at `a`; 1: at `b`.
    pub(crate) share: f64,
}

impl Spot {
    pub(crate) fn at(point: u32) -> Self {
        Self { a: point, b: point, share: 0.0 }
    }

    pub(crate) fn ends(self) -> [(usize, f64); 2] {
        [(self.a as usize, 1.0 - self.share), (self.b as usize, self.share)]
    }
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Way {
    /// Along the shaft: friction, or the tip's push.
    Along,
    /// Across the shaft, first and second direction.
    Across(u8),
}

/// Which row: needle, vertex of its channel (`u16::MAX`: the tip), way.
pub(crate) type Name = (u16, u16, Way);

/// Vertex number of the tip's rows.
pub(crate) const TIP: u16 = u16::MAX;

/// What holds a row at the end of a solve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hold {
    /// The condition is met.
    Meets,
    /// The force is at its lower bound.
    Low,
    /// The force is at its upper bound.
    High,
}

/// direction · displacement of the spot = `wanted_m` (plus what the shaft bends), by a force between two bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) spot: Spot,
    pub(crate) direction: [f64; 3],
    pub(crate) wanted_m: f64,
    pub(crate) low_n: f64,
    pub(crate) high_n: f64,
    /// Force on the tissue along `direction` [N].
    pub(crate) force_n: f64,
    pub(crate) hold: Hold,
    /// Part of `direction` across the shaft, and distance from the hub [m]: how the shaft bends under it.
    pub(crate) across: [f64; 3],
    pub(crate) from_hub_m: f64,
}

/// How far a shaft clamped at its hub bends at one place for a unit force at another [m/N]: a slender straight beam.
///
/// a²(3b − a)/(6 EI) with a ≤ b from the clamp (Gere & Timoshenko, Mechanics of materials, table of cantilevers).
pub(crate) fn shaft_compliance_m_per_n(bending_n_m2: f64, from_hub_m: [f64; 2]) -> f64 {
    let (a, b) = (from_hub_m[0].min(from_hub_m[1]).max(0.0), from_hub_m[0].max(from_hub_m[1]).max(0.0));
    a * a * (3.0 * b - a) / (6.0 * bending_n_m2)
}
