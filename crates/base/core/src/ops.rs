//! Elementary functions with the same bits on every platform.
//!
//! The last bits of `f64::sin` and its kin come from the platform's mathematics library. Everything in
//! Proband goes through these functions instead, which call one Rust library; clippy bans the others.
//! (`sqrt`, `floor`, `abs`, `mul_add`-free arithmetic are exact by IEEE 754 and need no wrapper.)

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $f64:path, $name32:ident = $f32:path;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub fn $name(x: f64) -> f64 { $f64(x) }
        $(#[$doc])*
        #[doc = ""]
        #[doc = "Single precision."]
        #[inline]
        #[must_use]
        pub fn $name32(x: f32) -> f32 { $f32(x) }
    )*};
}

unary! {
    /// Sine of an angle [rad].
    sin = libm::sin, sin_f32 = libm::sinf;
    /// Cosine of an angle [rad].
    cos = libm::cos, cos_f32 = libm::cosf;
    /// Tangent of an angle [rad].
    tan = libm::tan, tan_f32 = libm::tanf;
    /// Arc sine [rad] of a ratio in [−1, 1].
    asin = libm::asin, asin_f32 = libm::asinf;
    /// Arc cosine [rad] of a ratio in [−1, 1].
    acos = libm::acos, acos_f32 = libm::acosf;
    /// Arc tangent [rad].
    atan = libm::atan, atan_f32 = libm::atanf;
    /// eˣ.
    exp = libm::exp, exp_f32 = libm::expf;
    /// eˣ − 1, accurate near zero.
    exp_m1 = libm::expm1, exp_m1_f32 = libm::expm1f;
    /// Natural logarithm.
    ln = libm::log, ln_f32 = libm::logf;
    /// ln(1 + x), accurate near zero.
    ln_1p = libm::log1p, ln_1p_f32 = libm::log1pf;
    /// Decimal logarithm.
    log10 = libm::log10, log10_f32 = libm::log10f;
    /// Binary logarithm.
    log2 = libm::log2, log2_f32 = libm::log2f;
    /// Cube root.
    cbrt = libm::cbrt, cbrt_f32 = libm::cbrtf;
    /// Hyperbolic tangent.
    tanh = libm::tanh, tanh_f32 = libm::tanhf;
    /// Error function.
    erf = libm::erf, erf_f32 = libm::erff;
}

/// x raised to the power y.
#[inline]
#[must_use]
pub fn powf(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// x raised to the power y, single precision.
#[inline]
#[must_use]
pub fn powf_f32(x: f32, y: f32) -> f32 {
    libm::powf(x, y)
}

/// Angle [rad] of the point (x, y) from the positive x axis, in (−π, π].
#[inline]
#[must_use]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// √(x² + y²) without overflow.
#[inline]
#[must_use]
pub fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

/// Sine and cosine of an angle [rad].
#[inline]
#[must_use]
pub fn sin_cos(x: f64) -> (f64, f64) {
    libm::sincos(x)
}

/// Sine and cosine of an angle [rad], single precision.
#[inline]
#[must_use]
pub fn sin_cos_f32(x: f32) -> (f32, f32) {
    libm::sincosf(x)
}

/// Cumulative distribution of the standard normal, Φ(z) = (1 + erf(z/√2))/2.
#[inline]
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}
