//! What the sound goes through: tissue intervals along each column of the picture, and a needle.

use proband_anatomy::Tissue;
use serde::{Deserialize, Serialize};

/// Columns of a B-mode picture in the loop.
pub const COLUMN_COUNT: usize = 128;
/// Rows of a B-mode picture in the loop.
pub const ROW_COUNT: usize = 160;
/// Intervals kept per column; what lies deeper belongs to the last one.
pub const SPAN_COUNT_MAX: usize = 24;

/// One tissue interval along a column. It begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// What is there.
    pub tissue: Tissue,
    /// Depth of its lower end below the probe's face [m], true (not as displayed).
    pub bottom_m: f32,
    /// Tangent of the angle between its lower boundary and the probe's face [1], 0 when they are parallel.
    pub bottom_slope: f32,
}

/// Tissue pressed evenly by the face: where it was before tells which scatterers it carries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strain {
    /// Depth of the skin now [m].
    pub top_m: f32,
    /// Depth below which nothing has moved [m].
    pub bottom_m: f32,
    /// How far the skin was moved into the tissue [m]; 0: nothing has moved.
    pub lift_m: f32,
}

impl Strain {
    /// Nothing has moved.
    pub const NONE: Self = Self { top_m: 0.0, bottom_m: 1.0, lift_m: 0.0 };

    /// Depth, below where the face is now, at which the tissue now at `depth_m` was before [m].
    #[must_use]
    pub fn before_m(&self, depth_m: f64) -> f64 {
        let (top, bottom, lift) = (f64::from(self.top_m), f64::from(self.bottom_m), f64::from(self.lift_m));
        let part = ((depth_m - top) / (bottom - top).max(1e-6)).clamp(0.0, 1.0);
        depth_m - lift * (1.0 - part)
    }
}

/// Tissue along one column of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    spans: [Span; SPAN_COUNT_MAX],
    count: u8,
    /// Fraction of the sound's amplitude that enters and comes back out through gel or contact [1]: 0 over an air gap.
    pub coupling: f32,
    /// Gel between the face and the skin [m]: the first interval begins here.
    pub gel_m: f32,
    /// Tangent of the tilt of the first interval's upper boundary [1].
    pub top_slope: f32,
    /// How the tissue is pressed: its scatterers move with it.
    pub strain: Strain,
}

impl Column {
    /// A column of one tissue down to `bottom_m` [m], in full contact.
    #[must_use]
    pub const fn filled(tissue: Tissue, bottom_m: f32) -> Self {
        Self {
            spans: [Span { tissue, bottom_m, bottom_slope: 0.0 }; SPAN_COUNT_MAX],
            count: 1,
            coupling: 1.0,
            gel_m: 0.0,
            top_slope: 0.0,
            strain: Strain::NONE,
        }
    }

    /// The same column with other intervals; at most [`SPAN_COUNT_MAX`] of them, at least one.
    pub(crate) fn with_spans(&self, spans: &[Span]) -> Self {
        let mut out = self.clone();
        let count = spans.len().min(SPAN_COUNT_MAX);
        out.spans[..count].copy_from_slice(&spans[..count]);
        out.count = count.max(1) as u8;
        out
    }

    /// The intervals from the skin down.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans[..self.count as usize]
    }

    /// Paint `tissue` between the depths `top_m` and `bottom_m` [m] over what was there, with the slopes of
    /// its two boundaries [1]. Nothing is painted below the column's end or when the interval is empty.
    ///
    /// Requires room for two more intervals; without it nothing changes and `false` comes back.
    pub fn paint(&mut self, tissue: Tissue, top_m: f32, bottom_m: f32, top_slope: f32, bottom_slope: f32) -> bool {
        let end_m = self.spans()[self.count as usize - 1].bottom_m;
        let (top_m, bottom_m) = (top_m.max(self.gel_m), bottom_m.min(end_m));
        if top_m.is_nan() || bottom_m.is_nan() || top_m >= bottom_m {
            return true;
        }
        if self.count as usize + 2 > SPAN_COUNT_MAX {
            return false;
        }
        let old = self.spans;
        let old_count = self.count as usize;
        let mut count = 0;
        let mut start_m = self.gel_m;
        let mut put = |span: Span| {
            self.spans[count] = span;
            count += 1;
        };
        let mut painted = false;
        for span in &old[..old_count] {
            if start_m < top_m && span.bottom_m > start_m {
                // The part above the painted interval.
                let cut = span.bottom_m >= top_m;
                put(Span {
                    tissue: span.tissue,
                    bottom_m: if cut { top_m } else { span.bottom_m },
                    bottom_slope: if cut { top_slope } else { span.bottom_slope },
                });
            }
            if !painted && span.bottom_m >= top_m {
                put(Span { tissue, bottom_m, bottom_slope });
                painted = true;
            }
            if span.bottom_m > bottom_m {
                put(*span);
            }
            start_m = span.bottom_m;
        }
        self.count = count as u8;
        true
    }
}

