//! The whole patient of a twin.

use proband_physiology::body::BodySex;
use proband_physiology::whole::{Acts, Physique, RestingProbe, WholePatient};

use crate::{FACTOR_COUNT, Person, Sex, Twin, TwinError, WholeBelief, variant};

impl Person {
    /// What the formulas of body size ask for; who is neither female nor male counts as female.
    #[must_use]
    pub fn physique(&self) -> Physique {
        let sex = if matches!(self.sex, Sex::Male) { BodySex::Male } else { BodySex::Female };
        Physique { sex, age_y: self.age_y, height_m: self.height_m, mass_kg: self.mass_kg }
    }
}

impl Twin {
    /// What is believed about the factors of the whole patient: what a calibration found, else the prior.
    #[must_use]
    pub fn whole_belief(&self) -> WholeBelief {
        self.physiology.clone().unwrap_or_else(WholeBelief::prior)
    }

    /// The whole patient of this twin at rest: with the middle of what a calibration found; without one, the person of his size.
    ///
    /// # Errors
    /// [`TwinError`] for a person whom the model does not know, or factors with which nobody has a rest.
    pub fn whole_patient(&self) -> Result<WholePatient, TwinError> {
        match &self.physiology {
            None => Ok(WholePatient::new(&self.person.physique())?),
            Some(belief) => self.whole_patient_with(&belief.mean),
        }
    }

    /// As [`Twin::whole_patient`], with these logarithms of the factors.
    ///
    /// # Errors
    /// As [`Twin::whole_patient`].
    pub fn whole_patient_with(&self, logarithms: &[f64; FACTOR_COUNT]) -> Result<WholePatient, TwinError> {
        let probe = RestingProbe::new(&self.person.physique(), &Acts::rest())?;
        Ok(probe.settle(&variant(probe.himself(), logarithms)?)?)
    }
}
