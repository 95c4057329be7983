//! Mathematics without medicine: statistics of trials, temporal logic, stress searches, rare events, sensitivity, kinematic trees,
//! quadrature, sparse systems.

pub mod infer;
pub mod logic;
pub mod quadrature;
pub mod rare;
mod refinement;
pub mod search;
pub mod sensitivity;
pub mod sparse;
pub mod stats;
pub mod tree;

pub use refinement::{Refinement, refinement};
