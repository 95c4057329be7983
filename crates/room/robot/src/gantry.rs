//! Gantry of the imaging head: across the arm, along it, about its own axis, and pressed on the skin with a force.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::error::{RobotError, not_negative, positive};
use crate::limiter::{AxisLimits, AxisReference, advance, bounded, next_velocity};

/// One axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisSpec {
    /// Lowest position [m or rad].
    pub lower: f64,
    /// Highest position [m or rad].
    pub upper: f64,
    /// Largest speed [m/s or rad/s].
    pub velocity_max: f64,
    /// Largest acceleration [m/s² or rad/s²].
    pub acceleration_max: f64,
    /// Standard deviation of the true position around the reported one [m or rad].
    pub position_sd: f64,
    /// Travel over which that error changes [m or rad].
    pub error_length: f64,
    /// Encoder resolution [m or rad].
    pub encoder: f64,
}

/// Figures of the gantry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GantrySpec {
    /// Across the arm, along x of the patient.
    pub x: AxisSpec,
    /// Along the arm, along z of the patient.
    pub z: AxisSpec,
    /// Turn of the probe about its own axis.
    pub yaw: AxisSpec,
    /// Towards the skin, along y of the patient.
    pub press: AxisSpec,
    /// Stiffness of skin and arm under the probe face [N/m].
    pub contact_stiffness_n_m: f64,
    /// Damping of the same [N s/m].
    pub contact_damping_n_s_m: f64,
    /// Speed per force error of the press axis [m/(s N)].
    pub force_gain_m_s_n: f64,
    /// Speed of approach until the skin is felt [m/s].
    pub approach_m_s: f64,
    /// Standard deviation of the force reading [N].
    pub force_sd_n: f64,
    /// Measured force at which the head lifts off by itself [N].
    pub force_max_n: f64,
}

impl GantrySpec {
    /// A gantry for a linear probe over the elbow crease.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement (belt or screw axes, 0.05 mm; a forearm gives way by about 1 mm per 0.6 N
    /// under a 40 mm × 8 mm face).
    #[must_use]
    pub fn imaging_head() -> Self {
        let axis = |lower: f64, upper: f64, velocity_max: f64, acceleration_max: f64| AxisSpec {
            lower,
            upper,
            velocity_max,
            acceleration_max,
            position_sd: 0.05e-3,
            error_length: 5e-3,
            encoder: 5e-6,
        };
        let yaw = AxisSpec { position_sd: 1e-3, error_length: 0.1, encoder: 1e-4, ..axis(-2.0, 2.0, 1.5, 6.0) };
        Self {
            x: axis(-0.08, 0.08, 0.05, 0.5),
            z: axis(-0.12, 0.12, 0.05, 0.5),
            yaw,
            press: AxisSpec { position_sd: 0.0, ..axis(-0.08, 0.06, 0.03, 0.5) },
            contact_stiffness_n_m: 600.0,
            contact_damping_n_s_m: 4.0,
            force_gain_m_s_n: 0.01,
            approach_m_s: 0.01,
            force_sd_n: 0.02,
            force_max_n: 8.0,
        }
    }
}

/// What the press axis shall do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Press {
    /// Move to a position [m], the skin side being positive.
    Position(f64),
    /// Press with a force [N]; approaches until the skin is felt.
    Force(f64),
}

/// Where the head shall go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GantryTarget {
    /// Across the arm [m].
    pub x_m: f64,
    /// Along the arm [m].
    pub z_m: f64,
    /// Turn [rad].
    pub yaw_rad: f64,
    /// Press axis.
    pub press: Press,
}

/// Input of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GantryInput {
    /// Where to go.
    pub target: GantryTarget,
    /// Position of the undeformed skin on the press axis, under the head [m].
    pub skin_m: f64,
}

/// State: plain data. Grouped by the stage that writes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GantryState {
    // --- written by the axes ---
    /// Reported positions and velocities: x, z, yaw, press.
    pub reference: [AxisReference; 4],
    /// True minus reported position: x, z, yaw, press [m, m, rad, m].
    pub error: [f64; 4],
    // --- written by the contact ---
    /// Force on the skin [N].
    pub force_n: f64,
    /// The same as measured [N].
    pub force_measured_n: f64,
    /// Depth of the probe's face in the skin [m].
    pub indentation_m: f64,
}

