//! Shares of the variance.

use proband_core::Stream;
use proband_math::sensitivity::{
    Design, Indices, Morris, Sobol, g_function, g_function_indices, ishigami, ishigami_indices, morris, sobol_indices,
};
use proband_math::stats::normal_quantile;

use super::text;
use crate::Obtained;

const SETTINGS: Sobol = Sobol { count: 8192, second_order: false, design: Design::SobolSequence, replicates: 20, confidence: 0.95 };

/// Greatest distance of first-order and total indices from those expected.
fn worst(found: &Indices, first: &[f64], total: &[f64]) -> f64 {
    let first = found.first.iter().zip(first).map(|(f, e)| (f.value - e).abs());
    first.chain(found.total.iter().zip(total).map(|(f, e)| (f.value - e).abs())).fold(0.0, f64::max)
}

pub(super) fn indices() -> Result<Vec<Obtained>, String> {
    let mut stream = Stream::new(1, 0, "verify.sensitivity");
    let mut run = |inputs: usize, f: &mut dyn FnMut(&[f64]) -> f64| sobol_indices(inputs, SETTINGS, f, &mut stream).map_err(text);
    let (variance, first, total) = ishigami_indices(7.0, 0.1);
    let found = run(3, &mut |u| ishigami(u, 7.0, 0.1))?;
    let mut obtained = vec![Obtained::new("Ishigami, variance", variance)];
    for i in 0..3 {
        let named = |kind: &str, how: &str| format!("Ishigami, {kind}{}{how}", i + 1);
        if i < 2 {
            obtained.push(Obtained::new(named("S", ", closed form"), first[i]));
        }
        obtained.push(Obtained::new(named("ST", ", closed form"), total[i]));
        obtained.push(Obtained::new(named("S", " from 8192 points"), found.first[i].value));
        obtained.push(Obtained::new(named("ST", " from 8192 points"), found.total[i].value));
    }
    let a = [0.0, 0.5, 3.0, 9.0, 99.0, 99.0];
    let (_, first, total) = g_function_indices(&a);
    let found = run(6, &mut |u| g_function(u, &a))?;
    obtained.push(Obtained::new("g-function, greatest error of S and ST from 8192 points", worst(&found, &first, &total)));
    let found = run(3, &mut |u| u[0] * u[1] + u[2])?;
    let (first, total) = ([3.0 / 19.0, 3.0 / 19.0, 12.0 / 19.0], [4.0 / 19.0, 4.0 / 19.0, 12.0 / 19.0]);
    obtained.push(Obtained::new("x1 x2 + x3, greatest error of S and ST from 8192 points", worst(&found, &first, &total)));
    let found = run(2, &mut |u| normal_quantile(u[0]) * normal_quantile(u[1]))?;
    obtained.push(Obtained::new("product of two normals, greatest error of S and ST", worst(&found, &[0.0; 2], &[1.0; 2])));
    let settings = Morris { trajectories: 1000, levels: 4, replicates: 40, confidence: 0.95 };
    let effects = morris(3, settings, &mut |u| ishigami(u, 7.0, 0.1), &mut stream).map_err(text)?;
    obtained.push(Obtained::new("Morris on Ishigami, first mean size", effects[0].mean_size.value));
    obtained.push(Obtained::new("Morris on Ishigami, second mean size", effects[1].mean_size.value));
    Ok(obtained)
}
