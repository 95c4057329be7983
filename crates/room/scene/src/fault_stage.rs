//! Faults on the scene's clock: onset and end, and the way of messages between controller and robot.

use nalgebra::Isometry3;
use proband_core::{Needle, Patient, Pose};
use proband_procedure::Command;

use crate::Scene;
use crate::accept;
use crate::fault::{Active, Reading, Seen, active_now, distort, end_tick, pass, record};
use crate::scene::Readings;
use crate::{Effect, Target};

impl Scene {
    /// Begin and end what is due.
    pub(crate) fn fault_stage(&mut self) {
        if self.faults.is_empty() {
            return;
        }
        let now = self.time_s();
        for index in 0..self.faults.len() {
            let (pending, fault) = (self.state.faults[index], self.faults[index]);
            if pending.done && fault.duration_s > 0.0 && end_tick(&fault, pending.at_s) == Some(self.state.tick) {
                self.memories[index].end();
                self.event(&format!("fault_end:{}", fault.kind), "a planned fault is over", f64::NAN, "");
            }
            if pending.done || now < pending.at_s {
                continue;
            }
            self.state.faults[index].done = true;
            match (fault.kind.target(), fault.kind.effect()) {
                (Target::Patient, Effect::Startle) => self.scratch.startle = true,
                (Target::Tracker, Effect::Occlusion) => self.state.tracker_occluded_until_s = now + fault.duration_s,
                (Target::Ultrasound, Effect::Dropout) if fault.magnitude >= 1.0 => {
                    self.state.image_lost_until_s = now + fault.duration_s;
                }
                _ => {}
            }
            let (size, unit) = if fault.kind.has_size() { (fault.magnitude, fault.kind.unit()) } else { (f64::NAN, "") };
            self.event(&format!("fault:{}", fault.kind), &fault.kind.describe(), size, unit);
        }
        active_now(&self.faults, &self.state.faults, self.state.tick, &mut self.scratch.active);
    }

    /// A reading with the faults of its sensor.
    pub(crate) fn faulty(&mut self, target: Target, may_be_absent: bool, reading: Reading) -> Reading {
        if self.scratch.active.is_empty() {
            return reading;
        }
        distort(&self.scratch.active, &mut self.memories, target, self.state.tick, may_be_absent, reading)
    }

    /// Whether the tracker's picture of this tick is lost.
    pub(crate) fn marker_lost(&mut self) -> bool {
        let mut lost = false;
        if !self.scratch.active.is_empty() {
            for fault in self.acting(Target::Tracker).filter(|f| f.kind.effect() == Effect::Dropout) {
                lost |= self.memories[fault.index].stream.bernoulli(fault.size);
            }
        }
        lost
    }

    /// Whether there is power for lamps, scanner and motors.
    pub(crate) fn powered(&self) -> bool {
        !self.scratch.active.iter().any(|f| f.is(Target::Supply, Effect::Loss))
    }

    /// Whether the needle has broken off its hub.
    pub(crate) fn needle_broken(&self) -> bool {
        self.scratch.active.iter().any(|f| f.is(Target::Needle, Effect::Broken))
    }

    /// Whether a tube that is pushed on draws.
    pub(crate) fn tube_draws(&self) -> bool {
        let gone = |f: &Active| f.kind.target() == Target::Tube || f.is(Target::Needle, Effect::Broken);
        !self.scratch.active.iter().any(gone)
    }

    /// The needle with the driver retracted, in the patient's own frame, and the true way of its driver [m], when a fault has bent or
    /// broken it.
    pub(crate) fn needle_with_faults(&self, rest: &Isometry3<f64>) -> Option<(Pose<Patient, Needle>, f64)> {
        let robot = &self.state.robot;
        let mut found = None;
        for fault in self.scratch.active.iter().filter(|f| f.kind.target() == Target::Needle) {
            let memory = self.memories.get(fault.index)?;
            if let (Effect::Broken, Some(pose)) = (fault.kind.effect(), memory.pose) {
                return Some((pose, memory.held[0]));
            }
            if fault.kind.effect() == Effect::Bent {
                // Near the tip a small bend at the hub is a shift across the axis.
                let needle0 = self.model.layout.needle_from(&robot.arm_out.pose_base_flange_true, 0.0);
                let bent = Isometry3::translation(fault.size, 0.0, 0.0);
                found = Some((Pose::from_raw(rest.inverse() * needle0.0 * bent), robot.driver_true_m));
            }
        }
        found
    }

    /// Keep where a needle is that breaks now.
    pub(crate) fn break_needle(&mut self, rest: &Isometry3<f64>) {
        for fault in self.acting(Target::Needle).filter(|f| f.kind.effect() == Effect::Broken) {
            if self.memories[fault.index].pose.is_none() {
                let robot = &self.state.robot;
                let needle0 = self.model.layout.needle_from(&robot.arm_out.pose_base_flange_true, 0.0);
                let own = Pose::from_raw(rest.inverse() * needle0.0);
                let driver_m = robot.driver_true_m;
                self.memories[fault.index].pose = Some(own);
                self.memories[fault.index].held[0] = driver_m;
            }
        }
    }

