//! The loop that a tool in a hand or a robot's hand needs at 1 kHz, beside tissue that is solved at 60 to 200 Hz.
//!
//! After each tissue tick a small contact problem is published: the nodes near the tool, where they would be without it, and how far
//! each yields to a force on any of them. The loop solves it for the tool's present pose and never waits for the tissue
//! (the multirate scheme of Peterlík, Duriez, Cotin 2011, IEEE Trans Haptics 4:175). A copy is taken over at a fixed tick and blended in
//! over one tissue tick, so that the force does not jump and a run can be repeated bit by bit.

mod copy;
mod run;
mod sweep;

pub use copy::ContactCopy;
pub use run::{LoopModel, LoopOutput, LoopSpec, LoopState, tool_loop_step};
pub(crate) use sweep::{SweepLimit, settle};
