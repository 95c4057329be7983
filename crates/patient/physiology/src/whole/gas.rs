//! Oxygen and carbon dioxide from the mouth to the tissue and back: every 50 ms.

use crate::breathing::{MMHG_PER_GAS_CONVERSION, O2_BOUND_ML_PER_G, WATER_VAPOUR_MMHG};
use crate::whole::breath::Moved;
use crate::whole::control::{SetPoints, effect};
use crate::whole::pack::Pack;
use crate::whole::parameters::Parameters;
use crate::whole::state::{Acts, Slow};

/// Haemoglobin in packed red cells [g/dL].
const HAEMOGLOBIN_PER_HAEMATOCRIT: f64 = 33.5;
const LN_10: f64 = std::f64::consts::LN_10;

impl<const N: usize> Slow<N> {
    /// Haematocrit [1], from red cells and plasma as the blood holds them.
    pub(crate) fn haematocrit(&self) -> Pack<N> {
        self.mixed
    }
    /// Haemoglobin [g/dL].
    pub(crate) fn haemoglobin(&self) -> Pack<N> {
        self.mixed * HAEMOGLOBIN_PER_HAEMATOCRIT
    }
}

/// Standard base excess now [mmol/L].
#[inline(always)]
pub(crate) fn base_excess<const N: usize>(slow: &Slow<N>) -> Pack<N> {
    slow.base_excess - slow.lactate[0]
}

/// pH of blood at a PCO₂ by Newton's method from `start`: two steps, each squaring the error, every 50 ms.
#[inline(always)]
pub(crate) fn ph<const N: usize>(base_excess: Pack<N>, carbon_dioxide: Pack<N>, start: Pack<N>) -> Pack<N> {
    let mut ph = start;
    for _ in 0..2 {
        let bicarbonate = carbon_dioxide * 0.0307 * ((ph - 6.1) * LN_10).exp();
        let error = (bicarbonate - 24.4 + (ph - 7.4) * 14.83) * 0.93 - base_excess;
        ph = (ph - error / ((bicarbonate * LN_10 + 14.83) * 0.93)).clamp(6.3, 8.3);
    }
    ph
}

/// Saturation at a pressure (Severinghaus, with Kelman's shift).
#[inline(always)]
pub(crate) fn saturation<const N: usize>(oxygen: Pack<N>, carbon_dioxide: Pack<N>, ph: Pack<N>, temperature: Pack<N>) -> Pack<N> {
    let exponent = (-(temperature - 37.0) * 0.024 + (ph - 7.40) * 0.40) * LN_10 - (carbon_dioxide.max(Pack::of(1.0)) * 0.025).ln() * 0.06;
    let x = oxygen.plus() * exponent.exp();
    let cubic = x * (x * x + 150.0);
    cubic / (cubic + 23_400.0)
}

/// Oxygen content [mL/mL].
#[inline(always)]
pub(crate) fn oxygen_content<const N: usize>(haemoglobin: Pack<N>, saturation: Pack<N>, oxygen: Pack<N>) -> Pack<N> {
    (haemoglobin * saturation * O2_BOUND_ML_PER_G + oxygen.plus() * 0.0031) * 0.01
}

/// Carbon dioxide content [mL/mL] (Douglas 1988).
#[inline(always)]
pub(crate) fn carbon_dioxide_content<const N: usize>(
    carbon_dioxide: Pack<N>,
    ph: Pack<N>,
    haemoglobin: Pack<N>,
    saturation: Pack<N>,
    temperature: Pack<N>,
) -> Pack<N> {
    let of = Pack::of;
    let cold = of(37.0) - temperature;
    let solubility = cold * (cold * 0.000_02 + 0.000_57) + 0.0307;
    let alkaline = of(7.4) - ph;
    let pk = alkaline * 0.042 + (cold + 1.0) * (alkaline * 0.001_39 + 0.004_72) + 6.086;
    let plasma = solubility * carbon_dioxide * (((ph - pk) * LN_10).exp() + 1.0) * 2.226;
    plasma * (of(1.0) - haemoglobin * 0.0289 / ((of(3.352) - saturation * 0.456) * (of(8.142) - ph).max(of(0.1)))) * 0.01
}

