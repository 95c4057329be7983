//! The axial advance: the driver moves, tissue follows, shaft sticks or slides, tip cuts, membranes tent and give way.
//!
//! Two coordinates: x, the commanded tip, and q, the tip relative to the tissue were there no whole membrane in front
//! of it. The tissue's indentation u = x − q carries the whole axial force F(u). A membrane at m tents by t = q − m.
//! q moves inwards when F(u) − k t exceeds cutting and friction, outwards when it falls below the friction the other
//! way. Between such moments everything is elastic. Each stretch is solved in closed form, so that the driver's work is
//! accounted for to rounding.

use crate::io::{NeedleEvent, NeedleEventKind, NeedleEvents};
use crate::model::FACING_M;
use crate::track::{Hole, Membrane};
use crate::view::{Drag, Grip, View};
use crate::{NeedleModel, NeedlePath, NeedleState};

/// Stretches in one tick. Each ends at a boundary of the path or at the end of the tick, so that a real tick has 1–4.
const STRETCH_COUNT_MAX: u32 = 96;
/// Largest move of a membrane in one tick that still counts as sweeping onto the tip [m]; beyond it the geometry was
/// replaced rather than moved.
const SWEEP_M: f64 = 2e-3;

pub(crate) struct Advance<'a> {
    pub model: &'a NeedleModel,
    pub path: &'a NeedlePath,
    pub state: &'a mut NeedleState,
    pub events: &'a mut NeedleEvents,
    pub traction: bool,
    /// Commanded speed of this tick [m/s], ≥ 0.
    pub speed_m_s: f64,
}

/// What holds the shaft and the tip now [N].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resistance {
    /// To be exceeded for moving in, without the hold of a rigid membrane.
    pub(crate) forward: f64,
    /// Parts of `forward` that are cutting and friction; the rest is left from the last rupture.
    cutting: f64,
    friction_in: f64,
    /// Growth of `friction_in` with the inserted length [N/m].
    growth: f64,
    /// To be exceeded for moving out; all friction.
    backward: f64,
    /// Spring of the membrane at the tip [N/m], 0 without one.
    spring: f64,
    /// Hold of a rigid membrane.
    hold: f64,
}

impl Resistance {
    /// Force [N] on the tissue at which the needle moves in, were the tip at `q`.
    fn yields_at(&self, q: f64, state: &NeedleState) -> f64 {
        self.forward + self.growth * (q - state.q_m) + self.spring * (q - state.contact_m)
    }
}

