//! Which input makes the output vary: variance-based indices and elementary effects.
//!
//! Inputs are independent and uniform on the unit cube; map them to their laws in the function. Dependent inputs make plain indices
//! meaningless: transform them to independent ones first (Rosenblatt) and say so.

mod error;
mod morris;
mod points;
mod problems;
mod sobol;

pub use error::SensitivityError;
pub use morris::{ElementaryEffects, Morris, morris};
pub use points::{SOBOL_DIMENSION_MAX, SobolSequence, latin_hypercube};
pub use problems::{g_function, g_function_indices, ishigami, ishigami_indices};
pub use sobol::{Design, Indices, SecondOrder, Sobol, sobol_indices};
