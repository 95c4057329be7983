//! Venous pressure, flow into a tube, leak, haemolysis, the motion of the arm, fainting and pain.
//!
//! Small subsystems on the caller's tick. None knows anatomy, needles in tissue or robots; pressures are gauge
//! (above the atmosphere) unless a name says absolute.

pub mod body;
pub mod breathing;
pub mod circulation;
mod collection;
pub mod disease;
pub mod drug;
mod effects;
mod error;
mod flow;
pub mod glucose;
mod haemolysis;
mod leak;
mod motion;
mod pain;
mod tube_law;
mod vasovagal;
mod venous;
pub mod whole;

pub use collection::{CollectionInput, CollectionModel, CollectionOutput, CollectionSpec, CollectionState};
pub use effects::Effects;
pub use error::PhysiologyError;
pub use flow::{Conduit, FlowPoint, feed_resistance_pa_s_per_m3};
pub use haemolysis::{GIERSIEPEN_A, GIERSIEPEN_B, GIERSIEPEN_FRACTION, GIERSIEPEN_PERCENT, haemolysis_fraction, haemolysis_reference};
pub use leak::{
    HAEMATOMA_VOLUME_M3, HOLE_COUNT_MAX, HoleSpec, LeakInput, LeakModel, LeakOutput, LeakSpec, LeakState, VISIBLE_VOLUME_M3, VOLUME_MAX_M3,
    haematoma_radius_m, hole_flow_m3_s,
};
pub use motion::{MotionEvent, MotionInput, MotionModel, MotionOutput, MotionSpec, MotionState};
pub use pain::{PainSpec, pain_score};
pub use proband_core::PA_PER_MMHG;
pub use tube_law::TubeLaw;
pub use vasovagal::{VasovagalInput, VasovagalModel, VasovagalPhase, VasovagalSpec, VasovagalState};
pub use venous::{COLLAPSED_AREA_RATIO, VenousInput, VenousModel, VenousOutput, VenousSpec, VenousState};

/// Standard atmosphere [Pa].
pub const ATMOSPHERE_PA: f64 = 101_325.0;
