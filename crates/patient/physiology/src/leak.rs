//! Blood that leaves a vein through the holes of a needle.

use serde::{Deserialize, Serialize};

use proband_core::ops;

use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Holes that are followed at once.
pub const HOLE_COUNT_MAX: usize = 8;
/// Blood in the tissue from which a bruise is visible [m³] (prior: unverified, 0.1 mL).
pub const VISIBLE_VOLUME_M3: f64 = 0.1e-6;
/// Blood in the tissue from which it counts as a haematoma [m³] (prior: unverified, 1 mL).
pub const HAEMATOMA_VOLUME_M3: f64 = 1e-6;

/// Bound on the blood in the tissue [m³]: an adult has some 5 L (definition of this model's range).
pub const VOLUME_MAX_M3: f64 = 5e-3;

/// Bound on the pressure that drives a leak [Pa]: ten bar, beyond anything that a vein or a cuff can hold.
const PRESSURE_MAX_PA: f64 = 1e6;

/// How holes leak and close (prior: unverified, engineering proposal).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakSpec {
    /// Discharge coefficient Cd [1]. 0.6.
    pub discharge: f64,
    /// Open part of the needle's section, because flaps close [1]. 0.1–0.5.
    pub area_fraction: f64,
    /// Time constant of closing under compression [s]. 60–180 s.
    pub closing_compressed_s: f64,
    /// Factor on that time without compression [1]. 3–5.
    pub uncompressed_factor: f64,
    /// Factor on that time with anticoagulants [1]. 1 without them, 3–5 with.
    pub anticoagulant_factor: f64,
    /// Volume that the tissue takes per counter-pressure [m³/Pa]: the pressure round the vein grows by V/this as blood
    /// gathers. Infinity leaves it out. Some 1 mL per 10 mmHg (prior: unverified).
    pub tissue_compliance_m3_per_pa: f64,
    /// Density of blood [kg/m³].
    pub density_kg_m3: f64,
}

impl LeakSpec {
    /// The middle of the priors, without anticoagulants.
    ///
    /// # Source
    /// prior: unverified, engineering judgement; see the fields.
    #[must_use]
    pub fn reference_adult() -> Self {
        Self {
            discharge: 0.6,
            area_fraction: 0.25,
            closing_compressed_s: 120.0,
            uncompressed_factor: 4.0,
            anticoagulant_factor: 1.0,
            tissue_compliance_m3_per_pa: 7.5e-10,
            density_kg_m3: 1060.0,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("discharge", self.discharge, 0.0, 1.0, "1")?;
        check("area_fraction", self.area_fraction, 0.0, 1.0, "1")?;
        check("closing_compressed_s", self.closing_compressed_s, 0.1, 1e5, "s")?;
        check("uncompressed_factor", self.uncompressed_factor, 1.0, 100.0, "1")?;
        check("anticoagulant_factor", self.anticoagulant_factor, 1.0, 100.0, "1")?;
        check("density_kg_m3", self.density_kg_m3, 500.0, 2000.0, "kg/m³")?;
        if self.tissue_compliance_m3_per_pa > 0.0 {
            Ok(())
        } else {
            Err(PhysiologyError::OutOfRange {
                field: "tissue_compliance_m3_per_pa",
                value: self.tissue_compliance_m3_per_pa,
                min: 0.0,
                max: f64::INFINITY,
                unit: "m³/Pa",
            })
        }
    }
}

/// A hole that a needle has made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoleSpec {
    /// Outer diameter of the needle that made it [m].
    pub needle_diameter_m: f64,
    /// Whether the needle still fills it (then it neither leaks nor closes).
    pub plugged: bool,
}

/// Flow through an open hole [m³/s]: Cd A √(2 ΔP/ρ); 0 when the difference [Pa] is not positive.
#[must_use]
pub fn hole_flow_m3_s(discharge: f64, area_m2: f64, pressure_pa: f64, density_kg_m3: f64) -> f64 {
    if pressure_pa > 0.0 { discharge * area_m2 * (2.0 * pressure_pa / density_kg_m3).sqrt() } else { 0.0 }
}

/// Radius of a half sphere of blood [m]: (3 V/2π)^(1/3).
#[must_use]
pub fn haematoma_radius_m(volume_m3: f64) -> f64 {
    ops::cbrt(1.5 * volume_m3.max(0.0) / std::f64::consts::PI)
}

/// What the tick is told. A number that is not finite counts as 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakInput {
    /// Pressure in the vein less that of the tissue at rest [Pa]; a tourniquet that is still on shows here.
    pub pressure_pa: f64,
    /// Pressure of the compression on the site [Pa]; 0 when nobody presses.
    pub compression_pa: f64,
}

