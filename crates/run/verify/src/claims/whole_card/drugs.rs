//! Drugs of the library that the sheets give.

use super::Want::{Back, Down, Same, SameNow, Times, Up, UpNow, Value};
use super::hand::one;
use super::{Scenario, Segment, Want, below};

const RATE: &str = "heart_rate_per_min";
const SYSTOLIC: &str = "systolic_mmhg";
const DIASTOLIC: &str = "diastolic_mmhg";
const BREATHS: &str = "breaths_per_min";
const SATURATION: &str = "saturation";

macro_rules! bolus {
    ($sheet:literal, $what:literal, $name:literal, $amount:literal, $seconds:literal, $wants:expr) => {
        Scenario {
            sheet: $sheet,
            segments: &[Segment { what: $what, seconds: $seconds, act: |h| h.boluses.push(($name, $amount)), wants: $wants }],
        }
    };
}

macro_rules! noradrenaline {
    ($what:literal, $dose:literal, $rate:expr, $systolic:expr, $diastolic:expr) => {
        Scenario {
            sheet: "noradrenaline (young athletes, 128/70 at rest)",
            segments: &[Segment {
                what: $what,
                seconds: 900,
                act: |h| h.infusion = Some(("noradrenaline", 77.1 * $dose)),
                wants: &[(RATE, $rate), (SYSTOLIC, $systolic), (DIASTOLIC, $diastolic)],
            }],
        }
    };
}

/// A quarter down, within the sheet's two sources.
const MODERATELY_DOWN: Want = Times(0.75, 0.85);
const MODERATELY_UP: Want = Times(1.15, 1.25);

