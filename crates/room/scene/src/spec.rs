//! What a scene is made of: one patient's truth, the equipment and what disturbs them.

use proband_physiology::CollectionSpec;
use proband_physiology::whole::Physique;
use proband_robot::{ArmModel, DriverSpec, GantrySpec};
use proband_sensor::{FlashbackSpec, ForceSensorSpec, ImpedanceSpec, NirCameraSpec, RangeSpec, TrackerSpec, UltrasoundProbeSpec};
use proband_tissue::NeedleSpec;
use proband_twin::Truth;

use crate::{Fault, PulseSpec};

/// Length of a tick [s]: the axis loop of the robot.
pub const TICK_S: f64 = 1e-3;

/// How the tissue answers the needle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TissueKind {
    /// A law along the needle's axis: the fast path.
    #[default]
    Axis,
    /// Finite elements around the puncture.
    Fem,
}

impl TissueKind {
    /// Name in records and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Axis => "axis",
            Self::Fem => "fem",
        }
    }
}

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
    /// Wavelength of the camera's lamps [nm], 740 to 950.
    pub lamp_wavelength_nm: f64,
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
    /// How the tissue answers the needle.
    pub tissue: TissueKind,
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
            lamp_wavelength_nm: 850.0,
            camera_period_s: 0.25,
            ambient_irradiance_w_m2: 0.2,
            cuff_s: 0.8,
            probe_face_m2: 0.040 * 0.008,
            probe_pressure_share: 0.7,
            compression_pa: 4_000.0,
            skin_traction: true,
            fill_resolution_m3: 2e-8,
            tissue: TissueKind::Axis,
        }
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
    /// How the arteries beat; `None`: they keep their width and their mean flow.
    pub pulse: Option<PulseSpec>,
    /// The whole patient who lies beside the needle, if he is to: his circulation and breath then move the arm, and his
    /// vital signs are kept. `None`: the arm's own small models.
    pub whole: Option<Physique>,
    /// Planned faults: what disturbs patient, robot and controller.
    pub faults: Vec<Fault>,
    /// Longest run [s].
    pub duration_max_s: f64,
}
