//! What a monitor shows.

use serde::{Deserialize, Serialize};

use crate::whole::LaneState;
use crate::whole::gas::base_excess;
use crate::whole::state::{AR, VC};

/// Lactate at rest [mmol/L]: 0.5 to 2 in adults (laboratory reference range); the model keeps what is above it.
const LACTATE_REST_MMOL_L: f64 = 1.0;

/// A beat that moves less is none [mL].
const NO_PULSE_ML: f64 = 1.0;

/// Vital signs, means of the last beat or breath, in the units of the bedside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vitals {
    /// Time since the start of the run [s].
    pub time_s: f64,
    /// Pulse [1/min]: 0 when a beat moves less than 1 mL.
    pub heart_rate_per_min: f64,
    /// Arterial pressure, systolic [mmHg].
    pub systolic_mmhg: f64,
    /// Arterial pressure, diastolic [mmHg].
    pub diastolic_mmhg: f64,
    /// Arterial pressure, mean [mmHg].
    pub mean_mmhg: f64,
    /// Central venous pressure (right atrium) [mmHg].
    pub central_venous_mmhg: f64,
    /// Pulmonary artery, systolic [mmHg].
    pub lung_systolic_mmhg: f64,
    /// Pulmonary artery, diastolic [mmHg].
    pub lung_diastolic_mmhg: f64,
    /// Pulmonary artery, mean [mmHg].
    pub lung_mean_mmhg: f64,
    /// Left atrium, as a wedged catheter shows it [mmHg].
    pub wedge_mmhg: f64,
    /// Net output of the heart [L/min].
    pub output_l_min: f64,
    /// Stroke volume, forward [mL].
    pub stroke_ml: f64,
    /// Ejection fraction of the left ventricle [1].
    pub ejection_fraction: f64,
    /// Left ventricle, full [mL].
    pub end_diastolic_ml: f64,
    /// Left ventricle, empty [mL].
    pub end_systolic_ml: f64,
    /// Volume leaking back through the mitral valve per beat [mL].
    pub mitral_leak_ml: f64,
    /// Volume leaking back through the aortic valve per beat [mL].
    pub aortic_leak_ml: f64,
    /// Peak pressure of the left ventricle [mmHg].
    pub ventricle_peak_mmhg: f64,
    /// Flow to the heart muscle [mL/min].
    pub coronary_ml_min: f64,
    /// Flow to the kidneys [mL/min].
    pub kidney_ml_min: f64,
    /// Flow to the brain [mL/min].
    pub brain_ml_min: f64,
    /// Pressure in the forearm's veins [mmHg].
    pub arm_vein_mmhg: f64,
    /// Pressure in the great veins [mmHg].
    pub great_vein_mmhg: f64,
    /// Blood volume [mL].
    pub blood_ml: f64,
    /// Haemoglobin [g/dL].
    pub haemoglobin_g_dl: f64,
    /// Haematocrit [1].
    pub haematocrit: f64,
    /// Breaths [1/min].
    pub breath_rate_per_min: f64,
    /// Tidal volume [mL].
    pub tidal_ml: f64,
    /// Highest airway pressure of the last breath [cmH₂O].
    pub airway_peak_cmh2o: f64,
    /// Carbon dioxide at the end of expiration [mmHg].
    pub end_tidal_mmhg: f64,
    /// Arterial oxygen pressure [mmHg].
    pub oxygen_mmhg: f64,
    /// Arterial carbon dioxide pressure [mmHg].
    pub carbon_dioxide_mmhg: f64,
    /// Arterial saturation [1].
    pub saturation: f64,
    /// Arterial pH [1].
    pub ph: f64,
    /// Standard base excess [mmol/L].
    pub base_excess_mmol_l: f64,
    /// Bicarbonate [mmol/L].
    pub bicarbonate_mmol_l: f64,
    /// Lactate in blood [mmol/L].
    pub lactate_mmol_l: f64,
    /// Glomerular filtration [mL/min].
    pub gfr_ml_min: f64,
    /// Urine [mL/min].
    pub urine_ml_min: f64,
    /// Core temperature [°C].
    pub core_c: f64,
    /// Skin temperature [°C].
    pub skin_c: f64,
}

