//! Parametric forearm and elbow: skin, layers, veins, artery, nerves, bones.
//!
//! The patient frame is LPS with the origin on the skin in the middle of the elbow crease of an arm that
//! lies palm up: x to the patient's left, +y into the arm, +z towards the head. For a right arm medial is
//! +x, for a left arm −x. Knows no randomness, no file and no clock: a specification goes in, an arm comes out.

mod arm;
mod check;
mod chest;
mod course;
mod crossing;
mod deep;
mod error;
mod fat;
mod fit;
mod gap;
mod kind;
mod layout;
mod ray;
mod skin;
mod spec;
mod vessel;

pub use arm::{Arm, Site};
pub use chest::made;
pub use chest::{
    AIRWAY, AIRWAY_TABLE, AirwayBranch, AirwayFlag, AirwayScore, AirwayTree, Airways, BODY, BONE, BRANCH_COUNT_MAX, BRANCH_POINT_COUNT_MAX,
    ChestPhantom, ChestPhantomSpec, ChestStructures, GenerationNorm, HEART_REGION, LEFT_LUNG, LOBES, LUNG_VESSEL, Nodule, PhantomBranch,
    RIGHT_LUNG, ReferenceNormals, Structure3, chest_phantom, find_airways, find_airways_from, find_nodule, find_structures, label_chest,
    lobe_map, lobes_of_branches, score_airway,
};
pub use error::AnatomyError;
pub use kind::{Side, Structure, Tissue, Topology, TubeKind, VesselKind};
pub use layout::{StandardCourse, standard_course, standard_veins};
pub use ray::{Crossing, Interfaces, Layers, Ray};
pub use spec::{ArmSpec, ArterySpec, BoneSpec, CoursePoint, NerveSpec, ShapeSpec, VeinSpec};
pub use vessel::{Tube, Vessel, VesselDeform, VesselNode};
