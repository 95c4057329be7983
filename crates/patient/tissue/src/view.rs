//! The path as the needle finds it: holes, rolled vessels and pinned back walls taken into account.

use crate::track::{Hole, Membrane};
use crate::{LayerMechanics, Medium, NeedleModel, NeedlePath, NeedleState, Span, SpanKind, VesselWallMechanics};

/// How the needle meets a membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Grip {
    /// It does not yield by itself; it breaks at this force [N] on the tip (infinite: never).
    Rigid(f64),
    /// It tents like a spring [N/m] and breaks at a force [N].
    Springy(f64, f64),
}

/// Friction of the whole shaft [N], and its viscous part per speed [N s/m].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Drag {
    pub static_in: f64,
    pub static_out: f64,
    pub coulomb_in: f64,
    pub coulomb_out: f64,
    pub viscous_in: f64,
    pub viscous_out: f64,
}

impl Drag {
    fn add(&mut self, layer: &LayerMechanics, length: f64) {
        self.static_in += layer.static_in_n_per_m * length;
        self.static_out += layer.static_out_n_per_m * length;
        self.coulomb_in += layer.coulomb_in_n_per_m * length;
        self.coulomb_out += layer.coulomb_out_n_per_m * length;
        self.viscous_in += layer.viscous_in_n_s_per_m2 * length;
        self.viscous_out += layer.viscous_out_n_s_per_m2 * length;
    }
}

/// Path and state together, for looking up.
pub(crate) struct View<'a> {
    pub model: &'a NeedleModel,
    pub path: &'a NeedlePath,
    pub state: &'a NeedleState,
}

fn is_vessel(kind: SpanKind) -> bool {
    matches!(kind, SpanKind::Vein | SpanKind::Artery)
}

