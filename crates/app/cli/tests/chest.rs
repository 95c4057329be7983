//! A chest from a CT, as a person asks for it.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder).args(arguments).output().unwrap()
}

/// The CT of the reference data; says so where it is absent.
fn ct() -> Option<PathBuf> {
    let data = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")), PathBuf::from);
    let ct = data.join("ct/totalsegmentator_cta_1p5mm/example_ct.nii.gz");
    if !ct.is_file() {
        eprintln!("SKIPPED: {} is not here", ct.display());
        return None;
    }
    Some(ct)
}

/// Put the chest of a CT into a twin that can be read again; the same CT gives the same label map.
#[test]
fn a_ct_goes_into_a_twin() {
    let Some(ct) = ct() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ct = ct.to_str().unwrap();
    for name in ["a.twin", "b.twin"] {
        let made = run(folder.path(), &["twin", "new", "--ct", ct, "-o", name]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(String::from_utf8_lossy(&made.stdout).contains("right lung, left lung, airways"), "{made:?}");
    }
    for file in ["labels.nii.gz", "labels.dcm", "lobes.nii.gz", "airways.parquet", "airways.stl", "lungs.vtu", "structures.parquet"] {
        let [a, b] = ["a.twin", "b.twin"].map(|twin| std::fs::read(folder.path().join(twin).join("anatomy").join(file)).unwrap());
        assert!(!a.is_empty() && a == b, "{file}");
    }
    let shown = run(folder.path(), &["twin", "show", "a.twin"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("airway branches"), "{shown:?}");
}

/// Refuse what is no CT, and a CT without a name for the twin, in words.
#[test]
fn what_is_no_ct_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("no.nii"), b"not a volume").unwrap();
    for arguments in [
        &["twin", "new", "--ct", "no.nii", "-o", "x.twin"][..],
        &["twin", "new", "--ct", "nowhere.nii", "-o", "x.twin"],
        &["twin", "new", "--ct", "no.nii", "--age", "40", "-o", "x.twin"],
        &["twin", "new"],
    ] {
        let refused = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && !said.is_empty() && !said.contains("panicked"), "{arguments:?}: {said}");
        assert!(!folder.path().join("x.twin").exists());
    }
}
