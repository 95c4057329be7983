//! State frames: what a viewer draws, as little-endian bytes.
//!
//! Header of 64 bytes: `PBF1`, version u32, tick f64, speed f64, then u32: flags, phase, attempt, number of signals, of links and
//! of vessels, refused orders, three spare. After it f32 alone: the signals; the poses of arm, needle, probe and links
//! (x y z, quaternion x y z w); per vessel scale across, scale in depth, shift x y z, arc of the shift, its width, 0.
//! Pictures follow that the viewer has not had: u32 kind (0 near-infrared, 1 ultrasound), index, width, height, f32 width and
//! height of a pixel [m], grey bytes padded to four.

use nalgebra::Isometry3;
use proband_run::session::{InCommand, LiveSession, SharedView, SmallPicture};
use proband_scene::{SceneView, TickSignals};
use serde::Serialize;

/// Version of the layout.
pub const FRAME_VERSION: u32 = 1;

/// A number in every frame.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Signal {
    /// Name with unit.
    pub name: &'static str,
    /// How a person reads it.
    pub label: &'static str,
    /// Unit on the screen.
    pub unit: &'static str,
    /// Factor from SI to that unit.
    pub factor: f64,
    /// Whether no sensor of the room knows it.
    pub truth: bool,
}

const fn signal(name: &'static str, label: &'static str, unit: &'static str, factor: f64, truth: bool) -> Signal {
    Signal { name, label, unit, factor, truth }
}

/// Signals in the order of the frame.
pub const SIGNALS: [Signal; 16] = [
    signal("time_s", "Time", "s", 1.0, false),
    signal("force_measured_n", "Force on the needle", "N", 1.0, false),
    signal("probe_force_n", "Force of the probe", "N", 1.0, false),
    signal("driver_position_m", "Needle out of its stop", "mm", 1e3, false),
    signal("insertion_speed_m_s", "Speed of the needle", "mm/s", 1e3, false),
    signal("impedance_ohm", "Impedance at the tip", "Ω", 1.0, false),
    signal("tube_volume_m3", "Blood in the tube", "mL", 1e6, false),
    signal("tourniquet_pa", "Cuff", "mmHg", 1.0 / 133.322_387_415, false),
    signal("arm_displacement_m", "Arm moved by", "mm", 1e3, false),
    signal("tip_depth_along_m", "Tip beyond the skin", "mm", 1e3, true),
    signal("venous_pressure_pa", "Pressure in the vein", "mmHg", 1.0 / 133.322_387_415, true),
    signal("vein_area_ratio", "Vein's area over rest", "1", 1.0, true),
    signal("vein_miss_m", "Tip beside the nearest vein", "mm", 1e3, true),
    signal("artery_distance_m", "Tip to the artery", "mm", 1e3, true),
    signal("nerve_distance_m", "Tip to the nearest nerve", "mm", 1e3, true),
    signal("leak_volume_m3", "Blood in the tissue", "mL", 1e6, true),
];

fn values(signals: &TickSignals, view: &SharedView) -> [f64; SIGNALS.len()] {
    [
        signals.time_s,
        signals.force_measured_n,
        signals.probe_force_n,
        view.driver_position_m,
        signals.insertion_speed_m_s,
        signals.impedance_ohm,
        signals.tube_volume_m3,
        signals.tourniquet_pa,
        signals.arm_displacement_m,
        signals.tip_depth_along_m,
        signals.venous_pressure_pa,
        signals.vein_area_ratio,
        signals.vein_miss_m,
        signals.artery_distance_m,
        signals.nerve_distance_m,
        signals.leak_volume_m3,
    ]
}

/// Bits of the flags.
mod flag {
    pub const PAUSED: u32 = 1;
    pub const FINISHED: u32 = 1 << 1;
    pub const PERSON: u32 = 1 << 2;
    pub const RETREAT: u32 = 1 << 3;
    pub const BLOOD: u32 = 1 << 4;
    pub const TUBE: u32 = 1 << 5;
    pub const COMPRESS: u32 = 1 << 6;
    pub const COMMANDED: u32 = 1 << 7;
    pub const QUARANTINED: u32 = 1 << 8;
}

