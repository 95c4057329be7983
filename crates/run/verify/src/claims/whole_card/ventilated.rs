//! Lungs on a ventilator and on a bag.
//!
//! Severities are set once: ARDS of 0.3, 0.6, 0.9 as 0.6, 0.45, 0.35 of the lung's compliance with 12, 25, 42 % of the blood
//! past air and a dead space of 1.3, 1.6 and 2; COPD of 0.3, 0.6, 0.9 as 2, 4, 7 times the resistance with 6, 10, 14 % past
//! air and a dead space of 1.4, 1.6 and 1.8. All are without drive to breathe of their own.

use super::Want::{Down, DownNow, SameNow, Up, UpNow, Value};
use super::hand::{Hand, one};
use super::{Scenario, Segment, Want, below};

const BREATHS: &str = "breaths_per_min";
const TIDAL: &str = "tidal_ml";

const SATURATION: &str = "saturation";
const OXYGEN: &str = "oxygen_mmhg";
const CARBON_DIOXIDE: &str = "carbon_dioxide_mmhg";
const OVER: &str = "oxygen_over_fraction_mmhg";

/// Pressure control: rate, pressure above PEEP.
fn pressure(h: &mut Hand, rate: f64, pressure: f64, peep: f64, share: f64) {
    h.ventilate(rate, pressure, peep, share);
    h.acts.ventilator = one(2.0);
}

/// ARDS: severity by compliance, shunt and dead space.
fn stiff(h: &mut Hand, [compliance, shunt, dead]: [f64; 3], fraction: f64, rate: f64) {
    let e = &mut h.effects;
    (e.lung_compliance, e.shunt_fraction, e.dead_space) = (compliance, shunt, dead);
    h.acts.inspired_oxygen = one(fraction);
    h.ventilate(rate, 452.0, 11.0, 0.474);
}

/// COPD: severity by resistance, shunt and dead space.
fn narrow(h: &mut Hand, [resistance, shunt, dead]: [f64; 3], fraction: f64, rate: f64, volume: f64) {
    let e = &mut h.effects;
    (e.airway_resistance, e.shunt_fraction, e.dead_space) = (resistance, shunt, dead);
    h.acts.inspired_oxygen = one(fraction);
    h.ventilate(rate, volume, 8.0, 0.30);
}

const HEALTHY: &[(&str, Want)] = &[
    (BREATHS, Value(15.0, 15.0)),
    ("ph", Value(7.27, 7.40)),
    (CARBON_DIOXIDE, Value(35.0, 42.0)),
    (OXYGEN, Value(85.0, 114.0)),
    (OVER, Value(264.0, 366.0)),
    (SATURATION, Value(0.964, 0.985)),
];

macro_rules! alone {
    ($sheet:literal, $what:literal, $act:expr, $wants:expr) => {
        Scenario { sheet: $sheet, segments: &[Segment { what: $what, seconds: 1200, act: $act, wants: $wants }] }
    };
}

