//! What the whole patient shows at factors near his own, in microseconds.

use proband_core::Stream;
use proband_physiology::whole::RestingProbe;

use crate::TwinError;
use crate::calibrate::{Emulator, FACTOR_COUNT, FACTORS, Matrix, Vector, WholeBelief, variant_of};

/// Runs of the whole patient from which the picture is made.
const RUN_COUNT: usize = 160;
/// Beyond this the picture means nothing [prior standard deviations].
pub(crate) const FAR: f64 = 3.0;

/// A picture of one patient for following him: coordinates are factors' logarithms about a belief, in standard deviations of the prior.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveModel {
    emulator: Emulator,
    belief: WholeBelief,
}

impl LiveModel {
    /// Run the patient at random factors about what is believed and fit the picture.
    ///
    /// # Errors
    /// [`TwinError`] when too few of them have a rest.
    pub fn new(probe: &RestingProbe, belief: &WholeBelief, stream: &mut Stream) -> Result<Self, TwinError> {
        belief.check()?;
        let points: Vec<[f64; FACTOR_COUNT]> = (0..RUN_COUNT).map(|_| std::array::from_fn(|_| stream.normal().clamp(-FAR, FAR))).collect();
        let variants: Vec<_> = points
            .iter()
            .map(|w| {
                let logarithms = std::array::from_fn(|i| {
                    let most = 5.0 * FACTORS[i].sigma;
                    (belief.mean[i] + FACTORS[i].sigma * w[i]).clamp(-most, most)
                });
                variant_of(probe.himself(), &logarithms)
            })
            .collect();
        let seen = probe.resting(&variants);
        let runs: Vec<_> = points.iter().zip(seen).filter_map(|(w, s)| s.ok().map(|s| (*w, s.values))).collect();
        let emulator = Emulator::fit(&runs).ok_or_else(|| TwinError::Parameter {
            name: "whole.*".into(),
            what: format!("only {} of {RUN_COUNT} patients near this one have a rest", runs.len()),
        })?;
        Ok(Self { emulator, belief: belief.clone() })
    }

    /// Root mean square errors of heart rate, systolic, diastolic and mean pressure on runs that were not fitted.
    #[must_use]
    pub fn error(&self) -> [f64; 4] {
        std::array::from_fn(|i| self.emulator.error[i])
    }

    /// Heart rate, systolic, diastolic and mean pressure at a point.
    pub(crate) fn shows(&self, w: &Vector) -> [f64; 4] {
        let near: [f64; FACTOR_COUNT] = std::array::from_fn(|i| w[i].clamp(-FAR, FAR));
        let all = self.emulator.at(&near);
        std::array::from_fn(|i| all[i])
    }

    /// One draw from the belief, as a point.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Result<Vector, TwinError> {
        let logarithms = self.belief.draw(stream)?;
        Ok(Vector::from_fn(|i, _| (logarithms[i] - self.belief.mean[i]) / FACTORS[i].sigma))
    }

    /// Covariance of the belief in the points' coordinates.
    pub(crate) fn covariance(&self) -> Matrix {
        Matrix::from_fn(|i, j| self.belief.covariance[i][j] / (FACTORS[i].sigma * FACTORS[j].sigma))
    }

    /// Logarithms of the factors at a point.
    pub(crate) fn logarithm(&self, factor: usize, w: f64) -> f64 {
        self.belief.mean[factor] + FACTORS[factor].sigma * w
    }
}
