//! A made-up but plausible run, built in code: what the program would write for one draw, and for a cohort.
//! The numbers are there to fill the page; nothing is computed from a model.
#![allow(dead_code, reason = "shared by tests and the example, each uses a part")]
#![allow(clippy::unwrap_used, reason = "test support, compiled into an example too")]
#![allow(clippy::type_complexity, reason = "rows of tables, written as literals")]

mod course;
mod pictures;

use proband_core::{Column, Stream, Table, ops};
use proband_evidence::RunRecords;
use proband_record::RunManifest;

/// The manifest of the made-up run.
pub fn manifest() -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: "0.1.0".into(),
        command: "proband rehearse venipuncture --seed 7 -o out".into(),
        procedure: "venipuncture".into(),
        scenario: "venipuncture/built-in".into(),
        seed: 7,
        patient: 0,
        twin: "amber-heron-41".into(),
        digest: "18342-5f0c1d2e3a4b5c6d".into(),
        not_a_device: true,
    }
}

/// A table from columns: (name, unit, values).
pub fn table(name: &str, columns: Vec<(&str, &str, Column)>) -> Table {
    let mut table = Table::new(name);
    for (column, unit, values) in columns {
        let frame = if unit == "m" && column.len() == 3 { "patient_lps" } else { "" };
        table.push(column, unit, frame, "made up", values).unwrap();
    }
    table
}

pub fn words(list: &[&str]) -> Column {
    Column::Text(list.iter().map(|w| (*w).to_owned()).collect())
}

pub fn numbers(list: &[f64]) -> Column {
    Column::F64(list.to_vec())
}

/// The whole run of one draw, made once.
pub fn rehearsal() -> RunRecords {
    static MADE: std::sync::OnceLock<RunRecords> = std::sync::OnceLock::new();
    MADE.get_or_init(make_rehearsal).clone()
}

fn make_rehearsal() -> RunRecords {
    let mut tables = vec![
        anatomy(),
        beliefs(),
        course::events(),
        pictures::images(),
        needle(),
        outcome(),
        pictures::overlays(),
        parameters(),
        course::phases(),
        sites(),
        skin(),
        course::ticks(),
        table(
            "warnings",
            vec![
                ("place", "", words(&["sensor.tracker", "perception.nir"])),
                (
                    "text",
                    "",
                    words(&[
                        "3 samples dropped; the last valid reading was used",
                        "exposure at its upper end; the picture is noisier than asked for",
                    ]),
                ),
                ("count", "1", Column::I64(vec![3, 1])),
            ],
        ),
    ];
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    RunRecords { info: manifest(), tables, problems: Vec::new() }
}

