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

/// Refuse to stand inside bone, in voxels too, and name the voxel.
#[test]
fn a_probe_inside_bone_is_refused() {
    use proband_volume::{Grid, Volume};
    let home = tempfile::tempdir().unwrap();
    let origin = proband_core::Position::<proband_core::Patient>::new(0.0, 0.0, 0.0);
    let grid = Grid::aligned([8, 8, 1], [1e-3; 3], origin).unwrap();
    let scene = format!(
        "{HEAD}[voxels]\nfile = \"labels.nii\"\ntissues = [{{ label = 1, tissue = \"bone\" }}, {{ label = 2, tissue = \"muscle\" }}]\n"
    );
    for (bone_row, stands) in [(0, false), (5, true)] {
        let volume = Volume::from_fn(grid, |[x, y, _]| if y == bone_row && x == 3 { 1_u8 } else { 2 });
        std::fs::write(home.path().join("labels.nii"), proband_image::write_nifti(&volume.into(), false).unwrap()).unwrap();
        let output = image(home.path(), &scene);
        let text = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        assert_eq!(output.status.success(), stands, "{text}");
        assert!(stands || text.contains("label 1 at (3, 0, 0) is bone"), "{text}");
    }
}

/// Keep what was heard at the interrupt key, and say how much it is.
#[cfg(unix)]
#[test]
fn the_interrupt_key_keeps_what_was_heard() {
    let home = tempfile::tempdir().unwrap();
    let scene = "array = { preset = \"l11-5v\" }\nscatterers_per_cell = 40.0\n\
                 picture = { width_mm = 38.0, depth_mm = [3.0, 25.0], columns = 16, rows = 32 }\n\
                 layers = [{ tissue = \"muscle\", bottom_mm = 25.0 }]\n";
    std::fs::write(home.path().join("scene.toml"), scene).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_proband"))
        .current_dir(home.path())
        .args(["image", "sound", "scene.toml", "--json", "-o", "out"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Until there is a folder to write into the key ends the program at once.
    for _ in 0..200 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        if std::fs::read_dir(home.path()).unwrap().count() > 1 {
            break;
        }
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (done, all) = (said["scatterers"].as_u64().unwrap(), said["scatterers_of_scene"].as_u64().unwrap());
    assert!(done > 0 && done < all, "{done} of {all}");
    assert!(said["warnings"].to_string().contains(&format!("{done} of {all}")), "{said}");
    for name in ["rf.npy", "rf.json", "bmode_db.npy", "bmode.nii.gz", "bmode.png", "run.toml"] {
        assert!(home.path().join("out").join(name).is_file(), "{name}");
    }
}
