//! What truly is in a picture: for measuring detectors and for training them. No controller sees it.

use proband_sound::BModeModel;
use serde::{Deserialize, Serialize};

use crate::ultrasound_section::Builder;

/// A lumen in the plane of a picture, as it would be displayed without blur.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LumenLabel {
    /// Place of the vessel in [`proband_anatomy::Arm::vessels`].
    pub vessel: u16,
    /// Centre of area along the elements [m].
    pub x_m: f64,
    /// Displayed depth of the middle of the longest chord [m].
    pub depth_m: f64,
    /// Half extent along the elements of the ellipse with the same area and height [m].
    pub semi_lateral_m: f64,
    /// Half of the longest chord along the depth, as displayed [m].
    pub semi_depth_m: f64,
    /// Whether the lumen is cut off by the side of the picture (as every lumen along the plane is).
    pub cut: bool,
}

pub(crate) fn labels(model: &BModeModel, builder: &Builder) -> Vec<LumenLabel> {
    let pitch_m = model.column_pitch_m();
    let last = builder.section.columns.len() - 1;
    let mut order: Vec<u16> = builder.lumens.iter().map(|l| l.vessel).collect();
    order.sort_unstable();
    order.dedup();
    let mut out = Vec::new();
    for vessel in order {
        let (mut area, mut moment, mut cut) = (0.0, 0.0, false);
        let mut longest = (0.0, 0.0);
        for span in builder.lumens.iter().filter(|l| l.vessel == vessel) {
            let column = &builder.section.columns[span.column];
            let top_m = model.displayed_depth_m(column, span.top_m);
            let bottom_m = model.displayed_depth_m(column, span.bottom_m);
            let chord = bottom_m - top_m;
            let x_m = (span.column as f64 - 0.5 * last as f64) * pitch_m;
            area += chord * pitch_m;
            moment += chord * pitch_m * x_m;
            cut |= span.column == 0 || span.column == last;
            if chord > longest.0 {
                longest = (chord, 0.5 * (top_m + bottom_m));
            }
        }
        if area > 0.0 && longest.0 > 0.0 {
            let semi_depth_m = 0.5 * longest.0;
            out.push(LumenLabel {
                vessel,
                x_m: moment / area,
                depth_m: longest.1,
                semi_lateral_m: area / (std::f64::consts::PI * semi_depth_m),
                semi_depth_m,
                cut,
            });
        }
    }
    out
}
