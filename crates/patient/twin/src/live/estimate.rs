//! What is believed of the factors now, in three forms: members, particles, or a mean and a covariance.

use nalgebra::{DMatrix, DVector};
use proband_core::{Stream, ops};
use proband_math::infer::{EnsembleScheme, InferError, Particles, Unscented, UnscentedSpec, ensemble_update};

use super::model::LiveModel;
use crate::calibrate::{FACTOR_COUNT, FACTORS, Matrix, Vector};
use crate::{Interval, TwinError};

/// How the twin learns from a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveFilter {
    /// 96 members, square-root ensemble Kalman filter.
    Ensemble,
    /// Mean and covariance moved by 2 n + 1 sigma points: unscented Kalman filter. The fastest; no random numbers.
    Unscented,
    /// 1500 particles, regularised.
    Particles,
}

/// Members, and the square of the spread of the sigma points: √3 standard deviations, which meets a Gaussian's fourth moment
/// (Julier & Uhlmann 2004).
const MEMBERS: usize = 96;
const PARTICLES: usize = 1500;
const SIGMA_POINTS: f64 = 3.0;
/// 95 % of a Gaussian lie below so many standard deviations.
const Z_90: f64 = 1.644_853_626_951_5;

/// The factors as points in the coordinates of [`LiveModel`].
#[derive(Clone, Debug)]
pub(super) enum Estimate {
    Members(DMatrix<f64>),
    Particles(DMatrix<f64>),
    Gaussian(Unscented),
}

/// The values of a frame that are believed: which, what, and the variance of its error.
pub(super) struct Believed {
    pub(super) rows: Vec<usize>,
    pub(super) values: DVector<f64>,
    pub(super) variance: DVector<f64>,
}

fn wrong(error: InferError) -> TwinError {
    TwinError::Parameter { name: "live".into(), what: error.to_string() }
}

