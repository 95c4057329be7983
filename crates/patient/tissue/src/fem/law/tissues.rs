//! Constants of tissues, each with where it comes from.

use super::{FibreSpec, Law, LeafletSpec, OgdenTerm, PASSIVE_MYOCARDIUM, lame_pa};
use crate::TissueError;

/// Poisson's ratio that stands for "nearly incompressible" where a source gives none [1].
///
/// prior: unverified; soft tissue is mostly water. Laws with this ratio want elements that do not lock: hexahedra or quadratic tetrahedra.
const POISSON: f64 = 0.49;
/// Poisson's ratio of lung filled with air [1].
///
/// prior: unverified; air leaves when lung is pressed, so it is far from incompressible.
const POISSON_LUNG: f64 = 0.4;

/// A tissue whose constants are kept here.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tissue {
    /// Human skin, stretched far.
    Skin,
    /// Pig's skin.
    SkinPig,
    /// Fat under the skin.
    Fat,
    /// Muscle at rest.
    Muscle,
    /// Wall of a vein.
    VeinWall,
    /// Liver.
    Liver,
    /// Lung.
    Lung,
    /// Passive heart muscle; wants directions of fibres and sheets.
    Myocardium,
    /// Anterior leaflet of the mitral valve; wants the circumferential direction.
    LeafletAnterior,
    /// Posterior leaflet of the mitral valve; wants the circumferential direction.
    LeafletPosterior,
}

/// A law with the density and the source of its constants.
#[derive(Clone, Debug, PartialEq)]
pub struct TissueConstants {
    /// The law.
    pub law: Law,
    /// Density [kg/m³]; prior: unverified, round numbers.
    pub density_kg_per_m3: f64,
    /// Where the constants come from, and how sure they are.
    pub source: &'static str,
}

impl Tissue {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Skin,
        Self::SkinPig,
        Self::Fat,
        Self::Muscle,
        Self::VeinWall,
        Self::Liver,
        Self::Lung,
        Self::Myocardium,
        Self::LeafletAnterior,
        Self::LeafletPosterior,
    ];

    /// Law, density and source. Constants of one tissue differ by a factor of several from paper to paper: sample, do not trust one.
    ///
    /// # Errors
    /// None in practice; the type is that of the laws' own check.
    pub fn constants(self) -> Result<TissueConstants, TissueError> {
        let ogden = |mu_pa: f64, alpha: f64| Law::Ogden { terms: vec![OgdenTerm { mu_pa, alpha }], kappa_pa: bulk_pa(mu_pa, POISSON) };
        let young =
            |young_pa: f64, poisson: f64| lame_pa(young_pa, poisson).map(|(mu_pa, lambda_pa)| Law::NeoHookeanLog { mu_pa, lambda_pa });
        let shear = |mu_pa: f64| young(2.0 * mu_pa * (1.0 + POISSON), POISSON);
        let (law, density_kg_per_m3, source) = match self {
            Self::Skin => (
                ogden(0.11e6, 9.0),
                1100.0,
                "Shergold, Fleck, Radford 2006, Int J Impact Eng 32:1384 (one-term Ogden, human); prior: unverified, recalled",
            ),
            Self::SkinPig => (
                ogden(0.4e6, 12.0),
                1100.0,
                "Shergold, Fleck, Radford 2006, Int J Impact Eng 32:1384 (one-term Ogden, pig, slow); prior: unverified, recalled",
            ),
            Self::Fat => (ogden(400.0, 23.0), 920.0, "prior: unverified; initial Young's modulus 1 to 2 kPa"),
            Self::Muscle => (shear(3.0e3)?, 1060.0, "prior: unverified; passive shear modulus 1 to 5 kPa"),
            Self::VeinWall => (young(1.5e6, POISSON)?, 1100.0, "prior: unverified; Young's modulus 0.5 to 3 MPa"),
            Self::Liver => (shear(2.2e3)?, 1060.0, "prior: unverified; elastography near 60 Hz, slower it is softer"),
            Self::Lung => (young(3.0e3, POISSON_LUNG)?, 300.0, "prior: unverified; Young's modulus 1 to 5 kPa"),
            Self::Myocardium => (
                myocardium(PASSIVE_MYOCARDIUM),
                1060.0,
                "Holzapfel, Ogden 2009, Phil Trans R Soc A 367:3445 (pig, simple shear); prior: unverified, recalled",
            ),
            Self::LeafletAnterior => (leaflet(399.0, 4.325, 1446.5), 1060.0, LEAFLET),
            Self::LeafletPosterior => (leaflet(414.0, 4.848, 305.4), 1060.0, LEAFLET),
        };
        Ok(TissueConstants { law, density_kg_per_m3, source })
    }
}

/// κ [Pa] of a shear modulus [Pa] and Poisson's ratio [1]: 2μ(1 + ν) / 3(1 − 2ν).
fn bulk_pa(mu_pa: f64, poisson: f64) -> f64 {
    2.0 * mu_pa * (1.0 + poisson) / (3.0 * (1.0 - 2.0 * poisson))
}

/// κ from the stiffest direction at rest: fibres would otherwise change volume instead of shape.
fn myocardium(fibre: FibreSpec) -> Law {
    Law::HolzapfelOgden { fibre, kappa_pa: bulk_pa(fibre.a_pa + fibre.a_f_pa, POISSON) }
}

/// Source of the leaflets' constants.
const LEAFLET: &str = "May-Newman, Yin 1998, J Biomech Eng 120:38; prior: unverified, recalled; its matrix of 5 kPa is ours, for stability";
/// Shear modulus of the leaflets' matrix [Pa].
///
/// prior: unverified; small beside the 60 to 90 kPa of excised leaflets at small strain (Krishnamurthy 2009, J Biomech 42:1909).
const LEAFLET_MATRIX_PA: f64 = 5e3;

fn leaflet(c0_pa: f64, c1: f64, c2: f64) -> Law {
    // Volume is kept against the stiffness that fibres reach in use, not against the soft matrix at rest.
    Law::MayNewmanYin { leaflet: LeafletSpec { mu_pa: LEAFLET_MATRIX_PA, c0_pa, c1, c2 }, kappa_pa: bulk_pa(100.0 * c0_pa, POISSON) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every tissue has a law that accepts its constants, a source, and a shear modulus at rest between 50 Pa and 1 MPa.
    #[test]
    fn sound() {
        for tissue in Tissue::ALL {
            let found = tissue.constants().expect("constants");
            found.law.check().expect("a law");
            assert!(!found.source.is_empty() && (200.0..1200.0).contains(&found.density_kg_per_m3), "{tissue:?}");
            let gamma = 1e-6;
            let sheared = [[1.0, gamma, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            let (stress, _) = found.law.stress_and_tangent_pa(&sheared, &[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]).expect("no collapse");
            let mu_pa = stress[0][1] / gamma;
            assert!((50.0..1e6).contains(&mu_pa), "{tissue:?}: {mu_pa}");
        }
    }
}
