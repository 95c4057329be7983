//! Claims about `proband-light`.

use crate::Claim;

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[];