/// A run of many patients.
pub fn cohort() -> RunRecords {
    let n = 500;
    let mut stream = Stream::new(3, 0, "fixture.cohort");
    let mut rows: Vec<Vec<f64>> = vec![Vec::new(); 9];
    let mut sex = Vec::new();
    for i in 0..n {
        let diameter = ops::exp(1.0393 + 0.3541 * stream.normal()) * 1e-3;
        let depth = ops::exp(1.4781 + 0.4304 * stream.normal()) * 1e-3;
        let p = (0.98 - 0.25 * (1.8e-3 - diameter).max(0.0) * 1e3 - 0.05 * (depth - 7e-3).max(0.0) * 1e3).clamp(0.05, 0.99);
        let happened = f64::from(u8::from(stream.bernoulli(p)));
        let row = [
            f64::from(i),
            happened,
            (p + 0.03 * stream.normal()).clamp(0.02, 0.99),
            depth / 0.30 + 6e-3 + 1e-3 * stream.normal(),
            98.0 + 9.0 * stream.normal() + if happened > 0.5 { 0.0 } else { 62.0 },
            20.0 + 9.0 * stream.uniform() + 4.0 * stream.normal().abs(),
            diameter,
            0.02 + 0.3 * stream.uniform(),
            18.0 + 70.0 * stream.uniform(),
        ];
        sex.push(if stream.bernoulli(0.5) { "female".to_owned() } else { "male".into() });
        for (column, value) in rows.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let names = [
        ("patient", "1"),
        ("first_stick_success", "1"),
        ("predicted_success", "1"),
        ("insertion_length_m", "m"),
        ("time_s", "s"),
        ("bmi_kg_m2", "kg/m2"),
        ("diameter_v_m", "m"),
        ("melanin_fraction", "1"),
        ("age_y", "y"),
    ];
    let mut columns: Vec<(&str, &str, Column)> =
        names.iter().zip(rows).map(|((name, unit), values)| (*name, *unit, Column::F64(values))).collect();
    columns.push(("sex", "", Column::Text(sex)));
    let info = RunManifest {
        command: "proband rehearse venipuncture --patients 500 --seed 3 -o out".into(),
        twin: "population of adults".into(),
        seed: 3,
        ..manifest()
    };
    RunRecords { info, tables: vec![table("cohort", columns)], problems: Vec::new() }
}

/// Height of the made-up skin [m].
fn skin_y(x: f64, z: f64) -> f64 {
    let half_width = 0.042 - 0.06 * (-z).max(0.0) * 0.5;
    let u = (x / half_width).clamp(-0.98, 0.98);
    0.034 * (1.0 - (1.0 - u * u).sqrt()) + 0.03 * (-z).max(0.0) * 0.4 + 0.0012 * ops::cos(z * 60.0)
}

fn skin() -> Table {
    let (mut x, mut z, mut y) = (Vec::new(), Vec::new(), Vec::new());
    for k in 0..=90 {
        for i in 0..=40 {
            let (px, pz) = (-0.040 + 0.002 * f64::from(i), -0.100 + 0.002 * f64::from(k));
            x.push(px);
            z.push(pz);
            y.push(skin_y(px, pz));
        }
    }
    table("skin", vec![("x_m", "m", Column::F64(x)), ("z_m", "m", Column::F64(z)), ("y_m", "m", Column::F64(y))])
}

/// Depth of the front wall, semi-axes of the median cubital vein at the made-up target.
const FRONT_M: f64 = 4.4e-3;
const SEMI_V_M: f64 = 1.55e-3;
const SEMI_H_M: f64 = 2.3e-3;

fn cubital_x(z: f64) -> f64 {
    0.004 + 0.13 * (z + 0.02) + 0.0008 * ops::sin(z * 90.0)
}

fn anatomy() -> Table {
    let mut rows: Vec<(&str, &str, [f64; 5])> = Vec::new();
    let z_of = |i: u32| -0.095 + 0.17 * f64::from(i) / 60.0;
    let mut tube = |name: &'static str, kind: &'static str, at: &dyn Fn(f64) -> Option<[f64; 4]>| {
        for i in 0..=60 {
            let z = z_of(i);
            if let Some([x, depth, h, v]) = at(z) {
                rows.push((name, kind, [x, skin_y(x, z) + depth, z, h, v]));
            }
        }
    };
    tube("Cephalic", "vein", &|z| Some([-0.018 - 0.05 * z.abs() * 0.4 + 0.001 * ops::sin(z * 70.0), 4.0e-3, 1.6e-3, 1.1e-3]));
    tube("Basilic", "vein", &|z| Some([0.019 + 0.03 * z.abs() + 0.0008 * ops::sin(z * 60.0), 5.6e-3, 2.3e-3, 1.7e-3]));
    tube("MedianCubital", "vein", &|z| {
        (-0.062..0.062).contains(&z).then(|| [cubital_x(z), FRONT_M + SEMI_V_M + 0.01 * (z + 0.02), SEMI_H_M, SEMI_V_M])
    });
    tube("MedianAntebrachial", "vein", &|z| (z < -0.035).then_some([0.004 + 0.02 * (z + 0.035), 3.6e-3, 1.2e-3, 0.9e-3]));
    tube("BrachialArtery", "artery", &|z| (z > -0.045).then_some([0.010 + 0.03 * z, 0.0145, 2.0e-3, 2.0e-3]));
    tube("median nerve", "nerve", &|z| Some([0.0155 + 0.02 * z, 0.0155, 1.7e-3, 1.1e-3]));
    tube("medial antebrachial cutaneous nerve", "nerve", &|z| Some([0.024 + 0.02 * z, 5.0e-3, 0.8e-3, 0.6e-3]));
    tube("radius", "bone", &|z| (z < 0.01).then_some([-0.014, 0.030, 7.5e-3, 7.0e-3]));
    tube("ulna", "bone", &|z| (z < 0.015).then_some([0.013, 0.034, 7.0e-3, 7.0e-3]));
    tube("humerus", "bone", &|z| (z > 0.0).then_some([0.0, 0.032, 14e-3 - 0.08 * z, 9e-3]));
    let column = |i: usize| Column::F64(rows.iter().map(|r| r.2[i]).collect());
    table(
        "anatomy",
        vec![
            ("structure", "", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect())),
            ("kind", "", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect())),
            ("index", "1", Column::I64(rows.iter().map(|_| 0).collect())),
            ("x_m", "m", column(0)),
            ("y_m", "m", column(1)),
            ("z_m", "m", column(2)),
            ("semi_h_m", "m", column(3)),
            ("semi_v_m", "m", column(4)),
        ],
    )
}