/// Output of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GantryOutput {
    /// Where the head is: x [m], z [m], yaw [rad], press [m]. The robot does not know it.
    pub position_true: [f64; 4],
    /// Where the encoders say that it is.
    pub position_measured: [f64; 4],
    /// Force on the skin [N].
    pub force_n: f64,
    /// The same as measured [N].
    pub force_measured_n: f64,
    /// Depth of the probe's face in the skin [m].
    pub indentation_m: f64,
    /// The face touches the skin.
    pub contact: bool,
    /// x, z and yaw stand at their targets, and the press axis at its position or within 10 % or 0.1 N of its force.
    pub arrived: bool,
    /// The measured force was above its limit and the head lifts off.
    pub force_exceeded: bool,
}

/// The immutable gantry.
///
/// Contact: F = max(0, k s + c ṡ) with s the indentation. Force control by admittance: speed = gain (F* − F_measured).
/// The reported position of an axis is exact on its own scale; the true one is off by an error that changes with travel,
/// not with time: a head that stands still does not shake.
#[derive(Clone, Debug, PartialEq)]
pub struct GantryModel {
    spec: GantrySpec,
    axes: [AxisSpec; 4],
    limits: [AxisLimits; 4],
}

impl GantryModel {
    /// A gantry from its figures.
    ///
    /// # Errors
    /// [`RobotError::Parameter`] that names the field.
    pub fn new(spec: &GantrySpec) -> Result<Self, RobotError> {
        let axes = [spec.x, spec.z, spec.yaw, spec.press];
        for (name, axis) in ["x", "z", "yaw", "press"].iter().zip(&axes) {
            positive(format!("{name}.upper - {name}.lower"), axis.upper - axis.lower)?;
            positive(format!("{name}.velocity_max"), axis.velocity_max)?;
            positive(format!("{name}.acceleration_max"), axis.acceleration_max)?;
            not_negative(format!("{name}.position_sd"), axis.position_sd)?;
            positive(format!("{name}.error_length"), axis.error_length)?;
            positive(format!("{name}.encoder"), axis.encoder)?;
        }
        positive("contact_stiffness_n_m", spec.contact_stiffness_n_m)?;
        not_negative("contact_damping_n_s_m", spec.contact_damping_n_s_m)?;
        positive("force_gain_m_s_n", spec.force_gain_m_s_n)?;
        positive("approach_m_s", spec.approach_m_s)?;
        not_negative("force_sd_n", spec.force_sd_n)?;
        positive("force_max_n", spec.force_max_n)?;
        let limits =
            axes.map(|a| AxisLimits { lower: a.lower, upper: a.upper, velocity: a.velocity_max, acceleration: a.acceleration_max });
        Ok(Self { spec: spec.clone(), axes, limits })
    }

    /// The gantry's figures.
    #[must_use]
    pub fn spec(&self) -> &GantrySpec {
        &self.spec
    }

    /// At rest at x [m], z [m], yaw [rad], press [m]; the position errors are drawn from `stream`.
    ///
    /// # Errors
    /// [`RobotError::Parameter`] when a position is outside its range.
    pub fn start(&self, position: [f64; 4], stream: &mut Stream) -> Result<GantryState, RobotError> {
        for (value, axis) in position.iter().zip(&self.axes) {
            crate::error::require("position", *value, (axis.lower..=axis.upper).contains(value), "within the axis")?;
        }
        Ok(GantryState {
            reference: position.map(AxisReference::at),
            error: self.axes.map(|a| a.position_sd * stream.normal()),
            force_n: 0.0,
            force_measured_n: 0.0,
            indentation_m: 0.0,
        })
    }

