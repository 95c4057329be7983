//! The needle in tissue, one tick at a time.

use crate::io::NeedleEvents;
use crate::law::Law;
use crate::{Medium, NeedleEnergy, NeedleInput, NeedleOutput, NeedleSpec, NeedleState, NeedleTissueSpec, TissueError};

/// How far from the origin of the path a tip is followed [m]; commands beyond it are held at the end.
pub(crate) const TIP_RANGE_M: f64 = 0.25;

/// A needle and the tissue of one site. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedleModel {
    pub(crate) needle: NeedleSpec,
    pub(crate) tissue: NeedleTissueSpec,
    pub(crate) law: Law,
}

impl NeedleModel {
    /// Check both specifications and put them together.
    ///
    /// # Errors
    /// [`TissueError`] that names the offending field.
    pub fn new(needle: NeedleSpec, tissue: NeedleTissueSpec) -> Result<Self, TissueError> {
        needle.check()?;
        tissue.check()?;
        let law = Law::new(&tissue);
        Ok(Self { needle, tissue, law })
    }

    /// A needle with its tip in the air at `tip_m` [m] on the axis; 0 when that is not finite.
    #[must_use]
    pub fn state(&self, tip_m: f64) -> NeedleState {
        let x = if tip_m.is_finite() { tip_m.clamp(-TIP_RANGE_M, TIP_RANGE_M) } else { 0.0 };
        NeedleState {
            x_m: x,
            q_m: x,
            cut_m: x,
            slide: 0,
            excess_n: 0.0,
            speed_factor: 1.0,
            contact: None,
            contact_m: 0.0,
            ahead: None,
            walls_touch: false,
            energy: NeedleEnergy::ZERO,
            track: 0,
            holes: Vec::new(),
            rolled: [None; crate::track::ROLLED_COUNT_MAX],
            inside: None,
        }
    }

    /// Move the needle by one tick. So far without tissue: the tip goes where it is told.
    pub fn step(&self, state: &mut NeedleState, input: &NeedleInput, _dt_s: f64) -> NeedleOutput {
        let held = !input.tip_m.is_finite();
        if !held {
            state.x_m = input.tip_m.clamp(-TIP_RANGE_M, TIP_RANGE_M);
        }
        state.q_m = state.x_m;
        NeedleOutput {
            force_axial_n: 0.0,
            force_lateral_n: [0.0; 2],
            tip_m: state.q_m,
            deflection_m: [0.0; 2],
            indentation_m: 0.0,
            tent_m: 0.0,
            deformed_structure: None,
            shift_m: 0.0,
            rolled: false,
            medium: Medium::Air,
            lumen: None,
            input_held: held,
            events: NeedleEvents::none(),
        }
    }
}
