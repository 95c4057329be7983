//! Constitutive laws: ψ(F) = W(F) + U(θ(F)).
//!
//! W is evaluated at every point; U, the part that locks, may be evaluated once per element on the mean of the dilatation θ.
//! The split is such that every law linearises to W = μ ε:ε and U = (λ/2) tr² ε (or deviator and bulk, where κ is given).

mod fibre;
mod invariant;
mod leaflet;
mod prestretch;
mod principal;
mod spec;
mod tissues;

pub use fibre::{FibreSpec, PASSIVE_MYOCARDIUM};
pub use leaflet::LeafletSpec;
pub use spec::{Law, OgdenTerm, lame_pa};
pub use tissues::{Tissue, TissueConstants};

use self::prestretch::Prestretch;
use super::mat3::{IDENTITY, M3, M9, ZERO9, add_cofactor_derivative, cofactor, contract, det, stretches};

/// W at one point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shear {
    /// W [J/m³].
    pub(crate) energy: f64,
    /// ∂W/∂F [Pa].
    pub(crate) stress: M3,
    /// ∂²W/∂F² [Pa]; zero unless asked for.
    pub(crate) tangent: M9,
}

/// θ at one point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dilatation {
    /// θ [1], one at rest.
    pub(crate) value: f64,
    /// ∂θ/∂F.
    pub(crate) first: M3,
}

impl Law {
    /// W with its derivatives; `None` where it is infinite.
    pub(crate) fn shear(&self, f: &M3, fibres: &[[f64; 3]; 2], tangent: bool) -> Option<Shear> {
        match self {
            Self::Linear { mu_pa, .. } => Some(linear(*mu_pa, f, tangent)),
            Self::Corotational { mu_pa, .. } => Some(corotational(*mu_pa, f, tangent)),
            Self::NeoHookeanLog { .. } | Self::StableNeoHookeanLog { .. } | Self::StableNeoHookean { .. } => {
                invariant::shear(self, f, tangent)
            }
            Self::MooneyRivlin { c10_pa, c01_pa, .. } => {
                let terms = [OgdenTerm { mu_pa: 2.0 * c10_pa, alpha: 2.0 }, OgdenTerm { mu_pa: 2.0 * c01_pa, alpha: -2.0 }];
                principal::shear(&terms, f, tangent)
            }
            Self::Ogden { terms, .. } => principal::shear(terms, f, tangent),
            Self::HolzapfelOgden { fibre, .. } => fibre::shear(fibre, f, fibres, tangent),
            Self::MayNewmanYin { leaflet, .. } => leaflet::shear(leaflet, f, fibres),
            Self::Prestretched { law, along, stretch } => Prestretch::of(*along, *stretch).shear(law, f, fibres, tangent),
        }
    }

    /// θ: J, or its likeness that is linear (tr F − 2) or corotational (tr S − 2).
    pub(crate) fn dilatation(&self, f: &M3) -> Dilatation {
        match self {
            Self::Linear { .. } => Dilatation { value: f[0][0] + f[1][1] + f[2][2] - 2.0, first: IDENTITY },
            Self::Corotational { .. } => {
                let s = stretches(f);
                Dilatation { value: s.sigma.iter().sum::<f64>() - 2.0, first: s.rotation() }
            }
            Self::Prestretched { law, along, stretch } => Prestretch::of(*along, *stretch).dilatation(law, f),
            _ => Dilatation { value: det(f), first: cofactor(f) },
        }
    }

    /// t ← t + s ∂²θ/∂F².
    pub(crate) fn add_dilatation_second(&self, t: &mut M9, s: f64, f: &M3) {
        match self {
            Self::Linear { .. } => {}
            Self::Corotational { .. } => stretches(f).add_rotation_derivative(t, s),
            Self::Prestretched { law, along, stretch } => Prestretch::of(*along, *stretch).add_dilatation_second(law, t, s, f),
            _ => add_cofactor_derivative(t, s, f),
        }
    }

