//! From readings to factors: most probable first, then a sample of what else is possible.

use nalgebra::{Cholesky, DMatrix};
use proband_core::{Stream, ops};
use proband_math::infer::stretch_sample;
use proband_physiology::whole::{Resting, RestingProbe};

use super::belief::{Matrix, Vector, WholeBelief};
use super::emulator::{Emulator, OUTPUTS, terms};
use super::factor::{DEVIATION_MAX, FACTOR_COUNT, FACTORS, variant_of};
use super::outcome::{Calibration, FactorOutcome, Interval, ReadingOutcome};
use super::reading::{Reading, check_all};
use crate::TwinError;

/// Step of the differences [standard deviations of what was believed before].
const DIFFERENCE: f64 = 0.2;
/// Most steps to the most probable factors.
const STEP_COUNT_MAX: u32 = 10;
/// A step that gains less than this in −ln p is the last.
const GAIN_MIN: f64 = 0.01;
/// Runs of the whole patient from which the first picture is made, and how far they reach [standard deviations].
const RUN_COUNT: usize = 112;
/// Further runs where the first sample lies, so that the last picture is best where it counts.
const RUN_AGAIN_COUNT: usize = 80;
const REACH: f64 = 1.25;
/// Sampler: walkers, sweeps thrown away, sweeps kept.
const WALKERS: usize = 40;
const WARM_UP: u32 = 300;
const SWEEPS: u32 = 1200;
const SWEEPS_FIRST: u32 = 40;
/// Of every so many samples one is shown.
const SHOWN_STEP: usize = 16;

type Point = [f64; FACTOR_COUNT];

fn point(v: &Vector) -> Point {
    std::array::from_fn(|i| v[i])
}

/// The question: who, what is believed, what was read.
struct Question<'q> {
    probe: &'q RestingProbe,
    centre: Vector,
    root: Matrix,
    readings: &'q [Reading],
    run_count: u32,
    failed_count: u32,
}

impl Question<'_> {
    /// Logarithms of the factors at whitened coordinates, within what may be asked.
    fn logarithms(&self, u: &Vector) -> Point {
        let x = self.centre + self.root * u;
        std::array::from_fn(|i| x[i].clamp(-DEVIATION_MAX * FACTORS[i].sigma, DEVIATION_MAX * FACTORS[i].sigma))
    }

    /// What patients with these factors show; nothing for one without rest.
    fn ask(&mut self, at: &[Vector]) -> Vec<Option<Resting>> {
        let variants: Vec<_> = at.iter().map(|u| variant_of(self.probe.himself(), &self.logarithms(u))).collect();
        let seen: Vec<Option<Resting>> = self.probe.resting(&variants).into_iter().map(Result::ok).collect();
        self.run_count += at.len() as u32;
        self.failed_count += seen.iter().filter(|s| s.is_none()).count() as u32;
        seen
    }

    /// −ln p but for a constant.
    fn cost(&self, u: &Vector, seen: &Resting) -> f64 {
        let misfit: f64 = self.residuals(seen).iter().map(|r| r * r).sum();
        0.5 * (misfit + u.norm_squared())
    }

    fn residuals(&self, seen: &Resting) -> Vec<f64> {
        self.readings.iter().map(|r| (seen.values[r.index()] - r.value) / r.sd).collect()
    }

    /// Sensitivity of the residuals, shape [reading, factor], by central differences in two batches of lanes.
    fn sensitivity(&mut self, u: &Vector) -> Option<DMatrix<f64>> {
        let moved: Vec<Vector> = (0..2 * FACTOR_COUNT)
            .map(|i| {
                let mut v = *u;
                v[i / 2] += if i % 2 == 0 { DIFFERENCE } else { -DIFFERENCE };
                v
            })
            .collect();
        let seen: Option<Vec<Resting>> = self.ask(&moved).into_iter().collect();
        let residuals: Vec<Vec<f64>> = seen?.iter().map(|s| self.residuals(s)).collect();
        Some(DMatrix::from_fn(self.readings.len(), FACTOR_COUNT, |row, factor| {
            (residuals[2 * factor][row] - residuals[2 * factor + 1][row]) / (2.0 * DIFFERENCE)
        }))
    }
}

