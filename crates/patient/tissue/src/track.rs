//! Membranes along the track: which are whole, which have a hole, which have rolled away.

use serde::{Deserialize, Serialize};

use crate::SpanKind;

/// Vessels that are remembered as rolled off.
pub(crate) const ROLLED_COUNT_MAX: usize = 4;

/// A surface that resists before it lets the tip through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Membrane {
    /// The skin.
    Skin,
    /// The fascia of muscle.
    Fascia,
    /// First surface of a structure.
    Front(SpanKind, u16),
    /// Last surface of a vessel.
    Back(SpanKind, u16),
}

/// A membrane that was punctured on this track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hole {
    /// Which.
    pub membrane: Membrane,
    /// For a back wall: part of the lumen's length after which it now lies [1]; below 1 when it was pinned flat by a transfixion.
    pub chord_fraction: f64,
}

/// A vessel that slipped off the tip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rolled {
    /// Number of the vein.
    pub structure: u16,
    /// How far it is held aside [m].
    pub shift_m: f64,
    /// Position of its front wall when it slipped [m]; it comes back when the tip is behind this.
    pub enter_m: f64,
}
