//! A tendon-driven bronchoscope: one bending section of constant curvature at the end of a flexible shaft, tendons with friction and
//! play, limits of insertion and bending.

mod arc;
mod model;
mod preset;
#[cfg(test)]
mod tests;

pub use arc::{ArcPose, arc_jacobian, arc_pose};
pub use model::{ScopeInput, ScopeModel, ScopeOutput, ScopeState, tendon_bounds};
pub use preset::{ScopeSensing, ScopeSpec};
