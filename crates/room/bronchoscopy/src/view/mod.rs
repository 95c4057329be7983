//! What the camera at the tip sees: tubes lit from the eye, drawn in software.
//!
//! Rays march through the union of rounded cones of which the airways are made: inside a union the wall is at least as far as it is in
//! the member that holds the point deepest, so each step is safe. Rays go in tiles; a tile keeps the few cones that its rays can meet
//! and the distance that is free for all of them.

mod march;
mod read;
mod shade;
#[cfg(test)]
mod tests;
mod tubes;

pub use march::{View, ViewSpec, render_view};
pub use read::read_view;
