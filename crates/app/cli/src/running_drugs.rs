//! `--drug "noradrenaline 0.1 ug/kg/min for 2 h"`: what runs into the patient while he is read.

use proband_core::{Dimension, Quantity};
use proband_physiology::drug::{AmountUnit, builtin_drug};
use proband_physiology::whole::{Acts, Physique, RestingProbe};
use proband_twin::{RunningDose, Twin, acts_under};

use crate::chart_readings::known_drug;
use crate::failure::Failure;

/// How long an infusion has run when nothing is said [s]: every drug of the heart has come to its steady state.
pub(crate) const RUNNING_S: f64 = 4.0 * 3600.0;

/// A dose as it is typed.
pub(crate) fn parse(text: &str, mass_kg: f64) -> Result<RunningDose, Failure> {
    let wrong = |what: String| Failure::Usage(format!("--drug \"{text}\": {what}; as in \"noradrenaline 0.1 ug/kg/min for 2 h\""));
    let (what, running_s) = match text.split_once(" for ") {
        Some((what, time)) => (what, Quantity::parse_as(time, Dimension::TIME).map_err(|error| wrong(error.to_string()))?),
        None => (text, RUNNING_S),
    };
    let (name, rate) = what.trim().split_once(char::is_whitespace).ok_or_else(|| wrong("a drug and its rate".into()))?;
    let drug = builtin_drug(known_drug(name).unwrap_or(name)).map_err(|error| wrong(error.to_string()))?;
    if drug.amount_unit == AmountUnit::U {
        return Err(wrong(format!("{name} is given in units of activity, rates of it are not read here")));
    }
    let rate_kg_s = rate_kg_s(rate, mass_kg).map_err(&wrong)?;
    Ok(RunningDose { name: drug.name, rate_kg_s, running_s })
}

/// A rate with its unit, per kilogram of the patient or not [kg/s].
pub(crate) fn rate_kg_s(text: &str, mass_kg: f64) -> Result<f64, String> {
    let quantity = Quantity::parse(text.trim()).map_err(|error| error.to_string())?;
    let mass_flow = Dimension::MASS.over(&Dimension::TIME);
    let rate = match quantity.dimension() {
        d if d == Dimension::FREQUENCY => quantity.si() * mass_kg,
        d if Some(d) == mass_flow => quantity.si(),
        _ => return Err(format!("\"{}\" is no amount per time", text.trim())),
    };
    if rate >= 0.0 { Ok(rate) } else { Err(format!("\"{}\" is below 0", text.trim())) }
}

/// The probe of a twin, or of the reference man, whose readings are taken under these drugs.
pub(crate) fn probe(twin: Option<&Twin>, doses: &[RunningDose]) -> Result<RestingProbe, Failure> {
    let (probe, physique) = match twin {
        Some(twin) => (twin.resting_probe().map_err(Failure::of)?, twin.person.physique()),
        None => {
            let man = Physique::reference_man();
            (RestingProbe::new(&man, &Acts::rest()).map_err(Failure::of)?, man)
        }
    };
    Ok(probe.under(&acts_under(doses, &physique).map_err(Failure::of)?))
}

/// In words, for remarks and the twin's history.
pub(crate) fn words(dose: &RunningDose, mass_kg: f64) -> String {
    let per_kg = dose.rate_kg_s / mass_kg * 1e9 * 60.0;
    format!("read under {} {per_kg:.3} ug/kg/min for {:.1} h: the factors are those without it", dose.name, dose.running_s / 3600.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read rates with and without the patient's mass, and refuse what is no rate.
    #[test]
    fn rates_are_read() {
        let dose = parse("noradrenaline 0.1 ug/kg/min", 80.0).unwrap();
        assert!((dose.rate_kg_s - 0.1e-9 * 80.0 / 60.0).abs() < 1e-18 && dose.running_s == RUNNING_S);
        let dose = parse("propofol 200 mg/h for 30 min", 80.0).unwrap();
        assert!((dose.rate_kg_s - 2e-4 / 3600.0).abs() < 1e-15 && (dose.running_s - 1800.0).abs() < 1e-9);
        for text in [
            "propofol",
            "propofol 3 mmHg",
            "water 1 mg/h",
            "propofol 10 mg",
            "propofol 1 mg/h for ever",
            "propofol -1 mg/h",
            "heparin 1 mg/h",
        ] {
            assert!(matches!(parse(text, 80.0), Err(Failure::Usage(what)) if what.contains(text)), "{text}");
        }
    }
}
