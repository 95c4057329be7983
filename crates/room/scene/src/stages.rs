//! The stages of a tick that move patient, robot and needle.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
use proband_core::{Direction, Patient, Pose, Position, Probe};
use proband_physiology::{CollectionInput, HoleSpec, LeakInput, MotionInput, VasovagalInput, VasovagalPhase, VenousInput};
use proband_procedure::{HeadCommand, NeedleCommand};
use proband_robot::{ArmInput, DriverCommand, DriverInput, GantryInput};
use proband_tissue::{NeedleEventKind, NeedleInput, NeedleOutput};

use crate::fault::{
    Reading, arm_with_faults, bled_m3, bleeding_m3_s, cuff_with_faults, displacement_by_faults, distort, driver_with_faults,
    head_with_faults, line_as_registered, offset_m, roll_m,
};
use crate::motion::{arm_target, head_target};
use crate::needle_path::path_along;
use crate::spec::TICK_S;
use crate::whole_body::Done;
use crate::{Scene, Target};

/// Tip distance before the skin within which tissue is followed tick by tick [m].
const NEAR_SKIN_M: f64 = 8e-3;
/// Length along a vessel over which a needle moves it [m]: a superficial vein in fat (prior: unverified).
const DEFORM_WIDTH_M: f64 = 8e-3;

/// The same for a vessel that moves as a whole [m]: longer than the arm.
const WHOLE_VESSEL_M: f64 = 1.0;

/// Probe forces that count as light contact [N].
const LIGHT_N: (f64, f64) = (0.3, 0.8);

