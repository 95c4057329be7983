//! Kinetics of one drug in one patient, advanced exactly.

use serde::{Deserialize, Serialize};

use super::compartments::Compartments;
use super::exponential::{Matrix, SIZE_MAX, exponential};
use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Most effect sites of one drug.
pub const SITE_COUNT_MAX: usize = 4;
/// Most oral doses that wait for their lag at one time.
pub const PENDING_COUNT_MAX: usize = 16;

/// Absorption from the gut or a muscle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Absorption {
    /// First-order rate [1/s].
    pub rate_per_s: f64,
    /// Time before it starts [s].
    pub lag_s: f64,
    /// Part of the dose that arrives [1].
    pub bioavailability: f64,
}

/// What is fixed about one drug in one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KineticsSpec {
    /// Volumes and rates.
    pub compartments: Compartments,
    /// Rate of each effect site [1/s], at most [`SITE_COUNT_MAX`].
    pub ke0_per_s: Vec<f64>,
    /// Absorption of doses that are swallowed or injected beside a vein.
    pub absorption: Option<Absorption>,
    /// Step for which the exponential is kept ready [s].
    pub tick_s: f64,
}

/// An amount: kg, or the units of activity that the drug is measured in. Concentrations are amounts per m³.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KineticsState {
    /// In each compartment.
    pub amount: [f64; 3],
    /// Waiting to be absorbed.
    pub depot: f64,
    /// Gone.
    pub eliminated: f64,
    /// Concentration at each effect site [amount/m³].
    pub site_per_m3: [f64; SITE_COUNT_MAX],
    /// Swallowed, lag not over: time left [s] and amount that will arrive.
    pub pending: Vec<(f64, f64)>,
    /// Everything that was given and arrived or will arrive.
    pub given: f64,
}

/// What goes into the central compartment during a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KineticsInput {
    /// Rate of the infusion, constant over the step [amount/s].
    pub infusion_per_s: f64,
}

/// One drug in one patient. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct KineticsModel {
    spec: KineticsSpec,
    generator: Matrix,
    size: usize,
    tick: Transition,
}

/// The exact solution over one length of step.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    dt_s: f64,
    /// Rows: three compartments and what is gone; columns: the compartments, depot, infusion.
    central: [[f64; 5]; 4],
    depot: f64,
    /// Rows: effect sites; columns: the compartments, depot, infusion, itself.
    site: [[f64; 6]; SITE_COUNT_MAX],
    site_count: u32,
    third: bool,
}

const GONE: usize = 3;
const DEPOT: usize = 4;
const SITES: usize = 5;

impl KineticsModel {
    /// Check the specification and prepare the step of `tick_s`.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: KineticsSpec) -> Result<Self, PhysiologyError> {
        spec.compartments.check()?;
        check("tick_s", spec.tick_s, 1e-6, 1e7, "s")?;
        check("ke0 count", spec.ke0_per_s.len() as f64, 0.0, SITE_COUNT_MAX as f64, "1")?;
        for ke0 in &spec.ke0_per_s {
            check("ke0", *ke0, 1e-12, 10.0, "1/s")?;
        }
        if let Some(absorption) = &spec.absorption {
            check("ka", absorption.rate_per_s, 1e-12, 10.0, "1/s")?;
            check("lag", absorption.lag_s, 0.0, 1e6, "s")?;
            check("bioavailability", absorption.bioavailability, 0.0, 1.0, "1")?;
        }
        let (generator, size) = generator(&spec);
        let tick = transition(&generator, size, &spec, spec.tick_s);
        Ok(Self { spec, generator, size, tick })
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &KineticsSpec {
        &self.spec
    }

    /// Nothing given yet.
    #[must_use]
    pub fn state(&self) -> KineticsState {
        KineticsState { amount: [0.0; 3], depot: 0.0, eliminated: 0.0, site_per_m3: [0.0; SITE_COUNT_MAX], pending: Vec::new(), given: 0.0 }
    }

    /// Give a bolus into the central compartment. Negative or not finite: nothing.
    pub fn bolus(&self, state: &mut KineticsState, amount: f64) {
        let amount = finite_or(amount, 0.0).max(0.0);
        state.amount[0] += amount;
        state.given += amount;
    }

    /// Give a dose by mouth (or into a muscle). Returns whether it was taken: false without a model of absorption or
    /// with [`PENDING_COUNT_MAX`] doses on their way.
    pub fn dose_absorbed(&self, state: &mut KineticsState, amount: f64) -> bool {
        let Some(absorption) = self.spec.absorption else { return false };
        if state.pending.len() >= PENDING_COUNT_MAX {
            return false;
        }
        let arriving = finite_or(amount, 0.0).max(0.0) * absorption.bioavailability;
        state.given += arriving;
        if absorption.lag_s > 0.0 {
            state.pending.push((absorption.lag_s, arriving))
        } else {
            state.depot += arriving
        }
        true
    }

