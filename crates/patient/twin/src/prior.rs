//! Every uncertain number of a blood draw, conditioned on the person.

use crate::{Parameter, Person};

/// Every uncertain parameter of a person with distribution, SI unit, source and status.
#[must_use]
pub fn priors(person: &Person) -> Vec<Parameter> {
    let _ = person;
    Vec::new()
}
