//! The laws by name, and which constants they accept.

use super::{FibreSpec, LeafletSpec};
use crate::TissueError;
use crate::error::check;

/// Stiffest tissue or tool that a law describes [Pa].
const STIFFNESS_MAX_PA: f64 = 1e12;
/// Most terms of an Ogden law.
const TERM_COUNT_MAX: usize = 4;

/// One term of Ogden's law in the scaling W = (2μ/α²)(Σ λ̄^α − 3), in which the shear modulus is Σ μ.
///
/// Who has constants in the scaling μ/α (shear modulus Σ μα/2) converts with μ_here = μ_there α/2.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OgdenTerm {
    /// Shear modulus of this term [Pa].
    pub mu_pa: f64,
    /// Exponent α [1], not zero.
    pub alpha: f64,
}

/// How tissue stores energy. μ and λ are Lamé's constants at rest; κ is the bulk modulus.
///
/// ```
/// use proband_tissue::fem::{Law, lame_pa};
/// let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45)?;
/// let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
/// let stretched = [[1.1, 0.0, 0.0], [0.0, 0.9578445, 0.0], [0.0, 0.0, 0.9578445]];
/// let (stress, _) = law.stress_and_tangent_pa(&stretched, &[[0.0; 3]; 2]).ok_or("collapsed")?;
/// assert!((stress[0][0] - 1834.0689).abs() < 1e-2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Law {
    /// ψ = μ ε:ε + (λ/2) tr² ε: small displacements only.
    Linear {
        /// μ [Pa].
        mu_pa: f64,
        /// λ [Pa].
        lambda_pa: f64,
    },
    /// ψ = μ‖F − R‖² + (λ/2) tr²(RᵀF − I): large rotations, small strains; the tangent is exact.
    Corotational {
        /// μ [Pa].
        mu_pa: f64,
        /// λ [Pa].
        lambda_pa: f64,
    },
    /// ψ = (μ/2)(I1 − 3) − μ ln J + (λ/2) ln² J; infinite at J = 0.
    NeoHookeanLog {
        /// μ [Pa].
        mu_pa: f64,
        /// λ [Pa].
        lambda_pa: f64,
    },
    /// ψ = (μ̃/2)(I1 − 3) + (λ̃/2)(J − α)² − (μ̃/2) ln(I1 + 1), μ̃ = 4μ/3, λ̃ = λ + 5μ/6, α = 1 + 3μ̃/4λ̃ (Smith, de Goes, Kim 2018, ACM TOG 37:12).
    ///
    /// US patent 10,366,184 (granted 2019) covers a stable neo-Hookean energy. Nothing here uses this law unless asked to;
    /// who ships it takes legal advice first. [`Law::StableNeoHookean`] is the other choice.
    StableNeoHookeanLog {
        /// μ [Pa].
        mu_pa: f64,
        /// λ [Pa].
        lambda_pa: f64,
    },
    /// ψ = (μ/2)(I1 − 3) − μ(J − 1) + ((λ + μ)/2)(J − 1)²: finite under inversion, stable at rest, wrong at full collapse.
    StableNeoHookean {
        /// μ [Pa].
        mu_pa: f64,
        /// λ [Pa].
        lambda_pa: f64,
    },
    /// ψ = c10(Ī1 − 3) + c01(Ī2 − 3) + (κ/2)(J − 1)²; μ = 2(c10 + c01).
    MooneyRivlin {
        /// c10 [Pa].
        c10_pa: f64,
        /// c01 [Pa].
        c01_pa: f64,
        /// κ [Pa].
        kappa_pa: f64,
    },
    /// ψ = Σ (2μₖ/αₖ²)(λ̄₁^αₖ + λ̄₂^αₖ + λ̄₃^αₖ − 3) + (κ/2)(J − 1)².
    Ogden {
        /// One to four terms.
        terms: Vec<OgdenTerm>,
        /// κ [Pa].
        kappa_pa: f64,
    },
    /// Holzapfel & Ogden 2009, Phil Trans R Soc A 367:3445, made compressible: Ī1 = J^(−2/3) I1 in the matrix term,
    /// I4 and I8 unsplit, plus (κ/2)(J − 1)². Fibres resist only when stretched.
    HolzapfelOgden {
        /// Constants of matrix, fibres and sheets.
        fibre: FibreSpec,
        /// κ [Pa].
        kappa_pa: f64,
    },
    /// May-Newman & Yin 1998, J Biomech Eng 120:38 (mitral leaflet), made compressible: ψ = c0(e^Q − 1) with
    /// Q = c1(Ī1 − 3)² + c2⟨√I4 − 1⟩⁴, plus a soft matrix (μ/2)(Ī1 − 3) and (κ/2)(J − 1)². Fibres resist only when stretched.
    MayNewmanYin {
        /// Constants.
        leaflet: LeafletSpec,
        /// κ [Pa].
        kappa_pa: f64,
    },
    /// Another law whose tissue is stretched along one direction where the mesh shows it, its volume kept: ψ(F G) with
    /// G = λ a⊗a + λ^(−1/2)(I − a⊗a). What is not held shrinks by λ. Fibre directions are those in the mesh.
    Prestretched {
        /// The law of the free tissue; not prestretched itself.
        law: Box<Law>,
        /// Unit direction a in the mesh.
        along: [f64; 3],
        /// Stretch λ [1] from the free length to the mesh's, 0.5 to 2.
        stretch: f64,
    },
}

