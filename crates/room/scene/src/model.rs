//! The immutable half of a scene: models built once from the specification.

use proband_anatomy::Arm;
use proband_core::{Camera, Patient, Pose, Position, Stream};
use proband_light::{KernelCamera, SkinOptics};
use proband_physiology::{CollectionModel, LeakModel, MotionModel, VasovagalModel, VenousModel};
use proband_robot::{DriverModel, GantryModel};
use proband_sensor::{FlashbackSensor, ForceSensor, ImpedanceSensor, NirCamera, NirSkinModel, RangeSensor, Tracker, UltrasoundProbe};
use proband_tissue::NeedleModel;
use proband_twin::Truth;

use crate::error::part;
use crate::spec::{Equipment, SceneSpec, TICK_S};
use crate::{Layout, PulseSpec, SceneError};

/// Everything that does not change during a run.
pub(crate) struct SceneModel {
    pub equipment: Equipment,
    pub layout: Layout,
    pub arm_anatomy: Arm,
    pub needle: NeedleModel,
    pub venous: VenousModel,
    pub collection: CollectionModel,
    pub leak: LeakModel,
    pub vasovagal: VasovagalModel,
    pub motion: MotionModel,
    pub driver: DriverModel,
    pub gantry: GantryModel,
    pub force: ForceSensor,
    pub impedance: ImpedanceSensor,
    pub flashback: FlashbackSensor,
    pub tracker: Tracker,
    pub range: RangeSensor,
    pub camera: NirCamera,
    pub skin: NirSkinModel,
    pub probe: UltrasoundProbe,
    pub pose_patient_camera: Pose<Patient, Camera>,
    pub mean_arterial_pa: f64,
    pub pulse: Option<PulseSpec>,
}

/// Height of the camera over the elbow crease [m].
const CAMERA_HEIGHT_M: f64 = 0.30;
/// Place of the camera along the arm [m]: over the stations of the survey.
const CAMERA_Z_M: f64 = -0.02;

impl SceneModel {
    pub fn new(spec: &SceneSpec) -> Result<Self, SceneError> {
        let truth = &spec.truth;
        let equipment = spec.equipment.clone();
        let medial_sign = truth.arm.side.medial_sign();
        let venous_spec = truth.venous.clone();
        let mean_arterial_pa = venous_spec.diastolic_pa + (venous_spec.systolic_pa - venous_spec.diastolic_pa) / 3.0;
        let x = proband_core::Direction::new(1.0, 0.0, 0.0);
        let down = proband_core::Direction::new(0.0, 1.0, 0.0);
        let arm_anatomy = Arm::new(&truth.arm).map_err(part("anatomy"))?;
        let kernels = KernelCamera::new(&optics(truth, equipment.lamp_wavelength_nm)?, truth.arm.fat_m).map_err(part("optics"))?;
        let texture = Stream::new(spec.seed, spec.patient, "scene.skin_texture");
        let skin = NirSkinModel::new(&arm_anatomy, &kernels, &texture).map_err(part("skin"))?;
        if let Some(pulse) = &spec.pulse {
            pulse.check()?;
        }
        Ok(Self {
            pulse: spec.pulse,
            layout: Layout::beside(medial_sign),
            arm_anatomy,
            needle: NeedleModel::new(equipment.needle.clone(), truth.needle.clone()).map_err(part("needle mechanics"))?,
            venous: VenousModel::new(venous_spec).map_err(part("veins"))?,
            collection: CollectionModel::new(equipment.collection.clone()).map_err(part("blood collection"))?,
            leak: LeakModel::new(truth.leak.clone()).map_err(part("leak"))?,
            vasovagal: VasovagalModel::new(truth.vasovagal.clone()).map_err(part("vasovagal reaction"))?,
            motion: MotionModel::new(truth.motion.clone()).map_err(part("motion of the arm"))?,
            driver: DriverModel::new(&equipment.driver).map_err(part("needle driver"))?,
            gantry: GantryModel::new(&equipment.gantry).map_err(part("gantry"))?,
            force: ForceSensor::new(&equipment.force, TICK_S).map_err(part("force sensor"))?,
            impedance: ImpedanceSensor::new(&equipment.impedance, TICK_S).map_err(part("impedance sensor"))?,
            flashback: FlashbackSensor::new(&equipment.flashback, TICK_S).map_err(part("flashback sensor"))?,
            tracker: Tracker::new(&equipment.tracker, TICK_S).map_err(part("arm tracker"))?,
            range: RangeSensor::new(&equipment.range, TICK_S).map_err(part("range sensor"))?,
            camera: NirCamera::new(&equipment.camera).map_err(part("near-infrared camera"))?,
            skin,
            probe: UltrasoundProbe::new(&equipment.probe, &truth.acoustics).map_err(part("ultrasound probe"))?,
            pose_patient_camera: Pose::from_axes(Position::new(0.0, -CAMERA_HEIGHT_M, CAMERA_Z_M), x, down),
            mean_arterial_pa,
            equipment,
        })
    }
}

