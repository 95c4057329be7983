//! Airways that narrow, lungs that stiffen, tubes that go astray.
//!
//! Severities of the sheets have no unit. Each is set once: an obstruction of 0.3, 0.6, 1 as 8, 20 and 10⁶ times the
//! resistance of the upper airway; asthma of 0.3, 0.7, 0.9 as 2, 6, 10 times that of the lower airways with 0, 20, 25 % of
//! the blood past air; emphysema and bronchitis as 5 and 7 times with 20 % past air, emphysema with 1.4 times the compliance
//! and 0.4 times the diffusion, fibrosis of 0.9 as a quarter of the compliance and 0.3 times the diffusion.

use super::Want::{Back, Down, LessThan, MoreThan, Same, Times, Up, Value};
use super::hand::{Hand, one};
use super::{Scenario, Segment, Want, above, below};

const RATE: &str = "heart_rate_per_min";
const SYSTOLIC: &str = "systolic_mmhg";
const DIASTOLIC: &str = "diastolic_mmhg";
const SATURATION: &str = "saturation";
const OXYGEN: &str = "oxygen_mmhg";
const CARBON_DIOXIDE: &str = "carbon_dioxide_mmhg";
const BREATHS: &str = "breaths_per_min";
const TIDAL: &str = "tidal_ml";
const PEAK: &str = "expiratory_peak_ml_s";
const RATIO: &str = "inspiration_over_expiration";

const CLEARED: &[(&str, Want)] = &[(BREATHS, Same), (RATE, Same), (SYSTOLIC, Same), (DIASTOLIC, Same), (SATURATION, Same)];
const NORMAL: &[(&str, Want)] = &[
    (PEAK, Same),
    (BREATHS, Same),
    (TIDAL, Same),
    (RATE, Same),
    (SYSTOLIC, Same),
    (SATURATION, Same),
    (OXYGEN, Same),
    (CARBON_DIOXIDE, Same),
    (RATIO, Same),
];

/// Two segments: an attack of 550 s, and 195 s after it.
macro_rules! attack {
    ($what:literal, $resistance:literal, $shunt:literal, $wants:expr) => {
        Scenario {
            sheet: concat!("breathing, asthma ", $what),
            segments: &[
                Segment {
                    what: "attack",
                    seconds: 550,
                    act: |h| {
                        h.effects.airway_resistance = $resistance;
                        h.effects.shunt_fraction = $shunt;
                    },
                    wants: $wants,
                },
                Segment { what: "over", seconds: 195, act: healthy, wants: NORMAL },
            ],
        }
    };
}

fn healthy(h: &mut Hand) {
    h.effects = proband_physiology::Effects::NONE;
}

fn clear(h: &mut Hand) {
    h.acts.airway_obstruction = one(1.0);
}

/// Both lungs on the machine again.
fn both(h: &mut Hand) {
    h.acts.lung_obstruction = [one(1.0); 2];
}

