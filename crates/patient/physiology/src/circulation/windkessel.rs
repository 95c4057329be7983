//! The three-element Windkessel under a half-sine inflow, in closed form.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::circulation::rk4;

/// Characteristic resistance Z, then compliance C with resistance R behind it; half-sine ejection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Windkessel {
    /// R [mmHg s/mL].
    pub resistance: f64,
    /// C [mL/mmHg].
    pub compliance: f64,
    /// Z [mmHg s/mL].
    pub impedance: f64,
    /// Volume per beat [mL].
    pub stroke_ml: f64,
    /// Duration of the ejection [s].
    pub ejection_s: f64,
    /// Period of the beat [s].
    pub period_s: f64,
}

/// The periodic state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindkesselPeriodic {
    /// Largest pressure [mmHg].
    pub systolic_mmhg: f64,
    /// Smallest pressure [mmHg].
    pub diastolic_mmhg: f64,
    /// Mean pressure [mmHg].
    pub mean_mmhg: f64,
    /// Pressure of the compliance at the start of ejection [mmHg].
    pub onset_mmhg: f64,
    /// Smallest pressure of the compliance, reached while the inflow is still below the outflow [mmHg].
    pub compliance_least_mmhg: f64,
}

impl Windkessel {
    /// Inflow [mL/s] at a time within the beat [s].
    #[must_use]
    pub fn inflow_ml_s(&self, time_s: f64) -> f64 {
        if time_s < self.ejection_s { self.peak_ml_s() * ops::sin(PI * time_s / self.ejection_s) } else { 0.0 }
    }

    fn peak_ml_s(&self) -> f64 {
        0.5 * PI * self.stroke_ml / self.ejection_s
    }

    /// P_C [mmHg] during ejection: (sine and cosine amplitude, decaying part) for a start `onset_mmhg`.
    fn ejecting(&self, onset_mmhg: f64, t: f64) -> f64 {
        let (k, w) = (1.0 / (self.resistance * self.compliance), PI / self.ejection_s);
        let scale = self.peak_ml_s() / self.compliance / (k * k + w * w);
        let (sin, cos) = ops::sin_cos(w * t);
        scale * (k * sin - w * cos) + (onset_mmhg + scale * w) * ops::exp(-k * t)
    }

    /// The periodic state in closed form; the extremes by bisection of dP/dt to the last bits.
    #[must_use]
    pub fn periodic(&self) -> WindkesselPeriodic {
        let k = 1.0 / (self.resistance * self.compliance);
        let from_zero = self.ejecting(0.0, self.ejection_s) * ops::exp(-k * (self.period_s - self.ejection_s));
        let onset = from_zero / (1.0 - ops::exp(-k * self.period_s));
        let pressure = |t: f64| self.ejecting(onset, t) + self.impedance * self.inflow_ml_s(t);
        let slope = |t: f64| {
            let q = self.inflow_ml_s(t);
            let w = PI / self.ejection_s;
            (q - self.ejecting(onset, t) / self.resistance) / self.compliance + self.impedance * self.peak_ml_s() * w * ops::cos(w * t)
        };
        // dP/dt changes its sign once downwards within the ejection, and may do so upwards near its start.
        let bisect = |mut low: f64, mut high: f64, rising: bool| {
            for _ in 0..200 {
                let middle = 0.5 * (low + high);
                if (slope(middle) > 0.0) == rising { high = middle } else { low = middle }
            }
            0.5 * (low + high)
        };
        let half = 0.5 * self.ejection_s;
        let systolic = pressure(bisect(0.25 * self.ejection_s, self.ejection_s, false));
        let start = pressure(bisect(0.0, half, true));
        // P_C turns where the inflow meets the outflow P_C/R.
        let (mut low, mut high) = (0.0, half);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if self.inflow_ml_s(middle) > self.ejecting(onset, middle) / self.resistance { high = middle } else { low = middle }
        }
        WindkesselPeriodic {
            systolic_mmhg: systolic,
            diastolic_mmhg: start.min(onset),
            mean_mmhg: self.stroke_ml / self.period_s * (self.resistance + self.impedance),
            onset_mmhg: onset,
            compliance_least_mmhg: self.ejecting(onset, low),
        }
    }

    /// Integrate `beats` beats with `steps` Runge–Kutta steps each from P_C = `start_mmhg`; extremes and mean of the last.
    #[must_use]
    pub fn integrate(&self, start_mmhg: f64, beats: u32, steps: u32) -> WindkesselPeriodic {
        let h = self.period_s / f64::from(steps);
        // Ejection ends on a step when its share of the beat divides them; half steps see the flow at their own time.
        let slope = |t: f64, y: &[f64; 1]| [(self.inflow_ml_s(t) - y[0] / self.resistance) / self.compliance];
        let mut y = [start_mmhg];
        let (mut onset, mut samples, mut compliance) = (start_mmhg, Vec::new(), Vec::new());
        for beat in 0..beats {
            onset = y[0];
            for step in 0..steps {
                let t = h * f64::from(step);
                if beat + 1 == beats {
                    samples.push(y[0] + self.impedance * self.inflow_ml_s(t));
                    compliance.push(-y[0]);
                }
                y = rk4(slope, t, &y, h);
            }
        }
        let mean = samples.iter().sum::<f64>() / f64::from(steps.max(1));
        WindkesselPeriodic {
            systolic_mmhg: greatest(&samples),
            // A corner, where a parabola would be wrong.
            diastolic_mmhg: samples.iter().copied().fold(f64::INFINITY, f64::min),
            mean_mmhg: mean,
            onset_mmhg: onset,
            compliance_least_mmhg: -greatest(&compliance),
        }
    }
}

/// Largest of periodic samples, by the parabola through the largest and its neighbours.
fn greatest(samples: &[f64]) -> f64 {
    let n = samples.len();
    let at = |i: usize| samples[i % n];
    let best = (0..n).max_by(|&i, &j| at(i).total_cmp(&at(j))).unwrap_or(0);
    let (a, b, c) = (at(best + n - 1), at(best), at(best + 1));
    let bend = a - 2.0 * b + c;
    if bend < 0.0 { b - (c - a) * (c - a) / (8.0 * bend) } else { b }
}
