//! Made chests for rehearsals: lungs, lobes, airways that fill them, arteries beside airways, a nodule, disease, and how all of it
//! moves with the breath. Geometry only; the frame is LPS with the origin at the carina of the inspiration CT.

mod chest;
mod course;
mod grow;
mod lungs;
mod motion;
mod nodule;
#[cfg(test)]
mod tests;

pub use chest::{ArterySegment, ChestVariant, MadeChest, MadeChestSpec, made_chest};
pub use lungs::{Lobe, LungShape};
pub use motion::{LungMotion, LungMotionSpec};
pub use nodule::{Nodule, NoduleSpec};
