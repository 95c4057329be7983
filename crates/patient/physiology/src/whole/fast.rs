//! Heart and vessels: the step of one or two milliseconds.
//!
//! Staggered: flows with inertia from the pressures at the start of the step, volumes from the new flows. Second
//! order in the exchange between inertia and compliance; the mean of a periodic state has no error of the step,
//! because every flow law is exact for steady flow.

use crate::circulation::ORIFICE_MMHG_CM4_S2_PER_ML2;
use crate::whole::pack::{Pack, laned};
use crate::whole::state::{AO, AR, BEDS, BR, Circulation, GU, KI, MU, PA, PV, SA, SK, VC, VESSELS};

laned! {
    /// What the slower processes set for the next ticks.
    Control {
        /// Left and right ventricle: end-systolic elastance; passive scale and exponent; unstressed volume.
        lv[4],
        /// As `lv`.
        rv[4],
        /// Left atrium: greatest less least elastance, least elastance, unstressed volume.
        la[3],
        /// As `la`.
        ra[3],
        /// Septum: systolic less diastolic, diastolic elastance.
        septum[2],
        /// Pericardium: K, 1/Φ, V₀ less effusion.
        pericardium[3],
        /// Pressure in the pleura now and its change per step [mmHg].
        pleural_mmhg,
        /// Change of the pleural pressure per second [mmHg/s].
        pleural_slope,
        /// Alveolar pressure that squeezes the lung's vessels [mmHg].
        alveolar_mmhg,
        /// Per valve: inertance, friction, loss B open, root of 1/B of the leak.
        inertance[4],
        /// Friction of an open valve [mmHg s/mL].
        friction,
        /// B of an open valve.
        loss[4],
        /// √(1/B) of the leak [mL/s/√mmHg].
        leak[4],
        /// Elastances of the vessels [mmHg/mL].
        elastance[11],
        /// Unstressed volumes of the vessels [mL].
        unstressed[11],
        /// Conductances into the beds [mL/s/mmHg].
        inflow[6],
        /// Conductances out of the beds.
        outflow[6],
        /// Hydrostatic pressure of the beds [mmHg].
        head[6],
        /// Least pressure against which a bed fills [mmHg]: brain (skull), arm (cuff).
        inside[2],
        /// Aorta: 1/L, R.
        aorta[2],
        /// Conductances: coronary, great veins to atrium, lung, lung veins to atrium.
        conductance[4],
        /// Share of the ventricle's pressure that shuts the coronary vessels.
        squeeze,
        /// Into the great veins [mL/s].
        infusion,
        /// Bleeding [mL/s].
        bleeding,
        /// Out of the forearm's veins [mL/s].
        draw,
        /// Filtration, lymph, urine, drinking [mL/s].
        flux[4],
        /// Period [s], 1/systole of atria and of ventricles [1/s], delay between [s] of the next beat.
        next_beat[4],
        /// Pulse pressure at the place of the reading over that of the arteries, less 1.
        amplified,
        /// Activation is multiplied by this: 0 when the heart stands still.
        beats,
    }
}

/// Arteries stiffen as they fill: with u = (V − V₀)/C, P = u (a + b u), so that C is the compliance at 91 mmHg, 22 %
/// greater at 60 and 16 % smaller at 130. Direction and form after Langewouters 1984, who finds more in the aorta of
/// the old; share 0.4 of the curved part: prior: unverified.
const ARTERY_CURVED: f64 = 0.4;
const ARTERY_SLACK: f64 = 1.0 - 2.0 * ARTERY_CURVED;
const ARTERY_RISE: f64 = ARTERY_CURVED * (1.0 - ARTERY_CURVED) / 91.0;

