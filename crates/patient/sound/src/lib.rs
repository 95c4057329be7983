//! Ultrasound through tissue: echoes, speckle, attenuation, shadow.

mod bmode;
mod error;
mod section;
mod spec;

pub use bmode::{BModeSpec, Transmit};
pub use error::SoundError;
pub use section::{COLUMN_COUNT, Column, NeedleTrack, ROW_COUNT, SPAN_COUNT_MAX, Section, Span, Texture};
pub use spec::{AcousticSpec, TissueSound};
