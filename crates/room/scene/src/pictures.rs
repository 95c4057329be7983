//! Frames that the controller wants kept.

use proband_procedure::{FrameKind, Overlay};
use proband_sensor::{NirFrame, UltrasoundFrame};

use crate::KeptPicture;

/// The frame of this tick as a grey picture; `None` when none arrived.
pub(crate) fn keep(
    kind: FrameKind,
    nir: &Option<NirFrame>,
    ultrasound: &Option<UltrasoundFrame>,
    name: String,
    caption: String,
    overlays: Vec<Overlay>,
) -> Option<KeptPicture> {
    match kind {
        FrameKind::Nir => nir.as_ref().map(|frame| {
            let grey = frame.counts.samples().iter().map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect();
            KeptPicture {
                name,
                modality: "near_infrared",
                time_s: frame.time_s,
                caption,
                width: frame.counts.width(),
                height: frame.counts.height(),
                pixel_m: frame.pixel_on_skin_m(),
                grey,
                overlays,
            }
        }),
        FrameKind::Ultrasound => ultrasound.as_ref().map(|frame| KeptPicture {
            name,
            modality: "ultrasound",
            time_s: frame.time_s,
            caption,
            width: frame.column_count,
            height: frame.row_count,
            pixel_m: frame.column_pitch_m,
            grey: frame.pixels.clone(),
            overlays,
        }),
    }
}
