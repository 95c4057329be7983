//! The whole patient of a twin.

use proband_core::Status;
use proband_physiology::body::{BodySex, blood_volume_nadler_ml};
use proband_physiology::whole::{Acts, Pack, Physique, RestingProbe, Variant, WholePatient};

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

    /// The numbers that his factors multiply: those of a person of his size, with what a laboratory measured on him
    /// (haemoglobin: his red cells; nothing else of the circulation at rest hangs on it).
    ///
    /// # Errors
    /// [`TwinError`] for a person whom the model does not know.
    pub fn himself(&self) -> Result<Variant, TwinError> {
        let physique = self.person.physique();
        let mut parameters = physique.parameters()?;
        let haemoglobin = self.parameters.iter().find(|p| p.name == HAEMOGLOBIN && p.value.status == Status::Measured);
        if let Some(measured) = haemoglobin {
            let (low, high) = HAEMATOCRIT;
            parameters.haematocrit = Pack::of((measured.value.distribution.mean() / HAEMOGLOBIN_PER_HAEMATOCRIT).clamp(low, high));
        }
        Ok(Variant { parameters, blood_ml: blood_volume_nadler_ml(physique.sex, physique.height_m, physique.mass_kg) })
    }

    /// Asks what he would show with other factors.
    ///
    /// # Errors
    /// As [`Twin::himself`].
    pub fn resting_probe(&self) -> Result<RestingProbe, TwinError> {
        Ok(RestingProbe::of(&self.himself()?, &Acts::rest())?)
    }

    /// The whole patient of this twin at rest: with the middle of what a calibration found; without one, the person of his size.
    ///
    /// # Errors
    /// [`TwinError`] for a person whom the model does not know, or factors with which nobody has a rest.
    pub fn whole_patient(&self) -> Result<WholePatient, TwinError> {
        match &self.physiology {
            None => {
                let himself = self.himself()?;
                Ok(WholePatient::with(himself.parameters, himself.blood_ml, &Acts::rest())?)
            }
            Some(belief) => self.whole_patient_with(&belief.mean),
        }
    }

    /// As [`Twin::whole_patient`], with these logarithms of the factors.
    ///
    /// # Errors
    /// As [`Twin::whole_patient`].
    pub fn whole_patient_with(&self, logarithms: &[f64; FACTOR_COUNT]) -> Result<WholePatient, TwinError> {
        let probe = self.resting_probe()?;
        Ok(probe.settle(&variant(probe.himself(), logarithms)?)?)
    }
}

const HAEMOGLOBIN: &str = "blood.haemoglobin_kg_m3";
/// Haemoglobin in packed red cells [kg/m³]: a mean corpuscular concentration of 33.5 g/dL, as the whole patient's gases have it.
const HAEMOGLOBIN_PER_HAEMATOCRIT: f64 = 335.0;
/// Least and greatest haematocrit with which somebody is simulated [1]: prior: unverified.
const HAEMATOCRIT: (f64, f64) = (0.12, 0.65);

#[cfg(test)]
mod tests {
    use proband_core::Distribution;

    use super::*;

    /// Be the person of his size, bit by bit, until a laboratory says otherwise.
    #[test]
    fn a_laboratory_counts() {
        let mut twin = Twin::built_in();
        assert_eq!(twin.whole_patient().unwrap(), WholePatient::new(&twin.person.physique()).unwrap());
        twin.measured(HAEMOGLOBIN, Distribution::Constant { value: 80.0 }, "test").unwrap();
        let anaemic = twin.himself().unwrap().parameters.haematocrit.0[0];
        assert!((anaemic - 80.0 / 335.0).abs() < 1e-12);
    }
}
