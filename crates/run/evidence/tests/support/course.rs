//! The made-up course in time.

use proband_core::{Column, Stream, Table, ops};

use super::{path, table};

const SPANS: [(f64, &str, i64, &str); 13] = [
    (0.0, "prepare", 0, "arm on the rest, sensors zeroed"),
    (6.0, "tourniquet", 0, "skin dry"),
    (16.0, "scan_nir", 0, "veins filled"),
    (23.0, "scan_ultrasound", 0, "four candidate veins in near-infrared"),
    (41.0, "plan", 0, "seven stations measured"),
    (41.6, "align", 1, "median cubital, 19.5° and 19 mm"),
    (52.0, "contact", 1, "needle in front of the entry point, vein in the image plane"),
    (53.4, "insert", 1, "skin touched at 0.05 N"),
    (61.0, "confirm_lumen", 1, "pop and step of impedance"),
    (63.0, "draw", 1, "blood in the hub"),
    (79.0, "release", 1, "tube full"),
    (81.5, "withdraw", 1, "tourniquet off, tube off"),
    (84.0, "compress", 1, "needle out"),
];

pub(super) fn phases() -> Table {
    let mut rows = SPANS.to_vec();
    rows.push((98.0, "done", 1, "compressed long enough"));
    table(
        "phases",
        vec![
            ("time_s", "s", Column::F64(rows.iter().map(|r| r.0).collect())),
            ("phase", "", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect())),
            ("attempt", "1", Column::I64(rows.iter().map(|r| r.2).collect())),
            ("reason", "", Column::Text(rows.iter().map(|r| r.3.to_owned()).collect())),
        ],
    )
}

fn phase_at(time: f64) -> usize {
    SPANS.iter().rposition(|s| s.0 <= time).unwrap_or(0)
}

/// Force on the made-up needle at a depth along its line [m].
fn force(depth: f64) -> f64 {
    let d = depth * 1e3;
    let skin = if (0.0..2.2).contains(&d) { 0.55 * d * d / 4.84 * 1.9 } else { 0.0 };
    let after = if d >= 2.2 { 0.32 + 0.028 * (d - 2.2) } else { 0.0 };
    let wall = if (12.6..14.2).contains(&d) { 0.28 * (d - 12.6) / 1.6 } else { 0.0 };
    skin + after + wall
}

