//! The classical Runge–Kutta step.

/// One step of the classical fourth-order Runge–Kutta method: y(t + h) from y(t) and ẏ = f(t, y).
#[inline]
#[must_use]
pub fn rk4<const N: usize>(mut f: impl FnMut(f64, &[f64; N]) -> [f64; N], t: f64, y: &[f64; N], h: f64) -> [f64; N] {
    let along = |k: &[f64; N], by: f64| std::array::from_fn(|i| y[i] + by * k[i]);
    let k1 = f(t, y);
    let k2 = f(t + 0.5 * h, &along(&k1, 0.5 * h));
    let k3 = f(t + 0.5 * h, &along(&k2, 0.5 * h));
    let k4 = f(t + h, &along(&k3, h));
    std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]))
}