/// Entry and tip of the made-up needle.
fn path() -> ([f64; 3], [f64; 3], f64) {
    let z = -0.020;
    let x = cubital_x(z);
    let tip = [x + 0.15e-3, skin_y(x, z) + FRONT_M + 1.7e-3, z];
    let (angle, heading) = (0.34, 0.13);
    let length = 19.0e-3;
    let entry_x = tip[0] - length * ops::cos(angle) * heading;
    let entry_z = z - length * ops::cos(angle);
    ([entry_x, skin_y(entry_x, entry_z), entry_z], tip, length)
}

fn needle() -> Table {
    let (entry, tip, _) = path();
    let target = [cubital_x(-0.020), tip[1] - 0.1e-3, -0.020];
    let shift = |p: [f64; 3], dx: f64, dy: f64| [p[0] + dx, p[1] + dy, p[2]];
    let points = [
        ("entry", entry),
        ("tip", tip),
        ("planned_entry", shift(entry, -0.5e-3, 0.0)),
        ("planned_tip", shift(tip, -0.35e-3, -0.4e-3)),
        ("target", target),
    ];
    let names: Vec<(String, f64)> =
        points.iter().flat_map(|(name, p)| ["x", "y", "z"].iter().zip(p).map(move |(axis, v)| (format!("{name}_{axis}_m"), *v))).collect();
    let mut t = Table::new("needle");
    t.push("attempt", "1", "", "made up", Column::I64(vec![1])).unwrap();
    for (name, value) in names {
        t.push(&name, "m", "patient_lps", "made up", Column::F64(vec![value])).unwrap();
    }
    t
}

fn beliefs() -> Table {
    let mut rows: Vec<(&str, &str, &str, f64, f64, f64)> = Vec::new();
    let truths = [("depth_m", 4.42e-3), ("diameter_v_m", 3.30e-3), ("diameter_h_m", 4.85e-3), ("lateral_m", 4.1e-3)];
    let stages: [(&str, [(f64, f64); 4]); 4] = [
        ("prior", [(4.81e-3, 2.17e-3), (3.01e-3, 1.10e-3), (4.46e-3, 1.60e-3), (2.0e-3, 6.0e-3)]),
        ("nir", [(4.1e-3, 1.4e-3), (3.1e-3, 1.0e-3), (4.2e-3, 0.9e-3), (4.4e-3, 0.7e-3)]),
        ("ultrasound", [(4.52e-3, 0.22e-3), (3.18e-3, 0.20e-3), (4.95e-3, 0.35e-3), (4.0e-3, 0.30e-3)]),
        ("aligned", [(4.47e-3, 0.14e-3), (3.24e-3, 0.15e-3), (4.90e-3, 0.30e-3), (4.15e-3, 0.16e-3)]),
    ];
    for (stage, values) in stages {
        for ((quantity, truth), (mean, sd)) in truths.iter().zip(values) {
            rows.push(("MedianCubital", quantity, stage, mean, sd, *truth));
        }
    }
    rows.push(("Cephalic", "depth_m", "ultrasound", 3.1e-3, 0.25e-3, 2.9e-3));
    rows.push(("Cephalic", "diameter_v_m", "ultrasound", 1.9e-3, 0.2e-3, 2.2e-3));
    table(
        "beliefs",
        vec![
            ("site", "", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect())),
            ("quantity", "", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect())),
            ("stage", "", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect())),
            ("mean", "m", Column::F64(rows.iter().map(|r| r.3).collect())),
            ("sd", "m", Column::F64(rows.iter().map(|r| r.4).collect())),
            ("truth", "m", Column::F64(rows.iter().map(|r| r.5).collect())),
            ("unit", "", Column::Text(rows.iter().map(|_| "m".to_owned()).collect())),
        ],
    )
}