    /// U, U′, U″ at a dilatation [Pa]; `None` where it is infinite.
    pub(crate) fn volume(&self, theta: f64) -> Option<[f64; 3]> {
        let quadratic = |k: f64| Some([0.5 * k * (theta - 1.0).powi(2), k * (theta - 1.0), k]);
        match self {
            Self::NeoHookeanLog { lambda_pa, .. } => (theta > 0.0).then(|| {
                let l = proband_core::ops::ln(theta);
                [0.5 * lambda_pa * l * l, lambda_pa * l / theta, lambda_pa * (1.0 - l) / (theta * theta)]
            }),
            Self::Linear { lambda_pa, .. }
            | Self::Corotational { lambda_pa, .. }
            | Self::StableNeoHookeanLog { lambda_pa, .. }
            | Self::StableNeoHookean { lambda_pa, .. } => quadratic(*lambda_pa),
            Self::MooneyRivlin { kappa_pa, .. }
            | Self::Ogden { kappa_pa, .. }
            | Self::HolzapfelOgden { kappa_pa, .. }
            | Self::MayNewmanYin { kappa_pa, .. } => quadratic(*kappa_pa),
            Self::Prestretched { law, .. } => law.volume(theta),
        }
    }

    /// Energy per volume of the undeformed body ψ [J/m³]; infinite where the law is.
    ///
    /// `f`: deformation gradient; `fibres`: unit fibre and sheet directions at rest, used by fibre-reinforced laws only.
    #[must_use]
    pub fn energy_j_per_m3(&self, f: &[[f64; 3]; 3], fibres: &[[f64; 3]; 2]) -> f64 {
        let total = || Some(self.shear(f, fibres, false)?.energy + self.volume(self.dilatation(f).value)?[0]);
        total().unwrap_or(f64::INFINITY)
    }

    /// First Piola stress ∂ψ/∂F [Pa], shape [3, 3], and its derivative [Pa], shape [9, 9]; `None` where the law is infinite.
    #[must_use]
    #[expect(clippy::type_complexity, reason = "two plain arrays say more than a name for them")]
    pub fn stress_and_tangent_pa(&self, f: &[[f64; 3]; 3], fibres: &[[f64; 3]; 2]) -> Option<([[f64; 3]; 3], [[f64; 9]; 9])> {
        let mut shear = self.shear(f, fibres, true)?;
        let theta = self.dilatation(f);
        let [_, first, second] = self.volume(theta.value)?;
        super::mat3::add_scaled(&mut shear.stress, first, &theta.first);
        super::mat3::add_outer(&mut shear.tangent, second, &theta.first, &theta.first);
        self.add_dilatation_second(&mut shear.tangent, first, f);
        Some((shear.stress, shear.tangent))
    }
}

fn linear(mu: f64, f: &M3, tangent: bool) -> Shear {
    let e: M3 = std::array::from_fn(|i| std::array::from_fn(|j| 0.5 * (f[i][j] + f[j][i]) - IDENTITY[i][j]));
    let mut t = ZERO9;
    if tangent {
        for i in 0..3 {
            for j in 0..3 {
                t[3 * i + j][3 * i + j] += mu;
                t[3 * i + j][3 * j + i] += mu;
            }
        }
    }
    Shear { energy: mu * contract(&e, &e), stress: e.map(|row| row.map(|v| 2.0 * mu * v)), tangent: t }
}

fn corotational(mu: f64, f: &M3, tangent: bool) -> Shear {
    let s = stretches(f);
    let r = s.rotation();
    let d: M3 = std::array::from_fn(|i| std::array::from_fn(|j| f[i][j] - r[i][j]));
    let mut t = ZERO9;
    if tangent {
        for (k, row) in t.iter_mut().enumerate() {
            row[k] = 2.0 * mu;
        }
        s.add_rotation_derivative(&mut t, -2.0 * mu);
    }
    Shear { energy: mu * contract(&d, &d), stress: d.map(|row| row.map(|v| 2.0 * mu * v)), tangent: t }
}