pub(super) const SCENARIOS: &[Scenario] = &[
    bolus!(
        "drugs",
        "adrenaline 10 µg",
        "adrenaline",
        10.0,
        120,
        &[(RATE, Times(1.25, 1.5)), (SYSTOLIC, Times(1.25, 1.5)), (DIASTOLIC, Times(1.25, 1.5)), (BREATHS, Same), (SATURATION, Same)]
    ),
    bolus!(
        "drugs",
        "etomidate 21 mg",
        "etomidate",
        21.0,
        70,
        &[(RATE, Same), (SYSTOLIC, Same), (DIASTOLIC, Same), (BREATHS, Same), (SATURATION, Same)]
    ),
    bolus!(
        "drugs",
        "ketamine 115 mg",
        "ketamine",
        115.0,
        170,
        &[(RATE, MODERATELY_UP), (SYSTOLIC, MODERATELY_UP), (DIASTOLIC, MODERATELY_UP), (BREATHS, Times(0.5, 0.75)), (SATURATION, Same)]
    ),
    bolus!(
        "drugs",
        "midazolam 5 mg",
        "midazolam",
        5_000.0,
        40,
        &[(RATE, Times(0.9, 1.1)), (SYSTOLIC, MODERATELY_DOWN), (DIASTOLIC, MODERATELY_DOWN), (BREATHS, Down), (SATURATION, Same)]
    ),
    bolus!(
        "drugs",
        "morphine 42 mg",
        "morphine",
        42_000.0,
        70,
        &[
            (RATE, Times(0.9, 0.95)),
            (SYSTOLIC, Times(0.9, 0.95)),
            (DIASTOLIC, Times(0.9, 0.95)),
            (BREATHS, Times(0.75, 0.85)),
            (SATURATION, Same)
        ]
    ),
    bolus!(
        "drugs",
        "propofol 135 mg",
        "propofol",
        135.0,
        70,
        &[(RATE, Down), (SYSTOLIC, Times(0.6, 0.75)), (DIASTOLIC, Times(0.6, 0.75)), ("tidal_ml", Down), (SATURATION, Same)]
    ),
    bolus!(
        "drugs",
        "rocuronium 52 mg",
        "rocuronium",
        52.0,
        70,
        &[(RATE, Same), (SYSTOLIC, Same), (DIASTOLIC, Same), (BREATHS, below(0.5)), (SATURATION, Down)]
    ),
    Scenario {
        sheet: "combined, Cynthia",
        segments: &[
            Segment {
                what: "midazolam 3 mg",
                seconds: 60,
                act: |h| h.boluses.push(("midazolam", 3_000.0)),
                wants: &[
                    (RATE, Times(0.9, 1.1)),
                    (SYSTOLIC, MODERATELY_DOWN),
                    (DIASTOLIC, MODERATELY_DOWN),
                    (BREATHS, Down),
                    (SATURATION, Same),
                ],
            },
            Segment {
                what: "airway shut",
                seconds: 150,
                act: |h| h.acts.airway_obstruction = one(1e6),
                wants: &[(RATE, UpNow), (SYSTOLIC, UpNow), (DIASTOLIC, UpNow), (SATURATION, Down)],
            },
            Segment {
                what: "mask on a shut airway",
                seconds: 20,
                act: |h| {
                    h.acts.inspired_oxygen = one(1.0);
                    h.ventilate(14.0, 500.0, 0.0, 0.33);
                },
                wants: &[(SATURATION, Down)],
            },
            Segment {
                what: "airway free, ketamine 30 mg",
                seconds: 60,
                act: |h| {
                    h.acts.airway_obstruction = one(1.0);
                    h.boluses.push(("ketamine", 30.0));
                },
                wants: &[
                    (RATE, MODERATELY_UP),
                    (SYSTOLIC, MODERATELY_UP),
                    (DIASTOLIC, MODERATELY_UP),
                    (BREATHS, Value(14.0, 14.0)),
                    (SATURATION, UpNow),
                ],
            },
            Segment {
                what: "rocuronium 62 mg",
                seconds: 90,
                act: |h| h.boluses.push(("rocuronium", 62.0)),
                wants: &[(RATE, SameNow), (SYSTOLIC, SameNow), (DIASTOLIC, SameNow), (BREATHS, Value(14.0, 14.0)), (SATURATION, SameNow)],
            },
            Segment {
                what: "tube placed",
                seconds: 500,
                act: |_| {},
                wants: &[(RATE, SameNow), (SYSTOLIC, SameNow), (DIASTOLIC, SameNow), (BREATHS, SameNow), (SATURATION, SameNow)],
            },
        ],
    },
    Scenario {
        sheet: "combined, Hassan (until succinylcholine)",
        segments: &[
            Segment {
                what: "oxygen by mask",
                seconds: 30,
                act: |h| h.acts.inspired_oxygen = one(1.0),
                wants: &[(RATE, Same), (SYSTOLIC, Same), (DIASTOLIC, Same), (BREATHS, Same), (SATURATION, Value(1.0, 1.0))],
            },
            Segment {
                what: "ketamine 168 mg",
                seconds: 40,
                act: |h| h.boluses.push(("ketamine", 168.0)),
                wants: &[
                    (RATE, MODERATELY_UP),
                    (SYSTOLIC, MODERATELY_UP),
                    (DIASTOLIC, MODERATELY_UP),
                    (BREATHS, Times(0.5, 0.75)),
                    (SATURATION, SameNow),
                ],
            },
        ],
    },
    Scenario {
        sheet: "combined, Joel (until succinylcholine)",
        segments: &[
            Segment {
                what: "airway shut",
                seconds: 120,
                act: |h| h.acts.airway_obstruction = one(1e6),
                wants: &[(RATE, Up), (SYSTOLIC, Up), (DIASTOLIC, Up), (BREATHS, below(0.5)), (SATURATION, Down)],
            },
            Segment {
                what: "airway free",
                seconds: 60,
                act: |h| h.acts.airway_obstruction = one(1.0),
                wants: &[(RATE, Back), (SYSTOLIC, Back), (DIASTOLIC, Back), (BREATHS, Back), (SATURATION, super::above(0.97))],
            },
            Segment {
                what: "mask",
                seconds: 20,
                act: |h| h.ventilate(14.0, 500.0, 0.0, 0.33),
                wants: &[(RATE, SameNow), (SYSTOLIC, SameNow), (DIASTOLIC, SameNow), (SATURATION, SameNow)],
            },
        ],
    },
];

/// Scenarios of the volunteers of [`super::athlete`].
pub(super) const VOLUNTEERS: &[Scenario] = &[
    noradrenaline!("0.01 µg/kg/min", 0.01, Value(46.0, 66.0), Value(125.0, 145.0), Value(65.0, 75.0)),
    noradrenaline!("0.06 µg/kg/min", 0.06, Value(41.0, 57.0), Value(136.0, 160.0), Value(70.0, 84.0)),
    noradrenaline!("0.10 µg/kg/min", 0.10, Value(40.0, 56.0), Value(146.0, 168.0), Value(74.0, 86.0)),
    noradrenaline!("0.14 µg/kg/min", 0.14, Value(39.0, 55.0), Value(152.0, 182.0), Value(77.0, 93.0)),
    noradrenaline!("0.20 µg/kg/min", 0.20, Value(39.0, 55.0), Value(174.0, 192.0), Value(83.0, 99.0)),
];
