//! Looking for the inputs that break a rule: falsification and adaptive stress testing.
//!
//! [`Falsifier`] minimises a robustness over a box with few evaluations. The stress searches disturb a [`Simulation`] step by step and
//! look for its *most likely* failure: the log-probability of each disturbance is taken relative to the mode of its law, so that a
//! short episode gets no prize for having fewer factors.

mod annealing;
mod cluster;
mod cma_es;
mod cross_entropy;
mod error;
mod evaluate;
mod falsify;
mod functions;
mod gaussian_walk;
mod minimise;
mod stress;
mod tree_search;

pub use annealing::dual_annealing;
pub use cluster::{Cluster, cluster_failures};
pub use cma_es::cma_es;
pub use cross_entropy::cross_entropy_search;
pub use error::SearchError;
pub use evaluate::{Found, Objective, SearchBox};
pub use falsify::{Falsifier, falsify, random_search};
pub use functions::{himmelblau, rosenbrock};
pub use gaussian_walk::{Walk1d, walk_failure_probability, walk_log_density};
pub use minimise::{Minimised, minimise_failure};
pub use stress::{Episode, Failure, Simulation, StressReport, StressSettings, event_bonus, replay, stress_optimise, stress_random};
pub use tree_search::{TreeSearch, stress_tree};
