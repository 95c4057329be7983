//! Files of reference data, which are no part of the repository.

use std::path::PathBuf;

/// A file or folder of reference data, or nothing, with a line that says what was skipped.
pub fn data(path: &str) -> Option<PathBuf> {
    let beside = || [env!("CARGO_MANIFEST_DIR"), "../../../../shared/data"].iter().collect();
    let root = std::env::var_os("PROBAND_DATA").map_or_else(beside, PathBuf::from);
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIP: no {} (set PROBAND_DATA)", path.display());
    None
}
