//! Claims about `proband-volume`.

use proband_core::{Stream, ops};
use proband_volume::{Plane, Tubeness, Vesselness, distance_to};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "volume-vesselness", case: include_str!("../../../../../verify/volume-vesselness/case.toml"), compute: vesselness }];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn vesselness() -> Result<Vec<Obtained>, String> {
    let (truth, picture) = tube()?;
    let scales = [2.0, 3.0, 4.5, 6.5];
    let dice = |tubeness| Vesselness::dark(&picture, &scales, tubeness).map(|v| best_dice(&v.response, &truth)).map_err(text);
    Ok(vec![
        Obtained::new("response to a Gaussian line over the closed form, 4 directions, worst", worst_line()?),
        Obtained::new("Dice of Sato response on a made tube, threshold from the truth", dice(Tubeness::Sato)?),
        Obtained::new(
            "Dice of Frangi response on a made tube, threshold from the truth",
            dice(Tubeness::Frangi { blob: 0.5, structure: 0.03 })?,
        ),
        Obtained::new("distance transform against search, worst", worst_distance()?),
    ])
}

/// Ratio to the closed form that is farthest from 1.
fn worst_line() -> Result<f64, String> {
    let (width, depth, scale) = (4.0, 0.2, 5.6_f64);
    let expected = depth * width * scale * scale / ops::powf(width * width + scale * scale, 1.5);
    let mut worst = 1.0_f64;
    for angle in [0.0, 0.4, 1.2, 2.5] {
        let (sin, cos) = ops::sin_cos(angle);
        let picture = Plane::from_fn(121, 121, |x, y| {
            let offset = ((f64::from(x) - 60.0) * sin - (f64::from(y) - 60.0) * cos) / width;
            (1.0 - depth * ops::exp(-0.5 * offset * offset)) as f32
        })
        .map_err(text)?;
        let found = Vesselness::dark(&picture, &[scale as f32], Tubeness::Sato).map_err(text)?;
        let ratio = f64::from(found.response.get(60, 60).copied().unwrap_or(f32::NAN)) / expected;
        if (ratio - 1.0).abs() >= (worst - 1.0).abs() {
            worst = ratio;
        }
    }
    Ok(worst)
}

/// A winding dark tube 8 pixels wide in 512 × 512, with noise of a twentieth of its depth.
fn tube() -> Result<(Plane<bool>, Plane<f32>), String> {
    let middle = |x: f64| 256.0 + 90.0 * ops::sin(x / 80.0);
    let offset = |x: u32, y: u32| {
        let slope = 90.0 / 80.0 * ops::cos(f64::from(x) / 80.0);
        (f64::from(y) - middle(f64::from(x))).abs() / (1.0 + slope * slope).sqrt()
    };
    let truth = Plane::from_fn(512, 512, |x, y| offset(x, y) <= 4.0).map_err(text)?;
    let mut noise = Plane::filled(512, 512, 0.0_f32).map_err(text)?;
    Stream::new(1, 0, "verify.volume").fill_normal(noise.samples_mut());
    let mut picture = truth.map(|t| if *t { 0.6_f32 } else { 0.8 });
    for (p, n) in picture.samples_mut().iter_mut().zip(noise.samples()) {
        *p += 0.01 * n;
    }
    Ok((truth, picture))
}

fn best_dice(response: &Plane<f32>, truth: &Plane<bool>) -> f64 {
    let largest = response.samples().iter().copied().fold(0.0_f32, f32::max);
    let there = truth.samples().iter().filter(|t| **t).count() as f64;
    (1..100)
        .map(|i| {
            let threshold = largest * i as f32 / 100.0;
            let (mut found, mut both) = (0.0, 0.0);
            for (r, t) in response.samples().iter().zip(truth.samples()) {
                if *r > threshold {
                    found += 1.0;
                    both += f64::from(u8::from(*t));
                }
            }
            2.0 * both / (found + there)
        })
        .fold(0.0, f64::max)
}

fn worst_distance() -> Result<f64, String> {
    let mut stream = Stream::new(2, 0, "verify.volume");
    let mask = Plane::from_fn(40, 30, |_, _| stream.bernoulli(0.01)).map_err(text)?;
    let distance = distance_to(&mask);
    let mut worst = 0.0_f64;
    for y in 0..30_u32 {
        for x in 0..40_u32 {
            let mut best = f64::INFINITY;
            for j in 0..30_u32 {
                for i in 0..40_u32 {
                    if mask.get(i, j) == Some(&true) {
                        best = best.min(ops::hypot(f64::from(i) - f64::from(x), f64::from(j) - f64::from(y)));
                    }
                }
            }
            worst = worst.max((f64::from(distance.get(x, y).copied().unwrap_or(f32::NAN)) - best).abs());
        }
    }
    Ok(worst)
}