fn sites() -> Table {
    let rows: [(i64, &str, [f64; 9], bool, &str); 5] = [
        (1, "MedianCubital", [-0.020, 0.0041, 4.47e-3, 3.24e-3, 0.041, 8.6e-3, 11.5e-3, 0.88, 0.94], true, ""),
        (2, "MedianCubital", [0.005, 0.0072, 4.6e-3, 3.2e-3, 0.038, 7.9e-3, 9.0e-3, 0.81, 0.92], false, ""),
        (3, "Cephalic", [-0.015, -0.018, 3.1e-3, 1.9e-3, 0.035, 24e-3, 28e-3, 0.62, 0.78], false, ""),
        (4, "Basilic", [-0.010, 0.0193, 5.9e-3, 3.5e-3, 0.044, 7.2e-3, 3.1e-3, 0.40, 0.90], false, "nerve closer than 5 mm"),
        (5, "MedianAntebrachial", [-0.050, 0.0037, 3.2e-3, 1.4e-3, 0.028, 21e-3, 17e-3, 0.0, 0.41], false, "lumen below 1.5 mm"),
    ];
    let column = |i: usize| Column::F64(rows.iter().map(|r| r.2[i]).collect());
    table(
        "sites",
        vec![
            ("rank", "1", Column::I64(rows.iter().map(|r| r.0).collect())),
            ("vein", "", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect())),
            ("z_m", "m", column(0)),
            ("x_m", "m", column(1)),
            ("depth_m", "m", column(2)),
            ("diameter_m", "m", column(3)),
            ("straight_m", "m", column(4)),
            ("artery_distance_m", "m", column(5)),
            ("nerve_distance_m", "m", column(6)),
            ("score", "1", column(7)),
            ("predicted_success", "1", column(8)),
            ("chosen", "", Column::Bool(rows.iter().map(|r| r.3).collect())),
            ("reject_reason", "", Column::Text(rows.iter().map(|r| r.4.to_owned()).collect())),
        ],
    )
}

