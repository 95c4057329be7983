//! The heart and the vessels: chambers, valves, and the circulations that serve as references.
//!
//! Works in mmHg, mL and s, the units of its sources; the names say so.

mod activation;
mod bedside;
mod chain;
mod integrate;
mod reference;
mod reflex_loop;
mod valve;
mod windkessel;

pub use activation::{cosine_activation, double_hill_activation, sine_square_activation};
pub use bedside::{
    BERNOULLI_MMHG_PER_M2_S2, ORIFICE_MMHG_CM4_S2_PER_ML2, aortic_area_gorlin_cm2, bernoulli_gradient_mmhg, effective_orifice_cm2,
    mitral_area_gorlin_cm2, orifice_coefficient, orifice_flow_ml_s, regurgitant_fraction,
};
pub use chain::Chain;
pub use integrate::rk4;
pub use reference::{ReferenceBeat, ReferenceCirculation, ReferenceState};
pub use reflex_loop::{ReflexBeat, ReflexLoop, ReflexLoopInput, ReflexLoopState};
pub use valve::{ValveModel, ValveSpec, ValveState};
pub use windkessel::{Windkessel, WindkesselPeriodic};
