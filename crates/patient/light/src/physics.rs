//! What happens to a photon at a point: scattering and boundaries.

use crate::real::Real;

/// Fresnel reflectance of unpolarised light and the cosine of the refracted angle.
///
/// `index_from`, `index_to`: refractive indices; `cosine`: of the angle of incidence, 0 to 1. Total reflection
/// gives (1, 0).
#[inline]
pub(crate) fn fresnel<R: Real>(index_from: R, index_to: R, cosine: R) -> (R, R) {
    if index_from == index_to {
        return (R::ZERO, cosine);
    }
    let ratio = index_from / index_to;
    let sine2 = ratio * ratio * (R::ONE - cosine * cosine);
    if sine2 >= R::ONE {
        return (R::ONE, R::ZERO);
    }
    let refracted = (R::ONE - sine2).sqrt();
    let s = (index_from * cosine - index_to * refracted) / (index_from * cosine + index_to * refracted);
    let p = (index_from * refracted - index_to * cosine) / (index_from * refracted + index_to * cosine);
    (R::HALF * (s * s + p * p), refracted)
}

/// Specular reflectance at normal incidence, ((n₁ − n₂)/(n₁ + n₂))².
pub(crate) fn specular(index_from: f64, index_to: f64) -> f64 {
    let r = (index_from - index_to) / (index_from + index_to);
    r * r
}

/// Cosine of a scattering angle after Henyey and Greenstein 1941 (Astrophys J 93:70), ready for drawing:
/// cos θ = (1 + g² − ((1 − g²)/(1 − g + 2 g ξ))²)/(2 g).
#[derive(Clone, Copy, Debug)]
pub(crate) struct HenyeyGreenstein<R> {
    /// cos θ = offset − (1/(low + slope ξ))², with the factors of the square within low and slope.
    offset: R,
    sign: R,
    low: R,
    slope: R,
    isotropic: bool,
}

impl<R: Real> HenyeyGreenstein<R> {
    pub(crate) fn new(anisotropy: f64) -> Self {
        let g = anisotropy;
        if g.abs() < R::ISOTROPIC.to_f64() {
            return Self { offset: R::ZERO, sign: R::ONE, low: R::ZERO, slope: R::ZERO, isotropic: true };
        }
        let root = (2.0 * g.abs()).sqrt() / (1.0 - g * g);
        Self {
            offset: R::of((1.0 + g * g) / (2.0 * g)),
            sign: R::of(g.signum()),
            low: R::of((1.0 - g) * root),
            slope: R::of(2.0 * g * root),
            isotropic: false,
        }
    }

    /// The cosine for a uniform number.
    #[inline(always)]
    pub(crate) fn cosine(&self, uniform: R) -> R {
        if self.isotropic {
            return R::TWO * uniform - R::ONE;
        }
        let part = R::ONE / (self.low + self.slope * uniform);
        (self.offset - self.sign * part * part).max(-R::ONE).min(R::ONE)
    }
}

/// Where a photon flies to, with two directions across; all three of length 1 and at right angles.
///
/// A scattering turns all three by two plane rotations, so that it needs neither a division nor a root of the old
/// direction: those of the new angles do not wait for it. Which way the two across point does not matter, because the
/// azimuth is drawn evenly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heading<R> {
    /// Direction of flight.
    pub(crate) along: [R; 3],
    across: [[R; 3]; 2],
}

impl<R: Real> Heading<R> {
    /// Two unit vectors across a unit vector from one division, without a case for the pole (Duff 2017, J Comput Graph
    /// Tech 6(1)).
    #[inline]
    pub(crate) fn new(along: [R; 3]) -> Self {
        let [x, y, z] = along;
        let sign = R::ONE.copysign(z);
        let q = -R::ONE / (sign + z);
        let r = x * y * q;
        Self { along, across: [[R::ONE + sign * x * x * q, sign * r, -sign * x], [r, sign + y * y * q, -y]] }
    }

    /// Turn by an angle of the given cosine towards the given azimuth (cosine, sine).
    #[inline(always)]
    pub(crate) fn turn(&mut self, cosine: R, azimuth: (R, R)) {
        let sine = (R::ONE - cosine * cosine).max(R::ZERO).sqrt();
        let (c, s) = azimuth;
        let [e, f] = self.across;
        let d = self.along;
        let towards: [R; 3] = std::array::from_fn(|a| c * e[a] + s * f[a]);
        self.across[1] = std::array::from_fn(|a| c * f[a] - s * e[a]);
        self.along = std::array::from_fn(|a| cosine * d[a] + sine * towards[a]);
        self.across[0] = std::array::from_fn(|a| cosine * towards[a] - sine * d[a]);
    }

    /// Back from a wall across an axis.
    #[inline(always)]
    pub(crate) fn mirror(&mut self, axis: usize) {
        self.along[axis] = -self.along[axis];
        self.across[0][axis] = -self.across[0][axis];
        self.across[1][axis] = -self.across[1][axis];
    }

    /// A direction that was bent at a surface; its length is set to 1 against rounding.
    #[inline]
    pub(crate) fn bend(&mut self, along: [R; 3]) {
        let norm2 = along[0] * along[0] + along[1] * along[1] + along[2] * along[2];
        // One Newton step of 1/√x.
        let correct = R::of(1.5) - R::HALF * norm2;
        *self = Self::new(along.map(|v| v * correct));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Photons;

    /// Match the closed forms: normal incidence, Brewster's angle, total reflection, reversal.
    #[test]
    fn fresnel_follows_the_closed_forms() {
        assert!((fresnel(1.0, 1.5, 1.0).0 - 0.04).abs() < 1e-15);
        let brewster = 1.0 / (1.0_f64 + 1.5 * 1.5).sqrt();
        let s = (1.0 - 2.25_f64) / (1.0 + 2.25);
        assert!((fresnel(1.0, 1.5, brewster).0 - 0.5 * s * s).abs() < 1e-15);
        assert_eq!(fresnel(1.5, 1.0, 0.5), (1.0, 0.0));
        let (there, cosine) = fresnel(1.0, 1.4, 0.6);
        assert!((there - fresnel(1.4, 1.0, cosine).0).abs() < 1e-15);
    }

    /// Keep mean cosine g and the length of the direction over many scatterings.
    #[test]
    fn scattering_has_the_stated_anisotropy() {
        let mut stream = Photons::new(3).stream(1);
        for g in [-0.5_f64, 0.0, 0.75, 0.95] {
            let (count, mut sum, mut heading) = (200_000, 0.0, Heading::new([0.0, 0.6, 0.8]));
            for _ in 0..count {
                let before = heading.along;
                let (uniform, azimuth) = stream.turn();
                heading.turn(HenyeyGreenstein::new(g).cosine(uniform), azimuth);
                sum += heading.along.iter().zip(before).map(|(a, b)| a * b).sum::<f64>();
            }
            let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let [e, f] = heading.across;
            for (product, expected) in
                [(dot(heading.along, heading.along), 1.0), (dot(e, heading.along), 0.0), (dot(f, heading.along), 0.0), (dot(e, f), 0.0)]
            {
                assert!((product - expected).abs() < 1e-9, "{product}");
            }
            assert!((sum / f64::from(count) - g).abs() < 5.0 / f64::from(count).sqrt(), "{g}");
        }
    }
}
