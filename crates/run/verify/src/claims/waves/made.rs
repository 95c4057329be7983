//! Signals whose beats and breaths are known because they were put in.

use std::f64::consts::PI;

use proband_core::{Stream, ops};

/// Samples per second of everything but breathing [Hz].
pub(super) const RATE_HZ: f64 = 250.0;
/// Samples per second of breathing [Hz].
pub(super) const BREATH_RATE_HZ: f64 = 25.0;
/// What the artery reaches.
pub(super) const SYSTOLIC_MMHG: f64 = 120.0;
pub(super) const DIASTOLIC_MMHG: f64 = 75.0;

/// Angle [rad], height and width [rad] of P, Q, R, S and T: McSharry et al. 2003, table I.
const WAVES: [(f64, f64, f64); 5] =
    [(-PI / 3.0, 1.2, 0.25), (-PI / 12.0, -5.0, 0.1), (0.0, 30.0, 0.1), (PI / 12.0, -7.5, 0.1), (PI / 2.0, 0.75, 0.4)];

/// Times of beats that vary with breathing, with the slow wave of pressure, and at random.
pub(super) struct Made {
    /// R peaks [s].
    pub beats_s: Vec<f64>,
}

impl Made {
    pub(super) fn new(count: usize, stream: &mut Stream) -> Self {
        let mut beats_s = vec![0.5];
        while beats_s.len() < count {
            let t = beats_s[beats_s.len() - 1];
            let interval = 0.8 + 0.05 * ops::sin(2.0 * PI * 0.1 * t) + 0.05 * ops::sin(2.0 * PI * 0.25 * t) + 0.02 * stream.normal();
            beats_s.push(t + interval.clamp(0.5, 1.2));
        }
        Self { beats_s }
    }

    /// For each sample the beat before it, and how far the way to the next one is gone, 0 to 1.
    fn phases(&self) -> Vec<(usize, f64)> {
        let last = self.beats_s.len() - 1;
        let count = ((self.beats_s[last] + 0.8) * RATE_HZ) as usize;
        let mut beat = 0;
        let phase = |i: usize| {
            let t = i as f64 / RATE_HZ;
            while beat < last && t >= self.beats_s[beat + 1] {
                beat += 1;
            }
            let interval = if beat < last { self.beats_s[beat + 1] - self.beats_s[beat] } else { 0.8 };
            // The first beat begins before the record.
            (beat, (t - self.beats_s[beat]) / interval)
        };
        (0..count).map(phase).collect()
    }

    /// An ECG [mV], its R peak 1 mV high, wandering, with white noise at a ratio of powers.
    pub(super) fn ecg(&self, decibel: f64, stream: &mut Stream) -> Vec<f64> {
        let wave = |phase: f64| {
            let bump = |(angle, height, width): (f64, f64, f64)| {
                let turned = 2.0 * PI * phase - angle;
                let off = turned - 2.0 * PI * (turned / (2.0 * PI)).round();
                height * width * width * ops::exp(-off * off / (2.0 * width * width))
            };
            WAVES.map(bump).iter().sum::<f64>() / 0.3
        };
        let clean: Vec<f64> = self.phases().iter().map(|(_, phase)| wave(*phase)).collect();
        let mean = clean.iter().sum::<f64>() / clean.len() as f64;
        let power = clean.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / clean.len() as f64;
        let sd = (power / ops::powf(10.0, decibel / 10.0)).sqrt();
        let wander = |i: usize| 0.3 * ops::sin(2.0 * PI * 0.2 * i as f64 / RATE_HZ);
        clean.iter().enumerate().map(|(i, x)| x + wander(i) + sd * stream.normal()).collect()
    }

    /// An arterial pressure [mmHg] with noise of 0.5 mmHg, and its feet [s].
    pub(super) fn artery(&self, stream: &mut Stream) -> (Vec<f64>, Vec<f64>) {
        // The pulse arrives a fifth of the interval after the R peak; run-off and a notch follow.
        let arrival = 0.2;
        let shape = |phase: f64| {
            let p = (phase - arrival).rem_euclid(1.0);
            let rise = 0.12;
            let fall = |p: f64| 0.75 * ops::exp(-(p - rise) / 0.4) + 0.25 - 0.08 * ops::exp(-((p - 0.4) / 0.03) * ((p - 0.4) / 0.03));
            let (top, end) = (1.0, fall(1.0));
            let value = if p < rise { end + (top - end) * 0.5 * (1.0 - ops::cos(PI * p / rise)) } else { fall(p) };
            (value - end) / (top - end)
        };
        let phases = self.phases();
        let pressure =
            |(_, phase): &(usize, f64)| DIASTOLIC_MMHG + (SYSTOLIC_MMHG - DIASTOLIC_MMHG) * shape(*phase) + 0.5 * stream.normal();
        let values: Vec<f64> = phases.iter().map(pressure).collect();
        let last = self.beats_s.len() - 1;
        let foot = |i: usize| {
            let interval = if i < last { self.beats_s[i + 1] - self.beats_s[i] } else { 0.8 };
            self.beats_s[i] + arrival * interval
        };
        (values, (0..=last).map(foot).collect())
    }

    /// A volume pulse with a second wave of a third of the height.
    pub(super) fn plethysmogram(&self, stream: &mut Stream) -> Vec<f64> {
        let bump = |p: f64, at: f64, width: f64| ops::exp(-((p - at) / width) * ((p - at) / width));
        let value = |(_, phase): &(usize, f64)| {
            let p = phase.rem_euclid(1.0);
            bump(p, 0.35, 0.12) + 0.33 * bump(p, 0.7, 0.1) + 0.01 * stream.normal()
        };
        self.phases().iter().map(value).collect()
    }
}

/// Breaths of 12 to 18 a minute with different depths, noise and the beat of the heart on them.
pub(super) fn breathing(count: usize, stream: &mut Stream) -> Vec<f64> {
    let mut values = Vec::new();
    for _ in 0..count {
        let (seconds, depth) = (60.0 / stream.uniform_in(12.0, 18.0), stream.uniform_in(0.7, 1.3));
        let samples = (seconds * BREATH_RATE_HZ) as usize;
        for i in 0..samples {
            let t = values.len() as f64 / BREATH_RATE_HZ;
            let heart = 0.05 * ops::sin(2.0 * PI * 1.2 * t);
            values.push(-depth * ops::cos(2.0 * PI * i as f64 / samples as f64) + heart + 0.05 * stream.normal());
        }
    }
    values
}
