//! Ultrasound through tissue: echoes, speckle, attenuation, shadow.
//!
//! Fast path: [`BModeModel`], a scatterer field fixed to the tissue and convolved with the probe's point
//! spread. Reference path: [`LinearArray`], echoes of points on the elements of an array, delayed and summed.
//! Knows no arm and no clock: a [`Section`] comes in, grey levels go out.

mod bmode;
pub mod check;
mod compress;
mod doppler;
mod error;
mod field;
mod form;
mod law;
mod needle;
mod psf;
mod reference;
mod refract;
mod section;
mod spec;
mod statistics;
mod texture;

pub use bmode::{BModeModel, BModeSpec, Raster, Transmit};
pub use doppler::{DopplerEnsemble, PULSE_COUNT_MAX, autocorrelation_shift_hz};
pub use error::SoundError;
pub use field::{
    Apodisation, ArraySpec, Beamformer, Channels, Echogenic, Field, PHANTOM_SCATTERERS_MAX, Phantom, PixelGrid, Pulse, Scatterer, Spectra,
    Spreading, TimeWindow, Transmission, check_scatterers, envelope, log_compress,
};
pub use form::BModeScratch;
pub use law::{
    RAYLEIGH_SNR, displayed_depth_m, doppler_shift_hz, mirror_overlap, reflection, refraction_rad, reverberation_spacing_m, two_way_loss_db,
};
pub use psf::{axial_width_m, half_width_samples, lateral_width_m};
pub use reference::LinearArray;
pub use section::{COLUMN_COUNT, Column, NeedleTrack, ROW_COUNT, SPAN_COUNT_MAX, Section, Span, Strain, Texture};
pub use spec::{AcousticSpec, TissueSound};
pub use statistics::{
    KOLMOGOROV_FITTED_1_PERCENT, KOLMOGOROV_FITTED_5_PERCENT, Weights, effective_count, envelope_snr, kolmogorov_rayleigh,
    random_phasor_envelopes,
};
