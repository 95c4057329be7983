//! Following a patient from frame to frame.

use nalgebra::{DMatrix, DVector};
use proband_core::{Stream, ops};
use proband_math::infer::{EnsembleScheme, Particles, ensemble_update};
use serde::Serialize;

use super::model::LiveModel;
use crate::calibrate::{FACTOR_COUNT, FACTORS, Matrix, Vector, WholeBelief};
use crate::{Interval, TwinError};

/// What is followed, as in the whole patient's names.
pub const LIVE_NAMES: [&str; 4] = ["heart_rate_per_min", "systolic_mmhg", "diastolic_mmhg", "mean_mmhg"];
/// The forecast looks so far ahead [s].
pub const FORECAST_S: f64 = 300.0;

/// Variance per second that each factor gains [prior variances/s], before the stream says how restless the patient is.
/// Prior: unverified; nerves move rate and resistance by some percent within minutes, the rest hardly.
const RESTLESS: [f64; FACTOR_COUNT] = [1.2e-4, 1.6e-4, 1e-6, 1e-5, 1e-5, 1e-7, 1e-7, 1e-5];
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
/// Nothing for so long is said [s].
const SILENCE_S: f64 = 15.0;
/// Longest step between frames [s]: beyond it the patient is as uncertain as before the first.
const STEP_S_MAX: f64 = 7200.0;
/// Half-width of an interval of 80 % [standard deviations].
const Z_80: f64 = 1.281_551_565_544_6;

