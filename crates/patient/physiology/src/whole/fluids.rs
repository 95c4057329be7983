//! Capillaries, kidney, acid, heat and the chemical drive to breathe: every second.

use crate::whole::control::{SetPoints, effect, exertion, nerves_alone};
use crate::whole::gas::read_arterial;
use crate::whole::pack::Pack;
use crate::whole::parameters::Parameters;
use crate::whole::state::{Acts, CHEMICAL_RING, GU, LaneState, MU, SK};

/// Colloid pressure [mmHg] of protein [g/dL] (Landis and Pappenheimer 1963).
pub(crate) fn colloid<const N: usize>(protein: Pack<N>) -> Pack<N> {
    protein * (protein * (protein * 0.009 + 0.16) + 2.1)
}

/// Protein in plasma and interstitium [g/dL].
fn protein<const N: usize>(s: &LaneState<N>, blood: Pack<N>) -> [Pack<N>; 2] {
    let plasma = (blood - s.slow.red_ml).max(Pack::of(200.0));
    [s.slow.protein_g[0] * 100.0 / plasma, s.slow.protein_g[1] * 100.0 / s.slow.interstitial_ml.max(Pack::of(1000.0))]
}

/// Pressure in the capillaries [mmHg]: the veins of gut, muscle and skin and 0.12 of the way to the arteries at rest.
///
/// Nerves close the vessels before the capillaries more than those behind (Mellander and Öberg): their share of the
/// resistance lies upstream, so that bleeding lowers the pressure and tissue fluid comes in.
pub(crate) fn capillary_mmhg<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    s: &LaneState<N>,
    arterial: Pack<N>,
) -> Pack<N> {
    let v = &s.circulation.vessel_mmhg;
    let veins = v[GU] * 0.4 + v[MU] * 0.45 + v[SK] * 0.15;
    let before = nerves_alone(p, set, acts, &s.slow) * 0.88;
    veins + (arterial - veins) * 0.12 / (before + 0.12)
}

/// One second of everything slow. `spent` holds what the circulation moved in that second [mL].
pub(crate) fn second<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    s: &mut LaneState<N>,
    spent: [Pack<N>; 5],
    arterial: Pack<N>,
) {
    let of = Pack::of;
    let fx = &acts.effects;
    let blood = s.blood_ml();
    compose(acts, s, spent, blood);
    read_arterial(&mut s.slow);
    // Starling: filtration against lymph; both at rest as large as the other.
    let [plasma, tissue] = protein(s, blood);
    let excess_ml = s.slow.interstitial_ml - p.interstitial;
    // Stiff near its normal volume, slack once swollen (Guyton): 1 mmHg per 400 mL, prior: unverified.
    let tissue_mmhg = (excess_ml * (1.0 / 400.0)).clamp(-10.0, 4.0);
    let pressure = capillary_mmhg(p, set, acts, s, arterial) - set.capillary_mmhg - tissue_mmhg;
    let rest_colloid = colloid(p.protein) - colloid(p.interstitial_protein);
    let oncotic = (colloid(plasma) - colloid(tissue) - rest_colloid) * 0.9;
    let per_s = p.filtration * fx[effect::CAPILLARY_FILTRATION] * (1.0 / 60.0) * set.reflexes;
    let lymph_rest = of(2.0 / 60.0) * set.reflexes;
    let filtration = lymph_rest + per_s * (pressure - oncotic);
    let lymph = lymph_rest * ((tissue_mmhg * 0.5).clamp(-3.0, 2.0)).exp();
    kidney(p, set, acts, s, arterial, blood, plasma);
    s.slow.flux[0] = filtration;
    s.slow.flux[1] = lymph;
    s.slow.flux[3] = set.drinking_ml_s * set.reflexes;
    heat(p, set, acts, s);
    chemistry(p, set, acts, s);
}

