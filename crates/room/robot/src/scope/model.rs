//! Motors, tendons, limits.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::{ArcPose, ScopeSpec, arc_pose};
use crate::RobotError;

/// A bronchoscope's drive. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeModel {
    spec: ScopeSpec,
}

/// State: plain data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeState {
    /// How far the shaft is in [m].
    pub insertion_m: f64,
    /// Bend that the motors have wound [rad], towards x and y.
    pub motor_rad: [f64; 2],
    /// Bend of the section with nothing in its way [rad].
    pub bend_rad: [f64; 2],
}

/// What to do in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeInput {
    /// Insertion speed [m/s], positive into the patient.
    pub insertion_m_s: f64,
    /// Wanted bend of the motors [rad].
    pub bend_rad: [f64; 2],
    /// Sum of the turns of the shaft along its way [rad]: what the tendons rub over.
    pub turn_rad: f64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeOutput {
    /// Insertion in this tick [m].
    pub moved_m: f64,
    /// An insertion limit holds the shaft.
    pub at_end: bool,
}

/// Between which bends a section rests when its motor stands at `motor_rad` [rad] and its tendon turns by `turn_rad` [rad] in a sheath.
///
/// A tendon that pulls gives m e^(−μΘ), one that is let go m e^(μΘ) (Euler 1769, Eytelwein 1808: friction of a rope around a bollard),
/// each less or more half the free play.
#[must_use]
pub fn tendon_bounds(spec: &ScopeSpec, motor_rad: f64, turn_rad: f64) -> [f64; 2] {
    let loss = ops::exp(-spec.friction * turn_rad.abs());
    let (pull, free) = (motor_rad * loss, motor_rad / loss);
    [pull.min(free) - 0.5 * spec.play_rad, pull.max(free) + 0.5 * spec.play_rad]
}

impl ScopeModel {
    /// A drive from its figures.
    ///
    /// # Errors
    /// [`RobotError::Parameter`] that names the field.
    pub fn new(spec: &ScopeSpec) -> Result<Self, RobotError> {
        spec.check()?;
        Ok(Self { spec: spec.clone() })
    }

    /// The figures.
    #[must_use]
    pub fn spec(&self) -> &ScopeSpec {
        &self.spec
    }

    /// Straight, `insertion_m` [m] in.
    #[must_use]
    pub fn start(&self, insertion_m: f64) -> ScopeState {
        ScopeState { insertion_m: insertion_m.clamp(0.0, self.spec.insertion_max_m), motor_rad: [0.0; 2], bend_rad: [0.0; 2] }
    }

    /// One tick. Inputs that are not finite count as standing still.
    pub fn step(&self, state: &mut ScopeState, input: &ScopeInput, dt_s: f64) -> ScopeOutput {
        let spec = &self.spec;
        let asked = if input.insertion_m_s.is_finite() { input.insertion_m_s } else { 0.0 };
        let speed = asked.clamp(-spec.insertion_rate_m_s, spec.insertion_rate_m_s);
        let next = (state.insertion_m + speed * dt_s).clamp(0.0, spec.insertion_max_m);
        let moved_m = next - state.insertion_m;
        state.insertion_m = next;
        if input.bend_rad.iter().all(|b| b.is_finite()) {
            let size = (input.bend_rad[0].powi(2) + input.bend_rad[1].powi(2)).sqrt();
            let held = if size > spec.bend_max_rad { spec.bend_max_rad / size } else { 1.0 };
            let gap: [f64; 2] = std::array::from_fn(|a| input.bend_rad[a] * held - state.motor_rad[a]);
            let far = (gap[0].powi(2) + gap[1].powi(2)).sqrt();
            let share = if far > spec.bend_rate_rad_s * dt_s { spec.bend_rate_rad_s * dt_s / far } else { 1.0 };
            for (motor, gap) in state.motor_rad.iter_mut().zip(gap) {
                *motor += share * gap;
            }
        }
        let turn = if input.turn_rad.is_finite() { input.turn_rad } else { 0.0 };
        for a in 0..2 {
            let [low, high] = tendon_bounds(spec, state.motor_rad[a], turn);
            state.bend_rad[a] = state.bend_rad[a].clamp(low, high);
        }
        ScopeOutput { moved_m, at_end: moved_m == 0.0 && speed != 0.0 }
    }

    /// End of the bending section with nothing in its way.
    #[must_use]
    pub fn free_tip(&self, state: &ScopeState) -> ArcPose {
        arc_pose(state.bend_rad, self.spec.bend_length_m)
    }
}
