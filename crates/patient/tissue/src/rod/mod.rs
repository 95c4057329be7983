//! Slender elastic rods at rest under loads, however far they bend: needles, catheters, endoscopes.
//!
//! Geometrically exact (stretch, shear, bending, twist), two-node elements with one point, dead forces at nodes. Quasi-static.

#![allow(clippy::needless_range_loop, reason = "sums over the indices of tensors read like the formulas")]
#![allow(clippy::neg_cmp_op_on_partial_ord, reason = "a comparison with NaN must fail: that is what the negation says")]

mod dual;
mod element;
mod model;
mod solve;
#[cfg(test)]
mod tests;

pub use model::{HeldRodNode, RodInput, RodModel, RodOutput, RodSpec, RodState, RodStiffness};
pub use solve::rod_rest;