/// Air that moved in half a tick carries its gases: mouth, dead space as a plug, lungs, pleura.
#[inline(always)]
pub(crate) fn carry<const N: usize>(p: &Parameters<N>, acts: &Acts<N>, slow: &mut Slow<N>, moved: &Moved<N>) {
    let of = Pack::of;
    let dry = (acts.barometric_mmhg - WATER_VAPOUR_MMHG) * (1.0 / MMHG_PER_GAS_CONVERSION);
    let fresh = [acts.inspired_oxygen * dry, acts.inspired_carbon_dioxide * dry];
    let total = moved[0] + moved[1];
    let (inward, outward) = (total.plus(), (-total).plus());
    let share = [p.left_share, of(1.0) - p.left_share];
    // What the lungs give: their own concentration.
    let volume = [0, 1].map(|i| (p.frc * share[i] + slow.lung_ml[i] - moved[i] + moved[2 + i]).max(p.frc * share[i] * 0.1));
    let given = [0, 1].map(|i| (-moved[i]).plus());
    let taken = [0, 1].map(|i| moved[i].plus());
    let [filled, mut fo, mut fc, mut uo, mut uc] = slow.dead;
    // Behind narrowed airways air and blood go to different regions: part of the air is wasted (direction Wagner 1977, J Clin
    // Invest 59:203; size prior: unverified).
    let fx = &acts.effects;
    let narrow = fx[effect::AIRWAY_RESISTANCE].max(of(1.0));
    let uneven = (of(1.0) - of(1.0) / (narrow * narrow)) * 0.35;
    let size = p.dead_space * fx[effect::DEAD_SPACE].clamp(0.1, 5.0) * (uneven + 1.0);
    let used_volume = (size - filled).max(of(1e-3));
    let fresh_volume = filled.max(of(1e-3));
    // Inwards: the used part goes to the lungs first, then the fresh part.
    let from_used = inward.min(size - filled).plus();
    let from_fresh = inward - from_used;
    let to_lung =
        |used: Pack<N>, fresh_amount: Pack<N>| (used * (from_used / used_volume), fresh_amount * (from_fresh / (fresh_volume + inward)));
    let (fo_in, fc_in) = (fo + fresh[0] * inward, fc + fresh[1] * inward);
    let (u0, f0) = to_lung(uo, fo_in);
    let (u1, f1) = to_lung(uc, fc_in);
    // What reaches the junction: from the dead space and from a lung that empties into the other.
    let lung_amount = |i: usize, gas: usize| slow.alveolar_ml[2 * gas + i] / volume[i];
    let mut junction = [u0 + f0, u1 + f1];
    let mut amount = slow.alveolar_ml;
    let mut lost = [of(0.0); 2];
    for (gas, at_junction) in junction.iter_mut().enumerate() {
        for i in 0..2 {
            let gone = lung_amount(i, gas) * given[i];
            let leaked = lung_amount(i, gas) * moved[2 + i];
            *at_junction += gone;
            amount[2 * gas + i] -= gone + leaked;
            lost[gas] += leaked;
        }
    }
    let arriving = (given[0] + given[1] + inward).max(of(1e-9));
    for gas in 0..2 {
        let concentration = junction[gas] / arriving;
        for i in 0..2 {
            amount[2 * gas + i] += concentration * taken[i];
        }
    }
    slow.alveolar_ml = amount;
    // Outwards: the junction's gas fills the used part and pushes the fresh part out, then itself.
    let out_fresh = outward.min(filled);
    let out_used = outward - out_fresh;
    let leave = outward / arriving;
    uo = uo - u0 + junction[0] * leave;
    uc = uc - u1 + junction[1] * leave;
    fo = fo_in - f0;
    fc = fc_in - f1;
    let part_fresh = out_fresh / (fresh_volume + inward);
    let part_used = out_used / (used_volume + outward);
    let (gone_o, gone_c) = (fo * part_fresh + uo * part_used, fc * part_fresh + uc * part_used);
    slow.gas_account[0] += fresh[0] * inward - gone_o - lost[0];
    slow.gas_account[2] += gone_c + lost[1] - fresh[1] * inward;
    // Gas at the mouth at the end of expiration, once the fresh part is out.
    let exhaled = uc / (used_volume + outward) * MMHG_PER_GAS_CONVERSION;
    slow.end_tidal_mmhg = (out_used - 1.0).above_zero(exhaled, slow.end_tidal_mmhg);
    slow.dead = [
        (filled + from_used - out_fresh).max(of(0.0)).min(size),
        fo - fo * part_fresh,
        fc - fc * part_fresh,
        uo - uo * part_used,
        uc - uc * part_used,
    ];
}

