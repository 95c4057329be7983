//! What can be wrong with an arm.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnatomyError {
    /// A number outside its range, or not a number.
    #[error("{field} = {value} {unit} is not in [{min}, {max}] {unit}")]
    OutOfRange {
        /// Path of the field in the specification, as `veins.cephalic.depth_m`.
        field: String,
        /// The value.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
    },
    /// A course that is no course.
    #[error("course of the {vein} vein: {what}")]
    Course {
        /// Which vein.
        vein: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A set of veins that does not fit the topology.
    #[error("veins: {what}")]
    Veins {
        /// What is missing, double or out of place.
        what: String,
    },
    /// Two structures in the same place.
    #[error("{first} and {second} meet at z = {z_m} m: {gap_m} m between their walls")]
    Collision {
        /// One structure.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// Where [m].
        z_m: f64,
        /// Distance of their surfaces, negative when they overlap [m].
        gap_m: f64,
    },
    /// A structure that reaches into a layer where it does not belong.
    #[error("{structure} at z = {z_m} m: {what}")]
    Misplaced {
        /// Which structure.
        structure: &'static str,
        /// Where [m].
        z_m: f64,
        /// What is wrong.
        what: String,
    },
    /// A number about the chest outside its range.
    #[error("{field} = {value} is outside {min} to {max}")]
    ChestOutOfRange {
        /// Name of the number.
        field: &'static str,
        /// The offending value.
        value: f64,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// Branches that are no tree of airways.
    #[error("airway branch {branch}: {what}")]
    Tree {
        /// Which branch, from 0.
        branch: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A table that is no tree of airways.
    #[error("table of airways: {what}")]
    Table {
        /// What is wrong.
        what: String,
    },
    /// No nodule at a voxel.
    #[error("no nodule at voxel {}, {}, {}: {what}", seed[0], seed[1], seed[2])]
    NoNodule {
        /// The voxel.
        seed: [u32; 3],
        /// Why not.
        what: &'static str,
    },
    /// No trachea in a CT.
    #[error(
        "no trachea: no round dark spot near the middle goes on for 10 mm in the upper part; give a voxel in it, or check that the volume is a CT of the chest in Hounsfield units"
    )]
    NoTrachea,
    /// A volume that cannot be worked on.
    #[error(transparent)]
    Volume(#[from] proband_volume::VolumeError),
}
