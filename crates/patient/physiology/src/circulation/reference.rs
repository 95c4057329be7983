//! The smallest closed circulation: two ventricles, four diodes, four compliances. A yardstick, not a patient.

use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::circulation::{cosine_activation, orifice_coefficient, orifice_flow_ml_s, rk4};
use crate::error::check;

/// Resistance of an open valve [mmHg s/mL]: aortic and mitral, pulmonary, tricuspid.
const VALVE_LEFT: f64 = 0.01;
const VALVE_PULMONARY: f64 = 0.006;
const VALVE_TRICUSPID: f64 = 0.015;
/// Resistance of the lung [mmHg s/mL].
const LUNG: f64 = 0.08;
/// Compliances [mL/mmHg] of systemic veins, pulmonary arteries and veins.
const VEINS: f64 = 100.0;
const LUNG_ARTERIES: f64 = 4.3;
const LUNG_VEINS: f64 = 8.4;
/// Unstressed volume of either ventricle [mL] and duration of systole [s].
const UNSTRESSED_ML: f64 = 15.0;
const SYSTOLE_S: f64 = 0.3;

/// Reference circulation with six states, all numbers chosen (not a patient) so that every value is reproducible.
///
/// P = (E_min + (E_max − E_min) e)(V − 15) in both ventricles, in phase, with the cosine activation; valves are diodes,
/// a stenosis is an orifice with ΔP = B q² + R q, a leak a resistance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceCirculation {
    /// Systemic resistance [mmHg s/mL].
    pub resistance: f64,
    /// Compliance of the systemic arteries [mL/mmHg].
    pub compliance: f64,
    /// End-systolic elastance of the left ventricle [mmHg/mL].
    pub contractility: f64,
    /// Heart rate [1/min].
    pub rate_per_min: f64,
    /// Orifice of the aortic valve [cm²], infinite when healthy.
    pub aortic_orifice_cm2: f64,
    /// Orifice of the mitral valve [cm²], infinite when healthy.
    pub mitral_orifice_cm2: f64,
    /// Resistance of the aortic leak [mmHg s/mL], infinite when tight.
    pub aortic_leak: f64,
    /// Resistance of the mitral leak [mmHg s/mL], infinite when tight.
    pub mitral_leak: f64,
}

/// V_lv [mL], P_sa, P_sv [mmHg], V_rv [mL], P_pa, P_pv [mmHg].
pub type ReferenceState = [f64; 6];

/// What the last beats showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceBeat {
    /// Arterial pressure [mmHg].
    pub systolic_mmhg: f64,
    /// Arterial pressure [mmHg].
    pub diastolic_mmhg: f64,
    /// Arterial pressure [mmHg].
    pub mean_mmhg: f64,
    /// Left ventricle [mL].
    pub end_diastolic_ml: f64,
    /// Left ventricle [mL].
    pub end_systolic_ml: f64,
    /// Net output of the heart [L/min].
    pub output_l_min: f64,
    /// Peak pressure of the left ventricle [mmHg].
    pub ventricle_peak_mmhg: f64,
    /// Mean pressures [mmHg]: pulmonary artery, systemic veins, pulmonary veins.
    pub lung_artery_mmhg: f64,
    /// Central venous pressure [mmHg].
    pub vein_mmhg: f64,
    /// Pulmonary venous pressure [mmHg].
    pub lung_vein_mmhg: f64,
    /// Mean gradient of the aortic valve while blood flows forward [mmHg].
    pub aortic_gradient_mmhg: f64,
    /// Volume that flows back through a leak per beat [mL].
    pub regurgitant_ml: f64,
    /// [`ReferenceCirculation::stressed_volume_ml`] now less that at the start [mL].
    pub volume_error_ml: f64,
}

/// Flows [mL/s] and pressures [mmHg] at one moment.
struct Moment {
    ventricle: f64,
    gradient: f64,
    back: f64,
    slope: ReferenceState,
}

