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

const MEDIUM: &str = "[[medium]]\nindex = 1.4\nabsorption_per_m = 100.0\nscattering_per_m = 5000.0\nanisotropy = 0.8\n";

/// A box of 6 × 6 × 6 voxels of 1 mm: label 1 where `inside` says so, else 0.
fn label_file(folder: &Path, inside: impl Fn([u32; 3]) -> bool) {
    use proband_volume::{Grid, Volume};
    let origin = proband_core::Position::<proband_core::Patient>::new(0.0, 0.0, 0.0);
    let grid = Grid::aligned([6; 3], [1e-3; 3], origin).unwrap();
    let volume = Volume::from_fn(grid, |place| u8::from(inside(place)));
    std::fs::write(folder.join("labels.nii"), proband_image::write_nifti(&volume.into(), false).unwrap()).unwrap();
}

/// Name what is wrong with a scene of voxels: media that are none, labels without one, beams beside the box.
#[test]
fn bad_voxel_scenes_are_named() {
    let here = tempfile::tempdir().unwrap();
    label_file(here.path(), |place| place == [2, 0, 0]);
    let head = "[voxels]\nfile = \"labels.nii\"\n";
    let changed = |from: &str, to: &str| format!("photons = 100\n{head}{MEDIUM}{}", MEDIUM.replace(from, to));
    for (scene, words) in [
        (format!("photons = 100\n{head}{MEDIUM}"), "voxel 2 has label 1"),
        (format!("photons = 100\n{head}"), "label"),
        (changed("index = 1.4", "index = 0.9"), "index = 0.9"),
        (changed("anisotropy = 0.8", "anisotropy = 1.0"), "anisotropy = 1"),
        (changed("anisotropy = 0.8", "anisotropy = -1.0"), "anisotropy = -1"),
        (changed("= 100.0", "= nan"), "absorption_per_m = NaN"),
        (changed("= 100.0", "= -1.0"), "absorption_per_m = -1"),
        (changed("= 5000.0", "= inf"), "scattering_per_m = inf"),
        (format!("{}[beam]\nstart_m = [3e-3, 3e-3, 9e-3]\n", changed("", "")), "start_m = 0.009"),
        (format!("{}[beam]\nstart_m = [nan, 3e-3, 0.0]\n", changed("", "")), "start_m = NaN"),
        (format!("{}[beam]\ndirection = [0.0, 0.0, 0.0]\n", changed("", "")), "direction"),
        (changed("", "").replace("photons = 100", "photons = 0"), "photon"),
        (changed("", "").replace("photons = 100", "photons = 9000000000000000000"), "photon_count"),
    ] {
        std::fs::write(here.path().join("s.toml"), &scene).unwrap();
        let output = proband(here.path(), "1", &["image", "light", "s.toml", "-o", "out"]);
        let err = String::from_utf8_lossy(&output.stderr).replace("\n", " ");
        assert!(!output.status.success() && err.contains(words) && !err.contains("panicked"), "{scene}: {err}");
        assert!(!here.path().join("out").exists(), "{scene}");
    }
    std::fs::write(here.path().join("labels.nii"), b"not a volume").unwrap();
    std::fs::write(here.path().join("s.toml"), changed("", "")).unwrap();
    let output = proband(here.path(), "1", &["image", "light", "s.toml", "-o", "out"]);
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

/// Take valid limits as such: nothing scatters, nothing is there, one photon.
#[test]
fn limits_of_voxels_are_valid() {
    let here = tempfile::tempdir().unwrap();
    label_file(here.path(), |place| place[2] >= 3);
    let clear = "[[medium]]\nindex = 1.0\nabsorption_per_m = 0.0\nscattering_per_m = 0.0\nanisotropy = 0.0\n";
    let share = |second: &str, photons: u32| {
        let scene = format!("photons = {photons}\n[voxels]\nfile = \"labels.nii\"\n{clear}{second}");
        std::fs::write(here.path().join("s.toml"), scene).unwrap();
        let found = json(here.path(), "2", &["image", "light", "s.toml", "-o", "out", "--overwrite", "--json"]);
        let rows = found["balance"].as_array().unwrap();
        rows.iter().find(|r| r["what"] == "absorbed").unwrap()["share"].as_f64().unwrap()
    };
    assert_eq!(share(clear, 1_000), 0.0, "empty voxels");
    assert!(share(MEDIUM, 1) <= 1.0, "one photon");
    // 3 mm of 100 1/m behind 3 mm of nothing, matched: Beer and Lambert.
    let pure = clear.replace("absorption_per_m = 0.0", "absorption_per_m = 100.0");
    let found = share(&pure, 40_000);
    assert!((found - (1.0 - proband_core::ops::exp(-0.3))).abs() < 4.0 * (0.26 * 0.74 / 4e4_f64).sqrt(), "{found}");
}

/// Keep the photons so far at the interrupt key, of as many as there may be.
#[cfg(unix)]
#[test]
fn the_interrupt_key_keeps_the_tallies() {
    let here = tempfile::tempdir().unwrap();
    label_file(here.path(), |_| true);
    let deck = DECK.replace("photons = 40000", "photons = 1000000000000");
    let voxels = format!("photons = 1000000000000\n[voxels]\nfile = \"labels.nii\"\n{MEDIUM}{MEDIUM}");
    for (name, scene) in [("deck", deck), ("box", voxels)] {
        std::fs::write(here.path().join("s.toml"), scene).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_proband"))
            .current_dir(here.path())
            .args(["image", "light", "s.toml", "--json", "-o", name])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
        let output = child.wait_with_output().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let photons = found["photons"].as_f64().unwrap();
        assert!((1_000.0..1e12).contains(&photons), "{name}: {photons}");
        let rows = found["balance"].as_array().unwrap();
        let whole: f64 =
            rows.iter().filter(|r| !r["what"].as_str().unwrap().starts_with("  in")).map(|r| r["share"].as_f64().unwrap()).sum();
        assert!((whole - 1.0).abs() < 0.02, "{name}: {whole}");
        assert!(here.path().join(name).join("absorbed.png").is_file(), "{name}");
    }
}
