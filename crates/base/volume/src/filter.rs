//! Separable filters in single precision.

use proband_core::ops;

use crate::{Plane, VolumeError};

/// Largest standard deviation of a filter [px].
pub const SIGMA_MAX_PX: f32 = 200.0;
/// Kernels reach to this many standard deviations.
const REACH: f32 = 4.0;

fn check_sigma(sigma_px: f32) -> Result<(), VolumeError> {
    if sigma_px.is_finite() && sigma_px > 0.0 && sigma_px <= SIGMA_MAX_PX {
        Ok(())
    } else {
        Err(VolumeError::OutOfRange { name: "sigma_px", value: f64::from(sigma_px), min: 0.0, max: f64::from(SIGMA_MAX_PX) })
    }
}

/// Samples of the `order`-th derivative of a Gaussian, from −radius to radius.
///
/// Order 0 sums to 1. Orders 1 and 2 are scaled so that they are exact on x and on x²/2: a plain sampling
/// is off by several percent for standard deviations near one pixel.
fn kernel(sigma_px: f32, order: u32) -> Vec<f32> {
    let sigma = f64::from(sigma_px);
    let radius = f64::from(REACH * sigma_px).ceil().max(1.0) as i32;
    let gauss: Vec<f64> = (-radius..=radius).map(|i| ops::exp(-0.5 * f64::from(i * i) / (sigma * sigma))).collect();
    let total: f64 = gauss.iter().sum();
    let places = || (-radius..=radius).map(f64::from);
    let values: Vec<f64> = match order {
        0 => gauss.iter().map(|g| g / total).collect(),
        1 => {
            let scale: f64 = gauss.iter().zip(places()).map(|(g, x)| g * x * x).sum();
            gauss.iter().zip(places()).map(|(g, x)| g * x / scale).collect()
        }
        _ => {
            let second: f64 = gauss.iter().zip(places()).map(|(g, x)| g * x * x).sum::<f64>() / total;
            let raw: Vec<f64> = gauss.iter().zip(places()).map(|(g, x)| g * (x * x - second)).collect();
            let scale: f64 = raw.iter().zip(places()).map(|(r, x)| 0.5 * r * x * x).sum();
            raw.iter().map(|r| r / scale).collect()
        }
    };
    values.iter().map(|v| *v as f32).collect()
}

/// Show every row with its number, the edge pixels continued by `radius` on both sides.
fn for_each_padded_row(source: &Plane<f32>, radius: usize, mut see: impl FnMut(u32, &[f32])) {
    let width = source.width() as usize;
    let mut padded = vec![0.0_f32; width + 2 * radius];
    for y in 0..source.height() {
        let row = source.row(y);
        padded[..radius].fill(row[0]);
        padded[radius..radius + width].copy_from_slice(row);
        padded[radius + width..].fill(row[width - 1]);
        see(y, &padded);
    }
}

/// Correlate every row with a kernel; the edge pixels continue outside.
fn along_rows(source: &Plane<f32>, kernel: &[f32], out: &mut Plane<f32>) {
    let width = source.width() as usize;
    for_each_padded_row(source, kernel.len() / 2, |y, padded| {
        accumulate(out.row_mut(y), kernel, |tap| &padded[tap..tap + width]);
    });
}

/// Correlate every column with a kernel; the edge pixels continue outside.
fn along_columns(source: &Plane<f32>, kernel: &[f32], out: &mut Plane<f32>) {
    let radius = (kernel.len() / 2) as i64;
    let last = i64::from(source.height()) - 1;
    for y in 0..source.height() {
        let target = out.row_mut(y);
        accumulate(target, kernel, |tap| source.row((i64::from(y) + tap as i64 - radius).clamp(0, last) as u32));
    }
}

/// target = Σ kernel[tap] · line(tap), two mirrored taps at a time: the compiler turns the inner loop into vectors.
fn accumulate<'a>(target: &mut [f32], kernel: &[f32], line: impl Fn(usize) -> &'a [f32]) {
    let radius = kernel.len() / 2;
    for (t, s) in target.iter_mut().zip(line(radius)) {
        *t = kernel[radius] * s;
    }
    for tap in 0..radius {
        let mirror = kernel.len() - 1 - tap;
        let (a, b) = (kernel[tap], kernel[mirror]);
        for ((t, p), q) in target.iter_mut().zip(line(tap)).zip(line(mirror)) {
            *t += a * p + b * q;
        }
    }
}

