//! The built-in controller for one twin: what it may know before it looks.

use proband_procedure::{SuccessCalibration, VenipunctureSpec};
use proband_tissue::NeedleTissueSpec;
use proband_twin::{SiteBelief, Twin};

use crate::RunError;

/// Places along the arm where the priors of the veins are taken [m]: the rows of the survey.
const PRIOR_ROWS_M: [f64; 3] = [-0.038, -0.024, -0.010];

/// Calibration of the predicted first-stick success.
///
/// Logistic regression of first-stick success on the logit of the mechanistic estimate over 392 simulated draws on sampled
/// adults (seed 7000, patients 0–399; 8 were declined): slope 0.33 ± 0.13. The estimate overstates what a narrow vein costs,
/// and knows nothing of dry needles. Not yet tested on patients outside of that cohort.
pub const SUCCESS_CALIBRATION: SuccessCalibration = SuccessCalibration { intercept: 1.63, slope: 0.33 };

/// Impedance below which the tip counts as in blood [Ω]: between blood (about 500 Ω with the series resistance of the
/// standard sensor) and muscle (about 800 Ω) at 100 kHz, 1/(4π a σ) + R_series with σ from Gabriel 1996.
const IMPEDANCE_BLOOD_OHM: f64 = 640.0;

/// What the built-in controller is told about a twin: its side and the priors of its veins. No truth.
///
/// # Errors
/// [`RunError::Twin`] when the twin lacks a parameter.
pub fn controller_spec(twin: &Twin) -> Result<VenipunctureSpec, RunError> {
    let priors = SiteBelief::priors(twin, &PRIOR_ROWS_M)?;
    let reference = NeedleTissueSpec::reference_adult();
    let factor = twin.parameter("needle.stiffness_factor")?.value.distribution.mean();
    let indentation = [reference.stiffness_n_per_m * factor, reference.stiffness_n_per_m2 * factor];
    let mut spec = VenipunctureSpec::standard(twin.person.side.medial_sign(), priors, IMPEDANCE_BLOOD_OHM, indentation);
    spec.plan.calibration = SUCCESS_CALIBRATION;
    Ok(spec)
}
