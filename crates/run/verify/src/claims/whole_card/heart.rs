//! Bleeding, arrest, rates, carbon dioxide, oxygen, height, stress.

use super::Want::{Back, Down, Plus, Same, SameNow, Times, Up, UpNow, Value};
use super::hand::one;
use super::{Scenario, Segment, below};

const RATE: &str = "heart_rate_per_min";
const SYSTOLIC: &str = "systolic_mmhg";
const DIASTOLIC: &str = "diastolic_mmhg";
const MEAN: &str = "mean_mmhg";
const OUTPUT: &str = "output_l_min";
const STROKE: &str = "stroke_ml";
const CORONARY: &str = "coronary_perfusion_mmhg";
const SATURATION: &str = "saturation";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        sheet: "kidney, class II haemorrhage",
        segments: &[
            Segment {
                what: "140 mL/min for 570 s",
                seconds: 570,
                act: |h| h.acts.bleeding_ml_s = one(140.0 / 60.0),
                wants: &[("gfr_ml_min", Down), (MEAN, Down), ("kidney_ml_min", Down), ("urine_ml_min", Down)],
            },
            Segment {
                what: "stopped, 380 s later",
                seconds: 380,
                act: |h| h.acts.bleeding_ml_s = one(0.0),
                wants: &[("gfr_ml_min", UpNow), (MEAN, SameNow), ("kidney_ml_min", UpNow), ("urine_ml_min", SameNow)],
            },
        ],
    },
    Scenario {
        sheet: "nerves, baroreceptors",
        segments: &[
            Segment { what: "a tenth lost in 30 s", seconds: 30, act: |h| h.acts.bleeding_ml_s = one(524.0 / 30.0), wants: &[] },
            Segment {
                what: "170 s later",
                seconds: 170,
                act: |h| h.acts.bleeding_ml_s = one(0.0),
                wants: &[(RATE, Times(1.3, 1.3)), (OUTPUT, Times(0.80, 0.85)), ("systemic_resistance", Times(1.10, 1.15))],
            },
        ],
    },
    Scenario {
        sheet: "rhythm, standstill (flutter and pulseless rhythms are the same run)",
        segments: &[
            Segment {
                what: "150 s without a beat",
                seconds: 150,
                act: |h| h.acts.heart_beats = one(0.0),
                wants: &[
                    (RATE, below(0.5)),
                    (MEAN, Value(7.0, 43.0)),
                    (CORONARY, Value(4.9, 21.9)),
                    (SATURATION, Down),
                    (OUTPUT, below(0.05)),
                    (STROKE, below(1.0)),
                ],
            },
            Segment {
                what: "beats again, 90 s",
                seconds: 90,
                act: |h| h.acts.heart_beats = one(1.0),
                wants: &[(RATE, Back), (MEAN, Back), (CORONARY, Back), (SATURATION, Back), (OUTPUT, Back), (STROKE, Back)],
            },
        ],
    },
    Scenario {
        sheet: "rhythm, sinus bradycardia",
        segments: &[
            Segment {
                what: "sinus node at 0.55",
                seconds: 100,
                act: |h| h.effects.intrinsic_heart_rate = 0.55,
                wants: &[(RATE, Value(40.0, 60.0)), (MEAN, Down), (CORONARY, Down), (SATURATION, Same), (OUTPUT, Down)],
            },
            Segment {
                what: "sinus node back, 90 s",
                seconds: 90,
                act: |h| h.effects.intrinsic_heart_rate = 1.0,
                wants: &[(RATE, Back), (MEAN, Back), (CORONARY, Back), (SATURATION, Back), (OUTPUT, Back), (STROKE, Back)],
            },
        ],
    },
    Scenario {
        sheet: "rhythm, sinus tachycardia",
        segments: &[
            Segment {
                what: "sinus node at 1.7",
                seconds: 100,
                act: |h| h.effects.intrinsic_heart_rate = 1.7,
                wants: &[(RATE, super::above(100.0)), (MEAN, Same), (CORONARY, Same), (SATURATION, Same), (OUTPUT, Up), (STROKE, Down)],
            },
            Segment {
                what: "sinus node back, 90 s",
                seconds: 90,
                act: |h| h.effects.intrinsic_heart_rate = 1.0,
                wants: &[(RATE, Back), (MEAN, Back), (CORONARY, Back), (SATURATION, Back), (OUTPUT, Back), (STROKE, Back)],
            },
        ],
    },
    Scenario {
        sheet: "events, too much carbon dioxide",
        segments: &[Segment {
            what: "8 % inspired, 10 min",
            seconds: 600,
            act: |h| h.acts.inspired_carbon_dioxide = one(0.08),
            wants: &[
                ("carbon_dioxide_mmhg", super::above(60.0)),
                (RATE, Up),
                (SATURATION, Same),
                (DIASTOLIC, Up),
                (SYSTOLIC, Up),
                (MEAN, Up),
                ("breathed_l_min", Up),
            ],
        }],
    },
    Scenario {
        sheet: "events, too little oxygen",
        segments: &[Segment {
            what: "13 % inspired, 10 min",
            seconds: 600,
            act: |h| h.acts.inspired_oxygen = one(0.13),
            wants: &[
                ("oxygen_mmhg", below(65.0)),
                (RATE, Up),
                (SATURATION, Down),
                (DIASTOLIC, Up),
                (SYSTOLIC, Up),
                (MEAN, Up),
                ("breaths_per_min", Up),
            ],
        }],
    },
    Scenario {
        sheet: "surroundings, 3000 m",
        segments: &[Segment {
            what: "70 kPa for 15 min",
            seconds: 900,
            act: |h| h.acts.barometric_mmhg = one(525.0),
            wants: &[
                (RATE, Times(1.07, 1.07)),
                (SATURATION, Times(0.93, 0.93)),
                ("breaths_per_min", Times(1.05, 1.05)),
                (SYSTOLIC, Down),
                (OUTPUT, Same),
                ("coronary_ml_min", Up),
                ("gfr_ml_min", Up),
                ("kidney_ml_min", Up),
                ("urine_ml_min", Up),
            ],
        }],
    },
    Scenario {
        sheet: "hormones, acute stress (as pain and fear)",
        segments: &[
            Segment {
                what: "0.4, mild pain",
                seconds: 190,
                act: |h| h.acts.pain = one(0.4),
                wants: &[(SYSTOLIC, Plus(15.0)), (DIASTOLIC, Plus(17.0)), (RATE, Up)],
            },
            Segment {
                what: "none",
                seconds: 390,
                act: |h| h.acts.pain = one(0.0),
                wants: &[(SYSTOLIC, Value(100.0, 140.0)), (DIASTOLIC, Value(60.0, 90.0)), (RATE, Value(72.0, 72.0))],
            },
            Segment {
                what: "0.8, mental stress",
                seconds: 190,
                act: |h| h.acts.pain = one(0.8),
                wants: &[(SYSTOLIC, Plus(15.0)), (DIASTOLIC, Plus(8.0)), (RATE, Value(82.0, 82.0))],
            },
            Segment {
                what: "none again",
                seconds: 390,
                act: |h| h.acts.pain = one(0.0),
                wants: &[(SYSTOLIC, Value(100.0, 140.0)), (DIASTOLIC, Value(60.0, 90.0)), (RATE, Value(72.0, 72.0))],
            },
            Segment {
                what: "1, panic",
                seconds: 190,
                act: |h| h.acts.pain = one(1.0),
                wants: &[(SYSTOLIC, Times(1.0, 1.1)), (DIASTOLIC, Times(1.0, 1.1)), (RATE, Value(85.0, 108.0))],
            },
        ],
    },
];
