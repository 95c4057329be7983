//! Claims about `proband-tissue`.

use crate::Claim;

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[];
