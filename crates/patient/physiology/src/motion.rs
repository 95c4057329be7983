//! Motion of the arm: tremor, breathing, startle.

use serde::{Deserialize, Serialize};

use std::f64::consts::TAU;

use nalgebra::Vector3;
use proband_core::{Direction, Patient, Stream, ops};

use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Sinusoids of the tremor per axis.
pub(crate) const TREMOR_COUNT: usize = 5;

/// How one patient's arm moves on its rest. Directions in the patient's frame (x to his left, y to his back, z to his head).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionSpec {
    /// Lowest frequency of the tremor [Hz]. 4–12 Hz (prior: unverified).
    pub tremor_low_hz: f64,
    /// Highest frequency of the tremor [Hz].
    pub tremor_high_hz: f64,
    /// Largest displacement by tremor in any direction [m]. Below 0.5 mm at rest (prior: unverified).
    pub tremor_peak_m: f64,
    /// Frequency of breathing [Hz]. 0.2–0.3 Hz (prior: unverified).
    pub breathing_hz: f64,
    /// Displacement between breathing in and out [m]. Below 0.5 mm at the arm (prior: unverified).
    pub breathing_m: f64,
    /// Direction of that displacement, any length but 0.
    pub breathing_direction: [f64; 3],
    /// Probability that a pain of 1 (skin puncture of an unprepared patient) startles [1] (prior: unverified, 0.005–0.05).
    pub startle_probability: f64,
    /// From the stimulus to the first motion of a startle [s]. 0.15–0.25 s (prior: unverified).
    pub startle_latency_s: f64,
    /// Largest speed of the withdrawal [m/s]. 0.2–0.5 m/s (prior: unverified).
    pub startle_speed_m_s: f64,
    /// Length of the withdrawal [m] (prior: unverified, 20–60 mm).
    pub startle_distance_m: f64,
    /// How long the arm stays away [s] (prior: unverified, 0.5–2 s).
    pub startle_hold_s: f64,
    /// Time of the slow way back [s] (prior: unverified, 1–3 s).
    pub startle_return_s: f64,
    /// Direction of the withdrawal, any length but 0.
    pub startle_direction: [f64; 3],
    /// Rotation of the arm about its long axis at the end of the withdrawal [rad] (prior: unverified, 0–0.3).
    pub startle_rotation_rad: f64,
}

impl MotionSpec {
    /// A calm adult.
    ///
    /// # Source
    /// prior: unverified, engineering judgement; see the fields.
    #[must_use]
    pub fn reference_adult() -> Self {
        Self {
            tremor_low_hz: 6.0,
            tremor_high_hz: 10.0,
            tremor_peak_m: 0.15e-3,
            breathing_hz: 0.25,
            breathing_m: 0.2e-3,
            breathing_direction: [0.0, -1.0, 0.3],
            startle_probability: 0.01,
            startle_latency_s: 0.2,
            startle_speed_m_s: 0.3,
            startle_distance_m: 0.03,
            startle_hold_s: 1.0,
            startle_return_s: 2.0,
            startle_direction: [0.0, 0.2, 1.0],
            startle_rotation_rad: 0.1,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("tremor_low_hz", self.tremor_low_hz, 0.1, 30.0, "Hz")?;
        check("tremor_high_hz", self.tremor_high_hz, 0.1, 30.0, "Hz")?;
        check("tremor_peak_m", self.tremor_peak_m, 0.0, 0.05, "m")?;
        check("breathing_hz", self.breathing_hz, 0.01, 2.0, "Hz")?;
        check("breathing_m", self.breathing_m, 0.0, 0.05, "m")?;
        check("startle_probability", self.startle_probability, 0.0, 1.0, "1")?;
        check("startle_latency_s", self.startle_latency_s, 0.0, 2.0, "s")?;
        check("startle_speed_m_s", self.startle_speed_m_s, 1e-3, 5.0, "m/s")?;
        check("startle_distance_m", self.startle_distance_m, 0.0, 0.5, "m")?;
        check("startle_hold_s", self.startle_hold_s, 0.0, 60.0, "s")?;
        check("startle_return_s", self.startle_return_s, 0.01, 60.0, "s")?;
        check("startle_rotation_rad", self.startle_rotation_rad, -1.5, 1.5, "rad")?;
        for (field, direction) in [("breathing_direction", &self.breathing_direction), ("startle_direction", &self.startle_direction)] {
            for component in direction {
                check(field, *component, -1e3, 1e3, "1")?;
            }
            if direction.iter().all(|component| *component == 0.0) {
                return Err(PhysiologyError::Contradiction { field, what: "has no length".into() });
            }
        }
        if self.tremor_low_hz > self.tremor_high_hz {
            let what = format!("{} Hz is above the highest frequency {} Hz", self.tremor_low_hz, self.tremor_high_hz);
            return Err(PhysiologyError::Contradiction { field: "tremor_low_hz", what });
        }
        Ok(())
    }
}

/// What the tick is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionInput {
    /// Startle now, whatever the probabilities (a scheduled disturbance). Without effect while one is under way.
    pub startle: bool,
    /// A painful event in this tick, 0–1; it startles with `startle_probability` times this. 0 for none.
    pub pain: f64,
}

