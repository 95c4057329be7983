//! Files of the user that are read as text, and errors that point into them.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::failure::Failure;

/// Largest file of settings that is read.
const SIZE_BYTES_MAX: u64 = 4 << 20;

/// A file or an argument with its name.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    /// File name or "--option".
    pub(crate) name: String,
    /// Contents.
    pub(crate) text: String,
}

/// A wrong value and where it stands.
#[derive(Debug)]
struct WrongValue {
    message: String,
    source: NamedSource<String>,
    label: LabeledSpan,
    help: Option<String>,
}

impl std::fmt::Display for WrongValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WrongValue {}

impl Diagnostic for WrongValue {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }
}

impl SourceText {
    /// Read a small text file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = read_file(path, SIZE_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::at(path, format!("not UTF-8 at byte {at}"))
        })?;
        Ok(Self { name: path.display().to_string(), text })
    }

    /// A failure that points at a piece of the text.
    pub(crate) fn wrong(&self, at: Range<usize>, message: impl Into<String>, label: impl Into<String>, help: Option<String>) -> Failure {
        let end = at.end.min(self.text.len());
        let start = at.start.min(end);
        Failure::Diagnostic(Box::new(WrongValue {
            message: message.into(),
            source: NamedSource::new(&self.name, self.text.clone()),
            label: LabeledSpan::at(start..end, label.into()),
            help,
        }))
    }

    /// A failure of the TOML reader: syntax, an unknown key, a wrong type.
    pub(crate) fn wrong_toml(&self, error: &toml::de::Error) -> Failure {
        let message = error.message().lines().next().unwrap_or("cannot be read").to_owned();
        let at = error.span().unwrap_or(0..0);
        self.wrong(at, format!("{}: {message}", self.name), "here", None)
    }
}

/// Read a file of at most so many bytes.
pub(crate) fn read_file(path: &Path, size_bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::at(path, error))?;
    if file.metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(Failure::at(path, "is a folder, a file is wanted"));
    }
    let mut bytes = Vec::new();
    file.take(size_bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| Failure::at(path, error))?;
    if bytes.len() as u64 > size_bytes_max {
        return Err(Failure::at(path, format!("larger than {size_bytes_max} bytes, the most that is read")));
    }
    Ok(bytes)
}
