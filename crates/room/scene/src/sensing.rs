//! The stage that reads the sensors.

use proband_anatomy::Tissue;
use proband_core::{Direction, Needle, Patient, Pose, Position};
use proband_procedure::HeadCommand;
use proband_sensor::{FlashbackInput, ForceInput, ImpedanceInput, NeedleInView, NirInput, TrackerInput, UltrasoundInput};
use proband_tissue::Medium;

use crate::Target;
use crate::fault::{Reading, distort_nir, distort_ultrasound, offset_m};
use crate::pulse::{ARTERY_FLOW, VEIN_FLOW};
use crate::scene::Readings;
use crate::stopwatch::{Stage, Stopwatch};
use crate::{Scene, spec::TICK_S};

impl Scene {
    pub(crate) fn sensor_stage(&mut self, watch: &mut dyn Stopwatch) -> Readings {
        let nir = self.near_infrared();
        watch.lap(Stage::Nir);
        let (displacement, age, speed) = self.track_arm();
        let ultrasound = self.ultrasound(displacement);
        watch.lap(Stage::Ultrasound);
        self.range();
        let broken = self.needle_broken();
        let model = &self.model;
        let state = &mut self.state;
        let needle = &state.needle;
        // Behind a break nothing is felt, conducted or filled.
        let felt = if broken { ForceInput { axial_n: 0.0, lateral_n: [0.0; 2] } } else { needle.felt() };
        let force = model.force.step(&mut state.sensors.force, &felt, &mut state.streams.force);
        let (medium, lumen) = if broken { (Medium::Air, None) } else { (needle.medium, needle.lumen) };
        let blood_fraction = lumen.map_or(0.0, |l| l.bevel_fraction);
        let impedance = model.impedance.step(
            &mut state.sensors.impedance,
            &ImpedanceInput { tissue: surrounding(medium), blood_fraction },
            &mut state.streams.impedance,
        );
        // The tube's suction draws blood up; before that the vein's own pressure does.
        let flashback = model.flashback.step(
            &mut state.sensors.flashback,
            &FlashbackInput { tip_in_blood: blood_fraction > 0.3, pressure_pa: state.patient.site_pressure_pa },
            &mut state.streams.flashback,
        );
        if needle.medium == Medium::Air && needle.hole_m.is_none() && !state.phase.needle_in() {
            // A fresh needle for the next attempt: its hub is empty.
            state.sensors.flashback.front_m = 0.0;
            state.sensors.flashback.window_m3 = 0.0;
        }
        let [lateral_x_n, lateral_y_n] = force.lateral_n;
        let force = Reading { values: [force.axial_n, lateral_x_n, lateral_y_n, 0.0], axes: 3, present: true };
        let [force_axial_n, x, y, _] = self.faulty(Target::Force, false, force).values;
        let impedance = self.faulty(Target::Impedance, true, Reading::optional(impedance.magnitude_ohm));
        let blood = Reading::optional(flashback.blood_in_hub.then_some(1.0));
        let blood = self.faulty(Target::Flashback, true, blood);
        Readings {
            force_axial_n,
            force_lateral_n: [x, y],
            impedance_ohm: impedance.as_option(),
            blood_in_hub: blood.present,
            displacement,
            tracker_age_s: age,
            arm_speed_m_s: speed,
            nir,
            ultrasound,
        }
    }

    fn track_arm(&mut self) -> (Direction<Patient>, f64, f64) {
        let d = self.state.patient.displacement_m;
        let occluded = self.time_s() < self.state.tracker_occluded_until_s || self.marker_lost();
        let input = TrackerInput { displacement_m: Direction::new(d[0], d[1], d[2]), occluded };
        let out = self.model.tracker.step(&mut self.state.sensors.tracker, &input, &mut self.state.streams.tracker);
        let [x, y, z] = out.displacement_m.0.into();
        let reading = Reading { values: [x, y, z, out.velocity_m_s.0.norm()], axes: 3, present: true };
        let [x, y, z, speed_m_s] = self.faulty(Target::Tracker, false, reading).values;
        (Direction::new(x, y, z), out.age_s, speed_m_s)
    }

    fn range(&mut self) {
        let robot = &self.state.robot;
        let d = self.state.patient.displacement_m;
        let [x, z] = [robot.gantry_true[0], robot.gantry_true[1]];
        let skin_m = self.model.arm_anatomy.skin_y(x - d[0], z - d[2]) + d[1];
        // The sensor sits above the head so that contact lies within its range.
        let offset_m = self.model.equipment.range.near_m + 0.02;
        let distance_m = skin_m - robot.gantry_true[3] + offset_m;
        let reading = self.model.range.step(&mut self.state.sensors.range, distance_m, &mut self.state.streams.range);
        if let Some(distance) = self.faulty(Target::Range, true, Reading::optional(reading)).as_option() {
            self.state.sensors.range_skin_m = distance - offset_m + self.state.robot.gantry_measured[3];
        }
    }