impl Vitals {
    /// Names of the numbers in the order of [`Vitals::values`].
    pub const NAMES: &'static [&'static str] = NAMES;

    /// Units of the numbers.
    pub const UNITS: &'static [&'static str] = UNITS;

    /// The numbers in the order of [`Vitals::NAMES`].
    #[must_use]
    pub fn values(&self) -> [f64; 41] {
        [
            self.time_s,
            self.heart_rate_per_min,
            self.systolic_mmhg,
            self.diastolic_mmhg,
            self.mean_mmhg,
            self.central_venous_mmhg,
            self.lung_systolic_mmhg,
            self.lung_diastolic_mmhg,
            self.lung_mean_mmhg,
            self.wedge_mmhg,
            self.output_l_min,
            self.stroke_ml,
            self.ejection_fraction,
            self.end_diastolic_ml,
            self.end_systolic_ml,
            self.mitral_leak_ml,
            self.aortic_leak_ml,
            self.ventricle_peak_mmhg,
            self.coronary_ml_min,
            self.kidney_ml_min,
            self.brain_ml_min,
            self.arm_vein_mmhg,
            self.great_vein_mmhg,
            self.blood_ml,
            self.haemoglobin_g_dl,
            self.haematocrit,
            self.breath_rate_per_min,
            self.tidal_ml,
            self.airway_peak_cmh2o,
            self.end_tidal_mmhg,
            self.oxygen_mmhg,
            self.carbon_dioxide_mmhg,
            self.saturation,
            self.ph,
            self.base_excess_mmol_l,
            self.bicarbonate_mmol_l,
            self.lactate_mmol_l,
            self.gfr_ml_min,
            self.urine_ml_min,
            self.core_c,
            self.skin_c,
        ]
    }

    /// Read the monitor.
    #[must_use]
    pub fn of(s: &LaneState<1>) -> Self {
        let (c, slow) = (&s.circulation, &s.slow);
        let x = |p: crate::whole::Pack<1>| p.0[0];
        let [time, arterial, atrium, lung, wedge, flow, mitral, aortic, coronary, kidney, brain] = c.mean.map(x);
        let [high, low, lung_high, lung_low, full, empty, peak] = c.latched.map(x);
        let period = time.max(1e-3);
        let [oxygen, carbon_dioxide, ph, saturation] = slow.arterial.map(x);
        let breath = slow.breath_sum.map(x);
        Self {
            time_s: s.tick as f64 * crate::whole::TICK_S,
            heart_rate_per_min: if flow * period < NO_PULSE_ML { 0.0 } else { 60.0 / period },
            systolic_mmhg: high,
            diastolic_mmhg: low,
            mean_mmhg: arterial,
            central_venous_mmhg: atrium,
            lung_systolic_mmhg: lung_high,
            lung_diastolic_mmhg: lung_low,
            lung_mean_mmhg: lung,
            wedge_mmhg: wedge,
            output_l_min: 0.06 * flow,
            stroke_ml: flow * period,
            ejection_fraction: (full - empty) / full.max(1.0),
            end_diastolic_ml: full,
            end_systolic_ml: empty,
            mitral_leak_ml: mitral,
            aortic_leak_ml: aortic,
            ventricle_peak_mmhg: peak,
            coronary_ml_min: 60.0 * coronary,
            kidney_ml_min: 60.0 * kidney,
            brain_ml_min: 60.0 * brain,
            arm_vein_mmhg: x(c.vessel_mmhg[AR]),
            great_vein_mmhg: x(c.vessel_mmhg[VC]),
            blood_ml: x(s.blood_ml()),
            haemoglobin_g_dl: x(slow.haemoglobin()),
            haematocrit: x(slow.haematocrit()),
            breath_rate_per_min: 60.0 / breath[3].max(0.5),
            tidal_ml: breath[2],
            airway_peak_cmh2o: breath[4],
            end_tidal_mmhg: x(slow.end_tidal_mmhg),
            oxygen_mmhg: oxygen,
            carbon_dioxide_mmhg: carbon_dioxide,
            saturation,
            ph,
            base_excess_mmol_l: x(base_excess(slow)),
            bicarbonate_mmol_l: crate::breathing::bicarbonate_mmol_l(ph, carbon_dioxide),
            lactate_mmol_l: LACTATE_REST_MMOL_L + x(slow.lactate[0]),
            gfr_ml_min: x(slow.gfr_ml_min),
            urine_ml_min: 60.0 * x(slow.flux[2]),
            core_c: x(slow.temperature_c[0]),
            skin_c: x(slow.temperature_c[1]),
        }
    }
}

/// Names, one per field.
const NAMES: &[&str] = &[
    "time_s",
    "heart_rate_per_min",
    "systolic_mmhg",
    "diastolic_mmhg",
    "mean_mmhg",
    "central_venous_mmhg",
    "lung_systolic_mmhg",
    "lung_diastolic_mmhg",
    "lung_mean_mmhg",
    "wedge_mmhg",
    "output_l_min",
    "stroke_ml",
    "ejection_fraction",
    "end_diastolic_ml",
    "end_systolic_ml",
    "mitral_leak_ml",
    "aortic_leak_ml",
    "ventricle_peak_mmhg",
    "coronary_ml_min",
    "kidney_ml_min",
    "brain_ml_min",
    "arm_vein_mmhg",
    "great_vein_mmhg",
    "blood_ml",
    "haemoglobin_g_dl",
    "haematocrit",
    "breath_rate_per_min",
    "tidal_ml",
    "airway_peak_cmh2o",
    "end_tidal_mmhg",
    "oxygen_mmhg",
    "carbon_dioxide_mmhg",
    "saturation",
    "ph",
    "base_excess_mmol_l",
    "bicarbonate_mmol_l",
    "lactate_mmol_l",
    "gfr_ml_min",
    "urine_ml_min",
    "core_c",
    "skin_c",
];
/// Units, one per field.
const UNITS: &[&str] = &[
    "s", "1/min", "mmHg", "mmHg", "mmHg", "mmHg", "mmHg", "mmHg", "mmHg", "mmHg", "L/min", "mL", "1", "mL", "mL", "mL", "mL", "mmHg",
    "mL/min", "mL/min", "mL/min", "mmHg", "mmHg", "mL", "g/dL", "1", "1/min", "mL", "cmH₂O", "mmHg", "mmHg", "mmHg", "1", "1", "mmol/L",
    "mmol/L", "mmol/L", "mL/min", "mL/min", "°C", "°C",
];
