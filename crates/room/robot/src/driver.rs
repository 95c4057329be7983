//! Needle driver of one axis: a motor behind a current limit, friction, a spindle with backlash, an encoder on the motor.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::error::{RobotError, not_negative, positive};
use crate::limiter::{AxisLimits, AxisReference, advance, bounded, next_velocity};

/// Distance from a flank of the backlash that counts as touching it [m].
const CONTACT_M: f64 = 1e-12;
/// Time at the current limit without motion that counts as a stall [s].
const STALL_S: f64 = 0.02;
/// Speed below which the motor stands [m/s].
const STILL_M_S: f64 = 1e-4;

/// Figures of a needle driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverSpec {
    /// Travel from 0 [m].
    pub travel_m: f64,
    /// Largest speed [m/s].
    pub velocity_max_m_s: f64,
    /// Largest acceleration of the reference [m/s²].
    pub acceleration_max_m_s2: f64,
    /// Moving mass, with the motor's inertia seen at the carriage [kg].
    pub mass_kg: f64,
    /// Force per current [N/A].
    pub force_n_per_a: f64,
    /// Current limit [A]; with the friction it is the force limit.
    pub current_max_a: f64,
    /// Coulomb friction of motor and spindle [N].
    pub coulomb_n: f64,
    /// Viscous friction of motor and spindle [N s/m].
    pub viscous_n_s_m: f64,
    /// Free play between spindle and carriage [m].
    pub backlash_m: f64,
    /// Coulomb friction of the carriage's guide [N]: a load below it does not move the carriage inside the play.
    pub guide_friction_n: f64,
    /// Viscous friction of the carriage inside the play [N s/m].
    pub guide_viscous_n_s_m: f64,
    /// Encoder resolution at the carriage [m].
    pub encoder_m: f64,
    /// Time constant of the velocity loop [s].
    pub velocity_loop_s: f64,
    /// Gain of the position loop around it [1/s].
    pub position_gain_1_s: f64,
    /// Largest distance between reference and encoder [m].
    pub following_error_max_m: f64,
    /// Time constant of the velocity that is reported [s].
    pub velocity_filter_s: f64,
}

impl DriverSpec {
    /// A driver for a venipuncture needle: 60 mm of travel, 100 mm/s, about 11 N at stall.
    ///
    /// # Source
    /// `backlash_m`: Balter 2015, IEEE Trans Robot 31(4): spindle backlash 1.8° = 0.112 mm. Force: bench insertions stay
    /// below 10 N (Instron application note). All other figures: prior, unverified, engineering judgement (the mass is mostly
    /// a geared rotor seen at the carriage).
    #[must_use]
    pub fn venipuncture() -> Self {
        Self {
            travel_m: 0.06,
            velocity_max_m_s: 0.1,
            acceleration_max_m_s2: 2.0,
            mass_kg: 0.8,
            force_n_per_a: 12.0,
            current_max_a: 1.0,
            coulomb_n: 1.0,
            viscous_n_s_m: 10.0,
            backlash_m: 0.112e-3,
            guide_friction_n: 0.02,
            guide_viscous_n_s_m: 100.0,
            encoder_m: 1e-6,
            velocity_loop_s: 0.003,
            position_gain_1_s: 40.0,
            following_error_max_m: 0.5e-3,
            velocity_filter_s: 0.003,
        }
    }
}

/// What the driver shall do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum DriverCommand {
    /// Brake and stay.
    Hold,
    /// Move with a velocity [m/s], positive into the patient.
    Velocity(f64),
    /// Move to a position.
    Position {
        /// Position [m].
        position_m: f64,
        /// Speed on the way [m/s].
        speed_m_s: f64,
    },
}

/// Input of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverInput {
    /// What to do.
    pub command: DriverCommand,
    /// Force of the needle on the carriage [N], positive when it resists insertion.
    pub load_force_n: f64,
}

/// State: plain data. Grouped by the stage that writes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverState {
    // --- written by the reference ---
    /// Where the loop wants the motor.
    pub reference: AxisReference,
    // --- written by the loop ---
    /// Integral part of the force [N].
    pub integral_n: f64,
    /// Motor current [A].
    pub current_a: f64,
    // --- written by the mechanics ---
    /// Spindle position, zero where the carriage rests on its forward flank at 0 [m].
    pub motor_m: f64,
    /// Spindle velocity [m/s].
    pub motor_velocity_m_s: f64,
    /// Carriage position [m]: between `motor_m` and `motor_m + backlash`.
    pub carriage_m: f64,
    // --- written by the encoder ---
    /// Last encoder position [m].
    pub encoder_m: f64,
    /// Filtered encoder velocity [m/s].
    pub measured_velocity_m_s: f64,
    /// Time at the current limit without motion [s].
    pub stall_s: f64,
}

