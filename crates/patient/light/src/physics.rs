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

/// Cosine of a scattering angle after Henyey and Greenstein 1941 (Astrophys J 93:70).
#[inline]
pub(crate) fn henyey_greenstein(anisotropy: f64, uniform: f64) -> f64 {
    if anisotropy.abs() < 1e-6 {
        return 2.0 * uniform - 1.0;
    }
    let part = (1.0 - anisotropy * anisotropy) / (1.0 - anisotropy + 2.0 * anisotropy * uniform);
    ((1.0 + anisotropy * anisotropy - part * part) / (2.0 * anisotropy)).clamp(-1.0, 1.0)
}

/// A new direction at the given cosine to the old one, the azimuth drawn uniformly.
#[inline]
pub(crate) fn scatter(direction: [f64; 3], cosine: f64, stream: &mut PhotonStream) -> [f64; 3] {
    // A point in the unit disc gives cosine and sine of a uniform azimuth without trigonometry.
    let (cos_phi, sin_phi) = loop {
        let (a, b) = (stream.signed(), stream.signed());
        let square = a * a + b * b;
        if square < 1.0 && square > 1e-12 {
            let inverse = 1.0 / square.sqrt();
            break (a * inverse, b * inverse);
        }
    };
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let [ux, uy, uz] = direction;
    let next = if uz.abs() > 0.99999 {
        [sine * cos_phi, sine * sin_phi, cosine * uz.signum()]
    } else {
        let across = (1.0 - uz * uz).sqrt();
        let f = sine / across;
        [
            f * (ux * uz * cos_phi - uy * sin_phi) + ux * cosine,
            f * (uy * uz * cos_phi + ux * sin_phi) + uy * cosine,
            -sine * cos_phi * across + uz * cosine,
        ]
    };
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
                let cosine = henyey_greenstein(g, stream.uniform());
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
