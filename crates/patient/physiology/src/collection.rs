//! Blood from the vein through the needle into an evacuated tube.

use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{ATMOSPHERE_PA, Conduit, PhysiologyError};

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
    /// Whether the tube draws no more: it holds what its vacuum gives.
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

    /// Advance by `dt_s` (at most a second; more, less than 0 or not finite is taken as 0).
    pub fn step(&self, state: &mut CollectionState, input: &CollectionInput, _dt_s: f64) -> CollectionOutput {
        CollectionOutput {
            flow_m3_s: 0.0,
            volume_m3: state.volume_m3,
            tube_pressure_pa: state.gas_pa_m3 / self.spec.tube_volume_m3 - ATMOSPHERE_PA,
            site_pressure_pa: input.source_pressure_pa,
            limited_by_vein: false,
            wall_sucked: false,
            full: false,
            reynolds: 0.0,
            wall_shear_pa: 0.0,
            transit_s: f64::INFINITY,
            haemolysis_relative: 0.0 * self.reference_index,
            dwell_s: 0.0,
            mixing: 0.0,
        }
    }
}