impl View<'_> {
    pub(crate) fn hole(&self, membrane: Membrane) -> Option<&Hole> {
        self.state.holes.iter().find(|hole| hole.membrane == membrane)
    }

    pub(crate) fn is_rolled(&self, span: &Span) -> bool {
        span.kind == SpanKind::Vein && self.state.rolled.iter().flatten().any(|rolled| rolled.structure == span.structure)
    }

    pub(crate) fn span(&self, kind: SpanKind, structure: u16) -> Option<&Span> {
        self.path.spans().iter().find(|span| span.kind == kind && span.structure == structure && !self.is_rolled(span))
    }

    /// Where the back wall lies on the needle: nearer than on the path when a transfixion has pinned it.
    pub(crate) fn exit_m(&self, span: &Span) -> f64 {
        match self.hole(Membrane::Back(span.kind, span.structure)) {
            Some(hole) => span.enter_m + hole.chord_fraction * (span.exit_m - span.enter_m),
            None => span.exit_m,
        }
    }

    /// Whether the needle has opened a vessel's front wall.
    pub(crate) fn is_open(&self, span: &Span) -> bool {
        is_vessel(span.kind) && !self.is_rolled(span) && self.hole(Membrane::Front(span.kind, span.structure)).is_some()
    }

    /// Opened vessel with the position in its lumen.
    pub(crate) fn lumen_at(&self, position: f64) -> Option<&Span> {
        self.path.spans().iter().find(|span| span.enter_m <= position && position < self.exit_m(span) && self.is_open(span))
    }

    /// What is at a position on the track.
    pub(crate) fn medium_at(&self, position: f64) -> Medium {
        if let Some(span) = self.lumen_at(position) {
            return if span.kind == SpanKind::Artery { Medium::ArteryLumen } else { Medium::VeinLumen };
        }
        let layer = self.path.layer_at(position);
        let nerve = |span: &&Span| span.kind == SpanKind::Nerve && span.enter_m <= position && position < span.exit_m;
        if layer != Medium::Air && self.path.spans().iter().any(|span| nerve(&span)) { Medium::Nerve } else { layer }
    }

    fn mechanics(&self, medium: Medium) -> Option<&LayerMechanics> {
        let tissue = &self.model.tissue;
        match medium {
            Medium::Skin => Some(&tissue.skin),
            Medium::Fat => Some(&tissue.fat),
            Medium::Muscle => Some(&tissue.muscle),
            Medium::Nerve => Some(&tissue.nerve),
            Medium::Air | Medium::VeinLumen | Medium::ArteryLumen | Medium::Bone => None,
        }
    }

    /// Cutting force at the reference speed in the medium at a position [N].
    pub(crate) fn cutting_n(&self, position: f64) -> f64 {
        self.mechanics(self.medium_at(position)).map_or(0.0, |layer| layer.cutting_n)
    }

    pub(crate) fn wall(&self, kind: SpanKind) -> &VesselWallMechanics {
        if kind == SpanKind::Artery { &self.model.tissue.artery } else { &self.model.tissue.vein }
    }

    /// Friction of the shaft with the tip at a position, for a lubricated needle. Lumens do not rub.
    pub(crate) fn drag(&self, tip: f64) -> Drag {
        let mut drag = Drag::default();
        let layers = self.path.layers();
        for (i, (medium, start)) in layers.iter().enumerate() {
            if *start >= tip {
                break;
            }
            let end = layers.get(i + 1).map_or(tip, |next| next.1.min(tip));
            let mut length = end - start;
            for span in self.path.spans() {
                let nerve = span.kind == SpanKind::Nerve;
                if nerve || self.is_open(span) {
                    let part = (self.exit_m(span).min(end) - span.enter_m.max(*start)).max(0.0);
                    length -= part;
                    if nerve {
                        drag.add(&self.model.tissue.nerve, part);
                    }
                }
            }
            if let Some(layer) = self.mechanics(*medium) {
                drag.add(layer, length.max(0.0));
            }
        }
        drag
    }

    /// Growth of [`View::drag`] as the tip moves on from a position.
    pub(crate) fn drag_per_m(&self, position: f64) -> Drag {
        let mut drag = Drag::default();
        if let Some(layer) = self.mechanics(self.medium_at(position)) {
            drag.add(layer, 1.0);
        }
        drag
    }

    /// Where a membrane is now, if it is on the path.
    pub(crate) fn membrane_m(&self, membrane: Membrane) -> Option<f64> {
        match membrane {
            Membrane::Skin => Some(self.path.skin_m()),
            Membrane::Fascia => self.fascia_m(),
            Membrane::Front(kind, structure) => self.span(kind, structure).map(|span| span.enter_m),
            Membrane::Back(kind, structure) => self.span(kind, structure).map(|span| span.exit_m),
        }
    }

    fn fascia_m(&self) -> Option<f64> {
        if self.model.tissue.fascia_puncture_n <= 0.0 {
            return None;
        }
        self.path.layers().iter().find(|(medium, _)| *medium == Medium::Muscle).map(|(_, start)| *start)
    }

    /// Nearest whole membrane at or beyond a position.
    pub(crate) fn whole_membrane_from(&self, position: f64) -> Option<(Membrane, f64)> {
        let mut nearest: Option<(Membrane, f64)> = None;
        let mut offer = |membrane: Membrane, at: f64| {
            if at >= position && nearest.is_none_or(|(_, best)| at < best) && self.hole(membrane).is_none() {
                nearest = Some((membrane, at));
            }
        };
        offer(Membrane::Skin, self.path.skin_m());
        if let Some(at) = self.fascia_m() {
            offer(Membrane::Fascia, at);
        }
        for span in self.path.spans() {
            if self.is_rolled(span) {
                continue;
            }
            offer(Membrane::Front(span.kind, span.structure), span.enter_m);
            if self.is_open(span) {
                offer(Membrane::Back(span.kind, span.structure), span.exit_m);
            }
        }
        nearest
    }

    /// Nearest place beyond a position at which the medium may change, or the channel that is already cut ends.
    pub(crate) fn change_beyond(&self, position: f64) -> f64 {
        let mut nearest = f64::INFINITY;
        let mut offer = |at: f64| {
            if at > position && at < nearest {
                nearest = at;
            }
        };
        offer(self.state.cut_m);
        for (_, start) in self.path.layers() {
            offer(*start);
        }
        for span in self.path.spans() {
            if span.kind == SpanKind::Nerve || self.is_open(span) {
                offer(span.enter_m);
                offer(self.exit_m(span));
            }
        }
        nearest
    }

    /// How a membrane resists now; forces include dryness and speed. Nothing for a nerve, which does not resist.
    pub(crate) fn grip(&self, membrane: Membrane) -> Option<Grip> {
        let tissue = &self.model.tissue;
        let factor = tissue.dry_factor * self.state.speed_factor;
        match membrane {
            Membrane::Skin => Some(Grip::Rigid(tissue.skin_puncture_n * factor)),
            Membrane::Fascia => Some(Grip::Springy(tissue.fascia_stiffness_n_per_m, tissue.fascia_puncture_n * factor)),
            Membrane::Front(SpanKind::Bone, _) | Membrane::Back(SpanKind::Bone, _) => Some(Grip::Rigid(f64::INFINITY)),
            Membrane::Front(SpanKind::Nerve, _) | Membrane::Back(SpanKind::Nerve, _) => None,
            Membrane::Front(kind, _) => {
                let wall = self.wall(kind);
                Some(Grip::Springy(wall.stiffness_n_per_m, wall.pop_n * wall.pop_factor * factor))
            }
            Membrane::Back(kind, _) => {
                let wall = self.wall(kind);
                Some(Grip::Springy(wall.stiffness_n_per_m, wall.pop_n * wall.pop_factor * wall.back_factor * factor))
            }
        }
    }
}
