//! Drugs on their way through the patient of `proband predict`: pumps, effects, levels.

use proband_core::{Column, Table};
use proband_physiology::Effects;
use proband_physiology::body::BodySex;
use proband_physiology::drug::{DrugInPatient, DrugPatient, DrugReadings, DrugState, KineticsInput, TargetController};
use proband_physiology::whole::Physique;

use crate::failure::Failure;
use crate::script_dose::Dose;

/// Drugs move once a second [s].
const DRUG_TICK_S: f64 = 1.0;
/// Part of the first concentration after a bolus that is left once it has mixed (prior: unverified).
const DISTRIBUTED: f64 = 0.2;
/// Times the half concentration beyond which no curve was measured (prior: unverified).
const OVERDOSE: f64 = 8.0;
/// A pump fills the plasma to its target in this time [s] at the fastest, an effect site five times over.
const PUMP_S: f64 = 10.0;

/// A drug on its way through the patient.
struct Given {
    model: DrugInPatient,
    state: DrugState,
    rate_per_s: f64,
    pump: Option<(TargetController, f64)>,
}

/// Levels of one drug at one time, in the unit of its file per litre.
struct Level {
    time_s: f64,
    drug: String,
    plasma_per_l: f64,
    site_per_l: f64,
    rate_per_min: f64,
}

/// Everything that was given.
pub(super) struct Drugs {
    given: Vec<Given>,
    levels: Vec<Level>,
    readings: Vec<(f64, DrugReadings)>,
}

impl Drugs {
    pub(super) fn new() -> Self {
        Self { given: Vec::new(), levels: Vec::new(), readings: Vec::new() }
    }

    /// Give a dose; the warning when it lies beyond what the drug's curves were made for.
    pub(super) fn give(&mut self, dose: &Dose, physique: &Physique) -> Result<Option<String>, Failure> {
        let known = self.given.iter().position(|drug| drug.model.name() == dose.drug.name);
        let at = match known {
            Some(at) => at,
            None => {
                let male = physique.sex == BodySex::Male;
                let patient = DrugPatient::healthy(physique.age_y, physique.mass_kg, physique.height_m, male);
                let model = DrugInPatient::new(&dose.drug, "", &patient, DRUG_TICK_S).map_err(Failure::of)?;
                let state = model.state();
                self.given.push(Given { model, state, rate_per_s: 0.0, pump: None });
                self.given.len() - 1
            }
        };
        let drug = &mut self.given[at];
        let kinetics = drug.model.kinetics();
        kinetics.bolus(&mut drug.state.kinetics, dose.bolus.of(physique.mass_kg));
        let mut held = 0.0;
        if let Some((target, site)) = dose.target {
            let fastest = (5.0 * target * kinetics.spec().compartments.v1_m3 / PUMP_S).max(f64::MIN_POSITIVE);
            let pump = TargetController::new(kinetics, site, DRUG_TICK_S, fastest).map_err(Failure::of)?;
            (drug.pump, held) = (Some((pump, target)), target);
        } else if let Some(rate) = dose.rate {
            (drug.pump, drug.rate_per_s) = (None, rate.of(physique.mass_kg));
        }
        // Where plasma is to come to rest, or is now, against the concentration of half of the largest effect.
        let steady = drug.rate_per_s / kinetics.spec().compartments.clearance_m3_s().max(1e-12);
        let plasma = steady.max(held).max(kinetics.plasma_per_m3(&drug.state.kinetics) * DISTRIBUTED);
        let half = drug.model.curves().iter().map(|curve| curve.c50_per_m3).fold(0.0, f64::max);
        let over = plasma / half;
        Ok((half > 0.0 && over > OVERDOSE).then(|| {
            format!(
                "overdose: {} reaches {over:.0} times the concentration of half of its largest effect; beyond the range of its curves, not valid",
                dose.drug.name
            )
        }))
    }

