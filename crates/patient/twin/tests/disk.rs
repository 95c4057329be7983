//! Twins on disk.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use std::fs;
use std::path::Path;

use proband_core::{Column, Distribution, Table};
use proband_record::{read_table, write_table};
use proband_twin::{Fact, Measurements, Twin};

fn twin() -> Twin {
    let mut twin = Twin::new(Twin::built_in().person).unwrap();
    twin.measured("blood.haemoglobin_kg_m3", Distribution::Normal { mean: 128.0, sd: 3.0 }, "Observation 3").unwrap();
    twin
}

fn chart() -> Table {
    let mut table = Table::new("observations");
    table.push("value", "kg/m3", "", "chart", Column::F64(vec![128.0])).unwrap();
    table
}

/// Read back what was saved, every bit.
#[test]
fn a_twin_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.twin");
    twin().save(&path, &[chart()], false).unwrap();
    assert_eq!(Twin::load(&path).unwrap(), twin());
    assert_eq!(Twin::load_chart(&path).unwrap(), vec![chart()]);
    assert!(twin().save(&path, &[], false).unwrap_err().to_string().contains("exists"));
    twin().save(&path, &[], true).unwrap();
    assert!(Twin::load_chart(&path).unwrap().is_empty());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["p.twin"], "temporary folders are left");
    // Something that is no twin is not overwritten.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    assert!(twin().save(&other, &[], true).unwrap_err().to_string().contains("not a twin"));
}

/// Keep what a calibration found, version by version, and see a changed file.
#[test]
fn physiology_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.twin");
    twin().save(&path, &[], false).unwrap();
    for mean in [0.1, -0.2] {
        let mut later = Twin::load(&path).unwrap();
        let mut belief = later.whole_belief();
        belief.mean[1] = mean;
        later.physiology = Some(belief);
        later.note("calibrated", "test").unwrap();
        later.update(&path).unwrap();
        assert_eq!(Twin::load(&path).unwrap(), later);
    }
    let versions: Vec<_> = fs::read_dir(path.join("physiology")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(versions.len(), 2);
    for file in versions {
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    }
    assert!(Twin::load(&path).unwrap_err().to_string().contains("physiology"));
}

/// Append to the history, and refuse to put one twin over another.
#[test]
fn updates_append() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.twin");
    twin().save(&path, &[], false).unwrap();
    let mut later = Twin::load(&path).unwrap();
    later.measured("artery.depth_m", Distribution::Normal { mean: 0.013, sd: 0.0005 }, "ultrasound").unwrap();
    later.update(&path).unwrap();
    assert_eq!(Twin::load(&path).unwrap(), later);
    assert!(twin().update(&path).unwrap_err().to_string().contains("history"));
    let mut other = later.clone();
    other.person.age_y += 1.0;
    assert!(other.update(&path).unwrap_err().to_string().contains("another person"));
}

/// Find the old or the new twin after an update that stopped at any point.
#[test]
fn an_interrupted_update_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, new) = (folder.path().join("p.twin"), folder.path().join("new.twin"));
    let old = twin();
    old.save(&path, &[], false).unwrap();
    let mut later = old.clone();
    later.measured("artery.depth_m", Distribution::Normal { mean: 0.013, sd: 0.0005 }, "ultrasound").unwrap();
    later.save(&new, &[], false).unwrap();
    // The steps of an update in their order; after each one the twin is read.
    let steps: [(&str, &str, &Twin); 3] = [
        ("parameters.parquet", "parameters.next.parquet", &old),
        ("history.jsonl", "history.jsonl", &old),
        ("twin.toml", "twin.toml", &later),
    ];
    for (from, to, expected) in steps {
        fs::copy(new.join(from), path.join(to)).unwrap();
        assert_eq!(&Twin::load(&path).unwrap(), expected, "after {to}");
    }
}

#[track_caller]
fn refuses(damage: impl Fn(&Path), file: &str, part: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.twin");
    twin().save(&path, &[chart()], false).unwrap();
    damage(&path);
    let error = Twin::load(&path).and_then(|_| Twin::load_chart(&path)).unwrap_err().to_string();
    assert!(error.contains(file) && error.contains(part), "{error}");
}

fn replace(path: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(path.join(file)).unwrap();
    assert!(text.contains(from), "{from} is not in {file}");
    fs::write(path.join(file), text.replacen(from, to, 1)).unwrap();
}

/// Name file and field of whatever was changed or damaged.
#[test]
fn damage_is_found_and_named() {
    refuses(|p| replace(p, "twin.toml", "format = 1", "format = 2"), "twin.toml", "format = 2");
    refuses(|p| replace(p, "twin.toml", "age_y = 45.0", "age_y = 46.0"), "twin.toml", "person");
    refuses(|p| replace(p, "twin.toml", "age_y = 45.0", "age_y = nan"), "twin.toml", "age_y");
    refuses(|p| replace(p, "twin.toml", "age_y = 45.0", "age_y = 45.0\nname = \"x\""), "twin.toml", "name");
    refuses(|p| replace(p, "twin.toml", "written_by", "written"), "twin.toml", "written");
    refuses(|p| replace(p, "history.jsonl", "haemoglobin", "haemoglobim"), "history.jsonl", "line 2");
    refuses(|p| fs::write(p.join("history.jsonl"), "").unwrap(), "history.jsonl", "holds 0 entries");
    refuses(|p| replace(p, "history.jsonl", "{", "{\"x\":1,"), "history.jsonl", "line 1");
    refuses(|p| fs::write(p.join("parameters.parquet"), b"PAR1 nonsense PAR1").unwrap(), "parameters.parquet", "");
    refuses(|p| fs::remove_file(p.join("parameters.parquet")).unwrap(), "parameters.parquet", "");
    refuses(|p| fs::write(p.join("twin.toml"), [0xff, 0xfe]).unwrap(), "twin.toml", "UTF-8");
    refuses(|p| fs::write(p.join("chart/observations.parquet"), b"").unwrap(), "observations.parquet", "");
}

