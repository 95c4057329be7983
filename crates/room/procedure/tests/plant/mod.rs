//! A small world for tests of the controller: an arm of the built-in twin, a probe that makes real pictures of it, and a
//! robot that does what it is told. Far simpler than a scene, and independent of it.

#![allow(clippy::unwrap_used, reason = "a world that cannot be built ends the test")]

pub mod fault;
pub mod watch;

use std::sync::{Arc, OnceLock};

use proband_anatomy::{Arm, Ray, Structure, VesselDeform};
use proband_core::{Direction, Needle, Patient, Pose, Position, Probe, Stream};
use proband_procedure::{Command, Controller, HeadCommand, NeedleCommand, Observation, Phase, Venipuncture, VenipunctureSpec};
use proband_sensor::{UltrasoundFrame, UltrasoundInput, UltrasoundProbe, UltrasoundProbeSpec, UltrasoundScratch, VesselFlow};
use proband_twin::{SiteBelief, Truth, Twin};

/// Length of a tick [s].
pub const TICK_S: f64 = 1e-3;
/// Ticks between two pictures.
pub const FRAME_TICKS: u64 = 50;
/// Time in which head and arm get anywhere [s].
const TRAVEL_S: f64 = 0.3;
/// Stiffness of the arm under the probe [N/m].
const PRESS_N_PER_M: f64 = 600.0;
/// Depth of the bevel in the lumen from which it sees blood [m].
const BEVEL_M: f64 = 0.5e-3;

/// What does not change.
pub struct World {
    arm: Arm,
    probe: UltrasoundProbe,
    twin: Twin,
}

/// The world, built once per test binary.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let twin = Twin::built_in();
        let truth = Truth::draw(&twin, &mut Stream::new(2026, 0, "twin.truth")).unwrap();
        let spec = UltrasoundProbeSpec { dropout_probability: 0.0, ..UltrasoundProbeSpec::linear_10_mhz(0x5EED) };
        World { arm: Arm::new(&truth.arm).unwrap(), probe: UltrasoundProbe::new(&spec, &truth.acoustics).unwrap(), twin }
    })
}

/// The built-in controller for the built-in twin.
pub fn controller() -> Venipuncture {
    let priors = SiteBelief::priors(&world().twin, &[-0.038, -0.024, -0.010]).unwrap();
    let medial = world().twin.person.side.medial_sign();
    Venipuncture::new(VenipunctureSpec::standard(medial, priors, 640.0, [200.0, 6e4]))
}

/// The needle's line now, with what lies on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    entry: Position<Patient>,
    direction: Direction<Patient>,
    standoff_m: f64,
    /// Driver position at which the tip touches the skin [m].
    pub skin_m: f64,
    /// Driver positions at which the tip enters and leaves the first vein [m].
    pub vein_m: Option<(f64, f64)>,
}

/// What changes.
#[derive(Clone)]
pub struct Plant {
    pub tick: u64,
    pub time_s: f64,
    pub driver_m: f64,
    driver_m_s: f64,
    head: Option<[f64; 4]>,
    head_moved_s: f64,
    pub line: Option<Line>,
    line_moved_s: f64,
    punctured: bool,
    pub cuff_pa: f64,
    pub volume_m3: f64,
    frame_index: u32,
    stream: Stream,
    /// Take pictures of the arm; otherwise they are small and dark, which is quick.
    pub live_pictures: bool,
    /// The last live picture.
    pub still: Option<Arc<UltrasoundFrame>>,
    last_command: Command,
}

impl Plant {
    pub fn new() -> Self {
        Self {
            tick: 0,
            time_s: 0.0,
            driver_m: 0.0,
            driver_m_s: 0.0,
            head: None,
            head_moved_s: 0.0,
            line: None,
            line_moved_s: 0.0,
            punctured: false,
            cuff_pa: 0.0,
            volume_m3: 0.0,
            frame_index: 0,
            stream: Stream::new(7, 0, "tests.plant"),
            live_pictures: true,
            still: None,
            last_command: Command::idle(),
        }
    }

    /// Tip beyond the skin along the needle [m]; negative outside.
    pub fn depth_m(&self) -> f64 {
        self.line.map_or(f64::NEG_INFINITY, |line| self.driver_m - line.skin_m)
    }

    /// Do what was asked for one tick.
    pub fn advance(&mut self, command: &Command) {
        self.tick += 1;
        self.time_s += TICK_S;
        let before_m = self.driver_m;
        self.driver_m = (self.driver_m + command.driver_velocity_m_s * TICK_S).clamp(0.0, 0.06);
        self.driver_m_s = (self.driver_m - before_m) / TICK_S;
        self.cuff_pa += (command.tourniquet_pa - self.cuff_pa) * TICK_S / 0.8;
        self.move_head(command);
        self.move_line(command);
        if self.depth_m() <= 0.0 {
            self.punctured = false;
        } else if indentation_force(self.depth_m()) > 1.0 {
            self.punctured = true;
        }
        if command.tube_connected && self.in_vein() {
            self.volume_m3 = (self.volume_m3 + 0.4e-6 * TICK_S).min(4e-6);
        }
        self.last_command = *command;
    }

