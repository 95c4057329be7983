//! Ursino's closed circulation with the carotid baroreflex: the reference for the reflexes.

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::PhysiologyError;
use crate::circulation::sine_square_activation;
use crate::error::check;

/// Compliances [mL/mmHg].
const C_SA: f64 = 0.28;
const C_P: f64 = 2.05 + 1.67;
const C_SV: f64 = 61.11;
const C_EV: f64 = 50.0;
const C_PA: f64 = 0.76;
const C_PP: f64 = 5.80;
const C_PV: f64 = 25.37;
const C_LA: f64 = 19.23;
const C_RA: f64 = 31.25;
/// Resistances [mmHg s/mL].
const R_SA: f64 = 0.06;
const R_SV: f64 = 0.038;
const R_EV: f64 = 0.016;
const R_PA: f64 = 0.023;
const R_PP: f64 = 0.0894;
const R_PV: f64 = 0.0056;
const R_INLET: f64 = 2.5e-3;
/// Inertances [mmHg s²/mL].
const L_SA: f64 = 2.2e-4;
const L_PA: f64 = 1.8e-4;
/// Unstressed volumes that no reflex moves [mL]: both peripheral beds, lung, atria.
const UNSTRESSED_ML: f64 = 274.4 + 336.6 + 123.0 + 120.0 + 25.0 + 25.0;
/// Ventricles: P0 [mmHg], kE [1/mL], unstressed volume [mL], kR [s/mL].
const LEFT: [f64; 4] = [1.5, 0.014, 16.77, 3.75e-4];
const RIGHT: [f64; 4] = [1.5, 0.011, 40.8, 1.4e-3];
/// Total blood [mL].
const BLOOD_ML: f64 = 5300.0;

/// Effector: value without nerves, gain, delay [samples of the ring], time constant [s].
struct Effector {
    rest: f64,
    gain: f64,
    delay: u32,
    tau_s: f64,
}

/// Spacing of the remembered firing rates [s].
const RING_S: f64 = 0.005;
/// Slots of the ring: the longest delay is 5 s.
const RING: usize = 1024;

const fn effector(rest: f64, gain: f64, delay_s: f64, tau_s: f64) -> Effector {
    Effector { rest, gain, delay: (delay_s / RING_S + 0.5) as u32, tau_s }
}

/// Emax left and right, R splanchnic and extrasplanchnic, Vu splanchnic and extrasplanchnic, period sympathetic, vagal.
const EFFECTORS: [Effector; 8] = [
    effector(2.392, 0.475, 2.0, 8.0),
    effector(1.412, 0.282, 2.0, 8.0),
    effector(2.49, 0.695, 2.0, 6.0),
    effector(0.78, 0.53, 2.0, 6.0),
    effector(1435.4, -265.4, 5.0, 20.0),
    effector(1537.0, -132.5, 5.0, 20.0),
    effector(0.58, -0.13, 2.0, 2.0),
    effector(0.0, 0.09, 0.2, 1.5),
];

/// The circulation of Ursino 1998 with its arterial baroreflex. It has no free parameter.
///
/// # Source
/// Ursino 1998, Am J Physiol 275:H1733 (parameters; the closed loop returns the basal values of that paper).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReflexLoop;

/// State of the loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReflexLoopState {
    /// Pressures [mmHg]: systemic arteries, peripheral beds, splanchnic veins, other veins, pulmonary arteries,
    /// pulmonary peripheral, pulmonary veins, left atrium, right atrium.
    pub pressure_mmhg: [f64; 9],
    /// Inertial flows [mL/s]: systemic and pulmonary arteries.
    pub flow_ml_s: [f64; 2],
    /// Volumes [mL]: left and right ventricle.
    pub ventricle_ml: [f64; 2],
    /// Deviations Δ of the effectors from their rest, in the order of the table.
    pub deviation: [f64; 8],
    /// Phase of the beat [1].
    pub phase: f64,
    /// Output of the baroreceptors' linear part [mmHg].
    pub sensed_mmhg: f64,
    /// Sympathetic firing rates remembered [1/s].
    sympathetic: Vec<f64>,
    /// Vagal firing rates remembered [1/s].
    vagal: Vec<f64>,
    /// Slot written last.
    slot: u32,
    /// Time since that slot was written [s].
    slot_age_s: f64,
}

