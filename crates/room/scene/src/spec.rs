//! What a scene is made of: one patient's truth, the equipment and what disturbs them.

use proband_physiology::CollectionSpec;
use proband_procedure::Phase;
use proband_robot::{ArmModel, DriverSpec, GantrySpec};
use proband_sensor::{FlashbackSpec, ForceSensorSpec, ImpedanceSpec, NirCameraSpec, RangeSpec, TrackerSpec, UltrasoundProbeSpec};
use proband_tissue::NeedleSpec;
use proband_twin::Truth;
use serde::{Deserialize, Serialize};

/// Length of a tick [s]: the axis loop of the robot.
pub const TICK_S: f64 = 1e-3;

/// Everything in the room that is not the patient.
#[derive(Clone, Debug)]
pub struct Equipment {
    /// The robot arm.
    pub arm: ArmModel,
    /// Needle driver on its flange.
    pub driver: DriverSpec,
    /// Gantry of the imaging head.
    pub gantry: GantrySpec,
    /// Needle.
    pub needle: NeedleSpec,
    /// Needle bore and evacuated tube.
    pub collection: CollectionSpec,
    /// Near-infrared camera.
    pub camera: NirCameraSpec,
    /// Ultrasound probe.
    pub probe: UltrasoundProbeSpec,
    /// Force sensor behind the needle.
    pub force: ForceSensorSpec,
    /// Impedance at the needle's tip.
    pub impedance: ImpedanceSpec,
    /// Blood in the hub.
    pub flashback: FlashbackSpec,
    /// Arm-motion tracker.
    pub tracker: TrackerSpec,
    /// Distance from the imaging head to the skin.
    pub range: RangeSpec,
    /// Time between two near-infrared pictures [s].
    pub camera_period_s: f64,
    /// Room light on the arm within the camera's band [W/m²].
    pub ambient_irradiance_w_m2: f64,
    /// Time constant with which the cuff follows its command [s].
    pub cuff_s: f64,
    /// Area of the probe's face on the skin [m²].
    pub probe_face_m2: f64,
    /// Part of the face's pressure that reaches a vein [1]: it spreads with depth.
    pub probe_pressure_share: f64,
    /// Pressure of the pad during compression [Pa].
    pub compression_pa: f64,
    /// Whether strap and probe keep the skin taut.
    pub skin_traction: bool,
    /// Smallest step of the tube's fill sensor [m³].
    pub fill_resolution_m3: f64,
}

impl Equipment {
    /// The built-in room with a given robot arm: 21G needle of 32 mm, 4 mL tube, 10 MHz linear probe, 850 nm camera.
    ///
    /// # Source
    /// Parts: see their specifications. Face 40 mm × 8 mm, pressure share 0.7, cuff 0.8 s, compression 4 kPa (30 mmHg),
    /// fill sensor 20 µL: prior: unverified, engineering judgement.
    #[must_use]
    pub fn standard(arm: ArmModel) -> Self {
        let needle = NeedleSpec::gauge_21(0.032);
        Self {
            arm,
            driver: DriverSpec::venipuncture(),
            gantry: GantrySpec::imaging_head(),
            collection: CollectionSpec::holder(needle.inner_diameter_m, needle.length_m, 4e-6),
            needle,
            camera: NirCameraSpec::standard(),
            probe: UltrasoundProbeSpec { frame_period_s: 0.05, ..UltrasoundProbeSpec::linear_10_mhz(0x5EED) },
            force: ForceSensorSpec::needle_hub(),
            impedance: ImpedanceSpec::bevel(),
            flashback: FlashbackSpec::clear_hub_21g(),
            tracker: TrackerSpec::marker_band(),
            range: RangeSpec::triangulation(),
            camera_period_s: 0.25,
            ambient_irradiance_w_m2: 0.2,
            cuff_s: 0.8,
            probe_face_m2: 0.040 * 0.008,
            probe_pressure_share: 0.7,
            compression_pa: 4_000.0,
            skin_traction: true,
            fill_resolution_m3: 2e-8,
        }
    }
}

