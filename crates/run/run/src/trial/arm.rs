//! Arms of a study: a robot with its settings, or the manual comparator.

use proband_anatomy::Arm;
use proband_core::Stream;
use proband_procedure::{Controller, Venipuncture};
use proband_scene::Fault;
use proband_twin::Truth;
use serde::{Deserialize, Serialize};

use super::{Hand, HandSpec, PalpationSpec, palpate};
use crate::{Policy, RehearsalSpec, RunError};

/// Settings of a robot arm of a study. `None`: the built-in controller's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RobotArm {
    /// Name in records.
    pub name: String,
    /// Digest of the robot's description; empty for the built-in robot.
    pub robot: String,
    /// Cuff [Pa].
    pub tourniquet_pa: Option<f64>,
    /// Blood to draw [m³].
    pub draw_m3: Option<f64>,
    /// Speed of the needle near the wall [m/s].
    pub wall_speed_m_s: Option<f64>,
    /// Predicted success below which the robot declines [1].
    pub success_min: Option<f64>,
    /// Sticks at most.
    pub attempts_max: Option<u32>,
    /// What disturbs every draw of this arm.
    pub disturbances: Vec<Fault>,
}

/// One arm of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ArmPlan {
    /// The built-in controller on a robot.
    Robot(RobotArm),
    /// The manual comparator.
    Manual {
        /// Name in records.
        name: String,
        /// What the finger feels.
        palpation: PalpationSpec,
        /// How the hand works.
        hand: HandSpec,
        /// What disturbs every draw of this arm.
        disturbances: Vec<Fault>,
    },
}

impl ArmPlan {
    /// Name in records.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Robot(robot) => &robot.name,
            Self::Manual { name, .. } => name,
        }
    }

    /// One line about what this arm is.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Robot(r) => {
                let mut words = vec![if r.robot.is_empty() { "built-in robot".to_owned() } else { format!("robot {}", r.robot) }];
                words.push("built-in controller (near-infrared, ultrasound, force, impedance)".into());
                let mut say = |what: &str, value: Option<f64>, unit: &str| {
                    if let Some(value) = value {
                        words.push(format!("{what} {value} {unit}"));
                    }
                };
                say("cuff", r.tourniquet_pa, "Pa");
                say("volume", r.draw_m3.map(|v| v * 1e6), "mL");
                say("speed near the wall", r.wall_speed_m_s, "m/s");
                say("declines below", r.success_min, "");
                say("sticks at most", r.attempts_max.map(f64::from), "");
                words.join(", ")
            }
            Self::Manual { palpation, hand, .. } => format!(
                "model of a phlebotomist who palpates (no data from people): error of touch {:.2} mm over palpability, sticks at most {}, \
                 cuff {} Pa; calibrated to the published 93 to 97 % of outpatient first sticks, the rest prior: unverified",
                palpation.lateral_sd_m * 1e3,
                hand.attempts_max,
                hand.tourniquet_pa
            ),
        }
    }

    /// Whether two arms do the same under two names.
    #[must_use]
    pub fn same_policy(&self, other: &Self) -> bool {
        let nameless = |arm: &Self| {
            let mut arm = arm.clone();
            match &mut arm {
                Self::Robot(robot) => robot.name.clear(),
                Self::Manual { name, .. } => name.clear(),
            }
            arm
        };
        nameless(self) == nameless(other)
    }

    /// Put this arm's settings into a rehearsal.
    pub(crate) fn prepare(&self, spec: &mut RehearsalSpec) {
        match self {
            Self::Robot(r) => {
                spec.tourniquet_pa = r.tourniquet_pa;
                spec.draw_m3 = r.draw_m3;
                spec.faults.clone_from(&r.disturbances);
                spec.policy = Policy { wall_speed_m_s: r.wall_speed_m_s, success_min: r.success_min, attempts_max: r.attempts_max };
            }
            Self::Manual { hand, disturbances, .. } => {
                spec.draw_m3 = Some(hand.draw_m3);
                spec.faults.clone_from(disturbances);
            }
        }
    }

    /// The controller of this arm for one patient. Only the manual one is given the truth, through its finger.
    ///
    /// # Errors
    /// [`RunError`] when the twin lacks a parameter or the arm cannot be built.
    pub(crate) fn controller(&self, spec: &RehearsalSpec, truth: &Truth) -> Result<Box<dyn Controller>, RunError> {
        match self {
            Self::Robot(_) => Ok(Box::new(Venipuncture::new(spec.controller()?))),
            Self::Manual { palpation, hand, .. } => {
                let arm = Arm::new(&truth.arm).map_err(|e| RunError::Trial { what: e.to_string() })?;
                let places = palpate(palpation, &arm, &mut Stream::new(spec.seed, spec.patient, "trial.palpation"));
                Ok(Box::new(Hand::new(hand.clone(), places)))
            }
        }
    }
}