/// What a step is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReflexLoopInput {
    /// Bleeding from the splanchnic veins [mL/s].
    pub bleeding_ml_s: f64,
    /// Hold the effectors where these deviations put them instead of letting them act.
    pub frozen: Option<[f64; 8]>,
}

/// Means over whole beats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReflexBeat {
    /// Arterial pressures [mmHg]: systolic, diastolic, mean.
    pub arterial_mmhg: [f64; 3],
    /// Mean pressures [mmHg]: right atrium, pulmonary artery, left atrium.
    pub atrial_and_lung_mmhg: [f64; 3],
    /// Heart rate [1/min].
    pub rate_per_min: f64,
    /// Output [L/min].
    pub output_l_min: f64,
    /// Left ventricle [mL]: largest, smallest.
    pub ventricle_ml: [f64; 2],
    /// Effectors in the order of the table, the two of the period joined in the seventh.
    pub effector: [f64; 8],
}

impl ReflexLoop {
    /// A start near the basal state; the splanchnic veins hold what is left of 5300 mL.
    #[must_use]
    pub fn state(&self) -> ReflexLoopState {
        let mut state = ReflexLoopState {
            pressure_mmhg: [92.0, 90.0, 0.0, 5.5, 18.0, 14.0, 9.0, 8.0, 5.0],
            flow_ml_s: [0.0, 0.0],
            ventricle_ml: [125.0, 125.0],
            deviation: [0.556, 0.338, 0.817, 0.627, -314.4, -162.0, -0.143, 0.4],
            phase: 0.0,
            sensed_mmhg: 92.0,
            sympathetic: Vec::new(),
            vagal: Vec::new(),
            slot: 0,
            slot_age_s: 0.0,
        };
        let [sympathetic, vagal] = firing(state.sensed_mmhg);
        state.sympathetic = vec![sympathetic; RING];
        state.vagal = vec![vagal; RING];
        state.pressure_mmhg[2] = (BLOOD_ML - self.blood_ml(&state)) / C_SV;
        state
    }

    /// All blood [mL].
    #[must_use]
    pub fn blood_ml(&self, state: &ReflexLoopState) -> f64 {
        let c = [C_SA, C_P, C_SV, C_EV, C_PA, C_PP, C_PV, C_LA, C_RA];
        let stressed: f64 = c.iter().zip(&state.pressure_mmhg).map(|(c, p)| c * p).sum();
        stressed + state.ventricle_ml.iter().sum::<f64>() + UNSTRESSED_ML + value(state, 4) + value(state, 5)
    }

    /// Advance by `dt_s` ≤ 5 ms (explicit Euler); returns the flow into the aorta [mL/s].
    pub fn step(&self, state: &mut ReflexLoopState, input: &ReflexLoopInput, dt_s: f64) -> f64 {
        let used = input.frozen.unwrap_or(state.deviation);
        let effector: [f64; 8] = std::array::from_fn(|i| EFFECTORS[i].rest + used[i]);
        let period = effector[6] + effector[7];
        let [sa, p, sv, ev, pa, pp, pv, la, ra] = state.pressure_mmhg;
        let [f_sa, f_pa] = state.flow_ml_s;
        let e = sine_square_activation(state.phase, (0.5 - 0.075 / period) / period);
        let (p_lv, out_l) = ventricle(state.ventricle_ml[0], e, effector[0], &LEFT, sa);
        let (p_rv, out_r) = ventricle(state.ventricle_ml[1], e, effector[1], &RIGHT, pa);
        let in_l = (la - p_lv).max(0.0) / R_INLET;
        let in_r = (ra - p_rv).max(0.0) / R_INLET;
        let (to_sv, to_ev) = ((p - sv) / effector[2], (p - ev) / effector[3]);
        let (from_sv, from_ev) = ((sv - ra) / R_SV, (ev - ra) / R_EV);
        let (through, home) = ((pp - pv) / R_PP, (pv - la) / R_PV);
        let slope = self.reflex(state, input, sa, (out_l - f_sa) / C_SA, dt_s);
        let flows = [
            (out_l - f_sa) / C_SA,
            (f_sa - to_sv - to_ev) / C_P,
            (to_sv - from_sv - slope[4] - input.bleeding_ml_s) / C_SV,
            (to_ev - from_ev - slope[5]) / C_EV,
            (out_r - f_pa) / C_PA,
            (f_pa - through) / C_PP,
            (through - home) / C_PV,
            (home - in_l) / C_LA,
            (from_sv + from_ev - in_r) / C_RA,
        ];
        for (p, slope) in state.pressure_mmhg.iter_mut().zip(flows) {
            *p += dt_s * slope;
        }
        state.flow_ml_s[0] += dt_s * (sa - p - R_SA * f_sa) / L_SA;
        state.flow_ml_s[1] += dt_s * (pa - pp - R_PA * f_pa) / L_PA;
        state.ventricle_ml[0] += dt_s * (in_l - out_l);
        state.ventricle_ml[1] += dt_s * (in_r - out_r);
        for (deviation, slope) in state.deviation.iter_mut().zip(slope) {
            *deviation += dt_s * slope;
        }
        state.phase += dt_s / period;
        out_l
    }

