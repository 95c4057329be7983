//! `proband image light` and `proband bias` as a person meets them.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

fn proband(folder: &Path, threads: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proband"));
    command.current_dir(folder).env("RAYON_NUM_THREADS", threads).args(arguments).output().expect("the program starts")
}

#[track_caller]
fn json(folder: &Path, threads: &str, arguments: &[&str]) -> serde_json::Value {
    let output = proband(folder, threads, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The five-layer deck of the cross-code comparison.
const DECK: &str = "
photons = 40000
seed = 3
[[layer]]
index = 1.50
absorption_per_m = 20.0
scattering_per_m = 100000.0
anisotropy = 0.80
thickness_m = 20e-6
[[layer]]
index = 1.34
absorption_per_m = 15.0
scattering_per_m = 40000.0
anisotropy = 0.80
thickness_m = 80e-6
[[layer]]
index = 1.40
absorption_per_m = 70.0
scattering_per_m = 30000.0
anisotropy = 0.90
thickness_m = 180e-6
[[layer]]
index = 1.39
absorption_per_m = 100.0
scattering_per_m = 35000.0
anisotropy = 0.95
thickness_m = 160e-6
[[layer]]
index = 1.40
absorption_per_m = 70.0
scattering_per_m = 20000.0
anisotropy = 0.76
thickness_m = 1.62e-3
";

/// Give the reflectance that another code gives, the same bits on one thread and on two, and files that open.
#[test]
fn layers_are_lit() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("deck.toml"), DECK).unwrap();
    let one = json(here.path(), "1", &["image", "light", "deck.toml", "-o", "a", "--json"]);
    let two = json(here.path(), "2", &["image", "light", "deck.toml", "-o", "b", "--json"]);
    assert_eq!(one["digest"], two["digest"]);
    let share = |what: &str| {
        let row = one["balance"].as_array().unwrap().iter().find(|r| r["what"] == what).unwrap();
        (row["share"].as_f64().unwrap(), row["error"].as_f64().unwrap_or(0.0))
    };
    // MCML 1.2.2 with 4 million photons: 0.5484, 0.3331, 0.0785.
    for (what, expected) in [("came back", 0.5484), ("absorbed", 0.3331), ("went through", 0.0785)] {
        let (value, error) = share(what);
        assert!((value - expected).abs() < 4.0 * error + 0.0003, "{what}: {value} ± {error}");
    }
    for name in
        ["absorbed_per_m3.npy", "absorbed_per_m3.nii.gz", "fluence_per_m2.npy", "absorbed.png", "run.toml", "records/balance.parquet"]
    {
        assert!(here.path().join("a").join(name).is_file(), "{name}");
    }
}

/// Light a drawn adult's arm: what is absorbed and what leaves make the whole.
#[test]
fn an_arm_is_lit() {
    let here = tempfile::tempdir().unwrap();
    let scene = "photons = 4000\n[twin]\nwavelength_nm = 850\nvoxel_m = 0.5e-3\nsize_m = [12e-3, 8e-3, 10e-3]\n";
    std::fs::write(here.path().join("arm.toml"), scene).unwrap();
    let found = json(here.path(), "2", &["image", "light", "arm.toml", "-o", "arm", "--json"]);
    let rows = found["balance"].as_array().unwrap();
    let share = |what: &str| rows.iter().find(|r| r["what"].as_str().unwrap().trim() == what).unwrap()["share"].as_f64().unwrap();
    assert!((share("left the box") + share("absorbed") - 1.0).abs() < 0.02);
    assert!(share("in dermis") > 0.01 && share("in epidermis") > 0.005 && share("in air") < 1e-3);
}

/// Refuse scenes that are none, and say what is wrong.
#[test]
fn senseless_scenes_are_refused() {
    let here = tempfile::tempdir().unwrap();
    let layer = "[[layer]]\nindex = 1.4\nabsorption_per_m = 1.0\nscattering_per_m = 1.0\nanisotropy = 0.0\nthickness_m = ";
    for (scene, words) in [
        ("photons = 10\n".to_owned(), "either"),
        (format!("photons = 10\n{layer}-1.0\n"), "thickness_m"),
        (format!("photons = 10\nphotos = 1\n{layer}1e-3\n"), "photos"),
        (format!("photons = 0\n{layer}1e-3\n"), "photon"),
        ("photons = 10\n[voxels]\nfile = \"none.nii\"\n".to_owned(), "none.nii"),
        ("photons = 10\n[twin]\nwavelength_nm = 850\nvoxel_m = 1e-9\n".to_owned(), "voxel_m"),
        ("photons = 10\n[twin]\nwavelength_nm = 200\nvoxel_m = 1e-3\n".to_owned(), "wavelength"),
    ] {
        std::fs::write(here.path().join("s.toml"), &scene).unwrap();
        let output = proband(here.path(), "1", &["image", "light", "s.toml", "-o", "out"]);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && err.contains(words) && !err.contains("panicked"), "{scene}: {err}");
        assert!(!here.path().join("out").exists());
    }
}

/// Make the grid with a report that any browser opens; the same table on one thread and on two.
#[test]
#[ignore = "a minute of pictures"]
fn a_grid_is_made() {
    let here = tempfile::tempdir().unwrap();
    let one = json(here.path(), "1", &["bias", "venipuncture", "--patients", "1", "-o", "a", "--json"]);
    let two = json(here.path(), "2", &["bias", "venipuncture", "--patients", "1", "-o", "b", "--json"]);
    assert_eq!(one["digest"], two["digest"]);
    let page = std::fs::read_to_string(here.path().join("a/report.html")).unwrap();
    assert!(page.contains("near-infrared alone") && page.contains("<svg") && !page.contains("NaN"));
}