impl ReferenceCirculation {
    /// Healthy: R 1, C 1.6, E_max 2.5, 70/min.
    pub const HEALTHY: Self = Self {
        resistance: 1.0,
        compliance: 1.6,
        contractility: 2.5,
        rate_per_min: 70.0,
        aortic_orifice_cm2: f64::INFINITY,
        mitral_orifice_cm2: f64::INFINITY,
        aortic_leak: f64::INFINITY,
        mitral_leak: f64::INFINITY,
    };
    /// Where every run starts.
    pub const START: ReferenceState = [120.0, 85.0, 6.0, 120.0, 15.0, 9.0];

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("resistance", self.resistance, 0.01, 100.0, "mmHg s/mL")?;
        check("compliance", self.compliance, 0.01, 100.0, "mL/mmHg")?;
        check("contractility", self.contractility, 0.1, 100.0, "mmHg/mL")?;
        check("rate_per_min", self.rate_per_min, 20.0, 130.0, "1/min")?;
        for (name, value) in [("aortic_orifice_cm2", self.aortic_orifice_cm2), ("mitral_orifice_cm2", self.mitral_orifice_cm2)] {
            check(name, value.min(100.0), 0.05, 100.0, "cm²")?;
        }
        for (name, value) in [("aortic_leak", self.aortic_leak), ("mitral_leak", self.mitral_leak)] {
            check(name, value.min(1e9), 0.01, 1e9, "mmHg s/mL")?;
        }
        Ok(())
    }

    /// Volume of the ventricles and stressed volume of the vessels [mL], which nothing may change.
    #[must_use]
    pub fn stressed_volume_ml(&self, y: &ReferenceState) -> f64 {
        y[0] + y[3] + self.compliance * y[1] + VEINS * y[2] + LUNG_ARTERIES * y[4] + LUNG_VEINS * y[5]
    }

    fn moment(&self, time_s: f64, y: &ReferenceState) -> Moment {
        let e = cosine_activation(time_s, SYSTOLE_S);
        let left = (0.1 + (self.contractility - 0.1) * e) * (y[0] - UNSTRESSED_ML);
        let right = (0.05 + 0.55 * e) * (y[3] - UNSTRESSED_ML);
        let [_, sa, sv, _, pa, pv] = *y;
        let gradient = left - sa;
        let aortic = orifice_flow_ml_s(gradient, orifice_coefficient(self.aortic_orifice_cm2), VALVE_LEFT);
        let mitral = orifice_flow_ml_s(pv - left, orifice_coefficient(self.mitral_orifice_cm2), VALVE_LEFT);
        let aortic_back = (-gradient).max(0.0) / self.aortic_leak;
        let mitral_back = (left - pv).max(0.0) / self.mitral_leak;
        let pulmonary = (right - pa).max(0.0) / VALVE_PULMONARY;
        let tricuspid = (sv - right).max(0.0) / VALVE_TRICUSPID;
        let body = (sa - sv) / self.resistance;
        let lung = (pa - pv) / LUNG;
        let (out, filling) = (aortic - aortic_back, mitral - mitral_back);
        let slope = [
            filling - out,
            (out - body) / self.compliance,
            (body - tricuspid) / VEINS,
            tricuspid - pulmonary,
            (pulmonary - lung) / LUNG_ARTERIES,
            (lung - filling) / LUNG_VEINS,
        ];
        Moment { ventricle: left, gradient, back: aortic_back + mitral_back, slope }
    }

    /// Run `beats` beats from `start` with steps of at most `step_s` and read the last four.
    #[must_use]
    pub fn run(&self, start: &ReferenceState, beats: u32, step_s: f64) -> ReferenceBeat {
        let period = 60.0 / self.rate_per_min;
        let steps = (period / step_s).ceil().clamp(1.0, 1e7) as u32;
        let h = period / f64::from(steps);
        let mut y = *start;
        let mut r = ReferenceBeat {
            systolic_mmhg: f64::MIN,
            diastolic_mmhg: f64::MAX,
            mean_mmhg: 0.0,
            end_diastolic_ml: f64::MIN,
            end_systolic_ml: f64::MAX,
            output_l_min: 0.0,
            ventricle_peak_mmhg: f64::MIN,
            lung_artery_mmhg: 0.0,
            vein_mmhg: 0.0,
            lung_vein_mmhg: 0.0,
            aortic_gradient_mmhg: 0.0,
            regurgitant_ml: 0.0,
            volume_error_ml: 0.0,
        };
        let (mut ejecting, mut count, mut before) = (0.0, 0.0, -1.0_f64);
        for beat in 0..beats {
            for step in 0..steps {
                let t = h * f64::from(step);
                if beat + 4 >= beats {
                    let now = self.moment(t, &y);
                    count += 1.0;
                    r.systolic_mmhg = r.systolic_mmhg.max(y[1]);
                    r.diastolic_mmhg = r.diastolic_mmhg.min(y[1]);
                    r.end_diastolic_ml = r.end_diastolic_ml.max(y[0]);
                    r.end_systolic_ml = r.end_systolic_ml.min(y[0]);
                    r.ventricle_peak_mmhg = r.ventricle_peak_mmhg.max(now.ventricle);
                    r.mean_mmhg += y[1];
                    r.vein_mmhg += y[2];
                    r.lung_artery_mmhg += y[4];
                    r.lung_vein_mmhg += y[5];
                    r.output_l_min += (y[1] - y[2]) / self.resistance;
                    r.regurgitant_ml += now.back;
                    // The trapezium of what is above zero, with the moments of opening and closing found in between.
                    let (low, high) = (before.min(now.gradient), before.max(now.gradient));
                    if high > 0.0 {
                        let part = if low < 0.0 { high / (high - low) } else { 1.0 };
                        ejecting += part;
                        r.aortic_gradient_mmhg += 0.5 * part * (high + low.max(0.0));
                    }
                    before = now.gradient;
                }
                y = rk4(|t, y| self.moment(t, y).slope, t, &y, h);
            }
        }
        let mean = 1.0 / f64::max(count, 1.0);
        r.mean_mmhg *= mean;
        r.vein_mmhg *= mean;
        r.lung_artery_mmhg *= mean;
        r.lung_vein_mmhg *= mean;
        r.output_l_min *= 0.06 * mean;
        r.regurgitant_ml *= period * mean;
        r.aortic_gradient_mmhg /= f64::max(ejecting, 1.0);
        r.volume_error_ml = self.stressed_volume_ml(&y) - self.stressed_volume_ml(start);
        r
    }
}
