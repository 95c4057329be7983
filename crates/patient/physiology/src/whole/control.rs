//! From parameters, reflexes and acts to what the circulation is told for the next tick.

use crate::whole::fast::{Control, loss};
use crate::whole::pack::{Pack, laned};
use crate::whole::parameters::Parameters;
use crate::whole::state::{AO, AR, Acts, BEDS, BR, GU, KI, MU, PA, PV, SA, SK, Slow, VC};

/// mmHg per cmH₂O.
pub(crate) const MMHG_PER_CMH2O: f64 = 0.735_559;
/// mmHg per cm of blood: ρ g with 1.06 g/cm³.
pub(crate) const MMHG_PER_CM_BLOOD: f64 = 0.7797;
laned! {
    /// Where the patient's regulators hold him; found by [`crate::whole::WholePatient::new`].
    SetPoints {
        /// Arterial pressure about which the baroreceptors work [mmHg].
        arterial_mmhg,
        /// Arterial pressure at which the kidney is in balance [mmHg].
        kidney_mmhg,
        /// Right atrial pressure across its wall [mmHg].
        atrium_mmhg,
        /// Arterial carbon dioxide [mmHg] and oxygen [mmHg].
        gas_mmhg[2],
        /// Peak pressure of the breathing muscles at rest [cmH2O].
        muscle_cmh2o,
        /// Blood volume [mL].
        blood_ml,
        /// Mean pressure in the capillaries [mmHg].
        capillary_mmhg,
        /// Drinking less evaporation [mL/s].
        drinking_ml_s,
        /// Heat given off per degree above the surroundings [W/K].
        heat_w_k,
        /// Heat made [W].
        heat_w,
        /// Resting outflow [mL/s].
        output_ml_s,
        /// Mean signal of the sympathetic nerves, ln(f_es - 1.66).
        signal,
        /// Mean firing of the vagus [1/s].
        vagus,
        /// Reflexes act (1) or are cut (0): cut while the set-points are found.
        reflexes,
    }
}

/// Names of the effects by their position in [`crate::Effects::NAMES`].
pub(crate) mod effect {
    pub const SYSTEMIC_RESISTANCE: usize = 0;
    pub const CEREBRAL_RESISTANCE: usize = 1;
    pub const CORONARY_RESISTANCE: usize = 2;
    pub const SKIN_RESISTANCE: usize = 3;
    pub const PULMONARY_RESISTANCE: usize = 4;
    pub const ARTERIAL_COMPLIANCE: usize = 5;
    pub const VENOUS_UNSTRESSED: usize = 6;
    pub const CONTRACTILITY_LEFT: usize = 7;
    pub const CONTRACTILITY_RIGHT: usize = 8;
    pub const DIASTOLIC_STIFFNESS: usize = 9;
    pub const VENTRICLE_SIZE: usize = 10;
    pub const INTRINSIC_RATE: usize = 11;
    pub const BAROREFLEX_GAIN: usize = 12;
    pub const BAROREFLEX_SET_POINT: usize = 13;
    pub const BETA: usize = 14;
    pub const ALPHA: usize = 15;
    pub const VAGAL: usize = 16;
    pub const RESPIRATORY_DRIVE: usize = 17;
    pub const MUSCLE_STRENGTH: usize = 18;
    pub const AIRWAY_RESISTANCE: usize = 19;
    pub const LUNG_COMPLIANCE: usize = 20;
    pub const SHUNT: usize = 21;
    pub const DEAD_SPACE: usize = 22;
    pub const DIFFUSING: usize = 23;
    pub const METABOLIC_RATE: usize = 24;
    pub const CAPILLARY_FILTRATION: usize = 25;
    pub const GLOMERULAR: usize = 26;
    pub const URINE: usize = 27;
    pub const PAIN: usize = 28;
    pub const THERMAL_BAND: usize = 29;
}

/// What the nerves, pain, hypoxia and the blood's thickness do, worked out once.
struct Tone<const N: usize> {
    /// Pain that is felt [1].
    pain: Pack<N>,
    /// Laboured breath [1].
    distress: Pack<N>,
    /// Hypoxia that calls the nerves [1].
    hypoxia: Pack<N>,
    /// × resistance of gut and kidney, of the rest, by viscosity alone.
    gut: Pack<N>,
    other: Pack<N>,
    thick: Pack<N>,
    /// × contractility left of deep hypoxia.
    starved: Pack<N>,
}

