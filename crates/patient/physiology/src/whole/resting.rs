//! What a patient with other numbers would show at rest: found in seconds, many variants side by side.
//!
//! [`WholePatient::with`] settles everything, gases and fluids too, and takes eighteen minutes of the patient's time.
//! A calibration asks thousands of times and only for what the circulation shows: here the reflexes stand still, as
//! they do on average at the set-point, and the circulation alone runs to its periodic state in less than a minute.
//!
//! With everything on, the ripple that beat and breath put on the nerves shifts the rate of the heart and the tone of the
//! vessels by up to some percent. A patient is therefore trimmed ([`RestingProbe::settle`]): rate, resistance and rate of
//! breathing are changed until he rests, with everything on, where the circulation alone says.

use proband_core::ops;

use crate::PhysiologyError;
use crate::body::blood_volume_nadler_ml;
use crate::error::check;
use crate::whole::control::SetPoints;
use crate::whole::fluids::capillary_mmhg;
use crate::whole::pack::{Laned, Pack};
use crate::whole::parameters::{Parameters, Physique};
use crate::whole::patient::{TICK_S, WholePatient, quiet_tick};
use crate::whole::state::{Acts, GU, LaneState, MU, PV, RING, SK};

/// Lanes that run side by side.
const LANES: usize = 8;
/// Runs before anything is read [s]: the slowest exchange, veins with heart, has a time constant below 10 s.
const SETTLE_S: f64 = 26.0;
/// Mean over this long [s]: several breaths.
const READ_S: f64 = 18.0;

/// A patient's numbers and how much blood he has.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Numbers.
    pub parameters: Parameters<1>,
    /// Blood [mL].
    pub blood_ml: f64,
}

/// What the circulation shows at rest, means over several breaths, in the units of the bedside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resting {
    /// In the order of [`Resting::NAMES`].
    pub values: [f64; 12],
}

impl Resting {
    /// Names as in [`crate::whole::Vitals::NAMES`].
    pub const NAMES: [&'static str; 12] = [
        "heart_rate_per_min",
        "systolic_mmhg",
        "diastolic_mmhg",
        "mean_mmhg",
        "central_venous_mmhg",
        "lung_systolic_mmhg",
        "lung_mean_mmhg",
        "wedge_mmhg",
        "output_l_min",
        "ejection_fraction",
        "end_diastolic_ml",
        "breath_rate_per_min",
    ];

    fn read<const N: usize>(s: &LaneState<N>, lane: usize) -> [f64; 12] {
        let c = &s.circulation;
        let mean = |i: usize| c.mean[i].0[lane];
        let latched = |i: usize| c.latched[i].0[lane];
        let (full, empty) = (latched(4), latched(5));
        [
            60.0 / mean(0).max(1e-3),
            latched(0),
            latched(1),
            mean(1),
            mean(2),
            latched(2),
            mean(3),
            mean(4),
            0.06 * mean(5),
            (full - empty) / full.max(1.0),
            full,
            60.0 / s.slow.breath[0].0[lane].max(0.1),
        ]
    }

    /// A value by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        Self::NAMES.iter().position(|n| *n == name).map(|i| self.values[i])
    }

    fn check(&self) -> Result<(), PhysiologyError> {
        const BOUNDS: [(&str, f64, f64, &str); 4] = [
            ("heart rate at rest", 10.0, 250.0, "1/min"),
            ("systolic pressure at rest", 1.0, 400.0, "mmHg"),
            ("diastolic pressure at rest", -20.0, 300.0, "mmHg"),
            ("mean pressure at rest", 0.0, 350.0, "mmHg"),
        ];
        for (value, (name, low, high, unit)) in self.values.iter().zip(BOUNDS) {
            check(name, *value, low, high, unit)?;
        }
        for value in self.values {
            check("a value at rest", value, -1e4, 1e5, "(its unit)")?;
        }
        Ok(())
    }
}

