//! The reference path: echoes of points on the elements of a linear array, computed frequency by frequency.

mod array;
mod beamform;
mod exact;
mod fft;
mod phantom;
mod record;
mod recurrence;

pub use array::{ArraySpec, Pulse, Spreading, Transmission};
pub use beamform::{Apodisation, Beamformer, PixelGrid, envelope, log_compress};
pub use phantom::{Echogenic, PHANTOM_SCATTERERS_MAX, Phantom};
pub use record::{Channels, Field, Scatterer, Spectra, TimeWindow, check_scatterers};
