//! How each tissue carries and scatters sound.

use proband_anatomy::Tissue;
use serde::{Deserialize, Serialize};

use crate::SoundError;
use crate::error::in_range;

/// Acoustic properties of one tissue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TissueSound {
    /// Mass density [kg/m³].
    pub density_kg_m3: f64,
    /// Speed of sound [m/s].
    pub speed_m_s: f64,
    /// One-way amplitude attenuation at 1 MHz [dB/cm].
    pub attenuation_db_cm_mhz: f64,
    /// Exponent n of the attenuation's power law in frequency, a·fⁿ [1].
    pub attenuation_exponent: f64,
    /// Level of the diffuse echoes relative to muscle [dB].
    pub echogenicity_db: f64,
}

impl TissueSound {
    /// Characteristic impedance Z = ρ c [Rayl = kg/(m² s)].
    #[must_use]
    pub fn impedance_rayl(&self) -> f64 {
        self.density_kg_m3 * self.speed_m_s
    }

    /// One-way amplitude attenuation at a frequency [dB/m]: 100 a (f/1 MHz)ⁿ.
    #[must_use]
    pub fn attenuation_db_m(&self, frequency_hz: f64) -> f64 {
        100.0 * self.attenuation_db_cm_mhz * proband_core::ops::powf(frequency_hz * 1e-6, self.attenuation_exponent)
    }

    fn check(&self, names: [&'static str; 5]) -> Result<(), SoundError> {
        in_range(names[0], self.density_kg_m3, 500.0, 3_000.0)?;
        in_range(names[1], self.speed_m_s, 1_000.0, 5_000.0)?;
        in_range(names[2], self.attenuation_db_cm_mhz, 0.0, 30.0)?;
        in_range(names[3], self.attenuation_exponent, 0.5, 2.0)?;
        in_range(names[4], self.echogenicity_db, -100.0, 40.0)?;
        Ok(())
    }
}

/// Acoustic properties of a patient's arm, sampled with the twin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcousticSpec {
    /// Epidermis.
    pub epidermis: TissueSound,
    /// Dermis.
    pub dermis: TissueSound,
    /// Subcutaneous fat.
    pub fat: TissueSound,
    /// Muscle.
    pub muscle: TissueSound,
    /// Blood, venous and arterial.
    pub blood: TissueSound,
    /// Wall of a vein or artery.
    pub vessel_wall: TissueSound,
    /// Nerve.
    pub nerve: TissueSound,
    /// Cortical bone.
    pub bone: TissueSound,
}

impl AcousticSpec {
    /// Central values of the published ranges, for tests and for a twin about whose sound nothing is known.
    ///
    /// # Source
    /// Density, speed and attenuation: compilations of Duck 1990 and Mast 2000 as used in ray-traced
    /// ultrasound (published): fat 930, 1450, 0.63; muscle 1075, 1580, 1.09; blood 1055, 1578, 0.18 with
    /// f^1.2; skin 1109, 1730 (characteristic impedance 1.92 MRayl), attenuation 0.35 to 1.8, centre 1.1;
    /// cortical bone 1908, 4080, 5. Vessel wall 1100, 1575, 1.75: prior, unverified. Nerve 1075, 1600, 1.2:
    /// prior, unverified, between muscle and tendon. Echogenicity: prior, unverified; blood 25 dB under
    /// muscle (range 20 to 30), fat slightly above muscle in the forearm, dermis bright, nerve bright.
    #[must_use]
    pub const fn textbook() -> Self {
        const fn tissue(density_kg_m3: f64, speed_m_s: f64, attenuation_db_cm_mhz: f64, echogenicity_db: f64) -> TissueSound {
            TissueSound { density_kg_m3, speed_m_s, attenuation_db_cm_mhz, attenuation_exponent: 1.0, echogenicity_db }
        }
        Self {
            epidermis: tissue(1_109.0, 1_640.0, 1.1, 12.0),
            dermis: tissue(1_109.0, 1_640.0, 1.1, 9.0),
            fat: tissue(930.0, 1_450.0, 0.63, 0.0),
            muscle: tissue(1_075.0, 1_580.0, 1.09, 0.0),
            blood: TissueSound {
                density_kg_m3: 1_055.0,
                speed_m_s: 1_578.0,
                attenuation_db_cm_mhz: 0.18,
                attenuation_exponent: 1.2,
                echogenicity_db: -25.0,
            },
            vessel_wall: tissue(1_100.0, 1_575.0, 1.75, 6.0),
            nerve: tissue(1_075.0, 1_600.0, 1.2, 6.0),
            bone: tissue(1_908.0, 4_080.0, 5.0, -10.0),
        }
    }

    /// Properties of a tissue; `None` for air, which is no tissue and reflects everything.
    #[must_use]
    pub const fn of(&self, tissue: Tissue) -> Option<&TissueSound> {
        Some(match tissue {
            Tissue::Air => return None,
            Tissue::Epidermis => &self.epidermis,
            Tissue::Dermis => &self.dermis,
            Tissue::Fat => &self.fat,
            Tissue::Muscle => &self.muscle,
            Tissue::VeinLumen | Tissue::ArteryLumen => &self.blood,
            Tissue::VeinWall | Tissue::ArteryWall => &self.vessel_wall,
            Tissue::Nerve => &self.nerve,
            Tissue::Bone => &self.bone,
        })
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn check(&self) -> Result<(), SoundError> {
        macro_rules! each {
            ($($name:ident),*) => {$(
                self.$name.check([
                    concat!(stringify!($name), ".density_kg_m3"),
                    concat!(stringify!($name), ".speed_m_s"),
                    concat!(stringify!($name), ".attenuation_db_cm_mhz"),
                    concat!(stringify!($name), ".attenuation_exponent"),
                    concat!(stringify!($name), ".echogenicity_db"),
                ])?;
            )*};
        }
        each!(epidermis, dermis, fat, muscle, blood, vessel_wall, nerve, bone);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accept the textbook values and name a wrong one.
    #[test]
    fn a_wrong_number_is_named() {
        let mut spec = AcousticSpec::textbook();
        spec.check().unwrap();
        spec.fat.speed_m_s = f64::NAN;
        let text = spec.check().unwrap_err().to_string();
        assert!(text.contains("fat.speed_m_s"), "{text}");
    }
}