/// See [`RestingProbe::error`]: 40 adults of any size, at rest; 12 of them after a quarter of an hour of noradrenaline,
/// 0.1 µg/kg/min. Computed here.
const ERROR: [f64; 12] = [0.0046, 0.0043, 0.0062, 0.0047, 0.017, 0.0031, 0.0030, 0.0065, 0.0033, 0.0013, 0.0015, 0.0022];
/// As [`ERROR`]: the veins of the lung and the atria are still fuller than they will be when fluid has left the blood.
const ERROR_UNDER: [f64; 12] = [0.015, 0.011, 0.026, 0.016, 0.38, 0.049, 0.055, 0.12, 0.035, 0.011, 0.019, 0.021];

/// Asks what variants of one patient show at rest: the fast path of [`RestingProbe::settle`].
#[derive(Clone, Debug)]
pub struct RestingProbe {
    patient: WholePatient,
    himself: Variant,
    acts: Acts<1>,
    /// What acts when he is read, when that is not `acts`.
    read_under: Option<Acts<1>>,
}

impl RestingProbe {
    /// Settle a person under `acts` as [`RestingProbe::settle`] does.
    ///
    /// # Errors
    /// [`PhysiologyError`] when the physique or what he shows is out of bounds.
    pub fn new(physique: &Physique, acts: &Acts<1>) -> Result<Self, PhysiologyError> {
        let blood_ml = blood_volume_nadler_ml(physique.sex, physique.height_m, physique.mass_kg);
        Self::of(&Variant { parameters: physique.parameters()?, blood_ml }, acts)
    }

    /// As [`RestingProbe::new`], about any numbers.
    ///
    /// # Errors
    /// As [`RestingProbe::new`].
    pub fn of(himself: &Variant, acts: &Acts<1>) -> Result<Self, PhysiologyError> {
        himself.check()?;
        let patient = WholePatient::with(himself.parameters.clone(), himself.blood_ml, acts)?;
        Ok(Self { patient, himself: himself.clone(), acts: acts.clone(), read_under: None })
    }

    /// The same patients, read while something acts on them (a drug that runs): each rests first as before, then the
    /// reflexes defend that rest against `acts` for a minute and a half before anything is read. What takes longer (fluids,
    /// the kidney) has not come about. [`RestingProbe::settle`] still gives the patient without it.
    #[must_use]
    pub fn under(mut self, acts: &Acts<1>) -> Self {
        self.read_under = (*acts != self.acts).then(|| acts.clone());
        self
    }

    /// The numbers about which variants are made.
    #[must_use]
    pub fn himself(&self) -> &Variant {
        &self.himself
    }

    /// By how much what is said here differs from what the settled patient shows over a minute with everything on, root mean
    /// square over adults whose numbers differ as people's do, as a part of the value or of 1 [1]; in the order of
    /// [`Resting::NAMES`].
    #[must_use]
    pub fn error(&self) -> [f64; 12] {
        if self.read_under.is_some() { ERROR_UNDER } else { ERROR }
    }

    /// What each variant shows at rest. Its bits depend on it alone, whatever runs beside it; one that diverges gives
    /// an error of its own, the others go on.
    #[must_use]
    pub fn resting(&self, variants: &[Variant]) -> Vec<Result<Resting, PhysiologyError>> {
        variants.chunks(LANES).flat_map(|part| self.batch(part)).collect()
    }

    /// A variant as a patient who rests where [`RestingProbe::resting`] says: settled with gases and fluids, then
    /// every regulator's set-point brought to the mean of what it sees.
    ///
    /// # Errors
    /// [`PhysiologyError`] when no such state exists.
    pub fn settle(&self, variant: &Variant) -> Result<WholePatient, PhysiologyError> {
        settle(variant, &self.acts)
    }

    fn batch(&self, variants: &[Variant]) -> Vec<Result<Resting, PhysiologyError>> {
        let seen = batch(&self.patient, &self.acts, self.read_under.as_ref(), variants);
        seen.into_iter().zip(variants).map(|(one, variant)| variant.check().and(one)).collect()
    }
}

/// Rounds of trimming, and how long each lets go and looks [s].
const ROUNDS: u32 = 5;
const LET_GO_S: f64 = 40.0;
const LOOK_S: f64 = 60.0;
/// After the last round [s].
const SETTLED_S: f64 = 120.0;
/// Set-points go to what their regulators see with this time constant [s]: slower than breath, faster than fluids.
const FOLLOW_S: f64 = 10.0;

fn ticks(seconds: f64) -> u32 {
    (seconds / TICK_S) as u32
}

