//! A run of the controller on the plant under faults, with a watchman who checks every tick.

use proband_procedure::{Command, Controller, GuardLimits, HeadCommand, NeedleCommand, Observation, Phase, Venipuncture};
use proband_sensor::{UltrasoundFrame, UltrasoundScratch};
use proptest::prelude::*;

use super::fault::{Lie, Picture, Shown, Stretch};
use super::{Moment, Plant, TICK_S, controller, smooth_draw};

/// Driver position beyond which the tip is near or in the patient [m]: half of the standoff.
pub const NEAR_M: f64 = 6e-3;
/// Most notes that one tick may make: the ranked sites and what is believed of each.
const NOTES_PER_TICK: usize = 400;

/// A run under watch.
pub struct Run {
    pub controller: Venipuncture,
    pub plant: Plant,
    scratch: UltrasoundScratch,
    limits: GuardLimits,
    cuff_on_s: f64,
    picture_s: f64,
    contacts: u32,
    /// Whether the encoder was believable so far.
    encoder_true: bool,
    pub phase: Phase,
    /// Ticks in needle-in phases without a break.
    in_ticks: u64,
    /// The longest such time [s].
    pub longest_in_s: f64,
    /// Deepest tip with a believable encoder [m].
    pub deepest_m: f64,
}

impl Run {
    /// From a moment of the smooth draw, with quick pictures.
    pub fn from(moment: &Moment) -> Self {
        let mut controller = controller();
        controller.restore(&moment.saved).unwrap();
        let mut plant = moment.plant.clone();
        plant.live_pictures = false;
        Self {
            limits: controller.spec().limits.clone(),
            controller,
            plant,
            scratch: UltrasoundScratch::new(),
            cuff_on_s: moment.cuff_on_s,
            picture_s: moment.picture_s,
            contacts: moment.attempt * u32::from(moment.phase > Phase::Align),
            encoder_true: true,
            phase: moment.phase,
            in_ticks: 0,
            longest_in_s: 0.0,
            deepest_m: f64::NEG_INFINITY,
        }
    }

    /// One stretch of time under its faults.
    pub fn stretch(&mut self, stretch: &Stretch) -> Result<(), TestCaseError> {
        self.plant.time_s += stretch.gap_s;
        let good = smooth_draw().iter().rev().find_map(|m| m.plant.still.clone());
        let other = stretch.faults.iter().find_map(|f| match (&f.lie, &good) {
            (Lie::OtherPicture(p), Some(good)) => Some((*p, p.spoil(good))),
            _ => None,
        });
        if stretch.faults.iter().any(|f| matches!(f.lie, Lie::EncoderJump(_) | Lie::EncoderStuck(_))) {
            self.encoder_true = false;
        }
        for _ in 0..stretch.ticks {
            let tick = self.plant.tick;
            let other = other.as_ref().map(|(kind, frame)| {
                let mut frame = frame.clone();
                // Only the frozen picture keeps its old time.
                if !matches!(kind, Picture::Frozen) && tick.is_multiple_of(super::FRAME_TICKS) {
                    std::sync::Arc::make_mut(&mut frame).time_s = self.plant.time_s;
                }
                frame
            });
            self.tick(other.as_deref(), |obs, shown| {
                for fault in stretch.faults.iter().filter(|f| f.holds(tick)) {
                    fault.apply(obs, shown);
                }
            })?;
        }
        Ok(())
    }

    /// Go on without faults until the procedure is over; fails when that takes longer than `limit_s`.
    pub fn settle(&mut self, limit_s: f64) -> Result<(), TestCaseError> {
        let start_s = self.plant.time_s;
        while !self.phase.is_final() {
            prop_assert!(self.plant.time_s - start_s < limit_s, "still in {:?} after {limit_s} s", self.phase);
            self.tick(None, |_, _| {})?;
        }
        prop_assert!(!self.encoder_true || self.plant.driver_m < NEAR_M + 1e-4, "the needle is not out: {} m", self.plant.driver_m);
        Ok(())
    }