    fn move_head(&mut self, command: &Command) {
        let wanted = match command.head {
            HeadCommand::Park => None,
            HeadCommand::Press { x_m, z_m, yaw_rad, force_n } => Some([x_m, z_m, yaw_rad, force_n]),
        };
        let far = match (wanted, self.head) {
            (Some(a), Some(b)) => (a[0] - b[0]).abs() > 1e-3 || (a[1] - b[1]).abs() > 1e-3,
            (None, None) => false,
            _ => true,
        };
        if far {
            self.head_moved_s = self.time_s;
        }
        self.head = wanted;
    }

    fn move_line(&mut self, command: &Command) {
        let NeedleCommand::Line { entry, direction, standoff_m } = command.needle else {
            self.line = None;
            return;
        };
        // A new plan has a new direction; a line of the same direction follows the arm and stays where it is in the arm.
        if self.line.is_some_and(|line| (line.direction.0 - direction.0).norm() < 1e-6) {
            return;
        }
        self.line_moved_s = self.time_s;
        self.line = line_through(&world().arm, entry, direction, standoff_m);
    }

    /// Whether the tip is in the vein on its line.
    pub fn in_vein(&self) -> bool {
        let Some((enter, exit)) = self.line.and_then(|l| l.vein_m) else { return false };
        self.punctured && (enter + BEVEL_M..exit).contains(&self.driver_m)
    }

    /// Axial force on the needle [N]: skin, drag and a wall that gives way.
    pub fn force_n(&self) -> f64 {
        let depth_m = self.depth_m();
        if depth_m <= 0.0 {
            return 0.0;
        }
        if !self.punctured {
            return indentation_force(depth_m);
        }
        let tent = self.line.and_then(|l| l.vein_m).map_or(0.0, |(enter, _)| (self.driver_m - enter).clamp(-0.7e-3, 0.0) + 0.7e-3);
        let wall_n = if self.in_vein() || tent >= 0.7e-3 { 0.0 } else { 300.0 * tent };
        let drag_n = 0.25 + 30.0 * depth_m + wall_n;
        if self.driver_m_s < 0.0 { -drag_n } else { drag_n }
    }

    /// The picture that arrives in this tick.
    pub fn picture(&mut self, scratch: &mut UltrasoundScratch) -> Option<Arc<UltrasoundFrame>> {
        let head = self.head?;
        if !self.last_command.image_ultrasound || !self.tick.is_multiple_of(FRAME_TICKS) || !self.head_there() {
            return None;
        }
        if !self.live_pictures {
            return Some(Arc::new(dark_picture(self.time_s, probe_pose(&world().arm, &head))));
        }
        let world = world();
        let pose = probe_pose(&world.arm, &head);
        let squeeze = if head[3] > 1.5 { 0.45 } else { 0.95 };
        let zero = Direction::new(0.0, 0.0, 0.0);
        let deform: Vec<VesselDeform> = (world.arm.vessels().iter())
            .map(|v| if v.is_artery { 1.0 } else { squeeze })
            .map(|scale_v| VesselDeform { scale_h: 1.0, scale_v, shift: zero, shift_arc_m: 0.0, shift_width_m: 8e-3 })
            .collect();
        let flow: Vec<VesselFlow> = (world.arm.vessels().iter())
            .map(|v| {
                let (speed_mean_m_s, pulsatility) = if v.is_artery { (0.25, 2.5) } else { (0.04, 0.15) };
                VesselFlow { speed_mean_m_s, pulsatility }
            })
            .collect();
        let input = UltrasoundInput {
            time_s: self.time_s,
            arm: &world.arm,
            deform: &deform,
            flow: &flow,
            pose_patient_probe: pose,
            pose_patient_probe_measured: pose,
            needle: None,
            needle_steer_rad: 0.0,
            expose: true,
            doppler: self.last_command.doppler,
        };
        self.frame_index += 1;
        let frame = Arc::new(world.probe.capture(self.frame_index, &input, scratch, &mut self.stream));
        self.still = Some(Arc::clone(&frame));
        Some(frame)
    }

    fn head_there(&self) -> bool {
        self.head.is_some() && self.time_s - self.head_moved_s > TRAVEL_S
    }