fn settle(variant: &Variant, acts: &Acts<1>) -> Result<WholePatient, PhysiologyError> {
    variant.check()?;
    let mut patient = WholePatient::with(variant.parameters.clone(), variant.blood_ml, acts)?;
    let wanted = batch(&patient, acts, None, std::slice::from_ref(variant)).pop().ok_or_else(nothing)??.values;
    let (mut s, mut set) = (patient.state(), patient.set_points.clone());
    let mut rate = Secant { at: None, slope: 1.6 };
    for _ in 0..ROUNDS {
        for _ in 0..ticks(LET_GO_S) {
            quiet_tick(&patient.parameters, &set, acts, &mut s);
            follow(&patient.parameters, &mut set, acts, &s, TICK_S / FOLLOW_S);
            s.slow.carbon_dioxide[2] = s.slow.carbon_dioxide[1];
        }
        let mut sums = [0.0; 12];
        for _ in 0..ticks(LOOK_S) {
            quiet_tick(&patient.parameters, &set, acts, &mut s);
            follow(&patient.parameters, &mut set, acts, &s, TICK_S / LOOK_S);
            for (sum, x) in sums.iter_mut().zip(Resting::read(&s, 0)) {
                *sum += x / f64::from(ticks(LOOK_S));
            }
        }
        trim(&mut patient.parameters, &wanted, &sums, &mut rate);
    }
    for i in 0..ticks(SETTLED_S) {
        quiet_tick(&patient.parameters, &set, acts, &mut s);
        // Ever slower, so that the last set-points are means over a minute or more.
        follow(&patient.parameters, &mut set, acts, &s, TICK_S / FOLLOW_S.max(0.5 * f64::from(i) * TICK_S));
    }
    set.blood_ml = s.blood_ml();
    patient.rest_at(set, s);
    patient.check(&patient.state())?;
    Ok(patient)
}

/// Bring rate, arteriolar resistance and rate of breathing nearer to where the patient should rest.
fn trim(p: &mut Parameters<1>, wanted: &[f64; 12], seen: &[f64; 12], rate: &mut Secant) {
    let ratio = |i: usize, under: f64| ((wanted[i] - under) / (seen[i] - under).max(1e-3)).clamp(0.85, 1.18);
    p.rate_rest = Pack::of(rate.next(p.rate_rest.0[0], seen[0], wanted[0]));
    p.breath_rate = p.breath_rate * ratio(11, 0.0);
    // The pressure that drives the beds is that above the veins'.
    let resistance = ratio(3, seen[4].min(0.5 * seen[3])) / ratio(8, 0.0).clamp(0.95, 1.05);
    for bed in [&mut p.brain_ra, &mut p.kidney_ra, &mut p.gut_ra, &mut p.muscle_ra, &mut p.skin_ra, &mut p.arm_ra] {
        *bed = *bed * resistance;
    }
}

/// Looks for the number that gives what is wanted: secants of the logarithms.
struct Secant {
    /// Last number and what it gave, as logarithms.
    at: Option<[f64; 2]>,
    /// d ln(given)/d ln(number): by how much the rate of the heart follows the number (0.7 to 2.2 over the rates of rest).
    slope: f64,
}

impl Secant {
    fn next(&mut self, number: f64, given: f64, wanted: f64) -> f64 {
        let (x, y) = (ops::ln(number), ops::ln(given.max(1e-3)));
        if let Some([x0, y0]) = self.at
            && (x - x0).abs() > 1e-4
        {
            self.slope = ((y - y0) / (x - x0)).clamp(0.6, 2.5);
        }
        self.at = Some([x, y]);
        ops::exp(x + ((ops::ln(wanted) - y) / self.slope).clamp(-0.12, 0.12))
    }
}

fn nothing() -> PhysiologyError {
    PhysiologyError::Contradiction { field: "resting", what: "nobody was asked".into() }
}

impl Variant {
    /// Every number is one; selections in the lanes could hide what is not.
    fn check(&self) -> Result<(), PhysiologyError> {
        check("blood_ml", self.blood_ml, 500.0, 20_000.0, "mL")?;
        let mut worst = Ok(());
        self.parameters.clone().packs(&mut |p: &mut Pack<1>| {
            if worst.is_ok() {
                worst = check("a parameter of a variant", p.0[0], -1e9, 1e9, "(its unit)");
            }
        });
        worst
    }
}

