//! A sealed folder shows every change.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;

use proband_record::{CHECKPOINT_ROWS, Seal, SigningKey, check_seal};

const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

fn chain() -> Vec<String> {
    (0..2 * CHECKPOINT_ROWS + 5).map(|i| format!("{i:064x}")).collect()
}

fn sealed(key: Option<&SigningKey>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("records")).unwrap();
    for (name, text) in [("run.toml", "seed = 1\n"), ("records/a.parquet", "PAR1 abc PAR1"), ("records/b.parquet", "")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Seal::of(folder.path(), &chain(), key).unwrap().write(folder.path()).unwrap();
    folder
}

fn problems(folder: &Path, trusted: Option<&str>) -> Vec<String> {
    check_seal(folder, trusted).unwrap().problems
}

/// Find any byte that changed, in any file, the seal itself with them; and files that went or came.
#[test]
fn every_changed_byte_is_found() {
    let key = SigningKey::from_text(SECRET).unwrap();
    for key in [None, Some(&key)] {
        let folder = sealed(key);
        assert_eq!(problems(folder.path(), None), [""; 0]);
        for name in ["run.toml", "records/a.parquet", "seal.toml"] {
            let path = folder.path().join(name);
            let sound = std::fs::read(&path).unwrap();
            for at in 0..sound.len() {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << (at % 8);
                std::fs::write(&path, &bytes).unwrap();
                assert!(!problems(folder.path(), None).is_empty(), "{name}, byte {at}");
            }
            std::fs::write(&path, &sound[..sound.len() - 1]).unwrap();
            assert!(!problems(folder.path(), None).is_empty(), "{name}, cut");
            std::fs::write(&path, &sound).unwrap();
        }
        std::fs::write(folder.path().join("records/c.parquet"), "x").unwrap();
        assert!(problems(folder.path(), None)[0].contains("was not there"));
        std::fs::remove_file(folder.path().join("records/c.parquet")).unwrap();
        std::fs::remove_file(folder.path().join("records/b.parquet")).unwrap();
        assert!(problems(folder.path(), None)[0].contains("missing"));
    }
}

/// Find a folder that somebody changed and sealed again, with another key or with none.
#[test]
fn a_seal_made_anew_is_found() {
    let key = SigningKey::from_text(SECRET).unwrap();
    let public = key.public_key();
    let folder = sealed(Some(&key));
    assert_eq!(problems(folder.path(), Some(&public)), [""; 0]);
    assert_eq!(check_seal(folder.path(), None).unwrap().checkpoints.iter().map(|c| c.row).collect::<Vec<_>>(), [1023, 2047, 2052]);
    std::fs::write(folder.path().join("run.toml"), "seed = 2\n").unwrap();
    Seal::of(folder.path(), &chain(), None).unwrap().write(folder.path()).unwrap();
    assert!(problems(folder.path(), None).is_empty() && problems(folder.path(), Some(&public))[0].contains("nobody signed"));
    let other = SigningKey::from_text(&SECRET.replace('9', "8")).unwrap();
    Seal::of(folder.path(), &chain(), Some(&other)).unwrap().write(folder.path()).unwrap();
    assert!(problems(folder.path(), None).is_empty() && problems(folder.path(), Some(&public))[0].contains("not by the key"));
    // The old signature over new digests.
    let mut seal = Seal::of(folder.path(), &chain(), None).unwrap();
    (seal.public_key, seal.signature) = (public.clone(), key.sign(b"something else"));
    seal.write(folder.path()).unwrap();
    assert!(problems(folder.path(), Some(&public))[0].contains("does not hold"));
}

/// Give the same seal for the same folder and key.
#[test]
fn sealing_repeats() {
    let key = SigningKey::from_text(SECRET).unwrap();
    let (a, b) = (sealed(Some(&key)), sealed(Some(&key)));
    assert_eq!(std::fs::read(a.path().join("seal.toml")).unwrap(), std::fs::read(b.path().join("seal.toml")).unwrap());
}
