//! Blood from the vein through the needle into an evacuated tube.

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::error::{check, finite_or};
use crate::flow::solve_flow_m3_s;
use crate::{ATMOSPHERE_PA, Conduit, FlowPoint, PhysiologyError, haemolysis_fraction};

/// Needle, tubing and evacuated tube.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionSpec {
    /// Bore of the needle.
    pub needle: Conduit,
    /// Inner diameter of the tubing behind the needle [m]; without effect when its length is 0.
    pub tubing_diameter_m: f64,
    /// Length of the tubing [m]; 0 for a holder without tubing.
    pub tubing_length_m: f64,
    /// Volume that the tube is made to draw [m³]. 2–10 mL.
    pub nominal_draw_m3: f64,
    /// Gas volume of the empty tube [m³], above the nominal draw.
    pub tube_volume_m3: f64,
    /// Venous pressure at which the tube draws its nominal volume [Pa] gauge (prior: unverified; vacuums are set for 1 atm
    /// and a small venous pressure).
    pub nominal_pressure_pa: f64,
    /// Suction above which a wall that lies on the bevel is sucked onto it [Pa] (prior: unverified, 2–10 kPa).
    pub wall_suction_pa: f64,
    /// Part of the bore that stays open then [1] (prior: unverified, 0–0.2).
    pub sucked_open_fraction: f64,
}

impl CollectionSpec {
    /// A 21G needle of the given bore [m] and length [m] on a tube of `nominal_draw_m3` without tubing.
    ///
    /// # Source
    /// K 1.5 (middle of the lower half of 1.5–2.2), µ 3.5 mPa s, ρ 1060 kg/m³; tube volume 1.5 times the draw: prior: unverified.
    #[must_use]
    pub fn holder(bore_m: f64, length_m: f64, nominal_draw_m3: f64) -> Self {
        Self {
            needle: Conduit { diameter_m: bore_m, length_m, loss: 1.5, viscosity_pa_s: 3.5e-3, density_kg_m3: 1060.0 },
            tubing_diameter_m: 1.6e-3,
            tubing_length_m: 0.0,
            nominal_draw_m3,
            tube_volume_m3: 1.5 * nominal_draw_m3,
            nominal_pressure_pa: 1_333.0,
            wall_suction_pa: 5_000.0,
            sucked_open_fraction: 0.05,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("needle.diameter_m", self.needle.diameter_m, 5e-5, 3e-3, "m")?;
        check("needle.length_m", self.needle.length_m, 1e-3, 0.2, "m")?;
        check("needle.loss", self.needle.loss, 0.0, 10.0, "1")?;
        check("needle.viscosity_pa_s", self.needle.viscosity_pa_s, 1e-4, 0.1, "Pa s")?;
        check("needle.density_kg_m3", self.needle.density_kg_m3, 500.0, 2000.0, "kg/m³")?;
        check("tubing_diameter_m", self.tubing_diameter_m, 1e-4, 1e-2, "m")?;
        check("tubing_length_m", self.tubing_length_m, 0.0, 2.0, "m")?;
        check("nominal_draw_m3", self.nominal_draw_m3, 1e-7, 1e-4, "m³")?;
        check("tube_volume_m3", self.tube_volume_m3, 1e-7, 2e-4, "m³")?;
        check("nominal_pressure_pa", self.nominal_pressure_pa, -5_000.0, 10_000.0, "Pa")?;
        check("wall_suction_pa", self.wall_suction_pa, 0.0, 1e5, "Pa")?;
        check("sucked_open_fraction", self.sucked_open_fraction, 0.0, 1.0, "1")?;
        if self.tube_volume_m3 <= self.nominal_draw_m3 {
            let what = format!("{} m³ is not above the nominal draw {} m³", self.tube_volume_m3, self.nominal_draw_m3);
            return Err(PhysiologyError::Contradiction { field: "tube_volume_m3", what });
        }
        Ok(())
    }
}

/// What the tick is told. A number that is not finite counts as 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollectionInput {
    /// Whether the tube is pushed onto the needle.
    pub connected: bool,
    /// Part of the bore that opens into the lumen [1]: the needle model's `bevel_fraction`, 0 outside a lumen.
    pub open_fraction: f64,
    /// Whether the bevel lies against a wall.
    pub against_wall: bool,
    /// Whether part of the bevel is in the air: a connected tube loses its vacuum.
    pub in_air: bool,
    /// Pressure in the vein bed [Pa] ([`crate::VenousOutput::pressure_pa`]), or in an artery.
    pub source_pressure_pa: f64,
    /// Resistance from the bed to the site [Pa s/m³].
    pub source_resistance_pa_s_per_m3: f64,
    /// Pressure round the vein at the site [Pa].
    pub outside_pressure_pa: f64,
    /// Whether the tube was turned over once in this tick (mixing with its additive).
    pub inverted: bool,
}

