//! One tick of everything, and the search for the state in which a patient rests.

use crate::PhysiologyError;
use crate::whole::control::{SetPoints, control};
use crate::whole::fast::step;
use crate::whole::fluids::{capillary_mmhg, second};
use crate::whole::gas::{carbon_dioxide_content, carry, exchange, oxygen_content, ph, read_arterial, saturation, stores};
use crate::whole::pack::Pack;
use crate::whole::parameters::{Parameters, Physique};
use crate::whole::reflex::{firing, tick as reflex_tick};
use crate::whole::state::{AO, AR, Acts, BR, CHEMICAL_RING, Circulation, GU, KI, LaneState, MU, PA, PV, RING, SA, SK, Slow, VC};
use crate::whole::{Laned, breath};

/// One tick [s].
pub const TICK_S: f64 = 0.05;
/// Steps of the circulation in a tick.
const STEPS: u32 = 25;
const STEP_S: f64 = TICK_S / STEPS as f64;

/// Advance `N` patients by one tick; `observe` sees every step of the circulation.
#[inline(always)]
pub(crate) fn tick<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    s: &mut LaneState<N>,
    mut observe: impl FnMut(&LaneState<N>),
) {
    let of = Pack::of;
    let pleural = |s: &Slow<N>| (s.pleural_cmh2o[0] + s.pleural_cmh2o[1]) * (0.5 * crate::whole::control::MMHG_PER_CMH2O);
    let before = pleural(&s.slow);
    for _ in 0..2 {
        let moved = breath::half(p, set, acts, &mut s.slow, 0.5 * TICK_S);
        carry(p, acts, &mut s.slow, &moved);
    }
    let mut c = control(p, set, acts, &s.slow);
    c.pleural_mmhg = before;
    c.pleural_slope = (pleural(&s.slow) - before) * (1.0 / TICK_S);
    s.circulation.tick_sum = [of(0.0); 3];
    for i in 0..STEPS {
        step(&c, &mut s.circulation, STEP_S, STEP_S * (f64::from(i) + 0.5));
        s.step += 1;
        observe(s);
    }
    let mean = s.circulation.tick_sum.map(|x| x * (1.0 / TICK_S));
    s.tick += 1;
    reflex_tick(p, set, acts, s, [mean[0], mean[1]], TICK_S);
    let output = s.circulation.mean[5].max(of(0.0));
    exchange(p, set, acts, &mut s.slow, output, TICK_S);
    if s.tick.is_multiple_of(20) {
        let now = s.circulation.account;
        let spent: [Pack<N>; 5] = std::array::from_fn(|i| now[i] - s.slow.settled[i]);
        s.slow.settled = now;
        second(p, set, acts, s, spent, s.circulation.mean[1]);
    }
}

/// [`tick`] that nobody watches, compiled once.
#[inline(never)]
pub(crate) fn quiet_tick<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, s: &mut LaneState<N>) {
    tick(p, set, acts, s, |_| {});
}

/// One patient: parameters and the set-points at which he rests. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct WholePatient {
    /// His numbers.
    pub parameters: Parameters<1>,
    /// Where his regulators hold him.
    pub set_points: SetPoints<1>,
    rest: LaneState<1>,
}

impl WholePatient {
    /// A healthy patient of this physique, at rest.
    ///
    /// # Errors
    /// [`PhysiologyError`] when the physique is out of range.
    pub fn new(physique: &Physique) -> Result<Self, PhysiologyError> {
        let parameters = physique.parameters()?;
        let blood = crate::body::blood_volume_nadler_ml(physique.sex, physique.height_m, physique.mass_kg);
        Self::with(parameters, blood, &Acts::rest())
    }

