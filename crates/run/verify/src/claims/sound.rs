//! Claims about `proband-sound`.

use crate::Claim;

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[];