/// The part of a needle that the picture may show, in the probe's frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleTrack {
    /// Where the needle enters the tissue or the picture [m]: x along the elements, y across the plane, z depth (true).
    pub start_m: [f64; 3],
    /// The tip [m], same axes.
    pub tip_m: [f64; 3],
    /// Outer diameter [m].
    pub outer_diameter_m: f64,
    /// Steering of the beam by which the needle is seen [rad]; 0 straight down, positive towards the first element, so
    /// that a needle that goes deeper towards the last element at this angle meets the beam at right angles.
    pub steer_rad: f64,
}

/// Where the picture's plane lies in the tissue: makes speckle move with the tissue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Texture {
    /// Centre of the probe's face in tissue-fixed coordinates [m] (the patient frame).
    pub origin_m: [f64; 3],
    /// Unit vector along the elements, same axes.
    pub lateral: [f64; 3],
    /// Unit vector into the tissue, same axes.
    pub axial: [f64; 3],
    /// Changes with every frame in which blood has moved: its speckle is then new.
    pub blood_epoch: u32,
}

/// Everything that one picture is formed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Columns from the first element's side to the last's, at the picture's pitch.
    pub columns: Vec<Column>,
    /// Needle in or near the plane.
    pub needle: Option<NeedleTrack>,
    /// Where the plane lies in the tissue.
    pub texture: Texture,
}

impl Section {
    /// A block of one tissue in full contact, no needle, at the tissue's origin.
    #[must_use]
    pub fn uniform(tissue: Tissue, bottom_m: f32) -> Self {
        Self::uniform_wide(tissue, bottom_m, COLUMN_COUNT)
    }

    /// The same with another number of columns.
    #[must_use]
    pub fn uniform_wide(tissue: Tissue, bottom_m: f32, column_count: usize) -> Self {
        Self {
            columns: vec![Column::filled(tissue, bottom_m); column_count],
            needle: None,
            texture: Texture { origin_m: [0.0; 3], lateral: [1.0, 0.0, 0.0], axial: [0.0, 1.0, 0.0], blood_epoch: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tissue_at(column: &Column, depth_m: f32) -> Tissue {
        column.spans().iter().find(|s| depth_m < s.bottom_m).map_or(Tissue::Air, |s| s.tissue)
    }

    proptest! {
        /// Find at every depth the tissue painted there last, with boundaries in order.
        #[test]
        fn the_last_paint_shows(strokes in prop::collection::vec((0.0_f32..30e-3, 0.0_f32..8e-3, 0_usize..3), 0..10), probe in 0.0_f32..24e-3) {
            let tissues = [Tissue::Fat, Tissue::VeinLumen, Tissue::Bone];
            let mut column = Column::filled(Tissue::Muscle, 24e-3);
            let mut expected = Tissue::Muscle;
            for (top, thickness, tissue) in strokes {
                prop_assert!(column.paint(tissues[tissue], top, top + thickness, 0.0, 0.0));
                if probe >= top && probe < top + thickness {
                    expected = tissues[tissue];
                }
            }
            prop_assert_eq!(tissue_at(&column, probe), expected);
            prop_assert!(column.spans().windows(2).all(|w| w[0].bottom_m < w[1].bottom_m));
        }
    }
}