const ASTRAY: &[(&str, Want)] = &[
    (BREATHS, Value(16.0, 16.0)),
    (RATE, Times(0.95, 1.2)),
    (SYSTOLIC, Times(0.95, 1.2)),
    (DIASTOLIC, Times(0.95, 1.2)),
    (SATURATION, Value(0.93, 0.95)),
];
const PLACED: &[(&str, Want)] = &[(BREATHS, Value(16.0, 16.0)), (RATE, Back), (SYSTOLIC, Back), (DIASTOLIC, Back), (SATURATION, Back)];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        sheet: "breathing, airway obstruction",
        segments: &[
            Segment {
                what: "severity 0.3",
                seconds: 180,
                act: |h| h.acts.airway_obstruction = one(8.0),
                wants: &[(BREATHS, Up), (RATE, Up), (SYSTOLIC, Up), (DIASTOLIC, Up), (SATURATION, Down)],
            },
            Segment { what: "cleared", seconds: 300, act: clear, wants: CLEARED },
            Segment {
                what: "severity 0.6",
                seconds: 180,
                act: |h| h.acts.airway_obstruction = one(20.0),
                wants: &[(BREATHS, MoreThan(0)), (RATE, Up), (SYSTOLIC, Up), (DIASTOLIC, Up), (SATURATION, LessThan(0))],
            },
            Segment { what: "cleared again", seconds: 300, act: clear, wants: CLEARED },
            Segment {
                what: "severity 1",
                seconds: 180,
                act: |h| h.acts.airway_obstruction = one(1e6),
                wants: &[(BREATHS, below(0.5)), (RATE, Up), (SYSTOLIC, Up), (DIASTOLIC, Up), (SATURATION, LessThan(2))],
            },
            Segment { what: "cleared at last", seconds: 500, act: clear, wants: CLEARED },
        ],
    },
    attack!(
        "of 0.3",
        2.0,
        0.0,
        &[
            (PEAK, Times(0.75, 0.9)),
            (BREATHS, Up),
            (TIDAL, Times(0.95, 0.95)),
            (RATE, Same),
            (SYSTOLIC, Same),
            (SATURATION, Same),
            (OXYGEN, Same),
            (CARBON_DIOXIDE, Same),
            (RATIO, Down),
        ]
    ),
    attack!(
        "of 0.7",
        6.0,
        0.2,
        &[
            (PEAK, Times(0.0, 0.5)),
            (BREATHS, above(25.0)),
            (TIDAL, Times(0.0, 0.6)),
            (RATE, above(110.0)),
            (SYSTOLIC, Down),
            (SATURATION, below(0.92)),
            (OXYGEN, below(60.0)),
            (CARBON_DIOXIDE, Value(40.0, 50.0)),
            (RATIO, Down),
        ]
    ),
    attack!(
        "of 0.9",
        10.0,
        0.25,
        &[
            (PEAK, Times(0.0, 0.33)),
            (BREATHS, above(25.0)),
            (TIDAL, Times(0.0, 0.6)),
            (RATE, above(110.0)),
            (SYSTOLIC, Down),
            (SATURATION, below(0.92)),
            (OXYGEN, below(60.0)),
            (CARBON_DIOXIDE, Value(40.0, 60.0)),
            (RATIO, Down),
        ]
    ),
    Scenario {
        sheet: "asthma attack of 0.7, before treatment",
        segments: &[Segment {
            what: "10 min",
            seconds: 600,
            act: |h| {
                h.effects.airway_resistance = 6.0;
                h.effects.shunt_fraction = 0.2;
            },
            wants: &[
                (RATE, Up),
                ("stroke_ml", Down),
                ("mean_mmhg", Up),
                (SYSTOLIC, Up),
                ("output_l_min", Up),
                (BREATHS, Up),
                (SATURATION, Down),
                ("end_tidal_mmhg", Down),
                (OXYGEN, Value(59.5, 83.5)),
                (CARBON_DIOXIDE, Value(28.9, 42.7)),
                ("ph", Up),
            ],
        }],
    },
    Scenario {
        sheet: "breathing, severe emphysema",
        segments: &[Segment {
            what: "bronchitis 0.5, emphysema 0.7",
            seconds: 900,
            act: |h| {
                let e = &mut h.effects;
                (e.airway_resistance, e.lung_compliance, e.diffusing_capacity, e.shunt_fraction) = (5.0, 1.4, 0.4, 0.2);
            },
            wants: &[
                (PEAK, Times(0.0, 0.7)),
                (BREATHS, above(30.0)),
                (TIDAL, Times(0.0, 0.6)),
                (RATE, Up),
                (SYSTOLIC, above(140.0)),
                (SATURATION, below(0.9)),
                (OXYGEN, below(55.0)),
                (CARBON_DIOXIDE, above(55.0)),
                (RATIO, Down),
            ],
        }],
    },
    Scenario {
        sheet: "breathing, severe chronic bronchitis",
        segments: &[Segment {
            what: "bronchitis 0.7, emphysema 0.5",
            seconds: 900,
            act: |h| {
                let e = &mut h.effects;
                (e.airway_resistance, e.lung_compliance, e.diffusing_capacity, e.shunt_fraction) = (7.0, 1.2, 0.6, 0.2);
            },
            wants: &[
                (PEAK, Down),
                (BREATHS, above(20.0)),
                (TIDAL, Times(0.0, 0.6)),
                (RATE, Up),
                (SYSTOLIC, above(140.0)),
                (SATURATION, below(0.9)),
                (OXYGEN, below(55.0)),
                (CARBON_DIOXIDE, above(55.0)),
                (RATIO, Down),
            ],
        }],
    },
    Scenario {
        sheet: "breathing, severe fibrosis",
        segments: &[Segment {
            what: "severity 0.9",
            seconds: 900,
            act: |h| {
                let e = &mut h.effects;
                (e.lung_compliance, e.diffusing_capacity, e.shunt_fraction) = (0.25, 0.3, 0.2);
            },
            wants: &[
                (PEAK, Down),
                (BREATHS, above(30.0)),
                (TIDAL, Times(0.0, 0.6)),
                (RATE, Up),
                (SYSTOLIC, above(140.0)),
                (SATURATION, below(0.9)),
                (OXYGEN, Down),
                (CARBON_DIOXIDE, Up),
                (RATIO, Down),
            ],
        }],
    },
    Scenario {
        sheet: "breathing, tube in the gullet",
        segments: &[
            Segment {
                what: "no air for 60 s",
                seconds: 60,
                act: |h| h.acts.airway_obstruction = one(1e6),
                wants: &[
                    (BREATHS, below(0.5)),
                    (RATE, Times(0.95, 1.2)),
                    (SYSTOLIC, Times(0.95, 1.2)),
                    (DIASTOLIC, Times(0.95, 1.2)),
                    (SATURATION, Down),
                ],
            },
            Segment { what: "60 s more", seconds: 60, act: |_| {}, wants: &[] },
            Segment {
                what: "tube placed, 320 s",
                seconds: 320,
                act: |h| {
                    clear(h);
                    h.ventilate(16.0, 500.0, 0.0, 0.33);
                },
                wants: PLACED,
            },
        ],
    },
    Scenario {
        sheet: "breathing, tube in one lung",
        segments: &[
            Segment {
                what: "in the right",
                seconds: 120,
                act: |h| {
                    h.ventilate(16.0, 500.0, 0.0, 0.33);
                    h.acts.lung_obstruction[0] = one(1e6);
                },
                wants: ASTRAY,
            },
            Segment { what: "drawn back", seconds: 300, act: both, wants: PLACED },
            Segment { what: "in the left", seconds: 120, act: |h| h.acts.lung_obstruction[1] = one(1e6), wants: ASTRAY },
            Segment { what: "drawn back again", seconds: 300, act: both, wants: PLACED },
        ],
    },
];