    /// What the sensors say now.
    pub fn observe<'a>(&self, ultrasound: Option<&'a UltrasoundFrame>) -> Observation<'a> {
        let depth_m = self.depth_m();
        let axis = self.line.map_or(Direction::new(0.0, 1.0, 0.0), |l| l.direction);
        let tip = self.line.map_or(Position::new(0.0, -0.2, 0.1), |l| l.entry + l.direction * (self.driver_m - l.standoff_m));
        let across = Direction::<Patient>::from_raw(axis.0.cross(&nalgebra::Vector3::x()).normalize());
        let needle = Pose::<Patient, Needle>::from_axes(tip, across, axis);
        let parked = [0.0, 0.07, 0.0, 0.0];
        Observation {
            tick: self.tick,
            time_s: self.time_s,
            pose_patient_needle: needle,
            pose_patient_probe: probe_pose(&world().arm, &self.head.unwrap_or(parked)),
            arm_arrived: self.time_s - self.line_moved_s > TRAVEL_S,
            head_arrived: self.time_s - self.head_moved_s > TRAVEL_S,
            driver_position_m: self.driver_m,
            driver_velocity_m_s: self.driver_m_s,
            driver_asked_m_s: self.last_command.driver_velocity_m_s,
            driver_stalled: false,
            probe_force_n: if self.head_there() { self.head.map_or(0.0, |h| h[3]) } else { 0.0 },
            force_axial_n: self.force_n(),
            force_lateral_n: [0.0; 2],
            impedance_ohm: (depth_m > 0.0).then(|| if self.in_vein() { 500.0 } else { 800.0 }),
            blood_in_hub: self.in_vein(),
            arm_displacement_m: Direction::new(0.0, 0.0, 0.0),
            tracker_age_s: 0.005,
            arm_speed_m_s: 0.0,
            tourniquet_pa: self.cuff_pa,
            tube_volume_m3: self.volume_m3,
            nir: None,
            ultrasound,
        }
    }
}

fn dark_picture(time_s: f64, pose_patient_probe: Pose<Patient, Probe>) -> UltrasoundFrame {
    UltrasoundFrame {
        index: 0,
        time_s,
        column_count: 32,
        row_count: 32,
        column_pitch_m: 0.8e-3,
        row_pitch_m: 0.8e-3,
        pixels: vec![8; 32 * 32],
        doppler: None,
        pose_patient_probe,
    }
}

fn indentation_force(depth_m: f64) -> f64 {
    200.0 * depth_m + 6e4 * depth_m * depth_m
}

fn probe_pose(arm: &Arm, head: &[f64; 4]) -> Pose<Patient, Probe> {
    let [x, z, yaw, force_n] = *head;
    let (sin, cos) = proband_core::ops::sin_cos(yaw);
    let face = Position::new(x, arm.skin_y(x, z) + force_n / PRESS_N_PER_M, z);
    Pose::from_axes(face, Direction::new(cos, 0.0, sin), -arm.skin_normal(x, z))
}

fn line_through(arm: &Arm, entry: Position<Patient>, direction: Direction<Patient>, standoff_m: f64) -> Option<Line> {
    let at = |s: f64| entry + direction * (s - standoff_m);
    // First place below the skin along the line.
    let step_m = 0.05e-3;
    let index = (0..1200).find(|i| arm.depth_below_skin(at(f64::from(*i) * step_m)) > 0.0)?;
    let skin_m = f64::from(index) * step_m;
    let mut found = Vec::new();
    arm.crossings(&Ray { origin: at(0.0), direction, length_m: 0.06 }, &[], &mut found);
    let vein_m = found
        .iter()
        .find(|c| matches!(c.structure, Structure::Vessel(v) if !arm.vessels()[usize::from(v)].is_artery))
        .map(|c| (c.enter_m, c.exit_m));
    Some(Line { entry, direction, standoff_m, skin_m, vein_m })
}

/// A moment of a smooth draw.
pub struct Moment {
    pub phase: Phase,
    pub saved: Vec<u8>,
    pub plant: Plant,
    /// When the cuff was first asked for [s]; NaN before.
    pub cuff_on_s: f64,
    /// Attempts begun.
    pub attempt: u32,
    /// The last picture arrived at [s]; NaN before the first.
    pub picture_s: f64,
}

/// Moments of one smooth draw: the first tick of every phase and one every half second from there, at most eight per phase.
pub fn smooth_draw() -> &'static [Moment] {
    static MOMENTS: OnceLock<Vec<Moment>> = OnceLock::new();
    MOMENTS.get_or_init(|| {
        let mut controller = controller();
        let mut plant = Plant::new();
        let mut scratch = UltrasoundScratch::new();
        let mut moments: Vec<Moment> = Vec::new();
        let (mut cuff_on_s, mut picture_s) = (f64::NAN, f64::NAN);
        let mut entered_s = 0.0;
        let mut phase = Phase::Prepare;
        while !phase.is_final() && plant.time_s < 300.0 {
            let picture = plant.picture(&mut scratch);
            if picture.is_some() {
                picture_s = plant.time_s;
            }
            let command = controller.step(&plant.observe(picture.as_deref()));
            controller.take_notes(&mut Vec::new());
            if command.tourniquet_pa > 0.0 && cuff_on_s.is_nan() {
                cuff_on_s = plant.time_s;
            }
            if controller.phase() != phase {
                phase = controller.phase();
                entered_s = plant.time_s;
            }
            let in_phase = moments.iter().filter(|m| m.phase == phase).count();
            let due = plant.time_s - entered_s >= 0.5 * in_phase as f64;
            plant.advance(&command);
            if due && in_phase < 8 {
                let saved = controller.save().unwrap();
                moments.push(Moment { phase, saved, plant: plant.clone(), cuff_on_s, attempt: controller.attempt(), picture_s });
            }
        }
        moments
    })
}
