//! Parameters of the needle and of the tissue that it meets. Plain numbers in SI, sampled by the twin.

use serde::{Deserialize, Serialize};

use crate::{TissueError, error::check};

/// A steel cannula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleSpec {
    /// Outer diameter [m]. 21G: 0.80–0.83 mm (ISO 9626 bands; prior: unverified).
    pub outer_diameter_m: f64,
    /// Inner diameter [m]. 21G: 0.51 mm regular, 0.57 mm thin wall (prior: unverified).
    pub inner_diameter_m: f64,
    /// Length from the hub to the tip [m].
    pub length_m: f64,
    /// Length of the bevel along the shaft [m]. 21G: 2–3 mm (prior: unverified).
    pub bevel_m: f64,
    /// Young's modulus of the steel [Pa]. 193 GPa (prior: unverified).
    pub modulus_pa: f64,
}

impl NeedleSpec {
    /// 21G, 0.82/0.51 mm, with the given length [m].
    ///
    /// # Source
    /// Diameters: ISO 9626 bands; bevel 2.5 mm and modulus 193 GPa: prior: unverified.
    #[must_use]
    pub fn gauge_21(length_m: f64) -> Self {
        Self { outer_diameter_m: 0.82e-3, inner_diameter_m: 0.51e-3, length_m, bevel_m: 2.5e-3, modulus_pa: 193e9 }
    }

    /// 22G, 0.72/0.41 mm, with the given length [m]. Source as for [`NeedleSpec::gauge_21`].
    #[must_use]
    pub fn gauge_22(length_m: f64) -> Self {
        Self { outer_diameter_m: 0.72e-3, inner_diameter_m: 0.41e-3, length_m, bevel_m: 2.2e-3, modulus_pa: 193e9 }
    }

    /// 23G, 0.64/0.33 mm, with the given length [m]. Source as for [`NeedleSpec::gauge_21`].
    #[must_use]
    pub fn gauge_23(length_m: f64) -> Self {
        Self { outer_diameter_m: 0.64e-3, inner_diameter_m: 0.33e-3, length_m, bevel_m: 2.0e-3, modulus_pa: 193e9 }
    }

    /// Second moment of area of the ring, π(D⁴ − d⁴)/64 [m⁴].
    #[must_use]
    pub fn second_moment_m4(&self) -> f64 {
        std::f64::consts::PI * (self.outer_diameter_m.powi(4) - self.inner_diameter_m.powi(4)) / 64.0
    }

    /// Bending stiffness EI [N m²].
    #[must_use]
    pub fn bending_stiffness_n_m2(&self) -> f64 {
        self.modulus_pa * self.second_moment_m4()
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`TissueError`] that names the offending field.
    pub fn check(&self) -> Result<(), TissueError> {
        check("needle.outer_diameter_m", self.outer_diameter_m, 1e-4, 3e-3, "m")?;
        check("needle.inner_diameter_m", self.inner_diameter_m, 1e-5, 3e-3, "m")?;
        check("needle.length_m", self.length_m, 5e-3, 0.2, "m")?;
        check("needle.bevel_m", self.bevel_m, 1e-4, 0.01, "m")?;
        check("needle.modulus_pa", self.modulus_pa, 1e9, 1e12, "Pa")?;
        if self.inner_diameter_m >= self.outer_diameter_m {
            let what = format!("{} m is not below the outer diameter {} m", self.inner_diameter_m, self.outer_diameter_m);
            return Err(TissueError::Contradiction { field: "needle.inner_diameter_m", what });
        }
        Ok(())
    }
}

