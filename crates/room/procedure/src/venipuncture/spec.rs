//! What the built-in controller is told before it starts.

use proband_twin::SiteBelief;
use serde::{Deserialize, Serialize};

use crate::guard::GuardLimits;
use crate::plan::PlanSpec;
use crate::pop::PopSpec;
use crate::success::SuccessCalibration;

/// Times and speeds. All priors: unverified, chosen so that each motion is followed by one sensor dwell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Disinfection and drying [s].
    pub prepare_s: f64,
    /// Filling of the veins before the first picture [s].
    pub fill_s: f64,
    /// Near-infrared frames to take before the detector looks (exposure settles) [1].
    pub nir_frames: u32,
    /// Frames at light contact per station [1].
    pub light_frames: u32,
    /// Frames when pressed per station [1].
    pub pressed_frames: u32,
    /// Light probe force [N].
    pub light_force_n: f64,
    /// Firm probe force [N].
    pub firm_force_n: f64,
    /// Speed to the skin [m/s].
    pub approach_m_s: f64,
    /// Speed at which contact is sought [m/s].
    pub contact_m_s: f64,
    /// Speed through the skin [m/s].
    pub skin_m_s: f64,
    /// Speed in fat, far from the wall [m/s].
    pub fat_m_s: f64,
    /// Speed near the wall [m/s]: 3 mm/s stops best in the lumen of pig jugular veins (Kobayashi 2013).
    pub wall_m_s: f64,
    /// Speed of withdrawal [m/s].
    pub withdraw_m_s: f64,
    /// Compression at the end [s].
    pub compress_s: f64,
}

/// Specification of the built-in venipuncture controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VenipunctureSpec {
    /// Sign of x on the medial side: +1 for a right arm, −1 for a left arm.
    pub medial_sign: f64,
    /// What the twin says about each vein before it is looked at. A sighting takes the prior that explains it best.
    pub priors: Vec<SiteBelief>,
    /// Planner.
    pub plan: PlanSpec,
    /// Guards.
    pub limits: GuardLimits,
    /// Pop detector.
    pub pop: PopSpec,
    /// Times and speeds.
    pub pace: Pace,
    /// Cuff pressure [Pa].
    pub tourniquet_pa: f64,
    /// Volume to draw [m³].
    pub draw_m3: f64,
    /// Sound speed that the scanner assumes over the speed believed for skin and fat [1]; depths are divided by it.
    /// A fat layer makes a vein look 6 % deeper at 1540 against 1450 m/s.
    pub sound_speed_ratio: f64,
    /// Believed stiffness of the arm under the probe [N/m] and depth that takes up the indentation evenly [m]: a pressed
    /// face shows everything a little too shallow. Prior: unverified.
    pub press: [f64; 2],
    /// Impedance below which the tip is in blood [Ω].
    pub impedance_blood_ohm: f64,
    /// Believed indentation law of the tissue under the needle, F = a1 u + a2 u²: a1 [N/m] and a2 [N/m²]. The tip's
    /// place in the tissue is the driver's position less u.
    pub indentation: [f64; 2],
    /// Half of the probe's footprint along its elements [m].
    pub probe_half_length_m: f64,
}

impl VenipunctureSpec {
    /// The built-in controller's specification for one patient's prior.
    ///
    /// Calibration of the predicted success is the identity until one is given.
    #[must_use]
    pub fn standard(medial_sign: f64, priors: Vec<SiteBelief>, impedance_blood_ohm: f64, indentation: [f64; 2]) -> Self {
        Self {
            medial_sign,
            priors,
            plan: PlanSpec {
                needle_usable_m: 0.028,
                bevel_m: 2.5e-3,
                angle_min_rad: 15_f64.to_radians(),
                angle_max_rad: 30_f64.to_radians(),
                diameter_min_m: 1.5e-3,
                depth_max_m: 10e-3,
                artery_min_m: 2e-3,
                nerve_min_m: 1e-3,
                lumen_fraction: 0.5,
                needle_sd_m: 0.4e-3,
                success_min: 0.25,
                calibration: SuccessCalibration { intercept: 0.0, slope: 1.0 },
            },
            limits: GuardLimits::standard(),
            pop: PopSpec::standard(),
            pace: Pace {
                prepare_s: 8.0,
                fill_s: 8.0,
                nir_frames: 4,
                light_frames: 3,
                pressed_frames: 2,
                light_force_n: 0.5,
                firm_force_n: 3.0,
                approach_m_s: 0.015,
                contact_m_s: 0.005,
                skin_m_s: 0.010,
                fat_m_s: 0.006,
                wall_m_s: 0.003,
                withdraw_m_s: 0.05,
                compress_s: 20.0,
            },
            tourniquet_pa: 8_000.0,
            draw_m3: 4e-6,
            sound_speed_ratio: 1540.0 / 1460.0,
            press: [600.0, 0.020],
            impedance_blood_ohm,
            indentation,
            probe_half_length_m: 12.8e-3,
        }
    }
}
