//! A reference that moves to its goal as fast as its velocity and acceleration limits allow, tick by tick.

use serde::{Deserialize, Serialize};

/// Bounds of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AxisLimits {
    pub lower: f64,
    pub upper: f64,
    pub velocity: f64,
    pub acceleration: f64,
}

/// Position and velocity of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisReference {
    /// Position [m or rad].
    pub position: f64,
    /// Velocity in the last tick [m/s or rad/s].
    pub velocity: f64,
}

impl AxisReference {
    /// At rest.
    #[must_use]
    pub fn at(position: f64) -> Self {
        Self { position, velocity: 0.0 }
    }
}

/// Largest velocity from which `distance` suffices to stop, in ticks of `dt` that each lose `a dt`.
///
/// Starting a tick with v, the axis goes v dt, (v − a dt) dt, … : with n whole ticks of braking after the
/// first, distance = (n + 1) v dt − n (n + 1)/2 a dt². n is the largest count that fits.
#[inline]
pub(crate) fn stopping_velocity(distance: f64, acceleration: f64, dt: f64) -> f64 {
    if distance <= 0.0 {
        return 0.0;
    }
    let unit = acceleration * dt * dt;
    let n = (0.5 * ((1.0 + 8.0 * distance / unit).sqrt() - 1.0)).floor();
    (distance + 0.5 * n * (n + 1.0) * unit) / (dt * (n + 1.0))
}

/// Velocity of the next tick that heads for `goal` with at most `speed`, keeps the acceleration limit, and can always
/// still stop before `lower` and `upper`.
#[inline]
pub(crate) fn next_velocity(state: &AxisReference, limits: &AxisLimits, goal: f64, speed: f64, dt: f64) -> f64 {
    let goal = goal.clamp(limits.lower, limits.upper);
    let rest = goal - state.position;
    let wanted = rest.signum() * stopping_velocity(rest.abs(), limits.acceleration, dt).min(speed);
    bounded(state, limits, wanted, dt)
}

/// The wanted velocity cut to the limits.
#[inline]
pub(crate) fn bounded(state: &AxisReference, limits: &AxisLimits, wanted: f64, dt: f64) -> f64 {
    let change = limits.acceleration * dt;
    let up = stopping_velocity(limits.upper - state.position, limits.acceleration, dt).min(limits.velocity);
    let down = stopping_velocity(state.position - limits.lower, limits.acceleration, dt).min(limits.velocity);
    wanted.clamp(-down, up).clamp(state.velocity - change, state.velocity + change)
}

/// Go on by one tick.
#[inline]
pub(crate) fn advance(state: &mut AxisReference, limits: &AxisLimits, velocity: f64, dt: f64) {
    state.velocity = velocity;
    // The clamp takes off rounding only: `bounded` leaves room to stop.
    state.position = (state.position + velocity * dt).clamp(limits.lower, limits.upper);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DT: f64 = 1e-3;

    proptest! {
        /// Keep position, velocity and acceleration limits for any sequence of goals, and arrive at the last.
        #[test]
        fn limits_hold_for_any_goals(
            goals in prop::collection::vec((-3.0_f64..3.0, 1_u32..400), 1..12),
            velocity in 0.05_f64..4.0,
            acceleration in 0.5_f64..50.0,
        ) {
            let limits = AxisLimits { lower: -1.0, upper: 1.2, velocity, acceleration };
            let mut state = AxisReference::at(0.1);
            let mut run = |goal: f64, ticks: u32| -> Result<(), TestCaseError> {
                for _ in 0..ticks {
                    let before = state;
                    let next = next_velocity(&state, &limits, goal, velocity, DT);
                    advance(&mut state, &limits, next, DT);
                    prop_assert!(state.velocity.abs() <= velocity * (1.0 + 1e-12));
                    prop_assert!((state.velocity - before.velocity).abs() <= acceleration * DT * (1.0 + 1e-9));
                    prop_assert!((-1.0..=1.2).contains(&state.position));
                    // The final clamp may take off rounding, nothing more.
                    prop_assert!((state.position - before.position - state.velocity * DT).abs() < 1e-12);
                }
                Ok(())
            };
            for &(goal, ticks) in &goals {
                run(goal, ticks)?;
            }
            let goal = goals[goals.len() - 1].0;
            run(goal, ((2.5 / velocity + 8.0 * (velocity + 4.0) / acceleration) / DT) as u32)?;
            prop_assert!((state.position - goal.clamp(-1.0, 1.2)).abs() < 1e-9, "{} of {}", state.position, goal);
        }
    }

    /// Stop from the given velocity within exactly the given distance.
    #[test]
    fn stopping_distance_is_exact() {
        for distance in [1e-7, 3e-5, 0.001, 0.2] {
            let mut velocity = stopping_velocity(distance, 5.0, DT);
            let mut gone = 0.0;
            while velocity > 0.0 {
                gone += velocity * DT;
                velocity = (velocity - 5.0 * DT).max(0.0);
            }
            assert!((gone - distance).abs() < 1e-12, "{gone} of {distance}");
        }
    }
}