#[inline(always)]
fn tone<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>) -> Tone<N> {
    let (of, fx) = (Pack::of, &acts.effects);
    let pain = acts.pain * fx[effect::PAIN];
    let hypoxia = ((of(60.0) - slow.arterial[0]) * (1.0 / 30.0)).clamp(0.0, 1.5) * set.reflexes;
    // Carbon dioxide calls the nerves, too (direction Narkiewicz 2006; gain prior: unverified).
    let acid = (slow.arterial[1] - set.gas_mmhg[0]).clamp(0.0, 40.0) * 0.008 * set.reflexes;
    let distress = distress(p, set, acts, slow);
    let common = acid + p.chemo_gain_r * hypoxia + pain * 0.15 + distress * 0.12 - p.cardiopulmonary_gain_r * slow.cardiopulmonary_mmhg;
    // What the nerves add at rest is part of the resting resistance: an α-block takes it off.
    let nerves = |gain: Pack<N>, signal: Pack<N>| {
        let resting = gain * set.signal;
        floor(of(1.0) + fx[effect::ALPHA] * (gain * signal + common + resting) - resting)
    };
    let thick = (slow_viscosity(p, slow)).exp();
    // Work closes gut and kidney: flow to the gut falls by a quarter to a half at ten times the rest (Perko 1998).
    let gut = nerves(p.fes_gain_r_gut, slow.effector[0]) + fx[effect::ALPHA] * exertion(acts) * 0.08;
    let other = nerves(p.fes_gain_r_other, slow.effector[1]);
    let drugs = fx[effect::SYSTEMIC_RESISTANCE] * thick;
    Tone {
        pain,
        distress,
        hypoxia,
        gut: gut * drugs,
        other: other * drugs,
        thick,
        // Deep hypoxia fails the heart (prior: unverified).
        starved: (slow.arterial[3] * (1.0 / 0.35)).clamp(0.15, 1.0),
    }
}

/// × resistance of the arterioles of muscle and skin that the nerves alone make.
#[inline(always)]
pub(crate) fn nerves_alone<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>) -> Pack<N> {
    let resting = p.fes_gain_r_other * set.signal;
    let tone = p.fes_gain_r_other * slow.effector[1] - p.cardiopulmonary_gain_r * slow.cardiopulmonary_mmhg;
    floor(Pack::of(1.0) + acts.effects[effect::ALPHA] * (tone + resting) - resting)
}

/// How much harder the breathing muscles pull than the air that comes in explains, in multiples of the effort at rest.
///
/// Effort without air is what breathlessness is (O'Donnell 2007, Proc Am Thorac Soc 4:145). It calls the sympathetic nerves
/// from the breathing muscles (St Croix 2000, J Physiol 529:493) and by fear: a severe attack of asthma goes with a heart rate
/// above 110 per minute (Rodrigo 2004). A tenth more than at rest does not count; sizes prior: unverified.
#[inline(always)]
fn distress<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>) -> Pack<N> {
    let one = Pack::of(1.0);
    let pain = acts.pain * acts.effects[effect::PAIN] * 0.3 + one;
    let breathed = slow.breath_sum[2] * (Pack::of(60.0) / slow.breath_sum[3].max(Pack::of(0.5))) / (p.breath_rate * p.tidal);
    let asked = (pain * breathed.max(one)).powf(0.6) * 1.1;
    (slow.breath[1] / set.muscle_cmh2o - asked).clamp(0.0, 2.0) * set.reflexes
}

/// Metabolism above rest, in multiples of it, to that of an athlete.
#[inline(always)]
pub(crate) fn exertion<const N: usize>(acts: &Acts<N>) -> Pack<N> {
    (acts.work - 1.0).clamp(0.0, 14.0)
}

/// × conductance of the muscles' vessels under work: eightfold at ten times the resting metabolism (direction Åstrand 1977;
/// curve prior: unverified).
#[inline(always)]
fn working<const N: usize>(acts: &Acts<N>) -> Pack<N> {
    let x = exertion(acts);
    x * 1.4 / (x * 0.098 + 1.0) + 1.0
}

/// Strength that work adds to the ventricles, by nerves and by the rate: the ejection fraction of a healthy heart rises from
/// 0.6 to 0.75–0.8 (direction Plotnick 1986; curve prior: unverified).
#[inline(always)]
fn strained<const N: usize>(acts: &Acts<N>) -> Pack<N> {
    let x = exertion(acts);
    x * 0.20 / (x * 0.06 + 1.0)
}

/// No vessel opens beyond a seventh of its resistance.
#[inline(always)]
fn floor<const N: usize>(x: Pack<N>) -> Pack<N> {
    x.max(Pack::of(0.15))
}

