//! Needles in finite elements, without cutting the mesh.
//!
//! A channel is a row of material points that the tip has passed. The shaft holds each of them across (two conditions) and rubs on them
//! along (one condition with a bounded force); the tip pushes with one condition whose force ends at what cutting or the surface in
//! front of it takes. After Duriez et al. 2009 (MICCAI, interactive simulation of flexible needle insertions).
//!
//! The shaft bends as a slender beam clamped at its hub; its flexibility is part of the same equations.

mod advance;
mod boxed;
mod hold;
mod linear;
mod model;
mod patch;
mod place;
mod report;
mod row;
mod spec;
mod state;
#[cfg(test)]
mod tests;
mod tip;

pub use linear::{LinearBody, LinearSpace};
pub use model::NeedlingModel;
pub use patch::{PatchModel, PatchSpec, PatchYoung};
pub use spec::{NeedleMedium, NeedleTube, NeedlingSpec, cutting_force_n};
pub use state::{NeedlingState, ShaftOutput, ShaftPose};
