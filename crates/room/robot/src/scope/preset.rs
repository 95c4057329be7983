//! What a bronchoscope is: figures of real systems and their sources.

use serde::{Deserialize, Serialize};

use crate::error::{RobotError, not_negative, positive, require};

/// How the robot knows where its tip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScopeSensing {
    /// A coil in the tip in an electromagnetic field.
    Electromagnetic,
    /// Optical fibres along the shaft.
    Shape,
}

/// A bronchoscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeSpec {
    /// Name for tables and arguments.
    pub name: String,
    /// Outer diameter of the shaft that goes into the periphery [m].
    pub outer_diameter_m: f64,
    /// Diameter of the working channel [m].
    pub channel_m: f64,
    /// Length of the bending section [m].
    pub bend_length_m: f64,
    /// Largest bend [rad].
    pub bend_max_rad: f64,
    /// Largest bending speed [rad/s].
    pub bend_rate_rad_s: f64,
    /// Largest insertion past the entry into the trachea [m].
    pub insertion_max_m: f64,
    /// Largest insertion speed [m/s].
    pub insertion_rate_m_s: f64,
    /// Smallest radius of curvature that the shaft passes [m].
    pub bend_radius_min_m: f64,
    /// Largest sum of turns along the shaft [rad].
    pub turn_max_rad: f64,
    /// Free play of the tendons, as bend [rad].
    pub play_rad: f64,
    /// Friction of a tendon in its sheath [1].
    pub friction: f64,
    /// EI of the bending section [N m²].
    pub bending_n_m2: f64,
    /// How the tip is sensed.
    pub sensing: ScopeSensing,
}

impl ScopeSpec {
    /// A thin catheter with shape sensing, the size of the Ion system.
    ///
    /// # Source
    /// 180° in all directions: doi 10.1097/LBR.0000000000000894. Outer 3.5 mm, channel 2.0 mm: prior, unverified. All mechanical figures:
    /// prior, unverified, engineering judgement.
    #[must_use]
    pub fn ion() -> Self {
        Self {
            name: "ion".into(),
            outer_diameter_m: 3.5e-3,
            channel_m: 2.0e-3,
            bend_length_m: 22e-3,
            bend_max_rad: std::f64::consts::PI,
            bend_rate_rad_s: 1.2,
            insertion_max_m: 0.40,
            insertion_rate_m_s: 0.02,
            bend_radius_min_m: 7e-3,
            turn_max_rad: 9.0,
            play_rad: 0.05,
            friction: 0.06,
            bending_n_m2: 3.5e-4,
            sensing: ScopeSensing::Shape,
        }
    }

    /// A scope with electromagnetic sensing, the size of the Monarch system.
    ///
    /// # Source
    /// Scope 4.2 mm, channel 2.1 mm: prior, unverified. Mechanical figures: prior, unverified, engineering judgement.
    #[must_use]
    pub fn monarch() -> Self {
        Self {
            name: "monarch".into(),
            outer_diameter_m: 4.2e-3,
            channel_m: 2.1e-3,
            bend_length_m: 26e-3,
            bending_n_m2: 7e-4,
            bend_radius_min_m: 9e-3,
            play_rad: 0.08,
            friction: 0.08,
            sensing: ScopeSensing::Electromagnetic,
            ..Self::ion()
        }
    }

    /// A scope with electromagnetic sensing, the size of the Galaxy system.
    ///
    /// # Source
    /// Outer 4.0 mm, channel 2.1 mm: prior, unverified. Mechanical figures: prior, unverified, engineering judgement.
    #[must_use]
    pub fn galaxy() -> Self {
        Self { name: "galaxy".into(), outer_diameter_m: 4.0e-3, channel_m: 2.1e-3, bending_n_m2: 6e-4, ..Self::monarch() }
    }

    /// A preset by name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ion" => Some(Self::ion()),
            "monarch" => Some(Self::monarch()),
            "galaxy" => Some(Self::galaxy()),
            _ => None,
        }
    }

    /// Force per deflection of the tip of the bending section held at its root [N/m]: 3 EI / L³.
    #[must_use]
    pub fn tip_stiffness_n_m(&self) -> f64 {
        3.0 * self.bending_n_m2 / self.bend_length_m.powi(3)
    }

    /// # Errors
    /// [`RobotError::Parameter`] that names the field.
    pub(super) fn check(&self) -> Result<(), RobotError> {
        positive("outer_diameter_m", self.outer_diameter_m)?;
        require("outer_diameter_m", self.outer_diameter_m, self.outer_diameter_m < 0.03, "below 30 mm")?;
        require(
            "channel_m",
            self.channel_m,
            self.channel_m > 0.0 && self.channel_m < self.outer_diameter_m,
            "positive and below the outer diameter",
        )?;
        positive("bend_length_m", self.bend_length_m)?;
        require("bend_max_rad", self.bend_max_rad, self.bend_max_rad > 0.0 && self.bend_max_rad < 5.0, "in 0 to 5 rad")?;
        positive("bend_rate_rad_s", self.bend_rate_rad_s)?;
        require("insertion_max_m", self.insertion_max_m, self.insertion_max_m > 0.0 && self.insertion_max_m < 3.0, "in 0 to 3 m")?;
        positive("insertion_rate_m_s", self.insertion_rate_m_s)?;
        positive("bend_radius_min_m", self.bend_radius_min_m)?;
        positive("turn_max_rad", self.turn_max_rad)?;
        not_negative("play_rad", self.play_rad)?;
        require("friction", self.friction, (0.0..=1.0).contains(&self.friction), "in 0 to 1")?;
        positive("bending_n_m2", self.bending_n_m2)
    }
}