fn separable(source: &Plane<f32>, across: &[f32], down: &[f32]) -> Plane<f32> {
    let mut middle = Plane::like(source, 0.0);
    along_rows(source, across, &mut middle);
    let mut out = Plane::like(source, 0.0);
    along_columns(&middle, down, &mut out);
    out
}

/// Gaussian blur with the given standard deviation [px].
///
/// # Errors
/// [`VolumeError::OutOfRange`] unless 0 < `sigma_px` ≤ [`SIGMA_MAX_PX`].
pub fn gaussian(source: &Plane<f32>, sigma_px: f32) -> Result<Plane<f32>, VolumeError> {
    check_sigma(sigma_px)?;
    let kernel = kernel(sigma_px, 0);
    Ok(separable(source, &kernel, &kernel))
}

/// Derivative of the Gaussian-blurred picture, of order `order_x` along columns and `order_y` along rows [per px^order].
///
/// # Errors
/// [`VolumeError::OutOfRange`] for a bad standard deviation or an order above 2.
pub fn gaussian_derivative(source: &Plane<f32>, sigma_px: f32, order_x: u32, order_y: u32) -> Result<Plane<f32>, VolumeError> {
    check_sigma(sigma_px)?;
    for (name, order) in [("order_x", order_x), ("order_y", order_y)] {
        if order > 2 {
            return Err(VolumeError::OutOfRange { name, value: f64::from(order), min: 0.0, max: 2.0 });
        }
    }
    Ok(separable(source, &kernel(sigma_px, order_x), &kernel(sigma_px, order_y)))
}

/// Second derivatives of the Gaussian-blurred picture [1/px²].
#[derive(Clone, Debug, PartialEq)]
pub struct Hessian {
    /// ∂²/∂x².
    pub xx: Plane<f32>,
    /// ∂²/∂x∂y.
    pub xy: Plane<f32>,
    /// ∂²/∂y².
    pub yy: Plane<f32>,
}

/// Second derivatives by exact derivative kernels.
///
/// # Errors
/// [`VolumeError::OutOfRange`] for a bad standard deviation.
pub fn hessian(source: &Plane<f32>, sigma_px: f32) -> Result<Hessian, VolumeError> {
    Ok(Hessian {
        xx: gaussian_derivative(source, sigma_px, 2, 0)?,
        xy: gaussian_derivative(source, sigma_px, 1, 1)?,
        yy: gaussian_derivative(source, sigma_px, 0, 2)?,
    })
}

/// Wide blur at a small price: shrink, blur, interpolate back. For backgrounds, where the fine detail of
/// the blur does not matter.
///
/// # Error
/// Below 4 % of the range of the picture, on a chequerboard with cells of 1.6 to 3.3 standard deviations, against [`gaussian`] for standard deviations of 12 px and more.
/// # Errors
/// [`VolumeError::OutOfRange`] for a bad standard deviation.
pub fn blur_wide(source: &Plane<f32>, sigma_px: f32) -> Result<Plane<f32>, VolumeError> {
    check_sigma(sigma_px)?;
    let factor = ((sigma_px / 4.0) as u32).min(source.width() / 8).min(source.height() / 8);
    if factor < 2 {
        return gaussian(source, sigma_px);
    }
    let small = gaussian(&source.shrink(factor)?, sigma_px / factor as f32)?;
    let (scale, shift) = (1.0 / factor as f32, 0.5 * (factor as f32 - 1.0));
    // Column weights are the same for every row.
    let last = small.width() as usize - 1;
    let columns: Vec<(usize, usize, f32)> = (0..source.width())
        .map(|x| {
            let at = ((x as f32 - shift) * scale).clamp(0.0, last as f32);
            let left = at as usize;
            (left, (left + 1).min(last), at - left as f32)
        })
        .collect();
    let mut out = Plane::like(source, 0.0);
    let mut mixed = vec![0.0_f32; small.width() as usize];
    for y in 0..source.height() {
        let at = ((y as f32 - shift) * scale).clamp(0.0, (small.height() - 1) as f32);
        let (top, bottom) = (small.row(at as u32), small.row((at as u32 + 1).min(small.height() - 1)));
        let t = at - (at as u32) as f32;
        for ((m, a), b) in mixed.iter_mut().zip(top).zip(bottom) {
            *m = a + (b - a) * t;
        }
        for (value, (left, right, t)) in out.row_mut(y).iter_mut().zip(&columns) {
            *value = mixed[*left] + (mixed[*right] - mixed[*left]) * t;
        }
    }
    Ok(out)
}