fn batch(
    patient: &WholePatient,
    acts: &Acts<1>,
    read_under: Option<&Acts<1>>,
    variants: &[Variant],
) -> Vec<Result<Resting, PhysiologyError>> {
    let mut set = SetPoints::<LANES>::spread(&patient.set_points);
    set.reflexes = Pack::of(0.0);
    let mut s = LaneState::<LANES>::spread(&patient.state());
    let mut p = Parameters::<LANES>::spread(&patient.parameters);
    let acts = Acts::<LANES>::spread(acts);
    let here = patient.state().blood_ml().0[0];
    for (lane, variant) in variants.iter().enumerate() {
        p.put(lane, &variant.parameters);
        // What is more or less lies where most of it is, as in a patient who settles from the start.
        let more = variant.blood_ml - here;
        for (vessel, share) in [(GU, 0.5), (MU, 0.3), (SK, 0.1), (PV, 0.1)] {
            s.circulation.vessel_ml[vessel].0[lane] += share * more;
        }
        // So is the breath: the muscles pull in proportion to its size.
        set.muscle_cmh2o.0[lane] *= variant.parameters.tidal.0[0] / patient.parameters.tidal.0[0];
        // The blood is his own: as many cells and as much protein per volume as his numbers say.
        let cells = variant.parameters.haematocrit.0[0];
        s.slow.red_ml.0[lane] = cells * variant.blood_ml;
        s.slow.mixed.0[lane] = cells;
        s.slow.protein_g[0].0[lane] = (1.0 - cells) * variant.blood_ml * variant.parameters.protein.0[0] * 0.01;
    }
    for _ in 0..ticks(SETTLE_S) {
        quiet_tick(&p, &set, &acts, &mut s);
    }
    let mut acts = acts;
    if let Some(under) = read_under {
        defend(&p, &mut set, &acts, &mut s);
        acts = Acts::<LANES>::spread(under);
        for _ in 0..ticks(ANSWER_S) {
            quiet_tick(&p, &set, &acts, &mut s);
        }
    }
    // Whole breaths: each lane looks as long as its own last.
    let window = |lane: usize| {
        let breath_s = 60.0 / p.breath_rate.0[lane].clamp(2.0, 100.0);
        ticks((READ_S / breath_s).floor().max(1.0) * breath_s).max(1)
    };
    let windows: [u32; LANES] = std::array::from_fn(window);
    let mut sums = [[0.0; 12]; LANES];
    for now in 0..windows.iter().copied().max().unwrap_or(0) {
        quiet_tick(&p, &set, &acts, &mut s);
        for (lane, sums) in sums.iter_mut().enumerate().take(variants.len()).filter(|(lane, _)| now < windows[*lane]) {
            for (sum, x) in sums.iter_mut().zip(Resting::read(&s, lane)) {
                *sum += x / f64::from(windows[lane]);
            }
        }
    }
    sums.iter()
        .take(variants.len())
        .map(|values| {
            let seen = Resting { values: *values };
            seen.check().map(|()| seen)
        })
        .collect()
}

/// The answer to what acts: nerves and vessels have settled to 1 %, fluids have hardly moved [s].
const ANSWER_S: f64 = 90.0;

/// Every lane's rest becomes the set-point of its own regulators, which are then switched on.
fn defend(p: &Parameters<LANES>, set: &mut SetPoints<LANES>, acts: &Acts<LANES>, s: &mut LaneState<LANES>) {
    for part_s in [FOLLOW_S, 2.0 * FOLLOW_S] {
        for _ in 0..ticks(2.0 * FOLLOW_S) {
            quiet_tick(p, set, acts, s);
            follow(p, set, acts, s, TICK_S / part_s);
        }
    }
    set.reflexes = Pack::of(1.0);
    set.blood_ml = s.blood_ml();
}