/// Red cells, protein and tissue fluid follow what flowed.
fn compose<const N: usize>(acts: &Acts<N>, s: &mut LaneState<N>, spent: [Pack<N>; 5], blood: Pack<N>) {
    let of = Pack::of;
    let [_, bled, filtered, lymph, _] = spent;
    let before = blood.max(of(300.0));
    let lost = (bled / before).clamp(0.0, 1.0);
    let [_, colloid_in, cells, whole] = acts.infusion_ml_s;
    let slow = &mut s.slow;
    slow.red_ml = slow.red_ml * (of(1.0) - lost) + cells * 0.6 + whole * 0.40;
    let plasma_protein = slow.protein_g[0] / (before - slow.red_ml).max(of(200.0));
    let tissue_protein = slow.protein_g[1] / slow.interstitial_ml.max(of(1000.0));
    // Filtrate carries a tenth of the plasma's protein (reflection 0.9); lymph brings the tissue's home.
    let over = filtered.plus() * plasma_protein * 0.1;
    let home = lymph * tissue_protein * 0.35;
    slow.protein_g[0] = slow.protein_g[0] * (of(1.0) - lost) + home - over + colloid_in * 0.05 + whole * 0.04 + cells * 0.01;
    slow.protein_g[1] += over - home;
    slow.interstitial_ml += filtered - lymph;
    slow.mixed = slow.red_ml / before;
    // Lactate: 1 mol for 3 mol of missing oxygen… in the water of the body (60 % of 70 kg: 42 L), cleared in 20 min.
    let made = slow.lactate[1] * (1.0 / 22.4 / 42.0 * 2.0);
    slow.lactate[0] += made - slow.lactate[0] * (1.0 / 1_800.0);
}

/// Filtration, reabsorption and the water hormone.
fn kidney<const N: usize>(
    p: &Parameters<N>,
    set: &SetPoints<N>,
    acts: &Acts<N>,
    s: &mut LaneState<N>,
    arterial: Pack<N>,
    blood: Pack<N>,
    protein: Pack<N>,
) {
    let of = Pack::of;
    let fx = &acts.effects;
    // Net filtration pressure 10 mmHg at rest: P_gc 60 − P_bs 18 − π 32 (Guyton), held by autoregulation above 78 mmHg.
    let above = arterial - set.kidney_mmhg;
    let capillary = (above * 0.03).clamp(-1.0, 1.5) - (of(78.0) - arterial).plus() * 0.35;
    // Tubuloglomerular feedback takes back most of what thin plasma would add (prior: unverified).
    let oncotic = (colloid(protein) - colloid(p.protein)) * 0.3;
    let pressure = (of(10.0) + capillary - oncotic).plus();
    s.slow.gfr_ml_min = p.gfr * fx[effect::GLOMERULAR] * pressure * 0.1;
    // Full vessels switch the water hormone off within a quarter of an hour.
    let full = (blood / set.blood_ml - 1.0) * 14.0;
    s.slow.water_hormone += (full.clamp(-2.5, 2.5) - s.slow.water_hormone) * (1.0 / 900.0);
    // Work holds water back (direction Melin 2001; size prior: unverified).
    let natriuresis = (above * 0.03).clamp(-2.5, 2.0);
    let urine =
        p.urine * s.slow.gfr_ml_min / p.gfr * (natriuresis + s.slow.water_hormone - exertion(acts) * 0.15).exp() * fx[effect::URINE];
    s.slow.flux[2] = urine.min(s.slow.gfr_ml_min * 0.35) * (1.0 / 60.0) * set.reflexes;
}

