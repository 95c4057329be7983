//! One patient's twin: parameters with uncertainty, truth for the scorer, belief for the robot, populations.
//!
//! * [`Person`] → [`priors`] → [`Twin`]: who, and every uncertain number with distribution, unit, source, status.
//! * [`Truth::draw`]: one draw of everything; only the scene and the scorer hold it.
//! * [`SiteBelief`]: what a robot believes about a vein, from the twin and from measurements; it holds no truth.
//! * [`calibrate`]: readings narrow the factors of the whole patient; [`Twin::whole_patient`] is who he then is.
//! * [`Watch`]: the twin beside a monitor.
//! * [`Population`]: people by number; patient i depends on (seed, i) only.
//! * [`Pack`], [`Mix`]: conditions as data, and who has them.

mod adult;
mod assemble;
mod belief;
mod calibrate;
mod disk;
mod error;
mod expect;
mod history;
mod live;
mod measurement;
mod measurements;
mod pack;
mod parameter;
mod parameter_table;
mod person;
mod population;
mod prior;
mod strict;
mod truth;
mod twin;
mod values;
mod whole;
mod whole_population;
mod whole_table;

pub use belief::{Quantity, SiteBelief, UpdateOutcome};
pub use calibrate::{
    Calibration, Drift, FACTOR_COUNT, FACTORS, Factor, FactorOutcome, Interval, Reading, ReadingOutcome, RunningDose, WholeBelief,
    acts_under, calibrate, variant,
};
pub use error::TwinError;
pub use history::HistoryEntry;
pub use live::{Alarm, FORECAST_S, LIMITS, LIVE_NAMES, LiveFilter, LiveFrame, LiveModel, LiveStep, Watch};
pub use measurement::{Measurement, SoundModel};
pub use measurements::{Fact, Measurements};
pub use pack::{
    ArmRule, Behaviour, Code, CodeSystem, Covariate, Drawn, Expect, Measure, Mix, MixEntry, MixStratum, PACK_NAMES, Pack, PackPrevalence,
    PersonChange, Relative, Statistic, Together, Transform, alter_parameters, built_in_pack, person_with, twin_with,
};
pub use parameter::Parameter;
pub use person::{Conditions, PSEUDONYM_LENGTH_MAX, Person, Sex, Unrecorded};
pub use population::{Patient, Population, Prevalence, sample};
pub use prior::priors;
pub use truth::Truth;
pub use twin::Twin;
pub use whole_population::{RESTING_RANGES, RestingRange, WholePopulation, WholeSample, whole_population};
