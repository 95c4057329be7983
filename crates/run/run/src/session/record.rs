//! A session as it is kept: who, which seed, which orders, and the digest that a replay must reach.

use serde::{Deserialize, Serialize};

use super::order::{Order, TimedOrder};
use crate::RunError;

/// Format of [`SessionRecord`].
pub const SESSION_FORMAT: u32 = 1;
/// Orders that a session may have: an hour of twenty a second.
pub const ORDER_COUNT_MAX: usize = 72_000;
/// Last tick that an order may have: a day.
const TICK_MAX: u64 = 86_400_000;

/// Everything that a replay needs besides the twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRecord {
    /// [`SESSION_FORMAT`].
    pub format: u32,
    /// Pseudonym of the twin: to notice a replay on somebody else.
    pub twin: String,
    /// Seed of all random streams.
    pub seed: u64,
    /// Number of the patient in the study.
    pub patient: u32,
    /// Ticks that were run.
    pub ticks: u64,
    /// Digest of the final state, as text.
    pub digest: String,
    /// The orders.
    #[serde(default)]
    pub orders: Vec<TimedOrder>,
}

impl SessionRecord {
    /// Whether this can be replayed.
    ///
    /// # Errors
    /// [`RunError::Session`] naming the value that is wrong.
    pub fn check(&self) -> Result<(), RunError> {
        let wrong = |what: String| Err(RunError::Session { what });
        if self.format != SESSION_FORMAT {
            return wrong(format!("format {}; this program reads {SESSION_FORMAT}", self.format));
        }
        if self.orders.len() > ORDER_COUNT_MAX {
            return wrong(format!("{} orders; at most {ORDER_COUNT_MAX}", self.orders.len()));
        }
        if self.ticks > TICK_MAX {
            return wrong(format!("{} ticks; at most {TICK_MAX}", self.ticks));
        }
        if let Some(at) = self.orders.windows(2).position(|pair| pair[1].tick < pair[0].tick) {
            return wrong(format!("order {} acts at tick {}, before the one above it", at + 2, self.orders[at + 1].tick));
        }
        if let Some(late) = self.orders.iter().find(|order| order.tick > TICK_MAX) {
            return wrong(format!("an order acts at tick {}; at most {TICK_MAX}", late.tick));
        }
        for (number, timed) in self.orders.iter().enumerate() {
            if let Order::Command(command) = &timed.order
                && let Some((name, value)) = proband_scene::command_refusal(command)
            {
                return wrong(format!("order {}: `{name}` = {value} is not carried out", number + 1));
            }
        }
        Ok(())
    }
}