/// Something that began in this tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MotionEvent {
    /// A stimulus will startle after the latency.
    StartleTriggered,
    /// The arm begins to withdraw.
    StartleBegins,
}

/// Where the arm is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionOutput {
    /// Displacement of the arm from its rest [m].
    pub displacement: Direction<Patient>,
    /// Its velocity [m/s].
    pub velocity: Direction<Patient>,
    /// Rotation of the arm about its long axis (z) through the origin [rad].
    pub rotation_rad: f64,
    /// What began, if anything.
    pub event: Option<MotionEvent>,
}

/// State of the motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionState {
    /// Time since the state was made [s].
    pub(crate) time_s: f64,
    /// Frequencies of the tremor [Hz], shape [axis, sinusoid].
    pub(crate) tremor_hz: [[f64; TREMOR_COUNT]; 3],
    /// Phases of the tremor [rad], shape [axis, sinusoid].
    pub(crate) tremor_rad: [[f64; TREMOR_COUNT]; 3],
    /// Phase of breathing [rad].
    pub(crate) breathing_rad: f64,
    /// Time since the stimulus of the startle under way [s].
    pub(crate) startle_s: Option<f64>,
    /// Whether its motion has begun.
    pub(crate) startle_moving: bool,
}

/// How one arm moves. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct MotionModel {
    pub(crate) spec: MotionSpec,
}

