//! Detectors on drawn pictures: dark ovals and bright lines in speckle. What they do on pictures of arms is
//! measured in the verification cases.

use proband_core::{Patient, Pose, Probe, Stream, ops};
use proband_sensor::{DopplerMap, UltrasoundFrame};

use super::{LumenDetection, detect_lumens, detect_needle, detect_walls, doppler_pulsatility};

/// A picture whose grey levels are `level(x, depth)` [m] under speckle of the usual contrast.
fn picture(seed: u64, level: impl Fn(f64, f64) -> f64) -> UltrasoundFrame {
    let mut frame = UltrasoundFrame {
        index: 0,
        time_s: 0.0,
        column_count: 128,
        row_count: 160,
        column_pitch_m: 0.2e-3,
        row_pitch_m: 0.15e-3,
        pixels: Vec::new(),
        doppler: None,
        pose_patient_probe: Pose::<Patient, Probe>::identity(),
    };
    let mut stream = Stream::new(seed, 0, "picture");
    let mut noise = vec![0.0_f32; 128 * 160];
    stream.fill_normal(&mut noise);
    for row in 0..160 {
        for column in 0..128 {
            let grey = level(frame.x_m(f64::from(column)), frame.depth_m(f64::from(row)));
            let speckle = 20.0 * f64::from(noise[(row * 128 + column) as usize]);
            frame.pixels.push((grey + speckle).clamp(0.0, 255.0) as u8);
        }
    }
    frame
}

fn oval(x: f64, z: f64, centre: [f64; 2], semi: [f64; 2]) -> bool {
    let (u, v) = ((x - centre[0]) / semi[0], (z - centre[1]) / semi[1]);
    u * u + v * v < 1.0
}

/// Find two ovals where they are and as large as they are.
#[test]
fn ovals_are_found() {
    let ovals = [([-4e-3, 5e-3], [2.0e-3, 1.4e-3]), ([5e-3, 11e-3], [1.6e-3, 1.6e-3])];
    let frame = picture(1, |x, z| if ovals.iter().any(|(c, s)| oval(x, z, *c, *s)) { 12.0 } else { 115.0 });
    let found = detect_lumens(&frame);
    assert_eq!(found.len(), 2, "{found:?}");
    for (centre, semi) in ovals {
        let d = found.iter().find(|d| oval(d.x_m, d.depth_m, centre, semi)).unwrap();
        assert!((d.x_m - centre[0]).abs() < 0.15e-3 && (d.depth_m - centre[1]).abs() < 0.15e-3, "{d:?}");
        // Drawn edges have no blur: the correction for it shows as up to 0.15 mm.
        assert!((d.semi_lateral_m - semi[0]).abs() < 0.25e-3 && (d.semi_depth_m - semi[1]).abs() < 0.25e-3, "{d:?}");
        assert!(d.confidence > 0.6 && (d.area_m2() / (std::f64::consts::PI * semi[0] * semi[1]) - 1.0).abs() < 0.3);
    }
}

/// See nothing in speckle alone, nor in layers, nor in a shadow that has no floor.
#[test]
fn nothing_is_found_in_nothing() {
    assert!(detect_lumens(&picture(2, |_, _| 100.0)).is_empty());
    assert!(detect_lumens(&picture(3, |_, z| if (z * 1e3) as i32 % 4 < 2 { 60.0 } else { 130.0 })).is_empty());
    assert!(detect_lumens(&picture(4, |x, z| if z > 8e-3 && x.abs() < 3e-3 { 10.0 } else { 120.0 })).is_empty());
}

