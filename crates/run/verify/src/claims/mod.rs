//! One module per crate; one entry per claim.

mod anatomy;
mod bronchoscopy;
mod chart;
mod chest;
mod circulation;
mod control;
mod core;
mod description;
mod drugs;
mod faults;
mod fem;
mod image;
mod infer;
mod infer_live;
mod infer_record;
mod infer_whole;
mod light;
mod light_camera;
mod math;
mod mesh;
mod mesh_graded;
mod metabolism;
mod needling;
mod packs;
mod physiology;
mod procedure;
mod record;
mod replication;
mod robot;
mod rods;
mod run;
mod scene;
mod seeing;
mod sensor;
mod sound;
mod stats;
mod tissue;
mod trials;
mod twin;
mod volume;
mod waves;
mod whole;
pub mod whole_card;
mod whole_scene;

pub(crate) use self::sensor::nir::above;
use crate::Claim;

/// Every claim of the program, crate by crate.
pub(crate) const ALL: &[&[Claim]] = &[
    core::CLAIMS,
    math::CLAIMS,
    stats::CLAIMS,
    trials::CLAIMS,
    infer::CLAIMS,
    infer_whole::CLAIMS,
    infer_live::CLAIMS,
    infer_record::CLAIMS,
    volume::CLAIMS,
    mesh::CLAIMS,
    mesh_graded::CLAIMS,
    record::CLAIMS,
    anatomy::CLAIMS,
    tissue::CLAIMS,
    fem::CLAIMS,
    needling::CLAIMS,
    rods::CLAIMS,
    physiology::CLAIMS,
    circulation::CLAIMS,
    whole::CLAIMS,
    whole_scene::CLAIMS,
    drugs::CLAIMS,
    metabolism::CLAIMS,
    light::CLAIMS,
    light_camera::CLAIMS,
    sound::CLAIMS,
    twin::CLAIMS,
    robot::CLAIMS,
    sensor::CLAIMS,
    procedure::CLAIMS,
    control::CLAIMS,
    scene::CLAIMS,
    faults::CLAIMS,
    seeing::CLAIMS,
    run::CLAIMS,
    bronchoscopy::CLAIMS,
    replication::CLAIMS,
    packs::CLAIMS,
    chart::CLAIMS,
    waves::CLAIMS,
    image::CLAIMS,
    chest::CLAIMS,
    description::CLAIMS,
];
