//! Signal temporal logic: how far a trace is from breaking a rule.
//!
//! ρ > 0 means that the rule holds, and |ρ| how much a sample may change before the answer does.
//! Windows are clipped at the ends of a trace; over an empty window `always` is +∞ and `eventually` −∞.
//!
//! # Source
//! Maler & Nickovic 2004 (FORMATS); Donzé & Maler 2010 (FORMATS); online bounds: Deshmukh et al. 2017, Form Methods Syst Des 51:5.

mod dense;
mod discrete;
mod error;
mod formula;
mod online;
mod parse;
mod trace;
mod window;

pub use dense::Steps;
pub use error::LogicError;
pub use formula::{Comparison, Formula, Node, Window};
pub use online::{Bounds, OnlineMonitor, SAMPLE_COUNT_MAX, Watch};
pub use parse::{DEPTH_MAX, NODE_COUNT_MAX, TEXT_BYTES_MAX};
pub use trace::{Trace, check_uniform};
