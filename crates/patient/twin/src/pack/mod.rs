//! Conditions as data: what a condition is called, how often it occurs, what it changes, how one sees that it did.
//!
//! A [`Pack`] changes the person and the distributions of his twin's parameters, never an outcome: what comes of it is the
//! physics' affair. [`Mix`] says who has which pack, by prevalence or enriched with weights.

mod apply;
mod behaviour;
mod check;
mod file;
mod library;
mod mix;

pub use apply::{alter_parameters, person_with, twin_with};
pub use behaviour::{Behaviour, Measure};
pub use file::{
    ArmRule, Code, CodeSystem, Covariate, Expect, Pack, PackPrevalence, PersonChange, Relative, Statistic, Together, Transform,
};
pub use library::{PACK_NAMES, built_in_pack};
pub use mix::{Drawn, Mix, MixEntry, MixStratum};
