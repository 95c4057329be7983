//! What acts in a scenario, and what is read at the end of a segment.

use proband_physiology::Effects;
use proband_physiology::drug::{DrugInPatient, DrugPatient, DrugReadings, DrugState, KineticsInput, builtin_drug};
use proband_physiology::whole::{Acts, LaneState, Pack, Vitals, WholePatient};

/// Means are taken over the last seconds of a segment.
const WINDOW_S: u32 = 20;
/// Below this a breath moves no air [mL].
const NO_AIR_ML: f64 = 20.0;
/// Flow that counts as one [mL/s].
const FLOW_ML_S: f64 = 15.0;

/// A number in one lane.
pub(super) fn one(x: f64) -> Pack<1> {
    Pack([x])
}

/// What is changed at the start of a segment.
pub(super) struct Hand {
    pub(super) acts: Acts<1>,
    pub(super) effects: Effects,
    /// Drugs given now: name and amount in the unit of their file.
    pub(super) boluses: Vec<(&'static str, f64)>,
    /// Infusion from now on: name and amount per minute.
    pub(super) infusion: Option<(&'static str, f64)>,
}

impl Hand {
    /// Breathing by a ventilator of a set volume [mL] at a rate [1/min], with inspiration as a share of the cycle.
    pub(super) fn ventilate(&mut self, rate: f64, volume: f64, peep: f64, share: f64) {
        let a = &mut self.acts;
        (a.ventilator, a.ventilator_rate, a.ventilator_size) = (one(1.0), one(rate), one(volume));
        (a.peep_cmh2o, a.ventilator_inspiration) = (one(peep), one(share));
    }
}

/// Quantities by name.
#[derive(Clone, Debug)]
pub(super) struct Seen(Vec<(&'static str, f64)>);

impl Seen {
    pub(super) fn get(&self, name: &str) -> f64 {
        self.0.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, value)| *value)
    }
}

struct Given {
    model: DrugInPatient,
    state: DrugState,
    rate: f64,
}

/// Time in and out over whole breaths: parts of one at the ends of the window do not count.
#[derive(Default)]
struct Breaths {
    last_s: f64,
    begun: bool,
    now: [f64; 2],
    whole: [f64; 2],
}

impl Breaths {
    fn see(&mut self, breath_s: f64, inwards: bool) {
        if breath_s < self.last_s {
            if self.begun {
                self.whole = [self.whole[0] + self.now[0], self.whole[1] + self.now[1]];
            }
            (self.begun, self.now) = (true, [0.0; 2]);
        }
        self.last_s = breath_s;
        self.now[usize::from(!inwards)] += 1.0;
    }

    fn ratio(&self) -> f64 {
        self.whole[0] / self.whole[1].max(1.0)
    }
}

/// A patient on his way through a scenario.
pub(super) struct Course {
    hand: Hand,
    state: LaneState<1>,
    drugs: Vec<Given>,
}

impl Course {
    pub(super) fn new(patient: &WholePatient) -> Self {
        let hand = Hand { acts: Acts::rest(), effects: Effects::NONE, boluses: Vec::new(), infusion: None };
        Self { hand, state: patient.state(), drugs: Vec::new() }
    }

    pub(super) fn hand(&mut self) -> &mut Hand {
        &mut self.hand
    }

    fn drug(&mut self, name: &str) -> Result<&mut Given, String> {
        if let Some(at) = self.drugs.iter().position(|given| given.model.name() == name) {
            return Ok(&mut self.drugs[at]);
        }
        let person = DrugPatient::healthy(44.0, 77.1, 1.8034, true);
        let drug = builtin_drug(name).map_err(|error| error.to_string())?;
        let model = DrugInPatient::new(&drug, "", &person, 1.0).map_err(|error| error.to_string())?;
        let state = model.state();
        self.drugs.push(Given { model, state, rate: 0.0 });
        self.drugs.last_mut().ok_or_else(|| "no drug".to_owned())
    }

    /// Let one second pass; `see` looks after each tick.
    fn second(&mut self, patient: &WholePatient, mut see: impl FnMut(&LaneState<1>)) {
        let (mut effects, mut readings) = (self.hand.effects, DrugReadings::NONE);
        for given in &mut self.drugs {
            given.model.step(&mut given.state, &KineticsInput { infusion_per_s: given.rate }, 1.0);
            given.model.act(&given.state, &mut effects, &mut readings);
        }
        self.hand.acts.set_effects(&effects);
        for _ in 0..20 {
            patient.tick(&mut self.state, &self.hand.acts);
            see(&self.state);
        }
    }

    /// Give what is in the hand and let the segment pass, but for the window at its end.
    pub(super) fn pass(&mut self, patient: &WholePatient, seconds: u32) -> Result<(), String> {
        for (name, amount) in std::mem::take(&mut self.hand.boluses) {
            let given = self.drug(name)?;
            let amount = amount * given.model.amount_unit();
            given.model.kinetics().bolus(&mut given.state.kinetics, amount);
        }
        if let Some((name, per_min)) = self.hand.infusion.take() {
            let given = self.drug(name)?;
            given.rate = per_min / 60.0 * given.model.amount_unit();
        }
        for _ in 0..seconds.saturating_sub(WINDOW_S) {
            self.second(patient, |_| {});
        }
        patient.check(&self.state).map_err(|error| error.to_string())
    }

    /// Watch the window at the end of a segment.
    pub(super) fn seen(&mut self, patient: &WholePatient) -> Result<Seen, String> {
        let mut sums = vec![0.0; Vitals::NAMES.len()];
        let (mut out, mut gut, mut breaths_seen) = (0.0_f64, 0.0, Breaths::default());
        let gas = |s: &LaneState<1>| s.slow.gas_account.map(|x| x.0[0]);
        let start = gas(&self.state);
        let resistance = patient.parameters.gut_rv.0[0];
        for _ in 0..WINDOW_S {
            self.second(patient, |s| {
                let flow = s.slow.airway[1].0[0];
                out = out.max(-flow);
                breaths_seen.see(s.slow.breath_s.0[0], flow > FLOW_ML_S);
                let p = &s.circulation.vessel_mmhg;
                gut += (p[4].0[0] - p[8].0[0]) / resistance;
            });
            for (sum, x) in sums.iter_mut().zip(Vitals::of(&self.state).values()) {
                *sum += x / f64::from(WINDOW_S);
            }
        }
        patient.check(&self.state).map_err(|error| error.to_string())?;
        let mut seen: Vec<(&'static str, f64)> = Vitals::NAMES.iter().copied().zip(sums).collect();
        let at = |name: &str| Seen(seen.clone()).get(name);
        let per_min = 60.0 / f64::from(WINDOW_S);
        let end = gas(&self.state);
        let output = at("output_l_min") / 0.06;
        let breaths = if at("tidal_ml") > NO_AIR_ML { at("breath_rate_per_min") } else { 0.0 };
        let fraction = self.hand.acts.inspired_oxygen.0[0];
        seen.extend([
            ("breaths_per_min", breaths),
            ("breathed_l_min", 1e-3 * breaths * at("tidal_ml")),
            ("expiratory_peak_ml_s", out),
            ("inspiration_over_expiration", breaths_seen.ratio()),
            ("systemic_resistance", (at("mean_mmhg") - at("central_venous_mmhg")) / output.max(1e-6)),
            ("lung_resistance", (at("lung_mean_mmhg") - at("wedge_mmhg")) / output.max(1e-6)),
            ("coronary_perfusion_mmhg", at("diastolic_mmhg") - at("central_venous_mmhg")),
            ("oxygen_use_l_min", 1e-3 * per_min * (end[1] - start[1])),
            ("carbon_dioxide_made_l_min", 1e-3 * per_min * (end[3] - start[3])),
            ("gut_ml_min", 60.0 * gut / f64::from(20 * WINDOW_S)),
            ("oxygen_over_fraction_mmhg", at("oxygen_mmhg") / fraction),
        ]);
        Ok(Seen(seen))
    }
}