/// What one layer does to a lubricated needle in its own channel.
///
/// Friction per inserted length in a modified Karnopp stick band (Simone & Okamura 2002): outside the band
/// (C sgn v + b v) L, inside it whatever is needed up to ±D L. `in` is for insertion, `out` for withdrawal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerMechanics {
    /// Constant force to cut this layer at the reference speed [N].
    pub cutting_n: f64,
    /// Static bound D per inserted length, inward [N/m].
    pub static_in_n_per_m: f64,
    /// Static bound D per inserted length, outward [N/m].
    pub static_out_n_per_m: f64,
    /// Coulomb friction C per inserted length, inward [N/m]. Fat: 20–50 N/m (prior: unverified).
    pub coulomb_in_n_per_m: f64,
    /// Coulomb friction C per inserted length, outward [N/m].
    pub coulomb_out_n_per_m: f64,
    /// Viscous friction b per inserted length, inward [N s/m²].
    pub viscous_in_n_s_per_m2: f64,
    /// Viscous friction b per inserted length, outward [N s/m²].
    pub viscous_out_n_s_per_m2: f64,
}

/// The wall of a vein or an artery against the tip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VesselWallMechanics {
    /// Force on the front wall at which it gives way, at the reference speed, beyond cutting and friction [N].
    /// Vein: log-normal, median 0.2 N, sigma 0.5 (prior: unverified).
    pub pop_n: f64,
    /// Factor on both pop forces [1]: 1 for a wall that gives way at once, near 0.1 for one without a pop that could
    /// be felt. A pop was absent in 4 of 14 rabbit ear vein recordings (Saito & Togawa), hence in about 0.3 of draws.
    pub pop_factor: f64,
    /// Pop force of the back wall over that of the front wall [1] (prior: unverified, 1).
    pub back_factor: f64,
    /// Tenting stiffness of the wall along the needle [N/m]. 100–600 N/m (prior: unverified).
    pub stiffness_n_per_m: f64,
    /// Part of the lumen's length along the needle that the front wall can be driven before it touches the back
    /// wall [1], in (0, 1]. 1: the wall moves exactly along the needle; the sine of the needle's angle: the walls
    /// touch when the tent equals the lumen's height (prior: unverified, between these two).
    pub clearance_per_chord: f64,
}

/// A vein that may roll off the tip: an elastic ring on a Winkler foundation (prior: unverified, engineering proposal).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollingMechanics {
    /// Lateral stiffness k_l of the vein's bed, without traction [N/m]. 50–500 N/m (prior: unverified).
    pub lateral_stiffness_n_per_m: f64,
    /// Friction coefficient between tip and wall [1]. 0.1–0.3 (prior: unverified).
    pub friction: f64,
    /// Factor on `lateral_stiffness_n_per_m` while the skin is pulled taut [1]. 2–4 (prior: unverified; the sign
    /// follows vein buckling under axial stretch).
    pub traction_factor: f64,
}

/// Everything that one site of one patient does to the needle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleTissueSpec {
    /// a1 of the indentation force a1 u + a2 u² [N/m] (form: Simone & Okamura 2002). Carries all axial force: the
    /// tissue under the needle moves with it by u until membranes rupture and friction slips. 100–400 N/m (prior:
    /// unverified; with a2 it puts the skin's puncture at 2–4 mm of indentation).
    pub stiffness_n_per_m: f64,
    /// a2 of the indentation force [N/m²]. 2e4–1e5 N/m² (prior: unverified).
    pub stiffness_n_per_m2: f64,
    /// Force at which the skin is punctured by a lubricated needle at the reference speed [N].
    /// Log-normal, median 1.0 N, sigma 0.4 (prior: unverified).
    pub skin_puncture_n: f64,
    /// Factor of a dry needle on puncture and friction forces [1]; 1 when lubricated, 1.5–3 when dry (UM-HSRI 1978).
    pub dry_factor: f64,
    /// Exponent k of F ∝ (v/v_reference)^k for puncture and cutting forces [1]. 0–0.1 (prior: sources disagree).
    pub speed_exponent: f64,
    /// Speed at which the forces above hold [m/s].
    pub speed_reference_m_s: f64,
    /// Full width Δv of the stick band [m/s] (modified Karnopp, Simone & Okamura 2002).
    pub stick_band_m_s: f64,
    /// Time in which the tissue springs back over the needle after a rupture [s] (prior: unverified, 5–20 ms).
    pub relaxation_s: f64,
    /// Epidermis and dermis together.
    pub skin: LayerMechanics,
    /// Subcutaneous fat.
    pub fat: LayerMechanics,
    /// Muscle.
    pub muscle: LayerMechanics,
    /// Peripheral nerve.
    pub nerve: LayerMechanics,
    /// Extra force to enter muscle through its fascia [N]; 0 when there is none (prior: unverified, 0–0.5).
    pub fascia_puncture_n: f64,
    /// Tenting stiffness of the fascia [N/m].
    pub fascia_stiffness_n_per_m: f64,
    /// Veins.
    pub vein: VesselWallMechanics,
    /// Arteries (prior: unverified; thicker walls, 3–5 times the vein's pop force).
    pub artery: VesselWallMechanics,
    /// Rolling of veins. Arteries are taken as held.
    pub rolling: RollingMechanics,
    /// Lateral Winkler stiffness of tissue per length of needle [N/m²] (prior: unverified, order of its Young's modulus).
    pub bed_stiffness_n_per_m2: f64,
    /// Lateral displacement beyond which the tissue tears or follows, so that the lateral force grows no further [m].
    pub bed_limit_m: f64,
}

