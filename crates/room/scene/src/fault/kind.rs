//! The catalogue: every target with every effect that has a meaning for it.

use super::{Effect, Target};

/// Families of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultFamily {
    /// What the robot measures.
    Sensor,
    /// What the robot moves.
    Actuator,
    /// Messages between the two.
    Communication,
    /// Where things are.
    Geometry,
    /// What pictures show.
    Perception,
    /// What decides.
    Controller,
    /// Needle and tube.
    Instrument,
    /// Power.
    Power,
    /// The person who watches.
    Human,
    /// The patient.
    Patient,
}

impl FaultFamily {
    /// Every family.
    pub const ALL: [Self; 10] = [
        Self::Sensor,
        Self::Actuator,
        Self::Communication,
        Self::Geometry,
        Self::Perception,
        Self::Controller,
        Self::Instrument,
        Self::Power,
        Self::Human,
        Self::Patient,
    ];

    /// Name in files and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sensor => "sensor",
            Self::Actuator => "actuator",
            Self::Communication => "communication",
            Self::Geometry => "geometry",
            Self::Perception => "perception",
            Self::Controller => "controller",
            Self::Instrument => "instrument",
            Self::Power => "power",
            Self::Human => "human",
            Self::Patient => "patient",
        }
    }
}

/// A kind of fault: a target and what happens to it. Only pairs that have a meaning exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultKind {
    target: Target,
    effect: Effect,
}

/// Number of kinds.
const COUNT: usize = {
    let (mut count, mut target) = (0, 0);
    while target < Target::ALL.len() {
        count += Target::ALL[target].effects().len();
        target += 1;
    }
    count
};

const CATALOGUE: [FaultKind; COUNT] = {
    let mut list = [FaultKind { target: Target::Force, effect: Effect::Bias }; COUNT];
    let (mut place, mut target) = (0, 0);
    while target < Target::ALL.len() {
        let effects = Target::ALL[target].effects();
        let mut effect = 0;
        while effect < effects.len() {
            list[place] = FaultKind { target: Target::ALL[target], effect: effects[effect] };
            place += 1;
            effect += 1;
        }
        target += 1;
    }
    list
};

impl FaultKind {
    /// The whole catalogue.
    pub const ALL: &'static [Self] = &CATALOGUE;

    /// The kind that befalls `target` with `effect`; `None` where that has no meaning.
    #[must_use]
    pub fn new(target: Target, effect: Effect) -> Option<Self> {
        target.effects().contains(&effect).then_some(Self { target, effect })
    }

    /// What it befalls.
    #[must_use]
    pub const fn target(self) -> Target {
        self.target
    }

    /// What it does.
    #[must_use]
    pub const fn effect(self) -> Effect {
        self.effect
    }

    /// Name in files and records: `force:bias`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}:{}", self.target.name(), self.effect.name())
    }

    /// The kind with this name: `force:bias`, the effect alone where only one target has it (`startle`), or a short name
    /// (`occlude` for `tracker:occlusion`, `image_loss` for `ultrasound:dropout`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = match name {
            "occlude" => "tracker:occlusion",
            "image_loss" => "ultrasound:dropout",
            other => other,
        };
        if let Some((target, effect)) = name.split_once(':') {
            let target = Target::from_name(target)?;
            return target.effects().iter().find(|e| e.name() == effect).map(|effect| Self { target, effect: *effect });
        }
        let mut same = Self::ALL.iter().filter(|kind| kind.effect.name() == name);
        match (same.next(), same.next()) {
            (Some(kind), None) => Some(*kind),
            _ => None,
        }
    }

    /// Family in the catalogue.
    #[must_use]
    pub const fn family(self) -> FaultFamily {
        match self.target {
            Target::Flashback if matches!(self.effect, Effect::FalsePositive) => FaultFamily::Perception,
            Target::Nir | Target::Ultrasound | Target::Tracker
                if matches!(self.effect, Effect::Miss | Effect::FalsePositive | Effect::Occlusion | Effect::Specularity) =>
            {
                FaultFamily::Perception
            }
            Target::Force
            | Target::Impedance
            | Target::Flashback
            | Target::Tracker
            | Target::Range
            | Target::ProbeForce
            | Target::Encoder
            | Target::CuffGauge
            | Target::Fill
            | Target::Nir
            | Target::Ultrasound => FaultFamily::Sensor,
            Target::Driver | Target::Arm | Target::Gantry | Target::Cuff => FaultFamily::Actuator,
            Target::Command | Target::Observation => FaultFamily::Communication,
            Target::Camera | Target::Probe | Target::Robot => FaultFamily::Geometry,
            Target::Controller => FaultFamily::Controller,
            Target::Needle | Target::Tube => FaultFamily::Instrument,
            Target::Supply => FaultFamily::Power,
            Target::Operator => FaultFamily::Human,
            Target::Patient => FaultFamily::Patient,
        }
    }
}

impl std::fmt::Display for FaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}
