//! Filters, least squares and Monte Carlo against what is known exactly.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use nalgebra::{DMatrix, DVector};
use proband_core::{Stream, ops};
use proband_math::infer::{
    EnsembleScheme, LeastSquaresOptions, Particles, Unscented, UnscentedSpec, ensemble_update, inflate, levenberg_marquardt,
    local_ensemble_update, rotate, stretch_sample,
};
use proptest::prelude::*;

const SPEC: UnscentedSpec = UnscentedSpec { alpha: 0.1, beta: 2.0, kappa: -1.0 };

fn gaussian(rows: usize, columns: usize, stream: &mut Stream) -> DMatrix<f64> {
    let mut m = DMatrix::zeros(rows, columns);
    m.iter_mut().for_each(|v: &mut f64| *v = stream.normal());
    m
}

/// Equal the Kalman filter where everything is linear.
#[test]
fn the_unscented_filter_is_kalmans_on_lines() {
    let f = DMatrix::from_row_slice(2, 2, &[1.0, 0.1, -0.2, 0.9]);
    let h = DMatrix::from_row_slice(1, 2, &[1.0, 0.5]);
    let (q, r) = (DMatrix::identity(2, 2) * 0.01, DMatrix::identity(1, 1) * 0.3);
    let (mut mean, mut p) = (DVector::from_vec(vec![1.0, -1.0]), DMatrix::identity(2, 2) * 2.0);
    let mut filter = Unscented::new(&SPEC, mean.clone(), p.clone()).unwrap();
    for step in 0..20 {
        let z = DVector::from_element(1, ops::sin(0.3 * f64::from(step)));
        filter.predict(|x| &f * x, &q).unwrap();
        filter.update(&z, |x| &h * x, &r).unwrap();
        (mean, p) = (&f * mean, &f * p * f.transpose() + &q);
        let s = (&h * &p * h.transpose() + &r)[(0, 0)];
        let k = &p * h.transpose() / s;
        mean += &k * (&z - &h * &mean);
        p = (DMatrix::identity(2, 2) - &k * &h) * p;
    }
    assert!((filter.mean() - mean).norm() < 1e-10 && (filter.covariance() - p).norm() < 1e-10);
}

/// Come to Kalman's answer with many members, by both schemes and locally, and keep the mean when turned.
#[test]
fn ensembles_come_to_kalmans_answer() {
    let mut stream = Stream::new(2, 0, "ensemble");
    let prior = gaussian(2, 250, &mut stream) * 2.0;
    let measured = DVector::from_element(1, 3.0);
    let variance = DVector::from_element(1, 1.0);
    let seen = prior.rows(0, 1).into_owned();
    let local = |mut e: DMatrix<f64>| {
        local_ensemble_update(&mut e, &seen, &measured, &variance, |_, _| 1.0).unwrap();
        e
    };
    let mut square = prior.clone();
    ensemble_update(&mut square, &seen, &measured, &variance, EnsembleScheme::SquareRoot, &mut stream).unwrap();
    assert!((local(prior.clone()) - &square).norm() < 1e-8 * square.norm(), "local with full weight is global");
    let mut noisy = prior.clone();
    ensemble_update(&mut noisy, &seen, &measured, &variance, EnsembleScheme::Stochastic, &mut stream).unwrap();
    for e in [&square, &noisy] {
        let mean = e.column_mean();
        // Prior variance 4, noise 1: mean 2.4, variance 0.8, of 250 members.
        assert!((mean[0] - 2.4).abs() < 0.2 && mean[1].abs() < 0.5, "{mean}");
        let spread = e.row(0).iter().map(|v| (v - mean[0]) * (v - mean[0])).sum::<f64>() / 249.0;
        assert!((spread - 0.8).abs() < 0.25, "{spread}");
    }
    let mut turned = square.columns(0, 12).into_owned();
    let before = (turned.column_mean(), &turned * turned.transpose());
    rotate(&mut turned, &mut stream);
    assert!((turned.column_mean() - before.0).norm() < 1e-12 && (&turned * turned.transpose() - before.1).norm() < 1e-9);
    inflate(&mut turned, 1.0);
}

