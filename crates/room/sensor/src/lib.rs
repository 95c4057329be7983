//! Cameras, ultrasound probe, force, impedance and trackers with noise, delay and dropouts.

mod nir_camera;
mod nir_frame;
mod nir_skin;
mod ultrasound;
mod ultrasound_frame;

pub use nir_camera::{NirCameraSpec, NirCameraState, NirInput, NirOutput};
pub use nir_frame::{NirFrame, RangeMap};
pub use nir_skin::NirSkin;
pub use ultrasound::{NeedleInView, UltrasoundInput, UltrasoundProbeSpec, UltrasoundState, VesselFlow};
pub use ultrasound_frame::{DopplerMap, UltrasoundFrame};