fn follow<const N: usize>(p: &Parameters<N>, set: &mut SetPoints<N>, acts: &Acts<N>, s: &LaneState<N>, part: f64) {
    let capillary = capillary_mmhg(p, set, acts, s, s.circulation.mean[1]);
    let last = (s.tick as usize + RING - 1) % RING;
    let to = |at: &mut Pack<N>, seen: Pack<N>| *at += (seen - *at) * part;
    to(&mut set.signal, s.sympathetic[last]);
    to(&mut set.vagus, s.vagal[last]);
    to(&mut set.arterial_mmhg, s.circulation.tick_sum[0] * (1.0 / TICK_S));
    to(&mut set.atrium_mmhg, s.circulation.tick_sum[1] * (1.0 / TICK_S));
    to(&mut set.kidney_mmhg, s.circulation.mean[1]);
    to(&mut set.capillary_mmhg, capillary);
    to(&mut set.gas_mmhg[0], s.slow.arterial[1]);
    to(&mut set.gas_mmhg[1], s.slow.arterial[0]);
    to(&mut set.output_ml_s, s.circulation.mean[5]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whole::Vitals;

    fn probe() -> RestingProbe {
        RestingProbe::new(&Physique::reference_man(), &Acts::rest()).unwrap()
    }

    fn nearby(man: &Variant, change: impl Fn(&mut Parameters<1>), blood: f64) -> Variant {
        let mut variant = man.clone();
        change(&mut variant.parameters);
        variant.blood_ml *= blood;
        variant
    }

    /// Agree with the patient who settles with everything on, far from the start, and not depend on the neighbours.
    #[test]
    fn agrees_with_the_whole_patient() {
        let (probe, acts) = (probe(), Acts::rest());
        let man = probe.himself();
        let variants = [
            nearby(man, |_| {}, 1.0),
            nearby(man, |p| (p.lv_ees, p.rate_rest) = (p.lv_ees * 0.7, p.rate_rest * 1.2), 1.05),
            nearby(man, |p| (p.ao_c, p.sa_c, p.gut_ra) = (p.ao_c * 0.6, p.sa_c * 0.6, p.gut_ra * 1.5), 0.95),
        ];
        let seen = probe.resting(&variants);
        let again = probe.resting(&variants[2..]);
        assert_eq!(seen[2], again[0]);
        for (variant, fast) in variants.iter().zip(seen) {
            let fast = fast.unwrap();
            let whole = probe.settle(variant).unwrap();
            let mut state = whole.state();
            let mut sums = [0.0; 12];
            for _ in 0..60 {
                (0..20).for_each(|_| whole.tick(&mut state, &acts));
                let vitals = Vitals::of(&state).values();
                for (sum, name) in sums.iter_mut().zip(Resting::NAMES) {
                    *sum += vitals[Vitals::NAMES.iter().position(|n| *n == name).unwrap()] / 60.0;
                }
            }
            for ((name, slow), fast) in Resting::NAMES.iter().zip(sums).zip(fast.values) {
                // 1.5 % or half a unit (mmHg): what fluids and gases add in eighteen minutes.

                assert!((slow - fast).abs() < 0.015 * slow.abs() + 0.3, "{name}: {slow} with everything, {fast} without");
            }
        }
    }

    /// Raise the systolic reading alone with a taller pulse at the wrist.
    #[test]
    fn a_taller_pulse_is_read() {
        let probe = probe();
        let seen = probe.resting(&[nearby(probe.himself(), |p| p.pulse_gain = Pack::of(1.4), 1.0), nearby(probe.himself(), |_| {}, 1.0)]);
        let [tall, plain] = [0, 1].map(|i| *seen[i].as_ref().unwrap());
        let pulse = |r: &Resting| r.values[1] - r.values[2];
        assert!((pulse(&tall) / pulse(&plain) - 1.4).abs() < 1e-9);
        assert_eq!((tall.values[2], tall.values[3], tall.values[8]), (plain.values[2], plain.values[3], plain.values[8]));
    }

    /// Set a diverging variant apart.
    #[test]
    fn a_diverging_variant_is_set_apart() {
        let probe = probe();
        let bad = nearby(probe.himself(), |p| p.lv_ees = Pack::of(f64::NAN), 1.0);
        let seen = probe.resting(&[bad, nearby(probe.himself(), |_| {}, 1.0)]);
        assert!(seen[0].is_err() && seen[1].is_ok());
    }
}
