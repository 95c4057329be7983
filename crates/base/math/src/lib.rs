//! Mathematics without medicine: statistics, kinematic trees, quadrature.

pub mod quadrature;
pub mod stats;
pub mod tree;