    /// Concentration in plasma [amount/m³].
    #[must_use]
    pub fn plasma_per_m3(&self, state: &KineticsState) -> f64 {
        state.amount[0] / self.spec.compartments.v1_m3
    }

    /// Advance by `dt_s` with a constant infusion; exact for any length. The step `tick_s` is the fast one.
    pub fn step(&self, state: &mut KineticsState, input: &KineticsInput, dt_s: f64) {
        let mut left = finite_or(dt_s, 0.0).max(0.0);
        let rate = finite_or(input.infusion_per_s, 0.0).max(0.0);
        // A lag that ends inside the step cuts it in two.
        while let Some(first) = state.pending.iter().map(|p| p.0).reduce(f64::min).filter(|first| *first <= left) {
            self.apply(state, rate, first);
            left -= first;
            for pending in &mut state.pending {
                pending.0 -= first;
            }
            state.depot += state.pending.iter().filter(|p| p.0 <= 0.0).map(|p| p.1).sum::<f64>();
            state.pending.retain(|p| p.0 > 0.0);
        }
        for pending in &mut state.pending {
            pending.0 -= left;
        }
        self.apply(state, rate, left);
    }

    fn apply(&self, state: &mut KineticsState, rate: f64, dt_s: f64) {
        if dt_s == self.tick.dt_s {
            self.tick.apply(state, rate);
        } else if dt_s > 0.0 {
            self.transition(dt_s).apply(state, rate);
        }
        state.given += rate * dt_s;
    }

    /// The exact solution over a step of this length, to be used again.
    #[must_use]
    pub fn transition(&self, dt_s: f64) -> Transition {
        transition(&self.generator, self.size, &self.spec, dt_s)
    }
}

impl Transition {
    /// Advance compartments and sites. Does not look at doses that wait, and does not count what is given.
    #[inline]
    pub fn apply(&self, state: &mut KineticsState, infusion_per_s: f64) {
        let [x1, x2, x3] = state.amount;
        let (depot, u) = (state.depot, infusion_per_s);
        let row = |r: &[f64; 5]| r[0] * x1 + r[1] * x2 + r[2] * x3 + r[3] * depot + r[4] * u;
        state.amount[0] = row(&self.central[0]);
        state.amount[1] = row(&self.central[1]);
        if self.third {
            state.amount[2] = row(&self.central[2]);
        }
        state.eliminated += row(&self.central[3]);
        for (site, r) in state.site_per_m3.iter_mut().zip(&self.site).take(self.site_count as usize) {
            *site = r[0] * x1 + r[1] * x2 + r[2] * x3 + r[3] * depot + r[4] * u + r[5] * *site;
        }
        state.depot = self.depot * depot;
    }
}

/// ẋ = A x over (three compartments, gone, depot, sites, infusion).
fn generator(spec: &KineticsSpec) -> (Matrix, usize) {
    let c = &spec.compartments;
    let mut a = [[0.0; SIZE_MAX]; SIZE_MAX];
    a[0][0] = -(c.k10_per_s + c.k12_per_s + c.k13_per_s);
    a[1][0] = c.k12_per_s;
    a[2][0] = c.k13_per_s;
    a[GONE][0] = c.k10_per_s;
    if c.k12_per_s > 0.0 {
        a[0][1] = c.k21_per_s;
        a[1][1] = -c.k21_per_s;
    }
    if c.k13_per_s > 0.0 {
        a[0][2] = c.k31_per_s;
        a[2][2] = -c.k31_per_s;
    }
    if let Some(absorption) = &spec.absorption {
        a[0][DEPOT] = absorption.rate_per_s;
        a[DEPOT][DEPOT] = -absorption.rate_per_s;
    }
    for (index, ke0) in spec.ke0_per_s.iter().enumerate() {
        a[SITES + index][0] = ke0 / c.v1_m3;
        a[SITES + index][SITES + index] = -ke0;
    }
    let infusion = SITES + spec.ke0_per_s.len();
    a[0][infusion] = 1.0;
    (a, infusion + 1)
}

fn transition(generator: &Matrix, size: usize, spec: &KineticsSpec, dt_s: f64) -> Transition {
    let e = exponential(generator, size, dt_s);
    let infusion = size - 1;
    let five = |row: &[f64; SIZE_MAX]| [row[0], row[1], row[2], row[DEPOT], row[infusion]];
    let mut site = [[0.0; 6]; SITE_COUNT_MAX];
    for (index, out) in site.iter_mut().enumerate().take(spec.ke0_per_s.len()) {
        let row = &e[SITES + index];
        *out = [row[0], row[1], row[2], row[DEPOT], row[infusion], row[SITES + index]];
    }
    Transition {
        dt_s,
        central: [five(&e[0]), five(&e[1]), five(&e[2]), five(&e[GONE])],
        depot: e[DEPOT][DEPOT],
        site,
        site_count: spec.ke0_per_s.len() as u32,
        third: spec.compartments.k13_per_s > 0.0,
    }
}