/// Output of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverOutput {
    /// Where the carriage is [m]. The robot does not know it.
    pub position_m: f64,
    /// How fast the carriage moves [m/s].
    pub velocity_m_s: f64,
    /// Encoder position [m]; it does not see the backlash.
    pub measured_position_m: f64,
    /// Filtered encoder velocity [m/s].
    pub measured_velocity_m_s: f64,
    /// Motor current [A].
    pub current_a: f64,
    /// Axial force as the current suggests it, less the known friction [N].
    pub force_from_current_n: f64,
    /// The current stands at its limit.
    pub saturated: bool,
    /// The current has stood at its limit for 20 ms without motion.
    pub stalled: bool,
    /// The carriage stands at an end of its travel.
    pub at_end: bool,
}

/// The immutable driver.
///
/// Mechanics per tick, friction implicit so that it sticks without chatter:
/// v* = v + (k i − F_load) dt/m, v′ = shrink(v*, F_c dt/m) / (1 + b dt/m).
/// The carriage is carried by the flanks of the play, 0 ≤ x_carriage − x_motor ≤ backlash; inside the play only the load
/// moves it. A load that resists insertion keeps it on the forward flank, so lost motion shows when the load turns round.
/// The velocity loop sees the motor's true velocity, not the encoder's difference.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverModel {
    spec: DriverSpec,
    limits: AxisLimits,
}

impl DriverModel {
    /// A driver from its figures.
    ///
    /// # Errors
    /// [`RobotError::Parameter`] that names the field.
    pub fn new(spec: &DriverSpec) -> Result<Self, RobotError> {
        positive("travel_m", spec.travel_m)?;
        positive("velocity_max_m_s", spec.velocity_max_m_s)?;
        positive("acceleration_max_m_s2", spec.acceleration_max_m_s2)?;
        positive("mass_kg", spec.mass_kg)?;
        positive("force_n_per_a", spec.force_n_per_a)?;
        positive("current_max_a", spec.current_max_a)?;
        not_negative("coulomb_n", spec.coulomb_n)?;
        not_negative("viscous_n_s_m", spec.viscous_n_s_m)?;
        not_negative("backlash_m", spec.backlash_m)?;
        not_negative("guide_friction_n", spec.guide_friction_n)?;
        positive("guide_viscous_n_s_m", spec.guide_viscous_n_s_m)?;
        positive("encoder_m", spec.encoder_m)?;
        positive("velocity_loop_s", spec.velocity_loop_s)?;
        positive("position_gain_1_s", spec.position_gain_1_s)?;
        positive("following_error_max_m", spec.following_error_max_m)?;
        positive("velocity_filter_s", spec.velocity_filter_s)?;
        let limits =
            AxisLimits { lower: 0.0, upper: spec.travel_m, velocity: spec.velocity_max_m_s, acceleration: spec.acceleration_max_m_s2 };
        Ok(Self { spec: spec.clone(), limits })
    }

    /// The driver's figures.
    #[must_use]
    pub fn spec(&self) -> &DriverSpec {
        &self.spec
    }

    /// Largest force that the needle can be pushed with at rest [N]: k i_max − F_c.
    #[must_use]
    pub fn stall_force_n(&self) -> f64 {
        self.spec.force_n_per_a * self.spec.current_max_a - self.spec.coulomb_n
    }

    /// At rest with the carriage on its forward flank.
    ///
    /// # Errors
    /// [`RobotError::Parameter`] when the position is outside the travel.
    pub fn start(&self, position_m: f64) -> Result<DriverState, RobotError> {
        let inside = (0.0..=self.spec.travel_m).contains(&position_m);
        crate::error::require("position_m", position_m, inside, "within the travel")?;
        Ok(DriverState {
            reference: AxisReference::at(position_m),
            integral_n: 0.0,
            current_a: 0.0,
            motor_m: position_m,
            motor_velocity_m_s: 0.0,
            carriage_m: position_m,
            encoder_m: self.quantised(position_m),
            measured_velocity_m_s: 0.0,
            stall_s: 0.0,
        })
    }

    fn quantised(&self, position: f64) -> f64 {
        (position / self.spec.encoder_m).round() * self.spec.encoder_m
    }

