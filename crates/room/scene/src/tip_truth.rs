//! Signals of a tick: what is true at the tip, for the record, the scorer and the safety requirements.

use nalgebra::{Point3, Vector3};
use proband_anatomy::VesselNode;

use crate::scene::Readings;
use crate::spec::TICK_S;
use crate::tick::FAR_M;
use crate::{Scene, TickSignals};

/// Distance of a point from a tube's surface [m], negative inside: (|(h/a, v/b)| − 1) min(a, b) in the tube's cross-section. Exact
/// for round tubes; for flat ones it is exact on the surface and short outside.
fn distance_m(node: &VesselNode, scale: [f64; 2], p: &Point3<f64>) -> f64 {
    let off: Vector3<f64> = p - node.p.0;
    let (a, b) = ((node.semi_h_m * scale[0]).max(1e-6), (node.semi_v_m * scale[1]).max(1e-6));
    let (h, v) = (off.dot(&node.lateral().0) / a, off.dot(&node.inward.0) / b);
    ((h * h + v * v).sqrt() - 1.0) * a.min(b)
}

/// What lies near the tip.
struct Near {
    vein_miss_m: f64,
    artery_m: f64,
    nerve_m: f64,
}

impl Scene {
    fn near(&self) -> Near {
        let mut near = Near { vein_miss_m: FAR_M, artery_m: FAR_M, nerve_m: FAR_M };
        if !self.state.needle.tip_depth_along_m.is_finite() {
            return near;
        }
        let tip = Point3::from(self.state.needle.tip_m);
        let arm = &self.model.arm_anatomy;
        for vessel in arm.vessels() {
            let node = vessel.at_z(tip.z);
            if vessel.is_artery {
                near.artery_m = near.artery_m.min(distance_m(&node, [1.0, 1.0], &tip));
            } else {
                let across_m = (tip - node.p.0).dot(&node.lateral().0).abs() - node.semi_h_m * self.state.patient.scale_h;
                near.vein_miss_m = near.vein_miss_m.min(across_m);
            }
        }
        for nerve in arm.nerves() {
            let next = nerve.nodes.partition_point(|n| n.p.0.z < tip.z);
            for node in nerve.nodes.get(next.saturating_sub(1)..(next + 1).min(nerve.nodes.len())).unwrap_or_default() {
                near.nerve_m = near.nerve_m.min(distance_m(node, [1.0, 1.0], &tip));
            }
        }
        near
    }

    /// Signals at the end of a tick. `before_m`: displacement of the arm at its beginning.
    pub(crate) fn signals(&self, readings: Option<&Readings>, before_m: [f64; 3]) -> TickSignals {
        let state = &self.state;
        let (needle, patient) = (&state.needle, &state.patient);
        let [x, y] = needle.force_lateral_n;
        let displacement = Vector3::from(patient.displacement_m);
        let near = self.near();
        TickSignals {
            time_s: self.time_s(),
            phase: state.phase,
            attempt: self.controller.attempt(),
            tip_depth_along_m: needle.tip_depth_along_m,
            insertion_speed_m_s: state.robot.driver_velocity_m_s,
            force_axial_n: needle.force_axial_n,
            force_measured_n: readings.map_or(f64::NAN, |r| r.force_axial_n),
            force_lateral_n: (x * x + y * y).sqrt(),
            impedance_ohm: readings.and_then(|r| r.impedance_ohm).unwrap_or(f64::NAN),
            venous_pressure_pa: patient.site_pressure_pa,
            vein_area_ratio: patient.area_ratio,
            tube_volume_m3: patient.volume_m3,
            flow_m3_s: patient.flow_m3_s,
            arm_displacement_m: {
                let [dx, dy, dz] = patient.displacement_m;
                (dx * dx + dy * dy + dz * dz).sqrt()
            },
            tip_m: needle.tip_m,
            probe_force_n: state.robot.probe_force_n,
            tourniquet_pa: patient.cuff_pa,
            tourniquet_command_pa: state.command.tourniquet_pa,
            tourniquet_on_s: state.score.tourniquet_on_s,
            command_speed_m_s: state.command.driver_velocity_m_s,
            tube_connected: state.command.tube_connected,
            tracker_age_s: readings.map_or(f64::NAN, |r| r.tracker_age_s),
            arm_speed_m_s: (displacement - Vector3::from(before_m)).norm() / TICK_S,
            line_shift_m: self.scratch.line_shift_m,
            vein_fraction: needle.lumen.map_or(0.0, |l| if l.artery { 0.0 } else { l.bevel_fraction }),
            past_back_m: self.scratch.past_back_m,
            vein_miss_m: near.vein_miss_m,
            artery_distance_m: near.artery_m,
            nerve_distance_m: near.nerve_m,
            leak_volume_m3: patient.leak_volume_m3,
        }
    }
}
