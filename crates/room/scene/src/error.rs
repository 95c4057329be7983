//! What can go wrong in a scene.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SceneError {
    /// A part of the scene refused its specification.
    #[error("{part}: {what}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What it said.
        what: String,
    },
    /// A fault that cannot be planned.
    #[error("{what}")]
    Fault {
        /// What is wrong, with the value and what is accepted.
        what: String,
        /// First byte of the wrong piece of the text it was read from.
        start: u32,
        /// Byte after its last one; equal to `start` when it was read from no text.
        end: u32,
    },
    /// A saved scene that does not fit.
    #[error("saved scene: {what}")]
    Saved {
        /// What is wrong.
        what: String,
    },
}

/// Wrap a part's error with the part's name.
pub(crate) fn part<E: std::fmt::Display>(part: &'static str) -> impl Fn(E) -> SceneError {
    move |e| SceneError::Part { part, what: e.to_string() }
}
