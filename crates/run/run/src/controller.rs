//! The built-in controller for one twin: what it may know before it looks.

use proband_procedure::{SuccessCalibration, VenipunctureSpec};
use proband_tissue::NeedleTissueSpec;
use proband_twin::{SiteBelief, Twin};

use crate::RunError;

/// Places along the arm where the priors of the veins are taken [m]: the rows of the survey.
const PRIOR_ROWS_M: [f64; 3] = [-0.038, -0.024, -0.010];

/// Calibration of the predicted first-stick success.
///
/// Logistic regression of first-stick success on the logit of the mechanistic estimate over 395 simulated draws on sampled
/// adults (seed 7000, patients 0–399; 5 were declined before a prediction): intercept 2.26 ± 0.35, slope 0.12 ± 0.12. The
/// estimate hardly tells these patients apart: what fails now is a patient who pulls the arm away and a needle that needs
/// too much force, and it knows of neither. On 490 others (seed 2026) the Brier score is 0.0679, that of the base rate 0.0681,
/// and the mean prediction is within a point of what happened: honest on the whole, of little use for one patient.
pub const SUCCESS_CALIBRATION: SuccessCalibration = SuccessCalibration { intercept: 2.26, slope: 0.12 };

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
