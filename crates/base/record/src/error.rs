//! What can be wrong with a record.

use std::path::PathBuf;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The disk is full.
    #[error("no space left on the disk while {doing} {}", path.display())]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The output folder is there already.
    #[error("{} exists; choose another folder or ask to overwrite it", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder is there and holds something other than a run: it is not overwritten.
    #[error("{} holds no run.toml, so it is not a run of Proband and is not overwritten", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// A name that is no plain file name.
    #[error("\"{name}\" cannot be a file name here: use a to z, 0 to 9, dot, hyphen and underscore, at most 100 of them, not a dot first")]
    BadName {
        /// The name.
        name: String,
    },
    /// A key that is none.
    #[error("key: {what}")]
    Key {
        /// What is wrong.
        what: String,
    },
    /// A table that cannot be written: columns of different lengths, two of one name.
    #[error("table {table}: {what}")]
    Table {
        /// Name of the table.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// A file that is no table of ours.
    #[error("{place}: not a readable table: {what}")]
    Format {
        /// File, or "bytes".
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file that declares more than the reader accepts.
    #[error("{place}: {what} is {found}, the limit is {limit}")]
    TooLarge {
        /// File, or "bytes".
        place: String,
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: u64,
        /// How much is accepted.
        limit: u64,
    },
    /// The contents are not those that were written.
    #[error("{place}: contents and digest differ (stored {stored}, found {found}); the file was changed after it was written")]
    Digest {
        /// File, or "bytes".
        place: String,
        /// Digest in the file.
        stored: String,
        /// Digest of the contents.
        found: String,
    },
    /// A `run.toml` that cannot be read or written.
    #[error("{place}: {what}")]
    Manifest {
        /// File.
        place: String,
        /// Field and what is wrong with it.
        what: String,
    },
}

impl RecordError {
    /// The error of an operation on a path; a full disk is told apart.
    pub(crate) fn io(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { doing, path },
            _ => Self::Io { doing, path, source },
        }
    }

    /// The same error with the place filled in: parsers of bytes do not know the file.
    pub(crate) fn at(self, path: &std::path::Path) -> Self {
        let there = path.display().to_string();
        match self {
            Self::Format { what, .. } => Self::Format { place: there, what },
            Self::TooLarge { what, found, limit, .. } => Self::TooLarge { place: there, what, found, limit },
            Self::Digest { stored, found, .. } => Self::Digest { place: there, stored, found },
            Self::Manifest { what, .. } => Self::Manifest { place: there, what },
            other => other,
        }
    }
}
