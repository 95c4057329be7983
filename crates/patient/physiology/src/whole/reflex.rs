//! Baroreflex, cardiopulmonary reflex and the regulation of brain, heart and kidney by themselves: every 50 ms.

use crate::whole::control::{SetPoints, effect, exertion};
use crate::whole::pack::Pack;
use crate::whole::parameters::Parameters;
use crate::whole::state::{Acts, LaneState, RING};

/// Delays in ticks of 50 ms: 2 s, 5 s and 0.2 s (Ursino 1998).
const DELAY_NERVE: u64 = 40;
const DELAY_VEIN: u64 = 100;
const DELAY_VAGUS: u64 = 4;
/// Time constants [s], in the order of the effectors (Ursino 1998).
const TAU: [f64; 7] = [6.0, 6.0, 8.0, 20.0, 20.0, 2.0, 1.5];

/// Sympathetic signal ln(f_es − 1.66) (0 below the threshold) and vagal firing [1/s] at a sensed pressure.
#[inline(always)]
pub(crate) fn firing<const N: usize>(sensed: Pack<N>, set_point: Pack<N>) -> [Pack<N>; 2] {
    let of = Pack::of;
    let x = ((sensed - set_point) * (1.0 / 11.758)).clamp(-60.0, 60.0).exp();
    let carotid = (of(2.52) + x * 47.78) / (x + 1.0);
    let sympathetic = (carotid * -0.0675).exp() * (16.11 - 2.10) + 2.10;
    let signal = (sympathetic - 1.66).max(of(1.0)).ln();
    let v = ((carotid - 25.0) * (1.0 / 7.06)).exp();
    [signal, (of(3.2) + v * 6.3) / (v + 1.0)]
}

/// Move the reflexes by a tick of `dt` with the mean arterial and right atrial pressure of that tick.
#[inline(always)]
pub(crate) fn tick<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    s: &mut LaneState<N>,
    [arterial, atrium]: [Pack<N>; 2],
    dt: f64,
) {
    let fx = &acts.effects;
    let slow = &mut s.slow;
    // P̃ + 2.076 dP̃/dt = P + 6.37 dP/dt, as a lag on the pressure and the pressure itself.
    let ratio = 6.37 / 2.076;
    slow.sensed_mmhg += (arterial - slow.sensed_mmhg) * (dt / 2.076);
    let carotid = arterial + acts.tilt * (p.head_height * (0.8 * 0.7797));
    let lag = slow.sensed_mmhg + carotid - arterial;
    let sensed = lag + (arterial - slow.sensed_mmhg) * ratio;
    slow.arterial_mmhg = arterial;
    // Work moves the set-point up: mean pressure rises by a sixth at the most (Christie 1987).
    let work = exertion(acts) * 1.5;
    let signals = firing(sensed, set.arterial_mmhg + fx[effect::BAROREFLEX_SET_POINT] + work);
    let slot = (s.tick % RING as u64) as usize;
    s.sympathetic[slot] = signals[0];
    s.vagal[slot] = signals[1];
    let past = |ring: &[Pack<N>], delay: u64| ring[((s.tick + RING as u64 - delay) % RING as u64) as usize];
    let gain = fx[effect::BAROREFLEX_GAIN] * set.reflexes;
    let nerve = (past(&s.sympathetic, DELAY_NERVE) - set.signal) * gain;
    let vein = (past(&s.sympathetic, DELAY_VEIN) - set.signal) * gain;
    let vagus = (past(&s.vagal, DELAY_VAGUS) - set.vagus) * gain;
    let beta = fx[effect::BETA];
    let targets = [nerve, nerve, nerve, vein, vein, -(p.fes_gain_t * beta * nerve), p.fev_gain_t * fx[effect::VAGAL] * vagus];
    for ((x, target), tau) in slow.effector.iter_mut().zip(targets).zip(TAU) {
        *x += (target - *x) * (dt / tau);
    }
    // Cardiopulmonary receptors, saturating at ±5 mmHg (Heldt 2002: 5 atan(x/5)); x/(1 + |x|/5) has its slope and range.
    let x = atrium - set.atrium_mmhg;
    let squashed = x / ((x.abs() * 0.2) + 1.0) * set.reflexes * fx[effect::BAROREFLEX_GAIN];
    slow.cardiopulmonary_mmhg += (squashed - slow.cardiopulmonary_mmhg) * (dt / 10.0);
    autoregulate(p, set, acts, s, dt);
}

/// Brain, heart and kidney hold their flow: resistance follows the pressure that drives them.
#[inline(always)]
fn autoregulate<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, s: &mut LaneState<N>, dt: f64) {
    let of = Pack::of;
    let fx = &acts.effects;
    let slow = &mut s.slow;
    let mean = slow.sensed_mmhg;
    let on = |x: Pack<N>| (x - 1.0) * set.reflexes + 1.0;
    let rest = set.arterial_mmhg - 8.0;
    let head = mean - 8.0 + acts.tilt * (p.head_height * 0.7797);
    // Constant flow from about 60 to 150 mmHg; 3 % per mmHg of carbon dioxide; hypoxia opens.
    let carbon_dioxide = ((slow.arterial[1] - set.gas_mmhg[0]) * 0.03).clamp(-0.5, 1.5);
    let hypoxia = ((of(55.0) - slow.arterial[0]) * 0.02).clamp(0.0, 0.8);
    let brain = (head / rest).clamp(0.62, 1.75) / ((carbon_dioxide + 1.0) * (hypoxia + 1.0)) * slow.met.max(of(0.6));
    let brain = brain.max(of(0.35));
    // The heart takes what it needs: flow with the work, to four times the rest.
    let need = (fx[effect::METABOLIC_RATE] * acts.work * 0.5 + 0.5).clamp(0.5, 3.0) * (hypoxia * 1.5 + 1.0);
    let heart = (mean / set.arterial_mmhg).clamp(0.5, 1.5) / need;
    let kidney = (mean / set.arterial_mmhg).clamp(0.84, 1.7);
    for ((x, target), tau) in slow.autoregulation.iter_mut().zip([brain, heart, kidney]).zip([7.0, 10.0, 10.0]) {
        *x += (on(target) - *x) * (dt / tau);
    }
}
