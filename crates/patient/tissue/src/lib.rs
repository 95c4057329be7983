//! How tissue answers a needle (indentation, rupture, cutting, friction, tenting, rolling, bending), and how it deforms ([`fem`]).
//!
//! The needle's part is one quasi-static model along the needle's axis, meant for a 1 kHz loop. It knows no anatomy: the caller
//! says where along the axis each layer, vessel and nerve lies ([`NeedlePath`]) and may say so anew at every tick.
//!
//! Left out: inertia, the curved path that a bevel steers (negligible over 10–20 mm), coupling of bending and axial
//! force, the shorter lumen of a vein that is being pushed aside, and walls that have a thickness.

mod advance;
mod bending;
mod energy;
mod error;
pub mod fem;
mod geometry;
mod io;
mod law;
mod model;
mod path;
mod report;
pub mod rod;
mod rolling;
mod rupture;
mod spec;
mod state;
mod track;
mod view;

pub use bending::{Beam, BeamLoad, BeamShape, cantilever_deflection_m, cantilever_stiffness_n_per_m, pinned_fixed_buckling_n};
pub use energy::NeedleEnergy;
pub use error::TissueError;
pub use geometry::{axial_distance_to_front_wall_m, lumen_path_m, overrun_m, time_to_back_wall_s, usable_lumen_path_m};
pub use io::{EVENT_COUNT_MAX, LumenStatus, NeedleEvent, NeedleEventKind, NeedleEvents, NeedleInput, NeedleOutput};
pub use model::{NeedleModel, TIP_RANGE_M};
pub use path::{LAYER_COUNT_MAX, Medium, NeedlePath, SPAN_COUNT_MAX, Span, SpanKind};
pub use rolling::{RollOutcome, roll_outcome};
pub use spec::{LayerMechanics, NeedleSpec, NeedleTissueSpec, RollingMechanics, VesselWallMechanics};
pub use state::NeedleState;