    /// Effects of the script and of every drug together, a second later.
    pub(super) fn second(&mut self, time_s: f64, script: &Effects) -> Effects {
        let (mut effects, mut readings) = (*script, DrugReadings::NONE);
        for drug in &mut self.given {
            if let Some((pump, target)) = &drug.pump {
                drug.rate_per_s = pump.rate_per_s(drug.model.kinetics(), &drug.state.kinetics, *target);
            }
            drug.model.step(&mut drug.state, &KineticsInput { infusion_per_s: drug.rate_per_s }, DRUG_TICK_S);
            drug.model.act(&drug.state, &mut effects, &mut readings);
            // kg/m³ are mg/L times a thousandth; the file's unit per litre.
            let per_l = 1e-3 / drug.model.amount_unit();
            let sites = &drug.state.kinetics.site_per_m3;
            self.levels.push(Level {
                time_s,
                drug: drug.model.name().to_owned(),
                plasma_per_l: drug.model.kinetics().plasma_per_m3(&drug.state.kinetics) * per_l,
                site_per_l: sites.first().map_or(f64::NAN, |site| site * per_l),
                rate_per_min: 60.0 * drug.rate_per_s / drug.model.amount_unit(),
            });
        }
        if !self.given.is_empty() {
            self.readings.push((time_s, readings));
        }
        effects
    }

    /// Levels second by second, and what monitors and laboratories read of them; none without a drug.
    pub(super) fn tables(&self) -> Result<Vec<Table>, Failure> {
        if self.given.is_empty() {
            return Ok(Vec::new());
        }
        let mut levels = Table::new("drug_levels");
        let numbers = |get: fn(&Level) -> f64| Column::F64(self.levels.iter().map(get).collect());
        let mut push = |name: &str, unit: &str, column: Column| levels.push(name, unit, "", "physiology.drug", column).map_err(Failure::of);
        push("time_s", "s", numbers(|l| l.time_s))?;
        push("drug", "", Column::Text(self.levels.iter().map(|l| l.drug.clone()).collect()))?;
        push("plasma_per_l", "", numbers(|l| l.plasma_per_l))?;
        push("effect_site_per_l", "", numbers(|l| l.site_per_l))?;
        push("rate_per_min", "", numbers(|l| l.rate_per_min))?;
        let mut seen = Table::new("drug_readings");
        let read = |get: fn(&DrugReadings) -> f64| Column::F64(self.readings.iter().map(|(_, r)| get(r)).collect());
        let mut push = |name: &str, unit: &str, column: Column| seen.push(name, unit, "", "physiology.drug", column).map_err(Failure::of);
        push("time_s", "s", Column::F64(self.readings.iter().map(|(t, _)| *t).collect()))?;
        push("bispectral_index", "1", read(|r| r.bispectral_index))?;
        push("twitch", "1", read(|r| r.twitch))?;
        push("analgesia", "1", read(|r| r.analgesia))?;
        push("inr", "1", read(|r| r.inr))?;
        push("thromboplastin_ratio", "1", read(|r| r.thromboplastin_ratio))?;
        push("insulin_action", "1", read(|r| r.insulin_action))?;
        Ok(vec![levels, seen])
    }
}

#[cfg(test)]
mod tests {
    use proband_physiology::drug::{TargetSite, builtin_drug};

    use super::*;
    use crate::script_dose::DrugAmount;

    fn dose(name: &str, bolus: f64, target: Option<(f64, TargetSite)>) -> Dose {
        Dose { drug: builtin_drug(name).unwrap(), bolus: DrugAmount::plain(bolus), rate: None, target }
    }

    /// Hold a target at the effect site within a fiftieth, without overshoot.
    #[test]
    fn a_pump_holds_its_target() {
        let man = Physique::reference_man();
        let mut drugs = Drugs::new();
        assert_eq!(drugs.give(&dose("propofol", 0.0, Some((3e-3, TargetSite::Effect))), &man).unwrap(), None);
        for second in 0..900 {
            drugs.second(f64::from(second), &Effects::NONE);
        }
        let most = drugs.levels.iter().map(|l| l.site_per_l).fold(0.0, f64::max);
        let last = drugs.levels.last().unwrap();
        assert!(most < 3.03 && (last.site_per_l - 3.0).abs() < 0.06 && last.rate_per_min > 0.0, "{most} {}", last.site_per_l);
        assert_eq!(drugs.tables().unwrap().len(), 2);
    }

    /// Simulate a thousandfold dose, say that it is not valid, and make no number that is none.
    #[test]
    fn overdoses_are_told() {
        let man = Physique::reference_man();
        for (name, usual) in [("propofol", 140e-6), ("morphine", 10e-6), ("noradrenaline", 10e-9), ("insulin", 10.0)] {
            let mut drugs = Drugs::new();
            let warning = drugs.give(&dose(name, 1e3 * usual, None), &man).unwrap();
            assert!(warning.is_some_and(|w| w.contains("not valid")), "{name}");
            for second in 0..120 {
                let effects = drugs.second(f64::from(second), &Effects::NONE);
                assert!(effects.values().iter().all(|x| x.is_finite()), "{name}");
            }
        }
    }
}