    /// Move the receptors and the ring; slopes of the effectors.
    fn reflex(&self, state: &mut ReflexLoopState, input: &ReflexLoopInput, sa: f64, slope_sa: f64, dt: f64) -> [f64; 8] {
        state.sensed_mmhg += dt * (sa + 6.37 * slope_sa - state.sensed_mmhg) / 2.076;
        state.slot_age_s += dt;
        if state.slot_age_s >= RING_S - 1e-9 {
            state.slot_age_s -= RING_S;
            state.slot = (state.slot + 1) % RING as u32;
            let [sympathetic, vagal] = firing(state.sensed_mmhg);
            state.sympathetic[state.slot as usize] = sympathetic;
            state.vagal[state.slot as usize] = vagal;
        }
        if let Some(frozen) = input.frozen {
            // Taken over at once, so that veins that are frozen elsewhere give or take no blood later.
            return std::array::from_fn(|i| (frozen[i] - state.deviation[i]) / dt);
        }
        let past = |ring: &[f64], delay: u32| ring[((state.slot + RING as u32 - delay) % RING as u32) as usize];
        std::array::from_fn(|i| {
            let EffectorView { gain, delay, tau_s } = EFFECTORS[i].view();
            let target = if i == 7 {
                gain * past(&state.vagal, delay)
            } else {
                let firing = past(&state.sympathetic, delay);
                if firing >= 2.66 { gain * ops::ln(firing - 2.66 + 1.0) } else { 0.0 }
            };
            (target - state.deviation[i]) / tau_s
        })
    }

    /// Run from rest: `bleed_ml` over 10 s from 200 s, then read whole beats from 380 to 400 s.
    ///
    /// With `freeze` the effectors stay at their means over the beats from 180 s on.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] for a step outside 10 µs to 5 ms or a loss outside 0 to 2000 mL.
    pub fn bleed(&self, bleed_ml: f64, freeze: bool, step_s: f64) -> Result<(ReflexBeat, f64), PhysiologyError> {
        check("step_s", step_s, 1e-5, 5e-3, "s")?;
        check("bleed_ml", bleed_ml, 0.0, 2_000.0, "mL")?;
        let mut state = self.state();
        let count = |time: f64| (time / step_s).round() as u64;
        let (mut input, mut beats) = (ReflexLoopInput { bleeding_ml_s: 0.0, frozen: None }, Beats::default());
        for step in 0..count(400.0) {
            let bleeding = step >= count(200.0) && step < count(210.0);
            input.bleeding_ml_s = if bleeding { bleed_ml / 10.0 } else { 0.0 };
            if step == count(200.0) {
                let mean = beats.read();
                if freeze {
                    input.frozen = Some(mean.1);
                }
                beats = Beats::default();
            }
            let outflow = self.step(&mut state, &input, step_s);
            let new_beat = state.phase >= 1.0;
            if new_beat {
                state.phase -= 1.0;
            }
            if step >= count(380.0) || (step >= count(180.0) && step < count(200.0)) {
                beats.see(&state, outflow, step_s, new_beat);
            }
        }
        Ok((beats.read().0, self.blood_ml(&state) + bleed_ml - BLOOD_ML))
    }
}

