//! What can go wrong in a run.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The patient could not be drawn from the twin.
    #[error("twin: {0}")]
    Twin(#[from] proband_twin::TwinError),
    /// The controller refused what it was told.
    #[error("controller: {0}")]
    Procedure(#[from] proband_procedure::ProcedureError),
    /// The scene refused its specification.
    #[error("scene: {0}")]
    Scene(#[from] proband_scene::SceneError),
    /// The bronchoscopy refused its specification.
    #[error("bronchoscopy: {0}")]
    Bronchoscopy(#[from] proband_bronchoscopy::BronchoscopyError),
    /// A record could not be made or written.
    #[error("record: {0}")]
    Record(#[from] proband_record::RecordError),
    /// A table was put together wrongly.
    #[error("table: {0}")]
    Table(#[from] proband_core::CoreError),
    /// A picture could not be encoded.
    #[error("picture {name}: {what}")]
    Picture {
        /// Which.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A safety requirement that cannot be watched.
    #[error("requirement \"{id}\": {what}")]
    Safety {
        /// Which.
        id: String,
        /// What is wrong.
        what: String,
        /// First byte of the wrong piece of the rule.
        start: u32,
        /// Byte after its last one; equal to `start` when it is not the rule.
        end: u32,
    },
    /// A trial whose parts do not fit.
    #[error("trial: {what}")]
    Trial {
        /// What does not fit.
        what: String,
    },
    /// A session that cannot be replayed, or an order that cannot be given.
    #[error("session: {what}")]
    Session {
        /// What is wrong.
        what: String,
    },
    /// A journal that cannot be read or written.
    #[error("{}: {what}", path.display())]
    Journal {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A journal that somebody else is writing.
    #[error("{}: is being written by another process", path.display())]
    Busy {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The caller asked to stop.
    #[error("interrupted after {finished} of {count}")]
    Interrupted {
        /// What was finished.
        finished: u32,
        /// Of how many.
        count: u32,
    },
}