/// Core and skin (Gagge 1986, two nodes, with the sizes of the reference man).
fn heat<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, s: &mut LaneState<N>) {
    let of = Pack::of;
    let fx = &acts.effects;
    let [core, skin] = s.slow.temperature_c;
    let mass = s.slow_mass(p);
    let warm = ((core - 37.0) * 0.069_3).exp();
    let made = set.heat_w * fx[effect::METABOLIC_RATE] * ((acts.work - 1.0) * 0.8 + 1.0) * warm * (s.slow.met * 0.7 + 0.3);
    let band = fx[effect::THERMAL_BAND];
    // Blood to the skin: widens with a warm core, narrows with a cold skin once the core is below its threshold.
    let dilate = ((core - 37.0).plus() * 75.0 + 6.3).min(of(90.0));
    let cold = ((of(36.8) - band - core).plus() * 2.0 + (of(33.7) - skin).plus() * 0.5 * (of(1.0) - (band * 0.5).clamp(0.0, 1.0))) + 1.0;
    let perfused = dilate / cold;
    let surface = of(1.8);
    let across = (perfused * 1.163 + 5.28) * surface;
    let carried = across * (core - skin);
    let sweat = ((core - 37.2 - band).plus() * 200.0).min(of(800.0));
    // Shivering makes heat when the core falls below its threshold.
    let shiver = ((of(36.3) - band - core).plus() * 150.0).min(of(300.0)) * fx[effect::MUSCLE_STRENGTH];
    let given = set.heat_w_k * (skin - acts.ambient_c) + sweat;
    // A fluid at room temperature cools: 4.2 J/mL/K.
    let poured = acts.infusion_ml_s.iter().fold(of(0.0), |sum, x| sum + *x) * 4.2 * (core - 22.0);
    let core_mass = mass * 0.9 * p.heat_c;
    let skin_mass = mass * 0.1 * p.heat_c;
    s.slow.temperature_c = [core + (made + shiver - carried - poured) / core_mass, skin + (carried - given) / skin_mass];
}

impl<const N: usize> LaneState<N> {
    /// Mass of the body [kg] as the heat sees it: 14.7 times the blood volume at rest.
    fn slow_mass(&self, p: &Parameters<N>) -> Pack<N> {
        p.interstitial * (77.1 / 11_500.0)
    }
}

/// The drive to breathe from carbon dioxide and oxygen with the delays of the blood's way.
fn chemistry<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, s: &mut LaneState<N>) {
    let of = Pack::of;
    let second = s.tick / 20;
    let slot = (second % CHEMICAL_RING as u64) as usize;
    s.carbon_dioxide[slot] = s.slow.arterial[1];
    s.oxygen[slot] = s.slow.arterial[0];
    // 7 s to the carotids and 12 s to the brain at 5 L/min (prior: unverified), longer when the blood is slow.
    let slower = (set.output_ml_s / (s.circulation.mean[5]).max(of(10.0))).clamp(0.5, 4.0);
    let past = |ring: &[Pack<N>], delay: Pack<N>| {
        let mut out = [0.0; N];
        for (lane, x) in out.iter_mut().enumerate() {
            let steps = (delay.0[lane] as u64).min(CHEMICAL_RING as u64 - 1);
            *x = ring[((second + CHEMICAL_RING as u64 - steps) % CHEMICAL_RING as u64) as usize].0[lane];
        }
        Pack(out)
    };
    let near = slower * 6.0;
    let (near_co2, near_o2) = (past(&s.carbon_dioxide, near), past(&s.oxygen, near));
    let far_co2 = past(&s.carbon_dioxide, slower * 10.0);
    let thirst = ((of(62.0) - near_o2) * (1.0 / 20.0)).clamp(0.0, 1.5);
    let acid = ((of(7.38) - s.slow.arterial[2]) * 20.0).clamp(0.0, 8.0);
    let central = p.central_gain * (far_co2 - set.gas_mmhg[0]);
    let peripheral = p.peripheral_gain * (near_co2 - set.gas_mmhg[0]) * (thirst * 2.0 + 1.0) + thirst * 10.0 + acid;
    let slow = &mut s.slow;
    slow.chemical[0] += (central - slow.chemical[0]) * (1.0 / 150.0);
    slow.chemical[1] += (peripheral - slow.chemical[1]) * (1.0 / 15.0);
    let rest = p.breath_rate * p.tidal * 1e-3;
    let exertion = (acts.work * acts.effects[effect::METABOLIC_RATE] - 1.0) * 0.85;
    let wanted = (of(1.0) + exertion + (slow.chemical[0] + slow.chemical[1]) * set.reflexes / rest).clamp(0.0, 18.0);
    // A brain with less than a quarter of its flow stops breathing within half a minute (prior: unverified).
    let alive = (s.circulation.mean[10] / (set.output_ml_s * 0.03).max(of(0.1))).clamp(0.0, 1.0);
    let dying = slow.drive + (wanted * alive - slow.drive) * (1.0 / 10.0);
    slow.drive = (of(0.999) - alive).above_zero(dying, wanted);
}
