//! Exercise in four stages with rests of two minutes. The sheet's watts are not the man's: its oxygen use sets the work.

use super::Want::{Back, Down, DownNow, NotUp, Same, Times, Up, Value};
use super::hand::{Hand, one};
use super::{Scenario, Segment, Want};

/// Oxygen use at rest [L/min].
const REST_L_MIN: f64 = 0.245;

fn rest(h: &mut Hand) {
    h.acts.work = one(1.0);
}

const RESTED: &[(&str, Want)] = &[
    ("core_c", Up),
    ("skin_c", NotUp),
    ("heart_rate_per_min", DownNow),
    ("systolic_mmhg", Back),
    ("diastolic_mmhg", Same),
    ("mean_mmhg", Back),
    ("stroke_ml", Back),
    ("output_l_min", Back),
    ("gut_ml_min", Back),
    ("systemic_resistance", Back),
    ("breaths_per_min", Back),
    ("tidal_ml", Back),
    ("oxygen_use_l_min", Back),
];

macro_rules! stage {
    ($what:literal, $use:literal, $rate:literal, $systolic:literal, $mean:literal, $stroke:literal, $output:literal, $gut:expr, $breaths:expr, $tidal:expr) => {
        Segment {
            what: $what,
            seconds: 360,
            act: |h| h.acts.work = one($use / REST_L_MIN),
            wants: &[
                ("core_c", Up),
                ("skin_c", NotUp),
                ("heart_rate_per_min", Times($rate, $rate)),
                ("systolic_mmhg", Times($systolic, $systolic)),
                ("diastolic_mmhg", Same),
                ("mean_mmhg", Times($mean, $mean)),
                ("stroke_ml", Times($stroke, $stroke)),
                ("output_l_min", Times($output, $output)),
                ("gut_ml_min", $gut),
                ("systemic_resistance", Down),
                ("breaths_per_min", $breaths),
                ("tidal_ml", $tidal),
                ("oxygen_use_l_min", Value($use, $use)),
                ("urine_ml_min", Down),
            ],
        }
    };
}

macro_rules! pause {
    ($what:literal) => {
        Segment { what: $what, seconds: 120, act: rest, wants: RESTED }
    };
}

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    sheet: "energy, exercise in stages",
    segments: &[
        stage!("45 W", 1.33, 1.56, 1.184, 1.01, 1.416, 2.25, Down, Up, Up),
        pause!("rest after 45 W"),
        stage!("90 W", 2.05, 1.97, 1.344, 1.0838, 1.299, 2.67, Down, Up, Up),
        pause!("rest after 90 W"),
        stage!("190 W", 2.75, 2.37, 1.464, 1.141, 1.364, 3.36, Times(0.5, 0.75), Up, Up),
        pause!("rest after 190 W"),
        stage!("430 W", 3.36, 2.57, 1.568, 1.179, 1.312, 3.50, Times(0.5, 0.75), Value(50.0, 68.0), Value(2700.0, 3500.0)),
        pause!("rest after 430 W"),
    ],
}];
