//! `proband image sound` on small scenes.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

const HEAD: &str = "array = { preset = \"l11-5v\", element_count = 32 }\n\
                    picture = { width_mm = 4.0, depth_mm = [2.0, 8.0], columns = 16, rows = 32 }\n";

fn image(folder: &Path, scene: &str) -> Output {
    let path = folder.join("scene.toml");
    std::fs::write(&path, scene).unwrap();
    Command::new(env!("CARGO_BIN_EXE_proband"))
        .args(["image", "sound", "--json", "--overwrite"])
        .arg(&path)
        .arg("-o")
        .arg(folder.join("out"))
        .output()
        .unwrap()
}

/// Write records and pictures, the same for the same seed.
#[test]
fn a_scene_becomes_records_and_a_picture() {
    let home = tempfile::tempdir().unwrap();
    let scene = format!("seed = 3\n{HEAD}layers = [{{ tissue = \"fat\", bottom_mm = 5.0 }}, {{ tissue = \"muscle\", bottom_mm = 8.0 }}]\n");
    let said: Vec<serde_json::Value> = (0..2)
        .map(|_| {
            let output = image(home.path(), &scene);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice(&output.stdout).unwrap()
        })
        .collect();
    assert!(said[0]["scatterers"].as_u64().unwrap() > 1_000);
    assert_eq!(said[0]["digest"], said[1]["digest"]);
    for name in ["rf.npy", "rf.json", "bmode_db.npy", "bmode.nii.gz", "bmode.png"] {
        assert!(home.path().join("out").join(name).is_file(), "{name}");
    }
}

/// Give zero records for an empty scene, and say so.
#[test]
fn nothing_gives_nothing() {
    let home = tempfile::tempdir().unwrap();
    let output = image(home.path(), HEAD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = std::fs::read(home.path().join("out/rf.npy")).unwrap();
    assert!(bytes[128..].iter().all(|b| *b == 0));
}

/// Name what is wrong in a scene.
#[test]
fn a_wrong_scene_is_named() {
    let home = tempfile::tempdir().unwrap();
    for (tail, named) in [
        ("scatterers = [{ x_mm = nan, z_mm = 5.0 }]", "scatterers[0].x_m = NaN"),
        ("layers = [{ tissue = \"bone\", bottom_mm = 5.0 }]", "inside bone"),
        ("layers = [{ tissue = \"fat\", bottom_mm = 5.0, attenuation_db_cm_mhz = 99.0 }]", "layers[0].attenuation_db_cm_mhz = 99"),
        ("layers = [{ tissue = \"jelly\", bottom_mm = 5.0 }]", "no tissue \"jelly\""),
        ("receive = { f_number = 0.0 }", "f_number = 0"),
        ("transmit = { angles_deg = [] }", "0 angles"),
        ("scatterers_per_cell = -1.0\nlayers = [{ tissue = \"fat\", bottom_mm = 5.0 }]", "per_cell = -1"),
        ("colour = 3", "unknown field"),
    ] {
        let output = image(home.path(), &format!("{HEAD}{tail}\n"));
        let text = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        assert!(!output.status.success() && text.contains(named), "{tail}: {text}");
    }
}