impl MotionModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: MotionSpec) -> Result<Self, PhysiologyError> {
        spec.check()?;
        Ok(Self { spec })
    }

    /// An arm at rest, with the phases and frequencies of its tremor and breathing drawn from the stream.
    #[must_use]
    pub fn state(&self, stream: &mut Stream) -> MotionState {
        let mut tremor_hz = [[0.0; TREMOR_COUNT]; 3];
        let mut tremor_rad = [[0.0; TREMOR_COUNT]; 3];
        for axis in 0..3 {
            for i in 0..TREMOR_COUNT {
                tremor_hz[axis][i] = stream.uniform_in(self.spec.tremor_low_hz, self.spec.tremor_high_hz);
                tremor_rad[axis][i] = stream.uniform_in(0.0, TAU);
            }
        }
        let breathing_rad = stream.uniform_in(0.0, TAU);
        MotionState { time_s: 0.0, tremor_hz, tremor_rad, breathing_rad, startle_s: None, startle_moving: false }
    }

    /// Advance by `dt_s` (at most a second; more, less than 0 or not finite is taken as 0). Draws from the stream, once,
    /// only in a tick with pain.
    pub fn step(&self, state: &mut MotionState, input: &MotionInput, dt_s: f64, stream: &mut Stream) -> MotionOutput {
        self.step_breathing(state, input, None, dt_s, stream)
    }

    /// The same with the breath given from outside, where a larger body breathes: air in the lungs over a resting breath
    /// [1] and its rate [1/s].
    pub fn step_breathing(
        &self,
        state: &mut MotionState,
        input: &MotionInput,
        breath: Option<(f64, f64)>,
        dt_s: f64,
        stream: &mut Stream,
    ) -> MotionOutput {
        let dt = if (0.0..=1.0).contains(&dt_s) { dt_s } else { 0.0 };
        let pain = finite_or(input.pain, 0.0).clamp(0.0, 1.0);
        let hurt = pain > 0.0 && stream.bernoulli(self.spec.startle_probability * pain);
        state.time_s += dt;
        let mut event = None;
        if let Some(since) = &mut state.startle_s {
            *since += dt;
            if !state.startle_moving && *since >= self.spec.startle_latency_s {
                state.startle_moving = true;
                event = Some(MotionEvent::StartleBegins);
            }
            if *since >= self.startle_end_s() {
                state.startle_s = None;
                state.startle_moving = false;
            }
        } else if input.startle || hurt {
            state.startle_s = Some(0.0);
            event = Some(MotionEvent::StartleTriggered);
        }

        let (startle, startle_rate) = self.startle(state.startle_s);
        let (breath, breath_rate) = match breath {
            None => self.breathing(state),
            Some((air, rate)) => (
                self.spec.breathing_m * finite_or(air, 0.0).clamp(-2.0, 6.0),
                self.spec.breathing_m * finite_or(rate, 0.0).clamp(-50.0, 50.0),
            ),
        };
        let (mut position, mut velocity) = self.tremor(state);
        let away = Vector3::from(self.spec.startle_direction).normalize() * self.spec.startle_distance_m;
        let chest = Vector3::from(self.spec.breathing_direction).normalize();
        position += away * startle + chest * breath;
        velocity += away * startle_rate + chest * breath_rate;
        MotionOutput {
            displacement: Direction::from_raw(position),
            velocity: Direction::from_raw(velocity),
            rotation_rad: self.spec.startle_rotation_rad * startle,
            event,
        }
    }

    /// Duration of the withdrawal [s]: a minimum-jerk motion has its largest speed 15/8 d/T in the middle.
    #[must_use]
    pub fn withdrawal_s(&self) -> f64 {
        1.875 * self.spec.startle_distance_m / self.spec.startle_speed_m_s
    }

    fn startle_end_s(&self) -> f64 {
        self.spec.startle_latency_s + self.withdrawal_s() + self.spec.startle_hold_s + self.spec.startle_return_s
    }

    /// Part of the withdrawal [1] and its rate [1/s] at a time since the stimulus.
    fn startle(&self, since: Option<f64>) -> (f64, f64) {
        let Some(since) = since else { return (0.0, 0.0) };
        let moving = since - self.spec.startle_latency_s;
        let back = moving - self.withdrawal_s() - self.spec.startle_hold_s;
        if back > 0.0 {
            let (part, rate) = minimum_jerk(back, self.spec.startle_return_s);
            (1.0 - part, -rate)
        } else {
            minimum_jerk(moving, self.withdrawal_s())
        }
    }

    /// Displacement by breathing [m] and its rate [m/s].
    fn breathing(&self, state: &MotionState) -> (f64, f64) {
        let omega = TAU * self.spec.breathing_hz;
        let (sin, cos) = ops::sin_cos(omega * state.time_s + state.breathing_rad);
        (0.5 * self.spec.breathing_m * (1.0 - cos), 0.5 * self.spec.breathing_m * omega * sin)
    }

    /// Displacement by tremor [m] and its rate [m/s]: narrow-band noise as a sum of sinusoids, bounded by its peak.
    fn tremor(&self, state: &MotionState) -> (Vector3<f64>, Vector3<f64>) {
        let amplitude = self.spec.tremor_peak_m / 3.0_f64.sqrt() / TREMOR_COUNT as f64;
        let (mut position, mut velocity) = (Vector3::zeros(), Vector3::zeros());
        for axis in 0..3 {
            for (hz, phase) in state.tremor_hz[axis].iter().zip(&state.tremor_rad[axis]) {
                let (sin, cos) = ops::sin_cos(TAU * hz * state.time_s + phase);
                position[axis] += amplitude * sin;
                velocity[axis] += amplitude * TAU * hz * cos;
            }
        }
        (position, velocity)
    }
}

/// Part of a minimum-jerk motion [1] and its rate [1/s] after `time` of `duration` [s]: 10 x³ − 15 x⁴ + 6 x⁵.
///
/// # Source
/// Flash & Hogan 1985, J Neurosci 5:1688.
fn minimum_jerk(time: f64, duration: f64) -> (f64, f64) {
    if time <= 0.0 {
        return (0.0, 0.0);
    }
    if time >= duration {
        return (1.0, 0.0);
    }
    let x = time / duration;
    let y = x * x;
    (y * x * (10.0 - 15.0 * x + 6.0 * y), 30.0 * y * (1.0 - x) * (1.0 - x) / duration)
}