/// One state of the scene for every viewer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// All but the pictures.
    pub state: Vec<u8>,
    /// Last pictures.
    pub pictures: [SmallPicture; 2],
}

/// How the clock of the scene stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub paused: bool,
    pub speed: f64,
    pub commanded: bool,
}

/// The scene as it is now.
pub(crate) fn frame_of(session: &LiveSession, clock: Clock) -> Frame {
    let scene = session.scene();
    let shared = session.view();
    let view = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let drawn = scene.view();
    let outcome_quarantined = scene.outcome().quarantined.is_some();
    let mut flags = 0;
    let mut set = |bit: u32, on: bool| flags |= if on { bit } else { 0 };
    set(flag::PAUSED, clock.paused);
    set(flag::FINISHED, scene.finished());
    set(flag::PERSON, view.in_command == InCommand::Person);
    set(flag::RETREAT, view.in_command == InCommand::Retreat);
    set(flag::BLOOD, view.blood_in_hub);
    set(flag::TUBE, view.command.tube_connected);
    set(flag::COMPRESS, view.command.compress);
    set(flag::COMMANDED, clock.commanded);
    set(flag::QUARANTINED, outcome_quarantined);
    let mut state = Vec::with_capacity(2048);
    state.extend(b"PBF1");
    state.extend(FRAME_VERSION.to_le_bytes());
    state.extend((scene.tick_count() as f64).to_le_bytes());
    state.extend(clock.speed.to_le_bytes());
    let attempt = session.signals().map_or(0, |s| s.attempt);
    let counts = [SIGNALS.len(), drawn.pose_registered_links.len(), drawn.deform.len()].map(|n| u32::try_from(n).unwrap_or(0));
    for word in [flags, scene.phase().index(), attempt, counts[0], counts[1], counts[2], view.refused, 0, 0, 0] {
        state.extend(word.to_le_bytes());
    }
    let numbers = session.signals().map_or([f64::NAN; SIGNALS.len()], |signals| values(signals, &view));
    for number in numbers {
        push(&mut state, number);
    }
    push_view(&mut state, &drawn);
    Frame { state, pictures: [view.nir.clone(), view.ultrasound.clone()] }
}

fn push(state: &mut Vec<u8>, value: f64) {
    state.extend((value as f32).to_le_bytes());
}

fn push_pose(state: &mut Vec<u8>, pose: &Isometry3<f64>) {
    let (t, q) = (pose.translation.vector, pose.rotation.coords);
    for value in [t.x, t.y, t.z, q.x, q.y, q.z, q.w] {
        push(state, value);
    }
}

fn push_view(state: &mut Vec<u8>, view: &SceneView) {
    for pose in [&view.pose_registered_arm, &view.pose_registered_needle, &view.pose_registered_probe] {
        push_pose(state, pose);
    }
    for pose in &view.pose_registered_links {
        push_pose(state, pose);
    }
    for deform in &view.deform {
        let s = deform.shift.0;
        for value in [deform.scale_h, deform.scale_v, s.x, s.y, s.z, deform.shift_arc_m, deform.shift_width_m, 0.0] {
            push(state, value);
        }
    }
}

impl Frame {
    /// The bytes for a viewer who has had the pictures with these numbers; renews the numbers.
    pub fn bytes(&self, had: &mut [u32; 2]) -> Vec<u8> {
        let mut bytes = self.state.clone();
        for (kind, (picture, had)) in self.pictures.iter().zip(had).enumerate() {
            if picture.grey.is_empty() || picture.index == *had {
                continue;
            }
            *had = picture.index;
            for word in [kind as u32, picture.index, picture.width, picture.height] {
                bytes.extend(word.to_le_bytes());
            }
            push(&mut bytes, picture.pixel_m[0]);
            push(&mut bytes, picture.pixel_m[1]);
            bytes.extend(&picture.grey);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }
}
