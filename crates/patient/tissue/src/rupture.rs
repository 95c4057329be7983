//! What happens at membranes: touch, tent, pop, transfixion, rolling.

use crate::SpanKind;
use crate::advance::Advance;
use crate::io::NeedleEventKind;
use crate::rolling::roll_force_n;
use crate::track::{Hole, Membrane, Rolled};
use crate::view::Grip;

/// Holes that are remembered on one track.
const HOLE_COUNT_MAX: usize = 32;

/// What ends the tenting of a wall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TentEnd {
    /// The wall gives way.
    Pop,
    /// It touches the wall behind.
    Touch,
    /// The vein slips away.
    Roll,
}

impl Advance<'_> {
    /// The tip touches a membrane at `at`.
    pub(crate) fn touch(&mut self, membrane: Membrane, at: f64) {
        if self.view().grip(membrane).is_none() {
            if let Membrane::Front(_, structure) = membrane {
                self.push_hole(Hole { membrane, chord_fraction: 1.0 });
                self.note(NeedleEventKind::NervePuncture, structure);
            }
            return;
        }
        self.state.contact = Some(membrane);
        self.state.contact_m = at;
        self.state.walls_touch = false;
        match membrane {
            Membrane::Skin => self.note(NeedleEventKind::SkinContact, 0),
            Membrane::Fascia => {}
            Membrane::Front(SpanKind::Bone, structure) => self.note(NeedleEventKind::BoneContact, structure),
            Membrane::Front(_, structure) => self.note(NeedleEventKind::WallContact, structure),
            Membrane::Back(_, structure) => self.note(NeedleEventKind::BackWallContact, structure),
        }
    }

    /// How far the membrane at the tip can tent, and what happens then; nothing for a rigid one.
    pub(crate) fn tent_limit(&self) -> Option<(f64, TentEnd)> {
        let membrane = self.state.contact?;
        let view = self.view();
        let Some(Grip::Springy(k, force)) = view.grip(membrane) else { return None };
        let mut end = (force / k, TentEnd::Pop);
        if let Membrane::Front(kind, structure) = membrane
            && let Some(span) = view.span(kind, structure)
        {
            let clearance = view.wall(kind).clearance_per_chord * (span.exit_m - span.enter_m);
            if !self.state.walls_touch && clearance <= end.0 {
                end = (clearance, TentEnd::Touch);
            }
            if kind == SpanKind::Vein {
                let roll = roll_force_n(&self.model.tissue.rolling, self.traction, span.offset_m, span.half_width_m) / k;
                if roll < end.0 {
                    end = (roll, TentEnd::Roll);
                }
            }
        }
        Some(end)
    }

    /// Whether the tent has come to its end; if so, let it happen.
    pub(crate) fn end_tent(&mut self) -> bool {
        let Some((limit, end)) = self.tent_limit() else { return false };
        if self.tent() < limit * (1.0 - 1e-9) {
            return false;
        }
        match end {
            TentEnd::Pop => self.open(),
            TentEnd::Touch => {
                self.state.walls_touch = true;
                if let Some(Membrane::Front(_, structure)) = self.state.contact {
                    self.note(NeedleEventKind::WallsTouch, structure);
                }
            }
            TentEnd::Roll => self.roll_away(),
        }
        true
    }

    /// The membrane at the tip gives way.
    pub(crate) fn open(&mut self) {
        let Some(membrane) = self.state.contact else { return };
        let tent = self.tent();
        let kind = match membrane {
            Membrane::Skin => NeedleEventKind::SkinPuncture,
            Membrane::Fascia => NeedleEventKind::FasciaPuncture,
            Membrane::Front(SpanKind::Artery, _) => NeedleEventKind::ArteryPuncture,
            Membrane::Front(..) => NeedleEventKind::VeinPuncture,
            Membrane::Back(..) => NeedleEventKind::BackWallPuncture,
        };
        let structure = if let Membrane::Front(_, structure) | Membrane::Back(_, structure) = membrane { structure } else { 0 };
        let transfixed = self.state.walls_touch;
        self.note(if transfixed { NeedleEventKind::Transfixion } else { kind }, structure);
        self.push_hole(Hole { membrane, chord_fraction: 1.0 });
        if transfixed
            && let Membrane::Front(kind, structure) = membrane
            && let Some(span) = self.view().span(kind, structure)
        {
            let chord = span.exit_m - span.enter_m;
            let fraction = if chord > 0.0 { (tent / chord).min(1.0) } else { 1.0 };
            self.push_hole(Hole { membrane: Membrane::Back(kind, structure), chord_fraction: fraction });
        }
        self.let_go();
    }

    /// The vein slips off the tip to the side.
    fn roll_away(&mut self) {
        let Some(Membrane::Front(_, structure)) = self.state.contact else { return };
        self.note(NeedleEventKind::RollAway, structure);
        let span = self.view().span(SpanKind::Vein, structure).copied();
        if let Some(span) = span {
            let clear = span.half_width_m - span.offset_m.abs() + 0.5 * self.model.needle.outer_diameter_m;
            let shift_m = if span.offset_m > 0.0 { -clear } else { clear };
            let rolled = Rolled { structure, shift_m, enter_m: span.enter_m };
            let free = self.state.rolled.iter().position(Option::is_none).unwrap_or(0);
            self.state.rolled[free] = Some(rolled);
        }
        self.let_go();
    }

    /// The spring of the membrane at the tip is gone; the force that it leaves decays.
    fn let_go(&mut self) {
        let spring = self.spring();
        let tent = self.tent();
        self.state.energy.rupture_j += 0.5 * spring * tent * tent;
        self.state.contact = None;
        self.state.walls_touch = false;
        self.state.excess_n = 0.0;
        if self.model.tissue.relaxation_s > 0.0 {
            self.state.cut_m = self.state.cut_m.max(self.tip());
            let left = self.model.law.force(self.u()) - self.resistance().forward;
            self.state.excess_n = left.max(0.0);
        }
    }

    fn push_hole(&mut self, hole: Hole) {
        self.state.holes.retain(|old| old.membrane != hole.membrane);
        if self.state.holes.len() >= HOLE_COUNT_MAX {
            self.state.holes.remove(0);
        }
        self.state.holes.push(hole);
    }
}
