//! The veins of the forearm as one node, and the vein at the site of the draw.

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::error::{check, finite_or};
use crate::{PA_PER_MMHG, PhysiologyError, TubeLaw};

/// Veins of one arm. Pressures are gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VenousSpec {
    /// Pressure in the forearm's veins at rest, arm at the height of the heart [Pa]. 5–15 mmHg (prior: unverified).
    pub resting_pressure_pa: f64,
    /// Pressure in the great veins of the chest [Pa]. 2–6 mmHg (prior: unverified).
    pub central_pressure_pa: f64,
    /// Pressure of the tissue round the veins [Pa]. 0–3 mmHg (prior: unverified).
    pub tissue_pressure_pa: f64,
    /// Diastolic arterial pressure [Pa].
    pub diastolic_pa: f64,
    /// Systolic arterial pressure [Pa].
    pub systolic_pa: f64,
    /// Flow into the forearm and hand at rest [m³/s]. 2–4 mL/min per 100 mL of forearm (prior: unverified).
    pub inflow_m3_s: f64,
    /// Volume of the veins beyond the tourniquet without a pressure across their walls [m³]. Some 40–70 mL (prior: unverified).
    pub unstressed_volume_m3: f64,
    /// K of the tube law [Pa].
    pub wall_stiffness_pa: f64,
    /// m of the tube law [1].
    pub wall_exponent: f64,
    /// n of the tube law [1], negative; −1.5 for veins.
    pub collapse_exponent: f64,
    /// Resistance between the vein bed and the site of the draw at the resting area [Pa s/m³]; see
    /// [`crate::feed_resistance_pa_s_per_m3`]. Falls with the square of the area.
    pub feed_resistance_pa_s_per_m3: f64,
    /// Time in which the wall follows a new pressure [s]. 0.1–0.5 s (prior: unverified).
    pub wall_time_s: f64,
    /// Share of ln(area ratio) that goes into the lumen's height while it is fuller than at rest [1]; above ½ it grows
    /// rounder (prior: unverified, 0.6–0.9).
    pub height_share_distended: f64,
    /// Share of ln(area ratio) that goes into the lumen's height while it is emptier than at rest [1]; 1 keeps the
    /// width, above 1 it widens as it is pressed flat (prior: unverified, 0.9–1.1).
    pub height_share_collapsed: f64,
}

impl VenousSpec {
    /// A middling adult arm.
    ///
    /// # Source
    /// Fields with a prior: their middle. K: [`TubeLaw::through`] with the area at 25 mmHg 10.7/8.2 of the resting area
    /// (Mollison, cephalic vein at the wrist, 13 min at 25 mmHg), m = 4 chosen (prior: unverified).
    #[must_use]
    pub fn reference_adult() -> Self {
        Self {
            resting_pressure_pa: 7.0 * PA_PER_MMHG,
            central_pressure_pa: 4.0 * PA_PER_MMHG,
            tissue_pressure_pa: 1.0 * PA_PER_MMHG,
            diastolic_pa: 78.0 * PA_PER_MMHG,
            systolic_pa: 122.0 * PA_PER_MMHG,
            inflow_m3_s: 0.5e-6,
            unstressed_volume_m3: 55e-6,
            wall_stiffness_pa: 534.4,
            wall_exponent: 4.0,
            collapse_exponent: -1.5,
            feed_resistance_pa_s_per_m3: 2e8,
            wall_time_s: 0.2,
            height_share_distended: 0.7,
            height_share_collapsed: 1.0,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("resting_pressure_pa", self.resting_pressure_pa, 0.0, 10_000.0, "Pa")?;
        check("central_pressure_pa", self.central_pressure_pa, -2_000.0, 5_000.0, "Pa")?;
        check("tissue_pressure_pa", self.tissue_pressure_pa, -2_000.0, 5_000.0, "Pa")?;
        check("diastolic_pa", self.diastolic_pa, 1_000.0, 30_000.0, "Pa")?;
        check("systolic_pa", self.systolic_pa, 2_000.0, 40_000.0, "Pa")?;
        check("inflow_m3_s", self.inflow_m3_s, 1e-9, 2e-5, "m³/s")?;
        check("unstressed_volume_m3", self.unstressed_volume_m3, 1e-6, 1e-3, "m³")?;
        check("wall_stiffness_pa", self.wall_stiffness_pa, 1.0, 1e5, "Pa")?;
        check("wall_exponent", self.wall_exponent, 0.5, 30.0, "1")?;
        check("collapse_exponent", self.collapse_exponent, -10.0, -0.1, "1")?;
        check("feed_resistance_pa_s_per_m3", self.feed_resistance_pa_s_per_m3, 1e5, 1e13, "Pa s/m³")?;
        check("wall_time_s", self.wall_time_s, 0.0, 10.0, "s")?;
        check("height_share_distended", self.height_share_distended, 0.0, 1.5, "1")?;
        check("height_share_collapsed", self.height_share_collapsed, 0.0, 1.5, "1")?;
        let order = |low: f64, high: f64, what: &str| {
            if low < high {
                Ok(())
            } else {
                Err(PhysiologyError::Contradiction { field: "resting_pressure_pa", what: format!("{what}: {low} Pa, {high} Pa") })
            }
        };
        order(self.central_pressure_pa, self.resting_pressure_pa, "not above the central pressure")?;
        order(self.resting_pressure_pa, self.diastolic_pa, "not below the diastolic pressure")?;
        order(self.diastolic_pa, self.systolic_pa, "diastolic not below systolic pressure")
    }
}

/// What the tick is told. A number that is not finite counts as 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VenousInput {
    /// Pressure of the tourniquet on the upper arm [Pa]; 0 when it is off.
    pub tourniquet_pa: f64,
    /// Pressure of the probe at the vein [Pa]; 0.5–3 kPa at the skin in practice (prior: unverified).
    pub probe_pressure_pa: f64,
    /// Flow out of the vein at the site, into a tube or a leak [m³/s].
    pub draw_m3_s: f64,
    /// Pressure in the vein at the needle [Pa], from [`crate::CollectionOutput::site_pressure_pa`]; ignored while nothing is drawn.
    pub draw_site_pressure_pa: f64,
    /// Height of the site below the heart [m].
    pub below_heart_m: f64,
}

