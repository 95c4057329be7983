//! The readings of one tick as one message, pictures apart: what travels from the robot to the controller.

use proband_core::{Direction, Needle, Patient, Pose, Probe};
use proband_procedure::Observation;
use proband_sensor::{NirFrame, UltrasoundFrame};
use serde::{Deserialize, Serialize};

/// One message. Meanings and units: [`Observation`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub pose_patient_needle: Pose<Patient, Needle>,
    pub pose_patient_probe: Pose<Patient, Probe>,
    pub arm_arrived: bool,
    pub head_arrived: bool,
    pub driver_position_m: f64,
    pub driver_velocity_m_s: f64,
    pub driver_asked_m_s: f64,
    pub driver_stalled: bool,
    pub probe_force_n: f64,
    pub force_axial_n: f64,
    pub force_lateral_n: [f64; 2],
    pub impedance_ohm: Option<f64>,
    pub blood_in_hub: bool,
    pub arm_displacement_m: Direction<Patient>,
    pub tracker_age_s: f64,
    pub arm_speed_m_s: f64,
    pub tourniquet_pa: f64,
    pub tube_volume_m3: f64,
}

impl Seen {
    /// What the controller is given: this message with its own clock and the pictures of this tick.
    pub fn observation<'a>(
        &self,
        tick: u64,
        time_s: f64,
        nir: Option<&'a NirFrame>,
        ultrasound: Option<&'a UltrasoundFrame>,
    ) -> Observation<'a> {
        Observation {
            tick,
            time_s,
            pose_patient_needle: self.pose_patient_needle,
            pose_patient_probe: self.pose_patient_probe,
            arm_arrived: self.arm_arrived,
            head_arrived: self.head_arrived,
            driver_position_m: self.driver_position_m,
            driver_velocity_m_s: self.driver_velocity_m_s,
            driver_asked_m_s: self.driver_asked_m_s,
            driver_stalled: self.driver_stalled,
            probe_force_n: self.probe_force_n,
            force_axial_n: self.force_axial_n,
            force_lateral_n: self.force_lateral_n,
            impedance_ohm: self.impedance_ohm,
            blood_in_hub: self.blood_in_hub,
            arm_displacement_m: self.arm_displacement_m,
            tracker_age_s: self.tracker_age_s,
            arm_speed_m_s: self.arm_speed_m_s,
            tourniquet_pa: self.tourniquet_pa,
            tube_volume_m3: self.tube_volume_m3,
            nir,
            ultrasound,
        }
    }
}
