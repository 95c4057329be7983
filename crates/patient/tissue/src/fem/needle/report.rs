//! What one needle feels at the end of a tick.

use super::advance::axial_n;
use super::linear::LinearSpace;
use super::model::NeedlingModel;
use super::row::{TIP, shaft_compliance_m_per_n};
use super::state::{NeedlingState, ShaftOutput};
use super::tip::along;
use crate::SpanKind;
use crate::fem::mat3::dot3;
use crate::io::NeedleEvents;

impl NeedlingModel {
    pub(crate) fn report(&self, state: &NeedlingState, index: usize, space: &LinearSpace, events: NeedleEvents) -> ShaftOutput {
        let shaft = &state.shafts[index];
        let mut out = ShaftOutput {
            force_axial_n: 0.0,
            force_lateral_n: [0.0; 2],
            tip_force_n: 0.0,
            deflection_m: [0.0; 2],
            depth_m: shaft.tip_arc_m,
            moved_m: 0.0,
            tent_m: 0.0,
            region: None,
            pressed: None,
            tube_moved_m: [0.0; 3],
            rolled: !shaft.rolled.is_empty(),
            lumen: None,
            hold_count: shaft.channel.iter().filter(|v| v.on).count() as u32,
            input_held: false,
            lost: false,
            unsettled: false,
            events,
        };
        let (Some(pose), false) = (shaft.pose, shaft.channel.is_empty()) else {
            out.depth_m = f64::NEG_INFINITY;
            return out;
        };
        out.force_axial_n = axial_n(&state.rows, index, pose.axis);
        let length = self.spec.needles[index].length_m;
        for row in state.rows.iter().filter(|r| usize::from(r.name.0) == index) {
            if row.name.1 == TIP {
                out.tip_force_n += row.force_n * dot3(row.direction, pose.axis);
            }
            let bends = shaft_compliance_m_per_n(self.bending_n_m2[index], [length, row.from_hub_m]);
            for k in 0..2 {
                let on_needle = -row.force_n * dot3(row.direction, pose.across(k));
                out.force_lateral_n[k] += on_needle;
                out.deflection_m[k] += on_needle * bends;
            }
        }
        out.region = if shaft.surface.is_some() && shaft.tip_arc_m >= shaft.bottom_m {
            shaft.before_bottom()
        } else {
            shaft.region(shaft.tip_arc_m)
        };
        if shaft.tip_arc_m >= 0.0
            && let Some(spot) = shaft.spot(shaft.tip_arc_m)
        {
            out.moved_m = dot3(pose.axis, space.displacement(spot, &state.rows));
        }
        if let Some(surface) = shaft.surface
            && shaft.tip_arc_m >= shaft.bottom_m
        {
            let number = surface.exit_of.or_else(|| self.tube(surface.into).map(|(number, _)| number));
            out.pressed = number;
            if surface.chord_m > 0.0
                && let Some(spot) = shaft.spot(shaft.bottom_m)
            {
                let at = state.points_m[spot.a as usize];
                let far = space.displacement_at(&self.body, along(at, pose.axis, surface.chord_m), &state.rows);
                out.tent_m = dot3(pose.axis, along(space.displacement(spot, &state.rows), far, -1.0)).max(0.0);
            }
        }
        out.lumen = self.lumen(state, index);
        // The tube that is pressed, or that the tip is in, or the last one that rolled off.
        let inside = out.region.and_then(|r| self.tube(r)).map(|(number, _)| number);
        let near = out.pressed.or(inside).or_else(|| shaft.rolled.last().copied());
        if let Some(number) = near
            && self.spec.tubes.get(usize::from(number)).is_some_and(|t| t.kind != SpanKind::Bone)
        {
            out.tube_moved_m = self.axis_moved_m(state, index, number, space);
        }
        out
    }

    /// The last vessel on the channel before the tip.
    fn lumen(&self, state: &NeedlingState, index: usize) -> Option<(u16, f64, f64)> {
        let shaft = &state.shafts[index];
        let axis = shaft.pose?.axis;
        let vessel = |region: u16| self.tube(region).filter(|(_, t)| matches!(t.kind, SpanKind::Vein | SpanKind::Artery));
        let passed =
            shaft.channel.iter().rposition(|v| v.arc_m < shaft.tip_arc_m && v.arc_m < shaft.bottom_m && vessel(v.region).is_some())?;
        let (number, _) = vessel(shaft.channel[passed].region)?;
        let region = shaft.channel[passed].region;
        let first = shaft.channel[..=passed].iter().rposition(|v| v.region != region).map_or(0, |at| at + 1);
        let enter = shaft.channel[first];
        let known = shaft.channel[passed + 1..].iter().find(|v| v.region != region).map(|v| v.arc_m);
        let exit_m = known.unwrap_or_else(|| enter.arc_m + self.chord_m(number, state.points_m[enter.point as usize], axis));
        Some((number, shaft.tip_arc_m - enter.arc_m, exit_m - shaft.tip_arc_m))
    }
}
