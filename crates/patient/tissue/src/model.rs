//! The needle in tissue, one tick at a time.

use proband_core::ops;

use crate::advance::Advance;
use crate::io::{NeedleEvent, NeedleEventKind, NeedleEvents};
use crate::law::Law;
use crate::track::{Membrane, ROLLED_COUNT_MAX};
use crate::view::{Grip, View};
use crate::{NeedleEnergy, NeedleInput, NeedleOutput, NeedlePath, NeedleSpec, NeedleState, NeedleTissueSpec, TissueError};

/// How far from the origin of the path a tip is followed [m]; commands beyond it are held at the end.
pub const TIP_RANGE_M: f64 = 0.25;
/// Speed above which friction and puncture forces grow no further [m/s].
const SPEED_MAX_M_S: f64 = 0.5;
/// A tip that presses on a membrane is in the medium this far before it [m].
pub(crate) const FACING_M: f64 = 1e-9;
/// Speed below which the needle counts as paused [m/s].
const SPEED_MIN_M_S: f64 = 1e-4;

/// A needle and the tissue of one site. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedleModel {
    pub(crate) needle: NeedleSpec,
    pub(crate) tissue: NeedleTissueSpec,
    pub(crate) law: Law,
}

impl NeedleModel {
    /// Check both specifications and put them together.
    ///
    /// # Errors
    /// [`TissueError`] that names the offending field.
    pub fn new(needle: NeedleSpec, tissue: NeedleTissueSpec) -> Result<Self, TissueError> {
        needle.check()?;
        tissue.check()?;
        let law = Law::new(&tissue);
        Ok(Self { needle, tissue, law })
    }

    /// The needle.
    #[must_use]
    pub fn needle(&self) -> &NeedleSpec {
        &self.needle
    }

    /// The tissue.
    #[must_use]
    pub fn tissue(&self) -> &NeedleTissueSpec {
        &self.tissue
    }

    /// A needle with its tip in the air at `tip_m` [m] on the axis; 0 when that is not finite.
    #[must_use]
    pub fn state(&self, tip_m: f64) -> NeedleState {
        let x = if tip_m.is_finite() { tip_m.clamp(-TIP_RANGE_M, TIP_RANGE_M) } else { 0.0 };
        NeedleState {
            x_m: x,
            q_m: x,
            cut_m: x,
            slide: 0,
            excess_n: 0.0,
            speed_factor: 1.0,
            contact: None,
            contact_m: 0.0,
            ahead: None,
            walls_touch: false,
            energy: NeedleEnergy::ZERO,
            track: 0,
            holes: Vec::new(),
            rolled: [None; ROLLED_COUNT_MAX],
            inside: None,
            under_skin: false,
        }
    }

    /// Energy that tissue and membranes hold now [J].
    #[must_use]
    pub fn stored_j(&self, state: &NeedleState, path: &NeedlePath) -> f64 {
        let view = View { model: self, path, state };
        let spring = match state.contact.and_then(|membrane| view.grip(membrane)) {
            Some(Grip::Springy(k, _)) => k,
            _ => 0.0,
        };
        let tent = tent_m(state);
        self.law.energy(state.x_m - state.q_m) + 0.5 * spring * tent * tent
    }

    /// Move the needle by one tick of `dt_s` [s] in (0, 1]; another step holds the needle where it is.
    pub fn step(&self, state: &mut NeedleState, input: &NeedleInput, dt_s: f64) -> NeedleOutput {
        let held = !(input.tip_m.is_finite() && dt_s > 0.0 && dt_s <= 1.0);
        let target = if held { state.x_m } else { input.tip_m.clamp(-TIP_RANGE_M, TIP_RANGE_M) };
        let dt = if held { 0.0 } else { dt_s };
        let mut events = NeedleEvents::none();

        let speed = if held { 0.0 } else { ((target - state.x_m).abs() / dt).min(SPEED_MAX_M_S) };
        self.update_speed_factor(state, speed);
        self.decay_excess(state, dt);
        let mut advance = Advance { model: self, path: input.path, state, events: &mut events, traction: input.traction, speed_m_s: speed };
        advance.follow_path();
        let start = advance.state.q_m;
        advance.run(target);

        if state.slide != 0 && (state.q_m - start).abs() < 0.5 * self.tissue.stick_band_m_s * dt {
            state.slide = 0;
        }
        self.look_round(state, input, &mut events);
        let mut output = self.report(state, input, events);
        output.input_held = held;
        output
    }

    /// Below 0.1 mm/s the factor of the last motion stays, so that a pause does not change the tissue.
    fn update_speed_factor(&self, state: &mut NeedleState, speed: f64) {
        if speed >= SPEED_MIN_M_S && self.tissue.speed_exponent != 0.0 {
            state.speed_factor = ops::powf(speed / self.tissue.speed_reference_m_s, self.tissue.speed_exponent);
        }
    }

    fn decay_excess(&self, state: &mut NeedleState, dt: f64) {
        if state.excess_n > 0.0 {
            state.excess_n *= ops::exp(-dt / self.tissue.relaxation_s);
            if state.excess_n < 1e-9 {
                state.excess_n = 0.0;
            }
        }
    }

    /// What the tip is near now: the membrane ahead, the lumen it is in, rolled veins that come back.
    fn look_round(&self, state: &mut NeedleState, input: &NeedleInput, events: &mut NeedleEvents) {
        let tip = tip_m(state);
        let left_skin = state.under_skin && tip < input.path.skin_m();
        if left_skin {
            state.under_skin = false;
            events.push(NeedleEvent { kind: NeedleEventKind::SkinExit, structure: 0, tip_m: tip, force_n: 0.0 });
        } else if tip > input.path.skin_m() {
            state.under_skin = true;
        }
        for place in &mut state.rolled {
            if place.as_ref().is_some_and(|rolled| tip < rolled.enter_m) {
                *place = None;
            }
        }
        let view = View { model: self, path: input.path, state };
        let ahead = if state.contact.is_none() { view.whole_membrane_from(state.q_m).map(|(membrane, _)| membrane) } else { None };
        let facing = if state.contact.is_some() { tip - FACING_M } else { tip };
        let inside = view.lumen_at(facing).map(|span| Membrane::Front(span.kind, span.structure));
        let left = match (state.inside, inside) {
            (Some(Membrane::Front(kind, structure)), now) if now != state.inside => {
                let through = view.span(kind, structure).is_some_and(|span| tip >= view.exit_m(span));
                if through { None } else { Some(structure) }
            }
            _ => None,
        };
        state.ahead = ahead;
        state.inside = inside;
        if let Some(structure) = left {
            let force_n = self.law.force(state.x_m - state.q_m);
            events.push(NeedleEvent { kind: NeedleEventKind::LumenExit, structure, tip_m: tip, force_n });
        }
    }
}

/// Tent of the membrane at the tip [m].
fn tent_m(state: &NeedleState) -> f64 {
    if state.contact.is_some() { (state.q_m - state.contact_m).max(0.0) } else { 0.0 }
}

/// Tip relative to the tissue [m].
pub(crate) fn tip_m(state: &NeedleState) -> f64 {
    state.q_m - tent_m(state)
}
