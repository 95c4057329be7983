//! What lies along the needle's axis, as the caller sees it now.

use serde::{Deserialize, Serialize};

/// Layers that a path can hold.
pub const LAYER_COUNT_MAX: usize = 8;
/// Vessels, nerves and bones that a path can hold.
pub const SPAN_COUNT_MAX: usize = 8;

/// What the tip can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Medium {
    /// Outside the patient.
    Air,
    /// Epidermis and dermis.
    Skin,
    /// Subcutaneous fat.
    Fat,
    /// Muscle.
    Muscle,
    /// Lumen of a vein.
    VeinLumen,
    /// Lumen of an artery.
    ArteryLumen,
    /// Nerve.
    Nerve,
    /// Bone: never entered.
    Bone,
}

/// What a span of the axis belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanKind {
    /// Lumen of a vein.
    Vein,
    /// Lumen of an artery.
    Artery,
    /// Nerve.
    Nerve,
    /// Bone.
    Bone,
}

/// A structure that the axis passes through.
///
/// Positions are those of the tissue without what this crate reports (tent, indentation, shift) but with
/// everything else (filling pressure, probe, motion).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// The caller's number of the structure; unique within a kind.
    pub structure: u16,
    /// Where the axis enters it [m] (vessels: the lumen).
    pub enter_m: f64,
    /// Where the axis leaves it [m].
    pub exit_m: f64,
    /// Signed distance of the axis from the structure's centre line, along the first lateral axis [m].
    pub offset_m: f64,
    /// Half width of the structure in the offset's direction [m].
    pub half_width_m: f64,
}

/// Layers and structures along the needle's axis. Coordinates [m] grow into the patient; any origin will do, the
/// same for [`crate::NeedleInput::tip_m`]. Fixed capacity, no allocation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NeedlePath {
    /// Number of the track: a new number says that the needle goes another way than before, so that membranes ahead
    /// of the tip are whole again. Membranes of an old number keep their holes.
    pub track: u32,
    layers: [(Medium, f64); LAYER_COUNT_MAX],
    layer_count: u8,
    spans: [Span; SPAN_COUNT_MAX],
    span_count: u8,
}

const NO_SPAN: Span = Span { kind: SpanKind::Vein, structure: 0, enter_m: 0.0, exit_m: 0.0, offset_m: 0.0, half_width_m: 0.0 };

impl NeedlePath {
    /// A path that enters the skin at `skin_m` [m]; everything before it is air.
    ///
    /// A position that is not finite is taken as 0.
    #[must_use]
    pub fn new(track: u32, skin_m: f64) -> Self {
        let skin_m = if skin_m.is_finite() { skin_m } else { 0.0 };
        Self { track, layers: [(Medium::Skin, skin_m); LAYER_COUNT_MAX], layer_count: 1, spans: [NO_SPAN; SPAN_COUNT_MAX], span_count: 0 }
    }

    /// Where the axis enters the skin [m].
    #[must_use]
    pub fn skin_m(&self) -> f64 {
        self.layers[0].1
    }

    /// Add the next layer (skin, fat or muscle), which begins at `start_m` [m].
    ///
    /// Returns false and changes nothing when there is no room, the medium is no layer, or `start_m` is not finite or
    /// before the layer above.
    pub fn push_layer(&mut self, medium: Medium, start_m: f64) -> bool {
        let count = usize::from(self.layer_count);
        let is_layer = matches!(medium, Medium::Skin | Medium::Fat | Medium::Muscle);
        if count >= LAYER_COUNT_MAX || !is_layer || !start_m.is_finite() || start_m < self.layers[count - 1].1 {
            return false;
        }
        self.layers[count] = (medium, start_m);
        self.layer_count += 1;
        true
    }

    /// Add a structure that the axis passes through.
    ///
    /// Returns false and changes nothing when there is no room, a number is not finite, or it ends before it begins.
    pub fn push_span(&mut self, span: Span) -> bool {
        let count = usize::from(self.span_count);
        let finite = span.enter_m.is_finite() && span.exit_m.is_finite() && span.offset_m.is_finite() && span.half_width_m.is_finite();
        if count >= SPAN_COUNT_MAX || !finite || span.exit_m < span.enter_m {
            return false;
        }
        self.spans[count] = span;
        self.span_count += 1;
        true
    }

    /// Layers from the skin inwards: medium and where it begins [m].
    #[must_use]
    pub fn layers(&self) -> &[(Medium, f64)] {
        &self.layers[..usize::from(self.layer_count)]
    }

    /// Structures in the order in which they were added.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans[..usize::from(self.span_count)]
    }

    /// Layer at a position [m], whatever structures lie there.
    #[must_use]
    pub fn layer_at(&self, position_m: f64) -> Medium {
        self.layers().iter().rev().find(|(_, start)| *start <= position_m).map_or(Medium::Air, |(medium, _)| *medium)
    }
}
