//! Severity, occurrence and detectability, as a failure-mode table has them.

use super::{Effect as E, FaultKind, Target as T};

/// Ratings from 1 (harmless, hardly ever, always noticed) to 10 (grave, often, never noticed).
///
/// # Source
/// Prior: unverified, engineering judgement in the manner of a failure-mode table (ISO 14971). Published counts of events with
/// surgical robots (Alemzadeh 2016, PLoS ONE, PMC4838256) are reports without a denominator and are not used as rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// How grave the harm is when nothing contains it.
    pub severity: u8,
    /// How often it comes.
    pub occurrence: u8,
    /// How hard it is to notice.
    pub detectability: u8,
}

impl Risk {
    /// Risk priority number: the product, 1 to 1000.
    #[must_use]
    pub fn priority(self) -> u32 {
        u32::from(self.severity) * u32::from(self.occurrence) * u32::from(self.detectability)
    }
}

impl FaultKind {
    /// Severity, occurrence, detectability.
    #[must_use]
    pub fn risk(self) -> Risk {
        let (occurrence, detectability) = self.effect_risk();
        Risk { severity: self.severity(), occurrence, detectability }
    }

    /// What its target can do to the patient when it is wrong.
    const fn severity(self) -> u8 {
        match (self.target(), self.effect()) {
            (T::Needle, E::Broken) | (T::Driver, E::Runaway) => 10,
            (T::Arm, E::Runaway) | (T::Command | T::Controller, _) => 9,
            (T::Driver | T::Arm | T::Robot | T::Encoder | T::Needle, _) => 8,
            (T::Force | T::Tracker | T::Observation | T::Supply | T::Operator, _) | (T::Patient, E::Startle | E::Motion) => 7,
            (T::Impedance | T::Flashback | T::Probe | T::Ultrasound | T::Patient, _) => 6,
            (T::Gantry | T::ProbeForce | T::Cuff | T::Camera, _) => 5,
            (T::Range | T::CuffGauge | T::Nir, _) => 4,
            (T::Fill | T::Tube, _) => 3,
        }
    }

    /// How often, and how hard to notice.
    const fn effect_risk(self) -> (u8, u8) {
        match self.effect() {
            E::Bias | E::Drift | E::Offset | E::CalibrationDrift => (5, 7),
            E::Noise | E::Quantisation | E::Backlash => (5, 4),
            E::Stuck | E::StaleState | E::Replay => (3, 8),
            E::Dropout | E::Loss | E::Drop => (4, 2),
            E::Latency | E::Delay | E::Jitter => (5, 6),
            E::Outlier => (4, 3),
            E::AxisSwap | E::SignFlip | E::UnitError | E::WrongMode => (2, 5),
            E::Saturation | E::TorqueLoss => (3, 4),
            E::Runaway | E::BrakeFailure => (2, 4),
            E::Reorder | E::Duplicate => (3, 6),
            E::Corruption => (2, 6),
            E::Miss | E::FalsePositive => (5, 7),
            E::Occlusion | E::Specularity => (6, 3),
            E::NotANumber => (2, 2),
            E::MissedDeadline => (3, 4),
            E::Bent => (3, 7),
            E::Broken => (1, 5),
            E::NoVacuum | E::Detached => (4, 2),
            E::WrongTakeover => (3, 2),
            E::LateRelease => (5, 3),
            E::Startle | E::Cough => (4, 2),
            E::Motion | E::Tremor => (5, 3),
            E::Breathing => (8, 3),
            E::Bleed => (3, 6),
            E::VesselRoll => (6, 5),
        }
    }
}
