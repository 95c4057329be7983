//! Signals of a scene that rules may speak of.

use proband_procedure::Phase;
use proband_scene::{Scene, TickSignals};

/// Stands for "no contact" where an impedance is measured [Ω], and for "far" where there is no wall [m].
const OPEN_OHM: f64 = 1e6;
const FAR_M: f64 = 0.1;

/// Name, unit and meaning of every signal, in the order of [`sample`].
pub const SIGNALS: &[(&str, &str, &str)] = &[
    ("time_s", "s", "since the start"),
    ("attempt", "1", "attempt, from 1; 0 before the first"),
    ("tip_depth_along_m", "m", "tip beyond the skin along the needle, relative to the tissue; −0.1 far outside"),
    ("insertion_speed_m_s", "m/s", "of the needle along its axis"),
    ("force_axial_n", "N", "true axial force on the needle"),
    ("force_measured_n", "N", "the same as the sensor shows it"),
    ("force_lateral_n", "N", "true lateral force, magnitude"),
    ("impedance_ohm", "ohm", "as measured; 1e6 without contact"),
    ("venous_pressure_pa", "Pa", "in the vein at the site"),
    ("vein_area_ratio", "1", "lumen area over its resting area"),
    ("tube_volume_m3", "m3", "blood in the tube"),
    ("flow_m3_s", "m3/s", "into the tube"),
    ("arm_displacement_m", "m", "of the arm from its rest"),
    ("probe_force_n", "N", "of the probe on the skin"),
    ("tourniquet_pa", "Pa", "cuff pressure"),
    ("back_wall_distance_m", "m", "from the tip to the back wall of the vessel it is in; negative when through; 0.1 in none"),
    ("artery", "1", "1 while the tip is in an artery, else 0"),
    ("haematoma_m3", "m3", "blood in the tissue"),
    ("inserting", "1", "1 in the phases contact and insert, else 0"),
    ("drawing", "1", "1 in the phase draw, else 0"),
    ("withdrawing", "1", "1 in the phase withdraw, else 0"),
    ("needle_phase", "1", "1 while the controller holds the needle to be in the patient, else 0"),
    ("compressing", "1", "1 in the phase compress, else 0"),
    ("ended", "1", "1 in the phases done and hand_over, else 0"),
];

/// Number of signals.
pub(crate) const COUNT: usize = 24;

/// All signals at a tick; those that are not finite (a scene that is set apart) come back as they are.
pub(crate) fn sample(tick: &TickSignals, scene: &Scene) -> [f64; COUNT] {
    let flag = |yes: bool| f64::from(u8::from(yes));
    let lumen = scene.lumen();
    let phase = tick.phase;
    [
        tick.time_s,
        f64::from(tick.attempt),
        tick.tip_depth_along_m.max(-FAR_M),
        tick.insertion_speed_m_s,
        tick.force_axial_n,
        // A sensor may say anything; a rule that asks for it must not end the run.
        if tick.force_measured_n.is_finite() { tick.force_measured_n } else { 0.0 },
        tick.force_lateral_n,
        if tick.impedance_ohm.is_finite() { tick.impedance_ohm } else { OPEN_OHM },
        tick.venous_pressure_pa,
        tick.vein_area_ratio,
        tick.tube_volume_m3,
        tick.flow_m3_s,
        tick.arm_displacement_m,
        tick.probe_force_n,
        tick.tourniquet_pa,
        lumen.map_or(FAR_M, |l| l.to_back_m),
        flag(lumen.is_some_and(|l| l.artery)),
        scene.haematoma_m3(),
        flag(matches!(phase, Phase::Contact | Phase::Insert)),
        flag(phase == Phase::Draw),
        flag(phase == Phase::Withdraw),
        flag(phase.needle_in()),
        flag(phase == Phase::Compress),
        flag(phase.is_final()),
    ]
}

/// Place of a signal in [`SIGNALS`].
pub(crate) fn index(name: &str) -> Option<usize> {
    SIGNALS.iter().position(|(own, ..)| *own == name)
}
