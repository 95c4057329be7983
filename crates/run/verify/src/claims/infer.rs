//! Claims about `proband_math::infer`: twin experiments.

use nalgebra::{DMatrix, DVector};
use proband_core::{Stream, ops};
use proband_math::infer::{EnsembleScheme, Particles, Unscented, UnscentedSpec, ensemble_update, inflate, local_ensemble_update, rotate};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("infer-windkessel", windkessel), claim!("infer-lorenz", lorenz)];

type Rows = Result<Vec<Obtained>, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Half-sine inflow [mL/s]: 70 mL in 0.3 s, every 0.8 s.
fn inflow(t: f64) -> f64 {
    let phase = t - 0.8 * (t / 0.8 + 1e-9).floor();
    if phase < 0.3 { 70.0 * std::f64::consts::PI / 0.6 * ops::sin(std::f64::consts::PI * phase / 0.3) } else { 0.0 }
}

/// Pressure of the compliance after 10 ms, classical Runge–Kutta.
fn windkessel_step(p: f64, r: f64, c: f64, t: f64) -> f64 {
    let h = 0.01;
    let slope = |t: f64, p: f64| (inflow(t) - p / r) / c;
    let k1 = slope(t, p);
    let k2 = slope(t + 0.5 * h, p + 0.5 * h * k1);
    let k3 = slope(t + 0.5 * h, p + 0.5 * h * k2);
    let k4 = slope(t + h, p + h * k3);
    p + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
}

fn windkessel() -> Rows {
    let truth = [0.95_f64, 1.40, 0.05];
    let spec = UnscentedSpec { alpha: 0.1, beta: 2.0, kappa: -1.0 };
    let noise = DMatrix::from_diagonal(&DVector::from_vec(vec![1e-4, 1e-9, 1e-9, 1e-9]));
    let (mut held, mut worst, mut means) = (0_u32, 0.0_f64, [0.0; 3]);
    for seed in 0..50 {
        let mut stream = Stream::new(seed, 0, "infer.windkessel");
        let mean = DVector::from_vec(vec![70.0, ops::ln(1.5), ops::ln(0.8), ops::ln(0.1)]);
        let spread = DMatrix::from_diagonal(&DVector::from_vec(vec![25.0, 0.25, 0.25, 0.5]));
        let mut filter = Unscented::new(&spec, mean, spread).map_err(text)?;
        let mut p = 67.934_910;
        for step in 0..6000_u32 {
            let t = 0.01 * f64::from(step);
            p = windkessel_step(p, truth[0], truth[1], t);
            let q = inflow(t + 0.01);
            let measured = DVector::from_element(1, p + truth[2] * q + 2.0 * stream.normal());
            let model =
                |x: &DVector<f64>| DVector::from_vec(vec![windkessel_step(x[0], ops::exp(x[1]), ops::exp(x[2]), t), x[1], x[2], x[3]]);
            filter.predict(model, &noise).map_err(text)?;
            let seen = |x: &DVector<f64>| DVector::from_element(1, x[0] + ops::exp(x[3]) * q);
            filter.update(&measured, seen, &DMatrix::from_element(1, 1, 4.0)).map_err(text)?;
        }
        for (i, value) in truth.iter().enumerate() {
            let deviation = (filter.mean()[i + 1] - ops::ln(*value)) / filter.covariance()[(i + 1, i + 1)].sqrt();
            held += u32::from(deviation.abs() <= 1.959_964);
            worst = worst.max(deviation.abs());
            means[i] += ops::exp(filter.mean()[i + 1]) / 50.0;
        }
    }
    Ok(vec![
        Obtained::new("intervals of 95 % that hold the truth", f64::from(held) / 150.0),
        Obtained::new("largest deviation in standard deviations, 150 values", worst),
        Obtained::new("mean of R", means[0]),
        Obtained::new("mean of C", means[1]),
        Obtained::new("mean of Z", means[2]),
    ])
}

/// Learns from a measurement and gives the mean.
type Analysis<'a> = dyn FnMut(&mut DMatrix<f64>, &DVector<f64>, &mut Stream) -> Result<DVector<f64>, String> + 'a;

/// A chaotic system that is watched: slope, step, steps between measurements, variance of these.
struct Chaos {
    slope: fn(&[f64], &mut [f64]),
    h: f64,
    every: u32,
    variance: f64,
    start: Vec<f64>,
}

