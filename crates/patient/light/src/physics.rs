//! What happens to a photon at a point: scattering and boundaries.

use crate::random::PhotonStream;

/// Fresnel reflectance of unpolarised light and the cosine of the refracted angle.
///
/// `index_from`, `index_to`: refractive indices; `cosine`: of the angle of incidence, 0 to 1. Total reflection
/// gives (1, 0).
#[inline]
pub(crate) fn fresnel(index_from: f64, index_to: f64, cosine: f64) -> (f64, f64) {
    if index_from == index_to {
        return (0.0, cosine);
    }
    let ratio = index_from / index_to;
    let sine2 = ratio * ratio * (1.0 - cosine * cosine);
    if sine2 >= 1.0 {
        return (1.0, 0.0);
    }
    let refracted = (1.0 - sine2).sqrt();
    let s = (index_from * cosine - index_to * refracted) / (index_from * cosine + index_to * refracted);
    let p = (index_from * refracted - index_to * cosine) / (index_from * refracted + index_to * cosine);
    (0.5 * (s * s + p * p), refracted)
}

/// Specular reflectance at normal incidence, ((n₁ − n₂)/(n₁ + n₂))².
pub(crate) fn specular(index_from: f64, index_to: f64) -> f64 {
    let r = (index_from - index_to) / (index_from + index_to);
    r * r
}

/// Cosine of a scattering angle after Henyey and Greenstein 1941 (Astrophys J 93:70), ready for drawing:
/// cos θ = (1 + g² − ((1 − g²)/(1 − g + 2 g ξ))²)/(2 g).
#[derive(Clone, Copy, Debug)]
pub(crate) struct HenyeyGreenstein {
    /// cos θ = offset − (1/(low + slope ξ))², with the factors of the square within low and slope.
    offset: f64,
    sign: f64,
    low: f64,
    slope: f64,
    isotropic: bool,
}

impl HenyeyGreenstein {
    pub(crate) fn new(anisotropy: f64) -> Self {
        let g = anisotropy;
        if g.abs() < 1e-6 {
            return Self { offset: 0.0, sign: 1.0, low: 0.0, slope: 0.0, isotropic: true };
        }
        let root = (2.0 * g.abs()).sqrt() / (1.0 - g * g);
        Self { offset: (1.0 + g * g) / (2.0 * g), sign: g.signum(), low: (1.0 - g) * root, slope: 2.0 * g * root, isotropic: false }
    }

    /// The cosine for a uniform number.
    #[inline]
    pub(crate) fn cosine(&self, uniform: f64) -> f64 {
        if self.isotropic {
            return 2.0 * uniform - 1.0;
        }
        let part = 1.0 / (self.low + self.slope * uniform);
        (self.offset - self.sign * part * part).clamp(-1.0, 1.0)
    }
}

/// A new direction at the given cosine to the old one, the azimuth drawn uniformly.
///
/// Two unit vectors across the direction come from one division, without a case for the pole (Duff 2017, J Comput
/// Graph Tech 6(1)); a point in the unit disc gives cosine and sine of twice its angle without trigonometry
/// (von Neumann 1951).
#[inline(always)]
pub(crate) fn scatter(direction: [f64; 3], cosine: f64, stream: &mut PhotonStream) -> [f64; 3] {
    let (a, b, square) = loop {
        let (a, b) = stream.signed_pair();
        let square = a * a + b * b;
        if square < 1.0 && square > 1e-12 {
            break (a, b, square);
        }
    };
    // Root and division side by side, not one after the other.
    let f = (1.0 - cosine * cosine).max(0.0).sqrt() * (1.0 / square);
    let (along, across) = (f * (a * a - b * b), 2.0 * f * a * b);
    let [ux, uy, uz] = direction;
    let sign = 1.0_f64.copysign(uz);
    let q = -1.0 / (sign + uz);
    let r = ux * uy * q;
    let next = [
        along * (1.0 + sign * ux * ux * q) + across * r + cosine * ux,
        along * (sign * r) + across * (sign + uy * uy * q) + cosine * uy,
        -along * (sign * ux) - across * uy + cosine * uz,
    ];
    // Rounding would slowly change the length; one Newton step of 1/√x keeps it at 1.
    let norm2 = next[0] * next[0] + next[1] * next[1] + next[2] * next[2];
    let correct = 1.5 - 0.5 * norm2;
    next.map(|v| v * correct)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut stream = PhotonStream::new(3, 1);
        for g in [-0.5, 0.0, 0.75, 0.95] {
            let (count, mut sum, mut direction) = (200_000, 0.0, [0.0, 0.6, 0.8]);
            for _ in 0..count {
                let cosine = HenyeyGreenstein::new(g).cosine(stream.uniform());
                let next = scatter(direction, cosine, &mut stream);
                sum += next.iter().zip(direction).map(|(a, b)| a * b).sum::<f64>();
                direction = next;
            }
            let norm: f64 = direction.iter().map(|v| v * v).sum();
            assert!((norm - 1.0).abs() < 1e-12, "{norm}");
            assert!((sum / f64::from(count) - g).abs() < 5.0 / f64::from(count).sqrt(), "{g}");
        }
    }
}
