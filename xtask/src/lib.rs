//! The workshop behind `cargo xtask`: what the house is made of, its rules, and the one command that checks everything.

pub mod architecture;
pub mod house;
pub mod steps;
pub mod studio;
pub mod workspace;