/// Pressures of heart and vessels from their volumes.
#[inline(always)]
fn pressures<const N: usize>(c: &Control<N>, s: &mut Circulation<N>, pleural: Pack<N>) {
    let ua = s.phase_s * s.beat[1];
    let uv = (s.phase_s - s.beat[3]) * s.beat[2];
    let three = Pack::of(3.0);
    // Rises as sin² over the systole, falls twice as fast.
    let ea = ua.min(three - ua * 2.0).half_wave() * c.beats;
    let ev = uv.min(three - uv * 2.0).half_wave() * c.beats;
    let rest = Pack::of(1.0) - ev;
    let heart = s.lv_ml + s.rv_ml + s.la_ml + s.ra_ml;
    let outside = pleural + c.pericardium[0] * (((heart - c.pericardium[2]) * c.pericardium[1]).exp() - 1.0);
    let wall = |v: Pack<N>, w: &[Pack<N>; 4]| {
        let x = v - w[3];
        let grown = w[1] * (w[2] * x).exp();
        let active = ev * w[0];
        (active * x + rest * (grown - w[1]), active + rest * w[2] * grown)
    };
    let (left, left_slope) = wall(s.lv_ml - s.septum_ml, &c.lv);
    let (right, right_slope) = wall(s.rv_ml + s.septum_ml, &c.rv);
    let septum = c.septum[1] + ev * c.septum[0];
    // One Newton step of P_septum = P_left − P_right from where the septum was.
    let moved = (left - right - septum * s.septum_ml) / (left_slope + right_slope + septum);
    s.septum_ml += moved;
    s.chamber_mmhg[0] = outside + left - left_slope * moved;
    s.chamber_mmhg[1] = outside + right + right_slope * moved;
    s.chamber_mmhg[2] = outside + (c.la[1] + ea * c.la[0]) * (s.la_ml - c.la[2]);
    s.chamber_mmhg[3] = outside + (c.ra[1] + ea * c.ra[0]) * (s.ra_ml - c.ra[2]);
    for i in 0..VESSELS {
        let over = s.vessel_ml[i] - c.unstressed[i];
        // An emptied vessel collapses: it gives way ten times as easily.
        // Nearly empty, it holds on to the rest.
        let dry = (c.unstressed[i] * 0.2 - s.vessel_ml[i]).plus();
        s.vessel_mmhg[i] = c.elastance[i] * (over.max(over * 0.1) - dry * 5.0);
    }
    for i in [AO, SA] {
        let linear = s.vessel_mmhg[i];
        s.vessel_mmhg[i] = linear * (linear.plus() * ARTERY_RISE + ARTERY_SLACK);
    }
    for i in [VC, PA, PV] {
        s.vessel_mmhg[i] += pleural;
    }
}

/// New flow through a valve [mL/s].
#[inline(always)]
fn through<const N: usize>(c: &Control<N>, i: usize, q: Pack<N>, gradient: Pack<N>, per_dt: f64) -> Pack<N> {
    let inertia = c.inertance[i] * per_dt;
    let drive = inertia * q.plus() + gradient;
    let forward = drive / (inertia + c.friction + c.loss[i] * q.plus());
    let back = -(c.leak[i] * (-gradient).plus().sqrt());
    drive.above_zero(forward, back)
}

/// One step of `dt_s` ≤ 5 ms.
#[inline(always)]
pub(crate) fn step<const N: usize>(c: &Control<N>, s: &mut Circulation<N>, dt_s: f64, into_tick_s: f64) {
    let pleural = c.pleural_mmhg + c.pleural_slope * into_tick_s;
    pressures(c, s, pleural);
    let [lv, rv, la, ra] = s.chamber_mmhg;
    let p = s.vessel_mmhg;
    let per_dt = 1.0 / dt_s;
    let aortic = through(c, 0, s.flow_ml_s[0], lv - p[AO], per_dt);
    let pulmonary = through(c, 1, s.flow_ml_s[1], rv - p[PA], per_dt);
    let mitral = through(c, 2, s.flow_ml_s[2], la - lv, per_dt);
    let tricuspid = through(c, 3, s.flow_ml_s[3], ra - rv, per_dt);
    let l_dt = c.aorta[0] * per_dt;
    let along = (l_dt * s.flow_ml_s[4] + p[AO] - p[SA]) / (l_dt + c.aorta[1]);
    s.flow_ml_s = [aortic, pulmonary, mitral, tricuspid, along];

    // Beds: arteriole, veins, way home. Valves in the veins of limbs and skin; skull and cuff squeeze.
    let mut to_beds = Pack::of(0.0);
    let mut home = Pack::of(0.0);
    let (mut brain, mut kidney) = (Pack::of(0.0), Pack::of(0.0));
    for b in 0..BEDS {
        let i = BR + b;
        let vein = p[i];
        let ahead = match i {
            BR => vein.max(c.inside[0]),
            AR => vein.max(c.inside[1]),
            _ => vein,
        };
        let inflow = c.inflow[b] * (p[SA] + c.head[b] - ahead);
        let back = p[VC] + c.head[b];
        let outflow = match i {
            // The jugular veins collapse in the upright: no siphon.
            BR => c.outflow[b] * (vein - back.plus()).plus(),
            AR => c.outflow[b] * (vein - back.max(c.inside[1])).plus(),
            MU | SK => c.outflow[b] * (vein - back).plus(),
            _ => c.outflow[b] * (vein - back),
        };
        let inflow = inflow.plus();
        match i {
            BR => brain = inflow,
            KI => kidney = inflow,
            _ => {}
        }
        s.vessel_ml[i] += (inflow - outflow) * dt_s;
        to_beds += inflow;
        home += outflow;
    }
    let coronary = c.conductance[0] * (p[AO] - ra.max(lv * c.squeeze)).plus();
    let cava = c.conductance[1] * (p[VC] - ra);
    let lung = c.conductance[2] * (p[PA] - p[PV].max(c.alveolar_mmhg)).plus();
    let veins = c.conductance[3] * (p[PV] - la);
    let bleeding = c.bleeding * (p[SA] * 0.05).clamp(0.0, 1.0);
    let draw = c.draw * p[AR].clamp(0.0, 1.0);
    let [filtration, lymph, urine, drinking] = c.flux;

    s.lv_ml += (mitral - aortic) * dt_s;
    s.rv_ml += (tricuspid - pulmonary) * dt_s;
    s.la_ml += (veins - mitral) * dt_s;
    s.ra_ml += (cava + coronary - tricuspid) * dt_s;
    s.vessel_ml[AO] += (aortic - along - coronary) * dt_s;
    s.vessel_ml[SA] += (along - to_beds - bleeding) * dt_s;
    s.vessel_ml[VC] += (home + c.infusion + lymph - cava) * dt_s;
    s.vessel_ml[PA] += (pulmonary - lung) * dt_s;
    s.vessel_ml[PV] += (lung - veins) * dt_s;
    s.vessel_ml[AR] -= draw * dt_s;
    s.vessel_ml[KI] -= urine * dt_s;
    s.vessel_ml[GU] += (drinking - filtration * 0.4) * dt_s;
    s.vessel_ml[MU] -= filtration * (0.45 * dt_s);
    s.vessel_ml[SK] -= filtration * (0.15 * dt_s);
    for (sum, x) in s.account.iter_mut().zip([c.infusion + drinking, bleeding + draw, filtration, lymph, urine]) {
        *sum += x * dt_s;
    }
    watch(c, s, dt_s, [coronary, kidney, brain], pleural);
}