/// The patient's skin under these lamps.
fn optics(truth: &Truth, wavelength_nm: f64) -> Result<SkinOptics, SceneError> {
    if truth.optics.wavelength_nm == wavelength_nm {
        Ok(truth.optics.clone())
    } else {
        truth.optics_at(wavelength_nm).map_err(part("optics"))
    }
}

#[cfg(test)]
mod tests {
    use proband_anatomy::VesselDeform;
    use proband_core::Distribution;
    use proband_robot::{ArmModel, BUILTIN_BASE, BUILTIN_TIP, ServoSpec, builtin_tree};
    use proband_twin::Twin;

    use super::*;

    /// Darkening where veins darken most, of the mean reflectance beside, through the model of a whole scene.
    fn contrast(vein_saturation: f64, lamp_wavelength_nm: f64) -> f64 {
        let mut twin = Twin::built_in();
        for (name, value) in
            [("optics.vein_saturation", vein_saturation), ("optics.mottle_relative", 0.0), ("optics.texture_relative", 0.0)]
        {
            let parameter = twin.parameters.iter_mut().find(|p| p.name == name).unwrap();
            parameter.value.distribution = Distribution::Constant { value };
        }
        let truth = Truth::draw(&twin, &mut Stream::new(3, 0, "twin.truth")).unwrap();
        let arm = ArmModel::new(&builtin_tree(), BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm()).unwrap();
        let equipment = Equipment { lamp_wavelength_nm, ..Equipment::standard(arm) };
        let spec = SceneSpec { seed: 3, patient: 0, truth, equipment, pulse: None, whole: None, faults: Vec::new(), duration_max_s: 1.0 };
        let model = SceneModel::new(&spec).unwrap();
        let closed = VesselDeform { scale_h: 0.0, scale_v: 0.0, ..VesselDeform::none() };
        let (with, bare) = (model.skin.skin(&[]), model.skin.skin(&vec![closed; model.arm_anatomy.vessels().len()]));
        let pairs = with.reflectance.samples().iter().zip(bare.reflectance.samples());
        pairs.filter(|(_, bare)| **bare > 0.0).map(|(with, bare)| f64::from(1.0 - with / bare)).fold(0.0, f64::max)
    }

    /// Make the lamps matter as blood does: bloodless of oxygen it is darker at 760 nm than at 940 nm, full of it the other way about.
    #[test]
    fn the_lamps_colour_acts_through_the_blood() {
        let ratio = |saturation| contrast(saturation, 760.0) / contrast(saturation, 940.0);
        let (pale, full) = (ratio(0.25), ratio(0.95));
        // The direction is the claim; `light-oxygenation` holds its size against photons.
        assert!(pale > 1.05 * full, "{pale} {full}");
    }
}
