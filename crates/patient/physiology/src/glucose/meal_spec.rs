//! Parameters of the meal model, and the rates that follow from its basal state.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::error::check;

/// One person with type 1 diabetes: what is free to choose. Basal fluxes and the basal infusion follow from these.
///
/// Units are those of the model's papers (per kg of body, per minute), because its constants are known in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MealSpec {
    /// Body mass [kg].
    pub mass_kg: f64,
    /// Basal glucose in plasma [mg/dL].
    pub glucose_basal_mg_dl: f64,
    /// Basal insulin in plasma [pmol/L].
    pub insulin_basal_pmol_l: f64,
    /// Basal production of glucose [mg/kg/min].
    pub production_basal_mg_kg_min: f64,
    /// Use of glucose that needs no insulin [mg/kg/min].
    pub use_fixed_mg_kg_min: f64,
    /// Volume of glucose [dL/kg].
    pub volume_glucose_dl_kg: f64,
    /// Volume of insulin [L/kg].
    pub volume_insulin_l_kg: f64,
    /// Exchange of glucose, plasma to tissue [1/min].
    pub k1_per_min: f64,
    /// Tissue to plasma [1/min].
    pub k2_per_min: f64,
    /// Emptying of the stomach, largest [1/min].
    pub kmax_per_min: f64,
    /// Least [1/min].
    pub kmin_per_min: f64,
    /// Absorption from the gut [1/min].
    pub kabs_per_min: f64,
    /// Share of the meal at which emptying slows [1].
    pub b: f64,
    /// Share at which it is fast again [1].
    pub d: f64,
    /// Share of the carbohydrate that appears in plasma [1].
    pub appearing: f64,
    /// Action of insulin on use [mg/kg/min per pmol/L].
    pub vmx_mg_kg_min_per_pmol_l: f64,
    /// Half saturation of use [mg/kg].
    pub km0_mg_kg: f64,
    /// Rate of insulin's action on use [1/min].
    pub p2u_per_min: f64,
    /// Action of glucose on production [1/min].
    pub kp2_per_min: f64,
    /// Action of insulin on production [mg/kg/min per pmol/L].
    pub kp3_mg_kg_min_per_pmol_l: f64,
    /// Delay of insulin's action on production [1/min].
    pub ki_per_min: f64,
    /// Liver to plasma [1/min].
    pub m1_per_min: f64,
    /// Plasma to liver [1/min].
    pub m2_per_min: f64,
    /// Share of insulin that the liver keeps [1].
    pub hepatic_extraction: f64,
    /// Renal excretion [1/min] …
    pub ke1_per_min: f64,
    /// … above this [mg/kg].
    pub ke2_mg_kg: f64,
    /// Subcutaneous insulin, absorbed as it is [1/min].
    pub ka1_per_min: f64,
    /// After it has come apart [1/min].
    pub ka2_per_min: f64,
    /// Coming apart [1/min].
    pub kd_per_min: f64,
    /// Glucose under the skin follows plasma [1/min].
    pub ksc_per_min: f64,
}

/// What follows from [`MealSpec`] in the basal state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Derived {
    pub m4: f64,
    pub m30: f64,
    pub vm0: f64,
    pub kp1: f64,
    pub plasma_basal: f64,
    pub tissue_basal: f64,
    pub insulin_basal: f64,
    pub liver_basal: f64,
    pub under_skin_1: f64,
    pub under_skin_2: f64,
    /// Basal subcutaneous insulin [pmol/kg/min].
    pub basal: f64,
}