/// Resistance of the beds.
#[inline(always)]
fn beds<const N: usize>(p: &Parameters<N>, acts: &Acts<N>, slow: &Slow<N>, tone: &Tone<N>) -> [Pack<N>; 6] {
    let fx = &acts.effects;
    // Heat opens the skin; working muscle opens its vessels in proportion to what it burns.
    let warm = (slow.temperature_c[0] - 37.0).clamp(-1.5, 2.0);
    let skin = tone.other * fx[effect::SKIN_RESISTANCE] * (-(warm * 0.8)).exp();
    let muscle = tone.other / working(acts);
    [
        p.brain_ra * slow.autoregulation[0] * fx[effect::CEREBRAL_RESISTANCE] * tone.thick,
        p.kidney_ra * slow.autoregulation[2] * tone.gut,
        p.gut_ra * tone.gut,
        p.muscle_ra * muscle,
        p.skin_ra * skin,
        p.arm_ra * tone.other,
    ]
}

/// Elastances and unstressed volumes of the vessels.
#[inline(always)]
fn vessels<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>) -> [[Pack<N>; 11]; 2] {
    let (one, fx) = (Pack::of(1.0), &acts.effects);
    let [_, _, _, v_gut, v_other, ..] = slow.effector;
    // As for the arterioles: the resting volume holds what the nerves do at rest.
    // Working muscles press their veins empty, and nerves those of the gut (Rowell 1993; sizes prior: unverified).
    let x = exertion(acts);
    let pressed = x / (x * 0.05 + 1.0) * (p.fes_gain_v_gut * 0.40);
    let veins = |v0: Pack<N>, share: f64, gain: Pack<N>, signal: Pack<N>| {
        let resting = gain * set.signal;
        let shift = gain * signal + resting + pressed * share - p.cardiopulmonary_gain_v * slow.cardiopulmonary_mmhg * share;
        (v0 + resting - fx[effect::ALPHA] * shift) * fx[effect::VENOUS_UNSTRESSED]
    };
    let others = |v0: Pack<N>, share: f64| veins(v0, 0.5 * share, p.fes_gain_v_other * share, v_other);
    let stiff = one / fx[effect::ARTERIAL_COMPLIANCE];
    let mut elastance = [one; 11];
    let mut unstressed = [one; 11];
    for (i, c, v0) in [
        (AO, p.ao_c, p.ao_v0),
        (SA, p.sa_c, p.sa_v0),
        (BR, p.brain_c, p.brain_v0),
        (KI, p.kidney_c, p.kidney_v0),
        (GU, p.gut_c, veins(p.gut_v0, 0.5, p.fes_gain_v_gut, v_gut)),
        (MU, p.muscle_c, others(p.muscle_v0, 0.75)),
        (SK, p.skin_c, others(p.skin_v0, 0.22)),
        (AR, p.arm_c, others(p.arm_v0, 0.03)),
        (VC, p.cava_c, p.cava_v0),
        (PA, p.pa_c, p.pa_v0),
        (PV, p.pv_c, p.pv_v0),
    ] {
        elastance[i] = if i == AO || i == SA { stiff / c } else { one / c };
        unstressed[i] = v0;
    }
    [elastance, unstressed]
}

/// Period of the next beat [s].
#[inline(always)]
fn period<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>, tone: &Tone<N>) -> Pack<N> {
    let (of, fx) = (Pack::of, &acts.effects);
    let [.., t_fast, t_vagal] = slow.effector;
    let beta = fx[effect::BETA];
    let rest = of(60.0) / (p.rate_rest * fx[effect::INTRINSIC_RATE]);
    let breath = (slow.lung_ml[0] + slow.lung_ml[1]) / p.tidal;
    let swing = p.sinus_arrhythmia * fx[effect::VAGAL] * (breath - 0.4).clamp(-1.0, 2.0);
    // The rate goes with the oxygen used (Åstrand 1977), to what the sinus node can at this age at the most.
    let work = exertion(acts) * 0.12;
    let excited = (of(1.0) + beta * (tone.pain * 0.25 + tone.distress * 1.0 + p.chemo_gain_rate * tone.hypoxia + work)) * tone.starved;
    // Without nerves the period grows or falls by what they add at rest; half of the vagal part counts (prior: unverified).
    let beta_off = (of(1.0) - beta) * (p.fes_gain_t * set.signal * 0.5);
    let vagus_off = (of(1.0) - fx[effect::VAGAL]) * (p.fev_gain_t * set.vagus * 0.5);
    ((rest + t_fast + t_vagal - swing + beta_off - vagus_off) / excited).max(of(60.0) / p.rate_max).clamp(0.2, 3.0)
}

