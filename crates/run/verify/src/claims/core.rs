//! Claims about `proband-core`.

use crate::Claim;

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[];
