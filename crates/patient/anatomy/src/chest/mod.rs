//! The chest: airways and lungs from CT, and chests made for putting that to the test.

mod airway;
mod lobes;
mod lungs;
pub mod made;
mod nodule;
mod normals;
mod norms;
mod outside;
mod phantom;
mod ring;
mod score;
mod structures;
mod trachea;
mod tree;
mod tree_table;

pub use airway::{Airways, find_airways, find_airways_from};
pub use lobes::{LOBES, lobe_map, lobes_of_branches};
pub use lungs::{AIRWAY, LEFT_LUNG, RIGHT_LUNG, label_chest};
pub use nodule::{Nodule, find_nodule};
pub use normals::ReferenceNormals;
pub use norms::{AirwayFlag, GenerationNorm};
pub use phantom::{ChestPhantom, ChestPhantomSpec, PhantomBranch, chest_phantom};
pub use score::{AirwayScore, score_airway};
pub use structures::{BODY, BONE, ChestStructures, HEART_REGION, LUNG_VESSEL, Structure3, find_structures};
pub use tree::{AirwayBranch, AirwayTree, BRANCH_COUNT_MAX, BRANCH_POINT_COUNT_MAX};
pub use tree_table::AIRWAY_TABLE;