impl MealSpec {
    /// A middling adult with type 1 diabetes.
    ///
    /// # Source
    /// Rates of the healthy average of Dalla Man 2007, IEEE Trans Biomed Eng 54:1740, table I, and subcutaneous insulin of
    /// Dalla Man 2007, J Diabetes Sci Technol 1:323; transcribed from memory, prior: unverified. Basal glucose, insulin and
    /// production of a treated adult: prior: unverified.
    #[must_use]
    pub fn middling_adult() -> Self {
        Self {
            mass_kg: 75.0,
            glucose_basal_mg_dl: 130.0,
            insulin_basal_pmol_l: 90.0,
            production_basal_mg_kg_min: 2.4,
            use_fixed_mg_kg_min: 1.0,
            volume_glucose_dl_kg: 1.88,
            volume_insulin_l_kg: 0.05,
            k1_per_min: 0.065,
            k2_per_min: 0.079,
            kmax_per_min: 0.0558,
            kmin_per_min: 0.0080,
            kabs_per_min: 0.057,
            b: 0.82,
            d: 0.15,
            appearing: 0.90,
            vmx_mg_kg_min_per_pmol_l: 0.047,
            km0_mg_kg: 225.59,
            p2u_per_min: 0.0331,
            kp2_per_min: 0.0021,
            kp3_mg_kg_min_per_pmol_l: 0.009,
            ki_per_min: 0.0079,
            m1_per_min: 0.190,
            m2_per_min: 0.484,
            hepatic_extraction: 0.6,
            ke1_per_min: 0.0005,
            ke2_mg_kg: 339.0,
            ka1_per_min: 0.0018,
            ka2_per_min: 0.0182,
            kd_per_min: 0.0164,
            ksc_per_min: 0.087,
        }
    }

    /// One person of a population around the middling adult: rates log-normal, each on its own.
    ///
    /// # Source
    /// prior: unverified; spreads of ln x of 0.1–0.4, the order of the published virtual populations. A draw whose basal
    /// state cannot be (production below fixed use) is drawn again, at most 100 times.
    #[must_use]
    pub fn sample(stream: &mut Stream) -> Self {
        let middle = Self::middling_adult();
        for _ in 0..100 {
            let mut spec = middle.clone();
            let mut vary = |value: &mut f64, sigma: f64| *value *= ops::exp(sigma * stream.normal());
            vary(&mut spec.mass_kg, 0.18);
            vary(&mut spec.glucose_basal_mg_dl, 0.08);
            vary(&mut spec.insulin_basal_pmol_l, 0.2);
            vary(&mut spec.production_basal_mg_kg_min, 0.15);
            vary(&mut spec.volume_glucose_dl_kg, 0.08);
            vary(&mut spec.volume_insulin_l_kg, 0.2);
            vary(&mut spec.k1_per_min, 0.25);
            vary(&mut spec.k2_per_min, 0.25);
            vary(&mut spec.kmax_per_min, 0.3);
            vary(&mut spec.kmin_per_min, 0.3);
            vary(&mut spec.kabs_per_min, 0.35);
            vary(&mut spec.vmx_mg_kg_min_per_pmol_l, 0.4);
            vary(&mut spec.km0_mg_kg, 0.1);
            vary(&mut spec.p2u_per_min, 0.35);
            vary(&mut spec.kp2_per_min, 0.3);
            vary(&mut spec.kp3_mg_kg_min_per_pmol_l, 0.35);
            vary(&mut spec.ki_per_min, 0.35);
            vary(&mut spec.m1_per_min, 0.25);
            vary(&mut spec.m2_per_min, 0.25);
            vary(&mut spec.ka1_per_min, 0.25);
            vary(&mut spec.ka2_per_min, 0.25);
            vary(&mut spec.kd_per_min, 0.1);
            vary(&mut spec.ksc_per_min, 0.2);
            if spec.check().is_ok() {
                return spec;
            }
        }
        middle
    }