/// What the tick found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakOutput {
    /// Flow into the tissue through all holes [m³/s].
    pub flow_m3_s: f64,
    /// Blood in the tissue [m³].
    pub volume_m3: f64,
    /// Radius of a half sphere of that volume [m].
    pub radius_m: f64,
    /// Whether a bruise is visible (> 0.1 mL).
    pub visible: bool,
    /// Whether it counts as a haematoma (> 1 mL).
    pub haematoma: bool,
}

/// One hole in the state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenHole {
    /// Section that is open before it closes [m²].
    pub area_m2: f64,
    /// Whether the needle fills it.
    pub plugged: bool,
    /// ∫ dt/τ: the flow has fallen by e to the minus this.
    pub closing: f64,
}

/// State of the holes and of the blood outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakState {
    pub(crate) holes: [Option<OpenHole>; HOLE_COUNT_MAX],
    /// Blood in the tissue [m³].
    pub(crate) volume_m3: f64,
    /// Holes that found no room.
    pub(crate) dropped_count: u32,
}

/// How one patient's holes leak. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakModel {
    pub(crate) spec: LeakSpec,
}

impl LeakModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: LeakSpec) -> Result<Self, PhysiologyError> {
        spec.check()?;
        Ok(Self { spec })
    }

    /// No hole, no blood outside.
    #[must_use]
    pub fn state(&self) -> LeakState {
        LeakState { holes: [None; HOLE_COUNT_MAX], volume_m3: 0.0, dropped_count: 0 }
    }

    /// Add a hole. Returns its number, or none when there is no room or its diameter is not positive and finite.
    pub fn add_hole(&self, state: &mut LeakState, hole: HoleSpec) -> Option<u8> {
        if !(hole.needle_diameter_m > 0.0 && hole.needle_diameter_m < 0.01) {
            return None;
        }
        let section = 0.25 * std::f64::consts::PI * hole.needle_diameter_m * hole.needle_diameter_m;
        let Some(place) = state.holes.iter().position(Option::is_none) else {
            state.dropped_count = state.dropped_count.saturating_add(1);
            return None;
        };
        state.holes[place] = Some(OpenHole { area_m2: self.spec.area_fraction * section, plugged: hole.plugged, closing: 0.0 });
        u8::try_from(place).ok()
    }

    /// Say whether the needle fills a hole. An unknown number changes nothing.
    pub fn set_plugged(&self, state: &mut LeakState, hole: u8, plugged: bool) {
        if let Some(Some(hole)) = state.holes.get_mut(usize::from(hole)) {
            hole.plugged = plugged;
        }
    }

    /// Advance by `dt_s` (less than 0 or not finite is taken as 0).
    pub fn step(&self, state: &mut LeakState, input: &LeakInput, dt_s: f64) -> LeakOutput {
        let dt = finite_or(dt_s, 0.0).max(0.0);
        let compression = finite_or(input.compression_pa, 0.0).max(0.0);
        let counter = state.volume_m3 / self.spec.tissue_compliance_m3_per_pa;
        let pressure = finite_or(input.pressure_pa, 0.0).min(PRESSURE_MAX_PA) - compression - counter;
        let factor = if compression > 0.0 { 1.0 } else { self.spec.uncompressed_factor };
        let tau = self.spec.closing_compressed_s * factor * self.spec.anticoagulant_factor;
        let mut flow = 0.0;
        for hole in state.holes.iter_mut().flatten().filter(|hole| !hole.plugged) {
            let open = hole_flow_m3_s(self.spec.discharge, hole.area_m2, pressure, self.spec.density_kg_m3);
            flow += open * ops::exp(-hole.closing);
            hole.closing += dt / tau;
        }
        // A step ends at the latest where the tissue's pressure stops the flow, and where a person has no more blood.
        let balance = self.spec.tissue_compliance_m3_per_pa * (pressure + counter).max(0.0);
        let before = state.volume_m3;
        let most = balance.min(VOLUME_MAX_M3).max(before);
        if before + flow * dt > most {
            state.volume_m3 = most;
            flow = (most - before) / dt;
        } else {
            state.volume_m3 += flow * dt;
        }
        LeakOutput {
            flow_m3_s: flow,
            volume_m3: state.volume_m3,
            radius_m: haematoma_radius_m(state.volume_m3),
            visible: state.volume_m3 > VISIBLE_VOLUME_M3,
            haematoma: state.volume_m3 > HAEMATOMA_VOLUME_M3,
        }
    }
}
