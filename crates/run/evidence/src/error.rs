//! What can be wrong with a run folder.

use std::path::PathBuf;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The folder holds no run.
    #[error("{}: not the folder of a run: {what}", path.display())]
    NotARun {
        /// The folder, or the file in it that is wrong.
        path: PathBuf,
        /// What was expected there.
        what: String,
    },
    /// `run.toml` cannot be used, or a file cannot be written.
    #[error(transparent)]
    Record(#[from] proband_record::RecordError),
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A picture that cannot be encoded.
    #[error("picture {name}: {what}")]
    Picture {
        /// Name of the picture.
        name: String,
        /// What is wrong.
        what: String,
    },
}