    /// A patient with these numbers and this much blood [mL] who rests under `acts` (a lesion he has lived with).
    ///
    /// The circulation runs without reflexes to its periodic state; what is found there becomes the set-point of every
    /// regulator. So nothing drifts at rest, and a lesion in `acts` is one that the body is used to.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] when no such state exists (a number diverges or leaves its bounds).
    pub fn with(parameters: Parameters<1>, blood_ml: f64, acts: &Acts<1>) -> Result<Self, PhysiologyError> {
        let mut set = set_points(blood_ml);
        let mut s = start(&parameters, blood_ml);
        set.muscle_cmh2o = amplitude(&parameters, &set, acts, &s);
        let p = &parameters;
        // The carbon dioxide of the slow store would take hours: it follows the fast one here.
        for round in 0..12 {
            for _ in 0..600 {
                quiet_tick(p, &set, acts, &mut s);
            }
            if round < 9 {
                s.slow.carbon_dioxide[2] = s.slow.carbon_dioxide[1];
            }
        }
        let mean = |i: usize, s: &LaneState<1>| s.circulation.mean[i];
        // Means over two minutes: of the pressure first, then of the signals about it.
        let ticks = 2400;
        let mut set_point = Pack::of(0.0);
        for _ in 0..ticks {
            quiet_tick(p, &set, acts, &mut s);
            set_point += s.circulation.tick_sum[0] * (1.0 / (TICK_S * f64::from(ticks)));
        }
        let mut sums = [0.0; 5];
        for _ in 0..ticks {
            quiet_tick(p, &set, acts, &mut s);
            let atrium = s.circulation.tick_sum[1].0[0] / TICK_S;
            let here = s.circulation.tick_sum[0] * (1.0 / TICK_S);
            let sensed = s.slow.sensed_mmhg + (here - s.slow.sensed_mmhg) * (6.37 / 2.076);
            let [signal, vagus] = firing(sensed, set_point);
            let capillary = capillary_mmhg(p, &set, acts, &s, mean(1, &s)).0[0];
            let output = s.circulation.tick_sum[2].0[0] / TICK_S;
            for (sum, x) in sums.iter_mut().zip([atrium, signal.0[0], vagus.0[0], capillary, output]) {
                *sum += x / f64::from(ticks);
            }
        }
        let [atrium, signal, vagus, capillary, output] = sums.map(Pack::of);
        set.arterial_mmhg = set_point;
        set.kidney_mmhg = set_point;
        set.atrium_mmhg = atrium;
        set.signal = signal;
        set.vagus = vagus;
        set.capillary_mmhg = capillary;
        set.gas_mmhg = [s.slow.arterial[1], s.slow.arterial[0]];
        set.blood_ml = s.blood_ml();
        set.output_ml_s = output;
        set.drinking_ml_s = p.urine * (1.0 / 60.0);
        set.reflexes = Pack::of(1.0);
        settle_rings(&mut s, &set);
        let mut rest = Self { parameters, set_points: set, rest: s };
        // With the reflexes on, the means shift a little (they are not linear): what is found is the set-point.
        for _ in 0..4 {
            rest.centre(acts);
        }
        rest.check(&rest.rest)?;
        Ok(rest)
    }

    /// Two minutes with everything on; the means of the regulators' inputs become their set-points.
    fn centre(&mut self, acts: &Acts<1>) {
        let mut s = self.rest.clone();
        let ticks = 2400;
        let mut sums = [Pack::of(0.0); 6];
        for _ in 0..ticks {
            self.tick(&mut s, acts);
            let now = (s.tick % RING as u64) as usize;
            let last = (now + RING - 1) % RING;
            let atrium = s.circulation.tick_sum[1] * (1.0 / TICK_S);
            let capillary = capillary_mmhg(&self.parameters, &self.set_points, acts, &s, s.circulation.mean[1]);
            let seen = [s.sympathetic[last], s.vagal[last], atrium, capillary, s.slow.arterial[1], s.circulation.mean[1]];
            for (sum, x) in sums.iter_mut().zip(seen) {
                *sum += x * (1.0 / f64::from(ticks));
            }
        }
        let set = &mut self.set_points;
        let [signal, vagus, atrium, capillary, carbon_dioxide, arterial] = sums;
        (set.signal, set.vagus, set.atrium_mmhg, set.capillary_mmhg) = (signal, vagus, atrium, capillary);
        set.gas_mmhg[0] = carbon_dioxide;
        set.kidney_mmhg = arterial;
        set.blood_ml = s.blood_ml();
        self.rest = s;
    }

    /// Rest somewhere else.
    pub(crate) fn rest_at(&mut self, set_points: SetPoints<1>, rest: LaneState<1>) {
        (self.set_points, self.rest) = (set_points, rest);
    }

    /// The patient at rest.
    #[must_use]
    pub fn state(&self) -> LaneState<1> {
        self.rest.clone()
    }

    /// Advance by one tick of 50 ms.
    pub fn tick(&self, s: &mut LaneState<1>, acts: &Acts<1>) {
        quiet_tick(&self.parameters, &self.set_points, acts, s);
    }

    /// As [`WholePatient::tick`]; `observe` sees the state after each step of 2 ms.
    pub fn tick_observed(&self, s: &mut LaneState<1>, acts: &Acts<1>, observe: impl FnMut(&LaneState<1>)) {
        tick(&self.parameters, &self.set_points, acts, s, observe);
    }