struct EffectorView {
    gain: f64,
    delay: u32,
    tau_s: f64,
}

impl Effector {
    const fn view(&self) -> EffectorView {
        EffectorView { gain: self.gain, delay: self.delay, tau_s: self.tau_s }
    }
}

fn value(state: &ReflexLoopState, i: usize) -> f64 {
    EFFECTORS[i].rest + state.deviation[i]
}

/// Pressure [mmHg] of a ventricle and flow out of it [mL/s].
fn ventricle(volume: f64, e: f64, contractility: f64, [p0, ke, unstressed, kr]: &[f64; 4], outside: f64) -> (f64, f64) {
    let greatest = e * contractility * (volume - unstressed) + (1.0 - e) * p0 * (ops::exp(ke * volume) - 1.0);
    let resistance = kr * greatest;
    let out = if greatest > outside { (greatest - outside) / resistance } else { 0.0 };
    (greatest - resistance * out, out)
}

/// Sympathetic and vagal firing rates [1/s] at a sensed pressure [mmHg].
fn firing(sensed: f64) -> [f64; 2] {
    let x = ops::exp((sensed - 92.0) / 11.758);
    let carotid = (2.52 + 47.78 * x) / (1.0 + x);
    let sympathetic = 2.10 + (16.11 - 2.10) * ops::exp(-0.0675 * carotid);
    let v = ops::exp((carotid - 25.0) / 7.06);
    [sympathetic, (3.2 + 6.3 * v) / (1.0 + v)]
}

/// Collects whole beats.
#[derive(Default)]
struct Beats {
    /// Sums over the whole beats seen, extremes per beat among them.
    whole: Sums,
    /// The beat that runs; none before the first onset.
    now: Option<Sums>,
    count: f64,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    time: f64,
    mean: [f64; 4],
    outflow: f64,
    extremes: [f64; 4],
    deviation: [f64; 8],
}

impl Beats {
    fn see(&mut self, state: &ReflexLoopState, outflow: f64, dt: f64, new_beat: bool) {
        if new_beat {
            if let Some(beat) = self.now.take() {
                self.count += 1.0;
                let whole = &mut self.whole;
                whole.time += beat.time;
                whole.outflow += beat.outflow;
                whole.mean.iter_mut().zip(beat.mean).for_each(|(to, x)| *to += x);
                whole.extremes.iter_mut().zip(beat.extremes).for_each(|(to, x)| *to += x);
                whole.deviation.iter_mut().zip(beat.deviation).for_each(|(to, x)| *to += x);
            }
            self.now = Some(Sums { extremes: [f64::MIN, f64::MAX, f64::MIN, f64::MAX], ..Sums::default() });
        }
        let Some(beat) = &mut self.now else { return };
        let p = &state.pressure_mmhg;
        beat.time += dt;
        beat.outflow += dt * outflow;
        beat.mean.iter_mut().zip([p[0], p[8], p[4], p[7]]).for_each(|(to, x)| *to += dt * x);
        beat.deviation.iter_mut().zip(state.deviation).for_each(|(to, x)| *to += dt * x);
        let [high, low, full, empty] = &mut beat.extremes;
        (*high, *low) = (high.max(p[0]), low.min(p[0]));
        (*full, *empty) = (full.max(state.ventricle_ml[0]), empty.min(state.ventricle_ml[0]));
    }

    fn read(&self) -> (ReflexBeat, [f64; 8]) {
        let (w, n) = (&self.whole, self.count.max(1.0));
        let time = w.time.max(1e-9);
        let deviation = w.deviation.map(|x| x / time);
        let mut effector: [f64; 8] = std::array::from_fn(|i| EFFECTORS[i].rest + deviation[i]);
        effector[6] += effector[7];
        let beat = ReflexBeat {
            arterial_mmhg: [w.extremes[0] / n, w.extremes[1] / n, w.mean[0] / time],
            atrial_and_lung_mmhg: [w.mean[1] / time, w.mean[2] / time, w.mean[3] / time],
            rate_per_min: 60.0 * n / time,
            output_l_min: 0.06 * w.outflow / time,
            ventricle_ml: [w.extremes[2] / n, w.extremes[3] / n],
            effector,
        };
        (beat, deviation)
    }
}
