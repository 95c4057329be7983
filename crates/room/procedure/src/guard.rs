//! Guards: conditions under which the robot stops what it does, whatever the phase had in mind.

use serde::{Deserialize, Serialize};

use crate::ProcedureError;

/// Why the robot stopped, in the words of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guard {
    /// Axial force above the limit.
    ForceLimit,
    /// Lateral force above the limit.
    LateralForceLimit,
    /// More force than skin, fat and wall explain.
    UnexpectedResistance,
    /// The wall should have been passed and no sign of blood came.
    NoPop,
    /// The tip left the predicted lumen.
    TipOutsideLumen,
    /// The arm moved faster or farther than can be followed.
    ArmMotion,
    /// No picture for too long while the needle is in.
    ImageLost,
    /// The tracker is blind for too long while the needle is in.
    TrackingLost,
    /// The vein slid away from the tip.
    VeinRolled,
    /// Blood stopped flowing before the tube was full.
    FlowLost,
    /// The tourniquet has been on for too long.
    TourniquetTime,
    /// No site is good enough.
    NoAcceptableSite,
    /// A phase took longer than it may.
    PhaseTimeout,
    /// The driver's motor is at its current limit and the needle does not move.
    DriverStall,
    /// The driver's encoder does not follow what the driver is told.
    EncoderApart,
}

impl Guard {
    /// Name as written into records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForceLimit => "force_limit",
            Self::LateralForceLimit => "lateral_force_limit",
            Self::UnexpectedResistance => "unexpected_resistance",
            Self::NoPop => "no_pop",
            Self::TipOutsideLumen => "tip_outside_lumen",
            Self::ArmMotion => "arm_motion",
            Self::ImageLost => "image_lost",
            Self::TrackingLost => "tracking_lost",
            Self::VeinRolled => "vein_rolled",
            Self::FlowLost => "flow_lost",
            Self::TourniquetTime => "tourniquet_time",
            Self::NoAcceptableSite => "no_acceptable_site",
            Self::PhaseTimeout => "phase_timeout",
            Self::DriverStall => "driver_stall",
            Self::EncoderApart => "encoder_apart",
        }
    }
}

/// Limits of the guards.
///
/// Sources: force abort 2–3 N, two attempts, one redirect, tourniquet: proposals in line with practice
/// rules (CLSI GP41: tourniquet about one minute, two attempts) and marked prior: unverified where no figure is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardLimits {
    /// Axial force at which the needle is withdrawn [N]. Prior: unverified, upper end of 2–3 N.
    pub force_axial_max_n: f64,
    /// Lateral force at which the needle is withdrawn [N]. Prior: unverified.
    pub force_lateral_max_n: f64,
    /// Force after the skin above which the resistance is unexplained [N]. Prior: unverified.
    pub force_in_tissue_max_n: f64,
    /// Arm speed above which the needle is withdrawn at once [m/s]. Prior: unverified; tremor stays below
    /// 0.5 mm × 2π × 12 Hz = 0.038 m/s, a startle is 0.2–0.5 m/s.
    pub arm_speed_max_m_s: f64,
    /// Arm displacement from where the needle went in, beyond which it is withdrawn [m]. Prior: unverified.
    pub arm_displacement_max_m: f64,
    /// Age of the last ultrasound frame beyond which the advance pauses [s]. Prior: unverified.
    pub image_age_max_s: f64,
    /// Age of the last tracker reading beyond which the advance pauses [s]. Prior: unverified.
    pub tracking_age_max_s: f64,
    /// Time that a pause may last before the needle is withdrawn [s]. Prior: unverified.
    pub pause_max_s: f64,
    /// Tourniquet time before it must come off [s]. CLSI GP41 asks for one minute; the scan needs filled
    /// veins, so the limit here is longer and the time is an endpoint. Prior: unverified.
    pub tourniquet_max_s: f64,
    /// Attempts per patient. Practice rule.
    pub attempts_max: u32,
    /// How far the driver's encoder may be from where the commands lead, beyond which the needle is withdrawn [m]. The driver keeps
    /// its own error below 0.5 mm and lags 20 ms behind its command, 0.3 mm on the way to the skin. Prior: unverified.
    pub encoder_apart_max_m: f64,
}

impl GuardLimits {
    /// The limits that the built-in controller works with.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            force_axial_max_n: 3.0,
            force_lateral_max_n: 1.0,
            force_in_tissue_max_n: 2.0,
            arm_speed_max_m_s: 0.08,
            arm_displacement_max_m: 4e-3,
            image_age_max_s: 0.5,
            tracking_age_max_s: 0.1,
            pause_max_s: 2.0,
            tourniquet_max_s: 150.0,
            attempts_max: 2,
            encoder_apart_max_m: 1.2e-3,
        }
    }

    /// Set a limit by its name, in SI. Attempts are not a limit of this kind.
    ///
    /// # Errors
    /// [`ProcedureError::Limit`] for a name that is not known and a value that is negative or not a number.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), ProcedureError> {
        let wrong = |what: String| ProcedureError::Limit { name: name.chars().take(60).collect(), what };
        let slot = match name {
            "force_axial_max_n" => &mut self.force_axial_max_n,
            "force_lateral_max_n" => &mut self.force_lateral_max_n,
            "force_in_tissue_max_n" => &mut self.force_in_tissue_max_n,
            "arm_speed_max_m_s" => &mut self.arm_speed_max_m_s,
            "arm_displacement_max_m" => &mut self.arm_displacement_max_m,
            "image_age_max_s" => &mut self.image_age_max_s,
            "tracking_age_max_s" => &mut self.tracking_age_max_s,
            "pause_max_s" => &mut self.pause_max_s,
            "tourniquet_max_s" => &mut self.tourniquet_max_s,
            "encoder_apart_max_m" => &mut self.encoder_apart_max_m,
            _ => return Err(wrong(format!("is not known; known: {}", Self::NAMES.join(", ")))),
        };
        if !(value >= 0.0 && value.is_finite()) {
            return Err(wrong(format!("{value} is no limit: 0 or more")));
        }
        *slot = value;
        Ok(())
    }

    /// Names that [`GuardLimits::set`] knows.
    pub const NAMES: [&str; 10] = [
        "force_axial_max_n",
        "force_lateral_max_n",
        "force_in_tissue_max_n",
        "arm_speed_max_m_s",
        "arm_displacement_max_m",
        "image_age_max_s",
        "tracking_age_max_s",
        "pause_max_s",
        "tourniquet_max_s",
        "encoder_apart_max_m",
    ];
}