fn lorenz_1963(x: &[f64], d: &mut [f64]) {
    d[0] = 10.0 * (x[1] - x[0]);
    d[1] = x[0] * (28.0 - x[2]) - x[1];
    d[2] = x[0] * x[1] - 8.0 / 3.0 * x[2];
}

fn lorenz_1996(x: &[f64], d: &mut [f64]) {
    let n = x.len();
    for i in 0..n {
        d[i] = (x[(i + 1) % n] - x[(i + n - 2) % n]) * x[(i + n - 1) % n] - x[i] + 8.0;
    }
}

impl Chaos {
    fn sixty_three() -> Self {
        Self { slope: lorenz_1963, h: 0.01, every: 25, variance: 2.0, start: vec![1.509, -1.531, 25.46] }
    }

    fn ninety_six() -> Self {
        Self { slope: lorenz_1996, h: 0.05, every: 1, variance: 1.0, start: (0..40).map(|i| if i == 19 { 8.01 } else { 8.0 }).collect() }
    }

    /// To the next measurement.
    fn run(&self, x: &mut [f64], work: &mut [Vec<f64>; 5]) {
        let h = self.h;
        let [k1, k2, k3, k4, at] = work;
        for _ in 0..self.every {
            (self.slope)(x, k1);
            for (a, (v, k)) in at.iter_mut().zip(x.iter().zip(k1.iter())) {
                *a = v + 0.5 * h * k;
            }
            (self.slope)(at, k2);
            for (a, (v, k)) in at.iter_mut().zip(x.iter().zip(k2.iter())) {
                *a = v + 0.5 * h * k;
            }
            (self.slope)(at, k3);
            for (a, (v, k)) in at.iter_mut().zip(x.iter().zip(k3.iter())) {
                *a = v + h * k;
            }
            (self.slope)(at, k4);
            for i in 0..x.len() {
                x[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
            }
        }
    }

    fn work(&self) -> [Vec<f64>; 5] {
        std::array::from_fn(|_| vec![0.0; self.start.len()])
    }

    /// A truth on the attractor, members around it, and the error and spread of the analysis over 400 assimilations
    /// after `warm_up` that do not count.
    fn experiment(&self, members: usize, warm_up: u32, stream: &mut Stream, analyse: &mut Analysis<'_>) -> Result<(f64, f64), String> {
        let n = self.start.len();
        let mut truth = self.start.clone();
        let mut work = self.work();
        (0..400).for_each(|_| self.run(&mut truth, &mut work));
        let mut ensemble = DMatrix::from_fn(n, members, |i, _| truth[i]);
        ensemble.iter_mut().for_each(|v| *v += self.variance.sqrt() * stream.normal());
        let (mut error, mut spread) = (0.0, 0.0);
        for cycle in 0..warm_up + 400 {
            self.run(&mut truth, &mut work);
            for mut column in ensemble.column_iter_mut() {
                self.run(column.as_mut_slice(), &mut work);
            }
            let measured = DVector::from_fn(n, |i, _| truth[i] + self.variance.sqrt() * stream.normal());
            let mean = analyse(&mut ensemble, &measured, stream)?;
            if cycle >= warm_up {
                let square: f64 = mean.iter().zip(&truth).map(|(m, t)| (m - t) * (m - t)).sum();
                error += (square / n as f64).sqrt() / 400.0;
                let centre = ensemble.column_mean();
                let wide: f64 = ensemble.column_iter().map(|c| (c - &centre).norm_squared()).sum();
                spread += (wide / n as f64 / (members as f64 - 1.0)).sqrt() / 400.0;
            }
        }
        Ok((error, spread))
    }

    /// Mean error and spread over seeds of an ensemble filter.
    fn kalman(&self, members: usize, seeds: u32, scheme: EnsembleScheme, factor: f64) -> Result<(f64, f64), String> {
        let variance = DVector::from_element(self.start.len(), self.variance);
        let mut sum = (0.0, 0.0);
        for seed in 0..seeds {
            let mut stream = Stream::new(u64::from(seed), 0, "infer.lorenz");
            let (error, spread) = self.experiment(members, 100, &mut stream, &mut |ensemble, measured, stream| {
                let seen = ensemble.clone();
                ensemble_update(ensemble, &seen, measured, &variance, scheme, stream).map_err(text)?;
                if scheme == EnsembleScheme::SquareRoot {
                    rotate(ensemble, stream);
                }
                inflate(ensemble, factor);
                Ok(ensemble.column_mean())
            })?;
            sum = (sum.0 + error / f64::from(seeds), sum.1 + spread / f64::from(seeds));
        }
        Ok(sum)
    }
}

/// Gaspari & Cohn's taper of compact support 2, 1 at 0 (Q J R Meteorol Soc 125:723).
fn taper(r: f64) -> f64 {
    let (r2, r3) = (r * r, r * r * r);
    if r < 1.0 {
        1.0 - 5.0 / 3.0 * r2 + 5.0 / 8.0 * r3 + 0.5 * r2 * r2 - 0.25 * r2 * r3
    } else if r < 2.0 {
        4.0 - 5.0 * r + 5.0 / 3.0 * r2 + 5.0 / 8.0 * r3 - 0.5 * r2 * r2 + r2 * r3 / 12.0 - 2.0 / (3.0 * r)
    } else {
        0.0
    }
}

fn local(system: &Chaos, seeds: u32) -> Result<f64, String> {
    let n = system.start.len();
    let variance = DVector::from_element(n, system.variance);
    // A half-width of 4 in the terms of Sakov 2008 is a taper length of 4 · 1.82.
    let weight = |state: usize, measurement: usize| {
        let apart = state.abs_diff(measurement).min(n - state.abs_diff(measurement));
        taper(apart as f64 / (4.0 * 1.82))
    };
    let mut sum = 0.0;
    for seed in 0..seeds {
        let mut stream = Stream::new(u64::from(seed), 1, "infer.lorenz");
        sum += system
            .experiment(7, 100, &mut stream, &mut |ensemble, measured, stream| {
                let seen = ensemble.clone();
                local_ensemble_update(ensemble, &seen, measured, &variance, weight).map_err(text)?;
                rotate(ensemble, stream);
                inflate(ensemble, 1.04);
                Ok(ensemble.column_mean())
            })?
            .0;
    }
    Ok(sum / f64::from(seeds))
}

fn particles(system: &Chaos, seeds: u32) -> Result<f64, String> {
    let mut sum = 0.0;
    for seed in 0..seeds {
        let mut stream = Stream::new(u64::from(seed), 2, "infer.lorenz");
        let mut cloud: Option<Particles> = None;
        sum += system
            .experiment(100, 100, &mut stream, &mut |ensemble, measured, stream| {
                let filter = match cloud.as_mut() {
                    Some(filter) => {
                        filter.states.copy_from(ensemble);
                        filter
                    }
                    None => cloud.insert(Particles::new(ensemble.clone()).map_err(text)?),
                };
                let log: Vec<f64> = ensemble.column_iter().map(|c| -0.5 * (c - measured).norm_squared() / system.variance).collect();
                filter.update(&log).map_err(text)?;
                let mean = filter.mean();
                filter.resample(0.3, 2.4, stream).map_err(text)?;
                ensemble.copy_from(&filter.states);
                Ok(mean)
            })?
            .0;
    }
    Ok(sum / f64::from(seeds))
}

fn lorenz() -> Rows {
    let (old, new) = (Chaos::sixty_three(), Chaos::ninety_six());
    let square = new.kalman(28, 4, EnsembleScheme::SquareRoot, 1.02)?;
    Ok(vec![
        Obtained::new("Lorenz 1963: square root, 10 members, inflation 1.02", old.kalman(10, 8, EnsembleScheme::SquareRoot, 1.02)?.0),
        Obtained::new("Lorenz 1963: stochastic, 100 members", old.kalman(100, 4, EnsembleScheme::Stochastic, 1.0)?.0),
        Obtained::new("Lorenz 1963: 100 particles, regularised", particles(&old, 8)?),
        Obtained::new("Lorenz 1996: square root, 28 members, inflation 1.02", square.0),
        Obtained::new("Lorenz 1996: stochastic, 40 members, inflation 1.06", new.kalman(40, 4, EnsembleScheme::Stochastic, 1.06)?.0),
        Obtained::new("Lorenz 1996: local, 7 members", local(&new, 4)?),
        Obtained::new("Lorenz 1996: square root, spread over error", square.1 / square.0),
    ])
}