/// Come to the posterior of a Gaussian with particles, and keep it when they are drawn anew.
#[test]
fn particles_come_to_the_posterior() {
    let mut stream = Stream::new(3, 0, "particles");
    let mut particles = Particles::new(gaussian(1, 20_000, &mut stream)).unwrap();
    let log: Vec<f64> = particles.states.row(0).iter().map(|x| -0.5 * (x - 2.0) * (x - 2.0)).collect();
    particles.update(&log).unwrap();
    assert!((particles.mean()[0] - 1.0).abs() < 0.03);
    assert!(particles.resample(1.0, 0.0, &mut stream).unwrap());
    assert!((particles.mean()[0] - 1.0).abs() < 0.03 && (particles.effective_count() - 20_000.0).abs() < 1e-6);
    assert!(particles.update(&vec![f64::NAN; 20_000]).is_err());
}

/// Find the constants of a decay that was measured without noise, and say when two cannot be told apart.
#[test]
fn least_squares_finds_and_doubts() {
    let options = LeastSquaresOptions { iteration_count_max: 100, tolerance: 1e-12, difference: 1e-6 };
    let fit = levenberg_marquardt(&[1.0, 1.0], &options, |p| {
        (0..30).map(|i| f64::from(i) * 0.1).map(|t| p[0] * ops::exp(-p[1] * t) - 3.0 * ops::exp(-0.7 * t)).collect()
    })
    .unwrap();
    assert!(fit.converged && (fit.parameters[0] - 3.0).abs() < 1e-8 && (fit.parameters[1] - 0.7).abs() < 1e-8, "{fit:?}");
    let product =
        levenberg_marquardt(&[1.0, 1.0], &options, |p| (0..5).map(|i| p[0] * p[1] * f64::from(i) - 6.0 * f64::from(i)).collect()).unwrap();
    assert!(product.singular_values[1] < 1e-6 * product.singular_values[0], "{product:?}");
}

/// Draw a correlated Gaussian with its moments.
#[test]
fn walkers_draw_a_gaussian() {
    let mut stream = Stream::new(4, 0, "stretch");
    let start: Vec<Vec<f64>> = (0..20).map(|_| vec![stream.normal(), stream.normal()]).collect();
    // Precision of unit variances with correlation 0.9.
    let density = |x: &[f64]| -0.5 * (x[0] * x[0] - 1.8 * x[0] * x[1] + x[1] * x[1]) / 0.19;
    let chain = stretch_sample(&start, 500, 4000, &mut stream, density).unwrap();
    let n = chain.samples.len() as f64;
    let moment = |f: fn(&[f64]) -> f64| chain.samples.iter().map(|s| f(s)).sum::<f64>() / n;
    assert!(moment(|x| x[0]).abs() < 0.08 && (moment(|x| x[0] * x[0]) - 1.0).abs() < 0.1 && (moment(|x| x[0] * x[1]) - 0.9).abs() < 0.1);
    assert!((0.2..0.9).contains(&chain.acceptance));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Refuse what is not finite and never lose the symmetry of a covariance.
    #[test]
    fn filters_refuse_or_stay_whole(values in prop::collection::vec(prop_oneof![-1e3..1e3f64, Just(f64::NAN), Just(f64::INFINITY)], 6), noise in -1.0..10.0f64) {
        let mut stream = Stream::new(5, 0, "hostile");
        let mut e = DMatrix::from_vec(2, 3, values.clone());
        let seen = e.rows(0, 1).into_owned();
        let outcome = ensemble_update(&mut e, &seen, &DVector::from_element(1, 1.0), &DVector::from_element(1, noise), EnsembleScheme::SquareRoot, &mut stream);
        prop_assert_eq!(outcome.is_ok(), values.iter().all(|v| v.is_finite()) && noise > 0.0);
        if let Ok(mut filter) = Unscented::new(&SPEC, DVector::from_vec(values[..2].to_vec()), DMatrix::identity(2, 2)) {
            let moved = filter.predict(|x| x.map(|v| v * v), &DMatrix::identity(2, 2));
            prop_assert!(moved.is_err() || filter.covariance().iter().all(|v| v.is_finite()));
        }
    }
}
