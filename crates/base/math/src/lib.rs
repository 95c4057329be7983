//! Mathematics without medicine: statistics, kinematic trees, filters.

pub mod tree;