/// Change the parameters' table so that its digest is right but its contents are not.
#[track_caller]
fn refuses_parameters(change: impl Fn(&mut Table), part: &str) {
    refuses(
        |p| {
            let file = p.join("parameters.parquet");
            let mut table = read_table(&file).unwrap();
            let before = proband_record::table_digest(&table).unwrap().hash;
            change(&mut table);
            let after = write_table(&file, &table).unwrap().hash;
            replace(p, "twin.toml", &before, &after);
        },
        "parameters.parquet",
        part,
    );
}

fn texts<'a>(table: &'a mut Table, name: &str) -> &'a mut Vec<String> {
    let i = table.fields.iter().position(|f| f.name == name).unwrap();
    match &mut table.columns[i] {
        Column::Text(v) => v,
        _ => panic!("{name} is no text"),
    }
}

fn numbers<'a>(table: &'a mut Table, name: &str) -> &'a mut Vec<f64> {
    let i = table.fields.iter().position(|f| f.name == name).unwrap();
    match &mut table.columns[i] {
        Column::F64(v) => v,
        _ => panic!("{name} is no number"),
    }
}

/// Refuse parameters with wrong names, units, distributions and values, and name them.
#[test]
fn hostile_parameters_are_refused() {
    let row = |name: &str| twin().parameters.iter().position(|p| p.name == name).unwrap();
    let width = row("arm.half_width_m");
    refuses_parameters(|t| texts(t, "unit")[width] = "mm".into(), "arm.half_width_m: unit is \"mm\"");
    refuses_parameters(|t| texts(t, "name")[width] = "arm.width".into(), "arm.width");
    refuses_parameters(|t| texts(t, "distribution")[width] = "cauchy".into(), "cauchy");
    refuses_parameters(|t| texts(t, "status")[width] = "guessed".into(), "guessed");
    refuses_parameters(|t| texts(t, "source")[width].clear(), "source");
    refuses_parameters(|t| numbers(t, "sd")[width] = f64::INFINITY, "sd = inf");
    refuses_parameters(|t| numbers(t, "sd")[width] = -1.0, "sd");
    refuses_parameters(|t| numbers(t, "sigma")[width] = 1.0, "sigma = 1 does not belong");
    refuses_parameters(|t| numbers(t, "mu")[row("vein.reference.diameter_v_m")] = f64::NAN, "mu");
    refuses_parameters(
        |t| {
            (numbers(t, "mean")[width], numbers(t, "low")[width], numbers(t, "high")[width]) = (5.0, 4.0, 6.0);
        },
        "shape.half_width_m",
    );
    refuses_parameters(
        |t| {
            t.push("extra", "", "", "x", Column::F64(vec![0.0; t.row_count()])).unwrap();
        },
        "extra",
    );
}

/// Make what was measured a measured parameter, and list the rest as absent.
#[test]
fn measurements_narrow_the_priors() {
    let fact = |value: f64, days: Option<f64>| Some(Fact { value, days_before: days, source: "Observation 7".into() });
    let mut given = Measurements {
        person: Twin::built_in().person,
        systolic_pa: fact(17_000.0, Some(1.0)),
        diastolic_pa: None,
        haemoglobin_kg_m3: fact(128.0, Some(2.0)),
    };
    let (twin, absent) = Twin::from_measurements(&given).unwrap();
    assert_eq!(absent, ["vitals.diastolic_pa"]);
    let fresh = twin.parameter("blood.haemoglobin_kg_m3").unwrap().value.clone();
    assert_eq!(fresh.status, proband_core::Status::Measured);
    assert!((fresh.distribution.mean() - 128.0).abs() < 0.5);
    // An old value says less.
    given.haemoglobin_kg_m3 = fact(128.0, Some(2000.0));
    let (old, _) = Twin::from_measurements(&given).unwrap();
    assert!(old.parameter("blood.haemoglobin_kg_m3").unwrap().value.distribution.sd() > 2.0 * fresh.distribution.sd());
    given.systolic_pa = fact(120.0, None);
    assert!(Twin::from_measurements(&given).unwrap_err().to_string().contains("vitals.systolic_pa"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    /// Read any damaged folder without a panic: a twin or an error.
    #[test]
    fn any_bytes_are_a_twin_or_an_error(file in 0..3_usize, at in 0.0..1.0_f64, cut in 0..40_usize, bytes in proptest::collection::vec(0..=255_u8, 0..24)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.twin");
        twin().save(&path, &[], false).unwrap();
        let file = path.join(["twin.toml", "history.jsonl", "parameters.parquet"][file]);
        let mut content = fs::read(&file).unwrap();
        let from = ((content.len() as f64 * at) as usize).min(content.len());
        let to = (from + cut).min(content.len());
        content.splice(from..to, bytes);
        fs::write(&file, content).unwrap();
        if let Err(error) = Twin::load(&path) {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }

    /// Read any text as a population without a panic.
    #[test]
    fn any_text_is_a_population_or_an_error(text in ".{0,200}") {
        let _ = proband_twin::Population::from_toml(&text, "x.toml");
    }
}
