//! Following a patient from frame to frame.

use nalgebra::DVector;
use proband_core::{Stream, ops};
use serde::Serialize;

use super::estimate::{Believed, Estimate, LiveFilter};
use super::limits::Limits;
use super::model::LiveModel;
use crate::calibrate::{FACTOR_COUNT, FACTORS, Matrix, WholeBelief};
use crate::{Interval, TwinError};

/// What is followed, as in the whole patient's names.
pub const LIVE_NAMES: [&str; 4] = ["heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "mean_mmhg"];
/// The forecast looks so far ahead [s].
pub const FORECAST_S: f64 = 300.0;

/// Variance per second that each factor gains [prior variances/s], before the stream says how restless the patient is.
/// Prior: unverified; nerves move rate and resistance by some percent within minutes, the rest hardly.
const RESTLESS: [f64; FACTOR_COUNT] = [1.2e-4, 1.6e-4, 1e-6, 1e-5, 1e-5, 1e-7, 1e-7, 1e-5, 1e-6];
/// What moved returns with this time constant [s]. Prior: unverified.
const RETURN_S: f64 = 3600.0;
/// Error of a frame's value [1/min, mmHg], before the stream says how noisy it is.
const NOISE: [f64; 4] = [0.8, 2.0, 1.4, 1.4];
/// How fast restlessness and noise are learnt [1/frame].
const LEARN: f64 = 0.03;
/// A value further off than this is an artefact [standard deviations] …
const GATE: f64 = 5.0;
/// … unless it stays for so many frames: then the patient has jumped.
const JUMP_FRAMES: u32 = 4;
/// Factors that a jump makes uncertain: rate, resistance, compliance, contractility, blood.
const JUMP_FACTORS: usize = 5;
/// Nothing for so long is said [s].
const SILENCE_S: f64 = 15.0;
/// Longest step between frames [s]: beyond it the patient is as uncertain as before the first.
const STEP_S_MAX: f64 = 7200.0;
/// Half-width of an interval of 80 % [standard deviations].
const Z_80: f64 = 1.281_551_565_544_6;

/// What a monitor said over some seconds. `None`: nothing that could be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveFrame {
    /// End of the stretch [s].
    pub time_s: f64,
    /// In the order of [`LIVE_NAMES`].
    pub values: [Option<f64>; 4],
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarm {
    /// When [s].
    pub time_s: f64,
    /// Channel or value.
    pub channel: String,
    /// What.
    pub what: String,
}

/// The state after a frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveStep {
    /// When [s].
    pub time_s: f64,
    /// What the twin shows, in the order of [`LIVE_NAMES`].
    pub shown: [f64; 4],
    /// Its standard deviation.
    pub sd: [f64; 4],
    /// Value less expectation before the frame, in standard deviations; NaN without a value.
    pub residual: [f64; 4],
    /// Mean pressure five minutes from now, 10, 50 and 90 % [mmHg].
    pub forecast_mmhg: [f64; 3],
    /// Rate of the heart, resistance, compliance, contractility: factors.
    pub factors: [f64; 4],
}

/// A patient who is followed.
#[derive(Clone, Debug)]
pub struct Watch {
    model: LiveModel,
    stream: Stream,
    estimate: Estimate,
    limits: Limits,
    time_s: Option<f64>,
    /// Factors on [`RESTLESS`] and on the variances of [`NOISE`], as logarithms.
    restless: f64,
    noise: f64,
    before: [f64; 4],
    rejected: [u32; 4],
    seen_s: [f64; 4],
    silent: [bool; 4],
}

impl Watch {
    /// Begin from the model's belief.
    ///
    /// # Errors
    /// [`TwinError`] when the belief is none.
    pub fn new(model: LiveModel, filter: LiveFilter, stream: Stream) -> Result<Self, TwinError> {
        let mut stream = stream;
        let estimate = Estimate::new(&model, filter, &mut stream)?;
        Ok(Self {
            model,
            stream,
            estimate,
            limits: Limits::new(),
            time_s: None,
            restless: 0.0,
            noise: 0.0,
            before: [0.0; 4],
            rejected: [0; 4],
            seen_s: [f64::NAN; 4],
            silent: [false; 4],
        })
    }

    /// Go on to a frame and learn from it. Alarms are added to `alarms`.
    ///
    /// # Errors
    /// [`TwinError`] when time runs backwards or a number is none; the state is then what it was.
    pub fn step(&mut self, frame: &LiveFrame, alarms: &mut Vec<Alarm>) -> Result<LiveStep, TwinError> {
        let from = self.time_s.unwrap_or(frame.time_s);
        crate::person::in_range("frame.time_s", frame.time_s - from, "s since the last frame", 0.0, STEP_S_MAX)?;
        for (value, name) in frame.values.iter().zip(LIVE_NAMES) {
            crate::person::in_range(name, value.unwrap_or(50.0), "(its unit)", 0.0, 400.0)?;
        }
        self.estimate = self.later(frame.time_s - from)?;
        self.time_s = Some(frame.time_s);
        let (mean, sd) = self.estimate.shown(&self.model)?;
        let variance: [f64; 4] = std::array::from_fn(|i| self.noise_variance(i));
        let residual: [f64; 4] = std::array::from_fn(|i| match frame.values[i] {
            Some(value) => (value - mean[i]) / (sd[i] * sd[i] + variance[i]).sqrt(),
            None => f64::NAN,
        });
        let used = self.gate(frame, &residual, alarms)?;
        if used.iter().any(|u| *u) {
            let rows: Vec<usize> = (0..4).filter(|i| used[*i]).collect();
            let values = DVector::from_iterator(rows.len(), rows.iter().map(|i| frame.values[*i].unwrap_or(f64::NAN)));
            let variance = DVector::from_iterator(rows.len(), rows.iter().map(|i| variance[*i]));
            self.estimate.learn(&self.model, &Believed { rows, values, variance }, &mut self.stream)?;
            self.adapt(&used, &residual);
        }
        let (shown, sd) = self.estimate.shown(&self.model)?;
        let centre = self.estimate.centre();
        let forecast_mmhg = self.forecast(FORECAST_S)?;
        self.limits.ask(frame, &used, &forecast_mmhg, alarms);
        Ok(LiveStep {
            time_s: frame.time_s,
            shown,
            sd,
            residual,
            forecast_mmhg,
            factors: std::array::from_fn(|i| ops::exp(self.model.logarithm(i, centre[i]))),
        })
    }

