//! Whether the needle's encoder follows what the driver is told.

use serde::{Deserialize, Serialize};

/// Time over which a difference is forgotten [s]: a needle that was slowed by tough skin is no fault. Prior: unverified.
const FORGET_S: f64 = 2.0;

/// Way that the driver was told to go less the way that the encoder saw, forgotten with time.
///
/// An encoder that reads too little (a wrong scale, a frozen reading) lets every depth come out too small: the needle would go on
/// until something else stopped it. This needs no model of the patient: the command is known and the reading is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FollowWatch {
    /// Last reading [m]; none before the first.
    before_m: Option<f64>,
    /// The difference [m]; positive when the encoder stays behind.
    apart_m: f64,
}

impl FollowWatch {
    /// One tick: the speed that the driver works on [m/s] and the position that is read now [m]. Returns the difference
    /// [m]; a position that is no number is left to another guard.
    pub fn step(&mut self, asked_m_s: f64, position_m: f64, dt_s: f64) -> f64 {
        if !position_m.is_finite() {
            return self.apart_m;
        }
        if let Some(before_m) = self.before_m {
            self.apart_m += asked_m_s * dt_s - (position_m - before_m);
            self.apart_m *= 1.0 - dt_s / FORGET_S;
        }
        self.before_m = Some(position_m);
        self.apart_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time until a driver at `speed_m_s` with a lag of 20 ms and an encoder of the given scale is found out [s].
    fn found_s(speed_m_s: f64, scale: f64) -> Option<f64> {
        let (mut watch, mut position_m, mut actual_m_s) = (FollowWatch::default(), 0.0, 0.0);
        (0..4_000).find_map(|tick| {
            // On for two seconds, then a stop.
            let asked_m_s = if tick < 2_000 { speed_m_s } else { 0.0 };
            actual_m_s += 0.05 * (asked_m_s - actual_m_s);
            position_m += actual_m_s * 1e-3;
            let apart_m = watch.step(asked_m_s, scale * position_m, 1e-3).abs();
            (apart_m > crate::GuardLimits::standard().encoder_apart_max_m).then_some(f64::from(tick) * 1e-3)
        })
    }

    /// Find a frozen or badly scaled encoder within two millimetres of way, and nothing in one that only lags.
    #[test]
    fn an_encoder_that_does_not_follow_is_found() {
        for speed_m_s in [-0.015, 0.003, 0.006, 0.010, 0.015] {
            assert_eq!(found_s(speed_m_s, 1.0), None, "{speed_m_s}");
            for scale in [0.0, 0.0394, 0.4, 2.5] {
                let way_m = found_s(speed_m_s, scale).unwrap() * speed_m_s.abs();
                assert!(way_m < 3.0e-3, "{speed_m_s} {scale}: {way_m}");
            }
        }
        let mut watch = FollowWatch::default();
        assert_eq!((watch.step(0.01, f64::NAN, 1e-3), watch), (0.0, FollowWatch::default()));
    }
}