/// Grey closing by a square of 2·`radius` + 1 pixels: dark things narrower than the square vanish, the rest stays.
#[must_use]
pub fn closing(source: &Plane<f32>, radius: u32) -> Plane<f32> {
    let wide = extreme(source, radius, f32::max);
    extreme(&wide, radius, f32::min)
}

/// Largest (or smallest) sample of a square around each pixel, rows first, then columns.
fn extreme(source: &Plane<f32>, radius: u32, better: impl Fn(f32, f32) -> f32 + Copy) -> Plane<f32> {
    let (radius, width) = (radius as usize, source.width() as usize);
    let mut rows = source.clone();
    for_each_padded_row(source, radius, |y, padded| {
        for tap in 0..=2 * radius {
            for (t, s) in rows.row_mut(y).iter_mut().zip(&padded[tap..tap + width]) {
                *t = better(*t, *s);
            }
        }
    });
    let mut out = rows.clone();
    let last = i64::from(source.height()) - 1;
    for y in 0..source.height() {
        let target = out.row_mut(y);
        for shift in -(radius as i64)..=radius as i64 {
            for (t, s) in target.iter_mut().zip(rows.row((i64::from(y) + shift).clamp(0, last) as u32)) {
                *t = better(*t, *s);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blur a Gaussian spot into the wider Gaussian that theory gives.
    #[test]
    fn gaussians_convolve_to_a_gaussian() {
        let spot = |sigma: f64| {
            Plane::from_fn(81, 81, |x, y| {
                let (dx, dy) = (f64::from(x) - 40.0, f64::from(y) - 40.0);
                (ops::exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma)) / (std::f64::consts::TAU * sigma * sigma)) as f32
            })
            .unwrap()
        };
        let (blurred, expected) = (gaussian(&spot(3.0), 4.0).unwrap(), spot(5.0));
        for (a, b) in blurred.samples().iter().zip(expected.samples()) {
            assert!((a - b).abs() < 2e-5, "{a} {b}");
        }
    }

    /// Find slope and curvature of a paraboloid exactly.
    #[test]
    fn derivatives_are_exact_on_a_paraboloid() {
        let picture = Plane::from_fn(60, 50, |x, y| 0.5 * (x * x) as f32 + 2.0 * (x * y) as f32 - 1.5 * (y * y) as f32).unwrap();
        let at = |plane: Plane<f32>| *plane.get(30, 25).unwrap();
        for sigma in [1.0, 2.5] {
            let hessian = hessian(&picture, sigma).unwrap();
            assert!((at(hessian.xx) - 1.0).abs() < 2e-2);
            assert!((at(hessian.xy) - 2.0).abs() < 2e-2);
            assert!((at(hessian.yy) + 3.0).abs() < 2e-2);
            assert!((at(gaussian_derivative(&picture, sigma, 1, 0).unwrap()) - 80.0).abs() < 0.1);
        }
    }

    /// Keep a constant picture constant, and refuse a standard deviation that is none.
    #[test]
    fn constants_stay_and_bad_widths_are_refused() {
        let flat = Plane::filled(90, 70, 0.7_f32).unwrap();
        for plane in [gaussian(&flat, 3.0).unwrap(), blur_wide(&flat, 20.0).unwrap()] {
            assert!(plane.samples().iter().all(|v| (v - 0.7).abs() < 1e-5));
        }
        assert!(gaussian(&flat, f32::NAN).is_err() && gaussian(&flat, 0.0).is_err() && gaussian(&flat, 1e9).is_err());
    }

    /// Remove a dark line thinner than the square and keep a wider one.
    #[test]
    fn closing_removes_thin_lines() {
        let picture = Plane::from_fn(60, 30, |x, _| if x == 10 || (30..40).contains(&x) { 0.2 } else { 1.0 }).unwrap();
        let closed = closing(&picture, 2);
        assert_eq!(
            (closed.get(10, 15), closed.get(30, 15), closed.get(39, 15), closed.get(41, 15)),
            (Some(&1.0), Some(&0.2), Some(&0.2), Some(&1.0))
        );
    }

    /// Keep the cheap wide blur within its stated error.
    #[test]
    fn the_wide_blur_is_close_to_the_exact_one() {
        let picture = Plane::from_fn(200, 160, |x, y| f32::from(u8::from((x / 40 + y / 32) % 2 == 0))).unwrap();
        for sigma in [12.0, 25.0] {
            let (cheap, exact) = (blur_wide(&picture, sigma).unwrap(), gaussian(&picture, sigma).unwrap());
            let worst = cheap.samples().iter().zip(exact.samples()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.04, "sigma {sigma}: {worst}");
        }
    }
}
