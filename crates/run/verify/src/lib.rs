//! Every claim with its expected value, source and tolerance, computed anew.
//!
//! A claim is a folder `verify/<id>/case.toml` (what is expected, from where, how close) and a function
//! that computes the values. `proband verify` prints both side by side.

mod claims;

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
