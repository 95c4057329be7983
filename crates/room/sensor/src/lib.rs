//! Cameras, ultrasound probe, force, impedance and trackers with noise, delay and dropouts.

mod delay;
mod error;
mod flashback;
mod force;
mod impedance;
mod nir_camera;
mod nir_frame;
mod nir_patch;
mod nir_skin;
mod range;
mod tracker;
mod ultrasound;
mod ultrasound_doppler;
mod ultrasound_frame;
mod ultrasound_label;
mod ultrasound_probe;
mod ultrasound_section;

pub use delay::{DELAY_TICKS_MAX, Delayed, DropoutSpec};
pub use error::SensorError;
pub use flashback::{FlashbackInput, FlashbackOutput, FlashbackSensor, FlashbackSpec, FlashbackState};
pub use force::{ForceInput, ForceOutput, ForceSensor, ForceSensorSpec, ForceState};
pub use impedance::{
    IMPEDANCE_FREQUENCY_HZ, ImpedanceInput, ImpedanceOutput, ImpedanceSensor, ImpedanceSpec, ImpedanceState, conductivity_s_m,
    relative_permittivity,
};
pub use nir_camera::{NirCamera, NirCameraSpec, NirCameraState, NirInput, NirOutput};
pub use nir_frame::{NirFrame, RangeMap};
pub use nir_patch::{PATCH_HALF_M, PATCH_PIXELS, PatchComparison, compare_patch, draw_patch, patch_in_loop};
pub use nir_skin::{NirSkin, NirSkinModel};
pub use range::{RangeSensor, RangeSpec, RangeState};
pub use tracker::{Tracker, TrackerInput, TrackerOutput, TrackerSpec, TrackerState};
pub use ultrasound::{NeedleInView, UltrasoundInput, UltrasoundProbeSpec, UltrasoundState, VesselFlow, artery_radius_ratio};
pub use ultrasound_doppler::{DOPPLER_APERTURE_SD, doppler_ensemble};
pub use ultrasound_frame::{DopplerMap, UltrasoundFrame};
pub use ultrasound_label::LumenLabel;
pub use ultrasound_probe::{ULTRASOUND_PENDING_MAX, UltrasoundProbe, UltrasoundScratch};
