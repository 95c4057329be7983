//! Signals that a rule may speak of.

use proband_procedure::Phase;
use proband_scene::{FAR_M, TickSignals};

/// Value of a yes-or-no signal: `+FOR_SURE` for yes, `−FOR_SURE` for no, so that a condition never limits a margin. A robustness
/// of this size means that the condition of a rule never came.
pub const FOR_SURE: f64 = 1e6;

/// Names of all signals. Numbers are in SI, with the unit at the end of the name; `is_…` and `in_…` are yes or no.
pub const SIGNAL_NAMES: [&str; 42] = [
    "time_s",
    "attempt",
    "tip_depth_m",
    "insertion_speed_m_s",
    "command_speed_m_s",
    "force_axial_n",
    "force_measured_n",
    "force_lateral_n",
    "venous_pressure_pa",
    "vein_area_ratio",
    "tube_volume_m3",
    "flow_m3_s",
    "arm_displacement_m",
    "arm_speed_m_s",
    "probe_force_n",
    "tourniquet_pa",
    "tourniquet_on_s",
    "tourniquet_command_pa",
    "tracker_age_s",
    "line_shift_m",
    "vein_fraction",
    "past_back_m",
    "vein_miss_m",
    "artery_distance_m",
    "nerve_distance_m",
    "leak_volume_m3",
    "is_inside",
    "is_in_vein",
    "is_tube_on",
    "is_over",
    "in_prepare",
    "in_tourniquet",
    "in_scan",
    "in_plan",
    "in_align",
    "in_contact",
    "in_insert",
    "in_confirm_lumen",
    "in_draw",
    "in_release",
    "in_withdraw",
    "in_compress",
];

fn yes(is_so: bool) -> f64 {
    if is_so { FOR_SURE } else { -FOR_SURE }
}

/// Value of a signal by its place in [`SIGNAL_NAMES`]. Always finite: what is not counts as far, or as 0.
pub(super) fn value(place: usize, s: &TickSignals) -> f64 {
    let within = |phase: Phase| yes(s.phase == phase);
    let value = match SIGNAL_NAMES.get(place).copied().unwrap_or("") {
        "time_s" => s.time_s,
        "attempt" => f64::from(s.attempt),
        "tip_depth_m" => s.tip_depth_along_m.max(-FAR_M),
        "insertion_speed_m_s" => s.insertion_speed_m_s,
        "command_speed_m_s" => s.command_speed_m_s,
        "force_axial_n" => s.force_axial_n,
        "force_measured_n" => s.force_measured_n,
        "force_lateral_n" => s.force_lateral_n,
        "venous_pressure_pa" => s.venous_pressure_pa,
        "vein_area_ratio" => s.vein_area_ratio,
        "tube_volume_m3" => s.tube_volume_m3,
        "flow_m3_s" => s.flow_m3_s,
        "arm_displacement_m" => s.arm_displacement_m,
        "arm_speed_m_s" => s.arm_speed_m_s,
        "probe_force_n" => s.probe_force_n,
        "tourniquet_pa" => s.tourniquet_pa,
        "tourniquet_command_pa" => s.tourniquet_command_pa,
        "tourniquet_on_s" => s.tourniquet_on_s,
        "tracker_age_s" => s.tracker_age_s,
        "line_shift_m" => s.line_shift_m,
        "vein_fraction" => s.vein_fraction,
        "past_back_m" => s.past_back_m,
        "vein_miss_m" => s.vein_miss_m,
        "artery_distance_m" => s.artery_distance_m,
        "nerve_distance_m" => s.nerve_distance_m,
        "leak_volume_m3" => s.leak_volume_m3,
        "is_inside" => yes(s.tip_depth_along_m > 0.0),
        "is_in_vein" => yes(s.vein_fraction >= 0.5),
        "is_tube_on" => yes(s.tube_connected),
        "is_over" => yes(s.phase.is_final()),
        "in_prepare" => within(Phase::Prepare),
        "in_tourniquet" => within(Phase::Tourniquet),
        "in_scan" => yes(matches!(s.phase, Phase::ScanNir | Phase::ScanUltrasound)),
        "in_plan" => within(Phase::Plan),
        "in_align" => within(Phase::Align),
        "in_contact" => within(Phase::Contact),
        "in_insert" => within(Phase::Insert),
        "in_confirm_lumen" => within(Phase::ConfirmLumen),
        "in_draw" => within(Phase::Draw),
        "in_release" => within(Phase::Release),
        "in_withdraw" => within(Phase::Withdraw),
        "in_compress" => within(Phase::Compress),
        _ => 0.0,
    };
    if value.is_finite() { value } else { 0.0 }
}