/// Blood takes oxygen up and gives carbon dioxide off in both lungs, tissue the other way round.
#[inline(always)]
pub(crate) fn exchange<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    slow: &mut Slow<N>,
    output: Pack<N>,
    dt: f64,
) {
    let of = Pack::of;
    let fx = &acts.effects;
    let q = output.plus() * dt;
    let share = [p.left_share, of(1.0) - p.left_share];
    let haemoglobin = slow.haemoglobin();
    let excess = base_excess(slow);
    let temperature = slow.temperature_c[0];
    // Lungs that a machine fills collapse at their backs: 8 to 10 % of the blood meets no air, and an end-expiratory pressure
    // of 10 cmH2O opens them (Brismar 1985; Hedenstierna 2000; simplified: at once and in proportion).
    let collapsed = (of(1.0) - acts.peep_cmh2o * 0.1).clamp(0.0, 1.0) * 0.09;
    let passive = acts.ventilator.above_zero(collapsed, of(0.0));
    let shunt = (p.shunt + fx[effect::SHUNT] + passive).clamp(0.0, 0.95);
    let [_, _, venous_o2] = slow.oxygen;
    let venous_co2 = slow.carbon_dioxide[3];
    // Time in the capillary shortens with the output.
    // Work opens capillaries of the lung: its diffusing capacity doubles (direction Turino 1963; size prior: unverified).
    let opened = (acts.work - 1.0).clamp(0.0, 14.0) * 0.08 + 1.0;
    let transit = fx[effect::DIFFUSING] * opened * set.output_ml_s / output.max(of(1.0));
    let reached = of(1.0) - (-(transit * 6.0).min(of(50.0))).exp();
    // Unventilated lung constricts (prior: unverified): flow follows share × P_O2-dependent factor.
    let pressure = |n: Pack<N>, i: usize| n * MMHG_PER_GAS_CONVERSION / (p.frc * share[i] + slow.lung_ml[i]).max(p.frc * share[i] * 0.1);
    let oxygen = [0, 1].map(|i| pressure(slow.alveolar_ml[i], i));
    let open = [0, 1].map(|i| share[i] * (oxygen[i] * 0.0125).clamp(0.4, 1.0));
    let sum = open[0] + open[1];
    let mut mixed = [venous_o2 * shunt, venous_co2 * shunt];
    for i in 0..2 {
        let carbon_dioxide = pressure(slow.alveolar_ml[2 + i], i).max(of(0.5));
        slow.capillary_ph[i] = ph(excess, carbon_dioxide, slow.capillary_ph[i]);
        let s = saturation(oxygen[i], carbon_dioxide, slow.capillary_ph[i], temperature);
        let full = oxygen_content(haemoglobin, s, oxygen[i]);
        let loaded = venous_o2 + (full - venous_o2) * reached;
        let given = carbon_dioxide_content(carbon_dioxide, slow.capillary_ph[i], haemoglobin, s, temperature);
        // A collapsed lung keeps some blood that meets no air.
        let held = ((-slow.lung_ml[i] / (p.frc * share[i]) - 0.3) * 1.6).clamp(0.0, 0.8);
        let part = (of(1.0) - shunt) * open[i] / sum;
        let flow = q * part * (of(1.0) - held);
        // A lung cannot give more than it holds.
        let up = (flow * (loaded - venous_o2)).min(slow.alveolar_ml[i] * 0.5);
        let off = (flow * (venous_co2 - given)).max(slow.alveolar_ml[2 + i] * -0.5);
        slow.alveolar_ml[i] -= up;
        slow.alveolar_ml[2 + i] += off;
        let per_q = of(1.0) / q.max(of(1e-9));
        mixed[0] += part * venous_o2 + up * per_q;
        mixed[1] += part * venous_co2 - off * per_q;
    }
    tissue(p, acts, slow, q, mixed, dt);
}

