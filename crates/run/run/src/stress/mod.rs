//! Stress tests: an adversary over faults, anatomy and chance looks for the case in which a rule is broken.
//!
//! A [`Problem`] is a base rehearsal, a [`Space`] of what may vary, each with its law, and [`Requirement`]s in signal temporal logic.
//! A [`Runner`] evaluates cases on all cores and keeps them in a journal; [`search`] looks for the most likely failure and makes it
//! small, [`risk`] estimates how probable failures are, [`influence`] which input matters. Every number is a function of problem and
//! seed alone, for any number of threads and after any interruption.

mod evaluate;
mod influence;
mod journal;
mod problem;
mod requirement;
mod risk;
mod runner;
mod search;
mod sentence;
mod signals;
mod space;
mod tables;

pub use evaluate::{ENDPOINTS, Evaluation, Traced, evaluate, trace};
pub use influence::{Influence, InfluencePlan, InfluenceRow, influence};
pub use problem::Problem;
pub use requirement::Requirement;
pub use risk::{Estimator, RiskPlan, RiskRow, crude_count, risk};
pub use runner::{Progress, Runner};
pub use search::{Found, Goal, Method, Minimal, SearchPlan, SearchReport, search};
pub use sentence::{amount, sentence};
pub use signals::SIGNALS;
pub use space::{COORDINATE_MAX, FaultPart, FaultPlan, Space, Target, Vary};
pub use tables::{influence_tables, risk_tables, search_tables};
