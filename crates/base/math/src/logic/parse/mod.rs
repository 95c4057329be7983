//! Text to formula, in a syntax close to RTAMT's.
//!
//! From loose to tight: `iff <->`, `xor`, `implies ->` (to the right), `or |`, `and &`, `until U`, `since S`, then
//! `not !`, `always G`, `eventually F`, `historically H`, `once O`, `next X`, `prev Y`, then comparisons, `+ -`, `* /`, `-`.
//! Windows are `[a,b]` or `[a:b]` after the operator, in seconds or with `s`, `ms`, `us`, `min`; `inf` for no end.
//! Functions: `abs(x)`, `rise(φ)`, `fall(φ)`. Numbers and names as usual; `true`, `false`.

mod lexer;
mod parser;

/// Longest text.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Most nodes.
pub const NODE_COUNT_MAX: usize = 10_000;
/// Deepest nesting.
pub const DEPTH_MAX: usize = 100;

use super::{Formula, LogicError};

impl Formula {
    /// Read a formula.
    ///
    /// # Errors
    /// [`LogicError::Syntax`] with the place, [`LogicError::TooLarge`].
    pub fn parse(text: &str) -> Result<Self, LogicError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(LogicError::TooLarge { name: "text in bytes", found: text.len(), max: TEXT_BYTES_MAX });
        }
        parser::parse(&lexer::tokens(text)?)
    }
}
