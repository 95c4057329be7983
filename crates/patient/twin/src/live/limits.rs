//! Limits of the patient himself: values that call for a person.

use super::watch::{Alarm, LIVE_NAMES, LiveFrame};

/// Least and greatest value without an alarm, in the order of [`LIVE_NAMES`] [1/min, mmHg].
///
/// # Source
/// Mean pressure from 65 mmHg: Evans et al. 2021, Surviving Sepsis Campaign, Intensive Care Med 47:1181. The others are usual
/// settings of monitors for adults, prior: unverified.
pub const LIMITS: [(f64, f64); 4] = [(45.0, 130.0), (90.0, 180.0), (40.0, 110.0), (65.0, 125.0)];
/// An alarm ends when the value is so far back inside [1/min, mmHg], so that one at the limit does not chatter.
const BACK: f64 = 3.0;
/// So many frames in a row before anything is said.
const FRAMES: u32 = 2;

/// Which values are outside, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    outside: [u32; 4],
    /// As `outside`, of the forecast's middle.
    ahead: u32,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self { outside: [0; 4], ahead: 0 }
    }

    pub(super) fn ask(&mut self, frame: &LiveFrame, believed: &[bool; 4], forecast_mmhg: &[f64; 3], alarms: &mut Vec<Alarm>) {
        let mut say = |i: usize, what: String| alarms.push(Alarm { time_s: frame.time_s, channel: LIVE_NAMES[i].into(), what });
        for i in 0..4 {
            let (Some(value), true) = (frame.values[i], believed[i]) else { continue };
            let (low, high) = LIMITS[i];
            if count(&mut self.outside[i], value, low, high) {
                let (side, limit) = if value < low { ("below", low) } else { ("above", high) };
                say(i, format!("{value:.0} is {side} the limit of {limit:.0}"));
            }
        }
        // What is already there is not foretold.
        let (low, high) = LIMITS[3];
        let [least, middle, most] = *forecast_mmhg;
        if count(&mut self.ahead, middle, low, high) && self.outside[3] == 0 {
            let side = if middle < low { "below" } else { "above" };
            let limit = if middle < low { low } else { high };
            say(3, format!("is expected {side} the limit of {limit:.0} in five minutes: {middle:.0}, 80 % {least:.0} to {most:.0}"));
        }
    }
}

/// Count frames outside; true once, when there are enough of them.
fn count(outside: &mut u32, value: f64, low: f64, high: f64) -> bool {
    if value < low || value > high {
        *outside = outside.saturating_add(1);
        return *outside == FRAMES;
    }
    if *outside < FRAMES || (value > low + BACK && value < high - BACK) {
        *outside = 0;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(time_s: f64, mean: f64) -> LiveFrame {
        LiveFrame { time_s, values: [Some(70.0), Some(120.0), Some(60.0), Some(mean)] }
    }

    /// Say once that a limit is passed, not again while the value plays about it, and again after it was well inside.
    #[test]
    fn a_limit_is_said_once() {
        let (mut limits, mut alarms) = (Limits::new(), Vec::new());
        for (i, mean) in [70.0, 64.0, 63.0, 64.0, 66.0, 64.0, 60.0].into_iter().enumerate() {
            limits.ask(&frame(5.0 * i as f64, mean), &[true; 4], &[80.0, 85.0, 90.0], &mut alarms);
        }
        assert_eq!(alarms.len(), 1);
        assert_eq!((alarms[0].time_s, alarms[0].what.as_str()), (10.0, "63 is below the limit of 65"));
        for mean in [80.0, 60.0, 60.0] {
            limits.ask(&frame(50.0, mean), &[true; 4], &[80.0, 85.0, 90.0], &mut alarms);
        }
        assert_eq!(alarms.len(), 2);
        // Not believed: no alarm of the patient; but one that is only foretold.
        let (mut limits, mut alarms) = (Limits::new(), Vec::new());
        (0..3).for_each(|_| limits.ask(&frame(50.0, 20.0), &[false; 4], &[50.0, 60.0, 70.0], &mut alarms));
        assert!(alarms.len() == 1 && alarms[0].what.contains("is expected below"), "{alarms:?}");
    }
}
