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
    AIRWAY, AirwayBranch, AirwayScore, AirwayTree, Airways, BRANCH_COUNT_MAX, BRANCH_POINT_COUNT_MAX, ChestPhantom, ChestPhantomSpec,
    LEFT_LUNG, PhantomBranch, RIGHT_LUNG, ReferenceNormals, chest_phantom, find_airways, find_airways_from, label_chest, score_airway,
};
pub use error::AnatomyError;
pub use kind::{Side, Structure, Tissue, Topology, TubeKind, VesselKind};
pub use layout::{StandardCourse, standard_course, standard_veins};
pub use ray::{Crossing, Interfaces, Layers, Ray};
pub use spec::{ArmSpec, ArterySpec, BoneSpec, CoursePoint, NerveSpec, ShapeSpec, VeinSpec};
pub use vessel::{Tube, Vessel, VesselDeform, VesselNode};
