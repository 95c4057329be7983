//! A valve whose opening takes time: orifice law, inertia, stenosis and regurgitation.

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::PhysiologyError;
use crate::error::check;

/// Density of blood [g/cm³].
const DENSITY: f64 = 1.06;
/// Area never falls below this share of the annulus: a shut valve would have infinite inertia.
const FLOOR: f64 = 1e-6;

/// One valve, in centimetres, grams and seconds as its source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValveSpec {
    /// Area of the annulus [cm²].
    pub annulus_cm2: f64,
    /// Share of the annulus that opens [1]; below 1 is a stenosis.
    pub open_fraction: f64,
    /// Share of the annulus that stays open when shut [1]; above 0 is a regurgitation.
    pub leak_fraction: f64,
    /// Length of the moving column of blood [cm].
    pub length_cm: f64,
    /// Rate of opening [cm²/(dyn s)].
    pub opening_rate: f64,
    /// Rate of closing [cm²/(dyn s)].
    pub closing_rate: f64,
    /// Pressure difference above which it opens [mmHg].
    pub opening_mmhg: f64,
    /// Pressure difference below which it closes [mmHg].
    pub closing_mmhg: f64,
}

/// State of a valve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValveState {
    /// ζ, 0 shut to 1 open [1].
    pub opening: f64,
    /// Flow forward [mL/s].
    pub flow_ml_s: f64,
}

/// A valve ready to step.
///
/// ΔP = B q|q| + L dq/dt with B = ρ/(2A²), L = ρ l/A, A = (A_max − A_min) ζ + A_min;
/// dζ/dt = (1 − ζ) K_o (ΔP − ΔP_o) above ΔP_o, ζ K_c (ΔP − ΔP_c) below ΔP_c.
///
/// # Source
/// Mynard 2012, Int J Numer Meth Biomed Eng 28:626.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValveModel {
    spec: ValveSpec,
}

impl ValveModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: ValveSpec) -> Result<Self, PhysiologyError> {
        check("annulus_cm2", spec.annulus_cm2, 0.01, 100.0, "cm²")?;
        check("open_fraction", spec.open_fraction, 0.0, 1.0, "1")?;
        check("leak_fraction", spec.leak_fraction, 0.0, 1.0, "1")?;
        check("length_cm", spec.length_cm, 0.01, 100.0, "cm")?;
        check("opening_rate", spec.opening_rate, 0.0, 1e3, "cm²/(dyn s)")?;
        check("closing_rate", spec.closing_rate, 0.0, 1e3, "cm²/(dyn s)")?;
        check("opening_mmhg", spec.opening_mmhg, -100.0, 100.0, "mmHg")?;
        check("closing_mmhg", spec.closing_mmhg, -100.0, 100.0, "mmHg")?;
        if spec.leak_fraction > spec.open_fraction {
            return Err(PhysiologyError::Contradiction { field: "leak_fraction", what: "leaks more than it opens".into() });
        }
        Ok(Self { spec })
    }

    /// Area [cm²] at an opening ζ.
    #[must_use]
    pub fn area_cm2(&self, opening: f64) -> f64 {
        let ValveSpec { annulus_cm2, open_fraction, leak_fraction, .. } = self.spec;
        (annulus_cm2 * (leak_fraction + (open_fraction - leak_fraction) * opening)).max(FLOOR * annulus_cm2)
    }

    /// Advance by `dt_s` under the mean pressure difference of the step [mmHg].
    ///
    /// ζ follows its linear equation exactly; the flow is the root of the implicit orifice law, which has no limit of
    /// the step and needs no iteration. First order in `dt_s`.
    pub fn step(&self, state: &mut ValveState, gradient_mmhg: f64, dt_s: f64) {
        let dyn_of = |mmhg: f64| 1333.22 * mmhg;
        let spec = &self.spec;
        let before = state.opening;
        if gradient_mmhg > spec.opening_mmhg {
            state.opening = 1.0 - (1.0 - before) * ops::exp(-spec.opening_rate * dyn_of(gradient_mmhg - spec.opening_mmhg) * dt_s);
        } else if gradient_mmhg < spec.closing_mmhg {
            state.opening = before * ops::exp(spec.closing_rate * dyn_of(gradient_mmhg - spec.closing_mmhg) * dt_s);
        }
        let area = self.area_cm2(0.5 * (before + state.opening));
        let inertia = DENSITY * spec.length_cm / area / dt_s;
        let loss = 0.5 * DENSITY / (area * area);
        // loss q|q| + inertia q = drive: the sign of q is that of the drive.
        let drive = dyn_of(gradient_mmhg) + inertia * state.flow_ml_s;
        let size = 2.0 * drive.abs() / (inertia + (inertia * inertia + 4.0 * loss * drive.abs()).sqrt());
        state.flow_ml_s = if drive < 0.0 { -size } else { size };
    }
}
