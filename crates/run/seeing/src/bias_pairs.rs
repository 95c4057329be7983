//! The same people, lighter and darker: paired differences that the noise of a draw cannot hide.
//!
//! Between two pigmentations of a cell nothing but the pigment differs: arm, other optics, hairs, mottling, and the random numbers
//! of the camera are the adult's own. So each adult is his own control, and adults are the unit of every interval.

use proband_math::stats::{Estimate, Interval, PairedCounts, t_test_one_sample, tango};

use crate::bias::{BiasSpec, Means, Seen, stride};

/// Darker against lightest skin of the same adults, all thicknesses of fat together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasPair {
    /// Melanosome fraction of the darker skin [1]; the lightest is the first of the grid.
    pub melanin_fraction: f64,
    /// Depth of the veins' front walls [m].
    pub depth_m: f64,
    /// Wavelength [nm].
    pub wavelength_nm: f64,
    /// Means.
    pub means: Means,
    /// Adults.
    pub count: u32,
    /// Adults in whom darker skin was found at fewer thicknesses of fat than lightest skin.
    pub less: u32,
    /// Adults in whom it was found at more.
    pub more: u32,
    /// Share of adults found more often less share found less often, with Tango's 95 % interval [1].
    pub found: Estimate,
    /// Expected first-stick success, darker less lightest, mean over adults with Student's 95 % interval [1]; Tango's of
    /// `found` where no adult differs.
    pub success: Estimate,
    /// Contrast of the vein over the noise of one pixel, darker over lightest: geometric mean over adults with Student's 95 %
    /// interval [1]. NaN with ultrasound.
    pub clarity: Estimate,
}

/// One adult at one depth and wavelength: lightest and darker skin, one pair per thickness of fat.
type Looks = Vec<[Seen; 2]>;

/// Compare every pigmentation with the first.
pub(crate) fn pairs(spec: &BiasSpec, rows: &[Vec<Option<Seen>>]) -> Vec<BiasPair> {
    let mut out = Vec::new();
    for means in [Means::Nir, Means::NirAndUltrasound] {
        for (depth, depth_m) in spec.depths_m.iter().enumerate() {
            for (wave, wavelength_nm) in spec.wavelengths_nm.iter().enumerate() {
                for (pigment, melanin_fraction) in spec.melanin_fractions.iter().enumerate().skip(1) {
                    let adults: Vec<Looks> =
                        rows.iter().map(|row| looks(spec, row, depth, wave, pigment, means)).filter(|looks| !looks.is_empty()).collect();
                    let Some((less, more, [found, success, clarity])) = compare(&adults) else { continue };
                    out.push(BiasPair {
                        melanin_fraction: *melanin_fraction,
                        depth_m: *depth_m,
                        wavelength_nm: *wavelength_nm,
                        means,
                        count: adults.len() as u32,
                        less,
                        more,
                        found,
                        success,
                        clarity,
                    });
                }
            }
        }
    }
    out
}

fn looks(spec: &BiasSpec, row: &[Option<Seen>], depth: usize, wave: usize, pigment: usize, means: Means) -> Looks {
    (0..spec.fats_m.len())
        .filter_map(|fat| {
            let base = (fat * spec.depths_m.len() + depth) * stride(spec);
            let seen = |pigment: usize| means.of(row[base + 1 + pigment * spec.wavelengths_nm.len() + wave], row[base]);
            Some([seen(0)?, seen(pigment)?])
        })
        .collect()
}

/// Adults found less, found more, and the three estimates. `None` without adults.
fn compare(adults: &[Looks]) -> Option<(u32, u32, [Estimate; 3])> {
    let nothing = Estimate { value: f64::NAN, low: f64::NAN, high: f64::NAN };
    let net = |looks: &Looks| looks.iter().map(|[a, b]| i32::from(b.found) - i32::from(a.found)).sum::<i32>();
    let less = adults.iter().filter(|a| net(a) < 0).count() as u64;
    let more = adults.iter().filter(|a| net(a) > 0).count() as u64;
    let same = (adults.len() as u64).checked_sub(less + more)?;
    let found = tango(PairedCounts { both: 0, first_only: more, second_only: less, neither: same }, 0.95).ok()?;
    let mean = |of: &dyn Fn(&[Seen; 2]) -> f64| -> Vec<f64> {
        adults.iter().map(|looks| looks.iter().map(of).sum::<f64>() / looks.len() as f64).collect()
    };
    let student = |values: &[f64], constant: Interval| {
        let value = values.iter().sum::<f64>() / values.len() as f64;
        let interval = t_test_one_sample(values, 0.0, 0.95).map_or(constant, |t| Interval { low: t.low, high: t.high });
        Estimate { value, low: interval.low, high: interval.high }
    };
    let success = student(&mean(&|[a, b]| b.success - a.success), Interval { low: found.low, high: found.high });
    let logs = mean(&|[a, b]| proband_core::ops::ln(b.clarity / a.clarity));
    let clarity = if logs.iter().all(|l| l.is_finite()) {
        let log = student(&logs, Interval { low: f64::NAN, high: f64::NAN });
        let [value, low, high] = [log.value, log.low, log.high].map(proband_core::ops::exp);
        Estimate { value, low, high }
    } else {
        nothing
    };
    Some((less as u32, more as u32, [found, success, clarity]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(found: bool, success: f64, clarity: f64) -> Seen {
        Seen { found, success, clarity }
    }

    /// Take each adult as his own control.
    #[test]
    fn adults_are_their_own_controls() {
        // Ten adults whose success differs widely between them and by 0.02 to 0.03 within each.
        let adults: Vec<Looks> = (0..10)
            .map(|i| {
                let own = 0.08 * f64::from(i);
                vec![[seen(true, own + 0.02 + 0.001 * f64::from(i), 2.0), seen(i > 0, own, 1.0 + 0.001 * f64::from(i % 2))]]
            })
            .collect();
        let (less, more, [found, success, clarity]) = compare(&adults).unwrap();
        assert_eq!((less, more), (1, 0));
        assert!((found.value + 0.1).abs() < 1e-12 && found.low < -0.1 && found.high > -0.1, "{found:?}");
        assert!(success.high < 0.0 && success.low > -0.03, "{success:?}");
        assert!((clarity.value - 0.5).abs() < 0.001 && clarity.high < 0.51, "{clarity:?}");
        assert!(compare(&[]).is_none());
    }

    /// Give an interval where nobody differs: ten alike do not prove that all are.
    #[test]
    fn nobody_differs() {
        let adults: Vec<Looks> = vec![vec![[seen(true, 0.9, f64::NAN); 2]]; 10];
        let (_, _, [found, success, clarity]) = compare(&adults).unwrap();
        assert!(found.value == 0.0 && found.low < -0.1 && found.high > 0.1, "{found:?}");
        assert!(success.value == 0.0 && success.low < 0.0 && clarity.value.is_nan());
    }
}