/// Lamé's constants (μ, λ) [Pa] of Young's modulus [Pa] and Poisson's ratio [1].
///
/// μ = E / 2(1 + ν), λ = Eν / ((1 + ν)(1 − 2ν)).
///
/// # Errors
/// [`TissueError::OutOfRange`] unless 0 < E ≤ 10¹² and −0.9 ≤ ν ≤ 0.4999.
pub fn lame_pa(young_pa: f64, poisson: f64) -> Result<(f64, f64), TissueError> {
    check("young_pa", young_pa, f64::MIN_POSITIVE, STIFFNESS_MAX_PA, "Pa")?;
    check("poisson", poisson, -0.9, 0.4999, "1")?;
    Ok((young_pa / (2.0 * (1.0 + poisson)), young_pa * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson))))
}

impl Law {
    /// Refuse constants under which a body has no rest state.
    ///
    /// # Errors
    /// [`TissueError::OutOfRange`] names the constant.
    pub fn check(&self) -> Result<(), TissueError> {
        let positive = |field, value| check(field, value, f64::MIN_POSITIVE, STIFFNESS_MAX_PA, "Pa");
        match self {
            Self::Linear { mu_pa, lambda_pa }
            | Self::Corotational { mu_pa, lambda_pa }
            | Self::NeoHookeanLog { mu_pa, lambda_pa }
            | Self::StableNeoHookeanLog { mu_pa, lambda_pa }
            | Self::StableNeoHookean { mu_pa, lambda_pa } => {
                positive("mu_pa", *mu_pa)?;
                check("lambda_pa", *lambda_pa, -0.6 * mu_pa, STIFFNESS_MAX_PA, "Pa")
            }
            Self::MooneyRivlin { c10_pa, c01_pa, kappa_pa } => {
                check("c10_pa", *c10_pa, 0.0, STIFFNESS_MAX_PA, "Pa")?;
                check("c01_pa", *c01_pa, 0.0, STIFFNESS_MAX_PA, "Pa")?;
                positive("c10_pa + c01_pa", c10_pa + c01_pa)?;
                positive("kappa_pa", *kappa_pa)
            }
            Self::Ogden { terms, kappa_pa } => {
                check("terms", terms.len() as f64, 1.0, TERM_COUNT_MAX as f64, "terms")?;
                for term in terms {
                    positive("terms.mu_pa", term.mu_pa)?;
                    check("terms.alpha", term.alpha.abs(), 0.1, 100.0, "1")?;
                }
                positive("kappa_pa", *kappa_pa)
            }
            Self::HolzapfelOgden { fibre, kappa_pa } => {
                positive("fibre.a_pa", fibre.a_pa)?;
                for (field, a) in [("fibre.a_f_pa", fibre.a_f_pa), ("fibre.a_s_pa", fibre.a_s_pa), ("fibre.a_fs_pa", fibre.a_fs_pa)] {
                    check(field, a, 0.0, STIFFNESS_MAX_PA, "Pa")?;
                }
                for (field, b) in [("fibre.b", fibre.b), ("fibre.b_f", fibre.b_f), ("fibre.b_s", fibre.b_s), ("fibre.b_fs", fibre.b_fs)] {
                    check(field, b, 1e-6, 1e3, "1")?;
                }
                positive("kappa_pa", *kappa_pa)
            }
            Self::MayNewmanYin { leaflet, kappa_pa } => {
                positive("leaflet.mu_pa", leaflet.mu_pa)?;
                positive("leaflet.c0_pa", leaflet.c0_pa)?;
                check("leaflet.c1", leaflet.c1, 0.0, 1e3, "1")?;
                check("leaflet.c2", leaflet.c2, 0.0, 1e5, "1")?;
                positive("kappa_pa", *kappa_pa)
            }
            Self::Prestretched { law, along, stretch } => {
                check("prestretch.stretch", *stretch, 0.5, 2.0, "1")?;
                check("prestretch.along", along.iter().map(|a| a * a).sum::<f64>().sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
                // A stretch upon a stretch would be one whose directions nobody can see.
                let nested = f64::from(u8::from(matches!(**law, Self::Prestretched { .. })));
                check("prestretch.law.prestretched", nested, 0.0, 0.0, "1")?;
                law.check()
            }
        }
    }

    /// Whether the law follows small displacements only, so that det F means nothing.
    pub(crate) fn is_linear(&self) -> bool {
        match self {
            Self::Prestretched { law, .. } => law.is_linear(),
            _ => matches!(self, Self::Linear { .. }),
        }
    }
}
