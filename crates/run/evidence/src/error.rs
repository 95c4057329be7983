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
    /// `run.toml` says something that cannot be used.
    #[error("{}: {what}", path.display())]
    BadRunFile {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        what: String,
    },
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
    /// A value that cannot be digested.
    #[error("digest of table {table}: {what}")]
    Digest {
        /// Name of the table.
        table: String,
        /// What is wrong.
        what: String,
    },
}
