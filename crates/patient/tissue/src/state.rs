//! What the needle and its channel remember.

use serde::{Deserialize, Serialize};

use crate::NeedleEnergy;
use crate::track::{Hole, Membrane, ROLLED_COUNT_MAX, Rolled};

/// State of one needle in one patient. Plain data; grouped by the stage that writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleState {
    // --- written by the axial advance ---
    /// Commanded tip of the last tick [m].
    pub(crate) x_m: f64,
    /// Tip relative to the tissue, were there no intact membrane in front of it [m]: x less the indentation.
    pub(crate) q_m: f64,
    /// Deepest cut of this track, relative to the tissue [m].
    pub(crate) cut_m: f64,
    /// −1, 0, +1: the shaft slides out, sticks, slides in.
    pub(crate) slide: i8,
    /// Resistance that is left from the last rupture and decays [N].
    pub(crate) excess_n: f64,
    /// Speed factor of the last tick that moved [1].
    pub(crate) speed_factor: f64,
    /// Membrane that the tip presses on.
    pub(crate) contact: Option<Membrane>,
    /// Where that membrane is [m].
    pub(crate) contact_m: f64,
    /// Nearest whole membrane in front of the tip at the end of the last tick.
    pub(crate) ahead: Option<Membrane>,
    /// Whether front and back wall touch.
    pub(crate) walls_touch: bool,
    /// Where the energy went.
    pub(crate) energy: NeedleEnergy,
    // --- written by ruptures and by the look round after the advance ---
    /// Track that `holes` belongs to.
    pub(crate) track: u32,
    /// Membranes with a hole.
    pub(crate) holes: Vec<Hole>,
    /// Vessels that have rolled off.
    pub(crate) rolled: [Option<Rolled>; ROLLED_COUNT_MAX],
    /// Vessel whose lumen the tip was in at the end of the last tick.
    pub(crate) inside: Option<Membrane>,
    /// Whether the tip has been under the skin since it was last outside.
    pub(crate) under_skin: bool,
}

impl NeedleState {
    /// Where the driver's work went since this state was made.
    #[must_use]
    pub fn energy(&self) -> NeedleEnergy {
        self.energy
    }
}
