//! What runs into a patient while he is read: his readings are those of a body under drugs, his factors are his own.

use proband_physiology::Effects;
use proband_physiology::body::BodySex;
use proband_physiology::drug::{DrugInPatient, DrugPatient, DrugReadings, KineticsInput, builtin_drug};
use proband_physiology::whole::{Acts, Physique};

use crate::TwinError;
use crate::person::in_range;

/// An infusion of a drug of the library that began some time before the readings and has not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningDose {
    /// Name in the library: `noradrenaline`.
    pub name: String,
    /// How much a second [kg/s].
    pub rate_kg_s: f64,
    /// Since when [s].
    pub running_s: f64,
}

/// Drugs move so far at a time [s].
const STEP_S: f64 = 10.0;
/// Longest infusion that is followed [s]; what ran longer is taken as this long.
const RUNNING_S_MAX: f64 = 86_400.0;
/// Largest rate that is accepted [kg/s]: 100 mg/s.
const RATE_KG_S_MAX: f64 = 1e-4;

/// What these infusions do now to a person of this build, each drug with the kinetics of the typical patient, as acts at rest.
///
/// # Errors
/// [`TwinError`] for a drug that is not in the library, and a rate or time that cannot be.
pub fn acts_under(doses: &[RunningDose], physique: &Physique) -> Result<Acts<1>, TwinError> {
    let mut effects = Effects::NONE;
    let mut readings = DrugReadings::NONE;
    let who = DrugPatient::healthy(physique.age_y, physique.mass_kg, physique.height_m, physique.sex == BodySex::Male);
    for dose in doses {
        in_range(&format!("{}, rate", dose.name), dose.rate_kg_s, "kg/s", 0.0, RATE_KG_S_MAX)?;
        in_range(&format!("{}, running for", dose.name), dose.running_s, "s", 0.0, 1e9)?;
        let model = DrugInPatient::new(&builtin_drug(&dose.name)?, "", &who, STEP_S)?;
        let mut state = model.state();
        for _ in 0..(dose.running_s.min(RUNNING_S_MAX) / STEP_S).ceil() as u32 {
            model.step(&mut state, &KineticsInput { infusion_per_s: dose.rate_kg_s }, STEP_S);
        }
        model.act(&state, &mut effects, &mut readings);
    }
    let mut acts = Acts::rest();
    acts.set_effects(&effects);
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(name: &str, rate_kg_s: f64) -> RunningDose {
        RunningDose { name: name.into(), rate_kg_s, running_s: 3600.0 }
    }

    /// Act in proportion to what runs, and refuse what cannot be.
    #[test]
    fn infusions_act() {
        let man = Physique::reference_man();
        let none = acts_under(&[], &man).unwrap();
        assert_eq!(none, Acts::rest());
        let some = acts_under(&[dose("noradrenaline", 1e-10)], &man).unwrap();
        let more = acts_under(&[dose("noradrenaline", 3e-10)], &man).unwrap();
        assert!(some != none && more != some);
        for (wrong, word) in [(dose("water", 1e-9), "water"), (dose("propofol", f64::NAN), "propofol"), (dose("propofol", 1.0), "propofol")]
        {
            assert!(acts_under(&[wrong], &man).unwrap_err().to_string().contains(word));
        }
    }
}