/// What the tick found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CollectionOutput {
    /// Flow into the tube [m³/s].
    pub flow_m3_s: f64,
    /// Volume drawn so far [m³].
    pub volume_m3: f64,
    /// Pressure in the tube [Pa] gauge.
    pub tube_pressure_pa: f64,
    /// Pressure in the vein at the needle [Pa]; the bed's pressure without flow.
    pub site_pressure_pa: f64,
    /// Whether the flow is held back by the vein falling shut (Starling resistor).
    pub limited_by_vein: bool,
    /// Whether a wall is sucked onto the bevel.
    pub wall_sucked: bool,
    /// Whether the tube holds 99 % of what its vacuum gives.
    pub full: bool,
    /// Reynolds number in the needle [1].
    pub reynolds: f64,
    /// Shear stress at the needle's wall [Pa].
    pub wall_shear_pa: f64,
    /// Time in the needle [s]; infinite without flow.
    pub transit_s: f64,
    /// Haemolysis index of the volume drawn so far over that of the reference draw [1]; 0 before any blood.
    pub haemolysis_relative: f64,
    /// Mean age of the blood in the tube since it left the vein [s].
    pub dwell_s: f64,
    /// Completeness of mixing with the additive [1], 0–1.
    pub mixing: f64,
}

/// State of one tube.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionState {
    /// Volume drawn [m³].
    pub(crate) volume_m3: f64,
    /// Pressure × volume of the gas in the tube [Pa m³].
    pub(crate) gas_pa_m3: f64,
    /// ∫ haemolysis fraction dV [m³].
    pub(crate) haemolysed_m3: f64,
    /// ∫ age dV [m³ s].
    pub(crate) age_m3_s: f64,
    /// Whether a wall is sucked onto the bevel.
    pub(crate) wall_sucked: bool,
    /// Times that the tube was turned over since blood came.
    pub(crate) inversion_count: u32,
}

/// Needle, tubing and tube. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionModel {
    pub(crate) spec: CollectionSpec,
    /// Gas of a new tube [Pa m³].
    pub(crate) new_gas_pa_m3: f64,
    pub(crate) reference_index: f64,
}