    fn noise_variance(&self, value: usize) -> f64 {
        let error = self.model.error()[value];
        NOISE[value] * NOISE[value] * ops::exp(self.noise) + 0.25 * error * error
    }

    /// The estimate some time later.
    fn later(&mut self, seconds: f64) -> Result<Estimate, TwinError> {
        let kept = ops::exp(-seconds / RETURN_S);
        let grown = 0.5 * RETURN_S * (1.0 - kept * kept) * ops::exp(self.restless);
        self.estimate.later(kept, &RESTLESS.map(|q| q * grown), &mut self.stream)
    }

    /// Which values are believed.
    fn gate(&mut self, frame: &LiveFrame, residual: &[f64; 4], alarms: &mut Vec<Alarm>) -> Result<[bool; 4], TwinError> {
        let mut used = [false; 4];
        let mut jumped = false;
        for i in 0..4 {
            let alarm = |what: String| Alarm { time_s: frame.time_s, channel: LIVE_NAMES[i].into(), what };
            let Some(value) = frame.values[i] else {
                let since = frame.time_s - self.seen_s[i];
                if since > SILENCE_S && !self.silent[i] {
                    self.silent[i] = true;
                    alarms.push(alarm(format!("nothing for {since:.0} s: the twin goes on without it")));
                }
                continue;
            };
            self.seen_s[i] = frame.time_s;
            if std::mem::take(&mut self.silent[i]) {
                alarms.push(alarm("is back".into()));
            }
            if residual[i].abs() <= GATE {
                self.rejected[i] = 0;
                used[i] = true;
                continue;
            }
            self.rejected[i] += 1;
            if self.rejected[i] == 1 {
                alarms.push(alarm(format!("{value:.0} is {:+.1} standard deviations off: not believed", residual[i])));
            } else if self.rejected[i] >= JUMP_FRAMES {
                alarms.push(alarm(format!("{value:.0} stays: the patient has changed, the twin follows")));
                (self.rejected[i], used[i], jumped) = (0, true, true);
            }
        }
        if jumped {
            self.estimate.jump(JUMP_FACTORS, &mut self.stream)?;
        }
        Ok(used)
    }

    /// Residuals that keep their sign say that the patient is more restless than thought; large ones, that he is noisier
    /// (Mehra 1970, IEEE Trans Autom Control 15:175).
    fn adapt(&mut self, used: &[bool; 4], residual: &[f64; 4]) {
        let (mut size, mut lag, mut n) = (0.0, 0.0, 0.0_f64);
        for i in (0..4).filter(|i| used[*i]) {
            let r = residual[i].clamp(-3.0, 3.0);
            size += r * r;
            lag += r * self.before[i];
            self.before[i] = r;
            n += 1.0;
        }
        let n = n.max(1.0);
        self.restless = (self.restless + LEARN * (lag / n).clamp(-1.0, 1.0)).clamp(-4.0, 5.0);
        self.noise = (self.noise + LEARN * (size / n - 1.0).clamp(-1.0, 2.0)).clamp(-3.0, 4.0);
    }

    /// Mean pressure as a frame will show it `seconds` from now: 10, 50, 90 % [mmHg].
    fn forecast(&self, seconds: f64) -> Result<[f64; 3], TwinError> {
        // The future draws from a stream of its own: looking ahead changes nothing.
        let mut ahead = self.clone();
        let (mean, sd) = ahead.later(seconds)?.shown(&self.model)?;
        let half = Z_80 * (sd[3] * sd[3] + self.noise_variance(3)).sqrt();
        Ok([mean[3] - half, mean[3], mean[3] + half])
    }

    /// What is believed now: for the twin's next version.
    #[must_use]
    pub fn belief(&self) -> WholeBelief {
        let (mean, covariance) = self.estimate.logarithms(&self.model);
        // Members of a filter are too alike in the end: no factor is known better than to a percent.
        let floor = Matrix::from_fn(|i, j| if i == j { 1e-4_f64.min(0.01 * FACTORS[i].sigma) } else { 0.0 });
        WholeBelief::of(&mean, &(covariance + floor))
    }

    /// Factors now, with intervals of 90 %.
    #[must_use]
    pub fn factors(&self) -> Vec<(&'static str, Interval)> {
        FACTORS.iter().enumerate().map(|(i, f)| (f.name, self.estimate.factor(&self.model, i))).collect()
    }
}
