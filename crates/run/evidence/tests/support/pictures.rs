//! The made-up pictures and what was found in them.

use proband_core::{Column, Stream, Table, ops};

use super::{SEMI_H_M, SEMI_V_M, cubital_x, numbers, table, words};

/// A grey picture as PNG.
pub fn grey_png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> f64) -> Vec<u8> {
    let data: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| (pixel(x, y).clamp(0.0, 1.0) * 255.0) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&data).unwrap();
    writer.finish().unwrap();
    bytes
}

pub(super) fn images() -> Table {
    let mut noise = vec![0.0_f32; 640 * 480];
    Stream::new(5, 0, "fixture.noise").fill_normal(&mut noise);
    let n = |x: u32, y: u32| f64::from(noise[(y * 640 + x) as usize]);
    let nir = grey_png(640, 400, |x, y| {
        let (z, px) = (-0.10 + 0.18 * f64::from(x) / 640.0, -0.055 + 0.11 * f64::from(y) / 400.0);
        let edge = (1.0 - (px / 0.044) * (px / 0.044)).max(0.0).sqrt();
        let vein = |x0: f64, w: f64, depth: f64| depth * ops::exp(-0.5 * ((px - x0) / w) * ((px - x0) / w));
        let dark =
            vein(cubital_x(z), 3.5e-3, 0.22) + vein(-0.018 - 0.02 * z.abs(), 3.0e-3, 0.25) + vein(0.019 + 0.03 * z.abs(), 4.0e-3, 0.15);
        if px.abs() > 0.0435 { 0.05 + 0.01 * n(x, y) } else { 0.62 * edge * (1.0 - dark) + 0.08 + 0.02 * n(x, y) }
    });
    let us = |needle: f64, transverse: bool| {
        grey_png(380, 300, |x, y| {
            let (lateral, depth) = (0.1e-3 * (f64::from(x) - 190.0), 0.1e-3 * f64::from(y));
            let speckle = (0.5 * (n(x, y) * n(x, y) + n((x + 200) % 640, y) * n((x + 200) % 640, y))).sqrt();
            let (h, v) = if transverse { (SEMI_H_M, SEMI_V_M) } else { (1.0, SEMI_V_M) };
            let r = (lateral / h) * (lateral / h) + ((depth - 6.0e-3) / v) * ((depth - 6.0e-3) / v);
            let tissue = 0.5 * ops::exp(-depth / 0.03) * if depth < 1.4e-3 { 1.5 } else { 0.8 };
            let wall = 0.35 * ops::exp(-((r.sqrt() - 1.0) * 9.0) * ((r.sqrt() - 1.0) * 9.0));
            let line = (lateral + 0.017) * 0.354;
            let shaft = if needle > 0.0 && !transverse && lateral + 0.017 < needle && (depth - line).abs() < 0.35e-3 { 0.9 } else { 0.0 };
            (if r < 1.0 { 0.04 } else { tissue }) * (0.35 + 0.6 * speckle) + wall * 0.6 + shaft
        })
    };
    let names = ["nir", "us_scan", "us_before", "us_insert", "us_lumen"];
    let captions = [
        "Arm at 850 nm with the veins that were found",
        "Across the median cubital vein at the chosen station",
        "Along the vein, before the needle",
        "Along the vein, needle at the front wall",
        "Along the vein, tip in the lumen",
    ];
    table(
        "images",
        vec![
            ("name", "", words(&names)),
            ("modality", "", words(&["nir", "ultrasound", "ultrasound", "ultrasound", "ultrasound"])),
            ("time_s", "s", numbers(&[18.2, 29.0, 51.5, 57.9, 60.5])),
            ("caption", "", words(&captions)),
            ("width", "1", Column::I64(vec![640, 380, 380, 380, 380])),
            ("height", "1", Column::I64(vec![400, 300, 300, 300, 300])),
            ("pixel_m", "m", numbers(&[0.28e-3, 0.1e-3, 0.1e-3, 0.1e-3, 0.1e-3])),
            ("png", "", Column::Bytes(vec![nir, us(0.0, true), us(0.0, false), us(0.0142, false), us(0.0185, false)])),
        ],
    )
}

pub(super) fn overlays() -> Table {
    let mut rows: Vec<(&str, i64, &str, &str, f64, f64)> = Vec::new();
    let px = |x: f64| (x + 0.055) / 0.11 * 400.0;
    for i in 0..=30 {
        let u = 60.0 + 17.0 * f64::from(i);
        let z = -0.10 + 0.18 * u / 640.0;
        rows.push(("nir", 0, "polyline", "median cubital", u, px(cubital_x(z))));
    }
    for i in 0..=30 {
        let u = 60.0 + 17.0 * f64::from(i);
        let z = -0.10 + 0.18 * u / 640.0;
        rows.push(("nir", 1, "polyline", "cephalic vein", u, px(-0.018 - 0.02 * z.abs())));
    }
    rows.push(("nir", 2, "cross", "site 1", 284.0, px(cubital_x(-0.02))));
    for i in 0..40 {
        let (sin, cos) = ops::sin_cos(f64::from(i) / 40.0 * std::f64::consts::TAU);
        rows.push(("us_scan", 0, "ellipse", "lumen", 190.0 + 23.5 * cos, 60.0 + 15.0 * sin));
    }
    for (name, tip) in [("us_insert", 14.2), ("us_lumen", 18.5)] {
        rows.push((name, 0, "polyline", "needle", 20.0, 0.0));
        rows.push((name, 0, "polyline", "needle", 20.0 + 10.0 * tip, 3.54 * tip));
        rows.push((name, 1, "cross", "tip", 20.0 + 10.0 * tip, 3.54 * tip));
        rows.push((name, 2, "polyline", "front wall", 0.0, 44.5));
        rows.push((name, 2, "polyline", "front wall", 379.0, 44.5));
    }
    table(
        "overlays",
        vec![
            ("image", "", Column::Text(rows.iter().map(|r| r.0.to_owned()).collect())),
            ("shape", "1", Column::I64(rows.iter().map(|r| r.1).collect())),
            ("kind", "", Column::Text(rows.iter().map(|r| r.2.to_owned()).collect())),
            ("label", "", Column::Text(rows.iter().map(|r| r.3.to_owned()).collect())),
            ("x_px", "px", Column::F64(rows.iter().map(|r| r.4).collect())),
            ("y_px", "px", Column::F64(rows.iter().map(|r| r.5).collect())),
        ],
    )
}