impl Advance<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        View { model: self.model, path: self.path, state: self.state }
    }

    /// Indentation of the tissue [m].
    pub(crate) fn u(&self) -> f64 {
        self.state.x_m - self.state.q_m
    }

    /// Tent of the membrane at the tip [m].
    pub(crate) fn tent(&self) -> f64 {
        if self.state.contact.is_some() { (self.state.q_m - self.state.contact_m).max(0.0) } else { 0.0 }
    }

    /// Tip relative to the tissue [m].
    pub(crate) fn tip(&self) -> f64 {
        if self.state.contact.is_some() { self.state.contact_m.min(self.state.q_m) } else { self.state.q_m }
    }

    pub(crate) fn spring(&self) -> f64 {
        match self.state.contact.and_then(|membrane| self.view().grip(membrane)) {
            Some(Grip::Springy(k, _)) => k,
            _ => 0.0,
        }
    }

    fn stored(&self, spring: f64) -> f64 {
        let tent = self.tent();
        self.model.law.energy(self.u()) + 0.5 * spring * tent * tent
    }

    pub(crate) fn note(&mut self, kind: NeedleEventKind, structure: u16) {
        let event = NeedleEvent { kind, structure, tip_m: self.tip(), force_n: self.model.law.force(self.u()) };
        self.events.push(event);
    }

    /// Take over a path that has changed since the last tick; what the tissue does to the tip by itself is booked as
    /// work of the geometry.
    pub(crate) fn follow_path(&mut self) {
        if self.path.track != self.state.track {
            self.change_track();
        }
        if let Some(membrane) = self.state.contact {
            match self.view().membrane_m(membrane) {
                Some(at) => self.move_contact(membrane, at),
                None => self.lose_contact(),
            }
        } else if let Some(membrane) = self.state.ahead
            && let Some(at) = self.view().membrane_m(membrane)
            && at < self.state.q_m
            && self.state.q_m - at < SWEEP_M
            && self.view().hole(membrane).is_none()
        {
            self.touch(membrane, self.state.q_m);
            if self.state.contact.is_some() {
                self.move_contact(membrane, at);
            }
        }
    }

    fn change_track(&mut self) {
        self.lose_contact();
        let tip = self.state.q_m;
        let kept: Vec<Hole> = {
            let view = self.view();
            let behind = |hole: &&Hole| view.membrane_m(hole.membrane).is_some_and(|at| at < tip);
            view.state.holes.iter().filter(behind).copied().collect()
        };
        self.state.holes = kept;
        self.state.ahead = None;
        self.state.cut_m = tip;
        self.state.track = self.path.track;
    }

    /// The membrane at the tip is now at `at`.
    fn move_contact(&mut self, membrane: Membrane, at: f64) {
        let spring = self.spring();
        let before = self.stored(spring);
        let shift = at - self.state.contact_m;
        self.state.contact_m = at;
        if matches!(self.view().grip(membrane), Some(Grip::Rigid(_))) {
            self.state.q_m += shift;
        } else if self.state.q_m < at {
            self.state.contact = None;
            self.state.walls_touch = false;
        }
        let spring = if self.state.contact.is_some() { spring } else { 0.0 };
        self.state.energy.geometry_j += self.stored(spring) - before;
    }

    /// The membrane at the tip is gone from the path.
    fn lose_contact(&mut self) {
        let before = self.stored(self.spring());
        self.state.contact = None;
        self.state.walls_touch = false;
        self.state.energy.geometry_j += self.stored(0.0) - before;
    }

    /// Move the driver from where it is to `x_m`.
    pub(crate) fn run(&mut self, x_m: f64) {
        for _ in 0..STRETCH_COUNT_MAX {
            if self.end_tent() {
                continue;
            }
            let held = self.resistance();
            let grip = self.model.law.force(self.u()) - held.spring * self.tent();
            let tolerance = 1e-12 * (1.0 + grip.abs());
            if grip > held.forward + held.hold + tolerance {
                self.snap_in(held, grip);
            } else if grip < -held.backward - tolerance {
                self.snap_out(held, grip);
            } else if x_m == self.state.x_m {
                return;
            } else if x_m > self.state.x_m {
                self.travel_in(x_m, held);
            } else {
                self.travel_out(x_m, held);
            }
            self.state.cut_m = self.state.cut_m.max(self.tip());
        }
        // More boundaries than any path has: let the tissue take the rest, the next tick goes on.
        let u = self.u();
        self.state.energy.work_j += self.model.law.work(u, u + x_m - self.state.x_m, f64::INFINITY);
        self.state.x_m = x_m;
    }

    pub(crate) fn resistance(&self) -> Resistance {
        let view = self.view();
        let tip = self.tip();
        let dry = self.model.tissue.dry_factor;
        let drag = view.drag(tip);
        let inward =
            |drag: &Drag| dry * if self.state.slide > 0 { drag.coulomb_in + drag.viscous_in * self.speed_m_s } else { drag.static_in };
        let friction_in = inward(&drag);
        let growth = if self.state.contact.is_some() { 0.0 } else { inward(&view.drag_per_m(tip)) };
        let backward = dry * if self.state.slide < 0 { drag.coulomb_out + drag.viscous_out * self.speed_m_s } else { drag.static_out };
        // A membrane is met from the medium before it.
        let front = if self.state.contact.is_some() { tip - FACING_M } else { tip };
        let cutting = if tip >= self.state.cut_m { view.cutting_n(front) * self.state.speed_factor } else { 0.0 };
        let (spring, hold) = match self.state.contact.and_then(|membrane| view.grip(membrane)) {
            Some(Grip::Springy(k, _)) => (k, 0.0),
            Some(Grip::Rigid(force)) => (0.0, force),
            None => (0.0, 0.0),
        };
        Resistance { forward: cutting + friction_in + self.state.excess_n, cutting, friction_in, growth, backward, spring, hold }
    }

    /// Nearest place at which moving in must stop: end of the tent, whole membrane, or change of the medium.
    fn stop_in(&self) -> (f64, Option<Membrane>) {
        if let Some((limit, _)) = self.tent_limit() {
            return (self.state.contact_m + limit, None);
        }
        let view = self.view();
        let change = view.change_beyond(self.state.q_m);
        match view.whole_membrane_from(self.state.q_m) {
            Some((membrane, at)) if at <= change => (at, Some(membrane)),
            _ => (change, None),
        }
    }

    /// Nearest place at which moving out must stop: rest position of a tented membrane, or the skin.
    fn stop_out(&self) -> f64 {
        if self.state.contact.is_some() {
            return self.state.contact_m;
        }
        let skin = self.path.skin_m();
        if self.state.q_m > skin { skin } else { f64::NEG_INFINITY }
    }

    /// Book `dq` ≥ 0 of moving in.
    fn book_in(&mut self, dq: f64, held: Resistance) {
        self.state.energy.cutting_j += held.cutting * dq;
        self.state.energy.friction_j += (held.friction_in + 0.5 * held.growth * dq) * dq;
        self.state.energy.rupture_j += (held.forward - held.cutting - held.friction_in).max(0.0) * dq;
    }

    fn arrive_in(&mut self, q: f64, stop: (f64, Option<Membrane>)) {
        self.state.q_m = q;
        if q >= stop.0
            && let Some(membrane) = stop.1
        {
            self.touch(membrane, stop.0);
        }
    }

    fn arrive_out(&mut self, q: f64, stop: f64) {
        self.state.q_m = q;
        if q <= stop && self.state.contact.is_some() {
            self.state.contact = None;
            self.state.walls_touch = false;
        }
    }

    /// The tissue springs back over the needle, which stands still.
    fn snap_in(&mut self, held: Resistance, grip: f64) {
        if held.hold > 0.0 {
            self.open();
            return;
        }
        if self.state.slide <= 0 {
            self.state.slide = 1;
            let sliding = self.resistance();
            if grip > sliding.forward {
                self.snap_in(sliding, grip);
            }
            return;
        }
        let before = self.stored(held.spring);
        let stop = self.stop_in();
        let x = self.state.x_m;
        let u = self.model.law.inverse(held.yields_at(x, self.state), held.spring + held.growth);
        let q = (x - u).min(stop.0).max(self.state.q_m);
        let dq = q - self.state.q_m;
        self.state.q_m = q;
        let lost = before - self.stored(held.spring);
        self.book_in(dq, held);
        self.state.energy.rupture_j += (lost - (held.forward + 0.5 * held.growth * dq) * dq).max(0.0);
        self.arrive_in(q, stop);
    }

    fn snap_out(&mut self, held: Resistance, grip: f64) {
        if self.state.slide >= 0 {
            self.state.slide = -1;
            let sliding = self.resistance();
            if grip < -sliding.backward {
                self.snap_out(sliding, grip);
            }
            return;
        }
        let before = self.stored(held.spring);
        let stop = self.stop_out();
        let u = self.model.law.inverse(-held.backward + held.spring * (self.state.x_m - self.state.contact_m), held.spring);
        let q = (self.state.x_m - u).max(stop).min(self.state.q_m);
        let dq = self.state.q_m - q;
        self.state.q_m = q;
        let lost = before - self.stored(held.spring);
        self.state.energy.friction_j += held.backward * dq;
        self.state.energy.rupture_j += (lost - held.backward * dq).max(0.0);
        self.arrive_out(q, stop);
    }

    /// The driver moves in: the tissue goes along until it yields, then the needle moves through it.
    fn travel_in(&mut self, x_end: f64, held: Resistance) {
        let stop = self.stop_in();
        if self.state.contact.is_none()
            && stop.0 <= self.state.q_m
            && let (at, Some(membrane)) = stop
        {
            self.touch(membrane, at);
            return;
        }
        let law = self.model.law;
        let u = self.u();
        let yields = held.forward + held.hold + held.spring * self.tent();
        let u_yield = if yields.is_finite() { law.inverse(yields, 0.0).max(u) } else { f64::INFINITY };
        if self.state.q_m + u_yield >= x_end {
            self.state.energy.work_j += law.work(u, x_end - self.state.q_m, f64::INFINITY);
            self.state.x_m = x_end;
            return;
        }
        self.state.energy.work_j += law.work(u, u_yield, f64::INFINITY);
        self.state.x_m = self.state.q_m + u_yield;
        if held.hold > 0.0 {
            self.open();
            return;
        }
        if self.state.slide <= 0 {
            self.state.slide = 1;
            return;
        }
        let u_end = law.inverse(held.yields_at(x_end, self.state), held.spring + held.growth);
        let (q, u_end, x) = if x_end - u_end <= stop.0 {
            (x_end - u_end, u_end, x_end)
        } else {
            let u_stop = law.inverse(held.yields_at(stop.0, self.state), 0.0);
            (stop.0, u_stop, stop.0 + u_stop)
        };
        self.flow_work(u_yield, u_end, x, held.spring + held.growth);
        let q = q.max(self.state.q_m);
        self.book_in(q - self.state.q_m, held);
        self.state.x_m = x;
        self.arrive_in(q, stop);
    }

    fn travel_out(&mut self, x_end: f64, held: Resistance) {
        let law = self.model.law;
        let u = self.u();
        let u_yield = law.inverse(-held.backward + held.spring * self.tent(), 0.0).min(u);
        if self.state.q_m + u_yield <= x_end {
            self.state.energy.work_j += law.work(u, x_end - self.state.q_m, f64::INFINITY);
            self.state.x_m = x_end;
            return;
        }
        self.state.energy.work_j += law.work(u, u_yield, f64::INFINITY);
        self.state.x_m = self.state.q_m + u_yield;
        if self.state.slide >= 0 {
            self.state.slide = -1;
            return;
        }
        let stop = self.stop_out();
        let m = self.state.contact_m;
        let u_end = law.inverse(-held.backward + held.spring * (x_end - m), held.spring);
        let (q, u_end, x) = if x_end - u_end >= stop {
            (x_end - u_end, u_end, x_end)
        } else {
            let u_stop = law.inverse(-held.backward + held.spring * (stop - m), 0.0);
            (stop, u_stop, stop + u_stop)
        };
        self.flow_work(u_yield, u_end, x, held.spring);
        let q = q.min(self.state.q_m);
        self.state.energy.friction_j += held.backward * (self.state.q_m - q);
        self.state.x_m = x;
        self.arrive_out(q, stop);
    }

    /// Work of the driver on its way to `x` while the tissue yields.
    fn flow_work(&mut self, u0: f64, u1: f64, x: f64, spring: f64) {
        let law = self.model.law;
        self.state.energy.work_j +=
            if spring > 0.0 { law.work(u0, u1, spring) } else { 0.5 * (law.force(u0) + law.force(u1)) * (x - self.state.x_m) };
    }
}