impl Scene {
    /// The patient's own frame, in which the anatomy is at rest, against the registered one.
    pub(crate) fn pose_rest_patient(&self) -> Isometry3<f64> {
        let d = self.state.patient.displacement_m;
        Isometry3::from_parts(
            Translation3::new(d[0], d[1], d[2]),
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), self.state.patient.rotation_rad),
        )
    }

    pub(crate) fn patient_stage(&mut self) {
        let (bleeding_m3_s, tube_draws) = (bleeding_m3_s(&self.scratch.active), self.tube_draws());
        let model = &self.model;
        let state = &mut self.state;
        let patient = &mut state.patient;
        let startle = std::mem::take(&mut self.scratch.startle);
        let felt = self
            .whole
            .as_mut()
            .map(|whole| whole.step(state.tick, &Done { cuff_pa: patient.cuff_pa, pain: patient.pain, reacting: patient.reacted }));
        let input = MotionInput { startle, pain: patient.pain };
        let breath = felt.map(|felt| (felt.breath, felt.breath_per_s));
        let moved = model.motion.step_breathing(&mut patient.motion, &input, breath, TICK_S, &mut state.streams.motion);
        patient.pain = 0.0;
        patient.displacement_m = moved.displacement.0.into();
        if !self.scratch.active.is_empty() {
            patient.displacement_m = (moved.displacement.0 + displacement_by_faults(&self.scratch.active)).into();
        }
        patient.rotation_rad = moved.rotation_rad;

        let follow = TICK_S / model.equipment.cuff_s;
        let cuff_pa = cuff_with_faults(&self.scratch.active, &mut self.memories, patient.cuff_pa, state.command.tourniquet_pa);
        patient.cuff_pa += (cuff_pa - patient.cuff_pa) * follow.min(1.0);
        let face_pa = state.robot.probe_force_n / model.equipment.probe_face_m2 * model.equipment.probe_pressure_share;
        let bed_pa = felt.map(|felt| model.venous.resting_pressure_pa() + felt.vein_over_rest_pa);
        let arterial_pa = felt.map_or(model.mean_arterial_pa, |felt| felt.arterial_pa);
        let venous = model.venous.step_with_bed(
            &mut patient.venous,
            bed_pa,
            &VenousInput {
                tourniquet_pa: patient.cuff_pa,
                probe_pressure_pa: face_pa,
                draw_m3_s: if bleeding_m3_s > 0.0 { patient.flow_m3_s + bleeding_m3_s } else { patient.flow_m3_s },
                draw_site_pressure_pa: patient.site_pressure_pa,
                below_heart_m: 0.0,
            },
            TICK_S,
        );
        patient.bed_pressure_pa = venous.pressure_pa;
        patient.outside_pressure_pa = venous.outside_pressure_pa;
        patient.feed_resistance_pa_s_per_m3 = venous.feed_resistance_pa_s_per_m3;
        patient.area_ratio = venous.area_ratio;
        patient.scale_v = venous.scale_v;
        patient.scale_h = venous.scale_h;

        if (LIGHT_N.0..LIGHT_N.1).contains(&state.robot.probe_force_n) && state.needle.hole_m.is_none() {
            patient.light_scale = Some([venous.scale_v, venous.scale_h]);
        }

        let lumen = state.needle.lumen;
        let artery = lumen.is_some_and(|l| l.artery);
        let tube = model.collection.step(
            &mut patient.collection,
            &CollectionInput {
                connected: state.command.tube_connected && tube_draws,
                open_fraction: lumen.map_or(0.0, |l| l.bevel_fraction),
                against_wall: lumen.is_some_and(|l| l.against_back_wall),
                in_air: state.needle.medium == proband_tissue::Medium::Air,
                source_pressure_pa: if artery { arterial_pa } else { patient.bed_pressure_pa },
                source_resistance_pa_s_per_m3: if artery { 0.0 } else { patient.feed_resistance_pa_s_per_m3 },
                outside_pressure_pa: patient.outside_pressure_pa,
                inverted: false,
            },
            TICK_S,
        );
        patient.flow_m3_s = if artery { 0.0 } else { tube.flow_m3_s };
        patient.site_pressure_pa = if tube.flow_m3_s > 0.0 { tube.site_pressure_pa } else { venous.site_pressure_pa };
        let drawn_m3 = tube.volume_m3 - patient.volume_m3;
        patient.volume_m3 = tube.volume_m3;
        state.score.tube.see(&tube);

        let pressing = if state.command.compress { model.equipment.compression_pa } else { 0.0 };
        let leak = model.leak.step(
            &mut patient.leak,
            &LeakInput { pressure_pa: patient.bed_pressure_pa - patient.outside_pressure_pa, compression_pa: pressing },
            TICK_S,
        );
        let leaked_m3 = leak.volume_m3 + bled_m3(&self.scratch.active, &mut self.memories);
        if let Some(whole) = &mut self.whole {
            let seeped_m3 = leaked_m3 - patient.leak_volume_m3;
            if artery { whole.lose(seeped_m3, drawn_m3) } else { whole.lose(seeped_m3 + drawn_m3, 0.0) }
        }
        patient.leak_volume_m3 = leaked_m3;
        let reaction = model.vasovagal.step(
            &mut patient.vasovagal,
            &VasovagalInput { puncture: std::mem::take(&mut patient.skin_punctured_now) },
            TICK_S,
            &mut state.streams.vasovagal,
        );
        let reacted = reaction != VasovagalPhase::Well;
        if reacted && !patient.reacted {
            patient.reacted = true;
            self.event("vasovagal", "pale and dizzy", f64::NAN, "");
        }
    }

    pub(crate) fn robot_stage(&mut self) {
        let model = &self.model;
        let arm = &model.equipment.arm;
        let state = &mut self.state;
        let robot = &mut state.robot;
        let line = matches!(state.command.needle, NeedleCommand::Line { .. });
        if line && !state.needle.last_line {
            state.needle.track += 1;
        }
        state.needle.last_line = line;
        let unreachable_before = robot.motion.unreachable_count;
        let asked = line_as_registered(&self.scratch.active, state.command.needle);
        let target = arm_target(&model.layout, arm, &mut robot.motion, &asked, &robot.arm_out);
        let up = model.layout.pose_world_base.0.rotation.inverse() * Vector3::z();
        let here = &robot.arm_out.pose_base_flange_measured;
        let active = &self.scratch.active;
        let target = if active.is_empty() { target } else { arm_with_faults(active, &mut self.memories, here, up, target) };
        let unreachable = robot.motion.unreachable_count > unreachable_before;
        let mut input = ArmInput::free(target);
        let [fx, fy] = state.needle.force_lateral_n;
        let push = Vector3::new(fx, fy, -state.needle.force_axial_n);
        if push != Vector3::zeros() {
            let along = robot.arm_out.pose_base_flange_measured.0.rotation * push;
            input.force_on_flange = Direction::from_raw(along);
            let lever = robot.arm_out.pose_base_flange_measured.0.rotation * model.layout.pose_flange_needle0.0.translation.vector;
            input.moment_on_flange = Direction::from_raw(lever.cross(&along));
        }
        robot.arm_out = arm.step(&mut robot.arm, &input, TICK_S);

        let command = DriverCommand::Velocity(state.command.driver_velocity_m_s);
        let command = if state.command.driver_velocity_m_s == 0.0 { DriverCommand::Hold } else { command };
        let mut worn = None;
        let command = if active.is_empty() {
            command
        } else {
            let (model, command) = driver_with_faults(active, &model.equipment.driver, command);
            worn = model;
            command
        };
        let driver_model = worn.as_ref().unwrap_or(&model.driver);
        let driver = driver_model.step(&mut robot.driver, &DriverInput { command, load_force_n: state.needle.force_axial_n }, TICK_S);
        robot.driver_true_m = driver.position_m;
        robot.driver_velocity_m_s = driver.velocity_m_s;
        robot.driver_measured_m = driver.measured_position_m;
        robot.driver_measured_m_s = driver.measured_velocity_m_s;
        robot.driver_stalled = driver.stalled;
        if !active.is_empty() {
            let reading = Reading { values: [driver.measured_position_m, driver.measured_velocity_m_s, 0.0, 0.0], axes: 1, present: true };
            let reading = distort(active, &mut self.memories, Target::Encoder, state.tick, false, reading);
            [robot.driver_measured_m, robot.driver_measured_m_s, _, _] = reading.values;
        }

        let d = state.patient.displacement_m;
        let [x, z] = [robot.gantry_true[0], robot.gantry_true[1]];
        let skin_m = model.arm_anatomy.skin_y(x - d[0], z - d[2]) + d[1];
        let goal = head_target(&state.command.head, &robot.gantry_measured, state.sensors.range_skin_m, robot.probe_force_measured_n);
        let goal = if active.is_empty() { goal } else { head_with_faults(active, &mut self.memories, &robot.gantry_measured, goal) };
        let out = model.gantry.step(&mut robot.gantry, &GantryInput { target: goal, skin_m }, &mut state.streams.gantry, TICK_S);
        robot.gantry_true = out.position_true;
        robot.gantry_measured = out.position_measured;
        robot.probe_force_n = out.force_n;
        robot.probe_force_measured_n = out.force_measured_n;
        if !active.is_empty() {
            let reading = Reading::scalar(out.force_measured_n);
            let reading = distort(active, &mut self.memories, Target::ProbeForce, state.tick, false, reading);
            robot.probe_force_measured_n = reading.values[0];
            // The head's own force loop reads the same sensor.
            robot.gantry.force_measured_n = reading.values[0];
        }
        let pressing = matches!(state.command.head, HeadCommand::Press { .. });
        robot.gantry_arrived = out.arrived && (!pressing || out.contact);
        if unreachable {
            self.event("line_unreachable", "the robot arm cannot bring the needle onto this line", f64::NAN, "");
        }
    }

    /// Pose of the probe from gantry positions: the head's gimbal lays the face on the skin.
    fn probe_pose(&self, position: &[f64; 4], displacement: [f64; 3]) -> Pose<Patient, Probe> {
        let [x, z, yaw, press] = *position;
        let d = displacement;
        let normal = self.model.arm_anatomy.skin_normal(x - d[0], z - d[2]);
        let inward = -normal;
        let (sin, cos) = proband_core::ops::sin_cos(yaw);
        let along = Direction::new(cos, 0.0, sin);
        Pose::from_axes(Position::new(x, press, z), along, inward)
    }

    /// The probe as it is believed to be: with what its registration is off by.
    fn probe_offset_m(&self) -> f64 {
        if self.scratch.active.is_empty() { 0.0 } else { offset_m(&self.scratch.active, Target::Probe) }
    }

    /// True pose of the probe, registered frame.
    pub(crate) fn probe_pose_true(&self) -> Pose<Patient, Probe> {
        self.probe_pose(&self.state.robot.gantry_true, self.state.patient.displacement_m)
    }

    /// Pose of the probe by gantry and gimbal encoders, registered frame.
    pub(crate) fn probe_pose_measured(&self) -> Pose<Patient, Probe> {
        let mut pose = self.probe_pose(&self.state.robot.gantry_measured, self.state.patient.displacement_m);
        pose.0.translation.vector.x += self.probe_offset_m();
        pose
    }

    pub(crate) fn needle_stage(&mut self) {
        let rest = self.pose_rest_patient();
        let robot = &self.state.robot;
        let needle0 = self.model.layout.needle_from(&robot.arm_out.pose_base_flange_true, 0.0);
        let mut own = Pose::<Patient, proband_core::Needle>::from_raw(rest.inverse() * needle0.0);
        let mut driver_m = robot.driver_true_m;
        if !self.scratch.active.is_empty() {
            self.break_needle(&rest);
            if let Some(faulty) = self.needle_with_faults(&rest) {
                (own, driver_m) = faulty;
            }
        }
        let tip = own * Position::new(0.0, 0.0, driver_m);
        self.state.needle.tip_m = tip.0.into();
        self.fill_deform();
        (self.scratch.past_back_m, self.scratch.line_shift_m) = (-crate::FAR_M, 0.0);
        let engaged = self.state.needle.hole_m.is_some() || self.model.arm_anatomy.depth_below_skin(tip) > -NEAR_SKIN_M;
        if !engaged {
            self.release_needle();
            return;
        }
        let track = self.state.needle.track;
        let scratch = &mut self.scratch;
        let Some(path) = path_along(&self.model.arm_anatomy, &scratch.deform_for_needle, &own, track, &mut scratch.crossings) else {
            self.release_needle();
            return;
        };
        let lateral_m = match self.state.needle.hole_m {
            Some(hole) => {
                let in_needle = own.inverse() * Position::<Patient>::new(hole[0], hole[1], hole[2]);
                [in_needle.0.x, in_needle.0.y]
            }
            None => [0.0, 0.0],
        };
        self.scratch.line_shift_m = (lateral_m[0] * lateral_m[0] + lateral_m[1] * lateral_m[1]).sqrt();
        let input = NeedleInput { tip_m: driver_m, lateral_m, traction: self.model.equipment.skin_traction, path: &path };
        let out = match &mut self.fem {
            None => self.model.needle.step(&mut self.state.needle.needle, &input, TICK_S),
            Some(fem) => match fem.step(&self.model, &self.scratch.deform_for_needle, &own, &path, driver_m) {
                Ok(out) => {
                    self.tell_of_mesh();
                    out
                }
                Err(error) => {
                    self.state.quarantined = Some((self.state.tick, format!("tissue: {error}")));
                    return;
                }
            },
        };
        self.after_needle(&own, &path, &out);
    }

    /// Note that a piece of arm was meshed in this tick.
    fn tell_of_mesh(&mut self) {
        if let Some(fem) = &mut self.fem
            && std::mem::take(&mut fem.just_meshed)
        {
            let stiffening = fem.stiffening;
            self.event("tissue_meshed", "finite elements around the puncture; stiffness over the usual one", stiffening, "1");
        }
    }

    /// The needle is far from the skin: nothing holds it.
    fn release_needle(&mut self) {
        if let Some(fem) = &mut self.fem {
            fem.release();
        }
        let needle = &mut self.state.needle;
        if needle.force_axial_n != 0.0 || needle.lumen.is_some() {
            needle.needle = self.model.needle.state(self.state.robot.driver_true_m);
        }
        needle.force_axial_n = 0.0;
        needle.force_lateral_n = [0.0; 2];
        needle.tip_depth_along_m = f64::NEG_INFINITY;
        needle.medium = proband_tissue::Medium::Air;
        needle.lumen = None;
        needle.deformed = None;
        needle.hole_m = None;
    }

    fn after_needle(&mut self, own: &Pose<Patient, proband_core::Needle>, path: &proband_tissue::NeedlePath, out: &NeedleOutput) {
        let skin_m = path.skin_m();
        let veins = path.spans().iter().filter(|s| s.kind == proband_tissue::SpanKind::Vein && s.enter_m < out.tip_m);
        let entered = veins.max_by(|a, b| a.enter_m.total_cmp(&b.enter_m));
        self.scratch.past_back_m = entered.map_or(-crate::FAR_M, |vein| out.tip_m - vein.exit_m);
        let needle = &mut self.state.needle;
        needle.force_axial_n = out.force_axial_n;
        needle.force_lateral_n = out.force_lateral_n;
        needle.tip_depth_along_m = out.tip_m - skin_m;
        let tip = *own * Position::new(out.deflection_m[0], out.deflection_m[1], out.tip_m);
        needle.tip_m = tip.0.into();
        needle.medium = out.medium;
        needle.lumen = out.lumen;
        // In the room the tissue moves with the needle; in its own frame the tip lags. The picture needs the former.
        let along = own.axis(2).0 * (out.indentation_m + out.tent_m) + own.axis(0).0 * out.shift_m;
        let target = out.deformed_structure.or(out.lumen.map(|l| l.structure)).or_else(|| nearest_vessel(path, out.tip_m));
        let arc_m = target
            .and_then(|t| self.scratch.crossings.iter().find(|c| c.structure == proband_anatomy::Structure::Vessel(t)).map(|c| c.arc_m));
        needle.deformed = match (target, arc_m) {
            (Some(t), Some(arc)) => Some((t, arc, along.into())),
            _ => None,
        };
        for index in 0..out.events.as_slice().len() {
            let event = out.events.as_slice()[index];
            self.needle_event(own, skin_m, event.kind, event.force_n);
        }
        self.plug_holes(out);
        if out.medium == proband_tissue::Medium::Air && self.state.needle.tip_depth_along_m < -1e-3 {
            self.state.needle.hole_m = None;
        }
    }

    fn needle_event(&mut self, own: &Pose<Patient, proband_core::Needle>, skin_m: f64, kind: NeedleEventKind, force_n: f64) {
        let diameter = self.model.equipment.needle.outer_diameter_m;
        let patient = &mut self.state.patient;
        let hole = HoleSpec { needle_diameter_m: diameter, plugged: true };
        match kind {
            NeedleEventKind::SkinPuncture => {
                let at = *own * Position::new(0.0, 0.0, skin_m);
                self.state.needle.hole_m = Some(at.0.into());
                patient.pain = 1.0;
                patient.skin_punctured_now = true;
            }
            NeedleEventKind::VeinPuncture | NeedleEventKind::ArteryPuncture => {
                patient.pain = 0.3;
                patient.front_hole = self.model.leak.add_hole(&mut patient.leak, hole);
            }
            NeedleEventKind::Transfixion => {
                patient.pain = 0.3;
                patient.front_hole = self.model.leak.add_hole(&mut patient.leak, hole);
                patient.back_hole = self.model.leak.add_hole(&mut patient.leak, hole);
            }
            NeedleEventKind::BackWallPuncture => patient.back_hole = self.model.leak.add_hole(&mut patient.leak, hole),
            NeedleEventKind::NervePuncture => patient.pain = 1.0,
            _ => {}
        }
        self.score_needle_event(kind);
        let (name, text) = crate::names::needle_event(kind);
        self.event(name, text, force_n, "N");
    }

    /// The needle fills a hole as long as it is in it.
    fn plug_holes(&mut self, out: &NeedleOutput) {
        let inside = out.lumen.is_some();
        let through_back = out.lumen.is_some_and(|l| l.to_back_m < 0.0);
        let deeper =
            !inside && self.state.needle.tip_depth_along_m > self.state.needle.front_along_m && self.state.needle.front_along_m.is_finite();
        if let Some(l) = out.lumen {
            self.state.needle.front_along_m = self.state.needle.tip_depth_along_m - l.past_front_m;
        }
        let patient = &mut self.state.patient;
        if let Some(hole) = patient.front_hole {
            self.model.leak.set_plugged(&mut patient.leak, hole, inside || deeper);
        }
        if let Some(hole) = patient.back_hole {
            self.model.leak.set_plugged(&mut patient.leak, hole, through_back || deeper);
        }
    }

    /// How the vessels differ from their reference now: once as the needle's path wants it (without what the needle
    /// itself does) and once as a picture sees it.
    fn fill_deform(&mut self) {
        let patient = &self.state.patient;
        let zero = Direction::new(0.0, 0.0, 0.0);
        let artery = self.model.pulse.map_or(1.0, |pulse| pulse.radius_ratio(self.state.tick as f64 * TICK_S));
        for (index, vessel) in self.model.arm_anatomy.vessels().iter().enumerate() {
            let (scale_h, scale_v) = if vessel.is_artery { (artery, artery) } else { (patient.scale_h, patient.scale_v) };
            let plain = proband_anatomy::VesselDeform { scale_h, scale_v, shift: zero, shift_arc_m: 0.0, shift_width_m: DEFORM_WIDTH_M };
            self.scratch.deform_for_needle[index] = plain;
            self.scratch.deform[index] = plain;
        }
        if let Some((structure, arc_m, shift)) = self.state.needle.deformed
            && let Some(deform) = self.scratch.deform.get_mut(usize::from(structure))
        {
            deform.shift = Direction::new(shift[0], shift[1], shift[2]);
            deform.shift_arc_m = arc_m;
        }
        if !self.scratch.active.is_empty() {
            self.roll_vessels(roll_m(&self.scratch.active));
        }
    }

    /// Veins slide aside as a whole; where the needle pushes one as well, both add up there.
    fn roll_vessels(&mut self, across_m: f64) {
        if across_m == 0.0 {
            return;
        }
        let pushed = self.state.needle.deformed.map(|(structure, _, _)| usize::from(structure));
        for (index, _) in self.model.arm_anatomy.vessels().iter().enumerate().filter(|(_, v)| !v.is_artery) {
            for (deform, pushed) in [(&mut self.scratch.deform_for_needle[index], None), (&mut self.scratch.deform[index], pushed)] {
                deform.shift.0.x += across_m;
                if pushed != Some(index) {
                    deform.shift_width_m = WHOLE_VESSEL_M;
                }
            }
        }
    }
}

/// The vessel of the path nearest to the tip, ahead or around it.
fn nearest_vessel(path: &proband_tissue::NeedlePath, tip_m: f64) -> Option<u16> {
    path.spans()
        .iter()
        .filter(|s| matches!(s.kind, proband_tissue::SpanKind::Vein | proband_tissue::SpanKind::Artery))
        .min_by(|a, b| (a.enter_m - tip_m).abs().total_cmp(&(b.enter_m - tip_m).abs()))
        .map(|s| s.structure)
}