pub(super) fn ticks() -> Table {
    let (entry, tip, length) = path();
    let mut stream = Stream::new(1, 0, "fixture.ticks");
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 15];
    let (mut phase, mut index, mut attempt) = (Vec::new(), Vec::new(), Vec::new());
    let mut time = 0.0;
    let (mut volume, mut measured) = (0.0_f64, 0.0_f64);
    while time < 98.0 {
        let fine = (52.0..63.0).contains(&time);
        let dt = if fine { 1e-3 } else { 0.02 };
        let place = phase_at(time);
        let depth = if time < 53.4 {
            -0.004 + 0.004 * ((time - 52.0) / 1.4).clamp(0.0, 1.0)
        } else {
            (0.003 * (time - 53.4).min(6.3667)).min(length)
        };
        let depth = if time > 81.5 { (length - 0.02 * (time - 81.5)).max(-0.01) } else { depth };
        let inside = depth > 0.0;
        let f = if inside && time < 81.5 { force(depth) * if depth >= length { 0.7 } else { 1.0 } } else { 0.0 };
        measured += 0.12 * (f + 0.012 * stream.normal() - measured);
        let drawing = (63.8..79.0).contains(&time);
        let flow = if drawing { 0.55e-6 * ops::exp(-(time - 63.8) / 9.0) * (1.0 - volume / 4.05e-6).max(0.0) } else { 0.0 };
        volume = (volume + flow * dt).min(4.0e-6);
        let pressure = 1300.0 + if time > 6.0 && time < 80.5 { 3700.0 * (1.0 - ops::exp(-(time - 6.0) / 7.0)) } else { 0.0 } - 1.2e9 * flow
            + 40.0 * ops::sin(time * 1.6);
        let ratio = 1.0 + 0.42 * ((pressure - 1300.0) / 3700.0);
        let along = depth / length;
        let at = |i: usize| entry[i] + along * (tip[i] - entry[i]);
        let arm =
            0.12e-3 * ops::sin(time * 1.5) + 0.05e-3 * ops::sin(time * 52.0) + if (57.2..57.6).contains(&time) { 0.9e-3 } else { 0.0 };
        let row = [
            time,
            depth,
            if (53.4..59.77).contains(&time) { 0.003 } else { 0.0 },
            f,
            measured,
            0.04 * f,
            if inside { if depth > 14.2e-3 { 340.0 } else { 2100.0 + 400.0 * ops::sin(depth * 900.0) } } else { f64::NAN },
            pressure,
            ratio,
            volume,
            flow,
            arm.abs(),
            at(0),
            at(1),
            at(2),
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
        phase.push(SPANS[place].1.to_owned());
        index.push(place as i64);
        attempt.push(SPANS[place].2);
        time += dt;
    }
    let names = [
        ("time_s", "s"),
        ("tip_depth_along_m", "m"),
        ("insertion_speed_m_s", "m/s"),
        ("force_axial_n", "N"),
        ("force_measured_n", "N"),
        ("force_lateral_n", "N"),
        ("impedance_ohm", "ohm"),
        ("venous_pressure_pa", "Pa"),
        ("vein_area_ratio", "1"),
        ("tube_volume_m3", "m3"),
        ("flow_m3_s", "m3/s"),
        ("arm_displacement_m", "m"),
        ("tip_x_m", "m"),
        ("tip_y_m", "m"),
        ("tip_z_m", "m"),
    ];
    let mut list: Vec<(&str, &str, Column)> =
        names.iter().zip(columns).map(|((name, unit), values)| (*name, *unit, Column::F64(values))).collect();
    list.push(("phase", "", Column::Text(phase)));
    list.push(("phase_index", "1", Column::I64(index)));
    list.push(("attempt", "1", Column::I64(attempt)));
    table("ticks", list)
}

pub(super) fn events() -> Table {
    let rows: [(f64, &str, &str, f64, &str, f64); 11] = [
        (6.0, "tourniquet_on", "cuff to 50 mmHg", 6666.0, "Pa", f64::NAN),
        (54.13, "skin_puncture", "skin gave way", 1.04, "N", 2.2e-3),
        (57.25, "guard:arm_motion", "paused for 0.2 s until the arm was still", 0.9e-3, "m", 11.4e-3),
        (57.6, "wall_indent", "front wall touched", 0.6, "N", 12.6e-3),
        (58.13, "vein_puncture", "front wall gave way", 0.93, "N", 14.2e-3),
        (58.16, "pop_detected", "drop of force", 0.28, "N", 14.3e-3),
        (61.2, "flashback", "blood in the hub", f64::NAN, "", 19.0e-3),
        (63.8, "flow_start", "tube on", f64::NAN, "", 19.0e-3),
        (78.6, "tube_full", "4.0 mL", 4.0e-6, "m3", 19.0e-3),
        (80.5, "tourniquet_off", "", f64::NAN, "", 19.0e-3),
        (82.5, "needle_out", "", f64::NAN, "", 0.0),
    ];
    table(
        "events",
        vec![
            ("time_s", "s", Column::F64(rows.iter().map(|r| r.0).collect())),
            ("kind", "", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect())),
            ("text", "", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect())),
            ("value", "", Column::F64(rows.iter().map(|r| r.3).collect())),
            ("unit", "", Column::Text(rows.iter().map(|r| r.4.to_owned()).collect())),
            ("tip_depth_along_m", "m", Column::F64(rows.iter().map(|r| r.5).collect())),
        ],
    )
}