/// What the tick found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VenousOutput {
    /// Pressure in the vein bed that feeds the site [Pa].
    pub pressure_pa: f64,
    /// Pressure in the vein at the site [Pa]: the bed's less the drop along the feed.
    pub site_pressure_pa: f64,
    /// Pressure round the vein at the site: tissue and probe [Pa].
    pub outside_pressure_pa: f64,
    /// Resistance between bed and site [Pa s/m³].
    pub feed_resistance_pa_s_per_m3: f64,
    /// Most that the bed gives before the vein at the site falls shut [m³/s] (Starling resistor); 0 when it is shut.
    pub flow_limit_m3_s: f64,
    /// Lumen area at the site over its resting area [1].
    pub area_ratio: f64,
    /// Lumen height at the site over its resting height [1].
    pub scale_v: f64,
    /// Lumen width at the site over its resting width [1].
    pub scale_h: f64,
    /// Whether the vein at the site is shut: below [`COLLAPSED_AREA_RATIO`] of its resting area.
    pub collapsed: bool,
}

/// Area ratio below which a vein counts as collapsed [1] (prior: unverified).
pub const COLLAPSED_AREA_RATIO: f64 = 0.4;

/// State of the veins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VenousState {
    /// Volume of the bed over its unstressed volume [1].
    pub(crate) bed_ratio: f64,
    /// Area of the site over its unstressed area [1].
    pub(crate) site_ratio: f64,
}

/// Veins of one arm. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct VenousModel {
    pub(crate) spec: VenousSpec,
    pub(crate) law: TubeLaw,
    /// Area over unstressed area at rest [1].
    pub(crate) resting_ratio: f64,
    /// Resistance from the bed to the chest [Pa s/m³].
    pub(crate) outflow_resistance: f64,
}

