//! Mathematics without medicine: statistics, kinematic trees.

pub mod stats;
pub mod tree;
