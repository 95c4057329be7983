//! Runs that did not finish: how much they could change.

mod rubin;
mod tipping;

pub use rubin::{PooledEstimate, rubin_pool};
pub use tipping::{BinaryArm, TippingCell, TippingTable, tipping_shift, tipping_table};
