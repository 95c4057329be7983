//! The needle detector on pictures and searches that nobody would make: a value or none, never a panic.

use proband_core::{Pose, Stream};
use proband_procedure::perception::{NeedleSearch, PictureScratch, detect_needle_in, detect_walls};
use proband_sensor::UltrasoundFrame;
use proptest::prelude::*;

fn frame(seed: u64, columns: u32, rows: u32, bright: f64) -> UltrasoundFrame {
    let mut stream = Stream::new(seed, 0, "test.needle_search");
    let mut pixels: Vec<u8> = (0..columns * rows).map(|_| (stream.uniform() * 120.0) as u8).collect();
    // A few straight bright lines, so that there is something to find and to lose.
    for _ in 0..3 {
        let (start, slope) = (stream.uniform_in(-200.0, f64::from(rows)), stream.uniform_in(0.0, 2.0));
        for column in 0..columns {
            let row = start + slope * f64::from(column);
            if row >= 0.0 && row < f64::from(rows) && stream.bernoulli(bright) {
                pixels[(row as u32 * columns + column) as usize] = 255;
            }
        }
    }
    UltrasoundFrame {
        index: 0,
        time_s: 0.0,
        column_count: columns,
        row_count: rows,
        column_pitch_m: 0.2e-3,
        row_pitch_m: 0.15e-3,
        pixels,
        doppler: None,
        pose_patient_probe: Pose::identity(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Search with any angle near any point, in the picture or far from it.
    #[test]
    fn any_search_ends(
        seed in any::<u64>(),
        bright in 0.0..1.0_f64,
        angle in -1.4..1.4_f64,
        x in -0.2..0.2_f64,
        depth in -0.1..0.2_f64,
        off in 0.0..0.05_f64,
        near in any::<bool>(),
    ) {
        let frame = frame(seed, 128, 160, bright);
        let search = NeedleSearch { line_near: near.then_some(([x, depth], off)), ..NeedleSearch::at_angle(angle) };
        if let Some(found) = detect_needle_in(&frame, &search, &mut PictureScratch::new()) {
            prop_assert!(found.tip_m.iter().all(|v| v.is_finite()) && (0.0..=1.0).contains(&found.confidence));
        }
        if let Some(walls) = detect_walls(&frame, x, depth) {
            prop_assert!(walls.front_m.iter().zip(&walls.back_m).all(|(f, b)| f.is_finite() && b >= f));
        }
    }
}
