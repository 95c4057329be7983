//! The fast path: bodies of equal boxes, corotational, matrix-free, single precision where it does no harm.

mod grid;
mod kernel;
mod lanes;
mod memory;
mod model;
mod multigrid;
mod step;
#[cfg(test)]
mod tests;
mod touch;
mod vector;

pub use model::{LiveMaterial, LiveModel, LivePreconditioner, LiveSpec};
pub use step::{LiveInput, LiveOutput, LiveState, LiveWorkspace, live_step};
pub use touch::{LiveTools, LiveToolsSpec, LiveTouch, LiveTouchOutput, LiveTouchWorkspace, live_touch_step};
