//! The chest: airways and lungs from CT, and chests made for putting that to the test.

mod airway;
mod lungs;
pub mod made;
mod normals;
mod phantom;
mod ring;
mod score;
mod trachea;
mod tree;

pub use airway::{Airways, find_airways, find_airways_from};
pub use lungs::{AIRWAY, LEFT_LUNG, RIGHT_LUNG, label_chest};
pub use normals::ReferenceNormals;
pub use phantom::{ChestPhantom, ChestPhantomSpec, PhantomBranch, chest_phantom};
pub use score::{AirwayScore, score_airway};
pub use tree::{AirwayBranch, AirwayTree, BRANCH_COUNT_MAX, BRANCH_POINT_COUNT_MAX};
