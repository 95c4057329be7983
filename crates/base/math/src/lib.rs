//! Mathematics without medicine: statistics, kinematic trees, quadrature, sparse systems.

pub mod quadrature;
pub mod sparse;
pub mod stats;
pub mod tree;