    fn near_infrared(&mut self) -> Option<proband_sensor::NirFrame> {
        let now = self.time_s();
        let waiting = !self.state.command.expose_nir || now + 0.5 * TICK_S < self.state.sensors.camera_next_s;
        if waiting {
            return if self.scratch.active.is_empty() {
                None
            } else {
                distort_nir(&self.scratch.active, &mut self.memories, self.state.tick, None)
            };
        }
        self.state.sensors.camera_next_s = now + self.model.equipment.camera_period_s;
        let own = Pose::<Patient, proband_core::Camera>::from_raw(self.pose_rest_patient().inverse() * self.model.pose_patient_camera.0);
        let shift = self.state.sensors.camera_shift_m;
        let mut measured = self.model.pose_patient_camera;
        measured.0.translation.vector += nalgebra::Vector3::from(shift);
        measured.0.translation.vector.x += offset_m(&self.scratch.active, Target::Camera);
        let skin = self.scratch.nir_skin(&self.model, self.state.patient.scale_v, self.state.patient.scale_h);
        let input = NirInput {
            time_s: now,
            skin,
            pose_patient_camera: own,
            pose_patient_camera_measured: measured,
            ambient_irradiance_w_m2: self.model.equipment.ambient_irradiance_w_m2,
        };
        let frame = self.model.camera.step(&mut self.state.sensors.camera, &input).frame;
        if self.scratch.active.is_empty() {
            return frame;
        }
        let frame = if self.powered() { frame } else { None };
        distort_nir(&self.scratch.active, &mut self.memories, self.state.tick, frame)
    }

    fn ultrasound(&mut self, tracked: Direction<Patient>) -> Option<proband_sensor::UltrasoundFrame> {
        let command = self.state.command;
        if !command.image_ultrasound {
            self.state.sensors.ultrasound.pending.clear();
            return None;
        }
        let rest = self.pose_rest_patient();
        let own = Pose::from_raw(rest.inverse() * self.probe_pose_true().0);
        let mut measured = self.probe_pose_measured();
        measured.0.translation.vector -= tracked.0;
        let needle = self.needle_in_view(&rest);
        let long_axis = matches!(command.head, HeadCommand::Press { yaw_rad, .. } if yaw_rad.abs() > 0.3);
        let scratch = &mut self.scratch;
        let now = self.state.tick as f64 * TICK_S;
        let artery_flow = self.model.pulse.map_or(ARTERY_FLOW, |pulse| pulse.artery_flow(now));
        for (flow, vessel) in scratch.flow.iter_mut().zip(self.model.arm_anatomy.vessels()) {
            *flow = if vessel.is_artery { artery_flow } else { VEIN_FLOW };
        }
        let input = UltrasoundInput {
            time_s: now,
            arm: &self.model.arm_anatomy,
            deform: &scratch.deform,
            flow: &scratch.flow,
            pose_patient_probe: own,
            pose_patient_probe_measured: measured,
            needle,
            needle_steer_rad: if long_axis { crate::NEEDLE_STEER_RAD } else { 0.0 },
            expose: true,
            doppler: command.doppler,
        };
        let stream = &mut self.state.streams.ultrasound;
        let frame = self.model.probe.step(&mut self.state.sensors.ultrasound, &input, &mut scratch.ultrasound, stream);
        let frame = if now < self.state.image_lost_until_s || !self.powered() { None } else { frame };
        if self.scratch.active.is_empty() {
            return frame;
        }
        distort_ultrasound(&self.scratch.active, &mut self.memories, self.state.tick, frame)
    }

    /// Tip and shaft in the patient's own frame, where a picture would show them.
    fn needle_in_view(&self, rest: &nalgebra::Isometry3<f64>) -> Option<NeedleInView> {
        self.state.needle.hole_m?;
        let robot = &self.state.robot;
        let unbent = self.model.layout.needle_from(&robot.arm_out.pose_base_flange_true, robot.driver_true_m);
        let mut own = Pose::<Patient, Needle>::from_raw(rest.inverse() * unbent.0);
        if let Some((faulty, driver_m)) = self.needle_with_faults(rest) {
            own = faulty * Pose::<Needle, Needle>::from_raw(nalgebra::Isometry3::translation(0.0, 0.0, driver_m));
        }
        Some(NeedleInView {
            p_patient_tip: own.origin(),
            p_patient_shaft: own * Position::new(0.0, 0.0, -0.04),
            outer_diameter_m: self.model.equipment.needle.outer_diameter_m,
        })
    }
}

/// Tissue at the bare tip for the impedance sensor.
const fn surrounding(medium: Medium) -> Tissue {
    match medium {
        Medium::Air => Tissue::Air,
        Medium::Skin => Tissue::Dermis,
        Medium::Fat => Tissue::Fat,
        Medium::Muscle => Tissue::Muscle,
        Medium::VeinLumen => Tissue::VeinWall,
        Medium::ArteryLumen => Tissue::ArteryWall,
        Medium::Nerve => Tissue::Nerve,
        Medium::Bone => Tissue::Bone,
    }
}
