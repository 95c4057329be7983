//! What one patient turned out to have. Only the scene and the scorer hold it; the robot never does.

use proband_anatomy::{Arm, ArmSpec, VesselKind};
use proband_core::Stream;
use proband_light::SkinOptics;
use proband_physiology::{LeakSpec, MotionSpec, VasovagalSpec, VenousSpec};
use proband_sound::AcousticSpec;
use proband_tissue::NeedleTissueSpec;
use serde::{Deserialize, Serialize};

use crate::assemble::{self, WAVELENGTH_NM};
use crate::values::Values;
use crate::{Twin, TwinError};

/// Layouts tried before the veins are put on their standard courses.
const LAYOUT_ATTEMPTS_MAX: u32 = 12;

/// One draw of every uncertain value of a twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The arm.
    pub arm: ArmSpec,
    /// Skin, fat and blood for light at 850 nm; see [`Truth::optics_at`].
    pub optics: SkinOptics,
    /// Tissues for sound.
    pub acoustics: AcousticSpec,
    /// Tissues against the needle.
    pub needle: NeedleTissueSpec,
    /// Venous pressures and volumes; the feed of the site is that of the reference vein.
    pub venous: VenousSpec,
    /// Motion of the arm.
    pub motion: MotionSpec,
    /// Bleeding into the tissue.
    pub leak: LeakSpec,
    /// Fainting.
    pub vasovagal: VasovagalSpec,
    /// Every drawn parameter by name, in the order of the twin's parameters, SI units.
    pub values: Vec<(String, f64)>,
    /// How often the places of the veins were drawn again because two of them ran into each other. Depths and
    /// diameters are never drawn again.
    pub layout_redraws: u32,
}

impl Truth {
    /// Draw every parameter, the correlated ones through a Gaussian copula.
    ///
    /// The stream moves on by one number, so that two draws from it differ.
    /// # Errors
    /// [`TwinError`] when a parameter is missing or the drawn values make no arm.
    pub fn draw(twin: &Twin, stream: &mut Stream) -> Result<Self, TwinError> {
        let start = stream.child(stream.clone().next_u32());
        let mut values = Values::draw(twin, stream);
        let mut layout_redraws = 0;
        loop {
            // Only what is wrong with the places of the veins is mended by other places.
            let arm = assemble::arm(&twin.person, &values)?;
            match Arm::new(&arm) {
                Ok(_) => return assemble_all(arm, values, layout_redraws),
                Err(error) if layout_redraws > LAYOUT_ATTEMPTS_MAX => return Err(error.into()),
                Err(_) => {}
            }
            layout_redraws += 1;
            if layout_redraws <= LAYOUT_ATTEMPTS_MAX {
                values.draw_layout_again(twin, &start, layout_redraws);
            } else {
                values.straighten_layout();
            }
        }
    }

    /// The values that [`Truth::draw`] draws first, without building anything: for statistics over many patients.
    /// Sizes and depths are those of the truth; places of veins (`course.…`) may be drawn again there.
    #[must_use]
    pub fn draw_values(twin: &Twin, stream: &mut Stream) -> Vec<(String, f64)> {
        Values::draw(twin, stream).0
    }

    /// A drawn value by its parameter's name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// The same skin for light of another wavelength [nm], 740 to 950.
    ///
    /// # Errors
    /// [`TwinError::Parameter`] for a wavelength outside of this.
    pub fn optics_at(&self, wavelength_nm: f64) -> Result<SkinOptics, TwinError> {
        assemble::optics(&self.arm, &Values(self.values.clone()), wavelength_nm)
    }

    /// The vein that has the published size and depth.
    #[must_use]
    pub fn reference_vein(&self) -> VesselKind {
        reference_vein(&self.arm)
    }
}

/// The specifications of all subsystems from the same drawn values as the arm; each is checked.
pub(crate) fn assemble_all(arm: ArmSpec, values: Values, layout_redraws: u32) -> Result<Truth, TwinError> {
    let reference = reference_vein(&arm);
    let site = arm.veins.iter().find(|v| v.kind == reference).unwrap_or(&arm.veins[0]);
    Ok(Truth {
        optics: assemble::optics(&arm, &values, WAVELENGTH_NM)?,
        acoustics: assemble::acoustics(&values)?,
        needle: assemble::needle(&values)?,
        venous: assemble::venous(site, &values)?,
        motion: assemble::motion(&values)?,
        leak: assemble::leak(&values)?,
        vasovagal: assemble::vasovagal(&values)?,
        values: values.0,
        layout_redraws,
        arm,
    })
}

/// The vein in the middle of the fossa, by pattern.
fn reference_vein(arm: &ArmSpec) -> VesselKind {
    match arm.topology {
        proband_anatomy::Topology::MedianCubital => VesselKind::MedianCubital,
        proband_anatomy::Topology::MedianSplit => VesselKind::MedianBasilic,
        proband_anatomy::Topology::Separate => VesselKind::Basilic,
    }
}