/// How the members learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveFilter {
    /// 96 members, square-root ensemble Kalman filter.
    Ensemble,
    /// 1500 particles, regularised.
    Particles,
}

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
    filter: LiveFilter,
    stream: Stream,
    members: DMatrix<f64>,
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
        let count = if filter == LiveFilter::Ensemble { 96 } else { 1500 };
        let mut members = DMatrix::zeros(FACTOR_COUNT, count);
        for mut column in members.column_iter_mut() {
            column.copy_from(&model.draw(&mut stream)?);
        }
        Ok(Self {
            model,
            filter,
            stream,
            members,
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
        self.members = self.later(frame.time_s - from);
        self.time_s = Some(frame.time_s);
        let seen = self.seen();
        let (mean, sd) = moments(&seen);
        let variance: [f64; 4] = std::array::from_fn(|i| self.noise_variance(i));
        let residual: [f64; 4] = std::array::from_fn(|i| match frame.values[i] {
            Some(value) => (value - mean[i]) / (sd[i] * sd[i] + variance[i]).sqrt(),
            None => f64::NAN,
        });
        let used = self.gate(frame, &residual, alarms);
        if used.iter().any(|u| *u) {
            self.learn(frame, &used, &seen, &variance)?;
            self.adapt(&used, &residual);
        }
        let (shown, sd) = moments(&self.seen());
        let centre = self.members.column_mean();
        Ok(LiveStep {
            time_s: frame.time_s,
            shown,
            sd,
            residual,
            forecast_mmhg: self.forecast(FORECAST_S),
            factors: std::array::from_fn(|i| ops::exp(self.model.logarithm(i, centre[i]))),
        })
    }

    fn noise_variance(&self, value: usize) -> f64 {
        let error = self.model.error()[value];
        NOISE[value] * NOISE[value] * ops::exp(self.noise) + 0.25 * error * error
    }

    /// Members some time later.
    fn later(&mut self, seconds: f64) -> DMatrix<f64> {
        let kept = ops::exp(-seconds / RETURN_S);
        let grown = 0.5 * RETURN_S * (1.0 - kept * kept) * ops::exp(self.restless);
        let mut members = self.members.clone();
        for mut column in members.column_iter_mut() {
            for (x, q) in column.iter_mut().zip(RESTLESS) {
                *x = *x * kept + (q * grown).sqrt() * self.stream.normal();
            }
        }
        members
    }

    /// What each member shows, shape [value, member].
    fn seen(&self) -> DMatrix<f64> {
        seen(&self.model, &self.members)
    }

    /// Which values are believed.
    fn gate(&mut self, frame: &LiveFrame, residual: &[f64; 4], alarms: &mut Vec<Alarm>) -> [bool; 4] {
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
            // As uncertain as somebody of whom half is known.
            for mut column in self.members.column_iter_mut() {
                column.iter_mut().take(5).for_each(|x| *x += 0.5 * self.stream.normal());
            }
        }
        used
    }

    fn learn(&mut self, frame: &LiveFrame, used: &[bool; 4], before: &DMatrix<f64>, variance: &[f64; 4]) -> Result<(), TwinError> {
        let wrong = |error: proband_math::infer::InferError| TwinError::Parameter { name: "live".into(), what: error.to_string() };
        let rows: Vec<usize> = (0..4).filter(|i| used[*i]).collect();
        let jumped = self.seen();
        // After a jump the members have moved: what they show is asked again.
        let all = if *before == jumped { before } else { &jumped };
        let seen = DMatrix::from_fn(rows.len(), all.ncols(), |r, c| all[(rows[r], c)]);
        let measured = DVector::from_iterator(rows.len(), rows.iter().map(|i| frame.values[*i].unwrap_or(f64::NAN)));
        let noise = DVector::from_iterator(rows.len(), rows.iter().map(|i| variance[*i]));
        match self.filter {
            LiveFilter::Ensemble => {
                ensemble_update(&mut self.members, &seen, &measured, &noise, EnsembleScheme::SquareRoot, &mut self.stream).map_err(wrong)
            }
            LiveFilter::Particles => {
                let log: Vec<f64> = seen
                    .column_iter()
                    .map(|c| c.iter().zip(measured.iter().zip(noise.iter())).map(|(s, (m, v))| -0.5 * (s - m) * (s - m) / v).sum())
                    .collect();
                let mut particles = Particles::new(self.members.clone()).map_err(wrong)?;
                particles.update(&log).map_err(wrong)?;
                particles.resample(1.0, 0.5, &mut self.stream).map_err(wrong)?;
                self.members = particles.states;
                Ok(())
            }
        }
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
    fn forecast(&mut self, seconds: f64) -> [f64; 3] {
        // The future draws from a stream of its own: looking ahead changes nothing.
        let mut ahead = self.clone();
        let members = ahead.later(seconds);
        let (mean, sd) = moments(&seen(&self.model, &members));
        let half = Z_80 * (sd[3] * sd[3] + self.noise_variance(3)).sqrt();
        [mean[3] - half, mean[3], mean[3] + half]
    }

    /// What is believed now: for the twin's next version.
    #[must_use]
    pub fn belief(&self) -> WholeBelief {
        let n = self.members.ncols() as f64;
        let points = || self.members.column_iter().map(|c| Vector::from_fn(|i, _| self.model.logarithm(i, c[i])));
        let mean = points().fold(Vector::zeros(), |sum, v| sum + v) / n;
        let covariance = points().fold(Matrix::zeros(), |sum, v| sum + (v - mean) * (v - mean).transpose()) / (n - 1.0);
        // Members of a filter are too alike in the end: no factor is known better than to a percent.
        let floor = Matrix::from_fn(|i, j| if i == j { 1e-4_f64.min(0.01 * FACTORS[i].sigma) } else { 0.0 });
        WholeBelief::of(&mean, &(covariance + floor))
    }

    /// Factors now, with intervals of 90 %.
    #[must_use]
    pub fn factors(&self) -> Vec<(&'static str, Interval)> {
        let row = |i: usize| self.members.row(i).iter().map(|w| ops::exp(self.model.logarithm(i, *w))).collect::<Vec<_>>();
        FACTORS.iter().enumerate().map(|(i, f)| (f.name, Interval::of(&row(i)))).collect()
    }
}

fn seen(model: &LiveModel, members: &DMatrix<f64>) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(4, members.ncols());
    for (mut to, w) in out.column_iter_mut().zip(members.column_iter()) {
        to.copy_from_slice(&model.shows(&Vector::from_fn(|i, _| w[i])));
    }
    out
}

fn moments(seen: &DMatrix<f64>) -> ([f64; 4], [f64; 4]) {
    let n = seen.ncols() as f64;
    let mean: [f64; 4] = std::array::from_fn(|i| seen.row(i).sum() / n);
    let sd = std::array::from_fn(|i| (seen.row(i).iter().map(|x| (x - mean[i]) * (x - mean[i])).sum::<f64>() / (n - 1.0)).sqrt());
    (mean, sd)
}