impl VenousModel {
    /// Check the specification and find the resting state.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: VenousSpec) -> Result<Self, PhysiologyError> {
        spec.check()?;
        let law = TubeLaw {
            stiffness_pa: spec.wall_stiffness_pa,
            exponent_distended: spec.wall_exponent,
            exponent_collapsed: spec.collapse_exponent,
        };
        let resting_ratio = law.area_ratio(spec.resting_pressure_pa - spec.tissue_pressure_pa, 1.0);
        let outflow_resistance = (spec.resting_pressure_pa - spec.central_pressure_pa) / spec.inflow_m3_s;
        Ok(Self { spec, law, resting_ratio, outflow_resistance })
    }

    /// The veins at rest.
    #[must_use]
    pub fn state(&self) -> VenousState {
        VenousState { bed_ratio: self.resting_ratio, site_ratio: self.resting_ratio }
    }

    /// Area over the resting area [1] at a steady pressure in the vein [Pa], nothing pressing from outside.
    #[must_use]
    pub fn area_ratio_at(&self, pressure_pa: f64) -> f64 {
        self.law.area_ratio(pressure_pa - self.spec.tissue_pressure_pa, 1.0) / self.resting_ratio
    }

    /// Height and width of the lumen over their resting values [1] at an area ratio.
    #[must_use]
    pub fn scales(&self, area_ratio: f64) -> (f64, f64) {
        let share = if area_ratio >= 1.0 { self.spec.height_share_distended } else { self.spec.height_share_collapsed };
        (ops::powf(area_ratio, share), ops::powf(area_ratio, 1.0 - share))
    }

    /// Flow into the bed [m³/s] and its slope with the bed's pressure [m³/(s Pa)].
    ///
    /// Falls linearly to 0 at the mean arterial pressure; a tourniquet above diastolic pressure lets less of each beat
    /// through, one above systolic nothing.
    fn inflow(&self, pressure: f64, tourniquet: f64, column: f64) -> (f64, f64) {
        let spec = &self.spec;
        let arterial = spec.diastolic_pa + (spec.systolic_pa - spec.diastolic_pa) / 3.0;
        let passed = ((spec.systolic_pa - tourniquet) / (spec.systolic_pa - spec.diastolic_pa)).clamp(0.0, 1.0);
        let slope = spec.inflow_m3_s * passed / (arterial - spec.resting_pressure_pa);
        let drive = arterial + column - pressure;
        if drive > 0.0 { (slope * drive, -slope) } else { (0.0, 0.0) }
    }

    /// Fill or empty the bed: a linearised implicit step, stable for any `dt`.
    fn fill(&self, state: &mut VenousState, tourniquet: f64, column: f64, draw: f64, dt: f64) {
        let spec = &self.spec;
        let pressure = self.bed_pressure(state);
        let (inflow, inflow_slope) = self.inflow(pressure, tourniquet, column);
        let downstream = (spec.central_pressure_pa + column).max(tourniquet);
        let (outflow, outflow_slope) = if pressure > downstream {
            ((pressure - downstream) / self.outflow_resistance, 1.0 / self.outflow_resistance)
        } else {
            (0.0, 0.0)
        };
        let ratio = state.bed_ratio;
        let pressure_slope = self.law.slope_pa(ratio) / spec.unstressed_volume_m3;
        let rate = inflow - outflow - draw;
        let slope = (inflow_slope - outflow_slope) * pressure_slope;
        let filled = dt * rate / (1.0 - dt * slope) / spec.unstressed_volume_m3;
        state.bed_ratio = (ratio + filled).clamp(BED_RATIO_MIN, BED_RATIO_MAX);
    }

    fn bed_pressure(&self, state: &VenousState) -> f64 {
        self.spec.tissue_pressure_pa + self.law.pressure_pa(state.bed_ratio)
    }

    /// Pressure in the forearm's veins at rest [Pa].
    #[must_use]
    pub fn resting_pressure_pa(&self) -> f64 {
        self.spec.resting_pressure_pa
    }

    /// Advance by `dt_s` (at most a second; more, less than 0 or not finite is taken as 0).
    pub fn step(&self, state: &mut VenousState, input: &VenousInput, dt_s: f64) -> VenousOutput {
        self.step_with_bed(state, None, input, dt_s)
    }

    /// The same with the pressure in the vein bed [Pa] given from outside, where a larger circulation knows it; cuff and
    /// inflow then act there and not here.
    pub fn step_with_bed(&self, state: &mut VenousState, bed_pressure_pa: Option<f64>, input: &VenousInput, dt_s: f64) -> VenousOutput {
        let dt = if (0.0..=1.0).contains(&dt_s) { dt_s } else { 0.0 };
        let number = |value: f64, max: f64| finite_or(value, 0.0).clamp(0.0, max);
        let (tourniquet, probe) = (number(input.tourniquet_pa, 1e5), number(input.probe_pressure_pa, 1e6));
        let draw = number(input.draw_m3_s, 1e-4);
        let column = BLOOD_WEIGHT_N_PER_M3 * finite_or(input.below_heart_m, 0.0).clamp(-2.0, 2.0);
        match bed_pressure_pa {
            None => self.fill(state, tourniquet, column, draw, dt),
            Some(pressure) => {
                let inside = finite_or(pressure, self.spec.resting_pressure_pa).clamp(-1e5, 1e5) + column;
                let ratio = self.law.area_ratio(inside - self.spec.tissue_pressure_pa, state.bed_ratio);
                state.bed_ratio = ratio.clamp(BED_RATIO_MIN, BED_RATIO_MAX);
            }
        }

        let pressure = self.bed_pressure(state);
        let outside = self.spec.tissue_pressure_pa + probe;
        let narrowing = self.resting_ratio / state.bed_ratio;
        let feed = self.spec.feed_resistance_pa_s_per_m3 * narrowing * narrowing;
        let site = if draw > 0.0 { finite_or(input.draw_site_pressure_pa, pressure).clamp(-1e5, pressure.max(-1e5)) } else { pressure };
        let target = self.law.area_ratio(site - outside, state.site_ratio).clamp(SITE_RATIO_MIN, BED_RATIO_MAX);
        let follow = if self.spec.wall_time_s > 0.0 { -ops::exp_m1(-dt / self.spec.wall_time_s) } else { 1.0 };
        state.site_ratio += follow * (target - state.site_ratio);

        let area_ratio = state.site_ratio / self.resting_ratio;
        let (scale_v, scale_h) = self.scales(area_ratio);
        VenousOutput {
            pressure_pa: pressure,
            site_pressure_pa: site,
            outside_pressure_pa: outside,
            feed_resistance_pa_s_per_m3: feed,
            flow_limit_m3_s: (pressure - outside).max(0.0) / feed,
            area_ratio,
            scale_v,
            scale_h,
            collapsed: area_ratio < COLLAPSED_AREA_RATIO,
        }
    }
}

/// Weight of blood [N/m³]: 1060 kg/m³ × 9.80665 m/s².
const BLOOD_WEIGHT_N_PER_M3: f64 = 1060.0 * 9.806_65;
/// Emptiest and fullest bed that is followed, and flattest site [1].
const BED_RATIO_MIN: f64 = 0.05;
const BED_RATIO_MAX: f64 = 20.0;
const SITE_RATIO_MIN: f64 = 0.02;