/// When a disturbance comes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    /// At a time [s].
    Time(f64),
    /// When the procedure first enters a phase, after a delay [s].
    Phase {
        /// Which phase.
        phase: Phase,
        /// How much later [s].
        delay_s: f64,
    },
}

/// What disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisturbanceKind {
    /// The patient pulls the arm away.
    Startle,
    /// The tracker's marker is covered for a second.
    OccludeTracker,
    /// The ultrasound picture is gone for two seconds.
    LoseImage,
}

impl DisturbanceKind {
    /// Name on the command line and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Startle => "startle",
            Self::OccludeTracker => "occlude",
            Self::LoseImage => "image_loss",
        }
    }

    /// How long it lasts [s]; a startle takes its own course.
    #[must_use]
    pub const fn duration_s(self) -> f64 {
        match self {
            Self::Startle => 0.0,
            Self::OccludeTracker => 1.0,
            Self::LoseImage => 2.0,
        }
    }
}

/// A planned disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disturbance {
    /// What.
    pub kind: DisturbanceKind,
    /// When.
    pub trigger: Trigger,
}

impl Disturbance {
    /// Read `startle@insert`, `startle@insert+0.5`, `occlude@42.0`, `image_loss@draw`: what, at a phase (plus seconds) or at a time [s].
    ///
    /// # Errors
    /// A sentence that names what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, when) = text.split_once('@').ok_or_else(|| format!("\"{text}\": expected WHAT@WHEN, for example startle@insert"))?;
        let kinds = [DisturbanceKind::Startle, DisturbanceKind::OccludeTracker, DisturbanceKind::LoseImage];
        let kind = kinds
            .into_iter()
            .find(|k| k.name() == what)
            .ok_or_else(|| format!("\"{what}\" is no disturbance; known: {}", kinds.map(DisturbanceKind::name).join(", ")))?;
        let seconds = |text: &str| match text.parse::<f64>() {
            Ok(s) if s.is_finite() && (0.0..=3600.0).contains(&s) => Ok(s),
            _ => Err(format!("\"{text}\" is no time in seconds between 0 and 3600")),
        };
        if when.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Self { kind, trigger: Trigger::Time(seconds(when)?) });
        }
        let (name, delay_s) = match when.split_once('+') {
            Some((name, delay)) => (name, seconds(delay)?),
            None => (when, 0.0),
        };
        let phase =
            Phase::from_name(name).ok_or_else(|| format!("\"{name}\" is no phase; known: {}", Phase::ALL.map(Phase::name).join(", ")))?;
        Ok(Self { kind, trigger: Trigger::Phase { phase, delay_s } })
    }
}

/// Specification of a scene.
#[derive(Clone, Debug)]
pub struct SceneSpec {
    /// Seed of the study.
    pub seed: u64,
    /// Number of the patient in the study: every random stream of the scene hangs on both.
    pub patient: u32,
    /// What this patient turned out to have.
    pub truth: Truth,
    /// The room.
    pub equipment: Equipment,
    /// Planned disturbances.
    pub disturbances: Vec<Disturbance>,
    /// Longest run [s].
    pub duration_max_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read what the command line offers and refuse the rest with a reason.
    #[test]
    fn disturbances_parse() {
        let at_phase = Disturbance::parse("startle@insert+0.5").unwrap();
        assert_eq!(at_phase.trigger, Trigger::Phase { phase: Phase::Insert, delay_s: 0.5 });
        assert_eq!(Disturbance::parse("occlude@42").unwrap().trigger, Trigger::Time(42.0));
        for bad in ["startle", "jump@insert", "startle@lunch", "startle@1e99", "startle@insert+x", "@", ""] {
            assert!(Disturbance::parse(bad).is_err(), "{bad}");
        }
    }
}
