//! Sparse symmetric systems of three unknowns per node: block matrices, conjugate gradients, a two-level preconditioner.
//!
//! Every sum has a fixed order: results have the same bits for any number of threads.

mod aggregation;
mod block;
mod envelope;
mod error;
mod gradients;
mod modes;
mod two_level;
mod vector;

pub use aggregation::Aggregates;
pub use block::{BlockMatrix, BlockPattern};
pub use envelope::{EnvelopeCholesky, reverse_cuthill_mckee};
pub use error::SparseError;
pub use gradients::{BlockJacobi, Operator, PcgLimit, PcgReport, PcgSpace, Precondition, conjugate_gradients};
pub use modes::RigidModes;
pub use two_level::{TwoLevel, TwoLevelSpec};
pub use vector::{DOT_CHUNK, axpy, dot, norm};