impl CollectionModel {
    /// Check the specification and evacuate the tube so that it draws its nominal volume.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: CollectionSpec) -> Result<Self, PhysiologyError> {
        spec.check()?;
        let end_pa = ATMOSPHERE_PA + spec.nominal_pressure_pa;
        let new_gas_pa_m3 = end_pa * (spec.tube_volume_m3 - spec.nominal_draw_m3);
        Ok(Self { spec, new_gas_pa_m3, reference_index: crate::haemolysis_reference() })
    }

    /// A new, evacuated tube.
    #[must_use]
    pub fn state(&self) -> CollectionState {
        CollectionState {
            volume_m3: 0.0,
            gas_pa_m3: self.new_gas_pa_m3,
            haemolysed_m3: 0.0,
            age_m3_s: 0.0,
            wall_sucked: false,
            inversion_count: 0,
        }
    }

    /// Tubing behind the needle; its kinetic loss is left out beside the needle's.
    fn tubing(&self) -> Conduit {
        Conduit { diameter_m: self.spec.tubing_diameter_m, length_m: self.spec.tubing_length_m, loss: 0.0, ..self.spec.needle }
    }

    /// Flow [m³/s] from a source into a tube at `tube_pa`, with the part `open` of the bore free; the pressure at the
    /// needle's mouth [Pa], and whether the vein holds it back.
    ///
    /// A bore that is partly covered loses (1/open² − 1) ρ v²/2 more. The vein gives at most what flows when the pressure
    /// at the site falls to that outside it (Starling resistor).
    fn draw(&self, input: &CollectionInput, tube_pa: f64, open: f64) -> (f64, f64, bool) {
        let needle = &self.spec.needle;
        let covered = Conduit { loss: needle.loss + 1.0 / (open * open) - 1.0, ..*needle };
        let behind = needle.resistance_pa_s_per_m3() + self.tubing().resistance_pa_s_per_m3();
        let feed = input.source_resistance_pa_s_per_m3;
        let kinetic = covered.kinetic_pa_s2_per_m6();
        let flow = solve_flow_m3_s(input.source_pressure_pa - tube_pa, feed + behind, kinetic);
        let site = input.source_pressure_pa - flow * feed;
        if flow <= 0.0 || site >= input.outside_pressure_pa || feed <= 0.0 {
            return (flow, site, false);
        }
        let limit = ((input.source_pressure_pa - input.outside_pressure_pa) / feed).clamp(0.0, flow);
        (limit, tube_pa + limit * (behind + kinetic * limit), true)
    }

    /// Advance by `dt_s` (at most a second; more, less than 0 or not finite is taken as 0).
    pub fn step(&self, state: &mut CollectionState, input: &CollectionInput, dt_s: f64) -> CollectionOutput {
        let dt = if (0.0..=1.0).contains(&dt_s) { dt_s } else { 0.0 };
        let input = cleaned(input);
        let spec = &self.spec;
        if input.connected && input.in_air {
            let full_pa_m3 = ATMOSPHERE_PA * (spec.tube_volume_m3 - state.volume_m3);
            state.gas_pa_m3 += -ops::exp_m1(-dt / VACUUM_LOSS_S) * (full_pa_m3 - state.gas_pa_m3);
        }
        let tube_pa = state.gas_pa_m3 / (spec.tube_volume_m3 - state.volume_m3) - ATMOSPHERE_PA;
        state.wall_sucked =
            input.connected && input.against_wall && (state.wall_sucked || input.source_pressure_pa - tube_pa > spec.wall_suction_pa);
        let open = input.open_fraction * if state.wall_sucked { spec.sucked_open_fraction } else { 1.0 };
        let (mut flow, mut site, mut limited) = (0.0, input.source_pressure_pa, false);
        if input.connected && !input.in_air && open > 1e-3 {
            (flow, site, limited) = self.draw(&input, tube_pa, open);
        }
        // The gas stops the flow where it meets the pressure of the source.
        let end_m3 = spec.tube_volume_m3 - state.gas_pa_m3 / (ATMOSPHERE_PA + input.source_pressure_pa);
        let drawn = (flow * dt).min((end_m3 - state.volume_m3).max(0.0));
        let point = spec.needle.at(flow);
        state.age_m3_s += state.volume_m3 * dt;
        state.volume_m3 += drawn;
        if drawn > 0.0 {
            let entry = if open < 1.0 { haemolysis_at_entry(spec.needle.diameter_m, &point, open) } else { 0.0 };
            state.haemolysed_m3 += drawn * (haemolysis_fraction(point.wall_shear_pa, point.transit_s) + entry);
        }
        if input.inverted && state.volume_m3 > 0.0 {
            state.inversion_count = state.inversion_count.saturating_add(1);
        }
        let mean = |sum: f64| if state.volume_m3 > 0.0 { sum / state.volume_m3 } else { 0.0 };
        CollectionOutput {
            flow_m3_s: flow,
            volume_m3: state.volume_m3,
            tube_pressure_pa: state.gas_pa_m3 / (spec.tube_volume_m3 - state.volume_m3) - ATMOSPHERE_PA,
            site_pressure_pa: site,
            limited_by_vein: limited,
            wall_sucked: state.wall_sucked,
            full: state.volume_m3 >= FULL_FRACTION * end_m3,
            reynolds: point.reynolds,
            wall_shear_pa: point.wall_shear_pa,
            transit_s: point.transit_s,
            haemolysis_relative: mean(state.haemolysed_m3) / self.reference_index,
            dwell_s: mean(state.age_m3_s),
            mixing: -ops::exp_m1(-f64::from(state.inversion_count) / INVERSIONS_TO_MIX),
        }
    }
}

/// Time in which a tube whose needle is in the air loses its vacuum [s] (prior: unverified).
const VACUUM_LOSS_S: f64 = 0.2;
/// Part of its final volume at which a tube counts as full [1] (prior: unverified; the last drops come slowly).
const FULL_FRACTION: f64 = 0.99;
/// Inversions that mix all but 1/e of the blood [1] (prior: unverified; 8–10 inversions are the usual instruction).
const INVERSIONS_TO_MIX: f64 = 3.0;

/// The input with numbers that are not finite taken as 0 and the others in range.
fn cleaned(input: &CollectionInput) -> CollectionInput {
    CollectionInput {
        open_fraction: finite_or(input.open_fraction, 0.0).clamp(0.0, 1.0),
        source_pressure_pa: finite_or(input.source_pressure_pa, 0.0).clamp(-0.9 * ATMOSPHERE_PA, 1e6),
        source_resistance_pa_s_per_m3: finite_or(input.source_resistance_pa_s_per_m3, 0.0).max(0.0),
        outside_pressure_pa: finite_or(input.outside_pressure_pa, 0.0),
        ..*input
    }
}

/// Haemolysis [1] on the way through an entry of which only a part is free: one diameter long, narrower by √open.
///
/// It raises the index at a given flow. A covered bevel also slows the flow, which lowers the index by more unless the
/// vacuum is strong: the clinical experience that wall contact haemolyses is not reproduced by shear in the bore alone.
fn haemolysis_at_entry(diameter_m: f64, point: &FlowPoint, open: f64) -> f64 {
    haemolysis_fraction(point.wall_shear_pa / (open * open.sqrt()), diameter_m * open / point.speed_m_s)
}