fn outcome() -> Table {
    let rows: [(&str, f64, &str, &str); 22] = [
        ("first_stick_success", 1.0, "1", "blood in the tube without any re-entry or redirection of the needle"),
        ("success", 1.0, "1", "blood in the tube after at most two attempts"),
        ("attempts", 1.0, "1", "entries of the needle through the skin, redirections counted"),
        ("handed_over", 0.0, "1", "the robot gave up and called a human"),
        ("time_total_s", 98.0, "s", "from the first movement to the end of compression"),
        ("time_tourniquet_on_s", 74.5, "s", "cuff above 10 mmHg"),
        ("volume_drawn_ml", 3.98, "mL", "blood in the tube at the end"),
        ("insertion_length_mm", 19.0, "mm", "needle under the skin, along its axis"),
        ("insertion_angle_deg", 19.5, "deg", "needle to the skin plane at the entry"),
        ("tip_depth_under_front_wall_mm", 1.7, "mm", "tip below the inner front wall, along the depth"),
        ("tip_error_in_plane_mm", 0.41, "mm", "wanted minus true tip, in the image plane"),
        ("tip_error_out_of_plane_mm", 0.36, "mm", "wanted minus true tip, across the image plane"),
        ("force_peak_n", 1.04, "N", "highest true axial force"),
        ("haematoma_volume_ml", 0.03, "mL", "blood under the skin at the end."),
        ("haemolysis_index", 0.021, "%", "power law of shear and time, summed over the draw"),
        ("haemolysis_relative", 1.07, "1", "index over that of a 21G draw at 300 mmHg"),
        ("back_wall_contact", 0.0, "1", "the tip touched the far wall from inside"),
        ("arterial_contact", 0.0, "1", "the tip touched the wall of an artery"),
        ("nerve_contact", 0.0, "1", "the needle touched a nerve"),
        ("transfixion", 0.0, "1", "the tip left the vein through the far wall"),
        ("rolled", 0.0, "1", "the vein slid aside by more than its radius"),
        ("predicted_success", 0.94, "1", "probability of first-stick success stated before the skin was touched"),
    ];
    table(
        "outcome",
        vec![
            ("name", "", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect())),
            ("value", "", Column::F64(rows.iter().map(|r| r.1).collect())),
            ("unit", "", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect())),
            ("definition", "", Column::Text(rows.iter().map(|r| r.3.to_owned()).collect())),
        ],
    )
}

fn parameters() -> Table {
    let rows: [(&str, f64, &str, f64, f64, &str, &str, &str); 12] = [
        ("anatomy.depth_median_cubital_m", 4.42e-3, "m", 4.81e-3, 2.17e-3, "log-normal", "published", "Park 2023, J Vasc Access, n = 461"),
        ("anatomy.diameter_v_m", 3.3e-3, "m", 3.01e-3, 1.10e-3, "log-normal", "published", "Park 2023, J Vasc Access"),
        ("anatomy.fat_m", 3.4e-3, "m", 3.8e-3, 1.6e-3, "log-normal", "prior", "engineering judgement from BMI"),
        ("anatomy.epidermis_m", 0.07e-3, "m", 0.075e-3, 0.015e-3, "log-normal", "prior", "engineering judgement"),
        ("anatomy.dermis_m", 1.3e-3, "m", 1.2e-3, 0.2e-3, "log-normal", "prior", "engineering judgement"),
        ("optics.melanin_fraction", 0.06, "1", 0.08, 0.06, "log-normal", "prior", "engineering judgement by skin tone"),
        ("needle.skin_force_n", 1.04, "N", 1.08, 0.45, "log-normal, median 1.0 N, σ 0.4", "prior", "sampling recipe, unverified"),
        ("needle.wall_drop_n", 0.28, "N", 0.23, 0.12, "log-normal", "prior", "engineering judgement"),
        ("venous.pressure_tourniquet_pa", 5000.0, "Pa", 5600.0, 1300.0, "uniform 25–60 mmHg", "prior", "engineering judgement"),
        (
            "venous.compliance_per_pa",
            8.85e-5,
            "1/Pa",
            8.85e-5,
            2e-5,
            "log-normal",
            "computed",
            "0.0118 per mmHg of the great saphenous vein; another vein",
        ),
        ("motion.tremor_m", 0.05e-3, "m", 0.1e-3, 0.08e-3, "log-normal", "prior", "below 0.5 mm at rest"),
        ("person.height_m", 1.71, "m", 1.71, 0.0, "known", "measured", "chart"),
    ];
    table(
        "parameters",
        vec![
            ("name", "", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect())),
            ("value", "", Column::F64(rows.iter().map(|r| r.1).collect())),
            ("unit", "", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect())),
            ("mean", "", Column::F64(rows.iter().map(|r| r.3).collect())),
            ("sd", "", Column::F64(rows.iter().map(|r| r.4).collect())),
            ("distribution", "", Column::Text(rows.iter().map(|r| r.5.to_owned()).collect())),
            ("status", "", Column::Text(rows.iter().map(|r| r.6.to_owned()).collect())),
            ("source", "", Column::Text(rows.iter().map(|r| r.7.to_owned()).collect())),
        ],
    )
}