impl LayerMechanics {
    /// A layer with the given cutting force [N] and drag per length [N/m], equal both ways, static bound 1.2 times the
    /// drag and viscous term 200 N s/m² (prior: unverified; the order of the liver constants of Simone & Okamura 2002).
    #[must_use]
    pub fn from_drag(cutting_n: f64, drag_n_per_m: f64) -> Self {
        Self {
            cutting_n,
            static_in_n_per_m: 1.2 * drag_n_per_m,
            static_out_n_per_m: 1.2 * drag_n_per_m,
            coulomb_in_n_per_m: drag_n_per_m,
            coulomb_out_n_per_m: drag_n_per_m,
            viscous_in_n_s_per_m2: 200.0,
            viscous_out_n_s_per_m2: 200.0,
        }
    }

    fn check(&self, names: [&'static str; 7]) -> Result<(), TissueError> {
        check(names[0], self.cutting_n, 0.0, 10.0, "N")?;
        check(names[1], self.static_in_n_per_m, 0.0, 1e4, "N/m")?;
        check(names[2], self.static_out_n_per_m, 0.0, 1e4, "N/m")?;
        check(names[3], self.coulomb_in_n_per_m, 0.0, 1e4, "N/m")?;
        check(names[4], self.coulomb_out_n_per_m, 0.0, 1e4, "N/m")?;
        check(names[5], self.viscous_in_n_s_per_m2, 0.0, 1e5, "N s/m²")?;
        check(names[6], self.viscous_out_n_s_per_m2, 0.0, 1e5, "N s/m²")?;
        let above = |field, low: f64, high: f64| {
            if low <= high {
                Ok(())
            } else {
                Err(TissueError::Contradiction { field, what: format!("static bound {high} N/m below the Coulomb term {low} N/m") })
            }
        };
        above(names[1], self.coulomb_in_n_per_m, self.static_in_n_per_m)?;
        above(names[2], self.coulomb_out_n_per_m, self.static_out_n_per_m)
    }
}

impl VesselWallMechanics {
    fn check(&self, names: [&'static str; 5]) -> Result<(), TissueError> {
        check(names[0], self.pop_n, 1e-4, 20.0, "N")?;
        check(names[1], self.pop_factor, 1e-3, 10.0, "1")?;
        check(names[2], self.back_factor, 1e-2, 10.0, "1")?;
        check(names[3], self.stiffness_n_per_m, 1.0, 1e5, "N/m")?;
        check(names[4], self.clearance_per_chord, 1e-2, 1.0, "1")
    }
}

macro_rules! layer_names {
    ($layer:literal) => {
        [
            concat!($layer, ".cutting_n"),
            concat!($layer, ".static_in_n_per_m"),
            concat!($layer, ".static_out_n_per_m"),
            concat!($layer, ".coulomb_in_n_per_m"),
            concat!($layer, ".coulomb_out_n_per_m"),
            concat!($layer, ".viscous_in_n_s_per_m2"),
            concat!($layer, ".viscous_out_n_s_per_m2"),
        ]
    };
}

macro_rules! wall_names {
    ($wall:literal) => {
        [
            concat!($wall, ".pop_n"),
            concat!($wall, ".pop_factor"),
            concat!($wall, ".back_factor"),
            concat!($wall, ".stiffness_n_per_m"),
            concat!($wall, ".clearance_per_chord"),
        ]
    };
}

impl NeedleTissueSpec {
    /// A middling adult elbow: medians of the priors named at each field.
    ///
    /// # Source
    /// prior: unverified, engineering judgement; see the fields.
    #[must_use]
    pub fn reference_adult() -> Self {
        let vein =
            VesselWallMechanics { pop_n: 0.2, pop_factor: 1.0, back_factor: 1.0, stiffness_n_per_m: 300.0, clearance_per_chord: 0.6 };
        Self {
            stiffness_n_per_m: 200.0,
            stiffness_n_per_m2: 6e4,
            skin_puncture_n: 1.0,
            dry_factor: 1.0,
            speed_exponent: 0.05,
            speed_reference_m_s: 3e-3,
            stick_band_m_s: 1e-3,
            relaxation_s: 8e-3,
            skin: LayerMechanics::from_drag(0.15, 60.0),
            fat: LayerMechanics::from_drag(0.05, 30.0),
            muscle: LayerMechanics::from_drag(0.12, 40.0),
            nerve: LayerMechanics::from_drag(0.10, 30.0),
            fascia_puncture_n: 0.2,
            fascia_stiffness_n_per_m: 500.0,
            artery: VesselWallMechanics { pop_n: 0.8, stiffness_n_per_m: 800.0, ..vein.clone() },
            vein,
            rolling: RollingMechanics { lateral_stiffness_n_per_m: 200.0, friction: 0.2, traction_factor: 3.0 },
            bed_stiffness_n_per_m2: 1e4,
            bed_limit_m: 5e-3,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`TissueError`] that names the offending field.
    pub fn check(&self) -> Result<(), TissueError> {
        check("stiffness_n_per_m", self.stiffness_n_per_m, 0.1, 1e5, "N/m")?;
        check("stiffness_n_per_m2", self.stiffness_n_per_m2, 0.0, 1e8, "N/m²")?;
        check("skin_puncture_n", self.skin_puncture_n, 1e-4, 30.0, "N")?;
        check("dry_factor", self.dry_factor, 0.1, 10.0, "1")?;
        check("speed_exponent", self.speed_exponent, -0.5, 0.5, "1")?;
        check("speed_reference_m_s", self.speed_reference_m_s, 1e-5, 1.0, "m/s")?;
        check("stick_band_m_s", self.stick_band_m_s, 0.0, 0.1, "m/s")?;
        check("relaxation_s", self.relaxation_s, 0.0, 1.0, "s")?;
        self.skin.check(layer_names!("skin"))?;
        self.fat.check(layer_names!("fat"))?;
        self.muscle.check(layer_names!("muscle"))?;
        self.nerve.check(layer_names!("nerve"))?;
        check("fascia_puncture_n", self.fascia_puncture_n, 0.0, 10.0, "N")?;
        check("fascia_stiffness_n_per_m", self.fascia_stiffness_n_per_m, 1.0, 1e5, "N/m")?;
        self.vein.check(wall_names!("vein"))?;
        self.artery.check(wall_names!("artery"))?;
        check("rolling.lateral_stiffness_n_per_m", self.rolling.lateral_stiffness_n_per_m, 1.0, 1e5, "N/m")?;
        check("rolling.friction", self.rolling.friction, 0.0, 5.0, "1")?;
        check("rolling.traction_factor", self.rolling.traction_factor, 1.0, 20.0, "1")?;
        check("bed_stiffness_n_per_m2", self.bed_stiffness_n_per_m2, 1.0, 1e7, "N/m²")?;
        check("bed_limit_m", self.bed_limit_m, 1e-5, 0.1, "m")
    }
}