/// Pools of blood and tissue in a ring: lung → arteries → tissue → veins → lung.
#[inline(always)]
fn tissue<const N: usize>(p: &Parameters<N>, acts: &Acts<N>, slow: &mut Slow<N>, q: Pack<N>, mixed: [Pack<N>; 2], dt: f64) {
    let of = Pack::of;
    let fx = &acts.effects;
    // Pools keep their size when blood is lost (simplified).
    let (arterial, venous) = (p.tissue_o2 * 1.2, p.tissue_o2 * 4.0);
    let warm = ((slow.temperature_c[0] - 37.0) * 0.069_3).exp();
    let burn = fx[effect::METABOLIC_RATE] * acts.work * warm * (dt / 60.0);
    let [a, t, v] = slow.oxygen;
    // Below 5 mL/dL the tissue gets less than it wants, and makes lactate for the rest. Working muscle opens capillaries
    // and takes blood down to 2 mL/dL (direction Roca 1989; curve prior: unverified).
    let met = (t * (1.0 / 0.05) * ((acts.work - 1.0).clamp(0.0, 14.0) * 0.12 + 1.0)).clamp(0.0, 1.0);
    let used = p.oxygen_use * burn * met;
    slow.met = met;
    slow.lactate[1] = p.oxygen_use * burn * (of(1.0) - met) * (1.0 / dt);
    slow.oxygen = [a + q * (mixed[0] - a) / arterial, t + (q * (a - t) - used) / p.tissue_o2, v + q * (t - v) / venous];
    let made = p.carbon_dioxide_made * burn * (met * 0.9 + 0.1);
    let [a, fast, slow_store, v] = slow.carbon_dioxide;
    let aside = p.tissue_co2_exchange * (fast - slow_store) * dt;
    slow.carbon_dioxide = [
        a + q * (mixed[1] - a) / arterial,
        fast + (q * (a - fast) + made - aside) / p.tissue_co2_fast,
        slow_store + aside / p.tissue_co2_slow,
        v + q * (fast - v) / venous,
    ];
    slow.gas_account[1] += used;
    slow.gas_account[3] += made;
}

/// Oxygen and carbon dioxide in the body [mL STPD]: lungs, dead space, blood and tissue.
pub(crate) fn stores<const N: usize>(p: &Parameters<N>, slow: &Slow<N>) -> [Pack<N>; 2] {
    let (arterial, venous) = (p.tissue_o2 * 1.2, p.tissue_o2 * 4.0);
    let [a, t, v] = slow.oxygen;
    let [ca, fast, slow_store, cv] = slow.carbon_dioxide;
    [
        slow.alveolar_ml[0] + slow.alveolar_ml[1] + slow.dead[1] + slow.dead[3] + a * arterial + t * p.tissue_o2 + v * venous,
        slow.alveolar_ml[2]
            + slow.alveolar_ml[3]
            + slow.dead[2]
            + slow.dead[4]
            + ca * arterial
            + fast * p.tissue_co2_fast
            + slow_store * p.tissue_co2_slow
            + cv * venous,
    ]
}

/// Pressures of the arterial pool from its contents, by Newton's method from where they were: every second.
pub(crate) fn read_arterial<const N: usize>(slow: &mut Slow<N>) {
    let of = Pack::of;
    let (haemoglobin, temperature) = (slow.haemoglobin(), slow.temperature_c[0]);
    let excess = base_excess(slow);
    let [mut oxygen, mut carbon_dioxide, mut acid, mut s] = slow.arterial;
    for _ in 0..3 {
        acid = ph(excess, carbon_dioxide, acid);
        let content = carbon_dioxide_content(carbon_dioxide, acid, haemoglobin, s, temperature);
        // Slope of the content at a constant base excess is about 0.55 of content/pressure between 20 and 100 mmHg.
        let slope = content / carbon_dioxide * 0.5;
        carbon_dioxide = (carbon_dioxide + (slow.carbon_dioxide[0] - content) / slope).clamp(2.0, 300.0);
        for _ in 0..2 {
            s = saturation(oxygen, carbon_dioxide, acid, temperature);
            let content = oxygen_content(haemoglobin, s, oxygen);
            let more = saturation(oxygen * 1.001, carbon_dioxide, acid, temperature);
            let slope = (haemoglobin * (more - s) * O2_BOUND_ML_PER_G / (oxygen * 0.001) + 0.0031) * 0.01;
            let step = (slow.oxygen[0] - content) / slope;
            // The curve is steep and then flat: never more than half the pressure in one step.
            oxygen = (oxygen + step.max(oxygen * -0.5).min(oxygen * 0.6)).clamp(0.5, 700.0);
        }
    }
    slow.arterial = [oxygen, carbon_dioxide, acid, s.max(of(0.0))];
}