/// Follow both walls of a sloping vessel, and refuse where there is none.
#[test]
fn walls_are_followed() {
    let middle = |x: f64| 6e-3 + 0.1 * x;
    let frame = picture(5, |x, z| if (z - middle(x)).abs() < 1.2e-3 { 12.0 } else { 120.0 });
    let walls = detect_walls(&frame, 1e-3, 6.4e-3).unwrap();
    assert!(walls.confidence > 0.5 && walls.front_m.len() == walls.back_m.len());
    for (i, (front, back)) in walls.front_m.iter().zip(&walls.back_m).enumerate() {
        let x = walls.x_first_m + i as f64 * walls.x_pitch_m;
        assert!((front - (middle(x) - 1.2e-3)).abs() < 0.25e-3 && (back - (middle(x) + 1.2e-3)).abs() < 0.25e-3);
    }
    assert!(detect_walls(&picture(6, |_, _| 100.0), 0.0, 6e-3).is_none_or(|w| w.confidence < 0.3));
}

/// Find line and tip of a needle from either side.
#[test]
fn a_needle_is_found() {
    for sign in [1.0, -1.0] {
        let angle: f64 = 0.33;
        let (tip_x, tip_z) = (sign * 2e-3, 7e-3);
        let frame = picture(7, |x, z| {
            let before = sign * (tip_x - x);
            let line = tip_z - before * ops::tan(angle);
            if before >= 0.0 && (z - line).abs() < 0.2e-3 { 190.0 } else { 80.0 }
        });
        let needle = detect_needle(&frame, sign * 0.36).unwrap();
        assert!(needle.confidence > 0.6 && needle.visible_m > 8e-3, "{needle:?}");
        assert!((needle.angle_rad - sign * angle).abs() < 0.03, "{needle:?}");
        // A drawn tip has no glint: the correction for it shows as up to 0.5 mm along the line.
        assert!((needle.tip_m[0] - tip_x).abs() < 0.8e-3 && (needle.tip_m[1] - tip_z).abs() < 0.4e-3, "{needle:?}");
    }
    assert!(detect_needle(&picture(8, |_, _| 100.0), 0.33).is_none_or(|n| n.confidence < 0.3));
}

/// Average the pulsatility of the cells inside a lumen and of no other.
#[test]
fn doppler_is_read_inside_the_lumen() {
    let mut frame = picture(9, |_, _| 100.0);
    let mut map = DopplerMap {
        column_count: 32,
        row_count: 24,
        column_pitch_m: 0.8e-3,
        row_pitch_m: 1e-3,
        shift_hz: vec![0.0; 768],
        pulsatility: vec![f32::NAN; 768],
    };
    // Cells around x = 0.4 mm, depth 10.5 mm.
    map.pulsatility[10 * 32 + 16] = 2.0;
    map.pulsatility[10 * 32 + 17] = 1.0;
    map.pulsatility[3 * 32 + 2] = 9.0;
    frame.doppler = Some(map);
    let lumen =
        |x_m: f64| LumenDetection { x_m, depth_m: 10.5e-3, semi_lateral_m: 1.5e-3, semi_depth_m: 1.5e-3, contrast: 0.4, confidence: 1.0 };
    assert!((doppler_pulsatility(&frame, &lumen(0.8e-3)).unwrap() - 1.5).abs() < 1e-6);
    assert!(doppler_pulsatility(&frame, &lumen(-6e-3)).is_none());
}

/// Take no harm from a picture that is not one.
#[test]
fn broken_pictures_give_nothing() {
    let good = picture(10, |_, _| 100.0);
    let mut broken = vec![good.clone(); 4];
    broken[0].pixels.truncate(100);
    broken[1].row_count = 0;
    broken[2].column_pitch_m = f64::NAN;
    broken[3].row_pitch_m = -1.0;
    for frame in &broken {
        assert!(detect_lumens(frame).is_empty() && detect_walls(frame, 0.0, 5e-3).is_none() && detect_needle(frame, 0.3).is_none());
    }
    assert!(
        detect_walls(&good, f64::NAN, 5e-3).is_none()
            && detect_walls(&good, 1.0, 5e-3).is_none()
            && detect_walls(&good, 0.0, -1.0).is_none()
    );
    assert!(detect_needle(&good, f64::NAN).is_none());
}