/// Everything that the circulation needs until the next tick.
#[inline(always)]
pub(crate) fn control<const N: usize>(p: &Parameters<N>, set: &SetPoints<N>, acts: &Acts<N>, slow: &Slow<N>) -> Control<N> {
    let (of, one, none) = (Pack::of, Pack::of(1.0), Pack::of(0.0));
    let fx = &acts.effects;
    let tone = tone(p, set, acts, slow);
    let tilt = acts.tilt * MMHG_PER_CM_BLOOD;
    let [elastance, unstressed] = vessels(p, set, acts, slow);
    let resting = p.fes_gain_ees * set.signal;
    let excited = p.fes_gain_ees * slow.effector[2] + tone.pain * 0.1 + strained(acts);
    let squeeze = floor(one + fx[effect::BETA] * (excited + resting) - resting) * tone.starved;
    let size = fx[effect::VENTRICLE_SIZE].max(of(0.1));
    let period = period(p, set, acts, slow, &tone);
    let root = period.sqrt();
    let area = |healthy: Pack<N>, i: usize| (healthy * acts.valve_open[i]).max(of(1e-3));
    let areas = [area(p.aortic_area, 0), area(p.pulmonary_area, 1), area(p.mitral_area, 2), area(p.tricuspid_area, 3)];
    // ρ l/A with l 1 cm at the outlets and 2 cm at the inlets, in mmHg s²/mL.
    let inertia = |i: usize, length: f64| of(7.9507e-4 * length) / areas[i];
    let per_root = (1.0 / crate::circulation::ORIFICE_MMHG_CM4_S2_PER_ML2).sqrt();
    Control {
        lv: [
            p.lv_ees * squeeze * fx[effect::CONTRACTILITY_LEFT] / size,
            p.lv_a * fx[effect::DIASTOLIC_STIFFNESS],
            p.lv_k / size,
            p.lv_v0 * size,
        ],
        rv: [p.rv_ees * squeeze * fx[effect::CONTRACTILITY_RIGHT], p.rv_a, p.rv_k, p.rv_v0],
        la: [p.la_ees - p.la_emin, p.la_emin, p.atrium_v0],
        ra: [p.ra_ees - p.ra_emin, p.ra_emin, p.atrium_v0],
        septum: [p.septum_es - p.septum_ed, p.septum_ed],
        pericardium: [p.pericardium_k, one / p.pericardium_phi, p.pericardium_v0 - acts.effusion_ml],
        pleural_mmhg: none,
        pleural_slope: none,
        alveolar_mmhg: slow.airway[2] * (0.7 * MMHG_PER_CMH2O),
        inertance: [inertia(0, 1.0), inertia(1, 1.0), inertia(2, 2.0), inertia(3, 2.0)],
        friction: p.valve_friction,
        loss: areas.map(loss),
        leak: acts.valve_leak_cm2.map(|area| area.plus() * per_root),
        elastance,
        unstressed,
        inflow: beds(p, acts, slow, &tone).map(|r| one / r),
        // The muscles' pump brings their flow home without a higher pressure behind it (Rowell 1993).
        outflow: [p.brain_rv, p.kidney_rv, p.gut_rv, p.muscle_rv / working(acts), p.skin_rv, p.arm_rv].map(|r| one / r),
        head: [
            tilt * p.head_height,
            none,
            tilt * p.gut_height,
            tilt * p.leg_height,
            tilt * p.leg_height * 0.4,
            acts.arm_below_heart_cm * MMHG_PER_CM_BLOOD,
        ],
        inside: [of(-10.0), acts.tourniquet_mmhg.max(of(-50.0))],
        aorta: [p.ao_l, p.ao_r],
        conductance: [
            one / (p.coronary_r * slow.autoregulation[1] * fx[effect::CORONARY_RESISTANCE] * tone.thick),
            one / p.cava_r,
            (exertion(acts) * 0.06 + 1.0) / (p.lung_r * fx[effect::PULMONARY_RESISTANCE] * tone.thick),
            one / p.pv_r,
        ],
        squeeze: p.coronary_squeeze,
        infusion: acts.infusion_ml_s[0] + acts.infusion_ml_s[1] + acts.infusion_ml_s[2] + acts.infusion_ml_s[3],
        bleeding: acts.bleeding_ml_s,
        draw: acts.draw_ml_s,
        flux: slow.flux,
        next_beat: [period, one / (root * 0.20), one / (root * p.systole), root * 0.12],
        // Under work the pulse at the wrist outgrows that of the aorta further: 1.2 to 2 times (Rowell 1968, Circulation 37:954).
        amplified: p.pulse_gain * (exertion(acts) * 0.047 + 1.0) - 1.0,
        beats: acts.heart_beats,
    }
}

/// ln of the viscosity over that at rest: 2.31 × haematocrit (prior: unverified).
#[inline(always)]
fn slow_viscosity<const N: usize>(p: &Parameters<N>, slow: &Slow<N>) -> Pack<N> {
    (slow.haematocrit() - p.haematocrit) * 2.31
}

const _: () = assert!(BEDS == 6);
