//! The anatomy of `proband twin new --ct`: a chest from a CT into the twin's folder.

use std::path::Path;

use proband_anatomy::find_airways;
use proband_core::{Digest, Warnings};

use crate::chest_files::Chest;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::progress;
use crate::volume_file::open;

/// Folder of a twin for what came from images.
pub(super) const ANATOMY: &str = "anatomy";

/// Files to be written, and what to say about them.
pub(super) struct Anatomy {
    files: Vec<(&'static str, Vec<u8>)>,
    /// For the twin's history.
    pub note: String,
}

/// Read the CT and find the chest in it.
pub(super) fn anatomy(path: &Path, warnings: &Warnings, interrupt: &Interrupt) -> Result<Anatomy, Failure> {
    let opened = open(path, warnings, interrupt)?;
    let first = opened.volumes.into_iter().next().ok_or_else(|| Failure::at(path, "no volume"))?;
    let ct = first.to_i16();
    drop(first);
    let bar = progress::spinner("looking for airways, lungs, vessels and bones");
    let airways = find_airways(&ct, warnings).map_err(|error| Failure::at(path, error))?;
    interrupt.check()?;
    let chest = Chest::of(&ct, &airways, warnings)?;
    interrupt.check()?;
    bar.set_message("making meshes");
    let files = chest.files()?;
    bar.finish_and_clear();
    let digest = files.first().map(|(_, bytes)| Digest::of_bytes(bytes).to_string()).unwrap_or_default();
    let found: Vec<&str> = chest.structures.found.iter().map(|s| s.name).collect();
    let note = format!(
        "CT of {} x {} x {} voxels: {}; {} airway branches; label map {digest}",
        ct.size()[0],
        ct.size()[1],
        ct.size()[2],
        found.join(", "),
        chest.tree.branches.len()
    );
    Ok(Anatomy { files, note })
}

/// Put the files into a twin that was written just before.
pub(super) fn write(twin: &Path, anatomy: &Anatomy) -> Result<(), Failure> {
    let folder = twin.join(ANATOMY);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, error))?;
    for (name, bytes) in &anatomy.files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| Failure::at(&path, error))?;
    }
    Ok(())
}