pub(super) const SCENARIOS: &[Scenario] = &[
    alone!(
        "ventilator, healthy",
        "volume control",
        |h| {
            h.acts.inspired_oxygen = one(0.30);
            h.ventilate(15.0, 527.0, 5.0, 0.375);
        },
        HEALTHY
    ),
    alone!(
        "ventilator, healthy",
        "pressure control",
        |h| {
            h.acts.inspired_oxygen = one(0.30);
            pressure(h, 15.0, 5.27, 5.0, 0.375);
        },
        HEALTHY
    ),
    alone!(
        "ventilator, ARDS",
        "mild",
        |h| stiff(h, [0.6, 0.12, 1.3], 0.4, 17.0),
        &[
            (BREATHS, Value(17.0, 17.0)),
            ("ph", Value(7.15, 7.34)),
            (CARBON_DIOXIDE, Value(45.0, 57.0)),
            (OXYGEN, Value(103.0, 133.0)),
            (OVER, Value(200.0, 300.0)),
            (SATURATION, Value(0.98, 0.99)),
        ]
    ),
    alone!(
        "ventilator, ARDS",
        "moderate",
        |h| stiff(h, [0.45, 0.25, 1.6], 0.7, 20.0),
        &[
            (BREATHS, Value(20.0, 20.0)),
            ("ph", Value(7.15, 7.34)),
            (CARBON_DIOXIDE, Value(45.0, 57.0)),
            (OXYGEN, Value(81.0, 117.0)),
            (OVER, Value(100.0, 200.0)),
            (SATURATION, Value(0.959, 0.986)),
        ]
    ),
    alone!(
        "ventilator, ARDS",
        "severe",
        |h| stiff(h, [0.35, 0.42, 2.0], 1.0, 25.0),
        &[
            (BREATHS, Value(25.0, 25.0)),
            ("ph", Value(7.15, 7.34)),
            (CARBON_DIOXIDE, Value(45.0, 57.0)),
            (OXYGEN, Value(56.0, 83.0)),
            (OVER, below(100.0)),
            (SATURATION, Value(0.888, 0.961)),
        ]
    ),
    alone!(
        "ventilator, COPD",
        "mild",
        |h| narrow(h, [2.0, 0.06, 1.4], 0.31, 12.0, 678.0),
        &[
            (BREATHS, Value(12.0, 12.0)),
            ("ph", Value(7.2, 7.31)),
            (CARBON_DIOXIDE, Value(44.0, 67.0)),
            (OXYGEN, Value(77.0, 94.0)),
            (OVER, Value(206.0, 295.0)),
            (SATURATION, Value(0.952, 0.973)),
        ]
    ),
    alone!(
        "ventilator, COPD",
        "moderate",
        |h| narrow(h, [4.0, 0.10, 1.6], 0.31, 14.0, 640.0),
        &[
            (BREATHS, Value(14.0, 14.0)),
            ("ph", Value(7.2, 7.31)),
            (CARBON_DIOXIDE, Value(44.0, 67.0)),
            (OXYGEN, Value(77.0, 94.0)),
            (OVER, Value(206.0, 295.0)),
            (SATURATION, Value(0.952, 0.973)),
        ]
    ),
    alone!(
        "ventilator, COPD",
        "severe",
        |h| narrow(h, [7.0, 0.14, 1.8], 0.40, 15.0, 678.0),
        &[
            (BREATHS, Value(15.0, 15.0)),
            ("ph", Value(7.2, 7.31)),
            (CARBON_DIOXIDE, Value(44.0, 67.0)),
            (OXYGEN, Value(77.0, 94.0)),
            (OVER, Value(206.0, 295.0)),
            (SATURATION, Value(0.952, 0.973)),
        ]
    ),
    Scenario {
        sheet: "bag and valve",
        segments: &[
            Segment {
                what: "no breath for 60 s",
                seconds: 60,
                act: |h| h.effects.respiratory_drive = 0.0,
                wants: &[(BREATHS, below(0.5)), (TIDAL, below(5.0)), (SATURATION, Down), (CARBON_DIOXIDE, Up)],
            },
            Segment {
                what: "pressed to 540 mL, 60 s",
                seconds: 60,
                act: |h| pressure(h, 12.0, 5.4, 0.0, 0.333),
                wants: &[(BREATHS, Value(12.0, 12.0)), (TIDAL, Value(540.0, 540.0)), (SATURATION, UpNow), (CARBON_DIOXIDE, DownNow)],
            },
            Segment {
                what: "540 mL, 60 s",
                seconds: 60,
                act: |h| h.ventilate(12.0, 540.0, 0.0, 0.333),
                wants: &[(BREATHS, Value(12.0, 12.0)), (TIDAL, Value(540.0, 540.0)), (SATURATION, SameNow), (CARBON_DIOXIDE, SameNow)],
            },
            Segment {
                what: "30 % oxygen, 60 s",
                seconds: 60,
                act: |h| h.acts.inspired_oxygen = one(0.3),
                wants: &[(BREATHS, Value(12.0, 12.0)), (TIDAL, Value(540.0, 540.0)), (SATURATION, UpNow), (CARBON_DIOXIDE, SameNow)],
            },
        ],
    },
];