    pub(crate) fn check(&self) -> Result<(), PhysiologyError> {
        let positive = [
            ("mass_kg", self.mass_kg, 400.0, "kg"),
            ("glucose_basal_mg_dl", self.glucose_basal_mg_dl, 1000.0, "mg/dL"),
            ("insulin_basal_pmol_l", self.insulin_basal_pmol_l, 10_000.0, "pmol/L"),
            ("production_basal_mg_kg_min", self.production_basal_mg_kg_min, 50.0, "mg/kg/min"),
            ("volume_glucose_dl_kg", self.volume_glucose_dl_kg, 20.0, "dL/kg"),
            ("volume_insulin_l_kg", self.volume_insulin_l_kg, 2.0, "L/kg"),
            ("k1_per_min", self.k1_per_min, 4.0, "1/min"),
            ("k2_per_min", self.k2_per_min, 4.0, "1/min"),
            ("kmax_per_min", self.kmax_per_min, 4.0, "1/min"),
            ("kmin_per_min", self.kmin_per_min, 4.0, "1/min"),
            ("kabs_per_min", self.kabs_per_min, 4.0, "1/min"),
            ("vmx", self.vmx_mg_kg_min_per_pmol_l, 10.0, "mg/kg/min per pmol/L"),
            ("km0_mg_kg", self.km0_mg_kg, 1e4, "mg/kg"),
            ("p2u_per_min", self.p2u_per_min, 4.0, "1/min"),
            ("ki_per_min", self.ki_per_min, 4.0, "1/min"),
            ("m1_per_min", self.m1_per_min, 2.0, "1/min"),
            ("m2_per_min", self.m2_per_min, 2.0, "1/min"),
            ("ke2_mg_kg", self.ke2_mg_kg, 1e4, "mg/kg"),
            ("ka1_per_min", self.ka1_per_min, 4.0, "1/min"),
            ("ka2_per_min", self.ka2_per_min, 4.0, "1/min"),
            ("kd_per_min", self.kd_per_min, 4.0, "1/min"),
            ("ksc_per_min", self.ksc_per_min, 4.0, "1/min"),
        ];
        for (field, value, max, unit) in positive {
            check(field, value, 1e-9, max, unit)?;
        }
        check("use_fixed_mg_kg_min", self.use_fixed_mg_kg_min, 0.0, 20.0, "mg/kg/min")?;
        check("kp2_per_min", self.kp2_per_min, 0.0, 1.0, "1/min")?;
        check("kp3", self.kp3_mg_kg_min_per_pmol_l, 0.0, 1.0, "mg/kg/min per pmol/L")?;
        check("ke1_per_min", self.ke1_per_min, 0.0, 1.0, "1/min")?;
        check("appearing", self.appearing, 0.0, 1.0, "1")?;
        check("b", self.b, 0.01, 0.999, "1")?;
        check("d", self.d, 0.001, 0.999, "1")?;
        check("hepatic_extraction", self.hepatic_extraction, 0.0, 0.95, "1")?;
        let d = self.derived();
        check("tissue glucose in the basal state", d.tissue_basal, 1e-6, 1e5, "mg/kg")?;
        check("use that needs insulin in the basal state", d.vm0, 1e-9, 1e4, "mg/kg/min")?;
        check("basal insulin", d.basal, 1e-9, 1e3, "pmol/kg/min")
    }

    /// Fluxes that make the basal state stand still.
    pub(crate) fn derived(&self) -> Derived {
        let plasma_basal = self.glucose_basal_mg_dl * self.volume_glucose_dl_kg;
        let insulin_dependent = self.production_basal_mg_kg_min - self.use_fixed_mg_kg_min;
        let tissue_basal = (self.k1_per_min * plasma_basal - insulin_dependent) / self.k2_per_min;
        let insulin_basal = self.insulin_basal_pmol_l * self.volume_insulin_l_kg;
        // 2/5 of the clearance is in the periphery (Dalla Man 2007).
        let m4 = 0.4 * self.m2_per_min;
        let m30 = self.hepatic_extraction * self.m1_per_min / (1.0 - self.hepatic_extraction);
        let liver_basal = insulin_basal * self.m2_per_min / (self.m1_per_min + m30);
        let basal = (self.m2_per_min + m4) * insulin_basal - self.m1_per_min * liver_basal;
        let under_skin_1 = basal / (self.ka1_per_min + self.kd_per_min);
        let kp1 =
            self.production_basal_mg_kg_min + self.kp2_per_min * plasma_basal + self.kp3_mg_kg_min_per_pmol_l * self.insulin_basal_pmol_l;
        Derived {
            m4,
            m30,
            vm0: insulin_dependent * (self.km0_mg_kg + tissue_basal) / tissue_basal,
            kp1,
            plasma_basal,
            tissue_basal,
            insulin_basal,
            liver_basal,
            under_skin_1,
            under_skin_2: under_skin_1 * self.kd_per_min / self.ka2_per_min,
            basal,
        }
    }
}