fn unscented(mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<Unscented, TwinError> {
    let spec = UnscentedSpec { alpha: (SIGMA_POINTS / mean.len().max(1) as f64).sqrt(), beta: 2.0, kappa: 0.0 };
    Unscented::new(&spec, mean, covariance).map_err(wrong)
}

fn as_vector(x: &DVector<f64>) -> Vector {
    Vector::from_fn(|i, _| x[i])
}

fn shows(model: &LiveModel, x: &DVector<f64>) -> DVector<f64> {
    DVector::from_column_slice(&model.shows(&as_vector(x)))
}

impl Estimate {
    pub(super) fn new(model: &LiveModel, filter: LiveFilter, stream: &mut Stream) -> Result<Self, TwinError> {
        let mut draws = |count: usize| {
            let mut members = DMatrix::zeros(FACTOR_COUNT, count);
            for mut column in members.column_iter_mut() {
                column.copy_from(&model.draw(stream)?);
            }
            Ok::<_, TwinError>(members)
        };
        Ok(match filter {
            LiveFilter::Ensemble => Self::Members(draws(MEMBERS)?),
            LiveFilter::Particles => Self::Particles(draws(PARTICLES)?),
            LiveFilter::Unscented => {
                let covariance = model.covariance();
                let covariance = DMatrix::from_fn(FACTOR_COUNT, FACTOR_COUNT, |i, j| covariance[(i, j)]);
                Self::Gaussian(unscented(DVector::zeros(FACTOR_COUNT), covariance)?)
            }
        })
    }

    /// Some time later: deviations shrink to `kept`, each factor gains a variance.
    pub(super) fn later(&self, kept: f64, gained: &[f64; FACTOR_COUNT], stream: &mut Stream) -> Result<Self, TwinError> {
        let mut moved = |members: &DMatrix<f64>| {
            let mut members = members.clone();
            for mut column in members.column_iter_mut() {
                for (x, q) in column.iter_mut().zip(gained) {
                    *x = *x * kept + q.sqrt() * stream.normal();
                }
            }
            members
        };
        Ok(match self {
            Self::Members(m) => Self::Members(moved(m)),
            Self::Particles(m) => Self::Particles(moved(m)),
            Self::Gaussian(g) => {
                let mut covariance = g.covariance() * (kept * kept);
                (0..FACTOR_COUNT).for_each(|i| covariance[(i, i)] += gained[i]);
                Self::Gaussian(unscented(g.mean() * kept, covariance)?)
            }
        })
    }

    /// Mean and standard deviation of the four values that are followed.
    pub(super) fn shown(&self, model: &LiveModel) -> Result<([f64; 4], [f64; 4]), TwinError> {
        match self {
            Self::Members(m) | Self::Particles(m) => Ok(moments(&seen(model, m))),
            Self::Gaussian(g) => {
                let (mean, covariance) = g.seen(|x| shows(model, x)).map_err(wrong)?;
                Ok((std::array::from_fn(|i| mean[i]), std::array::from_fn(|i| covariance[(i, i)].max(0.0).sqrt())))
            }
        }
    }

    pub(super) fn learn(&mut self, model: &LiveModel, believed: &Believed, stream: &mut Stream) -> Result<(), TwinError> {
        let Believed { rows, values, variance } = believed;
        let part = |members: &DMatrix<f64>| {
            let all = seen(model, members);
            DMatrix::from_fn(rows.len(), all.ncols(), |r, c| all[(rows[r], c)])
        };
        match self {
            Self::Members(members) => {
                let seen = part(members);
                ensemble_update(members, &seen, values, variance, EnsembleScheme::SquareRoot, stream).map_err(wrong)
            }
            Self::Particles(members) => {
                let log: Vec<f64> = part(members)
                    .column_iter()
                    .map(|c| c.iter().zip(values.iter().zip(variance.iter())).map(|(s, (m, v))| -0.5 * (s - m) * (s - m) / v).sum())
                    .collect();
                let mut particles = Particles::new(members.clone()).map_err(wrong)?;
                particles.update(&log).map_err(wrong)?;
                particles.resample(1.0, 0.5, stream).map_err(wrong)?;
                *members = particles.states;
                Ok(())
            }
            Self::Gaussian(g) => {
                let look = |x: &DVector<f64>| {
                    let all = shows(model, x);
                    DVector::from_iterator(rows.len(), rows.iter().map(|r| all[*r]))
                };
                g.update(values, look, &DMatrix::from_diagonal(variance)).map(|_| ()).map_err(wrong)
            }
        }
    }

    /// The patient has jumped: these factors are as uncertain as of somebody of whom half is known.
    pub(super) fn jump(&mut self, factors: usize, stream: &mut Stream) -> Result<(), TwinError> {
        const SPREAD: f64 = 0.5;
        match self {
            Self::Members(m) | Self::Particles(m) => {
                for mut column in m.column_iter_mut() {
                    column.iter_mut().take(factors).for_each(|x| *x += SPREAD * stream.normal());
                }
            }
            Self::Gaussian(g) => {
                let mut covariance = g.covariance().clone();
                (0..factors.min(FACTOR_COUNT)).for_each(|i| covariance[(i, i)] += SPREAD * SPREAD);
                *g = unscented(g.mean().clone(), covariance)?;
            }
        }
        Ok(())
    }

    /// Mean point.
    pub(super) fn centre(&self) -> Vector {
        match self {
            Self::Members(m) | Self::Particles(m) => as_vector(&m.column_mean()),
            Self::Gaussian(g) => as_vector(g.mean()),
        }
    }

    /// Mean and covariance of the factors' logarithms.
    pub(super) fn logarithms(&self, model: &LiveModel) -> (Vector, Matrix) {
        match self {
            Self::Members(m) | Self::Particles(m) => {
                let n = m.ncols() as f64;
                let points = || m.column_iter().map(|c| Vector::from_fn(|i, _| model.logarithm(i, c[i])));
                let mean = points().fold(Vector::zeros(), |sum, v| sum + v) / n;
                (mean, points().fold(Matrix::zeros(), |sum, v| sum + (v - mean) * (v - mean).transpose()) / (n - 1.0))
            }
            Self::Gaussian(g) => (
                Vector::from_fn(|i, _| model.logarithm(i, g.mean()[i])),
                Matrix::from_fn(|i, j| g.covariance()[(i, j)] * FACTORS[i].sigma * FACTORS[j].sigma),
            ),
        }
    }

    /// Interval of 90 % of a factor.
    pub(super) fn factor(&self, model: &LiveModel, i: usize) -> Interval {
        let at = |w: f64| ops::exp(model.logarithm(i, w));
        match self {
            Self::Members(m) | Self::Particles(m) => Interval::of(&m.row(i).iter().map(|w| at(*w)).collect::<Vec<_>>()),
            Self::Gaussian(g) => {
                let (middle, half) = (g.mean()[i], Z_90 * g.covariance()[(i, i)].max(0.0).sqrt());
                Interval { median: at(middle), low_90: at(middle - half), high_90: at(middle + half) }
            }
        }
    }
}

/// What each member shows, shape [value, member].
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
