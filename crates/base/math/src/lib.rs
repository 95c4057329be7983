//! Mathematics without medicine: statistics, kinematic trees, filters.

pub mod stats;
pub mod tree;