    /// Whether a state is one of a living or dead body, not of a diverged sum.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] with the name of what left its bounds.
    pub fn check(&self, s: &LaneState<1>) -> Result<(), PhysiologyError> {
        use crate::error::check;
        let (c, slow) = (&s.circulation, &s.slow);
        check("arterial pressure", c.vessel_mmhg[SA].0[0], -20.0, 400.0, "mmHg")?;
        for v in c.vessel_ml.iter().chain([&c.lv_ml, &c.rv_ml, &c.la_ml, &c.ra_ml]) {
            check("volume", v.0[0], -50.0, 2e4, "mL")?;
        }
        check("pH", slow.arterial[2].0[0], 6.3, 8.3, "1")?;
        check("core temperature", slow.temperature_c[0].0[0], 15.0, 46.0, "°C")?;
        check("arterial oxygen", slow.arterial[0].0[0], 0.0, 1000.0, "mmHg")?;
        check("lung volume", slow.lung_ml[0].0[0] + slow.lung_ml[1].0[0], -1e4, 2e4, "mL")
    }

    /// Oxygen and carbon dioxide in the body [mL STPD].
    #[must_use]
    pub fn gas_stores_ml(&self, s: &LaneState<1>) -> [f64; 2] {
        stores(&self.parameters, &s.slow).map(|x| x.0[0])
    }
}

/// Fill the memory of the reflexes with the resting signals.
fn settle_rings(s: &mut LaneState<1>, set: &SetPoints<1>) {
    s.sympathetic.fill(set.signal);
    s.vagal.fill(set.vagus);
    s.carbon_dioxide.fill(set.gas_mmhg[0]);
    s.oxygen.fill(set.gas_mmhg[1]);
}

/// Peak pressure of the breathing muscles for the tidal volume that the parameters ask for: mechanics alone, linear.
fn amplitude(p: &Parameters<1>, set: &SetPoints<1>, acts: &Acts<1>, s: &LaneState<1>) -> Pack<1> {
    let mut quiet = acts.clone();
    quiet.ventilator = Pack::of(0.0);
    let mut slow = s.slow.clone();
    for _ in 0..1600 {
        breath::half(p, set, &quiet, &mut slow, 0.5 * TICK_S);
    }
    set.muscle_cmh2o * p.tidal / slow.breath_sum[2].max(Pack::of(1.0))
}

fn set_points(blood_ml: f64) -> SetPoints<1> {
    let of = Pack::of;
    SetPoints {
        arterial_mmhg: of(92.0),
        kidney_mmhg: of(92.0),
        atrium_mmhg: of(7.0),
        gas_mmhg: [of(40.0), of(95.0)],
        muscle_cmh2o: of(5.0),
        blood_ml: of(blood_ml),
        capillary_mmhg: of(17.0),
        drinking_ml_s: of(0.0),
        heat_w_k: of(HEAT_W / (33.7 - 28.0)),
        heat_w: of(HEAT_W),
        output_ml_s: of(90.0),
        signal: of(1.1),
        vagus: of(4.77),
        reflexes: of(0.0),
    }
}

/// Heat that flows from a core of 37.0 to a skin of 33.7 °C at rest [W] (constants of Gagge 1986, 1.8 m²).
const HEAT_W: f64 = (6.3 * 1.163 + 5.28) * 1.8 * 3.3;