    /// One tick: observe, spoil, decide, check, move.
    pub fn tick(&mut self, other: Option<&UltrasoundFrame>, spoil: impl Fn(&mut Observation<'_>, &mut Shown)) -> Result<(), TestCaseError> {
        let due = self.plant.picture(&mut self.scratch);
        let mut shown = Shown::Good;
        let mut obs = self.plant.observe(None);
        spoil(&mut obs, &mut shown);
        let ultrasound = match shown {
            Shown::Good => due.as_deref(),
            Shown::Other => other.filter(|_| due.is_some()),
            Shown::Nothing => None,
        };
        let obs = Observation { ultrasound, ..obs };
        let before = self.phase;
        let command = self.controller.step(&obs);
        self.phase = self.controller.phase();
        self.check(&obs, before, &command)?;
        self.plant.advance(&command);
        if self.encoder_true {
            self.deepest_m = self.deepest_m.max(self.plant.depth_m());
        }
        self.in_ticks = if self.phase.needle_in() { self.in_ticks + 1 } else { 0 };
        self.longest_in_s = self.longest_in_s.max(self.in_ticks as f64 * TICK_S);
        Ok(())
    }

    fn check(&mut self, obs: &Observation<'_>, before: Phase, command: &Command) -> Result<(), TestCaseError> {
        let after = self.phase;
        let mut notes = Vec::new();
        self.controller.take_notes(&mut notes);
        prop_assert!(notes.len() <= NOTES_PER_TICK, "{} notes in one tick", notes.len());
        prop_assert!(after == before || before.may_lead_to(after), "{before:?} led to {after:?}");
        finite(command)?;
        self.check_motion(obs, before, command)?;
        // The cuff.
        if command.tourniquet_pa > 0.0 && self.cuff_on_s.is_nan() {
            self.cuff_on_s = obs.time_s;
        }
        let on_s = obs.time_s - self.cuff_on_s;
        prop_assert!(command.tourniquet_pa == 0.0 || on_s <= self.limits.tourniquet_max_s + TICK_S, "cuff on for {on_s} s");
        prop_assert!(!after.is_final() || command.tourniquet_pa == 0.0, "cuff on in {after:?}");
        // Attempts.
        self.contacts += u32::from(after == Phase::Contact && before != Phase::Contact);
        prop_assert!(self.contacts <= self.limits.attempts_max && self.controller.attempt() <= self.limits.attempts_max, "a third stick");
        // Tube and pad.
        prop_assert!(!command.tube_connected || (before == Phase::Draw && after != Phase::Withdraw), "tube on: {before:?} to {after:?}");
        prop_assert!(!command.compress || !after.needle_in(), "pad on the needle in {after:?}");
        // The line is left only by a needle that is out.
        let parked = matches!(command.needle, NeedleCommand::Park);
        let out = self.plant.depth_m() < 0.0 || self.plant.driver_m < 1e-3;
        prop_assert!(!parked || !self.encoder_true || out, "parked {} m in, {after:?}", self.plant.depth_m());
        Ok(())
    }

    fn check_motion(&mut self, obs: &Observation<'_>, before: Phase, command: &Command) -> Result<(), TestCaseError> {
        let (after, limits, v) = (self.phase, &self.limits, command.driver_velocity_m_s);
        prop_assert!(v <= 0.0 || after.needle_in(), "needle advances in {after:?}");
        // A picture is as old as its acquisition; one without pixels is none.
        if let Some(frame) = obs.ultrasound.filter(|f| f.pixels.len() > 1) {
            self.picture_s = self.picture_s.max(frame.time_s);
        }
        if after == Phase::Contact && before != after {
            self.picture_s = obs.time_s;
        }
        if !before.needle_in() {
            return Ok(());
        }
        let picture_age_s = obs.time_s - self.picture_s;
        prop_assert!(
            v <= 0.0 || picture_age_s <= limits.image_age_max_s + TICK_S,
            "advance with a picture of {picture_age_s} s, {after:?}"
        );
        prop_assert!(v <= 0.0 || obs.tracker_age_s <= limits.tracking_age_max_s, "advance with a tracker {} s old", obs.tracker_age_s);
        prop_assert!(after != Phase::Withdraw || v < 0.0 || obs.driver_position_m < NEAR_M, "holding in {after:?}");
        if before == Phase::Withdraw {
            return Ok(());
        }
        let lateral_n = proband_core::ops::hypot(obs.force_lateral_n[0], obs.force_lateral_n[1]);
        for (what, value, limit) in [
            ("axial force", obs.force_axial_n, limits.force_axial_max_n),
            ("lateral force", lateral_n, limits.force_lateral_max_n * (1.0 + 1e-12)),
            ("speed of the arm", obs.arm_speed_m_s, limits.arm_speed_max_m_s),
            ("stall", f64::from(u8::from(obs.driver_stalled)), 0.5),
            ("age of the tracker", obs.tracker_age_s, limits.pause_max_s),
        ] {
            // What is no number is no proof of safety.
            if value > limit || value.is_nan() {
                prop_assert!(after == Phase::Withdraw, "{what} {value} in {before:?} led to {after:?}");
                prop_assert!(v < 0.0 || obs.driver_position_m < NEAR_M, "{what} {value} in {before:?}: {v} m/s");
            }
        }
        Ok(())
    }
}

/// Every number of a command is one, and directions have length one.
fn finite(command: &Command) -> Result<(), TestCaseError> {
    prop_assert!(command.driver_velocity_m_s.is_finite() && command.tourniquet_pa.is_finite(), "{command:?}");
    if let HeadCommand::Press { x_m, z_m, yaw_rad, force_n } = command.head {
        prop_assert!([x_m, z_m, yaw_rad, force_n].iter().all(|v| v.is_finite()), "{command:?}");
    }
    if let NeedleCommand::Line { entry, direction, standoff_m } = command.needle {
        prop_assert!(entry.0.coords.iter().all(|v| v.is_finite()) && standoff_m.is_finite(), "{command:?}");
        prop_assert!((direction.0.norm() - 1.0).abs() < 1e-9, "{command:?}");
    }
    Ok(())
}
