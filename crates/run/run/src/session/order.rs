//! What a person asks of the room, and when it acted.

use std::sync::{Arc, Mutex, PoisonError};

use proband_procedure::Command;
use serde::{Deserialize, Serialize};

/// One order of a person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// From now on the room carries out this command, until the next order.
    Command(Command),
    /// The robot takes over: it takes out a needle that it did not put in, presses on the hole, and begins anew.
    Robot,
    /// The person is done. Works only with the needle out.
    Finish,
}

/// An order with the tick at which it acts: the controller's step of that tick is the first that carries it out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedOrder {
    /// Tick, 1 kHz.
    pub tick: u64,
    /// The order.
    pub order: Order,
}

/// The orders of a session in the order of their ticks, shared between the one who gives and the controller that obeys.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<Vec<TimedOrder>>>);

impl Orders {
    /// These orders, sorted by tick as they must be.
    #[must_use]
    pub fn of(orders: Vec<TimedOrder>) -> Self {
        Self(Arc::new(Mutex::new(orders)))
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<TimedOrder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Add an order at the end. Returns whether it was taken: not when its tick lies before that of the last.
    pub fn push(&self, order: TimedOrder) -> bool {
        let mut list = self.list();
        let fits = list.last().is_none_or(|last| last.tick <= order.tick);
        if fits {
            list.push(order);
        }
        fits
    }

    /// Forget every order that acts after this tick.
    pub fn truncate_after(&self, tick: u64) {
        self.list().retain(|order| order.tick <= tick);
    }

    /// The order with this number, if it acts at this tick or before.
    #[must_use]
    pub fn due(&self, index: u32, tick: u64) -> Option<Order> {
        self.list().get(index as usize).filter(|order| order.tick <= tick).map(|order| order.order)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list().len()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<TimedOrder> {
        self.list().clone()
    }
}
