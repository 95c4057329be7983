//! Why a chart cannot be read. No message ever holds a name, an address or an identifier.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// Nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// Larger than the limit that the caller set.
    #[error("the file holds {size_bytes} bytes, at most {max_bytes} are read")]
    TooLarge {
        /// Size of the file.
        size_bytes: u64,
        /// Limit.
        max_bytes: u64,
    },
    /// Not UTF-8, which FHIR JSON must be.
    #[error("not UTF-8 at byte {offset_bytes}{hint}")]
    NotUtf8 {
        /// First byte that is no UTF-8.
        offset_bytes: u64,
        /// What it may be instead, or empty.
        hint: &'static str,
    },
    /// Not JSON.
    #[error("not JSON at line {line}, column {column}: {what}")]
    Syntax {
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
        /// What is wrong.
        what: String,
    },
    /// A value of the wrong shape without which nothing can be read.
    #[error("{place}: {what}")]
    Malformed {
        /// JSON path.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// No patient to make a twin of.
    #[error("no Patient in {holder}; it holds {contents}{hint}")]
    NoPatient {
        /// "the bundle", "the file".
        holder: &'static str,
        /// Resource types with their counts.
        contents: String,
        /// What it looks like, or empty.
        hint: &'static str,
    },
    /// More than one patient: a twin is one person.
    #[error("{} Patient resources, a twin is one person: {}", places.len(), places.join(", "))]
    ManyPatients {
        /// JSON paths of the first 20.
        places: Vec<String>,
    },
    /// Two entries with one fullUrl: references to it are ambiguous.
    #[error("{second}: the same fullUrl as {first}")]
    DuplicateFullUrl {
        /// JSON path of the first.
        first: String,
        /// JSON path of the second.
        second: String,
    },
    /// A count over the limit that the caller set.
    #[error("{place}: more than {max} {what}")]
    TooMany {
        /// JSON path.
        place: String,
        /// What there are too many of.
        what: &'static str,
        /// Limit.
        max: u32,
    },
    /// A date that is none.
    #[error("\"{written}\" is not a date: {what}")]
    BadDate {
        /// What was read, at most 40 characters.
        written: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A file that another file names is not there.
    #[error("{file}: absent{}", if named_by.is_empty() { String::new() } else { format!(", {named_by} names it") })]
    FileAbsent {
        /// Its name.
        file: String,
        /// Which file names it; empty: the caller.
        named_by: String,
    },
    /// A record of waveforms that cannot be read.
    #[error("{file}: {place}: {what}")]
    Wave {
        /// File.
        file: String,
        /// Line, byte, channel or time.
        place: String,
        /// What is wrong, with value, unit and range.
        what: String,
    },
}