/// The most probable factors in whitened coordinates, the sensitivity there, steps, whether they came to rest.
fn most_probable(question: &mut Question<'_>) -> Result<(Vector, DMatrix<f64>, u32, bool), TwinError> {
    let no_rest = || TwinError::Parameter { name: "whole.*".into(), what: "the patient has no rest with these factors".into() };
    let mut u = Vector::zeros();
    let mut here = question.ask(&[u]).pop().flatten().ok_or_else(no_rest)?;
    let mut cost = question.cost(&u, &here);
    for step in 1..=STEP_COUNT_MAX {
        let jacobian = question.sensitivity(&u).ok_or_else(no_rest)?;
        let residuals = nalgebra::DVector::from_vec(question.residuals(&here));
        let normal = Matrix::from_fn(|i, j| jacobian.column(i).dot(&jacobian.column(j))) + Matrix::identity();
        let gradient = Vector::from_fn(|i, _| jacobian.column(i).dot(&residuals)) + u;
        // Eight dampings at once, one per lane (Levenberg 1944): the best of them is the step.
        let dampings = [0.0, 0.1, 0.5, 2.0, 8.0, 32.0, 128.0, 1000.0];
        let tried: Vec<Vector> = dampings
            .iter()
            .filter_map(|d| Cholesky::new(normal + Matrix::identity() * *d).map(|c| u - c.solve(&gradient)))
            .map(|v| v.map(|x| x.clamp(-DEVIATION_MAX, DEVIATION_MAX)))
            .collect();
        let seen = question.ask(&tried);
        let best = tried
            .iter()
            .zip(seen)
            .filter_map(|(v, s)| s.map(|s| (question.cost(v, &s), *v, s)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|best| best.0 < cost);
        let Some((next_cost, next, next_seen)) = best else { return Ok((u, jacobian, step, true)) };
        let gained = cost - next_cost;
        (u, here, cost) = (next, next_seen, next_cost);
        if gained < GAIN_MIN {
            return Ok((u, jacobian, step, true));
        }
    }
    let jacobian = question.sensitivity(&u).ok_or_else(no_rest)?;
    Ok((u, jacobian, STEP_COUNT_MAX, false))
}

/// Learn the factors of a patient from what he shows at rest.
///
/// 1. The most probable factors by damped least squares on the whole patient (readings and what was believed before).
/// 2. The whole patient is run at 112 points about them and quadratic forms are fitted; a first sample of these says
///    where 80 more runs are worth most. The forms' error, on runs that were kept out, is added to the readings' noise.
/// 3. A sample by affine-invariant Monte Carlo on the forms.
///
/// What the circulation that is asked errs by against the patient with everything on ([`RestingProbe::error`]) is added to
/// the readings' noise, too.
///
/// # Source
/// Levenberg 1944, Q Appl Math 2:164; Goodman & Weare 2010, Commun Appl Math Comput Sci 5:65.
/// # Errors
/// [`TwinError`] for readings that cannot be or contradict each other, and when no patient has a rest near them.
pub fn calibrate(probe: &RestingProbe, before: &WholeBelief, readings: &[Reading], stream: &mut Stream) -> Result<Calibration, TwinError> {
    check_all(readings)?;
    before.check()?;
    // The model of one minute is not the patient: what it errs by is noise, too.
    let error = probe.error();
    let noisy: Vec<Reading> =
        readings.iter().map(|r| Reading { sd: ops::hypot(r.sd, error[r.index()] * r.value.abs().max(1.0)), ..r.clone() }).collect();
    let readings_given = readings;
    let readings = noisy.as_slice();
    let mut question = Question { probe, centre: before.centre(), root: before.root()?, readings, run_count: 0, failed_count: 0 };
    let expected = question.ask(&[Vector::zeros()]).pop().flatten();
    let (u, jacobian, step_count, converged) = most_probable(&mut question)?;
    let normal = Matrix::from_fn(|i, j| jacobian.column(i).dot(&jacobian.column(j))) + Matrix::identity();
    let spread = Cholesky::new(normal)
        .map(|c| c.inverse())
        .and_then(Cholesky::new)
        .map(|c| c.l() * REACH)
        .ok_or_else(|| TwinError::Parameter { name: "whole.*".into(), what: "the readings give no finite spread".into() })?;
    let points = (0..RUN_COUNT).map(|_| Vector::from_fn(|_, _| stream.normal())).collect();
    let mut runs = runs(&mut question, &u, &spread, points);
    let first = picture(&runs, question.run_count)?;
    let (samples, _) = sample(&first, &u, &spread, readings, SWEEPS_FIRST, stream)?;
    let step = samples.len() / RUN_AGAIN_COUNT;
    let again = samples.iter().skip(step / 2).step_by(step.max(1)).map(|w| Vector::from_column_slice(w)).collect();
    runs.extend(self::runs(&mut question, &u, &spread, again));
    let emulator = picture(&runs, question.run_count)?;
    let (samples, acceptance) = sample(&emulator, &u, &spread, readings, SWEEPS, stream)?;
    let mut information: Vec<f64> = jacobian.singular_values().iter().copied().collect();
    information.sort_by(|a, b| b.total_cmp(a));
    let draws: Vec<Vector> = samples.iter().map(|w| u + spread * Vector::from_column_slice(w)).collect();
    let logarithms: Vec<Point> = draws.iter().map(|u| question.logarithms(u)).collect();
    let after = moments(&logarithms);
    // What is shown is uncertain by the picture's own error, too.
    let outputs: Vec<[f64; OUTPUTS]> = samples
        .iter()
        .step_by(SHOWN_STEP)
        .map(|w| {
            let seen = emulator.at(&array(w));
            std::array::from_fn(|i| seen[i] + emulator.error[i] * stream.normal())
        })
        .collect();
    let shown = std::array::from_fn(|i| Interval::of(&outputs.iter().map(|o| o[i]).collect::<Vec<_>>()));
    let mut calibration = Calibration {
        before: before.clone(),
        factors: factors(before, &after, &logarithms),
        after,
        readings: readings_given.iter().map(|reading| reading_outcome(reading, expected.as_ref(), &shown)).collect(),
        shown,
        information,
        step_count,
        converged,
        run_count: question.run_count,
        failed_count: question.failed_count,
        emulator_error: emulator.error,
        acceptance,
        warnings: Vec::new(),
    };
    calibration.warnings = warnings(&calibration);
    Ok(calibration)
}

fn array(w: &[f64]) -> Point {
    std::array::from_fn(|i| w.get(i).copied().unwrap_or(0.0))
}

fn picture(runs: &[(Point, [f64; OUTPUTS])], asked: u32) -> Result<Emulator, TwinError> {
    Emulator::fit(runs).ok_or_else(|| TwinError::Parameter {
        name: "whole.*".into(),
        what: format!("only {} of {asked} patients near the readings have a rest", runs.len()),
    })
}

/// What patients at these points about the most probable one show.
fn runs(question: &mut Question<'_>, u: &Vector, spread: &Matrix, points: Vec<Vector>) -> Vec<(Point, [f64; OUTPUTS])> {
    let at: Vec<Vector> = points.iter().map(|w| u + spread * w).collect();
    let seen = question.ask(&at);
    points.iter().zip(seen).filter_map(|(w, s)| s.map(|s| (point(w), s.values))).collect()
}

fn sample(
    emulator: &Emulator,
    u: &Vector,
    spread: &Matrix,
    readings: &[Reading],
    sweeps: u32,
    stream: &mut Stream,
) -> Result<(Vec<Vec<f64>>, f64), TwinError> {
    let readings_of: Vec<(usize, f64, f64)> = readings
        .iter()
        .map(|r| {
            let sd = ops::hypot(r.sd, emulator.error[r.index()]);
            (r.index(), r.value, 1.0 / sd)
        })
        .collect();
    let density = |w: &[f64]| {
        let w = array(w);
        // Beyond where runs were made the forms mean nothing.
        if w.iter().any(|x| x.abs() > 4.0) {
            return f64::NEG_INFINITY;
        }
        let here = u + spread * Vector::from_column_slice(&w);
        let here_terms = terms(&w);
        let misfit: f64 = readings_of
            .iter()
            .map(|(output, value, per_sd)| {
                let r = (emulator.one(*output, &here_terms) - value) * per_sd;
                r * r
            })
            .sum();
        -0.5 * (misfit + here.norm_squared())
    };
    let walkers: Vec<Vec<f64>> =
        (0..WALKERS).map(|_| (0..FACTOR_COUNT).map(|_| (stream.normal() / REACH).clamp(-3.0, 3.0)).collect()).collect();
    let chain = stretch_sample(&walkers, WARM_UP, sweeps, stream, density)
        .map_err(|error| TwinError::Parameter { name: "whole.*".into(), what: error.to_string() })?;
    Ok((chain.samples, chain.acceptance))
}

fn moments(logarithms: &[Point]) -> WholeBelief {
    let n = logarithms.len().max(2) as f64;
    let vectors = || logarithms.iter().map(|l| Vector::from_column_slice(l));
    let mean = vectors().fold(Vector::zeros(), |sum, v| sum + v) / n;
    let covariance = vectors().fold(Matrix::zeros(), |sum, v| sum + (v - mean) * (v - mean).transpose()) / (n - 1.0);
    WholeBelief::of(&mean, &(covariance + Matrix::identity() * 1e-10))
}

fn factors(before: &WholeBelief, after: &WholeBelief, logarithms: &[Point]) -> Vec<FactorOutcome> {
    FACTORS
        .iter()
        .enumerate()
        .map(|(i, factor)| {
            let logarithm = Interval::of(&logarithms.iter().map(|l| l[i]).collect::<Vec<_>>());
            let shrinkage = 1.0 - after.sd(i) / before.sd(i);
            let verdict = match shrinkage {
                s if s > 0.5 => "found",
                s if s > 0.2 => "narrowed",
                _ => "not identified",
            };
            FactorOutcome {
                name: factor.name,
                factor: Interval {
                    median: ops::exp(logarithm.median),
                    low_90: ops::exp(logarithm.low_90),
                    high_90: ops::exp(logarithm.high_90),
                },
                shrinkage,
                moved: (logarithm.median - before.mean[i]) / before.sd(i),
                verdict,
            }
        })
        .collect()
}

fn reading_outcome(reading: &Reading, expected: Option<&Resting>, shown: &[Interval; OUTPUTS]) -> ReadingOutcome {
    let index = reading.index();
    ReadingOutcome {
        reading: reading.clone(),
        before: expected.map_or(f64::NAN, |e| e.values[index]),
        shown: shown[index],
        residual: (reading.value - shown[index].median) / reading.sd,
    }
}

fn warnings(calibration: &Calibration) -> Vec<String> {
    let mut out = Vec::new();
    if !calibration.converged {
        out.push(format!("the search for the most probable factors was stopped after {} steps", calibration.step_count));
    }
    for r in calibration.readings.iter().filter(|r| r.residual.abs() > 3.0) {
        out.push(format!(
            "{} of {:.1} ({}) is {:+.1} standard deviations from what any such patient shows",
            r.reading.name, r.reading.value, r.reading.source, r.residual
        ));
    }
    for r in &calibration.readings {
        let error = calibration.emulator_error[r.reading.index()];
        if error > r.reading.sd {
            out.push(format!("{}: the picture that was sampled errs by {error:.2}, more than the reading", r.reading.name));
        }
    }
    for f in calibration.factors.iter().filter(|f| f.moved.abs() > 3.0) {
        out.push(format!("{} is {:+.1} standard deviations from what was believed before", f.name, f.moved));
    }
    if !(0.1..=0.8).contains(&calibration.acceptance) {
        out.push(format!("the sampler accepted {:.0} % of its moves", 100.0 * calibration.acceptance));
    }
    out
}
