//! What a clinic would read from a body over years, and what the body does to the whole patient.

use super::body::{BodyModel, BodyState, PRESSURE_MMHG, STROKE_ML};
use crate::Effects;
use crate::glucose::hba1c_percent;

macro_rules! readings {
    ($($(#[$doc:meta])* $field:ident $unit:literal $label:literal,)*) => {
        /// What a clinic reads on one day, in clinical units.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct BodyReading { $($(#[$doc])* pub $field: f64,)* }

        impl BodyReading {
            /// Name, unit and words for each reading, in order.
            pub const COLUMNS: &'static [(&'static str, &'static str, &'static str)] = &[$((stringify!($field), $unit, $label),)*];

            /// Values in the order of [`BodyReading::COLUMNS`].
            #[must_use]
            pub fn values(&self) -> Vec<f64> {
                vec![$(self.$field,)*]
            }
        }
    };
}

readings! {
    /// Mean arterial pressure [mmHg].
    pressure_mean_mmhg "mmHg" "mean arterial pressure",
    /// Systolic pressure [mmHg].
    pressure_systolic_mmhg "mmHg" "systolic pressure",
    /// Diastolic pressure [mmHg].
    pressure_diastolic_mmhg "mmHg" "diastolic pressure",
    /// Ejection fraction of the left ventricle [1].
    ejection_fraction "1" "ejection fraction",
    /// End-diastolic volume [mL].
    end_diastolic_ml "mL" "end-diastolic volume",
    /// Volume that goes forward in a beat [mL].
    forward_stroke_ml "mL" "forward stroke volume",
    /// Mass of the left ventricle over normal [1].
    ventricular_mass_ratio "1" "mass of the left ventricle over normal",
    /// Filling over normal [1]: above 1.2 there is congestion.
    filling_ratio "1" "filling over normal",
    /// Mean gradient of the aortic valve [mmHg].
    aortic_gradient_mmhg "mmHg" "gradient of the aortic valve",
    /// Regurgitant volume of the mitral valve [mL].
    mitral_regurgitant_ml "mL" "regurgitant volume of the mitral valve",
    /// Glomerular filtration [mL/min/1.73 m²].
    gfr_ml_min_173 "mL/min/1.73 m²" "glomerular filtration",
    /// Mean glucose [mg/dL].
    glucose_mg_dl "mg/dL" "glucose",
    /// Glycated haemoglobin [%].
    hba1c_percent "%" "glycated haemoglobin",
    /// Forced expiratory volume [L].
    fev1_l "L" "forced expiratory volume",
    /// Share of the lung's blood that meets no air, by disease [1].
    shunt_fraction "1" "shunt through diseased lung",
    /// Haemoglobin [g/L].
    haemoglobin_g_l "g/L" "haemoglobin",
    /// Inflammation of the whole body [1].
    inflammation "1" "inflammation",
    /// Mass of the tumour [g].
    tumour_g "g" "mass of the tumour",
}

impl BodyModel {
    /// What a clinic reads.
    #[must_use]
    pub fn reading(&self, state: &BodyState) -> BodyReading {
        let (end_diastolic, stroke) = self.ventricle_ml(state);
        let forward = self.output(state);
        // A pulse of 40 mmHg at 70 mL and the compliance of 30 years.
        let pulse = 40.0 * forward.clamp(10.0, 150.0) / STROKE_ML / state.compliance.max(0.15);
        let filtration = 115.0 * state.nephrons * self.single_nephron(state);
        BodyReading {
            pressure_mean_mmhg: state.pressure_mmhg,
            pressure_systolic_mmhg: state.pressure_mmhg + 2.0 / 3.0 * pulse,
            pressure_diastolic_mmhg: state.pressure_mmhg - pulse / 3.0,
            ejection_fraction: stroke / end_diastolic,
            end_diastolic_ml: end_diastolic,
            forward_stroke_ml: forward,
            ventricular_mass_ratio: state.wall * state.radius * state.radius,
            filling_ratio: state.filling,
            aortic_gradient_mmhg: self.gradient_mmhg(state),
            mitral_regurgitant_ml: self.leak_ml(state, stroke),
            gfr_ml_min_173: filtration,
            glucose_mg_dl: state.glucose.glucose_mg_dl,
            hba1c_percent: hba1c_percent(state.glucose.glucose_mg_dl),
            fev1_l: state.fev1_l,
            shunt_fraction: 0.5 * state.infected,
            haemoglobin_g_l: state.haemoglobin_g_l,
            inflammation: state.inflammation,
            tumour_g: state.tumour.total_g(),
        }
    }

    /// What this body does to the effectors of the whole patient, compared with a healthy adult of 30 years.
    ///
    /// prior: unverified sizes; valve lesions are not effectors and go to the circulation's valves themselves.
    #[must_use]
    pub fn effects(&self, state: &BodyState) -> Effects {
        let r = &self.spec.rates;
        let expected = super::body::predicted_fev1_l(30.0, self.spec.height_m, self.spec.male);
        let narrowed = (expected / state.fev1_l).clamp(1.0, 8.0);
        let inhaled = if self.spec.therapies.contains(&super::Therapy::Bronchodilator) { r.airway_bronchodilator } else { 1.0 };
        Effects {
            systemic_resistance: state.resistance.clamp(0.2, 5.0),
            arterial_compliance: state.compliance.clamp(0.1, 2.0),
            contractility_left: (state.contractility * state.wall).clamp(0.05, 5.0),
            contractility_right: 1.0 - 0.3 * state.inflammation,
            diastolic_stiffness_left: state.wall.clamp(0.5, 3.0),
            baroreflex_gain: (1.0 - r.baroreflex_age * (state.age_y - 30.0)).clamp(0.2, 1.2),
            baroreflex_set_point_mmhg: state.pressure_mmhg - PRESSURE_MMHG,
            airway_resistance: (narrowed * narrowed.sqrt() * inhaled).clamp(0.3, 20.0),
            lung_compliance: 1.0 - 0.5 * state.infected,
            shunt_fraction: 0.5 * state.infected,
            diffusing_capacity: if self.spec.condition == super::Condition::Copd { (1.0 / narrowed).clamp(0.2, 1.0) } else { 1.0 },
            metabolic_rate: 1.0 + 0.25 * state.inflammation + 0.1 * (state.infected * 5.0).min(1.0),
            capillary_filtration: 1.0 + 4.0 * state.inflammation,
            glomerular_filtration: (state.nephrons * self.single_nephron(state)).clamp(0.01, 1.5),
            ..Effects::NONE
        }
    }
}
