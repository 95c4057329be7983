//! Files beside each other by name: a WFDB record is several.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::ChartError;

/// Where the files of a record come from.
pub trait Files {
    /// Size of a file [bytes]; `None` when it is absent.
    ///
    /// # Errors
    /// When the name leaves the place or the place cannot be read.
    fn size_bytes(&self, name: &str) -> Result<Option<u64>, ChartError>;
    /// At most `count` bytes from `offset` on; fewer at the end of the file.
    ///
    /// # Errors
    /// When the file is absent, its name leaves the place, or reading fails.
    fn read(&self, name: &str, offset: u64, count: u64) -> Result<Vec<u8>, ChartError>;
}

/// The whole file, if it is not larger than `max` bytes.
pub(crate) fn whole(files: &dyn Files, name: &str, named_by: &str, max: u64) -> Result<Vec<u8>, ChartError> {
    let size = files.size_bytes(name)?.ok_or_else(|| absent(name, named_by))?;
    if size > max {
        return Err(too_large(name, size, max));
    }
    files.read(name, 0, size)
}

pub(crate) fn absent(name: &str, named_by: &str) -> ChartError {
    ChartError::FileAbsent { file: shown(name), named_by: shown(named_by) }
}

pub(crate) fn too_large(name: &str, size: u64, max: u64) -> ChartError {
    ChartError::Wave { file: shown(name), place: "size".into(), what: format!("{size} bytes, at most {max} are read") }
}

/// A name as it may stand in a message.
pub(crate) fn shown(name: &str) -> String {
    super::text::clean(name, 80)
}

fn inside(name: &str) -> Result<&Path, ChartError> {
    let path = Path::new(name);
    let plain = !name.is_empty() && name.len() <= 255 && !name.contains(['\\', '\0']);
    if plain && path.components().all(|part| matches!(part, Component::Normal(_))) {
        Ok(path)
    } else {
        Err(ChartError::Wave { file: shown(name), place: "name".into(), what: "leaves the folder of the record".into() })
    }
}

/// Files of a folder. Names with `..` or a root are refused.
#[derive(Clone, Debug)]
pub struct FolderFiles {
    folder: PathBuf,
}

impl FolderFiles {
    /// Files of `folder`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }
}

fn failed(name: &str, error: &std::io::Error) -> ChartError {
    ChartError::Wave { file: shown(name), place: "file".into(), what: error.kind().to_string() }
}

impl Files for FolderFiles {
    fn size_bytes(&self, name: &str) -> Result<Option<u64>, ChartError> {
        match std::fs::metadata(self.folder.join(inside(name)?)) {
            Ok(about) if about.is_file() => Ok(Some(about.len())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(name, &error)),
        }
    }

    fn read(&self, name: &str, offset: u64, count: u64) -> Result<Vec<u8>, ChartError> {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(self.folder.join(inside(name)?)).map_err(|e| failed(name, &e))?;
        file.seek(SeekFrom::Start(offset)).map_err(|e| failed(name, &e))?;
        file.take(count).read_to_end(&mut bytes).map_err(|e| failed(name, &e))?;
        Ok(bytes)
    }
}

/// Files in memory, for tests and for bytes that came over a wire.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFiles {
    /// Files by name.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { files: files.into_iter().collect() }
    }
}

impl Files for MemoryFiles {
    fn size_bytes(&self, name: &str) -> Result<Option<u64>, ChartError> {
        inside(name)?;
        Ok(self.files.get(name).map(|bytes| bytes.len() as u64))
    }

    fn read(&self, name: &str, offset: u64, count: u64) -> Result<Vec<u8>, ChartError> {
        inside(name)?;
        let bytes = self.files.get(name).ok_or_else(|| absent(name, "the record"))?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let to = from.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(bytes.len());
        Ok(bytes[from..to].to_vec())
    }
}
