//! One tick of everything.

use proband_robot::scope::ScopeInput;

use super::interface::{Command, Observation};
use super::spec::{Room, TICK_S};
use super::state::RoomState;

/// How far the needle may be out while the shaft still moves [m].
const NEEDLE_IN_M: f64 = 1e-3;

impl Room {
    /// Advance by one tick and say what sensors then see.
    pub fn step(&self, state: &mut RoomState, command: &Command) -> Observation {
        state.tick += 1;
        let (breath, mut events) = (&self.spec.breath, state.events.clone());
        state.breath.step(breath, command.hold_breath, &mut events, TICK_S);
        state.events = events;
        let locked = state.needle_m > NEEDLE_IN_M || state.image_left_s > 0.0;
        let input = ScopeInput {
            insertion_m_s: if locked { 0.0 } else { command.insertion_m_s },
            bend_rad: if locked { state.scope.motor_rad } else { command.bend_rad },
            turn_rad: state.tip.turn_rad,
        };
        self.scope.step(&mut state.scope, &input, TICK_S);
        self.advance(state);
        self.settle(state);
        if command.image && state.image_left_s <= 0.0 && self.spec.sensors.image_m.is_finite() {
            state.image_left_s = self.spec.sensors.image_s;
        }
        let sampled = self.move_needle(state, command);
        self.bleed(state);
        self.observe(state, sampled)
    }

    /// The reading before the first tick.
    #[must_use]
    pub fn first_look(&self, state: &mut RoomState) -> Observation {
        self.observe(state, false)
    }
}
