//! What the tick shows to the outside.

use crate::bending::{Beam, BeamLoad};
use crate::io::NeedleEvents;
use crate::model::{FACING_M, tip_m};
use crate::rolling::{lateral_stiffness, wall_tangent};
use crate::track::Membrane;
use crate::view::{Grip, View};
use crate::{LumenStatus, NeedleInput, NeedleModel, NeedleOutput, NeedleState, SpanKind};

/// A vessel at the tip and what is done to it.
#[derive(Clone, Copy, Debug, Default)]
struct Pressed {
    structure: Option<u16>,
    tent_m: f64,
    shift_m: f64,
    /// Side force of the vessel on the tip along the first lateral axis [N].
    side_n: f64,
    rolled: bool,
}

impl NeedleModel {
    pub(crate) fn report(&self, state: &NeedleState, input: &NeedleInput, events: NeedleEvents) -> NeedleOutput {
        let view = View { model: self, path: input.path, state };
        let tip = tip_m(state);
        let pressed = self.pressed(&view, input.traction);
        let indentation = state.x_m - state.q_m;
        let inserted = (tip - input.path.skin_m()).clamp(0.0, self.needle.length_m);
        let bend = |axis: usize, tip_n: f64| {
            let limit = self.tissue.bed_limit_m;
            let shift = input.lateral_m[axis];
            let bed_shift_m = if shift.is_finite() { shift.clamp(-limit, limit) } else { 0.0 };
            let beam = Beam {
                stiffness_n_m2: self.needle.bending_stiffness_n_m2(),
                length_m: self.needle.length_m,
                inserted_m: inserted,
                bed_n_per_m2: self.tissue.bed_stiffness_n_per_m2,
            };
            if inserted > 0.0 { beam.bend(BeamLoad { bed_shift_m, tip_n }) } else { beam.bend(BeamLoad { bed_shift_m: 0.0, tip_n: 0.0 }) }
        };
        let (across, along) = (bend(0, pressed.side_n), bend(1, 0.0));
        NeedleOutput {
            force_axial_n: self.law.force(indentation),
            force_lateral_n: [across.force_n, along.force_n],
            tip_m: tip,
            deflection_m: [across.tip_m, along.tip_m],
            indentation_m: indentation,
            tent_m: pressed.tent_m,
            deformed_structure: pressed.structure,
            shift_m: pressed.shift_m,
            rolled: pressed.rolled,
            medium: view.medium_at(if state.contact.is_some() { tip - FACING_M } else { tip }),
            lumen: self.lumen(&view, tip),
            input_held: false,
            events,
        }
    }

    fn pressed(&self, view: &View, traction: bool) -> Pressed {
        let state = view.state;
        let tent_m = (state.q_m - tip_m(state)).max(0.0);
        let Some(membrane) = state.contact else {
            let last = state.rolled.iter().flatten().last();
            return last.map_or_else(Pressed::default, |rolled| Pressed {
                structure: Some(rolled.structure),
                shift_m: rolled.shift_m,
                rolled: true,
                ..Pressed::default()
            });
        };
        let (Membrane::Front(kind, structure) | Membrane::Back(kind, structure)) = membrane else {
            return Pressed { tent_m, ..Pressed::default() };
        };
        let mut pressed = Pressed { structure: Some(structure), tent_m, ..Pressed::default() };
        if let (Membrane::Front(SpanKind::Vein, _), Some(Grip::Springy(k, _)), Some(span)) =
            (membrane, view.grip(membrane), view.span(kind, structure))
        {
            let rolling = &self.tissue.rolling;
            let tangent = wall_tangent(span.offset_m, span.half_width_m);
            if tangent > rolling.friction {
                let side = k * tent_m * tangent * span.offset_m.signum();
                pressed.side_n = side;
                pressed.shift_m = -side / lateral_stiffness(rolling, traction);
            }
        }
        pressed
    }

    /// The opened lumen that holds most of the bevel.
    fn lumen(&self, view: &View, tip: f64) -> Option<LumenStatus> {
        let bevel = self.needle.bevel_m;
        let mut best: Option<LumenStatus> = None;
        for span in view.path.spans() {
            if !view.is_open(span) {
                continue;
            }
            let exit = view.exit_m(span);
            let fraction = ((tip.min(exit) - (tip - bevel).max(span.enter_m)) / bevel).clamp(0.0, 1.0);
            if fraction > best.map_or(0.0, |status| status.bevel_fraction) {
                best = Some(LumenStatus {
                    structure: span.structure,
                    artery: span.kind == SpanKind::Artery,
                    bevel_fraction: fraction,
                    past_front_m: tip - span.enter_m,
                    to_back_m: exit - tip,
                    against_back_wall: view.state.contact == Some(Membrane::Back(span.kind, span.structure)),
                });
            }
        }
        best
    }
}