/// Sum over the beat, and start the next one when its time has come.
#[inline(always)]
fn watch<const N: usize>(c: &Control<N>, s: &mut Circulation<N>, dt_s: f64, flows: [Pack<N>; 3], pleural: Pack<N>) {
    let [lv, _, la, ra] = s.chamber_mmhg;
    let (sa, pa) = (s.vessel_mmhg[SA], s.vessel_mmhg[PA]);
    let zero = Pack::of(0.0);
    let [aortic, _, mitral, ..] = s.flow_ml_s;
    let seen = [Pack::of(1.0), sa, ra, pa, la, aortic, (-mitral).plus(), (-aortic).plus(), flows[0], flows[1], flows[2]];
    for (sum, x) in s.sum.iter_mut().zip(seen) {
        *sum += x * dt_s;
    }
    let e = &mut s.extreme;
    e[0] = e[0].max(sa);
    e[1] = e[1].min(sa);
    e[2] = e[2].max(pa);
    e[3] = e[3].min(pa);
    e[4] = e[4].max(s.lv_ml);
    e[5] = e[5].min(s.lv_ml);
    e[6] = e[6].max(lv);
    s.tick_sum[0] += sa * dt_s;
    s.tick_sum[1] += (ra - pleural) * dt_s;
    s.tick_sum[2] += aortic * dt_s;

    s.phase_s += Pack::of(dt_s);
    let over = s.phase_s - s.beat[0];
    // Rarely true: skipping is a question of speed, the selections below decide.
    if over.0.iter().any(|x| *x >= 0.0) {
        let on = |x: f64| if x >= 0.0 { 1.0 } else { 0.0 };
        let new = Pack(over.0.map(on));
        let per_time = Pack::of(1.0) / s.sum[0].max(Pack::of(1e-9));
        for i in 0..11 {
            let per = if i == 0 || i == 6 || i == 7 { Pack::of(1.0) } else { per_time };
            s.mean[i] = new.above_zero(s.sum[i] * per, s.mean[i]);
            s.sum[i] = new.above_zero(zero, s.sum[i]);
        }
        let empty = [-1e9, 1e9, -1e9, 1e9, -1e9, 1e9, -1e9];
        for ((latched, extreme), empty) in s.latched.iter_mut().zip(&mut s.extreme).zip(empty) {
            *latched = new.above_zero(*extreme, *latched);
            *extreme = new.above_zero(Pack::of(empty), *extreme);
        }
        // On its way to the wrist the pulse grows taller; mean and foot stay (Avolio 2009).
        s.latched[0] += new.above_zero(c.amplified * (s.latched[0] - s.latched[1]), zero);
        s.phase_s = new.above_zero(over, s.phase_s);
        for i in 0..4 {
            s.beat[i] = new.above_zero(c.next_beat[i], s.beat[i]);
        }
        s.beats += new;
    }
}

/// B of an orifice [mmHg s²/mL²] from its area [cm²].
#[inline(always)]
pub(crate) fn loss<const N: usize>(area_cm2: Pack<N>) -> Pack<N> {
    Pack::of(ORIFICE_MMHG_CM4_S2_PER_ML2) / (area_cm2 * area_cm2)
}
