//! Every uncertain number of a blood draw, conditioned on the person.

mod arm;
mod body;
mod imaging;
mod needle;
mod vein;

use crate::adult::Covariates;
use crate::parameter::List;
use crate::{Parameter, Person};

pub(crate) use vein::{DEPTH_MAX_M, DEPTH_MIN_M, DIAMETER_MAX_M, DIAMETER_MIN_M, LAYOUT_PREFIX};

/// Every uncertain parameter of a person with distribution, SI unit, source and status.
///
/// The names and units are the same for every person; only the distributions differ.
#[must_use]
pub fn priors(person: &Person) -> Vec<Parameter> {
    let covariates = Covariates::of(person);
    let mut list = List(Vec::with_capacity(160));
    arm::add(&mut list, person, &covariates);
    vein::add(&mut list, &covariates);
    imaging::add_optics(&mut list, person);
    imaging::add_sound(&mut list);
    needle::add(&mut list, person);
    body::add_venous(&mut list, person);
    body::add_motion(&mut list, person);
    body::add_after(&mut list, person);
    list.0
}
