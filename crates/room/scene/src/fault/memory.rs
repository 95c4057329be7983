//! What a fault remembers from tick to tick. Plain data.

use std::collections::VecDeque;

use proband_core::{Needle, Patient, Pose, Stream};
use proband_procedure::Command;
use proband_sensor::{NirFrame, UltrasoundFrame};
use serde::{Deserialize, Serialize};

use super::seen::Seen;

/// Axes and companions of one reading at most.
pub(crate) const VALUE_COUNT: usize = 4;

/// Memory of one fault; most kinds use one or two fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Random numbers of this fault alone.
    pub stream: Stream,
    /// Whether `held` holds something.
    pub holds: bool,
    /// A reading, a place or a sum.
    pub held: [f64; VALUE_COUNT],
    /// Blood that ran into the tissue [m³]; it stays there when the fault is over.
    pub bled_m3: f64,
    /// Where a broken needle is, in the patient's own frame.
    pub pose: Option<Pose<Patient, Needle>>,
    /// Readings on their way, with the tick in which they arrive.
    pub readings: VecDeque<(u64, [f64; VALUE_COUNT])>,
    /// The same for commands.
    pub commands: VecDeque<(u64, Command)>,
    /// The same for observations.
    pub seen: VecDeque<(u64, Seen)>,
    /// The same for pictures.
    pub nir: VecDeque<(u64, NirFrame)>,
    /// The same for pictures.
    pub ultrasound: VecDeque<(u64, UltrasoundFrame)>,
}

impl Memory {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            holds: false,
            held: [0.0; VALUE_COUNT],
            bled_m3: 0.0,
            pose: None,
            readings: VecDeque::new(),
            commands: VecDeque::new(),
            seen: VecDeque::new(),
            nir: VecDeque::new(),
            ultrasound: VecDeque::new(),
        }
    }

    /// Nothing is on its way any more: the fault is over.
    pub fn end(&mut self) {
        *self = Self { bled_m3: self.bled_m3, ..Self::new(self.stream.clone()) };
    }

    /// The held values, taken from `now` at the first call.
    pub fn hold(&mut self, now: [f64; VALUE_COUNT]) -> [f64; VALUE_COUNT] {
        if !self.holds {
            self.held = now;
            self.holds = true;
        }
        self.held
    }
}