    /// One tick. Allocates nothing. Draws one normal for the force, and one per axis that moves.
    ///
    /// # Requires
    /// `dt_s` finite and positive. A target that is not finite counts as standing still.
    pub fn step(&self, state: &mut GantryState, input: &GantryInput, stream: &mut Stream, dt_s: f64) -> GantryOutput {
        let target = &input.target;
        let force_exceeded = state.force_measured_n > self.spec.force_max_n;
        let goals = [target.x_m, target.z_m, target.yaw_rad];
        for (axis, goal) in goals.iter().enumerate() {
            let goal = if goal.is_finite() { *goal } else { state.reference[axis].position };
            let reference = &state.reference[axis];
            let velocity = next_velocity(reference, &self.limits[axis], goal, self.limits[axis].velocity, dt_s);
            self.travel(state, axis, velocity, stream, dt_s);
        }
        let velocity = self.press_velocity(state, target.press, force_exceeded, dt_s);
        self.travel(state, 3, velocity, stream, dt_s);
        self.touch(state, input.skin_m, stream, dt_s);

        let mut position_true = [0.0; 4];
        let mut position_measured = [0.0; 4];
        for axis in 0..4 {
            let reported = state.reference[axis].position;
            position_true[axis] = reported + state.error[axis];
            position_measured[axis] = (reported / self.axes[axis].encoder).round() * self.axes[axis].encoder;
        }
        let stands = |axis: usize, goal: f64| {
            let goal = goal.clamp(self.limits[axis].lower, self.limits[axis].upper);
            (state.reference[axis].position - goal).abs() <= self.axes[axis].encoder
        };
        let pressed = match target.press {
            Press::Position(goal) => stands(3, goal),
            Press::Force(goal) => (state.force_n - goal).abs() <= (0.1 * goal.abs()).max(0.1),
        };
        GantryOutput {
            position_true,
            position_measured,
            force_n: state.force_n,
            force_measured_n: state.force_measured_n,
            indentation_m: state.indentation_m,
            contact: state.force_n > 0.0,
            arrived: pressed && (0..3).all(|axis| stands(axis, goals[axis])),
            force_exceeded,
        }
    }

    fn press_velocity(&self, state: &GantryState, press: Press, force_exceeded: bool, dt: f64) -> f64 {
        let (reference, limits) = (&state.reference[3], &self.limits[3]);
        match press {
            _ if force_exceeded => bounded(reference, limits, -limits.velocity, dt),
            Press::Position(goal) if goal.is_finite() => next_velocity(reference, limits, goal, limits.velocity, dt),
            Press::Force(goal) if goal.is_finite() => {
                let wanted = self.spec.force_gain_m_s_n * (goal - state.force_measured_n);
                bounded(reference, limits, wanted.min(self.spec.approach_m_s), dt)
            }
            _ => bounded(reference, limits, 0.0, dt),
        }
    }

    /// Move an axis; its error forgets itself over `error_length` of travel (Ornstein–Uhlenbeck in position).
    fn travel(&self, state: &mut GantryState, axis: usize, velocity: f64, stream: &mut Stream, dt: f64) {
        let before = state.reference[axis].position;
        advance(&mut state.reference[axis], &self.limits[axis], velocity, dt);
        let moved = (state.reference[axis].position - before).abs();
        let spec = &self.axes[axis];
        if moved > 0.0 && spec.position_sd > 0.0 {
            let keep = ops::exp(-moved / spec.error_length);
            state.error[axis] = keep * state.error[axis] + spec.position_sd * (1.0 - keep * keep).max(0.0).sqrt() * stream.normal();
        }
    }

    fn touch(&self, state: &mut GantryState, skin_m: f64, stream: &mut Stream, dt: f64) {
        let depth = if skin_m.is_finite() { state.reference[3].position + state.error[3] - skin_m } else { 0.0 };
        let indentation = depth.max(0.0);
        let speed = (indentation - state.indentation_m) / dt;
        let force = self.spec.contact_stiffness_n_m * indentation + self.spec.contact_damping_n_s_m * speed;
        state.force_n = if indentation > 0.0 { force.max(0.0) } else { 0.0 };
        state.indentation_m = indentation;
        state.force_measured_n = state.force_n + self.spec.force_sd_n * stream.normal();
    }
}
