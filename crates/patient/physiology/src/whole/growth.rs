//! Slow growth of the left ventricle: fibres lengthen until filling stretches them as before.

use crate::PhysiologyError;
use crate::error::check;
use crate::whole::control::effect;
use crate::whole::pack::Pack;
use crate::whole::{Acts, Parameters, TICK_S, WholePatient};

/// Share by which the ventricle may grow [1]: beyond three times its size no heart works (prior: unverified).
const SIZE_MAX: f64 = 3.0;
/// Filling is back when the wall's tension differs by less than this share.
const CLOSE: f64 = 0.01;

impl WholePatient {
    /// A patient who has lived with `acts` until his left ventricle has remodelled.
    ///
    /// Fibres lengthen as long as filling stretches them beyond what they are used to (strain-driven eccentric growth;
    /// form of Kerckhoffs 2012). The ventricle's size [`crate::Effects::left_ventricle_size`] that ends the growth is
    /// searched: the pressure that fills it is then that of the healthy patient. The returned acts hold it.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] when no size up to three times the healthy one restores the filling.
    pub fn remodelled(parameters: &Parameters<1>, blood_ml: f64, acts: &Acts<1>) -> Result<(Self, Acts<1>), PhysiologyError> {
        let filling = |acts: &Acts<1>| -> Result<(Self, f64), PhysiologyError> {
            let patient = Self::with(parameters.clone(), blood_ml, acts)?;
            let mut state = patient.state();
            let (mut sum, mut n) = (0.0, 0.0);
            for _ in 0..(60.0 / TICK_S) as u32 {
                patient.tick(&mut state, acts);
                sum += state.circulation.mean[4].0[0];
                n += 1.0;
            }
            Ok((patient, sum / n))
        };
        let (_, wanted) = filling(&Acts::rest())?;
        let sized = |size: f64| {
            let mut acts = acts.clone();
            acts.effects[effect::VENTRICLE_SIZE] = Pack::of(size);
            acts
        };
        let (mut low, mut high) = (0.5, SIZE_MAX);
        let (_, least) = filling(&sized(SIZE_MAX))?;
        check("filling of the left ventricle", least, 0.0, wanted * (1.0 + CLOSE), "mmHg")?;
        loop {
            let acts = sized(0.5 * (low + high));
            let (patient, here) = filling(&acts)?;
            if (here / wanted - 1.0).abs() < CLOSE || high - low < 1e-3 {
                return Ok((patient, acts));
            }
            if here > wanted { low = 0.5 * (low + high) } else { high = 0.5 * (low + high) }
        }
    }
}