/// A body near its rest.
fn start(p: &Parameters<1>, blood_ml: f64) -> LaneState<1> {
    let of = Pack::of;
    let zero = of(0.0);
    let mut vessel_ml = [zero; 11];
    // Arteries follow their curved law: 152 here is 91 mmHg.
    for (i, c, v0, pressure) in [
        (AO, p.ao_c, p.ao_v0, 152.0),
        (SA, p.sa_c, p.sa_v0, 151.0),
        (BR, p.brain_c, p.brain_v0, 6.0),
        (KI, p.kidney_c, p.kidney_v0, 6.0),
        (GU, p.gut_c, p.gut_v0, 7.0),
        (MU, p.muscle_c, p.muscle_v0, 7.0),
        (SK, p.skin_c, p.skin_v0, 7.0),
        (AR, p.arm_c, p.arm_v0, 8.0),
        (VC, p.cava_c, p.cava_v0, 8.0),
        (PA, p.pa_c, p.pa_v0, 19.0),
        (PV, p.pv_c, p.pv_v0, 12.0),
    ] {
        vessel_ml[i] = v0 + c * pressure;
    }
    let circulation = Circulation {
        lv_ml: of(120.0),
        rv_ml: of(125.0),
        la_ml: of(70.0),
        ra_ml: of(75.0),
        vessel_ml,
        septum_ml: zero,
        flow_ml_s: [zero; 5],
        phase_s: zero,
        beat: [of(0.84), of(5.4), of(3.6), of(0.11)],
        chamber_mmhg: [zero; 4],
        vessel_mmhg: [of(8.0); 11],
        sum: [zero; 11],
        extreme: [-1e9, 1e9, -1e9, 1e9, -1e9, 1e9, -1e9].map(Pack::of),
        mean: [0.84, 92.0, 4.0, 15.0, 8.0, 90.0, 0.0, 0.0, 4.0, 17.0, 11.0].map(Pack::of),
        latched: [zero; 7],
        beats: zero,
        account: [zero; 5],
        tick_sum: [zero; 3],
    };
    let mut state = LaneState {
        circulation,
        slow: slow_start(p, blood_ml),
        sympathetic: vec![of(1.1); RING],
        vagal: vec![of(4.77); RING],
        carbon_dioxide: vec![of(40.0); CHEMICAL_RING],
        oxygen: vec![of(95.0); CHEMICAL_RING],
        step: 0,
        tick: 0,
    };
    // What is missing or too much goes where most of it lies.
    let missing = of(blood_ml) - state.blood_ml();
    state.circulation.vessel_ml[GU] += missing * 0.6;
    state.circulation.vessel_ml[MU] += missing * 0.4;
    read_arterial(&mut state.slow);
    state
}

fn slow_start(p: &Parameters<1>, blood_ml: f64) -> Slow<1> {
    let of = Pack::of;
    let zero = of(0.0);
    let red = p.haematocrit * blood_ml;
    let haemoglobin = p.haematocrit * 33.5;
    let warm = of(37.0);
    let acid = ph(zero, of(40.0), of(7.4));
    let s = saturation(of(95.0), of(40.0), acid, warm);
    let a_o2 = oxygen_content(haemoglobin, s, of(95.0));
    let a_co2 = carbon_dioxide_content(of(40.0), acid, haemoglobin, s, warm);
    let per_flow = of(1.0 / (60.0 * 90.0));
    let (v_o2, v_co2) = (a_o2 - p.oxygen_use * per_flow, a_co2 + p.carbon_dioxide_made * per_flow);
    let lung = |mmhg: f64, share: f64| p.frc * (share * mmhg / crate::breathing::MMHG_PER_GAS_CONVERSION);
    let left = p.left_share.0[0];
    let used = |mmhg: f64| p.dead_space * (mmhg / crate::breathing::MMHG_PER_GAS_CONVERSION);
    Slow {
        sensed_mmhg: of(92.0),
        arterial_mmhg: of(92.0),
        effector: [zero; 7],
        cardiopulmonary_mmhg: zero,
        autoregulation: [of(1.0); 3],
        breath_s: zero,
        breath: [of(60.0) / p.breath_rate, of(5.0)],
        muscle_cmh2o: zero,
        lung_ml: [zero; 2],
        pleura_ml: [zero; 2],
        pleural_cmh2o: [-p.recoil; 2],
        airway: [zero; 3],
        alveolar_ml: [lung(101.0, left), lung(101.0, 1.0 - left), lung(40.0, left), lung(40.0, 1.0 - left)],
        dead: [zero, zero, zero, used(101.0), used(40.0)],
        oxygen: [a_o2, v_o2, v_o2],
        carbon_dioxide: [a_co2, v_co2, v_co2, v_co2],
        gas_account: [zero; 4],
        arterial: [of(95.0), of(40.0), acid, s],
        capillary_ph: [acid; 2],
        end_tidal_mmhg: of(38.0),
        breath_sum: [zero, zero, p.tidal, of(5.0), zero, of(-100.0)],
        chemical: [zero; 2],
        drive: of(1.0),
        mixed: p.haematocrit,
        red_ml: red,
        protein_g: [(of(blood_ml) - red) * p.protein * 0.01, p.interstitial * p.interstitial_protein * 0.01],
        interstitial_ml: p.interstitial,
        lactate: [zero; 2],
        base_excess: zero,
        flux: [zero; 4],
        gfr_ml_min: p.gfr,
        water_hormone: zero,
        temperature_c: [of(37.0), of(33.7)],
        met: of(1.0),
        settled: [zero; 5],
    }
}

/// Spread over lanes and back.
pub(crate) fn spread_all<const N: usize>(patient: &WholePatient) -> (Parameters<N>, SetPoints<N>, LaneState<N>) {
    (Parameters::spread(&patient.parameters), SetPoints::spread(&patient.set_points), LaneState::spread(&patient.rest))
}
