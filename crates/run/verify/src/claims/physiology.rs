//! Claims about `proband-physiology`.

use crate::Claim;

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[];