    /// The readings of this tick as one message.
    pub(crate) fn seen(&mut self, readings: &Readings) -> Seen {
        let fill = self.model.equipment.fill_resolution_m3;
        let tube_m3 = (self.state.patient.volume_m3 / fill).floor() * fill;
        let tube_m3 = self.faulty(Target::Fill, false, Reading::scalar(tube_m3)).values[0];
        let cuff_pa = self.faulty(Target::CuffGauge, false, Reading::scalar(self.state.patient.cuff_pa)).values[0];
        let robot = &self.state.robot;
        let mut needle = self.model.layout.needle_from(&robot.arm_out.pose_base_flange_measured, robot.driver_measured_m);
        needle.0.translation.vector.x -= crate::fault::offset_m(&self.scratch.active, Target::Robot);
        Seen {
            pose_patient_needle: needle,
            pose_patient_probe: self.probe_pose_measured(),
            arm_arrived: robot.motion.arm_arrived,
            head_arrived: robot.gantry_arrived,
            driver_position_m: robot.driver_measured_m,
            driver_velocity_m_s: robot.driver_measured_m_s,
            driver_asked_m_s: self.state.command.driver_velocity_m_s,
            driver_stalled: robot.driver_stalled,
            probe_force_n: robot.probe_force_measured_n,
            force_axial_n: readings.force_axial_n,
            force_lateral_n: readings.force_lateral_n,
            impedance_ohm: readings.impedance_ohm,
            blood_in_hub: readings.blood_in_hub,
            arm_displacement_m: readings.displacement,
            tracker_age_s: readings.tracker_age_s,
            arm_speed_m_s: readings.arm_speed_m_s,
            tourniquet_pa: cuff_pa,
            tube_volume_m3: tube_m3,
        }
    }

    /// Whether a fault of this target is planned, or one with this effect.
    fn planned(&self, target: Target, effect: Option<Effect>) -> bool {
        self.faults.iter().any(|f| f.kind.target() == target && effect.is_none_or(|e| f.kind.effect() == e))
    }

    fn acting(&self, target: Target) -> impl Iterator<Item = Active> + use<> {
        let list: Vec<Active> = self.scratch.active.iter().filter(|f| f.kind.target() == target).copied().collect();
        list.into_iter()
    }

    /// What the controller sees of the readings: those of this tick, or what a disturbed link lets through.
    pub(crate) fn observation_arrives(&mut self, sent: Seen) -> Seen {
        let link = self.planned(Target::Observation, None);
        if !link && !self.planned(Target::Controller, Some(Effect::StaleState)) {
            return sent;
        }
        let tick = self.state.tick;
        self.record_for_replay(Target::Observation, |memory, length_s| record(memory, tick, length_s, sent));
        let mut message = Some(sent);
        for fault in self.acting(Target::Observation) {
            message = pass(&fault, &mut self.memories[fault.index], tick, message);
        }
        let mut seen = message.or(self.last_seen).unwrap_or(sent);
        for fault in self.acting(Target::Controller).filter(|f| f.kind.effect() == Effect::StaleState) {
            let kept = &mut self.memories[fault.index].seen;
            match kept.front() {
                Some((_, old)) => seen = *old,
                None => kept.push_back((tick, seen)),
            }
        }
        self.last_seen = Some(seen);
        seen
    }

    /// Call `keep` for every replay of this link that has not begun.
    fn record_for_replay(&mut self, target: Target, mut keep: impl FnMut(&mut crate::fault::Memory, f64)) {
        for (index, fault) in self.faults.iter().enumerate() {
            if fault.kind.target() == target && fault.kind.effect() == Effect::Replay && !self.state.faults[index].done {
                keep(&mut self.memories[index], fault.magnitude);
            }
        }
    }

    /// Whether the controller gives no answer in this tick.
    pub(crate) fn deadline_missed(&mut self) -> bool {
        let mut missed = false;
        if !self.scratch.active.is_empty() {
            for fault in self.acting(Target::Controller).filter(|f| f.kind.effect() == Effect::MissedDeadline) {
                missed |= self.memories[fault.index].stream.bernoulli(fault.size);
            }
        }
        missed
    }

    /// What reaches the robot of a command; `None`: nothing in this tick.
    pub(crate) fn command_arrives(&mut self, mut asked: Command) -> Option<Command> {
        if self.faults.is_empty() {
            return Some(asked);
        }
        for fault in self.acting(Target::Controller) {
            match fault.kind.effect() {
                Effect::NotANumber => asked.driver_velocity_m_s = f64::NAN,
                Effect::WrongMode if asked.driver_velocity_m_s != 0.0 => {
                    asked.driver_velocity_m_s = fault.size.copysign(asked.driver_velocity_m_s);
                }
                _ => {}
            }
        }
        let tick = self.state.tick;
        self.record_for_replay(Target::Command, |memory, length_s| record(memory, tick, length_s, asked));
        let mut message = Some(asked);
        for fault in self.acting(Target::Command) {
            message = pass(&fault, &mut self.memories[fault.index], tick, message);
        }
        message
    }

    /// The robot's side: nothing new means go on; what is no command is refused, and the needle stands still.
    pub(crate) fn carry_out(&mut self, arrived: Option<Command>) {
        let Some(command) = arrived else { return };
        let Some((name, value)) = accept::command_refusal(&command) else {
            self.state.command = command;
            return;
        };
        let held = accept::held(&self.state.command);
        // Said once for as long as nothing else comes.
        if self.state.command != held || self.refused_tick + 1 != self.state.tick {
            self.event("command_refused", &format!("`{name}` of the controller's command is refused; the needle stands"), value, "");
        }
        self.refused_tick = self.state.tick;
        self.state.command = held;
    }
}
