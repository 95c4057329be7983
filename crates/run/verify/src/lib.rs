//! Every claim with its expected value, source and tolerance, computed anew.
//!
//! A claim is a folder `verify/<id>/case.toml` (what is expected, from where, how close) and a function
//! that computes the values. `proband verify` prints both side by side.
//!
//! A claim cannot pass by not being computed: an expectation without a value, a value without an
//! expectation, a value that is not a number, two of one name and a computation that gives up or panics
//! are failures, each with its own line in the [`Report`].
//!
//! ```
//! let mut ticks = 0.0;
//! let no_clock = || 0.0;
//! let selection = proband_verify::Selection { filter: &["philox"], include_slow: false, include_long: false, threads: 1 };
//! let report = proband_verify::run(&selection, &no_clock, &mut |_| ticks += 1.0)?;
//! assert!(report.passed() && ticks > 0.0);
//! println!("{report}");
//! # Ok::<(), proband_verify::VerifyError>(())
//! ```

mod case;
mod claims;
mod error;
mod replication;
mod report;
mod runner;

pub use case::{Case, Expectation, Target};
pub use claims::whole_card::{Cell, Grade, NOT_MODELLED, PULSE, Scorecard};
pub use error::VerifyError;
pub use report::{Outcome, Report};
pub use runner::{Clock, Listener, Progress, Selection, run, run_claims};

/// One computed value, matched by `name` with an `[[expect]]` entry of the claim's `case.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Obtained {
    /// Name of the expectation.
    pub name: String,
    /// Computed value in the unit that the expectation states.
    pub value: f64,
}

impl Obtained {
    /// A computed value.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value }
    }
}

/// A claim: its folder's name, its text and the function that computes it.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Folder under `verify/`.
    pub id: &'static str,
    /// Contents of `verify/<id>/case.toml` (`include_str!`).
    pub case: &'static str,
    /// Computes the values anew. The error says what could not be computed.
    pub compute: fn() -> Result<Vec<Obtained>, String>,
}

/// Every claim of the program.
pub fn claims() -> impl Iterator<Item = &'static Claim> {
    claims::ALL.iter().flat_map(|list| list.iter())
}