    /// One tick. Allocates nothing.
    ///
    /// # Requires
    /// `dt_s` finite, positive and below half the velocity loop's time constant. Inputs that are not finite count as `Hold` and as no load.
    pub fn step(&self, state: &mut DriverState, input: &DriverInput, dt_s: f64) -> DriverOutput {
        let load = if input.load_force_n.is_finite() { input.load_force_n } else { 0.0 };
        let acceleration = self.move_reference(state, input.command, dt_s);
        let saturated = self.regulate(state, acceleration, dt_s);
        let carriage_before = state.carriage_m;
        self.move_motor(state, load, dt_s);
        self.move_carriage(state, load, dt_s);
        self.measure(state, dt_s);

        let still = state.motor_velocity_m_s.abs() < STILL_M_S;
        state.stall_s = if saturated && still { state.stall_s + dt_s } else { 0.0 };
        let friction = self.spec.coulomb_n * sign(state.motor_velocity_m_s) + self.spec.viscous_n_s_m * state.motor_velocity_m_s;
        DriverOutput {
            position_m: state.carriage_m,
            velocity_m_s: (state.carriage_m - carriage_before) / dt_s,
            measured_position_m: state.encoder_m,
            measured_velocity_m_s: state.measured_velocity_m_s,
            current_a: state.current_a,
            force_from_current_n: self.spec.force_n_per_a * state.current_a - friction,
            saturated,
            stalled: state.stall_s >= STALL_S,
            at_end: state.motor_m <= 0.0 || state.motor_m >= self.spec.travel_m,
        }
    }

    /// Returns the acceleration of the reference [m/s²].
    fn move_reference(&self, state: &mut DriverState, command: DriverCommand, dt: f64) -> f64 {
        let reference = &mut state.reference;
        let before = reference.velocity;
        let velocity = match command {
            DriverCommand::Velocity(v) if v.is_finite() => bounded(reference, &self.limits, v, dt),
            DriverCommand::Position { position_m, speed_m_s } if position_m.is_finite() && speed_m_s.is_finite() => {
                next_velocity(reference, &self.limits, position_m, speed_m_s.abs(), dt)
            }
            _ => bounded(reference, &self.limits, 0.0, dt),
        };
        advance(reference, &self.limits, velocity, dt);
        // A blocked needle must not wind up a distance that it would leap when freed.
        let reach = self.spec.following_error_max_m;
        reference.position = reference.position.clamp(state.encoder_m - reach, state.encoder_m + reach);
        (velocity - before) / dt
    }

    /// Cascaded loops: position error to velocity, velocity error to force, force to current. Returns whether it is at its limit.
    fn regulate(&self, state: &mut DriverState, acceleration: f64, dt: f64) -> bool {
        let spec = &self.spec;
        let wanted = state.reference.velocity + spec.position_gain_1_s * (state.reference.position - state.encoder_m);
        let error = wanted - state.motor_velocity_m_s;
        let gain = spec.mass_kg / spec.velocity_loop_s;
        let known =
            spec.mass_kg * acceleration + spec.coulomb_n * sign(state.reference.velocity) + spec.viscous_n_s_m * state.reference.velocity;
        let integral = state.integral_n + gain * error * dt / (4.0 * spec.velocity_loop_s);
        let current = (gain * error + known + integral) / spec.force_n_per_a;
        let limit = spec.current_max_a;
        state.current_a = current.clamp(-limit, limit);
        let saturated = current.abs() >= limit;
        // Integrate only when it does not push further into the limit.
        if !saturated || error * current < 0.0 {
            state.integral_n = integral;
        }
        saturated
    }

    fn move_motor(&self, state: &mut DriverState, load: f64, dt: f64) {
        let spec = &self.spec;
        let on_forward_flank = state.carriage_m <= state.motor_m + CONTACT_M;
        let on_backward_flank = state.carriage_m >= state.motor_m + spec.backlash_m - CONTACT_M;
        let felt = if (load > 0.0 && on_forward_flank) || (load < 0.0 && on_backward_flank) { load } else { 0.0 };
        let free = state.motor_velocity_m_s + (spec.force_n_per_a * state.current_a - felt) * dt / spec.mass_kg;
        state.motor_velocity_m_s = shrink(free, spec.coulomb_n * dt / spec.mass_kg) / (1.0 + spec.viscous_n_s_m * dt / spec.mass_kg);
        let next = state.motor_m + state.motor_velocity_m_s * dt;
        state.motor_m = next.clamp(0.0, spec.travel_m);
        if state.motor_m != next {
            state.motor_velocity_m_s = 0.0;
        }
    }

    fn move_carriage(&self, state: &mut DriverState, load: f64, dt: f64) {
        let creep = shrink(-load, self.spec.guide_friction_n) / self.spec.guide_viscous_n_s_m;
        state.carriage_m = (state.carriage_m + creep * dt).clamp(state.motor_m, state.motor_m + self.spec.backlash_m);
    }

    fn measure(&self, state: &mut DriverState, dt: f64) {
        let position = self.quantised(state.motor_m);
        let raw = (position - state.encoder_m) / dt;
        let follow = 1.0 - ops::exp(-dt / self.spec.velocity_filter_s);
        state.measured_velocity_m_s += (raw - state.measured_velocity_m_s) * follow;
        state.encoder_m = position;
    }
}

fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// x moved towards zero by at most `by`.
fn shrink(x: f64, by: f64) -> f64 {
    sign(x) * (x.abs() - by).max(0.0)
}
