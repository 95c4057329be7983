//! Drugs: how much is where, and what it does.
//!
//! Kinetics are compartments advanced by an exact matrix exponential; covariate models are formulas in drug files
//! (`library/*.toml`, a user's own in the same format); effects are sigmoid curves that end in [`crate::Effects`].
//! Amounts are kg, or units of activity for insulin and heparin; concentrations are amounts per m³ (1 kg/m³ = 1 mg/mL).

mod body;
mod compartments;
mod effect;
mod exponential;
mod file;
mod formula;
mod interaction;
mod kinetics;
mod library;
mod patient_drug;
mod schedule;
mod target;

pub use body::{DrugPatient, body_mass_index, fat_free_mass_al_sallami_kg, fat_free_mass_janmahasatian_kg, lean_body_mass_james_kg};
pub use compartments::{Compartments, Exponentials};
pub use effect::{DrugReadings, EffectCurve, EffectSpec, EffectTarget, Reading, inr_from_activity, sigmoid};
pub use file::{AmountUnit, DRUG_ENTRY_COUNT_MAX, DRUG_FILE_BYTES_MAX, Drug, DrugModel, DrugParameter};
pub use formula::{FORMULA_BYTES_MAX, Formula, FormulaFault, OPERATION_COUNT_MAX};
pub use interaction::{bispectral_index_bouillon, laryngoscopy_tolerance_bouillon, propofol_pressure_fall_mmhg, ventilation_bouillon};
pub use kinetics::{Absorption, KineticsInput, KineticsModel, KineticsSpec, KineticsState, PENDING_COUNT_MAX, SITE_COUNT_MAX, Transition};
pub use library::{DRUG_NAMES, builtin_drug};
pub use patient_drug::{Deviations, DrugInPatient, DrugState};
pub use schedule::{DOSE_COUNT_MAX, Dose, Sample, concentrations};
pub use target::{TargetController, TargetSite};
